//! Polls, and how they ended.

use crate::time::UnixMicros;
use crate::views::error::ViewsError;
use crate::views::stats::{Rows, Stats};
use serde::Serialize;

/// A poll with what was voted for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PollTaken {
    /// The event that first told of it.
    pub poll_id: i64,
    /// Plain text; hostile until escaped for where it is shown.
    pub title: String,
    /// Who opened it.
    pub initiator: String,
    /// When, by the server's clock.
    pub opened: UnixMicros,
    /// Whether we saw it being opened.
    pub open_seen: bool,
    /// Whether it is open, as far as we know.
    pub open: bool,
    /// When it was closed, or known to be gone; `None` while open.
    pub closed: Option<UnixMicros>,
    /// Whether we saw it being closed; if not, it was closed at some time before `closed`.
    pub closed_seen: bool,
    /// Whether votes were hidden from ordinary viewers while it was open.
    pub hidden: bool,
    /// All votes, as last told; `None`: hidden from us.
    pub votes: Option<i64>,
    /// What there was to choose from, as shown.
    pub options: Vec<PollChoice>,
}

/// Something to vote for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PollChoice {
    /// Plain text; hostile until escaped for where it is shown.
    pub text: String,
    /// Votes as last told; `None`: hidden from us.
    pub votes: Option<i64>,
}

impl Stats<'_> {
    /// Polls in the order they were opened.
    ///
    /// # Errors
    /// - [`ViewsError::Storage`]: the file cannot be read.
    pub fn polls(&self, rows: &Rows) -> Result<Vec<PollTaken>, ViewsError> {
        let way = rows.way();
        let sql = format!(
            "SELECT poll_id, title, initiator, opened_us, open_seen, open, closed_us, closed_seen,
                 hidden, votes
             FROM polls WHERE (closed_us IS NULL OR closed_us >= ?1) AND opened_us < ?2
             ORDER BY opened_us {way}, initiator {way}, title {way} LIMIT ?3 OFFSET ?4"
        );
        let mut polls = self.select_of(&sql, rows, None, |row| {
            Ok(PollTaken {
                poll_id: row.get(0)?,
                title: row.get(1)?,
                initiator: row.get(2)?,
                opened: UnixMicros(row.get(3)?),
                open_seen: row.get(4)?,
                open: row.get(5)?,
                closed: row.get::<_, Option<i64>>(6)?.map(UnixMicros),
                closed_seen: row.get(7)?,
                hidden: row.get(8)?,
                votes: row.get(9)?,
                options: Vec::new(),
            })
        })?;
        for poll in &mut polls {
            poll.options = self.choices(poll.poll_id)?;
        }
        Ok(polls)
    }

    fn choices(&self, poll_id: i64) -> Result<Vec<PollChoice>, ViewsError> {
        let sql = "SELECT text, votes FROM poll_options WHERE poll_id = ?1 ORDER BY place";
        self.select(sql, &[&poll_id], |row| {
            Ok(PollChoice {
                text: row.get(0)?,
                votes: row.get(1)?,
            })
        })
    }
}
