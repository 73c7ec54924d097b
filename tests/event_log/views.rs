//! The views are a contract: these columns, these meanings, in any SQLite from 3.40 on.

use crate::samples::{
    START, connected, counted, disconnected, evening, joined, open, playing, record, said,
};
use projectionist::{
    Kind, Recorded, UnixMicros,
    event::{DisconnectCause, Origin},
    event_log::EventLog,
};
use rusqlite::Connection;
use rusqlite::types::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

fn log_of(events: &[Recorded]) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log.db");
    let mut log = open(&path);
    log.append(events).unwrap();
    log.close().unwrap();
    (dir, path)
}

/// The rows of a query, cells separated by bars, as the `sqlite3` shell prints them.
fn rows(path: &Path, sql: &str) -> Vec<String> {
    let conn = Connection::open(path).unwrap();
    let mut statement = conn.prepare(sql).unwrap();
    let width = statement.column_count();
    let row = |row: &rusqlite::Row<'_>| {
        let cells = (0..width).map(|i| {
            Ok(match row.get(i)? {
                Value::Null => String::new(),
                Value::Integer(n) => n.to_string(),
                Value::Real(n) => format!("{n:?}"),
                Value::Text(text) => text,
                Value::Blob(_) => "blob".to_owned(),
            })
        });
        Ok(cells.collect::<rusqlite::Result<Vec<_>>>()?.join("|"))
    };
    let found = statement.query_map([], row).unwrap();
    found.collect::<Result<_, _>>().unwrap()
}

fn check(events: &[Recorded], sql: &str, expected: &[&str]) {
    let (_dir, path) = log_of(events);
    assert_eq!(rows(&path, sql), expected, "{sql}");
}

/// ISO time of the sample event at a position.
fn at(seq: i64) -> String {
    UnixMicros(START.0 + seq * 1_000_000).to_string()
}

#[test]
fn events_have_names_for_numbers() {
    check(
        &evening(),
        "SELECT seq, kind, origin, actor, session_id, cause_seq, corr, dedup_key, sent_at, sent_ms
         FROM events WHERE seq IN (4, 12)",
        &[
            "4|message|live|Bob|1|||chat:1|2026-11-22T22:09:12.000Z|1795385352000",
            "12|message|replay||3|11|c-1|||",
        ],
    );
}

#[test]
fn times_are_those_the_library_prints() {
    let mut odd = evening();
    odd.truncate(1);
    for us in [0, 999, 1_000, 1_795_385_348_233_999, 4_107_542_400_000_001] {
        odd[0].received_at = UnixMicros(us);
        let expected = UnixMicros(us).to_string();
        check(&odd, "SELECT received_at FROM events", &[&expected]);
    }
}

#[test]
fn every_origin_has_its_name() {
    let events: Vec<_> = (1..)
        .zip(Origin::ALL)
        .map(|(seq, origin)| Recorded {
            origin,
            ..record(seq, 0, counted(0))
        })
        .collect();
    let names = Origin::ALL.map(Origin::as_str);
    check(&events, "SELECT origin FROM events", &names);
}

#[test]
fn messages_are_chat_notices_and_private_messages() {
    let columns = "seq, received_at, sent_ms, username, text, html, origin, kind, style, source, \
         rank, afk, muted, shadow, to_user, direction, redacted";
    let expected = [
        format!(
            "4|{}|1795385352000|Bob|hello \u{1f3ac} <all>|<b>hello \u{1f3ac} <all></b>|live|\
             message|plain|user|1.5|0||0|||0",
            at(4)
        ),
        format!(
            "5|{}||Alice|psst|psst|live|pm|plain|user||||0|reel|in|0",
            at(5)
        ),
        format!(
            "15|{}||[voteskip]|Alice voted to skip|<b>Alice voted to skip</b>|live|\
             message|plain|voteskip|1.5|0||0|||0",
            at(15)
        ),
    ];
    let expected: Vec<_> = expected.iter().map(String::as_str).collect();
    let sql = format!("SELECT {columns} FROM messages WHERE NOT redacted ORDER BY seq");
    check(&evening(), &sql, &expected);
}

#[test]
fn what_is_redacted_is_not_shown() {
    let hidden = "SELECT seq, username, text, html, redacted FROM messages WHERE redacted";
    check(&evening(), hidden, &["12||||1"]);
    let bare = "SELECT seq, body IS NULL, raw IS NULL, actor IS NULL, actor_id IS NULL
                FROM events WHERE redacted";
    check(&evening(), bare, &["12|1|1|1|1"]);
}

#[test]
fn the_newest_messages_are_found_without_reading_the_rest() {
    let (_dir, path) = log_of(&evening());
    let sql = "EXPLAIN QUERY PLAN SELECT * FROM messages ORDER BY seq DESC LIMIT 20";
    let conn = Connection::open(path).unwrap();
    let mut statement = conn.prepare(sql).unwrap();
    let steps = statement
        .query_map([], |row| row.get::<_, String>(3))
        .unwrap();
    let plan: Vec<_> = steps.map(Result::unwrap).collect();
    assert!(
        !plan.iter().any(|step| step.contains("TEMP B-TREE")),
        "{plan:?}"
    );
}

#[test]
fn sessions_tell_how_they_ended() {
    check(
        &evening(),
        "SELECT session_id, opened_at, closed_at, seconds, close_reason, endpoint, first_seq,
                last_seq, events FROM sessions",
        &[
            &format!(
                "1|{}|{}|6.0|closed|http://127.0.0.1:1338|1|7|7",
                at(1),
                at(7)
            ),
            &format!("2|{}|{}|0.0|silence||8|8|1", at(8), at(8)),
            &format!("3|{}||||http://127.0.0.1:1338|9||", at(9)),
        ],
    );
}

#[test]
fn gaps_tell_from_when_to_when() {
    check(
        &evening(),
        "SELECT kind, seq, from_seq, until_seq, from_at, until_at, seconds FROM gaps ORDER BY seq",
        &[
            &format!("disconnected|7|7|8|{}|{}|1.0", at(7), at(8)),
            &format!("disconnected|8|8|10|{}|{}|2.0", at(8), at(10)),
            &format!("chat_gap|11|4|11|{}|{}|7.0", at(4), at(11)),
            &format!("shed|14|14|14|{}|{}|0.0", at(14), at(14)),
        ],
    );
}

#[test]
fn a_gap_without_an_end_has_none_and_one_without_a_beginning_neither() {
    let gap = r#"{"last_seq":null,"last_sent_ms":null,"first_replayed_ms":null,"received":15}"#;
    let gap = projectionist::Event::decode(Kind::ChatGapFound, 1, gap).unwrap();
    let events = [
        (1, connected()),
        (1, joined()),
        (1, gap),
        (1, disconnected(DisconnectCause::Stopped)),
        (2, connected()),
    ];
    let events: Vec<_> = (1..)
        .zip(events)
        .map(|(seq, (session, event))| record(seq, session, event))
        .collect();
    check(
        &events,
        "SELECT kind, from_seq, until_seq, until_at, seconds FROM gaps ORDER BY seq",
        &[&format!("chat_gap||3|{}|", at(3)), "disconnected|4|||"],
    );
}

#[test]
fn kinds_are_counted_and_plays_listed() {
    check(
        &evening(),
        "SELECT kind, events, first_at, last_at FROM kinds WHERE kind = 'disconnected'",
        &[&format!("disconnected|2|{}|{}", at(7), at(8))],
    );
    check(
        &evening(),
        "SELECT seq, type, id, title, seconds, position_s, uid FROM media_plays",
        &["6|yt|abcdefghijk|One|212|-3|3"],
    );
}

/// Every view, in full, through another program's SQLite.
const EVERY_VIEW: &str = "SELECT count(*) FROM events; SELECT count(*) FROM messages;
     SELECT count(*) FROM sessions; SELECT count(*) FROM gaps; SELECT count(*) FROM kinds;
     SELECT count(*) FROM media_plays; SELECT text FROM messages WHERE seq = 4;
     SELECT kind FROM gaps ORDER BY seq LIMIT 1;";
const EVERY_ANSWER: [&str; 8] = [
    "16",
    "4",
    "3",
    "4",
    "10",
    "1",
    "hello \u{1f3ac} <all>",
    "disconnected",
];

#[test]
fn the_sqlite_shell_reads_the_views() {
    let (_dir, path) = log_of(&evening());
    check_tool(
        Command::new("sqlite3")
            .arg("-readonly")
            .arg(path)
            .arg(EVERY_VIEW),
    );
}

#[test]
fn python_reads_the_views() {
    let (_dir, path) = log_of(&evening());
    let script = "import sqlite3, sys\n\
         sys.stdout.reconfigure(encoding='utf-8')\n\
         log = sqlite3.connect(sys.argv[1])\n\
         for sql in sys.argv[2].split(';')[:-1]: print(log.execute(sql).fetchone()[0])\n";
    check_tool(
        Command::new("python3")
            .arg("-c")
            .arg(script)
            .arg(path)
            .arg(EVERY_VIEW),
    );
}

/// Runs a tool that prints the answers to [`EVERY_VIEW`]; skipped where there is none.
fn check_tool(command: &mut Command) {
    let Ok(output) = command.output() else {
        println!("skipped: {:?} is not installed", command.get_program());
        return;
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(printed.lines().collect::<Vec<_>>(), EVERY_ANSWER);
}

#[test]
fn bodies_of_every_kind_pass_through_the_views() {
    let mut events = evening();
    let next = events.len() as u64 + 1;
    events.push(record(next, 3, said("[server]", "notice")));
    events.push(record(next + 1, 3, playing("Two", false)));
    let (_dir, path) = log_of(&events);
    for view in [
        "events",
        "messages",
        "sessions",
        "gaps",
        "kinds",
        "media_plays",
    ] {
        assert!(
            !rows(&path, &format!("SELECT * FROM {view}")).is_empty(),
            "{view}"
        );
    }
}
