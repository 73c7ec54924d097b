//! Polls, and how they ended.
//!
//! What is open is taken from the state of the room: a poll found at a join, or shown again at the
//! next one, is the same poll, whichever event told of it.

use crate::event::{Event, Recorded};
use crate::html::text_of_html;
use crate::model::Poll;
use crate::state::Known;
use crate::views::file::stored;
use crate::views::models::happened_us;
use crate::views::projector::{ProjectError, Projector, Step};
use rusqlite::{Connection, OptionalExtension, params};
use std::sync::{Arc, Weak};

/// Builds `polls` and `poll_options`.
#[derive(Debug, Default)]
pub(crate) struct Polls {
    /// `poll_id` of the open one.
    open: Option<i64>,
    /// The open one as last written; weak, so that its place is not used again meanwhile.
    shown: Weak<Poll>,
}

impl Polls {
    /// A poll as it stands now: a new one, or other counts of a known one.
    fn show(&mut self, poll: &Poll, event: &Recorded, tables: &Connection) -> rusqlite::Result<()> {
        let id = write(poll, event, tables)?;
        if self.open.is_some_and(|open| open != id) {
            self.close(event, tables)?;
        }
        self.open = Some(id);
        write_options(id, poll, tables)
    }

    /// The open poll is no more. Where a join tells, it was closed at some time before.
    fn close(&mut self, event: &Recorded, tables: &Connection) -> rusqlite::Result<()> {
        let Some(id) = self.open.take() else {
            return Ok(());
        };
        let is_seen = !matches!(event.event, Event::Joined(_));
        let sql = "UPDATE polls SET open = 0, closed_us = ?2, closed_seen = ?3 WHERE poll_id = ?1";
        let mut statement = tables.prepare_cached(sql)?;
        statement.execute(params![id, happened_us(event), is_seen])?;
        Ok(())
    }
}

impl Projector for Polls {
    fn name(&self) -> &'static str {
        "polls"
    }

    fn version(&self) -> u32 {
        1
    }

    fn schema(&self) -> &'static str {
        include_str!("polls.sql")
    }

    fn resume(&mut self, tables: &Connection) -> Result<(), ProjectError> {
        self.shown = Weak::new();
        self.open = tables
            .prepare_cached("SELECT poll_id FROM polls WHERE open")?
            .query_row([], |row| row.get(0))
            .optional()?;
        Ok(())
    }

    fn project(&mut self, step: &Step<'_>, tables: &Connection) -> Result<(), ProjectError> {
        match &step.state.poll {
            Known::Present(poll) if self.shown.as_ptr() != Arc::as_ptr(poll) => {
                self.show(poll, step.event, tables)?;
                self.shown = Arc::downgrade(poll);
            }
            Known::Absent if self.open.is_some() => self.close(step.event, tables)?,
            _ => {}
        }
        Ok(())
    }
}

/// Votes together; `None`: some are hidden.
fn votes(poll: &Poll) -> Option<i64> {
    let mut votes = poll.counts.iter().copied();
    votes.try_fold(0_i64, |sum, count| Some(sum.saturating_add(count?)))
}

/// Writes a poll, which may be there already: its `poll_id`.
fn write(poll: &Poll, event: &Recorded, tables: &Connection) -> rusqlite::Result<i64> {
    let is_seen = matches!(event.event, Event::PollOpened(_));
    tables
        .prepare_cached(
            "INSERT INTO polls (poll_id, title, initiator, opened_us, open_seen, open, closed_seen,
                 hidden, votes)
             VALUES (?1, ?2, ?3, ?4, ?5, 1, 0, ?6, ?7)
             ON CONFLICT (opened_us, initiator, title) DO UPDATE SET
                 open = 1, closed_us = NULL, closed_seen = 0,
                 hidden = max(hidden, excluded.hidden), votes = excluded.votes
             RETURNING poll_id",
        )?
        .query_row(
            params![
                stored(event.seq),
                text_of_html(&poll.title),
                poll.initiator,
                poll.opened_ms.saturating_mul(1_000),
                is_seen,
                poll.hidden,
                votes(poll),
            ],
            |row| row.get(0),
        )
}

fn write_options(id: i64, poll: &Poll, tables: &Connection) -> rusqlite::Result<()> {
    let mut statement = tables.prepare_cached(
        "INSERT INTO poll_options (poll_id, place, text, votes) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (poll_id, place) DO UPDATE SET text = excluded.text, votes = excluded.votes",
    )?;
    let counts = poll.counts.iter().copied().chain(std::iter::repeat(None));
    for ((place, option), votes) in (1_i64..).zip(&poll.options).zip(counts) {
        statement.execute(params![id, place, text_of_html(option), votes])?;
    }
    Ok(())
}
