//! Views open for asking: read-only, and never for longer than allowed.

use crate::event::Seq;
use crate::views::build::reached;
use crate::views::error::{ViewsError, storage};
use crate::views::file;
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a statement waits for the builder to let go.
const BUSY_WAIT_MAX: Duration = Duration::from_secs(5);

/// A views file, open for reading. It sees what is committed, also while a run brings it up to
/// date; a file built anew has to be opened anew.
#[derive(Debug)]
pub struct Views {
    conn: Connection,
    path: PathBuf,
}

impl Views {
    /// Opens a views file that exists.
    ///
    /// # Errors
    /// - [`ViewsError::Missing`]: there is no such file.
    /// - [`ViewsError::NotViews`], [`ViewsError::TooNew`]: not one, or not one this build can read.
    /// - [`ViewsError::Storage`]: it cannot be read.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, ViewsError> {
        let path = path.as_ref().to_owned();
        if !path.exists() {
            let path = path.display().to_string();
            return Err(ViewsError::Missing { path });
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let opened = Connection::open_with_flags(&path, flags).and_then(|conn| {
            conn.busy_timeout(BUSY_WAIT_MAX)?;
            conn.execute_batch("PRAGMA trusted_schema = OFF; PRAGMA query_only = ON;")?;
            Ok(conn)
        });
        let conn = opened.map_err(storage(&path, "open the views"))?;
        if file::version(&conn, &path)? == 0 {
            let detail = "it is empty".to_owned();
            let path = path.display().to_string();
            return Err(ViewsError::NotViews { path, detail });
        }
        Ok(Self { conn, path })
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Up to and including which event it is built.
    ///
    /// # Errors
    /// - [`ViewsError::Storage`]: it cannot be read.
    pub fn seq(&self) -> Result<Seq, ViewsError> {
        reached(&self.conn, &self.path)
    }

    /// The log it is built from.
    ///
    /// # Errors
    /// - [`ViewsError::Storage`]: it cannot be read.
    pub fn log_id(&self) -> Result<String, ViewsError> {
        let id =
            file::about(&self.conn, "log_id").map_err(storage(&self.path, "read the views"))?;
        Ok(id.unwrap_or_default())
    }

    /// The connection alone.
    pub(crate) fn into_connection(self) -> Connection {
        self.conn
    }

    /// The connection, for queries of the host's own. It can only read; for queries that others
    /// wrote, see [`Views::sql`].
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.conn
    }
}
