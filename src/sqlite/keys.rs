//! Keys of events: what may stand in a log once only, and whether it does.

use crate::event::{Kind, Seq};
use crate::log::LogError;
use crate::sqlite::SqliteLog;
use crate::sqlite::failure::storage;

impl SqliteLog {
    /// Whether an event bears this key, which may stand in the log once only. Of events that were
    /// trimmed nothing is known: see [`SqliteLog::may_lack_keys`].
    ///
    /// # Errors
    /// - [`LogError::Storage`]: the file cannot be read.
    pub fn has_key(&self, key: &str) -> Result<bool, LogError> {
        self.exists(
            "SELECT EXISTS (SELECT 1 FROM event WHERE dedup_key = ?1)",
            key,
        )
    }

    /// Whether something was brought in once that may have been trimmed since, with its keys.
    ///
    /// # Errors
    /// - [`LogError::Storage`]: the file cannot be read.
    pub fn may_lack_keys(&self) -> Result<bool, LogError> {
        if self.side.trim_seq()? == Seq(0) {
            return Ok(false);
        }
        // A name stays in the dictionary when its events go.
        let sql = "SELECT EXISTS (SELECT 1 FROM kind WHERE name = ?1)";
        self.exists(sql, Kind::Imported.as_str())
    }

    fn exists(&self, sql: &str, what: &str) -> Result<bool, LogError> {
        let conn = &self.side.conn;
        conn.prepare_cached(sql)
            .and_then(|mut statement| statement.query_row([what], |row| row.get(0)))
            .map_err(storage(&self.side.path, "look for a key"))
    }
}
