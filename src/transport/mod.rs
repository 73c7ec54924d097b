//! What carries frames: the seam between the engine and the network.
//!
//! A [`Connector`] makes a [`Transport`] from a [`Dial`]: it discovers the socket server, connects,
//! encrypts and upgrades. A transport then carries Engine.IO text frames both ways without
//! blocking, and wakes its owner when there is something to do. Both are traits, so that a test or
//! another platform can stand in. Nothing here knows what a frame means.
//!
//! The connector of real networks is [`NetConnector`]: `discovery` asks where, `websocket` opens
//! and carries, `polling` stands in for it behind proxies that refuse the upgrade.

mod attempt;
mod connector;
#[cfg(test)]
mod connector_tests;
mod discovery;
mod endpoint;
mod http;
mod polling;
mod stall;
mod stream;
#[cfg(test)]
mod test_server;
#[cfg(feature = "tls")]
mod tls;
mod websocket;

pub(crate) use attempt::clock;
pub use connector::NetConnector;
#[cfg(test)]
pub(crate) use test_server::dial as dial_for_tests;

use crate::config::{Config, Login, TransportChoice};
use crate::secret::Secret;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Everything a connector needs to know for one attempt.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Dial {
    /// Scheme, host and port of the site: where to discover.
    pub origin: String,
    /// Name of the channel.
    pub channel: String,
    /// Socket servers the channel was just told to move to; when not empty, no discovery.
    pub servers: Vec<String>,
    /// Whole `Cookie` header for the upgrade, if the login is by cookie.
    pub cookie: Option<Secret>,
    /// How to carry frames.
    pub transport: TransportChoice,
    /// Allows plain http and ws.
    pub allow_insecure: bool,
    /// Certificates (PEM) of private authorities.
    pub extra_roots: Vec<Vec<u8>>,
    /// The whole attempt, at most.
    pub connect_wait_max: Duration,
    /// How long the socket may refuse bytes before it counts as dead.
    pub write_wait_max: Duration,
    /// Largest frame taken.
    pub frame_bytes_max: usize,
    /// Most bytes waiting to be written.
    pub write_buffer_max: usize,
}

impl Dial {
    /// What a configuration asks for, at the servers given (none: discover).
    #[must_use]
    pub fn new(config: &Config, servers: Vec<String>) -> Self {
        Self {
            origin: config.origin.clone(),
            channel: config.channel.clone(),
            servers,
            cookie: cookie_header(&config.login),
            transport: config.transport,
            allow_insecure: config.allow_insecure,
            extra_roots: config.extra_roots.clone(),
            connect_wait_max: config.connect_wait_max,
            write_wait_max: config.write_wait_max,
            frame_bytes_max: config.frame_bytes_max,
            write_buffer_max: config.write_buffer_max,
        }
    }
}

/// The `Cookie` header of a login by cookie (`src/session.js`, `src/web/middleware/ipsessioncookie.js`).
fn cookie_header(login: &Login) -> Option<Secret> {
    let Login::Cookie {
        auth, ip_session, ..
    } = login
    else {
        return None;
    };
    let auth = auth.expose();
    Some(Secret::new(match ip_session {
        Some(ip_session) => format!("auth={auth}; ip-session={}", ip_session.expose()),
        None => format!("auth={auth}"),
    }))
}

/// Tells a connector that its result is no longer wanted.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Asks for a stop.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether a stop was asked for.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// Makes connections.
pub trait Connector: Send + Sync {
    /// Discovers, connects, encrypts and upgrades; blocks until done, cancelled or out of time.
    ///
    /// # Errors
    /// A [`DialError`] that says what, where and what to do.
    fn connect(&self, dial: &Dial, cancel: &Cancel) -> Result<Box<dyn Transport>, DialError>;
}

/// What a transport has for its owner.
#[derive(Debug, PartialEq, Eq)]
pub enum Received {
    /// One Engine.IO frame.
    Frame(String),
    /// Nothing now: wait for the waker or for readiness.
    Nothing,
}

/// Carries Engine.IO text frames of one connection. Owned by one thread; never blocks.
pub trait Transport: Send {
    /// Scheme, host and port of the socket server.
    fn endpoint(&self) -> &str;

    /// `websocket` or `polling`.
    fn kind(&self) -> &'static str;

    /// Ties the transport to its owner's poll: it registers its socket under `token`, or keeps the
    /// waker to call when a frame has come. The waker is called once at any rate, as frames may
    /// have come already. Readiness is told once: receive until [`Received::Nothing`] before
    /// waiting again, since what was read and decrypted ahead makes no socket ready.
    ///
    /// # Errors
    /// What the operating system says.
    fn attach(
        &mut self,
        registry: &mio::Registry,
        token: mio::Token,
        waker: &Arc<mio::Waker>,
    ) -> std::io::Result<()>;

    /// Takes the next frame.
    ///
    /// # Errors
    /// A [`TransportError`]: the connection is over.
    fn receive(&mut self) -> Result<Received, TransportError>;

    /// Queues a frame and writes what the peer takes now.
    ///
    /// # Errors
    /// A [`TransportError`]: the connection is over, or the buffer is full.
    fn send(&mut self, frame: &str) -> Result<(), TransportError>;

    /// Writes what is still queued. `now` (any monotonic origin, always the same) dates the write
    /// deadline.
    ///
    /// # Errors
    /// A [`TransportError`]: the connection is over, or the peer has taken nothing for
    /// [`Dial::write_wait_max`].
    fn flush(&mut self, now: Duration) -> Result<(), TransportError>;

    /// Whether bytes wait for the peer to take them.
    fn has_unsent(&self) -> bool;

    /// Whether the connection still stands, as far as is known.
    fn is_connected(&self) -> bool;

    /// Ends the connection, politely where that takes no time.
    fn close(&mut self);
}

/// Why a dial failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DialError {
    /// The site says there is no such channel (HTTP 404): the name is impossible.
    #[error("{url}: no such channel (HTTP 404): check the channel's name")]
    NoSuchChannel {
        /// What was asked.
        url: String,
    },
    /// The discovery document could not be had.
    #[error("{url}: {detail}: is this the address of a CyTube site?")]
    Discovery {
        /// What was asked.
        url: String,
        /// What came: a status, HTML, nothing.
        detail: String,
    },
    /// The only servers on offer are not encrypted.
    #[error("{url} is not encrypted: allow it with allow_insecure if you must")]
    Insecure {
        /// The server on offer.
        url: String,
    },
    /// The server is encrypted, and encryption is not compiled in.
    #[error("{url} needs TLS: build with the feature `tls`")]
    NoTls {
        /// The server on offer.
        url: String,
    },
    /// The server's certificate does not verify.
    #[error(
        "{endpoint}: certificate refused: {detail}: trust its authority with extra_roots if it is yours"
    )]
    Certificate {
        /// Which server.
        endpoint: String,
        /// Why.
        detail: String,
    },
    /// The upgrade was answered with an HTTP status.
    #[error("{endpoint}: upgrade refused with HTTP {status}")]
    UpgradeRefused {
        /// Which server.
        endpoint: String,
        /// The status.
        status: u16,
    },
    /// The network failed: no such host, refused, unreachable, reset.
    #[error("{endpoint}: {detail}")]
    Network {
        /// Which host.
        endpoint: String,
        /// What happened.
        detail: String,
    },
    /// It took too long.
    #[error("{endpoint}: no connection within {after:?} ({stage})")]
    TimedOut {
        /// Which host.
        endpoint: String,
        /// The limit.
        after: Duration,
        /// What was under way.
        stage: &'static str,
    },
    /// Nobody wants the result any more.
    #[error("cancelled")]
    Cancelled,
}

/// Why a connection is over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// The peer ended it.
    #[error("closed by the server{}", .code.map(|code| format!(" (code {code})")).unwrap_or_default())]
    Closed {
        /// WebSocket close code, where there was a close frame.
        code: Option<u16>,
    },
    /// A frame over the limit.
    #[error("a frame is over the limit of {limit} bytes")]
    FrameTooLarge {
        /// The limit.
        limit: usize,
    },
    /// The peer takes no more bytes.
    #[error("the server has taken no bytes for {0:?}")]
    WriteTimedOut(Duration),
    /// Too much waits to be written.
    #[error("more than {limit} bytes wait to be written")]
    WriteBufferFull {
        /// The limit.
        limit: usize,
    },
    /// Something that is not the protocol.
    #[error("not the protocol: {0}")]
    Protocol(String),
    /// The network failed.
    #[error("{0}")]
    Network(String),
}
