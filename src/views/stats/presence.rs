//! Who was here.

use crate::model::identity;
use crate::time::UnixMicros;
use crate::views::error::ViewsError;
use crate::views::stats::{Rows, Stats};
use rusqlite::{Row, ToSql};
use serde::Serialize;

/// A stay of a named user.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Stay {
    /// Display name; hostile until escaped.
    pub name: String,
    /// Who it is: the name in ASCII lower case. Of a guest it says nothing.
    pub identity: String,
    /// Whether no account is behind the name; `None`: not known.
    pub guest: Option<bool>,
    /// The highest rank seen.
    pub rank: f64,
    /// When it begins.
    pub joined: UnixMicros,
    /// Whether we saw the join; else the user was there when we came.
    pub joined_seen: bool,
    /// When it ended; `None`: still there when the views were built.
    pub left: Option<UnixMicros>,
    /// Whether we saw the leaving; `None`: still there.
    pub left_seen: Option<bool>,
    /// `left`, or `gap`: we were cut off, and what came of it we did not see; `None`: still there.
    pub ended_by: Option<String>,
    /// How long the user was here, absences taken off; so far, while still there.
    pub seconds: f64,
    /// How long of it away from the keyboard, as far as observed.
    pub afk_s: f64,
    /// How long away in between, never longer at once than the setting `presence_debounce`.
    pub away_s: f64,
    /// How long of it we were cut off.
    pub unobserved_s: f64,
}

/// What all stays of a registered user come to.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Regular {
    /// Display name; hostile until escaped.
    pub name: String,
    /// Who it is.
    pub identity: String,
    /// How many stays.
    pub stays: u32,
    /// How long, absences taken off.
    pub seconds: f64,
    /// How long of it away from the keyboard, as far as observed.
    pub afk_s: f64,
    /// How long of it we were cut off.
    pub unobserved_s: f64,
    /// When the first stay begins.
    pub first_seen: UnixMicros,
    /// When the last one ended; so far, while still there.
    pub last_seen: UnixMicros,
}

impl Stats<'_> {
    /// All stays, in the order of their beginning.
    ///
    /// # Errors
    /// - [`ViewsError::Storage`]: the file cannot be read.
    pub fn presence(&self, rows: &Rows) -> Result<Vec<Stay>, ViewsError> {
        self.stays(None, rows)
    }

    /// The stays under a name, whose case does not matter.
    ///
    /// # Errors
    /// - [`ViewsError::Storage`]: the file cannot be read.
    pub fn presence_of(&self, name: &str, rows: &Rows) -> Result<Vec<Stay>, ViewsError> {
        self.stays(Some(identity(name)), rows)
    }

    fn stays(&self, whose: Option<String>, rows: &Rows) -> Result<Vec<Stay>, ViewsError> {
        let only = if whose.is_some() {
            "AND identity = ?5"
        } else {
            ""
        };
        let sql = format!(
            "SELECT name, identity, guest, rank, joined_us, joined_seen, left_us, left_seen,
                    ended_by, seconds, afk_s, away_s, unobserved_s
             FROM presence WHERE until_us >= ?1 AND joined_us < ?2 {only}
             ORDER BY stay_id {} LIMIT ?3 OFFSET ?4",
            rows.way()
        );
        let (since, until) = (rows.since_us(), rows.until_us());
        let mut values: Vec<&dyn ToSql> = vec![&since, &until, &rows.limit, &rows.offset];
        values.extend(whose.iter().map(|identity| identity as &dyn ToSql));
        self.select(&sql, &values, stay)
    }

    /// Registered users by how long they were here, longest first: the whole of each stay that
    /// touches the range. Guests are left out, since their names are no identities.
    ///
    /// # Errors
    /// - [`ViewsError::Storage`]: the file cannot be read.
    pub fn regulars(&self, rows: &Rows) -> Result<Vec<Regular>, ViewsError> {
        let way = if rows.reversed { "ASC" } else { "DESC" };
        let sql = format!(
            "SELECT max(name), identity, count(*), sum(until_us - joined_us - away_us) AS here_us,
                    sum(afk_us), sum(unobserved_us), min(joined_us), max(until_us)
             FROM presence WHERE until_us >= ?1 AND joined_us < ?2 AND guest IS NOT 1
             GROUP BY identity ORDER BY here_us {way}, identity LIMIT ?3 OFFSET ?4"
        );
        let (since, until) = (rows.since_us(), rows.until_us());
        self.select(&sql, &[&since, &until, &rows.limit, &rows.offset], |row| {
            let seconds = |column| row.get::<_, i64>(column).map(|us| us as f64 / 1e6);
            Ok(Regular {
                name: row.get(0)?,
                identity: row.get(1)?,
                stays: row.get(2)?,
                seconds: seconds(3)?,
                afk_s: seconds(4)?,
                unobserved_s: seconds(5)?,
                first_seen: UnixMicros(row.get(6)?),
                last_seen: UnixMicros(row.get(7)?),
            })
        })
    }
}

fn stay(row: &Row<'_>) -> rusqlite::Result<Stay> {
    Ok(Stay {
        name: row.get(0)?,
        identity: row.get(1)?,
        guest: row.get(2)?,
        rank: row.get(3)?,
        joined: UnixMicros(row.get(4)?),
        joined_seen: row.get(5)?,
        left: row.get::<_, Option<i64>>(6)?.map(UnixMicros),
        left_seen: row.get(7)?,
        ended_by: row.get(8)?,
        seconds: row.get(9)?,
        afk_s: row.get(10)?,
        away_s: row.get(11)?,
        unobserved_s: row.get(12)?,
    })
}
