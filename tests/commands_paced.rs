//! The server's limits are kept whatever is asked: a model with all of them on never has to speak.

#![cfg(test)]
#![cfg(feature = "testing")]

mod common;

use common::wired::{Wired, config, furnished, model};
use projectionist::testing::{MediaEntry, Model, ModelConfig};
use projectionist::{command::*, config::*, event::*};
use serde_json::json;
use std::time::Duration;

/// The rooms and accounts of the other tests, under the limits that servers have by default.
fn strict() -> ModelConfig {
    let mut strict = ModelConfig::default();
    (strict.rooms, strict.accounts) = (model().rooms, model().accounts);
    strict
}

fn patient(name: &str) -> Config {
    let config = config().account(name, name).command_queue_max(500);
    config
        .send_wait_max(Duration::from_secs(600))
        .lookup_wait_max(Duration::from_secs(600))
}

/// Sends all at once, and waits for all outcomes; the time that took, in milliseconds.
fn all_done(wired: &mut Wired, commands: Vec<Command>) -> i64 {
    let start = wired.room.now_ms;
    let count = commands.len();
    for command in commands {
        wired.room.command(command);
    }
    let mut outcomes = Vec::new();
    while outcomes.len() < count {
        wired.wait(50);
        outcomes.extend(wired.outcomes());
        assert!(wired.room.now_ms - start < 600_000, "{outcomes:?}");
    }
    for (id, outcome) in outcomes {
        assert!(outcome.is_done(), "{id}: {outcome:?}");
    }
    for kind in [Kind::CooldownTold, Kind::QueueFailed, Kind::ErrorTold] {
        assert!(
            wired.room.of_kind(kind).is_empty(),
            "{:?}",
            wired.room.of_kind(kind)
        );
    }
    wired.room.now_ms - start
}

fn queue(count: usize) -> (Vec<Command>, Vec<MediaEntry>) {
    let id = |n: usize| format!("video{n:06}");
    let command = |n| Command::parse("queue", &json!({ "media": { "type": "yt", "id": id(n) } }));
    let entry = |n| MediaEntry::new("yt", id(n), "Short", 60.0);
    let commands = (0..count).map(|n| command(n).unwrap()).collect();
    (commands, (0..count).map(entry).collect())
}

#[test]
fn styled_lines_count_twice() {
    let mut wired = Wired::joined(patient("alice"), furnished(Model::new(strict())));
    let me = |n: usize| Command::Me {
        text: format!("waves {n}"),
    };
    all_done(&mut wired, (0..25).map(me).collect());
}

#[test]
fn media_is_added_no_faster_than_our_rank_may() {
    for (name, least_ms) in [("carol", 9_000), ("alice", 1_000)] {
        let (commands, entries) = queue(12);
        let mut config = strict();
        config.media = entries;
        let mut model = Model::new(config);
        let open = json!({ "playlistadd": 0, "oplaylistadd": 0, "addnontemp": 0 });
        model.act("lobby", "sysop", "setPermissions", &open, common::START_MS);
        let _ = model.take_output().count();
        let mut wired = Wired::joined(patient(name), model);
        let took_ms = all_done(&mut wired, commands);
        assert!(took_ms >= least_ms, "{name}: {took_ms}");
        assert!(took_ms <= least_ms + 5_000, "{name}: {took_ms}");
    }
}

#[test]
fn the_playlist_is_asked_for_once_a_minute_and_holds_up_nobody() {
    let mut wired = Wired::joined(patient("alice"), furnished(Model::new(strict())));
    let lists = vec![Command::ResyncPlaylist, Command::ResyncPlaylist];
    let start = wired.room.now_ms;
    for command in lists {
        wired.room.command(command);
    }
    let say = Command::Say {
        text: "meanwhile".to_owned(),
        flair: false,
    };
    assert!(wired.outcome(say).is_done());
    assert!(wired.room.now_ms - start < 1_000);
    let took_ms = all_done(&mut wired, Vec::new());
    assert!(took_ms < 1_000);
    wired.wait(70_000);
    assert_eq!(wired.outcomes().len(), 2);
    assert!(wired.room.of_kind(Kind::ErrorTold).is_empty());
}

/// A public server puts out who sends too many events of whatever kind.
#[test]
fn the_socket_as_a_whole_has_a_budget() {
    let mut config = strict();
    config.events_per_s_max = Some(10.0);
    let model = furnished(Model::new(config));
    let mut wired = Wired::joined(patient("alice").send_rate_max(9.0), model);
    let vote = |n: usize| Command::Vote { option: n % 2 };
    let start = wired.room.now_ms;
    all_done(&mut wired, (0..60).map(vote).collect());
    assert!(wired.room.now_ms - start >= 5_000);
    assert!(wired.room.of_kind(Kind::Kicked).is_empty());
}
