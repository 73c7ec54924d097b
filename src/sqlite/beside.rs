//! What a log keeps beside its events: folded states, and how far consumers have read.

use crate::event::Seq;
use crate::log::{ChainHash, LogError, Snapshot};
use crate::sqlite::failure::storage;
use crate::sqlite::read::{ReadSide, chain_in};
use crate::sqlite::row::{natural_in, stored};
use rusqlite::{OptionalExtension, Row};

/// How far a named consumer has read, as stored in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredCheckpoint {
    /// The consumer's own version when it stored this; another means starting over.
    pub version: u32,
    /// Up to and including which event.
    pub seq: Seq,
    /// The chain's hash there.
    pub chain: ChainHash,
}

impl ReadSide {
    /// See [`crate::EventLog::snapshot_before`].
    pub(crate) fn snapshot_before(&self, seq: Seq) -> Result<Option<Snapshot>, LogError> {
        let sql = "SELECT seq, fold_v, chain, body FROM snapshot \
             WHERE seq <= ?1 ORDER BY seq DESC LIMIT 1";
        let read = |row: &Row<'_>| {
            let seq = Seq(natural_in(row, 0)?);
            let (fold_v, body) = (row.get(1)?, row.get(3)?);
            Ok(chain_in(row, 2, seq).map(|chain| Snapshot {
                seq,
                fold_v,
                chain,
                body,
            }))
        };
        self.conn
            .prepare_cached(sql)
            .and_then(|mut statement| statement.query_row([stored(seq.0)], read).optional())
            .map_err(storage(&self.path, "read a snapshot"))?
            .transpose()
    }

    /// How far a named consumer has read; `None`: it never said.
    pub(crate) fn checkpoint(&self, consumer: &str) -> Result<Option<StoredCheckpoint>, LogError> {
        let sql = "SELECT version, seq, chain FROM checkpoint WHERE consumer = ?1";
        let read = |row: &Row<'_>| {
            let (version, seq) = (row.get(0)?, Seq(natural_in(row, 1)?));
            Ok(chain_in(row, 2, seq).map(|chain| StoredCheckpoint {
                version,
                seq,
                chain,
            }))
        };
        self.conn
            .prepare_cached(sql)
            .and_then(|mut statement| statement.query_row([consumer], read).optional())
            .map_err(storage(&self.path, "read a checkpoint"))?
            .transpose()
    }
}
