//! What was played.

use crate::time::UnixMicros;
use crate::views::error::ViewsError;
use crate::views::stats::{Rows, Stats};
use rusqlite::{Row, ToSql};
use serde::Serialize;

/// One showing of a medium.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Play {
    /// Provider code, such as `yt`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Identifier within the provider.
    pub media_id: String,
    /// Plain text; hostile until escaped.
    pub title: String,
    /// Length in seconds; `None`: live, without an end.
    pub length_s: Option<f64>,
    /// Who added the item; `None`: an anonymous viewer, or the list is hidden from us.
    pub queued_by: Option<String>,
    /// Whether the item was to be deleted once played; `None`: the list is hidden from us.
    pub temp: Option<bool>,
    /// When it started.
    pub started: UnixMicros,
    /// Whether we saw that; else `started` is computed from the position it had when we came.
    pub start_seen: bool,
    /// When it ended; `None`: it still ran when the views were built.
    pub ended: Option<UnixMicros>,
    /// `finished`, `voteskip`, `skipped`, `removed`, `cleared`, or `gap`: we were cut off; `None`:
    /// still runs, or not known.
    pub ended_by: Option<String>,
    /// How long we saw it on screen, pauses included; so far, while it runs.
    pub shown_s: f64,
    /// Most votes to skip at once; `None`: we may not see them.
    pub voteskips: Option<i64>,
    /// Viewers at the start, anonymous ones included; `None`: not told.
    pub viewers_start: Option<i64>,
    /// Most viewers told while it ran; `None`: none told.
    pub viewers_peak: Option<i64>,
}

/// What all showings of a medium come to.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Played {
    /// Provider code, such as `yt`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Identifier within the provider.
    pub media_id: String,
    /// Plain text; hostile until escaped.
    pub title: String,
    /// Length in seconds; `None`: live, without an end.
    pub length_s: Option<f64>,
    /// How many showings.
    pub plays: u32,
    /// How many of them ran to the end.
    pub finished: u32,
    /// How many of them were skipped, by vote or without.
    pub skipped: u32,
    /// How long we saw it on screen.
    pub shown_s: f64,
    /// When the last showing started.
    pub last_started: UnixMicros,
}

impl Stats<'_> {
    /// All showings, in order.
    ///
    /// # Errors
    /// - [`ViewsError::Storage`]: the file cannot be read.
    pub fn plays(&self, rows: &Rows) -> Result<Vec<Play>, ViewsError> {
        self.showings(None, rows)
    }

    /// The showings of one medium: provider code and identifier.
    ///
    /// # Errors
    /// - [`ViewsError::Storage`]: the file cannot be read.
    pub fn plays_of(&self, kind: &str, id: &str, rows: &Rows) -> Result<Vec<Play>, ViewsError> {
        self.showings(Some([kind, id]), rows)
    }

    fn showings(&self, of: Option<[&str; 2]>, rows: &Rows) -> Result<Vec<Play>, ViewsError> {
        let only = match of {
            Some(_) => "AND type = ?5 AND media_id = ?6",
            None => "",
        };
        let sql = format!(
            "SELECT type, media_id, title, length_s, queued_by, temp, started_us, start_seen,
                    ended_us, ended_by, shown_s, voteskips, viewers_start, viewers_peak
             FROM plays WHERE (ended_us IS NULL OR ended_us >= ?1) AND started_us < ?2 {only}
             ORDER BY started_seq {} LIMIT ?3 OFFSET ?4",
            rows.way()
        );
        let (since, until) = (rows.since_us(), rows.until_us());
        let mut values: Vec<&dyn ToSql> = vec![&since, &until, &rows.limit, &rows.offset];
        values.extend(of.iter().flatten().map(|text| text as &dyn ToSql));
        self.select(&sql, &values, play)
    }

    /// Media by how often they were started in the range, most often first; as often: the longest
    /// shown, then by identifier.
    ///
    /// # Errors
    /// - [`ViewsError::Storage`]: the file cannot be read.
    pub fn most_played(&self, rows: &Rows) -> Result<Vec<Played>, ViewsError> {
        let way = if rows.reversed { "ASC" } else { "DESC" };
        let sql = format!(
            "SELECT type, media_id, title, length_s, count(*) AS plays,
                    count(*) FILTER (WHERE ended_by = 'finished'),
                    count(*) FILTER (WHERE ended_by IN ('skipped', 'voteskip')),
                    sum(shown_us) AS shown, max(started_us)
             FROM plays WHERE started_us >= ?1 AND started_us < ?2 GROUP BY type, media_id
             ORDER BY plays {way}, shown {way}, type, media_id LIMIT ?3 OFFSET ?4"
        );
        let (since, until) = (rows.since_us(), rows.until_us());
        self.select(&sql, &[&since, &until, &rows.limit, &rows.offset], |row| {
            Ok(Played {
                kind: row.get(0)?,
                media_id: row.get(1)?,
                title: row.get(2)?,
                length_s: row.get(3)?,
                plays: row.get(4)?,
                finished: row.get(5)?,
                skipped: row.get(6)?,
                shown_s: row.get::<_, i64>(7)? as f64 / 1e6,
                last_started: UnixMicros(row.get(8)?),
            })
        })
    }
}

fn play(row: &Row<'_>) -> rusqlite::Result<Play> {
    Ok(Play {
        kind: row.get(0)?,
        media_id: row.get(1)?,
        title: row.get(2)?,
        length_s: row.get(3)?,
        queued_by: row.get(4)?,
        temp: row.get(5)?,
        started: UnixMicros(row.get(6)?),
        start_seen: row.get(7)?,
        ended: row.get::<_, Option<i64>>(8)?.map(UnixMicros),
        ended_by: row.get(9)?,
        shown_s: row.get(10)?,
        voteskips: row.get(11)?,
        viewers_start: row.get(12)?,
        viewers_peak: row.get(13)?,
    })
}
