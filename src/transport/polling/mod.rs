//! Frames over Engine.IO long polling, for networks whose proxies refuse WebSocket.
//!
//! A pending GET brings what the server has; POSTs carry what we have. Two threads do the
//! requests (see `threads`), the owner never blocks, and the server's packets come out as the same
//! frames a WebSocket carries. No upgrade to WebSocket is tried from here: this is where one ends
//! up after it was refused.

mod payload;
#[cfg(test)]
mod tests;
mod threads;

use crate::secret::Secret;
use crate::transport::attempt::{Attempt, network};
use crate::transport::endpoint::Endpoint;
use crate::transport::stall::StallWatch;
use crate::transport::{DialError, Received, Transport, TransportError, http};
use crossbeam_channel::{Receiver, Sender, TryRecvError};
use mio::{Registry, Token, Waker};
use payload::{Body, Session};
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use threads::Line;
use ureq::http::HeaderMap;

/// Most bytes of cookies kept for the session.
const COOKIE_BYTES_MAX: usize = 4096;

/// Opens a session.
///
/// # Errors
/// A [`DialError`] of the network kinds or of certificates.
pub(crate) fn open(
    attempt: &Attempt<'_>,
    endpoint: &Endpoint,
) -> Result<Box<dyn Transport>, DialError> {
    let dial = attempt.dial;
    let origin = endpoint.http();
    let base = format!("{origin}/socket.io/?");
    let agent = http::agent(dial, &origin, 0)?;
    let (headers, body) = attempt.in_background(&origin, "polling", {
        let (agent, url) = (agent.clone(), format!("{base}EIO=4&transport=polling"));
        let (dial, origin) = (dial.clone(), origin.clone());
        move |budget| {
            let request = threads::with_cookie(agent.get(&url), dial.cookie.as_ref());
            let request = request.config().timeout_global(Some(budget)).build();
            let failed =
                |error| http::dial_error(&origin, &error, dial.connect_wait_max, "polling");
            let answer = request.call().map_err(failed)?;
            let headers = answer.headers().clone();
            let body = threads::read(answer, dial.frame_bytes_max);
            Ok((headers, body.map_err(|error| network(&origin, error))?))
        }
    })??;
    let session = Session::parse(&body)
        .ok_or_else(|| network(&origin, "not an Engine.IO server: no open packet came"))?;
    let line = Arc::new(Line::new(
        agent,
        format!("{base}{}", session.query()),
        cookies(dial.cookie.as_ref(), &headers),
        session,
        (dial.frame_bytes_max, dial.write_wait_max),
    ));
    PollingTransport::start(line, origin, body, dial.write_buffer_max)
        .map_err(|error| network(&endpoint.http(), error))
        .map(|transport| Box::new(transport) as Box<dyn Transport>)
}

struct PollingTransport {
    line: Arc<Line>,
    endpoint: String,
    body: Body,
    /// None once closed, which is how the threads learn of it.
    queues: Option<Queues>,
    stall: StallWatch,
    write_buffer_max: usize,
}

struct Queues {
    bodies: Receiver<String>,
    frames: Sender<String>,
}

impl PollingTransport {
    fn start(
        line: Arc<Line>,
        endpoint: String,
        body: String,
        write_buffer_max: usize,
    ) -> io::Result<Self> {
        let (to_owner, bodies) = crossbeam_channel::bounded(1);
        // Its bytes are bounded by `write_buffer_max`, and so is its length.
        let (frames, to_server) = crossbeam_channel::unbounded();
        let asking = Arc::clone(&line);
        let bringing = Arc::clone(&line);
        let stall = StallWatch::new(line.write_wait_max);
        let transport = Self {
            line,
            endpoint,
            body: Body::new(body),
            queues: Some(Queues { bodies, frames }),
            stall,
            write_buffer_max,
        };
        let thread = |name: &str| std::thread::Builder::new().name(name.to_owned());
        thread("projectionist-ask").spawn(move || threads::ask(&asking, &to_owner))?;
        thread("projectionist-bring").spawn(move || threads::bring(&bringing, &to_server))?;
        Ok(transport)
    }

    fn over(&mut self, reason: TransportError) -> TransportError {
        self.close();
        reason
    }

    /// What to say after the end.
    fn ended(&self) -> TransportError {
        let failure = self.line.failure();
        failure.unwrap_or(TransportError::Closed { code: None })
    }
}

impl Transport for PollingTransport {
    fn endpoint(&self) -> &str {
        &self.endpoint
    }

    fn kind(&self) -> &'static str {
        "polling"
    }

    fn attach(&mut self, _: &Registry, _: Token, waker: &Arc<Waker>) -> io::Result<()> {
        self.line.attach(waker)
    }

    fn receive(&mut self) -> Result<Received, TransportError> {
        loop {
            match self.body.next(self.line.frame_bytes_max) {
                Ok(Some(packet)) => return Ok(Received::Frame(packet.to_owned())),
                Ok(None) => {}
                Err(error) => return Err(self.over(error)),
            }
            let Some(queues) = &self.queues else {
                return Err(self.ended());
            };
            // Looked at first: what had come before the line failed is still told.
            let failure = self.line.failure();
            match (queues.bodies.try_recv(), failure) {
                (Ok(body), _) => self.body = Body::new(body),
                (Err(_), Some(error)) => return Err(self.over(error)),
                (Err(TryRecvError::Empty), None) => return Ok(Received::Nothing),
                (Err(TryRecvError::Disconnected), None) => {
                    let error = self.ended();
                    return Err(self.over(error));
                }
            }
        }
    }

    fn send(&mut self, frame: &str) -> Result<(), TransportError> {
        let Some(queues) = &self.queues else {
            return Err(self.ended());
        };
        if frame.is_empty() || frame.contains(payload::SEPARATOR) {
            let what = "a frame of ours that polling cannot carry";
            return Err(TransportError::Protocol(what.to_owned()));
        }
        let limit = self.write_buffer_max;
        if self.line.waiting() + frame.len() as u64 > limit as u64 {
            return Err(TransportError::WriteBufferFull { limit });
        }
        let bytes = frame.len() as u64;
        self.line.queued.fetch_add(bytes, Ordering::AcqRel);
        match queues.frames.send(frame.to_owned()) {
            Ok(()) => Ok(()),
            Err(_) => {
                let error = self.ended();
                Err(self.over(error))
            }
        }
    }

    fn flush(&mut self, now: Duration) -> Result<(), TransportError> {
        if self.queues.is_none() {
            return Err(self.ended());
        }
        let taken = self.line.taken.load(Ordering::Acquire);
        let waiting = self.line.waiting() > 0;
        self.stall
            .check(taken, waiting, now)
            .map_err(|error| self.over(error))
    }

    fn has_unsent(&self) -> bool {
        self.queues.is_some() && self.line.waiting() > 0
    }

    fn is_connected(&self) -> bool {
        self.queues.is_some() && self.line.failure().is_none()
    }

    fn close(&mut self) {
        self.line.is_closed.store(true, Ordering::Release);
        self.queues = None;
    }
}

impl Drop for PollingTransport {
    fn drop(&mut self) {
        self.close();
    }
}

/// The dial's cookies and those the server set with its first answer: a balancer in front of
/// several servers uses one to bring all requests of a session to the same.
fn cookies(ours: Option<&Secret>, headers: &HeaderMap) -> Option<Secret> {
    let theirs = headers
        .get_all("set-cookie")
        .iter()
        .filter_map(|header| header.to_str().ok()?.split(';').next())
        .map(str::trim);
    let mut all = String::new();
    for cookie in ours.map(Secret::expose).into_iter().chain(theirs) {
        if all.len() + cookie.len() > COOKIE_BYTES_MAX || cookie.is_empty() {
            continue;
        }
        if !all.is_empty() {
            all.push_str("; ");
        }
        all.push_str(cookie);
    }
    (!all.is_empty()).then(|| Secret::new(all))
}
