//! Chat and private messages, and the index over their words.
//!
//! Nothing is held back: a row and its index entry are written as the event comes, in the run's
//! own transaction. A redaction takes both away again.

use crate::event::{Event, Recorded, Seq};
use crate::model::identity;
use crate::views::file::stored;
use crate::views::models::said::Said;
use crate::views::projector::{ProjectError, Projector, Step};
use rusqlite::{Connection, OptionalExtension, params};

/// Builds `messages` and `messages_fts`.
#[derive(Debug, Default)]
pub(crate) struct Messages;

impl Projector for Messages {
    fn name(&self) -> &'static str {
        "messages"
    }

    fn version(&self) -> u32 {
        1
    }

    fn schema(&self) -> &'static str {
        include_str!("messages.sql")
    }

    fn project(&mut self, step: &Step<'_>, tables: &Connection) -> Result<(), ProjectError> {
        if let Some(said) = Said::of(step.event) {
            keep(step.event.seq, &said, tables)?;
        }
        if let Some(target) = taken_back(step.event) {
            forget(target, tables)?;
        }
        Ok(())
    }
}

/// Which line an event takes back. The one place that knows how redactions name their targets.
fn taken_back(event: &Recorded) -> Option<Seq> {
    match &event.event {
        Event::Redacted(redaction) => Some(redaction.target),
        _ => None,
    }
}

fn keep(seq: Seq, said: &Said<'_>, tables: &Connection) -> rusqlite::Result<()> {
    tables
        .prepare_cached(
            "INSERT INTO messages (seq, said_us, kind, source, style, shadow, name, identity,
                 to_name, text)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            stored(seq),
            said.us,
            said.kind(),
            said.source,
            said.style,
            said.shadow,
            said.name,
            identity(said.name),
            said.to,
            said.text,
        ])?;
    tables
        .prepare_cached("INSERT INTO messages_fts (rowid, text, name) VALUES (?1, ?2, ?3)")?
        .execute(params![stored(seq), said.text, said.name])?;
    Ok(())
}

/// Takes a row away with its entry in the index, which has to be told what it indexed.
fn forget(seq: Seq, tables: &Connection) -> rusqlite::Result<()> {
    let row: Option<(String, String)> = tables
        .prepare_cached("DELETE FROM messages WHERE seq = ?1 RETURNING text, name")?
        .query_row([stored(seq)], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if let Some((text, name)) = row {
        tables
            .prepare_cached(
                "INSERT INTO messages_fts (messages_fts, rowid, text, name)
                 VALUES ('delete', ?1, ?2, ?3)",
            )?
            .execute(params![stored(seq), text, name])?;
    }
    Ok(())
}
