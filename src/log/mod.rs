//! The event log as the core sees it: a place to append to and to read from.
//!
//! [`EventLog`] is what the channel needs; [`MemoryLog`] keeps everything in memory (tests,
//! simulators, recordings looked at once), `SqliteLog` in a file. Both pass the same contract
//! tests. A log stores, hashes and returns events; of what they say it heeds redactions only.

pub mod chain;
mod error;
mod memory;

pub use chain::ChainHash;
pub use error::{LogError, TrimRefusal};
pub use memory::MemoryLog;

use crate::event::{Kind, Origin, Recorded, Seq};
use crate::time::UnixMicros;
use serde::{Deserialize, Serialize};

/// Where a log ends: the newest event, its hash, and its time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// Position of the newest event; 0 in an empty log.
    pub seq: Seq,
    /// Hash of the chain up to it.
    pub chain: ChainHash,
    /// When it was received; the next event's time is not below it.
    pub received_at: UnixMicros,
    /// The session it belongs to.
    pub session: u64,
    /// Whether that session has no end yet: the process died, or is still writing.
    pub session_open: bool,
}

impl Head {
    /// Whether a batch continues the log that ends here: positions without a hole, times that do
    /// not fall. Reads by time rely on the latter, so both are checked before anything is written.
    pub(crate) fn is_continued_by(&self, batch: &[Recorded]) -> Result<(), LogError> {
        let (mut seq, mut time) = (self.seq, self.received_at);
        for recorded in batch {
            let (expected, found) = (seq.next(), recorded.seq);
            if found != expected {
                return Err(LogError::OutOfOrder { expected, found });
            }
            if seq > Seq(0) && recorded.received_at < time {
                return Err(LogError::TimeFell {
                    seq: found,
                    before: time,
                    found: recorded.received_at,
                });
            }
            (seq, time) = (found, recorded.received_at);
        }
        Ok(())
    }
}

/// A printable position in one particular log: proof of how far a consumer has read.
///
/// ```
/// use projectionist::Checkpoint;
/// let text = "9f86d081:42:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";
/// let checkpoint: Checkpoint = text.parse().unwrap();
/// assert_eq!(checkpoint.seq.0, 42);
/// assert_eq!(checkpoint.to_string(), text);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Which log.
    pub log_id: String,
    /// Up to and including which event.
    pub seq: Seq,
    /// The chain's hash there.
    pub chain: ChainHash,
}

impl std::fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.log_id, self.seq, self.chain)
    }
}

/// A text that is no [`Checkpoint`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a checkpoint: expected log_id:seq:hash as printed by this library")]
pub struct CheckpointSyntax;

impl std::str::FromStr for Checkpoint {
    type Err = CheckpointSyntax;

    fn from_str(text: &str) -> Result<Self, CheckpointSyntax> {
        let mut parts = text.split(':');
        let (Some(log_id), Some(seq), Some(chain), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(CheckpointSyntax);
        };
        let seq = Seq(seq.parse().map_err(|_| CheckpointSyntax)?);
        let chain = ChainHash::parse(chain).ok_or(CheckpointSyntax)?;
        Ok(Self {
            log_id: log_id.to_owned(),
            seq,
            chain,
        })
    }
}

/// Which of the two times of an event a range speaks of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeBasis {
    /// When we received it.
    #[default]
    Received,
    /// When the server says it happened; events without such a time are left out.
    Sent,
}

/// What to read from a log, as data. The default reads everything, oldest first.
///
/// Redacted events come masked (see [`Redaction`](crate::event::Redaction)), and are matched as
/// what is left of them: they are nobody's, so [`Read::actor`] finds none of them.
///
/// ```
/// use projectionist::{Kind, Read, Seq};
/// let last_ten = Read::default().kinds([Kind::MessageSaid]).newest_first().limit(10);
/// let rest = Read::default().after(Seq(1000));
/// # let _ = (last_ten, rest);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Read {
    /// These kinds only; empty: all.
    pub kinds: Vec<Kind>,
    /// Not these kinds. What a newer build wrote is among the rest.
    pub except: Vec<Kind>,
    /// This actor only, by identity (ASCII case ignored).
    pub actor: Option<String>,
    /// These origins only; empty: all.
    pub origins: Vec<Origin>,
    /// Events after this position.
    pub after: Seq,
    /// Events up to and including this position.
    pub until: Option<Seq>,
    /// Events at or after this time.
    pub since: Option<UnixMicros>,
    /// Events before this time.
    pub before: Option<UnixMicros>,
    /// Which time the two above mean.
    pub basis: TimeBasis,
    /// Newest first.
    pub descending: bool,
    /// At most so many.
    pub limit: Option<usize>,
    /// Redacted events as they were written.
    pub as_written: bool,
}

impl Read {
    /// These kinds only.
    #[must_use]
    pub fn kinds(mut self, kinds: impl IntoIterator<Item = Kind>) -> Self {
        self.kinds = kinds.into_iter().collect();
        self
    }

    /// All but these kinds.
    #[must_use]
    pub fn except(mut self, kinds: impl IntoIterator<Item = Kind>) -> Self {
        self.except = kinds.into_iter().collect();
        self
    }

    /// This actor only; ASCII case is ignored.
    #[must_use]
    pub fn actor(mut self, name: impl Into<String>) -> Self {
        self.actor = Some(name.into());
        self
    }

    /// These origins only.
    #[must_use]
    pub fn origins(mut self, origins: impl IntoIterator<Item = Origin>) -> Self {
        self.origins = origins.into_iter().collect();
        self
    }

    /// Events after this position.
    #[must_use]
    pub fn after(mut self, seq: Seq) -> Self {
        self.after = seq;
        self
    }

    /// Events up to and including this position.
    #[must_use]
    pub fn until(mut self, seq: Seq) -> Self {
        self.until = Some(seq);
        self
    }

    /// Events at or after `since`, and before `before`, by received time.
    #[must_use]
    pub fn received(mut self, since: Option<UnixMicros>, before: Option<UnixMicros>) -> Self {
        (self.since, self.before, self.basis) = (since, before, TimeBasis::Received);
        self
    }

    /// Events at or after `since`, and before `before`, by the server's time.
    #[must_use]
    pub fn sent(mut self, since: Option<UnixMicros>, before: Option<UnixMicros>) -> Self {
        (self.since, self.before, self.basis) = (since, before, TimeBasis::Sent);
        self
    }

    /// Newest first.
    #[must_use]
    pub fn newest_first(mut self) -> Self {
        self.descending = true;
        self
    }

    /// At most so many.
    #[must_use]
    pub fn limit(mut self, count: usize) -> Self {
        self.limit = Some(count);
        self
    }

    /// Redacted events as they were written, not masked. Not for showing: for what must compare with
    /// the world as it was (aligning the server's replay with the log), for proofs and for copies.
    #[must_use]
    pub fn as_written(mut self) -> Self {
        self.as_written = true;
        self
    }

    /// Whether an event is among those asked for (limit and order aside).
    #[must_use]
    pub fn matches(&self, recorded: &Recorded) -> bool {
        let time = match self.basis {
            TimeBasis::Received => Some(recorded.received_at),
            TimeBasis::Sent => recorded.sent_ms.map(UnixMicros::from_millis),
        };
        let in_time = (self.since.is_none() && self.before.is_none())
            || time.is_some_and(|time| {
                self.since.is_none_or(|since| time >= since)
                    && self.before.is_none_or(|before| time < before)
            });
        let by_actor = self.actor.as_ref().is_none_or(|wanted| {
            recorded
                .actor
                .as_ref()
                .is_some_and(|actor| actor.eq_ignore_ascii_case(wanted))
        });
        in_time
            && by_actor
            && recorded.seq > self.after
            && self.until.is_none_or(|until| recorded.seq <= until)
            && (self.kinds.is_empty() || self.kinds.contains(&recorded.kind()))
            && !self.except.contains(&recorded.kind())
            && (self.origins.is_empty() || self.origins.contains(&recorded.origin))
    }
}

/// A folded state, kept so that opening need not fold from the start. Disposable: any doubt about
/// it means folding again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The event it includes last.
    pub seq: Seq,
    /// Version of the fold that made it.
    pub fold_v: u32,
    /// The chain's hash at `seq`: it belongs to this log and no other.
    pub chain: ChainHash,
    /// The state as JSON.
    pub body: String,
}

/// What a log begins with once its oldest events were trimmed: the state they fold to, and where
/// they ended. Not disposable: only the segments that hold those events could give it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// The state after the last event trimmed, and the chain's hash there.
    pub state: Snapshot,
    /// When that event was received.
    pub received_at: UnixMicros,
    /// The session it belonged to; 0: none yet.
    pub session: u64,
}

/// A log as its readers know it. Reading blocks for the storage only.
pub trait LogReader {
    /// Visits the events asked for, in order, until the visitor says `false`. Redacted ones come
    /// masked, as of when they are read, unless the read is [`Read::as_written`]. In a trimmed log a
    /// read from the beginning begins with the first event there is.
    ///
    /// # Errors
    /// - [`LogError::Damaged`]: a stored event does not read back.
    /// - [`LogError::Newer`]: a newer build wrote it.
    /// - [`LogError::Trimmed`]: events yet to be visited were trimmed meanwhile.
    /// - [`LogError::Storage`]: the file cannot be read.
    fn visit(&self, read: &Read, visitor: &mut dyn FnMut(Recorded) -> bool)
    -> Result<(), LogError>;

    /// The hash of the chain at a position; `None` where there is no such event.
    ///
    /// # Errors
    /// - [`LogError::Storage`]: the file cannot be read.
    fn chain_at(&self, seq: Seq) -> Result<Option<ChainHash>, LogError>;

    /// The newest folded state at or before a position.
    ///
    /// # Errors
    /// - [`LogError::Storage`]: the file cannot be read.
    fn snapshot_before(&self, seq: Seq) -> Result<Option<Snapshot>, LogError>;

    /// What the log begins with; `None`: with its first event. By default it does.
    ///
    /// # Errors
    /// - [`LogError::Damaged`]: events were trimmed, and what they fold to does not read back.
    /// - [`LogError::Storage`]: the file cannot be read.
    fn base(&self) -> Result<Option<Base>, LogError> {
        Ok(None)
    }

    /// Reads the events asked for into memory. See [`LogReader::visit`] for long ranges.
    ///
    /// # Errors
    /// As [`LogReader::visit`].
    fn read(&self, read: &Read) -> Result<Vec<Recorded>, LogError> {
        let mut events = Vec::new();
        self.visit(read, &mut |recorded| {
            events.push(recorded);
            true
        })?;
        Ok(events)
    }
}

/// Where a channel keeps its events. One writer; the channel owns it.
///
/// Events are appended in order, all of a batch or none; what `append` returned `Ok` for is
/// committed. Nothing here blocks longer than the storage does.
pub trait EventLog: LogReader {
    /// Identity of this log, for checkpoints.
    fn log_id(&self) -> &str;

    /// Where the log ends.
    fn head(&self) -> Head;

    /// Appends a batch in one transaction. The first must be the one after the head, the others
    /// follow without a hole. What a redaction among them covers is masked from then on, and folded
    /// states that hold it go.
    ///
    /// # Errors
    /// - [`LogError::OutOfOrder`]: the batch does not continue the log.
    /// - [`LogError::TimeFell`]: an event is older than the one before it.
    /// - [`LogError::Duplicate`]: a `dedup_key` is in the log already.
    /// - [`LogError::Storage`]: nothing was written; the same batch may be tried again.
    fn append(&mut self, batch: &[Recorded]) -> Result<Head, LogError>;

    /// Makes everything committed survive a power cut.
    ///
    /// # Errors
    /// - [`LogError::Storage`]: it may not.
    fn flush(&mut self) -> Result<(), LogError>;

    /// Keeps a folded state. Older ones may go, and those of another fold version do.
    ///
    /// # Errors
    /// - [`LogError::Storage`]: it was not kept; the log is none the worse.
    fn put_snapshot(&mut self, snapshot: &Snapshot) -> Result<(), LogError>;

    /// Gives the storage a chance to tidy up; called when nothing else is to do.
    fn idle(&mut self) {}
}
