//! Doubling delays with jitter: the one file that names the `backoff` crate.
//!
//! That crate is no longer maintained (without a known vulnerability), so it only computes the
//! bare intervals here, behind [`RetryDelays`], and can be replaced in an hour. Its `retry` loop,
//! which sleeps, is never used; nor is its give-up time, since a recorder must come back after a
//! night's outage too; nor its randomness, which has no seed: the jitter is ours, so that one seed
//! always gives the same delays.

use crate::retry::RetryDelays;
use backoff::backoff::Backoff as _;
use backoff::{ExponentialBackoff, ExponentialBackoffBuilder};
use std::time::Duration;

/// How far a delay may stray from its interval, either way. Channels cut off together by one
/// restart of the server come back spread out.
const JITTER: f64 = 0.2;

/// Delays that double from a minimum to a maximum, each with a jitter of a fifth either way.
///
/// No delay exceeds the maximum: the interval stops growing just below it, where its jitter still
/// fits. Cutting the sum instead would put half of all late delays on the very same moment.
#[derive(Debug)]
pub(crate) struct JitteredBackoff {
    intervals: ExponentialBackoff,
    random: SplitMix64,
}

impl JitteredBackoff {
    /// Delays from about `min` up to `max`; equal seeds give equal delays.
    pub(crate) fn new(min: Duration, max: Duration, seed: u64) -> Self {
        let interval_max = max.div_f64(1.0 + JITTER);
        let intervals = ExponentialBackoffBuilder::new()
            .with_initial_interval(min.min(interval_max))
            .with_max_interval(interval_max)
            .with_multiplier(2.0)
            .with_randomization_factor(0.0)
            .with_max_elapsed_time(None)
            .build();
        let random = SplitMix64(seed);
        Self { intervals, random }
    }
}

impl RetryDelays for JitteredBackoff {
    fn next_delay(&mut self) -> Duration {
        // The interval is read before the step: what the step returns has been through the
        // crate's random numbers, and may be a nanosecond off even with a factor of zero.
        let interval = self.intervals.current_interval;
        let _ = self.intervals.next_backoff();
        interval.mul_f64(1.0 - JITTER + 2.0 * JITTER * self.random.next_unit())
    }

    fn reset(&mut self) {
        self.intervals.reset();
    }
}

/// Steele, Lea and Flood's SplitMix64: eight bytes of state, good enough to spread delays.
#[derive(Debug)]
struct SplitMix64(u64);

impl SplitMix64 {
    fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 up to, not including, 1.
    fn next_unit(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIN: Duration = Duration::from_secs(5);
    const MAX: Duration = Duration::from_secs(60);

    fn delays(seed: u64, count: usize) -> Vec<Duration> {
        let mut backoff = JitteredBackoff::new(MIN, MAX, seed);
        (0..count).map(|_| backoff.next_delay()).collect()
    }

    #[test]
    fn splitmix_gives_the_published_numbers() {
        let mut random = SplitMix64(1_234_567);
        assert_eq!(random.next_u64(), 6_457_827_717_110_365_317);
        assert_eq!(random.next_u64(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn doubles_within_a_fifth_until_the_maximum() {
        for seed in 0..200 {
            for (n, delay) in delays(seed, 12).into_iter().enumerate() {
                let interval = (5.0 * f64::from(1_u32 << n.min(8))).min(50.0);
                let ratio = delay.as_secs_f64() / interval;
                assert!(
                    (0.799..=1.201).contains(&ratio),
                    "seed {seed}, {n}: {delay:?}"
                );
                assert!(delay <= MAX, "seed {seed}, {n}: {delay:?}");
            }
        }
    }

    #[test]
    fn one_seed_one_sequence() {
        assert_eq!(delays(7, 20), delays(7, 20));
        assert_ne!(delays(7, 20), delays(8, 20));
    }

    #[test]
    fn reset_starts_from_the_minimum() {
        let mut backoff = JitteredBackoff::new(MIN, MAX, 1);
        for _ in 0..10 {
            backoff.next_delay();
        }
        backoff.reset();
        assert!(backoff.next_delay() <= MIN.mul_f64(1.0 + JITTER));
    }

    #[test]
    fn equal_limits_never_exceed_the_maximum() {
        let mut backoff = JitteredBackoff::new(MIN, MIN, 3);
        assert!((0..50).all(|_| backoff.next_delay() <= MIN));
    }
}
