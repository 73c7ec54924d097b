//! The record the log stores: an event with its place, its times and its origin.

use super::{Event, Kind};
use crate::time::UnixMicros;
use serde::{Deserialize, Serialize};

/// Position of an event in its log: gapless from 1. 0 stands before the first.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Seq(pub u64);

impl Seq {
    /// The position after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl std::fmt::Display for Seq {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Where an event comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The server said it as it happened.
    Live,
    /// The server said it again in a join burst.
    Replay,
    /// The server repeated what we asked it to.
    Resync,
    /// A command of ours.
    Command,
    /// The engine's own note.
    Engine,
    /// Brought in from another source. Such an event is history only: it says what another program
    /// noted, and changes nothing of the state.
    Import,
}

impl Origin {
    /// All origins, in the order of their stored numbers (from 0).
    pub const ALL: [Self; 6] = [
        Self::Live,
        Self::Replay,
        Self::Resync,
        Self::Command,
        Self::Engine,
        Self::Import,
    ];

    /// All but [`Origin::Import`]: what this log's own connections saw and did, and what makes the
    /// state.
    pub const WITNESSED: [Self; 5] = [
        Self::Live,
        Self::Replay,
        Self::Resync,
        Self::Command,
        Self::Engine,
    ];

    /// The stored string.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Replay => "replay",
            Self::Resync => "resync",
            Self::Command => "command",
            Self::Engine => "engine",
            Self::Import => "import",
        }
    }

    /// The origin of a stored string.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|origin| origin.as_str() == text)
    }
}

/// One event with everything the log keeps beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// Its position.
    pub seq: Seq,
    /// The connection it came over, counted from 1; 0 before the first.
    pub session: u64,
    /// When we received it. Never falls from one event to the next.
    pub received_at: UnixMicros,
    /// When the server says it happened, milliseconds since 1970, where the frame tells; of what was
    /// brought in, when the other program says so.
    pub sent_ms: Option<i64>,
    /// Where it comes from.
    pub origin: Origin,
    /// Who did it, by display name.
    pub actor: Option<String>,
    /// The event that led to this one.
    pub cause: Option<Seq>,
    /// Correlation id: the same for a command and all that came of it.
    pub corr: Option<String>,
    /// Key that may stand in the log once only.
    pub dedup_key: Option<String>,
    /// What happened.
    pub event: Event,
    /// The frame's payload as it came, JSON, secrets stripped; `None` for our own events and for
    /// whole bursts.
    pub raw: Option<String>,
    /// Whether a redaction covers it: what is read is what [`Recorded::masked`] leaves. Not stored;
    /// appending ignores it.
    pub redacted: bool,
}

impl Recorded {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.event.kind()
    }

    /// The plain text of a chat line or private message, else empty.
    #[must_use]
    pub fn text(&self) -> &str {
        match &self.event {
            Event::MessageSaid(message) => &message.text,
            Event::PmSaid(pm) => &pm.text,
            _ => "",
        }
    }
}

/// Why a stored body could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The schema number is newer than this build knows.
    #[error("{kind} has schema {found}; this build knows up to {known}: use a newer build")]
    Newer {
        /// Which kind.
        kind: &'static str,
        /// The stored number.
        found: u32,
        /// The newest known.
        known: u32,
    },
    /// No build ever wrote this schema number.
    #[error("{kind} has schema {found}, which was never written")]
    NoSchema {
        /// Which kind.
        kind: &'static str,
        /// The stored number.
        found: u32,
    },
    /// The body does not fit its kind.
    #[error("body of {kind} does not fit: {source}")]
    Body {
        /// Which kind.
        kind: &'static str,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}
