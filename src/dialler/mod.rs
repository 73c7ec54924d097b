//! The backoff thread: one per process, it decides when each channel dials.
//!
//! Channels hand in a [`DialJob`] and go on; the thread waits out the delay and the site's pace
//! (see `pacer`), then dials on a thread of its own for each attempt, so that a dead server holds
//! up nobody else. It waits on its inbox with a time-out and on nothing else: withdrawing a job or
//! stopping takes no time. It retries nothing: whether and how soon to try again is the channel's
//! decision, made anew for each job.
//!
//! The thread runs while anybody holds the dialler or a ticket. What the pacer has counted
//! outlives it: a host that opens and closes engines one after the other is one address too.

mod lease;
mod schedule;
#[cfg(test)]
mod tests;

use crate::config::Pace;
use crate::pacer::Pacer;
use crate::transport::{Cancel, Connector, Dial, DialError, Transport, clock};
use crossbeam_channel::Sender;
use parking_lot::Mutex;
use schedule::{Message, Schedule};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What a dial came to. The transport holds one of its origin's sockets until it is dropped.
pub(crate) type Dialled = Result<Box<dyn Transport>, DialError>;

/// Who hears of it.
pub(crate) type Reply = Box<dyn FnOnce(Dialled) + Send>;

/// One dial to make.
pub(crate) struct DialJob {
    /// What to connect to.
    pub(crate) dial: Dial,
    /// What connects.
    pub(crate) connector: Arc<dyn Connector>,
    /// How long to wait first, at least.
    pub(crate) delay: Duration,
    /// What the site grants, as far as this channel knows.
    pub(crate) pace: Pace,
    /// Whether a guest login follows, which the server admits once a minute.
    pub(crate) guest_login: bool,
    /// Called with the result, once, on the thread of the attempt; never after the ticket is
    /// dropped.
    pub(crate) reply: Reply,
}

/// Dials for all channels of a process.
pub(crate) struct Dialler {
    inbox: Sender<Message>,
    thread: Option<JoinHandle<()>>,
    next_id: AtomicU64,
}

impl Dialler {
    /// The process's dialler, started if nobody uses it yet.
    pub(crate) fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Dialler>> = Mutex::new(Weak::new());
        static PACER: OnceLock<Arc<Mutex<Pacer>>> = OnceLock::new();
        let mut shared = SHARED.lock();
        shared.upgrade().unwrap_or_else(|| {
            let pacer = PACER.get_or_init(Arc::default);
            let dialler = Self::start(Arc::clone(pacer));
            *shared = Arc::downgrade(&dialler);
            dialler
        })
    }

    /// A dialler of its own, under the pacer given.
    pub(crate) fn start(pacer: Arc<Mutex<Pacer>>) -> Arc<Self> {
        let (inbox, messages) = crossbeam_channel::unbounded();
        let schedule = Schedule::new(messages, inbox.clone(), pacer);
        let thread = std::thread::Builder::new()
            .name("projectionist-backoff".to_owned())
            .spawn(move || schedule.run());
        // Without its thread the inbox is disconnected, which every job is then told.
        let thread = thread
            .inspect_err(|error| log::error!("the backoff thread does not start: {error}"))
            .ok();
        Arc::new(Self {
            inbox,
            thread,
            next_id: AtomicU64::new(0),
        })
    }

    /// Hands in a job. It is withdrawn when the ticket is dropped.
    pub(crate) fn submit(self: &Arc<Self>, job: DialJob) -> Ticket {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let due = now() + job.delay;
        let claim = Arc::new(Claim::new(job.reply, due));
        let ticket = Ticket {
            id,
            claim: Arc::clone(&claim),
            dialler: Arc::clone(self),
        };
        let message = Message::Submit(Box::new(schedule::Waiting {
            id,
            due,
            dial: job.dial,
            connector: job.connector,
            pace: job.pace,
            guest_login: job.guest_login,
            claim: Arc::clone(&claim),
        }));
        if self.inbox.send(message).is_err() {
            claim.deliver(Err(DialError::Cancelled));
        }
        ticket
    }
}

impl Drop for Dialler {
    fn drop(&mut self) {
        let _ = self.inbox.send(Message::Stop);
        // A reply may let go of the last dialler. It runs on a thread that the schedule waits for,
        // so it must not wait for the schedule.
        if let Some(thread) = self.thread.take().filter(|_| !schedule::is_own_thread()) {
            let _ = thread.join();
        }
    }
}

/// A job handed in. Dropping it withdraws the job: one that waits vanishes, one under way is
/// cancelled and its connection, should it still come, closed.
pub(crate) struct Ticket {
    id: u64,
    claim: Arc<Claim>,
    dialler: Arc<Dialler>,
}

impl Ticket {
    /// How long until the dial starts, at the earliest. None once it has started, and while it
    /// waits for another connection to end.
    pub(crate) fn next_attempt_in(&self) -> Option<Duration> {
        let starts_at = *self.claim.starts_at.lock();
        starts_at.map(|at| at.saturating_sub(now()))
    }
}

impl std::fmt::Debug for Ticket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ticket")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.claim.withdraw();
        let _ = self.dialler.inbox.send(Message::Withdraw(self.id));
    }
}

/// What a job, its ticket and its attempt share. Whoever takes the reply first decides: the
/// attempt by delivering, the ticket by withdrawing.
struct Claim {
    cancel: Cancel,
    reply: Mutex<Option<Reply>>,
    starts_at: Mutex<Option<Duration>>,
}

impl Claim {
    fn new(reply: Reply, due: Duration) -> Self {
        Self {
            cancel: Cancel::default(),
            reply: Mutex::new(Some(reply)),
            starts_at: Mutex::new(Some(due)),
        }
    }

    fn deliver(&self, result: Dialled) {
        // In a statement of its own, so that the lock is free while the reply runs.
        let reply = self.reply.lock().take();
        match (reply, result) {
            (Some(reply), result) => reply(result),
            (None, Ok(mut transport)) => transport.close(),
            (None, Err(_)) => {}
        }
    }

    fn withdraw(&self) {
        self.cancel.cancel();
        let reply = self.reply.lock().take();
        drop(reply);
    }
}

/// Time since the process first asked. One origin for all diallers, as they share a pacer.
fn now() -> Duration {
    static ORIGIN: OnceLock<Instant> = OnceLock::new();
    clock().saturating_duration_since(*ORIGIN.get_or_init(clock))
}
