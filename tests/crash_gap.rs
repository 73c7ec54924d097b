//! A recorder that died is told by the log when it is opened again. Goal: the gap begins where the
//! log fell silent, not where somebody noticed.

#![cfg(test)]

mod common;

use common::{DELAY_MS, Steady};
use projectionist::{channel::*, config::*, sqlite::*, time::*};

const OPEN: &str = r#"0{"sid":"x","pingInterval":25000,"pingTimeout":120000}"#;

#[test]
fn p3_the_gap_of_a_crash_begins_at_the_last_thing_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    let config = Config::new("https://cytu.be", "room");
    let options = LogOptions::new("room", "https://cytu.be");
    let died_ms = 1_795_385_348_000;
    let open = |now| {
        let log = SqliteLog::create_or_open(&path, &options).unwrap();
        Channel::open(&config, log, Box::new(Steady(DELAY_MS)), now).unwrap()
    };

    let now = Now::from_millis(died_ms);
    let mut channel = open(now);
    channel.handle_input(now, Input::Start);
    channel.handle_input(
        now,
        Input::Opened {
            endpoint: "https://s:1",
            transport: "websocket",
        },
    );
    channel.handle_input(now, Input::Frame(OPEN));
    channel.handle_input(now, Input::Frame("40{}"));
    channel.commit().unwrap();
    drop(channel);

    let found_ms = died_ms + 3_600_000;
    drop(open(Now::from_millis(found_ms)));
    let conn = rusqlite::Connection::open(&path).unwrap();
    let gap: (i64, Option<i64>) = conn
        .query_row("SELECT from_us, until_us FROM gaps", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    assert_eq!(gap, (died_ms * 1_000, None));
    let seconds: f64 = conn
        .query_row("SELECT seconds FROM sessions", [], |row| row.get(0))
        .unwrap();
    assert!(seconds < 1.0, "the session lasted {seconds} s");
}
