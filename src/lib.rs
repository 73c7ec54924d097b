//! An embeddable, event-sourced state engine for [CyTube](https://github.com/calzoneman/sync)
//! channels with a synchronous API: join a channel, keep every event in one SQLite file, and read
//! a live, consistent picture from any thread. No async runtime, no broker, no other process.
//!
//! ```no_run
//! use projectionist::{Config, Engine, Filter, Kind, Start};
//! use std::time::Duration;
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let config = Config::new("https://cytu.be", "MyChannel").guest("reel").log("my.events.db");
//!     let engine = Engine::open(config)?;
//!     let room = engine.handle();
//!     let state = room.wait_live(Duration::from_secs(30))?;
//!     println!("{} users", state.users.as_ref().map_or(0, |users| users.len()));
//!     println!("{:?}", room.say("hello")?.wait(Duration::from_secs(5)));
//!     for event in room.subscribe(Filter::kinds([Kind::MessageSaid]), Start::Head)? {
//!         let event = event?;
//!         println!("{}: {}", event.actor.as_deref().unwrap_or(""), event.text());
//!     }
//!     Ok(())
//! }
//! ```
//!
//! # How it is built
//!
//! Data comes up one staircase, and commands go down the same one:
//!
//! ```text
//!  socket bytes                                                        host
//!    │ transport   bytes <-> text frames (WebSocket, long polling)      ▲
//!    ▼                                                                  │ ChannelHandle
//!  engineio        text frame <-> Engine.IO packet                      │ state, events, commands
//!  socketio        Engine.IO message <-> Socket.IO packet               │
//!  cytube          Socket.IO event -> typed event of the server         │
//!  session         the connection as a state machine                    │
//!  normalise       the server's events -> ours                          │
//!  channel         append to the log ──► fold into the state ──► publish┘
//! ```
//!
//! [`Channel`](channel::Channel) is that staircase without its two ends: pure, driven by
//! [`Input`](channel::Input) and [`Output`](channel::Output), with time as an argument. [`Engine`]
//! drives one on a thread of its own. [`SqliteLog`](sqlite::SqliteLog) is the log on disk,
//! [`MemoryLog`](event_log::MemoryLog) the one in memory; both are an
//! [`EventLog`](event_log::EventLog).
//!
//! What most hosts need stands at the root; the rest is by subject: [`event`] for the bodies of
//! events, [`model`] and [`state`] for what a channel is made of, [`command`] for what may be asked
//! of it, [`channel`] and [`transport`] for hosts with a loop or a network of their own,
//! [`recording`] and [`import`] for what browsers and other bots kept.
//!
//! # What holds
//!
//! 1. **Log before state.** Nothing is visible in [`ChannelState`], to a [`Subscription`] or in a
//!    [`Receipt`] that is not committed; the state at any position is the fold of what the log
//!    shows up to it: `state(seq) == fold(read(1..=seq))`, byte for byte, where a read masks what a
//!    [`Redaction`](event::Redaction) covers, also one of a later date. A
//!    trimmed log begins with the state that its trimmed events fold to.
//! 2. **Exactly once.** Chat that the server sends again at each join is aligned with the log's
//!    tail as a sequence: no line is doubled, none dropped, whatever the clocks say.
//! 3. **Gaps are rows.** A disconnection, a replay without overlap: each is an event. What we
//!    cannot see is unknown, never empty.
//! 4. **Never in pieces.** A join burst becomes one event, folded in whole.
//! 5. **Nothing is resent.** A command has one [`Outcome`]; a lost connection settles it.
//! 6. **Bounded.** Every queue, buffer, wait and retry has a limit, most of them in [`Config`].
//!    Between socket and disk there is no queue: while the disk is slow, TCP pushes back.
//! 7. **Old logs open.** Nothing written is rewritten: bodies of older schemas are lifted as they are
//!    read. What a newer build wrote is refused by name, a log as well as a single event. Events
//!    leave a log only once a verified [`segment`] holds them, and come back from it as they were.
//! 8. **Rot shows.** [`verify`](sqlite::verify()) finds every flipped bit by a hash chain.
//! 9. **Secrets stay out.** Passwords, cookies, addresses and aliases reach no row, no `Debug` and
//!    no error.
//! 10. **Deterministic.** The same inputs at the same times give the same log, byte for byte.
//!
//! The house rules behind this (who may name whom, who may read a clock) are kept by a test.

mod backoff;
pub mod channel;
pub mod command;
pub mod config;
mod cytube;
mod dialler;
mod engine;
mod engineio;
mod error;
pub mod event;
pub mod history;
mod html;
pub mod import;
mod json;
mod limiter;
mod log;
mod media_link;
pub mod model;
#[cfg(feature = "nats")]
pub mod nats;
mod normalise;
mod number;
mod pacer;
pub mod recording;
mod retry;
mod secret;
pub mod segment;
mod session;
mod socketio;
pub mod sqlite;
pub mod state;
#[cfg(feature = "testing")]
pub mod testing;
pub mod time;
pub mod transport;
pub mod views;

#[doc(hidden)]
pub mod unversioned;

/// The log as an interface: what any log of events must do, one in memory, reads as data, and the
/// hash chain. The log on disk is in [`sqlite`].
pub mod event_log {
    pub use crate::log::*;
}

pub use command::{Command, CommandError, Outcome};
pub use config::Config;
pub use engine::{
    CallbackId, CancelHandle, ChannelHandle, Engine, Filter, Health, Occurrence, Receipt, Replay,
    ReplayCancel, Start, Storage, Subscription, WeakHandle,
};
pub use error::{CheckpointError, CloseError, OpenError, SubscribeError, WaitError};
pub use event::{Event, Kind, Recorded, Seq};
pub use log::{Checkpoint, LogError, Read};
pub use media_link::MediaRef;
pub use model::{Rank, Uid};
pub use secret::Secret;
pub use session::Phase;
pub use sqlite::SqliteReader;
pub use state::ChannelState;
pub use time::UnixMicros;

/// The programs of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
