//! A segment: a stretch of a log as a compressed text file of its own, for when the log lets go of
//! it.
//!
//! Gzip of NDJSON: a header, one line an event with every column that the chain hashes and the hash,
//! a trailer with a hash of all lines before it. `zcat segment.ndjson.gz | jq` reads it. Whoever
//! reads one takes it for hostile: a line has a limit, so that what unpacks to a thousand times its
//! size costs no memory; every hash is computed anew; nothing counts until the trailer was seen.
//!
//! Nothing here knows where a log keeps its events.

mod read;
mod write;

pub(crate) use read::{Row, SegmentReader};
pub(crate) use write::SegmentWriter;

use crate::event::Seq;
use crate::log::{Base, ChainHash, LogError, Snapshot};
use crate::time::UnixMicros;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::path::Path;

/// What a header says a file is.
const FORMAT: &str = "projectionist-segment";

/// The version of the format that this build writes, and the only one there is.
const VERSION: u32 = 1;

/// Bytes of a line at most: the largest frame a server may send, escaped, fits several times.
const LINE_MAX: usize = 64 << 20;

/// What a sound segment was found to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Segment {
    /// Identity of the log it was taken from.
    pub log_id: String,
    /// The log's channel.
    pub channel: String,
    /// Scheme, host and port of the site.
    pub origin: String,
    /// When the log was made.
    pub created: UnixMicros,
    /// The first event in it.
    pub first: Seq,
    /// The last event in it.
    pub last: Seq,
    /// The chain's hash before the first event.
    pub chain_before: ChainHash,
    /// The chain's hash at the last event.
    pub chain: ChainHash,
}

impl Segment {
    /// Events in it.
    #[must_use]
    pub fn events(&self) -> u64 {
        (self.last.0 - self.first.0).saturating_add(1)
    }
}

/// Verifies a segment: every line, every hash, every body. `progress` is told the events read and
/// how many there are, about once a thousand, and may say `false` to give up; then `None` comes back.
///
/// # Errors
/// - [`LogError::SegmentDamaged`]: it is not what was written; where, and what is wrong.
/// - [`LogError::SegmentUnfit`]: it is no segment, or one of a newer build.
/// - [`LogError::Storage`]: it cannot be read.
pub fn verify(
    path: &Path,
    progress: &mut dyn FnMut(u64, u64) -> bool,
) -> Result<Option<Segment>, LogError> {
    let mut reader = SegmentReader::open(path)?;
    let events = reader.header().events();
    let mut done = 0;
    while reader.next()?.is_some() {
        done += 1;
        if done % PROGRESS_EVERY == 0 && !progress(done, events) {
            return Ok(None);
        }
    }
    reader.finish().map(Some)
}

/// Reads what a segment says of itself, without verifying more than that: to sort several.
///
/// # Errors
/// As [`verify`].
pub fn peek(path: &Path) -> Result<Segment, LogError> {
    Ok(SegmentReader::open(path)?.header().segment())
}

/// Whether a file begins as a segment does: as compressed by gzip.
#[must_use]
pub fn is_compressed(path: &Path) -> bool {
    use std::io::Read;
    let mut magic = [0; 2];
    let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut magic));
    read.is_ok() && magic == [0x1f, 0x8b]
}

/// Events between two reports of progress.
pub(crate) const PROGRESS_EVERY: u64 = 1000;

/// What a segment begins with.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    pub(crate) log_id: String,
    pub(crate) channel: String,
    pub(crate) origin: String,
    pub(crate) created: UnixMicros,
    pub(crate) first: Seq,
    pub(crate) last: Seq,
    pub(crate) chain_before: ChainHash,
    /// What the log was before the first event; none where that is the log's first.
    pub(crate) before: Option<Before>,
}

impl Header {
    /// Events announced.
    pub(crate) fn events(&self) -> u64 {
        (self.last.0 - self.first.0).saturating_add(1)
    }

    /// What it says, the hash at the end not known yet.
    fn segment(&self) -> Segment {
        Segment {
            log_id: self.log_id.clone(),
            channel: self.channel.clone(),
            origin: self.origin.clone(),
            created: self.created,
            first: self.first,
            last: self.last,
            chain_before: self.chain_before,
            chain: ChainHash::default(),
        }
    }
}

/// What the events before a segment come down to.
#[derive(Clone, Debug)]
pub(crate) struct Before {
    pub(crate) base: Base,
    /// The session under way.
    pub(crate) session: Option<SessionLine>,
    /// Keys that were used up.
    pub(crate) keys: Vec<KeyLine>,
}

/// The row of a session that events before a segment belong to.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SessionLine {
    pub(crate) first_seq: i64,
    pub(crate) last_seq: Option<i64>,
    pub(crate) opened_us: i64,
    pub(crate) closed_us: Option<i64>,
    pub(crate) ended_us: Option<i64>,
    pub(crate) endpoint: Option<String>,
    pub(crate) close_reason: Option<String>,
}

/// A key of an event before a segment.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyLine {
    pub(crate) key: String,
    pub(crate) seq: u64,
}

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HeaderLine<'a> {
    format: String,
    version: u32,
    log_id: String,
    channel: String,
    origin: String,
    created_us: i64,
    first_seq: u64,
    last_seq: u64,
    chain_before: ChainHash,
    #[serde(borrow)]
    base: Option<BaseLine<'a>>,
}

/// The state before the first event.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BaseLine<'a> {
    seq: u64,
    received_us: i64,
    session_id: u64,
    session: Option<SessionLine>,
    keys: Vec<KeyLine>,
    fold_v: u32,
    chain: ChainHash,
    #[serde(borrow)]
    body: &'a RawValue,
}

impl BaseLine<'_> {
    fn before(self) -> Before {
        Before {
            base: Base {
                state: Snapshot {
                    seq: Seq(self.seq),
                    fold_v: self.fold_v,
                    chain: self.chain,
                    body: self.body.get().to_owned(),
                },
                received_at: UnixMicros(self.received_us),
                session: self.session_id,
            },
            session: self.session,
            keys: self.keys,
        }
    }
}

/// A line between header and trailer: an event.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RowLine<'a> {
    seq: u64,
    session_id: u64,
    received_us: i64,
    sent_ms: Option<i64>,
    #[serde(borrow)]
    kind: std::borrow::Cow<'a, str>,
    schema_v: u32,
    #[serde(borrow)]
    origin: std::borrow::Cow<'a, str>,
    actor: Option<std::borrow::Cow<'a, str>>,
    cause_seq: Option<u64>,
    corr: Option<std::borrow::Cow<'a, str>>,
    dedup_key: Option<std::borrow::Cow<'a, str>>,
    chain: ChainHash,
    #[serde(borrow)]
    body: &'a RawValue,
    raw: Option<std::borrow::Cow<'a, str>>,
}

/// The last line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TrailerLine {
    events: u64,
    last_seq: u64,
    chain: ChainHash,
    /// SHA-256 over all lines before this one, their ends included.
    sha256: ChainHash,
}
