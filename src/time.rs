//! Moments as values.
//!
//! Nothing here reads a clock: time enters the core as an argument ([`Now`]), drawn by the driver
//! from the machine, by `ingest` from a recording, or by a simulator from nothing at all. So the
//! same inputs at the same times give the same log.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A moment on the wall clock: microseconds since 1970-01-01 UTC.
///
/// ```
/// use projectionist::UnixMicros;
/// let t = UnixMicros::from_millis(1_795_385_348_233);
/// assert_eq!(t.to_string(), "2026-11-22T22:09:08.233Z");
/// ```
///
/// In JSON it is the bare number. It is not `transparent` to serde, so that what prints rows can
/// tell a time from a count.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct UnixMicros(pub i64);

impl UnixMicros {
    /// From milliseconds since 1970, the unit of the wire; saturates.
    #[must_use]
    pub fn from_millis(ms: i64) -> Self {
        Self(ms.saturating_mul(1_000))
    }

    /// In whole milliseconds, rounded down.
    #[must_use]
    pub fn as_millis(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// Seconds from `earlier` to `self`; negative when `earlier` is later.
    #[must_use]
    pub fn seconds_since(self, earlier: Self) -> f64 {
        self.0.saturating_sub(earlier.0) as f64 / 1e6
    }
}

impl UnixMicros {
    /// Reads the ISO 8601 of browsers and of [`Display`](std::fmt::Display): date, `T`, time, at least a
    /// second exact, and `Z` or an offset.
    pub(crate) fn parse_iso(text: &str) -> Option<Self> {
        let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
        let is_there = |at: usize, mark: &str| text.get(at..=at) == Some(mark);
        let marks = [(4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":")];
        if !marks.iter().all(|(at, mark)| is_there(*at, mark)) {
            return None;
        }
        let days = days_from_civil(number(0, 4)?, number(5, 7)?, number(8, 10)?);
        let seconds = (number(11, 13)? * 60 + number(14, 16)?) * 60 + number(17, 19)?;
        let rest = text.get(19..)?;
        let zone_at = rest.find(['Z', '+', '-'])?;
        let (fraction, zone) = rest.split_at_checked(zone_at)?;
        let micros = match fraction.strip_prefix('.') {
            Some(digits) => format!("{digits:0<6}").get(..6)?.parse::<i64>().ok()?,
            None => 0,
        };
        let offset_s = match zone.split_once(':') {
            None if zone == "Z" => 0,
            Some((hours, minutes)) => {
                let (hours, minutes) = (hours.parse::<i64>().ok()?, minutes.parse::<i64>().ok()?);
                hours * 3_600 + if zone.starts_with('-') { -60 } else { 60 } * minutes
            }
            None => return None,
        };
        Some(Self(
            (days * 86_400 + seconds - offset_s) * 1_000_000 + micros,
        ))
    }
}

/// ISO 8601 in UTC with milliseconds, as the views of the log print it.
impl std::fmt::Display for UnixMicros {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ms = self.as_millis();
        let (days, ms_of_day) = (ms.div_euclid(86_400_000), ms.rem_euclid(86_400_000));
        let (year, month, day) = civil_from_days(days);
        let (s, ms) = (ms_of_day / 1_000, ms_of_day % 1_000);
        let (hour, minute, second) = (s / 3_600, s / 60 % 60, s % 60);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z"
        )
    }
}

/// The count of days since 1970-01-01 of a date; the inverse of [`civil_from_days`].
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let shifted_month = (month + 9) % 12;
    let day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Year, month and day of a count of days since 1970-01-01 (proleptic Gregorian calendar).
///
/// Counts from 0000-03-01, so that the leap day is the last of its year and every era of
/// 400 years has 146,097 days.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// The present, twice: `mono` for waits, `wall` for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Time since an arbitrary origin; never goes back, unaffected by clock steps.
    pub mono: Duration,
    /// What the wall clock says. It may step either way: the log keeps its own times from falling.
    pub wall: UnixMicros,
}

impl Now {
    /// The moment a recording gives: one clock serves for both.
    #[must_use]
    pub fn from_millis(ms: i64) -> Self {
        let mono = Duration::from_millis(u64::try_from(ms).unwrap_or(0));
        Self {
            mono,
            wall: UnixMicros::from_millis(ms),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_iso_time_across_eras() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_709_251_199_001, "2024-02-29T23:59:59.001Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(UnixMicros::from_millis(ms).to_string(), text);
            if text.len() == 24 {
                assert_eq!(
                    UnixMicros::parse_iso(text),
                    Some(UnixMicros::from_millis(ms))
                );
            }
        }
    }

    #[test]
    fn reads_the_times_of_browsers() {
        let at = UnixMicros(1_795_385_348_233_000);
        for text in [
            "2026-11-22T22:09:08.233Z",
            "2026-11-22T23:09:08.233+01:00",
            "2026-11-22T18:39:08.233000-03:30",
        ] {
            assert_eq!(UnixMicros::parse_iso(text), Some(at), "{text}");
        }
        let second = UnixMicros::parse_iso("2026-11-22T22:09:08Z");
        assert_eq!(second, Some(UnixMicros(1_795_385_348_000_000)));
        for text in [
            "",
            "2026-11-22",
            "2026-11-22T22:09:08",
            "2026-11-22 22:09:08Z",
            "ä",
        ] {
            assert_eq!(UnixMicros::parse_iso(text), None, "{text}");
        }
    }
}
