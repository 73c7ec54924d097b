//! The two threads of a long-polling connection: one asks for frames, one brings ours.
//!
//! Requests block for up to half a minute, so they cannot run on the owner's thread. Both threads
//! hold the [`Line`] only and are left behind when the connection ends: the asking one at the
//! latest after [`Session::poll_wait_max`], usually at once, since the farewell of the other makes
//! the server answer the pending poll.

use super::payload::{SEPARATOR, Session, refusal};
use crate::secret::Secret;
use crate::transport::TransportError;
use crossbeam_channel::{Receiver, Sender};
use mio::Waker;
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use ureq::Agent;
use ureq::http::Response;

/// Engine.IO's packet that ends a session.
const CLOSE: &str = "1";

/// How long a farewell may take. Nobody waits for it.
const FAREWELL_WAIT_MAX: Duration = Duration::from_secs(2);

/// What owner and threads share.
pub(super) struct Line {
    pub(super) agent: Agent,
    /// Address of the server's polling path, with the session in its query.
    pub(super) url: String,
    pub(super) cookie: Option<Secret>,
    pub(super) session: Session,
    pub(super) frame_bytes_max: usize,
    pub(super) write_wait_max: Duration,
    /// Bytes the owner has queued, and those the server has taken, since the beginning.
    pub(super) queued: AtomicU64,
    pub(super) taken: AtomicU64,
    pub(super) is_closed: AtomicBool,
    waker: Mutex<Option<Arc<Waker>>>,
    failure: Mutex<Option<TransportError>>,
}

impl Line {
    pub(super) fn new(
        agent: Agent,
        url: String,
        cookie: Option<Secret>,
        session: Session,
        (frame_bytes_max, write_wait_max): (usize, Duration),
    ) -> Self {
        Self {
            agent,
            url,
            cookie,
            session,
            frame_bytes_max,
            write_wait_max,
            queued: AtomicU64::new(0),
            taken: AtomicU64::new(0),
            is_closed: AtomicBool::new(false),
            waker: Mutex::new(None),
            failure: Mutex::new(None),
        }
    }

    /// Sets whom to wake, and wakes: something may have come before.
    pub(super) fn attach(&self, waker: &Arc<Waker>) -> std::io::Result<()> {
        *self.waker.lock() = Some(Arc::clone(waker));
        waker.wake()
    }

    /// Why the line is dead, if it is.
    pub(super) fn failure(&self) -> Option<TransportError> {
        self.failure.lock().clone()
    }

    /// Bytes that wait to be taken.
    pub(super) fn waiting(&self) -> u64 {
        let taken = self.taken.load(Ordering::Acquire);
        self.queued.load(Ordering::Acquire).saturating_sub(taken)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Acquire)
    }

    fn wake(&self) {
        if let Some(waker) = &*self.waker.lock() {
            // A waker fails only with its poll, whose owner is then gone.
            let _ = waker.wake();
        }
    }

    fn fail(&self, error: TransportError) {
        self.failure.lock().get_or_insert(error);
        self.wake();
    }
}

/// Asks for frames until the line is dead: one body in flight and one in hand, so a slow owner
/// slows the asking down.
pub(super) fn ask(line: &Line, bodies: &Sender<String>) {
    for count in 1_u64.. {
        // A different address each time, in case something between caches.
        let url = format!("{}&t={count}", line.url);
        let request = with_cookie(line.agent.get(&url), line.cookie.as_ref())
            .config()
            .timeout_global(Some(line.session.poll_wait_max()))
            .build();
        let answer = request.call().map_err(failed);
        match answer.and_then(|answer| read(answer, line.frame_bytes_max)) {
            _ if line.is_closed() => return,
            Ok(body) => {
                if bodies.send(body).is_err() {
                    return;
                }
                line.wake();
            }
            Err(error) => return line.fail(error),
        }
    }
}

/// Brings the owner's frames, in order, as many at once as the server takes.
pub(super) fn bring(line: &Line, frames: &Receiver<String>) {
    let mut next = None;
    while let Some(first) = next.take().or_else(|| frames.recv().ok()) {
        let mut body = first;
        let mut bytes = body.len();
        for frame in frames.try_iter() {
            if body.len() + SEPARATOR.len_utf8() + frame.len() > line.session.payload_max {
                next = Some(frame);
                break;
            }
            bytes += frame.len();
            body.push(SEPARATOR);
            body.push_str(&frame);
        }
        match post(line, &body, line.write_wait_max) {
            Ok(()) => line.taken.fetch_add(bytes as u64, Ordering::AcqRel),
            Err(error) => return line.fail(error),
        };
    }
    // The owner has closed the queue, which is empty now: say farewell, if there is anyone.
    if line.failure().is_none() {
        let _ = post(line, CLOSE, FAREWELL_WAIT_MAX);
    }
}

fn post(line: &Line, body: &str, wait_max: Duration) -> Result<(), TransportError> {
    // Once closed, what is left is sent in the time of a farewell.
    let wait_max = match line.is_closed() {
        true => wait_max.min(FAREWELL_WAIT_MAX),
        false => wait_max,
    };
    let answer = with_cookie(line.agent.post(&line.url), line.cookie.as_ref())
        .content_type("text/plain;charset=UTF-8")
        .config()
        .timeout_global(Some(wait_max))
        .build()
        .send(body)
        .map_err(failed)?;
    read(answer, line.frame_bytes_max).map(drop)
}

/// Adds the cookies, if there are any.
pub(super) fn with_cookie<B>(
    request: ureq::RequestBuilder<B>,
    cookie: Option<&Secret>,
) -> ureq::RequestBuilder<B> {
    match cookie {
        Some(cookie) => request.header("Cookie", cookie.expose()),
        None => request,
    }
}

/// The text of an answer; an error for any status but 200.
///
/// One body carries all that has come since the last, so it may be longer than one frame.
pub(super) fn read(
    mut answer: Response<ureq::Body>,
    frame_bytes_max: usize,
) -> Result<String, TransportError> {
    let limit = frame_bytes_max.saturating_mul(2) as u64;
    let body = answer.body_mut().with_config().limit(limit).read_to_vec();
    let body = body.map_err(|error| match error {
        ureq::Error::BodyExceedsLimit(_) => TransportError::FrameTooLarge {
            limit: frame_bytes_max,
        },
        error => failed(error),
    })?;
    let body = String::from_utf8(body)
        .map_err(|_| TransportError::Protocol("text that is not UTF-8".to_owned()))?;
    match answer.status().as_u16() {
        200 => Ok(body),
        status => Err(refusal(status, &body)),
    }
}

fn failed(error: ureq::Error) -> TransportError {
    match error {
        ureq::Error::Timeout(_) => TransportError::Network("no answer to a request".to_owned()),
        error => TransportError::Network(error.to_string()),
    }
}
