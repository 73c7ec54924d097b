//! What was said, and where a word was said.

use crate::event::Seq;
use crate::model::identity;
use crate::time::UnixMicros;
use crate::views::error::ViewsError;
use crate::views::stats::words::expression;
use crate::views::stats::{Rows, Stats, seq_in};
use rusqlite::Row;
use serde::Serialize;

/// Words of a line that a [`Hit`] shows; a longer one is cut. More the index does not give, and few
/// lines of chat have.
const SNIPPET_WORDS: u32 = 64;

/// Narrows hits to a range of time and a user, if one is named.
const OF_USER_AND_TIME: &str = "CROSS JOIN messages m ON m.seq = messages_fts.rowid
    AND m.said_us >= ?2 AND m.said_us < ?3 AND (?4 IS NULL OR m.identity = ?4)";

/// A line of chat, a notice of the server, or a private message.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Line {
    /// Its event.
    pub seq: Seq,
    /// When it was said.
    pub said: UnixMicros,
    /// `message` or `pm`.
    pub kind: String,
    /// `user`, `server` or `voteskip`.
    pub source: String,
    /// `plain`, `action`, `greentext`, `spoiler`, `shout`, `drink`, `notice` or `other`.
    pub style: String,
    /// Whether only moderators were shown it.
    pub shadow: bool,
    /// Who said it, as displayed.
    pub name: String,
    /// To whom, if private.
    pub to: Option<String>,
    /// Plain text; hostile until escaped for where it is shown.
    pub text: String,
}

/// Where a search found its words.
#[derive(Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Hit {
    /// The line's event.
    pub seq: Seq,
    /// When it was said.
    pub said: UnixMicros,
    /// `message` or `pm`.
    pub kind: String,
    /// Who said it, as displayed.
    pub name: String,
    /// The line, or the best part of a long one, as plain text; hostile until escaped.
    pub snippet: String,
    /// The words found, as ranges of bytes of `snippet`, in order.
    pub marks: Vec<Mark>,
    /// How well it fits: the smaller, the better. For comparing hits of one search only.
    pub rank: f64,
}

/// A range of bytes of a text, its end left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Mark {
    /// The first byte.
    pub from: usize,
    /// The byte behind the last.
    pub until: usize,
}

/// What was said stays out of `Debug`: it may be private.
impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut out = f.debug_struct("Line");
        out.field("seq", &self.seq).field("kind", &self.kind);
        out.finish_non_exhaustive()
    }
}

/// What was said stays out of `Debug`: it may be private.
impl std::fmt::Debug for Hit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut out = f.debug_struct("Hit");
        out.field("seq", &self.seq).field("rank", &self.rank);
        out.finish_non_exhaustive()
    }
}

impl Stats<'_> {
    /// What was said, by one user or by all, in the order it was said.
    ///
    /// # Errors
    /// - [`ViewsError::Storage`]: the file cannot be read.
    pub fn messages(&self, user: Option<&str>, rows: &Rows) -> Result<Vec<Line>, ViewsError> {
        let (of_user, way) = (user.map_or("", |_| "AND identity = ?5"), rows.way());
        let sql = format!(
            "SELECT seq, said_us, kind, source, style, shadow, name, to_name, text FROM messages
             WHERE said_us >= ?1 AND said_us < ?2 {of_user}
             ORDER BY said_us {way}, seq {way} LIMIT ?3 OFFSET ?4"
        );
        self.select_of(&sql, rows, user.map(identity), line)
    }

    /// Lines that hold all of `words`, the best first, the newest first among equals; reversed, the
    /// other way round.
    ///
    /// Any text is a query. A word is found whole, whatever its case and diacritics; `"two words"`
    /// in this order; `begin*` and what begins so; `-word` must not occur. Signs count for nothing:
    /// what holds no letter and no digit is left out, and a search for nothing, or only for what
    /// must not occur, finds nothing. The first 32 words count.
    ///
    /// ```no_run
    /// use projectionist::views::{Views, stats::Rows};
    /// let views = Views::open("MyChannel.events.db.views.db")?;
    /// for hit in views.stats().search("\"movie night\" -cancelled", None, &Rows::default())? {
    ///     println!("{} {}: {}", hit.said, hit.name, hit.snippet);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// - [`ViewsError::Storage`]: the file cannot be read.
    pub fn search(
        &self,
        words: &str,
        user: Option<&str>,
        rows: &Rows,
    ) -> Result<Vec<Hit>, ViewsError> {
        let Some(query) = expression(words, user) else {
            return Ok(Vec::new());
        };
        let found = self.ranked(&query, user, rows)?;
        let hits = found
            .into_iter()
            .map(|(seq, rank)| self.hit(&query, seq, rank));
        // A line that was redacted since is no hit.
        hits.filter_map(Result::transpose).collect()
    }

    /// How many lines [`Stats::search`] would find in all; of `rows` its range counts.
    ///
    /// # Errors
    /// - [`ViewsError::Storage`]: the file cannot be read.
    pub fn search_count(
        &self,
        words: &str,
        user: Option<&str>,
        rows: &Rows,
    ) -> Result<u64, ViewsError> {
        let Some(query) = expression(words, user) else {
            return Ok(0);
        };
        let (since, until, user) = (rows.since_us(), rows.until_us(), user.map(identity));
        let mut values: Vec<&dyn rusqlite::ToSql> = vec![&query];
        let mut join = "";
        if user.is_some() || rows.since.is_some() || rows.until.is_some() {
            join = OF_USER_AND_TIME;
            values.extend([&since as &dyn rusqlite::ToSql, &until, &user]);
        }
        let sql = format!("SELECT count(*) FROM messages_fts {join} WHERE messages_fts MATCH ?1");
        let counts = self.select(&sql, &values, |row| row.get::<_, i64>(0))?;
        Ok(counts.first().map_or(0, |count| count.unsigned_abs()))
    }

    /// Positions and ranks of a page of hits.
    fn ranked(
        &self,
        query: &str,
        user: Option<&str>,
        rows: &Rows,
    ) -> Result<Vec<(i64, f64)>, ViewsError> {
        let (since, until, user) = (rows.since_us(), rows.until_us(), user.map(identity));
        let mut values: Vec<&dyn rusqlite::ToSql> = vec![&query];
        let mut join = "";
        // Rows are looked at only where the index alone cannot tell.
        if user.is_some() || rows.since.is_some() || rows.until.is_some() {
            join = OF_USER_AND_TIME;
            values.extend([&since as &dyn rusqlite::ToSql, &until, &user]);
        }
        let (best, newest) = if rows.reversed {
            ("DESC", "ASC")
        } else {
            ("ASC", "DESC")
        };
        let sql = format!(
            "SELECT messages_fts.rowid, bm25(messages_fts, 1.0, 0.0) AS score
             FROM messages_fts {join} WHERE messages_fts MATCH ?1
             ORDER BY score {best}, messages_fts.rowid {newest} LIMIT {} OFFSET {}",
            rows.limit, rows.offset
        );
        self.select(&sql, &values, |row| Ok((row.get(0)?, row.get(1)?)))
    }

    fn hit(&self, query: &str, seq: i64, rank: f64) -> Result<Option<Hit>, ViewsError> {
        let sql = "SELECT seq, said_us, kind, source, style, shadow, name, to_name, text
             FROM messages WHERE seq = ?1";
        let Some(line) = self.select(sql, &[&seq], line)?.pop() else {
            return Ok(None);
        };
        let (open, close) = signs(&line.text);
        let (before, after) = (open.to_string(), close.to_string());
        let sql = "SELECT snippet(messages_fts, 0, ?3, ?4, '…', ?5) FROM messages_fts
             WHERE messages_fts MATCH ?1 AND rowid = ?2";
        let values: [&dyn rusqlite::ToSql; 5] = [&query, &seq, &before, &after, &SNIPPET_WORDS];
        let marked = self.select(sql, &values, |row| row.get::<_, String>(0))?;
        let (snippet, marks) = unmarked(&marked.concat(), open, close);
        Ok(Some(Hit {
            seq: line.seq,
            said: line.said,
            kind: line.kind,
            name: line.name,
            snippet,
            marks,
            rank,
        }))
    }
}

fn line(row: &Row<'_>) -> rusqlite::Result<Line> {
    Ok(Line {
        seq: seq_in(row, 0)?,
        said: UnixMicros(row.get(1)?),
        kind: row.get(2)?,
        source: row.get(3)?,
        style: row.get(4)?,
        shadow: row.get(5)?,
        name: row.get(6)?,
        to: row.get(7)?,
        text: row.get(8)?,
    })
}

/// Two signs that do not occur in a text: of the code points that are set aside for a program's own
/// use. A text that holds all of them is shown with wrong marks, nothing worse.
fn signs(text: &str) -> (char, char) {
    let mut free = ('\u{fdd0}'..='\u{fdef}').filter(|sign| !text.contains(*sign));
    let pair = free.next().zip(free.next());
    pair.unwrap_or(('\u{fdd0}', '\u{fdd1}'))
}

/// A text without its signs, and what stood between them.
fn unmarked(marked: &str, open: char, close: char) -> (String, Vec<Mark>) {
    let (mut text, mut marks, mut from) = (String::with_capacity(marked.len()), Vec::new(), 0);
    for c in marked.chars() {
        if c == open {
            from = text.len();
        } else if c == close {
            let until = text.len();
            marks.push(Mark { from, until });
        } else {
            text.push(c);
        }
    }
    (text, marks)
}
