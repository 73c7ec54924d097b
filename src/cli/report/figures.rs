//! The figures of a report: what the charts draw and the tables show.
//!
//! Times are shifted to the report's time zone, so that whatever shows them need not know of time
//! zones: a chart draws them as if they were UTC.

use crate::cli::report::lists::Lists;
use crate::cli::report::ranked::Rankings;
use serde::Serialize;

/// All figures; times in shifted milliseconds.
#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    pub(crate) from: i64,
    pub(crate) until: i64,
    #[serde(skip)]
    pub(crate) totals: Totals,
    pub(crate) population: Vec<People>,
    pub(crate) gaps: Vec<Gap>,
    pub(crate) week: Vec<Hour>,
    pub(crate) days: Vec<Day>,
    pub(crate) plays: Vec<Play>,
    pub(crate) media: Vec<Media>,
    pub(crate) presence: Vec<Person>,
    #[serde(flatten)]
    pub(crate) rankings: Rankings,
    #[serde(flatten)]
    pub(crate) lists: Lists,
}

/// Single figures.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    pub(crate) messages: i64,
    pub(crate) plays: i64,
    pub(crate) observed_us: i64,
    /// Of the whole time, how much was observed.
    pub(crate) share: f64,
    /// Most viewers at once.
    pub(crate) peak: Option<i64>,
}

/// Means over one step of time; `None`: not observed.
#[derive(Debug, Serialize)]
pub(crate) struct People {
    pub(crate) t: i64,
    pub(crate) named: Option<f64>,
    pub(crate) total: Option<f64>,
}

/// A time we did not see.
#[derive(Debug, Serialize)]
pub(crate) struct Gap {
    pub(crate) from: i64,
    pub(crate) until: i64,
    pub(crate) kind: String,
}

/// An hour of the week.
#[derive(Debug, Serialize)]
pub(crate) struct Hour {
    pub(crate) day: usize,
    pub(crate) hour: usize,
    pub(crate) viewers: Option<f64>,
    pub(crate) messages: Option<f64>,
    /// Hours of it that were observed.
    pub(crate) observed_h: f64,
}

/// A day, and how much of it was observed.
#[derive(Debug, Serialize)]
pub(crate) struct Day {
    pub(crate) from: i64,
    pub(crate) until: i64,
    pub(crate) share: f64,
}

/// A showing.
#[derive(Debug, Serialize)]
pub(crate) struct Play {
    pub(crate) from: i64,
    pub(crate) until: i64,
    pub(crate) title: String,
    pub(crate) by: Option<String>,
    pub(crate) ended: Option<String>,
}

/// Something that was shown, however often.
#[derive(Debug, Serialize)]
pub(crate) struct Media {
    pub(crate) title: String,
    pub(crate) plays: i64,
    pub(crate) shown_h: f64,
    pub(crate) peak: Option<i64>,
}

/// Somebody who was here, with the times.
#[derive(Debug, Serialize)]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) hours: f64,
    pub(crate) count: i64,
    pub(crate) stays: Vec<(i64, i64)>,
}

/// Something counted, for a ranking.
#[derive(Debug, Serialize)]
pub(crate) struct Ranked {
    pub(crate) name: String,
    pub(crate) count: i64,
}
