//! Who was here, and for how long.
//!
//! The table is the only memory: who is there are its rows without a leaving, and whoever comes is
//! set against the last stay of the name.

use crate::event::Event;
use crate::model::{User, identity};
use crate::number::Rank;
use crate::state::Users;
use crate::views::models::watch::{Place, Turn, Watch};
use crate::views::options::ViewsOptions;
use crate::views::projector::{ProjectError, Projector, Step};
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::collections::BTreeSet;

/// The rank that leading gives whoever has less: it hides whether there is an account.
const LEADER: Rank = Rank(1.5);

/// Counts time away from keyboard up to a moment, `?1`.
macro_rules! reckon {
    () => {
        "afk_us = afk_us + CASE WHEN afk THEN ?1 - until_us ELSE 0 END, until_us = ?1"
    };
}

/// Builds `presence`.
#[derive(Debug)]
pub(crate) struct Presence {
    debounce_us: i64,
    watch: Watch,
}

/// How somebody comes into view.
#[derive(Clone, Copy, Debug)]
enum Coming {
    /// We saw the join.
    Seen,
    /// In the list that a join of ours brought; with where we had left, if ever.
    Behind(Option<Place>),
    /// In a list that came between.
    Listed,
}

/// The last stay of a name.
struct Stay {
    id: i64,
    left_us: Option<i64>,
    left_seq: Option<i64>,
    ended_by: Option<String>,
    guest: Option<bool>,
}

/// What somebody who comes has missed of the stay that goes on.
#[derive(Clone, Copy, Debug, Default)]
struct Missed {
    away_us: i64,
    unobserved_us: i64,
}

impl Presence {
    pub(crate) fn new(options: &ViewsOptions) -> Self {
        let debounce_us = options.presence_debounce.as_micros();
        Self {
            debounce_us: i64::try_from(debounce_us).unwrap_or(i64::MAX),
            watch: Watch::default(),
        }
    }

    fn within(&self, step: &Step<'_>, tables: &Connection) -> rusqlite::Result<()> {
        let here = Place::of(step);
        match &step.event.event {
            Event::UserJoined(joined) => match find(step, &joined.user.name) {
                Some(user) => self.comes(user, here, Coming::Seen, tables),
                None => Ok(()),
            },
            // Of ourselves it only tells that an older session of our name is gone: the state
            // knows better.
            Event::UserLeft(left) if find(step, &left.name).is_none() => {
                leaves(&identity(&left.name), here, true, tables)
            }
            Event::UserMetaSet(meta) => changes(find(step, &meta.name), here, tables),
            Event::UserRanked(ranked) => changes(find(step, &ranked.name), here, tables),
            Event::UsersListed(_) | Event::Joined(_) => self.listed(step, Coming::Listed, tables),
            _ => Ok(()),
        }
    }

    /// Sets the whole list against who was there.
    fn listed(&self, step: &Step<'_>, coming: Coming, tables: &Connection) -> rusqlite::Result<()> {
        let Some(users) = step.state.users.as_deref() else {
            return Ok(());
        };
        let here = Place::of(step);
        for gone in there(tables)?.iter().filter(|name| !is_in(users, name)) {
            leaves(gone, here, false, tables)?;
        }
        for user in users.iter() {
            self.comes(user, here, coming, tables)?;
        }
        Ok(())
    }

    fn comes(
        &self,
        user: &User,
        here: Place,
        coming: Coming,
        tables: &Connection,
    ) -> rusqlite::Result<()> {
        let sql = "SELECT stay_id, left_us, left_seq, ended_by, guest FROM presence
                   WHERE identity = ?1 ORDER BY stay_id DESC LIMIT 1";
        let last = tables
            .prepare_cached(sql)?
            .query_row([identity(&user.name)], Stay::read)
            .optional()?;
        let Some(last) = last else {
            return begins(user, here, coming, tables);
        };
        let Some(left_us) = last.left_us else {
            return changes(Some(user), here, tables);
        };
        match self.missed(&last, left_us, user, here, coming) {
            Some(missed) => goes_on(last.id, user, here, missed, tables),
            None => begins(user, here, coming, tables),
        }
    }

    /// Whether somebody who comes goes on with the last stay of the name.
    fn missed(
        &self,
        last: &Stay,
        left_us: i64,
        user: &User,
        here: Place,
        coming: Coming,
    ) -> Option<Missed> {
        let absent_us = here.us.saturating_sub(left_us);
        let guest = is_guest(user.rank);
        if absent_us > self.debounce_us || (guest.is_some() && last.guest == guest.map(|g| !g)) {
            return None;
        }
        if let Coming::Behind(Some(gap)) = coming
            && last.ended_by.as_deref() == Some("gap")
            && last.left_seq == Some(gap.seq)
        {
            return Some(Missed {
                unobserved_us: absent_us,
                ..Missed::default()
            });
        }
        (guest == Some(false)).then_some(Missed {
            away_us: absent_us,
            ..Missed::default()
        })
    }
}

impl Stay {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            left_us: row.get(1)?,
            left_seq: row.get(2)?,
            ended_by: row.get(3)?,
            guest: row.get(4)?,
        })
    }
}

fn is_guest(rank: Rank) -> Option<bool> {
    (rank != LEADER).then_some(rank.0 < 1.0)
}

fn find<'a>(step: &Step<'a>, name: &str) -> Option<&'a User> {
    step.state.users.as_deref()?.find(name)
}

fn is_in(users: &Users, name: &str) -> bool {
    users.find(name).is_some()
}

/// The identities there.
fn there(tables: &Connection) -> rusqlite::Result<BTreeSet<String>> {
    let sql = "SELECT identity FROM presence WHERE left_us IS NULL";
    let mut statement = tables.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| row.get(0))?;
    rows.collect()
}

fn begins(user: &User, here: Place, coming: Coming, tables: &Connection) -> rusqlite::Result<()> {
    let sql = "INSERT INTO presence (name, identity, guest, rank, joined_us, joined_seen,
                   joined_seq, until_us, afk, afk_us, away_us, unobserved_us)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?5, ?8, 0, 0, 0)";
    tables.prepare_cached(sql)?.execute(params![
        user.name,
        identity(&user.name),
        is_guest(user.rank),
        user.rank.0,
        here.us,
        matches!(coming, Coming::Seen),
        here.seq,
        user.afk,
    ])?;
    Ok(())
}

fn goes_on(
    stay_id: i64,
    user: &User,
    here: Place,
    missed: Missed,
    tables: &Connection,
) -> rusqlite::Result<()> {
    let sql = "UPDATE presence SET left_us = NULL, left_seen = NULL, left_seq = NULL,
                   ended_by = NULL, until_us = ?2, afk = ?3, rank = max(rank, ?4),
                   guest = coalesce(guest, ?5), away_us = away_us + ?6,
                   unobserved_us = unobserved_us + ?7
               WHERE stay_id = ?1";
    tables.prepare_cached(sql)?.execute(params![
        stay_id,
        here.us,
        user.afk,
        user.rank.0,
        is_guest(user.rank),
        missed.away_us,
        missed.unobserved_us,
    ])?;
    Ok(())
}

/// Somebody who is there goes away from the keyboard, comes back, or has another rank.
fn changes(user: Option<&User>, here: Place, tables: &Connection) -> rusqlite::Result<()> {
    let Some(user) = user else { return Ok(()) };
    let sql = concat!(
        "UPDATE presence SET ",
        reckon!(),
        ", afk = ?3, rank = max(rank, ?4), guest = coalesce(guest, ?5)
         WHERE left_us IS NULL AND identity = ?2"
    );
    tables.prepare_cached(sql)?.execute(params![
        here.us,
        identity(&user.name),
        user.afk,
        user.rank.0,
        is_guest(user.rank),
    ])?;
    Ok(())
}

fn leaves(identity: &str, here: Place, seen: bool, tables: &Connection) -> rusqlite::Result<()> {
    let sql = concat!(
        "UPDATE presence SET ",
        reckon!(),
        ", left_us = ?1, left_seq = ?3, left_seen = ?4, ended_by = 'left'
         WHERE left_us IS NULL AND identity = ?2"
    );
    tables
        .prepare_cached(sql)?
        .execute(params![here.us, identity, here.seq, seen])?;
    Ok(())
}

/// We are cut off: until it shows who is there behind the gap, all stays end where it begins.
fn all_end(last: Place, tables: &Connection) -> rusqlite::Result<()> {
    let sql = concat!(
        "UPDATE presence SET ",
        reckon!(),
        ", left_us = ?1, left_seq = ?2, left_seen = 0, ended_by = 'gap' WHERE left_us IS NULL"
    );
    tables
        .prepare_cached(sql)?
        .execute(params![last.us, last.seq])?;
    Ok(())
}

impl Projector for Presence {
    fn name(&self) -> &'static str {
        "presence"
    }

    fn version(&self) -> u32 {
        1
    }

    fn schema(&self) -> &'static str {
        include_str!("presence.sql")
    }

    fn resume(&mut self, tables: &Connection) -> Result<(), ProjectError> {
        self.watch = Watch::resume(tables)?;
        Ok(())
    }

    fn project(&mut self, step: &Step<'_>, tables: &Connection) -> Result<(), ProjectError> {
        match self.watch.step(step) {
            Turn::Out => {}
            Turn::Came(gap) => self.listed(step, Coming::Behind(gap), tables)?,
            Turn::In => self.within(step, tables)?,
            Turn::Went => all_end(self.watch.last(), tables)?,
        }
        Ok(())
    }

    fn settle(&mut self, tables: &Connection) -> Result<(), ProjectError> {
        if self.watch.is_live() {
            let sql = concat!(
                "UPDATE presence SET ",
                reckon!(),
                " WHERE left_us IS NULL AND until_us < ?1"
            );
            tables
                .prepare_cached(sql)?
                .execute([self.watch.last().us])?;
        }
        Ok(())
    }
}
