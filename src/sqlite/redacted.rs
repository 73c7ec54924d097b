//! The table of redacted events: filled in the transaction that appends a redaction, asked by
//! every read.
//!
//! What a redaction covers is decided by [`Redaction`]; the statement here is the same rule in SQL,
//! so that a log of millions is marked by one walk of the range and not by decoding it. A file of
//! the first schema has no such table: a reader that may not change it works the answer out.

use crate::event::{Event, Kind, Redaction, Scope, Seq};
use crate::sqlite::base;
use crate::sqlite::row::stored;
use rusqlite::{Connection, Result, params};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// Marks what a redaction standing at `by` covers, and drops the folded states that hold it. Call
/// within the transaction that appends it.
pub(crate) fn note(conn: &Connection, by: Seq, redaction: &Redaction) -> Result<()> {
    let mut insert =
        conn.prepare_cached("INSERT OR IGNORE INTO redacted (seq, by_seq) VALUES (?1, ?2)")?;
    let (mut first, by_seq) = (None, stored(by.0));
    for seq in covered(conn, by, redaction)? {
        insert.execute([seq, by_seq])?;
        first = first.or(Some(seq));
    }
    if base::redact(conn, by, redaction)? {
        // States behind a base may hold lines whose events are gone: which, no table tells.
        conn.prepare_cached("DELETE FROM snapshot")?.execute([])?;
    }
    match first {
        Some(first) => drop_states(conn, first, by_seq),
        None => Ok(()),
    }
}

/// The events a redaction standing at `by` covers, in order.
fn covered(conn: &Connection, by: Seq, redaction: &Redaction) -> Result<Vec<i64>> {
    let allowed = |kinds: &[Kind]| {
        let known = Redaction::KINDS.iter().filter(|kind| kinds.contains(kind));
        let names: Vec<_> = known.map(|kind| kind.as_str()).collect();
        serde_json::Value::from(names).to_string()
    };
    let kinds = "(SELECT kind_id FROM kind WHERE name IN (SELECT value FROM json_each(?1)))";
    let mut seqs = Vec::new();
    match &redaction.scope {
        Scope::Events { targets } => {
            let sql =
                format!("SELECT seq FROM event WHERE seq = ?2 AND seq < ?3 AND kind_id IN {kinds}");
            let (mut find, kinds) = (conn.prepare_cached(&sql)?, allowed(Redaction::KINDS));
            for target in targets {
                let found =
                    find.query_map(params![kinds, stored(target.0), stored(by.0)], |r| r.get(0))?;
                for seq in found {
                    seqs.push(seq?);
                }
            }
            seqs.sort_unstable();
        }
        Scope::User {
            user,
            kinds: wanted,
            after,
            until,
        } => {
            let sql = format!(
                "SELECT seq FROM event NOT INDEXED
                 WHERE seq > ?2 AND seq <= ?3 AND seq < ?4 AND kind_id IN {kinds}
                   AND actor_id IN (SELECT actor_id FROM actor WHERE name = ?5 COLLATE NOCASE)
                 ORDER BY seq"
            );
            let (after, until, by) = (stored(after.0), stored(until.0), stored(by.0));
            let mut find = conn.prepare_cached(&sql)?;
            let values = params![allowed(wanted), after, until, by, user];
            for seq in find.query_map(values, |row| row.get(0))? {
                seqs.push(seq?);
            }
        }
    }
    Ok(seqs)
}

/// Drops the states that hold what the redaction at `by_seq` covers, none of it before `first`: as
/// a line of chat, or as a command that waits. One that does not read may hold anything.
fn drop_states(conn: &Connection, first: i64, by_seq: i64) -> Result<()> {
    conn.prepare_cached(
        "DELETE FROM snapshot WHERE seq >= ?1 AND CASE WHEN json_valid(body) THEN
             EXISTS (SELECT 1 FROM json_each(body, '$.chat') line JOIN redacted r
                     ON r.seq = json_extract(line.value, '$.seq') WHERE r.by_seq = ?2)
             OR EXISTS (SELECT 1 FROM json_each(body, '$.commands') command JOIN redacted r
                        ON r.seq = CAST(command.key AS INTEGER) WHERE r.by_seq = ?2)
         ELSE 1 END",
    )?
    .execute([first, by_seq])?;
    Ok(())
}

/// What the table should hold: each event covered, and the first redaction that covers it.
pub(crate) fn expected(conn: &Connection) -> Result<BTreeMap<i64, i64>> {
    let mut expected = BTreeMap::new();
    let mut statement = conn.prepare(
        "SELECT seq, schema_v, body FROM event
         WHERE kind_id = (SELECT kind_id FROM kind WHERE name = 'redaction') ORDER BY seq",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let by: i64 = row.get(0)?;
        let schema_v = u32::try_from(row.get::<_, i64>(1)?).unwrap_or(u32::MAX);
        let body = row.get_ref(2)?.as_str().unwrap_or_default();
        // One that does not read is a finding of its own.
        let Ok(Event::Redacted(redaction)) = Event::decode(Kind::Redacted, schema_v, body) else {
            continue;
        };
        let seq = Seq(u64::try_from(by).unwrap_or(0));
        for covered in covered(conn, seq, &redaction)? {
            expected.entry(covered).or_insert(by);
        }
    }
    Ok(expected)
}

/// Fills the table anew from the redactions there are: events may have come back from a segment, and
/// stored states may hold what is covered among them. Call within the transaction that brought them.
pub(crate) fn derive(conn: &Connection) -> Result<()> {
    let expected = expected(conn)?;
    conn.execute("DELETE FROM redacted", [])?;
    let mut insert = conn.prepare_cached("INSERT INTO redacted (seq, by_seq) VALUES (?1, ?2)")?;
    for (seq, by_seq) in &expected {
        insert.execute([seq, by_seq])?;
    }
    if !expected.is_empty() {
        conn.execute("DELETE FROM snapshot", [])?;
    }
    Ok(())
}

/// Answers whether an event is redacted, in a file of any schema.
#[derive(Debug, Default)]
pub(crate) struct Masks {
    /// Whether the file is known to have the table; it may be given one while it is read.
    has_table: Cell<bool>,
}

impl Masks {
    /// Whether the file has the table of redacted events.
    pub(crate) fn has_table(&self, conn: &Connection) -> Result<bool> {
        if !self.has_table.get() {
            let sql = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'redacted')";
            let found = conn.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
            self.has_table.set(found);
        }
        Ok(self.has_table.get())
    }

    /// Whether this event is redacted. `clear` remembers how far around it none is, so that a log
    /// without redactions pays for one look a page, and one with some for a look at each.
    pub(crate) fn hold(&self, conn: &Connection, seq: Seq, clear: &mut Clear) -> Result<bool> {
        if clear.reaches(seq) {
            return Ok(false);
        }
        if !self.has_table(conn)? {
            return self.told(conn, seq, clear);
        }
        let nearest = if clear.descending {
            "SELECT max(seq) FROM redacted WHERE seq <= ?1"
        } else {
            "SELECT min(seq) FROM redacted WHERE seq >= ?1"
        };
        let mut nearest = conn.prepare_cached(nearest)?;
        let at = stored(seq.0);
        let found: Option<i64> = nearest.query_row([at], |row| row.get(0))?;
        clear.range = match found {
            Some(found) if found == at => return Ok(true),
            Some(found) if clear.descending => found + 1..=at,
            Some(found) => at..=found - 1,
            None if clear.descending => 0..=at,
            None => at..=i64::MAX,
        };
        Ok(false)
    }

    /// Whether a redaction says so: schema 1 of the body, as no other was ever written into a file
    /// without the table.
    fn told(&self, conn: &Connection, seq: Seq, clear: &mut Clear) -> Result<bool> {
        let any = "SELECT EXISTS (SELECT 1 FROM event
                   WHERE kind_id = (SELECT kind_id FROM kind WHERE name = 'redaction'))";
        if !conn.prepare_cached(any)?.query_row([], |row| row.get(0))? {
            *clear = Clear::everywhere();
            return Ok(false);
        }
        let this = "SELECT EXISTS (SELECT 1 FROM event
                    WHERE kind_id = (SELECT kind_id FROM kind WHERE name = 'redaction')
                      AND seq > ?1 AND json_extract(body, '$.target') = ?1)";
        conn.prepare_cached(this)?
            .query_row([stored(seq.0)], |row| row.get(0))
    }
}

/// Where no event is redacted, as far as is known, while one view of the file is held.
#[derive(Debug)]
pub(crate) struct Clear {
    descending: bool,
    range: RangeInclusive<i64>,
}

impl Clear {
    /// Nothing is known yet of events that come in this order.
    pub(crate) fn unknown(descending: bool) -> Self {
        Self {
            descending,
            range: RangeInclusive::new(1, 0),
        }
    }

    /// Nothing counts as redacted.
    pub(crate) fn everywhere() -> Self {
        Self {
            descending: false,
            range: i64::MIN..=i64::MAX,
        }
    }

    fn reaches(&self, seq: Seq) -> bool {
        self.range.contains(&stored(seq.0))
    }
}
