//! Wishes of a host that are held back: those that cannot work, and those that must wait for the
//! server's rate limit (P6).

#![cfg(test)]

mod common;

use common::{Burst, Room, config, user};
use projectionist::{command::*, model::*};
use serde_json::{Value, json};
use std::time::Duration;

fn chat(text: &str) -> String {
    common::frame("chatMsg", &json!({"msg": text}))
}

fn not_sent(room: &mut Room) -> CommandError {
    match &room.settled()[..] {
        [(_, Outcome::NotSent(error))] => error.clone(),
        other => panic!("one, not sent: {other:?}"),
    }
}

#[test]
fn what_cannot_work_is_not_sent() {
    let muted = Burst {
        users: vec![
            json!({"name": "reel", "rank": 0, "profile": {"image": "", "text": ""},
                           "meta": {"afk": false, "muted": true}}),
        ],
        ..Burst::default()
    };
    let strict = Burst {
        permissions: json!({"chat": 1}),
        ..Burst::default()
    };
    let guest = || config().guest("reel");
    let long = "é".repeat(321);
    for (config, burst, text, error) in [
        (
            guest(),
            Burst::default(),
            " \t ",
            CommandError::Blank("text"),
        ),
        (
            guest(),
            Burst::default(),
            long.as_str(),
            CommandError::TooLong {
                what: "text",
                units: 321,
                max: 320,
            },
        ),
        (config(), Burst::default(), "hi", CommandError::NeedsName),
        (guest(), muted, "hi", CommandError::Muted),
        (
            guest(),
            strict,
            "hi",
            CommandError::NotPermitted {
                permission: "chat",
                needed: Some(Rank(1.0)),
                ours: Rank(0.0),
            },
        ),
    ] {
        let mut room = Room::joined_with(config, &burst);
        room.outputs();
        let head = room.head();
        room.say(text);
        assert_eq!(not_sent(&mut room), error);
        assert_eq!(room.head(), head, "what was not sent is not told as sent");
    }
}

#[test]
fn length_is_counted_as_the_server_counts() {
    // UTF-16 units (`src/channel/chat.js` cuts by JavaScript's length).
    let mut room = Room::joined_as_guest();
    room.outputs();
    room.say(&"🎬".repeat(160));
    assert_eq!(room.sent().len(), 1);
    room.say(&format!("{}x", "🎬".repeat(160)));
    let too_long = CommandError::TooLong {
        what: "text",
        units: 321,
        max: 320,
    };
    assert_eq!(not_sent(&mut room), too_long);
}

#[test]
fn a_private_message_has_its_own_conditions() {
    let mut room = Room::joined_as_guest();
    room.outputs();
    room.pm("not a name!", "x");
    assert_eq!(
        not_sent(&mut room),
        CommandError::BadName("not a name!".into())
    );
    room.pm("REEL", "x");
    assert_eq!(not_sent(&mut room), CommandError::ToSelf);
    // No chat permission and no mute counts for it.
    room.server("setPermissions", json!({"chat": 3}));
    room.pm("bob", "x");
    assert_eq!(room.sent().len(), 1);
}

#[test]
fn before_the_join_and_after_the_end_nothing_is_sent() {
    let mut room = Room::new(config().guest("reel"));
    room.say("hi");
    assert_eq!(not_sent(&mut room), CommandError::NotLive);
    room.connect();
    room.say("hi");
    assert_eq!(not_sent(&mut room), CommandError::NotLive);
    room.burst(&Burst::default());
    room.say("hi");
    assert_eq!(room.sent(), [chat("hi")]);
    room.cut();
    room.outputs();
    room.say("hi");
    assert_eq!(not_sent(&mut room), CommandError::NotLive);
}

/// The moments, in milliseconds from now, at which `count` lines go out.
fn pace(room: &mut Room, count: usize) -> Vec<i64> {
    let start = room.now_ms;
    let mut moments = Vec::new();
    room.outputs();
    for n in 0..count {
        room.say(&n.to_string());
        moments.extend(room.sent().iter().map(|_| 0));
    }
    while moments.len() < count {
        room.wait(10);
        let frames = room.sent();
        let now = room.now_ms - start;
        moments.extend(frames.iter().filter(|f| f.contains("chatMsg")).map(|_| now));
        assert!(now < 60_000, "{moments:?}");
    }
    moments
}

#[test]
fn lines_are_paced_by_the_servers_limit_for_all() {
    let config = config().guest("reel").send_rate_max(1_000.0);
    let mut room = Room::joined_with(config, &Burst::default());
    let moments = pace(&mut room, 23);
    assert_eq!(moments.iter().filter(|at| **at == 0).count(), 20);
    // Looked at every 10 ms: ten a second, and a margin of 3 ms.
    assert_eq!(moments[20..], [110, 210, 310]);
}

#[test]
fn all_events_together_keep_the_budget_of_the_socket() {
    let mut room = Room::joined_as_guest();
    // Login and join count as well: they are forgotten by then.
    room.wait(2_000);
    let moments = pace(&mut room, 13);
    assert_eq!(moments.iter().filter(|at| **at == 0).count(), 10);
    assert_eq!(moments[10..], [100, 200, 300]);
    // Put out for sending too much: from then on half of it.
    room.server("kick", json!({ "reason": "Rate limit exceeded" }));
    room.rejoin(&Burst::default());
    room.wait(2_000);
    let moments = pace(&mut room, 7);
    assert_eq!(moments[4..], [0, 200, 400]);
}

#[test]
fn lines_are_paced_by_the_channels_limit_where_it_has_one() {
    let antiflood = |rank: f64, params: Value| {
        let burst = Burst {
            options: json!({"chat_antiflood": true, "chat_antiflood_params": params}),
            users: vec![user("me", rank)],
            ..Burst::default()
        };
        let mut room = Room::joined_with(config().account("me", "pw"), &burst);
        room.server("rank", json!(rank));
        room
    };
    let usual = json!({"burst": 4, "sustained": 1, "cooldown": 4});
    let mut member = antiflood(1.0, usual.clone());
    assert_eq!(pace(&mut member, 6), [0, 0, 0, 0, 1_010, 2_010]);
    // After silence longer than the cooldown the burst is there again.
    member.wait(4_100);
    assert_eq!(pace(&mut member, 4), [0, 0, 0, 0]);
    let mut moderator = antiflood(2.0, usual);
    assert_eq!(pace(&mut moderator, 6), [0; 6]);
}

#[test]
fn a_hostile_limit_stops_neither_us_nor_the_engine() {
    for params in [
        json!({"burst": 0, "sustained": 0}),
        json!({"burst": -1, "sustained": -1, "cooldown": -1}),
        json!({"burst": 1e308, "sustained": 1e-308, "cooldown": 1e308}),
        json!({"burst": "4", "sustained": null}),
        json!([]),
    ] {
        let burst = Burst {
            options: json!({"chat_antiflood": true, "chat_antiflood_params": params}),
            ..Burst::default()
        };
        let mut room = Room::joined_with(config().guest("reel"), &burst);
        room.outputs();
        room.say("first");
        assert_eq!(room.sent(), [chat("first")], "{params}");
        room.say("second");
        room.wait(1_000);
    }
}

#[test]
fn p6_a_line_that_waits_too_long_is_busy_and_so_is_one_too_many() {
    let burst = Burst {
        options: json!({"chat_antiflood": true,
                        "chat_antiflood_params": {"burst": 1, "sustained": 0.05, "cooldown": 60}}),
        ..Burst::default()
    };
    let config = config().guest("reel").command_queue_max(3);
    let mut room = Room::joined_with(config, &burst);
    room.outputs();
    room.say("goes");
    assert_eq!(room.sent().len(), 1);
    for _ in 0..3 {
        room.say("waits");
    }
    room.say("one too many");
    let busy = CommandError::Busy(Duration::from_secs(10));
    assert_eq!(not_sent(&mut room), busy);
    room.wait(9_999);
    let settled = room.settled();
    assert_eq!(settled, [], "the first is answered in 10 s, too");
    room.wait(1);
    let settled = room.settled();
    assert_eq!(settled.len(), 4);
    let given_up = |(_, outcome): &&(u64, Outcome)| *outcome == Outcome::NotSent(busy.clone());
    assert_eq!(settled.iter().filter(given_up).count(), 3);
    assert_eq!(
        room.channel().deadline(),
        Some(silence(&room)),
        "nothing waits any more"
    );
}

fn silence(room: &Room) -> Duration {
    // The last frame came when the burst did, 60 ms and 10 s ago.
    room.now().mono + Duration::from_millis(50_000 - 10_060)
}
