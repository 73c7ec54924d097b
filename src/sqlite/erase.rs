//! Erasure: a log written anew, under a new identity, without what was redacted.
//!
//! A redaction hides; the bytes stay, since the chain covers them. To be rid of them a new file is
//! made: each redacted event is really what a read shows of it, everything else is as it was, and
//! the chain is linked anew. It is another log, with a `log_id` of its own: checkpoints of the old
//! one do not fit, and say so. Nothing of the old file is copied by the page, so no free page, old
//! state or side file carries a word along. The old file stays as it is.

use crate::event::{Event, Recorded, Redaction, Scope, Seq};
use crate::history::state_at;
use crate::log::chain::Columns;
use crate::log::{ChainHash, EventLog, Head, LogError, Snapshot};
use crate::sqlite::append::{INSERT, put, transaction};
use crate::sqlite::backup::remove;
use crate::sqlite::failure::{io, storage};
use crate::sqlite::lock::{WriterLock, beside};
use crate::sqlite::open::check_kinds;
use crate::sqlite::read::ReadSide;
use crate::sqlite::reader::SqliteReader;
use crate::sqlite::redacted::expected;
use crate::sqlite::row::{COLUMNS, Misfit, RawRow, natural_in, stored};
use crate::sqlite::{LogOptions, SqliteLog, WAL_BUSY_PAGES};
use crate::state::FOLD_V;
use crate::time::UnixMicros;
use std::collections::BTreeMap;
use std::path::Path;

/// Rows to a transaction, and between two looks at the progress.
const PAGE_ROWS: usize = 1024;

/// What is written into the new log beside the events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EraseOptions {
    /// Identity of the new log. Default: drawn by SQLite.
    pub log_id: Option<[u8; 16]>,
    /// When it was made. Default: read by SQLite.
    pub at: Option<UnixMicros>,
}

/// What came of an erasure.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Erased {
    /// Identity of the old log.
    pub from: String,
    /// Identity of the new log.
    pub log_id: String,
    /// Where the new log ends: at the same event, with another hash.
    pub head: Head,
    /// Events that were emptied.
    pub events: u64,
}

/// Writes the log `from` into the new file `to`, without what was redacted. The new log has
/// another `log_id`; `meta` says from which it was made and when (`erased_from`, `erased_at_us`).
/// Of a person's redaction the name and the reason go too: it then lists positions. Left out are
/// stored checkpoints, which would not fit, and all stored states but one of the end. `progress` is
/// told events done and events in all, and may say `false` to give up. The file appears under its
/// name only when it is whole.
///
/// Only what is redacted goes: names in user lists, what others say of a person, and copies of the
/// old file are not touched. Erase when the server has forgotten the lines too (it keeps 15): an
/// engine that joins with the new log cannot know them again, and records them as new.
///
/// Gives `None` where it was given up.
///
/// # Errors
/// - [`LogError::InUse`]: an engine writes the log; what it writes meanwhile would be lost.
/// - [`LogError::Exists`]: there is such a file already.
/// - [`LogError::Missing`], [`LogError::NotALog`], [`LogError::TooNew`]: not a log to be read.
/// - [`LogError::UnknownKind`], [`LogError::Newer`]: a newer build wrote it, and only that one can
///   tell what must go.
/// - [`LogError::Trimmed`]: its oldest events are in segments, words and all: import those first.
/// - [`LogError::Damaged`]: an event is not what was written, and not in quarantine: a new chain
///   would hide that.
/// - [`LogError::Storage`]: the log cannot be read, or the new one not be written.
pub fn erase(
    from: &Path,
    to: &Path,
    options: &EraseOptions,
    progress: &mut dyn FnMut(u64, u64) -> bool,
) -> Result<Option<Erased>, LogError> {
    let reader = SqliteReader::open(from)?;
    let side = &reader.side;
    // Where no lock can be made nobody can write either.
    let locked = WriterLock::take(&side.path);
    if let Err(error @ LogError::InUse { .. }) = locked {
        return Err(error);
    }
    check_kinds(&side.conn, &side.path)?;
    // What was trimmed stands in segments, words and all: half an erasure would be none.
    let trimmed = side.trim_seq()?;
    if trimmed > Seq(0) {
        let seq = Seq(1);
        return Err(LogError::Trimmed { seq, trimmed });
    }
    if to.exists() {
        let path = to.display().to_string();
        return Err(LogError::Exists { path });
    }
    let partial = beside(to, ".partial");
    remove(&partial)?;
    let rewritten = rewrite(side, &partial, options, progress);
    match rewritten {
        Ok(Some(erased)) => {
            std::fs::rename(&partial, to).map_err(io(to, "name the new log"))?;
            remove(&partial)?;
            Ok(Some(erased))
        }
        given_up_or_failed => {
            remove(&partial)?;
            given_up_or_failed
        }
    }
}

fn rewrite(
    side: &ReadSide,
    partial: &Path,
    options: &EraseOptions,
    progress: &mut dyn FnMut(u64, u64) -> bool,
) -> Result<Option<Erased>, LogError> {
    let identity = &side.identity;
    let mut named = LogOptions::new(&identity.channel, &identity.origin);
    named.log_id = options.log_id;
    named.created = Some(identity.created);
    let mut rewrite = Rewrite {
        side,
        log: SqliteLog::create_or_open(partial, &named)?,
        marks: expected(&side.conn).map_err(storage(&side.path, "read redactions"))?,
        known: known(side).map_err(storage(&side.path, "read the quarantine"))?,
        before: ChainHash::default(),
    };
    let total = side.head()?.seq.0;
    let mut done = Seq(0);
    while let Some(last) = rewrite.page(done)? {
        done = last;
        if !progress(done.0, total) {
            return Ok(None);
        }
    }
    rewrite.finish(options.at).map(Some)
}

/// Damaged events that are known to be, and what is noted of them.
fn known(side: &ReadSide) -> rusqlite::Result<BTreeMap<u64, String>> {
    let mut statement = side.conn.prepare("SELECT seq, reason FROM quarantine")?;
    let rows = statement.query_map([], |row| Ok((natural_in(row, 0)?, row.get(1)?)))?;
    rows.collect()
}

/// The new log under way.
struct Rewrite<'a> {
    side: &'a ReadSide,
    log: SqliteLog,
    /// Each redacted event, and the first redaction that covers it.
    marks: BTreeMap<i64, i64>,
    known: BTreeMap<u64, String>,
    /// The hash of the old chain before the next row.
    before: ChainHash,
}

impl Rewrite<'_> {
    /// Copies the events behind a position in one transaction; gives the last one, if there was any.
    fn page(&mut self, after: Seq) -> Result<Option<Seq>, LogError> {
        let failed = storage(&self.side.path, "read events");
        let sql = format!(
            "SELECT {COLUMNS} FROM event NOT INDEXED WHERE seq > ?1 ORDER BY seq LIMIT {PAGE_ROWS}"
        );
        let mut statement = self.side.conn.prepare_cached(&sql).map_err(&failed)?;
        let mut rows = statement.query([stored(after.0)]).map_err(&failed)?;
        let mut events = Vec::new();
        while let Some(row) = rows.next().map_err(&failed)? {
            events.push(self.read(row)?);
        }
        let SqliteLog {
            side, ids, head, ..
        } = &mut self.log;
        let copied = transaction(&side.conn, || {
            let mut end = *head;
            let mut insert = side.conn.prepare_cached(INSERT)?;
            for Copied {
                recorded,
                schema_v,
                body,
            } in &events
            {
                let newest = Columns::of(recorded, body);
                let columns = Columns {
                    schema_v: *schema_v,
                    ..newest
                };
                end = put(&side.conn, &mut insert, ids, &end, recorded, &columns)?;
            }
            Ok(end)
        });
        let last = events.last().map(|copied| copied.recorded.seq);
        self.log.head = copied.map_err(|failure| self.log.error("write a new log", failure))?;
        self.log.unanchored = true;
        self.log.wal_pages += events.iter().map(Copied::bytes).sum::<usize>() / 4096;
        self.log.fold_wal_beyond(WAL_BUSY_PAGES);
        Ok(last)
    }

    /// One row of the old log, as it is to stand in the new one.
    fn read(&mut self, row: &rusqlite::Row<'_>) -> Result<Copied, LogError> {
        let seq = Seq(natural_in(row, 0).unwrap_or(0));
        let raw = RawRow::read(row).map_err(|detail| Misfit::from(detail).at(seq))?;
        let before = std::mem::replace(&mut self.before, raw.chain);
        let is_known = self.known.contains_key(&seq.0);
        let read = self.side.with_names(&raw, |kind, actor| {
            if raw.columns(kind, actor).link(&before) != raw.chain && !is_known {
                return Err(Misfit::Damaged("its hash differs".to_owned()));
            }
            Ok(raw.record(raw.event(kind)?, actor))
        });
        let mut recorded = read
            .map_err(storage(&self.side.path, "read a dictionary"))?
            .map_err(|misfit| misfit.at(seq))?;
        let is_marked = self.marks.contains_key(&stored(seq.0));
        if is_marked {
            recorded = recorded.masked();
        }
        let nameless = match &recorded.event {
            Event::Redacted(redaction) => self.nameless(redaction, seq),
            _ => None,
        };
        if !is_marked && nameless.is_none() {
            let (schema_v, body) = (raw.schema_v, raw.body.to_owned());
            return Ok(Copied {
                recorded,
                schema_v,
                body,
            });
        }
        if let Some(redaction) = nameless {
            recorded.event = Event::Redacted(redaction);
        }
        Copied::anew(recorded)
    }

    /// A person's redaction as positions: it is to hide them in the new log too, and name nobody.
    fn nameless(&self, redaction: &Redaction, seq: Seq) -> Option<Redaction> {
        let Scope::User { .. } = redaction.scope else {
            return None;
        };
        let of_this = self.marks.iter().filter(|(_, by)| **by == stored(seq.0));
        let targets = of_this.map(|(target, _)| Seq(target.unsigned_abs()));
        Some(Redaction::of_events(targets))
    }

    /// Notes where the log comes from and what was known of it, stores the state at its end, and
    /// closes it.
    fn finish(mut self, at: Option<UnixMicros>) -> Result<Erased, LogError> {
        let (from, log_id) = (&self.side.identity.log_id, self.log.log_id().to_owned());
        self.log.write("note where the log comes from", |conn| {
            conn.execute(
                "INSERT INTO meta (key, value) VALUES ('erased_from', ?1), ('erased_at_us',
                     CAST(coalesce(?2, CAST(unixepoch('subsec') * 1000 AS INTEGER) * 1000) AS TEXT))",
                rusqlite::params![from, at.map(|at| at.0)],
            )
        })?;
        for (seq, reason) in &self.known {
            self.log.quarantine(Seq(*seq), reason)?;
        }
        let head = self.log.head();
        let state = state_at(&self.log, head.seq)?;
        if let Ok(body) = serde_json::to_string(&state) {
            let (seq, chain) = (head.seq, head.chain);
            self.log.put_snapshot(&Snapshot {
                seq,
                fold_v: FOLD_V,
                chain,
                body,
            })?;
        }
        self.log.close()?;
        Ok(Erased {
            from: from.clone(),
            log_id,
            head,
            events: self.marks.len() as u64,
        })
    }
}

/// A row for the new log.
struct Copied {
    recorded: Recorded,
    schema_v: u32,
    body: String,
}

impl Copied {
    /// With its body written again, in the newest schema.
    fn anew(recorded: Recorded) -> Result<Self, LogError> {
        let seq = recorded.seq;
        let damaged = |detail: String| LogError::Damaged { seq, detail };
        let mut body = Vec::new();
        let written = recorded.event.write_body(&mut body);
        written.map_err(|error| damaged(error.to_string()))?;
        Ok(Self {
            schema_v: recorded.kind().schema_v(),
            body: String::from_utf8(body).map_err(|error| damaged(error.to_string()))?,
            recorded,
        })
    }

    fn bytes(&self) -> usize {
        self.body.len() + self.recorded.raw.as_ref().map_or(0, String::len)
    }
}
