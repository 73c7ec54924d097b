//! How the channel thread ends: in order, or because the log cannot be written.

use super::{Driver, Request, Shared};
use crate::channel::Input;
use crate::command::{CommandError, Outcome};
use crate::log::LogError;
use std::sync::Arc;
use std::time::Duration;

/// How long the last frames of a closing connection may take to leave.
const LAST_WORDS: Duration = Duration::from_millis(200);

impl Driver {
    /// Stops: says goodbye, writes the last events, closes the log, settles what is left.
    pub(super) fn finish(mut self, ended: Result<(), LogError>) {
        self.shared.dialling(None);
        let ended = ended.and_then(|()| {
            self.channel.handle_input(self.clock.now(), Input::Stop);
            self.commit()?;
            self.put_out_last();
            if let Err(error) = self.channel.snapshot() {
                log::warn!("the folded state was not kept: {error}");
            }
            Ok(())
        });
        self.hang_up();
        let left = match &ended {
            Ok(()) => CommandError::Closed,
            Err(error) => CommandError::Poisoned(error.to_string()),
        };
        self.settle_rest(&left);
        let Self {
            channel, shared, ..
        } = self;
        let closed = channel.into_log().close();
        if let Err(error) = ended.and(closed) {
            log::error!("the log cannot be written: {error}");
            shared.poison(error.to_string());
        }
    }

    fn put_out_last(&mut self) {
        self.put_out();
        let until = self.clock.mono() + LAST_WORDS;
        while let Some(transport) = &mut self.transport {
            let now = self.clock.mono();
            if !transport.has_unsent() || now >= until || transport.flush(now).is_err() {
                break;
            }
            let _ = self.poll.poll(&mut self.events, Some(until - now));
        }
    }

    /// Nobody waits in vain. Commands that are still on the wire here were cut off by a failing
    /// log: what became of them is not known. Those in the inbox were never sent.
    fn settle_rest(&mut self, error: &CommandError) {
        for slot in std::mem::take(&mut self.slots).into_values() {
            slot.settle(Outcome::Disconnected);
        }
        while let Ok(request) = self.inbox.requests.try_recv() {
            match request {
                Request::Command(_, _, slot) => slot.settle(Outcome::NotSent(error.clone())),
                Request::Flush(done) => self.flushes.push(done),
                Request::Redact(_, done) => self.redactions.push((done, Ok(None))),
                // Its sender hears that nobody is left.
                Request::Rejoin | Request::Checkpoint(..) => {}
            }
        }
        // Those that were staged were not committed.
        for (done, _) in self.redactions.drain(..) {
            let _ = done.send(Err(error.clone().into()));
        }
        for done in self.flushes.drain(..) {
            let _ = done.send(Err(error.to_string()));
        }
    }
}

/// Marks the engine closed when its thread ends, poisoned when it panics.
pub(super) struct Guard(pub(super) Arc<Shared>);

impl Drop for Guard {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0
                .poison("the channel's thread panicked: this is a bug".to_owned());
        }
        self.0.close();
    }
}
