//! Inputs that come when nothing of the kind is expected: frames behind the end, a dial that fails
//! after a stop, a socket that opens over another. An owner with threads cannot rule them out.

#![cfg(test)]

mod common;

use common::{Burst, OPEN, Room, body, config};
use projectionist::{channel::*, event::*, event_log::*, time::*};
use serde_json::json;
use std::time::Duration;

fn dial_failed(room: &mut Room, fatal: bool) {
    room.input(Input::DialFailed {
        error: "no route".to_owned(),
        fatal,
    });
}

#[test]
fn a_dial_that_fails_is_tried_again_unless_that_cannot_help() {
    let mut room = Room::new(config());
    room.input(Input::Start);
    room.outputs();
    dial_failed(&mut room, false);
    let again = Output::Dial {
        delay: Duration::from_secs(5),
        servers: vec![],
    };
    assert_eq!(room.outputs(), [again]);
    assert_eq!(
        (room.channel().attempt(), room.channel().last_error()),
        (2, Some("no route"))
    );
    dial_failed(&mut room, true);
    assert_eq!(room.outputs(), []);
    assert_eq!(room.channel().phase(), Phase::Closed);
    assert_eq!(room.events(), [], "no session, no history");
}

#[test]
fn a_dial_that_fails_after_a_stop_is_not_tried_again() {
    let mut room = Room::new(config());
    room.input(Input::Start);
    room.input(Input::Stop);
    room.outputs();
    dial_failed(&mut room, false);
    assert_eq!(room.outputs(), []);
    assert_eq!(room.channel().phase(), Phase::Closed);
}

#[test]
fn a_dial_that_fails_late_does_not_end_the_session_that_is_up() {
    let mut room = Room::joined();
    dial_failed(&mut room, false);
    assert_eq!(room.channel().phase(), Phase::Live);
    assert_eq!(room.outputs(), []);
}

#[test]
fn a_socket_that_opens_after_a_stop_is_closed() {
    let mut room = Room::new(config());
    room.input(Input::Start);
    room.input(Input::Stop);
    room.outputs();
    let (endpoint, transport) = ("https://s:1", "websocket");
    room.input(Input::Opened {
        endpoint,
        transport,
    });
    assert_eq!(room.outputs(), [Output::Close]);
    assert_eq!(room.channel().phase(), Phase::Closed);
}

#[test]
fn frames_behind_the_end_of_a_session_mean_nothing() {
    // They were read from the socket together with the end.
    let mut room = Room::joined();
    room.frame("41");
    let head = room.head();
    room.outputs();
    let mut late = vec![
        OPEN.to_owned(),
        "40{\"sid\":\"z\"}".to_owned(),
        "2".to_owned(),
    ];
    late.extend(Burst::default().frames());
    for frame in &late {
        room.frame(frame);
    }
    assert_eq!(room.outputs(), []);
    assert_eq!(room.head(), head);
    assert_eq!(room.channel().phase(), Phase::Dialling);
    // And the next connection is a proper one.
    room.connect();
    room.burst(&Burst::default());
    assert!(room.state().is_live());
    assert_eq!(room.state().connection.session, 2);
}

#[test]
fn a_socket_that_opens_over_another_ends_the_first_as_a_row() {
    let mut room = Room::joined();
    let (endpoint, transport) = ("https://s:2", "websocket");
    room.input(Input::Opened {
        endpoint,
        transport,
    });
    assert_eq!(body(&room.last(Kind::Disconnected))["cause"], "closed");
    assert!(!room.state().is_live());
    room.frame(OPEN);
    room.frame("40");
    room.burst(&Burst::default());
    let state = room.state();
    assert!(state.is_live());
    assert_eq!(state.connection.endpoint.as_deref(), Some("https://s:2"));
    assert_eq!(state.connection.session, 2);
}

#[test]
fn an_end_is_told_once() {
    let mut room = Room::joined();
    room.cut();
    let head = room.head();
    room.outputs();
    room.cut();
    room.frame("41");
    room.wait(100_000);
    assert_eq!(room.head(), head);
    assert_eq!(room.outputs(), []);
}

#[test]
fn starting_twice_dials_once() {
    let mut room = Room::new(config());
    room.input(Input::Start);
    room.input(Input::Start);
    room.input(Input::Rejoin);
    assert_eq!(room.outputs().len(), 1);
    room.open_socket();
    room.outputs();
    room.input(Input::Start);
    assert_eq!(room.outputs(), []);
}

#[test]
fn delays_start_over_after_a_session_that_held() {
    struct Growing(u64);
    impl RetryDelays for Growing {
        fn next_delay(&mut self) -> Duration {
            self.0 *= 2;
            Duration::from_secs(self.0)
        }
        fn reset(&mut self) {
            self.0 = 1;
        }
    }
    let delays = Box::new(Growing(1));
    let mut ms = 0;
    let mut channel =
        Channel::open(&config(), MemoryLog::new(), delays, Now::from_millis(0)).unwrap();
    channel.handle_input(Now::from_millis(0), Input::Start);
    let mut next = |live_ms: i64| {
        let (endpoint, transport) = ("https://s:1", "websocket");
        let now = Now::from_millis(ms);
        let opened = Input::Opened {
            endpoint,
            transport,
        };
        channel.handle_input(now, opened);
        let mut frames = vec![OPEN.to_owned(), "40".to_owned()];
        frames.extend(Burst::default().frames());
        for frame in &frames {
            channel.handle_input(now, Input::Frame(frame));
        }
        ms += live_ms;
        for _ in 0..2 {
            channel.handle_input(Now::from_millis(ms), Input::Frame("41"));
        }
        channel.commit().unwrap();
        let lost = channel
            .log()
            .read(&Read::default().kinds([Kind::Disconnected]))
            .unwrap();
        body(lost.last().unwrap())["retry_in_ms"].as_u64().unwrap() / 1_000
    };
    assert_eq!([next(1_000), next(1_000), next(59_000)], [2, 4, 8]);
    assert_eq!([next(60_000), next(1_000)], [2, 4]);
}

#[test]
fn the_room_goes_on_behind_json_of_any_other_room() {
    let mut room = Room::joined();
    let before = room.head();
    room.frame("42/other,[\"userLeave\",{\"name\":\"bob\"}]");
    room.frame("430[{}]");
    room.frame("3");
    room.frame("6");
    assert_eq!(room.head(), before);
    room.server("usercount", json!(3));
    assert_eq!(room.state().user_count, Some(3));
}

#[test]
fn a_stop_is_final_and_a_rejoin_is_not_refused() {
    let mut room = Room::joined();
    room.input(Input::Stop);
    assert_eq!(room.outputs(), [Output::Close]);
    let lost = body(&room.last(Kind::Disconnected));
    assert_eq!(
        (&lost["cause"], &lost["retry_in_ms"]),
        (&json!("stopped"), &json!(null))
    );
    room.wait(100_000);
    assert_eq!(room.outputs(), []);
    room.input(Input::Rejoin);
    let dial = Output::Dial {
        delay: Duration::ZERO,
        servers: vec![],
    };
    assert_eq!(room.outputs(), [dial]);
}
