//! The bytes under a WebSocket: a socket that does not block, plain or encrypted.
//!
//! It counts what the peer has taken and remembers whether the last write was refused, which
//! tungstenite does not tell, and which decides whether bytes still wait. It knows nothing of
//! frames, and opens nothing: see `websocket/opening.rs`.

#[cfg(feature = "tls")]
use crate::transport::tls::TlsStream;
use mio::net::TcpStream;
use std::io::{self, Read, Write};

/// A TCP socket that counts.
#[derive(Debug)]
pub(crate) struct Socket {
    tcp: TcpStream,
    taken: u64,
    blocked: bool,
}

impl Socket {
    /// Wraps a connected socket.
    pub(crate) fn new(tcp: TcpStream) -> Self {
        Self {
            tcp,
            taken: 0,
            blocked: false,
        }
    }
}

/// The bytes of one connection. Reads and writes answer `WouldBlock`.
#[derive(Debug)]
pub(crate) enum NetStream {
    /// Not encrypted.
    Plain(Socket),
    /// By TLS.
    #[cfg(feature = "tls")]
    Tls(Box<TlsStream>),
}

impl NetStream {
    /// The socket itself, to register it.
    pub(crate) fn tcp_mut(&mut self) -> &mut TcpStream {
        match self {
            Self::Plain(socket) => &mut socket.tcp,
            #[cfg(feature = "tls")]
            Self::Tls(tls) => &mut tls.socket.tcp,
        }
    }

    /// How many bytes the peer's side of the network has taken, in all.
    pub(crate) fn taken(&self) -> u64 {
        self.socket().taken
    }

    /// Whether the last write was refused, so that bytes wait somewhere above.
    pub(crate) fn is_blocked(&self) -> bool {
        self.socket().blocked
    }

    /// Says farewell, as far as the socket takes it, and lets go.
    pub(crate) fn close(&mut self) {
        #[cfg(feature = "tls")]
        if let Self::Tls(tls) = self {
            tls.close_notify();
        }
        let _ = self.tcp_mut().shutdown(std::net::Shutdown::Both);
    }

    fn socket(&self) -> &Socket {
        match self {
            Self::Plain(socket) => socket,
            #[cfg(feature = "tls")]
            Self::Tls(tls) => &tls.socket,
        }
    }
}

/// Repeats what a signal interrupted: the layers above would take it for the end.
fn uninterrupted<T>(mut attempt: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match attempt() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        uninterrupted(|| self.tcp.read(buffer))
    }
}

impl Write for Socket {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let result = uninterrupted(|| self.tcp.write(buffer));
        self.blocked = matches!(&result, Err(error) if error.kind() == io::ErrorKind::WouldBlock);
        self.taken += result.as_ref().map_or(0, |count| *count as u64);
        result
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for NetStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read(buffer),
            #[cfg(feature = "tls")]
            Self::Tls(tls) => tls.read(buffer),
        }
    }
}

impl Write for NetStream {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.write(buffer),
            #[cfg(feature = "tls")]
            Self::Tls(tls) => tls.write(buffer),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(socket) => socket.flush(),
            #[cfg(feature = "tls")]
            Self::Tls(tls) => tls.flush(),
        }
    }
}
