//! A look through a foreign table: how many rows, in which unit its times are, which are no times.

use super::shape::{Content, Shape};
use crate::time::UnixMicros;
use rusqlite::Connection;

/// 2009-01-01: before there was a CyTube, or anything it came from.
const SECONDS_MIN: i64 = 1_230_768_000;

/// A clock may go wrong by so much and still be believed: a day.
const AHEAD_MAX_S: i64 = 86_400;

/// In what a table counts its times, from 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Seconds, with or without a fraction.
    Seconds,
    /// Milliseconds.
    Millis,
    /// Microseconds.
    Micros,
}

impl Unit {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Seconds, Self::Millis, Self::Micros];

    /// How many make a second.
    fn per_second(self) -> i64 {
        match self {
            Self::Seconds => 1,
            Self::Millis => 1_000,
            Self::Micros => 1_000_000,
        }
    }

    /// Microseconds in one.
    pub(super) fn micros(self) -> i64 {
        1_000_000 / self.per_second()
    }

    /// The unit in letters.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Seconds => "s",
            Self::Millis => "ms",
            Self::Micros => "us",
        }
    }
}

/// The times that are believed, in seconds: from 2009 to a day after the present.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    until_s: i64,
}

impl Window {
    pub(super) fn until(now_us: i64) -> Self {
        let until_s = (now_us.div_euclid(1_000_000)).saturating_add(AHEAD_MAX_S);
        Self { until_s }
    }

    /// The condition that a column is a time of this window in `unit`. The windows of two units have
    /// nothing in common, so a number is a time in one unit at most.
    pub(super) fn holds(self, column: &str, unit: Unit) -> String {
        let (from, until) = (
            SECONDS_MIN * unit.per_second(),
            self.until_s.saturating_mul(unit.per_second()),
        );
        format!(
            "(typeof({column}) IN ('integer', 'real') AND {column} >= {from} AND {column} < {until})"
        )
    }
}

/// A table that is understood, and what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OldTable {
    /// Its name.
    pub name: &'static str,
    /// What its rows hold.
    pub content: Content,
    /// Its rows.
    pub rows: u64,
    /// The unit of its times; `None` where it has none, or no row has a time to be believed.
    pub unit: Option<Unit>,
    /// Rows whose time is none of that unit: they cannot be placed.
    pub timeless: u64,
    /// The first and the last time that is believed.
    pub span: Option<(UnixMicros, UnixMicros)>,
    /// The columns to read.
    pub(super) columns: Vec<&'static str>,
    /// Whether rows have a number of their own to be ordered by.
    pub(super) has_rowid: bool,
}

/// Looks through a table of a known shape.
pub(super) fn survey(
    conn: &Connection,
    shape: &Shape,
    columns: Vec<&'static str>,
    has_rowid: bool,
    window: Window,
) -> rusqlite::Result<OldTable> {
    let mut table = OldTable {
        name: shape.table,
        content: shape.content,
        rows: 0,
        unit: None,
        timeless: 0,
        span: None,
        columns,
        has_rowid,
    };
    if shape.content == Content::Facts {
        let sql = format!("SELECT count(*) FROM \"{}\"", shape.table);
        table.rows = conn.query_row(&sql, [], |row| natural(row, 0))?;
        return Ok(table);
    }
    let of_unit = Unit::ALL.map(|unit| format!("total({})", window.holds("\"timestamp\"", unit)));
    let sql = format!(
        "SELECT count(*), {} FROM \"{}\"",
        of_unit
            .map(|sum| format!("CAST({sum} AS INTEGER)"))
            .join(", "),
        shape.table
    );
    conn.query_row(&sql, [], |row| {
        table.rows = natural(row, 0)?;
        let mut most = 0;
        for (column, unit) in (1..).zip(Unit::ALL) {
            let count = natural(row, column)?;
            if count > most {
                (most, table.unit) = (count, Some(unit));
            }
        }
        table.timeless = table.rows.saturating_sub(most);
        Ok(())
    })?;
    if let Some(unit) = table.unit {
        table.span = Some(span(conn, shape, unit, window)?);
    }
    Ok(table)
}

/// The first and the last time of a table that has some.
fn span(
    conn: &Connection,
    shape: &Shape,
    unit: Unit,
    window: Window,
) -> rusqlite::Result<(UnixMicros, UnixMicros)> {
    let sql = format!(
        "SELECT CAST(min(\"timestamp\") * {0} AS INTEGER), CAST(max(\"timestamp\") * {0} AS INTEGER)
         FROM \"{1}\" WHERE {2}",
        unit.micros(),
        shape.table,
        window.holds("\"timestamp\"", unit)
    );
    conn.query_row(&sql, [], |row| {
        Ok((UnixMicros(row.get(0)?), UnixMicros(row.get(1)?)))
    })
}

fn natural(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<u64> {
    crate::sqlite::row::natural_in(row, column)
}
