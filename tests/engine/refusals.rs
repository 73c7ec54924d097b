//! Servers that say no, move, fall silent or send too much: what the engine makes of each, over
//! real sockets. The words of each verdict are tested beside the code; here it is what a host sees.

use crate::site::*;
use projectionist::testing::{RoomConfig, ServerConfig, Target};
use projectionist::{config::*, event::*, event_log::*, *};
use serde_json::json;

fn final_end(room: &ChannelHandle) -> String {
    match room.wait_live(WAIT) {
        Err(error @ WaitError::Ended { .. }) => error.to_string(),
        other => panic!("{other:?}: {:?}", room.health()),
    }
}

/// Events that clients sent under this name so far.
fn received(site: &Site, event: &str) -> usize {
    let frames = site.server.received();
    frames
        .iter()
        .filter(|frame| frame.text.contains(event))
        .count()
}

fn everyone() -> Target {
    Target::Room(ROOM.to_owned())
}

#[test]
fn a_ban_of_the_address_is_final() {
    let site = Site::new();
    site.server
        .refuse_connects(Some("You are banned from the server"));
    assert!(final_end(&opened(site.config())).contains("You are banned from the server"));
    assert_eq!(received(&site, "joinChannel"), 0);
}

#[test]
fn kicks_that_would_only_be_repeated_are_final() {
    for reason in [
        "Duplicate login",
        "You're banned!",
        "Channel deleted",
        "This channel has banned connections from Tor.",
    ] {
        let site = Site::new();
        let room = live(site.owner());
        site.room().kick(OWNER.0, Some(reason));
        until(&room, |state| !state.is_live());
        let text = final_end(&room);
        assert!(text.contains(reason), "{reason}: {text}");
        assert_eq!(losses(&room), [DisconnectCause::Kicked]);
    }
}

/// Another program of this address logs in as a guest: our own pacer knows nothing of it.
fn another_guest(site: &Site) {
    let address = site.server.address();
    let url = format!("ws://{address}/socket.io/?EIO=4&transport=websocket");
    let stream = std::net::TcpStream::connect(address).unwrap();
    let (mut socket, _) = tungstenite::client(url, stream).unwrap();
    for (part, answer) in [
        ("pingInterval", "40"),
        ("\"rank\"", r#"42["login",{"name":"first"}]"#),
        ("success", "1"),
    ] {
        while !socket.read().unwrap().into_text().unwrap().contains(part) {}
        socket.send(answer.into()).unwrap();
    }
}

#[test]
fn a_guest_waits_as_long_as_told_and_repeats_the_login_alone() {
    let mut config = model();
    config.guest_login_delay_s = 2;
    let site = Site::with(ServerConfig::new(config));
    another_guest(&site);
    site.server.forget_received();
    let room = live(site.config().guest("reel"));
    assert_eq!(room.state().connection.session, 1, "on the same socket");
    assert_eq!(received(&site, "\"login\""), 2);
    assert_eq!(received(&site, "\"joinChannel\""), 1);
    let answers = room.history(&Read::default().kinds([Kind::LoginAnswered]));
    let waits = answers.unwrap().into_iter().map(|event| match event.event {
        Event::LoginAnswered(login) => login.retry_after_s,
        _ => unreachable!("asked for that kind"),
    });
    assert_eq!(waits.collect::<Vec<_>>(), [Some(2), None]);
}

#[test]
fn a_channel_that_blocks_the_nameless_lets_a_guest_in() {
    let site = Site::new();
    site.room()
        .set_options(&json!({ "block_anonymous_users": true }));
    let text = final_end(&opened(site.config()));
    assert!(text.contains("anonymous"), "{text}");
    let log = site.folder.path().join("guest.db");
    drop(live(site.config().guest("reel").log(log)));
}

#[test]
fn a_moved_channel_is_followed() {
    let (old, new) = (Site::new(), Site::new());
    new.furnish();
    let room = live(old.owner());
    old.room().move_to(&[(new.server.url(), false)]);
    until(&room, |state| {
        let endpoint = state.connection.endpoint.as_deref().unwrap_or_default();
        let port = new.server.address().port().to_string();
        state.is_live() && endpoint.ends_with(&port)
    });
    same_as(&room, &new);
    let moved = room.history(&Read::default().kinds([Kind::ChannelMoved]));
    assert_eq!(moved.unwrap().len(), 1);
}

#[test]
fn a_channel_served_elsewhere_is_asked_for_again_and_never_counts_as_joined() {
    let mut elsewhere = RoomConfig::registered(ROOM);
    elsewhere.elsewhere = true;
    let mut config = model();
    config.rooms = vec![elsewhere];
    let site = Site::with(ServerConfig::new(config));
    let room = opened(site.config());
    let tried = site.server.wait_for(WAIT, |server| {
        let joins = server
            .received()
            .filter(|frame| frame.text.contains("joinChannel"));
        joins.count() >= 2
    });
    assert!(tried, "{:?}", room.health());
    assert!(!room.state().is_live());
    assert!(room.health().last_error.is_some());
}

#[test]
fn p6_a_frame_beyond_the_limit_ends_the_connection_and_not_the_engine() {
    let site = Site::new();
    let room = live(site.owner().frame_bytes_max(64 << 10));
    let session = room.state().connection.session;
    let frame = format!("42[\"setMotd\",\"{}\"]", "x".repeat(65 << 10));
    site.server.send_to(&everyone(), &frame);
    back_after(&room, session);
    assert_eq!(losses(&room), [DisconnectCause::Protocol]);
    let lost = room
        .history(&Read::default().kinds([Kind::Disconnected]))
        .unwrap();
    let Event::Disconnected(lost) = &lost[0].event else {
        unreachable!("asked for that kind");
    };
    let detail = lost.detail.as_deref().unwrap_or_default();
    assert!(detail.contains("65536"), "it names the limit: {detail}");
}

#[test]
fn what_cannot_be_a_channel_or_an_address_is_refused_before_anything_is_dialled() {
    let site = Site::new();
    for config in [
        Config::new(site.server.url(), "no such name!").allow_insecure(true),
        Config::new(site.server.url(), "x".repeat(31)).allow_insecure(true),
        Config::new(site.server.url(), ROOM),
        Config::new("ftp://127.0.0.1", ROOM),
    ] {
        let config = config.log(site.log_path());
        let refused = Engine::open(config).map(|_| ());
        assert!(matches!(refused, Err(OpenError::Config(_))), "{refused:?}");
    }
    assert!(!site.log_path().exists());
    assert!(site.server.received().is_empty());
}
