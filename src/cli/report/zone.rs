//! The report's time zone: from moments to the time of day there.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A time zone.
#[derive(Debug)]
pub(crate) struct Zone(TimeZone);

impl Zone {
    /// The zone of a name such as `Europe/Vienna` or `UTC`.
    ///
    /// # Errors
    /// In words, where there is no such zone.
    pub(crate) fn named(name: &str) -> Result<Self, String> {
        TimeZone::get(name).map(Self).map_err(|_| {
            format!("no time zone {name:?}: write UTC, or a name such as Europe/Vienna")
        })
    }

    /// The moment as if the clock on the wall there were UTC, microseconds.
    pub(crate) fn shifted_us(&self, us: i64) -> i64 {
        let offset = Timestamp::from_microsecond(us).map(|at| self.0.to_offset(at).seconds());
        us.saturating_add(i64::from(offset.unwrap_or(0)) * 1_000_000)
    }

    /// The same in milliseconds.
    pub(crate) fn shifted_ms(&self, us: i64) -> i64 {
        self.shifted_us(us).div_euclid(1_000)
    }
}

/// A shifted time as a person reads it: `2026-11-22 23:05`.
pub(crate) fn shown(shifted_ms: i64) -> String {
    let time = Timestamp::from_millisecond(shifted_ms);
    time.map_or_else(
        |_| String::new(),
        |at| at.strftime("%Y-%m-%d %H:%M").to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_shown_as_on_the_clock_there() {
        let us = 1_795_385_348_233_000;
        for (zone, expected) in [
            ("UTC", "2026-11-22 22:09"),
            ("Europe/Vienna", "2026-11-22 23:09"),
            ("Asia/Kolkata", "2026-11-23 03:39"),
        ] {
            let zone = Zone::named(zone).unwrap();
            assert_eq!(shown(zone.shifted_ms(us)), expected);
        }
        assert!(
            Zone::named("Mars/Olympus")
                .unwrap_err()
                .contains("Mars/Olympus")
        );
    }
}
