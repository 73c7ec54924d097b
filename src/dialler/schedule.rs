//! The thread's loop: jobs wait, start when their time and the pacer allow, and are told of.

use super::lease::{Lease, Leased};
use super::{Claim, Dialled, now};
use crate::config::Pace;
use crate::pacer::{Grant, Pacer};
use crate::transport::{Connector, Dial, DialError};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use parking_lot::Mutex;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

/// Dials under way at once. Jobs beyond it wait for one to end.
const RUNNING_MAX: usize = 64;

/// How long stopping waits for cancelled dials. Ours notice sooner; a host's own connector that
/// ignores its [`crate::transport::Cancel`] is left behind.
const STOP_WAIT_MAX: Duration = Duration::from_millis(90);

/// How often to look for a free socket without being told of one: a connection that outlived its
/// dialler tells that one, not its successor.
const FREE_SOCKET_CHECK: Duration = Duration::from_secs(1);

/// What the thread is told.
pub(super) enum Message {
    /// A job was handed in.
    Submit(Box<Waiting>),
    /// A ticket was dropped.
    Withdraw(u64),
    /// A socket was given back.
    Released,
    /// An attempt's thread is about to end.
    Finished(u64),
    /// Nobody holds the dialler any more.
    Stop,
}

/// A job that has not started.
pub(super) struct Waiting {
    pub(super) id: u64,
    /// When its delay is over.
    pub(super) due: Duration,
    pub(super) dial: Dial,
    pub(super) connector: Arc<dyn Connector>,
    pub(super) pace: Pace,
    pub(super) guest_login: bool,
    pub(super) claim: Arc<Claim>,
}

/// A dial under way.
struct Running {
    claim: Arc<Claim>,
    thread: JoinHandle<()>,
}

thread_local! {
    /// Whether this thread belongs to a dialler.
    static IS_OWN: Cell<bool> = const { Cell::new(false) };
}

/// Whether the caller runs on a thread of a dialler.
pub(super) fn is_own_thread() -> bool {
    IS_OWN.get()
}

/// All jobs of a dialler.
pub(super) struct Schedule {
    messages: Receiver<Message>,
    inbox: Sender<Message>,
    pacer: Arc<Mutex<Pacer>>,
    /// In the order of their due times, then of their ids.
    waiting: BTreeMap<(Duration, u64), Waiting>,
    running: BTreeMap<u64, Running>,
}

impl Schedule {
    pub(super) fn new(
        messages: Receiver<Message>,
        inbox: Sender<Message>,
        pacer: Arc<Mutex<Pacer>>,
    ) -> Self {
        Self {
            messages,
            inbox,
            pacer,
            waiting: BTreeMap::new(),
            running: BTreeMap::new(),
        }
    }

    /// Runs until told to stop.
    pub(super) fn run(mut self) {
        IS_OWN.set(true);
        loop {
            let now = now();
            let message = match self.start_due(now) {
                Some(at) => self.messages.recv_timeout(at.saturating_sub(now)),
                None => self.messages.recv().map_err(RecvTimeoutError::from),
            };
            match message {
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return self.stop(),
                Ok(message) => self.take(message),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Submit(job) => drop(self.waiting.insert((job.due, job.id), *job)),
            Message::Withdraw(id) => self.waiting.retain(|_, job| job.id != id),
            Message::Finished(id) => {
                if let Some(running) = self.running.remove(&id) {
                    let _ = running.thread.join();
                }
            }
            // The next look at what is due takes it into account.
            Message::Released | Message::Stop => {}
        }
    }

    /// Starts what may start, and says when to look again if nothing happens before.
    fn start_due(&mut self, now: Duration) -> Option<Duration> {
        let mut look_again: Option<Duration> = None;
        let mut starting = Vec::new();
        for (key, job) in &self.waiting {
            let under_way = self.running.len() + starting.len();
            let (starts_at, look_at) = match self.grant(job, under_way, now) {
                Some(Grant::At(at)) => (Some(at), Some(at)),
                Some(Grant::WhenReleased) => (None, Some(now + FREE_SOCKET_CHECK)),
                Some(Grant::Now) => {
                    starting.push(*key);
                    (None, None)
                }
                None => (None, None),
            };
            *job.claim.starts_at.lock() = starts_at;
            look_again = look_again.into_iter().chain(look_at).min();
        }
        for key in starting {
            if let Some(job) = self.waiting.remove(&key) {
                self.start(job);
            }
        }
        look_again
    }

    /// Whether a job may start. None: not before an attempt ends, of which we are told.
    fn grant(&self, job: &Waiting, under_way: usize, now: Duration) -> Option<Grant> {
        if job.due > now {
            return Some(Grant::At(job.due));
        }
        let may_reserve = under_way < RUNNING_MAX;
        let mut pacer = self.pacer.lock();
        may_reserve.then(|| pacer.reserve(&job.dial.origin, job.pace, job.guest_login, now))
    }

    /// Dials on a thread of its own. The pacer has counted it.
    fn start(&mut self, job: Waiting) {
        let lease = Lease {
            origin: job.dial.origin.clone(),
            pacer: Arc::clone(&self.pacer),
            schedule: self.inbox.clone(),
        };
        let (id, claim) = (job.id, Arc::clone(&job.claim));
        let inbox = self.inbox.clone();
        let spawned = std::thread::Builder::new()
            .name("projectionist-dial".to_owned())
            .spawn(move || {
                IS_OWN.set(true);
                let _finished = Finished { id, inbox };
                let result = attempt(&job, lease);
                job.claim.deliver(result);
            });
        match spawned {
            Ok(thread) => drop(self.running.insert(id, Running { claim, thread })),
            Err(error) => claim.deliver(Err(DialError::Network {
                endpoint: "this machine".to_owned(),
                detail: format!("no thread to dial on: {error}"),
            })),
        }
    }

    /// Cancels what is under way and waits for it, a little.
    fn stop(mut self) {
        self.waiting.clear();
        for running in self.running.values() {
            running.claim.withdraw();
        }
        let until = now() + STOP_WAIT_MAX;
        while !self.running.is_empty() {
            match self.messages.recv_timeout(until.saturating_sub(now())) {
                Ok(message @ Message::Finished(_)) => self.take(message),
                Ok(_) => {}
                Err(_) => {
                    let count = self.running.len();
                    return log::warn!("{count} dials ignore their cancellation: left behind");
                }
            }
        }
    }
}

/// Tells the schedule that an attempt is over, however it ends.
struct Finished {
    id: u64,
    inbox: Sender<Message>,
}

impl Drop for Finished {
    fn drop(&mut self) {
        let _ = self.inbox.send(Message::Finished(self.id));
    }
}

/// One attempt. A connector that panics has failed, no more: its channel must hear of it.
fn attempt(job: &Waiting, lease: Lease) -> Dialled {
    let dialled = catch_unwind(AssertUnwindSafe(|| {
        job.connector.connect(&job.dial, &job.claim.cancel)
    }));
    let transport = dialled.unwrap_or_else(|_| {
        Err(DialError::Network {
            endpoint: job.dial.origin.clone(),
            detail: "the connector panicked".to_owned(),
        })
    })?;
    let _lease = lease;
    Ok(Box::new(Leased { transport, _lease }))
}
