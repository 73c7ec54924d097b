//! What an import brought in, and what it could not.

use super::carry::Skipped;
use crate::event::Seq;
use crate::sqlite::foreign::{Content, OldTable};
use crate::time::UnixMicros;
use serde::Serialize;
use std::collections::BTreeMap;

/// What became of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Summary {
    /// What became of each table that is understood.
    pub tables: Vec<TableSummary>,
    /// The other tables, of which nothing was read.
    pub others: Vec<String>,
    /// Which time the new events count as received.
    pub received: ReceivedAs,
    /// Events added to the log.
    pub events: u64,
    /// The first of them; 0 where there is none.
    pub first_seq: Seq,
    /// The newest event of the log.
    pub last_seq: Seq,
    /// Whether it was stopped before the end. Importing again goes on where it stopped.
    pub stopped: bool,
}

/// Which time brought-in events count as received.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceivedAs {
    /// Their own: the log holds nothing but what was brought in.
    #[default]
    TheirOwn,
    /// The present: the log has a history of its own, whose times do not fall. Their own time is the
    /// sent one.
    ThePresent,
}

/// What became of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TableSummary {
    /// Its name.
    pub table: &'static str,
    /// The kind of event its rows became.
    pub kind: &'static str,
    /// The unit of its times; `None` where it has none.
    pub unit: Option<&'static str>,
    /// The first time in it, microseconds; `None` where it has none.
    pub first_us: Option<UnixMicros>,
    /// The last one.
    pub last_us: Option<UnixMicros>,
    /// Its rows.
    pub rows: u64,
    /// Rows that are now in the log and were not before.
    pub taken: u64,
    /// Rows that were in the log already: brought in before, or lines of chat that its own
    /// connections recorded.
    pub already: u64,
    /// Rows that were left out, by reason.
    pub skipped: BTreeMap<Skipped, u64>,
    /// Cells of kept rows that are no text and no number, or too long: they are null.
    pub cells_lost: u64,
}

impl TableSummary {
    pub(super) fn of(table: &OldTable) -> Self {
        let mut summary = Self {
            table: table.name,
            kind: match table.content {
                Content::Text | Content::Html => "message",
                Content::Count => "user_count",
                Content::Facts => "import",
            },
            unit: table.unit.map(crate::sqlite::foreign::Unit::as_str),
            first_us: table.span.map(|(first, _)| first),
            last_us: table.span.map(|(_, last)| last),
            rows: table.rows,
            taken: 0,
            already: 0,
            skipped: BTreeMap::new(),
            cells_lost: 0,
        };
        summary.skip(Skipped::NoTime, table.timeless);
        summary
    }

    pub(super) fn skip(&mut self, why: Skipped, rows: u64) {
        if rows > 0 {
            *self.skipped.entry(why).or_insert(0) += rows;
        }
    }
}
