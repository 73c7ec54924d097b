//! What staff did.

use crate::event::Seq;
use crate::model::identity;
use crate::time::UnixMicros;
use crate::views::error::ViewsError;
use crate::views::stats::{Rows, Stats, seq_in};
use serde::Serialize;

/// Something that staff did, as far as the room was told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StaffAction {
    /// The event that tells of it.
    pub seq: Seq,
    /// When the server told.
    pub told: UnixMicros,
    /// What, in one of the words that the table `moderation` documents, such as `kick`.
    pub action: String,
    /// Who did it; `None`: not told.
    pub actor: Option<String>,
    /// Whom or what it befell; hostile until escaped for where it is shown.
    pub target: Option<String>,
    /// More of it, plain text, 200 characters at most; hostile until escaped for where it is shown.
    pub detail: Option<String>,
}

impl Stats<'_> {
    /// What staff did, in order: by one of them or by all (and by nobody knows whom), everything or
    /// only an action.
    ///
    /// # Errors
    /// - [`ViewsError::Storage`]: the file cannot be read.
    pub fn moderation(
        &self,
        actor: Option<&str>,
        action: Option<&str>,
        rows: &Rows,
    ) -> Result<Vec<StaffAction>, ViewsError> {
        let way = rows.way();
        let by = actor.map_or("", |_| "AND actor_identity = ?5");
        let what = action.map_or("", |_| "AND action = ?6");
        // A value that no condition asks for has to be named all the same.
        let sql = format!(
            "SELECT seq, told_us, action, actor, target, detail FROM moderation
             WHERE told_us >= ?1 AND told_us < ?2 {by} {what} AND (?5 IS ?5) AND (?6 IS ?6)
             ORDER BY told_us {way}, seq {way} LIMIT ?3 OFFSET ?4"
        );
        let (since, until, actor) = (rows.since_us(), rows.until_us(), actor.map(identity));
        let values: [&dyn rusqlite::ToSql; 6] =
            [&since, &until, &rows.limit, &rows.offset, &actor, &action];
        self.select(&sql, &values, |row| {
            Ok(StaffAction {
                seq: seq_in(row, 0)?,
                told: UnixMicros(row.get(1)?),
                action: row.get(2)?,
                actor: row.get(3)?,
                target: row.get(4)?,
                detail: row.get(5)?,
            })
        })
    }
}
