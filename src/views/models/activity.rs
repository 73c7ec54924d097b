//! When the room is alive: sums by quarter of an hour.
//!
//! What is held in memory is only what has been added since the last settling.

use crate::event::{Event, Message, Origin, Recorded, Source};
use crate::time::UnixMicros;
use crate::views::models::plays::is_start;
use crate::views::models::population::Crowd;
use crate::views::models::watch::{Turn, Watch};
use crate::views::projector::{ProjectError, Projector, Step};
use rusqlite::{Connection, params};
use std::collections::BTreeMap;

/// A quarter of an hour.
const SLOT_US: i64 = 900_000_000;

/// Slots held at most: a clock that is set right in the middle of a connection passes years.
const SLOTS_MAX: usize = 4_096;

/// How far ahead of ours the server's clock may be, in microseconds, to be believed: a day.
const AHEAD_MAX_US: i64 = 86_400_000_000;

/// Viewers counted at most: what a server may tell beyond any room would overflow sums.
const VIEWERS_MAX: i64 = 1_000_000;

/// What is added to a slot.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    messages: i64,
    replayed: i64,
    joins: i64,
    leaves: i64,
    plays: i64,
    queued: i64,
    observed_us: i64,
    counted_us: i64,
    named_us: i64,
    total_us: i64,
}

/// Builds `activity`.
#[derive(Debug, Default)]
pub(crate) struct Activity {
    watch: Watch,
    /// How many are here since the last event.
    crowd: Crowd,
    added: BTreeMap<i64, Sums>,
}

impl Activity {
    fn slot(&mut self, us: i64) -> &mut Sums {
        self.added.entry(us.div_euclid(SLOT_US)).or_default()
    }

    /// Time has passed in the room.
    fn passes(
        &mut self,
        mut from_us: i64,
        until_us: i64,
        tables: &Connection,
    ) -> rusqlite::Result<()> {
        let crowd = self.crowd;
        while from_us < until_us {
            let end_us = (from_us.div_euclid(SLOT_US) + 1).saturating_mul(SLOT_US);
            let us = end_us.min(until_us) - from_us;
            let slot = self.slot(from_us);
            slot.observed_us += us;
            slot.named_us += us.saturating_mul(crowd.named.unwrap_or(0));
            if let Some(total) = crowd.total {
                slot.counted_us += us;
                slot.total_us += us.saturating_mul(total.clamp(0, VIEWERS_MAX));
            }
            from_us += us;
            if self.added.len() > SLOTS_MAX {
                self.write(tables)?;
            }
        }
        Ok(())
    }

    fn counts(&mut self, step: &Step<'_>) {
        let event = step.event;
        let count: fn(&mut Sums) -> &mut i64 = match &event.event {
            Event::MessageSaid(message) if is_said(message, event.origin) => |s| &mut s.messages,
            Event::UserJoined(_) => |s| &mut s.joins,
            Event::UserLeft(left) if !is_there(step, &left.name) => |s| &mut s.leaves,
            Event::MediaChanged(changed) if is_start(changed) => |s| &mut s.plays,
            Event::ItemQueued(_) => |s| &mut s.queued,
            _ => return,
        };
        *count(self.slot(event.received_at.0)) += 1;
    }

    /// A line that was told later counts where its own time says, in the room or not.
    fn told_later(&mut self, event: &Recorded) {
        if let Event::MessageSaid(message) = &event.event
            && message.source == Source::User
            && is_late(event.origin)
        {
            self.slot(said_us(event)).replayed += 1;
        }
    }

    fn write(&mut self, tables: &Connection) -> rusqlite::Result<()> {
        let sql = "INSERT INTO activity (slot_us, messages, replayed, joins, leaves, plays, queued,
                       observed_us, counted_us, named_us, total_us)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
                   ON CONFLICT (slot_us) DO UPDATE SET
                       messages = messages + excluded.messages,
                       replayed = replayed + excluded.replayed,
                       joins = joins + excluded.joins,
                       leaves = leaves + excluded.leaves,
                       plays = plays + excluded.plays,
                       queued = queued + excluded.queued,
                       observed_us = observed_us + excluded.observed_us,
                       counted_us = counted_us + excluded.counted_us,
                       named_us = named_us + excluded.named_us,
                       total_us = total_us + excluded.total_us";
        let mut statement = tables.prepare_cached(sql)?;
        for (number, sums) in &self.added {
            statement.execute(params![
                number.saturating_mul(SLOT_US),
                sums.messages,
                sums.replayed,
                sums.joins,
                sums.leaves,
                sums.plays,
                sums.queued,
                sums.observed_us,
                sums.counted_us,
                sums.named_us,
                sums.total_us,
            ])?;
        }
        self.added.clear();
        Ok(())
    }
}

/// Whether somebody said to leave is still in the list: that an older session of our own name is
/// gone is told as our leaving.
fn is_there(step: &Step<'_>, name: &str) -> bool {
    let users = step.state.users.as_deref();
    users.is_some_and(|users| users.find(name).is_some())
}

/// Whether a line was said by a user while we listened.
fn is_said(message: &Message, origin: Origin) -> bool {
    message.source == Source::User && !is_late(origin)
}

fn is_late(origin: Origin) -> bool {
    matches!(origin, Origin::Replay | Origin::Import)
}

/// When a line was said: by the server's clock, unless that cannot be.
fn said_us(event: &Recorded) -> i64 {
    let (received_us, sent) = (event.received_at.0, event.sent_ms);
    let sent_us = sent.map(|ms| UnixMicros::from_millis(ms).0);
    let latest_us = received_us.saturating_add(AHEAD_MAX_US);
    let believed = sent_us.filter(|us| (0..=latest_us).contains(us));
    believed.unwrap_or(received_us)
}

impl Projector for Activity {
    fn name(&self) -> &'static str {
        "activity"
    }

    fn version(&self) -> u32 {
        1
    }

    fn schema(&self) -> &'static str {
        include_str!("activity.sql")
    }

    fn resume(&mut self, tables: &Connection) -> Result<(), ProjectError> {
        self.watch = Watch::resume(tables)?;
        let now = Crowd::resume(&self.watch, tables)?;
        self.crowd = now.map(|(_, crowd)| crowd).unwrap_or_default();
        self.added.clear();
        Ok(())
    }

    fn project(&mut self, step: &Step<'_>, tables: &Connection) -> Result<(), ProjectError> {
        self.told_later(step.event);
        let before = self.watch.last();
        match self.watch.step(step) {
            Turn::Out => {}
            Turn::Came(_) => self.crowd = Crowd::of(step),
            Turn::In | Turn::Went => {
                self.passes(before.us, self.watch.last().us, tables)?;
                self.counts(step);
                if Crowd::is_changed_by(&step.event.event) {
                    self.crowd = Crowd::of(step);
                }
            }
        }
        Ok(())
    }

    fn settle(&mut self, tables: &Connection) -> Result<(), ProjectError> {
        Ok(self.write(tables)?)
    }
}
