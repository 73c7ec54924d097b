//! Committing: the log before everything else.
//!
//! What is staged is appended in one transaction; only then is the state published, and only then
//! do the outputs that follow from it go out (P2). One kind of row has to be safe from a power cut
//! before that, too: what ends the wait of a kept command. It outlives the process, so that without
//! this row the next one would send it, for a second time perhaps.

use super::Channel;
use crate::event::Kind;
use crate::log::{EventLog, Head, LogError, Snapshot};
use crate::state::FOLD_V;
use std::sync::Arc;

/// Events between two stored states, at most: some 20 ms of folding.
const STATE_EVERY: u64 = 10_000;

/// Events that make a session's end worth a stored state.
const STATE_EVERY_SESSION: u64 = 1_000;

impl<L: EventLog> Channel<L> {
    /// Appends what is staged in one transaction, publishes the state, releases the outputs. Says
    /// whether anything was appended.
    ///
    /// # Errors
    /// What the log says; everything stays staged, and the call may be repeated.
    pub fn commit(&mut self) -> Result<bool, LogError> {
        if !self.staged.is_empty() {
            self.head = self.log.append(&self.staged)?;
            self.counters.events += self.staged.len() as u64;
            self.counters.commits += 1;
            let ended =
                matches!(self.staged.last(), Some(last) if last.kind() == Kind::Disconnected);
            let redacted = self.staged.iter().any(|r| r.kind() == Kind::Redacted);
            self.staged.clear();
            self.published = Arc::new(self.state.clone());
            self.store_state(ended, redacted);
            self.appended = true;
        }
        if self.unsynced {
            self.log.flush()?;
            self.unsynced = false;
        }
        self.ready.append(&mut self.held);
        Ok(std::mem::take(&mut self.appended))
    }

    /// Stores the state now and then, so that any position is near one. It is a convenience: that
    /// it could not be stored is no reason to stop.
    fn store_state(&mut self, ended: bool, redacted: bool) {
        let behind = self.head.seq.0.saturating_sub(self.stored.0);
        // The states that held what was redacted are gone, the newest among them, most likely.
        let is_due = redacted || behind >= STATE_EVERY || (ended && behind >= STATE_EVERY_SESSION);
        if is_due && let Err(error) = self.snapshot() {
            log::warn!("the state was not stored: {error}");
        }
    }

    /// Keeps the committed state beside the log, so that the next opening need not fold.
    ///
    /// # Errors
    /// What the log says; the log itself is none the worse.
    pub fn snapshot(&mut self) -> Result<(), LogError> {
        let body = serde_json::to_string(&*self.published).map_err(|error| LogError::Damaged {
            seq: self.head.seq,
            detail: error.to_string(),
        })?;
        let Head { seq, chain, .. } = self.head;
        // Whether it works or not, the next one is tried in its time.
        self.stored = seq;
        self.log.put_snapshot(&Snapshot {
            seq,
            fold_v: FOLD_V,
            chain,
            body,
        })
    }
}
