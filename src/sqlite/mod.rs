//! The event log on disk: one SQLite file a channel, append-only, with one writer.
//!
//! `migrations/` holds the schema and says why each table exists; the views are what analysts may
//! rely on. The writer commits a batch in one transaction into the write-ahead log (WAL) and folds
//! that into the file itself, only ever passively, so that no reader holds it up; SQLite's own
//! checkpoints are off, since with a reader in the way they slow each commit down severalfold.
//! A foreign program that stays within one read makes the WAL grow by all that is written
//! meanwhile, and no more; it is folded away once that read has ended.
//!
//! An event is stored, hashed and returned; of what it means only redactions are heeded. Whoever lets
//! go of the oldest events (`keep`) folds them first, into the state that the log then begins with.

mod append;
mod backup;
mod base;
mod beside;
mod dictionary;
mod erase;
mod failure;
mod filesystem;
pub(crate) mod foreign;
mod keep;
mod keys;
mod lock;
mod migrations;
mod open;
mod options;
mod query;
mod read;
mod reader;
mod redacted;
mod row;
mod seal;
mod sessions;
mod verify;

pub use beside::StoredCheckpoint;
pub use erase::{EraseOptions, Erased, erase};
pub(crate) use lock::WriterLock;
pub use options::LogOptions;
pub use reader::SqliteReader;
pub use verify::{Fault, Finding, Verdict, verify, verify_with};

use crate::config::Durability;
use crate::event::{Recorded, Seq};
use crate::log::{Base, ChainHash, EventLog, Head, LogError, LogReader, Read, Snapshot};
use crate::sqlite::append::{Batch, Failure, transaction};
use crate::sqlite::dictionary::Ids;
use crate::sqlite::failure::storage;
use crate::sqlite::read::ReadSide;
use crate::sqlite::row::stored;
use crate::time::UnixMicros;
use rusqlite::{Connection, params};
use std::path::Path;
use std::time::Duration;

/// Pages of WAL to gather before folding them into the file when nothing else is to do: 1 MiB, so
/// that a quiet channel is not synced once a message.
const WAL_IDLE_PAGES: usize = 256;

/// Pages of WAL to gather before folding them into the file in the midst of work: 16 MiB.
const WAL_BUSY_PAGES: usize = 4096;

/// Pages a commit touches besides those its bodies fill: leaves and roots of table and indexes.
const COMMIT_PAGES: usize = 4;

/// Snapshots kept: some old states stay a short fold away, for some tens of megabytes at most.
const SNAPSHOTS_MAX: i64 = 128;

/// A body larger than this gives its room back.
const BODY_ROOM_MAX: usize = 1 << 20;

/// How long a close waits for readers before it leaves the WAL to them.
const CLOSE_WAIT_MAX: Duration = Duration::from_millis(100);

/// The log of one channel, open for writing.
///
/// Dropping it closes it as [`SqliteLog::close`] does, but cannot say whether that went well.
#[derive(Debug)]
pub struct SqliteLog {
    side: ReadSide,
    head: Head,
    durability: Durability,
    ids: Ids,
    body: Vec<u8>,
    /// Pages in the WAL since it was last folded into the file, estimated.
    wal_pages: usize,
    /// Whether anything was written that no anchor of a close covers.
    unanchored: bool,
    /// Whether closing has begun.
    finished: bool,
    /// Last, so that the lock goes when the connection has gone.
    _lock: WriterLock,
}

impl SqliteLog {
    /// Opens a channel's log for writing; makes it if there is none. Its directory must exist.
    ///
    /// # Errors
    /// - [`LogError::InUse`]: another engine writes it.
    /// - [`LogError::NotALog`], [`LogError::TooNew`], [`LogError::OtherChannel`],
    ///   [`LogError::UnknownKind`]: not ours to write; the file is left as it is.
    /// - [`LogError::NetworkFileSystem`], [`LogError::OldSqlite`]: it could not be kept safe.
    /// - [`LogError::Damaged`]: the newest event has no hash to go on from.
    /// - [`LogError::Storage`]: it cannot be opened or made.
    pub fn create_or_open(path: impl AsRef<Path>, options: &LogOptions) -> Result<Self, LogError> {
        let (side, lock) = open::writer(path.as_ref(), options)?;
        let head = side.head()?;
        Ok(Self {
            side,
            head,
            durability: options.durability,
            ids: Ids::default(),
            body: Vec::new(),
            wal_pages: 0,
            unanchored: false,
            finished: false,
            _lock: lock,
        })
    }

    /// Where the file is, links resolved.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.side.path
    }

    /// The channel's name, as first given.
    #[must_use]
    pub fn channel(&self) -> &str {
        &self.side.identity.channel
    }

    /// Scheme, host and port of the site, as first given.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.side.identity.origin
    }

    /// When the log was made.
    #[must_use]
    pub fn created(&self) -> UnixMicros {
        self.side.identity.created
    }

    /// Stores how far a named consumer has read.
    ///
    /// # Errors
    /// - [`LogError::Storage`]: it was not stored; the one before stands.
    pub fn put_checkpoint(
        &mut self,
        consumer: &str,
        version: u32,
        seq: Seq,
        chain: ChainHash,
    ) -> Result<(), LogError> {
        self.write("store a checkpoint", |conn| {
            conn.prepare_cached(
                "INSERT INTO checkpoint (consumer, version, seq, chain) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (consumer) DO UPDATE SET
                     version = excluded.version, seq = excluded.seq, chain = excluded.chain",
            )?
            .execute(params![
                consumer,
                version,
                stored(seq.0),
                chain.0.as_slice()
            ])
        })
    }

    /// How far a named consumer has read; `None`: it never said.
    ///
    /// # Errors
    /// - [`LogError::Storage`]: the file cannot be read.
    pub fn checkpoint(&self, consumer: &str) -> Result<Option<StoredCheckpoint>, LogError> {
        self.side.checkpoint(consumer)
    }

    /// Puts a damaged event on record as known, so that [`verify`] tells it from new damage.
    ///
    /// # Errors
    /// - [`LogError::Storage`]: it was not noted.
    pub fn quarantine(&mut self, seq: Seq, reason: &str) -> Result<(), LogError> {
        self.write("quarantine an event", |conn| {
            conn.prepare_cached("INSERT OR REPLACE INTO quarantine (seq, reason) VALUES (?1, ?2)")?
                .execute(params![stored(seq.0), reason])
        })
    }

    /// Makes everything durable, folds the WAL into the file and lets go of it. With no reader
    /// about, the file alone is then the log, ready to be copied.
    ///
    /// # Errors
    /// - [`LogError::Storage`]: the newest commits may not survive a power cut. All else is done.
    pub fn close(mut self) -> Result<(), LogError> {
        self.finish()
    }

    /// What closing does; once.
    fn finish(&mut self) -> Result<(), LogError> {
        if std::mem::replace(&mut self.finished, true) {
            return Ok(());
        }
        let anchored = if self.unanchored {
            self.anchor("close")
        } else {
            Ok(())
        };
        // Waiting readers keep a truncation from happening, and may: the next writer folds the WAL.
        let truncated = self.side.conn.busy_timeout(CLOSE_WAIT_MAX);
        if let Err(error) = truncated.and_then(|()| self.fold_wal("TRUNCATE")) {
            ::log::warn!("{}: the WAL stays: {error}", self.side.path.display());
        }
        anchored
    }

    /// Puts the head on record, durably. The row is written anew each time: SQLite does not write,
    /// and so does not sync, an update that changes nothing.
    fn anchor(&mut self, why: &str) -> Result<(), LogError> {
        let head = self.head;
        self.set_durability(Durability::Disk)?;
        let anchored = self.write("make the log durable", |conn| {
            conn.prepare_cached("DELETE FROM anchor WHERE why = ?1")?
                .execute([why])?;
            conn.prepare_cached("INSERT INTO anchor (why, seq, chain) VALUES (?1, ?2, ?3)")?
                .execute(params![why, stored(head.seq.0), head.chain.0.as_slice()])
        });
        anchored.and(self.set_durability(self.durability))
    }

    fn set_durability(&self, durability: Durability) -> Result<(), LogError> {
        open::set_durability(&self.side.conn, durability)
            .map_err(storage(&self.side.path, "set the durability"))
    }

    /// Writes something other than events, in a transaction of its own.
    fn write(
        &mut self,
        what: &'static str,
        work: impl FnOnce(&Connection) -> rusqlite::Result<usize>,
    ) -> Result<(), LogError> {
        let conn = &self.side.conn;
        transaction(conn, || Ok(work(conn)?)).map_err(|failure| self.error(what, failure))?;
        self.wal_pages += COMMIT_PAGES;
        Ok(())
    }

    fn error(&self, what: &'static str, failure: Failure) -> LogError {
        match failure {
            Failure::Log(error) => error,
            Failure::Sqlite(error) => storage(&self.side.path, what)(error),
        }
    }

    /// Folds the WAL into the file as far as readers allow, once it holds so many pages. A failure
    /// loses nothing: the WAL stays, and the next attempt has it all.
    fn fold_wal_beyond(&mut self, pages: usize) {
        if self.wal_pages < pages {
            return;
        }
        self.wal_pages = 0;
        if let Err(error) = self.fold_wal("PASSIVE") {
            ::log::warn!("{}: checkpoint failed: {error}", self.side.path.display());
        }
    }

    fn fold_wal(&self, mode: &str) -> rusqlite::Result<()> {
        let sql = format!("PRAGMA wal_checkpoint({mode})");
        self.side.conn.query_row(&sql, [], |_| Ok(()))
    }
}

impl EventLog for SqliteLog {
    fn log_id(&self) -> &str {
        &self.side.identity.log_id
    }

    fn head(&self) -> Head {
        self.head
    }

    fn append(&mut self, batch: &[Recorded]) -> Result<Head, LogError> {
        self.head.is_continued_by(batch)?;
        if batch.is_empty() {
            return Ok(self.head);
        }
        let conn = &self.side.conn;
        let mut writing = Batch {
            conn,
            ids: &mut self.ids,
            body: &mut self.body,
            head: self.head,
            bytes: 0,
        };
        let appended = transaction(conn, || {
            writing.write(batch)?;
            Ok((writing.head, writing.bytes))
        });
        self.body.shrink_to(BODY_ROOM_MAX);
        let (head, bytes) = appended.map_err(|failure| {
            self.ids.clear();
            self.error("append", failure)
        })?;
        self.head = head;
        self.unanchored = true;
        self.wal_pages += COMMIT_PAGES + bytes / 4096;
        self.fold_wal_beyond(WAL_BUSY_PAGES);
        Ok(head)
    }

    fn flush(&mut self) -> Result<(), LogError> {
        self.anchor("flush")
    }

    fn put_snapshot(&mut self, snapshot: &Snapshot) -> Result<(), LogError> {
        self.write("store a snapshot", |conn| {
            conn.prepare_cached("DELETE FROM snapshot WHERE fold_v <> ?1")?
                .execute([snapshot.fold_v])?;
            conn.prepare_cached(
                "INSERT OR REPLACE INTO snapshot (seq, fold_v, chain, body) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![
                stored(snapshot.seq.0),
                snapshot.fold_v,
                snapshot.chain.0.as_slice(),
                snapshot.body
            ])?;
            // Of too many, the one goes whose neighbours are closest: the rest stay spread out.
            conn.prepare_cached(
                "DELETE FROM snapshot
                 WHERE (SELECT count(*) FROM snapshot) > ?1 AND seq = (
                     SELECT seq FROM (
                         SELECT seq, lead(seq) OVER in_order - lag(seq, 1, 0) OVER in_order AS gap
                         FROM snapshot WINDOW in_order AS (ORDER BY seq))
                     WHERE gap IS NOT NULL ORDER BY gap, seq LIMIT 1)",
            )?
            .execute([SNAPSHOTS_MAX])
        })?;
        self.wal_pages += snapshot.body.len() / 4096;
        Ok(())
    }

    fn idle(&mut self) {
        self.fold_wal_beyond(WAL_IDLE_PAGES);
    }
}

impl LogReader for SqliteLog {
    fn visit(
        &self,
        read: &Read,
        visitor: &mut dyn FnMut(Recorded) -> bool,
    ) -> Result<(), LogError> {
        self.side.visit(read, visitor)
    }

    fn chain_at(&self, seq: Seq) -> Result<Option<ChainHash>, LogError> {
        self.side.chain_at(seq)
    }

    fn snapshot_before(&self, seq: Seq) -> Result<Option<Snapshot>, LogError> {
        self.side.snapshot_before(seq)
    }

    fn base(&self) -> Result<Option<Base>, LogError> {
        self.side.base()
    }
}

impl Drop for SqliteLog {
    fn drop(&mut self) {
        if let Err(error) = self.finish() {
            ::log::warn!("closing the event log: {error}");
        }
    }
}

#[cfg(test)]
mod tests;
