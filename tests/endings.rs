//! How a connection ends by the server's word, and what follows: come back when and where, or stay
//! out. One row for each text the server has (`src/user.js`, `src/server.js`, `src/acp.js`,
//! `src/io/ioserver.js`, `src/channel/*.js`).

#![cfg(test)]

mod common;

use common::{Burst, DELAY_MS, Room, body, config};
use projectionist::{channel::*, config::*, event::*};
use serde_json::{Value, json};

/// What is put out at the end of a connection: the delay of the next dial and its servers.
fn after(room: &mut Room) -> Option<(u64, Vec<String>)> {
    let ending: Vec<_> = room
        .outputs()
        .into_iter()
        .filter(|output| !matches!(output, Output::Settled(..)))
        .collect();
    match &ending[..] {
        [Output::Close] => None,
        [Output::Close, Output::Dial { delay, servers }] => {
            Some((delay.as_millis() as u64, servers.clone()))
        }
        other => panic!("a close, and perhaps a dial: {other:?}"),
    }
}

/// The row that tells the end.
fn lost(room: &Room) -> (Value, Value) {
    let lost = body(&room.last(Kind::Disconnected));
    (lost["cause"].clone(), lost["retry_in_ms"].clone())
}

fn kicked(config: Config, payload: &Value) -> (Value, Option<u64>) {
    let mut room = Room::joined_with(config, &Burst::default());
    room.server("kick", payload.clone());
    assert_eq!(room.channel().phase(), Phase::Leaving);
    room.frame("41");
    let class = body(&room.last(Kind::Kicked))["class"].clone();
    let dial = after(&mut room);
    let delay = dial.map(|(delay, servers)| {
        assert!(servers.is_empty(), "discovered anew");
        delay
    });
    assert_eq!(lost(&room), (json!("kicked"), json!(delay)));
    let told = body(&room.last(Kind::Disconnected))["detail"].clone();
    assert_eq!(told, payload.get("reason").cloned().unwrap_or_default());
    let phase = room.channel().phase();
    assert_eq!(
        phase,
        if delay.is_some() {
            Phase::Dialling
        } else {
            Phase::Closed
        }
    );
    (class, delay)
}

#[test]
fn each_kick_has_its_class_and_its_way_back() {
    let usual = Some(DELAY_MS);
    for (reason, class, delay) in [
        (
            "Too many connections from your IP address",
            "too_many_connections",
            Some(60_000),
        ),
        ("Rate limit exceeded", "rate_limit", Some(10_000)),
        ("Duplicate login", "duplicate_login", None),
        ("You are banned from this channel.", "banned", None),
        ("You're banned!", "banned", None),
        ("Channel deleted", "channel_gone", None),
        ("Channel was banned: spam", "channel_gone", None),
        (
            "Channel could not be loaded: Channel is banned: x",
            "channel_gone",
            None,
        ),
        (
            "Channel could not be loaded: exceeded the memory limit",
            "load_failed",
            Some(30_000),
        ),
        ("Channel reloading", "channel_reloading", Some(2_000)),
        ("Channel shutting down", "channel_unloaded", usual),
        (
            "Attempted setOptions as a non-moderator",
            "not_permitted",
            usual,
        ),
        (
            "This channel has banned connections from Tor.",
            "tor_banned",
            None,
        ),
        ("Invalid channel name", "invalid_channel", None),
        ("be nicer", "moderator", None),
        ("", "moderator", None),
    ] {
        let told = kicked(config().guest("reel"), &json!({"reason": reason}));
        assert_eq!(told, (json!(class), delay), "{reason}");
    }
    // Without a reason: a line of ours held a blacklisted domain.
    assert_eq!(
        kicked(config().guest("reel"), &json!({})),
        (json!("blacklisted_link"), usual)
    );
    // Only where the host wishes it, we come back after a moderator's kick.
    let stubborn = config().guest("reel").rejoin_after_kick(true);
    let told = kicked(stubborn, &json!({"reason": "be nicer"}));
    assert_eq!(told, (json!("moderator"), usual));
    // A kick of everybody without a name hits those again who have none.
    let reason = json!({"reason": "anonymous user"});
    assert_eq!(kicked(config(), &reason), (json!("anonymous"), None));
}

#[test]
fn a_kick_ends_the_session_although_the_server_leaves_the_socket_open() {
    let mut room = Room::joined_as_guest();
    room.server("kick", json!({"reason": "Channel shutting down"}));
    room.wait(1_000);
    assert_eq!(after(&mut room), Some((DELAY_MS, vec![])));
    assert_eq!(lost(&room), (json!("kicked"), json!(DELAY_MS)));
}

#[test]
fn a_kick_whose_socket_closes_at_once_is_still_a_kick() {
    let mut room = Room::joined_as_guest();
    room.server("kick", json!({"reason": "Duplicate login"}));
    room.cut();
    assert_eq!(after(&mut room), None);
    assert_eq!(lost(&room), (json!("kicked"), json!(null)));
    assert_eq!(body(&room.last(Kind::Disconnected))["close_code"], 1006);
}

#[test]
fn a_kick_may_come_before_the_channel() {
    let mut room = Room::new(config());
    room.connect();
    room.outputs();
    room.server(
        "kick",
        json!({"reason": "You are banned from this channel."}),
    );
    room.frame("41");
    assert_eq!(after(&mut room), None);
    assert_eq!(lost(&room).0, "kicked");
}

#[test]
fn refusals_of_the_connection() {
    for (text, delay) in [
        ("Rate limit exceeded", Some(10_000)),
        ("You are banned from the server", None),
        ("Could not determine IP address", None),
        ("something new", Some(DELAY_MS)),
    ] {
        let mut room = Room::new(config());
        room.input(Input::Start);
        room.open_socket();
        room.outputs();
        room.frame(&format!("44{}", json!({"message": text})));
        assert_eq!(after(&mut room).map(|(delay, _)| delay), delay, "{text}");
        assert_eq!(room.channel().last_error(), Some(text));
        // Only a lasting one belongs into the history: there was no session yet.
        assert_eq!(
            room.of_kind(Kind::Disconnected).len(),
            usize::from(delay.is_none())
        );
    }
}

#[test]
fn the_end_of_the_namespace_without_a_kick() {
    for frame in ["41", "1"] {
        let mut room = Room::joined();
        room.frame(frame);
        assert_eq!(after(&mut room), Some((DELAY_MS, vec![])));
        assert_eq!(lost(&room), (json!("dismissed"), json!(DELAY_MS)));
    }
}

#[test]
fn a_transport_that_just_ends() {
    let mut room = Room::joined();
    room.cut();
    assert_eq!(after(&mut room), Some((DELAY_MS, vec![])));
    assert_eq!(lost(&room), (json!("closed"), json!(DELAY_MS)));
}

#[test]
fn failed_logins() {
    let usual = Some(DELAY_MS);
    for (error, delay) in [
        (
            "Invalid username.  Usernames must be 1-20 characters long and consist only of characters a-z, A-Z, 0-9, -, or _.",
            None,
        ),
        ("That username is reserved.", None),
        ("That username is registered.", None),
        ("Invalid username/password combination", None),
        ("User does not exist", None),
        ("Invalid username \"x\"", None),
        ("That name is already in use on this channel.", usual),
        ("Database failure", usual),
    ] {
        let mut room = Room::new(config().account("me", "hunter2"));
        room.input(Input::Start);
        room.open_socket();
        room.frame("40");
        room.server("rank", json!(-1));
        room.outputs();
        room.server("login", json!({"success": false, "error": error}));
        assert_eq!(after(&mut room).map(|(delay, _)| delay), delay, "{error}");
        assert_eq!(lost(&room), (json!("login_failed"), json!(delay)));
        assert_eq!(body(&room.last(Kind::LoginAnswered))["error"], error);
    }
}

#[test]
fn a_guest_told_to_wait_logs_in_again_on_the_same_socket() {
    let mut room = Room::new(config().guest("reel"));
    room.input(Input::Start);
    room.open_socket();
    room.frame("40");
    room.outputs();
    let error = "Guest logins are restricted to one per IP address per 60 seconds.";
    room.server("login", json!({"success": false, "error": error}));
    assert_eq!(body(&room.last(Kind::LoginAnswered))["retry_after_s"], 60);
    assert_eq!(room.channel().phase(), Phase::LoginWaiting);
    room.watch(59_900);
    room.sent();
    room.wait(100);
    assert_eq!(room.sent(), [r#"42["login",{"name":"reel"}]"#]);
}

#[test]
fn a_cookie_that_was_ignored() {
    for (allowed, ends) in [(false, true), (true, false)] {
        let login = Login::Cookie {
            auth: "c".into(),
            ip_session: None,
            anonymous_allowed: allowed,
        };
        let mut room = Room::new(config().login(login));
        room.input(Input::Start);
        room.open_socket();
        room.frame("40");
        room.outputs();
        room.server("rank", json!(-1));
        if ends {
            assert_eq!(after(&mut room), None);
            assert_eq!(lost(&room), (json!("login_failed"), json!(null)));
        } else {
            assert_eq!(room.sent(), [r#"42["joinChannel",{"name":"Room"}]"#]);
        }
    }
}

#[test]
fn silence_and_a_join_that_does_not_come() {
    let mut room = Room::joined();
    room.wait(49_900);
    assert_eq!(room.outputs(), []);
    room.wait(100);
    assert_eq!(after(&mut room), Some((DELAY_MS, vec![])));
    assert_eq!(lost(&room).0, "silence");

    let mut room = Room::new(config());
    room.connect();
    room.outputs();
    room.wait(30_000);
    assert_eq!(after(&mut room), Some((DELAY_MS, vec![])));
    assert_eq!(lost(&room).0, "join_timeout");
}

#[test]
fn a_channel_that_moved_is_followed_at_once() {
    let mut room = Room::joined();
    let servers = json!({"servers": [{"url": "https://b:2", "secure": true}, {"url": ""}]});
    room.server("partitionChange", servers);
    room.frame("41");
    assert_eq!(after(&mut room), Some((0, vec!["https://b:2".to_owned()])));
    assert_eq!(lost(&room), (json!("moved"), json!(0)));
    assert_eq!(
        body(&room.last(Kind::ChannelMoved)),
        json!({"servers": ["https://b:2"]})
    );
    // It may say no more than that: discover.
    let mut room = Room::joined();
    room.server("partitionChange", Value::Null);
    room.frame("41");
    assert_eq!(after(&mut room), Some((0, vec![])));
}

#[test]
fn a_channel_hosted_elsewhere_is_discovered_anew() {
    let mut room = Room::new(config());
    room.connect();
    room.outputs();
    let msg = "Channel 'Room' is hosted on another server. Try refreshing the page to update the connection URL.";
    room.server("errorMsg", json!({"msg": msg}));
    assert_eq!(after(&mut room), Some((1_000, vec![])));
    assert_eq!(lost(&room), (json!("moved"), json!(1_000)));
    assert_eq!(body(&room.last(Kind::ErrorTold))["msg"], msg);
}

#[test]
fn a_room_that_blocks_the_nameless() {
    let mut room = Room::new(config());
    room.connect();
    room.outputs();
    let msg = "This channel has blocked anonymous users. Please provide a user name to join.";
    room.server("errorMsg", json!({"msg": msg}));
    assert_eq!(after(&mut room), None);
    assert_eq!(lost(&room), (json!("anonymous_blocked"), json!(null)));
}

#[test]
fn a_room_with_a_password() {
    // None given, none known.
    let mut room = Room::new(config());
    room.connect();
    room.outputs();
    room.server("needPassword", json!(false));
    assert_eq!(after(&mut room), None);
    assert_eq!(lost(&room), (json!("password_needed"), json!(null)));
    assert_eq!(
        body(&room.last(Kind::PasswordAsked)),
        json!({"wrong": false, "settled": false})
    );
    // The one given is not it any more.
    let mut room = Room::new(config().guest("reel").channel_password("sesame"));
    room.connect();
    assert!(
        room.sent()
            .iter()
            .any(|frame| frame.contains("\"pw\":\"sesame\""))
    );
    room.server("needPassword", json!(true));
    assert_eq!(after(&mut room), None);
    assert_eq!(body(&room.last(Kind::PasswordAsked))["wrong"], true);
    let detail = body(&room.last(Kind::Disconnected))["detail"].clone();
    assert!(detail.as_str().unwrap().contains("wrong"), "{detail}");
}

#[test]
fn a_moderators_rank_may_open_the_door_whatever_the_password() {
    // It is looked up meanwhile (`src/channel/accesscontrol.js`): asked for, then the burst, then
    // the question withdrawn.
    for (config, asked) in [
        (config().account("me", "hunter2"), false),
        (
            config().account("me", "hunter2").channel_password("old"),
            true,
        ),
    ] {
        let mut room = Room::new(config.clone());
        room.connect();
        room.outputs();
        room.server("needPassword", json!(asked));
        room.wait(500);
        assert_eq!(room.channel().phase(), Phase::PasswordWaiting);
        for frame in Burst::default().frames() {
            room.frame(&frame);
        }
        room.frame("42[\"cancelNeedPassword\"]");
        room.wait(5_000);
        assert_eq!(room.channel().phase(), Phase::Live);
        assert_eq!(body(&room.last(Kind::PasswordAsked))["settled"], true);

        let mut room = Room::new(config);
        room.connect();
        room.outputs();
        room.server("needPassword", json!(asked));
        room.wait(2_000);
        assert_eq!(after(&mut room), None, "no moderator after all");
        let detail = body(&room.last(Kind::Disconnected))["detail"].clone();
        assert_eq!(
            detail.as_str().unwrap().contains("wrong"),
            asked,
            "{detail}"
        );
    }
}
