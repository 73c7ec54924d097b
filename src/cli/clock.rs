//! The clocks, read in one place.

use projectionist::UnixMicros;
use std::time::{Duration, Instant, SystemTime};

/// A moment to measure from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts now.
    #[expect(
        clippy::disallowed_methods,
        reason = "the tool measures how long it takes"
    )]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// Time since the start.
    pub(crate) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

/// What the wall clock says.
#[expect(
    clippy::disallowed_methods,
    reason = "times such as -2h count from the present"
)]
pub(crate) fn wall() -> UnixMicros {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let micros = since.map_or(0, |since| since.as_micros());
    UnixMicros(i64::try_from(micros).unwrap_or(i64::MAX))
}
