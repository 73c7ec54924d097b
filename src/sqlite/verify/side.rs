//! What follows from the events, against the events: sessions, what is redacted, and positions kept
//! with a hash.

use crate::event::{Event, Seq};
use crate::sqlite::open;
use crate::sqlite::read::ReadSide;
use crate::sqlite::redacted::expected;
use crate::sqlite::row::{RawRow, natural_in, stored};
use crate::sqlite::verify::{Fault, Findings};
use rusqlite::{Connection, Row};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Lines of SQLite's own check to report.
const FILE_FINDINGS_MAX: usize = 10;

/// One row of `session`, as stored or as the events tell it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Session {
    first_seq: i64,
    last_seq: Option<i64>,
    opened_us: i64,
    closed_us: Option<i64>,
    endpoint: Option<String>,
    close_reason: Option<String>,
}

/// The sessions as the events tell them.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    seen: BTreeMap<u64, Session>,
    current: u64,
}

impl Sessions {
    /// Takes note of an event's session; `false` if that had given way to a later one already.
    pub(super) fn note(&mut self, number: u64, seq: u64, received_us: i64) -> bool {
        let in_order = number >= self.current;
        if number > self.current {
            self.seen.entry(number).or_insert_with(|| Session {
                first_seq: stored(seq),
                opened_us: received_us,
                ..Session::default()
            });
        }
        self.current = number;
        in_order
    }

    /// Learns what an event tells of its session.
    pub(super) fn learn(&mut self, raw: &RawRow<'_>, event: &Event) {
        let Some(session) = self.seen.get_mut(&raw.session) else {
            return;
        };
        match event {
            Event::Connected(body) => session.endpoint = Some(body.endpoint.clone()),
            Event::Disconnected(body) => {
                let cause = serde_json::to_value(body.cause).unwrap_or_default();
                session.last_seq = Some(stored(raw.seq));
                session.closed_us = Some(raw.received_us);
                session.close_reason = cause.as_str().map(str::to_owned);
            }
            _ => {}
        }
    }

    /// Compares the table of sessions with what the events told.
    pub(super) fn compare(
        &mut self,
        side: &ReadSide,
        findings: &mut Findings,
    ) -> rusqlite::Result<()> {
        let mut told = std::mem::take(&mut self.seen);
        let mut statement = side.conn.prepare(
            "SELECT session_id, first_seq, last_seq, opened_us, closed_us, endpoint, close_reason
             FROM session ORDER BY session_id",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let number = natural_in(row, 0).unwrap_or(0);
            if session_in(row).ok() != told.remove(&number) {
                let detail = format!("the row of session {number} is not what its events say");
                findings.add(Fault::Session, None, detail);
            }
        }
        for number in told.keys() {
            findings.add(Fault::Session, None, format!("session {number} has no row"));
        }
        Ok(())
    }
}

fn session_in(row: &Row<'_>) -> rusqlite::Result<Session> {
    Ok(Session {
        first_seq: row.get(1)?,
        last_seq: row.get(2)?,
        opened_us: row.get(3)?,
        closed_us: row.get(4)?,
        endpoint: row.get(5)?,
        close_reason: row.get(6)?,
    })
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

/// Compares every position that is kept with a hash with the chain, which ends at `head`.
pub(super) fn compare_positions(
    side: &ReadSide,
    head: Seq,
    findings: &mut Findings,
) -> rusqlite::Result<()> {
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
            "SELECT kept.seq, kept.name, e.seq IS NULL FROM ({kept}) kept
             LEFT JOIN event e ON e.seq = kept.seq
             WHERE kept.chain IS NOT iif(kept.seq = 0, zeroblob(32), e.chain)"
        ))?;
        let mut rows = statement.query([])?;
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
