//! Commands and questions from the bus, and what comes of them.

use crate::bridge;
use crate::broker::Broker;
use crate::bus::Bus;
use crate::site::*;
use projectionist::nats::{BridgeOptions, NatsBridge, Profile};
use projectionist::{ChannelHandle, Command};
use serde_json::{Value, json};
use std::time::Duration;

struct Stage {
    _broker: Broker,
    site: Site,
    bus: Bus,
    room: ChannelHandle,
    bridge: NatsBridge,
}

fn stage(options: impl FnOnce(BridgeOptions) -> BridgeOptions) -> Option<Stage> {
    let broker = Broker::start()?;
    let (site, bus) = (Site::new(), Bus::connect(&broker.url()));
    site.furnish();
    let room = live(site.owner());
    let bridge = bridge(options(BridgeOptions::new(broker.url())), &room);
    // The desk is open once it answers.
    bus.ask_until_heard("rosey.platform.cytube.query.health", b"");
    Some(Stage {
        _broker: broker,
        site,
        bus,
        room,
        bridge,
    })
}

impl Stage {
    fn send(&self, action: &str, payload: &Value) -> Value {
        let subject = format!("rosey.platform.cytube.send.{action}");
        self.bus.request(&subject, payload.to_string().as_bytes())
    }

    fn ask(&self, what: &str, args: &Value) -> Value {
        let subject = format!("rosey.platform.cytube.query.{what}");
        self.bus.request(&subject, args.to_string().as_bytes())
    }
}

#[test]
fn a_command_is_done_and_its_outcome_is_the_reply() {
    let Some(stage) = stage(|options| options) else {
        return;
    };
    let told = stage.send(
        "chat",
        &json!({ "message": "from the bus", "correlation_id": "abc" }),
    );
    assert_eq!(
        (&told["ok"], &told["outcome"]),
        (&json!(true), &json!("confirmed"))
    );
    assert_eq!(told["correlation_id"], "abc");
    assert_eq!(
        (&told["channel"], &told["action"]),
        (&json!(ROOM), &json!("say"))
    );
    assert!(told["seq"].as_u64().unwrap() > 0);
    until(&stage.room, |state| {
        state
            .chat
            .iter()
            .any(|line| line.text == "from the bus" && line.name == OWNER.0)
    });
    let told = stage.send(
        "media_queue",
        &json!({ "media": { "type": "yt", "id": "dQw4w9WgXcQ" } }),
    );
    assert_eq!(told["outcome"], "confirmed", "{told}");
    let uid = told["uids"][0].clone();
    let told = stage.send("media_delete", &json!({ "uid": uid }));
    assert_eq!(told["outcome"], "confirmed", "{told}");
    let told = stage.send("pm", &json!({ "username": "Keeper", "message": "psst" }));
    assert_eq!(told["outcome"], "confirmed", "{told}");
    let told = stage.send(
        "set_lock",
        &json!({ "locked": stage.site.view().playlist_locked }),
    );
    assert_eq!(told["outcome"], "already_so", "{told}");
}

#[test]
fn without_a_reply_subject_the_outcome_is_an_event() {
    let Some(stage) = stage(|options| options) else {
        return;
    };
    let outcomes = stage.bus.listen("rosey.platform.cytube.outcome");
    stage.bus.publish(
        "rosey.platform.cytube.send.chat",
        &json!({ "text": "no reply wanted", "correlation_id": "n1" }),
    );
    let told = outcomes.next().body;
    assert_eq!(told["event_type"], "command_outcome");
    assert_eq!(told["correlation_id"], "n1");
    assert_eq!(told["data"]["outcome"], "confirmed");
}

#[test]
fn what_cannot_be_done_is_answered_by_a_code_and_told_to_all() {
    let Some(stage) = stage(|options| options.actions(["say", "queue"])) else {
        return;
    };
    let outcomes = stage.bus.listen("rosey.platform.cytube.outcome");
    for (action, payload, code) in [
        ("dance", json!({}), "unknown_action"),
        ("chat", json!({ "message": 7 }), "bad_payload"),
        ("chat", json!({}), "bad_payload"),
        (
            "chat",
            json!({ "message": "x", "channel": "elsewhere" }),
            "wrong_channel",
        ),
        ("kick", json!({ "username": "Keeper" }), "not_allowed"),
        ("queue", json!({ "media": "no link" }), "bad_payload"),
    ] {
        let told = stage.send(action, &payload);
        assert_eq!(told["ok"], false, "{action}");
        assert_eq!(told["error"]["code"], code, "{told}");
        assert!(told["error"]["message"].as_str().unwrap().len() > 5);
        assert_eq!(outcomes.next().body["data"]["error"]["code"], code);
    }
    let subject = "rosey.platform.cytube.send.chat";
    let told = stage.bus.request(subject, b"not json");
    assert_eq!(told["error"]["code"], "bad_payload");
    assert!(
        stage
            .site
            .view()
            .users
            .iter()
            .any(|user| user.name == "Keeper")
    );
}

#[test]
fn what_the_engine_refuses_is_told_in_its_words() {
    let Some(stage) = stage(|options| options) else {
        return;
    };
    let told = stage.send("delete", &json!({ "uid": 4711 }));
    assert_eq!(told["error"]["code"], "not_sent", "{told}");
    let told = stage.send("kick", &json!({ "username": "nobody" }));
    assert_eq!(told["ok"], false);
    assert!(told.to_string().contains("nobody"), "{told}");
}

#[test]
fn every_command_of_the_library_can_be_given() {
    let Some(stage) = stage(|options| options) else {
        return;
    };
    for name in Command::NAMES {
        // Arguments of no command: each is known, and says so of its own.
        let told = stage.send(name, &json!({ "no_such_argument": 1 }));
        assert_eq!(told["error"]["code"], "bad_payload", "{name}: {told}");
    }
}

#[test]
fn commands_are_carried_out_in_the_order_they_came() {
    let Some(stage) = stage(|options| options) else {
        return;
    };
    for n in 0..50 {
        let payload = json!({ "message": format!("step {n}") });
        stage
            .bus
            .publish("rosey.platform.cytube.send.chat", &payload);
    }
    until(&stage.room, |state| {
        state.chat.iter().any(|line| line.text == "step 49")
    });
    let said = chat(&stage.room);
    let steps: Vec<_> = said
        .iter()
        .filter(|text| text.starts_with("step"))
        .collect();
    let expected: Vec<_> = (0..50).map(|n| format!("step {n}")).collect();
    assert_eq!(steps, expected.iter().collect::<Vec<_>>());
}

#[test]
fn state_history_and_health_are_told_when_asked() {
    let Some(stage) = stage(|options| options) else {
        return;
    };
    let whole = stage.ask("state", &json!({}));
    assert_eq!(whole["ok"], true);
    assert_eq!(whole["state"]["motd"], "welcome");
    let part = stage.ask("state", &json!({ "parts": ["users", "current"] }));
    assert_eq!(part["state"].as_object().unwrap().len(), 2, "{part}");
    let wrong = stage.ask("state", &json!({ "parts": ["everything"] }));
    assert_eq!(wrong["error"]["code"], "bad_payload");

    let page = stage.ask("history", &json!({ "limit": 2 }));
    assert_eq!(page["events"].as_array().unwrap().len(), 2);
    assert_eq!(page["events"][0]["kind"], "connected");
    let next = stage.ask("history", &json!({ "after": page["last"], "limit": 1 }));
    assert_eq!(next["events"][0]["seq"], page["last"].as_u64().unwrap() + 1);
    let newest = stage.ask(
        "history",
        &json!({ "kinds": ["message"], "newest": true, "limit": 1 }),
    );
    assert_eq!(newest["events"][0]["text"], "before you came");
    let wrong = stage.ask("history", &json!({ "kinds": ["dance"] }));
    assert_eq!(wrong["error"]["code"], "bad_payload");

    let health = stage.ask("health", &json!({}));
    assert_eq!(health["engine"]["live"], true);
    assert_eq!(health["health"]["connected"], true);
    assert_eq!(health["health"]["rooms"][0]["channel"], ROOM);
    let wrong = stage.ask("weather", &json!({}));
    assert_eq!(wrong["error"]["code"], "unknown_query");
}

#[test]
fn of_several_rooms_the_one_named_is_meant_and_none_is_guessed() {
    let Some(broker) = Broker::start() else {
        return;
    };
    let (site, bus) = (Site::new(), Bus::connect(&broker.url()));
    let model =
        model().room(projectionist::testing::RoomConfig::registered("attic").rank(OWNER.0, 5.0));
    let other = Site::with(projectionist::testing::ServerConfig::new(model));
    let attic = projectionist::Config::new(other.server.url(), "attic")
        .log(other.log_path())
        .allow_insecure(true)
        .account(OWNER.0, OWNER.1);
    let rooms = vec![live(site.owner()), live(attic)];
    let _bridge = NatsBridge::start(BridgeOptions::new(broker.url()), rooms).unwrap();
    let health = br#"{"channel": "lobby"}"#;
    bus.ask_until_heard("rosey.platform.cytube.query.health", health);
    let send = |payload: Value| {
        bus.request(
            "rosey.platform.cytube.send.chat",
            payload.to_string().as_bytes(),
        )
    };
    assert_eq!(
        send(json!({ "text": "x" }))["error"]["code"],
        "channel_needed"
    );
    let told = send(json!({ "text": "x", "channel": "Attic" }));
    assert_eq!(
        (&told["channel"], &told["ok"]),
        (&json!("attic"), &json!(true)),
        "{told}"
    );
    assert_eq!(
        send(json!({ "text": "x", "channel": "cellar" }))["error"]["code"],
        "wrong_channel"
    );
}

#[test]
fn the_other_family_s_commands_are_taken() {
    let Some(broker) = Broker::start() else {
        return;
    };
    let (site, bus) = (Site::new(), Bus::connect(&broker.url()));
    site.furnish();
    let room = live(site.owner());
    let options = BridgeOptions::new(broker.url()).profile(Profile::Kryten);
    let _bridge = bridge(options, &room);
    let subject = format!("kryten.commands.cytube.{ROOM}.chat");
    let payload = json!({ "action": "chat", "data": { "message": "hi from afar" } });
    let told = bus.ask_until_heard(&subject, payload.to_string().as_bytes());
    assert_eq!(told["outcome"], "confirmed", "{told}");
    let payload = json!({ "data": { "message": "hi" } });
    assert_eq!(
        bus.ask_until_heard(&subject, payload.to_string().as_bytes())["error"]["code"],
        "bad_payload"
    );
}

#[test]
fn a_desk_that_is_closed_answers_no_more() {
    let Some(stage) = stage(|options| options) else {
        return;
    };
    assert!(stage.bridge.health().requests > 0);
    assert!(stage.bridge.stop(Duration::from_secs(5)));
    let answer = stage
        .bus
        .try_request("rosey.platform.cytube.query.health", b"");
    assert_eq!(answer, None);
}
