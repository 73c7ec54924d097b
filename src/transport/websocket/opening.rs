//! From an address to an upgraded WebSocket: name look-up, TCP, TLS, upgrade.
//!
//! The socket never blocks, from its first byte on. That keeps every step cancellable, and it
//! keeps what the server sends right behind its upgrade answer (its Engine.IO open packet often
//! shares the segment): a handshake on a blocking socket, unwrapped and made non-blocking
//! afterwards, would lose what its buffer holds. No `Origin` is sent: the server checks none on
//! upgrades, and we are no browser.

use crate::secret::Secret;
use crate::transport::attempt::{Attempt, clock, network};
use crate::transport::endpoint::Endpoint;
use crate::transport::http::{USER_AGENT, printable};
use crate::transport::stream::{NetStream, Socket};
use crate::transport::{Dial, DialError};
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::time::Duration;
use tungstenite::handshake::HandshakeError;
use tungstenite::handshake::client::{ClientHandshake, Request, generate_key};
use tungstenite::http::HeaderValue;
use tungstenite::protocol::{WebSocket, WebSocketConfig};

/// Path of CyTube's Socket.IO server, with the protocol version and the transport.
const PATH: &str = "/socket.io/?EIO=4&transport=websocket";

/// Addresses of one name that are tried.
const ADDRESSES_MAX: usize = 8;

/// Opens a WebSocket to `endpoint`, with the limits of the attempt's dial.
///
/// # Errors
/// A [`DialError`] of the network kinds, of certificates, or of a refused upgrade.
pub(super) fn open(
    attempt: &Attempt<'_>,
    endpoint: &Endpoint,
) -> Result<WebSocket<NetStream>, DialError> {
    let url = endpoint.websocket();
    let addresses = resolve(attempt, endpoint, &url)?;
    let poll = Poll::new().map_err(|error| network(&url, error))?;
    let mut opening = Opening {
        attempt,
        endpoint,
        url,
        poll,
        events: Events::with_capacity(4),
    };
    let tcp = opening.connect(&addresses)?;
    let stream = opening.encrypt(tcp)?;
    let mut socket = opening.upgrade(stream)?;
    // The owner's poll takes over from ours.
    let registry = opening.poll.registry();
    registry
        .deregister(socket.get_mut().tcp_mut())
        .map_err(|error| network(&opening.url, error))?;
    Ok(socket)
}

/// One opening under way.
struct Opening<'a> {
    attempt: &'a Attempt<'a>,
    endpoint: &'a Endpoint,
    url: String,
    poll: Poll,
    events: Events,
}

impl Opening<'_> {
    /// Waits until the socket may be ready, or for one slice.
    fn wait(&mut self, stage: &'static str) -> Result<(), DialError> {
        let slice = self.attempt.slice(&self.url, stage)?;
        match self.poll.poll(&mut self.events, Some(slice)) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                Err(network(&self.url, error))
            }
            _ => Ok(()),
        }
    }

    /// Connects to the first address that answers. Each gets an equal part of the time that is
    /// left, so that a name with one dead address still has time for its live one.
    fn connect(&mut self, addresses: &[SocketAddr]) -> Result<TcpStream, DialError> {
        let mut failure = network(&self.url, "no such host");
        for (tried, address) in addresses.iter().enumerate() {
            let left = u32::try_from(addresses.len() - tried).unwrap_or(1);
            let share = (left > 1).then(|| self.attempt.remaining() / left);
            match self.connect_one(*address, share)? {
                Ok(tcp) => return Ok(tcp),
                Err(error) => failure = network(&self.url, format!("{address}: {error}")),
            }
        }
        Err(failure)
    }

    /// Connects to one address within its `share` of time. The outer error ends the attempt, the
    /// inner one only this address.
    fn connect_one(
        &mut self,
        address: SocketAddr,
        share: Option<Duration>,
    ) -> Result<io::Result<TcpStream>, DialError> {
        let until = share.map(|share| clock() + share);
        let mut tcp = match self.start_connecting(address) {
            Ok(tcp) => tcp,
            Err(error) => return Ok(Err(error)),
        };
        loop {
            self.wait("connecting")?;
            match is_established(&mut tcp) {
                Ok(true) => return Ok(Ok(tcp)),
                Ok(false) if until.is_some_and(|until| clock() >= until) => {
                    return Ok(Err(io::ErrorKind::TimedOut.into()));
                }
                Ok(false) => {}
                Err(error) => return Ok(Err(error)),
            }
        }
    }

    fn start_connecting(&self, address: SocketAddr) -> io::Result<TcpStream> {
        let mut tcp = TcpStream::connect(address)?;
        let interest = Interest::READABLE | Interest::WRITABLE;
        let registry = self.poll.registry();
        registry.register(&mut tcp, Token(0), interest)?;
        // Frames are small and wait for an answer: gathering them would only delay both.
        tcp.set_nodelay(true)?;
        Ok(tcp)
    }

    /// Puts TLS on the socket, if the endpoint asks for it.
    #[cfg(feature = "tls")]
    fn encrypt(&mut self, tcp: TcpStream) -> Result<NetStream, DialError> {
        use crate::transport::tls::{TlsStream, handshake_error};
        let socket = Socket::new(tcp);
        if !self.endpoint.secure {
            return Ok(NetStream::Plain(socket));
        }
        let roots = &self.attempt.dial.extra_roots;
        let mut stream = TlsStream::new(socket, self.endpoint, roots)?;
        let failed = |url: &str, error| Err(handshake_error(url, &error));
        loop {
            match stream.handshake() {
                Ok(true) => return Ok(NetStream::Tls(Box::new(stream))),
                Ok(false) => self.wait("TLS")?,
                Err(error) => return failed(&self.url, error),
            }
        }
    }

    /// Without TLS compiled in, an encrypted endpoint is an error.
    #[cfg(not(feature = "tls"))]
    fn encrypt(&mut self, tcp: TcpStream) -> Result<NetStream, DialError> {
        match self.endpoint.secure {
            true => Err(DialError::NoTls {
                url: self.endpoint.http(),
            }),
            false => Ok(NetStream::Plain(Socket::new(tcp))),
        }
    }

    /// Asks for the upgrade and reads the answer.
    fn upgrade(&mut self, stream: NetStream) -> Result<WebSocket<NetStream>, DialError> {
        let dial = self.attempt.dial;
        let request = request(self.endpoint, dial.cookie.as_ref())
            .map_err(|error| network(&self.url, error))?;
        let mut handshake = ClientHandshake::start(stream, request, Some(limits(dial)))
            .map_err(|error| upgrade_error(&self.url, &error))?;
        loop {
            handshake = match handshake.handshake() {
                Ok((socket, _)) => return Ok(socket),
                Err(HandshakeError::Interrupted(handshake)) => handshake,
                Err(HandshakeError::Failure(error)) => {
                    return Err(upgrade_error(&self.url, &error));
                }
            };
            self.wait("upgrade")?;
        }
    }
}

/// Addresses of the endpoint's host: itself if it is one, else what the system's resolver says.
fn resolve(
    attempt: &Attempt<'_>,
    endpoint: &Endpoint,
    url: &str,
) -> Result<Vec<SocketAddr>, DialError> {
    let (host, port) = (endpoint.host.clone(), endpoint.port);
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let look_up = move |_| -> io::Result<Vec<_>> {
        let found = (host.as_str(), port).to_socket_addrs()?;
        Ok(found.take(ADDRESSES_MAX).collect())
    };
    attempt
        .in_background(url, "look-up", look_up)?
        .map_err(|error| network(url, error))
}

/// Whether a connect has succeeded; its error if it failed.
fn is_established(tcp: &mut TcpStream) -> io::Result<bool> {
    if let Some(error) = tcp.take_error()? {
        return Err(error);
    }
    match tcp.peer_addr() {
        Ok(_) => Ok(true),
        // Not yet, by whichever of its names the system calls it.
        Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(false),
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(false),
        Err(error) => Err(error),
    }
}

/// The upgrade request.
fn request(
    endpoint: &Endpoint,
    cookie: Option<&Secret>,
) -> Result<Request, tungstenite::http::Error> {
    let mut request = Request::builder()
        .uri(format!("{}{PATH}", endpoint.websocket()))
        .header("Host", endpoint.host_header())
        .header("Connection", "Upgrade")
        .header("Upgrade", "websocket")
        .header("Sec-WebSocket-Version", "13")
        .header("Sec-WebSocket-Key", generate_key())
        .header("User-Agent", USER_AGENT);
    if let Some(cookie) = cookie {
        let mut value = HeaderValue::from_str(cookie.expose())?;
        value.set_sensitive(true);
        request = request.header("Cookie", value);
    }
    request.body(())
}

/// Frames are written at once, or as soon as the peer takes them; nothing grows without limit.
fn limits(dial: &Dial) -> WebSocketConfig {
    WebSocketConfig::default()
        .write_buffer_size(0)
        .max_write_buffer_size(dial.write_buffer_max.max(1))
        .max_message_size(Some(dial.frame_bytes_max))
        .max_frame_size(Some(dial.frame_bytes_max))
}

fn upgrade_error(url: &str, error: &tungstenite::Error) -> DialError {
    match error {
        tungstenite::Error::Http(answer) => DialError::UpgradeRefused {
            endpoint: url.to_owned(),
            status: answer.status().as_u16(),
        },
        tungstenite::Error::Io(error) => network(url, format!("during the upgrade: {error}")),
        _ => network(
            url,
            format!("not a WebSocket: {}", printable(&error.to_string())),
        ),
    }
}
