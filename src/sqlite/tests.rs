//! What needs a look inside: a full disk, what a flush writes, when the WAL is folded.

use crate::config::Durability;
use crate::event::{Event, Origin, Recorded, Seq, Unrecognised, UserCounted};
use crate::log::{ChainHash, EventLog, LogReader, Read, Snapshot};
use crate::sqlite::lock::beside;
use crate::sqlite::{LogOptions, SNAPSHOTS_MAX, SqliteLog, SqliteReader, verify};
use crate::time::UnixMicros;
use std::path::PathBuf;

fn log_in(dir: &tempfile::TempDir, durability: Durability) -> (SqliteLog, PathBuf) {
    let path = dir.path().join("log.db");
    let options = LogOptions::new("chan", "http://localhost").durability(durability);
    (SqliteLog::create_or_open(&path, &options).unwrap(), path)
}

/// Events by ever new actors, so that dictionaries grow with the log.
fn events(from: u64, count: u64, bytes: usize) -> Vec<Recorded> {
    let record = |seq: u64| Recorded {
        seq: Seq(seq),
        session: 1,
        received_at: UnixMicros(seq as i64),
        sent_ms: None,
        origin: Origin::Live,
        actor: Some(format!("actor{seq}")),
        cause: None,
        corr: None,
        dedup_key: None,
        event: if seq.is_multiple_of(2) {
            Event::UsersCounted(UserCounted { count: 1 })
        } else {
            Event::Unrecognised(Unrecognised {
                name: "x".to_owned(),
                why: "y".repeat(bytes),
            })
        },
        raw: None,
        redacted: false,
    };
    (from..from + count).map(record).collect()
}

fn wal_bytes(path: &std::path::Path) -> Vec<u8> {
    std::fs::read(beside(path, "-wal")).unwrap()
}

fn pragma(log: &SqliteLog, name: &str) -> i64 {
    let sql = format!("PRAGMA {name}");
    log.side.conn.query_row(&sql, [], |row| row.get(0)).unwrap()
}

/// Method: a limit on the file's pages gives the very error of a full disk, at whichever page.
#[test]
fn a_full_disk_writes_nothing_and_the_same_batch_goes_in_later() {
    for room in 0..12 {
        let dir = tempfile::tempdir().unwrap();
        let (mut log, path) = log_in(&dir, Durability::Process);
        let head = log.append(&events(1, 10, 20)).unwrap();
        let full = pragma(&log, "page_count") + room;
        pragma(&log, &format!("max_page_count = {full}"));

        let batch = events(11, 100, 4000);
        for _ in 0..2 {
            let error = log.append(&batch).unwrap_err();
            assert!(error.is_retryable(), "{error}");
            assert!(error.to_string().contains("full"), "{error}");
            assert_eq!(log.head(), head);
            let reader = SqliteReader::open(&path).unwrap();
            assert_eq!(reader.head().unwrap(), head);
            assert_eq!(reader.read(&Read::default()).unwrap().len(), 10);
        }

        pragma(&log, "max_page_count = 1000000");
        log.append(&batch).unwrap();
        log.close().unwrap();
        let verdict = verify(&SqliteReader::open(&path).unwrap(), |_, _| {}).unwrap();
        assert_eq!((verdict.events, verdict.findings), (110, vec![]));
    }
}

#[test]
fn a_flush_writes_even_when_nothing_is_new() {
    for durability in [Durability::Process, Durability::Disk] {
        let dir = tempfile::tempdir().unwrap();
        let (mut log, path) = log_in(&dir, durability);
        log.append(&events(1, 1, 1)).unwrap();
        log.flush().unwrap();
        let before = wal_bytes(&path);
        log.flush().unwrap();
        assert_ne!(wal_bytes(&path), before);
        let level = if durability == Durability::Disk { 2 } else { 1 };
        assert_eq!(pragma(&log, "synchronous"), level);
    }
}

#[test]
fn the_connection_is_set_up_as_promised() {
    let dir = tempfile::tempdir().unwrap();
    let (log, _) = log_in(&dir, Durability::Process);
    for (name, value) in [
        ("page_size", 4096),
        ("wal_autocheckpoint", 0),
        ("journal_size_limit", 64 << 20),
        ("busy_timeout", 5000),
        ("synchronous", 1),
        ("foreign_keys", 0),
        ("trusted_schema", 0),
    ] {
        assert_eq!(pragma(&log, name), value, "{name}");
    }
}

/// Goal: work in bulk keeps the WAL at its limit; idling folds away what has gathered.
#[test]
fn the_wal_is_folded_into_the_file_in_bulk_and_when_idle() {
    let dir = tempfile::tempdir().unwrap();
    let (mut log, path) = log_in(&dir, Durability::Process);
    let file_bytes = || std::fs::metadata(&path).unwrap().len();
    let before = file_bytes();
    log.append(&events(1, 10, 100)).unwrap();
    log.idle();
    assert_eq!(file_bytes(), before, "a little waits");

    log.append(&events(11, 100, 40_000)).unwrap();
    log.idle();
    assert!(file_bytes() > 2_000_000, "much does not");

    let mut next = 111;
    for _ in 0..12 {
        log.append(&events(next, 100, 100_000)).unwrap();
        next += 100;
    }
    assert!(file_bytes() > 40_000_000);
    assert!(
        wal_bytes(&path).len() < 40_000_000,
        "{}",
        wal_bytes(&path).len()
    );
}

#[test]
fn a_panic_within_a_transaction_leaves_a_log_that_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let (mut log, _) = log_in(&dir, Durability::Process);
    log.append(&events(1, 1, 1)).unwrap();
    log.side
        .conn
        .execute_batch("BEGIN IMMEDIATE; INSERT INTO quarantine VALUES (1, 'half done')")
        .unwrap();
    log.append(&events(2, 1, 1)).unwrap();
    let left: i64 = log
        .side
        .conn
        .query_row("SELECT count(*) FROM quarantine", [], |row| row.get(0))
        .unwrap();
    assert_eq!(left, 0);
}

#[test]
fn snapshots_are_few_and_spread_over_the_log() {
    let dir = tempfile::tempdir().unwrap();
    let (mut log, _) = log_in(&dir, Durability::Process);
    for seq in (1..=1000).map(Seq) {
        let chain = ChainHash::default();
        let body = "{}".to_owned();
        log.put_snapshot(&Snapshot {
            seq,
            fold_v: 1,
            chain,
            body,
        })
        .unwrap();
    }
    let mut found = vec![1000];
    while let Some(snapshot) = log.snapshot_before(Seq(found.last().unwrap() - 1)).unwrap() {
        found.push(snapshot.seq.0);
    }
    assert_eq!(found.len() as i64, SNAPSHOTS_MAX);
    let widest = found
        .windows(2)
        .map(|pair| pair[0] - pair[1])
        .max()
        .unwrap();
    assert!(widest <= 100, "{found:?}");
}

#[test]
fn a_log_can_be_handed_to_another_thread() {
    fn is_send<T: Send>() {}
    is_send::<SqliteLog>();
    is_send::<SqliteReader>();
}
