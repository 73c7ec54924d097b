//! The server's rate limiter, kept on our side so that it never has to speak.
//!
//! The rule (`src/utilities.js` newRateLimiter): after a silence longer than the cooldown the
//! count starts over; below the burst everything passes; above it one passes per interval. The
//! count does not decay slowly: after a burst the interval rules until there is silence.

use std::time::Duration;

/// Burst, interval and cooldown of one limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rate {
    /// How many may follow each other at once.
    pub(crate) burst: u32,
    /// Time between two after that.
    pub(crate) interval: Duration,
    /// Silence that starts the count over.
    pub(crate) cooldown: Duration,
}

impl Rate {
    /// Chat of moderators, or where the channel sets no limit: 20, then 10 a second.
    pub(crate) const CHAT: Self = Self {
        burst: 20,
        interval: Duration::from_millis(100),
        cooldown: Duration::from_secs(2),
    };

    /// A channel's own limit. Values out of reason are clamped: they come from the network.
    pub(crate) fn of_channel(burst: f64, sustained: f64, cooldown_s: f64) -> Self {
        let sustained = within(sustained, 0.01, 10.0);
        Self {
            burst: within(burst, 1.0, 20.0) as u32,
            interval: Duration::from_secs_f64(1.0 / sustained),
            cooldown: Duration::from_secs_f64(within(cooldown_s, 0.0, 3_600.0)),
        }
    }
}

/// Clamps; what is no number at all (a cooldown of 0 / 0) is the least.
fn within(value: f64, least: f64, most: f64) -> f64 {
    value.max(least).min(most)
}

/// How many were let through, and when the last one was.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Limiter {
    count: u32,
    last: Option<Duration>,
    not_before: Duration,
}

/// Added to every interval: the server measures arrival, and packets bunch up.
const MARGIN: Duration = Duration::from_millis(20);

impl Limiter {
    /// When the next one may go; the present if at once.
    pub(crate) fn ready_at(&self, rate: Rate, now: Duration) -> Duration {
        let free = match self.last {
            Some(last) if now <= last + rate.cooldown + MARGIN && self.count >= rate.burst => {
                last + rate.interval + MARGIN
            }
            _ => now,
        };
        free.max(self.not_before).max(now)
    }

    /// One goes now.
    pub(crate) fn take(&mut self, rate: Rate, now: Duration) {
        let rested = self
            .last
            .is_none_or(|last| now > last + rate.cooldown + MARGIN);
        self.count = if rested {
            1
        } else {
            self.count.saturating_add(1)
        };
        self.last = Some(now);
    }

    /// The server asked for patience.
    pub(crate) fn hold_until(&mut self, until: Duration) {
        self.not_before = self.not_before.max(until);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_the_interval_rules_after_it() {
        let rate = Rate::of_channel(2.0, 1.0, 4.0);
        let mut limiter = Limiter::default();
        let s = Duration::from_secs;
        let mut sent = Vec::new();
        let mut now = Duration::ZERO;
        for _ in 0..4 {
            now = limiter.ready_at(rate, now);
            limiter.take(rate, now);
            sent.push(now);
        }
        assert_eq!(sent, [s(0), s(0), s(1) + MARGIN, s(2) + 2 * MARGIN]);
        let rested = now + s(5);
        assert_eq!(limiter.ready_at(rate, rested), rested);
        limiter.hold_until(rested + s(3));
        assert_eq!(limiter.ready_at(rate, rested), rested + s(3));
    }

    #[test]
    fn hostile_limits_are_clamped() {
        let rate = Rate::of_channel(f64::MAX, 0.0, f64::MAX);
        assert_eq!((rate.burst, rate.interval), (20, Duration::from_secs(100)));
        let rate = Rate::of_channel(f64::NAN, f64::NAN, f64::NAN);
        assert_eq!((rate.burst, rate.cooldown), (1, Duration::ZERO));
    }
}
