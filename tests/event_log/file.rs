//! What a log owes to being a file: it is reopened, locked, refused, read beside its writer.

use crate::samples::{crowd, disconnected, evening, open, options, record, said, shown};
use projectionist::{
    Kind, LogError, Read, Seq, SqliteReader, UnixMicros,
    config::Durability,
    event::DisconnectCause,
    event_log::{ChainHash, EventLog, LogReader},
    sqlite::{LogOptions, SqliteLog, verify},
};
use rusqlite::Connection;
use std::path::{Path, PathBuf};

fn a_place() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log.db");
    (dir, path)
}

#[test]
fn a_reopened_log_goes_on_where_it_ended() {
    let (_dir, path) = a_place();
    let mut log = open(&path);
    let head = log.append(&evening()[..5]).unwrap();
    let id = log.log_id().to_owned();
    assert_eq!(id.len(), 32);
    log.close().unwrap();

    let mut log = open(&path);
    assert_eq!((log.head(), log.log_id()), (head, id.as_str()));
    let head = log.append(&evening()[5..]).unwrap();
    drop(log);

    let reader = SqliteReader::open(&path).unwrap();
    assert_eq!(reader.head().unwrap(), head);
    assert_eq!(reader.read(&Read::default()).unwrap(), shown(&evening()));
    assert_eq!(verify(&reader, |_, _| {}).unwrap().findings, []);
}

#[test]
fn a_clean_close_leaves_one_file_that_is_the_log() {
    let (dir, path) = a_place();
    let mut log = open(&path);
    log.append(&evening()).unwrap();
    log.close().unwrap();
    assert!(!dir.path().join("log.db-wal").exists());

    let elsewhere = dir.path().join("copy.db");
    std::fs::copy(&path, &elsewhere).unwrap();
    let copy = SqliteReader::open(&elsewhere).unwrap();
    assert_eq!(copy.read(&Read::default()).unwrap(), shown(&evening()));
}

#[test]
fn a_session_without_an_end_is_open_when_the_log_is_opened_again() {
    let (_dir, path) = a_place();
    let mut log = open(&path);
    log.append(&evening()[..4]).unwrap();
    drop(log);
    let mut log = open(&path);
    assert_eq!((log.head().session, log.head().session_open), (1, true));
    let crash = record(5, 1, disconnected(DisconnectCause::Crash));
    log.append(&[crash]).unwrap();
    drop(log);
    assert!(!open(&path).head().session_open);
}

/// Method: the files of a log in use, copied, are what a killed process leaves.
#[test]
fn a_log_whose_writer_died_is_whole_to_its_last_commit() {
    let (dir, path) = a_place();
    let mut log = open(&path);
    log.append(&evening()[..9]).unwrap();
    log.append(&evening()[9..]).unwrap();
    let left = dir.path().join("left.db");
    std::fs::copy(&path, &left).unwrap();
    std::fs::copy(
        dir.path().join("log.db-wal"),
        dir.path().join("left.db-wal"),
    )
    .unwrap();

    let reader = SqliteReader::open(&left).unwrap();
    assert_eq!(reader.read(&Read::default()).unwrap(), shown(&evening()));
    assert_eq!(verify(&reader, |_, _| {}).unwrap().findings, []);
    assert_eq!(open(&left).head(), log.head());
}

#[test]
fn p6_one_engine_writes_a_log_at_a_time() {
    let (dir, path) = a_place();
    let log = open(&path);
    let relative = dir.path().join(".").join("log.db");
    for name in [&path, &relative] {
        let error = SqliteLog::create_or_open(name, &options()).unwrap_err();
        assert!(matches!(error, LogError::InUse { .. }), "{error}");
    }
    drop(log);
    open(&path);
}

#[cfg(unix)]
#[test]
fn a_link_to_a_log_meets_the_same_lock() {
    let (dir, path) = a_place();
    let _log = open(&path);
    let link = dir.path().join("link.db");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    let error = SqliteLog::create_or_open(&link, &options()).unwrap_err();
    assert!(matches!(error, LogError::InUse { .. }), "{error}");
}

/// Opens for writing and for reading what neither should take; it must stay as it is.
fn check_refused(path: &Path, expected: fn(&LogError) -> bool) {
    let before = std::fs::read(path).unwrap();
    let for_writing = SqliteLog::create_or_open(path, &options()).unwrap_err();
    assert!(expected(&for_writing), "{for_writing:?}");
    let for_reading = SqliteReader::open(path).unwrap_err();
    assert!(expected(&for_reading), "{for_reading:?}");
    assert_eq!(std::fs::read(path).unwrap(), before);
}

#[test]
fn what_is_no_log_is_refused_and_left_alone() {
    let is_foreign = |error: &LogError| matches!(error, LogError::NotALog { .. });
    let (_dir, path) = a_place();
    std::fs::write(
        &path,
        "some notes, longer than a header would be".repeat(50),
    )
    .unwrap();
    check_refused(&path, is_foreign);

    let (_dir, path) = a_place();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE cookies (name)").unwrap();
    drop(other);
    check_refused(&path, is_foreign);

    let (dir, path) = a_place();
    std::fs::write(&path, "").unwrap();
    let error = SqliteReader::open(&path).unwrap_err();
    assert!(is_foreign(&error), "{error}");
    assert!(is_foreign(&SqliteReader::open(dir.path()).unwrap_err()));
    open(&path);
}

#[test]
fn p7_a_newer_log_is_refused_and_left_alone() {
    let (_dir, path) = a_place();
    open(&path);
    let raw = Connection::open(&path).unwrap();
    raw.pragma_update(None, "user_version", 999).unwrap();
    drop(raw);
    check_refused(&path, |error| {
        matches!(error, LogError::TooNew { found: 999, .. })
    });
}

#[test]
fn the_log_of_another_channel_is_refused() {
    let (_dir, path) = a_place();
    open(&path);
    let other = LogOptions::new("OtherChan", "http://127.0.0.1:1337");
    let error = SqliteLog::create_or_open(&path, &other).unwrap_err();
    let expected = "is the log of channel TestChan, not OtherChan";
    assert!(error.to_string().contains(expected), "{error}");

    let moved = LogOptions::new("testchan", "https://elsewhere.example");
    let log = SqliteLog::create_or_open(&path, &moved).unwrap();
    let first_told = ("TestChan", "http://127.0.0.1:1337");
    assert_eq!((log.channel(), log.origin()), first_told);
}

#[test]
fn a_missing_log_is_said_to_be_missing() {
    let (dir, path) = a_place();
    let error = SqliteReader::open(&path).unwrap_err();
    assert!(matches!(error, LogError::Missing { .. }), "{error}");
    assert!(!path.exists());
    let nowhere = dir.path().join("no/such/dir/log.db");
    let error = SqliteLog::create_or_open(&nowhere, &options()).unwrap_err();
    assert!(!error.is_retryable(), "{error}");
}

#[test]
fn a_path_is_never_taken_for_a_uri_or_a_pattern() {
    let dir = tempfile::tempdir().unwrap();
    let name = "file:a?mode=memory&x=#% ü.db";
    let path = dir.path().join(name);
    open(&path).append(&evening()).unwrap();
    assert!(path.exists());
    let reader = SqliteReader::open(&path).unwrap();
    assert_eq!(reader.head().unwrap().seq, Seq(16));
}

#[test]
fn a_new_log_can_be_named_and_dated() {
    let (_dir, path) = a_place();
    let named = options().log_id([0xab; 16]).created(UnixMicros(1_234_567));
    let log = SqliteLog::create_or_open(&path, &named).unwrap();
    assert_eq!(log.log_id(), "ab".repeat(16));
    assert_eq!(log.created(), UnixMicros(1_234_567));
    drop(log);
    let reader = SqliteReader::open(&path).unwrap();
    assert_eq!(reader.created(), UnixMicros(1_234_567));
    assert_eq!(reader.log_id(), "ab".repeat(16));

    let (_dir, path) = a_place();
    let drawn = open(&path);
    assert_ne!(drawn.log_id(), "ab".repeat(16));
    assert!(drawn.created().to_string().starts_with("20"));
}

#[test]
fn a_reader_sees_what_is_committed_while_the_writer_goes_on() {
    let (_dir, path) = a_place();
    let mut log = open(&path);
    let reader = SqliteReader::open(&path).unwrap();
    let events = crowd(3000);
    log.append(&events[..1500]).unwrap();

    // In the midst of a long read the writer appends, even folds its WAL; the read ends where the
    // log ended at its start.
    let mut seen = 0;
    reader
        .visit(&Read::default(), &mut |recorded| {
            seen += 1;
            assert_eq!(recorded, events[seen - 1]);
            if seen == 5 {
                log.append(&events[1500..]).unwrap();
                log.flush().unwrap();
                log.idle();
            }
            true
        })
        .unwrap();
    assert_eq!(seen, 1500);
    assert_eq!(reader.head().unwrap(), log.head());
    let newest = Read::default()
        .kinds([Kind::MessageSaid])
        .newest_first()
        .limit(1);
    assert_eq!(reader.read(&newest).unwrap(), log.read(&newest).unwrap());

    log.close().unwrap();
    assert_eq!(reader.head().unwrap().seq, Seq(3000));
}

#[test]
fn a_reader_in_the_way_does_not_hold_up_a_close() {
    let (_dir, path) = a_place();
    let mut log = open(&path);
    log.append(&evening()).unwrap();
    let reader = SqliteReader::open(&path).unwrap();
    let mut log = Some(log);
    reader
        .visit(&Read::default(), &mut |_| {
            log.take().map(SqliteLog::close).transpose().unwrap();
            true
        })
        .unwrap();
    assert_eq!(open(&path).head().seq, Seq(16));
}

#[test]
fn checkpoints_are_kept_by_name() {
    let (_dir, path) = a_place();
    let mut log = open(&path);
    let head = log.append(&evening()).unwrap();
    assert_eq!(log.checkpoint("bus").unwrap(), None);
    log.put_checkpoint("views", 1, Seq(1), ChainHash([1; 32]))
        .unwrap();
    log.put_checkpoint("bus", 1, Seq(3), ChainHash([1; 32]))
        .unwrap();
    log.put_checkpoint("bus", 2, head.seq, head.chain).unwrap();
    let reader = SqliteReader::open(&path).unwrap();
    for found in [log.checkpoint("bus"), reader.checkpoint("bus")] {
        let found = found.unwrap().unwrap();
        assert_eq!(
            (found.version, found.seq, found.chain),
            (2, head.seq, head.chain)
        );
    }
}

#[test]
fn a_reader_counts_kinds_and_bytes() {
    let (_dir, path) = a_place();
    open(&path).append(&evening()).unwrap();
    let reader = SqliteReader::open(&path).unwrap();
    let counts = reader.kind_counts().unwrap();
    assert_eq!(counts[0], ("message".to_owned(), 3));
    assert_eq!(counts.iter().map(|(_, count)| count).sum::<u64>(), 16);
    assert!(reader.size_bytes() > 4096);
}

#[test]
fn p7_events_can_be_neither_changed_nor_deleted() {
    let (_dir, path) = a_place();
    open(&path).append(&evening()).unwrap();
    let raw = Connection::open(&path).unwrap();
    for sql in [
        "UPDATE event SET body = '{}' WHERE seq = 3",
        "DELETE FROM event WHERE seq = 16",
        "DELETE FROM event",
    ] {
        let error = raw.execute(sql, []).unwrap_err().to_string();
        assert!(error.contains("append-only"), "{error}");
    }
}

#[test]
fn an_event_of_an_unknown_kind_is_named_when_read() {
    let (_dir, path) = a_place();
    open(&path).append(&evening()).unwrap();
    let raw = Connection::open(&path).unwrap();
    raw.execute("UPDATE kind SET name = 'hologram' WHERE name = 'pm'", [])
        .unwrap();
    let reader = SqliteReader::open(&path).unwrap();
    let error = reader.read(&Read::default()).unwrap_err();
    assert!(
        matches!(&error, LogError::Newer { seq: Seq(5), kind, schema_v: 1 }
        if kind == "hologram")
    );
    let words = "event 5 is a `hologram` of schema 1, written by a newer build: use that one";
    assert_eq!(error.to_string(), words);
    // Whoever asks for nothing of that kind gets what there is.
    let chat = Read::default().kinds([Kind::MessageSaid]);
    assert_eq!(reader.read(&chat).unwrap().len(), 3);
}

#[test]
fn a_durable_log_keeps_the_same_contract() {
    let (_dir, path) = a_place();
    let durable = options().durability(Durability::Disk);
    let mut log = SqliteLog::create_or_open(&path, &durable).unwrap();
    log.append(&evening()).unwrap();
    log.flush().unwrap();
    let more = record(17, 3, said("Bob", "bye"));
    log.append(&[more]).unwrap();
    assert_eq!(log.read(&Read::default()).unwrap().len(), 17);
}
