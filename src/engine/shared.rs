//! What handles see: the published state, the engine's health, and the wake-up when either moves.

use super::health::{Health, Storage};
use crate::channel::Channel;
use crate::config::Config;
use crate::dialler::Ticket;
use crate::event::Seq;
use crate::log::EventLog;
use crate::session::Phase;
use crate::state::ChannelState;
use parking_lot::{Condvar, Mutex, RwLock};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Shared between the channel thread (which writes) and handles (which read and wait).
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) log_path: PathBuf,
    pub(crate) log_id: String,
    pub(crate) chat_length_max: usize,
    /// Whether commands handed over outside the channel wait for the next join.
    pub(crate) keeps_commands: bool,
    pub(crate) send_wait_max: Duration,
    state: RwLock<Arc<ChannelState>>,
    news: Mutex<News>,
    moved: Condvar,
}

/// What waits look at, under one lock with the condition.
#[derive(Debug)]
struct News {
    health: Health,
    closed: bool,
    /// The dial that is waited for.
    dial: Option<Arc<Ticket>>,
}

impl Shared {
    pub(crate) fn new<L: EventLog>(config: &Config, channel: &Channel<L>) -> Self {
        let state = Arc::clone(channel.state());
        let health = Health {
            head: state.seq,
            phase: Phase::Dialling,
            ..Health::default()
        };
        Self {
            log_path: config.log_path.clone(),
            log_id: channel.log().log_id().to_owned(),
            chat_length_max: config.chat_length_max,
            keeps_commands: !config.keep_wait_max.is_zero(),
            send_wait_max: config.send_wait_max,
            state: RwLock::new(state),
            news: Mutex::new(News {
                health,
                closed: false,
                dial: None,
            }),
            moved: Condvar::new(),
        }
    }

    /// The committed state. The lock is held for one reference count.
    pub(crate) fn state(&self) -> Arc<ChannelState> {
        Arc::clone(&self.state.read())
    }

    pub(crate) fn health(&self) -> Health {
        let news = self.news.lock();
        let wait = news.dial.as_ref().and_then(|dial| dial.next_attempt_in());
        let retry_in_ms = wait.map(|wait| wait.as_millis() as u64);
        Health {
            retry_in_ms,
            ..news.health.clone()
        }
    }

    /// The newest committed event.
    pub(crate) fn head(&self) -> Seq {
        self.news.lock().health.head
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.news.lock().closed
    }

    /// Publishes a state; readers see it at once.
    pub(crate) fn publish(&self, state: &Arc<ChannelState>) {
        *self.state.write() = Arc::clone(state);
    }

    /// Changes what waits look at, and wakes them.
    pub(crate) fn tell(&self, change: impl FnOnce(&mut Health)) {
        change(&mut self.news.lock().health);
        self.moved.notify_all();
    }

    /// A dial is waited for, or no longer.
    pub(crate) fn dialling(&self, dial: Option<Arc<Ticket>>) {
        self.news.lock().dial = dial;
    }

    pub(crate) fn poison(&self, error: String) {
        self.tell(|health| {
            health.phase = Phase::Closed;
            health.storage = Storage::Poisoned { error };
        });
    }

    /// The thread is gone: nothing will move any more.
    pub(crate) fn close(&self) {
        self.news.lock().closed = true;
        self.moved.notify_all();
    }

    /// Waits until `check` gives a value, at most so long. `check` runs under the lock, on the
    /// waiting thread, each time something moves; it is told whether the engine is closed.
    pub(crate) fn wait<T>(
        &self,
        timeout: Duration,
        mut check: impl FnMut(&Health, bool) -> Option<T>,
    ) -> Option<T> {
        let until = now().checked_add(timeout);
        let mut news = self.news.lock();
        loop {
            if let Some(value) = check(&news.health, news.closed) {
                return Some(value);
            }
            let timed_out = match until {
                Some(until) => self.moved.wait_until(&mut news, until).timed_out(),
                None => {
                    self.moved.wait(&mut news);
                    false
                }
            };
            if timed_out {
                return check(&news.health, news.closed);
            }
        }
    }

    /// Waits until the log has an event after `seq`. Says whether it has; `false` also when the
    /// engine closed or time is up.
    pub(crate) fn wait_past(
        &self,
        seq: Seq,
        timeout: Duration,
        give_up: impl Fn() -> bool,
    ) -> bool {
        self.wait(timeout, |health, closed| {
            (health.head > seq || closed || give_up()).then_some(health.head > seq)
        })
        .unwrap_or(false)
    }

    /// Wakes all waits, so that they look at their own reasons to give up.
    pub(crate) fn nudge(&self) {
        drop(self.news.lock());
        self.moved.notify_all();
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "deadlines of waits on the host's own threads"
)]
fn now() -> Instant {
    Instant::now()
}
