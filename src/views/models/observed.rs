//! When we were there: the spans in which the log tells of the room.

use crate::event::{DisconnectCause, Event, Recorded};
use crate::views::file::stored;
use crate::views::projector::{ProjectError, Projector, Step};
use rusqlite::{Connection, OptionalExtension, params};

/// A span under way.
#[derive(Clone, Copy, Debug)]
struct Open {
    from_us: i64,
    from_seq: i64,
    until_us: i64,
    until_seq: i64,
}

/// Builds `observed`.
#[derive(Debug, Default)]
pub(crate) struct Observed {
    open: Option<Open>,
}

impl Observed {
    fn write(
        open: &Open,
        ended_by: Option<DisconnectCause>,
        tables: &Connection,
    ) -> rusqlite::Result<()> {
        tables
            .prepare_cached(
                "INSERT INTO observed (from_us, from_seq, until_us, until_seq, open, ended_by)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (from_seq) DO UPDATE SET until_us = excluded.until_us,
                     until_seq = excluded.until_seq, open = excluded.open,
                     ended_by = excluded.ended_by",
            )?
            .execute(params![
                open.from_us,
                open.from_seq,
                open.until_us,
                open.until_seq,
                ended_by.is_none(),
                ended_by.map(DisconnectCause::as_str),
            ])?;
        Ok(())
    }

    fn ended(
        &mut self,
        event: &Recorded,
        cause: DisconnectCause,
        tables: &Connection,
    ) -> rusqlite::Result<()> {
        let Some(mut open) = self.open.take() else {
            return Ok(());
        };
        // Nobody saw when a crash was: what was last recorded is what we know.
        if cause != DisconnectCause::Crash {
            (open.until_us, open.until_seq) = (event.received_at.0, stored(event.seq));
        }
        Self::write(&open, Some(cause), tables)
    }
}

impl Projector for Observed {
    fn name(&self) -> &'static str {
        "observed"
    }

    fn version(&self) -> u32 {
        1
    }

    fn schema(&self) -> &'static str {
        include_str!("observed.sql")
    }

    fn resume(&mut self, tables: &Connection) -> Result<(), ProjectError> {
        let sql = "SELECT from_us, from_seq, until_us, until_seq FROM observed WHERE open";
        self.open = tables
            .prepare_cached(sql)?
            .query_row([], |row| {
                Ok(Open {
                    from_us: row.get(0)?,
                    from_seq: row.get(1)?,
                    until_us: row.get(2)?,
                    until_seq: row.get(3)?,
                })
            })
            .optional()?;
        Ok(())
    }

    fn project(&mut self, step: &Step<'_>, tables: &Connection) -> Result<(), ProjectError> {
        let event = step.event;
        let (us, seq) = (event.received_at.0, stored(event.seq));
        match &event.event {
            Event::Disconnected(ended) => self.ended(event, ended.cause, tables)?,
            _ => match &mut self.open {
                Some(open) => (open.until_us, open.until_seq) = (us, seq),
                // Not only a join: a log whose beginning was cut off begins in the middle of one.
                None if step.state.is_live() => {
                    self.open = Some(Open {
                        from_us: us,
                        from_seq: seq,
                        until_us: us,
                        until_seq: seq,
                    });
                }
                None => {}
            },
        }
        Ok(())
    }

    fn settle(&mut self, tables: &Connection) -> Result<(), ProjectError> {
        match &self.open {
            Some(open) => Ok(Self::write(open, None, tables)?),
            None => Ok(()),
        }
    }
}
