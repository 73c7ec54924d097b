//! From the log to the publisher, and from its acknowledgements to the checkpoint.
//!
//! The log is the queue: a room's events are read from it as far as the publisher has room for
//! them, and no further. What is acknowledged is noted in the log, in order, a few times a second;
//! whatever was published behind the last note goes out again after a crash, under the same ids.

use super::envelope::{Outgoing, Writer};
use super::health::Shared;
use crate::engine::{ChannelHandle, Subscription};
use crate::event::Seq;
use crate::log::Checkpoint;
use crossbeam_channel::Receiver;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::mpsc::Sender;

/// How often a thread that waits for events looks whether it is to end.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// How often the positions reached are stored, at most.
const STORE_EVERY: Duration = Duration::from_millis(100);

/// Version of the checkpoints.
pub(super) const VERSION: u32 = 1;

/// A message to publish, a position that is reached once it is, or both.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) message: Option<Outgoing>,
    pub(super) reached: Option<Reached>,
}

/// Everything of a room up to here is published.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reached {
    pub(super) room: usize,
    pub(super) seq: Seq,
}

/// Reads a room's events and hands their messages over, until told to stop and at the log's end,
/// or until nobody takes them.
pub(super) fn feed(
    room: usize,
    mut events: Subscription,
    writer: &Writer,
    entries: &Sender<Entry>,
    stopping: &AtomicBool,
    shared: &Shared,
) {
    loop {
        match events.next_timeout(LOOK_EVERY) {
            Ok(Some(recorded)) => {
                let mut messages = writer.messages(&recorded).into_iter().peekable();
                let reached = Reached {
                    room,
                    seq: recorded.seq,
                };
                loop {
                    let message = messages.next();
                    let is_last = messages.peek().is_none();
                    let entry = Entry {
                        message,
                        reached: is_last.then_some(reached),
                    };
                    if entries.blocking_send(entry).is_err() {
                        return;
                    }
                    if is_last {
                        break;
                    }
                }
            }
            Ok(None) if events.is_over() => return,
            Ok(None) if stopping.load(Ordering::Acquire) && events.lag() == 0 => return,
            Ok(None) => {}
            Err(error) => {
                log::error!("{}: {error}: no more of it is published", writer.channel);
                shared.room(room, |health| health.failed = Some(error.to_string()));
                return;
            }
        }
    }
}

/// Stores the positions reached, until no more come.
pub(super) fn keep(
    rooms: &[ChannelHandle],
    consumer: &str,
    reached: &Receiver<Reached>,
    shared: &Arc<Shared>,
) {
    let mut unstored = BTreeMap::new();
    loop {
        if unstored.is_empty() {
            match reached.recv() {
                Ok(Reached { room, seq }) => unstored.insert(room, seq),
                Err(_) => return,
            };
        }
        // Others are most likely on their way: one commit for all of them.
        let is_closed = gather(reached, &mut unstored);
        store(rooms, consumer, &mut unstored, shared);
        if is_closed {
            return;
        }
    }
}

/// Takes what comes for a while; says whether no more will come.
fn gather(reached: &Receiver<Reached>, unstored: &mut BTreeMap<usize, Seq>) -> bool {
    let due = crossbeam_channel::after(STORE_EVERY);
    loop {
        crossbeam_channel::select! {
            recv(reached) -> next => match next {
                Ok(Reached { room, seq }) => {
                    unstored.insert(room, seq);
                }
                Err(_) => return true,
            },
            recv(due) -> _ => return false,
        }
    }
}

/// Stores what can be; the rest is tried again.
fn store(
    rooms: &[ChannelHandle],
    consumer: &str,
    unstored: &mut BTreeMap<usize, Seq>,
    shared: &Shared,
) {
    unstored.retain(|room, seq| {
        let Some(handle) = rooms.get(*room) else {
            return false;
        };
        match store_one(handle, consumer, *seq) {
            Ok(()) => {
                shared.room(*room, |health| health.stored = *seq);
                false
            }
            Err(error) => {
                log::warn!("the position of the bridge was not stored: {error}");
                // A closed engine stays closed.
                !handle.is_closed()
            }
        }
    });
}

/// Stores one position.
pub(super) fn store_one(
    handle: &ChannelHandle,
    consumer: &str,
    seq: Seq,
) -> Result<(), crate::error::CheckpointError> {
    let chain = handle.reader()?.chain_at(seq)?.unwrap_or_default();
    let log_id = handle.log_id().to_owned();
    handle.store_checkpoint(consumer, VERSION, &Checkpoint { log_id, seq, chain })
}
