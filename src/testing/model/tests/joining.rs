//! The join: what comes, in which order, and what keeps one out.

use super::World;
use crate::testing::{ModelConfig, Peer, RoomConfig};
use serde_json::{Value, json};

const EMPTY_BURST: [&str; 9] = [
    "setPermissions",
    "setPlaylistLocked",
    "emoteList",
    "drinkCount",
    "channelCSSJS",
    "setMotd",
    "channelOpts",
    "setPlaylistMeta",
    "playlist",
];

#[test]
fn anonymous_joiner_gets_the_burst_in_order() {
    let mut world = World::relaxed();
    world.connect(1);
    world.send(1, "joinChannel", json!({ "name": "LOBBY" }));
    let mut expected = vec!["rank"];
    expected.extend(EMPTY_BURST);
    expected.extend(["userlist", "usercount"]);
    assert_eq!(world.names(1), expected);
}

#[test]
fn everything_there_is_comes_in_the_order_of_the_modules() {
    let mut world = World::relaxed();
    world.member(1, "alice");
    world.chat(1, "one");
    world.chat(1, "two");
    world.queue(1, "yt", "abc", false);
    world.send(
        1,
        "newPoll",
        json!({ "title": "q", "opts": ["a"], "obscured": false }),
    );
    world.send(1, "assignLeader", json!({ "name": "alice" }));
    world.connect(2);
    world.forget();
    world.send(2, "joinChannel", json!({ "name": "lobby" }));
    let names = world.names(2);
    let expected = [
        "setPermissions",
        "setPlaylistLocked",
        "emoteList",
        "chatMsg",
        "chatMsg",
        "drinkCount",
        "channelCSSJS",
        "setMotd",
        "channelOpts",
        "setPlaylistMeta",
        "playlist",
        "setCurrent",
        "setCurrent",
        "changeMedia",
        "newPoll",
        "userlist",
        "setLeader",
    ];
    assert_eq!(names, expected, "usercount is throttled");
}

#[test]
fn account_logged_in_before_joining_sees_the_list_twice_and_all_of_the_users() {
    let mut world = World::relaxed();
    world.connect(1);
    world.send(1, "login", json!({ "name": "alice", "pw": "alice" }));
    world.forget();
    world.send(1, "joinChannel", json!({ "name": "lobby" }));
    let events = world.events(1);
    let mut expected = vec!["rank"];
    expected.extend(EMPTY_BURST);
    expected.extend([
        "setPlaylistMeta",
        "playlist",
        "userlist",
        "usercount",
        "listPlaylists",
    ]);
    let names: Vec<_> = events.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, expected);
    assert_eq!(events[0].1, 5);
    let meta = &events[12].1[0]["meta"];
    assert_eq!(meta["aliases"], json!(["alice"]));
    assert_eq!(meta["smuted"], false);
    assert_eq!(meta["ip"].as_str().unwrap().split('.').count(), 4);
}

#[test]
fn rank_may_follow_the_burst() {
    let mut config = ModelConfig::relaxed();
    config.rank_lookup_ms = 30;
    let mut world = World::new(config);
    let mut alice = Peer::new("10.0.0.1");
    alice.cookie = Some("x=y; auth=token-of-alice".into());
    world.open(1, alice);
    world.frame(1, "40");
    let login = json!({ "success": true, "name": "alice", "guest": false });
    assert_eq!(
        world.events(1),
        [("login".into(), login), ("rank".into(), json!(1))]
    );
    world.send(1, "joinChannel", json!({ "name": "lobby" }));
    assert!(!world.names(1).contains(&"rank".to_owned()));
    world.wait(30);
    let late = [
        "rank",
        "userlist",
        "setPlaylistMeta",
        "playlist",
        "setUserRank",
    ];
    assert_eq!(world.names(1), late);
}

#[test]
fn hidden_playlist_leaves_only_its_totals_and_what_plays() {
    let mut world = World::relaxed();
    world.member(1, "alice");
    world.queue(1, "yt", "abc", false);
    world.send(1, "setPermissions", json!({ "seeplaylist": 2 }));
    world.connect(2);
    world.forget();
    world.send(2, "joinChannel", json!({ "name": "lobby" }));
    let names = world.names(2);
    assert!(!names.contains(&"playlist".to_owned()));
    let tail = ["setPlaylistMeta", "setCurrent", "changeMedia", "userlist"];
    assert_eq!(&names[7..11], tail);
}

#[test]
fn older_session_is_evicted_before_the_burst() {
    let mut world = World::relaxed();
    world.member(1, "alice");
    world.guest(2, "ghost");
    world.guest(3, "watcher");
    world.connect(4);
    world.send(4, "login", json!({ "name": "ghost" }));
    world.forget();
    world.send(4, "joinChannel", json!({ "name": "lobby" }));
    assert_eq!(
        world.frames(2),
        [r#"42["kick",{"reason":"Duplicate login"}]"#, "41"]
    );
    assert_eq!(world.names(3), ["userLeave", "addUser"]);
    let joiner = world.events(4);
    assert_eq!(joiner[0], ("userLeave".into(), json!({ "name": "ghost" })));
    assert_eq!(joiner[1].0, "setPermissions");
    assert!(world.closed.is_empty(), "the transport stays open");
    world.frame(2, "41");
    assert_eq!(world.closed, [2]);
}

#[test]
fn evicted_leader_and_passed_vote_are_told_before_the_burst_too() {
    let mut world = World::relaxed();
    world.member(1, "alice");
    world.guest(2, "ghost");
    world.guest(3, "other");
    world.queue(1, "yt", "abc", false);
    world.queue(1, "yt", "def", false);
    world.send(1, "assignLeader", json!({ "name": "ghost" }));
    world.send(1, "voteskip", Value::Null);
    world.connect(4);
    world.send(4, "login", json!({ "name": "ghost" }));
    world.forget();
    world.send(4, "joinChannel", json!({ "name": "lobby" }));
    let events = world.events(4);
    let names: Vec<_> = events.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names[..5],
        [
            "userLeave",
            "setLeader",
            "mediaUpdate",
            "chatMsg",
            "setPermissions"
        ]
    );
    assert_eq!(
        names[names.len() - 4..],
        ["userlist", "setCurrent", "changeMedia", "drinkCount"]
    );
    let changes = events.iter().filter(|(name, _)| name == "changeMedia");
    let ids: Vec<_> = changes.map(|(_, media)| media["id"].clone()).collect();
    assert_eq!(
        ids,
        ["def", "def"],
        "in the burst, and again right after it"
    );
}

#[test]
fn joining_works_once_a_socket_however_it_ended() {
    let mut world = World::relaxed();
    world.connect(1);
    world.forget();
    world.send(1, "joinChannel", json!({ "nm": "x" }));
    world.send(1, "joinChannel", json!({ "name": "lobby" }));
    assert!(world.frames(1).is_empty());
}

#[test]
fn bad_channel_name_is_an_error_and_a_kick() {
    let mut world = World::relaxed();
    world.connect(1);
    world.forget();
    world.send(1, "joinChannel", json!({ "name": "bad channel!" }));
    assert_eq!(world.names(1), ["errorMsg", "kick"]);
}

#[test]
fn password_is_asked_for_until_it_fits() {
    let mut world = World::relaxed();
    world.member(1, "alice");
    world.send(1, "setOptions", json!({ "password": "sesame" }));
    world.connect(2);
    world.forget();
    world.send(2, "joinChannel", json!({ "name": "lobby" }));
    assert_eq!(world.frames(2), [r#"42["needPassword",false]"#]);
    world.chat(2, "can I?");
    world.send(2, "channelPassword", json!("wrong"));
    assert_eq!(world.frames(2), [r#"42["needPassword",true]"#]);
    world.send(2, "channelPassword", json!("sesame"));
    assert_eq!(
        world.names(2)[..2],
        ["cancelNeedPassword", "setPermissions"]
    );
    world.connect(3);
    world.forget();
    world.send(3, "joinChannel", json!({ "name": "lobby", "pw": "sesame" }));
    assert_eq!(world.names(3)[0], "setPermissions");
}

#[test]
fn moderator_needs_no_password_once_known() {
    let mut world = World::relaxed();
    world.member(1, "alice");
    world.send(1, "setOptions", json!({ "password": "sesame" }));
    world.connect(2);
    world.send(2, "joinChannel", json!({ "name": "lobby" }));
    world.forget();
    world.send(2, "login", json!({ "name": "bob", "pw": "bob" }));
    let names = world.names(2);
    assert_eq!(names[..4], ["rank", "login", "rank", "setPermissions"]);
    assert_eq!(
        names[names.len() - 4..],
        [
            "userlist",
            "cancelNeedPassword",
            "setUserRank",
            "listPlaylists"
        ]
    );
}

#[test]
fn blocked_anonymous_user_enters_with_a_name() {
    let mut world = World::relaxed();
    world.member(1, "alice");
    world.send(1, "setOptions", json!({ "block_anonymous_users": true }));
    world.connect(2);
    world.forget();
    world.send(2, "joinChannel", json!({ "name": "lobby" }));
    assert_eq!(world.names(2), ["errorMsg"]);
    world.send(2, "login", json!({ "name": "henry" }));
    assert_eq!(world.names(2)[..3], ["rank", "login", "setPermissions"]);
}

#[test]
fn unregistered_room_says_so_at_the_end() {
    let mut world = World::relaxed();
    world.connect(1);
    world.send(1, "joinChannel", json!({ "name": "fresh" }));
    let events = world.events(1);
    assert_eq!(events.last().unwrap().0, "channelNotRegistered");
    assert_eq!(events[2].1, false, "unlocked");
    assert_eq!(events[1].1.get("mute"), None);
}

#[test]
fn room_elsewhere_and_banned_room_do_not_open() {
    let mut config = ModelConfig::relaxed();
    let mut away = RoomConfig::registered("away");
    away.elsewhere = true;
    let mut barred = RoomConfig::registered("barred");
    barred.banned = Some("spam".into());
    config = config.room(away).room(barred);
    let mut world = World::new(config);
    world.connect(1);
    world.connect(2);
    world.forget();
    world.send(1, "joinChannel", json!({ "name": "away" }));
    assert_eq!(world.names(1), ["errorMsg"]);
    world.send(2, "joinChannel", json!({ "name": "barred" }));
    let reason = "Channel could not be loaded: Channel is banned: spam";
    assert_eq!(world.only(2, "kick"), json!({ "reason": reason }));
}

#[test]
fn usercount_is_told_at_most_every_ten_seconds() {
    let mut world = World::relaxed();
    world.guest(1, "a");
    world.guest(2, "b");
    world.guest(3, "c");
    world.wait(9_999);
    assert!(world.names(1).is_empty());
    world.wait(1);
    assert_eq!(world.only(1, "usercount"), 3);
}
