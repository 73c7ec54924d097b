//! Frames over a WebSocket that never blocks.
//!
//! tungstenite turns bytes into messages and answers pings and close frames; it does not know
//! readiness, deadlines or how much waits, which is what this adds. What a frame says is none of
//! its business.
//!
//! Nothing here logs a frame or a header, but tungstenite does at its trace level, passwords and
//! cookies included: a logger of ours must never let `tungstenite` trace.

mod opening;
#[cfg(test)]
mod tests;
#[cfg(all(test, feature = "tls"))]
mod tls_tests;

use crate::transport::attempt::Attempt;
use crate::transport::endpoint::Endpoint;
use crate::transport::stall::StallWatch;
use crate::transport::stream::NetStream;
use crate::transport::{DialError, Received, Transport, TransportError};
use mio::{Interest, Registry, Token, Waker};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tungstenite::error::ProtocolError;
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::protocol::{CloseFrame, WebSocket};
use tungstenite::{Error, Message};

/// Pings and pongs taken in a row without a text between them. Servers send one in 25 s; a flood
/// of them would keep [`Transport::receive`] from ever returning.
const CONTROL_FRAMES_MAX: usize = 64;

/// Opens a connection.
///
/// # Errors
/// A [`DialError`] of the network kinds, of certificates, or of a refused upgrade.
pub(crate) fn open(
    attempt: &Attempt<'_>,
    endpoint: &Endpoint,
) -> Result<Box<dyn Transport>, DialError> {
    let socket = opening::open(attempt, endpoint)?;
    let dial = attempt.dial;
    Ok(Box::new(WebSocketTransport {
        socket,
        endpoint: endpoint.websocket(),
        is_connected: true,
        stall: StallWatch::new(dial.write_wait_max),
        frame_bytes_max: dial.frame_bytes_max,
        write_buffer_max: dial.write_buffer_max,
    }))
}

struct WebSocketTransport {
    socket: WebSocket<NetStream>,
    endpoint: String,
    is_connected: bool,
    stall: StallWatch,
    frame_bytes_max: usize,
    write_buffer_max: usize,
}

impl Transport for WebSocketTransport {
    fn endpoint(&self) -> &str {
        &self.endpoint
    }

    fn kind(&self) -> &'static str {
        "websocket"
    }

    fn attach(&mut self, registry: &Registry, token: Token, waker: &Arc<Waker>) -> io::Result<()> {
        let interest = Interest::READABLE | Interest::WRITABLE;
        registry.register(self.socket.get_mut().tcp_mut(), token, interest)?;
        waker.wake()
    }

    fn receive(&mut self) -> Result<Received, TransportError> {
        self.check_connected()?;
        for _ in 0..CONTROL_FRAMES_MAX {
            match self.socket.read() {
                Ok(Message::Text(text)) => return Ok(Received::Frame(text.as_str().to_owned())),
                Ok(Message::Ping(_) | Message::Pong(_)) => {}
                Ok(Message::Close(frame)) => {
                    // The answer is queued; it goes if there is room.
                    let _ = self.socket.flush();
                    let code = frame.map(|frame| frame.code.into());
                    return Err(self.over(TransportError::Closed { code }));
                }
                Ok(Message::Binary(_) | Message::Frame(_)) => {
                    return Err(self.over(protocol("a binary frame")));
                }
                Err(error) if would_block(&error) => return Ok(Received::Nothing),
                Err(error) => return Err(self.failed(error)),
            }
        }
        Err(self.over(protocol("pings without end")))
    }

    fn send(&mut self, frame: &str) -> Result<(), TransportError> {
        self.check_connected()?;
        match self.socket.send(Message::text(frame)) {
            Ok(()) => Ok(()),
            // The frame is in the buffer all the same.
            Err(error) if would_block(&error) => Ok(()),
            Err(Error::WriteBufferFull(_)) => Err(TransportError::WriteBufferFull {
                limit: self.write_buffer_max,
            }),
            Err(error) => Err(self.failed(error)),
        }
    }

    fn flush(&mut self, now: Duration) -> Result<(), TransportError> {
        self.check_connected()?;
        match self.socket.flush() {
            Err(error) if !would_block(&error) => return Err(self.failed(error)),
            _ => {}
        }
        let stream = self.socket.get_ref();
        let (taken, waiting) = (stream.taken(), stream.is_blocked());
        self.stall
            .check(taken, waiting, now)
            .map_err(|error| self.over(error))
    }

    fn has_unsent(&self) -> bool {
        self.is_connected && self.socket.get_ref().is_blocked()
    }

    fn is_connected(&self) -> bool {
        self.is_connected
    }

    fn close(&mut self) {
        if self.is_connected {
            let farewell = CloseFrame {
                code: CloseCode::Normal,
                reason: "".into(),
            };
            let _ = self.socket.close(Some(farewell));
            self.over(TransportError::Closed { code: None });
        }
    }
}

impl WebSocketTransport {
    fn check_connected(&self) -> Result<(), TransportError> {
        match self.is_connected {
            true => Ok(()),
            false => Err(TransportError::Closed { code: None }),
        }
    }

    /// Ends the connection for the reason given.
    fn over(&mut self, reason: TransportError) -> TransportError {
        self.is_connected = false;
        self.socket.get_mut().close();
        reason
    }

    fn failed(&mut self, error: Error) -> TransportError {
        let reason = match error {
            Error::Capacity(_) => TransportError::FrameTooLarge {
                limit: self.frame_bytes_max,
            },
            Error::ConnectionClosed
            | Error::AlreadyClosed
            | Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => {
                TransportError::Closed { code: None }
            }
            // TLS ended without a farewell, as TCP does.
            Error::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                TransportError::Closed { code: None }
            }
            Error::Io(error) => TransportError::Network(error.to_string()),
            Error::Utf8(_) => protocol("text that is not UTF-8"),
            error => protocol(&error.to_string()),
        };
        self.over(reason)
    }
}

impl Drop for WebSocketTransport {
    fn drop(&mut self) {
        self.close();
    }
}

fn protocol(what: &str) -> TransportError {
    TransportError::Protocol(what.to_owned())
}

/// Whether there is merely nothing to read now, or no room to write.
fn would_block(error: &Error) -> bool {
    matches!(error, Error::Io(error) if error.kind() == io::ErrorKind::WouldBlock)
}
