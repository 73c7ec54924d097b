//! Brokers that are away, die, stand still; connections that break.

use crate::broker::Broker;
use crate::bus::Bus;
use crate::delivery::{STREAM, check, say, to_stream, until_said};
use crate::site::*;
use crate::{bridge, caught_up, until};
use projectionist::nats::BridgeOptions;
use std::time::Duration;

#[test]
fn a_broker_that_comes_late_gets_everything() {
    let Some(mut broker) = Broker::stopped("") else {
        return;
    };
    let site = Site::new();
    site.furnish();
    let room = live(site.config());
    let bridge = bridge(to_stream(&broker), &room);
    say(&site, 0..3_000);
    until_said(&room, "line 2999");
    let health = bridge.health();
    assert!(!health.connected);
    assert_eq!(health.rooms[0].lag, room.state().seq.0, "the log waits");
    broker.up();
    let health = caught_up(&bridge);
    let until = health.rooms[0].published;
    assert_eq!(health.published, 2 * until.0);
    check(&Bus::connect(&broker.url()).all(STREAM), &room, until);
}

#[test]
fn a_broker_that_is_killed_in_mid_stream_loses_doubles_and_reorders_nothing() {
    let Some(mut broker) = Broker::start() else {
        return;
    };
    let site = Site::new();
    site.furnish();
    let room = live(site.config());
    let bridge = bridge(to_stream(&broker).window(64), &room);
    for round in 0..4 {
        say(&site, round * 300..round * 300 + 300);
        let some = bridge.health().published;
        until("some more is published", || {
            bridge.health().published > some
        });
        broker.kill();
        say(&site, 10_000 + round..10_001 + round);
        broker.up();
    }
    until_said(&room, "line 10003");
    let health = caught_up(&bridge);
    assert!(health.connects > 4, "{health:?}");
    let until = health.rooms[0].published;
    check(&Bus::connect(&broker.url()).all(STREAM), &room, until);
}

#[test]
fn a_broker_that_stands_still_gets_nothing_twice_and_nothing_out_of_order() {
    let Some(broker) = Broker::start() else {
        return;
    };
    let (site, bus) = (Site::new(), Bus::connect(&broker.url()));
    site.furnish();
    let room = live(site.config());
    let bridge = bridge(to_stream(&broker).window(64), &room);
    caught_up(&bridge);
    broker.pause();
    say(&site, 0..300);
    until_said(&room, "line 299");
    // Long enough that acknowledgements are given up on.
    until("it is noticed", || bridge.health().last_error.is_some());
    broker.resume();
    let until = caught_up(&bridge).rooms[0].published;
    check(&bus.all(STREAM), &room, until);
}

#[test]
fn core_nats_waits_for_its_broker_and_keeps_the_order() {
    let Some(mut broker) = Broker::start() else {
        return;
    };
    let site = Site::new();
    site.furnish();
    let room = live(site.config());
    let bridge = bridge(BridgeOptions::new(broker.url()), &room);
    caught_up(&bridge);
    broker.kill();
    until("it is noticed", || !bridge.health().connected);
    say(&site, 0..200);
    until_said(&room, "line 199");
    assert!(bridge.health().rooms[0].lag >= 200, "{:?}", bridge.health());
    broker.up();
    let bus = Bus::connect(&broker.url());
    let seen = bus.listen("rosey.events.message");
    until("it is back", || bridge.health().connected);
    caught_up(&bridge);
    say(&site, 200..201);
    let mut last = 0;
    loop {
        let body = seen.next().body;
        let seq = body["seq"].as_u64().unwrap();
        assert!(seq > last, "{seq} behind {last}");
        last = seq;
        if body["data"]["message"]["text"] == "line 200" {
            break;
        }
    }
}

#[test]
fn stopping_has_a_limit_and_what_is_left_goes_out_next_time() {
    let Some(mut broker) = Broker::start() else {
        return;
    };
    let site = Site::new();
    site.furnish();
    let room = live(site.config());
    let first = bridge(to_stream(&broker), &room);
    caught_up(&first);
    broker.kill();
    say(&site, 0..50);
    until_said(&room, "line 49");
    assert!(
        !first.stop(Duration::from_millis(300)),
        "there is nobody to publish to"
    );
    broker.up();
    let second = bridge(to_stream(&broker), &room);
    let until = caught_up(&second).rooms[0].published;
    check(&Bus::connect(&broker.url()).all(STREAM), &room, until);
}
