//! What a host's calls can fail with.

use crate::config::ConfigError;
use crate::event::DisconnectCause;
use crate::log::LogError;
use crate::session::Phase;
use std::time::Duration;

/// Why an engine did not open.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The configuration does not make sense.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The log cannot be used.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The operating system gave no thread or no poll.
    #[error("starting the channel's thread: {0}")]
    System(#[from] std::io::Error),
}

/// Why a wait ended without what it waited for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WaitError {
    /// Time is up; the engine goes on.
    #[error("not so within {after:?} (phase {phase:?}{})", detail(.last_error))]
    TimedOut {
        /// How long was waited.
        after: Duration,
        /// Where the connection is.
        phase: Phase,
        /// The last thing that went wrong.
        last_error: Option<String>,
    },
    /// The connection ended for good and the engine does not come back by itself.
    #[error("the connection ended for good{}{}", caused_by(.cause), detail(.last_error))]
    Ended {
        /// What ended it, where a session had begun.
        cause: Option<DisconnectCause>,
        /// In words.
        last_error: Option<String>,
    },
    /// The engine is closed.
    #[error("the engine is closed")]
    Closed,
    /// The log cannot be written.
    #[error("the log cannot be written: {0}")]
    Poisoned(String),
}

fn detail(error: &Option<String>) -> String {
    error
        .as_ref()
        .map(|error| format!(": {error}"))
        .unwrap_or_default()
}

fn caused_by(cause: &Option<DisconnectCause>) -> String {
    cause
        .map(|cause| format!(" ({})", cause.as_str()))
        .unwrap_or_default()
}

/// Why the engine did not close cleanly.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CloseError {
    /// It has not finished in time; it goes on finishing.
    #[error("not closed within {0:?}")]
    TimedOut(Duration),
    /// The log could not be written to its end.
    #[error("the log cannot be written: {0}")]
    Poisoned(String),
}

/// Why a consumer's position was not stored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// It is of another log.
    #[error("the checkpoint is of another log")]
    WrongLog,
    /// The log did not take it; the one before stands.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The engine is busy, closed, or cannot write its log.
    #[error(transparent)]
    Engine(#[from] crate::command::CommandError),
}

/// Why a subscription could not begin where it was told to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SubscribeError {
    /// The checkpoint is of another log.
    #[error("the checkpoint is of log {found}, this is {wanted}")]
    WrongLog {
        /// This log.
        wanted: String,
        /// The checkpoint's.
        found: String,
    },
    /// The checkpoint lies ahead of the log: an older copy was restored.
    #[error("the checkpoint is at event {checkpoint}, the log ends at {head}")]
    Ahead {
        /// The checkpoint's position.
        checkpoint: crate::event::Seq,
        /// The log's end.
        head: crate::event::Seq,
    },
    /// The event at the checkpoint is another one: the log was restored and went on differently.
    #[error("the log differs from the checkpoint at event {0}")]
    Diverged(crate::event::Seq),
    /// The events behind the checkpoint were trimmed away.
    #[error("the log was trimmed behind event {0}: events are missing")]
    Trimmed(crate::event::Seq),
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// There is no thread to be had for callbacks.
    #[error("no thread for callbacks: {0}")]
    System(std::io::Error),
}
