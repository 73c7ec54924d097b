//! The table of sessions as the events tell it: for whoever checks it, or makes it anew.
//!
//! Appending keeps the table row by row; this is the same, told from the events alone.

use crate::event::{Event, Seq};
use crate::sqlite::row::stored;
use crate::time::UnixMicros;
use rusqlite::{Connection, Row, params};
use std::collections::BTreeMap;

/// The columns that [`Session::read`] expects behind the session's number, in its order.
pub(crate) const COLUMNS: &str =
    "first_seq, last_seq, opened_us, closed_us, endpoint, close_reason";

/// One row of `session`, as stored or as the events tell it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Session {
    pub(crate) first_seq: i64,
    pub(crate) last_seq: Option<i64>,
    pub(crate) opened_us: i64,
    pub(crate) closed_us: Option<i64>,
    pub(crate) endpoint: Option<String>,
    pub(crate) close_reason: Option<String>,
}

impl Session {
    /// A row whose [`COLUMNS`] begin at `from`.
    pub(crate) fn read(row: &Row<'_>, from: usize) -> rusqlite::Result<Self> {
        Ok(Self {
            first_seq: row.get(from)?,
            last_seq: row.get(from + 1)?,
            opened_us: row.get(from + 2)?,
            closed_us: row.get(from + 3)?,
            endpoint: row.get(from + 4)?,
            close_reason: row.get(from + 5)?,
        })
    }

    /// Whether `told`, what the events behind `trimmed` tell of this row, does not contradict it.
    /// Of a session that began before them they tell a part only.
    pub(crate) fn agrees_with(&self, told: Option<&Self>, trimmed: Seq) -> bool {
        let trimmed = stored(trimmed.0);
        if self.first_seq > trimmed || self.first_seq < 1 {
            return told == Some(self);
        }
        let ended_before = self.last_seq.is_none_or(|last| last <= trimmed);
        let Some(told) = told else {
            return ended_before;
        };
        let ends_alike = match told.last_seq {
            Some(_) => {
                (told.last_seq, told.closed_us, &told.close_reason)
                    == (self.last_seq, self.closed_us, &self.close_reason)
            }
            None => ended_before,
        };
        ends_alike && (told.endpoint.is_none() || told.endpoint == self.endpoint)
    }
}

/// The sessions as the events tell them.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    pub(crate) seen: BTreeMap<u64, Session>,
    current: u64,
}

impl Sessions {
    /// Takes note of an event's session; `false` if that had given way to a later one already.
    pub(crate) fn note(&mut self, number: u64, seq: u64, received_us: i64) -> bool {
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

    /// Learns what an event tells of its session, which was noted.
    pub(crate) fn learn(&mut self, number: u64, seq: u64, at: UnixMicros, event: &Event) {
        let Some(session) = self.seen.get_mut(&number) else {
            return;
        };
        match event {
            Event::Connected(body) => session.endpoint = Some(body.endpoint.clone()),
            Event::Disconnected(body) => {
                let cause = serde_json::to_value(body.cause).unwrap_or_default();
                session.last_seq = Some(stored(seq));
                session.closed_us = Some(at.0);
                session.close_reason = cause.as_str().map(str::to_owned);
            }
            _ => {}
        }
    }

    /// Writes what was learnt beside what the table has. Where both know of an end or an endpoint,
    /// the later one counts: what was learnt if its events are `newer` than the table's.
    pub(crate) fn merge(&self, conn: &Connection, newer: bool) -> rusqlite::Result<()> {
        let pick = |column: &str| match newer {
            true => format!("{column} = coalesce(excluded.{column}, {column})"),
            false => format!("{column} = coalesce({column}, excluded.{column})"),
        };
        let picked = ["last_seq", "closed_us", "endpoint", "close_reason"].map(pick);
        let mut insert = conn.prepare(&format!(
            "INSERT INTO session (session_id, {COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (session_id) DO UPDATE SET
                 first_seq = min(first_seq, excluded.first_seq),
                 opened_us = min(opened_us, excluded.opened_us), {}",
            picked.join(", ")
        ))?;
        for (number, session) in &self.seen {
            insert.execute(params![
                stored(*number),
                session.first_seq,
                session.last_seq,
                session.opened_us,
                session.closed_us,
                session.endpoint,
                session.close_reason,
            ])?;
        }
        Ok(())
    }
}
