//! Letting go of the oldest events, once a segment holds them.
//!
//! in steps of some thousand events, each a transaction of its own that leaves a valid log: a
//! single one would hold up a stop, and its write-ahead log would be as large as what goes. The new
//! base is folded from the old one and the events, never from a stored state: there is nothing left
//! afterwards to find a mistake in it by.

use crate::channel::chat_tail_begins;
use crate::event::Seq;
use crate::history::{fold_on, state_at};
use crate::log::{Base, LogError, Snapshot, TrimRefusal};
use crate::segment::Segment;
use crate::sqlite::SqliteLog;
use crate::sqlite::base;
use crate::sqlite::failure::storage;
use crate::sqlite::row::{natural_in, stored};
use crate::state::{ChannelState, FOLD_V};
use crate::time::UnixMicros;
use rusqlite::{Connection, OptionalExtension};

/// Events to a transaction: some tens of megabytes of write-ahead log.
const STEP_EVENTS: u64 = 1 << 13;

impl SqliteLog {
    /// Says whether everything up to and including `until` may be trimmed. `force`: although
    /// consumers whose position is stored have not read that far; they will be told that events are
    /// missing.
    ///
    /// # Errors
    /// - [`LogError::NotTrimmed`]: it may not, and why.
    /// - [`LogError::OtherFold`], [`LogError::Damaged`]: the state there cannot be made.
    /// - [`LogError::Storage`]: the file cannot be read.
    pub fn may_trim(&self, until: Seq, force: bool) -> Result<(), LogError> {
        let head = self.head.seq;
        let base = self.side.base()?;
        let trimmed = base.as_ref().map_or(Seq(0), |base| base.state.seq);
        if until > head {
            return self.refuse(until, TrimRefusal::BeyondHead { head });
        }
        if until <= trimmed {
            return self.refuse(until, TrimRefusal::Already { trimmed });
        }
        if let Some(first) = chat_tail_begins(self)?.filter(|first| *first <= until) {
            return self.refuse(until, TrimRefusal::ChatTail { first });
        }
        if !force && let Some((consumer, seq)) = self.unread(until)? {
            return self.refuse(until, TrimRefusal::Unread { consumer, seq });
        }
        state_at(self, trimmed).map(drop)
    }

    /// Trims everything that a segment of this log holds and that is still there. `force` is as for
    /// [`SqliteLog::may_trim`]. `progress` is told events done and in all; if it says `false`, the
    /// log stays trimmed as far as it is then. Gives the last event trimmed. The file keeps its
    /// size, and what comes is written where the events were; see [`SqliteLog::vacuum`].
    ///
    /// # Errors
    /// - [`LogError::NotTrimmed`]: refused, and why; also if the segment is not of these events.
    /// - [`LogError::Damaged`], [`LogError::OtherFold`]: a state cannot be made: the log is trimmed
    ///   up to an earlier event, or not at all.
    /// - [`LogError::Storage`]: likewise; try again with the same segment.
    pub fn trim(
        &mut self,
        segment: &Segment,
        force: bool,
        progress: &mut dyn FnMut(u64, u64) -> bool,
    ) -> Result<Seq, LogError> {
        let until = segment.last;
        self.may_trim(until, force)?;
        let begun = self.side.trim_seq()?;
        // The chain covers all that is before: with the hash at its end, all of it is the same.
        let is_ours = segment.log_id == self.side.identity.log_id
            && segment.first <= begun.next()
            && self.side.chain_at(until)? == Some(segment.chain);
        if !is_ours {
            self.refuse(until, TrimRefusal::NotArchived)?;
        }
        let total = until.0.saturating_sub(begun.0);
        let mut state = state_at(self, begun)?;
        while state.seq < until {
            let end = Seq(state.seq.0.saturating_add(STEP_EVENTS).min(until.0));
            fold_on(self, &mut state, end)?;
            self.trim_to(&state, end)?;
            if !progress(end.0.saturating_sub(begun.0), total) {
                break;
            }
        }
        Ok(state.seq)
    }

    /// Gives the room of what was trimmed back to the file system: the file is written anew. That
    /// takes the time to copy what is left, and for a moment twice its size on the disk. Readers go
    /// on meanwhile.
    ///
    /// # Errors
    /// - [`LogError::Storage`]: the disk is full, or a reader was in the way: the log is as before.
    pub fn vacuum(&mut self) -> Result<(), LogError> {
        let conn = &self.side.conn;
        conn.execute_batch("VACUUM")
            .map_err(storage(&self.side.path, "give back room"))?;
        self.wal_pages = 0;
        self.fold_wal("TRUNCATE")
            .map_err(storage(&self.side.path, "fold the write-ahead log"))
    }

    /// One step: everything up to `end`, whose state is `state`, goes.
    fn trim_to(&mut self, state: &ChannelState, end: Seq) -> Result<(), LogError> {
        let damaged = |detail: String| LogError::Damaged { seq: end, detail };
        if state.seq != end {
            return Err(damaged("it is missing".to_owned()));
        }
        let body = serde_json::to_string(state).map_err(|error| damaged(error.to_string()))?;
        let missing = || damaged("it is missing".to_owned());
        let chain = self.side.chain_at(end)?.ok_or_else(missing)?;
        let (received_at, session) = self.place(end)?.ok_or_else(missing)?;
        let base = Base {
            state: Snapshot {
                seq: end,
                fold_v: FOLD_V,
                chain,
                body,
            },
            received_at,
            session,
        };
        self.write("trim", |conn| let_go(conn, &base))?;
        self.fold_wal_beyond(0);
        Ok(())
    }

    /// When an event was received, and its session.
    fn place(&self, seq: Seq) -> Result<Option<(UnixMicros, u64)>, LogError> {
        let sql = "SELECT received_us, session_id FROM event WHERE seq = ?1";
        let read = |row: &rusqlite::Row<'_>| Ok((UnixMicros(row.get(0)?), natural_in(row, 1)?));
        self.side
            .conn
            .query_row(sql, [stored(seq.0)], read)
            .optional()
            .map_err(storage(&self.side.path, "read an event"))
    }

    /// A consumer that has not read up to `until`: the one furthest behind.
    fn unread(&self, until: Seq) -> Result<Option<(String, Seq)>, LogError> {
        let sql = "SELECT consumer, seq FROM checkpoint WHERE seq < ?1 ORDER BY seq LIMIT 1";
        let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, Seq(natural_in(row, 1)?)));
        self.side
            .conn
            .query_row(sql, [stored(until.0)], read)
            .optional()
            .map_err(storage(&self.side.path, "read the checkpoints"))
    }

    fn refuse(&self, until: Seq, why: TrimRefusal) -> Result<(), LogError> {
        Err(LogError::NotTrimmed {
            path: self.side.path.display().to_string(),
            until,
            why,
        })
    }
}

/// Has the log begin behind `base`. All of one transaction.
fn let_go(conn: &Connection, base: &Base) -> rusqlite::Result<usize> {
    let end = [stored(base.state.seq.0)];
    conn.execute(
        "UPDATE session SET ended_us =
             (SELECT p.received_us FROM event p WHERE p.seq = session.last_seq - 1)
         WHERE close_reason = 'crash' AND last_seq - 1 <= ?1 AND ended_us IS NULL",
        end,
    )?;
    conn.execute(
        "INSERT OR REPLACE INTO spent_key (dedup_key, seq)
         SELECT dedup_key, seq FROM event WHERE dedup_key IS NOT NULL AND seq <= ?1",
        end,
    )?;
    base::put(conn, Some(base))?;
    conn.execute("DELETE FROM snapshot WHERE seq <= ?1", end)?;
    conn.execute("DELETE FROM quarantine WHERE seq <= ?1", end)?;
    conn.execute("DELETE FROM redacted WHERE seq <= ?1", end)?;
    conn.execute("DELETE FROM event WHERE seq <= ?1", end)
}
