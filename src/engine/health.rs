//! How an engine is doing, as one value.

use crate::channel::Counters;
use crate::event::Seq;
use crate::session::Phase;
use crate::time::UnixMicros;

/// How an engine is doing. A copy: it does not change under the reader.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Health {
    /// Where the connection is in its life.
    pub phase: Phase,
    /// Scheme, host and port of the socket server, while connected.
    pub endpoint: Option<String>,
    /// `websocket` or `polling`, while connected. `polling` where the choice was automatic means
    /// that the upgrade to a WebSocket was refused.
    pub transport: Option<String>,
    /// Attempts to connect since the last live session.
    pub attempt: u32,
    /// When the next attempt is due, in milliseconds from this reading, while one is waited for.
    pub retry_in_ms: Option<u64>,
    /// The last thing that went wrong, in words, without secrets.
    pub last_error: Option<String>,
    /// When the last frame came.
    pub last_frame_at: Option<UnixMicros>,
    /// The newest committed event.
    pub head: Seq,
    /// How the log is doing.
    pub storage: Storage,
    /// Figures since opening.
    pub counters: Counters,
}

/// How the log is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Storage {
    /// Commits succeed.
    #[default]
    Sound,
    /// Commits fail and are retried; nothing is read from the network meanwhile.
    Degraded {
        /// What the log said.
        error: String,
    },
    /// The engine has given up: nothing more is recorded. Open it again once the cause is mended.
    Poisoned {
        /// What the log said.
        error: String,
    },
}
