//! Connections that end, and what the engine makes of each end.

use crate::site::*;
use projectionist::testing::Discovery;
use projectionist::{channel::*, command::*, event::*, event_log::*, *};

fn said(room: &ChannelHandle, text: &str) {
    until(room, |state| {
        state.chat.iter().any(|line| line.text == text)
    });
}

/// The words of an end that the engine does not come back from.
fn end(room: &ChannelHandle) -> String {
    match room.wait_live(WAIT) {
        Err(error @ WaitError::Ended { .. }) => {
            assert_eq!(room.health().phase, Phase::Closed);
            error.to_string()
        }
        other => panic!("{other:?}: {:?}", room.health()),
    }
}

#[test]
fn p2_a_cut_connection_comes_back_with_each_line_once() {
    let site = Site::new();
    site.furnish();
    let room = live(site.owner());
    site.room().say("Keeper", "one");
    said(&room, "one");
    let session = room.state().connection.session;
    site.server.drop_all();
    site.room().say("Keeper", "two");
    back_after(&room, session);
    site.room().say("Keeper", "three");
    said(&room, "three");
    assert_eq!(chat(&room), ["before you came", "one", "two", "three"]);
    assert_eq!(
        differences(&room.state(), &site.view()),
        Vec::<String>::new()
    );
}

#[test]
fn p2_a_crashed_server_that_forgot_doubles_nothing() {
    let site = Site::new();
    site.furnish();
    let room = live(site.owner());
    drop(site.server.save());
    site.room().say("Keeper", "forgotten");
    said(&room, "forgotten");
    let session = room.state().connection.session;
    site.server.crash().unwrap();
    back_after(&room, session);
    site.room().add_user("Keeper", 2.0);
    site.room().say("Keeper", "after");
    said(&room, "after");
    assert_eq!(chat(&room), ["before you came", "forgotten", "after"]);
}

#[test]
fn p3_more_lines_missed_than_the_server_keeps_are_a_gap() {
    let site = Site::new();
    site.furnish();
    let room = live(site.owner());
    let session = room.state().connection.session;
    site.server.refuse_connects(Some("Rate limit exceeded"));
    site.server.drop_all();
    for n in 0..20 {
        site.room().say("Keeper", &format!("missed {n}"));
    }
    site.server.refuse_connects(None);
    back_after(&room, session);
    let gaps = room
        .history(&Read::default().kinds([Kind::ChatGapFound]))
        .unwrap();
    assert_eq!(gaps.len(), 1);
    assert_eq!(chat(&room).len(), 1 + 15);
}

#[test]
fn p5_a_line_cut_off_is_settled_and_not_said_later() {
    let site = Site::new();
    let room = live(site.owner());
    let session = room.state().connection.session;
    site.server.stall(true);
    let receipt = room.say("into the void").unwrap();
    site.server.drop_all();
    site.server.stall(false);
    assert_eq!(receipt.wait(WAIT), Some(Outcome::Disconnected));
    back_after(&room, session);
    room.say("here again").unwrap().wait(WAIT).unwrap();
    let sent = room
        .history(&Read::default().kinds([Kind::CommandSent]))
        .unwrap();
    assert_eq!(sent.len(), 2);
}

#[test]
fn a_moderators_kick_is_final_until_told_otherwise() {
    let site = Site::new();
    site.furnish();
    let room = live(site.owner());
    let session = room.state().connection.session;
    site.room().kick(OWNER.0, Some("behave"));
    until(&room, |state| !state.is_live());
    assert!(end(&room).contains("behave"));
    room.rejoin().unwrap();
    back_after(&room, session);
}

#[test]
fn a_reloading_channel_is_joined_again() {
    let site = Site::new();
    site.furnish();
    let room = live(site.owner());
    let session = room.state().connection.session;
    site.room().kick(OWNER.0, Some("Channel reloading"));
    back_after(&room, session);
}

#[test]
fn discovery_that_fails_says_how() {
    for (discovery, words) in [
        (Discovery::Html, "is this the address of a CyTube site?"),
        (
            Discovery::EmptyBody,
            "is this the address of a CyTube site?",
        ),
        (Discovery::Status(500), "500"),
        (
            Discovery::Servers(Vec::new()),
            "is this the address of a CyTube site?",
        ),
    ] {
        let site = Site::new();
        site.server.set_discovery(discovery);
        let room = opened(site.config());
        let error = room
            .wait_live(std::time::Duration::from_millis(300))
            .unwrap_err()
            .to_string();
        assert!(error.contains(words), "{words}: {error}");
    }
}

#[test]
fn a_refused_upgrade_goes_on_by_polling() {
    let site = Site::new();
    site.server.refuse_upgrades(Some(403));
    let room = live(site.owner());
    assert_eq!(room.health().transport.as_deref(), Some("polling"));
    let outcome = room.say("by post").unwrap().wait(WAIT);
    assert!(
        matches!(outcome, Some(Outcome::Confirmed { .. })),
        "{outcome:?}"
    );
}

#[test]
fn a_room_with_a_password_says_so() {
    let site = Site::new();
    site.furnish();
    site.room()
        .set_options(&serde_json::json!({ "password": "sesame" }));
    assert!(end(&opened(site.config())).contains("password"));
    let wrong = site
        .config()
        .channel_password("open")
        .log(site.folder.path().join("wrong.db"));
    assert!(end(&opened(wrong)).contains("wrong"));
    let right = site
        .config()
        .channel_password("sesame")
        .log(site.folder.path().join("right.db"));
    drop(live(right));
    for entry in std::fs::read_dir(site.folder.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(6).any(|window| window == b"sesame"));
    }
}

#[test]
fn p4_garbage_between_frames_is_kept_and_harms_nothing() {
    let site = Site::new();
    site.furnish();
    let room = live(site.owner());
    let everyone = projectionist::testing::Target::Room(ROOM.to_owned());
    for garbage in [
        "9",
        "42[",
        "42[\"noSuchEvent\",{}]",
        "42[\"rank\",\"high\"]",
    ] {
        site.server.send_to(&everyone, garbage);
    }
    site.room().say("Keeper", "still here");
    said(&room, "still here");
    let kept = room
        .history(&Read::default().kinds([Kind::Unrecognised]))
        .unwrap();
    assert_eq!(kept.len(), 4, "{kept:?}");
}
