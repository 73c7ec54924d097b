//! Watching a connection that somebody else drives: nothing is sent, nothing decided, and what the
//! client asked for is not taken for news.

#![cfg(test)]

mod common;

use common::burst::playing;
use common::{Burst, OPEN, Room, body, item};
use projectionist::{channel::*, command::*, event::*};
use serde_json::{Value, json};

/// The client is in a channel where one item plays.
fn watching() -> Room {
    let mut room = Room::observing();
    room.open_socket();
    room.input(Input::Sent("40"));
    room.frame("40{\"sid\":\"y\"}");
    room.server("rank", json!(-1));
    room.client("joinChannel", json!({"name": "Room"}));
    room.burst(&Burst::with_items(&[item(0, "a")]));
    room
}

/// The item begins again at its tenth second; whether that counts as no new play.
fn restart_at_ten(room: &mut Room) -> Value {
    room.server("setCurrent", json!(0));
    room.server("changeMedia", playing("a", 90.0, 10.0, false));
    body(&room.last(Kind::MediaChanged))["resync"].clone()
}

#[test]
fn nothing_is_sent_and_nothing_decided() {
    let mut room = watching();
    room.frame("2");
    room.wait(500_000);
    room.say("hello");
    let settled = room.settled();
    assert!(matches!(
        settled[..],
        [(1, Outcome::NotSent(CommandError::NotLive))]
    ));
    room.server("needPassword", json!(true));
    room.server("kick", json!({"reason": "Channel reloading"}));
    room.frame("41");
    assert_eq!(room.outputs(), []);
    let lost = body(&room.last(Kind::Disconnected));
    assert_eq!(
        (&lost["cause"], &lost["retry_in_ms"]),
        (&json!("kicked"), &Value::Null)
    );
}

#[test]
fn an_answer_to_the_clients_request_is_no_news() {
    let mut room = watching();
    room.wait(20_500);
    room.input(Input::Sent("42[\"playerReady\"]"));
    room.server("setCurrent", json!(0));
    // A seek by the leader had moved it meanwhile.
    room.server("changeMedia", playing("a", 90.0, 10.0, false));
    let told = room.last(Kind::MediaChanged);
    assert_eq!(told.origin, Origin::Resync);
    room.input(Input::Sent("42[\"requestPlaylist\"]"));
    room.server("playlist", json!([item(0, "a")]));
    assert_eq!(
        body(&room.last(Kind::PlaylistReplaced))["cause"],
        "requested"
    );
}

#[test]
fn a_line_of_chat_that_names_a_request_is_none() {
    let mut room = watching();
    room.wait(20_500);
    room.client("chatMsg", json!({"msg": "what does playerReady do?"}));
    assert_eq!(restart_at_ten(&mut room), json!(false));
}

#[test]
fn a_connection_without_its_sent_frames_is_understood_too() {
    let mut room = Room::observing();
    room.open_socket();
    room.frame("40{\"sid\":\"y\"}");
    room.server("rank", json!(-1));
    room.burst(&Burst::with_items(&[item(0, "a")]));
    assert!(room.state().is_live());
    room.says("bob", "hi");
    assert_eq!(room.last(Kind::MessageSaid).origin, Origin::Live);
}

#[test]
fn the_same_transport_may_carry_a_second_session() {
    let mut room = watching();
    room.frame("41");
    assert!(!room.state().is_live());
    room.input(Input::Sent("40"));
    room.frame("40{\"sid\":\"z\"}");
    room.burst(&Burst::default());
    assert!(room.state().is_live());
    assert_eq!(room.state().connection.session, 2);
}

#[test]
fn a_second_socket_under_one_label_ends_the_first() {
    let mut room = watching();
    let (endpoint, transport) = ("recording", "recording");
    room.input(Input::Opened {
        endpoint,
        transport,
    });
    assert!(!room.state().is_live());
    assert_eq!(room.of_kind(Kind::Disconnected).len(), 1);
    room.frame(OPEN);
    room.frame("40{\"sid\":\"z\"}");
    room.burst(&Burst::default());
    assert_eq!(room.state().connection.session, 2);
}
