//! Restarts, crashes, unloads and what scripts make happen.

use super::World;
use crate::testing::{MediaEntry, Target};
use serde_json::{Value, json};

fn uids(world: &World) -> Vec<i64> {
    let room = world.model.room("lobby").unwrap();
    room.playlist.iter().map(|item| item.uid).collect()
}

#[test]
fn restart_keeps_the_state_and_renumbers_the_items() {
    let mut world = World::relaxed();
    world.member(1, "alice");
    for id in ["a", "b", "c"] {
        world.queue(1, "yt", id, false);
    }
    world.send(1, "delete", json!(0));
    world.chat(1, "before");
    world.wait(10_000);
    let saved = world.model.save();
    world.model.restart(saved, world.now_ms);
    assert_eq!(world.model.connection_count(), 0);
    assert_eq!(uids(&world), [0, 1]);
    world.forget();
    world.connect(2);
    world.send(2, "joinChannel", json!({ "name": "lobby" }));
    let events = world.events(2);
    let change = events
        .iter()
        .find(|(name, _)| name == "changeMedia")
        .unwrap();
    assert_eq!(change.1["currentTime"], 7, "no lead-in");
    assert_eq!(change.1["paused"], false);
    assert!(events.iter().any(|(_, arg)| arg["msg"] == "before"));
}

#[test]
fn the_count_of_lines_goes_on_past_the_replay_and_back_with_a_save() {
    let mut world = World::relaxed();
    world.member(1, "alice");
    let count = |world: &World| {
        let (said, shown) = world.model.replay("lobby");
        (said, shown.len())
    };
    for n in 0..18 {
        world.chat(1, &format!("line {n}"));
        world.wait(1_000);
    }
    assert_eq!(count(&world), (18, 15));
    let saved = world.model.save();
    world.chat(1, "forgotten");
    assert_eq!(count(&world), (19, 15));
    world.model.restart(saved, world.now_ms);
    assert_eq!(count(&world), (18, 15));
    assert_eq!(world.model.replay("nowhere").0, 0);
}

#[test]
fn crash_goes_back_to_the_last_save_but_keeps_ranks() {
    let mut world = World::relaxed();
    world.member(1, "alice");
    world.chat(1, "saved");
    for _ in 0..13 {
        world.wait(24_000);
        world.frame(1, "3");
    }
    world.chat(1, "lost");
    world.send(1, "setChannelRank", json!({ "name": "dave", "rank": 2 }));
    let last = world.model.last_save();
    world.model.restart(last, world.now_ms);
    let replay = world.model.room("lobby").unwrap().replay;
    assert_eq!(replay.len(), 1);
    world.member(2, "dave");
    assert_eq!(world.model.room("lobby").unwrap().users[0].rank, 2.0);
}

#[test]
fn room_that_empties_is_unloaded() {
    let mut world = World::relaxed();
    world.member(1, "alice");
    world.queue(1, "yt", "a", false);
    world.send(1, "shufflePlaylist", Value::Null);
    assert_eq!(uids(&world), [1]);
    world.close(1);
    assert_eq!(uids(&world), [0]);
    assert_eq!(
        world
            .model
            .next_deadline()
            .map(|ms| ms > world.now_ms + 60_000),
        Some(true)
    );
    world.connect(2);
    world.send(2, "joinChannel", json!({ "name": "fresh" }));
    world.close(2);
    assert_eq!(world.model.room("fresh"), None);
}

#[test]
fn bots_are_users_like_any_other() {
    let mut world = World::relaxed();
    world.guest(1, "g");
    let now_ms = world.now_ms;
    let bot = world.model.bot_join("lobby", "robot", 2.0, now_ms);
    world.model.say("lobby", "robot", "/me beeps", now_ms);
    world.model.say("lobby", "passer", "hello", now_ms);
    assert!(world.model.bot_event(
        bot,
        "queue",
        &json!({ "id": "x", "type": "yt", "pos": "end" }),
        now_ms
    ));
    world.frame(1, "3");
    let names = world.names(1);
    assert_eq!(
        names[..5],
        ["addUser", "chatMsg", "addUser", "chatMsg", "queue"]
    );
    assert!(world.model.kick_user("lobby", "robot", None, now_ms));
    assert_eq!(world.model.bot("lobby", "robot"), None);
}

#[test]
fn unseen_admin_acts() {
    let mut world = World::relaxed();
    world.guest(1, "g");
    let now_ms = world.now_ms;
    world.model.act(
        "lobby",
        "stage",
        "setMotd",
        &json!({ "motd": "hi" }),
        now_ms,
    );
    world.model.act(
        "lobby",
        "stage",
        "setPermissions",
        &json!({ "chat": 2 }),
        now_ms,
    );
    world.model.queue(
        "lobby",
        "stage",
        &MediaEntry::new("yt", "x", "X", 9.0),
        now_ms,
    );
    world.frame(1, "3");
    let names = world.names(1);
    assert_eq!(names[..3], ["setMotd", "setPermissions", "queue"]);
    let room = world.model.room("lobby").unwrap();
    assert_eq!(room.users.len(), 1, "unseen");
    assert_eq!(room.playlist[0].queued_by, "stage");
}

#[test]
fn playlist_can_be_laid_out_before_anybody_comes() {
    let mut world = World::relaxed();
    world
        .model
        .queue("lobby", "stage", &MediaEntry::new("yt", "x", "X", 9.0), 0);
    world.wait(60_000);
    world.guest(1, "g");
    let room = world.model.room("lobby").unwrap();
    assert_eq!(room.position_s, -3.0, "it begins with the first viewer");
}

#[test]
fn operator_closes_and_moves_rooms() {
    let mut world = World::relaxed();
    world.guest(1, "g");
    world
        .model
        .close_room("lobby", "Channel shutting down", world.now_ms);
    world.frame(1, "40");
    assert_eq!(
        world.frames(1)[0],
        r#"42["kick",{"reason":"Channel shutting down"}]"#
    );
    world.guest(2, "h");
    world
        .model
        .partition_change("lobby", &json!({ "servers": [] }), world.now_ms);
    world.frame(2, "3");
    assert_eq!(
        world.frames(2),
        [r#"42["partitionChange",{"servers":[]}]"#, "41"]
    );
}

#[test]
fn garbage_reaches_its_target() {
    let mut world = World::relaxed();
    world.guest(1, "g");
    world.guest(2, "h");
    assert_eq!(
        world
            .model
            .send_raw(&Target::User("G".into()), "42[nonsense"),
        1
    );
    assert_eq!(world.model.send_raw(&Target::Room("lobby".into()), "4"), 2);
    world.frame(1, "3");
    assert_eq!(world.frames(1), ["42[nonsense", "4"]);
}

#[test]
fn same_inputs_give_the_same_outputs() {
    let run = || {
        let mut world = World::relaxed();
        world.member(1, "alice");
        for id in ["a", "b", "c", "d"] {
            world.queue(1, "yt", id, false);
        }
        world.send(1, "shufflePlaylist", Value::Null);
        world.wait(100_000);
        world.frames(1)
    };
    assert_eq!(run(), run());
}
