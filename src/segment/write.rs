//! Writing a segment, line by line.

use super::{BaseLine, FORMAT, Header, HeaderLine, RowLine, TrailerLine, VERSION};
use crate::log::ChainHash;
use crate::log::chain::Columns;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use std::io::{Error, ErrorKind, Result, Write};

/// A segment being written.
pub(crate) struct SegmentWriter<W: Write> {
    sink: GzEncoder<W>,
    hash: Sha256,
    line: Vec<u8>,
    events: u64,
    last: u64,
    chain: ChainHash,
}

impl<W: Write> SegmentWriter<W> {
    /// Begins a segment with its header.
    ///
    /// # Errors
    /// What the sink says.
    pub(crate) fn new(sink: W, header: &Header) -> Result<Self> {
        let mut writer = Self {
            sink: GzEncoder::new(sink, Compression::default()),
            hash: Sha256::new(),
            line: Vec::new(),
            events: 0,
            last: header.first.0.saturating_sub(1),
            chain: header.chain_before,
        };
        let base = match &header.before {
            Some(before) => Some(BaseLine {
                seq: before.base.state.seq.0,
                received_us: before.base.received_at.0,
                session_id: before.base.session,
                session: before.session.clone(),
                keys: before.keys.clone(),
                fold_v: before.base.state.fold_v,
                chain: before.base.state.chain,
                body: json(&before.base.state.body)?,
            }),
            None => None,
        };
        writer.line(&HeaderLine {
            format: FORMAT.to_owned(),
            version: VERSION,
            log_id: header.log_id.clone(),
            channel: header.channel.clone(),
            origin: header.origin.clone(),
            created_us: header.created.0,
            first_seq: header.first.0,
            last_seq: header.last.0,
            chain_before: header.chain_before,
            base,
        })?;
        Ok(writer)
    }

    /// Adds an event.
    ///
    /// # Errors
    /// - [`ErrorKind::InvalidData`]: its body is no JSON on one line.
    /// - What the sink says.
    pub(crate) fn row(&mut self, columns: &Columns<'_>, chain: ChainHash) -> Result<()> {
        self.line(&RowLine {
            seq: columns.seq,
            session_id: columns.session,
            received_us: columns.received_us,
            sent_ms: columns.sent_ms,
            kind: columns.kind.into(),
            schema_v: columns.schema_v,
            origin: columns.origin.into(),
            actor: columns.actor.map(Into::into),
            cause_seq: columns.cause,
            corr: columns.corr.map(Into::into),
            dedup_key: columns.dedup_key.map(Into::into),
            chain,
            body: json(columns.body)?,
            raw: columns.raw.map(Into::into),
        })?;
        self.events += 1;
        self.last = columns.seq;
        self.chain = chain;
        Ok(())
    }

    /// Ends the segment with its trailer and gives the sink back, everything written.
    ///
    /// # Errors
    /// What the sink says.
    pub(crate) fn finish(mut self) -> Result<W> {
        let sha256 = ChainHash(self.hash.clone().finalize().into());
        self.line(&TrailerLine {
            events: self.events,
            last_seq: self.last,
            chain: self.chain,
            sha256,
        })?;
        self.sink.finish()
    }

    fn line(&mut self, value: &impl Serialize) -> Result<()> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, value)?;
        self.line.push(b'\n');
        self.hash.update(&self.line);
        self.sink.write_all(&self.line)
    }
}

/// A body as it stands, byte for byte.
fn json(body: &str) -> Result<&RawValue> {
    serde_json::from_str::<&RawValue>(body)
        .ok()
        .filter(|value| value.get() == body && !body.contains('\n'))
        .ok_or_else(|| Error::new(ErrorKind::InvalidData, "its body is no JSON on one line"))
}
