//! Rows of a log file. Written: whatever a body and the columns beside it hold, they are read back
//! as written, by the writer, a reader and `verify`. Damaged: whatever a cell is changed to, no
//! reader panics, and `verify` names the event (P8).
//!
//! `KIND`, `ACTOR`, `RAW` and the body, a line each, are written. `!COLUMN ROW TYPE VALUE` damages a
//! cell of the sample log; types are `i`, `t`, `b`, `r` and anything else for NULL.

use crate::samples::{COLUMNS, evening, open, record};
use projectionist::{
    Event, Kind, Read, Recorded, Seq, SqliteReader,
    event_log::{EventLog, LogReader},
    sqlite::verify,
};
use rusqlite::{Connection, params, types::Value};
use std::path::Path;
use std::sync::OnceLock;

pub(crate) fn check(text: &str) {
    match text.strip_prefix('!') {
        Some(damage) => damaged(damage),
        None => written(text),
    }
}

/// What `text` stands for among `known`: itself, or one that its bytes choose.
fn choose<'a>(text: &str, known: &[&'a str]) -> &'a str {
    let sum = || text.bytes().map(usize::from).sum::<usize>() % known.len();
    let place = known.iter().position(|name| *name == text);
    known.get(place.unwrap_or_else(sum)).unwrap()
}

/// The event that `KIND`, `ACTOR`, `RAW` and a body are, if the body is one of that kind.
pub(super) fn event(text: &str) -> Option<Recorded> {
    let mut lines = text.splitn(4, '\n');
    let mut line = || lines.next().unwrap_or_default();
    let kinds: Vec<_> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
    let kind = Kind::parse(choose(line(), &kinds)).unwrap();
    let (actor, raw, body) = (line(), line(), line());
    let event = Event::decode(kind, kind.schema_v(), body).ok()?;
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Some(Recorded {
        actor: some(actor),
        raw: some(raw),
        corr: some(raw),
        dedup_key: some(actor),
        ..record(1, 1, event)
    })
}

fn written(text: &str) {
    let Some(recorded) = event(text) else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log.db");
    let mut log = open(&path);
    let written = std::slice::from_ref(&recorded);
    log.append(written).unwrap();
    assert_eq!(log.read(&Read::default()).unwrap(), written);
    log.close().unwrap();
    let reader = SqliteReader::open(&path).unwrap();
    assert_eq!(reader.read(&Read::default()).unwrap(), written);
    assert_eq!(verify(&reader, |_, _| {}).unwrap().findings, []);
}

/// A closed log of the sample evening, without what forbids to change it.
fn sample() -> &'static [u8] {
    static SAMPLE: OnceLock<Vec<u8>> = OnceLock::new();
    SAMPLE.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log.db");
        let mut log = open(&path);
        log.append(&evening()).unwrap();
        log.close().unwrap();
        let conn = Connection::open(&path).unwrap();
        let triggers = "DROP TRIGGER event_is_never_updated; PRAGMA journal_mode = DELETE;
                        PRAGMA ignore_check_constraints = ON;";
        conn.execute_batch(triggers).unwrap();
        drop(conn);
        std::fs::read(&path).unwrap()
    })
}

fn damaged(damage: &str) {
    let mut words = damage.splitn(4, ' ');
    let mut word = || words.next().unwrap_or_default();
    let column = choose(word(), &COLUMNS);
    let seq = word().parse::<i64>().unwrap_or(4).rem_euclid(16) + 1;
    let (kind, value) = (word(), word());
    let value = match kind {
        "i" => Value::Integer(value.parse().unwrap_or(value.len() as i64)),
        "t" => Value::Text(value.to_owned()),
        "b" => Value::Blob(value.as_bytes().to_vec()),
        "r" => Value::Real(value.parse().unwrap_or(0.5)),
        _ => Value::Null,
    };
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log.db");
    std::fs::write(&path, sample()).unwrap();
    if !overwrite(&path, column, seq, &value) {
        return;
    }
    let reader = SqliteReader::open(&path).unwrap();
    // It may be refused; it may not panic, and what it gives must be what was written.
    let read = reader.read(&Read::default());
    let verdict = verify(&reader, |_, _| {}).unwrap();
    assert!(
        !verdict.findings.is_empty(),
        "{column} of {seq} is {value:?}: {read:?}"
    );
    if column != "seq" {
        assert_eq!(
            verdict.first_bad(),
            Some(Seq(seq.unsigned_abs())),
            "{verdict:?}"
        );
    }
}

/// Whether the cell now holds something else.
fn overwrite(path: &Path, column: &str, seq: i64, value: &Value) -> bool {
    let conn = Connection::open(path).unwrap();
    conn.execute_batch("PRAGMA synchronous = OFF").unwrap();
    let read = |seq: i64| -> Option<Value> {
        let sql = format!("SELECT {column} FROM event WHERE seq = ?1");
        conn.query_row(&sql, [seq], |row| row.get(0)).ok()
    };
    let before = read(seq);
    let write = format!("UPDATE event SET {column} = ?1 WHERE seq = ?2");
    let done = conn.execute(&write, params![value, seq]).is_ok();
    done && read(seq) != before
}
