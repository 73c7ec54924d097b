//! Every command, not done: each of them unanswered, cut off, not permitted, outside the channel.

#![cfg(test)]
#![cfg(feature = "testing")]

mod common;

use common::wired::{Wired, config, every_command, furnished, model};
use projectionist::testing::Model;
use projectionist::{command::*, event::*, model::*};
use serde_json::json;

#[test]
fn silence_ends_in_unanswered_whatever_was_asked() {
    let mut wired = Wired::sysop();
    wired.deaf = true;
    let commands = every_command(&wired);
    let ids: Vec<u64> = commands
        .into_iter()
        .map(|c| wired.room.command(c))
        .collect();
    // One line of the playlist's budget is a minute; lookups are waited for 45 s.
    wired.wait(120_000);
    let outcomes = wired.outcomes();
    let unanswered = |id: &u64| outcomes.contains(&(*id, Outcome::Unanswered));
    let Some(other) = ids.iter().find(|id| !unanswered(id)) else {
        return;
    };
    let name = Command::NAMES[*other as usize - 1];
    panic!("{name}: {:?}", outcomes.iter().find(|(id, _)| id == other));
}

#[test]
fn p5_a_cut_settles_whatever_was_asked_and_nothing_is_sent_again() {
    let mut wired = Wired::sysop();
    for command in every_command(&wired) {
        let name = command.name();
        wired.deaf = true;
        let id = wired.command(command);
        // Styled lines count twice and may wait for a rest.
        for _ in 0..30 {
            if !wired.state().commands.is_empty() {
                break;
            }
            wired.wait(100);
        }
        wired.cut();
        assert_eq!(wired.outcomes(), [(id, Outcome::Disconnected)], "{name}");
        wired.deaf = false;
        wired.heard.clear();
        wired.wait(10_000);
        wired.open();
        wired.wait(1_000);
        assert!(wired.state().is_live(), "{name}");
        let joining = ["40", "42[\"login\"", "42[\"joinChannel\"", "3"];
        let is_joining = |frame: &String| joining.iter().any(|part| frame.starts_with(part));
        assert!(
            wired.heard.iter().all(is_joining),
            "{name}: {:?}",
            wired.heard
        );
        wired.act("Keeper", "assignLeader", &json!({ "name": "sysop" }));
    }
}

/// What needs no right of the map: private words, searches, asking where playback is, leading for
/// the leader, and what a fixed rank below ours would do.
const FREE: [&str; 4] = ["pm", "search", "resync_playback", "lead"];

#[test]
fn nothing_is_sent_without_the_right() {
    let mut wired = Wired::sysop();
    let commands = every_command(&wired);
    drop(wired.outcomes());
    let mut room = Model::new(model());
    let rights = furnished(Model::new(model()))
        .room("lobby")
        .unwrap()
        .permissions;
    let nobody: serde_json::Map<_, _> = rights
        .keys()
        .map(|key| (key.clone(), json!(1_000)))
        .collect();
    room.act(
        "lobby",
        "sysop",
        "setPermissions",
        &json!(nobody),
        common::START_MS,
    );
    let _ = room.take_output().count();
    let mut wired = Wired::joined(config().guest("reel"), room);
    wired.heard.clear();
    for command in commands {
        let name = command.name();
        if FREE.contains(&name) {
            continue;
        }
        let outcome = wired.outcome(command);
        let Outcome::NotSent(error) = &outcome else {
            panic!("{name}: {outcome:?}");
        };
        let is_right = matches!(
            error,
            CommandError::NotPermitted { .. } | CommandError::NeedsAccount
        );
        assert!(is_right, "{name}: {error}");
    }
    assert_eq!(wired.heard, Vec::<String>::new());
}

#[test]
fn nothing_is_sent_outside_the_channel() {
    let mut wired = Wired::sysop();
    let commands = every_command(&wired);
    wired.cut();
    wired.heard.clear();
    for command in commands {
        let name = command.name();
        let outcome = wired.outcome(command);
        assert_eq!(outcome, Outcome::NotSent(CommandError::NotLive), "{name}");
    }
    assert_eq!(wired.heard, Vec::<String>::new());
}

#[test]
fn rights_lost_while_a_command_waits_keep_it_back() {
    let mut wired = Wired::alice();
    let say = |n: usize| Command::Say {
        text: format!("line {n}"),
        flair: false,
    };
    for n in 0..25 {
        wired.room.command(say(n));
    }
    let kick = Command::Kick {
        name: "mallory".to_owned(),
        reason: String::new(),
    };
    let id = wired.room.command(kick);
    wired.pump();
    wired.act("sysop", "setPermissions", &json!({ "kick": 300 }));
    let outcome = wired.await_outcome(id);
    let Outcome::NotSent(CommandError::NotPermitted {
        permission, needed, ..
    }) = outcome
    else {
        panic!("{outcome:?}");
    };
    assert_eq!((permission, needed), ("kick", Some(Rank(300.0))));
}

#[test]
fn numbers_of_items_do_not_outlive_the_list_they_are_of() {
    let mut wired = Wired::alice();
    let (uid, seen) = (wired.uid("Second"), wired.state().seq);
    wired.act("Keeper", "shufflePlaylist", &serde_json::Value::Null);
    let stale = |seen| Command::Delete { uid, seen };
    let outcome = wired.outcome(stale(Some(seen)));
    assert_eq!(outcome, Outcome::NotSent(CommandError::StaleItem(uid)));
    let outcome = wired.outcome(stale(None));
    assert_eq!(outcome, Outcome::NotSent(CommandError::NoSuchItem(uid)));
    // One on the wire when the list is replaced is not taken to mean another item.
    let uid = wired.uid("Second");
    wired.deaf = true;
    let id = wired.command(Command::Delete { uid, seen: None });
    wired.act("Keeper", "shufflePlaylist", &serde_json::Value::Null);
    assert_eq!(wired.await_outcome(id), Outcome::Unanswered);
}

#[test]
fn what_is_not_there_is_said_before_anything_is_sent() {
    let mut wired = Wired::alice();
    wired.heard.clear();
    let nobody = || "ghost".to_owned();
    for (command, error) in [
        (
            Command::Kick {
                name: nobody(),
                reason: String::new(),
            },
            CommandError::NotHere(nobody()),
        ),
        (
            Command::SetLeader {
                name: Some(nobody()),
            },
            CommandError::NotHere(nobody()),
        ),
        (
            Command::Jump {
                uid: Uid(99),
                seen: None,
            },
            CommandError::NoSuchItem(Uid(99)),
        ),
        (
            // Moved behind an item it does not have, the server would lose it.
            Command::Move {
                uid: wired.uid("First"),
                after: After::Uid(Uid(99)),
                seen: None,
            },
            CommandError::NoSuchItem(Uid(99)),
        ),
        (
            Command::Mute {
                name: "alice".to_owned(),
            },
            CommandError::ToSelf,
        ),
        (
            Command::Kick {
                name: "not a name!".to_owned(),
                reason: String::new(),
            },
            CommandError::BadName("not a name!".to_owned()),
        ),
    ] {
        let name = command.name();
        assert_eq!(wired.outcome(command), Outcome::NotSent(error), "{name}");
    }
    assert_eq!(wired.heard, Vec::<String>::new());
}

#[test]
fn p6_ten_thousand_at_once_are_bounded() {
    let mut wired = Wired::joined(config().account("alice", "alice"), Model::new(model()));
    let say = |n: usize| Command::Say {
        text: format!("line {n}"),
        flair: false,
    };
    for n in 0..10_000 {
        wired.room.command(say(n));
    }
    wired.wait(60_000);
    let outcomes = wired.outcomes();
    assert_eq!(outcomes.len(), 10_000);
    let busy = |outcome: &Outcome| matches!(outcome, Outcome::NotSent(CommandError::Busy(_)));
    let done = outcomes
        .iter()
        .filter(|(_, outcome)| outcome.is_done())
        .count();
    let refused = outcomes.iter().filter(|(_, outcome)| busy(outcome)).count();
    assert_eq!(done + refused, 10_000, "each has an outcome of its own");
    // The burst at once, the queue behind it within its patience.
    assert_eq!(done, 20 + 64);
    assert!(wired.room.of_kind(Kind::CooldownTold).is_empty());
}

/// Method: the model keeps the server's limit of chat, which counts arrivals; nothing is late here.
#[test]
fn a_thousand_lines_take_little_longer_than_the_limit_allows() {
    let wait = std::time::Duration::from_secs(300);
    let config = config().account("alice", "alice").command_queue_max(1_000);
    let mut wired = Wired::joined(config.send_wait_max(wait), Model::new(model()));
    let start = wired.room.now_ms;
    let say = |n: usize| Command::Say {
        text: format!("line {n}"),
        flair: false,
    };
    let ids: Vec<u64> = (0..1_000).map(|n| wired.room.command(say(n))).collect();
    let mut outcomes = Vec::new();
    while outcomes.len() < 1_000 {
        wired.wait(100);
        outcomes.extend(wired.outcomes());
        assert!(wired.room.now_ms - start < 300_000);
    }
    assert!(outcomes.iter().all(|(_, outcome)| outcome.is_done()));
    let order: Vec<u64> = outcomes.iter().map(|(id, _)| *id).collect();
    assert_eq!(order, ids);
    assert!(wired.room.of_kind(Kind::CooldownTold).is_empty());
    // 20 at once, then ten a second.
    let least_ms = 98_000;
    let took_ms = wired.room.now_ms - start;
    assert!(took_ms <= least_ms * 105 / 100, "{took_ms}");
}
