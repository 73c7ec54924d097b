//! WebSocket over TLS, with certificate authorities made for the test.

use super::*;
use crate::transport::Dial;
use crate::transport::test_server::{Authority, Owner, PATIENCE, Server, connect, dial};

fn dial_to(server: &Server, host: &str, roots: &[&Authority]) -> Dial {
    let url = format!("https://{host}:{}", server.address.port());
    let mut dial = dial("https://unused", &[url]);
    dial.extra_roots = roots.iter().map(|root| root.root.clone()).collect();
    dial
}

#[test]
fn a_private_authority_is_trusted_and_large_frames_pass_both_ways() {
    let authority = Authority::for_host("localhost");
    let server = authority.serve(|stream| {
        let mut socket = tungstenite::accept(stream).unwrap();
        socket.send(Message::text("0{}")).unwrap();
        let frame = socket.read().unwrap();
        socket.send(frame).unwrap();
        while socket.read().is_ok() {}
    });
    let mut dial = dial_to(&server, "localhost", &[&authority]);
    dial.allow_insecure = false;
    let mut owner = Owner::dial(&dial);
    assert_eq!(owner.receive().unwrap(), "0{}");
    let frame = "y".repeat(4 << 20);
    owner.transport.send(&frame).unwrap();
    owner.flush();
    assert!(owner.receive().unwrap() == frame);
}

#[test]
fn certificates_that_do_not_verify_are_refused() {
    let authority = Authority::for_host("127.0.0.1");
    let server = authority.serve(|_| ());
    let check = |host: &str, roots: &[&Authority], expected: &str| {
        let error = connect(&dial_to(&server, host, roots)).err().unwrap();
        assert!(matches!(error, DialError::Certificate { .. }), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    };
    check("127.0.0.1", &[], "issuer is not trusted");
    check("localhost", &[&authority], "not valid for name");
    let stranger = Authority::for_host("127.0.0.1");
    check("127.0.0.1", &[&stranger], "certificate refused");
}

#[test]
fn a_mute_peer_runs_into_the_deadline_of_tls() {
    let server = Server::mute();
    let mut dial = dial_to(&server, "127.0.0.1", &[]);
    dial.connect_wait_max = Duration::from_millis(120);
    let error = connect(&dial).err().unwrap();
    assert!(
        matches!(error, DialError::TimedOut { stage: "TLS", .. }),
        "{error}"
    );
}

#[test]
fn a_peer_that_speaks_no_tls_is_a_network_error() {
    let server = Server::http(|_| String::new());
    let error = connect(&dial_to(&server, "127.0.0.1", &[])).err().unwrap();
    assert!(matches!(error, DialError::Network { .. }), "{error}");
}

#[test]
fn a_peer_that_never_reads_runs_into_the_write_deadline() {
    let authority = Authority::for_host("localhost");
    let (let_go, held) = crossbeam_channel::bounded::<()>(1);
    let server = authority.serve(move |stream| {
        let _socket = tungstenite::accept(stream).unwrap();
        let _ = held.recv_timeout(PATIENCE);
    });
    let mut owner = Owner::dial(&dial_to(&server, "localhost", &[&authority]));
    owner.transport.send(&"x".repeat(19 << 20)).unwrap();
    assert!(owner.transport.has_unsent());
    let error = (0..1000)
        .find_map(|s| owner.transport.flush(Duration::from_secs(s)).err())
        .unwrap();
    assert_eq!(error, TransportError::WriteTimedOut(PATIENCE));
    drop(let_go);
}
