//! A channel over a trimmed log. Goal: what was trimmed changes nothing of what happens next: no
//! line of chat is doubled, none is lost, and the state is the one it would have been.

#![cfg(test)]

mod common;

use common::{ChatServer, Room, config};
use projectionist::{
    Kind, Seq, SqliteReader,
    event_log::EventLog,
    sqlite::{LogOptions, SqliteLog, verify},
};
use std::path::Path;

fn open(path: &Path) -> SqliteLog {
    SqliteLog::create_or_open(path, &LogOptions::new("Room", "https://cytu.be")).unwrap()
}

/// A room over a log on disk in which so many lines were said.
fn spoken(path: &Path, lines: u64) -> (Room<SqliteLog>, ChatServer) {
    let mut server = ChatServer::default();
    let mut room = Room::over(config(), open(path), common::START_MS);
    room.connect();
    room.burst(&server.burst());
    for line in 0..lines {
        let said = server.say(&format!("line {line}"));
        room.server("chatMsg", said);
    }
    (room, server)
}

/// Trims a closed log as far as it lets itself be trimmed.
fn trim(path: &Path) -> Seq {
    let mut log = open(path);
    let may = |seq: &u64| log.may_trim(Seq(*seq), false).is_ok();
    let until = Seq((1..=log.head().seq.0).rev().find(may).unwrap());
    let to = path.with_extension("gz");
    let reader = SqliteReader::open(path).unwrap();
    let segment = reader.archive(until, &to, &mut |_, _| true).unwrap();
    log.trim(&segment.unwrap(), false, &mut |_, _| true)
        .unwrap();
    log.close().unwrap();
    until
}

/// Method: two rooms live through the same; the log of one is trimmed as far as possible before it
/// is opened again. The events that follow must be the same.
#[test]
fn p2_a_rejoin_over_a_trimmed_log_neither_doubles_nor_loses_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let mut rest = Vec::new();
    for is_trimmed in [false, true] {
        let path = folder.path().join(format!("{is_trimmed}.db"));
        let (room, mut server) = spoken(&path, 300);
        let now_ms = room.now_ms + 1_000;
        room.into_log().close().unwrap();
        let trimmed = if is_trimmed { trim(&path) } else { Seq(0) };
        let mut room = Room::over(config(), open(&path), now_ms);
        for missed in 0..3 {
            server.say(&format!("missed {missed}"));
        }
        room.connect();
        room.burst(&server.burst());
        room.rejoin(&server.burst());
        assert_eq!(room.of_kind(Kind::ChatGapFound), []);
        let chat = room.chat();
        let kept = chat.len();
        assert_eq!(chat, server.texts()[303 - kept..]);
        if is_trimmed {
            assert_eq!(kept, 256 + 3, "as few as may be were kept");
            assert!(trimmed > Seq(40));
        }
        let events = room.events();
        rest.push(events[events.len() - 259..].to_vec());
        drop(room);
        let reader = SqliteReader::open(&path).unwrap();
        assert_eq!(verify(&reader, |_, _| {}).unwrap().findings, []);
    }
    assert_eq!(rest[0], rest[1]);
}

#[test]
fn p2_a_quiet_room_keeps_all_its_lines() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    let (room, server) = spoken(&path, 5);
    let now_ms = room.now_ms + 1_000;
    room.into_log().close().unwrap();
    trim(&path);
    let mut room = Room::over(config(), open(&path), now_ms);
    room.connect();
    room.burst(&server.burst());
    assert_eq!(room.chat(), server.texts());
}
