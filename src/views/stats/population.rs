//! How many were here.

use crate::time::UnixMicros;
use crate::views::error::ViewsError;
use crate::views::stats::{Rows, Stats};
use serde::Serialize;

/// Rows that touch a range; since none overlap, only the last that begins before it may reach in.
const TOUCHING: &str = "at_us >= ifnull((SELECT max(at_us) FROM population WHERE at_us <= ?1), ?1)
                        AND until_us >= ?1 AND at_us < ?2";

/// How many were here from one change to the next.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Population {
    /// From when.
    pub at: UnixMicros,
    /// For how long; so far, for the last row.
    pub seconds: f64,
    /// Users in the list, ourselves included; `None`: we have no list.
    pub named: Option<i64>,
    /// How many of them away from the keyboard.
    pub afk: Option<i64>,
    /// Viewers without a name; `None`: not known.
    pub anonymous: Option<i64>,
    /// Viewers as the server counts them; `None`: not told.
    pub total: Option<i64>,
}

/// How many were here over a time, each row weighed by how long it was so.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PopulationSummary {
    /// How long we observed.
    pub observed_s: f64,
    /// How long of it the number of viewers was known.
    pub counted_s: f64,
    /// Users in the list, on average; `None`: nothing observed.
    pub named_mean: Option<f64>,
    /// Most users in the list.
    pub named_peak: Option<i64>,
    /// When that was first so.
    pub named_peak_at: Option<UnixMicros>,
    /// Viewers, on average over `counted_s`; `None`: nothing counted.
    pub total_mean: Option<f64>,
    /// Most viewers.
    pub total_peak: Option<i64>,
    /// When that was first so.
    pub total_peak_at: Option<UnixMicros>,
}

impl Stats<'_> {
    /// How many were here, change by change.
    ///
    /// # Errors
    /// - [`ViewsError::Storage`]: the file cannot be read.
    pub fn population(&self, rows: &Rows) -> Result<Vec<Population>, ViewsError> {
        let sql = format!(
            "SELECT at_us, seconds, named, afk, anonymous, total FROM population
             WHERE {TOUCHING} ORDER BY at_us {} LIMIT ?3 OFFSET ?4",
            rows.way()
        );
        let (since, until) = (rows.since_us(), rows.until_us());
        self.select(&sql, &[&since, &until, &rows.limit, &rows.offset], |row| {
            Ok(Population {
                at: UnixMicros(row.get(0)?),
                seconds: row.get(1)?,
                named: row.get(2)?,
                afk: row.get(3)?,
                anonymous: row.get(4)?,
                total: row.get(5)?,
            })
        })
    }

    /// Means and peaks over a range, to which the rows at its ends are cut; its page does not
    /// matter. A peak counts as soon as it was told, however short.
    ///
    /// # Errors
    /// - [`ViewsError::Storage`]: the file cannot be read.
    pub fn population_summary(&self, rows: &Rows) -> Result<PopulationSummary, ViewsError> {
        let (since, until) = (rows.since_us(), rows.until_us());
        let sql = format!(
            "SELECT named, total, max(at_us, ?1), min(until_us, ?2) FROM population
             WHERE {TOUCHING} ORDER BY at_us"
        );
        let mut sums = Sums::default();
        self.each(&sql, &[&since, &until], |row| {
            let (from_us, until_us): (i64, i64) = (row.get(2)?, row.get(3)?);
            sums.take(row.get(0)?, row.get(1)?, from_us, until_us);
            Ok(())
        })?;
        Ok(sums.summary())
    }
}

/// What rows come to: users times microseconds, and peaks.
#[derive(Debug, Default)]
struct Sums {
    observed: Weighed,
    named: Weighed,
    total: Weighed,
}

#[derive(Debug, Default)]
struct Weighed {
    us: f64,
    sum: f64,
    peak: Option<(i64, i64)>,
}

impl Sums {
    fn take(&mut self, named: Option<i64>, total: Option<i64>, from_us: i64, until_us: i64) {
        let us = until_us.saturating_sub(from_us) as f64;
        self.observed.us += us;
        self.named.take(named, from_us, us);
        self.total.take(total, from_us, us);
    }

    fn summary(&self) -> PopulationSummary {
        PopulationSummary {
            observed_s: self.observed.us / 1e6,
            counted_s: self.total.us / 1e6,
            named_mean: self.named.mean(),
            named_peak: self.named.peak.map(|(count, _)| count),
            named_peak_at: self.named.peak.map(|(_, us)| UnixMicros(us)),
            total_mean: self.total.mean(),
            total_peak: self.total.peak.map(|(count, _)| count),
            total_peak_at: self.total.peak.map(|(_, us)| UnixMicros(us)),
        }
    }
}

impl Weighed {
    fn take(&mut self, count: Option<i64>, from_us: i64, us: f64) {
        let Some(count) = count else { return };
        self.us += us;
        self.sum += count as f64 * us;
        if self.peak.is_none_or(|(peak, _)| count > peak) {
            self.peak = Some((count, from_us));
        }
    }

    fn mean(&self) -> Option<f64> {
        (self.us > 0.0).then(|| self.sum / self.us)
    }
}
