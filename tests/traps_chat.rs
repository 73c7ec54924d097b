//! Lines of chat: replayed, shadow-muted, private, hostile, and which unit their times have.
//! Whether each is in the log once is the business of `exactly_once.rs`.

#![cfg(test)]

mod common;

use common::{Burst, Room, body, config, line, user};
use projectionist::{command::*, event::*, model::*};
use serde_json::{Value, json};

fn shadowed(name: &str, text: &str, sent_ms: i64) -> Value {
    let mut line = line(name, text, sent_ms);
    line["meta"] = json!({"shadow": true});
    line
}

fn origins(room: &Room) -> Vec<Origin> {
    let lines = room.of_kind(Kind::MessageSaid);
    lines.iter().map(|line| line.origin).collect()
}

#[test]
fn trap_9_4_a_line_inside_the_burst_is_replay_and_any_other_is_live() {
    let history = [line("bob", "a", 10)];
    let mut room = Room::joined_with(config(), &Burst::with_history(&history));
    // The same words and time once more: told live, it is another line.
    room.server("chatMsg", line("bob", "a", 10));
    assert_eq!(room.chat(), ["a", "a"]);
    assert_eq!(origins(&room), [Origin::Replay, Origin::Live]);
}

#[test]
fn trap_9_4_replay_is_told_by_place_and_never_by_time() {
    // The server's clock stepped back by an hour between the two joins.
    let mut room = Room::joined_with(config(), &Burst::default());
    room.server("chatMsg", line("bob", "a", 7_200_000));
    let history = [line("bob", "a", 7_200_000), line("bob", "b", 3_600_000)];
    room.rejoin(&Burst::with_history(&history));
    assert_eq!(room.chat(), ["a", "b"]);
    assert_eq!(room.last(Kind::MessageSaid).sent_ms, Some(3_600_000));
}

#[test]
fn trap_9_4_what_the_server_does_not_buffer_is_not_expected_back() {
    let mut room = Room::joined_as_guest();
    room.says("bob", "a");
    let sent_ms = room.now_ms;
    for notice in ["[server]", "[voteskip]"] {
        room.says(notice, "notice");
    }
    room.server(
        "pm",
        json!({"username": "bob", "to": "reel", "msg": "psst", "meta": {}, "time": 5}),
    );
    room.rejoin(&Burst::with_history(&[line("bob", "a", sent_ms)]));
    assert_eq!(room.chat(), ["a", "notice", "notice"]);
    assert_eq!(room.of_kind(Kind::ChatGapFound), []);
    let replay = &body(&room.last(Kind::Joined))["replay"];
    assert_eq!(replay, &json!({"received": 1, "new": 0, "overlap": 1}));
}

#[test]
fn trap_9_5_a_moderator_sees_shadow_muted_lines_marked_and_outside_the_replay() {
    let mut room = Room::joined_with(config().account("me", "pw"), &Burst::default());
    room.says("bob", "a");
    let sent_ms = room.now_ms;
    room.server("chatMsg", shadowed("troll", "x", sent_ms + 1));
    room.rejoin(&Burst::with_history(&[line("bob", "a", sent_ms)]));
    assert_eq!(room.chat(), ["a", "x"]);
    assert_eq!(body(&room.last(Kind::MessageSaid))["shadow"], true);
    assert!(room.state().chat.iter().last().unwrap().shadow);
}

#[test]
fn trap_9_5_an_anonymous_viewers_shadow_lines_do_not_break_the_alignment() {
    // It cannot tell them from others (`src/channel/chat.js`); the replay lacks them.
    let mut room = Room::joined();
    let mut history = Vec::new();
    for (ms, name) in [
        (1, "bob"),
        (2, "troll"),
        (3, "bob"),
        (4, "troll"),
        (5, "bob"),
    ] {
        let said = line(name, &format!("line {ms}"), ms);
        room.server("chatMsg", said.clone());
        if name == "bob" {
            history.push(said);
        }
    }
    history.push(line("bob", "line 6", 6));
    room.rejoin(&Burst::with_history(&history));
    assert_eq!(room.chat().len(), 6);
    assert_eq!(room.chat().last().unwrap(), "line 6");
    assert_eq!(room.of_kind(Kind::ChatGapFound), []);
}

#[test]
fn trap_9_5_our_own_shadow_muted_line_is_confirmed_like_any() {
    // The author's echo shows nothing of it.
    let mut room = Room::joined_as_guest();
    let id = room.say("hello?");
    room.says("reel", "hello?");
    let settled = room.settled();
    assert!(matches!(settled.as_slice(), [(i, Outcome::Confirmed { .. })] if *i == id));
}

#[test]
fn trap_9_21_chat_is_html_and_its_text_is_derived() {
    let mut room = Room::joined();
    let html = "a &lt;b&gt; <a href=\"https://e.x\" target=\"_blank\">link</a> &amp;c";
    room.says("bob", html);
    let told = body(&room.last(Kind::MessageSaid));
    assert_eq!(told["html"], html);
    assert_eq!(told["text"], "a <b> link &c");
}

#[test]
fn trap_9_21_titles_names_and_kick_reasons_are_text_as_they_stand() {
    let mut room = Room::joined_as_guest();
    let title = "<b>not bold</b> &amp; as typed";
    let mut media = common::media("a", 10.0);
    media["title"] = json!(title);
    let item = json!({"media": media, "uid": 0, "temp": false, "queueby": "bob"});
    room.server("queue", json!({"item": item, "after": "prepend"}));
    let list = room.state().playlist.clone().unwrap();
    assert_eq!(list.find(Uid(0)).unwrap().media.title, title);
    let mut carol = user("carol", 1.0);
    carol["profile"] = json!({"image": "", "text": "<i>me</i>"});
    room.server("addUser", carol);
    let users = room.state().users.clone().unwrap();
    assert_eq!(users.find("carol").unwrap().profile.text, "<i>me</i>");
    room.server("kick", json!({"reason": "be <nice>"}));
    assert_eq!(body(&room.last(Kind::Kicked))["reason"], "be <nice>");
}

#[test]
fn trap_9_21_announcements_are_html() {
    let mut room = Room::joined();
    let told = json!({"title": "t", "text": "down at <b>5</b> &gt; soon", "from": "op"});
    room.server("announcement", told);
    let kept = room.state().announcement.clone().unwrap();
    assert_eq!(kept.id, None, "old ones lack an identity");
    assert_eq!(kept.text, "down at 5 > soon");
    assert_eq!(kept.html, "down at <b>5</b> &gt; soon");
}

#[test]
fn trap_9_23_chat_times_are_milliseconds_and_a_cooldown_is_too() {
    let mut room = Room::joined_as_guest();
    room.server("chatMsg", line("bob", "a", 1_795_385_255_393));
    assert_eq!(
        room.last(Kind::MessageSaid).sent_ms,
        Some(1_795_385_255_393)
    );
    let id = room.say("fast");
    room.server("cooldown", json!(1000));
    assert_eq!(
        body(&room.last(Kind::CooldownTold)),
        json!({"wait_ms": 1000})
    );
    assert!(matches!(room.settled().as_slice(), [(i, Outcome::Refused { .. })] if *i == id));
    // The next one waits for the second, and the margin viewers leave.
    room.sent();
    room.say("slow");
    assert_eq!(room.sent(), Vec::<String>::new());
    room.wait(1_199);
    assert_eq!(room.sent(), Vec::<String>::new());
    room.wait(1);
    assert_eq!(room.sent(), [r#"42["chatMsg",{"msg":"slow"}]"#]);
}

#[test]
fn trap_9_23_poll_times_are_milliseconds_and_media_times_seconds() {
    let mut room = Room::joined();
    room.server(
        "newPoll",
        common::poll("q", &json!([0, 0]), 1_795_385_254_588),
    );
    assert_eq!(
        body(&room.last(Kind::PollOpened))["opened_ms"],
        1_795_385_254_588_i64
    );
    room.server("setCurrent", json!(3));
    room.server(
        "changeMedia",
        common::burst::playing("a", 90.0, 12.5, false),
    );
    let told = body(&room.last(Kind::MediaChanged));
    assert_eq!(
        (&told["position_s"], &told["media"]["seconds"]),
        (&json!(12.5), &json!(90))
    );
    room.wait(2_000);
    assert_eq!(room.state().position_at(room.now().wall), Some(14.5));
}

#[test]
fn a_message_carries_what_the_user_list_knew_of_its_author() {
    // Frames of chat carry no rank (`src/channel/chat.js`).
    let mut bob = user("Bob", 1.5);
    bob["meta"] = json!({"afk": true, "muted": false});
    let mut room = Room::joined_with(config(), &Burst::with_users(&[bob]));
    room.says("bob", "hi");
    room.says("stranger", "hi");
    let known = json!({"name": "bob", "rank": 1.5, "afk": true, "muted": false});
    let lines = room.of_kind(Kind::MessageSaid);
    assert_eq!(body(&lines[0])["user"], known);
    assert_eq!(body(&lines[1])["user"]["rank"], Value::Null);
    // Who was away back then is not known of a replayed line.
    let room = Room::joined_with(
        config(),
        &Burst {
            users: vec![user("bob", 1.5)],
            ..Burst::with_history(&[line("bob", "a", 1), line("gone", "b", 2)])
        },
    );
    let lines = room.of_kind(Kind::MessageSaid);
    let replayed = json!({"name": "bob", "rank": 1.5, "afk": null, "muted": null});
    assert_eq!(body(&lines[0])["user"], replayed);
    assert_eq!(body(&lines[1])["user"]["rank"], Value::Null);
}

#[test]
fn every_manner_of_speaking_is_told_apart() {
    let mut room = Room::joined();
    for (meta, style) in [
        (json!({}), "plain"),
        (json!({"addClass": "action", "action": true}), "action"),
        (json!({"addClass": "greentext"}), "greentext"),
        (json!({"addClass": "spoiler"}), "spoiler"),
        (
            json!({"addClass": "shout", "addClassToNameAndTimestamp": true}),
            "shout",
        ),
        (json!({"addClass": "drink", "forceShowName": true}), "drink"),
        (json!({"addClass": "of-a-fork"}), "other"),
        // Never worth losing a line for.
        (json!({"addClass": 5}), "plain"),
        (json!("nonsense"), "plain"),
        (Value::Null, "plain"),
    ] {
        let mut said = line("bob", "x", 1);
        said["meta"] = meta.clone();
        room.server("chatMsg", said);
        assert_eq!(
            body(&room.last(Kind::MessageSaid))["style"],
            style,
            "{meta}"
        );
    }
    // Very old saved history has no meta but a class.
    room.server(
        "chatMsg",
        json!({"username": "bob", "msg": "x", "msgclass": "greentext", "time": 1}),
    );
    assert_eq!(body(&room.last(Kind::MessageSaid))["style"], "greentext");
}

#[test]
fn a_cleared_chat_is_empty_for_readers_and_whole_in_the_log() {
    let mut room = Room::joined();
    room.says("bob", "a");
    room.server("clearchat", json!({"clearedBy": "alice"}));
    assert!(room.state().chat.is_empty());
    assert_eq!(room.last(Kind::ChatCleared).actor.as_deref(), Some("alice"));
    assert_eq!(room.chat(), ["a"]);
}
