//! Where the log is silent because we were.

use crate::event::Seq;
use crate::time::UnixMicros;
use crate::views::error::ViewsError;
use crate::views::stats::{Rows, Stats, seq_in};
use serde::Serialize;

/// A time of which the log does not tell everything.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Gap {
    /// The event that tells of it.
    pub seq: Seq,
    /// `disconnected`: we were away; `chat_gap`: lines are missing; `shed`: frames were left
    /// unrecorded under pressure, just before.
    pub kind: String,
    /// When it begins, by receipt; after a crash when something was last recorded. `None`: not told.
    pub from: Option<UnixMicros>,
    /// When it ends; `None`: we were not back when the views were built.
    pub until: Option<UnixMicros>,
    /// How long it is; `None` where one of the two is not known.
    pub seconds: Option<f64>,
    /// The event's body, JSON: what ended the connection, the server's own times, which frames.
    pub detail: String,
}

impl Stats<'_> {
    /// Where the log is silent because we were, in the log's order.
    ///
    /// # Errors
    /// - [`ViewsError::Storage`]: the file cannot be read.
    pub fn gaps(&self, rows: &Rows) -> Result<Vec<Gap>, ViewsError> {
        // What has no beginning has an end, and the other way about.
        let sql = format!(
            "SELECT seq, kind, from_us, until_us, seconds, detail FROM gaps
             WHERE (until_us IS NULL OR until_us >= ?1) AND ifnull(from_us, until_us) < ?2
             ORDER BY seq {} LIMIT ?3 OFFSET ?4",
            rows.way()
        );
        self.select_of(&sql, rows, None, |row| {
            Ok(Gap {
                seq: seq_in(row, 0)?,
                kind: row.get(1)?,
                from: row.get::<_, Option<i64>>(2)?.map(UnixMicros),
                until: row.get::<_, Option<i64>>(3)?.map(UnixMicros),
                seconds: row.get(4)?,
                detail: row.get(5)?,
            })
        })
    }
}
