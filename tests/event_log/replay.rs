//! Events again at the pace they came. Nothing here measures time: an hour is too long to wait for,
//! and none is none.

use crate::samples::{crowd, open, record, said};
use projectionist::{Kind, Read, Recorded, Replay, SqliteReader, UnixMicros, event_log::EventLog};
use std::path::Path;
use std::time::Duration;

const WAIT: Duration = Duration::from_secs(10);
const HOUR_US: i64 = 3_600_000_000;

/// Three lines of chat, an hour apart.
fn hours(folder: &Path) -> SqliteReader {
    let path = folder.join("log.db");
    let mut log = open(&path);
    let line = |n: u64| {
        let mut line = record(n + 1, 1, said("carol", &n.to_string()));
        line.received_at.0 += n as i64 * HOUR_US;
        line
    };
    log.append(&[line(0), line(1), line(2)]).unwrap();
    log.close().unwrap();
    SqliteReader::open(path).unwrap()
}

fn seqs(events: impl Iterator<Item = Recorded>) -> Vec<u64> {
    events.map(|event| event.seq.0).collect()
}

#[test]
fn at_the_pace_they_came_the_second_is_an_hour_away() {
    let folder = tempfile::tempdir().unwrap();
    let mut replay = Replay::new(hours(folder.path()), Read::default(), 1.0).unwrap();
    assert_eq!(replay.next_timeout(WAIT).unwrap().unwrap().seq.0, 1);
    assert_eq!(replay.next_timeout(Duration::from_millis(1)).unwrap(), None);
    assert!(!replay.is_over());
    assert_eq!(replay.position().0, 2);
}

#[test]
fn a_million_times_as_fast_an_hour_is_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let replay = Replay::new(hours(folder.path()), Read::default(), 1e6).unwrap();
    assert_eq!(seqs(replay.map(Result::unwrap)), [1, 2, 3]);
}

#[test]
fn without_a_pause_a_long_log_comes_whole_and_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    let mut log = open(&path);
    log.append(&crowd(1_000)).unwrap();
    let replay = |read: Read| {
        let reader = SqliteReader::open(&path).unwrap();
        Replay::new(reader, read, f64::INFINITY).unwrap()
    };
    let all = replay(Read::default());
    // What is appended once it has begun is not part of it.
    let more: Vec<_> = crowd(1_010).split_off(1_000);
    log.append(&more).unwrap();
    assert_eq!(
        seqs(all.map(Result::unwrap)),
        (1..=1_000).collect::<Vec<_>>()
    );
    let some = replay(Read::default().limit(300).newest_first());
    assert_eq!(
        seqs(some.map(Result::unwrap)),
        (1..=300).collect::<Vec<_>>()
    );
    let chat = Read::default().kinds([Kind::MessageSaid]);
    let reader = SqliteReader::open(&path).unwrap();
    let expected = reader.read(&chat).unwrap();
    let found: Vec<_> = replay(chat).map(Result::unwrap).collect();
    assert_eq!(found, expected);
}

#[test]
fn one_that_waits_can_be_ended_from_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let mut replay = Replay::new(hours(folder.path()), Read::default(), 1.0).unwrap();
    let cancel = replay.cancel_handle();
    assert!(replay.next().is_some());
    let thread = std::thread::Builder::new();
    let waiting = thread.spawn(move || (replay.next().is_none(), replay.is_over()));
    cancel.cancel();
    assert_eq!(waiting.unwrap().join().unwrap(), (true, true));
}

#[test]
fn a_read_of_sent_times_is_replayed_at_the_pace_things_were_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    let mut log = open(&path);
    let line = |n: u64| {
        let mut line = record(n + 1, 1, said("carol", &n.to_string()));
        // Received together, said an hour apart.
        (line.received_at, line.sent_ms) = (UnixMicros(HOUR_US), Some(n as i64 * HOUR_US / 1_000));
        line
    };
    log.append(&[line(0), line(1)]).unwrap();
    let replay = |read: Read| Replay::new(SqliteReader::open(&path).unwrap(), read, 1.0).unwrap();
    let received = replay(Read::default());
    assert_eq!(seqs(received.map(Result::unwrap)), [1, 2]);
    let mut sent = replay(Read::default().sent(None, None));
    assert_eq!(sent.next_timeout(WAIT).unwrap().unwrap().seq.0, 1);
    assert_eq!(sent.next_timeout(Duration::from_millis(1)).unwrap(), None);
    assert!(!sent.is_over());
}
