//! The channel thread's loop: wait, take in, commit, publish, put out.
//!
//! There is no queue between socket and disk: while the disk is slow nothing is read, and TCP
//! pushes back. Everything a turn takes in is committed in one transaction, so batches grow by
//! themselves under load. The thread sleeps in the poll until the socket, a host or a deadline
//! wakes it; idle costs nothing.

mod farewell;

use super::clock::Clock;
use super::health::Storage;
use super::inbox::{DialResult, Inbox, Redacted, Request, SOCKET};
use super::receipt::Slot;
use super::shared::Shared;
use crate::channel::{Channel, CommandId, Input, Output};
use crate::config::Config;
use crate::dialler::{DialJob, Dialler};
use crate::event::DisconnectCause;
use crate::log::{EventLog, LogError};
use crate::sqlite::SqliteLog;
use crate::transport::{Connector, Dial, DialError, Received, Transport, TransportError};
use crossbeam_channel::Sender;
use farewell::Guard;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// First wait before a failed commit is tried again; doubles up to [`STORAGE_WAIT_MAX`].
const STORAGE_WAIT_MIN: Duration = Duration::from_millis(50);
const STORAGE_WAIT_MAX: Duration = Duration::from_secs(2);

/// Requests taken in per turn, so that a busy host does not starve the socket.
const REQUESTS_MAX: usize = 64;

/// The loop's belongings.
pub(super) struct Driver {
    config: Config,
    channel: Channel<SqliteLog>,
    poll: mio::Poll,
    events: mio::Events,
    inbox: Inbox,
    shared: Arc<Shared>,
    clock: Clock,
    dialler: Arc<Dialler>,
    connector: Arc<dyn Connector>,
    transport: Option<Box<dyn Transport>>,
    /// Number of the dial under way: results of earlier ones are late.
    dial_no: u64,
    slots: BTreeMap<CommandId, Arc<Slot>>,
    flushes: Vec<Sender<Result<(), String>>>,
    /// Answers that wait for the commit of what they tell.
    redactions: Vec<(Sender<Redacted>, Redacted)>,
    /// The last drain stopped at its limit: more may be waiting.
    more: bool,
    /// Whether this engine has ever been in the channel: a certificate that fails later may be
    /// mended, one that fails at first is a mistake.
    was_live: bool,
}

impl Driver {
    #[allow(
        clippy::too_many_arguments,
        reason = "called once; the parts have no better home"
    )]
    pub(super) fn new(
        config: Config,
        channel: Channel<SqliteLog>,
        poll: mio::Poll,
        inbox: Inbox,
        shared: Arc<Shared>,
        clock: Clock,
        dialler: Arc<Dialler>,
        connector: Arc<dyn Connector>,
    ) -> Self {
        Self {
            config,
            channel,
            poll,
            events: mio::Events::with_capacity(8),
            inbox,
            shared,
            clock,
            dialler,
            connector,
            transport: None,
            dial_no: 0,
            slots: BTreeMap::new(),
            flushes: Vec::new(),
            redactions: Vec::new(),
            more: false,
            was_live: false,
        }
    }

    /// Runs until told to stop, or until the log cannot be written.
    pub(super) fn run(mut self) {
        // Whatever ends this thread, a panic included, nobody waits for it in vain.
        let shared = Arc::clone(&self.shared);
        let _guard = Guard(shared);
        self.channel.handle_input(self.clock.now(), Input::Start);
        let ended = self.turns();
        self.finish(ended);
    }

    fn turns(&mut self) -> Result<(), LogError> {
        loop {
            self.commit()?;
            self.put_out();
            // What was put out may have failed, and so staged events: those come first.
            if self.channel.has_staged() {
                continue;
            }
            if self.inbox.sender.is_stopping() {
                return Ok(());
            }
            self.wait();
            self.take_in();
        }
    }

    fn wait(&mut self) {
        let deadline = self.channel.deadline();
        let timeout = if self.more {
            Some(Duration::ZERO)
        } else {
            let wait = |at: Duration| at.saturating_sub(self.clock.mono());
            let unsent = self
                .transport
                .as_ref()
                .is_some_and(|transport| transport.has_unsent());
            // A stalled peer is looked at again, so that its deadline is noticed.
            let stalled = unsent.then_some(Duration::from_millis(500));
            [deadline.map(wait), stalled].into_iter().flatten().min()
        };
        if timeout.is_none_or(|timeout| !timeout.is_zero()) {
            self.channel.log_mut().idle();
        }
        if let Err(error) = self.poll.poll(&mut self.events, timeout)
            && error.kind() != std::io::ErrorKind::Interrupted
        {
            log::error!("waiting for the socket failed: {error}");
        }
    }

    fn take_in(&mut self) {
        if let Some(result) = self.inbox.sender.take_dialled() {
            self.dialled(result);
        }
        for _ in 0..REQUESTS_MAX {
            match self.inbox.requests.try_recv() {
                Ok(request) => self.request(request),
                Err(_) => break,
            }
        }
        self.read_frames();
        self.channel.handle_input(self.clock.now(), Input::Timeout);
    }

    fn request(&mut self, request: Request) {
        match request {
            Request::Command(id, command, slot) => {
                self.slots.insert(id, slot);
                self.channel
                    .handle_input(self.clock.now(), Input::Command(id, command));
            }
            Request::Flush(done) => self.flushes.push(done),
            Request::Checkpoint(read, done) => {
                let log = self.channel.log_mut();
                let stored = log.put_checkpoint(&read.consumer, read.version, read.seq, read.chain);
                // Whoever asked may have gone.
                let _ = done.send(stored);
            }
            Request::Rejoin => self.channel.handle_input(self.clock.now(), Input::Rejoin),
            Request::Redact(redaction, done) => {
                let redacted = self.channel.redact(self.clock.now(), &redaction);
                self.redactions.push((done, redacted));
            }
        }
    }

    /// Reads until there is nothing more, or the transaction is large enough.
    fn read_frames(&mut self) {
        self.more = false;
        let Some(transport) = &mut self.transport else {
            return;
        };
        for _ in 0..self.config.drain_frames_max {
            match transport.receive() {
                Ok(Received::Frame(frame)) => {
                    let now = self.clock.now();
                    self.channel.handle_input(now, Input::Frame(&frame));
                    if !self.channel.is_open() {
                        // The session is over: what follows on this transport is not for us.
                        return;
                    }
                }
                Ok(Received::Nothing) => return,
                Err(error) => return self.transport_failed(&error),
            }
        }
        self.more = true;
    }

    fn transport_failed(&mut self, error: &TransportError) {
        self.transport = None;
        let code = match error {
            TransportError::Closed { code } => *code,
            _ => None,
        };
        let cause = match error {
            TransportError::FrameTooLarge { .. } | TransportError::Protocol(_) => {
                DisconnectCause::Protocol
            }
            _ => DisconnectCause::Closed,
        };
        let detail = Some(error.to_string());
        self.channel.handle_input(
            self.clock.now(),
            Input::Closed {
                cause,
                detail,
                code,
            },
        );
    }

    fn dialled(&mut self, (number, result): DialResult) {
        if number != self.dial_no || self.inbox.sender.is_stopping() {
            return;
        }
        self.shared.dialling(None);
        let attached = result
            .map_err(|error| (self.is_fatal(&error), error.to_string()))
            .and_then(|mut transport| {
                let (registry, waker) = (self.poll.registry(), self.inbox.sender.waker());
                match transport.attach(registry, SOCKET, waker) {
                    Ok(()) => Ok(transport),
                    Err(error) => Err((false, error.to_string())),
                }
            });
        let now = self.clock.now();
        match attached {
            Ok(transport) => {
                let (endpoint, kind) = (transport.endpoint().to_owned(), transport.kind());
                log::info!("connected to {endpoint} by {kind}");
                let input = Input::Opened {
                    endpoint: &endpoint,
                    transport: kind,
                };
                self.channel.handle_input(now, input);
                self.transport = Some(transport);
            }
            Err((fatal, error)) => {
                log::warn!("connecting failed: {error}");
                self.channel
                    .handle_input(now, Input::DialFailed { error, fatal });
            }
        }
    }

    /// Whether trying again cannot help.
    fn is_fatal(&self, error: &DialError) -> bool {
        match error {
            DialError::NoSuchChannel { .. } | DialError::Insecure { .. } => true,
            DialError::Certificate { .. } => !self.was_live,
            _ => false,
        }
    }

    /// Appends, then publishes. A failing disk is tried again while nothing is read; nothing of
    /// the batch is shown meanwhile.
    fn commit(&mut self) -> Result<(), LogError> {
        let started = self.clock.mono();
        let mut wait = STORAGE_WAIT_MIN;
        loop {
            let error = match self.channel.commit() {
                Ok(appended) => {
                    self.publish(appended);
                    return Ok(());
                }
                Err(error) => error,
            };
            let elapsed = self.clock.mono().saturating_sub(started);
            let gives_up = elapsed >= self.config.storage_retry_max
                || (self.inbox.sender.is_stopping() && elapsed >= self.config.close_wait_max);
            if !error.is_retryable() || gives_up {
                return Err(error);
            }
            log::warn!("commit failed, trying again: {error}");
            let error = error.to_string();
            self.shared
                .tell(|health| health.storage = Storage::Degraded { error });
            // Readiness of the socket is edge-triggered: what is missed here is read afterwards.
            self.more = true;
            let _ = self.poll.poll(&mut self.events, Some(wait));
            wait = (wait * 2).min(STORAGE_WAIT_MAX);
        }
    }

    fn publish(&mut self, appended: bool) {
        if appended {
            self.shared.publish(self.channel.state());
        }
        self.was_live |= self.channel.state().is_live();
        let channel = &self.channel;
        let (now, transport) = (self.clock.now(), &self.transport);
        self.shared.tell(|health| {
            let before = health.counters.frames;
            health.phase = channel.phase();
            health.attempt = channel.attempt();
            health.counters = channel.counters();
            health.head = channel.state().seq;
            health.storage = Storage::Sound;
            if health.last_error.as_deref() != channel.last_error() {
                health.last_error = channel.last_error().map(str::to_owned);
            }
            if health.counters.frames != before {
                health.last_frame_at = Some(now.wall);
            }
            if transport.is_some() != health.endpoint.is_some() {
                health.endpoint = transport.as_ref().map(|t| t.endpoint().to_owned());
                health.transport = transport.as_ref().map(|t| t.kind().to_owned());
            }
        });
        for (done, redacted) in self.redactions.drain(..) {
            // Whoever asked may have gone.
            let _ = done.send(redacted);
        }
        if !self.flushes.is_empty() {
            let flushed = self
                .channel
                .log_mut()
                .flush()
                .map_err(|error| error.to_string());
            for done in self.flushes.drain(..) {
                let _ = done.send(flushed.clone());
            }
        }
    }

    /// Does what the channel asks for, now that what led to it is committed.
    fn put_out(&mut self) {
        loop {
            match self.channel.poll_output() {
                Output::Timeout(_) => break,
                Output::Transmit(frame) => self.transmit(&frame),
                Output::Close => self.hang_up(),
                Output::Dial { delay, servers } => self.dial(delay, servers),
                Output::Settled(id, outcome) => {
                    if let Some(slot) = self.slots.remove(&id) {
                        slot.settle(outcome);
                    }
                }
            }
        }
        let now = self.clock.mono();
        if let Some(transport) = &mut self.transport
            && let Err(error) = transport.flush(now)
        {
            self.transport_failed(&error);
        }
    }

    fn transmit(&mut self, frame: &str) {
        if let Some(transport) = &mut self.transport
            && let Err(error) = transport.send(frame)
        {
            self.transport_failed(&error);
        }
    }

    fn hang_up(&mut self) {
        if let Some(mut transport) = self.transport.take() {
            transport.close();
        }
    }

    fn dial(&mut self, delay: Duration, servers: Vec<String>) {
        self.dial_no += 1;
        let (number, sender) = (self.dial_no, self.inbox.sender.clone());
        let job = DialJob {
            dial: Dial::new(&self.config, servers),
            connector: Arc::clone(&self.connector),
            delay,
            pace: self.config.pace,
            guest_login: self.config.login.is_guest(),
            reply: Box::new(move |result| sender.dialled((number, result))),
        };
        // The ticket it replaces is dropped with it, which withdraws that dial.
        let ticket = Arc::new(self.dialler.submit(job));
        self.shared.dialling(Some(ticket));
    }
}
