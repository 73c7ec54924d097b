//! The bridge to NATS, against a real broker on this machine: how fast a log goes through JetStream
//! until its checkpoint is stored, what a line of chat and a command take, and how much memory a
//! broker costs that is away while a log waits.
//!
//! `EVENTS=n` (50,000) are published, `WAITING=n` (1,000,000) wait. Baselines, in the same run: a
//! bare windowed publisher of the very same messages; the same lines until the engine shows them;
//! commands without a bus. `ONLY=stream`, `latency`, `command` or `memory` runs one part. Figures of
//! a busy machine are to be read beside their baselines.
//! Without a `nats-server` nothing is run, and it says so.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench that cannot go on stops, and measures with the clock"
)]

#[allow(dead_code, reason = "the tests use the rest")]
#[path = "../tests/nats/broker.rs"]
mod broker;
#[allow(dead_code, reason = "the engine's own tests use the rest")]
#[path = "../tests/engine/site.rs"]
mod site;

use async_nats::jetstream::{self, context::PublishAckFuture, message::PublishMessage, stream};
use async_nats::{Client, ConnectOptions, Subscriber};
use broker::Broker;
use futures_util::stream::{FuturesOrdered, StreamExt as _};
use projectionist::event_log::EventLog as _;
use projectionist::nats::{BridgeOptions, Delivery, NatsBridge};
use projectionist::sqlite::{LogOptions, SqliteLog};
use projectionist::testing::{Synthetic, SyntheticConfig};
use projectionist::{ChannelHandle, Config, Engine, Seq};
use site::{Site, live};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// Longer than anything here takes.
const WAIT: Duration = Duration::from_secs(600);

/// Messages of the bare publisher on their way at once: as many as the bridge's.
const WINDOW: usize = 1024;

/// Nobody listens there: the engine of a log that only waits to be read.
const NOWHERE: &str = "http://127.0.0.1:1";

/// Set for the process whose memory is looked at: the log that waits.
const WAITING_LOG: &str = "NATS_BENCH_WAITING_LOG";

/// Looks again and again at what another process does.
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < WAIT, "not in time: {what}");
        let _ = crossbeam_channel::after(Duration::from_millis(1)).recv();
    }
}

fn number(name: &str, usual: u64) -> u64 {
    let given = std::env::var(name).ok();
    given.map_or(usual, |given| given.parse().unwrap())
}

fn main() {
    if let Some(log) = std::env::var_os(WAITING_LOG) {
        return waits(Path::new(&log));
    }
    if Broker::stopped("").is_none() {
        println!("nats: not run, for want of a nats-server");
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let only = std::env::var("ONLY").unwrap_or_default();
    type Part = fn(&Runtime);
    let parts: [(&str, Part); 4] = [
        ("stream", stream),
        ("latency", latency),
        ("command", command),
        ("memory", memory),
    ];
    for (name, measure) in parts {
        if only.is_empty() || only == name {
            measure(&runtime);
        }
    }
}

/// A synthetic log of a channel nobody can join.
fn log(folder: &Path, events: u64) -> PathBuf {
    let path = folder.join("synthetic.db");
    let options = LogOptions::new("synthetic", NOWHERE).log_id([7; 16]);
    let mut log = SqliteLog::create_or_open(&path, &options).unwrap();
    let mut events = Synthetic::new(&SyntheticConfig::new(7, events));
    loop {
        let batch: Vec<_> = events.by_ref().take(1_024).collect();
        if batch.is_empty() {
            break;
        }
        log.append(&batch).unwrap();
    }
    log.close().unwrap();
    path
}

/// The engine of such a log. It tries to connect once, and then sleeps.
fn opened(path: &Path) -> ChannelHandle {
    let config = Config::new(NOWHERE, "synthetic")
        .log(path)
        .allow_insecure(true)
        .reconnect_delay_min(Duration::from_secs(60))
        .reconnect_delay_max(Duration::from_secs(60));
    Engine::open(config).unwrap().handle()
}

fn connect(runtime: &Runtime, broker: &Broker) -> Client {
    let options = ConnectOptions::new().subscription_capacity(1 << 22);
    runtime.block_on(options.connect(broker.url())).unwrap()
}

fn listen(runtime: &Runtime, client: &Client, subject: &'static str) -> Subscriber {
    runtime.block_on(async {
        let messages = client.subscribe(subject).await.unwrap();
        client.flush().await.unwrap();
        messages
    })
}

/// A message of the bridge's with its id, to be published by somebody else.
type Kept = (String, async_nats::Message);

fn stream(runtime: &Runtime) {
    let events = number("EVENTS", 50_000);
    let folder = tempfile::tempdir().unwrap();
    let path = log(folder.path(), events);
    let room = opened(&path);
    let head = room.state().seq;
    // Unmeasured: what the messages are.
    let kept = kept(runtime, &Broker::start().unwrap(), &room);
    let bytes: usize = kept.iter().map(|(_, message)| message.payload.len()).sum();
    println!(
        "nats/stream: {events} events, {} messages, {} bytes each",
        kept.len(),
        bytes / kept.len()
    );
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for run in 0..number("RUNS", 3) {
        let broker = Broker::start().unwrap();
        let took = bare(runtime, &broker, &kept);
        theirs.push(events as f64 / took.as_secs_f64());
        drop(broker);
        let broker = Broker::start().unwrap();
        let options = BridgeOptions::new(broker.url())
            .delivery(Delivery::stream("ROSEY"))
            .consumer(format!("run-{run}"))
            .from_origin(true);
        let start = Instant::now();
        let bridge = NatsBridge::start(options, vec![room.clone()]).unwrap();
        on_record(&bridge, head);
        ours.push(events as f64 / start.elapsed().as_secs_f64());
        assert_eq!(bridge.health().repeated, 0);
    }
    let (ours, theirs) = (median(&mut ours), median(&mut theirs));
    println!("nats/stream, baseline: bare windowed publisher: {theirs:.0} events/s");
    println!(
        "nats/stream: log to stored checkpoint: {ours:.0} events/s, {:.2} of it",
        ours / theirs
    );
}

fn on_record(bridge: &NatsBridge, head: Seq) {
    until("all is on record", || {
        bridge.health().rooms[0].stored >= head
    });
}

fn median(numbers: &mut [f64]) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

/// All that a bridge publishes of a log.
fn kept(runtime: &Runtime, broker: &Broker, room: &ChannelHandle) -> Vec<Kept> {
    let client = connect(runtime, broker);
    let mut messages = listen(runtime, &client, "rosey.>");
    let options = BridgeOptions::new(broker.url())
        .consumer("kept")
        .delivery(Delivery::stream("ROSEY"))
        .from_origin(true);
    let bridge = NatsBridge::start(options, vec![room.clone()]).unwrap();
    until("all is published", || bridge.health().rooms[0].lag == 0);
    let count = bridge.health().published;
    runtime.block_on(async {
        let mut kept = Vec::new();
        while kept.len() < count as usize {
            let message = messages.next().await.unwrap();
            let id = message
                .headers
                .as_ref()
                .and_then(|it| it.get("Nats-Msg-Id"));
            if let Some(id) = id.map(ToString::to_string) {
                kept.push((id, message));
            }
        }
        kept
    })
}

/// The same messages from memory, with their ids, as many on their way as the bridge has.
fn bare(runtime: &Runtime, broker: &Broker, kept: &[Kept]) -> Duration {
    let client = connect(runtime, broker);
    runtime.block_on(async {
        let context = jetstream::context::ContextBuilder::new()
            .max_ack_inflight(WINDOW + 1)
            .build(client);
        let config = stream::Config {
            name: "BARE".to_owned(),
            subjects: vec!["rosey.>".to_owned()],
            duplicate_window: Duration::from_secs(120),
            ..stream::Config::default()
        };
        context.create_stream(config).await.unwrap();
        let start = Instant::now();
        let mut acks = FuturesOrdered::<<PublishAckFuture as IntoFuture>::IntoFuture>::new();
        for (id, message) in kept {
            if acks.len() == WINDOW {
                acks.next().await.unwrap().unwrap();
            }
            let publish = PublishMessage::build()
                .payload(message.payload.clone())
                .message_id(id);
            let sent = context.send_publish(message.subject.clone(), publish).await;
            acks.push_back(sent.unwrap().into_future());
        }
        while let Some(ack) = acks.next().await {
            ack.unwrap();
        }
        start.elapsed()
    })
}

/// Their median, and the 95th percentile.
fn told(what: &str, mut times: Vec<Duration>) {
    times.sort();
    println!(
        "nats/{what}: p50 {:?}, p95 {:?} of {}",
        times[times.len() / 2],
        times[times.len() * 95 / 100],
        times.len()
    );
}

fn latency(runtime: &Runtime) {
    let broker = Broker::start().unwrap();
    let (site, client) = (Site::new(), connect(runtime, &broker));
    site.furnish();
    let room = live(site.config());
    let (tell, seen) = std::sync::mpsc::channel();
    let mut messages = listen(runtime, &client, "rosey.events.message");
    runtime.spawn(async move {
        while let Some(message) = messages.next().await {
            let at = Instant::now();
            if tell.send((at, message.payload)).is_err() {
                return;
            }
        }
    });
    let bridge = NatsBridge::start(BridgeOptions::new(broker.url()), vec![room.clone()]).unwrap();
    until("connected", || bridge.health().connected);
    let (mut shown, mut came, mut added) = (Vec::new(), Vec::new(), Vec::new());
    for n in 0..number("LINES", 500) {
        let line = format!("line {n}.");
        let start = Instant::now();
        site.room().say("Keeper", &line);
        let has_it = |state: &projectionist::ChannelState| {
            let last = state.chat.iter().next_back();
            last.is_some_and(|last| last.text == line)
        };
        room.wait_for(has_it, WAIT).unwrap();
        let shown_at = Instant::now();
        let came_at = loop {
            let (at, payload) = seen.recv_timeout(WAIT).unwrap();
            if String::from_utf8_lossy(&payload).contains(&line) {
                break at;
            }
        };
        shown.push(shown_at - start);
        came.push(came_at - start);
        added.push(came_at.saturating_duration_since(shown_at));
        let _ = crossbeam_channel::after(Duration::from_millis(5)).recv();
    }
    told("latency, baseline: frame to `wait_for`", shown);
    told("latency: frame to core subscriber", came);
    told("latency: the subscriber behind `wait_for`", added);
}

fn command(runtime: &Runtime) {
    let broker = Broker::start().unwrap();
    let (site, client) = (Site::new(), connect(runtime, &broker));
    let room = live(site.owner().send_rate_max(10_000.0));
    let _bridge = NatsBridge::start(BridgeOptions::new(broker.url()), vec![room.clone()]).unwrap();
    until("somebody serves", || {
        let asked = client.request("rosey.platform.cytube.query.health", "".into());
        runtime.block_on(asked).is_ok()
    });
    let (mut direct, mut bridged) = (Vec::new(), Vec::new());
    for n in 0..number("COMMANDS", 100) {
        // Lines of chat have a limit of their own, ten a second: stay below it.
        let pause = || crossbeam_channel::after(Duration::from_millis(120)).recv();
        let line = format!("direct {n}.");
        let start = Instant::now();
        room.say(line.as_str()).unwrap();
        direct.push(received(&site, &line) - start);
        let _ = pause();
        let line = format!("bridged {n}.");
        let payload = serde_json::json!({ "message": line }).to_string();
        let start = Instant::now();
        let sent = client.publish("rosey.platform.cytube.send.chat", payload.into());
        runtime.block_on(sent).unwrap();
        bridged.push(received(&site, &line) - start);
        let _ = pause();
    }
    told("command, baseline: `say` to wire", direct);
    told("command: subject to wire", bridged);
}

/// When the server has it.
fn received(site: &Site, line: &str) -> Instant {
    let holds = |view: &projectionist::testing::ServerView<'_>| {
        view.received()
            .rev()
            .take(20)
            .any(|frame| frame.text.contains(line))
    };
    assert!(site.server.wait_for(WAIT, holds), "{line}");
    Instant::now()
}

fn memory(_: &Runtime) {
    let waiting = number("WAITING", 1_000_000);
    let folder = tempfile::tempdir().unwrap();
    let path = log(folder.path(), waiting);
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    assert!(child.env(WAITING_LOG, path).status().unwrap().success());
}

/// A field of this process's status, in MiB.
fn mib(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(name));
    let kib = line.and_then(|line| line.split_whitespace().nth(1));
    kib.map_or(0, |kib| kib.parse::<u64>().unwrap() / 1024)
}

/// The process whose memory is looked at: its broker is away, then comes.
fn waits(log: &Path) {
    let room = opened(log);
    let head = room.state().seq;
    println!(
        "nats/memory: engine of {head} events: {} MiB, at most {} MiB",
        mib("VmRSS"),
        mib("VmHWM")
    );
    // The peak of opening the log is not the bridge's.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    let mut broker = Broker::stopped("").unwrap();
    let options = BridgeOptions::new(broker.url())
        .delivery(Delivery::stream("ROSEY"))
        .from_origin(true);
    let before = mib("VmRSS");
    let bridge = NatsBridge::start(options, vec![room.clone()]).unwrap();
    let _ = crossbeam_channel::after(Duration::from_secs(10)).recv();
    let health = bridge.health();
    assert!(
        !health.connected && health.rooms[0].lag >= head.0,
        "{health:?}"
    );
    println!(
        "nats/memory: {} events wait for a broker that is away: {before} MiB before, {} MiB with a bridge, at most {} MiB",
        health.rooms[0].lag,
        mib("VmRSS"),
        mib("VmHWM")
    );
    broker.up();
    let start = Instant::now();
    on_record(&bridge, head);
    println!(
        "nats/memory: caught up in {:.1} s: {} MiB, at most {} MiB",
        start.elapsed().as_secs_f64(),
        mib("VmRSS"),
        mib("VmHWM")
    );
}
