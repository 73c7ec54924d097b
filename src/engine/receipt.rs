//! The promise of an outcome.

use crate::command::Outcome;
use parking_lot::{Condvar, Mutex};
use std::sync::Arc;
use std::time::Duration;

/// Where the channel thread leaves an outcome.
#[derive(Debug, Default)]
pub(crate) struct Slot {
    outcome: Mutex<Option<Outcome>>,
    settled: Condvar,
}

impl Slot {
    /// Leaves the outcome; the first one stands.
    pub(crate) fn settle(&self, outcome: Outcome) {
        self.outcome.lock().get_or_insert(outcome);
        self.settled.notify_all();
    }
}

/// The promise of a command's outcome. It may be waited for, polled, cloned or dropped; none of
/// that affects the command. The outcome appears once the event that tells it is committed.
#[derive(Clone, Debug)]
pub struct Receipt {
    slot: Arc<Slot>,
}

impl Receipt {
    pub(crate) fn new() -> (Self, Arc<Slot>) {
        let slot = Arc::new(Slot::default());
        (
            Self {
                slot: Arc::clone(&slot),
            },
            slot,
        )
    }

    /// Waits for the outcome, at most so long; `None` if it has not come. Every command gets an
    /// outcome by itself: at the latest [`Config::send_wait_max`](crate::Config::send_wait_max)
    /// plus [`Config::answer_wait_max`](crate::Config::answer_wait_max) after it was handed over.
    #[must_use]
    pub fn wait(&self, timeout: Duration) -> Option<Outcome> {
        let mut outcome = self.slot.outcome.lock();
        self.slot
            .settled
            .wait_while_for(&mut outcome, |outcome| outcome.is_none(), timeout);
        outcome.clone()
    }

    /// The outcome, if it has come. Never blocks.
    #[must_use]
    pub fn poll(&self) -> Option<Outcome> {
        self.slot.outcome.lock().clone()
    }
}
