//! The three throttles of CyTube: its rate limiter, a token bucket and a debounce.
//!
//! All of them take the time as an argument and draw nothing from a clock.

/// Numbers of a [`RateLimiter`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Rate {
    /// Accepted at once.
    pub(super) burst: f64,
    /// Accepted a second after that; 0 accepts none.
    pub(super) sustained: f64,
    /// Idle seconds after which the burst is full again.
    pub(super) cooldown_s: f64,
}

impl Rate {
    pub(super) fn new(burst: f64, sustained: f64) -> Self {
        Self {
            burst,
            sustained,
            cooldown_s: burst / sustained,
        }
    }
}

/// `src/utilities.js`: after a burst one is held to the sustained rate until idle for the cooldown.
#[derive(Clone, Debug, Default)]
pub(super) struct RateLimiter {
    last_ms: Option<i64>,
    count: f64,
}

impl RateLimiter {
    /// Whether to refuse what comes now; counts it if not.
    pub(super) fn throttles(&mut self, rate: Rate, now_ms: i64) -> bool {
        let idle_ms = self.last_ms.map(|last| (now_ms - last) as f64);
        let accept = match idle_ms {
            Some(idle) if idle <= rate.cooldown_s * 1_000.0 => {
                if self.count < rate.burst {
                    self.count += 1.0;
                    true
                } else {
                    idle >= 1_000.0 / rate.sustained
                }
            }
            _ => {
                self.count = 1.0;
                true
            }
        };
        if accept {
            self.last_ms = Some(now_ms);
        }
        !accept
    }
}

/// `src/util/token-bucket.js`: refuses when empty, and refusals cost nothing.
#[derive(Clone, Debug)]
pub(super) struct TokenBucket {
    tokens: f64,
    filled_ms: i64,
}

impl TokenBucket {
    pub(super) fn full(capacity: f64, now_ms: i64) -> Self {
        Self {
            tokens: capacity,
            filled_ms: now_ms,
        }
    }

    /// Takes one token if there is one. `refill_ms` is the time one token takes to come back.
    pub(super) fn take(&mut self, capacity: f64, refill_ms: f64, now_ms: i64) -> bool {
        let earned = (now_ms - self.filled_ms) as f64 / refill_ms;
        self.tokens = (self.tokens + earned).min(capacity);
        self.filled_ms = now_ms;
        let has_one = self.tokens >= 1.0;
        if has_one {
            self.tokens -= 1.0;
        }
        has_one
    }
}

/// `src/util/throttle.js`: lodash's debounce with both edges and `maxWait` equal to the wait.
#[derive(Clone, Debug, Default)]
pub(super) struct Debounce {
    last_call_ms: Option<i64>,
    last_run_ms: i64,
    timer_ms: Option<i64>,
    pending: bool,
}

impl Debounce {
    /// Asks for a run; true when it is to happen at once.
    pub(super) fn call(&mut self, wait_ms: i64, now_ms: i64) -> bool {
        let due = self.is_due(wait_ms, now_ms);
        self.last_call_ms = Some(now_ms);
        if due {
            self.last_run_ms = now_ms;
            self.timer_ms = Some(now_ms + wait_ms);
            self.pending = false;
        } else {
            self.pending = true;
            self.timer_ms.get_or_insert(now_ms + wait_ms);
        }
        due
    }

    /// When [`fire`](Self::fire) is to be called.
    pub(super) fn timer_ms(&self) -> Option<i64> {
        self.timer_ms
    }

    /// The timer went off; true when a run that was put off is to happen now.
    pub(super) fn fire(&mut self, wait_ms: i64, now_ms: i64) -> bool {
        if self.is_due(wait_ms, now_ms) {
            self.timer_ms = None;
            let run = std::mem::take(&mut self.pending);
            if run {
                self.last_run_ms = now_ms;
            }
            return run;
        }
        let last = self.last_call_ms.unwrap_or(now_ms).min(self.last_run_ms);
        self.timer_ms = Some((last + wait_ms).max(now_ms + 1));
        false
    }

    fn is_due(&self, wait_ms: i64, now_ms: i64) -> bool {
        self.last_call_ms
            .is_none_or(|last| now_ms - last >= wait_ms || now_ms - self.last_run_ms >= wait_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limiter_holds_to_the_sustained_rate_until_idle() {
        let rate = Rate::new(3.0, 1.0);
        let mut limiter = RateLimiter::default();
        let refused = |limiter: &mut RateLimiter, ms| limiter.throttles(rate, ms);
        for ms in [0, 1, 2] {
            assert!(!refused(&mut limiter, ms));
        }
        assert!(refused(&mut limiter, 3));
        assert!(!refused(&mut limiter, 1_002));
        assert!(refused(&mut limiter, 1_900), "the counter does not decay");
        assert!(!refused(&mut limiter, 4_003), "idle for the cooldown");
        assert!(!refused(&mut limiter, 4_004));
    }

    #[test]
    fn bucket_refills_one_in_ten_seconds() {
        let mut bucket = TokenBucket::full(5.0, 0);
        for _ in 0..5 {
            assert!(bucket.take(5.0, 10_000.0, 0));
        }
        assert!(!bucket.take(5.0, 10_000.0, 9_999));
        assert!(bucket.take(5.0, 10_000.0, 10_001));
    }

    #[test]
    fn debounce_runs_on_both_edges() {
        let mut counts = Debounce::default();
        assert!(counts.call(10_000, 370), "leading");
        assert!(!counts.call(10_000, 650));
        assert_eq!(counts.timer_ms(), Some(10_370));
        assert!(counts.fire(10_000, 10_370), "trailing");
        assert!(!counts.call(10_000, 10_380), "still within the wait");
        assert!(counts.fire(10_000, 20_380));
        assert!(counts.call(10_000, 23_390), "leading again");
    }
}
