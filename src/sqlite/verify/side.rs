//! What follows from the events, against the events: sessions, what is redacted, and positions kept
//! with a hash.

use crate::event::Seq;
use crate::sqlite::open;
use crate::sqlite::read::ReadSide;
use crate::sqlite::redacted::expected;
use crate::sqlite::row::{natural_in, stored};
use crate::sqlite::sessions::{COLUMNS, Session, Sessions};
use crate::sqlite::verify::{Fault, Findings, Start};
use rusqlite::{Connection, params};
use std::collections::BTreeSet;
use std::path::Path;

/// Lines of SQLite's own check to report.
const FILE_FINDINGS_MAX: usize = 10;

/// Compares the table of sessions with what the events behind `trimmed` told.
pub(super) fn compare_sessions(
    side: &ReadSide,
    sessions: &mut Sessions,
    trimmed: Seq,
    findings: &mut Findings,
) -> rusqlite::Result<()> {
    let mut told = std::mem::take(&mut sessions.seen);
    let sql = format!("SELECT session_id, {COLUMNS} FROM session ORDER BY session_id");
    let mut statement = side.conn.prepare(&sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let number = natural_in(row, 0).unwrap_or(0);
        let told = told.remove(&number);
        let agrees =
            Session::read(row, 1).is_ok_and(|session| session.agrees_with(told.as_ref(), trimmed));
        if !agrees {
            let detail = format!("the row of session {number} is not what its events say");
            findings.add(Fault::Session, None, detail);
        }
    }
    for number in told.keys() {
        findings.add(Fault::Session, None, format!("session {number} has no row"));
    }
    Ok(())
}

/// Compares the table of redacted events with the redactions. A file of the first schema has none.
pub(super) fn compare_redacted(side: &ReadSide, findings: &mut Findings) -> rusqlite::Result<()> {
    if !side.masks.has_table(&side.conn)? {
        return Ok(());
    }
    let mut told = expected(&side.conn)?;
    let mut statement = side
        .conn
        .prepare("SELECT seq, by_seq FROM redacted ORDER BY seq")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (seq, by): (i64, i64) = (row.get(0)?, row.get(1)?);
        if told.remove(&seq) != Some(by) {
            let detail =
                format!("event {seq} is marked as redacted by {by}, which does not say so");
            findings.add(Fault::Redaction, None, detail);
        }
    }
    for (seq, by) in told {
        let detail = format!("event {seq} is not marked as redacted, though {by} says so");
        findings.add(Fault::Redaction, None, detail);
    }
    Ok(())
}

/// Compares what the log says of itself with the seal on it.
pub(super) fn compare_seal(side: &ReadSide, findings: &mut Findings) -> rusqlite::Result<()> {
    if !open::is_as_sealed(&side.conn)? {
        let detail =
            "what the log says of itself (log_id, channel, origin, created_us) was changed";
        findings.add(Fault::Identity, None, detail);
    }
    Ok(())
}

/// Compares every position that is kept with a hash with the chain, which ends at `head`. Of what
/// lies before the log's start, nothing can be said.
pub(super) fn compare_positions(
    side: &ReadSide,
    start: &Start,
    head: Seq,
    findings: &mut Findings,
) -> rusqlite::Result<()> {
    let trimmed = stored(start.trimmed.0);
    let chain = start.chain.map(|chain| chain.0);
    let what = [
        (
            Fault::Snapshot,
            "SELECT seq, chain, 'a folded state' AS name FROM snapshot",
        ),
        (
            Fault::Checkpoint,
            "SELECT seq, chain, 'consumer ' || consumer AS name FROM checkpoint",
        ),
        (
            Fault::Anchor,
            "SELECT seq, chain, 'the last ' || why AS name FROM anchor",
        ),
    ];
    for (fault, kept) in what {
        let mut statement = side.conn.prepare(&format!(
            "SELECT kept.seq, kept.name, e.seq IS NULL AND kept.seq > ?1 FROM ({kept}) kept
             LEFT JOIN event e ON e.seq = kept.seq
             WHERE (kept.seq >= ?1 OR kept.seq <= 0)
                 AND CASE kept.seq WHEN 0 THEN zeroblob(32) WHEN ?1 THEN ?2 ELSE e.chain END
                     IS NOT kept.chain"
        ))?;
        let mut rows = statement.query(params![trimmed, chain.as_ref().map(|c| c.as_slice())])?;
        while let Some(row) = rows.next()? {
            let (seq, name, gone): (i64, String, bool) = (row.get(0)?, row.get(1)?, row.get(2)?);
            if fault == Fault::Anchor && gone {
                let detail = format!("gone: {name} put the log's end at {seq}");
                findings.add(fault, Some(head.next()), detail);
            } else {
                let detail = format!("{name} at {seq} has a hash that is not the chain's there");
                findings.add(fault, None, detail);
            }
        }
    }
    Ok(())
}

/// SQLite's own look at the file: pages, indexes against tables, types against the schema. What is
/// broken, a line each. On a connection of its own.
pub(super) fn broken_structure(path: &Path) -> Vec<String> {
    let lines = || {
        let conn = open::to_read(path).map_err(|error| error.to_string())?;
        integrity_check(&conn).map_err(|error| error.to_string())
    };
    let mut lines = lines().unwrap_or_else(|error| vec![error]);
    lines.retain(|line| line != "ok");
    lines
}

fn integrity_check(conn: &Connection) -> rusqlite::Result<Vec<String>> {
    let sql = format!("PRAGMA integrity_check({FILE_FINDINGS_MAX})");
    let mut statement = conn.prepare(&sql)?;
    let lines = statement.query_map([], |row| row.get(0))?;
    lines.collect()
}

/// Marks what was found wrong before, and accepted.
pub(super) fn mark_known(side: &ReadSide, findings: &mut Findings) {
    let quarantined = || {
        let mut statement = side.conn.prepare("SELECT seq FROM quarantine")?;
        let seqs = statement.query_map([], |row| natural_in(row, 0))?;
        seqs.collect::<rusqlite::Result<BTreeSet<_>>>()
    };
    // What cannot be read is not known.
    let known = quarantined().unwrap_or_default();
    for finding in &mut findings.0 {
        finding.known = finding.seq.is_some_and(|seq| known.contains(&seq.0));
    }
}
