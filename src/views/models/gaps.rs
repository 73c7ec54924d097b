//! Where the log is silent because we were, as the log's SQL view `gaps` has it.
//!
//! That view looks for the next join of every end anew, each time it is asked; these rows stand.

use crate::event::{ChatGap, DisconnectCause, Event, Recorded};
use crate::state::ChannelState;
use crate::views::file::stored;
use crate::views::projector::{ProjectError, Projector, Step};
use rusqlite::{Connection, OptionalExtension, params};

/// Builds `gaps`.
#[derive(Debug, Default)]
pub(crate) struct Gaps {
    /// The end of a connection that nothing followed yet.
    away: Option<i64>,
    /// When the event before was received.
    reached_us: Option<i64>,
}

/// A gap but for its event.
#[derive(Clone, Copy, Debug, Default)]
struct Range {
    from_seq: Option<i64>,
    from_us: Option<i64>,
    until_seq: Option<i64>,
    until_us: Option<i64>,
}

impl Gaps {
    /// We are back, or were lost once more.
    fn back(&mut self, event: &Recorded, tables: &Connection) -> rusqlite::Result<()> {
        let Some(seq) = self.away.take() else {
            return Ok(());
        };
        let sql = "UPDATE gaps SET until_seq = ?2, until_us = ?3 WHERE seq = ?1";
        let mut statement = tables.prepare_cached(sql)?;
        statement.execute(params![seq, stored(event.seq), event.received_at.0])?;
        Ok(())
    }

    fn lost(
        &mut self,
        event: &Recorded,
        cause: DisconnectCause,
        tables: &Connection,
    ) -> Result<(), ProjectError> {
        self.back(event, tables)?;
        let from_us = match cause {
            DisconnectCause::Crash => self.reached_us,
            _ => Some(event.received_at.0),
        };
        let range = Range {
            from_seq: Some(stored(event.seq)),
            from_us,
            ..Range::default()
        };
        self.away = Some(stored(event.seq));
        write(event, range, tables)
    }
}

impl Projector for Gaps {
    fn name(&self) -> &'static str {
        "gaps"
    }

    fn version(&self) -> u32 {
        1
    }

    fn schema(&self) -> &'static str {
        include_str!("gaps.sql")
    }

    fn resume(&mut self, tables: &Connection) -> Result<(), ProjectError> {
        let first = |sql| {
            let mut statement = tables.prepare_cached(sql)?;
            statement.query_row([], |row| row.get(0)).optional()
        };
        self.away =
            first("SELECT seq FROM gaps WHERE kind = 'disconnected' AND until_seq IS NULL")?;
        self.reached_us = first("SELECT us FROM gaps_reached")?;
        Ok(())
    }

    fn project(&mut self, step: &Step<'_>, tables: &Connection) -> Result<(), ProjectError> {
        let event = step.event;
        let (here, now) = (Some(stored(event.seq)), Some(event.received_at.0));
        match &event.event {
            Event::Joined(_) => self.back(event, tables)?,
            Event::Disconnected(ended) => self.lost(event, ended.cause, tables)?,
            Event::ChatGapFound(gap) => {
                let range = Range {
                    from_seq: gap.last_seq.map(stored),
                    from_us: last_line_us(gap, step.state),
                    until_seq: here,
                    until_us: now,
                };
                write(event, range, tables)?;
            }
            Event::FramesShed(_) => {
                let range = Range {
                    from_seq: here,
                    from_us: now,
                    until_seq: here,
                    until_us: now,
                };
                write(event, range, tables)?;
            }
            _ => {}
        }
        self.reached_us = now;
        Ok(())
    }

    fn settle(&mut self, tables: &Connection) -> Result<(), ProjectError> {
        let Some(reached_us) = self.reached_us else {
            return Ok(());
        };
        tables
            .prepare_cached("INSERT OR REPLACE INTO gaps_reached (one, us) VALUES (1, ?1)")?
            .execute([reached_us])?;
        Ok(())
    }
}

/// When the last line before the gap was received: it is among the last that the state keeps.
fn last_line_us(gap: &ChatGap, state: &ChannelState) -> Option<i64> {
    let mut lines = state.chat.iter().rev();
    let last = lines.find(|line| Some(line.seq) == gap.last_seq)?;
    Some(last.received_at.0)
}

fn write(event: &Recorded, range: Range, tables: &Connection) -> Result<(), ProjectError> {
    let mut body = Vec::new();
    event
        .event
        .write_body(&mut body)
        .map_err(|_| ProjectError::Event("its body cannot be written as JSON".to_owned()))?;
    tables
        .prepare_cached(
            "INSERT INTO gaps (seq, kind, from_seq, until_seq, from_us, until_us, detail)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            stored(event.seq),
            event.event.kind().as_str(),
            range.from_seq,
            range.until_seq,
            range.from_us,
            range.until_us,
            String::from_utf8_lossy(&body),
        ])?;
    Ok(())
}
