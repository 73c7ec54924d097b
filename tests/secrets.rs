//! P9: passwords, addresses and aliases reach no body, no raw payload, no state and no `Debug`,
//! whether the frame that holds them reads, does not fit, or does not parse.

#![cfg(test)]

mod common;

use common::recording::{connections, files, ingest_into, lines};
use common::{Burst, Room, body, config, line, user};
use projectionist::{channel::*, command::*, config::*, event::*, event_log::*};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Keys that never stand in a log, and those only moderators' data has.
const SECRET_KEYS: [&str; 2] = ["password", "pw"];
const MODERATOR_KEYS: [&str; 3] = ["ip", "aliases", "smuted"];

/// Every key of a value, at any depth.
fn keys(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                found.insert(key.clone());
                keys(inner, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|inner| keys(inner, found)),
        _ => {}
    }
}

/// Everything of an event that is stored or shown.
fn shown(event: &Recorded) -> String {
    let raw = event.raw.as_deref().unwrap_or_default();
    format!("{}\n{raw}\n{event:?}", body(event))
}

fn keys_of(event: &Recorded) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    keys(&body(event), &mut found);
    if let Some(raw) = &event.raw {
        keys(&serde_json::from_str(raw).unwrap_or_default(), &mut found);
    }
    found
}

/// Whether a text holds a cloaked address such as `+Jk.f9O.UPl.x/B`, or one of the recorded
/// network.
fn address_in(text: &str) -> Option<&str> {
    let separator = |c: char| c.is_whitespace() || "\"\\(),;'<>[]{}".contains(c);
    text.split(separator).find(|word| {
        let is_plain = word.starts_with("10.2") && word.split('.').count() == 4;
        word.starts_with("+Jk.") || is_plain
    })
}

/// The passwords that clients of a recording sent.
fn passwords(path: &std::path::Path) -> BTreeSet<String> {
    let mut found = BTreeSet::from(["sesame".to_owned()]);
    for line in lines(path).iter().filter(|line| line.dir == "send") {
        if let Some((_, rest)) = line.frame.split_once("\"pw\":\"") {
            let password = rest.split('"').next().unwrap();
            // Some are words that people also say.
            if password.len() > 4 {
                found.insert(password.to_owned());
            }
        }
    }
    found
}

#[test]
fn p9_no_recording_leaves_a_secret_behind() {
    for path in files() {
        let passwords = passwords(&path);
        for conn in connections(&path) {
            let channel = ingest_into(&path, &conn, i64::MAX, |config| config);
            for event in channel.log().read(&Read::default()).unwrap() {
                let text = shown(&event);
                let place = format!("{} {conn} {}: {text}", path.display(), event.seq);
                assert_eq!(address_in(&text), None, "{place}");
                assert!(!text.contains("aliases"), "{place}");
                let found = keys_of(&event);
                for key in SECRET_KEYS.iter().chain(&MODERATOR_KEYS) {
                    // Of a ban that is not by name the scope is told, not the address.
                    assert!(!found.contains(*key), "{key} in {place}");
                }
                for password in &passwords {
                    assert!(!text.contains(password.as_str()), "{place}");
                }
            }
            let state = serde_json::to_string(channel.state().as_ref()).unwrap();
            assert_eq!(address_in(&state), None);
            let debug = format!("{:?}", channel.state());
            assert_eq!(address_in(&debug), None);
        }
    }
}

#[test]
fn p9_passwords_stay_out_even_where_moderators_data_is_kept() {
    let mut kept = 0;
    for path in files() {
        let passwords = passwords(&path);
        for conn in connections(&path) {
            let keep = |config: Config| config.record_moderator_data(true);
            let channel = ingest_into(&path, &conn, i64::MAX, keep);
            for event in channel.log().read(&Read::default()).unwrap() {
                let (text, found) = (shown(&event), keys_of(&event));
                assert!(
                    SECRET_KEYS.iter().all(|key| !found.contains(*key)),
                    "{text}"
                );
                assert!(
                    passwords.iter().all(|word| !text.contains(word.as_str())),
                    "{text}"
                );
                kept += usize::from(found.contains("ip"));
            }
        }
    }
    assert!(kept > 20, "it was asked to be kept: {kept}");
}

/// A moderator's data in every shape.
fn hostile(secret: &str) -> Vec<(&'static str, Value)> {
    let meta = json!({"afk": false, "muted": false, "ip": secret, "aliases": [secret]});
    let mut told = user("bob", 1.0);
    told["meta"] = meta.clone();
    let mut stray = line("bob", "hi", 5);
    stray["ip"] = json!(secret);
    let mut notice = line("[server]", &format!("bob joined (aliases: {secret})"), 5);
    notice["aliases"] = json!([secret]);
    vec![
        ("addUser", told),
        ("setUserMeta", json!({"name": "bob", "meta": meta})),
        ("chatMsg", stray),
        ("chatMsg", notice),
        (
            "pm",
            json!({"username": "a", "to": "b", "msg": "x", "time": 5, "password": secret}),
        ),
        ("errorMsg", json!({"msg": "x", "ip": secret})),
        ("errorMsg", json!({"msg": {"password": secret}})),
        ("kick", json!({"reason": "x", "ip": secret})),
        ("kick", json!({"reason": {"ip": secret}})),
        (
            "queueFail",
            json!({"msg": {"pw": secret}, "link": "", "id": [{"pw": secret}]}),
        ),
        (
            "channelOpts",
            json!({"password": secret, "nested": {"password": secret, "ip": secret}}),
        ),
        (
            "searchResults",
            json!({"source": "library", "results": [{"ip": secret}]}),
        ),
        // These do not fit their types: what is wrong must not be told by its value.
        (
            "addUser",
            json!({"name": "bob", "meta": {"ip": {"deep": secret}}}),
        ),
        (
            "addUser",
            json!({"name": "bob", "meta": {"aliases": secret}}),
        ),
        (
            "userlist",
            json!([{"name": "bob", "meta": {"aliases": [], "ip": [secret]}}]),
        ),
        (
            "setUserMeta",
            json!({"name": "bob", "meta": {"smuted": secret}}),
        ),
        ("channelOpts", json!({"password": secret, "x": 1})),
        ("banlist", json!([{"id": 1, "ip": [secret], "name": "x"}])),
        ("banlist", json!([{"id": 1, "ip": secret, "name": "x"}])),
        (
            "readChanLog",
            json!({"success": true, "data": format!("joined from {secret}")}),
        ),
        ("readChanLog", json!({"success": secret, "data": 1})),
        (
            "login",
            json!({"success": false, "error": {"password": secret}}),
        ),
        (
            "chatMsg",
            json!({"username": "[server]", "msg": format!("x joined (aliases: {secret})")}),
        ),
        // Nobody knows these.
        (
            "newThing",
            json!({"a": [{"password": secret}], "ip": secret}),
        ),
        (
            "newThing",
            json!([[[[{"aliases": [secret, {"pw": secret}]}]]]]),
        ),
    ]
}

#[test]
fn p9_no_frame_however_odd_leaves_a_secret_behind() {
    let secret = "10.66.77.88";
    for (name, payload) in hostile(secret) {
        let mut room = Room::joined_with(config().guest("reel"), &Burst::default());
        room.server(name, payload.clone());
        room.frame("41");
        for event in room.events() {
            let text = shown(&event);
            assert!(!text.contains(secret), "{name} {payload}\n{text}");
        }
        let state = serde_json::to_string(room.state()).unwrap();
        assert!(!state.contains(secret), "{name} {payload}: {state}");
        let error = room.channel().last_error().unwrap_or_default().to_owned();
        assert!(!error.contains(secret), "{name} {payload}: {error}");
    }
}

#[test]
fn p9_no_frame_before_the_burst_or_within_it_leaves_a_secret_behind() {
    let secret = "10.66.77.88";
    for (name, payload) in hostile(secret) {
        let mut room = Room::new(config().guest("reel"));
        room.connect();
        room.server(name, payload.clone());
        let frames = Burst::default().frames();
        for frame in &frames[..4] {
            room.frame(frame);
        }
        room.server(name, payload.clone());
        for frame in &frames[4..] {
            room.frame(frame);
        }
        room.wait(60);
        for event in room.events() {
            let text = shown(&event);
            assert!(!text.contains(secret), "{name} {payload}\n{text}");
        }
    }
}

#[test]
fn p9_a_frame_that_does_not_parse_is_withheld_where_it_may_hold_one() {
    for frame in [
        r#"42["channelOpts",{"password":"sesame""#,
        r#"42["channelOpts",{"p\u0061ssword":"sesame"}"#,
        r#"42{"pw":"sesame"}"#,
        r#"9["x",{"ip":"sesame"}]"#,
        r#"42["userlist",[{"meta":{"aliases":["sesame"]}}]"#,
        r#"42[{"password":"sesame"}]"#,
    ] {
        let mut room = Room::joined();
        room.frame(frame);
        let kept = room.last(Kind::Unrecognised);
        assert!(!shown(&kept).contains("sesame"), "{kept:?}");
        assert_eq!(kept.raw, None);
    }
}

#[test]
fn p9_our_own_passwords_are_in_no_event_and_no_debug() {
    let config = config().account("me", "hunter2").channel_password("sesame");
    let mut room = Room::new(config.clone());
    room.connect();
    let outputs = room.outputs();
    let sent = |word: &str| {
        let holds = |o: &Output| matches!(o, Output::Transmit(frame) if frame.contains(word));
        outputs.iter().any(holds)
    };
    assert!(
        sent("hunter2") && sent("sesame"),
        "they go where they belong"
    );
    room.burst(&Burst::default());
    let debug = format!("{outputs:?} {config:?} {:?}", room.events());
    assert!(
        !debug.contains("hunter2") && !debug.contains("sesame"),
        "{debug}"
    );
}

#[test]
fn p9_private_messages_stay_out_of_debug() {
    let mut room = Room::joined_as_guest();
    room.server(
        "pm",
        json!({"username": "bob", "to": "reel", "msg": "psst", "meta": {}, "time": 5}),
    );
    let pm = room.last(Kind::PmSaid);
    assert_eq!(pm.text(), "psst", "the log has it");
    assert!(!format!("{:?}", pm.event).contains("psst"));
    room.pm("bob", "psst");
    let command = Command::Pm {
        to: "bob".into(),
        text: "psst".into(),
    };
    let input = Input::Command(CommandId(1), command);
    assert!(!format!("{input:?}").contains("psst"));
}
