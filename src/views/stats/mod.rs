//! Typed questions to the read models, one file a model: ranges, order, pages.

mod activity;
mod chatters;
mod emotes;
mod gaps;
mod messages;
mod moderation;
mod observed;
mod plays;
mod polls;
mod population;
mod presence;
mod queue_history;
mod words;

pub use activity::{Activity, ActivityDay, ActivitySlot, HourOfWeek, LocalOffset};
pub use chatters::Chatter;
pub use emotes::{EmoteUsed, EmoteUser};
pub use gaps::Gap;
pub use messages::{Hit, Line, Mark};
pub use moderation::StaffAction;
pub use observed::Span;
pub use plays::{Play, Played};
pub use polls::{PollChoice, PollTaken};
pub use population::{Population, PopulationSummary};
pub use presence::{Regular, Stay};
pub use queue_history::{Queued, Queuer};

use crate::event::Seq;
use crate::time::UnixMicros;
use crate::views::error::{ViewsError, storage};
use crate::views::reading::Views;
use rusqlite::{Row, ToSql};

/// Which rows of a read model: those that touch a range of time, a page of them. The default is the
/// first hundred of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rows {
    /// What ends at or after this time.
    pub since: Option<UnixMicros>,
    /// What begins before this time.
    pub until: Option<UnixMicros>,
    /// Last rows of the model's order first.
    pub reversed: bool,
    /// So many at most.
    pub limit: u32,
    /// After so many.
    pub offset: u32,
}

impl Default for Rows {
    fn default() -> Self {
        Self {
            since: None,
            until: None,
            reversed: false,
            limit: 100,
            offset: 0,
        }
    }
}

impl Rows {
    /// Sets [`Rows::since`].
    #[must_use]
    pub fn since(mut self, since: UnixMicros) -> Self {
        self.since = Some(since);
        self
    }

    /// Sets [`Rows::until`].
    #[must_use]
    pub fn until(mut self, until: UnixMicros) -> Self {
        self.until = Some(until);
        self
    }

    /// Sets [`Rows::reversed`].
    #[must_use]
    pub fn reversed(mut self) -> Self {
        self.reversed = true;
        self
    }

    /// Sets [`Rows::limit`] and [`Rows::offset`].
    #[must_use]
    pub fn page(mut self, limit: u32, offset: u32) -> Self {
        (self.limit, self.offset) = (limit, offset);
        self
    }

    pub(crate) fn since_us(&self) -> i64 {
        self.since.map_or(i64::MIN, |at| at.0)
    }

    pub(crate) fn until_us(&self) -> i64 {
        self.until.map_or(i64::MAX, |at| at.0)
    }

    /// `ASC` or `DESC`, for an order that is `ASC` by itself.
    pub(crate) fn way(&self) -> &'static str {
        if self.reversed { "DESC" } else { "ASC" }
    }
}

/// Typed questions to one views file. See [`Views::stats`].
#[derive(Clone, Copy, Debug)]
pub struct Stats<'a> {
    views: &'a Views,
}

impl Views {
    /// The built-in read models as typed rows. Each question is one query that an index answers.
    #[must_use]
    pub fn stats(&self) -> Stats<'_> {
        Stats { views: self }
    }
}

impl Stats<'_> {
    /// The rows of a query, each read by `read`.
    pub(crate) fn select<T>(
        &self,
        sql: &str,
        values: &[&dyn ToSql],
        read: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, ViewsError> {
        let rows = || {
            let mut statement = self.views.connection().prepare_cached(sql)?;
            let rows = statement.query_map(values, |row| read(row))?;
            rows.collect::<rusqlite::Result<Vec<T>>>()
        };
        rows().map_err(storage(self.views.path(), "ask the views"))
    }

    /// Reads the rows of a query one by one, for sums over many.
    pub(crate) fn each(
        &self,
        sql: &str,
        values: &[&dyn ToSql],
        mut read: impl FnMut(&Row<'_>) -> rusqlite::Result<()>,
    ) -> Result<(), ViewsError> {
        let mut rows = || {
            let mut statement = self.views.connection().prepare_cached(sql)?;
            let mut rows = statement.query(values)?;
            while let Some(row) = rows.next()? {
                read(row)?;
            }
            Ok(())
        };
        rows().map_err(storage(self.views.path(), "ask the views"))
    }

    /// The rows of a query whose first four values are range, limit and offset, and whose fifth is
    /// an identity, if there is one.
    pub(crate) fn select_of<T>(
        &self,
        sql: &str,
        rows: &Rows,
        identity: Option<String>,
        read: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, ViewsError> {
        let (since, until) = (rows.since_us(), rows.until_us());
        let mut values: Vec<&dyn ToSql> = vec![&since, &until, &rows.limit, &rows.offset];
        if identity.is_some() {
            values.push(&identity);
        }
        self.select(sql, &values, read)
    }
}

/// A position from a column.
pub(crate) fn seq_in(row: &Row<'_>, column: usize) -> rusqlite::Result<Seq> {
    let seq: i64 = row.get(column)?;
    Ok(Seq(u64::try_from(seq).unwrap_or(0)))
}
