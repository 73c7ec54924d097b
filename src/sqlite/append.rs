//! Appending: a batch in one transaction, each body written out once and linked to the chain.
//!
//! Whatever fails, nothing of the batch is in the file and nothing of it is remembered, so the same
//! batch can be tried again.

use crate::event::{Event, Kind, Origin, Recorded};
use crate::log::chain::Columns;
use crate::log::{ChainHash, Head, LogError};
use crate::sqlite::dictionary::Ids;
use crate::sqlite::failure::is_duplicate;
use crate::sqlite::redacted;
use crate::sqlite::row::{origin_id, stored};
use rusqlite::{CachedStatement, Connection, params};

/// Why a transaction was given up.
#[derive(Debug)]
pub(crate) enum Failure {
    /// For a reason of the log's own.
    Log(LogError),
    /// SQLite could not.
    Sqlite(rusqlite::Error),
}

impl From<LogError> for Failure {
    fn from(error: LogError) -> Self {
        Self::Log(error)
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// Runs `work` in one transaction: all of it is committed, or none.
pub(crate) fn transaction<T>(
    conn: &Connection,
    work: impl FnOnce() -> Result<T, Failure>,
) -> Result<T, Failure> {
    roll_back(conn);
    conn.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    let done = work().and_then(|value| {
        conn.prepare_cached("COMMIT")?.execute([])?;
        Ok(value)
    });
    if done.is_err() {
        roll_back(conn);
    }
    done
}

/// Ends a transaction that is still open. SQLite ends some by itself; what cannot be rolled back
/// now is before the next begins.
fn roll_back(conn: &Connection) {
    if !conn.is_autocommit()
        && let Err(error) = conn.execute_batch("ROLLBACK")
    {
        ::log::warn!("the event log could not roll back yet: {error}");
    }
}

/// Stores one event; for [`insert_row`].
pub(crate) const INSERT: &str =
    "INSERT INTO event (seq, session_id, received_us, sent_ms, kind_id, schema_v, origin,
                        actor_id, cause_seq, corr, dedup_key, chain, body, raw)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";

/// One event as it is to be stored, its body written out and its hash known.
pub(crate) struct Stored<'a> {
    pub(crate) columns: Columns<'a>,
    pub(crate) kind: Kind,
    pub(crate) origin: Origin,
    pub(crate) chain: ChainHash,
}

/// Stores one event by the statement [`INSERT`], within a transaction.
pub(crate) fn insert_row(
    conn: &Connection,
    insert: &mut CachedStatement<'_>,
    ids: &mut Ids,
    row: &Stored<'_>,
) -> Result<(), Failure> {
    let columns = &row.columns;
    let kind_id = ids.kind(conn, row.kind)?;
    let actor_id = match columns.actor {
        Some(name) => Some(ids.actor(conn, name)?),
        None => None,
    };
    insert
        .execute(params![
            stored(columns.seq),
            stored(columns.session),
            columns.received_us,
            columns.sent_ms,
            kind_id,
            columns.schema_v,
            origin_id(row.origin),
            actor_id,
            columns.cause.map(stored),
            columns.corr,
            columns.dedup_key,
            row.chain.0.as_slice(),
            columns.body,
            columns.raw,
        ])
        .map_err(|error| refused(error, columns.dedup_key))?;
    Ok(())
}

/// Writes one batch within a transaction.
pub(crate) struct Batch<'a> {
    pub(crate) conn: &'a Connection,
    pub(crate) ids: &'a mut Ids,
    /// Room for a body, kept from one batch to the next.
    pub(crate) body: &'a mut Vec<u8>,
    /// Where the log ends so far.
    pub(crate) head: Head,
    /// Bytes of bodies and raw payloads written.
    pub(crate) bytes: usize,
}

impl Batch<'_> {
    /// Writes the events, which continue the log.
    pub(crate) fn write(&mut self, events: &[Recorded]) -> Result<(), Failure> {
        let conn = self.conn;
        let mut insert = conn.prepare_cached(INSERT)?;
        for recorded in events {
            self.write_one(&mut insert, recorded)?;
        }
        Ok(())
    }

    fn write_one(
        &mut self,
        insert: &mut CachedStatement<'_>,
        recorded: &Recorded,
    ) -> Result<(), Failure> {
        self.body.clear();
        let body = written(recorded, self.body)?;
        let columns = Columns::of(recorded, body);
        self.bytes += body.len() + columns.raw.map_or(0, str::len);
        self.head = put(self.conn, insert, self.ids, &self.head, recorded, &columns)?;
        Ok(())
    }
}

/// Writes one row behind `head`, and what follows from it; gives the new head. `columns` are those
/// of `recorded`, with its body written out.
pub(crate) fn put(
    conn: &Connection,
    insert: &mut CachedStatement<'_>,
    ids: &mut Ids,
    head: &Head,
    recorded: &Recorded,
    columns: &Columns<'_>,
) -> Result<Head, Failure> {
    let chain = columns.link(&head.chain);
    let row = Stored {
        columns: *columns,
        kind: recorded.kind(),
        origin: recorded.origin,
        chain,
    };
    insert_row(conn, insert, ids, &row)?;
    note_session(conn, head, recorded)?;
    if let Event::Redacted(redaction) = &recorded.event {
        redacted::note(conn, recorded.seq, redaction)?;
    }
    let new_session = recorded.session != head.session;
    let ended = matches!(recorded.event, Event::Disconnected(_));
    Ok(Head {
        seq: recorded.seq,
        chain,
        received_at: recorded.received_at,
        session: recorded.session,
        session_open: !ended
            && if new_session {
                recorded.session > 0
            } else {
                head.session_open
            },
    })
}

/// The body as text, in the room given for it.
fn written<'a>(recorded: &Recorded, room: &'a mut Vec<u8>) -> Result<&'a str, Failure> {
    let damaged = |detail: String| {
        Failure::Log(LogError::Damaged {
            seq: recorded.seq,
            detail,
        })
    };
    recorded
        .event
        .write_body(room)
        .map_err(|error| damaged(error.to_string()))?;
    std::str::from_utf8(room).map_err(|error| damaged(error.to_string()))
}

/// Why a row was refused: its key is taken, or SQLite could not.
fn refused(error: rusqlite::Error, dedup_key: Option<&str>) -> Failure {
    match dedup_key {
        Some(key) if is_duplicate(&error) => Failure::Log(LogError::Duplicate {
            key: key.to_owned(),
        }),
        _ => Failure::Sqlite(error),
    }
}

/// Keeps the table of sessions in step with an event. `before` is the head ahead of it.
fn note_session(conn: &Connection, before: &Head, recorded: &Recorded) -> rusqlite::Result<()> {
    if recorded.session == 0 {
        return Ok(());
    }
    let (session, seq) = (stored(recorded.session), stored(recorded.seq.0));
    let time = recorded.received_at.0;
    if recorded.session != before.session {
        conn.prepare_cached(
            "INSERT INTO session (session_id, first_seq, opened_us) VALUES (?1, ?2, ?3)
             ON CONFLICT DO NOTHING",
        )?
        .execute(params![session, seq, time])?;
    }
    match &recorded.event {
        Event::Connected(connected) => {
            conn.prepare_cached("UPDATE session SET endpoint = ?2 WHERE session_id = ?1")?
                .execute(params![session, connected.endpoint])?;
        }
        Event::Disconnected(ended) => {
            let reason = serde_json::to_value(ended.cause).unwrap_or_default();
            conn.prepare_cached(
                "UPDATE session SET last_seq = ?2, closed_us = ?3, close_reason = ?4
                 WHERE session_id = ?1",
            )?
            .execute(params![session, seq, time, reason.as_str()])?;
        }
        _ => {}
    }
    Ok(())
}
