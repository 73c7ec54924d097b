//! A bridge to NATS: events out to subjects, commands in from subjects.
//!
//! It is a host like any other, and feeds what does not run in this process: plugins in other
//! languages, other machines, a fleet of rooms. The log stands behind it. A broker that is away for
//! hours costs nothing but a lag: events wait where they are safe already, and go out in order once
//! it is back, each once.
//!
//! ```no_run
//! use projectionist::{Config, Engine, nats::{BridgeOptions, Delivery, NatsBridge}};
//! use std::time::Duration;
//!
//! let room = Engine::open(Config::new("https://cytu.be", "MyChannel").log("room.db"))?.handle();
//! let options = BridgeOptions::new("nats://localhost:4222").delivery(Delivery::stream("ROSEY"));
//! let bridge = NatsBridge::start(options, vec![room])?;
//! println!("{:?}", bridge.health());
//! bridge.stop(Duration::from_secs(10));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Subjects
//!
//! An event of the kind `user_join` goes out twice: on `{prefix}.platform.cytube.user.join` as the
//! platform has it, then on `{prefix}.events.user.join`, normalised, both with one correlation id.
//! The kind's first underscore is the dot; only a `message` is called `chat` on the platform's
//! side. With [`BridgeOptions::channel_in_subject`] the channel stands before that: in lower case,
//! without dots. The other family, [`Profile::Kryten`], has the platform's side only, on
//! `{prefix}.events.cytube.{channel}.{event}`, under the server's names.
//!
//! # Envelopes
//!
//! `event_type, source, platform, channel, seq, log_id, timestamp` (seconds since 1970),
//! `correlation_id, schema_version, data`. `data` is the event's body as the log keeps it, except for
//! `message`, `user_join` and `user_leave`, which have the shape of the original normaliser:
//! `platform`, `user` (`username`, `display_name`, `rank`), `message` (`text`, `timestamp`),
//! `channel`, `raw`. What is redacted has `"redacted": true` and no data; what is larger than the
//! broker takes has `"oversize"`, its size, and no data: ask for it by its `seq`. Private messages
//! are not published unless [`BridgeOptions::publish_pms`] says so.
//!
//! # Delivery
//!
//! | | core NATS | JetStream |
//! | --- | --- | --- |
//! | the broker is away | waits in the log | waits in the log |
//! | a connection breaks | what was on its way may be lost | sent again, stored once |
//! | this process is killed | at most 0.2 s of messages are sent again | sent again under the same ids, dropped by the stream within its window of duplicates, at most 0.2 s of them beyond it |
//! | order | kept | kept, also over repetitions |
//!
//! # Requests
//!
//! `{prefix}.platform.cytube.send.{action}` does something: every [`Command`](crate::Command) by
//! its name and arguments, and the original names (`chat`, `pm`, `media_queue`, `media_delete`,
//! `playlist.add` …) with their payloads. `{prefix}.platform.cytube.query.{state,history,health}`
//! asks. Who gives a reply subject is answered there, with `ok`, `outcome`, `detail` or `error`
//! (`code`, `message`); what came of a command without one goes out on
//! `{prefix}.platform.cytube.outcome`, and so does every refusal.

mod connection;
mod desk;
mod envelope;
mod error;
mod health;
mod listen;
mod options;
mod orders;
mod outbox;
mod platform;
mod publisher;
mod queries;
#[cfg(test)]
mod schemas;
mod stream;
mod subjects;

pub use error::BridgeError;
pub use health::{BridgeHealth, RoomHealth};
pub use listen::{Passed, listen};
pub use options::{Auth, BridgeOptions, Delivery, Tls};
pub use subjects::Profile;

use crate::engine::{ChannelHandle, Filter, Start};
use crate::event::Seq;
use crate::log::Checkpoint;
use desk::{Desk, Room};
use envelope::Writer;
use health::Shared;
use outbox::{VERSION, feed, keep, store_one};
use publisher::Publisher;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use subjects::Subjects;
use tokio::sync::oneshot;

/// Threads that wait for outcomes, at most.
const WAITERS_MAX: usize = 80;

/// Messages between the rooms and the publisher, at most. Few, for their size is not counted here:
/// what is on its way is bounded by bytes, too, and whatever else waits is in the log.
const HANDED_OVER_MAX: usize = 32;

/// A bridge between rooms and a broker. It runs on threads of its own until it is stopped or
/// dropped: one for the broker, with the only async runtime of this library, one that stores
/// positions, and one for each room.
pub struct NatsBridge {
    rooms: Vec<ChannelHandle>,
    shared: Arc<Shared>,
    stopping: Arc<AtomicBool>,
    /// Ends the broker's thread, whatever it does.
    cut: Option<oneshot::Sender<()>>,
    ended: crossbeam_channel::Receiver<()>,
    threads: Vec<JoinHandle<()>>,
}

impl std::fmt::Debug for NatsBridge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NatsBridge")
            .field("health", &self.health())
            .finish_non_exhaustive()
    }
}

impl NatsBridge {
    /// Starts to publish the events of these rooms, and to serve requests for them. The broker need
    /// not be there yet. Each room goes on behind the position that its log has on record for this
    /// consumer; where there is none, with the next event from now on, unless
    /// [`BridgeOptions::from_origin`] says otherwise. Blocks for reads of the logs.
    ///
    /// # Errors
    /// - [`BridgeError::Options`]: the options do not make sense.
    /// - [`BridgeError::Checkpoint`]: a log was restored or trimmed, and lacks what was to follow.
    /// - [`BridgeError::Log`]: a log cannot be read.
    /// - [`BridgeError::System`]: there is no thread to be had.
    pub fn start(options: BridgeOptions, rooms: Vec<ChannelHandle>) -> Result<Self, BridgeError> {
        options.check(rooms.len())?;
        let mut desks = Vec::new();
        let mut feeds = Vec::new();
        let mut healths = Vec::new();
        for handle in &rooms {
            let (writer, room) = introduced(&options, handle)?;
            let (start, seq) = position(&options, handle, &writer.channel)?;
            let events = handle.subscribe(Filter::all(), start);
            let events = events.map_err(|source| BridgeError::Checkpoint {
                channel: writer.channel.clone(),
                source,
            })?;
            healths.push(RoomHealth {
                channel: writer.channel.clone(),
                published: seq,
                stored: seq,
                ..RoomHealth::default()
            });
            desks.push(room);
            feeds.push((writer, events));
        }
        let shared = Arc::new(Shared::new(healths));
        let stopping = Arc::new(AtomicBool::new(false));
        let (entries, taken) = tokio::sync::mpsc::channel(HANDED_OVER_MAX);
        let (reached, to_store) = crossbeam_channel::unbounded();
        let (cut, is_cut) = oneshot::channel();
        let (end, ended) = crossbeam_channel::bounded(0);
        let mut threads = Vec::new();
        for (room, (writer, events)) in feeds.into_iter().enumerate() {
            let (entries, stopping) = (entries.clone(), Arc::clone(&stopping));
            let shared = Arc::clone(&shared);
            let name = format!("nats-{}", subjects::token(&writer.channel));
            threads.push(spawn(name, move || {
                feed(room, events, &writer, &entries, &stopping, &shared);
            })?);
        }
        drop(entries);
        let (handles, consumer) = (rooms.clone(), options.consumer.clone());
        let noted = Arc::clone(&shared);
        threads.push(spawn("nats-positions".to_owned(), move || {
            keep(&handles, &consumer, &to_store, &noted);
            drop(end);
        })?);
        let broker = Broker {
            options,
            desks,
            shared: Arc::clone(&shared),
            reached,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(WAITERS_MAX)
            .thread_name("nats-outcomes")
            .build()?;
        threads.push(spawn("nats".to_owned(), move || {
            runtime.block_on(async {
                tokio::select! {
                    () = broker.run(taken) => {}
                    _ = is_cut => {}
                }
            });
            // Whoever waits for an outcome waits in vain now.
            runtime.shutdown_background();
        })?);
        Ok(Self {
            rooms,
            shared,
            stopping,
            cut: Some(cut),
            ended,
            threads,
        })
    }

    /// How it is doing. A copy; never blocks on network or disk.
    #[must_use]
    pub fn health(&self) -> BridgeHealth {
        let heads = self.rooms.iter().map(|room| room.state().seq);
        self.shared.health(heads)
    }

    /// Publishes what is in the logs by now, stores the positions and ends, within this time; what
    /// is not done by then is done by the next one on these logs. Says whether all was done. Stop
    /// the bridge before the engines, so that the last events, too, go out and are noted.
    pub fn stop(mut self, limit: Duration) -> bool {
        self.stopping.store(true, Ordering::Release);
        // Nothing is ever sent here: it ends when the positions are stored.
        let waited = self.ended.recv_timeout(limit);
        let is_done = waited == Err(crossbeam_channel::RecvTimeoutError::Disconnected);
        self.end();
        is_done
    }

    fn end(&mut self) {
        self.stopping.store(true, Ordering::Release);
        self.cut.take();
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                log::error!("a thread of the bridge panicked");
            }
        }
    }
}

impl Drop for NatsBridge {
    fn drop(&mut self) {
        self.end();
    }
}

/// What the broker's thread needs.
struct Broker {
    options: BridgeOptions,
    desks: Vec<Room>,
    shared: Arc<Shared>,
    reached: crossbeam_channel::Sender<outbox::Reached>,
}

impl Broker {
    async fn run(self, entries: tokio::sync::mpsc::Receiver<outbox::Entry>) {
        let Self {
            options,
            desks,
            shared,
            reached,
        } = self;
        let client = match connection::connect(&options, Arc::clone(&shared)).await {
            Ok(client) => client,
            Err(error) => {
                // What cannot be put right by trying again: all rooms stand still, and say so.
                log::error!("NATS: {error}");
                for room in 0..desks.len() {
                    shared.room(room, |health| health.failed = Some(error.to_string()));
                }
                return shared.failed(error.to_string());
            }
        };
        let mut stored: Vec<_> = desks
            .iter()
            .flat_map(|room| room.subjects.stored())
            .collect();
        stored.sort_unstable();
        stored.dedup();
        let publisher = Publisher {
            client: client.clone(),
            delivery: options.delivery,
            subjects: stored,
            window: options.window,
            reached,
            shared: Arc::clone(&shared),
        };
        let desk = Desk {
            client: client.clone(),
            rooms: desks,
            channel_in_subject: options.channel_in_subject || options.profile == Profile::Kryten,
            actions: options.actions,
            publish_pms: options.publish_pms,
            shared,
        };
        let serving = tokio::spawn(desk.run());
        publisher.run(entries).await;
        serving.abort();
        // The last answers and outcomes are on their way to the socket still.
        let _ = client.flush().await;
    }
}

fn spawn(name: String, run: impl FnOnce() + Send + 'static) -> std::io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name(name).spawn(run)
}

/// What a room is called, and who writes its messages.
fn introduced(
    options: &BridgeOptions,
    handle: &ChannelHandle,
) -> Result<(Writer, Room), BridgeError> {
    let reader = handle.reader()?;
    let channel = reader.channel().to_owned();
    let subjects = Subjects::new(
        options.profile,
        &options.prefix,
        &channel,
        options.channel_in_subject,
    );
    let origin = reader.origin();
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    let domain = host.split(':').next().unwrap_or(host).to_owned();
    let writer = Writer {
        subjects: subjects.clone(),
        profile: options.profile,
        channel: channel.clone(),
        domain,
        log_id: handle.log_id().to_owned(),
        publish_pms: options.publish_pms,
    };
    let room = Room {
        handle: handle.clone(),
        channel,
        subjects,
    };
    Ok((writer, room))
}

/// Where a room's events begin, and the position before.
fn position(
    options: &BridgeOptions,
    handle: &ChannelHandle,
    channel: &str,
) -> Result<(Start, Seq), BridgeError> {
    let stored = handle.stored_checkpoint(&options.consumer)?;
    if let Some((VERSION, checkpoint)) = stored.filter(|_| !options.from_head) {
        let seq = checkpoint.seq;
        return Ok((Start::From(checkpoint), seq));
    }
    if options.from_origin && !options.from_head {
        let seq = handle.reader()?.trim_seq()?;
        return Ok((Start::Origin, seq));
    }
    // On record at once, so that what comes until the first message is not missed by the next one.
    let head: Checkpoint = handle.checkpoint()?;
    if let Err(error) = store_one(handle, &options.consumer, head.seq) {
        log::warn!("{channel}: the position of the bridge was not stored: {error}");
    }
    let seq = head.seq;
    Ok((Start::From(head), seq))
}
