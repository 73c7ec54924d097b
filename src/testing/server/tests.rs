//! The server over real sockets: plain, encrypted, polling, and its faults.

use crate::testing::{Discovery, ModelConfig, ModelServer, RoomConfig, ServerConfig, Target};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;
use tungstenite::{Message, WebSocket};

const WAIT: Duration = Duration::from_secs(10);

fn start() -> ModelServer {
    start_with(ServerConfig::default())
}

fn start_with(mut config: ServerConfig) -> ModelServer {
    config.model = std::mem::replace(&mut config.model, ModelConfig::relaxed())
        .room(RoomConfig::registered("lobby"))
        .cookie("token", "alice")
        .account(crate::testing::Account::new("alice", ""));
    ModelServer::start(config).unwrap()
}

fn dial<S: Read + Write>(server: &ModelServer, stream: S) -> WebSocket<S> {
    let scheme = if server.url().starts_with("https") {
        "wss"
    } else {
        "ws"
    };
    let url = format!(
        "{scheme}://{}/socket.io/?EIO=4&transport=websocket",
        server.address()
    );
    let mut socket = tungstenite::client(url, stream).unwrap().0;
    assert!(read(&mut socket).starts_with("0{"));
    socket
}

fn tcp(server: &ModelServer) -> TcpStream {
    let stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(WAIT)).unwrap();
    stream
}

fn read<S: Read + Write>(socket: &mut WebSocket<S>) -> String {
    socket.read().unwrap().to_text().unwrap().to_owned()
}

fn read_until<S: Read + Write>(socket: &mut WebSocket<S>, part: &str) -> Vec<String> {
    let mut frames = Vec::new();
    while !frames
        .last()
        .is_some_and(|frame: &String| frame.contains(part))
    {
        frames.push(read(socket));
    }
    frames
}

fn send<S: Read + Write>(socket: &mut WebSocket<S>, frame: &str) {
    socket.send(Message::text(frame)).unwrap();
}

fn join<S: Read + Write>(socket: &mut WebSocket<S>, name: &str) {
    send(socket, "40");
    send(socket, &format!(r#"42["login",{{"name":"{name}"}}]"#));
    read_until(socket, "\"login\"");
    send(socket, r#"42["joinChannel",{"name":"lobby"}]"#);
    read_until(socket, "\"userlist\"");
}

/// HTTP by hand: status and body.
fn get(server: &ModelServer, path: &str) -> (u16, String) {
    let mut stream = tcp(server);
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    let mut chunk = [0; 4_096];
    loop {
        let len = stream.read(&mut chunk).unwrap();
        answer.extend_from_slice(&chunk[..len]);
        let text = String::from_utf8_lossy(&answer).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head.split("Content-Length: ").nth(1).unwrap();
        let length: usize = length.split("\r\n").next().unwrap().parse().unwrap();
        if body.len() >= length {
            return (head[9..12].parse().unwrap(), body.to_owned());
        }
    }
}

#[test]
fn two_clients_talk_over_websockets() {
    let server = start();
    let (mut a, mut b) = (dial(&server, tcp(&server)), dial(&server, tcp(&server)));
    join(&mut a, "anna");
    join(&mut b, "bert");
    send(&mut a, r#"42["chatMsg",{"msg":"hi <bert>"}]"#);
    let heard = read_until(&mut b, "chatMsg").pop().unwrap();
    assert!(heard.contains("hi &lt;bert&gt;"));
    assert_eq!(read_until(&mut a, "chatMsg").pop().unwrap(), heard);
    server.room("lobby").say("robot", "beep");
    read_until(&mut a, "beep");
    assert!(server.look(|view| view.has_received("hi <bert>")));
    server.stop();
}

#[cfg(feature = "tls")]
#[test]
fn serves_encrypted() {
    use std::sync::Arc;
    let own = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let (chain, key) = (own.cert.pem(), own.signing_key.serialize_pem());
    let config = ServerConfig::default()
        .tls_pem(chain.as_bytes(), key.as_bytes())
        .unwrap();
    let server = start_with(config);
    let mut roots = rustls::RootCertStore::empty();
    roots.add(own.cert.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = server.address().ip().into();
    let connection = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
    let stream = rustls::StreamOwned::new(connection, tcp(&server));
    let mut socket = dial(&server, stream);
    join(&mut socket, "anna");
    let huge = "y".repeat(200_000);
    send(&mut socket, &format!(r#"42["chatMsg",{{"msg":"{huge}"}}]"#));
    read_until(&mut socket, "yyy");
    let long = "x".repeat(300);
    for _ in 0..10 {
        send(&mut socket, &format!(r#"42["chatMsg",{{"msg":"{long}"}}]"#));
        read_until(&mut socket, &long);
    }
}

#[test]
fn serves_by_polling() {
    let server = start();
    let url = format!("{}/socket.io/?EIO=4&transport=polling", server.url());
    let agent = ureq::Agent::new_with_defaults();
    let poll = |url: &str| {
        agent
            .get(url)
            .call()
            .unwrap()
            .body_mut()
            .read_to_string()
            .unwrap()
    };
    let open = poll(&url);
    let open: serde_json::Value = serde_json::from_str(&open[1..]).unwrap();
    let url = format!("{url}&sid={}", open["sid"].as_str().unwrap());
    let post = |body: &str| {
        agent
            .post(&url)
            .send(body)
            .unwrap()
            .body_mut()
            .read_to_string()
            .unwrap()
    };
    assert_eq!(
        post("40\u{1e}42[\"joinChannel\",{\"name\":\"lobby\"}]"),
        "ok"
    );
    let mut heard = poll(&url);
    while !heard.contains("\"userlist\"") {
        heard.push('\u{1e}');
        heard.push_str(&poll(&url));
    }
    let frames: Vec<_> = heard.split('\u{1e}').collect();
    assert!(frames[0].starts_with("40{"));
    assert!(frames[2].starts_with("42[\"setPermissions\""));
    server.close_cleanly();
    let over = agent.get(&url).call();
    assert!(
        matches!(over, Err(ureq::Error::StatusCode(400))),
        "{over:?}"
    );
}

#[test]
fn bad_handshakes_get_engine_io_codes() {
    let server = start();
    let refused = |query: &str| get(&server, &format!("/socket.io/?{query}"));
    let transport = r#"{"code":0,"message":"Transport unknown"}"#;
    assert_eq!(refused("EIO=4&transport=nosuch"), (400, transport.into()));
    let session = r#"{"code":1,"message":"Session ID unknown"}"#;
    assert_eq!(
        refused("EIO=4&transport=polling&sid=x"),
        (400, session.into())
    );
    let request = r#"{"code":3,"message":"Bad request"}"#;
    assert_eq!(refused("EIO=4&transport=websocket"), (400, request.into()));
}

#[test]
fn discovery_answers_as_scripted() {
    let server = start();
    let discover = || get(&server, "/socketconfig/lobby.json");
    let own = format!(
        r#"{{"servers":[{{"secure":false,"url":"{}"}}]}}"#,
        server.url()
    );
    assert_eq!(discover(), (200, own));
    assert_eq!(get(&server, "/socketconfig/$bad$.json").0, 404);
    server.set_discovery(Discovery::EmptyBody);
    assert_eq!(discover(), (200, String::new()));
    server.set_discovery(Discovery::Status(500));
    assert_eq!(discover().0, 500);
    server.set_discovery(Discovery::Servers(vec![("https://other:443".into(), true)]));
    assert!(discover().1.contains("other:443"));
    server.set_discovery(Discovery::Html);
    assert!(discover().1.starts_with("<html>"));
}

#[test]
fn cookies_of_the_upgrade_log_in() {
    use tungstenite::client::IntoClientRequest;
    let server = start();
    let url = format!(
        "ws://{}/socket.io/?EIO=4&transport=websocket",
        server.address()
    );
    let mut request = url.into_client_request().unwrap();
    request
        .headers_mut()
        .insert("Cookie", "a=b; auth=token".parse().unwrap());
    let mut socket = tungstenite::client(request, tcp(&server)).unwrap().0;
    send(&mut socket, "40");
    assert!(
        read_until(&mut socket, "login")
            .pop()
            .unwrap()
            .contains("alice")
    );
}

#[test]
fn refused_upgrades_and_connects() {
    let server = start();
    server.refuse_upgrades(Some(503));
    let url = format!(
        "ws://{}/socket.io/?EIO=4&transport=websocket",
        server.address()
    );
    let refused = tungstenite::client(url, tcp(&server));
    let Err(tungstenite::HandshakeError::Failure(tungstenite::Error::Http(answer))) = refused
    else {
        panic!("{refused:?}");
    };
    assert_eq!(answer.status(), 503);
    server.refuse_upgrades(None);
    server.refuse_connects(Some("Rate limit exceeded"));
    let mut socket = dial(&server, tcp(&server));
    send(&mut socket, "40");
    assert_eq!(read(&mut socket), r#"44{"message":"Rate limit exceeded"}"#);
}

#[test]
fn oversized_frame_is_closed_with_1009() {
    let mut config = ServerConfig::default();
    config.model.payload_bytes_max = 1_000;
    let server = start_with(config);
    let mut socket = dial(&server, tcp(&server));
    send(&mut socket, &"x".repeat(2_000));
    let Message::Close(Some(frame)) = socket.read().unwrap() else {
        panic!("no close frame");
    };
    assert_eq!(u16::from(frame.code), 1_009);
}

#[test]
fn closes_cleanly_or_without_a_word() {
    let server = start();
    let mut polite = dial(&server, tcp(&server));
    server.close_cleanly();
    assert_eq!(polite.read().unwrap(), Message::Close(None));
    let mut cut = dial(&server, tcp(&server));
    server.drop_all();
    assert!(cut.read().is_err());
    assert!(server.wait_for(WAIT, |view| view.connection_count() == 0));
}

#[test]
fn restarts_on_the_same_port_with_its_state() {
    let server = start();
    let mut socket = dial(&server, tcp(&server));
    join(&mut socket, "anna");
    send(&mut socket, r#"42["chatMsg",{"msg":"before"}]"#);
    read_until(&mut socket, "before");
    server.go_down();
    assert!(socket.read().is_err());
    assert!(
        TcpStream::connect(server.address()).is_err(),
        "refused while down"
    );
    server.come_back().unwrap();
    let kept = server.save();
    server.restart(kept).unwrap();
    let mut socket = dial(&server, tcp(&server));
    send(&mut socket, "40");
    send(&mut socket, r#"42["joinChannel",{"name":"lobby"}]"#);
    let burst = read_until(&mut socket, "\"userlist\"");
    assert!(burst.iter().any(|frame| frame.contains("before")));
    server.crash().unwrap();
    assert_eq!(
        server.room("lobby").view().unwrap().replay.len(),
        1,
        "saved as the room emptied"
    );
}

#[test]
fn stalled_server_says_nothing_until_it_goes_on() {
    let server = start();
    let mut socket = dial(&server, tcp(&server));
    server.stall(true);
    send(&mut socket, "40");
    assert_eq!(
        server.send_to(&Target::All, "4garbage"),
        0,
        "nobody is connected yet"
    );
    socket
        .get_ref()
        .set_read_timeout(Some(Duration::from_millis(50)))
        .unwrap();
    assert!(socket.read().is_err());
    socket.get_ref().set_read_timeout(Some(WAIT)).unwrap();
    server.stall(false);
    assert!(read(&mut socket).starts_with("40{"));
    server.send_to(&Target::All, "4garbage");
    read_until(&mut socket, "4garbage");
}

#[test]
fn fast_clock_shortens_a_minute() {
    let mut config = ServerConfig::default().clock_rate(600.0);
    config.model.ping_interval_ms = 60_000;
    let server = start_with(config);
    let mut socket = dial(&server, tcp(&server));
    send(&mut socket, "40");
    while read(&mut socket) != "2" {}
}

#[test]
fn stops_with_clients_of_every_kind() {
    let server = start();
    let _idle = tcp(&server);
    let mut member = dial(&server, tcp(&server));
    join(&mut member, "anna");
    server.stall(true);
    server.stop();
    while member.read().is_ok() {}
}

#[test]
fn traffic_fills_the_room_until_its_handle_goes() {
    use crate::testing::{Traffic, TrafficConfig};
    let server = start();
    let traffic = Traffic::start(&server, TrafficConfig::new(3, "lobby").rate(200.0)).unwrap();
    let full = |view: &crate::testing::ServerView<'_>| {
        view.room("lobby").is_some_and(|room| room.users.len() > 9)
    };
    assert!(server.wait_for(WAIT, full));
    drop(traffic);
    server.stop();
}
