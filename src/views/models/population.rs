//! How many were here at any time.
//!
//! One row is held in memory: what is so now. It is written when that changes and at each settling.

use crate::event::Event;
use crate::views::models::watch::{Turn, Watch};
use crate::views::projector::{ProjectError, Projector, Step};
use rusqlite::{Connection, OptionalExtension, Params, params};

/// How many are here, as far as told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Crowd {
    pub(super) named: Option<i64>,
    pub(super) afk: Option<i64>,
    pub(super) total: Option<i64>,
}

impl Crowd {
    pub(super) fn of(step: &Step<'_>) -> Self {
        let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let users = step.state.users.as_deref();
        Self {
            named: users.map(|users| count(users.len())),
            afk: users.map(|users| count(users.iter().filter(|user| user.afk).count())),
            total: step.state.user_count,
        }
    }

    /// Whether an event may change it.
    pub(super) fn is_changed_by(event: &Event) -> bool {
        matches!(
            event,
            Event::Joined(_)
                | Event::UserJoined(_)
                | Event::UserLeft(_)
                | Event::UsersListed(_)
                | Event::UserMetaSet(_)
                | Event::UsersCounted(_)
        )
    }

    /// Takes up what is so at the last event, and since when; `None` outside the room.
    pub(super) fn resume(
        watch: &Watch,
        tables: &Connection,
    ) -> rusqlite::Result<Option<(i64, Self)>> {
        if !watch.is_live() {
            return Ok(None);
        }
        let sql = "SELECT at_us, named, afk, total FROM population ORDER BY at_us DESC LIMIT 1";
        Self::row(sql, [], tables)
    }

    fn row(
        sql: &str,
        values: impl Params,
        tables: &Connection,
    ) -> rusqlite::Result<Option<(i64, Self)>> {
        tables
            .prepare_cached(sql)?
            .query_row(values, |row| {
                let crowd = Self {
                    named: row.get(1)?,
                    afk: row.get(2)?,
                    total: row.get(3)?,
                };
                Ok((row.get(0)?, crowd))
            })
            .optional()
    }
}

/// Builds `population`.
#[derive(Debug, Default)]
pub(crate) struct Population {
    watch: Watch,
    /// Since when, and how many.
    now: Option<(i64, Crowd)>,
    /// The same of the row that goes over into this one.
    before: Option<(i64, Crowd)>,
}

impl Population {
    /// Writes what is, or was, so until a moment.
    fn write(&self, until_us: i64, tables: &Connection) -> rusqlite::Result<()> {
        let Some((at_us, crowd)) = self.now else {
            return Ok(());
        };
        let sql = "INSERT INTO population (at_us, until_us, named, afk, total)
                   VALUES (?1, ?2, ?3, ?4, ?5)
                   ON CONFLICT (at_us) DO UPDATE SET until_us = excluded.until_us,
                       named = excluded.named, afk = excluded.afk, total = excluded.total";
        tables.prepare_cached(sql)?.execute(params![
            at_us,
            until_us,
            crowd.named,
            crowd.afk,
            crowd.total
        ])?;
        Ok(())
    }

    fn takes(&mut self, step: &Step<'_>, tables: &Connection) -> rusqlite::Result<()> {
        let (us, crowd) = (step.event.received_at.0, Crowd::of(step));
        match &mut self.now {
            Some((_, now)) if *now == crowd => {}
            // Within one microsecond the last word counts: a user whose session is replaced goes
            // and comes.
            Some((at_us, _)) if *at_us == us && self.before.is_some_and(|(_, b)| b == crowd) => {
                tables
                    .prepare_cached("DELETE FROM population WHERE at_us = ?1")?
                    .execute([us])?;
                self.now = self.before.take();
            }
            Some((at_us, now)) if *at_us == us => *now = crowd,
            _ => {
                self.write(us, tables)?;
                self.before = self.now.replace((us, crowd));
            }
        }
        Ok(())
    }
}

impl Projector for Population {
    fn name(&self) -> &'static str {
        "population"
    }

    fn version(&self) -> u32 {
        1
    }

    fn schema(&self) -> &'static str {
        include_str!("population.sql")
    }

    fn resume(&mut self, tables: &Connection) -> Result<(), ProjectError> {
        self.watch = Watch::resume(tables)?;
        self.now = Crowd::resume(&self.watch, tables)?;
        let sql = "SELECT at_us, named, afk, total FROM population WHERE until_us = ?1
                   AND at_us = (SELECT max(at_us) FROM population WHERE at_us < ?1)";
        self.before = match self.now {
            Some((at_us, _)) => Crowd::row(sql, [at_us], tables)?,
            None => None,
        };
        Ok(())
    }

    fn project(&mut self, step: &Step<'_>, tables: &Connection) -> Result<(), ProjectError> {
        match self.watch.step(step) {
            Turn::Out => {}
            Turn::In if !Crowd::is_changed_by(&step.event.event) => {}
            Turn::Came(_) | Turn::In => self.takes(step, tables)?,
            Turn::Went => {
                self.write(self.watch.last().us, tables)?;
                (self.now, self.before) = (None, None);
            }
        }
        Ok(())
    }

    fn settle(&mut self, tables: &Connection) -> Result<(), ProjectError> {
        Ok(self.write(self.watch.last().us, tables)?)
    }
}
