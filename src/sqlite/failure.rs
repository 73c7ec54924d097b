//! From SQLite's failures to the log's.
//!
//! What may help is told from what will not: a full disk, a busy file and an i/o error may pass, a
//! corrupt or read-only file will not. Texts carry SQLite's words, never a bound value.

use crate::log::LogError;
use rusqlite::ffi::ErrorCode;
use std::path::Path;

/// Turns a failure of SQLite at doing `what` into the log's error. For `map_err`.
pub(crate) fn storage(
    path: &Path,
    what: &'static str,
) -> impl Fn(rusqlite::Error) -> LogError + use<> {
    let path = path.display().to_string();
    move |error| LogError::Storage {
        path: path.clone(),
        what,
        retryable: may_pass(&error),
        detail: error.to_string(),
    }
}

/// Turns a failure of the file system at doing `what` into the log's error. For `map_err`.
pub(crate) fn io(path: &Path, what: &'static str) -> impl Fn(std::io::Error) -> LogError + use<> {
    let path = path.display().to_string();
    move |error| LogError::Storage {
        path: path.clone(),
        what,
        retryable: false,
        detail: error.to_string(),
    }
}

/// Whether the same call may succeed later.
fn may_pass(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
                | ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::FileLockingProtocolFailed
                | ErrorCode::CannotOpen
                | ErrorCode::OutOfMemory
        )
    )
}

/// Whether SQLite met bytes that are not what it wrote.
pub(crate) fn is_corrupt(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
    )
}

/// Whether a row was refused for its key: by the unique index, or by the trigger that knows the
/// keys of what was trimmed, which is the only one to refuse a new row.
pub(crate) fn is_duplicate(error: &rusqlite::Error) -> bool {
    use rusqlite::ffi::{SQLITE_CONSTRAINT_TRIGGER, SQLITE_CONSTRAINT_UNIQUE};
    error.sqlite_error().is_some_and(|code| {
        [SQLITE_CONSTRAINT_UNIQUE, SQLITE_CONSTRAINT_TRIGGER].contains(&code.extended_code)
    })
}
