//! The wish to stop: SIGINT or SIGTERM once for a clean end, twice for an end at once.

use crate::cli::failure::Failure;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Exit code of a second signal, as a shell would show for SIGINT.
const AT_ONCE: i32 = 130;

/// Whether the user wants us to stop. One a process.
#[derive(Debug)]
pub(crate) struct Stop {
    signals: Receiver<()>,
    stopped: Cell<bool>,
}

impl Stop {
    /// Begins to listen for signals.
    pub(crate) fn listen() -> Result<Self, Failure> {
        let (sender, signals) = bounded(1);
        let asked = AtomicBool::new(false);
        ctrlc::set_handler(move || signalled(&asked, &sender))
            .map_err(|error| Failure::Bad(format!("cannot listen for signals: {error}")))?;
        let stopped = Cell::new(false);
        Ok(Self { signals, stopped })
    }

    /// Waits so long; says whether to stop.
    pub(crate) fn wait(&self, timeout: Duration) -> bool {
        if !self.stopped.get() {
            let waited = self.signals.recv_timeout(timeout);
            // Without a sender no signal can come any more: better stop than never.
            self.stopped.set(waited != Err(RecvTimeoutError::Timeout));
        }
        self.stopped.get()
    }

    /// Whether to stop, without waiting.
    pub(crate) fn is_asked(&self) -> bool {
        self.wait(Duration::ZERO)
    }
}

fn signalled(asked: &AtomicBool, sender: &Sender<()>) {
    if asked.swap(true, Ordering::SeqCst) {
        std::process::exit(AT_ONCE);
    }
    // Full means that the wish is already known.
    let _ = sender.try_send(());
}
