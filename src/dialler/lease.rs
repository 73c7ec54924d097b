//! A site admits so many sockets at once: whoever holds a lease holds one of them.

use super::schedule::Message;
use crate::pacer::Pacer;
use crate::transport::{Received, Transport, TransportError};
use crossbeam_channel::Sender;
use mio::{Registry, Token, Waker};
use parking_lot::Mutex;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// One socket at one origin, given back when dropped.
pub(super) struct Lease {
    pub(super) origin: String,
    pub(super) pacer: Arc<Mutex<Pacer>>,
    /// Whom to tell that a socket is free. It may have gone home already.
    pub(super) schedule: Sender<Message>,
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.pacer.lock().release(&self.origin);
        let _ = self.schedule.send(Message::Released);
    }
}

/// A transport and the socket it holds, so that nobody can forget to give it back.
pub(super) struct Leased {
    /// Dropped first: the socket is closed before it is given back.
    pub(super) transport: Box<dyn Transport>,
    pub(super) _lease: Lease,
}

impl Transport for Leased {
    fn endpoint(&self) -> &str {
        self.transport.endpoint()
    }

    fn kind(&self) -> &'static str {
        self.transport.kind()
    }

    fn attach(&mut self, registry: &Registry, token: Token, waker: &Arc<Waker>) -> io::Result<()> {
        self.transport.attach(registry, token, waker)
    }

    fn receive(&mut self) -> Result<Received, TransportError> {
        self.transport.receive()
    }

    fn send(&mut self, frame: &str) -> Result<(), TransportError> {
        self.transport.send(frame)
    }

    fn flush(&mut self, now: Duration) -> Result<(), TransportError> {
        self.transport.flush(now)
    }

    fn has_unsent(&self) -> bool {
        self.transport.has_unsent()
    }

    fn is_connected(&self) -> bool {
        self.transport.is_connected()
    }

    fn close(&mut self) {
        self.transport.close();
    }
}
