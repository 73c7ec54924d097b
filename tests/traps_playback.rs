//! What plays and the list it comes from: numbers that mean nothing tomorrow, frames that mean
//! something together, and the end that nobody announces.

#![cfg(test)]

mod common;

use common::burst::playing;
use common::{Burst, Room, body, config, item};
use projectionist::{channel::*, event::*, model::*, state::*};
use serde_json::json;

fn uids(room: &Room) -> Vec<i64> {
    let list = room.state().playlist.clone().expect("the list is visible");
    list.iter().map(|item| item.uid.0).collect()
}

fn meta(count: usize) -> serde_json::Value {
    json!({"count": count, "rawTime": 90 * count, "time": "00:00"})
}

/// Three items, the first of which (uid 0) plays.
fn three() -> Room {
    let items = [item(0, "a"), item(1, "b"), item(2, "c")];
    Room::joined_with(config(), &Burst::with_items(&items))
}

#[test]
fn trap_9_6_uids_mean_another_item_after_the_next_join() {
    let mut room = three();
    // The channel was unloaded and loaded again: numbering began anew (`src/channel/playlist.js`).
    room.rejoin(&Burst::with_items(&[item(0, "c"), item(1, "a")]));
    let list = room.state().playlist.clone().unwrap();
    assert_eq!(list.find(Uid(0)).unwrap().media.id, "c");
    assert_eq!(uids(&room), [0, 1]);
    let joined = body(&room.last(Kind::Joined));
    assert_eq!(joined["playlist"].as_array().unwrap().len(), 2);
}

#[test]
fn trap_9_6_a_shuffle_gives_new_numbers_and_starts_nothing() {
    let mut room = three();
    room.wait(5_000);
    let before = room.head();
    room.server(
        "playlist",
        json!([item(5, "b"), item(4, "a"), item(3, "c")]),
    );
    room.server("setCurrent", json!(4));
    room.server("changeMedia", playing("a", 90.0, 15.0, false));
    assert_eq!(
        room.kinds_after(before),
        ["playlist_update", "media_change"]
    );
    assert_eq!(body(&room.last(Kind::PlaylistReplaced))["cause"], "shuffle");
    let change = room.last(Kind::MediaChanged);
    assert_eq!(
        (change.origin, body(&change)["resync"].clone()),
        (Origin::Resync, json!(true))
    );
    assert_eq!(room.state().current, Some(Uid(4)));
    assert_eq!(room.state().media.as_ref().unwrap().uid, Some(Uid(4)));
}

#[test]
fn trap_9_7_zero_is_a_number_like_any_in_every_frame() {
    let mut room = Room::joined();
    room.server("queue", json!({"item": item(0, "a"), "after": "prepend"}));
    room.server("queue", json!({"item": item(1, "b"), "after": 0}));
    room.server("setCurrent", json!(0));
    room.server("changeMedia", playing("a", 90.0, -3.0, true));
    assert_eq!(uids(&room), [0, 1]);
    assert_eq!(room.state().current, Some(Uid(0)));
    assert_eq!(body(&room.last(Kind::MediaChanged))["uid"], 0);
    room.server("moveVideo", json!({"from": 1, "after": 0}));
    room.server("setTemp", json!({"uid": 0, "temp": true}));
    assert!(
        room.state()
            .playlist
            .as_ref()
            .unwrap()
            .find(Uid(0))
            .unwrap()
            .temp
    );
    room.server("moveVideo", json!({"from": 0, "after": 1}));
    assert_eq!(uids(&room), [1, 0]);
    room.server("delete", json!({"uid": 0}));
    assert_eq!(uids(&room), [1]);
    assert_eq!(room.state().misfits, 0);
}

#[test]
fn trap_9_8_the_last_item_gone_means_nothing_plays() {
    let mut room = Room::joined_with(config(), &Burst::with_items(&[item(0, "a")]));
    room.server("delete", json!({"uid": 0}));
    room.server("setPlaylistMeta", meta(0));
    assert!(
        room.state().media.as_ref().is_some(),
        "the next item may follow yet"
    );
    room.wait(600);
    assert_eq!(room.state().media, Known::Absent);
    assert_eq!(room.state().current, None);
    let stop = room.last(Kind::MediaStopped);
    assert_eq!(
        (stop.origin, body(&stop)),
        (Origin::Engine, json!({"reason": "deleted"}))
    );
}

#[test]
fn trap_9_8_a_cleared_list_means_nothing_plays() {
    let mut room = three();
    room.server("playlist", json!([]));
    room.server("setPlaylistMeta", meta(0));
    room.wait(600);
    assert_eq!(room.state().media, Known::Absent);
    assert_eq!(body(&room.last(Kind::PlaylistReplaced))["cause"], "clear");
}

#[test]
fn trap_9_8_of_a_hidden_list_only_the_count_tells() {
    let hidden = Burst {
        playlist: None,
        permissions: json!({"seeplaylist": 2}),
        ..Burst::with_items(&[item(0, "a")])
    };
    let mut room = Room::joined_with(config(), &hidden);
    assert!(
        room.state().media.as_ref().is_some(),
        "what plays is told to all"
    );
    room.server("setPlaylistMeta", meta(0));
    room.wait(600);
    assert_eq!(room.state().media, Known::Absent);
    assert_eq!(body(&room.last(Kind::MediaStopped))["reason"], "empty");
}

#[test]
fn trap_9_8_between_a_deleted_item_and_the_next_nothing_stops() {
    let mut room = three();
    let before = room.head();
    room.server("delete", json!({"uid": 0}));
    assert_eq!(
        room.state().current,
        Some(Uid(0)),
        "dangling, and that is allowed"
    );
    room.server("setPlaylistMeta", meta(2));
    room.server("setCurrent", json!(1));
    room.server("changeMedia", playing("b", 90.0, -3.0, true));
    room.server("drinkCount", json!(0));
    room.server("voteskip", json!({"count": 0, "need": 0}));
    room.wait(5_000);
    assert_eq!(
        room.kinds_after(before),
        [
            "media_delete",
            "playlist_meta",
            "media_change",
            "drink_count",
            "voteskip"
        ]
    );
    assert_eq!(room.state().media.as_ref().unwrap().media.id, "b");
}

#[test]
fn trap_9_10_the_number_before_a_change_belongs_to_it() {
    let mut room = three();
    room.server("setCurrent", json!(2));
    room.server("changeMedia", playing("c", 90.0, -3.0, true));
    let change = body(&room.last(Kind::MediaChanged));
    assert_eq!(
        (&change["uid"], &change["resync"]),
        (&json!(2), &json!(false))
    );
    assert_eq!(room.of_kind(Kind::CurrentSet), [], "one event, not two");
}

#[test]
fn trap_9_10_a_number_alone_restarts_nothing() {
    let mut room = three();
    room.wait(4_000);
    let (was, before) = (room.state().media.clone(), room.head());
    room.server("setCurrent", json!(0));
    room.wait(100);
    assert_eq!(room.kinds_after(before), ["playlist_current"]);
    assert_eq!(room.state().media, was);
    // The same when another frame shows that it stood alone.
    room.server("setCurrent", json!(0));
    room.says("bob", "hi");
    assert_eq!(
        room.kinds_after(before),
        ["playlist_current", "playlist_current", "message"]
    );
}

#[test]
fn trap_9_10_a_change_without_a_number_keeps_none() {
    let mut room = three();
    room.server("changeMedia", playing("z", 90.0, -3.0, true));
    let change = body(&room.last(Kind::MediaChanged));
    assert_eq!(change["uid"], serde_json::Value::Null);
}

#[test]
fn trap_9_10_a_repetition_is_no_new_play_and_a_loop_is_one() {
    let mut room = Room::joined_with(config(), &Burst::with_items(&[item(0, "a")]));
    room.wait(20_000);
    room.server("setCurrent", json!(0));
    room.server("changeMedia", playing("a", 90.0, 30.2, false));
    assert_eq!(room.last(Kind::MediaChanged).origin, Origin::Resync);
    // The only item of the list begins again (`src/channel/playlist.js` _leadLoop).
    room.watch(61_800);
    room.server("setCurrent", json!(0));
    room.server("changeMedia", playing("a", 90.0, -3.0, true));
    let change = room.last(Kind::MediaChanged);
    assert_eq!(
        (change.origin, body(&change)["resync"].clone()),
        (Origin::Live, json!(false))
    );
}

#[test]
fn trap_9_12_a_count_that_differs_from_the_list_is_legal() {
    let mut room = three();
    room.server("setPlaylistMeta", meta(4));
    assert_eq!(room.state().playlist_meta.unwrap().count, 4);
    assert_eq!(uids(&room), [0, 1, 2]);
    // The server loses an item when its mover names a place that is not there; we keep it.
    room.server("moveVideo", json!({"from": 1, "after": 99}));
    assert_eq!(uids(&room), [0, 1, 2]);
    assert_eq!(room.state().misfits, 1);
}

#[test]
fn trap_9_13_whether_an_item_is_temporary_is_the_servers_word() {
    let mut room = three();
    let mut forced = item(9, "d");
    forced["temp"] = json!(true);
    room.server("queue", json!({"item": forced, "after": 2}));
    let temp = |room: &Room| {
        room.state()
            .playlist
            .as_ref()
            .unwrap()
            .find(Uid(9))
            .unwrap()
            .temp
    };
    assert!(temp(&room));
    room.server("setTemp", json!({"uid": 9, "temp": false}));
    assert!(!temp(&room));
}

#[test]
fn trap_9_14_a_leader_who_leaves_is_followed_by_a_running_clock() {
    let mut room = three();
    room.server("setLeader", json!("alice"));
    room.server("mediaUpdate", json!({"currentTime": 40, "paused": true}));
    assert_eq!(room.state().leader, Known::Present("alice".to_owned()));
    room.wait(3_000);
    assert_eq!(room.state().position_at(room.now().wall), Some(40.0));
    room.server("userLeave", json!({"name": "alice"}));
    room.server("setLeader", json!(""));
    room.server("mediaUpdate", json!({"currentTime": 40, "paused": false}));
    assert_eq!(room.state().leader, Known::Absent);
    room.wait(3_000);
    assert_eq!(room.state().position_at(room.now().wall), Some(43.0));
}

#[test]
fn trap_9_14_no_ticks_are_no_dead_connection_while_pings_come() {
    let mut room = three();
    room.server("setLeader", json!("alice"));
    room.watch(250_000);
    assert_eq!(room.channel().phase(), Phase::Live);
}

#[test]
fn trap_9_24_positions_are_any_float() {
    let mut room = three();
    for position in [-3.0, 91.9, 1e300, -1e300, 0.1 + 0.2, 4.9e-324] {
        room.server(
            "mediaUpdate",
            json!({"currentTime": position, "paused": true}),
        );
        let playing = room.state().media.as_ref().unwrap().clone();
        let at = room.now().wall;
        assert!(playing.position_at(at).is_finite(), "{position}");
    }
    // JSON has no infinity: the server writes null, which tells nothing.
    let before = room.head();
    room.server("mediaUpdate", json!({"currentTime": null, "paused": false}));
    assert_eq!(room.kinds_after(before), ["unrecognised"]);
    room.server(
        "changeMedia",
        json!({"id": "z", "title": "t", "seconds": 5, "type": "yt",
                                      "meta": {}, "currentTime": null, "paused": false}),
    );
    assert_eq!(
        room.state().media.as_ref().unwrap().media.id,
        "z",
        "it plays, somewhere"
    );
}

#[test]
fn trap_9_24_ranks_and_permissions_have_fractions() {
    let mut room = Room::joined_with(config().guest("reel"), &Burst::default());
    room.server(
        "setPermissions",
        json!({"chat": 1.25, "kick": 1e300, "odd": null}),
    );
    assert_eq!(room.state().may("chat"), Some(false));
    room.server("rank", json!(1.5));
    assert_eq!(room.state().may("chat"), Some(true));
    assert_eq!(room.state().may("kick"), Some(false));
    assert_eq!(room.state().may("odd"), Some(false), "nobody");
}

#[test]
fn trap_9_6_a_list_sent_again_unchanged_is_not_stored_again() {
    // Registered users are sent it twice at each join (`src/channel/playlist.js`).
    let mut room = three();
    let before = room.head();
    room.server("setPlaylistMeta", meta(3));
    room.server(
        "playlist",
        json!([item(0, "a"), item(1, "b"), item(2, "c")]),
    );
    room.server("setCurrent", json!(0));
    room.wait(100);
    assert_eq!(
        room.kinds_after(before),
        ["playlist_meta", "playlist_current"]
    );
    assert_eq!(room.channel().counters().unrecorded.redundant, 1);
}
