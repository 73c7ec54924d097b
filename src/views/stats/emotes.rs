//! Which emotes are used, how often and by whom.

use crate::model::identity;
use crate::time::UnixMicros;
use crate::views::error::ViewsError;
use crate::views::stats::{Rows, Stats};
use rusqlite::Row;
use serde::Serialize;

/// An emote that somebody used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct EmoteUsed {
    /// Its name, exactly.
    pub emote: String,
    /// How often it was used.
    pub uses: i64,
    /// Lines with it.
    pub messages: i64,
    /// How many used it.
    pub users: i64,
    /// When first used.
    pub first: UnixMicros,
    /// When last used.
    pub last: UnixMicros,
}

/// Somebody who used an emote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct EmoteUser {
    /// In lower case.
    pub identity: String,
    /// As displayed when last heard.
    pub name: String,
    /// How often they used it.
    pub uses: i64,
    /// Lines of theirs with it.
    pub messages: i64,
}

impl Stats<'_> {
    /// Emotes in public chat, most used first. A use is a word of a line that is the name of an
    /// emote of the room at that moment.
    ///
    /// # Errors
    /// - [`ViewsError::Storage`]: the file cannot be read.
    pub fn emotes(&self, rows: &Rows) -> Result<Vec<EmoteUsed>, ViewsError> {
        let way = if rows.reversed { "ASC" } else { "DESC" };
        if rows.since.is_none() && rows.until.is_none() {
            let sql = format!(
                "SELECT emote, uses, messages, users, first_us, last_us FROM emotes
                 ORDER BY uses {way}, emote {way} LIMIT ?1 OFFSET ?2"
            );
            return self.select(&sql, &[&rows.limit, &rows.offset], used);
        }
        let sql = format!(
            "SELECT e.emote, sum(l.uses) AS sum_uses, count(*), count(DISTINCT l.identity),
                 min(l.said_us), max(l.said_us)
             FROM emotes e CROSS JOIN emote_lines l ON l.emote = e.emote
                 AND l.said_us >= ?1 AND l.said_us < ?2
             GROUP BY e.emote ORDER BY sum_uses {way}, e.emote {way} LIMIT ?3 OFFSET ?4"
        );
        self.select_of(&sql, rows, None, used)
    }

    /// The same of one user's lines. ASCII case does not matter.
    ///
    /// # Errors
    /// - [`ViewsError::Storage`]: the file cannot be read.
    pub fn emotes_of(&self, user: &str, rows: &Rows) -> Result<Vec<EmoteUsed>, ViewsError> {
        let way = if rows.reversed { "ASC" } else { "DESC" };
        let sql = format!(
            "SELECT emote, sum(uses) AS sum_uses, count(*), 1, min(said_us), max(said_us)
             FROM emote_lines WHERE identity = ?5 AND said_us >= ?1 AND said_us < ?2
             GROUP BY emote ORDER BY sum_uses {way}, emote {way} LIMIT ?3 OFFSET ?4"
        );
        self.select_of(&sql, rows, Some(identity(user)), used)
    }

    /// Who used an emote, those who used it most first.
    ///
    /// # Errors
    /// - [`ViewsError::Storage`]: the file cannot be read.
    pub fn emote_users(&self, emote: &str, rows: &Rows) -> Result<Vec<EmoteUser>, ViewsError> {
        let way = if rows.reversed { "ASC" } else { "DESC" };
        let sql = format!(
            "SELECT u.identity, c.name, u.uses, u.messages
             FROM (SELECT identity, sum(uses) AS uses, count(*) AS messages FROM emote_lines
                   WHERE emote = ?5 AND said_us >= ?1 AND said_us < ?2 GROUP BY identity
                   ORDER BY 2 {way}, 1 {way} LIMIT ?3 OFFSET ?4) u
             JOIN chatters c ON c.identity = u.identity
             ORDER BY u.uses {way}, u.identity {way}"
        );
        self.select_of(&sql, rows, Some(emote.to_owned()), |row| {
            Ok(EmoteUser {
                identity: row.get(0)?,
                name: row.get(1)?,
                uses: row.get(2)?,
                messages: row.get(3)?,
            })
        })
    }
}

fn used(row: &Row<'_>) -> rusqlite::Result<EmoteUsed> {
    Ok(EmoteUsed {
        emote: row.get(0)?,
        uses: row.get(1)?,
        messages: row.get(2)?,
        users: row.get(3)?,
        first: UnixMicros(row.get(4)?),
        last: UnixMicros(row.get(5)?),
    })
}
