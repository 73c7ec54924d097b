//! Long polling against an HTTP server written by hand: one channel feeds its polls, another
//! tells what was posted.

use super::*;
use crate::config::TransportChoice;
use crate::transport::Dial;
use crate::transport::attempt::clock;
use crate::transport::test_server::{Owner, PATIENCE, Request, Server, answer, connect, dial};
use crossbeam_channel::unbounded;

const OPEN: &str = r#"0{"sid":"S-1","upgrades":[],"pingInterval":25000,"maxPayload":30}"#;

/// A polling server under the hand of its test.
struct Site {
    server: Server,
    /// Answers to polls. Dropped: polls end with a close packet.
    polls: Sender<String>,
    /// Whole requests that brought frames.
    posts: Receiver<Request>,
}

/// Starts one that answers posts with `taken`.
fn site(taken: &'static str) -> (Site, Dial) {
    let (polls, next) = unbounded::<String>();
    let (told, posts) = unbounded();
    let server = Server::start(move |mut stream| {
        while let Some(request) = Request::read(&mut stream) {
            let sid = request.head.contains("&sid=S-1");
            let reply = match () {
                () if request.is("GET") && !sid => first_answer(),
                () if request.is("GET") => next
                    .recv_timeout(PATIENCE)
                    .unwrap_or_else(|_| answer(200, "1")),
                () => {
                    told.send(request).unwrap();
                    taken.to_owned()
                }
            };
            if io::Write::write_all(&mut stream, reply.as_bytes()).is_err() {
                return;
            }
        }
    });
    let mut dial = dial("http://unused", &[server.url("http")]);
    dial.transport = TransportChoice::Polling;
    let site = Site {
        server,
        polls,
        posts,
    };
    (site, dial)
}

fn first_answer() -> String {
    answer(200, OPEN).replace(
        "\r\n\r\n",
        "\r\nSet-Cookie: node=a7; Path=/; HttpOnly\r\nSet-Cookie: x=y\r\n\r\n",
    )
}

const TAKEN: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

impl Site {
    fn tell(&self, status: u16, body: &str) {
        self.polls.send(answer(status, body)).unwrap();
    }

    fn posted(&self) -> Request {
        self.posts.recv_timeout(PATIENCE).unwrap()
    }
}

#[test]
fn frames_pass_both_ways_with_every_cookie() {
    let (site, mut dial) = site(TAKEN);
    dial.cookie = Some(Secret::new("auth=sesame"));
    let mut owner = Owner::dial(&dial);
    assert_eq!(owner.transport.kind(), "polling");
    assert_eq!(owner.transport.endpoint(), site.server.url("http"));
    assert_eq!(owner.receive().unwrap(), OPEN);
    owner.transport.send("40").unwrap();
    let post = site.posted();
    assert!(post.is("POST /socket.io/?EIO=4&transport=polling&sid=S-1 HTTP/1.1"));
    assert_eq!(post.body, "40");
    assert_eq!(post.header("cookie"), Some("auth=sesame; node=a7; x=y"));
    assert_eq!(post.header("origin"), None);
    site.tell(200, "40{}\u{1e}42[\"rank\",-1]");
    site.tell(200, "6\u{1e}2");
    for frame in ["40{}", "42[\"rank\",-1]", "2"] {
        assert_eq!(owner.receive().unwrap(), frame);
    }
}

#[test]
fn what_waits_goes_together_up_to_the_servers_limit() {
    let (frames, to_server) = unbounded();
    for frame in ["first", "second", "third", "a frame beyond the limit"] {
        frames.send(frame.to_owned()).unwrap();
    }
    drop(frames);
    let (site, _) = site(TAKEN);
    let agent = ureq::Agent::new_with_defaults();
    let url = format!("{}/?&sid=S-1", site.server.url("http"));
    let session = Session::parse(OPEN).unwrap();
    let line = Line::new(agent, url, None, session, (1 << 20, PATIENCE));
    threads::bring(&line, &to_server);
    assert_eq!(site.posted().body, "first\u{1e}second\u{1e}third");
    assert_eq!(site.posted().body, "a frame beyond the limit");
    assert_eq!(site.posted().body, "1", "the queue is closed: farewell");
    assert_eq!(line.taken.load(Ordering::Acquire), 16 + 24);
}

#[test]
fn closing_takes_no_time_and_says_farewell() {
    let (site, dial) = site(TAKEN);
    let mut owner = Owner::dial(&dial);
    owner.receive().unwrap();
    let since = clock();
    owner.transport.close();
    assert!(since.elapsed() < Duration::from_millis(100));
    assert_eq!(site.posted().body, "1");
    assert!(!owner.transport.is_connected());
    assert!(owner.transport.receive().is_err() && owner.transport.send("x").is_err());
}

#[test]
fn what_came_before_a_failure_is_still_told() {
    let (site, dial) = site(TAKEN);
    let mut owner = Owner::dial(&dial);
    site.tell(200, "2");
    site.tell(400, r#"{"code":1,"message":"Session ID unknown"}"#);
    assert_eq!(owner.receive().unwrap(), OPEN);
    assert_eq!(owner.receive().unwrap(), "2");
    let error = owner.receive().unwrap_err().to_string();
    assert!(
        error.ends_with("HTTP 400: Session ID unknown (code 1)"),
        "{error}"
    );
    assert!(!owner.transport.is_connected());
}

#[test]
fn a_refused_post_ends_the_connection() {
    let (_site, dial) = site("HTTP/1.1 413 X\r\nContent-Length: 0\r\n\r\n");
    let mut owner = Owner::dial(&dial);
    owner.receive().unwrap();
    owner.transport.send("42").unwrap();
    let error = owner.receive().unwrap_err();
    assert_eq!(error, TransportError::Protocol("HTTP 413".into()));
}

#[test]
fn bodies_over_the_limit_end_the_connection() {
    let (site, mut dial) = site(TAKEN);
    dial.frame_bytes_max = 100;
    let mut owner = Owner::dial(&dial);
    owner.receive().unwrap();
    site.tell(200, &"x".repeat(201));
    let error = owner.receive().unwrap_err();
    assert_eq!(error, TransportError::FrameTooLarge { limit: 100 });
}

#[test]
fn a_server_that_takes_nothing_runs_into_the_write_deadline() {
    let (site, mut dial) = site("");
    dial.write_buffer_max = 10;
    let mut owner = Owner::dial(&dial);
    owner.transport.send("12345").unwrap();
    owner.transport.send("12345").unwrap();
    let error = owner.transport.send("6").unwrap_err();
    assert_eq!(error, TransportError::WriteBufferFull { limit: 10 });
    site.posted();
    assert!(owner.transport.has_unsent() && owner.transport.is_connected());
    owner.transport.flush(Duration::ZERO).unwrap();
    let error = owner.transport.flush(PATIENCE).unwrap_err();
    assert_eq!(error, TransportError::WriteTimedOut(PATIENCE));
}

#[test]
fn a_frame_that_would_be_two_is_refused() {
    let (_site, dial) = site(TAKEN);
    let mut transport = connect(&dial).unwrap();
    assert!(transport.send("42\u{1e}1").is_err());
    assert!(transport.is_connected());
}

#[test]
fn servers_that_are_none_are_told_apart() {
    let check = |reply: &str, expected: &str| {
        let reply = reply.to_owned();
        let server = Server::http(move |_| reply.clone());
        let mut dial = dial("http://unused", &[server.url("http")]);
        dial.transport = TransportChoice::Polling;
        let error = connect(&dial).err().unwrap().to_string();
        assert!(error.contains(expected), "{error}");
    };
    check(&answer(200, "<html>"), "no open packet");
    let refused = r#"{"code":0,"message":"Transport unknown"}"#;
    check(
        &answer(400, refused),
        "HTTP 400: Transport unknown (code 0)",
    );
    check(&answer(301, ""), "HTTP 301");
}
