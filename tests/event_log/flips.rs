//! Rot shows, bit by bit: in the cells of an event, and in the bytes of the file.

use crate::damage::{Sample, raw};
use crate::samples::{COLUMNS, evening, shown};
use projectionist::{Read, Seq, SqliteReader, sqlite::verify};
use rusqlite::types::Value;

/// Method: one bit of one cell of one row is flipped, for every column and every bit there is
/// room for (texts: every seventh), and the finding must name that row.
#[test]
fn p8_a_flipped_bit_in_any_column_is_found_at_its_event() {
    let sample = Sample::new();
    let mut flips = 0;
    for seq in [1, 4, 12, 16] {
        for column in COLUMNS {
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

/// Columns beside the events in which a flipped bit changes nothing that is read, and why.
const HARMLESS: [(&str, &str); 8] = [
    ("meta.key", "only of `seal`: a log without one is believed"),
    (
        "snapshot.fold_v",
        "a state of another fold is not used: it is folded anew",
    ),
    (
        "snapshot.body",
        "the library cannot fold; the tool's `verify` compares each with the fold",
    ),
    (
        "checkpoint.consumer",
        "the consumer finds none, and starts over",
    ),
    ("checkpoint.version", "the consumer starts over"),
    ("anchor.why", "a word for the finding"),
    ("quarantine.seq", "the damage it stood for is told again"),
    ("quarantine.reason", "a word for whoever reads it"),
];

/// Set in trimmed logs only, where flips in the base are tried (`retention`). A key of a trimmed event
/// that is another by a flipped bit lets what it stands for happen twice; no hash covers it.
const TRIMMED: [&str; 3] = ["base.", "spent_key.", "session.ended_us"];

/// The columns of every table but the events', as the file has them: table, its key, column.
fn other_columns(path: &std::path::Path) -> Vec<(String, String, String)> {
    let sql = "SELECT t.name, k.name, c.name FROM sqlite_schema t
               JOIN pragma_table_info(t.name) k ON k.pk = 1
               JOIN pragma_table_info(t.name) c
               WHERE t.type = 'table' AND t.name <> 'event' ORDER BY 1, 3";
    let conn = raw(path);
    let mut statement = conn.prepare(sql).unwrap();
    let columns = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
    columns.unwrap().map(Result::unwrap).collect()
}

/// Method: as above, for every column the file has: one that a later schema adds is met here too.
/// What passes must be said to be harmless, and must leave every event as it was.
#[test]
fn p8_a_flipped_bit_beside_the_events_is_found_or_harmless() {
    let sample = Sample::new();
    let columns = other_columns(&sample.copy());
    assert!(columns.len() > 25, "{columns:?}");
    let mut harmless = std::collections::BTreeSet::new();
    for (table, key, column) in &columns {
        let name = format!("{table}.{column}");
        if TRIMMED.iter().any(|trimmed| name.starts_with(trimmed)) {
            continue;
        }
        let (found, passed) = flip_everywhere(&sample, table, key, column);
        assert!(
            found + passed > 0,
            "{name} is nowhere set: give the sample a value"
        );
        if passed > 0 {
            harmless.insert(name);
        }
    }
    let said = HARMLESS.iter().map(|(name, _)| (*name).to_owned());
    assert_eq!(harmless, said.collect());
}

/// Flips bits of a column in each row of its table; how many were found, and how many passed.
fn flip_everywhere(sample: &Sample, table: &str, key: &str, column: &str) -> (usize, usize) {
    let path = sample.copy();
    let conn = raw(&path);
    let rows: Vec<(Value, Value)> = {
        let rows = if table == "meta" { 8 } else { 2 };
        let sql = format!("SELECT {key}, {column} FROM {table} LIMIT {rows}");
        let mut statement = conn.prepare(&sql).unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
        rows.unwrap().map(Result::unwrap).collect()
    };
    let write = format!("UPDATE {table} SET {column} = ?1 WHERE {key} = ?2");
    let (mut found, mut passed) = (0, 0);
    for (at, value) in rows {
        for damaged in flipped(&value) {
            if conn
                .execute(&write, rusqlite::params![damaged, at])
                .is_err()
            {
                continue;
            }
            let verdict = SqliteReader::open(&path).map(|reader| {
                let verdict = verify(&reader, |_, _| {}).unwrap();
                (verdict, reader.read(&Read::default()).ok())
            });
            match verdict {
                Ok((verdict, events)) if verdict.findings.is_empty() => {
                    assert_eq!(
                        events.unwrap(),
                        shown(&evening()),
                        "{table}.{column} as {damaged:?}"
                    );
                    passed += 1;
                }
                _ => found += 1,
            }
            let now_at = if column == key { &damaged } else { &at };
            conn.execute(&write, rusqlite::params![value, now_at])
                .unwrap();
        }
    }
    (found, passed)
}
