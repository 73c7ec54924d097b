//! Chat, replay, private messages, commands.

use super::World;
use serde_json::{Value, json};

#[test]
fn joiner_is_shown_the_last_fifteen() {
    let mut world = World::relaxed();
    world.member(1, "alice");
    let mut sent = Vec::new();
    for n in 0..18 {
        world.chat(1, &format!("m{n}"));
        sent.extend(world.events(1));
    }
    world.guest(2, "other");
    world.connect(3);
    world.forget();
    world.send(3, "joinChannel", json!({ "name": "lobby" }));
    let mut shown = world.events(3);
    shown.retain(|(name, _)| name == "chatMsg");
    assert_eq!(shown, sent[3..], "the very same objects");
}

#[test]
fn flood_is_held_to_twenty_then_ten_a_second() {
    let mut world = World::relaxed();
    world.guest(1, "a");
    for n in 0..22 {
        world.chat(1, &format!("m{n}"));
    }
    let names = world.names(1);
    assert_eq!(names.iter().filter(|name| *name == "chatMsg").count(), 20);
    assert_eq!(names[20..], ["cooldown", "cooldown"]);
}

#[test]
fn antiflood_follows_the_options_and_spares_moderators() {
    let mut world = World::relaxed();
    world.member(1, "alice");
    world.guest(2, "a");
    let params = json!({ "burst": 2, "sustained": 0.5, "cooldown": 4 });
    world.send(
        1,
        "setOptions",
        json!({ "chat_antiflood": true, "chat_antiflood_params": params }),
    );
    world.forget();
    for _ in 0..3 {
        world.chat(2, "x");
        world.chat(1, "y");
    }
    let heard = world.events(2);
    assert_eq!(
        heard.iter().filter(|(name, _)| name == "chatMsg").count(),
        5
    );
    assert!(heard.contains(&("cooldown".into(), json!(2_000))));
}

#[test]
fn text_is_cut_blanked_and_dropped_silently() {
    let mut world = World::relaxed();
    world.guest(1, "a");
    world.guest(2, "");
    world.chat(1, &"x".repeat(400));
    world.chat(1, "line1\nline2\ttab");
    world.chat(1, "   ");
    world.chat(2, "I am nobody");
    let lines = world.lines(1);
    assert_eq!(
        lines,
        [
            format!("a: {}", "x".repeat(320)),
            "a: line1 line2 tab".into()
        ]
    );
}

#[test]
fn greentext_and_commands_are_marked() {
    let mut world = World::relaxed();
    world.member(1, "bob");
    let mut meta = |msg: &str| {
        world.forget();
        world.chat(1, msg);
        let message = world.only(1, "chatMsg");
        (
            message["msg"].as_str().unwrap().to_owned(),
            message["meta"].clone(),
        )
    };
    assert_eq!(
        meta(">x"),
        ("&gt;x".into(), json!({ "addClass": "greentext" }))
    );
    assert_eq!(
        meta("/me waves"),
        (
            "waves".into(),
            json!({ "addClass": "action", "action": true })
        )
    );
    assert_eq!(
        meta("/sp it was him"),
        ("it was him".into(), json!({ "addClass": "spoiler" }))
    );
    let shout =
        json!({ "addClass": "shout", "addClassToNameAndTimestamp": true, "forceShowName": true });
    assert_eq!(meta("/say loud"), ("loud".into(), shout));
    assert_eq!(meta("/nosuch thing"), ("/nosuch thing".into(), json!({})));
}

#[test]
fn drinks_are_poured_by_those_who_may() {
    let mut world = World::relaxed();
    world.member(1, "bob");
    world.guest(2, "a");
    world.chat(1, "/d");
    world.chat(1, "/d3 cheers");
    world.chat(1, "/dance");
    world.chat(1, "/d-2");
    world.chat(1, "/d99999 no");
    world.chat(2, "/d");
    let events = world.events(2);
    let counts: Vec<_> = events
        .iter()
        .filter(|(name, _)| name == "drinkCount")
        .map(|(_, n)| n.clone())
        .collect();
    assert_eq!(counts, [1, 4, 5, 3]);
    let said: Vec<_> = events
        .iter()
        .filter(|(name, _)| name == "chatMsg")
        .map(|(_, m)| m["msg"].clone())
        .collect();
    assert_eq!(said, [" drink!", "cheers drink! (x3)", "ance drink!", "/d"]);
}

#[test]
fn muted_user_is_told_and_remembered() {
    let mut world = World::relaxed();
    world.member(1, "alice");
    world.guest(2, "a");
    world.chat(1, "/mute A");
    assert_eq!(world.names(2), ["setUserMeta"]);
    assert_eq!(world.names(1), ["setUserMeta", "chatMsg"]);
    world.chat(2, "am I?");
    assert_eq!(world.only(2, "noflood")["action"], "chat");
    world.close(2);
    world.guest(3, "a");
    world.chat(3, "still?");
    assert_eq!(world.names(3), ["noflood"]);
    world.chat(1, "/unmute a");
    world.chat(3, "free");
    assert_eq!(world.lines(3), ["a: free"]);
}

#[test]
fn shadow_mute_fools_the_muted_and_the_anonymous() {
    let mut world = World::relaxed();
    world.member(1, "alice");
    world.guest(2, "shady");
    world.guest(3, "named");
    world.guest(4, "");
    world.chat(1, "/smute shady");
    assert!(world.names(2).is_empty() && world.names(3).is_empty());
    world.forget();
    world.chat(2, "psst");
    assert_eq!(world.only(2, "chatMsg")["meta"], json!({}));
    assert_eq!(world.only(4, "chatMsg")["meta"], json!({}));
    assert_eq!(world.only(1, "chatMsg")["meta"], json!({ "shadow": true }));
    assert!(world.names(3).is_empty());
    assert!(world.model.room("lobby").unwrap().replay.is_empty());
}

#[test]
fn clear_empties_the_replay_and_tells_all() {
    let mut world = World::relaxed();
    world.member(1, "alice");
    world.guest(2, "a");
    world.chat(2, "x");
    world.forget();
    world.chat(2, "/clear");
    world.forget();
    world.chat(1, "/clear");
    let events = world.events(2);
    assert_eq!(
        events[0],
        ("clearchat".into(), json!({ "clearedBy": "alice" }))
    );
    assert_eq!(events[1].1["msg"], "alice cleared chat.");
    assert!(world.model.room("lobby").unwrap().replay.is_empty());
}

#[test]
fn private_messages_reach_both_and_nobody_else() {
    let mut world = World::relaxed();
    world.guest(1, "a");
    world.guest(2, "Bea");
    world.guest(3, "");
    world.send(1, "pm", json!({ "to": "bea", "msg": ">hi" }));
    let pm = world.only(2, "pm");
    assert_eq!(pm["to"], "Bea");
    assert_eq!(pm["meta"], json!({ "addClass": "greentext" }));
    assert_eq!(world.only(1, "pm"), pm);
    assert!(world.names(3).is_empty());
    let mut error = |n, to: &str| {
        world.send(n, "pm", json!({ "to": to, "msg": "x" }));
        world.only(n, "errorMsg")["msg"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(error(1, "A"), "You can't PM yourself!");
    assert_eq!(
        error(1, "nobody"),
        "PM failed: nobody isn't connected to this channel."
    );
    assert_eq!(
        error(1, "bad name!"),
        "PM failed: bad name! isn't a valid username."
    );
    assert_eq!(error(3, "a"), "You must be signed in to send PMs");
}

#[test]
fn away_by_command_by_time_and_back_by_chat() {
    let mut world = World::relaxed();
    world.guest(1, "a");
    world.chat(1, "/afk");
    assert_eq!(
        world.names(1),
        ["clearVoteskipVote", "setUserMeta", "setAFK"]
    );
    world.chat(1, "back");
    assert_eq!(world.names(1), ["setUserMeta", "setAFK", "chatMsg"]);
    world.guest(2, "");
    for _ in 0..24 {
        world.wait(25_000);
        world.frame(1, "3");
        world.frame(2, "3");
    }
    let events = world.events(1);
    let away: Vec<_> = events
        .iter()
        .filter(|(name, _)| name == "setAFK")
        .map(|(_, a)| a.clone())
        .collect();
    assert_eq!(
        away,
        [
            json!({ "name": "a", "afk": true }),
            json!({ "name": "", "afk": true })
        ]
    );
}

#[test]
fn newcomers_may_have_to_wait() {
    let mut world = World::relaxed();
    world.member(1, "alice");
    world.send(1, "setOptions", json!({ "new_user_chat_link_delay": 60 }));
    world.guest(2, "new");
    world.chat(2, "see https://example.com");
    assert_eq!(
        world.only(2, "spamFiltered"),
        json!({ "reason": "NEW_USER_CHAT_LINK" })
    );
    world.chat(2, "hello");
    assert_eq!(world.lines(2), ["new: hello"]);
    world.member(3, "carol");
    world.chat(3, "https://example.com");
    assert_eq!(world.lines(3).len(), 1, "the account is old");
}

#[test]
fn type_errors_name_the_event() {
    let mut world = World::relaxed();
    world.guest(1, "a");
    world.send(1, "chatMsg", Value::Null);
    let msg = "Unexpected error for message chatMsg: Expected type object, got null";
    assert_eq!(world.only(1, "errorMsg"), json!({ "msg": msg }));
}
