//! Recorded traffic of a real server, all of it, through the way of a live socket. Goal: every
//! frame is understood, the log folds to what was live, each line of chat is in it once, and the
//! same recording makes the same log.

#![cfg(test)]

mod common;

use common::logs::WrittenLog;
use common::recording::{connections, file, files, ingested, lines};
use common::{Steady, body, check};
use projectionist::{
    channel::*, config::*, event::*, event_log::*, recording::*, state::*, time::*,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

fn each_connection(mut visit: impl FnMut(&Path, &str)) {
    for path in files() {
        for conn in connections(&path) {
            visit(&path, &conn);
        }
    }
}

#[test]
fn p1_every_recording_folds_to_the_state_that_was_live() {
    let mut count = 0;
    each_connection(|path, conn| {
        let channel = ingested(path, conn);
        check(&channel);
        count += channel.counters().events;
    });
    assert!(count > 2_000, "{count} events");
}

#[test]
fn p10_the_same_recording_makes_the_same_log() {
    each_connection(|path, conn| {
        let head = |channel: Channel<WrittenLog>| channel.log().head();
        assert_eq!(head(ingested(path, conn)), head(ingested(path, conn)));
    });
}

#[test]
fn every_recorded_event_is_understood() {
    each_connection(|path, conn| {
        let channel = ingested(path, conn);
        let read = Read::default().kinds([Kind::Unrecognised]);
        for event in channel.log().read(&read).unwrap() {
            // Three frames of a megabyte were cut when they were recorded: they do not parse.
            let why = body(&event)["why"].clone();
            let is_cut = why.as_str().unwrap().contains("EOF while parsing");
            assert!(is_cut, "{} {conn} {}: {why}", path.display(), event.seq);
        }
    });
}

#[test]
fn what_does_not_fit_the_state_is_rare_and_known() {
    let mut misfits = BTreeMap::new();
    each_connection(|path, conn| {
        let channel = ingested(path, conn);
        let mut state = ChannelState::default();
        for event in channel.log().read(&Read::default()).unwrap() {
            let before = state.misfits;
            state.apply(&event);
            if state.misfits > before {
                *misfits.entry(event.kind().as_str()).or_insert(0) += 1;
            }
        }
    });
    // Lists that were never asked for, and ranks of users who are not there.
    let kinds: Vec<_> = misfits.into_keys().collect();
    assert_eq!(kinds, ["ban_remove", "user_rank"]);
}

/// What tells a line of chat from another; the words of notices are cleaned on their way in.
fn key(name: &str, sent_ms: i64, html: &str) -> (i64, String, String) {
    let html = if name == "[server]" { "" } else { html };
    (sent_ms, name.to_owned(), html.to_owned())
}

#[test]
fn p2_every_recorded_line_of_chat_is_in_the_log_once() {
    let mut count = 0;
    each_connection(|path, conn| {
        let mut received = BTreeSet::new();
        let recorded = lines(path);
        let ours = recorded
            .iter()
            .filter(|line| line.conn == conn && line.dir == "recv");
        for frame in ours.flat_map(|line| line.frame.split('\u{1e}')) {
            if let Some(payload) = frame.strip_prefix("42[\"chatMsg\",") {
                let said: Value = serde_json::from_str(payload.strip_suffix(']').unwrap()).unwrap();
                let text = |key: &str| said[key].as_str().unwrap();
                let sent_ms = said["time"].as_i64().unwrap();
                received.insert(key(text("username"), sent_ms, text("msg")));
            }
        }
        let mut logged = Vec::new();
        let channel = ingested(path, conn);
        let read = Read::default().kinds([Kind::MessageSaid]);
        for event in channel.log().read(&read).unwrap() {
            let message = body(&event);
            let (name, html) = (message["user"]["name"].as_str(), message["html"].as_str());
            logged.push(key(name.unwrap(), event.sent_ms.unwrap(), html.unwrap()));
        }
        logged.sort();
        // Nobody was recorded saying the same thing twice in one millisecond.
        assert_eq!(
            logged,
            Vec::from_iter(received),
            "{} {conn}",
            path.display()
        );
        count += logged.len();
    });
    assert!(count > 500, "{count} lines");
}

#[test]
fn a_recording_is_taken_in_once() {
    let path = file("polls");
    let channel = ingested(&path, "late");
    let head = channel.log().head();
    let bytes = std::fs::read(&path).unwrap();
    let survey = survey(&bytes[..], "late").unwrap();
    let config = Config::new("https://cytu.be", "modroom");
    let now = Now::from_millis(survey.first_ms);
    let log = channel.into_log();
    let mut channel = Channel::observe(&config, log, Box::new(Steady(1)), now).unwrap();
    let again = ingest(&mut channel, "test", "late", &survey, &bytes[..], |_| {});
    assert!(matches!(
        again,
        Err(RecordingError::Log(LogError::Duplicate { .. }))
    ));
    assert_eq!(channel.log().head(), head);
}

#[test]
fn a_label_that_is_not_there_is_answered_with_those_that_are() {
    let bytes = std::fs::read(file("polls")).unwrap();
    let error = survey(&bytes[..], "nobody").unwrap_err().to_string();
    assert!(error.contains("alice, anon, bob, carol, late"), "{error}");
    let error = survey(&b"not json"[..], "x").unwrap_err();
    assert!(matches!(error, RecordingError::Line { line: 1, .. }));
}
