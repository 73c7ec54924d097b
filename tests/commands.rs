//! What becomes of a host's wish: confirmed, refused, unanswered, lost or not sent, each exactly
//! once, and never sent again (P5).

#![cfg(test)]

mod common;

use common::confirmed;
use common::{Burst, Room, body};
use projectionist::{channel::*, command::*, event::*};
use serde_json::json;

fn chat(text: &str) -> String {
    common::frame("chatMsg", &json!({"msg": text}))
}

/// The one outcome put out since the last look.
fn outcome(room: &mut Room) -> (u64, Outcome) {
    let settled = room.settled();
    let [one] = &settled[..] else {
        panic!("one outcome: {settled:?}");
    };
    one.clone()
}

fn refusal(room: &mut Room) -> String {
    match outcome(room).1 {
        Outcome::Refused { reason, seq } => {
            let settled = body(&room.last(Kind::CommandSettled));
            assert_eq!(settled["by"], seq.0);
            assert_eq!(settled["detail"], reason);
            reason
        }
        other => panic!("refused: {other:?}"),
    }
}

fn not_sent(room: &mut Room) -> CommandError {
    match outcome(room).1 {
        Outcome::NotSent(error) => error,
        other => panic!("not sent: {other:?}"),
    }
}

#[test]
fn a_line_is_confirmed_by_its_echo_and_linked_in_the_log() {
    let mut room = Room::joined_as_guest();
    let id = room.say("hello");
    assert_eq!(room.sent(), [chat("hello")]);
    let sent = room.last(Kind::CommandSent);
    assert_eq!(
        body(&sent),
        json!({"command": "say", "args": {"text": "hello"}})
    );
    room.says("reel", "hello");
    let echo = room.last(Kind::MessageSaid).seq;
    assert_eq!(outcome(&mut room), (id, confirmed(echo)));
    let settled = room.last(Kind::CommandSettled);
    let told = json!({"outcome": "confirmed", "detail": null, "by": echo.0});
    assert_eq!(body(&settled), told);
    assert_eq!(
        (settled.cause, settled.origin),
        (Some(sent.seq), Origin::Command)
    );
    assert!(sent.corr.is_some() && sent.corr == settled.corr);
    assert_eq!(sent.actor.as_deref(), Some("reel"));
}

#[test]
fn echoes_find_their_lines_in_any_order_and_under_any_filter() {
    let mut room = Room::joined_as_guest();
    let (one, two, three) = (
        room.say("one"),
        room.say("/me  two"),
        room.say("three & <3"),
    );
    assert_eq!(room.sent().len(), 3);
    room.says("reel", "three &amp; &lt;3");
    assert_eq!(outcome(&mut room).0, three);
    room.says("Reel", "two");
    assert_eq!(
        outcome(&mut room).0,
        two,
        "our name in another case is ours"
    );
    // A chat filter rewrote it: the oldest that waits.
    room.says("reel", "<b>uno</b>");
    assert_eq!(outcome(&mut room).0, one);
    room.says("reel", "nobody asked for this");
    assert_eq!(room.settled(), []);
}

#[test]
fn a_slash_command_does_not_take_the_echo_of_a_filtered_line() {
    let mut room = Room::joined_as_guest();
    let (afk, line) = (room.say("/afk"), room.say("plain"));
    room.outputs();
    room.says("reel", "as the filter likes it");
    assert_eq!(outcome(&mut room).0, line);
    room.wait(10_000);
    assert_eq!(outcome(&mut room), (afk, Outcome::Unanswered));
}

#[test]
fn another_users_line_confirms_nothing() {
    let mut room = Room::joined_as_guest();
    room.say("hello");
    room.outputs();
    room.says("bob", "hello");
    room.says("[server]", "hello");
    assert_eq!(room.settled(), []);
}

#[test]
fn a_private_message_is_confirmed_by_its_copy_to_us() {
    let mut room = Room::joined_as_guest();
    let id = room.pm("Bob", "psst");
    assert_eq!(
        room.sent(),
        [common::frame("pm", &json!({"to": "Bob", "msg": "psst"}))]
    );
    let pm = |from: &str, to: &str| json!({"username": from, "to": to, "msg": "psst", "meta": {}, "time": 5});
    room.server("pm", pm("bob", "reel"));
    assert_eq!(room.settled(), [], "that one came to us");
    room.server("pm", pm("reel", "bob"));
    let copy = room.last(Kind::PmSaid);
    assert_eq!(body(&copy)["direction"], "out");
    assert_eq!(outcome(&mut room), (id, confirmed(copy.seq)));
}

#[test]
fn every_refusal_of_the_server_finds_its_line() {
    // `src/channel/chat.js`; the wire names no request.
    for (name, payload, reason) in [
        ("cooldown", json!(100), "too fast"),
        (
            "noflood",
            json!({"action": "chat", "msg": "You have been muted."}),
            "muted",
        ),
        (
            "spamFiltered",
            json!({"reason": "NEW_USER_CHAT_LINK"}),
            "NEW_USER_CHAT_LINK",
        ),
        (
            "errorMsg",
            json!({"msg": "Unexpected error for message chatMsg: Extra key: foo"}),
            "Extra key",
        ),
    ] {
        let mut room = Room::joined_as_guest();
        room.say("hello");
        room.outputs();
        room.server(name, payload);
        assert!(refusal(&mut room).contains(reason), "{name}");
    }
}

#[test]
fn every_refusal_of_a_private_message_finds_it_and_spares_a_line() {
    for msg in [
        "PM failed: bob isn't connected to this channel.",
        "You cannot PM yourself!",
        "You must be signed in to send PMs",
        "Unexpected error for message pm: Missing key",
    ] {
        let mut room = Room::joined_as_guest();
        let line = room.say("hello");
        let pm = room.pm("bob", "psst");
        room.outputs();
        room.server("errorMsg", json!({"msg": msg}));
        let (id, what) = outcome(&mut room);
        assert_eq!(id, pm, "{msg}");
        assert!(matches!(what, Outcome::Refused { .. }));
        room.says("reel", "hello");
        assert_eq!(outcome(&mut room).0, line);
    }
}

#[test]
fn an_error_about_something_else_refuses_nothing() {
    let mut room = Room::joined_as_guest();
    room.say("hello");
    room.outputs();
    room.server("errorMsg", json!({"msg": "Playlist load failed: x"}));
    assert_eq!(room.settled(), []);
}

#[test]
fn silence_is_an_outcome() {
    let mut room = Room::joined_as_guest();
    let id = room.say("dropped without a word");
    room.outputs();
    room.wait(9_999);
    assert_eq!(room.settled(), []);
    room.wait(1);
    assert_eq!(outcome(&mut room), (id, Outcome::Unanswered));
    assert_eq!(
        body(&room.last(Kind::CommandSettled))["outcome"],
        "unanswered"
    );
    // Its echo comes after all: a line of chat, and nothing more.
    room.says("reel", "dropped without a word");
    assert_eq!(room.settled(), []);
}

#[test]
fn p5_a_lost_connection_fails_what_is_under_way_and_sends_nothing_again() {
    let mut room = Room::joined_as_guest();
    let sent = room.say("sent");
    for n in 0..25 {
        room.say(&format!("fills the burst {n}"));
    }
    let waiting = room.say("still waiting");
    room.outputs();
    room.cut();
    let settled = room.settled();
    assert_eq!(settled.len(), 27);
    assert_eq!(settled[0], (sent, Outcome::Disconnected));
    assert_eq!(
        settled[26],
        (waiting, Outcome::NotSent(CommandError::NotLive))
    );
    let lost = room.last(Kind::Disconnected).seq;
    let settled = room.of_kind(Kind::CommandSettled);
    assert_eq!(body(&settled[0])["outcome"], "disconnected");
    let last = settled.last().unwrap();
    assert_eq!(body(last)["outcome"], "not_sent");
    assert_eq!(body(last)["args"]["text"], "still waiting");
    assert!(last.seq < lost);
    room.wait(10_000);
    room.connect();
    room.burst(&Burst::default());
    room.wait(20_000);
    let frames = room.sent();
    assert!(
        frames.iter().all(|frame| !frame.contains("chatMsg")),
        "{frames:?}"
    );
    // Its echo, should the server have had it: nobody waits any more.
    room.says("reel", "sent");
    assert_eq!(room.settled(), []);
}

#[test]
fn p5_nothing_is_sent_between_a_kick_and_the_end() {
    let mut room = Room::joined_as_guest();
    for n in 0..25 {
        room.say(&n.to_string());
    }
    room.outputs();
    room.server("kick", json!({"reason": "behave"}));
    room.wait(500);
    assert_eq!(room.sent(), Vec::<String>::new());
    room.frame("41");
    assert_eq!(room.settled().len(), 25);
}

#[test]
fn p5_a_stop_settles_everything() {
    let mut room = Room::joined_as_guest();
    let id = room.say("hello");
    room.outputs();
    room.input(Input::Stop);
    assert_eq!(outcome(&mut room), (id, Outcome::Disconnected));
    room.say("after it");
    assert_eq!(not_sent(&mut room), CommandError::NotLive);
}
