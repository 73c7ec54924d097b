//! Joining, and who is in the room: what comes before the burst, in pieces, late, or twice.

#![cfg(test)]

mod common;

use common::{Burst, Room, config, item, line, poll, user};
use projectionist::{event::*, model::*, state::*};
use serde_json::json;

#[test]
fn trap_9_1_broadcasts_caused_by_our_own_entry_are_superseded_by_the_burst() {
    // The socket enters the room before the burst is sent (`src/channel/channel.js`), so the
    // eviction of our own ghost is told to us first.
    let mut room = Room::new(config().guest("reel"));
    room.connect();
    let before = room.head();
    room.server("userLeave", json!({"name": "reel"}));
    room.server("setLeader", json!(""));
    room.server("mediaUpdate", json!({"currentTime": 3.5, "paused": false}));
    room.server("usercount", json!(7));
    assert_eq!(room.kinds_after(before), Vec::<&str>::new());
    assert_eq!(room.channel().counters().unrecorded.before_burst, 4);
    room.burst(&Burst::with_users(&[user("reel", 0.0), user("alice", 5.0)]));
    assert_eq!(room.state().users.as_ref().unwrap().len(), 2);
    assert_eq!(room.kinds_after(before), ["joined"]);
}

#[test]
fn p4_a_mute_told_within_the_burst_is_left_to_its_user_list() {
    // Mutes outlive a visit; who may mute is told of them between emotes and chat
    // (`src/channel/chat.js` onUserPostJoin), while the state still shows the last visit.
    let burst = Burst::with_users(&[user("reel", 2.0)]);
    let mut room = Room::joined_with(config().guest("reel"), &burst);
    room.cut();
    room.wait(10_000);
    room.connect();
    let (before, frames) = (room.head(), burst.frames());
    for frame in &frames[..3] {
        room.frame(frame);
    }
    let meta = json!({"afk": false, "muted": true, "smuted": true, "aliases": [], "ip": "x"});
    room.server("setUserMeta", json!({"name": "reel", "meta": meta}));
    assert_eq!(room.head(), before);
    let users = room.state().users.as_ref().unwrap();
    assert!(!users.find("reel").unwrap().muted);
    for frame in &frames[3..] {
        room.frame(frame);
    }
    room.wait(60);
    assert_eq!(room.kinds_after(before), ["joined"]);
}

#[test]
fn trap_9_1_what_is_said_to_us_before_the_burst_counts() {
    let mut room = Room::new(config().guest("reel"));
    room.connect();
    let before = room.head();
    room.server("rank", json!(2));
    room.server("errorMsg", json!({"msg": "something"}));
    let told = json!({"id": "1", "title": "t", "text": "x", "from": "op"});
    room.server("announcement", told);
    assert_eq!(
        room.kinds_after(before),
        ["own_rank", "error", "announcement"]
    );
}

#[test]
fn trap_9_1_a_voteskip_notice_before_the_burst_never_enters_the_alignment() {
    // Evicting our ghost can tip a vote; its notice is in no replay (`src/channel/voteskip.js`).
    let mut history = vec![line("bob", "a", 10), line("bob", "b", 20)];
    let mut room = Room::joined_with(config(), &Burst::with_history(&history));
    room.cut();
    room.wait(10_000);
    room.connect();
    room.server("chatMsg", line("[voteskip]", "Voteskip passed: x", 25));
    history.push(line("bob", "c", 30));
    room.burst(&Burst::with_history(&history));
    assert_eq!(room.chat(), ["a", "b", "Voteskip passed: x", "c"]);
    assert_eq!(room.of_kind(Kind::ChatGapFound), []);
    let mut room = room.restarted();
    room.connect();
    room.burst(&Burst::with_history(&history));
    assert_eq!(room.chat().len(), 4);
    let notice = &room.of_kind(Kind::MessageSaid)[2];
    assert_eq!(common::body(notice)["source"], "voteskip");
}

#[test]
fn trap_9_1_a_users_line_before_the_burst_is_left_to_the_replay() {
    // It would stand in the log twice, or ahead of lines that were said before it.
    let mut room = Room::new(config());
    room.connect();
    room.server("chatMsg", line("bob", "b", 20));
    room.burst(&Burst::with_history(&[
        line("bob", "a", 10),
        line("bob", "b", 20),
    ]));
    assert_eq!(room.chat(), ["a", "b"]);
}

#[test]
fn trap_9_2_a_duplicate_login_of_another_is_a_leave_and_a_join_in_that_order() {
    let mut room = Room::joined_with(config(), &Burst::with_users(&[user("bob", 1.0)]));
    let before = room.head();
    room.server("userLeave", json!({"name": "bob"}));
    room.server("addUser", user("bob", 1.0));
    assert_eq!(room.kinds_after(before), ["user_leave", "user_join"]);
    assert!(room.state().users.as_ref().unwrap().find("BOB").is_some());
}

#[test]
fn trap_9_2_a_leave_of_our_own_name_is_not_our_leaving() {
    let mut room = Room::new(config().guest("reel"));
    room.connect();
    room.burst(&Burst::with_users(&[user("reel", 0.0)]));
    room.server("userLeave", json!({"name": "Reel"}));
    assert!(room.state().is_live());
    assert!(room.state().users.as_ref().unwrap().find("reel").is_some());
}

#[test]
fn trap_9_3_no_part_of_a_burst_shows_before_its_end() {
    let mut first = Burst::with_items(&[item(0, "a")]);
    first.users = vec![user("bob", 1.0)];
    let mut room = Room::joined_with(config(), &first);
    room.cut();
    room.wait(10_000);
    room.connect();
    let before = room.state().clone();
    let second = Burst {
        motd: "new".to_owned(),
        users: vec![user("carol", 1.0)],
        ..Burst::with_items(&[item(7, "z")])
    };
    for frame in second.frames() {
        room.frame(&frame);
        assert_eq!(*room.state(), before, "after {frame}");
    }
    room.wait(60);
    let state = room.state();
    assert_eq!(state.motd.as_deref(), Some("new"));
    assert!(state.users.as_ref().unwrap().find("bob").is_none());
    assert!(state.playlist.as_ref().unwrap().find(Uid(7)).is_some());
}

#[test]
fn trap_9_3_what_a_burst_leaves_out_is_not_there_any_more() {
    // No `changeMedia`: nothing plays. No `newPoll`, no `setLeader`: none. No `playlist`: hidden.
    let full = Burst {
        poll: Some(poll("q", &json!([1, 2]), 5)),
        leader: Some("bob"),
        users: vec![user("bob", 1.5)],
        ..Burst::with_items(&[item(0, "a")])
    };
    let mut room = Room::joined_with(config(), &full);
    assert!(room.state().poll.as_ref().is_some());
    assert_eq!(room.state().leader, Known::Present("bob".to_owned()));
    room.rejoin(&Burst {
        playlist: None,
        user_count: None,
        ..Burst::default()
    });
    let state = room.state();
    assert_eq!(state.media, Known::Absent);
    assert_eq!(state.poll, Known::Absent);
    assert_eq!(state.leader, Known::Absent);
    assert_eq!(state.playlist, None);
    assert_eq!(state.current, None);
    assert_eq!(state.user_count, None, "not told yet");
}

#[test]
fn trap_9_3_a_later_permission_map_opens_no_burst() {
    let mut room = Room::joined_with(config(), &Burst::with_users(&[user("bob", 1.0)]));
    let before = room.head();
    room.server("setPermissions", json!({"chat": 1}));
    room.says("bob", "still live");
    assert_eq!(room.kinds_after(before), ["permissions_change", "message"]);
    assert_eq!(
        room.last(Kind::MessageSaid).origin,
        Origin::Live,
        "and chat is no replay"
    );
}

#[test]
fn trap_9_3_followers_of_the_burst_belong_to_it() {
    let burst = Burst {
        leader: Some("bob"),
        user_count: Some(9),
        registered: false,
        ..Burst::with_users(&[user("bob", 1.5)])
    };
    let room = Room::joined_with(config(), &burst);
    assert_eq!(room.of_kind(Kind::LeaderChanged), []);
    assert_eq!(room.of_kind(Kind::UsersCounted), []);
    assert_eq!(room.of_kind(Kind::RegistrationTold), []);
    let state = room.state();
    assert_eq!(state.user_count, Some(9));
    assert_eq!(state.registered, Some(false));
    assert_eq!(state.leader, Known::Present("bob".to_owned()));
}

#[test]
fn trap_9_9_a_playlist_we_may_no_longer_see_is_unknown_not_stale() {
    // The server just stops telling (`src/channel/permissions.js`).
    let mut room = Room::joined_with(config(), &Burst::with_items(&[item(0, "a"), item(1, "b")]));
    room.server("setPermissions", json!({"seeplaylist": 2, "chat": 0}));
    assert_eq!(room.state().playlist, None);
    let misfits = room.state().misfits;
    // These still come to everybody: they mean nothing to a list we do not see.
    room.server("moveVideo", json!({"from": 1, "after": "prepend"}));
    room.server("setTemp", json!({"uid": 1, "temp": true}));
    assert_eq!(room.state().playlist, None);
    assert_eq!(room.state().misfits, misfits + 2);
    // Told again once it is ours again.
    room.server("setPermissions", json!({"seeplaylist": -1, "chat": 0}));
    assert_eq!(room.state().playlist, None);
    room.server("playlist", json!([item(1, "b"), item(0, "a")]));
    assert_eq!(room.state().playlist.as_ref().unwrap().len(), 2);
}

/// The server sends the list, then the rights (`src/channel/permissions.js`): until they come, an
/// empty one looks like a clear, of which everybody is told.
#[test]
fn trap_9_9_an_empty_playlist_that_we_may_see_again_is_empty() {
    let mut room = Room::joined_with(config(), &Burst::with_items(&[item(0, "a")]));
    room.server("setPermissions", json!({"seeplaylist": 2, "chat": 0}));
    let emptied = json!({"count": 0, "rawTime": 0, "time": "00:00"});
    for _ in 0..2 {
        room.server("setPlaylistMeta", emptied.clone());
        room.server("playlist", json!([]));
        assert_eq!(
            room.state().playlist,
            None,
            "a clear tells nothing of later"
        );
    }
    room.server("setPermissions", json!({"seeplaylist": -1, "chat": 0}));
    assert_eq!(
        room.state().playlist.as_ref().map(|list| list.len()),
        Some(0)
    );
}

#[test]
fn trap_9_9_a_demotion_takes_moderators_knowledge_away() {
    let mut bob = user("bob", 1.0);
    bob["meta"] = json!({"afk": false, "muted": false, "smuted": true, "aliases": ["b"],
                         "ip": "+Jk.f9O.UPl.x/B"});
    let config = config().account("me", "pw").record_moderator_data(true);
    let mut room = Room::new(config);
    room.connect();
    room.server("rank", json!(3));
    room.burst(&Burst::with_users(&[bob, user("me", 3.0)]));
    room.server(
        "banlist",
        json!([{"id": 1, "ip": "*", "name": "x", "reason": "", "bannedby": "y"}]),
    );
    room.server("chatFilters", json!([]));
    room.server("channelRanks", json!([{"name": "me", "rank": 3}]));
    let bob_of = |room: &Room| {
        let users = room.state().users.clone().unwrap();
        users.find("bob").unwrap().clone()
    };
    assert!(bob_of(&room).moderator.is_some());
    assert!(room.state().bans.is_some() && room.state().filters.is_some());
    room.server("rank", json!(1));
    assert_eq!(bob_of(&room).moderator, None);
    let state = room.state();
    assert_eq!(
        (&state.bans, &state.filters, &state.ranks),
        (&None, &None, &None)
    );
    // The plain list that follows changes nothing more.
    room.server("userlist", json!([user("bob", 1.0), user("me", 1.0)]));
    assert_eq!(bob_of(&room).moderator, None);
}

#[test]
fn trap_9_15_the_count_of_viewers_is_no_count_of_names() {
    let mut room = Room::joined_with(config(), &Burst::with_users(&[user("bob", 1.0)]));
    room.server("usercount", json!(12));
    assert_eq!(room.state().user_count, Some(12));
    room.server("userLeave", json!({"name": "bob"}));
    assert_eq!(room.state().user_count, Some(12), "it lags by up to 10 s");
    assert!(room.state().users.as_ref().unwrap().is_empty());
}

#[test]
fn trap_9_16_a_rank_told_before_its_user_is_left_to_the_user() {
    let mut room = Room::joined();
    room.server("setUserRank", json!({"name": "Carol", "rank": 2}));
    assert!(room.state().users.as_ref().unwrap().is_empty());
    room.server("addUser", user("carol", 2.0));
    let users = room.state().users.clone().unwrap();
    assert_eq!(users.find("carol").unwrap().rank, Rank(2.0));
    let ranked = common::body(&room.last(Kind::UserRanked));
    assert_eq!(ranked, json!({"name": "Carol", "rank": 2, "before": null}));
}

#[test]
fn trap_9_17_an_anonymous_viewer_who_takes_a_name_is_added() {
    let mut room = Room::joined();
    room.server("usercount", json!(2));
    room.server("addUser", user("foo", 0.0));
    room.server("userLeave", json!({"name": "foo"}));
    // The next foo may be somebody else: nothing of the first is kept.
    let mut other = user("FOO", 0.0);
    other["profile"] = json!({"image": "", "text": "not the same"});
    room.server("addUser", other);
    let users = room.state().users.clone().unwrap();
    let foo = users.find("foo").unwrap();
    assert_eq!(
        (foo.name.as_str(), foo.profile.text.as_str()),
        ("FOO", "not the same")
    );
    assert_eq!(room.state().user_count, Some(2), "nobody came");
}
