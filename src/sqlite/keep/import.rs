//! Events back from segments: into an empty log, behind the end of one, or in front of its start.
//!
//! One transaction a segment, committed only once all of it was proved. The rows are stored as they
//! stand in the segment, so that the log is the one it was, hash by hash.

use crate::event::Seq;
use crate::log::chain::Columns;
use crate::log::{ChainHash, LogError};
use crate::segment::{Before, Header, PROGRESS_EVERY, Row, Segment, SegmentReader, SessionLine};
use crate::sqlite::append::{Failure, INSERT, Stored, insert_row};
use crate::sqlite::base;
use crate::sqlite::dictionary::Ids;
use crate::sqlite::redacted;
use crate::sqlite::row::stored;
use crate::sqlite::sessions::{Session, Sessions};
use crate::sqlite::{LogOptions, SqliteLog};
use crate::time::UnixMicros;
use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use std::path::Path;

/// Where a segment goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// The log is empty.
    Empty,
    /// The log ends where the segment begins.
    Behind,
    /// The log begins where the segment ends, at this hash.
    InFront(ChainHash),
}

impl SqliteLog {
    /// Makes the log that a segment is of, still empty, for [`SqliteLog::import_segment`]; or opens
    /// it. Its directory must exist.
    ///
    /// # Errors
    /// As [`SqliteLog::create_or_open`].
    pub fn create_for(path: &Path, segment: &Segment) -> Result<Self, LogError> {
        let mut options = LogOptions::new(&segment.channel, &segment.origin);
        options.created = Some(segment.created);
        options.log_id = bytes(&segment.log_id);
        Self::create_or_open(path, &options)
    }

    /// Takes the events of a segment in, and verifies all of it before anything counts. It fits
    /// where the log is empty, where it ends just before the segment's first event, and where it is
    /// trimmed exactly up to the segment's last: then the log begins earlier. Whatever follows from
    /// the events is made again. `progress` is told events done and in all, and may say `false` to
    /// give up; then `None` comes back and nothing was taken in.
    ///
    /// # Errors
    /// - [`LogError::SegmentUnfit`]: it is no segment, or not one for this log; why, and what to do.
    /// - [`LogError::SegmentDamaged`]: it is not what was written.
    /// - [`LogError::Duplicate`]: a key in it is in the log already.
    /// - [`LogError::Storage`]: the segment cannot be read, or the log not be written.
    pub fn import_segment(
        &mut self,
        path: &Path,
        progress: &mut dyn FnMut(u64, u64) -> bool,
    ) -> Result<Option<Segment>, LogError> {
        let reader = SegmentReader::open(path)?;
        let place = self.place_for(path, reader.header())?;
        self.ids.clear();
        let conn = &self.side.conn;
        let taken = Transaction::new_unchecked(conn, TransactionBehavior::Immediate)
            .map_err(Failure::from)
            .and_then(|transaction| {
                let Some(segment) = take(conn, &mut self.ids, reader, place, progress)? else {
                    return Ok(None);
                };
                if let Place::InFront(chain) = place
                    && chain != segment.chain
                {
                    let detail = "its last event is not the one that the log begins behind";
                    return Err(Failure::Log(unfit(path, detail)));
                }
                transaction.commit()?;
                Ok(Some(segment))
            });
        let taken = taken.map_err(|failure| {
            self.ids.clear();
            self.error("import a segment", failure)
        })?;
        self.side.forget_names();
        self.head = self.side.head()?;
        self.unanchored |= taken.is_some();
        self.fold_wal_beyond(0);
        Ok(taken)
    }

    /// Where a segment goes, by what it and the log say of themselves.
    fn place_for(&self, path: &Path, header: &Header) -> Result<Place, LogError> {
        let unfit = |detail: &str| Err(unfit(path, detail));
        if header.log_id != self.side.identity.log_id {
            let ours = &self.side.identity.log_id;
            return unfit(&format!("it is of log {}, this is {ours}", header.log_id));
        }
        let (head, base) = (self.head, self.side.base()?);
        let trimmed = base.as_ref().map_or(Seq(0), |base| base.state.seq);
        let (first, last) = (header.first, header.last);
        if head.seq == Seq(0) {
            return Ok(Place::Empty);
        }
        if first == head.seq.next() {
            return match header.chain_before == head.chain {
                true => Ok(Place::Behind),
                false => unfit("the log went on differently: its end is not what comes before"),
            };
        }
        if let Some(base) = base.filter(|base| base.state.seq == last) {
            return Ok(Place::InFront(base.state.chain));
        }
        let begins = trimmed.next();
        unfit(&if first > head.seq {
            let end = head.seq;
            format!(
                "it begins at event {first}, the log ends at {end}: import what is between first"
            )
        } else if last < begins {
            format!(
                "it ends at event {last}, the log begins at {begins}: import what is between first"
            )
        } else {
            format!("events of {first} to {last} are in the log already, which begins at {begins}")
        })
    }
}

/// Writes the events of a segment; `None` if told to give up. The caller commits, or does not.
fn take(
    conn: &Connection,
    ids: &mut Ids,
    mut reader: SegmentReader,
    place: Place,
    progress: &mut dyn FnMut(u64, u64) -> bool,
) -> Result<Option<Segment>, Failure> {
    let header = reader.header().clone();
    let mut sessions = Sessions::default();
    begin(conn, &header, place)?;
    let mut done = 0;
    while let Some(row) = reader.next()? {
        insert(conn, ids, &row)?;
        let Columns { seq, session, .. } = row.columns();
        let at = UnixMicros(row.columns().received_us);
        sessions.note(session, seq, at.0);
        sessions.learn(session, seq, at, &row.event);
        done += 1;
        if done % PROGRESS_EVERY == 0 && !progress(done, header.events()) {
            return Ok(None);
        }
    }
    sessions.merge(conn, !matches!(place, Place::InFront(_)))?;
    redacted::derive(conn)?;
    Ok(Some(reader.finish()?))
}

/// Has the log begin where the segment does, if that is not behind it.
fn begin(conn: &Connection, header: &Header, place: Place) -> Result<(), Failure> {
    if place == Place::Behind {
        return Ok(());
    }
    base::put(conn, header.before.as_ref().map(|before| &before.base))?;
    // Keys of events that come back are the events' again.
    conn.execute(
        "DELETE FROM spent_key WHERE seq >= ?1",
        [stored(header.first.0)],
    )?;
    let Some(Before {
        base,
        session,
        keys,
    }) = &header.before
    else {
        return Ok(());
    };
    for key in keys {
        conn.execute(
            "INSERT OR REPLACE INTO spent_key (dedup_key, seq) VALUES (?1, ?2)",
            params![key.key, stored(key.seq)],
        )?;
    }
    if let Some(line) = session {
        let mut before = Sessions::default();
        before.seen.insert(base.session, session_of(line));
        before.merge(conn, false)?;
        conn.execute(
            "UPDATE session SET ended_us = coalesce(ended_us, ?2) WHERE session_id = ?1",
            params![stored(base.session), line.ended_us],
        )?;
    }
    Ok(())
}

/// Stores an event as it stands in the segment.
fn insert(conn: &Connection, ids: &mut Ids, row: &Row<'_>) -> Result<(), Failure> {
    let mut statement = conn.prepare_cached(INSERT)?;
    let stored = Stored {
        columns: row.columns(),
        kind: row.event.kind(),
        origin: row.origin(),
        chain: row.chain(),
    };
    insert_row(conn, &mut statement, ids, &stored)
}

fn session_of(line: &SessionLine) -> Session {
    Session {
        first_seq: line.first_seq,
        last_seq: line.last_seq,
        opened_us: line.opened_us,
        closed_us: line.closed_us,
        endpoint: line.endpoint.clone(),
        close_reason: line.close_reason.clone(),
    }
}

/// The bytes of an identity written as 32 hexadecimal digits.
fn bytes(log_id: &str) -> Option<[u8; 16]> {
    let number = u128::from_str_radix(log_id, 16).ok()?;
    (log_id.len() == 32).then(|| number.to_be_bytes())
}

fn unfit(path: &Path, detail: &str) -> LogError {
    LogError::SegmentUnfit {
        path: path.display().to_string(),
        detail: detail.to_owned(),
    }
}
