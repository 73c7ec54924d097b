//! When we were there.

use crate::time::UnixMicros;
use crate::views::error::ViewsError;
use crate::views::stats::{Rows, Stats};
use serde::Serialize;

/// A time in which the log tells of the room: from a join to the end of its connection.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Span {
    /// When it begins.
    pub from: UnixMicros,
    /// When it ends; so far, while `open`.
    pub until: UnixMicros,
    /// How long it is.
    pub seconds: f64,
    /// Whether it had not ended when the views were built.
    pub open: bool,
    /// What ended it, as in `disconnected`.
    pub ended_by: Option<String>,
}

impl Stats<'_> {
    /// When we were there, in order.
    ///
    /// # Errors
    /// - [`ViewsError::Storage`]: the file cannot be read.
    pub fn observed(&self, rows: &Rows) -> Result<Vec<Span>, ViewsError> {
        let sql = format!(
            "SELECT from_us, until_us, seconds, open, ended_by FROM observed
             WHERE until_us >= ?1 AND from_us < ?2 ORDER BY from_seq {} LIMIT ?3 OFFSET ?4",
            rows.way()
        );
        let (since, until) = (rows.since_us(), rows.until_us());
        self.select(&sql, &[&since, &until, &rows.limit, &rows.offset], |row| {
            Ok(Span {
                from: UnixMicros(row.get(0)?),
                until: UnixMicros(row.get(1)?),
                seconds: row.get(2)?,
                open: row.get(3)?,
                ended_by: row.get(4)?,
            })
        })
    }
}
