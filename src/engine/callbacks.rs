//! Callbacks: a host's closures, called for events on a thread of their own.
//!
//! The thread reads the log like any subscriber and folds a state of its own, so a slow callback
//! makes it lag and nothing else: the recorder, the state and other readers go on. A callback that
//! panics is reported and called again for the next event. No lock is held during a call but the
//! callback's own: it may use the handle, add and remove callbacks, and close the engine.

use super::clock;
use super::shared::Shared;
use super::subscription::Filter;
use crate::error::SubscribeError;
use crate::event::{Recorded, Seq};
use crate::log::{LogError, Read};
use crate::sqlite::SqliteReader;
use crate::state::ChannelState;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{JoinHandle, ThreadId};
use std::time::Duration;

/// Events read from the file at a time.
const PAGE: usize = 256;

/// How long to wait before a log that cannot be read is tried again.
const RETRY: Duration = Duration::from_secs(1);

/// One event, and the channel before and after it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Occurrence {
    /// What happened.
    pub event: Recorded,
    /// The state that the event met.
    pub before: Arc<ChannelState>,
    /// The state it made.
    pub after: Arc<ChannelState>,
}

/// A registered callback, to be removed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallbackId(u64);

type Call = Box<dyn FnMut(&Occurrence) + Send>;

/// One callback.
struct Registration {
    read: Read,
    /// Only events behind this one: it was registered then.
    from: Seq,
    removed: AtomicBool,
    call: Mutex<Call>,
}

/// The callbacks of one engine.
pub(super) struct Callbacks {
    shared: Arc<Shared>,
    registry: Mutex<Registry>,
    next_id: AtomicU64,
    stopping: AtomicBool,
}

#[derive(Default)]
struct Registry {
    entries: BTreeMap<CallbackId, Arc<Registration>>,
    thread: Option<JoinHandle<()>>,
    /// The thread that calls, while it runs.
    running: Option<ThreadId>,
}

impl Callbacks {
    pub(super) fn new(shared: Arc<Shared>) -> Arc<Self> {
        Arc::new(Self {
            shared,
            registry: Mutex::default(),
            next_id: AtomicU64::new(1),
            stopping: AtomicBool::new(false),
        })
    }

    /// Registers a callback for what comes from now on; the first one starts the thread.
    pub(super) fn on(
        self: &Arc<Self>,
        filter: &Filter,
        call: Call,
    ) -> Result<CallbackId, SubscribeError> {
        let id = CallbackId(self.next_id.fetch_add(1, Ordering::Relaxed));
        let mut registry = self.registry.lock();
        let state = self.shared.state();
        let registration = Registration {
            read: filter.read(),
            from: state.seq,
            removed: AtomicBool::new(false),
            call: Mutex::new(call),
        };
        if registry.running.is_none() {
            let reader = SqliteReader::open(&self.shared.log_path)?;
            let callbacks = Arc::clone(self);
            let run = move || callbacks.run(&reader, state);
            let thread = clock::spawn("projectionist-callbacks", run);
            let thread = thread.map_err(SubscribeError::System)?;
            registry.running = Some(thread.thread().id());
            registry.thread = Some(thread);
        }
        registry.entries.insert(id, Arc::new(registration));
        Ok(id)
    }

    /// Removes a callback; says whether it was there. A call under way on another thread is waited
    /// for.
    pub(super) fn off(&self, id: CallbackId) -> bool {
        let (entry, running) = {
            let mut registry = self.registry.lock();
            (registry.entries.remove(&id), registry.running)
        };
        let Some(entry) = entry else { return false };
        entry.removed.store(true, Ordering::Release);
        if running == Some(std::thread::current().id()) {
            return true;
        }
        drop(entry.call.lock());
        self.shared.nudge();
        true
    }

    /// Ends the thread once it has called for everything up to the end of a closed log, or at once
    /// where that takes longer than `patience`; then forgets all callbacks.
    pub(super) fn finish(&self, patience: Duration) {
        let running = || self.registry.lock().running;
        if running().is_some_and(|id| id != std::thread::current().id()) {
            let _ = self
                .shared
                .wait(patience, |_, _| running().is_none().then_some(()));
        }
        self.stop();
    }

    /// Ends the thread behind the call under way, and waits for that, unless it is this thread.
    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
        self.shared.nudge();
        let (thread, entries) = {
            let mut registry = self.registry.lock();
            let entries = std::mem::take(&mut registry.entries);
            (registry.thread.take(), entries)
        };
        if let Some(thread) = thread
            && thread.thread().id() != std::thread::current().id()
        {
            // Panics of callbacks are caught where they are called.
            let _ = thread.join();
        }
        // Outside of all locks: closures may hold handles, the last one among them.
        drop(entries);
    }

    fn run(&self, reader: &SqliteReader, mut state: Arc<ChannelState>) {
        while self.goes_on() {
            let none_left = || self.registry.lock().entries.is_empty();
            let give_up = || self.stopping.load(Ordering::Acquire) || none_left();
            if !self.shared.wait_past(state.seq, Duration::MAX, give_up) {
                if self.shared.is_closed() {
                    self.registry.lock().running = None;
                    break;
                }
                continue;
            }
            if let Err(error) = self.page(reader, &mut state) {
                log::error!("callbacks wait: the log cannot be read: {error}");
                self.shared.wait(RETRY, |_, _| give_up().then_some(()));
            }
        }
        self.shared.nudge();
    }

    /// Whether there is anybody to call. If not, the thread counts as gone: the next callback starts
    /// another.
    fn goes_on(&self) -> bool {
        let mut registry = self.registry.lock();
        let is_over = self.stopping.load(Ordering::Acquire) || registry.entries.is_empty();
        if is_over {
            registry.running = None;
        }
        !is_over
    }

    fn page(&self, reader: &SqliteReader, state: &mut Arc<ChannelState>) -> Result<(), LogError> {
        // Only what is published counts as there: the file may be one commit ahead.
        let head = self.shared.head();
        let read = Read::default().after(state.seq).until(head).limit(PAGE);
        for event in reader.read(&read)? {
            // Slow calls may have had the rest of the page wait while some of it was redacted.
            let event = if self.shared.head() == head {
                Some(event)
            } else {
                reader.shown_now(event, &read)?
            };
            let Some(event) = event else { continue };
            let wanted = self.wanted(&event);
            if wanted.is_empty() {
                Arc::make_mut(state).apply(&event);
                continue;
            }
            let before = Arc::clone(state);
            Arc::make_mut(state).apply(&event);
            let after = Arc::clone(state);
            let occurrence = Occurrence {
                event,
                before,
                after,
            };
            for registration in wanted {
                if self.stopping.load(Ordering::Acquire) {
                    return Ok(());
                }
                registration.call(&occurrence);
            }
        }
        Ok(())
    }

    /// Who wants an event, in the order of registration.
    fn wanted(&self, event: &Recorded) -> Vec<Arc<Registration>> {
        let registry = self.registry.lock();
        let wants =
            |entry: &&Arc<Registration>| event.seq > entry.from && entry.read.matches(event);
        registry.entries.values().filter(wants).cloned().collect()
    }
}

impl Registration {
    fn call(&self, occurrence: &Occurrence) {
        let mut call = self.call.lock();
        // Removed by another callback of the same event, or while we waited for the lock.
        if self.removed.load(Ordering::Acquire) {
            return;
        }
        let called = catch_unwind(AssertUnwindSafe(|| call(occurrence)));
        if called.is_err() {
            let (seq, kind) = (occurrence.event.seq, occurrence.event.kind().as_str());
            log::error!(
                "a callback panicked at event {} ({kind}); it stays registered",
                seq.0
            );
        }
    }
}
