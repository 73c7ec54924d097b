//! Engine.IO over HTTP: a GET waits for frames, a POST brings some, joined by U+001E.
//!
//! The upgrade from polling to a WebSocket is not offered (`upgrades` is empty): a client that can
//! do WebSockets begins with one.

use crate::testing::server::http::{Request, respond};
use crate::testing::server::hub::{Note, OUTLET_FRAMES_MAX, Outlet, Shared};
use crate::testing::server::stream::Stream;
use crate::testing::{ConnId, Peer};
use parking_lot::{Condvar, Mutex};
use serde_json::json;
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

/// Between frames in one body.
const SEPARATOR: char = '\u{1e}';

const TEXT: &str = "text/plain; charset=UTF-8";

/// A client that polls.
#[derive(Debug, Default)]
pub(super) struct Session {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    conn: Option<ConnId>,
    frames: VecDeque<Arc<str>>,
    polled: bool,
    ended: bool,
}

impl Session {
    /// Queues a frame; says no when too many wait.
    pub(super) fn put(&self, note: Note) -> bool {
        let mut state = self.state.lock();
        match note {
            Note::Text(text) => state.frames.push_back(text),
            Note::Close => {
                state.frames.push_back("1".into());
                state.ended = true;
            }
        }
        self.changed.notify_all();
        state.frames.len() <= OUTLET_FRAMES_MAX
    }

    /// Ends the session without a word.
    pub(super) fn end(&self) {
        let mut state = self.state.lock();
        state.frames.clear();
        state.ended = true;
        self.changed.notify_all();
    }

    /// Waits for frames and takes them all; `None` when a poll is already waiting or the session is
    /// over.
    fn take(&self) -> Option<String> {
        let mut state = self.state.lock();
        if std::mem::replace(&mut state.polled, true) {
            return None;
        }
        while state.frames.is_empty() && !state.ended {
            self.changed.wait(&mut state);
        }
        state.polled = false;
        let mut frames = state.frames.drain(..);
        let mut body = frames.next()?.to_string();
        for frame in frames {
            body.push(SEPARATOR);
            body.push_str(&frame);
        }
        Some(body)
    }

    fn conn(&self) -> Option<ConnId> {
        self.state.lock().conn
    }
}

/// Answers one request of the polling transport.
pub(super) fn serve(
    shared: &Shared,
    stream: &mut Stream,
    request: &mut Request,
    peer: Peer,
) -> io::Result<()> {
    let sid = request.param("sid").map(str::to_owned);
    match (request.method.as_str(), sid) {
        ("GET", None) => open(shared, stream, peer),
        ("GET", Some(sid)) => poll(shared, stream, &sid),
        ("POST", Some(sid)) => post(shared, stream, request, &sid),
        _ => refuse(stream, 2, "Bad handshake method"),
    }
}

fn open(shared: &Shared, stream: &mut Stream, peer: Peer) -> io::Result<()> {
    let session = Arc::new(Session::default());
    shared.with(|hub, now_ms| {
        let conn = hub.open(peer, Outlet::Poll(Arc::clone(&session)), now_ms);
        session.state.lock().conn = Some(conn);
    });
    let body = session.take().unwrap_or_default();
    // The model has drawn the id; it stands in the open packet.
    let open: Option<serde_json::Value> = body
        .strip_prefix('0')
        .and_then(|json| serde_json::from_str(json).ok());
    let sid = open.as_ref().and_then(|open| open.get("sid")?.as_str());
    if let Some(sid) = sid {
        shared.with(|hub, _| hub.sessions.insert(sid.to_owned(), session));
    }
    respond(stream, 200, TEXT, &body)
}

fn poll(shared: &Shared, stream: &mut Stream, sid: &str) -> io::Result<()> {
    let Some(session) = shared.hub.lock().sessions.get(sid).cloned() else {
        return refuse(stream, 1, "Session ID unknown");
    };
    let body = session.take();
    shared.gate.pass();
    let over = session.state.lock().ended;
    if body.is_none() || over {
        shared.with(|hub, now_ms| {
            hub.sessions.remove(sid);
            if let Some(conn) = session.conn() {
                hub.close(conn, now_ms);
            }
        });
    }
    match body {
        Some(body) => respond(stream, 200, TEXT, &body),
        None => refuse(stream, 3, "Bad request"),
    }
}

fn post(shared: &Shared, stream: &mut Stream, request: &mut Request, sid: &str) -> io::Result<()> {
    let bytes_max = shared.hub.lock().model.config().payload_bytes_max;
    let Some(body) = request.read_body(stream, bytes_max)? else {
        respond(stream, 413, TEXT, "")?;
        return Err(io::ErrorKind::InvalidData.into());
    };
    shared.gate.pass();
    let session = shared.hub.lock().sessions.get(sid).cloned();
    let Some(conn) = session.and_then(|session| session.conn()) else {
        return refuse(stream, 1, "Session ID unknown");
    };
    for frame in body.split(SEPARATOR) {
        shared.with(|hub, now_ms| hub.frame(conn, frame.to_owned(), now_ms));
    }
    respond(stream, 200, "text/html", "ok")
}

/// Engine.IO's refusal: HTTP 400 with a code.
pub(super) fn refuse(stream: &mut Stream, code: u8, message: &str) -> io::Result<()> {
    let body = json!({ "code": code, "message": message }).to_string();
    respond(stream, 400, "application/json", &body)
}
