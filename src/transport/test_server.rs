//! Real servers on loopback for the tests of this room: bytes, HTTP, WebSocket and TLS by hand.
//!
//! Each misbehaves in just the way its test asks for, which no finished server would. Every
//! blocking call of theirs ends with its connection, or after [`PATIENCE`].

use super::attempt::clock;
use super::{Dial, DialError, Received, Transport, TransportError};
use crate::config::TransportChoice;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Longer than anything here takes, shorter than a test runner's patience.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A listener that gives each connection to its handler, on a thread each.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    is_over: Arc<AtomicBool>,
}

impl Server {
    pub(crate) fn start(handle: impl Fn(TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let is_over = Arc::new(AtomicBool::new(false));
        let (handle, over) = (Arc::new(handle), Arc::clone(&is_over));
        spawn(move || {
            for stream in listener.incoming() {
                if over.load(Ordering::Acquire) {
                    return;
                }
                let (stream, handle) = (stream.unwrap(), Arc::clone(&handle));
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                stream.set_write_timeout(Some(PATIENCE)).unwrap();
                stream.set_nodelay(true).unwrap();
                spawn(move || handle(stream));
            }
        });
        Self { address, is_over }
    }

    /// Takes everything and says nothing.
    pub(crate) fn mute() -> Self {
        Self::start(|mut stream| while stream.read(&mut [0; 1024]).is_ok_and(|n| n > 0) {})
    }

    /// Answers every request with what `answer` makes of it.
    pub(crate) fn http(answer: impl Fn(&Request) -> String + Send + Sync + 'static) -> Self {
        Self::start(move |mut stream| {
            while let Some(request) = Request::read(&mut stream) {
                let answer = answer(&request);
                if answer.is_empty() || stream.write_all(answer.as_bytes()).is_err() {
                    return;
                }
            }
        })
    }

    /// Its address as a URL of the scheme given.
    pub(crate) fn url(&self, scheme: &str) -> String {
        format!("{scheme}://{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Release);
        let _ = TcpStream::connect(self.address);
    }
}

pub(crate) fn spawn(work: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().name("test server".to_owned());
    drop(thread.spawn(work).unwrap());
}

/// A request as it came.
#[derive(Debug)]
pub(crate) struct Request {
    /// Request line and headers.
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Request {
    /// The next request of a connection, if there is one.
    pub(crate) fn read(stream: &mut impl Read) -> Option<Self> {
        let mut reader = BufReader::with_capacity(1, stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).ok()? == 0 {
                return None;
            }
        }
        let length = head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .map_or(0, |(_, value)| value.parse().unwrap());
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let body = String::from_utf8(body).unwrap();
        Some(Self { head, body })
    }

    /// Method and path.
    pub(crate) fn is(&self, start: &str) -> bool {
        self.head.starts_with(start)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.head.lines().filter_map(|line| line.split_once(": "));
        headers
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }
}

/// A whole HTTP answer.
pub(crate) fn answer(status: u16, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\n\r\n{body}")
}

/// The answer to an upgrade request.
pub(crate) fn upgraded(request: &Request) -> String {
    let key = request.header("Sec-WebSocket-Key").unwrap();
    let accept = tungstenite::handshake::derive_accept_key(key.as_bytes());
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    )
}

/// A dial to a socket server, or by discovery at a site if `servers` is empty.
pub(crate) fn dial(origin: &str, servers: &[String]) -> Dial {
    Dial {
        origin: origin.to_owned(),
        channel: "room".to_owned(),
        servers: servers.to_vec(),
        cookie: None,
        transport: TransportChoice::Auto,
        allow_insecure: true,
        extra_roots: Vec::new(),
        connect_wait_max: PATIENCE,
        write_wait_max: PATIENCE,
        frame_bytes_max: 16 << 20,
        write_buffer_max: 20 << 20,
    }
}

/// Connects as the engine would.
pub(crate) fn connect(dial: &Dial) -> Result<Box<dyn Transport>, DialError> {
    use super::Connector as _;
    super::NetConnector::new().connect(dial, &super::Cancel::default())
}

/// What owns a transport: a poll and its waker.
pub(crate) struct Owner {
    poll: mio::Poll,
    _waker: Arc<mio::Waker>,
    pub(crate) transport: Box<dyn Transport>,
}

impl Owner {
    pub(crate) fn of(mut transport: Box<dyn Transport>) -> Self {
        let poll = mio::Poll::new().unwrap();
        let waker = Arc::new(mio::Waker::new(poll.registry(), mio::Token(0)).unwrap());
        let registry = poll.registry();
        transport.attach(registry, mio::Token(1), &waker).unwrap();
        Self {
            poll,
            _waker: waker,
            transport,
        }
    }

    /// Connects and owns.
    pub(crate) fn dial(dial: &Dial) -> Self {
        Self::of(connect(dial).unwrap())
    }

    /// Waits as the engine does: for readiness or the waker.
    fn wait(&mut self, since: std::time::Instant) {
        assert!(since.elapsed() < PATIENCE, "nothing came");
        let mut events = mio::Events::with_capacity(4);
        self.poll.poll(&mut events, Some(PATIENCE)).unwrap();
    }

    /// The next frame, or how the connection ended.
    pub(crate) fn receive(&mut self) -> Result<String, TransportError> {
        let since = clock();
        loop {
            match self.transport.receive()? {
                Received::Frame(frame) => return Ok(frame),
                Received::Nothing => self.wait(since),
            }
        }
    }

    /// Flushes, in virtual time that stands still, until nothing waits.
    pub(crate) fn flush(&mut self) {
        let since = clock();
        loop {
            self.transport.flush(Duration::ZERO).unwrap();
            if !self.transport.has_unsent() {
                return;
            }
            self.wait(since);
        }
    }
}

/// A certificate authority of our own, and a server it vouches for.
#[cfg(feature = "tls")]
pub(crate) struct Authority {
    /// Its certificate, PEM.
    pub(crate) root: Vec<u8>,
    config: Arc<rustls::ServerConfig>,
}

#[cfg(feature = "tls")]
pub(crate) type TlsServerStream = rustls::StreamOwned<rustls::ServerConnection, TcpStream>;

#[cfg(feature = "tls")]
impl Authority {
    /// One that vouches for the host given.
    pub(crate) fn for_host(host: &str) -> Self {
        let ca_key = rcgen::KeyPair::generate().unwrap();
        let mut ca = rcgen::CertificateParams::new(Vec::new()).unwrap();
        ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let ca = rcgen::CertifiedIssuer::self_signed(ca, ca_key).unwrap();
        let key = rcgen::KeyPair::generate().unwrap();
        let leaf = rcgen::CertificateParams::new([host.to_owned()]).unwrap();
        let leaf = leaf.signed_by(&key, &ca).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let key = rustls::pki_types::PrivatePkcs8KeyDer::from(key.serialize_der());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], key.into())
            .unwrap();
        Self {
            root: ca.pem().into_bytes(),
            config: Arc::new(config),
        }
    }

    /// A server behind TLS. Handshakes that fail are the client's affair.
    pub(crate) fn serve(&self, handle: impl Fn(TlsServerStream) + Send + Sync + 'static) -> Server {
        let config = Arc::clone(&self.config);
        Server::start(move |mut stream| {
            let mut tls = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            if tls.complete_io(&mut stream).is_ok() {
                handle(rustls::StreamOwned::new(tls, stream));
            }
        })
    }
}
