//! Why a bridge does not start.

use crate::error::SubscribeError;
use crate::log::LogError;

/// Why a bridge does not start. That the broker is away is no reason.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BridgeError {
    /// The options do not make sense, or name a file that cannot be read.
    #[error("{0}")]
    Options(String),
    /// The checkpoint in the log does not fit it any more, as after the restoring of an older copy.
    #[error(
        "{channel}: {source}; start over with another consumer name, or from the log's end with `BridgeOptions::from_head`"
    )]
    Checkpoint {
        /// Of which channel.
        channel: String,
        /// What does not fit.
        #[source]
        source: SubscribeError,
    },
    /// A log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// There is no thread to be had.
    #[error("no thread: {0}")]
    System(#[from] std::io::Error),
}
