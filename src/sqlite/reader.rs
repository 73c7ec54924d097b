//! A log open for reading only: beside a live writer, of a closed log, or of a copy.

use crate::event::{Recorded, Redaction, Seq};
use crate::log::{Base, ChainHash, Head, LogError, LogReader, Read, Snapshot};
use crate::sqlite::beside::StoredCheckpoint;
use crate::sqlite::failure::storage;
use crate::sqlite::lock::beside;
use crate::sqlite::open;
use crate::sqlite::read::ReadSide;
use crate::sqlite::redacted::{self, Clear};
use crate::sqlite::row::{natural_in, stored};
use crate::time::UnixMicros;
use std::path::Path;

/// A read-only connection to a log. It never blocks the writer, nor the writer it.
///
/// Each call sees the newest committed events. A closed log in a directory we may not write is
/// taken to stay as it is: open it again to see what a later writer added.
#[derive(Debug)]
pub struct SqliteReader {
    pub(crate) side: ReadSide,
}

impl SqliteReader {
    /// Opens a log that exists.
    ///
    /// # Errors
    /// - [`LogError::Missing`]: there is no such file.
    /// - [`LogError::NotALog`], [`LogError::TooNew`]: not a log, or not one this build can read.
    /// - [`LogError::OldSqlite`]: SQLite is not the one this library needs.
    /// - [`LogError::Storage`]: it cannot be read. A log that was not closed needs a directory we
    ///   may write, or its side files `-wal` and `-shm`.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, LogError> {
        let side = open::reader(path.as_ref())?;
        Ok(Self { side })
    }

    /// Where the file is, links resolved.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.side.path
    }

    /// Identity of this log, for checkpoints.
    #[must_use]
    pub fn log_id(&self) -> &str {
        &self.side.identity.log_id
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

    /// Bytes on disk: the file and what waits in its write-ahead log.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        let size = |path: &Path| std::fs::metadata(path).map_or(0, |file| file.len());
        size(&self.side.path) + size(&beside(&self.side.path, "-wal"))
    }

    /// Where the log ends now.
    ///
    /// # Errors
    /// - [`LogError::Damaged`]: the newest event has no hash.
    /// - [`LogError::Storage`]: the file cannot be read.
    pub fn head(&self) -> Result<Head, LogError> {
        self.side.head()
    }

    /// Up to and including which event the log is trimmed; 0: it begins with its first event.
    ///
    /// # Errors
    /// - [`LogError::Storage`]: the file cannot be read.
    pub fn trim_seq(&self) -> Result<Seq, LogError> {
        self.side.trim_seq()
    }

    /// What a trimmed log begins with; `None`: with its first event.
    ///
    /// # Errors
    /// - [`LogError::Damaged`]: it is not what was written.
    /// - [`LogError::Storage`]: the file cannot be read.
    pub fn base(&self) -> Result<Option<Base>, LogError> {
        self.side.base()
    }

    /// Visits the events asked for, in order, until the visitor says `false`. What is appended
    /// meanwhile is left out. Redacted events come masked, unless the read is
    /// [`Read::as_written`]. A read from the beginning begins with the first event there is.
    ///
    /// # Errors
    /// - [`LogError::Damaged`]: a stored event does not read back.
    /// - [`LogError::Newer`]: a newer build wrote it.
    /// - [`LogError::Trimmed`]: events yet to be visited were trimmed meanwhile.
    /// - [`LogError::Storage`]: the file cannot be read.
    pub fn visit(
        &self,
        read: &Read,
        visitor: &mut dyn FnMut(Recorded) -> bool,
    ) -> Result<(), LogError> {
        self.side.visit(read, visitor)
    }

    /// Reads the events asked for into memory. See [`SqliteReader::visit`] for long ranges.
    ///
    /// # Errors
    /// As [`SqliteReader::visit`].
    pub fn read(&self, read: &Read) -> Result<Vec<Recorded>, LogError> {
        let mut events = Vec::new();
        self.visit(read, &mut |recorded| {
            events.push(recorded);
            true
        })?;
        Ok(events)
    }

    /// An event that was read a while ago, as it may be shown now; `None` where a redaction since
    /// then took it out of the read.
    pub(crate) fn shown_now(
        &self,
        recorded: Recorded,
        read: &Read,
    ) -> Result<Option<Recorded>, LogError> {
        let may_change = !recorded.redacted && !read.as_written;
        if !may_change || !Redaction::KINDS.contains(&recorded.kind()) {
            return Ok(Some(recorded));
        }
        let shown = self.side.masked(recorded, &mut Clear::unknown(false));
        let shown = shown.map_err(storage(&self.side.path, "read what is redacted"))?;
        let is_wanted = !shown.redacted || read.actor.is_none();
        Ok(is_wanted.then_some(shown))
    }

    /// The hash of the chain at a position; `None` where there is no such event.
    ///
    /// # Errors
    /// - [`LogError::Damaged`]: the hash is not one.
    /// - [`LogError::Storage`]: the file cannot be read.
    pub fn chain_at(&self, seq: Seq) -> Result<Option<ChainHash>, LogError> {
        self.side.chain_at(seq)
    }

    /// The newest folded state at or before a position.
    ///
    /// # Errors
    /// - [`LogError::Storage`]: the file cannot be read.
    pub fn snapshot_before(&self, seq: Seq) -> Result<Option<Snapshot>, LogError> {
        self.side.snapshot_before(seq)
    }

    /// How far a named consumer has read; `None`: it never said.
    ///
    /// # Errors
    /// - [`LogError::Storage`]: the file cannot be read.
    pub fn checkpoint(&self, consumer: &str) -> Result<Option<StoredCheckpoint>, LogError> {
        self.side.checkpoint(consumer)
    }

    /// The events that a redaction hides, but for those that an earlier one hides already.
    ///
    /// # Errors
    /// - [`LogError::Storage`]: the file cannot be read.
    pub fn redacted_by(&self, by: Seq) -> Result<Vec<Seq>, LogError> {
        let marks = redacted::expected(&self.side.conn);
        let marks = marks.map_err(storage(&self.side.path, "read redactions"))?;
        let of_this = marks.into_iter().filter(|(_, mark)| *mark == stored(by.0));
        Ok(of_this.map(|(seq, _)| Seq(seq.unsigned_abs())).collect())
    }

    /// How many events there are of each kind, most first. Names are as stored: a newer build may
    /// have written kinds this one does not know.
    ///
    /// # Errors
    /// - [`LogError::Storage`]: the file cannot be read.
    pub fn kind_counts(&self) -> Result<Vec<(String, u64)>, LogError> {
        let read = || {
            let mut statement = self
                .side
                .conn
                .prepare_cached("SELECT kind, events FROM kinds ORDER BY events DESC, kind")?;
            let counts = statement.query_map([], |row| Ok((row.get(0)?, natural_in(row, 1)?)))?;
            counts.collect::<Result<_, _>>()
        };
        read().map_err(storage(&self.side.path, "count events"))
    }
}

impl LogReader for SqliteReader {
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
