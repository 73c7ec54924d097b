//! Whose answer is it? What looks like the success of a command, and is of another, or of nobody.

#![cfg(test)]
#![cfg(feature = "testing")]

mod common;

use common::wired::Wired;
use common::{Room, confirmed};
use projectionist::{command::*, event::*};
use serde_json::json;

#[test]
fn a_counter_set_back_by_what_plays_next_is_no_drink_of_ours() {
    let mut wired = Wired::sysop();
    wired.deaf = true;
    let text = "cheers".to_owned();
    let id = wired.room.command(Command::Drink { count: 2, text });
    wired.act("Keeper", "playNext", &json!(null));
    assert_eq!(wired.state().drink_count, Some(0));
    wired.wait(60_000);
    assert_eq!(wired.outcomes(), [(id, Outcome::Unanswered)]);
}

#[test]
fn the_line_of_a_drink_confirms_no_other_line() {
    let mut wired = Wired::alice();
    let text = "cheers".to_owned();
    wired.room.command(Command::Drink { count: 1, text });
    let hello = wired.room.say("hello");
    let outcome = wired.await_outcome(hello);
    let lines = wired.room.of_kind(Kind::MessageSaid);
    let shown = lines.iter().find(|line| line.text() == "hello").unwrap();
    assert_eq!(outcome, confirmed(shown.seq));
}

#[test]
fn a_late_echo_confirms_no_later_line() {
    let mut room = Room::joined_as_guest();
    let one = room.say("one");
    room.wait(11_000);
    assert_eq!(room.settled(), [(one, Outcome::Unanswered)]);
    let two = room.say("two");
    room.says("reel", "one");
    assert_eq!(room.settled(), []);
    room.says("reel", "two, as a filter has it");
    let shown = room.last(Kind::MessageSaid).seq;
    assert_eq!(room.settled(), [(two, confirmed(shown))]);
}

#[test]
fn a_late_private_message_confirms_no_later_one() {
    let mut room = Room::joined_with(
        common::config().guest("reel"),
        &common::Burst::with_users(&[common::user("reel", 0.0), common::user("bob", 1.0)]),
    );
    let echo =
        |text: &str| json!({ "username": "reel", "to": "bob", "msg": text, "meta": {}, "time": 5 });
    let one = room.pm("bob", "one");
    room.wait(11_000);
    assert_eq!(room.settled(), [(one, Outcome::Unanswered)]);
    let two = room.pm("bob", "two");
    room.server("pm", echo("one"));
    assert_eq!(room.settled(), []);
    room.server("pm", echo("two"));
    let shown = room.last(Kind::PmSaid).seq;
    assert_eq!(room.settled(), [(two, confirmed(shown))]);
}

#[test]
fn the_flagged_copy_of_a_shadow_muted_moderators_line_confirms_nothing() {
    let mut room = Room::joined_as_guest();
    let (one, two) = (room.say("one"), room.say("two"));
    room.says("reel", "one");
    let shown = room.last(Kind::MessageSaid).seq;
    assert_eq!(room.settled(), [(one, confirmed(shown))]);
    let meta = json!({ "shadow": true });
    let copy = json!({ "username": "reel", "msg": "one", "meta": meta, "time": room.now_ms });
    room.server("chatMsg", copy);
    assert_eq!(room.settled(), []);
    room.says("reel", "two");
    let shown = room.last(Kind::MessageSaid).seq;
    assert_eq!(room.settled(), [(two, confirmed(shown))]);
}

#[test]
fn a_drink_posted_as_it_was_typed_confirms_no_other_line() {
    // The right to call drinks was lost while the request was on its way.
    let mut room = Room::joined_as_guest();
    let one = room.say("one");
    room.says("reel", "/d1 cheers");
    assert_eq!(room.settled(), []);
    room.says("reel", "one");
    let shown = room.last(Kind::MessageSaid).seq;
    assert_eq!(room.settled(), [(one, confirmed(shown))]);
}
