//! The model on a real socket of this machine.
//!
//! Plain threads: one accepts, two serve each WebSocket (one reads, one writes), one lets time
//! pass. All of them meet at one lock, and no thread does I/O while it holds it. The server speaks
//! discovery, WebSocket and long polling, and breaks in the ways that [`ModelServer`] is told to.

mod clock;
mod connection;
mod drive;
mod faults;
mod handle;
mod http;
mod hub;
mod listener;
mod polling;
mod stream;
mod threads;

#[cfg(test)]
mod tests;

pub use drive::TrafficHandle;
pub use faults::Discovery;
pub use handle::{RoomHandle, ServerView};
pub use hub::ReceivedFrame;

use crate::testing::{Model, ModelConfig};
use clock::Clock;
use hub::Shared;
use listener::Listener;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;

/// How to run a [`ModelServer`].
#[derive(Clone)]
#[non_exhaustive]
pub struct ServerConfig {
    /// What is served. By default [`ModelConfig::relaxed`], so that tests need not wait.
    pub model: ModelConfig,
    /// Model seconds in a second: above 1, delays and playback pass faster. Default 1.
    pub clock_rate: f64,
    /// TCP port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    #[cfg(feature = "tls")]
    tls: Option<Arc<rustls::ServerConfig>>,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            model: ModelConfig::relaxed(),
            clock_rate: 1.0,
            port: 0,
            #[cfg(feature = "tls")]
            tls: None,
        }
    }
}

/// Shows no key.
impl fmt::Debug for ServerConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerConfig")
            .field("model", &self.model)
            .field("clock_rate", &self.clock_rate)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

impl ServerConfig {
    /// Serves this model on a free port.
    #[must_use]
    pub fn new(model: ModelConfig) -> Self {
        Self {
            model,
            ..Self::default()
        }
    }

    /// Sets the speed of time; values that are not above 0 count as 1.
    #[must_use]
    pub fn clock_rate(mut self, rate: f64) -> Self {
        self.clock_rate = if rate > 0.0 && rate.is_finite() {
            rate
        } else {
            1.0
        };
        self
    }

    /// Encrypts with this certificate chain and private key, both PEM.
    ///
    /// # Errors
    /// - [`io::ErrorKind::InvalidData`]: not PEM, no key, or a key that does not fit.
    #[cfg(feature = "tls")]
    pub fn tls_pem(self, chain: &[u8], key: &[u8]) -> io::Result<Self> {
        use rustls::pki_types::pem::PemObject;
        use rustls::pki_types::{CertificateDer, PrivateKeyDer};
        let chain = CertificateDer::pem_slice_iter(chain).collect::<Result<Vec<_>, _>>();
        let chain = chain.map_err(invalid)?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(invalid)?;
        self.tls(chain, key)
    }

    /// Encrypts with this certificate chain and private key, both DER.
    ///
    /// # Errors
    /// - [`io::ErrorKind::InvalidData`]: no certificate, or a key that does not fit.
    #[cfg(feature = "tls")]
    pub fn tls_der(self, chain: Vec<Vec<u8>>, key: Vec<u8>) -> io::Result<Self> {
        use rustls::pki_types::{CertificateDer, PrivateKeyDer};
        let chain = chain.into_iter().map(CertificateDer::from).collect();
        let key = PrivateKeyDer::try_from(key).map_err(invalid)?;
        self.tls(chain, key)
    }

    #[cfg(feature = "tls")]
    fn tls(
        mut self,
        chain: Vec<rustls::pki_types::CertificateDer<'static>>,
        key: rustls::pki_types::PrivateKeyDer<'static>,
    ) -> io::Result<Self> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(invalid)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(invalid)?;
        self.tls = Some(Arc::new(config));
        Ok(self)
    }

    fn is_encrypted(&self) -> bool {
        #[cfg(feature = "tls")]
        return self.tls.is_some();
        #[cfg(not(feature = "tls"))]
        return false;
    }
}

#[cfg(feature = "tls")]
fn invalid(error: impl fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error.to_string())
}

/// A CyTube-like server on 127.0.0.1.
///
/// Dropping it stops it, within a second. Methods that make something happen return when the model
/// has done it; the frames are then on their way.
///
/// ```
/// use projectionist::testing::{ModelConfig, ModelServer, RoomConfig, ServerConfig};
///
/// let model = ModelConfig::relaxed().room(RoomConfig::registered("lobby").rank("alice", 5.0));
/// let server = ModelServer::start(ServerConfig::new(model))?;
/// let address = server.url().replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket";
///
/// // Any client will do; this one is as raw as they come.
/// let tcp = std::net::TcpStream::connect(server.address())?;
/// let (mut client, _) = tungstenite::client(address, tcp).unwrap();
/// assert!(client.read().unwrap().to_text().unwrap().starts_with("0{"));
/// client.send("40".into()).unwrap();
/// client.send(r#"42["joinChannel",{"name":"lobby"}]"#.into()).unwrap();
/// let joined = server.wait_for(std::time::Duration::from_secs(5), |view| {
///     view.room("lobby").is_some_and(|room| room.anonymous_count == 1)
/// });
/// assert!(joined);
///
/// server.room("lobby").say("alice", "hello");
/// while !client.read().unwrap().to_text().unwrap().contains("hello") {}
/// server.stop();
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct ModelServer {
    shared: Arc<Shared>,
    listener: Arc<Listener>,
    address: std::net::SocketAddr,
    threads: Vec<JoinHandle<()>>,
}

/// The address is what there is to show.
impl fmt::Debug for ModelServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModelServer")
            .field("url", &self.url())
            .finish_non_exhaustive()
    }
}

impl ModelServer {
    /// Listens and serves until it is stopped or dropped.
    ///
    /// # Errors
    /// - What the operating system says to binding the port or starting a thread.
    pub fn start(config: ServerConfig) -> io::Result<Self> {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, config.port))?;
        let address = socket.local_addr()?;
        let scheme = if config.is_encrypted() {
            "https"
        } else {
            "http"
        };
        let clock = Clock::start(config.clock_rate);
        let mut model = Model::new(config.model);
        model.tick(clock.now_ms());
        let shared = Arc::new(Shared::new(
            model,
            clock,
            format!("{scheme}://{address}"),
            #[cfg(feature = "tls")]
            config.tls,
        ));
        let (listener, accepting) = Listener::start(Arc::clone(&shared), socket)?;
        let mut server = Self {
            shared,
            listener,
            address,
            threads: vec![accepting],
        };
        let timer = Arc::clone(&server.shared);
        let timer = threads::spawn("model-server-timer", move || timer.run_timer())?;
        server.threads.push(timer);
        Ok(server)
    }

    /// Scheme, host and port, as a client is configured with.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.shared.url
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> std::net::SocketAddr {
        self.address
    }

    /// Stops, and waits until every thread has ended.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for ModelServer {
    fn drop(&mut self) {
        self.shared.stop();
        self.listener.stop();
        for thread in self.threads.drain(..) {
            threads::join(thread);
        }
        let connections = std::mem::take(&mut *self.shared.threads.lock());
        for thread in connections {
            threads::join(thread);
        }
    }
}
