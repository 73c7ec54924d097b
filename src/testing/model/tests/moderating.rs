//! Kicks, bans, ranks, settings.

use super::World;
use serde_json::{Value, json};

#[test]
fn kick_tells_the_target_then_the_room() {
    let mut world = World::relaxed();
    world.member(1, "alice");
    world.member(2, "bob");
    world.guest(3, "pest");
    world.guest(4, "");
    world.chat(2, "/kick pest behave yourself");
    assert_eq!(
        world.frames(3),
        [r#"42["kick",{"reason":"behave yourself"}]"#, "41"]
    );
    assert_eq!(world.names(1), ["userLeave", "chatMsg"]);
    world.forget();
    world.chat(2, "/kick alice no");
    let msg = "You do not have permission to kick alice";
    assert_eq!(world.only(2, "errorMsg"), json!({ "msg": msg }));
    world.chat(2, "/kickanons");
    assert_eq!(world.only(4, "kick"), json!({ "reason": "anonymous user" }));
}

#[test]
fn banned_name_stays_out_until_unbanned() {
    let mut world = World::relaxed();
    world.member(1, "bob");
    world.member(2, "dave");
    world.chat(1, "/ban dave spamming links");
    assert_eq!(world.only(2, "kick"), json!({ "reason": "You're banned!" }));
    world.connect(3);
    world.send(3, "login", json!({ "name": "dave", "pw": "dave" }));
    world.forget();
    world.send(3, "joinChannel", json!({ "name": "lobby" }));
    assert_eq!(world.names(3), ["rank", "kick"]);
    world.guest(4, "");
    world.send(4, "login", json!({ "name": "dave", "pw": "dave" }));
    assert_eq!(
        world.only(4, "kick"),
        json!({ "reason": "You are banned from this channel." })
    );
    world.forget();
    world.send(1, "requestBanlist", Value::Null);
    let ban = json!({ "id": 1, "ip": "*", "name": "dave", "reason": "spamming links", "bannedby": "bob" });
    assert_eq!(world.only(1, "banlist"), json!([ban]));
    world.send(1, "unban", json!({ "id": 1, "name": "dave" }));
    assert_eq!(world.names(1), ["banlistRemove", "chatMsg"]);
    world.member(5, "dave");
    assert_eq!(world.model.room("lobby").unwrap().users.len(), 2);
}

#[test]
fn address_ban_takes_the_name_along() {
    let mut world = World::relaxed();
    world.member(1, "alice");
    world.guest(2, "rude");
    world.chat(1, "/ipban rude go away");
    assert_eq!(world.only(2, "kick"), json!({ "reason": "You're banned!" }));
    world.close(2);
    world.connect(2);
    world.forget();
    world.send(2, "joinChannel", json!({ "name": "lobby" }));
    assert_eq!(world.names(2), ["kick"]);
    world.forget();
    world.send(1, "requestBanlist", Value::Null);
    let list = world.only(1, "banlist");
    assert_eq!(list.as_array().unwrap().len(), 2);
    assert_ne!(list[0]["ip"], "10.0.0.2", "cloaked");
}

#[test]
fn promotion_shows_the_users_anew() {
    let mut world = World::relaxed();
    world.member(1, "alice");
    world.member(2, "carol");
    world.send(1, "setChannelRank", json!({ "name": "Carol", "rank": 2 }));
    assert_eq!(world.names(2), ["userlist", "rank", "setUserRank"]);
    assert_eq!(
        world.only(1, "setUserRank"),
        json!({ "name": "Carol", "rank": 2 })
    );
    world.send(1, "setChannelRank", json!({ "name": "dave", "rank": 3 }));
    let told = json!({ "name": "dave", "rank": 3, "userrank": 5 });
    assert_eq!(world.only(1, "setUserRank"), told);
    world.send(1, "requestChannelRanks", Value::Null);
    assert_eq!(world.only(1, "channelRanks").as_array().unwrap().len(), 4);
    let mut fails = |arg: Value| {
        world.send(1, "setChannelRank", arg);
        world.only(1, "channelRankFail")["msg"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let own = "Updating user rank failed: You can't promote or demote yourself.";
    assert_eq!(fails(json!({ "name": "alice", "rank": 1 })), own);
    assert_eq!(
        fails(json!({ "name": "bad name", "rank": 2 })),
        "Invalid target name bad name"
    );
}

#[test]
fn settings_without_the_rank_are_kicks() {
    let cases = [
        (
            "setOptions",
            json!({ "maxlength": 1 }),
            "Attempted setOptions as a non-moderator",
        ),
        (
            "setPermissions",
            json!({ "chat": 5 }),
            "Attempted setPermissions as a non-admin",
        ),
        (
            "setMotd",
            json!({ "motd": "x" }),
            "Attempted setMotd with insufficient permission",
        ),
        (
            "setChannelCSS",
            json!({ "css": "x" }),
            "Attempted setChannelCSS as non-admin",
        ),
        (
            "readChanLog",
            Value::Null,
            "Attempted readChanLog with insufficient permission",
        ),
    ];
    let mut world = World::relaxed();
    for (n, (event, arg, reason)) in (1..).zip(cases) {
        world.guest(n, &format!("g{n}"));
        world.send(n, event, arg);
        assert_eq!(world.only(n, "kick"), json!({ "reason": reason }));
    }
}

#[test]
fn options_are_checked_one_by_one() {
    let mut world = World::relaxed();
    world.member(1, "alice");
    world.send(
        1,
        "setOptions",
        json!({ "voteskip_ratio": "abc", "allow_dupes": true }),
    );
    let events = world.events(1);
    let message = "Input must be a number 0 or greater, not \"abc\"";
    let error = json!({ "target": "#cs-voteskip_ratio", "message": message });
    assert_eq!(events[0], ("validationError".into(), error));
    assert_eq!(events[1].1["allow_dupes"], true);
    world.member(2, "bob");
    world.forget();
    world.send(2, "setOptions", json!({ "pagetitle": "bob was here" }));
    assert!(world.names(2).is_empty());
}

#[test]
fn hidden_playlist_is_sent_to_who_may_see_it_before_the_permissions() {
    let mut world = World::relaxed();
    world.member(1, "alice");
    world.guest(2, "g");
    world.send(
        1,
        "setPermissions",
        json!({ "seeplaylist": 2, "nosuch": 1, "kick": "abc" }),
    );
    assert_eq!(
        world.names(1),
        ["setPlaylistMeta", "playlist", "setPermissions"]
    );
    assert_eq!(world.names(2), ["setPlaylistMeta", "setPermissions"]);
}

#[test]
fn styles_are_told_when_they_change() {
    let mut world = World::relaxed();
    world.member(1, "alice");
    world.send(1, "setChannelCSS", json!({ "css": "body { color: red; }" }));
    assert_eq!(
        world.only(1, "channelCSSJS")["cssHash"],
        "8rgE0+O9YddpIqZn+Q5m2A=="
    );
    world.send(1, "setChannelCSS", json!({ "css": "body { color: red; }" }));
    assert!(world.names(1).is_empty());
    world.send(
        1,
        "setMotd",
        json!({ "motd": "<b>hi</b><script>x</script>" }),
    );
    assert_eq!(world.only(1, "setMotd"), "<b>hi</b>");
}

#[test]
fn emotes_and_filters_are_edited() {
    let mut world = World::relaxed();
    world.member(1, "alice");
    world.guest(2, "g");
    world.send(
        1,
        "updateEmote",
        json!({ "name": ":w:", "image": "https://x/w.png" }),
    );
    assert_eq!(world.only(2, "updateEmote")["source"], r"(^|\s):w:(?!\S)");
    world.send(
        1,
        "renameEmote",
        json!({ "old": ":w:", "name": "w", "image": "https://x/w.png" }),
    );
    assert_eq!(world.only(2, "renameEmote")["old"], ":w:");
    world.send(1, "removeEmote", json!({ "name": "w", "extra": 1 }));
    assert_eq!(
        world.only(2, "removeEmote"),
        json!({ "name": "w", "extra": 1 })
    );
    world.forget();
    let filter = json!({ "name": "f", "source": "foo", "flags": "g", "replace": "<b>bar</b>", "active": true });
    world.send(1, "addFilter", filter);
    assert_eq!(world.names(1), ["addFilterSuccess", "updateChatFilter"]);
    assert!(world.names(2).is_empty());
    world.chat(2, "a foo");
    assert_eq!(world.lines(2), ["g: a <b>bar</b>"]);
    world.send(
        1,
        "addFilter",
        json!({ "name": "x", "source": "(un", "replace": "" }),
    );
    assert_eq!(world.only(1, "errorMsg")["msg"], "Invalid regex: missing )");
}
