//! What a host holds: read the state, wait for it, follow the log, act.

use super::Running;
use super::callbacks::Callbacks;
use super::health::{Health, Storage};
use super::inbox::{InboxSender, NotTaken, Progress, Redacted, Request};
use super::receipt::Receipt;
use super::shared::Shared;
use crate::channel::CommandId;
use crate::command::{Command, CommandError};
use crate::error::{CheckpointError, CloseError, WaitError};
use crate::event::{Redaction, Seq};
use crate::session::Phase;
use crate::state::ChannelState;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

/// A channel, as a host holds it: cheap to clone, usable from any thread, without an async
/// runtime.
///
/// A clone is one reference count; all clones speak to the same engine. [`ChannelHandle::state`]
/// takes a lock for a reference count and never makes the channel thread wait longer than that.
/// Reads of the log use connections of their own. The last handle (the [`Engine`](crate::Engine)
/// holds one) stops the engine when it goes, and waits for its thread.
#[derive(Clone)]
pub struct ChannelHandle {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Arc<Shared>,
    callbacks: Arc<Callbacks>,
    inbox: InboxSender,
    running: Running,
    close_wait_max: Duration,
    next_command: AtomicU64,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.callbacks.stop();
        self.inbox.stop();
        self.running.join();
    }
}

impl std::fmt::Debug for ChannelHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChannelHandle")
            .field("log", &self.inner.shared.log_path)
            .field("seq", &self.state().seq)
            .finish_non_exhaustive()
    }
}

impl ChannelHandle {
    pub(crate) fn new(
        shared: Arc<Shared>,
        inbox: InboxSender,
        running: Running,
        close_wait_max: Duration,
    ) -> Self {
        let next_command = AtomicU64::new(1);
        let callbacks = Callbacks::new(Arc::clone(&shared));
        Self {
            inner: Arc::new(Inner {
                shared,
                callbacks,
                inbox,
                running,
                close_wait_max,
                next_command,
            }),
        }
    }

    /// The channel as of the newest committed event. Costs two reference counts; never blocks.
    #[must_use]
    pub fn state(&self) -> Arc<ChannelState> {
        self.inner.shared.state()
    }

    /// How the engine is doing. A copy; never blocks on network or disk.
    #[must_use]
    pub fn health(&self) -> Health {
        self.inner.shared.health()
    }

    /// Waits until the picture is live: the channel joined, its burst folded in.
    ///
    /// # Errors
    /// - [`WaitError::TimedOut`]: not within `timeout`; the engine goes on trying.
    /// - [`WaitError::Ended`]: refused for good, such as by a ban or a wrong password.
    /// - [`WaitError::Closed`], [`WaitError::Poisoned`]: the engine has stopped.
    pub fn wait_live(&self, timeout: Duration) -> Result<Arc<ChannelState>, WaitError> {
        self.wait_for(ChannelState::is_live, timeout)
    }

    /// Waits until the state satisfies a condition, which is tried at each commit, on the calling
    /// thread, without a lock.
    ///
    /// # Errors
    /// As [`ChannelHandle::wait_live`].
    pub fn wait_for(
        &self,
        mut condition: impl FnMut(&ChannelState) -> bool,
        timeout: Duration,
    ) -> Result<Arc<ChannelState>, WaitError> {
        let shared = &self.inner.shared;
        let until = deadline(timeout);
        loop {
            let state = shared.state();
            if condition(&state) {
                return Ok(state);
            }
            let left = remaining(until);
            let seen = state.seq;
            let stop = shared.wait(left, |health, closed| {
                let moved = health.head > seen;
                (moved || closed || health.phase == Phase::Closed).then_some((moved, closed))
            });
            match stop {
                Some((true, _)) => {}
                Some((false, closed)) => return Err(self.ended(&state, closed)),
                None => {
                    let Health {
                        phase, last_error, ..
                    } = self.health();
                    return Err(WaitError::TimedOut {
                        after: timeout,
                        phase,
                        last_error,
                    });
                }
            }
        }
    }

    fn ended(&self, state: &ChannelState, closed: bool) -> WaitError {
        let health = self.health();
        match health.storage {
            Storage::Poisoned { error } => WaitError::Poisoned(error),
            _ if closed => WaitError::Closed,
            _ => WaitError::Ended {
                cause: state.connection.lost,
                last_error: health.last_error,
            },
        }
    }

    /// Hands a command over. Never blocks; the receipt tells what came of it. There is a method for
    /// each command; this takes them as data.
    ///
    /// The command waits its turn under the server's limits for at most
    /// [`Config::send_wait_max`](crate::Config::send_wait_max), and for its answer for at most
    /// [`Config::answer_wait_max`](crate::Config::answer_wait_max) (or
    /// [`Config::lookup_wait_max`](crate::Config::lookup_wait_max)). Commands of one kind are sent
    /// in order; one that must wait for its limit does not hold up those of other kinds.
    ///
    /// # Errors
    /// - [`CommandError::NotLive`]: not in the channel, and
    ///   [`Config::keep_wait_max`](crate::Config::keep_wait_max) is zero;
    ///   [`CommandError::NotKept`]: it is not, but this command may not wait in the log.
    /// - [`CommandError::Busy`]: too many are waiting.
    /// - [`CommandError::Closed`], [`CommandError::Poisoned`]: the engine has stopped.
    /// - The rest: see [`Command::check`].
    pub fn send(&self, command: Command) -> Result<Receipt, CommandError> {
        let shared = &self.inner.shared;
        self.check_running()?;
        match command.check(&shared.state(), shared.chat_length_max) {
            Err(CommandError::NotLive) if shared.keeps_commands => {
                command.keep_error().map_or(Ok(()), Err)
            }
            checked => checked,
        }?;
        let (receipt, slot) = Receipt::new();
        let id = CommandId(self.inner.next_command.fetch_add(1, Ordering::Relaxed));
        self.request(Request::Command(id, command, slot))?;
        Ok(receipt)
    }

    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.inner.shared
    }

    pub(super) fn callbacks(&self) -> &Arc<Callbacks> {
        &self.inner.callbacks
    }

    /// Longest chat line, in UTF-16 units.
    pub(super) fn chat_length_max(&self) -> usize {
        self.inner.shared.chat_length_max
    }

    fn check_running(&self) -> Result<(), CommandError> {
        if let Storage::Poisoned { error } = self.health().storage {
            return Err(CommandError::Poisoned(error));
        }
        if self.inner.shared.is_closed() {
            Err(CommandError::Closed)
        } else {
            Ok(())
        }
    }

    fn request(&self, request: Request) -> Result<(), CommandError> {
        let shared = &self.inner.shared;
        self.inner.inbox.send(request).map_err(|why| match why {
            NotTaken::Full => CommandError::Busy(shared.send_wait_max),
            NotTaken::Gone => CommandError::Closed,
        })
    }

    /// Whether the engine has stopped: the state and the log can be read still.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.inner.shared.is_closed()
    }

    /// A handle that does not keep the engine going.
    #[must_use]
    pub fn downgrade(&self) -> WeakHandle {
        WeakHandle {
            inner: Arc::downgrade(&self.inner),
        }
    }

    /// Makes every event up to the present survive a power cut, and says up to where that is.
    /// Blocks for a sync of the disk.
    ///
    /// # Errors
    /// - [`CommandError::Poisoned`]: the disk refused.
    /// - [`CommandError::Busy`], [`CommandError::Closed`]: the request was not taken.
    pub fn flush(&self) -> Result<Seq, CommandError> {
        self.check_running()?;
        let seq = self.state().seq;
        let (done, flushed) = crossbeam_channel::bounded(1);
        self.request(Request::Flush(done))?;
        match flushed.recv() {
            Ok(Ok(())) => Ok(seq),
            Ok(Err(error)) => Err(CommandError::Poisoned(error)),
            Err(_) => Err(CommandError::Closed),
        }
    }

    /// Hands a redaction over and waits until it is committed.
    pub(super) fn ask_to_redact(&self, redaction: Redaction) -> Redacted {
        self.check_running()?;
        let (done, redacted) = crossbeam_channel::bounded(1);
        self.request(Request::Redact(redaction, done))?;
        // A thread that is gone has dropped what it did not take.
        let gone = |_| Err(CommandError::Closed.into());
        redacted.recv().unwrap_or_else(gone)
    }

    /// Hands over how far a consumer has read, and waits until that is stored.
    pub(super) fn ask_to_note(&self, read: Progress) -> Result<(), CheckpointError> {
        self.check_running()?;
        let (done, stored) = crossbeam_channel::bounded(1);
        self.request(Request::Checkpoint(read, done))?;
        // A thread that is gone has dropped what it did not take.
        let stored = stored.recv().map_err(|_| CommandError::Closed)?;
        Ok(stored?)
    }

    /// Comes back after an end that the engine does not come back from by itself, such as a kick.
    /// Does nothing while a connection is up or under way.
    ///
    /// # Errors
    /// [`CommandError::Busy`], [`CommandError::Closed`], [`CommandError::Poisoned`]: the request
    /// was not taken.
    pub fn rejoin(&self) -> Result<(), CommandError> {
        self.check_running()?;
        self.request(Request::Rejoin)?;
        // A wait that begins now must not see the end that this call undoes.
        self.inner.shared.tell(|health| {
            if health.phase == Phase::Closed {
                health.phase = Phase::Idle;
            }
        });
        Ok(())
    }

    /// Stops the engine: leaves the channel, writes the last events, closes the log. Commands under
    /// way are settled. Blocks for at most
    /// [`Config::close_wait_max`](crate::Config::close_wait_max), and as long again for callbacks
    /// that have not seen all; other handles then see a closed engine whose state stays readable.
    ///
    /// # Errors
    /// - [`CloseError::TimedOut`]: it takes longer; it goes on closing.
    /// - [`CloseError::Poisoned`]: the log could not be written to its end.
    pub fn close(&self) -> Result<(), CloseError> {
        let Inner {
            shared,
            inbox,
            running,
            callbacks,
            close_wait_max,
            ..
        } = self.inner.as_ref();
        inbox.stop();
        let closed = shared.wait(*close_wait_max, |_, closed| closed.then_some(()));
        if closed.is_none() {
            return Err(CloseError::TimedOut(*close_wait_max));
        }
        running.join();
        callbacks.finish(*close_wait_max);
        match self.health().storage {
            Storage::Poisoned { error } => Err(CloseError::Poisoned(error)),
            _ => Ok(()),
        }
    }
}

/// A handle that does not keep the engine going, for callbacks and caches.
#[derive(Clone)]
pub struct WeakHandle {
    inner: Weak<Inner>,
}

impl WeakHandle {
    /// The handle, if the engine still has one.
    #[must_use]
    pub fn upgrade(&self) -> Option<ChannelHandle> {
        self.inner.upgrade().map(|inner| ChannelHandle { inner })
    }
}

impl std::fmt::Debug for WeakHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WeakHandle").finish_non_exhaustive()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "deadlines of waits on the host's own threads"
)]
fn deadline(timeout: Duration) -> Option<Instant> {
    Instant::now().checked_add(timeout)
}

/// What is left until a deadline; a long time if there is none.
#[expect(
    clippy::disallowed_methods,
    reason = "deadlines of waits on the host's own threads"
)]
fn remaining(until: Option<Instant>) -> Duration {
    match until {
        Some(until) => until
            .checked_duration_since(Instant::now())
            .unwrap_or_default(),
        None => Duration::MAX,
    }
}
