//! Text frames to a whole channel: nothing the network sends breaks it, twice the same frames make
//! the same log (P10), and the state is the fold of that log (P1).
//!
//! One frame a line. `+MS` lets time pass, `<FRAME` is a frame the client we watch has sent, `join`
//! stands for a join burst and `cut` for the end of the connection.

use crate::common::{Burst, DELAY_MS, Room, config, item, user};
use projectionist::ChannelState;
use projectionist::channel::Input;
use projectionist::event_log::{EventLog, Head};

/// Steps taken of one input; more of them tell nothing new, and take time.
const STEPS_MAX: usize = 40;

pub(crate) fn check(text: &str) {
    let first = played(text);
    assert_eq!(first, played(text), "the same frames, another log");
}

/// Plays the steps to a channel; where its log ends. The room checks the fold when it goes.
fn played(text: &str) -> Head {
    let mut room = joined(text.starts_with('='));
    for step in text.trim_start_matches('=').lines().take(STEPS_MAX) {
        take(&mut room, step);
        assert!(room.outputs().len() < 200, "one step, endless answers");
    }
    room.wait(1_000);
    check_snapshot(&room);
    room.channel().log().head()
}

/// A state that is stored and read again is the same state, or a log opened by it would go on from
/// another one.
pub(crate) fn check_snapshot(room: &Room) {
    let stored = serde_json::to_string(room.state()).unwrap();
    let read: ChannelState = serde_json::from_str(&stored).unwrap();
    assert_eq!(&read, room.state(), "a snapshot says all");
}

fn take(room: &mut Room, step: &str) {
    if let Some(ms) = step.strip_prefix('+') {
        room.wait(ms.parse::<u16>().unwrap_or(60).into());
    } else if let Some(frame) = step.strip_prefix('<') {
        room.input(Input::Sent(frame));
    } else if step == "cut" {
        room.cut();
    } else if step == "join" {
        room.cut();
        room.wait(i64::try_from(DELAY_MS).unwrap());
        room.connect();
        room.burst(&burst());
    } else {
        room.frame(step);
    }
}

/// A room with a little of everything in it.
pub(crate) fn burst() -> Burst {
    Burst {
        users: vec![user("alice", 5.0), user("bob", 2.0), user("reel", 0.0)],
        emotes: vec![crate::common::emote("one")],
        ..Burst::with_items(&[item(0, "a"), item(1, "b")])
    }
}

/// A channel that has joined as a guest, or one that only watches.
pub(crate) fn joined(watching: bool) -> Room {
    let mut room = if watching {
        Room::observing()
    } else {
        Room::new(config().guest("reel").rejoin_after_kick(true))
    };
    room.connect();
    room.burst(&burst());
    room.outputs();
    room
}
