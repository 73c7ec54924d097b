//! Who adds what to the playlist.

use crate::event::Seq;
use crate::model::identity;
use crate::time::UnixMicros;
use crate::views::error::ViewsError;
use crate::views::stats::{Rows, Stats, seq_in};
use serde::Serialize;

/// Something somebody wanted to be played.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Queued {
    /// Its event.
    pub seq: Seq,
    /// When the server told.
    pub told: UnixMicros,
    /// Whether it was added. Refusals are told only to whoever is refused: they are our own.
    pub accepted: bool,
    /// Who; `None`: an anonymous viewer.
    pub name: Option<String>,
    /// Provider, such as `yt`; `None`: refused.
    pub media_type: Option<String>,
    /// Identifier within the provider, or what was asked for; `None`: not told.
    pub media_id: Option<String>,
    /// `None`: refused.
    pub title: Option<String>,
    /// Length, 0 for live media; `None`: refused.
    pub seconds: Option<f64>,
    /// Whether it is deleted once played; `None`: refused.
    pub temp: Option<bool>,
    /// `end`, `next`, `front` or `between`; `None`: refused.
    pub position: Option<String>,
    /// Why it was refused.
    pub reason: Option<String>,
    /// A link to what was refused.
    pub link: Option<String>,
}

/// Somebody who adds to the playlist, and how much.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Queuer {
    /// As displayed the last time; `None`: anonymous viewers together.
    pub name: Option<String>,
    /// Items added.
    pub accepted: i64,
    /// Items refused: known for ourselves only.
    pub refused: i64,
    /// Length of what was added.
    pub seconds: f64,
    /// Different media among it.
    pub media: i64,
    /// The last time.
    pub last: UnixMicros,
}

impl Stats<'_> {
    /// What was added and refused, by one user or by all, in order.
    ///
    /// # Errors
    /// - [`ViewsError::Storage`]: the file cannot be read.
    pub fn queue_history(
        &self,
        user: Option<&str>,
        rows: &Rows,
    ) -> Result<Vec<Queued>, ViewsError> {
        let (of_user, way) = (user.map_or("", |_| "AND identity = ?5"), rows.way());
        let sql = format!(
            "SELECT seq, told_us, outcome = 'accepted', name, media_type, media_id, title, seconds,
                 temp, position, reason, link
             FROM queue_history WHERE told_us >= ?1 AND told_us < ?2 {of_user}
             ORDER BY told_us {way}, seq {way} LIMIT ?3 OFFSET ?4"
        );
        self.select_of(&sql, rows, user.map(identity), |row| {
            Ok(Queued {
                seq: seq_in(row, 0)?,
                told: UnixMicros(row.get(1)?),
                accepted: row.get(2)?,
                name: row.get(3)?,
                media_type: row.get(4)?,
                media_id: row.get(5)?,
                title: row.get(6)?,
                seconds: row.get(7)?,
                temp: row.get(8)?,
                position: row.get(9)?,
                reason: row.get(10)?,
                link: row.get(11)?,
            })
        })
    }

    /// Who adds to the playlist, most items first.
    ///
    /// # Errors
    /// - [`ViewsError::Storage`]: the file cannot be read.
    pub fn queuers(&self, rows: &Rows) -> Result<Vec<Queuer>, ViewsError> {
        let way = if rows.reversed { "ASC" } else { "DESC" };
        // `name` is that of the row with the greatest time.
        let sql = format!(
            "SELECT name, sum(outcome = 'accepted') AS accepted, sum(outcome = 'refused'),
                 total(seconds),
                 count(DISTINCT iif(outcome = 'accepted', media_type || ':' || media_id, NULL)),
                 max(told_us)
             FROM queue_history WHERE told_us >= ?1 AND told_us < ?2
             GROUP BY identity ORDER BY accepted {way}, identity {way} LIMIT ?3 OFFSET ?4"
        );
        self.select_of(&sql, rows, None, |row| {
            Ok(Queuer {
                name: row.get(0)?,
                accepted: row.get(1)?,
                refused: row.get(2)?,
                seconds: row.get(3)?,
                media: row.get(4)?,
                last: UnixMicros(row.get(5)?),
            })
        })
    }
}
