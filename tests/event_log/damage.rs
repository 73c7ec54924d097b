//! Rot shows: whatever is changed, cut or lost, `verify` says where.

use crate::samples::{crowd, disconnected, evening, open, options, record, shown};
use projectionist::{
    LogError, Read, Seq, SqliteReader, UnixMicros,
    event::DisconnectCause,
    event_log::{ChainHash, EventLog, Snapshot, chain::Columns},
    sqlite::{Fault, Finding, SqliteLog, Verdict, verify, verify_with},
};
use rusqlite::Connection;
use std::path::{Path, PathBuf};

/// A closed log of the sample evening, as bytes to be damaged again and again.
pub(crate) struct Sample {
    dir: tempfile::TempDir,
    pub(crate) bytes: Vec<u8>,
}

impl Sample {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log.db");
        let mut log = open(&path);
        let head = log.append(&evening()).unwrap();
        log.put_checkpoint("bus", 1, head.seq, head.chain).unwrap();
        let snapshot = Snapshot {
            seq: head.seq,
            fold_v: 1,
            chain: head.chain,
            body: "{}".to_owned(),
        };
        log.put_snapshot(&snapshot).unwrap();
        log.quarantine(Seq(13), "sound, for all that is known")
            .unwrap();
        log.close().unwrap();
        let bytes = std::fs::read(&path).unwrap();
        Self { dir, bytes }
    }

    /// A fresh copy in a file of its own.
    pub(crate) fn copy(&self) -> PathBuf {
        let path = self.dir.path().join("copy.db");
        for suffix in ["", "-wal", "-shm"] {
            let mut side = path.clone().into_os_string();
            side.push(suffix);
            let _ = std::fs::remove_file(side);
        }
        std::fs::write(&path, &self.bytes).unwrap();
        path
    }

    /// What is found after `sql` was done to a copy, past the triggers.
    fn after(&self, sql: &str) -> Verdict {
        let path = self.copy();
        raw(&path).execute_batch(sql).unwrap();
        look(&path)
    }
}

/// A connection that may do what the log forbids.
pub(crate) fn raw(path: &Path) -> Connection {
    let conn = Connection::open(path).unwrap();
    conn.execute_batch(
        "PRAGMA synchronous = OFF;
         DROP TRIGGER event_is_never_updated; DROP TRIGGER event_is_never_deleted;",
    )
    .unwrap();
    conn
}

fn look(path: &Path) -> Verdict {
    verify(&SqliteReader::open(path).unwrap(), |_, _| {}).unwrap()
}

/// The one finding there is.
fn only(verdict: &Verdict) -> &Finding {
    assert_eq!(verdict.findings.len(), 1, "{:?}", verdict.findings);
    &verdict.findings[0]
}

#[test]
fn an_untouched_log_is_sound() {
    let sample = Sample::new();
    let reader = SqliteReader::open(sample.copy()).unwrap();
    let (mut progress, mut seen) = (Vec::new(), Vec::new());
    let told = |seq, total| progress.push((seq, total));
    let verdict = verify_with(&reader, told, &mut |r| seen.push(r)).unwrap();
    assert_eq!(verdict.findings, []);
    assert!(verdict.is_sound());
    let head = reader.head().unwrap();
    assert_eq!(
        (verdict.events, verdict.good, verdict.chain),
        (16, head.seq, head.chain)
    );
    assert_eq!(progress.last(), Some(&(16, 16)));
    assert_eq!(seen, shown(&evening()));
}

#[test]
fn p8_a_lost_event_is_a_hole() {
    let verdict = Sample::new().after("DELETE FROM event WHERE seq = 6");
    let finding = only(&verdict);
    assert_eq!((finding.fault, finding.seq), (Fault::Hole, Some(Seq(6))));
    assert_eq!(finding.to_string(), "event 6: missing; 7 follows");
}

#[test]
fn p8_a_log_that_lost_its_end_is_told_by_its_anchor() {
    let sql = "DELETE FROM event WHERE seq > 12; DELETE FROM checkpoint; DELETE FROM snapshot;
               DELETE FROM redacted";
    let verdict = Sample::new().after(sql);
    let finding = only(&verdict);
    assert_eq!((finding.fault, finding.seq), (Fault::Anchor, Some(Seq(13))));
    assert!(finding.detail.contains("the last close"), "{finding}");
}

#[test]
fn cells_of_the_wrong_type_are_named_without_their_content() {
    let sample = Sample::new();
    // STRICT tables refuse another type; damage does not ask.
    let (path, body) = (sample.copy(), b"\"text\":\"psst\"");
    let mut bytes = std::fs::read(&path).unwrap();
    let places: Vec<_> = bytes
        .windows(body.len())
        .enumerate()
        .filter_map(|(i, window)| (window == body).then_some(i))
        .collect();
    for place in places {
        bytes[place + 8] = 0xff;
    }
    std::fs::write(&path, bytes).unwrap();
    let verdict = look(&path);
    let finding = &verdict.findings[0];
    assert_eq!(
        (finding.fault, finding.seq),
        (Fault::Unreadable, Some(Seq(5)))
    );
    assert_eq!(finding.detail, "body is not UTF-8");
}

#[test]
fn p8_a_damaged_dictionary_is_told_at_the_first_event_it_names() {
    let sample = Sample::new();
    let verdict = sample.after("UPDATE kind SET name = 'pn' WHERE name = 'pm'");
    assert_eq!(verdict.first_bad(), Some(Seq(5)));
    assert_eq!(verdict.findings[0].fault, Fault::Hash);
    let verdict = sample.after("UPDATE actor SET name = 'Rob' WHERE name = 'Bob'");
    assert_eq!(
        (only(&verdict).fault, verdict.first_bad()),
        (Fault::Hash, Some(Seq(4)))
    );
    let verdict = sample.after("DELETE FROM actor WHERE name = 'Bob'");
    assert_eq!(
        (only(&verdict).fault, verdict.first_bad()),
        (Fault::Dictionary, Some(Seq(4)))
    );
}

#[test]
fn p8_what_follows_from_the_events_is_compared_with_them() {
    let sample = Sample::new();
    for (sql, fault, detail) in [
        (
            "UPDATE session SET endpoint = 'x' WHERE session_id = 1",
            Fault::Session,
            "session 1",
        ),
        (
            "UPDATE session SET closed_us = 1 WHERE session_id = 3",
            Fault::Session,
            "session 3",
        ),
        (
            "DELETE FROM session WHERE session_id = 2",
            Fault::Session,
            "session 2 has no row",
        ),
        (
            "INSERT INTO session VALUES (9, 1, 1, 1, 1, '', '', NULL)",
            Fault::Session,
            "session 9",
        ),
        (
            "UPDATE snapshot SET chain = zeroblob(32)",
            Fault::Snapshot,
            "folded state at 16",
        ),
        (
            "UPDATE meta SET value = 'https://elsewhere.example' WHERE key = 'origin'",
            Fault::Identity,
            "was changed",
        ),
        (
            "UPDATE snapshot SET seq = 99",
            Fault::Snapshot,
            "folded state at 99",
        ),
        (
            "UPDATE checkpoint SET seq = 3",
            Fault::Checkpoint,
            "consumer bus at 3",
        ),
        (
            "DELETE FROM redacted",
            Fault::Redaction,
            "event 12 is not marked as redacted, though 16 says so",
        ),
        (
            "INSERT INTO redacted VALUES (4, 16)",
            Fault::Redaction,
            "event 4 is marked as redacted by 16",
        ),
        (
            "UPDATE anchor SET chain = zeroblob(32)",
            Fault::Anchor,
            "the last close at 16",
        ),
    ] {
        let verdict = sample.after(sql);
        let finding = only(&verdict);
        assert_eq!(finding.fault, fault, "{sql}");
        assert!(finding.detail.contains(detail), "{sql}: {finding}");
        assert_eq!(
            (verdict.good, verdict.first_bad()),
            (Seq(16), None),
            "{sql}"
        );
    }
}

#[test]
fn an_index_that_disagrees_with_its_table_is_a_finding() {
    let verdict = Sample::new().after(
        "PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET sql = replace(sql, 'received_us', 'sent_ms')
         WHERE name = 'event_by_kind';",
    );
    assert!(
        verdict
            .findings
            .iter()
            .all(|finding| finding.fault == Fault::File)
    );
    assert!(!verdict.is_sound());
}

#[test]
fn a_body_of_another_kind_is_found_though_its_hash_fits() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log.db");
    open(&path).append(&evening()[..3]).unwrap();
    // Forged with its hash, as by another program: the chain fits, the body does not.
    let events = evening();
    let rank = projectionist::event_log::chain::Columns {
        body: r#"{"rank":"high"}"#,
        ..projectionist::event_log::chain::Columns::of(&events[2], "")
    };
    let reader = SqliteReader::open(&path).unwrap();
    let hash = rank.link(&reader.chain_at(Seq(2)).unwrap().unwrap());
    let sql = "UPDATE event SET body = ?1, chain = ?2 WHERE seq = 3";
    let conn = raw(&path);
    conn.execute(sql, rusqlite::params![rank.body, hash.0])
        .unwrap();
    conn.execute("DELETE FROM anchor", []).unwrap();
    let verdict = look(&path);
    let finding = only(&verdict);
    assert_eq!((finding.fault, finding.seq), (Fault::Body, Some(Seq(3))));
}

/// Forges an event of the future into a copy, with its hash, as a newer build would have written it.
fn newer(sample: &Sample, seq: usize, kind: &str, schema_v: u32) -> PathBuf {
    let path = sample.copy();
    let conn = raw(&path);
    conn.execute("INSERT OR IGNORE INTO kind (name) VALUES (?1)", [kind])
        .unwrap();
    let reader = SqliteReader::open(&path).unwrap();
    let mut chain = reader.chain_at(Seq(seq as u64 - 1)).unwrap().unwrap();
    let mut body = Vec::new();
    for (index, event) in evening().iter().enumerate().skip(seq - 1) {
        body.clear();
        event.event.write_body(&mut body).unwrap();
        let own = Columns::of(event, std::str::from_utf8(&body).unwrap());
        let forged = Columns {
            kind,
            schema_v,
            body: r#"{"song":9}"#,
            ..own
        };
        let columns = if index + 1 == seq { forged } else { own };
        chain = columns.link(&chain);
        let sql = "UPDATE event SET schema_v = ?1, body = ?2, chain = ?3,
                   kind_id = (SELECT kind_id FROM kind WHERE name = ?4) WHERE seq = ?5";
        let (version, body) = (columns.schema_v, columns.body);
        conn.execute(
            sql,
            rusqlite::params![version, body, chain.0, columns.kind, columns.seq as i64],
        )
        .unwrap();
    }
    for table in ["anchor", "checkpoint", "snapshot"] {
        conn.execute(&format!("DELETE FROM {table}"), []).unwrap();
    }
    path
}

#[test]
fn p7_events_of_a_newer_build_are_named_and_are_no_damage() {
    let sample = Sample::new();
    for (seq, kind, schema_v) in [(6, "karaoke", 3), (12, "message", 2)] {
        let path = newer(&sample, seq, kind, schema_v);
        let verdict = look(&path);
        let finding = only(&verdict);
        let at = Seq(seq as u64);
        assert_eq!((finding.fault, finding.seq), (Fault::Newer, Some(at)));
        assert!(finding.detail.contains(kind), "{finding}");
        assert!(!verdict.is_sound() && !verdict.is_damaged());
        let (head, first_bad) = (Seq(16), verdict.first_bad());
        assert_eq!((verdict.good, first_bad), (head, None), "its hash fits");
        let reader = SqliteReader::open(&path).unwrap();
        let error = reader.read(&Read::default()).unwrap_err();
        assert!(matches!(error, LogError::Newer { seq, .. } if seq == at));
    }
}

#[test]
fn p7_a_log_with_kinds_of_a_newer_build_is_not_written_to() {
    let sample = Sample::new();
    let path = newer(&sample, 6, "karaoke", 1);
    let before = std::fs::read(&path).unwrap();
    let error = SqliteLog::create_or_open(&path, &options()).unwrap_err();
    assert!(matches!(&error, LogError::UnknownKind { kind, .. } if kind == "karaoke"));
    assert!(error.to_string().contains("newer build"), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn damage_that_is_known_leaves_a_log_sound() {
    let sample = Sample::new();
    let path = sample.copy();
    let sql = "UPDATE event SET raw = 'x' WHERE seq = 4";
    raw(&path).execute(sql, []).unwrap();
    assert!(!look(&path).is_sound());
    open(&path)
        .quarantine(Seq(4), "bit rot on the old disk")
        .unwrap();
    let verdict = look(&path);
    assert!(only(&verdict).known && verdict.is_sound());
    assert_eq!(verdict.first_bad(), Some(Seq(4)));
}

#[test]
fn a_log_in_use_is_verified_as_of_one_moment() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log.db");
    let mut log = open(&path);
    let mut events = crowd(2100);
    let mut end = record(2101, 1, disconnected(DisconnectCause::Closed));
    end.received_at = UnixMicros(events[2099].received_at.0);
    events.push(end);
    log.append(&events[..2000]).unwrap();
    let reader = SqliteReader::open(&path).unwrap();
    let mut rest = Some(&events[2000..]);
    let verdict = verify(&reader, |_, _| {
        if let Some(rest) = rest.take() {
            log.append(rest).unwrap();
            log.flush().unwrap();
        }
    })
    .unwrap();
    assert_eq!((verdict.events, verdict.findings), (2101, vec![]));
}

#[test]
fn an_empty_log_is_sound() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log.db");
    let mut log = open(&path);
    log.flush().unwrap();
    log.put_checkpoint("bus", 1, Seq(0), ChainHash::default())
        .unwrap();
    drop(log);
    let verdict = look(&path);
    assert_eq!(
        (verdict.events, verdict.good, verdict.findings),
        (0, Seq(0), vec![])
    );
}
