//! The whole engine over loopback: socket to visible state, and command to wire.
//!
//! A bare WebSocket server on 127.0.0.1 sends 50,000 frames of the captured mix; the clock stops
//! when the handle shows the last of them, committed. Baseline: prepared inserts of the same
//! bodies. The second bench says a line and stops the clock when the server has it.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench that cannot go on stops, and measures with the clock"
)]

mod common;

use common::*;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use projectionist::{Config, Engine};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};
use tungstenite::{Message, WebSocket};

const FRAMES: usize = 50_000;

/// What the bench asks of the server's thread.
enum Ask {
    /// Send the mix.
    Pump,
    /// Read one frame and report when it came.
    Read,
}

struct Server {
    origin: String,
    ask: Sender<Ask>,
    read_at: Receiver<Instant>,
}

/// Answers discovery on one connection and the WebSocket on the next.
fn server(name: Option<&'static str>) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let (ask, asked) = channel();
    let (tell, read_at) = channel();
    let url = origin.clone();
    std::thread::Builder::new()
        .spawn(move || {
            answer_discovery(&listener, &url);
            let (socket, _) = listener.accept().unwrap();
            socket.set_nodelay(true).unwrap();
            let mut socket = tungstenite::accept(socket).unwrap();
            join(&mut socket, name);
            serve(&mut socket, &asked, &tell);
        })
        .unwrap();
    Server {
        origin,
        ask,
        read_at,
    }
}

fn answer_discovery(listener: &TcpListener, url: &str) {
    let (mut socket, _) = listener.accept().unwrap();
    let mut request = [0; 4096];
    let _ = socket.read(&mut request).unwrap();
    let body = format!(r#"{{"servers":[{{"url":"{url}","secure":false}}]}}"#);
    write!(
        socket,
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
}

fn join(socket: &mut WebSocket<TcpStream>, name: Option<&str>) {
    let mut frames = join_frames(40, 100, 20).into_iter();
    let mut send = |socket: &mut WebSocket<TcpStream>, count: usize| {
        for frame in frames.by_ref().take(count) {
            socket.send(Message::text(frame)).unwrap();
        }
    };
    send(socket, 1);
    wait_for(socket, "40");
    send(socket, 2);
    if let Some(name) = name {
        wait_for(socket, "login");
        let login = format!(r#"42["login",{{"success":true,"name":"{name}","guest":true}}]"#);
        socket.send(Message::text(r#"42["rank",0]"#)).unwrap();
        socket.send(Message::text(login)).unwrap();
    }
    wait_for(socket, "joinChannel");
    send(socket, usize::MAX);
}

fn wait_for(socket: &mut WebSocket<TcpStream>, part: &str) {
    while !socket.read().unwrap().to_text().unwrap().contains(part) {}
}

fn serve(socket: &mut WebSocket<TcpStream>, asked: &Receiver<Ask>, tell: &Sender<Instant>) {
    let mut random = Seeded::new(23);
    while let Ok(ask) = asked.recv() {
        match ask {
            Ask::Pump => {
                for index in 0..FRAMES {
                    socket
                        .write(Message::text(mixed_frame(&mut random, index)))
                        .unwrap();
                }
                // Nobody else has said this: the bench waits for it.
                socket
                    .send(Message::text(r#"42["setMotd","pumped"]"#))
                    .unwrap();
            }
            Ask::Read => {
                let frame = socket.read().unwrap();
                let at = Instant::now();
                let text = frame.to_text().unwrap().to_owned();
                let _ = tell.send(at);
                // The echo confirms the command, so that the next one finds no queue.
                if let Some((_, text)) = text.split_once("\"msg\":") {
                    let msg = text.trim_end_matches("}]");
                    let echo = format!(
                        r#"42["chatMsg",{{"username":"reel","msg":{msg},"meta":{{}},"time":{START_MS}}}]"#
                    );
                    socket.send(Message::text(echo)).unwrap();
                }
            }
        }
    }
}

struct Running {
    engine: Engine,
    server: Server,
    _folder: tempfile::TempDir,
}

fn running(name: Option<&'static str>) -> Running {
    let server = server(name);
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::new(&server.origin, "bench")
        .allow_insecure(true)
        .log(folder.path().join("log.db"));
    if let Some(name) = name {
        config = config.guest(name);
    }
    let engine = Engine::open(config).unwrap();
    engine.handle().wait_live(Duration::from_secs(20)).unwrap();
    Running {
        engine,
        server,
        _folder: folder,
    }
}

fn socket_to_state(c: &mut Criterion) {
    let mut group = c.benchmark_group("e2e");
    group.throughput(Throughput::Elements(FRAMES as u64));
    let mut random = Seeded::new(23);
    let bodies: Vec<String> = (0..FRAMES)
        .map(|index| body(&message(&mut random, index)))
        .collect();
    group.bench_function("baseline: bare inserts, 256 a transaction", |b| {
        b.iter_batched_ref(
            || {
                let folder = tempfile::tempdir().unwrap();
                (bare_table(&folder.path().join("bare.db")), folder)
            },
            |(conn, _folder)| bare_insert(conn, &bodies, 256),
            BatchSize::PerIteration,
        );
    });
    group.bench_function("socket to visible state", |b| {
        b.iter_batched_ref(
            || running(None),
            |running| {
                running.server.ask.send(Ask::Pump).unwrap();
                let pumped =
                    |state: &projectionist::ChannelState| state.motd.as_deref() == Some("pumped");
                running
                    .engine
                    .handle()
                    .wait_for(pumped, Duration::from_secs(60))
                    .unwrap();
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

fn command_to_wire(c: &mut Criterion) {
    let running = running(Some("reel"));
    let room = running.engine.handle();
    // The limit of chat is 10 a second after a burst of 20: stay below it.
    let mut times: Vec<Duration> = Vec::new();
    for index in 0..18 {
        running.server.ask.send(Ask::Read).unwrap();
        let start = Instant::now();
        let receipt = room.say(format!("line {index}")).unwrap();
        let at = running.server.read_at.recv().unwrap();
        times.push(at.duration_since(start));
        receipt.wait(Duration::from_secs(5)).unwrap();
    }
    times.sort();
    println!(
        "e2e/command to wire: p50 {:?}, max {:?} of {}",
        times[times.len() / 2],
        times[17],
        times.len()
    );
    let _ = c;
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10).warm_up_time(std::time::Duration::from_millis(500)).measurement_time(std::time::Duration::from_secs(3));
    targets = socket_to_state, command_to_wire
}
criterion_main!(benches);
