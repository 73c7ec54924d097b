//! What a log can fail with, in words that say what to do about it.
//!
//! Texts name files, positions and reasons; never the content of an event.

use crate::event::Seq;
use crate::time::UnixMicros;

/// Why the oldest events of a log are not trimmed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TrimRefusal {
    /// A consumer has not read that far.
    #[error("consumer {consumer} has read up to event {seq} only: let it catch up, or use force")]
    Unread {
        /// Its name.
        consumer: String,
        /// How far it has read.
        seq: Seq,
    },
    /// The log is not that long.
    #[error("the log ends at event {head}: name an earlier one")]
    BeyondHead {
        /// Its last event.
        head: Seq,
    },
    /// It is trimmed up to there, or further.
    #[error("the log begins behind event {trimmed} already: name a later one")]
    Already {
        /// The last event trimmed.
        trimmed: Seq,
    },
    /// The newest lines of chat are needed to recognise what the server sends again at a join.
    #[error(
        "the newest lines of chat, from event {first} on, must stay, so that none is doubled or lost at the next join: name an event before {first}"
    )]
    ChatTail {
        /// The first event that must stay.
        first: Seq,
    },
    /// The segment does not hold what is to be trimmed.
    #[error("the segment is not of these events: write one")]
    NotArchived,
}

/// What a log can fail with.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// The file cannot be read or written now: full disk, read-only, i/o. Committed events stay.
    #[error("{path}: {what}: {detail}")]
    Storage {
        /// Which file.
        path: String,
        /// What was tried.
        what: &'static str,
        /// What came back.
        detail: String,
        /// Whether trying again may help: a full disk, a busy file.
        retryable: bool,
    },
    /// Another process or engine writes this log.
    #[error("{path} is in use by another engine: stop it, or give this one another file")]
    InUse {
        /// Which file.
        path: String,
    },
    /// The file is not an event log.
    #[error("{path} is not an event log ({detail}): give another file")]
    NotALog {
        /// Which file.
        path: String,
        /// What it is instead.
        detail: String,
    },
    /// The file was written by a newer build.
    #[error("{path} has schema {found}; this build knows up to {known}: use a newer build")]
    TooNew {
        /// Which file.
        path: String,
        /// Its schema.
        found: u32,
        /// The newest this build knows.
        known: u32,
    },
    /// The file is the log of another channel.
    #[error("{path} is the log of channel {found}, not {wanted}: give another file")]
    OtherChannel {
        /// Which file.
        path: String,
        /// Its channel.
        found: String,
        /// The channel asked for.
        wanted: String,
    },
    /// There is no such file.
    #[error("{path}: no such log; `record` or `ingest` makes one")]
    Missing {
        /// Which file.
        path: String,
    },
    /// There is a file where a new one is to be.
    #[error("{path} exists: give a new file")]
    Exists {
        /// Which file.
        path: String,
    },
    /// A stored event does not read back.
    #[error("event {seq} is damaged: {detail}; run verify")]
    Damaged {
        /// Which.
        seq: Seq,
        /// What is wrong.
        detail: String,
    },
    /// What was asked for lies before the first event of a trimmed log.
    #[error(
        "event {seq} was trimmed: the log begins behind event {trimmed}; import the segment that holds it"
    )]
    Trimmed {
        /// The position asked for.
        seq: Seq,
        /// The last event trimmed: the first position there is a state of.
        trimmed: Seq,
    },
    /// The state that the trimmed events fold to was made by another version of the fold.
    #[error(
        "events up to {trimmed} were trimmed by a build with fold {found}, this one has fold {known}: import their segments into the log, or into a new one"
    )]
    OtherFold {
        /// The last event trimmed.
        trimmed: Seq,
        /// Version of the fold that made the state.
        found: u32,
        /// Version of this build.
        known: u32,
    },
    /// The oldest events are not trimmed, and nothing was changed.
    #[error("{path}: not trimmed up to event {until}: {why}")]
    NotTrimmed {
        /// Which file.
        path: String,
        /// Up to and including which event they were to go.
        until: Seq,
        /// Why not.
        why: TrimRefusal,
    },
    /// A segment is not what was written.
    #[error("{path}, line {line}{}: {detail}; use another copy of the segment", about(*.seq))]
    SegmentDamaged {
        /// Which file.
        path: String,
        /// Which line of what is compressed in it, from 1.
        line: u64,
        /// The event it is about, where it is about one.
        seq: Option<Seq>,
        /// What is wrong.
        detail: String,
    },
    /// A file is no segment, or not one for this log.
    #[error("{path}: {detail}")]
    SegmentUnfit {
        /// Which file.
        path: String,
        /// Why not, and what to do.
        detail: String,
    },
    /// A stored event is of a kind, or of a schema, that this build does not know.
    #[error(
        "event {seq} is a `{kind}` of schema {schema_v}, written by a newer build: use that one"
    )]
    Newer {
        /// Which.
        seq: Seq,
        /// Its kind, as stored.
        kind: String,
        /// The schema number of its body.
        schema_v: u32,
    },
    /// The log holds events of a kind that this build does not know: a state folded without them
    /// would be wrong.
    #[error("{path} holds events of the kind `{kind}`, written by a newer build: use that one")]
    UnknownKind {
        /// Which file.
        path: String,
        /// The first such kind, as stored.
        kind: String,
    },
    /// An event with this key is in the log already.
    #[error("already in the log: {key}")]
    Duplicate {
        /// The key.
        key: String,
    },
    /// The batch does not continue the log: its first event is not the one after the head.
    #[error("append of event {found} to a log whose next is {expected}")]
    OutOfOrder {
        /// What the log expects.
        expected: Seq,
        /// What came.
        found: Seq,
    },
    /// An event was received before the one ahead of it: the log's time never falls.
    #[error("event {seq} was received at {found}, before {before} of the event ahead of it")]
    TimeFell {
        /// Which.
        seq: Seq,
        /// The time of the event ahead of it.
        before: UnixMicros,
        /// Its own time.
        found: UnixMicros,
    },
    /// The SQLite library is older than the one whose write-ahead log is known to be sound.
    #[error(
        "SQLite {found} is too old: 3.51.3 or newer is needed; build with the feature `bundled`"
    )]
    OldSqlite {
        /// Version of the library linked.
        found: String,
    },
    /// The file system cannot hold a write-ahead log.
    #[error(
        "{path} is on a {kind} file system, which cannot share memory between processes: use a local disk"
    )]
    NetworkFileSystem {
        /// Which file.
        path: String,
        /// Which file system.
        kind: String,
    },
}

/// Names the event that a line of a segment is about.
fn about(seq: Option<Seq>) -> String {
    seq.map_or_else(String::new, |seq| format!(", event {seq}"))
}

impl LogError {
    /// Whether trying again may help.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(
            self,
            Self::Storage {
                retryable: true,
                ..
            }
        )
    }
}
