//! Who talks, how much, and since when.
//!
//! What a run of events adds is summed up in memory and written once, when the run settles: a
//! lively evening has many lines and few people. It writes for
//! [`Messages`](super::messages::Messages), and is no projector of its own: what a redaction takes
//! back is known there, and `messages` is what is left to count.

use crate::model::identity;
use crate::views::models::said::{Counted, Said};
use rusqlite::{Connection, params};
use std::collections::{BTreeMap, BTreeSet};

/// Microseconds in a day.
const DAY_US: i64 = 86_400_000_000;

/// What somebody said.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    messages: i64,
    words: i64,
    characters: i64,
    pms: i64,
    emotes: i64,
}

impl Counts {
    fn add(&mut self, other: &Self) {
        self.messages += other.messages;
        self.words += other.words;
        self.characters += other.characters;
        self.pms += other.pms;
        self.emotes += other.emotes;
    }
}

/// Who said it: what there is to add to a row.
#[derive(Clone, Debug)]
struct Chatter {
    name: String,
    guest: Option<bool>,
    counts: Counts,
    first_us: i64,
    last_us: i64,
}

/// Writes `chatters` and `chatters_by_day`.
#[derive(Debug, Default)]
pub(super) struct Chatters {
    people: BTreeMap<String, Chatter>,
    days: BTreeMap<(i64, String), Counts>,
    /// Days of people whose lines were taken back: what is left is counted anew.
    stale: BTreeSet<(i64, String)>,
}

impl Chatters {
    /// Forgets what is not written.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Counts a user's line.
    pub(super) fn add(&mut self, said: &Said<'_>, counted: &Counted) {
        let counts = counts(said, counted);
        let identity = identity(said.name);
        let day = said.us.div_euclid(DAY_US);
        let of_day = self.days.entry((day, identity.clone())).or_default();
        of_day.add(&counts);
        let chatter = self.people.entry(identity).or_insert_with(|| Chatter {
            name: said.name.to_owned(),
            guest: None,
            counts: Counts::default(),
            first_us: said.us,
            last_us: said.us,
        });
        chatter.counts.add(&counts);
        chatter.guest = counted.guest.or(chatter.guest);
        chatter.first_us = chatter.first_us.min(said.us);
        if said.us >= chatter.last_us {
            chatter.last_us = said.us;
            said.name.clone_into(&mut chatter.name);
        }
    }

    /// A line of somebody was taken back.
    pub(super) fn take_back(&mut self, said_us: i64, identity: String) {
        self.stale.insert((said_us.div_euclid(DAY_US), identity));
    }

    /// Writes the counts.
    pub(super) fn settle(&mut self, tables: &Connection) -> rusqlite::Result<()> {
        for (identity, chatter) in std::mem::take(&mut self.people) {
            write_chatter(&identity, &chatter, tables)?;
        }
        for ((day, identity), counts) in std::mem::take(&mut self.days) {
            write_day(day, &identity, &counts, tables)?;
        }
        let stale = std::mem::take(&mut self.stale);
        for (day, identity) in &stale {
            write_day_anew(*day, identity, tables)?;
        }
        let people: BTreeSet<&String> = stale.iter().map(|(_, identity)| identity).collect();
        for identity in people {
            write_chatter_anew(identity, tables)?;
        }
        Ok(())
    }
}

fn counts(said: &Said<'_>, counted: &Counted) -> Counts {
    if said.to.is_some() {
        return Counts {
            pms: 1,
            ..Counts::default()
        };
    }
    Counts {
        messages: 1,
        words: counted.words,
        characters: counted.characters,
        pms: 0,
        emotes: counted.uses(),
    }
}

fn write_chatter(identity: &str, chatter: &Chatter, tables: &Connection) -> rusqlite::Result<()> {
    let counts = &chatter.counts;
    tables
        .prepare_cached(
            "INSERT INTO chatters (identity, name, guest, messages, words, characters, pms, emotes,
                 first_us, last_us)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
             ON CONFLICT (identity) DO UPDATE SET
                 name = iif(excluded.last_us >= last_us, excluded.name, name),
                 guest = coalesce(excluded.guest, guest),
                 messages = messages + excluded.messages,
                 words = words + excluded.words,
                 characters = characters + excluded.characters,
                 pms = pms + excluded.pms,
                 emotes = emotes + excluded.emotes,
                 first_us = min(first_us, excluded.first_us),
                 last_us = max(last_us, excluded.last_us)",
        )?
        .execute(params![
            identity,
            chatter.name,
            chatter.guest,
            counts.messages,
            counts.words,
            counts.characters,
            counts.pms,
            counts.emotes,
            chatter.first_us,
            chatter.last_us,
        ])?;
    Ok(())
}

fn write_day(
    day: i64,
    identity: &str,
    counts: &Counts,
    tables: &Connection,
) -> rusqlite::Result<()> {
    tables
        .prepare_cached(
            "INSERT INTO chatters_by_day (day, identity, messages, words, characters, pms, emotes)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (day, identity) DO UPDATE SET
                 messages = messages + excluded.messages,
                 words = words + excluded.words,
                 characters = characters + excluded.characters,
                 pms = pms + excluded.pms,
                 emotes = emotes + excluded.emotes",
        )?
        .execute(params![
            day,
            identity,
            counts.messages,
            counts.words,
            counts.characters,
            counts.pms,
            counts.emotes,
        ])?;
    Ok(())
}

/// What `messages` holds of somebody's lines, in the order of the columns.
const SUMS: &str = "sum(kind = 'message'), sum(iif(kind = 'message', words, 0)),
    sum(iif(kind = 'message', characters, 0)), sum(kind = 'pm'),
    sum(iif(kind = 'message', emotes, 0))";

/// Counts a day of somebody's again, from the lines that are left.
fn write_day_anew(day: i64, identity: &str, tables: &Connection) -> rusqlite::Result<()> {
    tables
        .prepare_cached("DELETE FROM chatters_by_day WHERE day = ?1 AND identity = ?2")?
        .execute(params![day, identity])?;
    let first_us = day.saturating_mul(DAY_US);
    tables
        .prepare_cached(&format!(
            "INSERT INTO chatters_by_day (day, identity, messages, words, characters, pms, emotes)
             SELECT ?1, identity, {SUMS} FROM messages
             WHERE identity = ?2 AND source = 'user' AND said_us BETWEEN ?3 AND ?4
             GROUP BY identity"
        ))?
        .execute(params![
            day,
            identity,
            first_us,
            first_us.saturating_add(DAY_US - 1)
        ])?;
    Ok(())
}

/// Counts all of somebody's again, from the lines that are left.
fn write_chatter_anew(identity: &str, tables: &Connection) -> rusqlite::Result<()> {
    tables
        .prepare_cached("DELETE FROM chatters WHERE identity = ?1")?
        .execute([identity])?;
    tables
        .prepare_cached(&format!(
            "INSERT INTO chatters (identity, name, guest, messages, words, characters, pms, emotes,
                 first_us, last_us)
             SELECT identity,
                 (SELECT name FROM messages WHERE identity = ?1 AND source = 'user'
                  ORDER BY said_us DESC, seq DESC LIMIT 1),
                 (SELECT guest FROM messages WHERE identity = ?1 AND source = 'user'
                      AND guest IS NOT NULL
                  ORDER BY seq DESC LIMIT 1),
                 {SUMS}, min(said_us), max(said_us)
             FROM messages WHERE identity = ?1 AND source = 'user' GROUP BY identity"
        ))?
        .execute([identity])?;
    Ok(())
}
