//! P3 and P4: what we cannot know is unknown, what we missed is a row, and nobody ever reads half a
//! burst.

#![cfg(test)]

mod common;

use common::{Burst, Room, body, config, item, poll, user};
use projectionist::{event::*, event_log::*, model::*, state::*};
use serde_json::json;

#[test]
fn p3_before_the_first_join_everything_is_unknown() {
    let mut room = Room::new(config());
    room.connect();
    let state = room.state();
    assert!(state.users.is_none() && state.playlist.is_none() && state.emotes.is_none());
    assert!(state.media.is_unknown() && state.poll.is_unknown() && state.leader.is_unknown());
    assert!(state.permissions.is_none() && state.motd.is_none() && state.registered.is_none());
    assert_eq!(state.may("chat"), None);
    let json = serde_json::to_value(state).unwrap();
    assert_eq!(
        (&json["users"], &json["playlist"]),
        (&json!(null), &json!(null))
    );
}

#[test]
fn p3_empty_is_told_and_hidden_is_not() {
    let room = Room::joined();
    let state = room.state();
    assert_eq!(state.users.as_ref().map(|users| users.len()), Some(0));
    assert_eq!(state.playlist.as_ref().map(|list| list.len()), Some(0));
    assert_eq!(state.media, Known::Absent);
    assert_eq!(state.poll, Known::Absent);
    let hidden = Burst {
        playlist: None,
        permissions: json!({"seeplaylist": 1}),
        ..Burst::with_items(&[item(0, "a")])
    };
    let room = Room::joined_with(config(), &hidden);
    assert_eq!(room.state().playlist, None);
    assert_eq!(
        room.state().playlist_meta.unwrap().count,
        1,
        "the count is told to all"
    );
    assert_eq!(body(&room.last(Kind::Joined))["playlist"], json!(null));
}

#[test]
fn p3_votes_to_skip_are_unknown_until_told_again() {
    // A join does not tell them (`src/channel/voteskip.js`).
    let mut room = Room::joined_with(config().account("me", "pw"), &Burst::default());
    room.server("rank", json!(2));
    assert_eq!(room.state().voteskip, None);
    room.server("voteskip", json!({"count": 1, "need": 2}));
    assert_eq!(room.state().voteskip, Some(Voteskip { count: 1, need: 2 }));
    room.frame("42[\"clearVoteskipVote\"]");
    assert_eq!(room.state().voteskip, Some(Voteskip { count: 1, need: 2 }));
    room.rejoin(&Burst::default());
    assert_eq!(room.state().voteskip, None);
}

#[test]
fn p3_a_rank_that_may_not_see_votes_any_more_forgets_them() {
    let mut room = Room::joined_with(config().account("me", "pw"), &Burst::default());
    room.server("rank", json!(2));
    room.server("voteskip", json!({"count": 1, "need": 2}));
    room.server("rank", json!(1));
    assert_eq!(room.state().voteskip, None);
}

#[test]
fn p3_a_lost_connection_is_a_row_and_leaves_the_picture_stale() {
    let mut room = Room::joined_with(config(), &Burst::with_items(&[item(0, "a")]));
    room.cut();
    let lost = body(&room.last(Kind::Disconnected));
    let told = json!({"cause": "closed", "detail": null, "close_code": 1006, "retry_in_ms": 5000});
    assert_eq!(lost, told);
    let state = room.state();
    assert!(!state.is_live());
    assert_eq!(state.connection.phase, ConnectionPhase::Down);
    assert_eq!(
        state.playlist.as_ref().unwrap().len(),
        1,
        "kept, and marked stale"
    );
}

#[test]
fn p3_reconnecting_takes_nothing_from_the_picture_before_the_join_does() {
    // Each connection begins at rank -1 (`src/io/ioserver.js`): no demotion, just not yet greeted.
    let burst = Burst {
        permissions: json!({"seeplaylist": 1, "viewvoteskip": 1, "filteredit": 2, "ban": 2}),
        ..Burst::with_items(&[item(0, "a")])
    };
    let mut room = Room::joined_with(config().account("me", "pw"), &burst);
    assert!(room.state().playlist.is_some());
    room.cut();
    room.wait(10_000);
    room.connect();
    assert!(room.state().playlist.is_some());
    room.burst(&burst);
    let joined = body(&room.last(Kind::Joined));
    assert!(joined.get("playlist").is_none(), "unchanged: {joined}");
}

#[test]
fn p3_a_rejoin_to_an_unchanged_channel_is_small_whatever_the_playlist() {
    let items: Vec<_> = (0..4_000)
        .map(|uid| item(uid, &format!("video{uid:06}")))
        .collect();
    let burst = Burst {
        permissions: json!({"seeplaylist": 0}),
        users: vec![user("me", 1.0), user("bob", 1.0)],
        poll: Some(poll("q", &json!([1, 2]), 5)),
        ..Burst::with_items(&items)
    };
    let mut room = Room::joined_with(config().account("me", "pw"), &burst);
    let before = room.head();
    let mut later = burst.clone();
    later.playing.as_mut().unwrap().1["currentTime"] = json!(20.1);
    room.cut();
    room.wait(10_000);
    room.connect();
    room.burst(&later);
    // Registered users are sent the list once more.
    room.server(
        "setPlaylistMeta",
        json!({"count": 4000, "rawTime": 360_000, "time": ""}),
    );
    room.server("playlist", json!(items));
    room.server("setCurrent", json!(0));
    room.wait(100);
    let events = room
        .channel()
        .log()
        .read(&Read::default().after(before))
        .unwrap();
    let size = |event: &Recorded| {
        body(event).to_string().len() + event.raw.as_ref().map_or(0, String::len)
    };
    let bytes: usize = events.iter().map(size).sum();
    assert!(
        bytes < 16 << 10,
        "{bytes} bytes: {:?}",
        room.kinds_after(before)
    );
    assert_eq!(room.state().playlist.as_ref().unwrap().len(), 4_000);
}

#[test]
fn p4_half_a_burst_and_a_cut_leave_the_old_picture() {
    let mut first = Burst::with_items(&[item(0, "a")]);
    first.users = vec![user("bob", 1.0)];
    let second = Burst {
        users: vec![user("carol", 1.0)],
        motd: "new".to_owned(),
        ..Burst::with_items(&[item(9, "z")])
    };
    let frames = second.frames();
    let end = frames
        .iter()
        .position(|frame| frame.contains("\"userlist\""))
        .unwrap();
    for cut in 1..=end {
        let mut room = Room::joined_with(config(), &first);
        let picture = |room: &Room| {
            let state = room.state();
            (
                state.users.clone(),
                state.playlist.clone(),
                state.motd.clone(),
                state.media.clone(),
            )
        };
        let before = picture(&room);
        room.cut();
        room.wait(10_000);
        room.connect();
        for frame in &frames[..cut] {
            room.frame(frame);
            assert_eq!(picture(&room), before);
        }
        room.cut();
        assert_eq!(picture(&room), before, "cut behind {cut} frames");
        assert_eq!(room.of_kind(Kind::Joined).len(), 1);
    }
}

#[test]
fn p4_the_burst_is_one_event_and_its_lines_follow_in_the_same_commit() {
    let mut room = Room::new(config());
    room.connect();
    let before = room.channel().counters().commits;
    room.burst(&Burst::with_history(&[
        common::line("bob", "a", 1),
        common::line("bob", "b", 2),
    ]));
    assert_eq!(room.channel().counters().commits, before + 1);
    assert_eq!(room.of_kind(Kind::Joined).len(), 1);
    assert_eq!(room.chat().len(), 2);
}

#[test]
fn p4_a_reader_keeps_the_picture_it_took() {
    let mut room = Room::joined_with(config(), &Burst::with_users(&[user("bob", 1.0)]));
    let taken = room.channel().state().clone();
    room.server("userLeave", json!({"name": "bob"}));
    room.says("carol", "hi");
    assert_eq!(taken.users.as_ref().unwrap().len(), 1);
    assert!(taken.chat.is_empty());
    assert_eq!(room.state().seq.0, taken.seq.0 + 2);
}

#[test]
fn p4_what_arrives_right_behind_a_burst_comes_after_it() {
    let mut room = Room::new(config().account("me", "pw"));
    room.connect();
    let before = room.head();
    for frame in Burst::with_users(&[user("me", 1.0)]).frames() {
        room.frame(&frame);
    }
    // In the same moment, without the pause that would settle the burst: the rank from the
    // database, and the list as moderators see it (`src/channel/ranks.js`).
    room.server("rank", json!(2));
    room.server("userlist", json!([user("me", 2.0)]));
    room.server("usercount", json!(4));
    assert_eq!(
        room.kinds_after(before),
        ["joined", "own_rank", "user_list", "user_count"]
    );
    assert_eq!(room.state().user_count, Some(4));
}
