//! What can go wrong with a views file, in words that say what to do about it.

use crate::event::Seq;
use crate::log::LogError;
use std::path::Path;
use std::time::Duration;

/// What building or asking a views file can fail with.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ViewsError {
    /// The log itself cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The views file cannot be read or written now.
    #[error("{path}: {what}: {detail}")]
    Storage {
        /// Which file.
        path: String,
        /// What was tried.
        what: &'static str,
        /// What came back.
        detail: String,
    },
    /// There is no such file.
    #[error("{path}: no such views file; `views build` makes one")]
    Missing {
        /// Which file.
        path: String,
    },
    /// The file is something else, and is left alone.
    #[error("{path} is not a views file ({detail}): give another path")]
    NotViews {
        /// Which file.
        path: String,
        /// What it is instead.
        detail: String,
    },
    /// The file was made by a newer build, and is left alone.
    #[error(
        "{path} has views of version {found}; this build makes {known}: use a newer build, or rebuild"
    )]
    TooNew {
        /// Which file.
        path: String,
        /// Its version.
        found: u32,
        /// The version this build makes.
        known: u32,
    },
    /// Somebody else builds it, or reads it in a way that keeps it from being replaced.
    #[error("{path} is in use: {detail}")]
    InUse {
        /// Which file.
        path: String,
        /// By what, and what to do.
        detail: &'static str,
    },
    /// The log no longer holds the events that the views lack.
    #[error(
        "{path} has the log up to event {have}, and the log begins at event {first}: import the segments between, or rebuild from what there is"
    )]
    Trimmed {
        /// Which file.
        path: String,
        /// Where the views end.
        have: Seq,
        /// The first event there is.
        first: Seq,
    },
    /// A query took longer than it may.
    #[error("the query was stopped after {0:?}: narrow it, or allow more time")]
    Deadline(Duration),
    /// A query of the host's own is wrong.
    #[error("{0}")]
    Query(String),
}

/// Turns a failure of SQLite at doing `what` into ours. For `map_err`.
pub(crate) fn storage(
    path: &Path,
    what: &'static str,
) -> impl Fn(rusqlite::Error) -> ViewsError + use<> {
    let path = path.display().to_string();
    move |error| ViewsError::Storage {
        path: path.clone(),
        what,
        detail: error.to_string(),
    }
}

/// Turns a failure of the file system at doing `what` into ours. For `map_err`.
pub(crate) fn io(path: &Path, what: &'static str) -> impl Fn(std::io::Error) -> ViewsError + use<> {
    let path = path.display().to_string();
    move |error| ViewsError::Storage {
        path: path.clone(),
        what,
        detail: error.to_string(),
    }
}
