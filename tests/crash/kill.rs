//! A recorder that is killed again and again, over one growing log. Goal: whatever it had
//! acknowledged is there, with its hash, and nothing stands twice or is missing (P1, P2).
//!
//! Method: a child drives a whole channel over a log on disk and prints each position it has
//! committed; it is killed at random moments, some of them while it opens or closes the log. Its
//! server's memory of chat is made anew each time from what the log says was said, with lines in it
//! that were said while nobody listened.

use crate::child::play;
use crate::common::{ChatServer, Room, START_MS, config};
use crate::running::Running;
use crate::samples::Dice;
use crate::tool::Tool;
use crate::{a_place, sound};
use projectionist::{
    Event, Kind, Read, Recorded, Seq, SqliteReader,
    channel::Input,
    event::DisconnectCause,
    event_log::{ChainHash, EventLog, LogReader},
    sqlite::{LogOptions, SqliteLog},
};
use serde_json::json;
use std::path::Path;

/// Lines said while nobody listened: few enough for the server to remember them all.
const MISSED_MAX: u64 = 10;

/// How often a campaign kills.
pub(crate) fn rounds() -> u64 {
    let told = std::env::var("KILL_ROUNDS").ok();
    told.map_or(12, |rounds| rounds.parse().unwrap())
}

fn number(line: &Recorded) -> Option<u64> {
    line.text().strip_prefix("line ")?.parse().ok()
}

/// Line `number` in the server's memory, said when it always was.
fn say(server: &mut ChatServer, number: u64) -> serde_json::Value {
    server.say_at(&format!("line {number}"), START_MS + number as i64 * 7)
}

/// The child: takes the log up where it ends, and goes on for as long as it lives. Now and then it
/// closes the log and opens it again, so that it is killed at that too.
pub(crate) fn record_until_killed(path: &Path) {
    loop {
        let mut room = record_a_while(path);
        room.input(Input::Stop);
        acknowledge(&room);
        room.into_log().close().unwrap();
    }
}

/// One recording, of some tens of commits.
fn record_a_while(path: &Path) -> Room<SqliteLog> {
    let log = SqliteLog::create_or_open(path, &LogOptions::new("Room", "https://cytu.be")).unwrap();
    let head = log.head();
    let newest = Read::default().kinds([Kind::MessageSaid]).newest_first();
    let last = log.read(&newest.limit(1)).unwrap();
    let last = last.first().and_then(number).unwrap_or(0);

    let mut dice = Dice(head.seq.0 * 2 + 1);
    let mut server = ChatServer::default();
    let mut next = last.saturating_sub(14).max(1);
    while next <= last + dice.below(MISSED_MAX) {
        say(&mut server, next);
        next += 1;
    }
    let now_ms = (head.received_at.0 / 1_000).max(START_MS) + 1_000;
    let mut room = Room::over(config(), log, now_ms);
    acknowledge(&room);
    room.connect();
    acknowledge(&room);
    room.burst(&server.burst());
    acknowledge(&room);
    for _ in 0..10 + dice.below(60) {
        match dice.below(24) {
            0 => room.channel_mut().snapshot().unwrap(),
            1 => room.channel_mut().log_mut().flush().unwrap(),
            2 => room.channel_mut().log_mut().idle(),
            // Enough for the write-ahead log to be folded into the file.
            3 => room.server("setMotd", json!({ "motd": "x".repeat(400_000) })),
            4 => room.rejoin(&server.burst()),
            _ => {
                let said = say(&mut server, next);
                room.server("chatMsg", said);
                next += 1;
            }
        }
        acknowledge(&room);
    }
    room
}

fn acknowledge(room: &Room<SqliteLog>) {
    let head = room.channel().log().head();
    println!("ack {} {}", head.seq, head.chain);
}

fn acknowledged(line: &str) -> Option<(Seq, ChainHash)> {
    let (_, told) = line.split_once("ack ")?;
    let (seq, chain) = told.trim_end().split_once(' ')?;
    Some((Seq(seq.parse().unwrap()), ChainHash::parse(chain)?))
}

/// Lets a recorder run until it has told so many positions, and kills it; all it told.
fn killed_after(path: &Path, count: u64) -> Vec<(Seq, ChainHash)> {
    let child = Running::spawn(play("record until killed", path));
    let mut told: Vec<_> = (0..count)
        .filter_map(|_| acknowledged(&child.prints("ack ")))
        .collect();
    child.signal("KILL");
    let rest = child.end();
    assert_eq!(rest.code, -1, "it died of something else: {}", rest.err);
    told.extend(rest.out.lines().filter_map(acknowledged));
    told
}

#[test]
fn p1_p2_a_recorder_killed_at_random_keeps_its_word_and_doubles_nothing() {
    let (_dir, path) = a_place();
    let tool = Tool::new();
    let mut dice = Dice(0x6b69_6c6c);
    for round in 0..rounds() {
        let patience = if dice.below(4) == 0 { 3 } else { 80 };
        let told = killed_after(&path, dice.below(patience));
        if !path.exists() {
            continue;
        }
        let Ok(reader) = SqliteReader::open(&path) else {
            assert_eq!(told, [], "round {round}: it had told of a log that is none");
            continue;
        };
        for (seq, chain) in told.into_iter().filter(|(seq, _)| *seq > Seq(0)) {
            let found = reader.chain_at(seq).unwrap();
            assert_eq!(found, Some(chain), "round {round}: event {seq}");
        }
        drop(reader);
        check(&sound(&path), round);
        // The tool compares every stored state with the fold, byte for byte.
        tool.run(&["verify", path.to_str().unwrap()]).ok();
    }
    let events = sound(&path);
    let crashes = events.iter().filter(|event| is_crash(event)).count() as u64;
    assert!(crashes >= rounds() / 3, "{crashes} crashes are on record");
}

fn is_crash(event: &Recorded) -> bool {
    matches!(&event.event, Event::Disconnected(end) if end.cause == DisconnectCause::Crash)
}

/// Every line once, in order; and every connection ended before the next began.
fn check(events: &[Recorded], round: u64) {
    let lines: Vec<_> = events.iter().filter_map(number).collect();
    let expected: Vec<_> = (1..=lines.len() as u64).collect();
    assert_eq!(lines, expected, "round {round}");
    let mut connected = false;
    for event in events {
        match event.event {
            Event::Connected(_) => {
                assert!(!connected, "round {round}: nothing tells of the crash");
                connected = true;
            }
            Event::Disconnected(_) => connected = false,
            _ => {}
        }
    }
}
