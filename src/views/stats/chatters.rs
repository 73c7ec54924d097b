//! Who talks, and how much.

use crate::model::identity;
use crate::time::UnixMicros;
use crate::views::error::ViewsError;
use crate::views::stats::{Rows, Stats};
use rusqlite::Row;
use serde::Serialize;

/// Microseconds in a day.
const DAY_US: i64 = 86_400_000_000;

/// Somebody who talks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Chatter {
    /// In lower case.
    pub identity: String,
    /// As displayed when last heard.
    pub name: String,
    /// Whether the name had no account behind it when last known; `None`: never known.
    pub guest: Option<bool>,
    /// Lines of public chat.
    pub messages: i64,
    /// Words in them, split at white space.
    pub words: i64,
    /// Unicode code points in them.
    pub characters: i64,
    /// Private messages to us (or, under our own name, from us).
    pub pms: i64,
    /// Uses of emotes in public chat.
    pub emotes: i64,
    /// When first heard in all of the log.
    pub first: UnixMicros,
    /// When last heard in all of the log.
    pub last: UnixMicros,
}

impl Stats<'_> {
    /// Who talks, most lines first. A range of time counts the days (UTC) that it touches.
    ///
    /// # Errors
    /// - [`ViewsError::Storage`]: the file cannot be read.
    pub fn chatters(&self, rows: &Rows) -> Result<Vec<Chatter>, ViewsError> {
        let way = if rows.reversed { "ASC" } else { "DESC" };
        if rows.since.is_none() && rows.until.is_none() {
            let sql = format!(
                "SELECT identity, name, guest, messages, words, characters, pms, emotes, first_us,
                     last_us
                 FROM chatters ORDER BY messages {way}, identity {way} LIMIT ?1 OFFSET ?2"
            );
            return self.select(&sql, &[&rows.limit, &rows.offset], chatter);
        }
        let sql = format!(
            "SELECT d.identity, c.name, c.guest, d.messages, d.words, d.characters, d.pms, d.emotes,
                 c.first_us, c.last_us
             FROM (SELECT identity, sum(messages) AS messages, sum(words) AS words,
                       sum(characters) AS characters, sum(pms) AS pms, sum(emotes) AS emotes
                   FROM chatters_by_day WHERE day BETWEEN ?1 AND ?2 GROUP BY identity
                   ORDER BY 2 {way}, 1 {way} LIMIT ?3 OFFSET ?4) d
             JOIN chatters c ON c.identity = d.identity
             ORDER BY d.messages {way}, d.identity {way}"
        );
        let first = rows.since_us().div_euclid(DAY_US);
        let last = rows.until_us().saturating_sub(1).div_euclid(DAY_US);
        let values: [&dyn rusqlite::ToSql; 4] = [&first, &last, &rows.limit, &rows.offset];
        self.select(&sql, &values, chatter)
    }

    /// One who talks; `None`: never heard. ASCII case does not matter.
    ///
    /// # Errors
    /// - [`ViewsError::Storage`]: the file cannot be read.
    pub fn chatter(&self, name: &str) -> Result<Option<Chatter>, ViewsError> {
        let sql =
            "SELECT identity, name, guest, messages, words, characters, pms, emotes, first_us,
                 last_us
             FROM chatters WHERE identity = ?1";
        Ok(self.select(sql, &[&identity(name)], chatter)?.pop())
    }
}

fn chatter(row: &Row<'_>) -> rusqlite::Result<Chatter> {
    Ok(Chatter {
        identity: row.get(0)?,
        name: row.get(1)?,
        guest: row.get(2)?,
        messages: row.get(3)?,
        words: row.get(4)?,
        characters: row.get(5)?,
        pms: row.get(6)?,
        emotes: row.get(7)?,
        first: UnixMicros(row.get(8)?),
        last: UnixMicros(row.get(9)?),
    })
}
