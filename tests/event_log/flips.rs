//! Rot shows, bit by bit: in the cells of an event, and in the bytes of the file.

use crate::damage::{Sample, raw};
use crate::samples::{evening, shown};
use projectionist::{Read, Seq, SqliteReader, sqlite::verify};
use rusqlite::types::Value;

/// Method: one bit of one cell of one row is flipped, for every column and every bit there is
/// room for (texts: every seventh), and the finding must name that row.
#[test]
fn p8_a_flipped_bit_in_any_column_is_found_at_its_event() {
    let sample = Sample::new();
    let columns = [
        "seq",
        "session_id",
        "received_us",
        "sent_ms",
        "kind_id",
        "schema_v",
        "origin",
        "actor_id",
        "cause_seq",
        "corr",
        "dedup_key",
        "chain",
        "body",
        "raw",
    ];
    let mut flips = 0;
    for seq in [1, 4, 12, 16] {
        for column in columns {
            flips += check_column(&sample, column, seq);
        }
    }
    assert!(flips > 1500, "{flips}");
}

/// Flips bits of one cell; answers how many.
fn check_column(sample: &Sample, column: &str, seq: i64) -> usize {
    let path = sample.copy();
    let conn = raw(&path);
    let read = format!("SELECT {column} FROM event WHERE seq = ?1");
    let write = format!("UPDATE event SET {column} = ?1 WHERE seq = ?2");
    let value: Value = conn.query_row(&read, [seq], |row| row.get(0)).unwrap();
    let reader = SqliteReader::open(&path).unwrap();
    let mut flips = 0;
    for damaged in flipped(&value) {
        // A bit of `seq` may make it another event's number, which SQLite refuses.
        if conn
            .execute(&write, rusqlite::params![damaged, seq])
            .is_err()
        {
            continue;
        }
        let verdict = verify(&reader, |_, _| {}).unwrap();
        let context = format!("{column} of {seq}: {value:?} as {damaged:?}: {verdict:?}");
        assert_eq!(verdict.first_bad(), Some(Seq(seq as u64)), "{context}");
        assert_eq!(verdict.good, Seq(seq as u64 - 1), "{context}");
        flips += 1;
        let undo = if column == "seq" {
            damaged
        } else {
            Value::Integer(seq)
        };
        conn.execute(&write, rusqlite::params![value, undo])
            .unwrap();
    }
    assert_eq!(verify(&reader, |_, _| {}).unwrap().findings, []);
    flips
}

/// A value with one bit flipped, in as many ways as are worth it.
fn flipped(value: &Value) -> Vec<Value> {
    let bytes = |bytes: &[u8]| -> Vec<Vec<u8>> {
        (0..bytes.len() * 8)
            .step_by(7)
            .map(|bit| {
                let mut bytes = bytes.to_vec();
                bytes[bit / 8] ^= 1 << (bit % 8);
                bytes
            })
            .collect()
    };
    match value {
        Value::Integer(n) => (0..64).map(|bit| Value::Integer(n ^ (1 << bit))).collect(),
        Value::Blob(blob) => bytes(blob).into_iter().map(Value::Blob).collect(),
        // What is no UTF-8 any more is left to the test on the file's bytes.
        Value::Text(text) => bytes(text.as_bytes())
            .into_iter()
            .filter_map(|bytes| String::from_utf8(bytes).ok().map(Value::Text))
            .collect(),
        _ => Vec::new(),
    }
}

/// Method: bits of the file itself are flipped, one at a time, all over the table's pages. Either
/// the file is refused, or a finding tells, or no event differs from what was written.
#[test]
fn p8_a_flipped_bit_anywhere_in_the_file_never_passes_for_another_event() {
    let sample = Sample::new();
    let (mut found, mut harmless) = (0, 0);
    for bit in (0..sample.bytes.len() * 8).step_by(997) {
        let path = sample.copy();
        let mut bytes = sample.bytes.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        std::fs::write(&path, bytes).unwrap();
        let Ok(reader) = SqliteReader::open(&path) else {
            found += 1;
            continue;
        };
        match verify(&reader, |_, _| {}) {
            Ok(verdict) if verdict.findings.is_empty() => {
                let events = reader.read(&Read::default()).unwrap();
                assert_eq!(events, shown(&evening()), "bit {bit}");
                harmless += 1;
            }
            _ => found += 1,
        }
    }
    assert!(found > 30, "{found} found, {harmless} harmless");
}
