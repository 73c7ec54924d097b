//! The only place that reads the clock, draws a seed and starts a thread for the engine.

use crate::time::{Now, UnixMicros};
use std::hash::{BuildHasher, RandomState};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The clock of one engine: monotonic time from its start, and the wall's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    origin: Instant,
}

impl Clock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the engine's one reading of the clock"
    )]
    pub(crate) fn new() -> Self {
        Self {
            origin: Instant::now(),
        }
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the engine's one reading of the clock"
    )]
    pub(crate) fn now(&self) -> Now {
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let wall = UnixMicros(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX));
        Now {
            mono: self.mono(),
            wall,
        }
    }

    pub(crate) fn mono(&self) -> Duration {
        self.origin.elapsed()
    }
}

/// A seed for the jitter of reconnection: spread, not secrecy, is what it is for.
pub(crate) fn seed() -> u64 {
    RandomState::new().hash_one(0_u8)
}

pub(crate) fn spawn(
    name: &str,
    run: impl FnOnce() + Send + 'static,
) -> std::io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name(name.to_owned()).spawn(run)
}
