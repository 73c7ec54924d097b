//! Playlist and playback: orders of events, the clock, the leader.

use super::World;
use crate::testing::{MediaEntry, ModelConfig};
use serde_json::{Value, json};

/// `a` to `d` last 20 s each, `live` has no length.
fn cinema() -> World {
    let mut config = ModelConfig::relaxed();
    for id in ["a", "b", "c", "d"] {
        config = config.media(MediaEntry::new("yt", id, format!("Clip {id}"), 20.0));
    }
    config = config.media(MediaEntry::new("yt", "live", "Live", 0.0));
    let mut world = World::new(config);
    world.member(1, "alice");
    world
}

fn uids(world: &World) -> Vec<i64> {
    let room = world.model.room("lobby").unwrap();
    room.playlist.iter().map(|item| item.uid).collect()
}

const CHANGE: [&str; 4] = ["setCurrent", "changeMedia", "drinkCount", "voteskip"];

#[test]
fn first_item_plays_after_a_lead_in() {
    let mut world = cinema();
    world.queue(1, "yt", "a", false);
    let events = world.events(1);
    let names: Vec<_> = events.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names[..2], ["queue", "setPlaylistMeta"]);
    assert_eq!(names[2..], CHANGE);
    assert_eq!(events[0].1["after"], "prepend");
    assert_eq!(
        events[1].1,
        json!({ "count": 1, "rawTime": 20, "time": "00:20" })
    );
    assert_eq!(events[2].1, 0, "0 is a uid");
    assert_eq!(events[3].1["currentTime"], -3);
    assert_eq!(events[3].1["paused"], true);
}

#[test]
fn clock_ticks_every_fifth_second_and_wraps_around() {
    let mut world = cinema();
    world.queue(1, "yt", "a", false);
    world.queue(1, "yt", "b", false);
    world.forget();
    world.wait(24_999);
    let mut at = world.events(1);
    at.retain(|(name, _)| name == "mediaUpdate");
    let times: Vec<_> = at
        .iter()
        .map(|(_, update)| update["currentTime"].clone())
        .collect();
    assert_eq!(times, [0, 5, 10, 15, 20]);
    world.wait(1);
    let change = world.only(1, "changeMedia");
    assert_eq!(
        (&change["id"], &change["currentTime"]),
        (&json!("b"), &json!(-3))
    );
    world.wait(25_000);
    assert_eq!(world.only(1, "changeMedia")["id"], "a");
}

#[test]
fn live_media_have_no_clock() {
    let mut world = cinema();
    world.queue(1, "yt", "live", false);
    assert_eq!(world.only(1, "changeMedia")["currentTime"], 0);
    world.wait(24_000);
    assert!(!world.names(1).contains(&"mediaUpdate".to_owned()));
}

#[test]
fn every_cause_of_a_change_has_its_order() {
    let mut world = cinema();
    for (id, temp) in [("a", true), ("b", true), ("c", false), ("d", false)] {
        world.queue(1, "yt", id, temp);
    }
    let check = |world: &mut World, event: &str, arg: Value, before: &[&str]| {
        world.forget();
        world.send(1, event, arg);
        let names = world.names(1);
        assert_eq!(names[..before.len()], *before, "{event}");
        assert_eq!(names[before.len()..], CHANGE, "{event}");
    };
    check(
        &mut world,
        "playNext",
        Value::Null,
        &["delete", "setPlaylistMeta"],
    );
    check(
        &mut world,
        "jumpTo",
        json!(3),
        &["delete", "setPlaylistMeta"],
    );
    check(&mut world, "playNext", Value::Null, &[]);
    check(&mut world, "shufflePlaylist", Value::Null, &["playlist"]);
    assert_eq!(uids(&world), [4, 5]);
    check(
        &mut world,
        "delete",
        json!(4),
        &["delete", "setPlaylistMeta"],
    );
    world.forget();
    world.send(1, "delete", json!(5));
    assert_eq!(
        world.names(1),
        ["delete", "setPlaylistMeta"],
        "the end is not told"
    );
    assert_eq!(world.model.room("lobby").unwrap().current, None);
}

#[test]
fn clear_says_little() {
    let mut world = cinema();
    world.queue(1, "yt", "a", false);
    world.forget();
    world.send(1, "clearPlaylist", Value::Null);
    assert_eq!(world.names(1), ["playlist", "setPlaylistMeta"]);
    world.wait(5_000);
    assert!(world.names(1).is_empty());
}

#[test]
fn adding_next_moves_what_is_listed() {
    let mut world = cinema();
    for id in ["a", "b", "c"] {
        world.queue(1, "yt", id, false);
    }
    world.forget();
    world.send(
        1,
        "queue",
        json!({ "id": "c", "type": "yt", "pos": "next" }),
    );
    let events = world.events(1);
    let names: Vec<_> = events.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        ["delete", "setPlaylistMeta", "queue", "setPlaylistMeta"]
    );
    assert_eq!(events[2].1["after"], 0);
    assert_eq!(uids(&world), [0, 3, 1]);
    world.queue(1, "yt", "a", false);
    let fail = world.only(1, "queueFail");
    assert_eq!(fail["msg"], "This item is already on the playlist");
    assert_eq!(fail["link"], "https://youtu.be/a");
}

#[test]
fn moves_echo_the_request() {
    let mut world = cinema();
    for id in ["a", "b", "c"] {
        world.queue(1, "yt", id, false);
    }
    world.forget();
    world.send(1, "moveMedia", json!({ "from": 0, "after": "2" }));
    assert_eq!(
        world.only(1, "moveVideo"),
        json!({ "from": 0, "after": "2" })
    );
    assert_eq!(uids(&world), [1, 2, 0]);
    world.send(1, "moveMedia", json!({ "from": 0, "after": "prepend" }));
    world.send(1, "moveMedia", json!({ "from": 1, "after": "append" }));
    assert_eq!(uids(&world), [0, 2, 1]);
}

#[test]
fn move_to_after_nothing_loses_the_item_unheard() {
    let mut world = cinema();
    world.queue(1, "yt", "a", false);
    world.queue(1, "yt", "b", false);
    world.forget();
    world.send(1, "moveMedia", json!({ "from": 1, "after": 99 }));
    assert!(world.names(1).is_empty());
    let room = world.model.room("lobby").unwrap();
    assert_eq!((room.playlist.len(), room.playlist_count), (1, 2));
}

#[test]
fn refusals_are_as_loud_as_the_servers() {
    let mut world = cinema();
    world.guest(2, "g");
    world.queue(2, "yt", "a", false);
    world.send(2, "playNext", Value::Null);
    assert!(world.names(2).is_empty(), "locked: silent");
    world.send(1, "togglePlaylistLock", Value::Null);
    assert_eq!(world.only(2, "setPlaylistLocked"), false);
    world.queue(2, "hl", "https://x/y.m3u8", false);
    assert_eq!(
        world.only(2, "queueFail")["msg"],
        "You don't have permission to add live media"
    );
    world.queue(1, "zz", "x", false);
    let unknown = json!({ "msg": "Unknown media type &#39;zz&#39;", "link": "", "id": "x" });
    assert_eq!(world.only(1, "queueFail"), unknown);
    world.queue(2, "yt", "a", false);
    let item = world.only(2, "queue");
    assert_eq!(item["item"]["temp"], true, "forced");
    world.queue(2, "yt", "b", false);
    world.queue(2, "yt", "c", false);
    world.queue(2, "yt", "d", false);
    let fails: Vec<_> = world
        .events(2)
        .into_iter()
        .filter(|(name, _)| name == "queueFail")
        .collect();
    assert_eq!(fails.len(), 1);
    assert_eq!(fails[0].1["msg"], "You are adding videos too quickly");
}

#[test]
fn limits_of_the_room_hold() {
    let mut world = cinema();
    world.member(2, "carol");
    world.send(1, "togglePlaylistLock", Value::Null);
    world.send(
        1,
        "setOptions",
        json!({ "playlist_max_per_user": 1, "maxlength": 30 }),
    );
    world.queue(2, "yt", "a", true);
    world.forget();
    world.queue(2, "yt", "b", true);
    let msg = "Channel limit exceeded: maximum number of videos per user";
    assert_eq!(world.only(2, "queueFail")["msg"], msg);
    world.send(1, "setOptions", json!({ "maxlength": "00:00:10" }));
    world.forget();
    world.queue(2, "yt", "c", true);
    let msg = "Video exceeds the maximum length set by the channel admin: 10 seconds";
    assert_eq!(world.only(2, "queueFail")["msg"], msg);
}

#[test]
fn leader_leads_and_hands_back() {
    let mut world = cinema();
    world.guest(2, "lead");
    world.queue(1, "yt", "a", false);
    world.wait(4_000);
    world.forget();
    world.send(1, "assignLeader", json!({ "name": "lead" }));
    assert_eq!(world.names(2), ["rank", "setLeader", "setUserRank"]);
    world.wait(10_000);
    assert!(
        world.names(1).iter().all(|name| name != "mediaUpdate"),
        "the clock stands"
    );
    world.send(
        2,
        "mediaUpdate",
        json!({ "id": "a", "currentTime": 7.5, "paused": true }),
    );
    world.send(
        2,
        "mediaUpdate",
        json!({ "id": "z", "currentTime": 9, "paused": true }),
    );
    world.send(1, "mediaUpdate", json!({ "id": "a", "currentTime": 9 }));
    assert_eq!(
        world.only(1, "mediaUpdate"),
        json!({ "currentTime": 7.5, "paused": true })
    );
    world.forget();
    world.send(1, "assignLeader", json!({ "name": "nobody" }));
    assert_eq!(
        world.names(1),
        ["setUserRank", "errorMsg"],
        "the old leader is gone all the same"
    );
    world.send(1, "assignLeader", json!({ "name": "lead" }));
    world.forget();
    world.close(2);
    assert_eq!(
        world.names(1),
        ["userLeave", "setLeader", "mediaUpdate", "usercount"]
    );
}

#[test]
fn assigning_a_leader_without_the_right_is_a_kick() {
    let mut world = cinema();
    world.guest(2, "g");
    world.send(2, "assignLeader", json!({ "name": "g" }));
    let reason = "Attempted assignLeader without sufficient permission";
    assert_eq!(world.only(2, "kick"), json!({ "reason": reason }));
}

#[test]
fn resyncs_answer_the_asker_alone() {
    let mut world = cinema();
    world.guest(2, "g");
    world.queue(1, "yt", "a", false);
    world.forget();
    world.send(2, "playerReady", Value::Null);
    assert_eq!(world.names(2), ["setCurrent", "changeMedia"]);
    world.send(2, "requestPlaylist", Value::Null);
    assert_eq!(
        world.names(2),
        ["setPlaylistMeta", "playlist", "setCurrent"]
    );
    world.send(2, "requestPlaylist", Value::Null);
    assert_eq!(
        world.only(2, "errorMsg")["code"],
        "REQ_PLAYLIST_LIMIT_REACHED"
    );
    assert!(world.names(1).is_empty());
}

#[test]
fn skip_vote_passes_at_the_ratio() {
    let mut world = cinema();
    for n in 2..=4 {
        world.guest(n, &format!("g{n}"));
    }
    world.queue(1, "yt", "a", false);
    world.queue(1, "yt", "b", false);
    world.forget();
    world.send(2, "voteskip", Value::Null);
    assert_eq!(world.only(1, "voteskip"), json!({ "count": 1, "need": 2 }));
    world.send(2, "voteskip", Value::Null);
    world.forget();
    world.send(3, "voteskip", Value::Null);
    let events = world.events(1);
    let msg = "Voteskip passed: 2/4 skipped; eligible voters: 4 = total (4) - AFK (0) - no permission (0); ratio = 0.5";
    assert_eq!(events[0].1["msg"], msg);
    let names: Vec<_> = events.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names[..2], ["chatMsg", "voteskip"]);
    assert_eq!(names[2..], CHANGE);
}

#[test]
fn slow_provider_answers_in_turn_and_a_clear_drops_it() {
    let mut world = cinema();
    world.model.config_mut().media_lookup_ms = 500;
    world.queue(1, "yt", "a", false);
    world.queue(1, "yt", "b", false);
    assert!(world.names(1).is_empty());
    world.wait(500);
    assert_eq!(world.only(1, "queue")["item"]["media"]["id"], "a");
    world.send(1, "clearPlaylist", Value::Null);
    world.wait(5_000);
    assert!(uids(&world).is_empty());
}

#[test]
fn saved_lists_come_back() {
    let mut world = cinema();
    world.queue(1, "yt", "a", false);
    world.queue(1, "yt", "b", false);
    world.send(1, "clonePlaylist", json!({ "name": "mix" }));
    world.send(1, "clearPlaylist", Value::Null);
    world.forget();
    world.send(1, "queuePlaylist", json!({ "name": "mix", "pos": "end" }));
    assert_eq!(uids(&world), [2, 3]);
    world.send(1, "queuePlaylist", json!({ "name": "no", "pos": "end" }));
    let msg = "Playlist load failed: Playlist does not exist";
    assert_eq!(world.only(1, "errorMsg"), json!({ "msg": msg }));
}
