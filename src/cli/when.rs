//! Positions and times as a person writes them.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use projectionist::{Seq, UnixMicros};

/// Appended to the help of options that take a time.
pub(crate) const TIME_HELP: &str = "\
A TIME is 2026-11-22T22:00Z (or with another offset), 2026-11-22 22:00 or 2026-11-22 (both UTC),
a span before now such as -2h, -90m or -1d12h, or `now`. A SEQ is the number of an event.";

/// A place in a log: an event, or a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// An event's number.
    Seq(Seq),
    /// A time.
    Time(UnixMicros),
}

/// Reads a position or a time. For clap.
pub(crate) fn moment(text: &str) -> Result<Moment, String> {
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        let seq = text.parse().map_err(|_| "no log is that long".to_owned())?;
        return Ok(Moment::Seq(Seq(seq)));
    }
    time(text).map(Moment::Time)
}

/// Reads a time. For clap.
pub(crate) fn time(text: &str) -> Result<UnixMicros, String> {
    time_at(text, crate::cli::clock::wall())
}

fn time_at(text: &str, now: UnixMicros) -> Result<UnixMicros, String> {
    if text == "now" {
        return Ok(now);
    }
    let absolute = text.parse().ok().or_else(|| {
        let civil: DateTime = text.parse().ok()?;
        Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
    });
    absolute
        .or_else(|| before(text, now))
        .map(|at: Timestamp| UnixMicros(at.as_microsecond()))
        .ok_or_else(|| "write 2026-11-22T22:00Z, 2026-11-22, -2h or now".to_owned())
}

/// A span before `now`; days are of 24 hours.
fn before(text: &str, now: UnixMicros) -> Option<Timestamp> {
    let span: Span = text.parse().ok()?;
    let now = Timestamp::from_microsecond(now.0).ok()?;
    // A timestamp knows no calendar: through UTC, days and weeks are as long as they look.
    let at = now.to_zoned(TimeZone::UTC).checked_add(span).ok()?;
    span.is_negative().then(|| at.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        let now = UnixMicros::from_millis(1_795_385_348_233);
        for (text, expected) in [
            ("2026-11-22T22:00Z", "2026-11-22T22:00:00.000Z"),
            ("2026-11-22T22:00:01.5Z", "2026-11-22T22:00:01.500Z"),
            ("2026-11-22T23:00+01:00", "2026-11-22T22:00:00.000Z"),
            ("2026-11-22 22:00", "2026-11-22T22:00:00.000Z"),
            ("2026-11-22T22:00:05", "2026-11-22T22:00:05.000Z"),
            ("2026-11-22", "2026-11-22T00:00:00.000Z"),
            ("-2h", "2026-11-22T20:09:08.233Z"),
            ("-90m", "2026-11-22T20:39:08.233Z"),
            ("-1d", "2026-11-21T22:09:08.233Z"),
            ("2 hours ago", "2026-11-22T20:09:08.233Z"),
            ("now", "2026-11-22T22:09:08.233Z"),
        ] {
            let time = time_at(text, now).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(time.to_string(), expected, "{text}");
        }
        for text in ["", "2h", "yesterday", "--json", "2026-13-01"] {
            assert!(time_at(text, now).is_err(), "{text}");
        }
    }

    #[test]
    fn digits_alone_are_a_position() {
        assert_eq!(moment("12"), Ok(Moment::Seq(Seq(12))));
        assert!(moment("99999999999999999999").is_err());
        assert!(matches!(moment("2026-11-22"), Ok(Moment::Time(_))));
    }
}
