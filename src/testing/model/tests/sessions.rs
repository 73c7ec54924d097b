//! Transport, connect and login.

use super::World;
use crate::testing::{ModelConfig, Peer};
use serde_json::json;

#[test]
fn silent_client_is_dropped_after_145_seconds() {
    let mut world = World::relaxed();
    world.guest(1, "watcher");
    world.guest(2, "ghost");
    for _ in 0..6 {
        world.wait(25_000);
        world.frame(1, "3");
    }
    assert_eq!(world.closed, [2]);
    let frames = world.frames(2);
    let pings = frames.iter().filter(|frame| *frame == "2").count();
    assert_eq!(pings, 1, "an unanswered ping is not repeated");
    let left = world
        .events(1)
        .into_iter()
        .find(|(name, _)| name == "userLeave");
    assert_eq!(left.unwrap().1, json!({ "name": "ghost" }));
}

#[test]
fn socket_that_never_connects_is_closed() {
    let mut world = World::relaxed();
    world.open(1, Peer::new("10.0.0.1"));
    world.wait(44_999);
    assert!(world.closed.is_empty());
    world.wait(1);
    assert_eq!(world.closed, [1]);
}

#[test]
fn connects_are_throttled_by_address() {
    let mut world = World::new(ModelConfig::default());
    let connect = |world: &mut World, n| {
        world.open(n, Peer::new("10.0.0.9"));
        world.frame(n, "40");
        world.frames(n).swap_remove(1)
    };
    for n in 1..=5 {
        assert!(connect(&mut world, n).starts_with("40"));
    }
    assert_eq!(
        connect(&mut world, 6),
        r#"44{"message":"Rate limit exceeded"}"#
    );
    assert!(world.closed.is_empty(), "the transport stays open");
    world.wait(10_001);
    assert!(connect(&mut world, 7).starts_with("40"));
}

#[test]
fn eleventh_socket_of_an_address_is_kicked_and_closed() {
    let mut config = ModelConfig::relaxed();
    config.connections_per_ip_max = 10;
    let mut world = World::new(config);
    for n in 1..=11 {
        world.open(n, Peer::new("10.0.0.9"));
        world.frame(n, "40");
    }
    assert_eq!(world.names(11), ["kick"]);
    assert_eq!(world.closed, [11]);
}

#[test]
fn banned_address_and_scripted_refusal() {
    let mut config = ModelConfig::relaxed();
    config.banned_ips.insert("10.0.0.1".into());
    let mut world = World::new(config);
    world.connect(1);
    assert_eq!(
        world.frames(1)[1],
        r#"44{"message":"You are banned from the server"}"#
    );
    world.model.refuse_connects(Some("not today".into()));
    world.connect(2);
    assert_eq!(world.frames(2)[1], r#"44{"message":"not today"}"#);
}

#[test]
fn garbage_ends_the_transport() {
    let mut world = World::relaxed();
    let garbage = ["9zzz", r#"42["chatMsg",{"#, "49", "42[]", "", "2"];
    for (n, frame) in (1..).zip(garbage) {
        world.connect(n);
        world.frame(n, frame);
        assert_eq!(world.closed.pop(), Some(n), "{frame}");
    }
    world.open(20, Peer::new("10.0.0.20"));
    world.frame(20, r#"42["joinChannel",{"name":"lobby"}]"#);
    assert_eq!(world.closed, [20], "an event before the connect");
    world.connect(21);
    world.frame(21, r#"42[5,{"a":1}]"#);
    world.frame(21, "40/nope,");
    assert_eq!(world.closed, [20]);
    assert_eq!(
        world.frames(21).pop().unwrap(),
        r#"44/nope,{"message":"Invalid namespace"}"#
    );
}

#[test]
fn kicked_client_may_connect_again_on_the_same_transport() {
    let mut world = World::relaxed();
    world.guest(1, "a");
    world
        .model
        .kick_user("lobby", "A", Some("bye"), world.now_ms);
    world.frame(1, "40");
    let frames = world.frames(1);
    assert_eq!(frames[..2], [r#"42["kick",{"reason":"bye"}]"#, "41"]);
    assert_eq!(frames.last().unwrap(), r#"42["rank",-1]"#);
}

#[test]
fn login_errors_are_the_servers() {
    let mut world = World::new(ModelConfig::default());
    let error = |world: &mut World, arg| {
        world.forget();
        world.send(1, "login", arg);
        world.only(1, "login")["error"].as_str().unwrap().to_owned()
    };
    world.connect(1);
    let invalid = "Invalid username/password combination";
    assert_eq!(
        error(&mut world, json!({ "name": "dave", "pw": "x" })),
        invalid
    );
    let unknown = json!({ "name": "nobody", "pw": "x" });
    assert_eq!(error(&mut world, unknown), "User does not exist");
    let registered = "That username is registered.";
    assert_eq!(error(&mut world, json!({ "name": "A1ice" })), registered);
    let reserved = "That username is reserved.";
    assert_eq!(error(&mut world, json!({ "name": "the_admin" })), reserved);
    assert!(error(&mut world, json!({ "name": "bad name!" })).starts_with("Invalid username.  "));
    world.forget();
    world.send(1, "login", json!("text"));
    assert_eq!(
        world.only(1, "errorMsg"),
        json!({ "msg": "Invalid login frame" })
    );
}

#[test]
fn guests_of_an_address_wait_a_minute() {
    let mut world = World::new(ModelConfig::default());
    for n in 1..=2 {
        world.open(n, Peer::new("10.0.0.9"));
        world.frame(n, "40");
        world.send(n, "login", json!({ "name": format!("guest{n}") }));
    }
    let error = "Guest logins are restricted to one per IP address per 60 seconds.";
    assert_eq!(world.only(2, "login")["error"], error);
    world.wait(60_000);
    world.send(2, "login", json!({ "name": "guest2" }));
    assert_eq!(world.only(2, "login")["success"], true);
}

#[test]
fn guest_login_after_joining_cannot_take_a_name_in_use() {
    let mut world = World::relaxed();
    world.guest(1, "gina");
    world.guest(2, "");
    world.send(2, "login", json!({ "name": "GINA" }));
    let error = "That name is already in use on this channel.";
    assert_eq!(world.only(2, "login")["error"], error);
}

#[test]
fn account_login_after_joining_tells_everybody() {
    let mut world = World::relaxed();
    world.member(1, "alice");
    world.guest(2, "");
    world.send(2, "login", json!({ "name": "bob", "pw": "bob" }));
    let own = [
        "rank",
        "login",
        "addUser",
        "rank",
        "userlist",
        "setPlaylistMeta",
        "playlist",
        "setUserRank",
    ];
    let mut heard = world.names(2);
    heard.retain(|name| name != "chatMsg");
    assert_eq!(heard, own);
    assert_eq!(world.names(1), ["addUser", "chatMsg", "setUserRank"]);
}

#[test]
fn too_many_events_are_a_kick() {
    let mut config = ModelConfig::relaxed();
    config.events_per_s_max = Some(3.0);
    let mut world = World::new(config);
    world.connect(1);
    world.forget();
    for _ in 0..4 {
        world.send(1, "whatever", json!({}));
    }
    assert_eq!(
        world.only(1, "kick"),
        json!({ "reason": "Rate limit exceeded" })
    );
}

#[test]
fn announcement_reaches_those_here_and_those_to_come() {
    let mut world = World::relaxed();
    world.connect(1);
    world.forget();
    let text = json!({ "id": "1", "title": "t", "text": "<b>x</b>", "from": "sysop" });
    world.model.announce(Some(text.clone()), world.now_ms);
    world.connect(2);
    assert_eq!(world.only(1, "announcement"), text);
    assert_eq!(world.names(2), ["rank", "announcement"]);
}
