//! How a bridge is doing.

use crate::event::Seq;
use parking_lot::Mutex;
use serde::Serialize;
use std::sync::atomic::{AtomicU64, Ordering};

/// How a bridge is doing; a copy, of one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct BridgeHealth {
    /// Whether there is a connection to the broker.
    pub connected: bool,
    /// Times the connection was made, the first included.
    pub connects: u64,
    /// Messages that the broker has: acknowledged by the stream, or with core NATS, handed over.
    pub published: u64,
    /// Messages sent again because no acknowledgement came, or a bad one.
    pub repeated: u64,
    /// Messages that were larger than the broker takes, and went without their data.
    pub oversize: u64,
    /// Commands and questions that came, and how many of them were refused.
    pub requests: u64,
    /// See `requests`.
    pub refused: u64,
    /// The last thing that went wrong with the broker, in words.
    pub last_error: Option<String>,
    /// The rooms, in the order they were given.
    pub rooms: Vec<RoomHealth>,
}

/// How far the events of a room are published.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RoomHealth {
    /// The channel.
    pub channel: String,
    /// The newest event of its log.
    pub head: Seq,
    /// Up to and including which event everything is published.
    pub published: Seq,
    /// Up to and including which event that is on record: from there a restart goes on.
    pub stored: Seq,
    /// Events that wait: `head - published`.
    pub lag: u64,
    /// Why nothing more of it is published, if that is so.
    pub failed: Option<String>,
}

/// What the threads of a bridge tell of themselves.
#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) connects: AtomicU64,
    pub(super) published: AtomicU64,
    pub(super) repeated: AtomicU64,
    pub(super) oversize: AtomicU64,
    pub(super) requests: AtomicU64,
    pub(super) refused: AtomicU64,
    words: Mutex<Words>,
}

#[derive(Debug, Default)]
struct Words {
    connected: bool,
    last_error: Option<String>,
    rooms: Vec<RoomHealth>,
}

/// Counts one more.
pub(super) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl Shared {
    pub(super) fn new(rooms: Vec<RoomHealth>) -> Self {
        let words = Words {
            rooms,
            ..Words::default()
        };
        Self {
            words: Mutex::new(words),
            ..Self::default()
        }
    }

    pub(super) fn connected(&self, connected: bool) {
        if connected {
            count(&self.connects);
        }
        self.words.lock().connected = connected;
    }

    /// Something went wrong with the broker: on record, and in the log once, however often.
    pub(super) fn failed(&self, error: String) {
        let mut words = self.words.lock();
        if words.last_error.as_ref() != Some(&error) {
            log::warn!("NATS: {error}");
        }
        words.last_error = Some(error);
    }

    pub(super) fn room(&self, room: usize, tell: impl FnOnce(&mut RoomHealth)) {
        if let Some(health) = self.words.lock().rooms.get_mut(room) {
            tell(health);
        }
    }

    /// A copy; `heads` are the newest events of the rooms.
    pub(super) fn health(&self, heads: impl Iterator<Item = Seq>) -> BridgeHealth {
        let words = self.words.lock();
        let mut rooms = words.rooms.clone();
        for (room, head) in rooms.iter_mut().zip(heads) {
            room.head = head;
            room.lag = head.0.saturating_sub(room.published.0);
        }
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        BridgeHealth {
            connected: words.connected,
            connects: of(&self.connects),
            published: of(&self.published),
            repeated: of(&self.repeated),
            oversize: of(&self.oversize),
            requests: of(&self.requests),
            refused: of(&self.refused),
            last_error: words.last_error.clone(),
            rooms,
        }
    }
}
