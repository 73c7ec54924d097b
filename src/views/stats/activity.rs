//! When the room is alive: by quarter of an hour, by hour of the week, by day, in any time zone.
//!
//! The library knows no time zones: whoever asks tells how far local time is from UTC. Every zone
//! is whole quarters of an hour off, which the slots are.

use crate::time::UnixMicros;
use crate::views::error::ViewsError;
use crate::views::stats::{Rows, Stats};
use rusqlite::Row;
use serde::Serialize;
use std::collections::BTreeMap;

/// A quarter of an hour.
const SLOT_US: i64 = 900_000_000;

const DAY_US: i64 = 86_400_000_000;

const HOURS_OF_WEEK: usize = 168;

/// The furthest a time zone is from UTC, rounded up, in slots.
const ZONE_SLOTS_MAX: i64 = 26 * 4;

/// How far local time is ahead of UTC at a moment, in seconds: 3600 for Paris in winter. Whole
/// quarters of an hour.
pub type LocalOffset<'a> = &'a dyn Fn(UnixMicros) -> i32;

/// What happened in a time, and for how much of it we were there.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Activity {
    /// How long we observed.
    pub observed_s: f64,
    /// How long of it the number of viewers was known.
    pub counted_s: f64,
    /// Lines of public chat by users, as they were said.
    pub messages: i64,
    /// Lines told to us later, or imported: outside all rates.
    pub replayed: i64,
    /// Named users we saw coming.
    pub joins: i64,
    /// Named users we saw leaving.
    pub leaves: i64,
    /// Showings whose start we saw.
    pub plays: i64,
    /// Items we saw added.
    pub queued: i64,
    /// Named users times how long each was here, in seconds.
    pub named_s: f64,
    /// The same of all viewers, over `counted_s`.
    pub total_s: f64,
    /// Lines in an observed hour; `None`: nothing observed.
    pub messages_per_hour: Option<f64>,
    /// Named users, on average; `None`: nothing observed.
    pub named_mean: Option<f64>,
    /// Viewers, on average; `None`: nothing counted.
    pub total_mean: Option<f64>,
}

/// A quarter of an hour.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ActivitySlot {
    /// When it begins.
    pub at: UnixMicros,
    /// What happened.
    #[serde(flatten)]
    pub activity: Activity,
}

/// An hour of the week, over all weeks.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct HourOfWeek {
    /// 0 is Monday.
    pub weekday: u8,
    /// From 0 to 23.
    pub hour: u8,
    /// What happened.
    #[serde(flatten)]
    pub activity: Activity,
}

/// A day.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ActivityDay {
    /// Local date, as in `2026-11-28`.
    pub day: String,
    /// How much of the day we observed: 1 is all of it, however long a change of clocks makes it.
    pub observed: f64,
    /// What happened.
    #[serde(flatten)]
    pub activity: Activity,
}

/// Sums of slots.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    messages: i64,
    replayed: i64,
    joins: i64,
    leaves: i64,
    plays: i64,
    queued: i64,
    observed_s: f64,
    counted_s: f64,
    named_s: f64,
    total_s: f64,
}

impl Stats<'_> {
    /// Quarters of an hour in which we were there or that we were told of, in order.
    ///
    /// # Errors
    /// - [`ViewsError::Storage`]: the file cannot be read.
    pub fn activity(&self, rows: &Rows) -> Result<Vec<ActivitySlot>, ViewsError> {
        let sql = format!("{SLOTS} ORDER BY slot_us {} LIMIT ?3 OFFSET ?4", rows.way());
        let (since, until) = slots_of(rows);
        self.select(&sql, &[&since, &until, &rows.limit, &rows.offset], |row| {
            let (at_us, sums) = Sums::read(row)?;
            Ok(ActivitySlot {
                at: UnixMicros(at_us),
                activity: sums.activity(),
            })
        })
    }

    /// The 168 hours of the week from Monday 0:00 local time, each over all weeks of the range; its
    /// page and order do not matter.
    ///
    /// # Errors
    /// - [`ViewsError::Storage`]: the file cannot be read.
    pub fn activity_by_hour_of_week(
        &self,
        rows: &Rows,
        offset_s: LocalOffset<'_>,
    ) -> Result<Vec<HourOfWeek>, ViewsError> {
        let mut hours = [Sums::default(); HOURS_OF_WEEK];
        self.slots(rows, |at_us, sums| {
            // 1970 began on a Thursday.
            let hour = local_us(at_us, offset_s).div_euclid(3_600_000_000) + 3 * 24;
            let hour = usize::try_from(hour.rem_euclid(168)).unwrap_or(0);
            if let Some(hour) = hours.get_mut(hour) {
                hour.add(sums);
            }
        })?;
        let numbered = (0_u8..).zip(hours);
        let hours = numbered.map(|(number, sums)| HourOfWeek {
            weekday: number / 24,
            hour: number % 24,
            activity: sums.activity(),
        });
        Ok(hours.collect())
    }

    /// Local days in order, from the first to the last that we observed in the range; those wholly
    /// missed in between too. A page of them.
    ///
    /// # Errors
    /// - [`ViewsError::Storage`]: the file cannot be read.
    pub fn activity_by_day(
        &self,
        rows: &Rows,
        offset_s: LocalOffset<'_>,
    ) -> Result<Vec<ActivityDay>, ViewsError> {
        let mut slots = BTreeMap::new();
        self.slots(rows, |at_us, sums| {
            slots.insert(at_us.div_euclid(SLOT_US), *sums);
        })?;
        let mut days = days(&slots, offset_s);
        if rows.reversed {
            days.reverse();
        }
        let page = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
        let days = days.into_iter().skip(page(rows.offset));
        Ok(days.take(page(rows.limit)).collect())
    }

    /// All slots of a range, in order.
    fn slots(&self, rows: &Rows, mut take: impl FnMut(i64, &Sums)) -> Result<(), ViewsError> {
        let (since, until) = slots_of(rows);
        self.each(
            &format!("{SLOTS} ORDER BY slot_us"),
            &[&since, &until],
            |row| {
                let (at_us, sums) = Sums::read(row)?;
                take(at_us, &sums);
                Ok(())
            },
        )
    }
}

const SLOTS: &str = "SELECT slot_us, messages, replayed, joins, leaves, plays, queued, observed_s,
                            counted_s, named_s, total_s
                     FROM activity WHERE slot_us >= ?1 AND slot_us < ?2";

/// A range widened to whole slots at its beginning.
fn slots_of(rows: &Rows) -> (i64, i64) {
    let since_us = rows.since_us();
    (
        since_us.saturating_sub(since_us.rem_euclid(SLOT_US)),
        rows.until_us(),
    )
}

fn local_us(at_us: i64, offset_s: LocalOffset<'_>) -> i64 {
    let offset_us = i64::from(offset_s(UnixMicros(at_us))) * 1_000_000;
    at_us.saturating_add(offset_us)
}

/// Days from slots. How long a day is, is how many slots fall on it.
fn days(slots: &BTreeMap<i64, Sums>, offset_s: LocalOffset<'_>) -> Vec<ActivityDay> {
    let day_of = |slot: i64| local_us(slot * SLOT_US, offset_s).div_euclid(DAY_US);
    let observed = |(_, sums): &(&i64, &Sums)| sums.observed_s > 0.0;
    let first = slots.iter().find(observed).map(|(slot, _)| *slot);
    let last = slots.iter().rev().find(observed).map(|(slot, _)| *slot);
    let (Some(first), Some(last)) = (first, last) else {
        return Vec::new();
    };
    let (first_day, last_day) = (day_of(first), day_of(last));
    let mut days: BTreeMap<i64, (i64, Sums)> = BTreeMap::new();
    for slot in first - ZONE_SLOTS_MAX..=last + ZONE_SLOTS_MAX {
        let day = day_of(slot);
        if (first_day..=last_day).contains(&day) {
            let (count, sums) = days.entry(day).or_default();
            *count += 1;
            if let Some(slot) = slots.get(&slot) {
                sums.add(slot);
            }
        }
    }
    let told = |(day, (count, sums)): (i64, (i64, Sums))| ActivityDay {
        day: date(day),
        observed: sums.observed_s * 1e6 / (count * SLOT_US) as f64,
        activity: sums.activity(),
    };
    days.into_iter().map(told).collect()
}

fn date(day: i64) -> String {
    let text = UnixMicros(day * DAY_US).to_string();
    text.split('T').next().unwrap_or_default().to_owned()
}

impl Sums {
    fn read(row: &Row<'_>) -> rusqlite::Result<(i64, Self)> {
        let sums = Self {
            messages: row.get(1)?,
            replayed: row.get(2)?,
            joins: row.get(3)?,
            leaves: row.get(4)?,
            plays: row.get(5)?,
            queued: row.get(6)?,
            observed_s: row.get(7)?,
            counted_s: row.get(8)?,
            named_s: row.get(9)?,
            total_s: row.get(10)?,
        };
        Ok((row.get(0)?, sums))
    }

    fn add(&mut self, other: &Self) {
        self.messages += other.messages;
        self.replayed += other.replayed;
        self.joins += other.joins;
        self.leaves += other.leaves;
        self.plays += other.plays;
        self.queued += other.queued;
        self.observed_s += other.observed_s;
        self.counted_s += other.counted_s;
        self.named_s += other.named_s;
        self.total_s += other.total_s;
    }

    fn activity(self) -> Activity {
        let over = |sum: f64, seconds: f64| (seconds > 0.0).then(|| sum / seconds);
        Activity {
            observed_s: self.observed_s,
            counted_s: self.counted_s,
            messages: self.messages,
            replayed: self.replayed,
            joins: self.joins,
            leaves: self.leaves,
            plays: self.plays,
            queued: self.queued,
            named_s: self.named_s,
            total_s: self.total_s,
            messages_per_hour: over(self.messages as f64 * 3_600.0, self.observed_s),
            named_mean: over(self.named_s, self.observed_s),
            total_mean: over(self.total_s, self.counted_s),
        }
    }
}
