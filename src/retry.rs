//! How long to wait before the next attempt: the seam between the engine and what draws delays.
//!
//! The core names only this trait, so it draws no randomness itself: a simulator hands in delays
//! of its own, the driver those of a seeded generator. Nothing here waits or reads a clock.

use std::time::Duration;

/// Delays between attempts, longer after each failure.
pub trait RetryDelays: Send {
    /// How long to wait before the next attempt; each call counts one failure more.
    fn next_delay(&mut self) -> Duration;

    /// Starts again from the shortest delay, after a session that held.
    fn reset(&mut self);
}
