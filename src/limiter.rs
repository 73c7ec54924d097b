//! The server's rate limits, kept on our side so that it never has to speak.
//!
//! The rule of most limits (`src/utilities.js` newRateLimiter): after a silence longer than the
//! cooldown the count starts over; below the burst everything passes; above it one passes per
//! interval. The count does not decay slowly: after a burst the interval rules until there is
//! silence. The limit of all events of a socket is a plain bucket (`src/io/ioserver.js`).

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
    pub(crate) const CHAT: Self = Self::new(20, 100, 2_000);
    /// Adding media below rank 2: 3, then 1 a second.
    pub(crate) const QUEUE: Self = Self::new(3, 1_000, 3_000);
    /// Adding media from rank 2 on: 10, then 2 a second.
    pub(crate) const QUEUE_MODERATOR: Self = Self::new(10, 500, 5_000);
    /// Asking for the playlist: once a minute.
    pub(crate) const PLAYLIST: Self = Self::new(1, 60_000, 60_000);

    const fn new(burst: u32, interval_ms: u64, cooldown_ms: u64) -> Self {
        Self {
            burst,
            interval: Duration::from_millis(interval_ms),
            cooldown: Duration::from_millis(cooldown_ms),
        }
    }

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

/// Added to every interval at first: the server measures arrival, and packets bunch up. What is
/// seen to bunch more is waited for (see [`Limiter::echoed`]); a complaint doubles it.
const MARGIN: Duration = Duration::from_millis(3);
/// Added to what the server asks for when it complains, as viewers' clients do.
const PATIENCE: Duration = Duration::from_millis(200);
/// Added to the cooldown: a silence that the server finds too short costs a whole burst.
const REST_MARGIN: Duration = Duration::from_millis(100);

/// How many were let through, and when the last one was.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limiter {
    count: u32,
    last: Option<Duration>,
    not_before: Duration,
    margin: Duration,
    /// The shortest time from sending to echo.
    echo_min: Option<Duration>,
}

impl Default for Limiter {
    fn default() -> Self {
        Self {
            count: 0,
            last: None,
            not_before: Duration::ZERO,
            margin: MARGIN,
            echo_min: None,
        }
    }
}

impl Limiter {
    /// When the next one may go, if it counts as `cost` at once; the present if now. More than one
    /// at once passes only within a burst: between them there is no interval.
    pub(crate) fn ready_at(&self, rate: Rate, cost: u32, now: Duration) -> Duration {
        let free = match self.last {
            Some(last) if !self.is_rested(rate, now) => {
                let fits = self.count.saturating_add(cost) <= rate.burst;
                match (fits, cost) {
                    (true, _) => now,
                    (false, 1) => last + rate.interval + self.margin,
                    (false, _) => last + rate.cooldown + REST_MARGIN,
                }
            }
            _ => now,
        };
        free.max(self.not_before).max(now)
    }

    fn is_rested(&self, rate: Rate, now: Duration) -> bool {
        self.last
            .is_none_or(|last| now >= last + rate.cooldown + REST_MARGIN)
    }

    /// One goes now, and counts as `cost`.
    pub(crate) fn take(&mut self, rate: Rate, cost: u32, now: Duration) {
        let before = if self.is_rested(rate, now) {
            0
        } else {
            self.count
        };
        self.count = before.saturating_add(cost);
        self.last = Some(now);
    }

    /// One sent at `sent_at` came back now. If that took longer than it can, it may have reached the
    /// server late, so that the next one would follow too closely.
    pub(crate) fn echoed(&mut self, rate: Rate, sent_at: Duration, now: Duration) {
        let took = now.saturating_sub(sent_at);
        let least = self.echo_min.map_or(took, |least| least.min(took));
        self.echo_min = Some(least);
        if self.last == Some(sent_at) && self.count >= rate.burst {
            self.hold_until(sent_at + (took - least) + rate.interval + self.margin);
        }
    }

    /// The server complained, and asked for so much patience.
    pub(crate) fn complained(&mut self, rate: Rate, wait: Duration, now: Duration) {
        self.margin = (self.margin * 2).min(rate.interval);
        self.hold_until(now + wait + PATIENCE);
    }

    fn hold_until(&mut self, until: Duration) {
        self.not_before = self.not_before.max(until);
    }
}

/// A budget of events: so many a second, and a little more at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket {
    interval: Duration,
    burst: u32,
    /// When it will be full again; further ahead than a whole burst means empty.
    full_at: Duration,
}

impl Bucket {
    pub(crate) fn new(per_second: f64) -> Self {
        let per_second = within(per_second, 0.1, 10_000.0);
        Self {
            interval: Duration::from_secs_f64(1.0 / per_second),
            burst: per_second.ceil() as u32,
            full_at: Duration::ZERO,
        }
    }

    pub(crate) fn ready_at(&self, now: Duration) -> Duration {
        let slack = self.interval * self.burst.saturating_sub(1);
        self.full_at.saturating_sub(slack).max(now)
    }

    pub(crate) fn take(&mut self, now: Duration) {
        self.full_at = self.full_at.max(now) + self.interval;
    }

    /// The server put us out for too much: from now on half of it, but never none.
    pub(crate) fn halve(&mut self) {
        self.interval = (self.interval * 2).min(Duration::from_secs(10));
        self.burst = (self.burst / 2).max(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_burst_passes_and_the_interval_rules_after_it() {
        let rate = Rate::of_channel(2.0, 1.0, 4.0);
        let mut limiter = Limiter::default();
        let mut sent = Vec::new();
        let mut now = Duration::ZERO;
        for _ in 0..4 {
            now = limiter.ready_at(rate, 1, now);
            limiter.take(rate, 1, now);
            sent.push(now);
        }
        assert_eq!(sent, [s(0), s(0), s(1) + MARGIN, s(2) + 2 * MARGIN]);
        let rested = now + s(5);
        assert_eq!(limiter.ready_at(rate, 1, rested), rested);
        limiter.complained(rate, s(3), rested);
        assert_eq!(limiter.ready_at(rate, 1, rested), rested + s(3) + PATIENCE);
    }

    #[test]
    fn what_counts_twice_waits_for_a_rest_once_the_burst_is_spent() {
        let rate = Rate::of_channel(3.0, 1.0, 4.0);
        let mut limiter = Limiter::default();
        limiter.take(rate, 2, s(0));
        assert_eq!(limiter.ready_at(rate, 1, s(0)), s(0));
        assert_eq!(limiter.ready_at(rate, 2, s(0)), s(4) + REST_MARGIN);
    }

    #[test]
    fn a_late_echo_keeps_the_next_one_back() {
        let rate = Rate::of_channel(1.0, 1.0, 4.0);
        let mut limiter = Limiter::default();
        let ms = Duration::from_millis;
        limiter.take(rate, 1, s(0));
        limiter.echoed(rate, s(0), ms(10));
        assert_eq!(limiter.ready_at(rate, 1, ms(10)), s(1) + MARGIN);
        limiter.take(rate, 1, s(2));
        limiter.echoed(rate, s(2), s(2) + ms(60));
        assert_eq!(limiter.ready_at(rate, 1, s(2)), s(3) + ms(50) + MARGIN);
    }

    #[test]
    fn a_bucket_gives_its_burst_and_then_its_rate() {
        let mut bucket = Bucket::new(2.0);
        let mut now = Duration::ZERO;
        let mut sent = Vec::new();
        for _ in 0..4 {
            now = bucket.ready_at(now);
            bucket.take(now);
            sent.push(now.as_millis());
        }
        assert_eq!(sent, [0, 0, 500, 1_000]);
        bucket.halve();
        assert!(bucket.ready_at(now) >= now + Duration::from_millis(500));
    }

    #[test]
    fn hostile_limits_are_clamped() {
        let rate = Rate::of_channel(f64::MAX, 0.0, f64::MAX);
        assert_eq!((rate.burst, rate.interval), (20, Duration::from_secs(100)));
        let rate = Rate::of_channel(f64::NAN, f64::NAN, f64::NAN);
        assert_eq!((rate.burst, rate.cooldown), (1, Duration::ZERO));
        assert_eq!(Bucket::new(f64::NAN).burst, 1);
    }
}
