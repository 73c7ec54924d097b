//! What goes out: subjects, envelopes, order, and what does not.

use crate::broker::Broker;
use crate::bus::Bus;
use crate::site::*;
use crate::{bridge, caught_up};
use projectionist::nats::{BridgeOptions, NatsBridge, Profile};
use serde_json::json;
use std::time::Duration;

#[test]
fn a_line_goes_out_raw_and_then_normalised_under_one_correlation_id() {
    let Some(broker) = Broker::start() else {
        return;
    };
    let (site, bus) = (Site::new(), Bus::connect(&broker.url()));
    site.furnish();
    let room = live(site.config());
    let _bridge = bridge(BridgeOptions::new(broker.url()), &room);
    let seen = bus.listen("rosey.>");
    site.room().say("Keeper", "hello <b>bus</b>");
    let raw = seen.next_on(".chat");
    assert_eq!(raw.subject, "rosey.platform.cytube.chat");
    let event = seen.next();
    assert_eq!(event.subject, "rosey.events.message");
    let (raw, event) = (raw.body, event.body);
    for body in [&raw, &event] {
        assert_eq!(body["event_type"], "message");
        assert_eq!(body["source"], "projectionist");
        assert_eq!(body["platform"], "cytube");
        assert_eq!(body["channel"], ROOM);
        assert_eq!(body["log_id"], room.log_id());
        assert_eq!(body["schema_version"], 1);
        assert_eq!(body["seq"], room.state().seq.0);
        assert!(body["timestamp"].as_f64().unwrap() > 1.7e9);
    }
    assert_eq!(raw["correlation_id"], event["correlation_id"]);
    assert_eq!(raw["data"]["username"], "Keeper");
    assert_eq!(raw["data"]["msg"], "hello &lt;b&gt;bus&lt;/b&gt;");
    let data = &event["data"];
    assert_eq!(
        data["user"],
        json!({ "username": "Keeper", "display_name": "Keeper", "rank": 2 })
    );
    assert_eq!(data["message"]["text"], "hello <b>bus</b>");
    assert_eq!(data["message"]["timestamp"], raw["data"]["time"]);
    assert_eq!(
        (&data["platform"], &data["channel"]),
        (&json!("cytube"), &json!(ROOM))
    );
    assert_eq!(data["raw"], raw["data"]);
}

#[test]
fn comings_and_goings_have_the_shape_of_the_original_normaliser() {
    let Some(broker) = Broker::start() else {
        return;
    };
    let (site, bus) = (Site::new(), Bus::connect(&broker.url()));
    let room = live(site.config());
    let _bridge = bridge(BridgeOptions::new(broker.url()), &room);
    let seen = bus.listen("rosey.events.user.>");
    site.room().add_user("Dora", 1.0);
    site.room().remove_user("Dora");
    let joined = seen.next_on("user.join").body["data"].clone();
    let user = json!({ "username": "Dora", "display_name": "Dora", "rank": 1 });
    assert_eq!(joined["user"], user);
    assert_eq!(joined["raw"]["name"], "Dora");
    let left = seen.next_on("user.leave").body["data"].clone();
    assert_eq!(
        left["user"],
        json!({ "username": "Dora", "display_name": "Dora" })
    );
    assert_eq!(left["channel"], ROOM);
}

#[test]
fn what_was_said_in_private_stays_private_unless_asked_for() {
    let Some(broker) = Broker::start() else {
        return;
    };
    let (site, bus) = (Site::new(), Bus::connect(&broker.url()));
    site.room().add_user("Keeper", 2.0);
    let room = live(site.owner());
    let pm = json!({ "to": OWNER.0, "msg": "psst", "meta": {} });
    for (publish, count) in [(false, 0), (true, 2)] {
        let options = BridgeOptions::new(broker.url())
            .publish_pms(publish)
            .from_head(true);
        let bridge = bridge(options, &room);
        let seen = bus.listen("rosey.>");
        assert!(site.room().send("Keeper", "pm", &pm));
        site.room().say("Keeper", "behind it");
        let mut pms = 0;
        loop {
            let message = seen.next();
            assert!(publish || !message.body.to_string().contains("psst"));
            pms += u32::from(message.subject.ends_with(".pm"));
            if message.subject == "rosey.events.message" {
                break;
            }
        }
        assert_eq!(pms, count);
        caught_up(&bridge);
    }
}

#[test]
fn several_rooms_share_a_broker_and_are_told_apart() {
    let Some(broker) = Broker::start() else {
        return;
    };
    let (one, other, bus) = (Site::new(), Site::new(), Bus::connect(&broker.url()));
    let rooms = vec![live(one.config()), live(other.config())];
    let ids: Vec<_> = rooms.iter().map(|room| room.log_id().to_owned()).collect();
    let options = BridgeOptions::new(broker.url())
        .prefix("bots.night")
        .channel_in_subject(true);
    let bridge = NatsBridge::start(options, rooms).unwrap();
    let seen = bus.listen("bots.night.events.*.message");
    one.room().add_user("Keeper", 2.0);
    other.room().add_user("Keeper", 2.0);
    one.room().say("Keeper", "in one");
    let first = seen.next();
    assert_eq!(first.subject, format!("bots.night.events.{ROOM}.message"));
    assert_eq!(first.body["log_id"], ids[0]);
    other.room().say("Keeper", "in the other");
    assert_eq!(seen.next().body["log_id"], ids[1]);
    let health = caught_up(&bridge);
    assert_eq!(health.rooms.len(), 2);
}

#[test]
fn the_other_family_finds_its_names_and_its_envelope() {
    let Some(broker) = Broker::start() else {
        return;
    };
    let (site, bus) = (Site::new(), Bus::connect(&broker.url()));
    site.furnish();
    let room = live(site.config());
    let options = BridgeOptions::new(broker.url())
        .profile(Profile::Kryten)
        .from_origin(true);
    let seen = bus.listen("kryten.>");
    let _bridge = bridge(options, &room);
    // The join, as the frames of its burst.
    let list = seen.next_on(".playlist").body;
    assert_eq!(list["payload"].as_array().unwrap().len(), 3);
    assert_eq!(seen.next_on(".changemedia").body["payload"]["id"], "a");
    let users = seen.next_on(".userlist").body;
    assert!(users["payload"].to_string().contains("Keeper"));
    site.room().say("Keeper", "hi");
    let message = seen.next_on(&format!("kryten.events.cytube.{ROOM}.chatmsg"));
    let body = loop {
        if message.body["payload"]["msg"] == "hi" {
            break message.body;
        }
        let next = seen.next_on(".chatmsg");
        if next.body["payload"]["msg"] == "hi" {
            break next.body;
        }
    };
    assert_eq!(body["event_name"], "chatMsg");
    assert_eq!(body["channel"], ROOM);
    assert_eq!(body["domain"], "127.0.0.1");
    assert!(body["correlation_id"].is_string());
    assert!(body["timestamp"].as_str().unwrap().ends_with('Z'));
}

#[test]
fn a_message_that_the_broker_cannot_take_goes_without_its_data() {
    let Some(mut broker) = Broker::stopped("max_payload: 4096") else {
        return;
    };
    broker.up();
    let (site, bus) = (Site::new(), Bus::connect(&broker.url()));
    let room = live(site.owner());
    let options = BridgeOptions::new(broker.url());
    let bridge = bridge(options, &room);
    let seen = bus.listen("rosey.events.css.>");
    room.set_css("a{}".repeat(3_000)).unwrap();
    let body = seen.next().body;
    assert_eq!(body["event_type"], "css_js_change");
    assert!(body["oversize"].as_u64().unwrap() > 9_000);
    assert_eq!(body["data"], json!(null));
    assert_eq!(caught_up(&bridge).oversize, 2);
    assert!(seen.within(Duration::ZERO).is_none());
}
