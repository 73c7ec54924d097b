//! Who adds what to the playlist, and what was refused.
//!
//! The server tells refusals only to whoever is refused: those here are our own.

use crate::event::{After, Event, ItemQueued, QueueFailed, Recorded};
use crate::model::identity;
use crate::state::ChannelState;
use crate::views::file::stored;
use crate::views::models::happened_us;
use crate::views::projector::{ProjectError, Projector, Step};
use rusqlite::{Connection, params};

/// Builds `queue_history`.
#[derive(Debug, Default)]
pub(crate) struct QueueHistory;

impl Projector for QueueHistory {
    fn name(&self) -> &'static str {
        "queue_history"
    }

    fn version(&self) -> u32 {
        1
    }

    fn schema(&self) -> &'static str {
        include_str!("queue_history.sql")
    }

    fn project(&mut self, step: &Step<'_>, tables: &Connection) -> Result<(), ProjectError> {
        match &step.event.event {
            Event::ItemQueued(queued) => Ok(accepted(step.event, queued, step.state, tables)?),
            Event::QueueFailed(failed) => Ok(refused(step.event, failed, step.state, tables)?),
            _ => Ok(()),
        }
    }
}

fn accepted(
    event: &Recorded,
    queued: &ItemQueued,
    state: &ChannelState,
    tables: &Connection,
) -> rusqlite::Result<()> {
    let (item, media) = (&queued.item, &queued.item.media);
    tables
        .prepare_cached(
            "INSERT INTO queue_history (seq, told_us, outcome, name, identity, media_type, media_id,
                 title, seconds, temp, position, uid)
             VALUES (?1, ?2, 'accepted', ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute(params![
            stored(event.seq),
            happened_us(event),
            item.queued_by,
            item.queued_by.as_deref().map(identity),
            media.kind,
            media.id,
            media.title,
            media.seconds,
            item.temp,
            position(queued, state),
            item.uid.0,
        ])?;
    Ok(())
}

fn refused(
    event: &Recorded,
    failed: &QueueFailed,
    state: &ChannelState,
    tables: &Connection,
) -> rusqlite::Result<()> {
    let own = state.me.name.as_deref();
    tables
        .prepare_cached(
            "INSERT INTO queue_history (seq, told_us, outcome, name, identity, media_id, reason, link)
             VALUES (?1, ?2, 'refused', ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            stored(event.seq),
            happened_us(event),
            own,
            own.map(identity),
            failed.id,
            failed.msg,
            failed.link.as_deref().filter(|link| !link.is_empty()),
        ])?;
    Ok(())
}

/// Where in the list an item was put, in a word.
fn position(queued: &ItemQueued, state: &ChannelState) -> &'static str {
    let is_last = || {
        let list = state.playlist.as_ref()?;
        Some(list.iter().last()?.uid == queued.item.uid)
    };
    match queued.after {
        After::End => "end",
        _ if is_last() == Some(true) => "end",
        After::Front => "front",
        After::Uid(uid) if state.current == Some(uid) => "next",
        After::Uid(_) => "between",
    }
}
