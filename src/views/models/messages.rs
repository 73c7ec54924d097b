//! Chat and private messages, and the index over their words.
//!
//! Nothing is held back: a row and its index entry are written as the event comes, in the run's
//! own transaction. A redaction takes both away again.

use crate::event::{Event, Kind, Scope, Seq};
use crate::model::identity;
use crate::views::file::stored;
use crate::views::models::said::Said;
use crate::views::projector::{ProjectError, Projector, Step};
use rusqlite::{Connection, ToSql, params};

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
        if let Event::Redacted(redaction) = &step.event.event {
            take_back(step.event.seq, &redaction.scope, tables)?;
        }
        Ok(())
    }
}

/// Takes away the lines that a redaction standing at `by` covers, with their entries in the index.
/// Lines read after the log was redacted come without their words already.
fn take_back(by: Seq, scope: &Scope, tables: &Connection) -> rusqlite::Result<()> {
    match scope {
        Scope::Events { targets } => {
            let lines = "seq = ?1 AND seq < ?2";
            for target in targets {
                forget(lines, &[&stored(*target), &stored(by)], tables)?;
            }
            Ok(())
        }
        Scope::User {
            user,
            kinds,
            after,
            until,
        } => {
            let (said, pm) = (Kind::MessageSaid, Kind::PmSaid);
            let (said, pm) = (kinds.contains(&said), kinds.contains(&pm));
            forget(
                "identity = ?1 AND seq > ?2 AND seq <= ?3 AND seq < ?4
                 AND iif(kind = 'pm', ?5, ?6)",
                &[
                    &identity(user),
                    &stored(*after),
                    &stored(*until),
                    &stored(by),
                    &pm,
                    &said,
                ],
                tables,
            )
        }
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

/// Takes rows away with their entries in the index, which has to be told what it indexed.
fn forget(lines: &str, values: &[&dyn ToSql], tables: &Connection) -> rusqlite::Result<()> {
    let mut taken = tables.prepare_cached(&format!(
        "DELETE FROM messages WHERE {lines} RETURNING seq, text, name"
    ))?;
    let mut entry = tables.prepare_cached(
        "INSERT INTO messages_fts (messages_fts, rowid, text, name) VALUES ('delete', ?1, ?2, ?3)",
    )?;
    let mut rows = taken.query(values)?;
    while let Some(row) = rows.next()? {
        let (seq, text, name): (i64, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        entry.execute(params![seq, text, name])?;
    }
    Ok(())
}
