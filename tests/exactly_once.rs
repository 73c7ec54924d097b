//! P2: every line of chat that the server still has stands in the log once, whatever was lost in
//! between: each known shape of replay by hand. Random ones are in `exactly_once_at_random.rs`.

#![cfg(test)]

mod common;

use common::{ChatServer, Room, body, config};
use projectionist::{event::*, state::*};
use serde_json::{Value, json};

fn hears(room: &mut Room, server: &mut ChatServer, text: &str) {
    let said = server.say(text);
    room.server("chatMsg", said);
}

fn replay(room: &Room) -> Value {
    body(&room.last(Kind::Joined))["replay"].clone()
}

#[test]
fn p2_lines_missed_while_away_follow_the_join_once() {
    let (mut room, mut server) = (Room::joined(), ChatServer::default());
    for text in ["a", "b", "c"] {
        hears(&mut room, &mut server, text);
    }
    room.cut();
    room.wait(10_000);
    server.say("d");
    server.say("e");
    room.connect();
    room.burst(&server.burst());
    assert_eq!(room.chat(), ["a", "b", "c", "d", "e"]);
    assert_eq!(
        replay(&room),
        json!({"received": 5, "new": 2, "overlap": 3})
    );
    let joined = room.last(Kind::Joined).seq;
    let missed = room.last(Kind::MessageSaid);
    assert_eq!(
        (missed.origin, missed.cause),
        (Origin::Replay, Some(joined))
    );
    for _ in 0..3 {
        room.rejoin(&server.burst());
    }
    assert_eq!(room.chat().len(), 5);
}

#[test]
fn p2_another_process_over_the_same_log_doubles_nothing() {
    let (mut room, mut server) = (Room::joined(), ChatServer::default());
    for text in ["a", "b"] {
        hears(&mut room, &mut server, text);
    }
    let mut room = room.restarted();
    server.say("c");
    room.connect();
    room.burst(&server.burst());
    assert_eq!(room.chat(), ["a", "b", "c"]);
    let crash = &room.of_kind(Kind::Disconnected)[0];
    assert_eq!(
        body(crash)["cause"],
        "crash",
        "the end nobody wrote is a row"
    );
}

#[test]
fn p2_a_restart_behind_a_thousand_notices_doubles_nothing() {
    // A quiet night: moderators are told of every join, nobody says anything.
    let (mut room, mut server) = (Room::joined(), ChatServer::default());
    for text in ["a", "b"] {
        hears(&mut room, &mut server, text);
    }
    for _ in 0..1_000 {
        room.says("[server]", "dave joined");
    }
    let mut room = room.restarted();
    room.connect();
    room.burst(&server.burst());
    assert_eq!(room.of_kind(Kind::ChatGapFound), []);
    assert_eq!(room.chat().len(), 1_002);
}

#[test]
fn p2_equal_lines_in_one_millisecond_count_as_often_as_they_were_said() {
    let (mut room, mut server) = (Room::joined(), ChatServer::default());
    for _ in 0..2 {
        let said = server.say_at("spam", 5);
        room.server("chatMsg", said);
    }
    room.cut();
    room.wait(10_000);
    server.say_at("spam", 5);
    room.connect();
    room.burst(&server.burst());
    assert_eq!(room.chat(), ["spam", "spam", "spam"]);
    room.rejoin(&server.burst());
    assert_eq!(room.chat().len(), 3);
}

#[test]
fn p2_more_missed_than_the_server_keeps_is_a_gap_with_its_ends() {
    let (mut room, mut server) = (Room::joined(), ChatServer::default());
    hears(&mut room, &mut server, "a");
    let last = room.last(Kind::MessageSaid);
    room.cut();
    room.wait(10_000);
    for n in 0..20 {
        server.say(&n.to_string());
    }
    room.connect();
    room.burst(&server.burst());
    let gap = room.last(Kind::ChatGapFound);
    let told = json!({"last_seq": last.seq.0, "last_sent_ms": last.sent_ms,
                      "first_replayed_ms": server.buffer[0]["time"], "received": 15});
    assert_eq!(body(&gap), told);
    assert_eq!(
        gap.seq,
        room.last(Kind::Joined).seq.next(),
        "ahead of what follows it"
    );
    assert_eq!(room.chat().len(), 16);
    room.rejoin(&server.burst());
    assert_eq!(room.of_kind(Kind::ChatGapFound).len(), 1, "once");
    assert_eq!(room.chat().len(), 16);
}

#[test]
fn p2_exactly_fifteen_missed_looks_like_a_gap_and_loses_nothing() {
    let (mut room, mut server) = (Room::joined(), ChatServer::default());
    hears(&mut room, &mut server, "a");
    room.cut();
    room.wait(10_000);
    for n in 0..15 {
        server.say(&n.to_string());
    }
    room.connect();
    room.burst(&server.burst());
    assert_eq!(room.of_kind(Kind::ChatGapFound).len(), 1);
    assert_eq!(room.chat(), server.texts());
}

#[test]
fn p2_a_first_join_has_no_gap() {
    let mut server = ChatServer::default();
    for n in 0..30 {
        server.say(&n.to_string());
    }
    let room = Room::joined_with(config(), &server.burst());
    assert_eq!(room.of_kind(Kind::ChatGapFound), []);
    assert_eq!(room.chat().len(), 15);
}

#[test]
fn p2_a_server_that_fell_back_after_a_crash_doubles_nothing() {
    // Its chat buffer may be five minutes old then (`src/channel/channel.js` saves that often).
    let (mut room, mut server) = (Room::joined(), ChatServer::default());
    for text in ["a", "b"] {
        hears(&mut room, &mut server, text);
    }
    let saved = server.buffer.clone();
    hears(&mut room, &mut server, "lost by the server");
    room.cut();
    room.wait(10_000);
    server.buffer = saved;
    server.say("c");
    room.connect();
    room.burst(&server.burst());
    assert_eq!(room.chat(), ["a", "b", "lost by the server", "c"]);
    hears(&mut room, &mut server, "d");
    room.rejoin(&server.burst());
    assert_eq!(room.chat().len(), 5);
    assert_eq!(room.of_kind(Kind::ChatGapFound), []);
}

#[test]
fn p2_a_clear_is_no_gap_and_one_brought_back_by_a_crash_doubles_nothing() {
    let (mut room, mut server) = (Room::joined(), ChatServer::default());
    for text in ["a", "b"] {
        hears(&mut room, &mut server, text);
    }
    let saved = std::mem::take(&mut server.buffer);
    room.server("clearchat", json!({"clearedBy": "alice"}));
    room.rejoin(&server.burst());
    server.say("c");
    room.rejoin(&server.burst());
    assert_eq!(room.of_kind(Kind::ChatGapFound), []);
    server.buffer = saved;
    let mut room = room.restarted();
    room.connect();
    room.burst(&server.burst());
    assert_eq!(room.chat(), ["a", "b", "c"]);
}

#[test]
fn p2_a_burst_cut_short_leaves_its_lines_to_the_next() {
    let mut server = ChatServer::default();
    server.say("a");
    let mut room = Room::new(config());
    room.connect();
    let frames = server.burst().frames();
    for frame in &frames[..frames.len() - 3] {
        room.frame(frame);
    }
    room.cut();
    assert_eq!(room.chat(), Vec::<String>::new());
    room.wait(10_000);
    room.connect();
    room.burst(&server.burst());
    assert_eq!(room.chat(), ["a"]);
}

#[test]
fn p2_a_whole_burst_counts_although_the_connection_is_cut_behind_it() {
    // Its followers are awaited for a moment; what it told must not go with the socket.
    let mut server = ChatServer::default();
    server.say("a");
    let mut room = Room::new(config());
    room.connect();
    for frame in server.burst().frames() {
        room.frame(&frame);
    }
    room.cut();
    assert_eq!(room.of_kind(Kind::Joined).len(), 1);
    assert_eq!(room.chat(), ["a"]);
    assert_eq!(room.state().connection.phase, ConnectionPhase::Down);
    for n in 0..20 {
        server.say(&n.to_string());
    }
    room.wait(10_000);
    room.connect();
    room.burst(&server.burst());
    assert_eq!(room.of_kind(Kind::ChatGapFound).len(), 1);
}
