//! Coming in as anybody, seeing what is there, saying something, and leaving.

use crate::site::*;
use projectionist::{channel::*, command::*, config::*, event::*, event_log::*, model::*, *};
use std::time::Duration;

#[test]
fn an_anonymous_viewer_sees_the_room_as_it_is() {
    let site = Site::new();
    site.furnish();
    let room = live(site.config());
    same_as(&room, &site);
    assert_eq!(room.state().me.name, None);
    assert_eq!(room.state().me.rank, Some(Rank::ANONYMOUS));
    assert_eq!(chat(&room), ["before you came"]);
    assert_eq!(room.say("hi").unwrap_err(), CommandError::NeedsName);
    let health = room.health();
    assert_eq!(health.phase, Phase::Live);
    assert_eq!(health.transport.as_deref(), Some("websocket"));
    assert!(health.last_frame_at.is_some());
    assert_eq!(health.storage, Storage::Sound);
    room.close().unwrap();
    sound(&site.log_path(), Some(&room.state()));
}

#[test]
fn the_picture_follows_the_room() {
    let site = Site::new();
    site.furnish();
    let room = live(site.config());
    let lobby = site.room();
    lobby.add_user("Newcomer", 0.0);
    lobby.skip();
    lobby.act("Keeper", "shufflePlaylist", &serde_json::Value::Null);
    lobby.act(
        "Keeper",
        "delete",
        &serde_json::json!(site.view().playlist[0].uid),
    );
    lobby.act(
        "Keeper",
        "assignLeader",
        &serde_json::json!({ "name": "Keeper" }),
    );
    lobby.set_permissions(&[("chat", 0.0), ("playlistadd", 2.0)]);
    lobby.say("Newcomer", "hello");
    lobby.remove_user("Newcomer");
    assert!(lobby.send("Keeper", "closePoll", &serde_json::Value::Null));
    same_as(&room, &site);
    until(&room, |state| {
        state.chat.iter().any(|line| line.text == "hello")
    });
    room.close().unwrap();
    sound(&site.log_path(), Some(&room.state()));
}

#[test]
fn a_guest_has_a_name_and_speaks() {
    let site = Site::new();
    let room = live(site.config().guest("reel"));
    assert_eq!(room.state().me.name.as_deref(), Some("reel"));
    assert_eq!(room.state().me.guest, Some(true));
    let Some(Outcome::Confirmed { seq, .. }) = room.say("good evening").unwrap().wait(WAIT) else {
        panic!("{:?}", room.history(&Read::default()));
    };
    let said = room.history(&Read::default().after(Seq(seq.0 - 1)).limit(1));
    let said = said.unwrap();
    assert_eq!(said[0].text(), "good evening");
    assert_eq!(said[0].actor.as_deref(), Some("reel"));
    assert!(room.state().seq >= seq, "seen is committed");
    same_as(&room, &site);
}

#[test]
fn an_account_has_its_rank_and_a_private_word() {
    let site = Site::new();
    site.room().add_user("Keeper", 2.0);
    let room = live(site.owner());
    until(&room, |state| state.me.rank == Some(Rank(5.0)));
    assert_ne!(
        room.state().me.guest,
        Some(true),
        "the server says nothing of it"
    );
    let outcome = room.pm("Keeper", "psst").unwrap().wait(WAIT);
    let Some(Outcome::Confirmed { seq, .. }) = outcome else {
        panic!("{outcome:?}");
    };
    let pm = room
        .history(&Read::default().kinds([Kind::PmSaid]))
        .unwrap();
    assert_eq!((pm[0].seq, pm[0].text()), (seq, "psst"));
    assert_eq!(room.pm("alice", "me").unwrap_err(), CommandError::ToSelf);
    same_as(&room, &site);
}

#[test]
fn a_cookie_logs_in_and_one_that_is_ignored_ends_it() {
    let site = Site::new();
    let room = live(site.config().cookie(COOKIE));
    assert_eq!(room.state().me.name.as_deref(), Some(OWNER.0));
    room.close().unwrap();

    let room = opened(site.config().cookie("stale"));
    let Err(WaitError::Ended { cause, last_error }) = room.wait_live(WAIT) else {
        panic!("{:?}", room.health());
    };
    assert_eq!(cause, Some(DisconnectCause::LoginFailed));
    assert!(last_error.unwrap().contains("cookie"));
    drop(room);

    let login = Login::Cookie {
        auth: Secret::new("stale"),
        ip_session: None,
        anonymous_allowed: true,
    };
    let room = live(site.config().login(login));
    assert_eq!(room.state().me.name, None, "stays, anonymous");
}

#[test]
fn a_wrong_account_password_ends_it() {
    let site = Site::new();
    let room = opened(site.config().account(OWNER.0, "wrong-horse"));
    let Err(WaitError::Ended { cause, last_error }) = room.wait_live(WAIT) else {
        panic!("{:?}", room.health());
    };
    assert_eq!(cause, Some(DisconnectCause::LoginFailed));
    let words = last_error.unwrap();
    assert!(words.contains("Invalid username/password"), "{words}");
    assert_eq!(room.health().phase, Phase::Closed);
}

#[test]
fn closing_leaves_the_channel_and_settles_everything() {
    let site = Site::new();
    let room = live(site.config().guest("reel"));
    let flushed = room.flush().unwrap();
    assert!(flushed <= room.state().seq);
    let other = room.clone();
    room.close().unwrap();
    assert!(
        site.server
            .wait_for(WAIT, |view| view.connection_count() == 0)
    );
    assert_eq!(other.say("late").unwrap_err(), CommandError::Closed);
    assert_eq!(other.flush().unwrap_err(), CommandError::Closed);
    assert_eq!(
        other.wait_live(WAIT).map(|_| ()),
        Err(WaitError::Closed),
        "no longer live"
    );
    assert_eq!(losses(&other), [DisconnectCause::Stopped]);
    sound(&site.log_path(), Some(&other.state()));
}

#[test]
fn the_last_handle_stops_the_engine_and_frees_the_log() {
    let site = Site::new();
    let engine = Engine::open(site.config()).unwrap();
    let room = engine.handle();
    drop(engine);
    room.wait_live(WAIT).unwrap();
    assert!(matches!(
        Engine::open(site.config()),
        Err(OpenError::Log(LogError::InUse { .. }))
    ));
    drop(room);
    // Joined: the file is free at once, and ends with our leaving.
    let again = live(site.config());
    assert_eq!(losses(&again), [DisconnectCause::Stopped]);
}

#[test]
fn a_log_goes_on_where_it_ended() {
    let site = Site::new();
    site.room().say("Keeper", "one");
    let first = live(site.config());
    let log_id = first.log_id().to_owned();
    first.close().unwrap();
    let (head, state) = (first.state().seq, first.state());
    site.room().say("Keeper", "two");
    let second = opened(site.config());
    assert_eq!(second.log_id(), log_id);
    assert_eq!(second.state().motd, state.motd, "known before any socket");
    second.wait_live(WAIT).unwrap();
    assert!(second.state().seq > head);
    assert_eq!(chat(&second), ["one", "two"], "each once");
    second.close().unwrap();
    sound(&site.log_path(), Some(&second.state()));
}

#[test]
fn a_log_of_another_channel_is_refused_by_name() {
    let site = Site::new();
    live(site.config()).close().unwrap();
    let other = Config::new(site.server.url(), "other").log(site.log_path());
    let refused = Engine::open(other.allow_insecure(true)).unwrap_err();
    assert!(refused.to_string().contains(ROOM), "{refused}");
}

#[test]
fn a_flood_of_commands_is_bounded() {
    let site = Site::new();
    let config = site.config().guest("reel");
    let room = live(
        config
            .command_queue_max(16)
            .send_wait_max(Duration::from_millis(300)),
    );
    let (mut taken, mut busy) = (Vec::new(), 0);
    for n in 0..10_000 {
        match room.say(format!("line {n}")) {
            Ok(receipt) => taken.push(receipt),
            Err(CommandError::Busy(_)) => busy += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert!(busy > 0, "no limit was met");
    let outcomes: Vec<_> = taken.iter().map(|receipt| receipt.wait(WAIT)).collect();
    let confirmed = |outcome: &&Option<Outcome>| matches!(outcome, Some(Outcome::Confirmed { .. }));
    let refused = |outcome: &&Option<Outcome>| {
        matches!(outcome, Some(Outcome::NotSent(CommandError::Busy(_))))
    };
    let (said, late) = (
        outcomes.iter().filter(confirmed).count(),
        outcomes.iter().filter(refused).count(),
    );
    assert!(said > 0);
    assert_eq!(said + late, outcomes.len(), "every command has an outcome");
    assert_eq!(
        chat(&room).len(),
        said,
        "what was said is what was confirmed"
    );
}
