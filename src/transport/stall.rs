//! Notices a peer that takes no more bytes.
//!
//! A connection whose writes do not move is as dead as one that is silent, and holds our buffer
//! too. Progress counts, not completion: a slow peer that keeps taking bytes is left alone. Pure;
//! the moment is an argument.

use crate::transport::TransportError;
use std::time::Duration;

/// Watches the bytes a peer has taken while some wait.
#[derive(Debug)]
pub(crate) struct StallWatch {
    wait_max: Duration,
    /// Bytes taken, and since when not one more, while bytes wait.
    stalled: Option<(u64, Duration)>,
}

impl StallWatch {
    /// A watch that runs out after `wait_max` without progress.
    pub(crate) fn new(wait_max: Duration) -> Self {
        let stalled = None;
        Self { wait_max, stalled }
    }

    /// Looks at the count of bytes `taken` so far and whether more wait.
    ///
    /// # Errors
    /// [`TransportError::WriteTimedOut`]: some wait, and none went for too long.
    pub(crate) fn check(
        &mut self,
        taken: u64,
        waiting: bool,
        now: Duration,
    ) -> Result<(), TransportError> {
        let since = match self.stalled {
            _ if !waiting => {
                self.stalled = None;
                return Ok(());
            }
            Some((then, since)) if then == taken => since,
            _ => now,
        };
        self.stalled = Some((taken, since));
        match now.saturating_sub(since) >= self.wait_max {
            true => Err(TransportError::WriteTimedOut(self.wait_max)),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_out_only_without_progress() {
        let s = Duration::from_secs;
        let mut watch = StallWatch::new(s(30));
        assert!(watch.check(0, true, s(100)).is_ok());
        assert!(watch.check(0, true, s(129)).is_ok());
        assert!(watch.check(1, true, s(131)).is_ok(), "one byte went");
        assert!(watch.check(1, false, s(160)).is_ok(), "nothing waits");
        assert!(watch.check(1, true, s(200)).is_ok(), "the wait starts anew");
        assert!(watch.check(1, true, s(230)).is_err());
    }
}
