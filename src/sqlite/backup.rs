//! A copy of a log while it grows: one moment of it, whole, in a file of its own.

use crate::log::{Head, LogError};
use crate::sqlite::failure::{io, storage};
use crate::sqlite::lock::beside;
use crate::sqlite::reader::SqliteReader;
use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};
use std::path::Path;

/// Pages copied between two looks at the progress: 1 MiB.
const PAGES: i32 = 256;

impl SqliteReader {
    /// Copies the log, as of one moment, into a new file. The recorder goes on meanwhile and is not
    /// slowed; what it appends is not in the copy. The file appears under its name only when it is
    /// whole. `progress` is told pages done and pages in all, and may say `false` to give up.
    ///
    /// Gives where the copy ends, or `None` where it was given up. To be sure of the copy, run
    /// [`verify`](crate::sqlite::verify()) on it.
    ///
    /// # Errors
    /// - [`LogError::Exists`]: there is such a file already.
    /// - [`LogError::Storage`]: the log cannot be read, or the copy not be written.
    pub fn backup(
        &self,
        to: &Path,
        progress: &mut dyn FnMut(u64, u64) -> bool,
    ) -> Result<Option<Head>, LogError> {
        if to.exists() {
            let path = to.display().to_string();
            return Err(LogError::Exists { path });
        }
        let partial = beside(to, ".partial");
        remove(&partial)?;
        // One transaction over all steps: otherwise each commit of the recorder would have the copy
        // begin anew.
        let conn = &self.side.conn;
        conn.execute_batch("BEGIN")
            .map_err(storage(&self.side.path, "begin a backup"))?;
        let copied = self
            .side
            .head()
            .and_then(|head| Ok(copy(conn, &partial, progress)?.then_some(head)));
        if let Err(error) = conn.execute_batch("COMMIT") {
            ::log::warn!("the backup's read does not end: {error}");
        }
        match copied {
            Ok(Some(head)) => {
                std::fs::rename(&partial, to).map_err(io(to, "name the backup"))?;
                Ok(Some(head))
            }
            given_up_or_failed => {
                remove(&partial)?;
                given_up_or_failed
            }
        }
    }
}

/// Says whether all was copied.
fn copy(
    conn: &Connection,
    partial: &Path,
    progress: &mut dyn FnMut(u64, u64) -> bool,
) -> Result<bool, LogError> {
    let failed = storage(partial, "write a backup");
    let mut target = Connection::open(partial).map_err(&failed)?;
    let backup = Backup::new(conn, &mut target).map_err(&failed)?;
    loop {
        let step = backup.step(PAGES).map_err(&failed)?;
        let state = backup.progress();
        let pages = |count: i32| u64::try_from(count).unwrap_or(0);
        let total = pages(state.pagecount);
        let goes_on = progress(total - pages(state.remaining).min(total), total);
        match step {
            StepResult::Done => return Ok(true),
            _ if !goes_on => return Ok(false),
            StepResult::More => {}
            // Nobody else has the copy, and the read of the log is ours: not to be expected.
            _ => return Err(failed(rusqlite::Error::InvalidQuery)),
        }
    }
}

/// Removes what an interrupted copy left.
pub(crate) fn remove(partial: &Path) -> Result<(), LogError> {
    for suffix in ["", "-journal", "-wal", "-shm", ".lock"] {
        let path = beside(partial, suffix);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(io(&path, "remove an unfinished copy")(error));
            }
            _ => {}
        }
    }
    Ok(())
}
