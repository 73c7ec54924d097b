//! Reading a log: what the writer's and a reader's connection have in common.
//!
//! A read of any length is done in pages, each a statement of its own: between two, SQLite lets go
//! of its view of the file, so that a slow visitor does not keep the write-ahead log from being
//! folded into the file. Since events never change, the pages fit together; what is appended
//! meanwhile is left out, but for a redaction: what it covers is masked in the pages that follow.

use crate::event::{Recorded, Seq};
use crate::log::{ChainHash, Head, LogError, Read, TimeBasis};
use crate::sqlite::dictionary::Names;
use crate::sqlite::failure::storage;
use crate::sqlite::query::{Bounds, Query, select, walks_kinds};
use crate::sqlite::redacted::{Clear, Masks};
use crate::sqlite::row::{Misfit, RawRow, natural_in, stored};
use crate::time::UnixMicros;
use rusqlite::{Connection, OptionalExtension, Row};
use std::cell::RefCell;
use std::path::PathBuf;

/// Rows to a page: some milliseconds' worth.
const PAGE_ROWS: usize = 1024;

/// What a log says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) log_id: String,
    pub(crate) channel: String,
    pub(crate) origin: String,
    pub(crate) created: UnixMicros,
}

/// A connection with what is needed to read events through it.
#[derive(Debug)]
pub(crate) struct ReadSide {
    pub(crate) conn: Connection,
    pub(crate) path: PathBuf,
    pub(crate) identity: Identity,
    pub(crate) masks: Masks,
    kinds: RefCell<Names>,
    actors: RefCell<Names>,
}

/// How a page ended.
enum Page {
    /// There may be more beyond this position.
    Full(Seq),
    /// No more, or no more wanted.
    Last,
}

impl ReadSide {
    pub(crate) fn new(conn: Connection, path: PathBuf, identity: Identity) -> Self {
        Self {
            conn,
            path,
            identity,
            masks: Masks::default(),
            kinds: RefCell::new(Names::of_kinds()),
            actors: RefCell::new(Names::of_actors()),
        }
    }

    /// See [`crate::EventLog::visit`].
    pub(crate) fn visit(
        &self,
        read: &Read,
        visitor: &mut dyn FnMut(Recorded) -> bool,
    ) -> Result<(), LogError> {
        let mut read = read.clone();
        let mut left = read.limit.unwrap_or(usize::MAX);
        let mut begun = None;
        if left > PAGE_ROWS && read.until.is_none() {
            read.until = Some(self.head()?.seq);
        }
        while left > 0 {
            let rows = left.min(PAGE_ROWS);
            let (page, shown) = self.visit_page(&read, begun, rows, visitor)?;
            match page {
                Page::Full(Seq(seq)) if read.descending => read.until = Some(Seq(seq - 1)),
                Page::Full(seq) => (read.after, begun) = (seq, Some(seq)),
                Page::Last => break,
            }
            left -= shown;
        }
        Ok(())
    }

    /// Says how the page ended, and how many events of it were shown. `begun`: how far the pages
    /// before it came, upwards.
    fn visit_page(
        &self,
        read: &Read,
        begun: Option<Seq>,
        limit: usize,
        visitor: &mut dyn FnMut(Recorded) -> bool,
    ) -> Result<(Page, usize), LogError> {
        let failed = storage(&self.path, "read events");
        let Some(bounds) = self.bounds(read).map_err(&failed)? else {
            return Ok((Page::Last, 0));
        };
        let Query { sql, values } = select(read, bounds, limit);
        let mut statement = self.conn.prepare_cached(&sql).map_err(&failed)?;
        let mut rows = statement
            .query(rusqlite::params_from_iter(values))
            .map_err(&failed)?;
        let (mut count, mut shown, mut last) = (0, 0, Seq(0));
        // Asked behind the first row: from then on this statement holds one view of the file.
        let mut clear = if read.as_written {
            Clear::everywhere()
        } else {
            Clear::unknown(read.descending)
        };
        while let Some(row) = rows.next().map_err(&failed)? {
            if count == 0 {
                // While the query is under way, this looks at the very same moment of the file.
                self.check_untrimmed(begun)?;
            }
            let recorded = self.recorded(row)?;
            (count, last) = (count + 1, recorded.seq);
            let recorded = self.masked(recorded, &mut clear).map_err(&failed)?;
            // What is redacted is nobody's.
            if recorded.redacted && read.actor.is_some() {
                continue;
            }
            shown += 1;
            if !visitor(recorded) {
                return Ok((Page::Last, shown));
            }
        }
        if count == 0 {
            self.check_untrimmed(begun)?;
        }
        let page = if count < limit || last == Seq(0) {
            Page::Last
        } else {
            Page::Full(last)
        };
        Ok((page, shown))
    }

    /// The event as it may be shown.
    pub(crate) fn masked(
        &self,
        recorded: Recorded,
        clear: &mut Clear,
    ) -> rusqlite::Result<Recorded> {
        if self.masks.hold(&self.conn, recorded.seq, clear)? {
            return Ok(recorded.masked());
        }
        Ok(recorded)
    }

    /// Refuses to go on behind `seq` where that was trimmed meanwhile: events would be missing.
    fn check_untrimmed(&self, begun: Option<Seq>) -> Result<(), LogError> {
        let Some(seq) = begun else { return Ok(()) };
        let trimmed = self.trim_seq()?;
        if trimmed > seq {
            let seq = seq.next();
            return Err(LogError::Trimmed { seq, trimmed });
        }
        Ok(())
    }

    /// Turns a row into an event.
    fn recorded(&self, row: &Row<'_>) -> Result<Recorded, LogError> {
        let seq = Seq(natural_in(row, 0).unwrap_or(0));
        let raw = RawRow::read(row).map_err(|detail| Misfit::from(detail).at(seq))?;
        self.with_names(&raw, |kind, actor| Ok(raw.record(raw.event(kind)?, actor)))
            .map_err(storage(&self.path, "read a dictionary"))?
            .map_err(|misfit: Misfit| misfit.at(seq))
    }

    /// Resolves a row's dictionary numbers and hands the names to `act`.
    pub(crate) fn with_names<T, E: From<String>>(
        &self,
        raw: &RawRow<'_>,
        act: impl FnOnce(&str, Option<&str>) -> Result<T, E>,
    ) -> rusqlite::Result<Result<T, E>> {
        let (mut kinds, mut actors) = (self.kinds.borrow_mut(), self.actors.borrow_mut());
        let Some(kind) = kinds.name(&self.conn, raw.kind_id)? else {
            return Ok(Err(format!("no kind has the number {}", raw.kind_id).into()));
        };
        let Some(actor_id) = raw.actor_id else {
            return Ok(act(kind, None));
        };
        let Some(actor) = actors.name(&self.conn, actor_id)? else {
            return Ok(Err(format!("no actor has the number {actor_id}").into()));
        };
        Ok(act(kind, Some(actor)))
    }

    /// Forgets the dictionaries, so that they are read from the file again.
    pub(crate) fn forget_names(&self) {
        self.kinds.replace(Names::of_kinds());
        self.actors.replace(Names::of_actors());
    }

    /// The range a read comes down to; `None` where it holds nothing.
    fn bounds(&self, read: &Read) -> rusqlite::Result<Option<Bounds>> {
        let mut bounds = Bounds {
            seq_min: stored(read.after.0).saturating_add(1),
            seq_max: read.until.map_or(i64::MAX, |seq| stored(seq.0)),
            us_min: i64::MIN,
            us_max: i64::MAX,
        };
        if read.basis == TimeBasis::Received {
            bounds.us_min = read.since.map_or(i64::MIN, |since| since.0);
            bounds.us_max = read.before.map_or(i64::MAX, |at| at.0.saturating_sub(1));
        }
        let complete = if walks_kinds(read) {
            self.add_times(&mut bounds)?
        } else {
            self.add_positions(&mut bounds)?
        };
        let holds_some = bounds.seq_min <= bounds.seq_max && bounds.us_min <= bounds.us_max;
        Ok((complete && holds_some).then_some(bounds))
    }

    /// Adds what the bounds on positions say about times; `false`: they hold nothing.
    fn add_times(&self, bounds: &mut Bounds) -> rusqlite::Result<bool> {
        if bounds.seq_min > 1 {
            let Some(us) = self.received_from(bounds.seq_min)? else {
                return Ok(false);
            };
            bounds.us_min = bounds.us_min.max(us);
        }
        if bounds.seq_max < i64::MAX {
            let us = self.received_from(bounds.seq_max)?;
            bounds.us_max = bounds.us_max.min(us.unwrap_or(i64::MAX));
        }
        Ok(true)
    }

    /// Adds what the bounds on times say about positions; `false`: they hold nothing.
    fn add_positions(&self, bounds: &mut Bounds) -> rusqlite::Result<bool> {
        if bounds.us_min > i64::MIN {
            let Some(seq) = self.first_at_or_after(bounds.us_min)? else {
                return Ok(false);
            };
            bounds.seq_min = bounds.seq_min.max(seq);
        }
        if bounds.us_max < i64::MAX
            && let Some(seq) = self.first_at_or_after(bounds.us_max + 1)?
        {
            bounds.seq_max = bounds.seq_max.min(seq - 1);
        }
        Ok(true)
    }

    /// The first position received at or after a time, found by bisection: times never fall.
    fn first_at_or_after(&self, us: i64) -> rusqlite::Result<Option<i64>> {
        let newest = "SELECT coalesce(max(seq), 0) FROM event";
        let end: i64 = self.one(newest)?.unwrap_or(0);
        let trimmed = stored(crate::sqlite::base::trim_seq(&self.conn)?.0);
        let (mut low, mut high) = (trimmed + 1, end + 1);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.received_from(middle)? {
                Some(found) if found < us => low = middle + 1,
                _ => high = middle,
            }
        }
        Ok((low <= end).then_some(low))
    }

    /// When the event at a position, or the next there is, was received.
    fn received_from(&self, seq: i64) -> rusqlite::Result<Option<i64>> {
        let sql = "SELECT received_us FROM event WHERE seq >= ?1 ORDER BY seq LIMIT 1";
        self.conn
            .prepare_cached(sql)?
            .query_row([seq], |row| row.get(0))
            .optional()
    }

    /// The first cell of a query's first row.
    fn one<T: rusqlite::types::FromSql>(&self, sql: &str) -> rusqlite::Result<Option<T>> {
        self.conn
            .prepare_cached(sql)?
            .query_row([], |row| row.get(0))
            .optional()
    }

    /// Where the log ends, read from the file.
    pub(crate) fn head(&self) -> Result<Head, LogError> {
        let sql = "SELECT e.seq, e.received_us, e.session_id, \
             s.session_id IS NOT NULL AND s.closed_us IS NULL, e.chain \
             FROM event e LEFT JOIN session s ON s.session_id = e.session_id \
             ORDER BY e.seq DESC LIMIT 1";
        let read = |row: &Row<'_>| {
            let seq = Seq(natural_in(row, 0)?);
            let head = Head {
                seq,
                received_at: UnixMicros(row.get(1)?),
                session: natural_in(row, 2)?,
                session_open: row.get(3)?,
                chain: ChainHash::default(),
            };
            Ok(chain_in(row, 4, seq).map(|chain| Head { chain, ..head }))
        };
        self.conn
            .prepare_cached(sql)
            .and_then(|mut statement| statement.query_row([], read).optional())
            .map_err(storage(&self.path, "read the head"))?
            .unwrap_or_else(|| self.head_of_base())
    }

    /// Where a log without events ends: where it begins.
    fn head_of_base(&self) -> Result<Head, LogError> {
        let Some(base) = self.base()? else {
            return Ok(Head::default());
        };
        let sql = "SELECT 1 FROM session WHERE session_id = ?1 AND closed_us IS NULL";
        let session_open = self
            .conn
            .prepare_cached(sql)
            .and_then(|mut statement| statement.exists([stored(base.session)]))
            .map_err(storage(&self.path, "read the head"))?;
        Ok(Head {
            seq: base.state.seq,
            chain: base.state.chain,
            received_at: base.received_at,
            session: base.session,
            session_open,
        })
    }

    /// See [`crate::EventLog::chain_at`].
    pub(crate) fn chain_at(&self, seq: Seq) -> Result<Option<ChainHash>, LogError> {
        let found = self
            .conn
            .prepare_cached("SELECT chain FROM event WHERE seq = ?1")
            .and_then(|mut statement| {
                statement
                    .query_row([stored(seq.0)], |row| Ok(chain_in(row, 0, seq)))
                    .optional()
            })
            .map_err(storage(&self.path, "read the chain"))?
            .transpose()?;
        if found.is_none() && seq > Seq(0) && seq == self.trim_seq()? {
            return Ok(self.base()?.map(|base| base.state.chain));
        }
        Ok(found)
    }
}

/// A stored hash, which must be whole.
pub(crate) fn chain_in(row: &Row<'_>, column: usize, seq: Seq) -> Result<ChainHash, LogError> {
    let bytes = row.get_ref(column).ok();
    bytes
        .and_then(|value| ChainHash::from_bytes(value.as_blob().ok()?))
        .ok_or_else(|| LogError::Damaged {
            seq,
            detail: "its hash is not 32 bytes".to_owned(),
        })
}
