//! Whether we are in the room at an event, for models that count time.
//!
//! It follows the same rules as `observed`, and takes its place up from that table: all tables are
//! committed together, so that it stands where the model's own tables stand.

use crate::event::{DisconnectCause, Event};
use crate::views::file::stored;
use crate::views::projector::Step;
use rusqlite::{Connection, OptionalExtension};

/// A place in the log: when, and which event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) us: i64,
    pub(super) seq: i64,
}

impl Place {
    pub(super) fn of(step: &Step<'_>) -> Self {
        Self {
            us: step.event.received_at.0,
            seq: stored(step.event.seq),
        }
    }
}

/// What an event means to somebody who watches the room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// We are not in the room.
    Out,
    /// We are in the room now: the state is a picture of it. With where we had left, if ever.
    Came(Option<Place>),
    /// We are still in the room.
    In,
    /// We are in the room no more, since [`Watch::last`].
    Went,
}

/// Follows whether we are in the room.
#[derive(Debug, Default)]
pub(super) struct Watch {
    live: bool,
    last: Option<Place>,
}

impl Watch {
    /// Takes up where the tables stand.
    pub(super) fn resume(tables: &Connection) -> rusqlite::Result<Self> {
        let sql = "SELECT open, until_us, until_seq FROM observed ORDER BY from_seq DESC LIMIT 1";
        let watch = tables.prepare_cached(sql)?.query_row([], |row| {
            let (us, seq) = (row.get(1)?, row.get(2)?);
            Ok(Self {
                live: row.get(0)?,
                last: Some(Place { us, seq }),
            })
        });
        Ok(watch.optional()?.unwrap_or_default())
    }

    /// Takes the next event.
    pub(super) fn step(&mut self, step: &Step<'_>) -> Turn {
        let (before, here) = (self.last, Place::of(step));
        match &step.event.event {
            Event::Disconnected(ended) if self.live => {
                self.live = false;
                // Nobody saw when a crash was: what was last recorded is what we know.
                if ended.cause != DisconnectCause::Crash {
                    self.last = Some(here);
                }
                Turn::Went
            }
            _ if self.live => {
                self.last = Some(here);
                Turn::In
            }
            // Not only a join: a log whose beginning was cut off begins in the middle of one.
            _ if step.state.is_live() => {
                self.live = true;
                self.last = Some(here);
                Turn::Came(before)
            }
            _ => Turn::Out,
        }
    }

    /// Whether we are in the room.
    pub(super) fn is_live(&self) -> bool {
        self.live
    }

    /// The last event seen from within the room.
    pub(super) fn last(&self) -> Place {
        self.last.unwrap_or_default()
    }
}
