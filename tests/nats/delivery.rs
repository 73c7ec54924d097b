//! Streams and checkpoints: everything once, in order, from where the last bridge was.

use crate::broker::Broker;
use crate::bus::{Bus, Seen};
use crate::site::*;
use crate::{bridge, caught_up, until};
use async_nats::jetstream::stream::Config;
use projectionist::nats::{BridgeError, BridgeOptions, Delivery};
use projectionist::{ChannelHandle, Seq};
use std::time::Duration;

pub(crate) const STREAM: &str = "ROSEY";

/// A bridge to a stream that begins with the log.
pub(crate) fn to_stream(broker: &Broker) -> BridgeOptions {
    BridgeOptions::new(broker.url())
        .delivery(Delivery::stream(STREAM))
        .from_origin(true)
}

pub(crate) fn say(site: &Site, lines: std::ops::Range<u32>) {
    for n in lines {
        site.room().say("Keeper", &format!("line {n}"));
    }
}

/// The stream holds both messages of every event up to `until`, each once, in the log's order.
pub(crate) fn check(stream: &[Seen], room: &ChannelHandle, until: Seq) {
    let ids: Vec<_> = stream.iter().map(|seen| seen.id.clone()).collect();
    let log_id = room.log_id();
    let expected: Vec<_> = (1..=until.0)
        .flat_map(|seq| ["raw", "event"].map(|which| format!("{log_id}-{seq}-{which}")))
        .collect();
    let first = ids
        .iter()
        .zip(&expected)
        .position(|(id, expected)| id != expected);
    assert_eq!(
        ids.len(),
        expected.len(),
        "first difference: {first:?} of {ids:?}"
    );
    assert_eq!(ids, expected);
}

#[test]
fn a_stream_holds_every_event_once_in_order_and_the_log_knows() {
    let Some(broker) = Broker::start() else {
        return;
    };
    let (site, bus) = (Site::new(), Bus::connect(&broker.url()));
    site.furnish();
    let room = live(site.config());
    let bridge = bridge(to_stream(&broker), &room);
    say(&site, 0..500);
    until_said(&room, "line 499");
    let health = caught_up(&bridge);
    assert_eq!((health.repeated, health.last_error), (0, None));
    let head = room.state().seq;
    assert!(bridge.stop(Duration::from_secs(10)));
    check(&bus.all(STREAM), &room, head);
    let (_, checkpoint) = room.stored_checkpoint("nats").unwrap().unwrap();
    assert_eq!(checkpoint, room.checkpoint().unwrap());
}

/// Waits until the log has a line.
pub(crate) fn until_said(room: &ChannelHandle, text: &str) {
    crate::site::until(room, |state| {
        state.chat.iter().any(|line| line.text == text)
    });
}

#[test]
fn the_next_bridge_goes_on_where_the_last_was() {
    let Some(broker) = Broker::start() else {
        return;
    };
    let (site, bus) = (Site::new(), Bus::connect(&broker.url()));
    site.furnish();
    let room = live(site.config());
    for round in 0..4 {
        let bridge = bridge(to_stream(&broker), &room);
        say(&site, round * 100..round * 100 + 100);
        until_said(&room, &format!("line {}", round * 100 + 99));
        if round % 2 == 0 {
            assert!(bridge.stop(Duration::from_secs(10)));
        } else {
            // As if the process had died: whatever was on its way, nothing more is noted.
            drop(bridge);
        }
    }
    let last = bridge(to_stream(&broker), &room);
    let until = caught_up(&last).rooms[0].published;
    check(&bus.all(STREAM), &room, until);
}

#[test]
fn without_a_checkpoint_it_begins_with_what_comes() {
    let Some(broker) = Broker::start() else {
        return;
    };
    let (site, bus) = (Site::new(), Bus::connect(&broker.url()));
    site.furnish();
    let room = live(site.config());
    let options = || BridgeOptions::new(broker.url()).delivery(Delivery::stream(STREAM));
    let before = room.state().seq;
    let first = bridge(options(), &room);
    assert!(first.stop(Duration::from_secs(10)));
    // What comes while no bridge runs is published by the next.
    say(&site, 0..3);
    until_said(&room, "line 2");
    let second = bridge(options(), &room);
    caught_up(&second);
    let stream = bus.all(STREAM);
    assert_eq!(
        stream[0].id,
        format!("{}-{}-raw", room.log_id(), before.next())
    );
}

#[test]
fn a_log_that_does_not_fit_its_checkpoint_is_refused_until_told_otherwise() {
    let Some(broker) = Broker::start() else {
        return;
    };
    let site = Site::new();
    site.furnish();
    let room = live(site.config());
    let older = site.folder.path().join("older.db");
    room.flush().unwrap();
    projectionist::SqliteReader::open(site.log_path())
        .unwrap()
        .backup(&older, &mut |_, _| true)
        .unwrap();
    let first = bridge(to_stream(&broker), &room);
    say(&site, 0..10);
    until_said(&room, "line 9");
    caught_up(&first);
    assert!(first.stop(Duration::from_secs(10)));
    let (_, ahead) = room.stored_checkpoint("nats").unwrap().unwrap();
    room.close().unwrap();
    // The older copy, with the newer checkpoint: as if only the log had been restored.
    std::fs::copy(&older, site.log_path()).unwrap();
    for end in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", site.log_path().display()));
    }
    let room = opened(site.config());
    room.store_checkpoint("nats", 1, &ahead).unwrap();
    let again = projectionist::nats::NatsBridge::start(to_stream(&broker), vec![room.clone()]);
    let error = again.unwrap_err();
    assert!(matches!(error, BridgeError::Checkpoint { .. }), "{error}");
    assert!(error.to_string().contains(ROOM), "{error}");
    let anew = bridge(to_stream(&broker).from_head(true), &room);
    assert!(anew.health().rooms[0].published < ahead.seq);
}

#[test]
fn a_stream_that_does_not_take_our_subjects_is_told_of_and_mended() {
    let Some(broker) = Broker::start() else {
        return;
    };
    let (site, bus) = (Site::new(), Bus::connect(&broker.url()));
    let mut config = Config {
        name: STREAM.to_owned(),
        subjects: vec!["rosey.events.>".to_owned()],
        ..Config::default()
    };
    bus.make_stream(config.clone());
    let room = live(site.config());
    let bridge = bridge(to_stream(&broker), &room);
    let error = || bridge.health().last_error.unwrap_or_default();
    until("it is told", || {
        error().contains("rosey.platform.cytube.chat")
    });
    assert!(error().contains(STREAM), "{}", error());
    assert_eq!(bus.stored(STREAM), 0);
    config.subjects = vec!["rosey.>".to_owned()];
    bus.change_stream(&config);
    let until = caught_up(&bridge).rooms[0].published;
    check(&bus.all(STREAM), &room, until);
}

#[test]
fn another_publisher_in_the_stream_holds_nothing_up() {
    let Some(broker) = Broker::start() else {
        return;
    };
    let (site, bus) = (Site::new(), Bus::connect(&broker.url()));
    site.furnish();
    let room = live(site.config());
    let bridge = bridge(to_stream(&broker), &room);
    for round in 0..5 {
        bus.publish("rosey.events.foreign", &serde_json::json!({}));
        say(&site, round * 20..round * 20 + 20);
    }
    until_said(&room, "line 99");
    let until = caught_up(&bridge).rooms[0].published;
    let own: Vec<_> = bus
        .all(STREAM)
        .into_iter()
        .filter(|seen| !seen.id.is_empty())
        .collect();
    check(&own, &room, until);
}
