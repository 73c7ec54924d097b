//! The engine and a Socket.IO server that is not ours.
//!
//! Our model server shares our reading of the protocol; `socketioxide` has its own. It speaks
//! Engine.IO and Socket.IO as its authors read them, and on top the least of CyTube: discovery, a
//! join burst, chat that comes back. What it knows of CyTube are the frames of a burst, nothing of
//! the product.

#![cfg(test)]

mod common;

use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use common::{Burst, item, user};
use projectionist::{command::*, config::*, *};
use serde_json::{Value, json};
use socketioxide::SocketIo;
use socketioxide::extract::{Data, SocketRef};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;
use tempfile::TempDir;

/// Longer than anything here takes; only a failure waits for it.
const WAIT: Duration = Duration::from_secs(10);

/// How often this server pings, and how soon it wants an answer.
const PING: Duration = Duration::from_millis(60);
const PONG_WAIT_MAX: Duration = Duration::from_secs(1);

/// What the server saw, in order.
#[derive(Debug, PartialEq, Eq)]
enum Seen {
    Joined(String),
    Left,
}

struct Independent {
    origin: String,
    seen: mpsc::Receiver<Seen>,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
    folder: TempDir,
}

impl Drop for Independent {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

impl Independent {
    fn start(burst: Burst) -> Self {
        Self::start_with(burst, 0)
    }

    /// The first so many joins get half a burst and then nothing.
    fn start_with(burst: Burst, halves: usize) -> Self {
        let (addressed, address) = mpsc::channel();
        let (saw, seen) = mpsc::channel();
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let thread = std::thread::Builder::new().name("independent".to_owned());
        let thread = thread.spawn(move || {
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = runtime.enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                let origin = format!("http://{}", listener.local_addr().unwrap());
                let app = app(&origin, &burst, halves, saw);
                addressed.send(origin).unwrap();
                tokio::select! {
                    served = axum::serve(listener, app) => served.unwrap(),
                    _ = stopped => {}
                }
            });
        });
        let thread = thread.unwrap();
        Self {
            origin: address.recv_timeout(WAIT).unwrap(),
            seen,
            stop: Some(stop),
            thread: Some(thread),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn config(&self, transport: TransportChoice) -> Config {
        Config::new(&self.origin, "lobby")
            .guest("reel")
            .log(self.folder.path().join("lobby.events.db"))
            .allow_insecure(true)
            .transport(transport)
            .reconnect_delay_min(Duration::from_millis(20))
            .reconnect_delay_max(Duration::from_millis(50))
    }

    fn sees(&self, expected: &Seen) {
        assert_eq!(&self.seen.recv_timeout(WAIT).unwrap(), expected);
    }
}

/// Discovery, and the least of CyTube behind it.
fn app(origin: &str, burst: &Burst, halves: usize, saw: mpsc::Sender<Seen>) -> axum::Router {
    let servers = json!({ "servers": [{ "url": origin, "secure": false }] }).to_string();
    let (layer, io) = SocketIo::builder()
        .ping_interval(PING)
        .ping_timeout(PONG_WAIT_MAX)
        .max_payload(1 << 20)
        .build_layer();
    let frames: Arc<[(String, Value)]> = burst.frames().iter().map(|f| event_of(f)).collect();
    let joins = Arc::new(AtomicUsize::new(0));
    io.ns("/", async move |socket: SocketRef| {
        // One argument, whatever it is: a bare array would be taken as several.
        socket.emit("rank", &(json!(-1),)).unwrap();
        socket.on("login", async |socket: SocketRef, Data::<Value>(login)| {
            let guest = login.get("pw").is_none();
            let told = json!({ "success": true, "name": login["name"], "guest": guest });
            socket.emit("rank", &(json!(0),)).unwrap();
            socket.emit("login", &(told,)).unwrap();
        });
        let (joined, frames, joins) = (saw.clone(), Arc::clone(&frames), Arc::clone(&joins));
        socket.on(
            "joinChannel",
            async move |socket: SocketRef, Data::<Value>(channel)| {
                let name = channel["name"].as_str().unwrap().to_owned();
                joined.send(Seen::Joined(name)).unwrap();
                let is_half = joins.fetch_add(1, Ordering::Relaxed) < halves;
                let count = if is_half {
                    frames.len() / 2
                } else {
                    frames.len()
                };
                for (name, payload) in frames.iter().take(count) {
                    socket.emit(name, &(payload,)).unwrap();
                }
            },
        );
        socket.on("chatMsg", async |socket: SocketRef, Data::<Value>(line)| {
            answer(&socket, line["msg"].as_str().unwrap()).await;
        });
        socket.on_disconnect(async move |_: SocketRef| {
            // The test may be over.
            let _ = saw.send(Seen::Left);
        });
    });
    let discovery = async move || ([(CONTENT_TYPE, "application/json; charset=utf-8")], servers);
    axum::Router::new()
        .route("/socketconfig/{channel}", get(discovery))
        .layer(layer)
}

async fn answer(socket: &SocketRef, text: &str) {
    match text {
        // A client that left any ping unanswered is gone by then.
        "wait" => tokio::time::sleep(PONG_WAIT_MAX + PING * 3).await,
        "dismiss me" => return socket.clone().disconnect().unwrap(),
        _ => {}
    }
    let time = common::START_MS;
    let line = json!({ "username": "reel", "msg": text, "meta": {}, "time": time });
    socket.emit("chatMsg", &(line,)).unwrap();
}

fn event_of(frame: &str) -> (String, Value) {
    let packet: Value = serde_json::from_str(frame.strip_prefix("42").unwrap()).unwrap();
    (packet[0].as_str().unwrap().to_owned(), packet[1].clone())
}

fn furnished() -> Burst {
    Burst {
        users: vec![user("reel", 0.0), user("Keeper", 2.0)],
        playlist: Some(vec![item(0, "First"), item(7, "Second")]),
        ..Burst::default()
    }
}

fn opened(config: Config) -> ChannelHandle {
    Engine::open(config).unwrap().handle()
}

fn live(config: Config) -> ChannelHandle {
    let room = opened(config);
    if let Err(error) = room.wait_live(WAIT) {
        panic!("{error}: {:?}", room.health());
    }
    room
}

/// All that a connection is for, over one transport.
fn joins_speaks_and_leaves(transport: TransportChoice, kind: &str) {
    let server = Independent::start(furnished());
    let room = live(server.config(transport));
    server.sees(&Seen::Joined("lobby".to_owned()));
    assert_eq!(room.health().transport.as_deref(), Some(kind));
    let state = room.state();
    assert_eq!(state.users.as_ref().unwrap().len(), 2);
    let list = state.playlist.as_ref().unwrap();
    let uids: Vec<_> = list.iter().map(|item| item.uid.0).collect();
    assert_eq!(uids, [0, 7]);
    for text in ["hello", "wait", "still here"] {
        let outcome = room.say(text).unwrap().wait(WAIT);
        assert!(
            matches!(outcome, Some(Outcome::Confirmed { .. })),
            "{text}: {outcome:?}"
        );
    }
    assert_eq!(
        room.state().connection.session,
        1,
        "no ping went unanswered"
    );
    room.close().unwrap();
    server.sees(&Seen::Left);
}

#[test]
fn over_a_websocket_it_joins_answers_pings_speaks_and_leaves() {
    joins_speaks_and_leaves(TransportChoice::Websocket, "websocket");
}

#[test]
fn over_long_polling_it_does_the_same() {
    joins_speaks_and_leaves(TransportChoice::Polling, "polling");
}

#[test]
fn a_dismissal_is_a_loss_that_it_comes_back_from() {
    let server = Independent::start(furnished());
    // A guest would wait a minute for its next login.
    let account = server.config(TransportChoice::Auto).account("reel", "pw");
    let room = live(account);
    server.sees(&Seen::Joined("lobby".to_owned()));
    let outcome = room.say("dismiss me").unwrap().wait(WAIT);
    assert_eq!(outcome, Some(Outcome::Disconnected));
    server.sees(&Seen::Left);
    server.sees(&Seen::Joined("lobby".to_owned()));
    room.wait_for(
        |state| state.is_live() && state.connection.session == 2,
        WAIT,
    )
    .unwrap();
}

#[test]
fn p4_half_a_burst_and_then_nothing_is_given_up_and_shows_nothing() {
    let server = Independent::start_with(furnished(), 1);
    let account = server.config(TransportChoice::Auto).account("reel", "pw");
    let room = opened(account.join_wait_max(Duration::from_millis(300)));
    let lost = room
        .wait_for(|state| state.connection.lost.is_some(), WAIT)
        .unwrap();
    assert_eq!((&lost.users, &lost.playlist), (&None, &None));
    let state = room.wait_live(WAIT).unwrap();
    assert_eq!(state.connection.session, 2);
    assert_eq!(state.users.as_ref().unwrap().len(), 2);
}

#[test]
fn a_playlist_of_megabytes_arrives_whole() {
    let items: Vec<_> = (0..4_000)
        .map(|uid| {
            let mut item = item(uid, &format!("Item number {uid}"));
            item["media"]["meta"] = json!({ "direct": "x".repeat(400) });
            item
        })
        .collect();
    let bytes = json!(items).to_string().len();
    assert!(bytes > 2 << 20, "{bytes}");
    let burst = Burst {
        playlist: Some(items),
        ..furnished()
    };
    for transport in [TransportChoice::Websocket, TransportChoice::Polling] {
        let server = Independent::start(burst.clone());
        let state = live(server.config(transport)).state();
        assert_eq!(state.playlist.as_ref().unwrap().len(), 4_000);
    }
}
