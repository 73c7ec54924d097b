//! The engine: a channel driven on a thread of its own, and the place that hosts hold it by.
//!
//! This is the edge: here the clock is read, threads are started and randomness is drawn. Above
//! it, handles; below it, the pure channel.

mod callbacks;
mod clock;
mod commands;
mod driver;
mod handle;
mod health;
mod inbox;
mod reacting;
mod reading;
mod receipt;
mod redacting;
mod replay;
mod shared;
mod subscription;

pub use callbacks::{CallbackId, Occurrence};
pub use handle::{ChannelHandle, WeakHandle};
pub use health::{Health, Storage};
pub use receipt::Receipt;
pub use replay::{Replay, ReplayCancel};
pub use subscription::{CancelHandle, Filter, Start, Subscription};

use crate::backoff::JitteredBackoff;
use crate::channel::Channel;
use crate::config::Config;
use crate::dialler::Dialler;
use crate::error::OpenError;
use crate::sqlite::{LogOptions, SqliteLog};
use crate::transport::{Connector, NetConnector};
use clock::Clock;
use driver::Driver;
use inbox::{Inbox, WAKE};
use parking_lot::Mutex;
use shared::Shared;
use std::sync::Arc;
use std::thread::JoinHandle;

/// One channel being recorded: owns the thread, hands out handles.
///
/// Dropping the engine and every handle stops the thread and joins it;
/// [`ChannelHandle::close`](crate::ChannelHandle::close) does so at once and says how it went.
pub struct Engine {
    handle: ChannelHandle,
}

impl Engine {
    /// Opens the log, starts the channel's thread and begins to connect. Blocks for the opening of
    /// the log only: folding what is behind its last snapshot.
    ///
    /// # Errors
    /// - [`OpenError::Config`]: the configuration does not make sense.
    /// - [`OpenError::Log`]: the log is in use, of another channel, newer, damaged, not writable.
    /// - [`OpenError::System`]: no thread or no poll to be had.
    pub fn open(config: Config) -> Result<Self, OpenError> {
        Self::open_with(config, Arc::new(NetConnector::new()))
    }

    /// As [`Engine::open`], with connections made by another [`Connector`].
    ///
    /// # Errors
    /// As [`Engine::open`].
    pub fn open_with(config: Config, connector: Arc<dyn Connector>) -> Result<Self, OpenError> {
        config.check()?;
        let options =
            LogOptions::new(&config.channel, &config.origin).durability(config.durability);
        let log = SqliteLog::create_or_open(&config.log_path, &options)?;
        let clock = Clock::new();
        let (min, max) = (config.reconnect_delay_min, config.reconnect_delay_max);
        let delays = JitteredBackoff::new(min, max, clock::seed());
        let channel = Channel::open(&config, log, Box::new(delays), clock.now())?;
        let poll = mio::Poll::new()?;
        let waker = Arc::new(mio::Waker::new(poll.registry(), WAKE)?);
        let (sender, requests) = inbox::channel(config.command_queue_max, waker);
        let shared = Arc::new(Shared::new(&config, &channel));
        let inbox = Inbox {
            requests,
            sender: sender.clone(),
        };
        let dialler = Dialler::shared();
        let close_wait_max = config.close_wait_max;
        let driver = Driver::new(
            config,
            channel,
            poll,
            inbox,
            Arc::clone(&shared),
            clock,
            dialler,
            connector,
        );
        let thread = clock::spawn("projectionist-channel", move || driver.run())?;
        let handle = ChannelHandle::new(shared, sender, Running::new(thread), close_wait_max);
        Ok(Self { handle })
    }

    /// A handle on the channel: cheap to clone, usable from any thread.
    #[must_use]
    pub fn handle(&self) -> ChannelHandle {
        self.handle.clone()
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("handle", &self.handle)
            .finish()
    }
}

/// The thread of an engine, joined once.
#[derive(Debug)]
pub(crate) struct Running(Mutex<Option<JoinHandle<()>>>);

impl Running {
    fn new(thread: JoinHandle<()>) -> Self {
        Self(Mutex::new(Some(thread)))
    }

    /// Waits for the thread's end. Does nothing on the thread itself, which cannot wait for itself.
    pub(crate) fn join(&self) {
        let thread = self.0.lock().take();
        if let Some(thread) = thread
            && thread.thread().id() != std::thread::current().id()
        {
            // A panic of the thread has been reported by its poison already.
            let _ = thread.join();
        }
    }
}
