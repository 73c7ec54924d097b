//! P1 and P10: nothing is shown, sent or settled that the log does not hold; the state is the fold
//! of the log at every position; the same inputs make the same log.

#![cfg(test)]

mod common;

use common::logs::{FullLog, WrittenLog};
use common::{Burst, ChatServer, DELAY_MS, OPEN, START_MS, Steady};
use common::{Room, check, config, frame, item, line, user};
use projectionist::{channel::*, command::*, event::*, event_log::*, state::*, time::*};
use serde_json::json;
use std::time::Duration;

type Switch = std::rc::Rc<std::cell::Cell<bool>>;

fn now(ms: i64) -> Now {
    Now::from_millis(START_MS + ms)
}

fn outputs<L: EventLog>(channel: &mut Channel<L>) -> Vec<Output> {
    let next = || Some(channel.poll_output()).filter(|o| !matches!(o, Output::Timeout(_)));
    std::iter::from_fn(next).collect()
}

/// A guest in its room, over a log whose disk can fill up.
fn joined() -> (Channel<FullLog>, Switch) {
    let (log, full) = FullLog::new();
    let config = config()
        .guest("reel")
        .keep_wait_max(Duration::from_secs(60));
    let delays = Box::new(Steady(DELAY_MS));
    let mut channel = Channel::open(&config, log, delays, now(0)).unwrap();
    channel.handle_input(now(0), Input::Start);
    join(&mut channel, 0);
    channel.commit().unwrap();
    outputs(&mut channel);
    assert!(channel.state().is_live());
    (channel, full)
}

/// The dial succeeds, and the server lets us in.
fn join(channel: &mut Channel<FullLog>, at: i64) {
    let (endpoint, transport) = ("https://s:1", "websocket");
    let opened = Input::Opened {
        endpoint,
        transport,
    };
    channel.handle_input(now(at), opened);
    let greeting = [
        OPEN.to_owned(),
        "40".to_owned(),
        frame("rank", &json!(0)),
        frame(
            "login",
            &json!({"success": true, "name": "reel", "guest": true}),
        ),
    ];
    let burst = Burst::with_users(&[user("reel", 0.0)]);
    for frame in greeting.into_iter().chain(burst.frames()) {
        channel.handle_input(now(at), Input::Frame(&frame));
    }
    channel.handle_input(now(at + 100), Input::Timeout);
}

/// The transport ends.
fn lose(channel: &mut Channel<FullLog>, at: i64) {
    let lost = Input::Closed {
        cause: DisconnectCause::Closed,
        detail: None,
        code: None,
    };
    channel.handle_input(now(at), lost);
}

fn hello() -> Command {
    Command::Say {
        text: "hello".into(),
        flair: false,
    }
}

#[test]
fn p1_what_is_staged_shows_nowhere() {
    let (mut channel, full) = joined();
    let before = channel.state().clone();
    full.set(true);
    let said = frame("chatMsg", &line("bob", "hi", 5));
    channel.handle_input(now(200), Input::Frame(&said));
    assert_eq!(channel.state(), &before, "not before the commit");
    for _ in 0..3 {
        assert!(channel.commit().unwrap_err().is_retryable());
        assert_eq!(channel.state(), &before);
        assert_eq!(channel.log().head().seq, before.seq);
    }
    full.set(false);
    assert!(channel.commit().unwrap());
    assert_eq!(channel.state().chat.len(), 1);
    assert_eq!(channel.log().head().seq, before.seq.next(), "once");
    check(&channel);
}

#[test]
fn p1_no_command_goes_out_before_its_record_is_in() {
    let (mut channel, full) = joined();
    full.set(true);
    channel.handle_input(now(200), Input::Command(CommandId(1), hello()));
    channel.commit().unwrap_err();
    assert_eq!(outputs(&mut channel), []);
    full.set(false);
    channel.commit().unwrap();
    let sent = outputs(&mut channel);
    assert_eq!(
        sent,
        [Output::Transmit(frame("chatMsg", &json!({"msg": "hello"})))]
    );
}

/// Else the process that comes after a power cut would send it again.
#[test]
fn a_kept_command_goes_out_only_once_its_record_survives_a_power_cut() {
    let (mut channel, _) = joined();
    let unsyncable = channel.log().unsyncable();
    lose(&mut channel, 200);
    channel.handle_input(now(300), Input::Command(CommandId(1), hello()));
    channel.commit().unwrap();
    outputs(&mut channel);
    join(&mut channel, 5_000);
    unsyncable.set(true);
    for _ in 0..2 {
        assert!(channel.commit().unwrap_err().is_retryable());
        let sent = channel.state().commands.values().next().unwrap();
        assert_eq!(sent.kept, None, "that it was sent is in the log");
        assert_eq!(outputs(&mut channel), []);
    }
    unsyncable.set(false);
    assert!(channel.commit().unwrap(), "the events are told once, now");
    let said = Output::Transmit(frame("chatMsg", &json!({"msg": "hello"})));
    assert!(outputs(&mut channel).contains(&said));
    assert!(!channel.commit().unwrap());
}

#[test]
fn p1_no_outcome_is_told_before_it_is_in() {
    let (mut channel, full) = joined();
    channel.handle_input(now(200), Input::Command(CommandId(1), hello()));
    channel.commit().unwrap();
    outputs(&mut channel);
    full.set(true);
    let echo = frame("chatMsg", &line("reel", "hello", 5));
    channel.handle_input(now(300), Input::Frame(&echo));
    channel.commit().unwrap_err();
    assert_eq!(outputs(&mut channel), []);
    full.set(false);
    channel.commit().unwrap();
    let settled = outputs(&mut channel);
    let [Output::Settled(CommandId(1), Outcome::Confirmed { seq, .. })] = settled[..] else {
        panic!("{settled:?}");
    };
    let shown = channel
        .log()
        .read(&Read::default().after(Seq(seq.0 - 1)))
        .unwrap();
    assert_eq!(
        shown[0].text(),
        "hello",
        "the outcome names the line that shows it"
    );
}

#[test]
fn p1_no_reconnect_begins_before_the_loss_is_in() {
    let (mut channel, full) = joined();
    full.set(true);
    lose(&mut channel, 200);
    channel.commit().unwrap_err();
    assert_eq!(outputs(&mut channel), []);
    assert!(channel.state().is_live(), "as far as anybody may know");
    full.set(false);
    channel.commit().unwrap();
    assert!(matches!(
        outputs(&mut channel)[..],
        [Output::Close, Output::Dial { .. }]
    ));
}

#[test]
fn p1_a_connection_lost_while_the_disk_is_full_sends_nothing_late() {
    let (mut channel, full) = joined();
    full.set(true);
    channel.handle_input(now(200), Input::Frame("2"));
    let say = Command::Say {
        text: "too late".into(),
        flair: false,
    };
    channel.handle_input(now(200), Input::Command(CommandId(1), say));
    let lost = Input::Closed {
        cause: DisconnectCause::Closed,
        detail: None,
        code: None,
    };
    channel.handle_input(now(300), lost);
    full.set(false);
    channel.commit().unwrap();
    let put_out = outputs(&mut channel);
    assert!(
        !put_out
            .iter()
            .any(|output| matches!(output, Output::Transmit(_))),
        "{put_out:?}"
    );
    let settled =
        |output: &Output| matches!(output, Output::Settled(CommandId(1), Outcome::Disconnected));
    assert!(put_out.iter().any(settled), "{put_out:?}");
}

/// A room in which a little of everything happened.
fn lively() -> Room {
    let mut server = ChatServer::default();
    let burst = Burst {
        users: vec![user("reel", 0.0), user("bob", 1.0)],
        ..Burst::with_items(&[item(0, "a"), item(1, "b")])
    };
    let mut room = Room::joined_with(config().guest("reel"), &burst);
    for text in ["a", "b"] {
        room.server("chatMsg", server.say(text));
    }
    room.say("hello");
    room.says("reel", "hello");
    room.server("mediaUpdate", json!({"currentTime": 33.25, "paused": true}));
    room.server("delete", json!({"uid": 0}));
    room.server("setCurrent", json!(1));
    room.server("changeMedia", common::burst::playing("b", 90.0, -3.0, true));
    room.server("nonsense", json!({"x": 1e300}));
    server.say("missed");
    room.rejoin(&server.burst());
    room.server("userLeave", json!({"name": "bob"}));
    room
}

#[test]
fn p1_the_state_is_the_fold_of_the_log_at_every_position() {
    let room = lively();
    let events = room.events();
    assert!(events.len() > 15, "{}", events.len());
    let mut state = ChannelState::default();
    for (index, event) in events.iter().enumerate() {
        state.apply(event);
        let folded = ChannelState::fold(&events[..=index]);
        let json = serde_json::to_string(&state).unwrap();
        assert_eq!(
            json,
            serde_json::to_string(&folded).unwrap(),
            "at {}",
            event.seq
        );
        let read: ChannelState = serde_json::from_str(&json).unwrap();
        assert_eq!(read, state, "a snapshot says all, at {}", event.seq);
    }
}

#[test]
fn p1_a_snapshot_saves_folding_and_changes_nothing() {
    let mut room = lively();
    room.channel_mut().snapshot().unwrap();
    let at_snapshot = room.head();
    room.says("bob", "after it");
    let before = serde_json::to_string(room.state()).unwrap();
    let log = room.into_log();
    let head = log.head();
    assert_eq!(
        log.snapshot_before(head.seq).unwrap().unwrap().seq,
        at_snapshot
    );
    let reopened = Room::over(config(), log, START_MS + 1_000_000);
    let crash = reopened.events().pop().unwrap();
    assert_eq!(
        crash.kind(),
        Kind::Disconnected,
        "the session was never closed"
    );
    let events = reopened.events();
    let upto = ChannelState::fold(&events[..events.len() - 1]);
    assert_eq!(serde_json::to_string(&upto).unwrap(), before);
}

#[test]
fn p1_a_snapshot_of_doubt_is_no_snapshot() {
    let mut room = lively();
    room.channel_mut().snapshot().unwrap();
    let expected = room.state().clone();
    let head = room.channel().log().head();
    let good = room
        .channel()
        .log()
        .snapshot_before(head.seq)
        .unwrap()
        .unwrap();
    let doubtful = [
        Snapshot {
            fold_v: FOLD_V + 1,
            ..good.clone()
        },
        Snapshot {
            chain: ChainHash([7; 32]),
            ..good.clone()
        },
        Snapshot {
            body: good.body[1..].to_owned(),
            ..good.clone()
        },
        Snapshot {
            body: serde_json::to_string(&ChannelState::default()).unwrap(),
            ..good.clone()
        },
    ];
    let mut log = room.into_log();
    for snapshot in doubtful {
        log.put_snapshot(&snapshot).unwrap();
        let reopened = Room::over(config(), log, START_MS + 1_000_000);
        let users = reopened.state().users.clone();
        assert_eq!(users, expected.users, "folded anew");
        log = reopened.into_log();
    }
}

#[test]
fn p10_the_same_inputs_at_the_same_times_make_the_same_log() {
    let (first, second) = (lively(), lively());
    let head = |room: &Room| room.channel().log().head();
    assert_eq!(head(&first), head(&second));
    assert_ne!(head(&first).chain, ChainHash::default());
    let mut other = lively();
    other.says("bob", "one more");
    assert_ne!(head(&first).chain, head(&other).chain);
}

#[test]
fn p10_a_clock_that_steps_back_does_not_take_the_log_along() {
    let mut room = Room::joined();
    room.says("bob", "a");
    let at = room.state().at;
    let stepped = Now {
        wall: UnixMicros(0),
        ..room.now()
    };
    let said = frame("chatMsg", &line("bob", "b", 6));
    room.channel_mut()
        .handle_input(stepped, Input::Frame(&said));
    room.channel_mut().commit().unwrap();
    assert_eq!(room.last(Kind::MessageSaid).received_at, at);
}

#[test]
fn p1_a_log_reads_back_what_was_written() {
    // The fake behind all these tests is itself checked against the plain one.
    let room = lively();
    let events = room.events();
    let mut plain = MemoryLog::new();
    plain.append(&events).unwrap();
    assert_eq!(plain.head(), room.channel().log().head());
    let mut written = WrittenLog::default();
    written.append(&events).unwrap();
    assert_eq!(written.read(&Read::default()).unwrap(), events);
}
