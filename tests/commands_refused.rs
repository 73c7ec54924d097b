//! Commands that the server refuses, in its own words: each refusal finds its command and spares the
//! others. The words are a model's, which has them from the server's source and from recordings.

#![cfg(test)]
#![cfg(feature = "testing")]

mod common;

use common::wired::{Wired, config, furnished, model};
use projectionist::testing::{MediaEntry, Model};
use projectionist::{command::*, event::*, state::*};
use serde_json::{Value, json};

fn parse(name: &str, args: &Value) -> Command {
    Command::parse(name, args).unwrap()
}

/// A room whose moderators are anybody: carol, an ordinary account, has all rights below rank 3.
fn carol() -> Wired {
    let mut model = furnished(Model::new(
        model().media(MediaEntry::new("yt", "new", "New", 9.0)),
    ));
    let rights = model.room("lobby").unwrap().permissions;
    let all: serde_json::Map<_, _> = rights.keys().map(|key| (key.clone(), json!(0))).collect();
    model.act(
        "lobby",
        "sysop",
        "setPermissions",
        &json!(all),
        common::START_MS,
    );
    let _ = model.take_output().count();
    Wired::joined(config().account("carol", "carol"), model)
}

#[test]
fn every_refusal_finds_its_command() {
    let filter = |name: &str, source: &str| json!({ "filter": { "name": name, "source": source, "flags": "g", "replace": "" } });
    let image = "https://img.example.com/x.png";
    for (name, args, words) in [
        (
            "pm",
            json!({ "to": "ghost", "text": "hi" }),
            "isn't connected",
        ),
        ("kick", json!({ "name": "Keeper" }), "permission to kick"),
        ("ban", json!({ "name": "alice" }), "permission to ban"),
        ("mute", json!({ "name": "ghost" }), "not present"),
        ("mute", json!({ "name": "Keeper" }), "equal or higher rank"),
        ("shadow_mute", json!({ "name": "ghost" }), "not present"),
        ("unmute", json!({ "name": "mallory" }), "not muted"),
        (
            "queue",
            json!({ "media": { "type": "yt", "id": "a" } }),
            "already on the playlist",
        ),
        (
            "queue",
            json!({ "media": { "type": "zz", "id": "a" } }),
            "Unknown media type",
        ),
        (
            "queue_saved",
            json!({ "name": "nothing" }),
            "Playlist does not exist",
        ),
        ("add_filter", filter("old", "a"), "already exists"),
        ("add_filter", filter("new", "("), "regex"),
        ("update_filter", filter("none", "a"), "does not exist"),
        (
            "rename_emote",
            json!({ "old": ":none:", "name": ":old:", "image": image }),
            "already exists",
        ),
    ] {
        let mut wired = carol();
        let bystander = wired.command(parse("say", &json!({ "text": "about something else" })));
        let outcome = wired.outcome(parse(name, &args));
        let Outcome::Refused { reason, seq } = &outcome else {
            panic!(
                "{name} {args}: {outcome:?}, {:?}",
                wired.room.of_kind(Kind::ErrorTold)
            );
        };
        assert!(reason.contains(words), "{name}: {reason}");
        assert!(wired.room.events().iter().any(|event| event.seq == *seq));
        assert!(wired.await_outcome(bystander).is_done(), "{name}");
    }
}

#[test]
fn a_poll_is_refused_by_the_acknowledgement() {
    let mut few = model();
    few.poll_options_max = 2;
    let model = furnished(Model::new(few));
    let mut wired = Wired::joined(config().account("alice", "alice"), model);
    let poll = json!({ "title": "Which?", "options": ["a", "b", "c"] });
    let outcome = wired.outcome(parse("open_poll", &poll));
    assert!(matches!(outcome, Outcome::Refused { .. }), "{outcome:?}");
    // The one that was open is closed all the same: that is the server's way.
    assert_eq!(wired.state().poll, Known::Absent);
}

#[test]
fn options_that_were_not_taken_are_named() {
    let mut wired = Wired::alice();
    let options = json!({ "options": { "voteskip_ratio": "many", "afk_timeout": 9 } });
    let outcome = wired.outcome(parse("set_options", &options));
    let Outcome::Refused { reason, .. } = &outcome else {
        panic!("{outcome:?}");
    };
    assert!(reason.contains("voteskip_ratio"), "{reason}");
    assert!(!reason.contains("afk_timeout"), "{reason}");
    assert_eq!(
        wired
            .state()
            .options
            .as_ref()
            .unwrap()
            .number("afk_timeout"),
        Some(9.0)
    );
}

#[test]
fn a_rank_above_ours_cannot_be_changed() {
    let mut wired = Wired::alice();
    let outcome = wired.outcome(parse("set_rank", &json!({ "name": "sysop", "rank": 2 })));
    assert!(matches!(outcome, Outcome::Refused { .. }), "{outcome:?}");
}

#[test]
fn of_two_alike_the_one_that_is_named_is_refused() {
    let mut wired = carol();
    let spared = wired
        .room
        .command(parse("mute", &json!({ "name": "mallory" })));
    let refused = wired
        .room
        .command(parse("mute", &json!({ "name": "Keeper" })));
    wired.pump();
    wired.wait(1_000);
    assert!(wired.await_outcome(spared).is_done());
    let outcome = wired.await_outcome(refused);
    assert!(matches!(outcome, Outcome::Refused { .. }), "{outcome:?}");
}

#[test]
fn the_muted_are_told_before_and_the_shadow_muted_cannot_know() {
    let mut wired = Wired::joined(
        config().account("carol", "carol"),
        furnished(Model::new(model())),
    );
    let say = || parse("say", &json!({ "text": "hello?" }));
    let now_ms = wired.room.now_ms;
    wired.model.say("lobby", "Keeper", "/smute carol", now_ms);
    wired.pump();
    let outcome = wired.outcome(say());
    assert!(
        outcome.is_done(),
        "it comes back like any other line: {outcome:?}"
    );
    wired
        .model
        .say("lobby", "Keeper", "/unmute carol", wired.room.now_ms);
    wired
        .model
        .say("lobby", "Keeper", "/mute carol", wired.room.now_ms);
    wired.pump();
    assert_eq!(wired.outcome(say()), Outcome::NotSent(CommandError::Muted));
}
