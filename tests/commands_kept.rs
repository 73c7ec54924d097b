//! Commands kept in the log for the next join: sent once, or expired, or handed on to the next
//! engine; and what a process that dies leaves behind is called unknown, never sent again.

#![cfg(test)]
#![cfg(feature = "testing")]

mod common;

use common::wired::{Wired, config, furnished, model};
use common::{Burst, Room, body};
use projectionist::testing::Model;
use projectionist::{channel::*, command::*, config::*, event::*, event_log::*};
use std::time::Duration;

const KEEP: Duration = Duration::from_secs(600);

fn keeping() -> Config {
    config().account("alice", "alice").keep_wait_max(KEEP)
}

fn say(text: &str) -> Command {
    Command::Say {
        text: text.to_owned(),
        flair: false,
    }
}

fn joined() -> Wired {
    Wired::joined(keeping(), furnished(Model::new(model())))
}

fn back(wired: &mut Wired) {
    wired.wait(10_000);
    wired.open();
    wired.wait(1_000);
    assert!(wired.state().is_live());
}

fn lines(frames: &[String]) -> Vec<&str> {
    let chat = frames.iter().filter(|frame| frame.contains("chatMsg"));
    chat.map(|frame| frame.split('"').nth(5).unwrap()).collect()
}

/// Outcomes of commands in the log, in order.
fn settled<L: EventLog>(room: &Room<L>) -> Vec<String> {
    let events = room.of_kind(Kind::CommandSettled);
    let word = |event: &Recorded| body(event)["outcome"].as_str().unwrap().to_owned();
    events.iter().map(word).collect()
}

#[test]
fn what_was_said_outside_is_sent_once_after_the_join_in_order() {
    let mut wired = joined();
    wired.cut();
    wired.heard.clear();
    let ids: Vec<u64> = ["one", "two"]
        .iter()
        .map(|text| wired.command(say(text)))
        .collect();
    assert_eq!(wired.outcomes(), [], "they wait");
    assert_eq!(wired.state().commands.len(), 2);
    back(&mut wired);
    assert_eq!(lines(&wired.heard), ["one", "two"]);
    let outcomes = wired.outcomes();
    assert_eq!(outcomes.iter().map(|(id, _)| *id).collect::<Vec<_>>(), ids);
    assert!(
        outcomes.iter().all(|(_, outcome)| outcome.is_done()),
        "{outcomes:?}"
    );
    // One correlation id from the keeping to the outcome.
    let events = wired.room.events();
    let kept = events
        .iter()
        .find(|e| e.kind() == Kind::CommandKept)
        .unwrap();
    let sent = events
        .iter()
        .find(|e| e.kind() == Kind::CommandSent)
        .unwrap();
    assert_eq!((sent.cause, &sent.corr), (Some(kept.seq), &kept.corr));
    wired.cut();
    back(&mut wired);
    assert_eq!(lines(&wired.heard), ["one", "two"], "once");
}

#[test]
fn a_line_whose_time_is_up_expires() {
    let mut wired = joined();
    wired.cut();
    wired.heard.clear();
    let id = wired.command(say("late"));
    wired.wait(600_000);
    let expired = Outcome::NotSent(CommandError::Expired(KEEP));
    assert_eq!(wired.outcomes(), [(id, expired)]);
    assert_eq!(settled(&wired.room), ["expired"]);
    back(&mut wired);
    assert_eq!(lines(&wired.heard), Vec::<&str>::new());
}

#[test]
fn what_may_not_be_kept_is_refused() {
    let mut wired = joined();
    let uid = wired.uid("First");
    wired.cut();
    let outcome = wired.outcome(Command::Delete { uid, seen: None });
    assert!(matches!(
        outcome,
        Outcome::NotSent(CommandError::NotKept(_))
    ));
    let options = serde_json::json!({ "password": "sesame" });
    let options = options.as_object().cloned().unwrap();
    let outcome = wired.outcome(Command::SetOptions { options });
    assert!(matches!(
        outcome,
        Outcome::NotSent(CommandError::NotKept(_))
    ));
    let log = format!("{:?}", wired.room.events());
    assert!(!log.contains("sesame"));
}

#[test]
fn p6_no_more_are_kept_than_may_wait() {
    let mut wired = Wired::joined(
        keeping().command_queue_max(3),
        furnished(Model::new(model())),
    );
    wired.cut();
    for n in 0..5 {
        wired.command(say(&n.to_string()));
    }
    let outcomes = wired.outcomes();
    assert_eq!(outcomes.len(), 2);
    let busy = Outcome::NotSent(CommandError::Busy(Duration::from_secs(10)));
    assert!(outcomes.iter().all(|(_, outcome)| *outcome == busy));
}

/// An engine that is told to stop leaves what it kept to the next one.
#[test]
fn the_next_engine_sends_what_the_last_one_kept() {
    let mut room = Room::new(config().guest("reel").keep_wait_max(KEEP));
    let id = room.command(say("for later"));
    room.input(Input::Stop);
    let kept = room.last(Kind::CommandKept).seq;
    assert_eq!(room.settled(), [(id, Outcome::Kept { seq: kept })]);
    let mut room = room.restarted();
    room.connect();
    room.burst(&Burst::default());
    let sent = room.sent();
    assert!(
        sent.iter().any(|frame| frame.contains("for later")),
        "{sent:?}"
    );
    room.says("reel", "for later");
    assert_eq!(settled(&room), ["confirmed"]);
    let mut room = room.restarted();
    room.connect();
    room.burst(&Burst::default());
    assert!(
        !room.sent().iter().any(|frame| frame.contains("for later")),
        "once"
    );
}

#[test]
fn time_that_passes_between_two_engines_counts() {
    let mut room = Room::new(config().guest("reel").keep_wait_max(KEEP));
    room.command(say("late"));
    let now_ms = room.now_ms + 600_001;
    let mut room = Room::over(config().guest("reel"), room.into_log(), now_ms);
    room.input(Input::Start);
    assert_eq!(settled(&room), ["expired"]);
    assert!(room.state().commands.is_empty());
}

/// Method: the process dies between the commit of `command_sent` and the server's answer. Whether
/// the frame went out nobody can know.
#[test]
fn p5_what_was_on_the_wire_at_a_kill_is_unknown_and_not_sent_again() {
    let mut room = Room::joined_with(config().guest("reel"), &Burst::default());
    room.say("perhaps");
    assert_eq!(room.state().commands.len(), 1);
    let mut room = room.restarted();
    assert_eq!(settled(&room), ["unknown"]);
    let (sent, unknown) = (
        room.last(Kind::CommandSent),
        room.last(Kind::CommandSettled),
    );
    assert_eq!((unknown.cause, &unknown.corr), (Some(sent.seq), &sent.corr));
    room.connect();
    room.burst(&Burst::default());
    assert!(!room.sent().iter().any(|frame| frame.contains("perhaps")));
    assert!(room.state().commands.is_empty());
    let room = room.restarted();
    assert_eq!(settled(&room), ["unknown"], "said once");
}

/// The same with what was kept: once on the wire it is not kept any more.
#[test]
fn p5_what_was_kept_and_on_the_wire_at_a_kill_is_not_sent_twice() {
    let mut room = Room::new(config().guest("reel").keep_wait_max(KEEP));
    room.command(say("once"));
    room.connect();
    room.burst(&Burst::default());
    assert!(room.sent().iter().any(|frame| frame.contains("once")));
    let mut room = room.restarted();
    assert_eq!(settled(&room), ["unknown"]);
    room.connect();
    room.burst(&Burst::default());
    assert!(!room.sent().iter().any(|frame| frame.contains("once")));
}

/// The kept ones have all the time their deadline leaves; who comes behind them has the usual.
#[test]
fn p6_one_behind_those_that_were_kept_does_not_wait_as_long_as_they_may() {
    let config = keeping()
        .send_rate_max(0.2)
        .send_wait_max(Duration::from_secs(7));
    let mut wired = Wired::joined(config, furnished(Model::new(model())));
    wired.wait(60_000);
    wired.cut();
    for text in ["one", "two", "three", "four"] {
        wired.command(say(text));
    }
    back(&mut wired);
    let late = wired.command(say("behind them"));
    wired.wait(7_000);
    let busy = Outcome::NotSent(CommandError::Busy(Duration::from_secs(7)));
    let found = wired.outcomes().into_iter().find(|(id, _)| *id == late);
    assert_eq!(found, Some((late, busy)));
}
