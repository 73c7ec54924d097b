//! One TCP connection: requests until it becomes a WebSocket or ends.

use crate::testing::Peer;
use crate::testing::server::http::{Request, respond};
use crate::testing::server::hub::{Note, OUTLET_FRAMES_MAX, Outlet, Shared};
use crate::testing::server::polling::{self, refuse};
use crate::testing::server::stream::Stream;
use crate::testing::server::threads;
use crossbeam_channel::Receiver;
use serde_json::json;
use std::io::{self, Write};
use std::sync::Arc;
use tungstenite::error::{CapacityError, Error};
use tungstenite::handshake::derive_accept_key;
use tungstenite::protocol::frame::CloseFrame;
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::protocol::{Role, WebSocketConfig};
use tungstenite::{Message, WebSocket};

/// Serves the connection until it is over.
pub(super) fn serve(shared: &Arc<Shared>, mut stream: Stream, ip: &str) -> io::Result<()> {
    let mut left_over = Vec::new();
    loop {
        shared.gate.pass();
        let Some(mut request) = Request::read(&mut stream, left_over)? else {
            return Ok(());
        };
        shared.gate.pass();
        let peer = Peer {
            ip: request.header("x-forwarded-for").unwrap_or(ip).to_owned(),
            cookie: request.header("cookie").map(str::to_owned),
        };
        if request.path == "/socket.io/" {
            match check_engine(&request) {
                Err((code, message)) => refuse(&mut stream, code, message)?,
                Ok("websocket") => return upgrade(shared, stream, request, peer),
                Ok(_) => polling::serve(shared, &mut stream, &mut request, peer)?,
            }
        } else {
            serve_page(shared, &mut stream, &request)?;
        }
        left_over = request.into_rest();
    }
}

/// The transport wanted, or engine.io's refusal.
fn check_engine(request: &Request) -> Result<&'static str, (u8, &'static str)> {
    let transport = match request.param("transport") {
        Some("websocket") => "websocket",
        Some("polling") => "polling",
        _ => return Err((0, "Transport unknown")),
    };
    if (transport == "websocket") != request.wants_upgrade() {
        return Err((3, "Bad request"));
    }
    if request.param("EIO") != Some("4") {
        return Err((5, "Unsupported protocol version"));
    }
    Ok(transport)
}

/// Everything that is not engine.io: discovery, and nothing else.
fn serve_page(shared: &Shared, stream: &mut Stream, request: &Request) -> io::Result<()> {
    let channel = request
        .path
        .strip_prefix("/socketconfig/")
        .and_then(|name| name.strip_suffix(".json"));
    let Some(channel) = channel.filter(|_| request.method == "GET") else {
        return respond(stream, 404, "text/plain", "not found");
    };
    let is_name = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    if !(1..=30).contains(&channel.len()) || !channel.bytes().all(is_name) {
        let error = json!({ "error": format!("Channel \"{channel}\" does not exist.") });
        return respond(stream, 404, "application/json", &error.to_string());
    }
    let (status, kind, body) = shared.hub.lock().discovery.answer(&shared.url);
    respond(stream, status, kind, &body)
}

/// Becomes a WebSocket, read here and written by a thread of its own.
fn upgrade(
    shared: &Arc<Shared>,
    mut stream: Stream,
    request: Request,
    peer: Peer,
) -> io::Result<()> {
    let refusal = shared.hub.lock().upgrade_refusal;
    if let Some(status) = refusal {
        return respond(&mut stream, status, "text/plain", "refused on purpose");
    }
    let Some(key) = request.header("sec-websocket-key") else {
        return refuse(&mut stream, 3, "Bad request");
    };
    let accept = derive_accept_key(key.as_bytes());
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    );
    stream.write_all(answer.as_bytes())?;
    let (notes, wanted) = crossbeam_channel::bounded(OUTLET_FRAMES_MAX);
    let outlet = Outlet::Socket {
        notes,
        stream: stream.clone(),
    };
    let writer = {
        let (shared, stream) = (Arc::clone(shared), stream.clone());
        threads::spawn("model-server-writer", move || {
            write(&shared, stream, &wanted)
        })?
    };
    let (id, bytes_max) = shared.with(|hub, now_ms| {
        let bytes_max = hub.model.config().payload_bytes_max;
        (hub.open(peer, outlet, now_ms), bytes_max)
    });
    let config = WebSocketConfig::default()
        .max_message_size(Some(bytes_max))
        .max_frame_size(Some(bytes_max));
    let mut socket = WebSocket::from_partially_read(
        stream.clone(),
        request.into_rest(),
        Role::Server,
        Some(config),
    );
    let outcome = loop {
        shared.gate.pass();
        match socket.read() {
            Ok(Message::Text(text)) => {
                shared.gate.pass();
                shared.with(|hub, now_ms| hub.frame(id, text.to_string(), now_ms));
            }
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    if let Error::Capacity(CapacityError::MessageTooLong { .. }) = outcome {
        let frame = CloseFrame {
            code: CloseCode::Size,
            reason: "".into(),
        };
        // The client may be gone: then there is nobody to tell.
        let _ = socket.close(Some(frame)).and_then(|()| socket.flush());
    }
    shared.with(|hub, now_ms| hub.close(id, now_ms));
    stream.cut();
    threads::join(writer);
    Ok(())
}

/// Writes what the model has for the client, until there is no more.
fn write(shared: &Shared, stream: Stream, wanted: &Receiver<Note>) {
    let mut socket = WebSocket::from_raw_socket(stream.clone(), Role::Server, None);
    for note in wanted {
        shared.gate.pass();
        let written = match note {
            Note::Text(text) => socket.send(Message::text(&*text)),
            Note::Close => {
                // Empty, as engine.io's: the client sees code 1005.
                let _ = socket.close(None).and_then(|()| socket.flush());
                return stream.finish();
            }
        };
        if written.is_err() {
            break;
        }
    }
    stream.cut();
}
