//! Who talks, how much, and since when.
//!
//! What a run of events adds is summed up in memory and written once, when the run settles: a
//! lively evening has many lines and few people.

use crate::event::{Event, Recorded};
use crate::model::identity;
use crate::number::Rank;
use crate::state::ChannelState;
use crate::views::models::emote_names::EmoteNames;
use crate::views::models::said::Said;
use crate::views::projector::{ProjectError, Projector, Step};
use rusqlite::{Connection, params};
use std::collections::BTreeMap;

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

/// Builds `chatters` and `chatters_by_day`.
#[derive(Debug, Default)]
pub(crate) struct Chatters {
    people: BTreeMap<String, Chatter>,
    days: BTreeMap<(i64, String), Counts>,
    emotes: EmoteNames,
}

impl Chatters {
    fn count(&mut self, said: &Said<'_>, state: &ChannelState) -> Counts {
        if said.to.is_some() {
            return Counts {
                pms: 1,
                ..Counts::default()
            };
        }
        Counts {
            messages: 1,
            words: counted(said.text.split_whitespace()),
            characters: counted(said.text.chars()),
            pms: 0,
            emotes: counted(self.emotes.used_in(said.text, state)),
        }
    }

    fn add(&mut self, said: &Said<'_>, guest: Option<bool>, counts: &Counts) {
        let identity = identity(said.name);
        let day = said.us.div_euclid(DAY_US);
        let of_day = self.days.entry((day, identity.clone())).or_default();
        of_day.add(counts);
        let chatter = self.people.entry(identity).or_insert_with(|| Chatter {
            name: said.name.to_owned(),
            guest: None,
            counts: Counts::default(),
            first_us: said.us,
            last_us: said.us,
        });
        chatter.counts.add(counts);
        chatter.guest = guest.or(chatter.guest);
        chatter.first_us = chatter.first_us.min(said.us);
        if said.us >= chatter.last_us {
            chatter.last_us = said.us;
            said.name.clone_into(&mut chatter.name);
        }
    }
}

fn counted(things: impl Iterator) -> i64 {
    i64::try_from(things.count()).unwrap_or(i64::MAX)
}

/// Whether the name had no account behind it, as far as the rank tells.
fn is_guest(event: &Recorded, state: &ChannelState) -> Option<bool> {
    let rank = match &event.event {
        Event::MessageSaid(message) => message.user.rank,
        Event::PmSaid(pm) => {
            let users = state.users.as_ref();
            users.and_then(|users| Some(users.find(&pm.from)?.rank))
        }
        _ => None,
    };
    rank.map(|rank| rank <= Rank::GUEST)
}

impl Projector for Chatters {
    fn name(&self) -> &'static str {
        "chatters"
    }

    fn version(&self) -> u32 {
        1
    }

    fn schema(&self) -> &'static str {
        include_str!("chatters.sql")
    }

    fn resume(&mut self, _: &Connection) -> Result<(), ProjectError> {
        self.people.clear();
        self.days.clear();
        Ok(())
    }

    fn project(&mut self, step: &Step<'_>, _: &Connection) -> Result<(), ProjectError> {
        if let Some(said) = Said::of(step.event).filter(Said::is_of_user) {
            let counts = self.count(&said, step.state);
            self.add(&said, is_guest(step.event, step.state), &counts);
        }
        Ok(())
    }

    fn settle(&mut self, tables: &Connection) -> Result<(), ProjectError> {
        for (identity, chatter) in std::mem::take(&mut self.people) {
            write_chatter(&identity, &chatter, tables)?;
        }
        for ((day, identity), counts) in std::mem::take(&mut self.days) {
            write_day(day, &identity, &counts, tables)?;
        }
        Ok(())
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
