//! The whole way in: discovery over HTTP, then WebSocket, or polling behind a proxy.

use super::test_server::{
    Owner, PATIENCE, Request, Server, answer, connect, dial, spawn, upgraded,
};
use super::{Cancel, Connector as _, DialError, NetConnector, attempt};
use crate::config::TransportChoice;
use std::time::Duration;

const OPEN: &str = r#"0{"sid":"S","pingInterval":25000}"#;

/// A site and its socket server in one, that answers upgrades with `upgrade`.
fn site(upgrade: impl Fn(&Request) -> String + Send + Sync + 'static) -> Server {
    Server::http(move |request| {
        if request.is("GET /socketconfig/room.json ") {
            let own = format!("http://{}", request.header("host").unwrap());
            answer(200, &format!(r#"{{"servers":[{{"url":"{own}"}}]}}"#))
        } else if request.header("upgrade").is_some() {
            upgrade(request)
        } else if request.is("GET /socket.io/?EIO=4&transport=polling ") {
            answer(200, OPEN)
        } else {
            String::new()
        }
    })
}

#[test]
fn discovery_leads_to_a_websocket() {
    let server = site(upgraded);
    let owner = Owner::dial(&dial(&server.url("http"), &[]));
    assert_eq!(owner.transport.kind(), "websocket");
    assert_eq!(owner.transport.endpoint(), server.url("ws"));
}

#[test]
fn a_refused_upgrade_leads_to_polling_unless_websocket_is_a_must() {
    let server = site(|_| answer(403, "no upgrades here"));
    let mut dial = dial(&server.url("http"), &[]);
    let mut owner = Owner::dial(&dial);
    assert_eq!(owner.transport.kind(), "polling");
    assert_eq!(owner.receive().unwrap(), OPEN);
    dial.transport = TransportChoice::Websocket;
    let endpoint = server.url("ws");
    assert_eq!(
        connect(&dial).err(),
        Some(DialError::UpgradeRefused {
            endpoint,
            status: 403
        })
    );
}

#[test]
fn where_polling_fails_too_the_refusal_is_told() {
    let server = Server::http(|_| answer(502, "down"));
    let dial = dial("http://unused", &[server.url("http")]);
    let endpoint = server.url("ws");
    assert_eq!(
        connect(&dial).err(),
        Some(DialError::UpgradeRefused {
            endpoint,
            status: 502
        })
    );
}

#[test]
fn discovery_failures_say_what_came() {
    let check = |reply: String, expected: &str| {
        let server = Server::http(move |_| reply.clone());
        let error = connect(&dial(&server.url("http"), &[])).err().unwrap();
        assert!(error.to_string().contains(expected), "{error}");
    };
    check(answer(404, r#"{"error":"no"}"#), "no such channel");
    check(answer(200, "<html>"), "a page came");
    check(answer(200, &"x".repeat(65 << 10)), "more than 64 KiB");
    let circle = "HTTP/1.1 302 X\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n";
    check(circle.to_owned(), "redirected in circles");
    check(String::new(), "disconnected");
}

#[test]
fn redirects_are_followed() {
    let server = site(upgraded);
    let target = server.url("http");
    let front = Server::http(move |request| {
        let path = request.head.split(' ').nth(1).unwrap();
        format!("HTTP/1.1 301 X\r\nLocation: {target}{path}\r\nContent-Length: 0\r\n\r\n")
    });
    let transport = connect(&dial(&front.url("http"), &[])).unwrap();
    assert_eq!(transport.endpoint(), server.url("ws"));
}

#[test]
fn plain_servers_need_leave() {
    let server = site(upgraded);
    let mut dial = dial(&server.url("http"), &[]);
    dial.allow_insecure = false;
    let insecure = |error: Option<DialError>| matches!(error, Some(DialError::Insecure { .. }));
    assert!(insecure(connect(&dial).err()));
    dial.servers = vec![server.url("http")];
    assert!(insecure(connect(&dial).err()));
}

#[test]
fn a_mute_site_runs_into_the_deadline_or_is_cancelled() {
    let server = Server::mute();
    let mut dial = dial(&server.url("http"), &[]);
    dial.connect_wait_max = Duration::from_millis(120);
    let error = connect(&dial).err().unwrap();
    assert!(
        matches!(
            error,
            DialError::TimedOut {
                stage: "discovery",
                ..
            }
        ),
        "{error}"
    );

    dial.connect_wait_max = PATIENCE;
    let cancel = Cancel::default();
    let (done, result) = crossbeam_channel::bounded(1);
    let theirs = cancel.clone();
    spawn(move || {
        done.send(NetConnector::new().connect(&dial, &theirs).err())
            .unwrap()
    });
    let since = attempt::clock();
    cancel.cancel();
    assert_eq!(
        result.recv_timeout(PATIENCE).unwrap(),
        Some(DialError::Cancelled)
    );
    assert!(since.elapsed() < Duration::from_millis(100));
}

#[cfg(feature = "tls")]
#[test]
fn discovery_trusts_private_authorities_and_nobody_else() {
    use super::test_server::Authority;
    use std::io::Write;
    let authority = Authority::for_host("localhost");
    let server = authority.serve(|mut stream| {
        while let Some(request) = Request::read(&mut stream) {
            let upgrade = request.header("upgrade").is_some();
            let url = format!("https://{}", request.header("host").unwrap());
            let reply = match upgrade {
                true => upgraded(&request),
                false => answer(200, &format!(r#"{{"servers":[{{"url":"{url}"}}]}}"#)),
            };
            stream.write_all(reply.as_bytes()).unwrap();
        }
    });
    let origin = format!("https://localhost:{}", server.address.port());
    let mut dial = dial(&origin, &[]);
    dial.allow_insecure = false;
    let error = connect(&dial).err().unwrap();
    assert!(matches!(error, DialError::Certificate { .. }), "{error}");
    dial.extra_roots = vec![authority.root.clone()];
    let transport = connect(&dial).unwrap();
    assert_eq!(transport.endpoint(), origin.replace("https", "wss"));
}
