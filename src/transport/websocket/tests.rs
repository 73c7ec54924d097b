//! WebSocket against real sockets: peers that are quick, slow, deaf, mute, rude and oversized.

use super::*;
use crate::secret::Secret;
use crate::transport::attempt::clock;
use crate::transport::test_server::{
    Owner, PATIENCE, Request, Server, connect, dial, spawn, upgraded,
};
use crate::transport::{Cancel, Connector as _, Dial, NetConnector};
use std::io::{Read, Write};
use std::net::TcpStream;

type ServerSocket = tungstenite::WebSocket<TcpStream>;

/// A WebSocket server, and a dial to it.
fn server(handle: impl Fn(ServerSocket) + Send + Sync + 'static) -> (Server, Dial) {
    let server = Server::start(move |stream| handle(tungstenite::accept(stream).unwrap()));
    let dial = dial("http://unused", &[server.url("http")]);
    (server, dial)
}

/// Reads until the client is gone.
fn drain(mut socket: ServerSocket) {
    while socket.read().is_ok() {}
}

#[test]
fn an_open_packet_in_the_same_segment_as_the_upgrade_arrives() {
    let server = Server::start(|mut stream| {
        let request = Request::read(&mut stream).unwrap();
        assert!(request.is("GET /socket.io/?EIO=4&transport=websocket HTTP/1.1"));
        let mut bytes = upgraded(&request).into_bytes();
        bytes.extend_from_slice(b"\x81\x030{}");
        stream.write_all(&bytes).unwrap();
        let _ = stream.read(&mut [0; 64]);
    });
    let mut owner = Owner::dial(&dial("http://unused", &[server.url("http")]));
    assert_eq!(owner.receive().unwrap(), "0{}");
    assert_eq!(owner.transport.kind(), "websocket");
    assert_eq!(owner.transport.endpoint(), server.url("ws"));
}

#[test]
fn sends_the_cookie_and_no_origin() {
    let (told, heard) = crossbeam_channel::bounded(1);
    let server = Server::http(move |request| {
        let cookie = request.header("cookie").map(str::to_owned);
        told.send((cookie, request.header("origin").map(str::to_owned)))
            .unwrap();
        upgraded(request)
    });
    let mut dial = dial("http://unused", &[server.url("ws")]);
    dial.cookie = Some(Secret::new("auth=sesame"));
    let transport = connect(&dial).unwrap();
    let (cookie, origin) = heard.recv_timeout(PATIENCE).unwrap();
    assert_eq!((cookie.as_deref(), origin), (Some("auth=sesame"), None));
    assert!(transport.is_connected());
    dial.cookie = Some(Secret::new("auth=sesame\n"));
    let error = connect(&dial).err().unwrap();
    assert!(!format!("{error:?} {error}").contains("sesame"), "{error}");
}

#[test]
fn large_frames_pass_both_ways() {
    let (_server, dial) = server(|mut socket| {
        let frame = socket.read().unwrap();
        socket.send(frame).unwrap();
        drain(socket);
    });
    let mut owner = Owner::dial(&dial);
    let frame = "é".repeat(8 << 20);
    owner.transport.send(&frame).unwrap();
    owner.flush();
    assert!(owner.receive().unwrap() == frame);
}

#[test]
fn a_frame_over_the_limit_ends_the_connection() {
    let (_server, mut dial) = server(|mut socket| {
        socket.send(Message::text("x".repeat(1025))).unwrap();
        drain(socket);
    });
    dial.frame_bytes_max = 1024;
    let mut owner = Owner::dial(&dial);
    let error = owner.receive().unwrap_err();
    assert_eq!(error, TransportError::FrameTooLarge { limit: 1024 });
    assert!(!owner.transport.is_connected());
    assert!(owner.transport.send("x").is_err());
}

#[test]
fn binary_frames_and_endless_pings_are_not_the_protocol() {
    let (_server, dial) = server(|mut socket| {
        socket.send(Message::binary(vec![1])).unwrap();
        drain(socket);
    });
    let error = Owner::dial(&dial).receive().unwrap_err();
    assert_eq!(error, TransportError::Protocol("a binary frame".into()));

    let server = Server::start(|mut stream| {
        let request = Request::read(&mut stream).unwrap();
        let mut bytes = upgraded(&request).into_bytes();
        bytes.extend_from_slice(&[0x89, 0x00].repeat(4096));
        let _ = stream.write_all(&bytes);
        while stream.read(&mut [0; 1024]).is_ok_and(|count| count > 0) {}
    });
    let dial = self::dial("http://unused", &[server.url("http")]);
    let error = Owner::dial(&dial).receive().unwrap_err();
    assert!(error.to_string().contains("pings"), "{error}");
}

#[test]
fn pings_are_answered_and_the_close_code_is_told() {
    let (_server, dial) = server(|mut socket| {
        socket.send(Message::Ping("are you there".into())).unwrap();
        assert_eq!(
            socket.read().unwrap(),
            Message::Pong("are you there".into())
        );
        let code = CloseCode::from(1009);
        let reason = "".into();
        socket.close(Some(CloseFrame { code, reason })).unwrap();
        assert!(matches!(socket.read(), Ok(Message::Close(_))));
        drain(socket);
    });
    let mut owner = Owner::dial(&dial);
    let error = owner.receive().unwrap_err();
    assert_eq!(error, TransportError::Closed { code: Some(1009) });
}

#[test]
fn a_peer_that_vanishes_has_closed() {
    let (_server, dial) = server(drop);
    let error = Owner::dial(&dial).receive().unwrap_err();
    assert_eq!(error, TransportError::Closed { code: None });
}

#[test]
fn closing_says_farewell() {
    let (told, heard) = crossbeam_channel::bounded(1);
    let (_server, dial) = server(move |mut socket| told.send(socket.read()).unwrap());
    drop(Owner::dial(&dial));
    let farewell = heard.recv_timeout(PATIENCE).unwrap().unwrap();
    assert!(matches!(farewell, Message::Close(Some(_))), "{farewell:?}");
}

#[test]
fn a_peer_that_never_reads_runs_into_the_write_deadline() {
    let (let_go, held) = crossbeam_channel::bounded::<()>(1);
    let (_server, mut dial) = server(move |_socket| {
        let _ = held.recv_timeout(PATIENCE);
    });
    dial.write_wait_max = Duration::from_secs(30);
    dial.write_buffer_max = 8 << 20;
    let mut owner = Owner::dial(&dial);
    let frame = "x".repeat(1 << 20);
    let mut sent = 0;
    let full = loop {
        match owner.transport.send(&frame) {
            Ok(()) => sent += 1,
            Err(error) => break error,
        }
        assert!(sent < 64, "the system takes it all");
    };
    let limit = 8 << 20;
    assert_eq!(full, TransportError::WriteBufferFull { limit });
    assert!(
        owner.transport.is_connected(),
        "a full buffer is not an end"
    );
    assert!(owner.transport.has_unsent());
    // The system may still move some bytes at first: the deadline counts from the last.
    let error = (0..1000)
        .find_map(|s| owner.transport.flush(Duration::from_secs(s)).err())
        .unwrap();
    assert_eq!(error, TransportError::WriteTimedOut(dial.write_wait_max));
    drop(let_go);
}

#[test]
fn a_peer_that_never_answers_runs_into_the_deadline() {
    let server = Server::mute();
    let mut dial = dial("http://unused", &[server.url("http")]);
    dial.connect_wait_max = Duration::from_millis(120);
    let error = connect(&dial).err().unwrap();
    assert_eq!(
        error,
        DialError::TimedOut {
            endpoint: server.url("ws"),
            after: dial.connect_wait_max,
            stage: "upgrade",
        }
    );
}

#[test]
fn a_cancelled_dial_ends_within_a_tenth_of_a_second() {
    let (accepted, connected) = crossbeam_channel::bounded(1);
    let server = Server::start(move |mut stream| {
        accepted.send(()).unwrap();
        while stream.read(&mut [0; 1024]).is_ok_and(|count| count > 0) {}
    });
    let dial = dial("http://unused", &[server.url("http")]);
    let cancel = Cancel::default();
    let (done, result) = crossbeam_channel::bounded(1);
    let theirs = cancel.clone();
    spawn(move || {
        let error = NetConnector::new().connect(&dial, &theirs).err();
        done.send(error).unwrap();
    });
    connected.recv_timeout(PATIENCE).unwrap();
    let since = clock();
    cancel.cancel();
    let error = result.recv_timeout(PATIENCE).unwrap();
    assert_eq!(error, Some(DialError::Cancelled));
    assert!(since.elapsed() < Duration::from_millis(100));
}

#[test]
fn failures_to_open_say_what_happened() {
    let mut refusing = dial("http://unused", &[]);
    refusing.transport = crate::config::TransportChoice::Websocket;
    let mut check = |answer: &'static str, expected: &str| {
        let server = Server::http(move |_| answer.to_owned());
        refusing.servers = vec![server.url("http")];
        let error = connect(&refusing).err().unwrap().to_string();
        assert!(error.contains(expected), "{answer:?}: {error}");
    };
    check("HTTP/1.1 403 Forbidden\r\n\r\n", "refused with HTTP 403");
    check("HTTP/1.1 200 OK\r\n\r\n", "refused with HTTP 200");
    check("SSH-2.0-OpenSSH_9.2p1\r\n\r\n", "not a WebSocket");
    check("", "not a WebSocket");
    // The near end of a connection: a port in use, where nobody listens.
    let near = Server::start(|mut stream| drop(stream.read(&mut [0])));
    let near = TcpStream::connect(near.address).unwrap();
    let unheard = format!("http://{}", near.local_addr().unwrap());
    let error = connect(&dial("http://unused", &[unheard])).err().unwrap();
    assert!(matches!(error, DialError::Network { .. }), "{error}");
}
