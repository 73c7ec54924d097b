//! One attempt to connect: its time budget, and whether anybody still wants it.
//!
//! Every wait of a dial goes through here, so that discovery, name look-up, TCP, TLS and upgrade
//! share one deadline, and a cancelled dial notices within one [`SLICE`]. The system's name
//! look-up and the HTTP client block without asking anybody: they run on a thread of their own,
//! which is left behind when the attempt ends first. Such a thread holds no lock and ends by
//! itself, at the latest when the system's resolver or the client's own time-out gives up.

use crate::transport::{Cancel, Dial, DialError};
use crossbeam_channel::RecvTimeoutError;
use std::time::{Duration, Instant};

/// How long a dial may wait without looking whether it was cancelled.
const SLICE: Duration = Duration::from_millis(25);

/// The one look at the clock that dialling takes.
#[expect(
    clippy::disallowed_methods,
    reason = "dialling waits for the network, in real time"
)]
pub(crate) fn clock() -> Instant {
    Instant::now()
}

/// What bounds one attempt.
#[derive(Debug)]
pub(crate) struct Attempt<'a> {
    /// What to do.
    pub(crate) dial: &'a Dial,
    cancel: &'a Cancel,
    ends: Instant,
}

impl<'a> Attempt<'a> {
    /// Starts the clock of an attempt.
    pub(crate) fn start(dial: &'a Dial, cancel: &'a Cancel) -> Self {
        let ends = clock() + dial.connect_wait_max;
        Self { dial, cancel, ends }
    }

    /// What is left of the budget.
    pub(crate) fn remaining(&self) -> Duration {
        self.ends.saturating_duration_since(clock())
    }

    /// How long the next wait may take: never more than one slice.
    ///
    /// # Errors
    /// - [`DialError::Cancelled`]: nobody wants the result.
    /// - [`DialError::TimedOut`]: the budget is spent.
    pub(crate) fn slice(&self, endpoint: &str, stage: &'static str) -> Result<Duration, DialError> {
        if self.cancel.is_cancelled() {
            return Err(DialError::Cancelled);
        }
        match self.remaining() {
            Duration::ZERO => Err(self.timed_out(endpoint, stage)),
            remaining => Ok(remaining.min(SLICE)),
        }
    }

    /// The error of a spent budget.
    fn timed_out(&self, endpoint: &str, stage: &'static str) -> DialError {
        DialError::TimedOut {
            endpoint: endpoint.to_owned(),
            after: self.dial.connect_wait_max,
            stage,
        }
    }

    /// Runs blocking `work` on a thread of its own and waits for it, sliced. `work` gets what is
    /// left of the budget and should not take longer.
    ///
    /// # Errors
    /// As [`Attempt::slice`]; [`DialError::Network`] if the thread does not start or panics.
    pub(crate) fn in_background<T: Send + 'static>(
        &self,
        endpoint: &str,
        stage: &'static str,
        work: impl FnOnce(Duration) -> T + Send + 'static,
    ) -> Result<T, DialError> {
        self.slice(endpoint, stage)?;
        let budget = self.remaining();
        let (reply, answer) = crossbeam_channel::bounded(1);
        std::thread::Builder::new()
            .name(format!("projectionist-{stage}"))
            .spawn(move || drop(reply.send(work(budget))))
            .map_err(|error| network(endpoint, format!("no thread to work on: {error}")))?;
        loop {
            match answer.recv_timeout(self.slice(endpoint, stage)?) {
                Ok(result) => return Ok(result),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(network(endpoint, format!("the {stage} thread died")));
                }
            }
        }
    }
}

/// A [`DialError::Network`].
pub(crate) fn network(endpoint: &str, detail: impl ToString) -> DialError {
    DialError::Network {
        endpoint: endpoint.to_owned(),
        detail: detail.to_string(),
    }
}
