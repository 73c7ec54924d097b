//! Where the model server meets the clock.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Turns the machine's time into the model's, possibly faster.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    origin: Instant,
    start_ms: i64,
    rate: f64,
}

impl Clock {
    /// Starts at the wall clock's time; `rate` is how many model seconds pass in a second.
    pub(super) fn start(rate: f64) -> Self {
        Self {
            origin: instant(),
            start_ms: wall_ms(),
            rate,
        }
    }

    /// The model's time, in milliseconds since 1970.
    pub(super) fn now_ms(self) -> i64 {
        let passed_ms = self.origin.elapsed().as_secs_f64() * 1_000.0 * self.rate;
        self.start_ms + passed_ms as i64
    }

    /// When the model's time will be `at_ms`.
    pub(super) fn instant_of(self, at_ms: i64) -> Instant {
        let wait_ms = (at_ms - self.start_ms).max(0) as f64 / self.rate;
        // Rounded up, so that the wait does not end a moment too early and spin.
        self.origin + Duration::from_millis(wait_ms.ceil() as u64 + 1)
    }
}

/// A moment `wait` from now.
pub(super) fn after(wait: Duration) -> Instant {
    instant() + wait
}

#[expect(
    clippy::disallowed_methods,
    reason = "the edge: a real server has a real clock"
)]
fn instant() -> Instant {
    Instant::now()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the edge: a real server has a real clock"
)]
fn wall_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    })
}
