//! Others at the same file: a second engine, a reader that never lets go, a foreign program that
//! holds the lock for writing. Goal: the writer loses nothing to any of them.

use crate::child::play;
use crate::namespace::cannot;
use crate::running::Running;
use crate::samples::{crowd, evening, open, options, record, shown};
use crate::{a_place, sound};
use projectionist::{
    Event, LogError, Recorded, SqliteReader, event::Unrecognised, event_log::EventLog,
    sqlite::SqliteLog,
};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Part: an engine's hold on a log, until it is killed.
pub(crate) fn hold(path: &Path) {
    let mut log = open(path);
    log.append(&evening()).unwrap();
    println!("held");
    loop {
        std::thread::park();
    }
}

#[test]
fn p6_a_second_process_is_refused_until_the_first_is_dead() {
    let (_dir, path) = a_place();
    let first = Running::spawn(play("hold the log", &path));
    first.prints("held");
    let error = SqliteLog::create_or_open(&path, &options()).unwrap_err();
    assert!(matches!(error, LogError::InUse { .. }), "{error}");
    assert_eq!(sound(&path), shown(&evening()), "it may be read meanwhile");
    first.signal("KILL");
    first.end();
    assert_eq!(open(&path).head().seq.0, 16, "its lock went with it");
}

/// Python's SQLite, with the lock for writing on a log.
struct Foreigner(Child);

impl Foreigner {
    /// Takes the lock; `None`, loudly, where there is no Python.
    fn locks(path: &Path) -> Option<Self> {
        let script = "import sqlite3, sys
file = sqlite3.connect(sys.argv[1], isolation_level=None)
file.execute('BEGIN IMMEDIATE')
file.execute(\"INSERT OR REPLACE INTO quarantine VALUES (99, 'by hand')\")
print('locked', flush=True)
sys.stdin.readline()
file.execute('COMMIT')";
        let spawned = Command::new("python3")
            .args(["-c", script])
            .arg(path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let Ok(mut child) = spawned else {
            cannot("run python3");
            return None;
        };
        let mut line = String::new();
        let stdout = child.stdout.as_mut().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        assert_eq!(line, "locked\n");
        Some(Self(child))
    }

    /// Commits and ends.
    fn lets_go(mut self) {
        drop(self.0.stdin.take());
        assert!(self.0.wait().unwrap().success());
    }
}

#[test]
fn p1_a_foreign_lock_costs_the_writer_time_and_nothing_else() {
    let (_dir, path) = a_place();
    let events = crowd(60);
    let mut log = open(&path);
    log.append(&events[..20]).unwrap();
    // Longer than the writer waits.
    let Some(foreigner) = Foreigner::locks(&path) else {
        return;
    };
    let before = log.head();
    let error = log.append(&events[20..40]).unwrap_err();
    assert!(error.is_retryable(), "{error}");
    assert!(error.to_string().contains("locked"), "{error}");
    assert_eq!(log.head(), before);
    foreigner.lets_go();
    log.append(&events[20..40]).unwrap();
    // Shorter: the writer comes in behind it.
    let foreigner = Foreigner::locks(&path).unwrap();
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| log.append(&events[40..]).map(|head| head.seq.0));
        foreigner.lets_go();
        assert_eq!(writer.join().unwrap().unwrap(), 60);
    });
    log.close().unwrap();
    assert_eq!(sound(&path), events);
}

/// An event of some 64 KiB.
fn bulky(seq: u64) -> Recorded {
    let (name, why) = ("x".to_owned(), "y".repeat(1 << 16));
    record(seq, 1, Event::Unrecognised(Unrecognised { name, why }))
}

/// Goal: the write-ahead log grows by what is written while a reader is pinned, and no more; it is
/// folded away once the reader has gone.
#[test]
fn p6_a_reader_pinned_for_the_whole_run_costs_room_and_nothing_else() {
    let (dir, path) = a_place();
    let size = |name: &str| std::fs::metadata(dir.path().join(name)).map_or(0, |file| file.len());
    let mut log = open(&path);
    log.append(&[bulky(1)]).unwrap();
    let pinned = rusqlite::Connection::open(&path).unwrap();
    let count = || -> i64 {
        let sql = "SELECT count(*) FROM event";
        pinned.query_row(sql, [], |row| row.get(0)).unwrap()
    };
    pinned.execute_batch("BEGIN").unwrap();
    assert_eq!(count(), 1);
    let mut seq = 2;
    let mut go_on = |log: &mut SqliteLog, events: u64| {
        for _ in 0..events {
            log.append(&[bulky(seq)]).unwrap();
            log.idle();
            seq += 1;
        }
    };
    go_on(&mut log, 400);
    assert_eq!(count(), 1, "what it sees stays as it was");
    let newest = SqliteReader::open(&path).unwrap();
    assert_eq!(newest.head().unwrap(), log.head());
    let (file, wal) = (size("log.db"), size("log.db-wal"));
    let written = 400 << 16;
    assert!(file < 1 << 20, "{file}: a pinned page is not overwritten");
    assert!(wal > written && wal < written * 3 / 2, "{wal} of {written}");

    pinned.execute_batch("COMMIT").unwrap();
    drop(newest);
    go_on(&mut log, 40);
    assert!(size("log.db") > written, "folded");
    go_on(&mut log, 200);
    let after = size("log.db-wal");
    assert!(
        after <= wal + (40 << 16) * 3 / 2,
        "{after}: it begins anew instead of growing"
    );
    drop(pinned);
    log.close().unwrap();
    assert_eq!(size("log.db-wal"), 0);
    assert_eq!(sound(&path).len(), 641);
}
