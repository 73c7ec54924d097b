//! One writer per log: an advisory lock on a file beside it.
//!
//! SQLite's own locks guard a transaction, not a lifetime: two engines could take turns and each
//! believe itself alone. The lock file stays when the lock goes, since deleting it would race with
//! the next to come; the operating system frees the lock however the process ends.

use crate::log::LogError;
use crate::sqlite::failure::io;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

/// The right to write one log, for as long as it lives.
#[derive(Debug)]
pub(crate) struct WriterLock(#[expect(dead_code, reason = "dropped to unlock")] File);

impl WriterLock {
    /// Takes the lock of `log`, without waiting.
    ///
    /// # Errors
    /// - [`LogError::InUse`]: another engine has it, in this process or another.
    /// - [`LogError::Storage`]: the lock file cannot be made.
    pub(crate) fn take(log: &Path) -> Result<Self, LogError> {
        let path = beside(log, ".lock");
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(io(&path, "open the lock file"))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(LogError::InUse {
                path: log.display().to_string(),
            }),
            Err(TryLockError::Error(error)) => Err(io(&path, "lock")(error)),
        }
    }
}

/// The path of a side file: the log's own with `suffix` behind it.
pub(crate) fn beside(log: &Path, suffix: &str) -> PathBuf {
    let mut path = log.as_os_str().to_owned();
    path.push(suffix);
    PathBuf::from(path)
}
