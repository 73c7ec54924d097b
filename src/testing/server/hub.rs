//! The model behind a lock, and what stands between it and the sockets.
//!
//! Every thread of the server holds the same [`Shared`]. Whoever has something for the model locks
//! the hub, feeds it, carries its output to the outlets and wakes whoever waits for a change: the
//! timer and the tests. Nothing blocks under the lock: outlets are bounded queues, and a client
//! that lets its queue fill up is dropped.

use crate::testing::server::clock::Clock;
use crate::testing::server::faults::{Discovery, Gate};
use crate::testing::server::polling::Session;
use crate::testing::server::stream::Stream;
use crate::testing::{ConnId, Model, Out, Peer};
use crossbeam_channel::{Sender, TrySendError};
use parking_lot::{Condvar, Mutex};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

/// Frames that may wait for one client.
pub(super) const OUTLET_FRAMES_MAX: usize = 16_384;

/// Frames of clients that are remembered.
const RECEIVED_MAX: usize = 100_000;

/// A frame that a client has sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReceivedFrame {
    /// By which connection; they are numbered from 1.
    pub conn: ConnId,
    /// The frame.
    pub text: String,
    /// When, in the model's milliseconds.
    pub at_ms: i64,
}

/// What a writer thread is to write.
#[derive(Debug)]
pub(super) enum Note {
    Text(Arc<str>),
    /// End politely, with an empty close frame.
    Close,
}

/// Where frames for a connection go.
#[derive(Debug)]
pub(super) enum Outlet {
    Socket { notes: Sender<Note>, stream: Stream },
    Poll(Arc<Session>),
}

impl Outlet {
    /// Queues a note; says no when the client takes too little.
    fn put(&self, note: Note) -> bool {
        match self {
            Self::Socket { notes, .. } => {
                !matches!(notes.try_send(note), Err(TrySendError::Full(_)))
            }
            Self::Poll(session) => session.put(note),
        }
    }

    /// Ends it without a word.
    pub(super) fn cut(&self) {
        match self {
            Self::Socket { stream, .. } => stream.cut(),
            Self::Poll(session) => session.end(),
        }
    }
}

/// The model and its connections.
#[derive(Debug)]
pub(super) struct Hub {
    pub(super) model: Model,
    pub(super) outlets: BTreeMap<ConnId, Outlet>,
    pub(super) received: VecDeque<ReceivedFrame>,
    pub(super) discovery: Discovery,
    /// Status that upgrades are answered with, if they are refused.
    pub(super) upgrade_refusal: Option<u16>,
    pub(super) sessions: BTreeMap<String, Arc<Session>>,
    next_conn: u64,
}

impl Hub {
    pub(super) fn new(model: Model) -> Self {
        Self {
            model,
            outlets: BTreeMap::new(),
            received: VecDeque::new(),
            discovery: Discovery::Own,
            upgrade_refusal: None,
            sessions: BTreeMap::new(),
            next_conn: 1,
        }
    }

    /// Takes a connection in.
    pub(super) fn open(&mut self, peer: Peer, outlet: Outlet, now_ms: i64) -> ConnId {
        let id = ConnId(self.next_conn);
        self.next_conn += 1;
        self.outlets.insert(id, outlet);
        self.model.open(id, peer, now_ms);
        id
    }

    /// A client has sent a frame.
    pub(super) fn frame(&mut self, conn: ConnId, text: String, now_ms: i64) {
        self.model.frame(conn, &text, now_ms);
        if self.received.len() == RECEIVED_MAX {
            self.received.pop_front();
        }
        let at_ms = now_ms;
        self.received.push_back(ReceivedFrame { conn, text, at_ms });
    }

    /// A connection is over.
    pub(super) fn close(&mut self, conn: ConnId, now_ms: i64) {
        self.outlets.remove(&conn);
        self.model.closed(conn, now_ms);
    }

    /// Forgets every connection, as when the process behind them ends.
    pub(super) fn cut_all(&mut self, now_ms: i64) {
        for (id, outlet) in std::mem::take(&mut self.outlets) {
            outlet.cut();
            self.model.closed(id, now_ms);
        }
        self.sessions.clear();
    }

    /// Carries what the model has put out to the outlets.
    fn deliver(&mut self, now_ms: i64) {
        let mut slow = Vec::new();
        for out in self.model.take_output() {
            match out {
                Out::Frame { conn, text } => {
                    let outlet = self.outlets.get(&conn);
                    if outlet.is_some_and(|outlet| !outlet.put(Note::Text(text))) {
                        slow.push(conn);
                    }
                }
                Out::Close { conn } => {
                    if let Some(outlet) = self.outlets.remove(&conn) {
                        outlet.put(Note::Close);
                    }
                }
            }
        }
        for conn in slow {
            log::debug!(
                "model server: connection {} takes too little, dropped",
                conn.0
            );
            if let Some(outlet) = self.outlets.remove(&conn) {
                outlet.cut();
                self.model.closed(conn, now_ms);
            }
        }
    }
}

/// What the threads of a server share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) hub: Mutex<Hub>,
    /// Something has happened to the hub, or the server stops.
    pub(super) changed: Condvar,
    pub(super) clock: Clock,
    /// Closed while the server stalls.
    pub(super) gate: Gate,
    stopping: AtomicBool,
    /// Scheme, host and port.
    pub(super) url: String,
    #[cfg(feature = "tls")]
    pub(super) tls: Option<Arc<rustls::ServerConfig>>,
    /// Sockets by number, to cut when the server stops.
    pub(super) sockets: Mutex<BTreeMap<u64, Stream>>,
    pub(super) threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Shared {
    pub(super) fn new(
        model: Model,
        clock: Clock,
        url: String,
        #[cfg(feature = "tls")] tls: Option<Arc<rustls::ServerConfig>>,
    ) -> Self {
        Self {
            hub: Mutex::new(Hub::new(model)),
            changed: Condvar::new(),
            clock,
            gate: Gate::default(),
            stopping: AtomicBool::new(false),
            url,
            #[cfg(feature = "tls")]
            tls,
            sockets: Mutex::new(BTreeMap::new()),
            threads: Mutex::new(Vec::new()),
        }
    }

    /// Does something to the hub, at the model's present time, and carries out what follows.
    pub(super) fn with<R>(&self, act: impl FnOnce(&mut Hub, i64) -> R) -> R {
        let mut hub = self.hub.lock();
        let now_ms = self.clock.now_ms();
        let result = act(&mut hub, now_ms);
        hub.deliver(now_ms);
        drop(hub);
        self.changed.notify_all();
        result
    }

    /// Lets the model's time pass until the server stops.
    pub(super) fn run_timer(&self) {
        let mut hub = self.hub.lock();
        while !self.is_stopping() {
            let now_ms = self.clock.now_ms();
            if hub
                .model
                .next_deadline()
                .is_some_and(|due_ms| due_ms <= now_ms)
            {
                hub.model.tick(now_ms);
                hub.deliver(now_ms);
                self.changed.notify_all();
            }
            match hub.model.next_deadline() {
                Some(due_ms) => {
                    let until = self.clock.instant_of(due_ms);
                    self.changed.wait_until(&mut hub, until);
                }
                None => self.changed.wait(&mut hub),
            }
        }
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Wakes everybody up to stop.
    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
        self.gate.open();
        // Waking happens with it, and under the lock, so that nobody can miss it.
        self.with(Hub::cut_all);
        for stream in self.sockets.lock().values() {
            stream.cut();
        }
    }
}
