//! Which emotes are used, how often and by whom.
//!
//! Lines are written as they come, sums once, when the run settles. It writes for
//! [`Messages`](super::messages::Messages), and is no projector of its own: what a redaction takes
//! back is known there.

use crate::event::Seq;
use crate::model::identity;
use crate::views::file::stored;
use crate::views::models::said::{Counted, Said};
use rusqlite::{Connection, params};
use std::collections::{BTreeMap, BTreeSet};

/// What there is to add to an emote's row.
#[derive(Clone, Debug)]
struct Used {
    messages: i64,
    first_us: i64,
    last_us: i64,
    by: BTreeMap<String, i64>,
}

/// Writes `emotes`, `emote_uses` and `emote_lines`.
#[derive(Debug, Default)]
pub(super) struct Emotes {
    used: BTreeMap<String, Used>,
    /// Emotes of lines that were taken back: their sums are made anew.
    stale: BTreeSet<String>,
}

impl Emotes {
    /// Forgets what is not written.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Counts a line of public chat.
    pub(super) fn add(
        &mut self,
        seq: Seq,
        said: &Said<'_>,
        counted: &Counted,
        tables: &Connection,
    ) -> rusqlite::Result<()> {
        for (emote, uses) in &counted.emotes {
            let identity = identity(said.name);
            tables
                .prepare_cached(
                    "INSERT INTO emote_lines (emote, said_us, seq, identity, uses)
                     VALUES (?1, ?2, ?3, ?4, ?5)",
                )?
                .execute(params![emote, said.us, stored(seq), identity, uses])?;
            let used = self.used.entry(emote.clone()).or_insert_with(|| Used {
                messages: 0,
                first_us: said.us,
                last_us: said.us,
                by: BTreeMap::new(),
            });
            used.messages += 1;
            used.first_us = used.first_us.min(said.us);
            used.last_us = used.last_us.max(said.us);
            *used.by.entry(identity).or_default() += uses;
        }
        Ok(())
    }

    /// Takes a line back.
    pub(super) fn take_back(&mut self, seq: i64, tables: &Connection) -> rusqlite::Result<()> {
        let mut taken =
            tables.prepare_cached("DELETE FROM emote_lines WHERE seq = ?1 RETURNING emote")?;
        let emotes = taken.query_map([seq], |row| row.get(0))?;
        for emote in emotes {
            self.stale.insert(emote?);
        }
        Ok(())
    }

    /// Writes the sums.
    pub(super) fn settle(&mut self, tables: &Connection) -> rusqlite::Result<()> {
        let stale = std::mem::take(&mut self.stale);
        for (emote, used) in std::mem::take(&mut self.used) {
            if !stale.contains(&emote) {
                write(&emote, &used, tables)?;
            }
        }
        for emote in stale {
            write_anew(&emote, tables)?;
        }
        Ok(())
    }
}

fn write(emote: &str, used: &Used, tables: &Connection) -> rusqlite::Result<()> {
    let (mut uses, mut users) = (0, 0);
    let mut by = tables.prepare_cached(
        "INSERT INTO emote_uses (emote, identity, uses) VALUES (?1, ?2, ?3)
         ON CONFLICT (emote, identity) DO UPDATE SET uses = uses + excluded.uses
         RETURNING uses",
    )?;
    for (identity, more) in &used.by {
        let now: i64 = by.query_row(params![emote, identity, more], |row| row.get(0))?;
        uses += more;
        users += i64::from(now == *more);
    }
    tables
        .prepare_cached(
            "INSERT INTO emotes (emote, uses, messages, users, first_us, last_us)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (emote) DO UPDATE SET
                 uses = uses + excluded.uses,
                 messages = messages + excluded.messages,
                 users = users + excluded.users,
                 first_us = min(first_us, excluded.first_us),
                 last_us = max(last_us, excluded.last_us)",
        )?
        .execute(params![
            emote,
            uses,
            used.messages,
            users,
            used.first_us,
            used.last_us,
        ])?;
    Ok(())
}

/// Makes the sums of an emote from its lines.
fn write_anew(emote: &str, tables: &Connection) -> rusqlite::Result<()> {
    for sql in [
        "DELETE FROM emotes WHERE emote = ?1",
        "DELETE FROM emote_uses WHERE emote = ?1",
        "INSERT INTO emotes (emote, uses, messages, users, first_us, last_us)
         SELECT emote, sum(uses), count(*), count(DISTINCT identity), min(said_us), max(said_us)
         FROM emote_lines WHERE emote = ?1 GROUP BY emote",
        "INSERT INTO emote_uses (emote, identity, uses)
         SELECT emote, identity, sum(uses) FROM emote_lines WHERE emote = ?1
         GROUP BY emote, identity",
    ] {
        tables.prepare_cached(sql)?.execute([emote])?;
    }
    Ok(())
}
