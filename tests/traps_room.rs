//! The room's settings, polls and lists, and what every frame may have wrong with it: case, stray
//! keys, names nobody knows.

#![cfg(test)]

mod common;

use common::{Burst, Room, body, config, emote, item, poll, user};
use projectionist::{channel::*, event::*, model::*, state::*};
use serde_json::{Value, json};

#[test]
fn trap_9_11_names_ignore_case_whatever_frame_they_come_in() {
    let mut room = Room::joined_with(config(), &Burst::with_users(&[user("Alice", 2.0)]));
    let alice = |room: &Room| {
        let users = room.state().users.clone().unwrap();
        users.find("aLiCe").cloned()
    };
    // The moderator's spelling comes back (`src/channel/ranks.js`); the display name stays.
    room.server("setUserRank", json!({"name": "ALICE", "rank": 3}));
    let meta = json!({"afk": true, "muted": false});
    room.server("setUserMeta", json!({"name": "alice", "meta": meta}));
    let profile = json!({"image": "", "text": "hi"});
    room.server(
        "setUserProfile",
        json!({"name": "aLICE", "profile": profile}),
    );
    let now = alice(&room).unwrap();
    assert_eq!(
        (now.name.as_str(), now.rank, now.afk),
        ("Alice", Rank(3.0), true)
    );
    assert_eq!(now.profile.text, "hi");
    room.server("addUser", user("ALICE", 1.0));
    assert_eq!(room.state().users.as_ref().unwrap().len(), 1);
    room.server("userLeave", json!({"name": "alice"}));
    assert_eq!(alice(&room), None);
}

#[test]
fn trap_9_11_a_nameless_viewer_is_nobody() {
    let mut room = Room::joined_with(config(), &Burst::with_users(&[user("alice", 2.0)]));
    let before = room.head();
    let meta = json!({"afk": true, "muted": false});
    room.server("setUserMeta", json!({"name": "", "meta": meta}));
    room.server("setAFK", json!({"name": "", "afk": true}));
    assert_eq!(room.kinds_after(before), Vec::<&str>::new());
    assert_eq!(room.channel().counters().unrecorded.redundant, 2);
    room.server("setLeader", json!(""));
    assert_eq!(room.state().leader, Known::Absent);
    room.server("setLeader", Value::Null);
    assert_eq!(room.state().leader, Known::Absent);
}

#[test]
fn trap_9_18_a_new_poll_closes_the_old_one_in_so_many_words() {
    let mut room = Room::joined();
    room.server("newPoll", poll("one", &json!([0, 0]), 10));
    let before = room.head();
    room.frame("42[\"closePoll\",null]");
    room.server("newPoll", poll("two", &json!([0, 0]), 20));
    assert_eq!(room.kinds_after(before), ["poll_close", "poll_open"]);
    assert_eq!(body(&room.last(Kind::PollClosed))["poll"]["title"], "one");
    assert_eq!(room.state().poll.as_ref().unwrap().title, "two");
    // A frame without an argument is the same.
    room.frame("42[\"closePoll\"]");
    assert_eq!(room.state().poll, Known::Absent);
}

#[test]
fn trap_9_18_hidden_counts_are_strings_and_a_reveal_is_an_update() {
    let mut room = Room::joined();
    let counts = |room: &Room| {
        let poll = room.state().poll.as_ref().unwrap().clone();
        (poll.hidden, poll.counts.clone())
    };
    room.server("newPoll", poll("q", &json!(["?", "?"]), 10));
    assert_eq!(counts(&room), (true, vec![None, None]));
    // As those see it who may (`src/poll.js`).
    room.server("updatePoll", poll("q", &json!(["3?", "0?"]), 10));
    assert_eq!(counts(&room), (true, vec![Some(3), Some(0)]));
    room.server("updatePoll", poll("q", &json!([4, 0]), 10));
    assert_eq!(counts(&room), (false, vec![Some(4), Some(0)]));
}

#[test]
fn trap_9_18_an_open_poll_met_again_at_a_join_is_the_one_we_know() {
    let open = |counts: Value| Burst {
        poll: Some(poll("q", &counts, 10)),
        ..Burst::default()
    };
    let mut room = Room::joined_with(config(), &open(json!([1, 0])));
    room.rejoin(&open(json!([1, 0])));
    let joined = body(&room.last(Kind::Joined));
    assert!(joined.get("poll").is_none(), "nothing new: {joined}");
    let before = room.state().poll.as_ref().unwrap().clone();
    room.rejoin(&open(json!([2, 0])));
    let after = room.state().poll.as_ref().unwrap().clone();
    assert!(before.is_same(&after));
    assert_eq!(after.counts, [Some(2), Some(0)]);
}

#[test]
fn trap_9_19_echoed_requests_are_read_as_they_were_typed() {
    let items = [item(3, "a"), item(12, "b"), item(5, "c")];
    let mut room = Room::joined_with(config(), &Burst::with_items(&items));
    let uids = |room: &Room| {
        let list = room.state().playlist.clone().unwrap();
        list.iter().map(|item| item.uid.0).collect::<Vec<_>>()
    };
    room.server("moveVideo", json!({"from": 3, "after": "12"}));
    assert_eq!(uids(&room), [12, 3, 5]);
    room.server("moveVideo", json!({"from": 12, "after": "append"}));
    assert_eq!(uids(&room), [3, 5, 12]);
    room.server("moveVideo", json!({"from": 12, "after": "prepend"}));
    assert_eq!(uids(&room), [12, 3, 5]);
    // The seed of an echo may hold any other key as well.
    room.server(
        "setTemp",
        json!({"uid": 5, "temp": true, "stray": {"deep": [1]}}),
    );
    room.server(
        "setUserRank",
        json!({"name": "x", "rank": 2, "userrank": 5}),
    );
    assert_eq!(room.of_kind(Kind::Unrecognised), []);
}

#[test]
fn trap_9_19_removals_may_carry_whatever_the_moderator_sent() {
    let burst = Burst {
        emotes: vec![emote("a"), emote("b")],
        ..Burst::default()
    };
    let mut room = Room::joined_with(config(), &burst);
    room.server(
        "removeEmote",
        json!({"name": "a", "ip": "10.0.0.1", "x": [1, {"password": "p"}]}),
    );
    let names = |room: &Room| {
        let emotes = room.state().emotes.clone().unwrap();
        emotes
            .iter()
            .map(|emote| emote.name.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&room), ["b"]);
    let raw = room.last(Kind::EmoteRemoved).raw.unwrap();
    assert!(!raw.contains("10.0.0.1") && !raw.contains("\"p\""), "{raw}");
    room.server("removeEmote", json!({"name": "never there"}));
    assert_eq!((names(&room).len(), room.state().misfits), (1, 1));
    room.server(
        "deleteChatFilter",
        json!({"name": "f", "active": true, "extra": null}),
    );
    assert_eq!(body(&room.last(Kind::FilterRemoved)), json!({"name": "f"}));
    room.server("banlistRemove", json!({"id": 7, "name": "x", "more": 1}));
    assert_eq!(
        body(&room.last(Kind::BanRemoved)),
        json!({"id": 7, "name": "x"})
    );
}

#[test]
fn trap_9_20_lists_we_fetched_are_as_of_then_and_unknown_before() {
    let config = config().account("me", "pw");
    let mut room = Room::joined_with(config, &Burst::default());
    room.server("rank", json!(3));
    let state = room.state();
    assert!(state.bans.is_none() && state.filters.is_none() && state.ranks.is_none());
    let ban = json!({"id": 1, "ip": "*", "name": "x", "reason": "r", "bannedby": "me"});
    room.server("banlist", json!([ban]));
    room.server(
        "chatFilters",
        json!([{"name": "f", "source": "a", "flags": "g",
                                       "replace": "b", "active": true, "filterlinks": false}]),
    );
    room.server(
        "channelRanks",
        json!([{"name": "me", "rank": 3, "channel": "room"}]),
    );
    // These are pushed.
    room.server("banlistRemove", json!({"id": 1, "name": "x"}));
    room.server("updateChatFilter", json!({"name": "g", "source": "c"}));
    room.server("setUserRank", json!({"name": "Helper", "rank": 2}));
    let state = room.state().clone();
    assert_eq!(state.bans.unwrap().len(), 0);
    assert_eq!(state.filters.unwrap().len(), 2);
    let ranks: Vec<_> = state
        .ranks
        .unwrap()
        .iter()
        .map(|rank| rank.name.clone())
        .collect();
    assert_eq!(ranks, ["me", "Helper"]);
    // Ranks below 2 are not stored.
    room.server("setUserRank", json!({"name": "helper", "rank": 1}));
    assert_eq!(room.state().ranks.as_ref().unwrap().len(), 1);
}

#[test]
fn trap_9_20_the_order_of_emotes_may_be_stale_until_the_next_join() {
    let emotes = |names: [&str; 3]| Burst {
        emotes: names.map(emote).to_vec(),
        ..Burst::default()
    };
    let mut room = Room::joined_with(config(), &emotes(["a", "b", "c"]));
    room.server(
        "renameEmote",
        json!({"old": "b", "name": "B", "image": "i", "source": "s"}),
    );
    room.server("updateEmote", emote("d"));
    let names = |room: &Room| {
        let emotes = room.state().emotes.clone().unwrap();
        emotes
            .iter()
            .map(|emote| emote.name.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&room), ["a", "B", "c", "d"]);
    // Nobody told that `c` was moved to the front (`src/channel/emotes.js`).
    room.rejoin(&emotes(["c", "a", "B"]));
    assert_eq!(names(&room), ["c", "a", "B"]);
}

#[test]
fn trap_9_20_an_announcement_told_again_at_each_connect_is_one_event() {
    let told = json!({"id": "1", "title": "t", "text": "x", "from": "op"});
    let mut room = Room::joined();
    room.server("announcement", told.clone());
    room.cut();
    room.wait(10_000);
    room.connect();
    room.server("announcement", told);
    room.burst(&Burst::default());
    assert_eq!(room.of_kind(Kind::Announced).len(), 1);
    let other = json!({"id": "2", "title": "t", "text": "x", "from": "op"});
    room.server("announcement", other);
    assert_eq!(room.of_kind(Kind::Announced).len(), 2);
}

#[test]
fn trap_9_22_the_rooms_password_is_told_to_every_member_and_kept_by_none() {
    let burst = Burst {
        options: json!({"pagetitle": "t", "password": "sesame"}),
        ..Burst::default()
    };
    let mut room = Room::joined_with(config(), &burst);
    room.server(
        "channelOpts",
        json!({"pagetitle": "u", "password": "open up"}),
    );
    for event in room.events() {
        let shown = format!("{event:?} {}", body(&event));
        assert!(
            !shown.contains("sesame") && !shown.contains("open up"),
            "{shown}"
        );
    }
    let state = serde_json::to_string(room.state()).unwrap();
    assert!(!state.contains("password"), "{state}");
    assert_eq!(
        room.state().options.as_ref().unwrap().text("pagetitle"),
        Some("u")
    );
}

#[test]
fn trap_9_25_names_nobody_knows_are_kept_as_they_came() {
    let mut room = Room::joined();
    let before = room.head();
    room.frame(r#"42["newThing",{"a": [1, 2.50], "b": "é"}]"#);
    room.frame(r#"42["bare"]"#);
    assert_eq!(room.kinds_after(before), ["unrecognised", "unrecognised"]);
    let [thing, bare] = &room.of_kind(Kind::Unrecognised)[..] else {
        panic!("two");
    };
    assert_eq!(body(thing)["name"], "newThing");
    assert_eq!(thing.raw.as_deref(), Some(r#"{"a": [1, 2.50], "b": "é"}"#));
    assert_eq!(
        (body(bare)["name"].as_str(), &bare.raw),
        (Some("bare"), &None)
    );
}

#[test]
fn trap_9_25_fields_nobody_knows_cost_nothing() {
    let mut room = Room::joined();
    let mut carol = user("carol", 1.0);
    carol["badge"] = json!({"of": "a fork"});
    room.server("addUser", carol);
    assert!(room.state().users.as_ref().unwrap().find("carol").is_some());
    room.server("channelOpts", json!({"pagetitle": 5, "of_a_fork": [1]}));
    let options = room.state().options.clone().unwrap();
    assert_eq!(
        (options.text("pagetitle"), options.number("pagetitle")),
        (None, Some(5.0))
    );
    assert!(room.last(Kind::UserJoined).raw.unwrap().contains("badge"));
}

#[test]
fn trap_9_25_a_payload_that_does_not_fit_is_kept_and_says_why() {
    let mut room = Room::joined();
    for (name, payload) in [
        ("addUser", json!("carol")),
        ("usercount", json!({"count": 1})),
        ("queue", json!({"item": item(0, "a"), "after": {"uid": 1}})),
        ("setCurrent", json!(1.5)),
        ("chatMsg", json!({"username": "bob", "msg": "no time"})),
    ] {
        let before = room.state().clone();
        room.server(name, payload.clone());
        let kept = room.last(Kind::Unrecognised);
        assert_eq!(body(&kept)["name"], name);
        let raw: Value = serde_json::from_str(&kept.raw.unwrap()).unwrap();
        assert_eq!(raw, payload);
        assert_eq!(room.state().users, before.users);
    }
}

#[test]
fn trap_9_25_the_ends_of_a_burst_count_even_where_they_do_not_read() {
    let mut room = Room::new(config());
    room.connect();
    let mut frames = Burst::with_items(&[item(0, "a")]).frames();
    frames[0] = r#"42["setPermissions","none"]"#.to_owned();
    for frame in &mut frames {
        if frame.starts_with("42[\"userlist\"") {
            *frame = r#"42["userlist",[{"name": 5}]]"#.to_owned();
        }
        room.frame(frame);
    }
    room.wait(60);
    assert_eq!(room.channel().phase(), Phase::Live);
    let state = room.state();
    assert!(state.is_live());
    assert_eq!(
        (&state.users, &state.permissions),
        (&None, &None),
        "unknown"
    );
    assert_eq!(state.may("chat"), None);
    assert_eq!(state.playlist.as_ref().unwrap().len(), 1);
    assert_eq!(room.of_kind(Kind::Unrecognised).len(), 2);
    room.says("bob", "live");
    assert_eq!(room.last(Kind::MessageSaid).origin, Origin::Live);
}

#[test]
fn trap_9_25_one_odd_permission_does_not_deafen_us() {
    // The map opens the burst: were it refused as a whole, nothing would ever be heard again.
    let burst = Burst {
        permissions: json!({"chat": 0, "seeplaylist": -1, "of_a_fork": {"or": "worse"}}),
        ..Burst::default()
    };
    let room = Room::joined_with(config().guest("reel"), &burst);
    assert!(room.state().is_live());
    assert_eq!(room.state().may("chat"), Some(true));
    assert_eq!(room.state().may("of_a_fork"), Some(false));
}
