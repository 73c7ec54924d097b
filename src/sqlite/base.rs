//! What a trimmed log begins with: the state that its trimmed events fold to, with a hash of its
//! own, since no event is left to fold it from again.
//!
//! A file of the first schema has no such table: it is asked for only where `meta` says that
//! something was trimmed, which no file of that schema does.

use crate::event::{Redaction, Seq};
use crate::log::{Base, ChainHash, LogError, Snapshot};
use crate::sqlite::failure::storage;
use crate::sqlite::read::{ReadSide, chain_in};
use crate::sqlite::row::{natural_in, stored};
use crate::state::{ChannelState, FOLD_V, FOLD_V_READ};
use crate::time::UnixMicros;
use rusqlite::{Connection, OptionalExtension, Row, params};
use sha2::{Digest, Sha256};

/// SHA-256 over every column of a base, the body last.
fn digest(base: &Base) -> ChainHash {
    let mut hash = Sha256::new();
    hash.update(base.state.seq.0.to_le_bytes());
    hash.update(base.received_at.0.to_le_bytes());
    hash.update(base.session.to_le_bytes());
    hash.update(base.state.fold_v.to_le_bytes());
    hash.update(base.state.chain.0);
    hash.update(base.state.body.as_bytes());
    ChainHash(hash.finalize().into())
}

/// Up to and including which event a log is trimmed; 0: not at all.
pub(crate) fn trim_seq(conn: &Connection) -> rusqlite::Result<Seq> {
    let sql = "SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'trim_seq'";
    let found = conn
        .prepare_cached(sql)?
        .query_row([], |row| natural_in(row, 0))
        .optional()?;
    Ok(Seq(found.unwrap_or(0)))
}

/// Has the log begin behind `base`, or with its first event. Call within a transaction.
pub(crate) fn put(conn: &Connection, base: Option<&Base>) -> rusqlite::Result<()> {
    conn.execute("DELETE FROM base", [])?;
    let Some(base) = base else {
        conn.execute("DELETE FROM meta WHERE key = 'trim_seq'", [])?;
        conn.execute("DELETE FROM anchor WHERE why = 'trim'", [])?;
        return Ok(());
    };
    let (seq, chain) = (stored(base.state.seq.0), base.state.chain.0);
    conn.execute(
        "INSERT INTO base (seq, received_us, session_id, fold_v, chain, digest, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            seq,
            base.received_at.0,
            stored(base.session),
            base.state.fold_v,
            chain.as_slice(),
            digest(base).0.as_slice(),
            base.state.body
        ],
    )?;
    conn.execute(
        "INSERT OR REPLACE INTO meta (key, value) VALUES ('trim_seq', CAST(?1 AS TEXT))",
        [seq],
    )?;
    conn.execute(
        "INSERT OR REPLACE INTO anchor (why, seq, chain) VALUES ('trim', ?1, ?2)",
        params![seq, chain.as_slice()],
    )?;
    Ok(())
}

/// Takes from the base what a redaction standing at `by` covers: lines of chat that were trimmed,
/// and can be hidden nowhere else. Says whether there is a base. Call within the transaction that
/// appends the redaction.
pub(crate) fn redact(conn: &Connection, by: Seq, redaction: &Redaction) -> rusqlite::Result<bool> {
    if trim_seq(conn)? == Seq(0) {
        return Ok(false);
    }
    let found = conn
        .prepare_cached(SELECT)?
        .query_row([], base_in)
        .optional()?;
    // One in doubt is told by whoever reads it, and is not made to look sound here.
    let Some(Ok(mut base)) = found else {
        return Ok(true);
    };
    let state: Option<ChannelState> = serde_json::from_str(&base.state.body).ok();
    if let Some(mut state) = state.filter(|_| (FOLD_V_READ..=FOLD_V).contains(&base.state.fold_v)) {
        state.redacted(by, redaction);
        if let Ok(body) = serde_json::to_string(&state)
            && body != base.state.body
        {
            base.state.body = body;
            put(conn, Some(&base))?;
        }
    }
    Ok(true)
}

/// The base, and the position that the log notes for it: both at one moment, as somebody may be
/// trimming.
const SELECT: &str = "SELECT seq, received_us, session_id, fold_v, chain, digest, body, \
     (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'trim_seq') FROM base";

impl ReadSide {
    /// Up to and including which event the log is trimmed; 0: not at all.
    pub(crate) fn trim_seq(&self) -> Result<Seq, LogError> {
        trim_seq(&self.conn).map_err(storage(&self.path, "read where the log begins"))
    }

    /// See [`crate::log::LogReader::base`].
    pub(crate) fn base(&self) -> Result<Option<Base>, LogError> {
        let seq = self.trim_seq()?;
        if seq == Seq(0) {
            return Ok(None);
        }
        let found = self
            .conn
            .prepare_cached(SELECT)
            .and_then(|mut statement| statement.query_row([], base_in).optional())
            .map_err(storage(&self.path, "read what was trimmed"))?;
        found
            .unwrap_or_else(|| Err(damaged(seq, "is missing")))
            .map(Some)
    }
}

/// A base that is what was written.
fn base_in(row: &Row<'_>) -> rusqlite::Result<Result<Base, LogError>> {
    let seq = Seq(natural_in(row, 0)?);
    let (received_us, session, fold_v) = (row.get(1)?, natural_in(row, 2)?, row.get(3)?);
    let (body, noted) = (row.get(6)?, row.get::<_, Option<i64>>(7)?);
    let hashes = chain_in(row, 4, seq).and_then(|chain| Ok((chain, chain_in(row, 5, seq)?)));
    Ok(hashes.and_then(|(chain, wanted)| {
        let base = Base {
            state: Snapshot {
                seq,
                fold_v,
                chain,
                body,
            },
            received_at: UnixMicros(received_us),
            session,
        };
        if digest(&base) != wanted {
            return Err(damaged(seq, "is not what was written: its hash differs"));
        }
        if noted != Some(stored(seq.0)) {
            return Err(damaged(seq, "is not of the position that the log notes"));
        }
        Ok(base)
    }))
}

fn damaged(seq: Seq, what: &str) -> LogError {
    LogError::Damaged {
        seq,
        detail: format!("the state that the events trimmed up to there fold to {what}"),
    }
}
