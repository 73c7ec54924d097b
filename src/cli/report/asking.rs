//! Asks the read models for the figures of a report.

use crate::cli::report::figures::{Day, Figures, Gap, Hour, Media, People, Person, Play, Totals};
use crate::cli::report::lists::Lists;
use crate::cli::report::ranked::Rankings;
use crate::cli::report::zone::Zone;
use projectionist::views::rusqlite::{Connection, Result, Row, ToSql};

/// Points of the line of people, at most: twice what a wide screen shows.
const POINTS_MAX: i64 = 1_500;

/// Rows of a ranking.
const RANKED: u32 = 20;

/// Stays drawn of one person.
const STAYS_MAX: u32 = 500;

/// Showings drawn, at most; those of the last day.
const PLAYS_MAX: u32 = 300;

/// Gaps listed, at most; the latest.
const GAPS_MAX: u32 = 1_000;

const HOUR_US: i64 = 3_600_000_000;
const DAY_US: i64 = 24 * HOUR_US;

/// Asks one views file about one range of time.
pub(crate) struct Asker<'a> {
    pub(crate) conn: &'a Connection,
    /// The range, in microseconds; the end is not part of it.
    pub(crate) from_us: i64,
    pub(crate) until_us: i64,
    pub(crate) zone: &'a Zone,
}

/// When the log tells of the room: the first and the last moment observed. `None`: never.
pub(crate) fn observed_range(conn: &Connection) -> Result<Option<(i64, i64)>> {
    let sql = "SELECT min(from_us), max(until_us) FROM observed";
    conn.query_row(sql, [], |row| {
        Ok(row.get::<_, Option<i64>>(0)?.zip(row.get(1)?))
    })
}

/// One quarter of an hour.
struct Slot {
    us: i64,
    observed: i64,
    counted: i64,
    named: i64,
    total: i64,
    messages: i64,
}

impl Asker<'_> {
    /// Everything; whom staff did something to only with `named`.
    pub(crate) fn figures(&self, named: bool) -> Result<Figures> {
        let slots = self.slots()?;
        Ok(Figures {
            from: self.zone.shifted_ms(self.from_us),
            until: self.zone.shifted_ms(self.until_us),
            totals: self.totals()?,
            population: self.population(&slots),
            gaps: self.gaps()?,
            week: self.week(&slots),
            days: self.days(&slots),
            plays: self.plays()?,
            media: self.media()?,
            presence: self.presence()?,
            rankings: Rankings::asked(self)?,
            lists: Lists::asked(self, named)?,
        })
    }

    /// The rows of a query; `?1` and `?2` are the range.
    pub(crate) fn rows<T>(
        &self,
        sql: &str,
        read: impl Fn(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        self.rows_with(sql, &[&self.from_us, &self.until_us], read)
    }

    fn rows_with<T>(
        &self,
        sql: &str,
        values: &[&dyn ToSql],
        read: impl Fn(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut statement = self.conn.prepare_cached(sql)?;
        let rows = statement.query_map(values, |row| read(row))?;
        rows.collect()
    }

    fn number(&self, sql: &str) -> Result<Option<i64>> {
        let values: [&dyn ToSql; 2] = [&self.from_us, &self.until_us];
        self.conn.query_row(sql, values, |row| row.get(0))
    }

    /// A column's moment, shifted.
    pub(crate) fn ms(&self, row: &Row<'_>, column: usize) -> Result<i64> {
        Ok(self.zone.shifted_ms(row.get(column)?))
    }

    fn totals(&self) -> Result<Totals> {
        let count = |sql: &str| {
            Ok::<_, projectionist::views::rusqlite::Error>(self.number(sql)?.unwrap_or(0))
        };
        let observed_us = count(
            "SELECT sum(min(until_us, ?2) - max(from_us, ?1)) FROM observed
             WHERE until_us >= ?1 AND from_us < ?2",
        )?;
        Ok(Totals {
            messages: count(
                "SELECT sum(messages + replayed) FROM activity
                 WHERE slot_us > ?1 - 900000000 AND slot_us < ?2",
            )?,
            plays: count("SELECT count(*) FROM plays WHERE started_us >= ?1 AND started_us < ?2")?,
            observed_us,
            share: observed_us as f64 / (self.until_us - self.from_us).max(1) as f64,
            peak: self
                .number("SELECT max(total) FROM population WHERE until_us >= ?1 AND at_us < ?2")?,
        })
    }

    fn slots(&self) -> Result<Vec<Slot>> {
        self.rows(
            "SELECT slot_us, observed_us, counted_us, named_us, total_us, messages FROM activity
             WHERE slot_us > ?1 - 900000000 AND slot_us < ?2 AND observed_us > 0 ORDER BY slot_us",
            |row| {
                Ok(Slot {
                    us: row.get(0)?,
                    observed: row.get(1)?,
                    counted: row.get(2)?,
                    named: row.get(3)?,
                    total: row.get(4)?,
                    messages: row.get(5)?,
                })
            },
        )
    }

    /// Means over equal steps, as fine as is worth drawing.
    fn population(&self, slots: &[Slot]) -> Vec<People> {
        let span = self.until_us - self.from_us;
        let steps = [HOUR_US / 4, HOUR_US, 3 * HOUR_US, 6 * HOUR_US, DAY_US];
        let fits = |step: &i64| span / step <= POINTS_MAX;
        let step = steps.into_iter().find(fits).unwrap_or(7 * DAY_US);
        let begin = self.from_us.div_euclid(step);
        let end = (self.until_us - 1).div_euclid(step);
        let mut points = Vec::new();
        let mut slots = slots.iter().peekable();
        for place in begin..=end {
            let mut sum = Sum::default();
            while let Some(slot) = slots.next_if(|slot| slot.us.div_euclid(step) <= place) {
                sum.add(slot);
            }
            points.push(People {
                t: self.zone.shifted_ms(place * step),
                named: sum.named_mean(),
                total: sum.total_mean().or(sum.named_mean()),
            });
        }
        points
    }

    fn week(&self, slots: &[Slot]) -> Vec<Hour> {
        let mut hours: Vec<Sum> = (0..7 * 24).map(|_| Sum::default()).collect();
        for slot in slots {
            let local_us = self.zone.shifted_us(slot.us);
            // 1970 began on a Thursday; weeks here begin on Monday.
            let day = (local_us.div_euclid(DAY_US) + 3).rem_euclid(7);
            let place = day * 24 + local_us.rem_euclid(DAY_US) / HOUR_US;
            let hour = usize::try_from(place).ok().and_then(|n| hours.get_mut(n));
            if let Some(sum) = hour {
                sum.add(slot);
            }
        }
        let hour = |(place, sum): (usize, &Sum)| Hour {
            day: place / 24,
            hour: place % 24,
            viewers: sum.total_mean().or(sum.named_mean()),
            messages: sum.messages_per_hour(),
            observed_h: sum.observed as f64 / HOUR_US as f64,
        };
        hours.iter().enumerate().map(hour).collect()
    }

    fn days(&self, slots: &[Slot]) -> Vec<Day> {
        let day_of = |us: i64| self.zone.shifted_us(us).div_euclid(DAY_US);
        let mut slots = slots.iter().peekable();
        let mut days = Vec::new();
        for day in day_of(self.from_us)..=day_of(self.until_us - 1) {
            let mut observed = 0;
            while let Some(slot) = slots.next_if(|slot| day_of(slot.us) <= day) {
                observed += slot.observed;
            }
            days.push(Day {
                from: day * DAY_US / 1000,
                until: (day + 1) * DAY_US / 1000,
                share: (observed as f64 / DAY_US as f64).min(1.0),
            });
        }
        days
    }

    /// The times between what was observed, and why each began.
    fn gaps(&self) -> Result<Vec<Gap>> {
        self.rows(
            &format!(
                "SELECT * FROM (
                     SELECT max(until_us, ?1), min(lead(from_us) OVER in_order, ?2) AS back_us,
                            coalesce(ended_by, '')
                     FROM observed WINDOW in_order AS (ORDER BY from_seq)
                     ORDER BY from_seq DESC LIMIT {GAPS_MAX})
                 WHERE back_us > ?1"
            ),
            |row| {
                Ok(Gap {
                    from: self.ms(row, 0)?,
                    until: self.ms(row, 1)?,
                    kind: row.get(2)?,
                })
            },
        )
    }

    /// The showings of the last day, in order.
    fn plays(&self) -> Result<Vec<Play>> {
        self.rows_with(
            &format!(
                "SELECT * FROM (
                     SELECT max(started_us, ?1), min(coalesce(ended_us, ?2), ?2) AS until_us,
                            title, queued_by, ended_by
                     FROM plays WHERE started_us < ?2 AND coalesce(ended_us, ?2) > ?1
                     ORDER BY started_us DESC LIMIT {PLAYS_MAX})
                 ORDER BY 1"
            ),
            &[&self.from_us.max(self.until_us - DAY_US), &self.until_us],
            |row| {
                Ok(Play {
                    from: self.ms(row, 0)?,
                    until: self.ms(row, 1)?,
                    title: row.get(2)?,
                    by: row.get(3)?,
                    ended: row.get(4)?,
                })
            },
        )
    }

    fn media(&self) -> Result<Vec<Media>> {
        self.rows(
            &format!(
                "SELECT max(title), count(*) AS plays, sum(shown_us) / 3600e6, max(viewers_peak)
                 FROM plays WHERE started_us >= ?1 AND started_us < ?2
                 GROUP BY type, media_id ORDER BY plays DESC, 3 DESC, media_id LIMIT {RANKED}"
            ),
            |row| {
                Ok(Media {
                    title: row.get(0)?,
                    plays: row.get(1)?,
                    shown_h: row.get(2)?,
                    peak: row.get(3)?,
                })
            },
        )
    }

    /// Registered users by the time they were here; a guest's name is no identity.
    fn presence(&self) -> Result<Vec<Person>> {
        let people = self.rows(
            &format!(
                "SELECT max(name), identity, count(*),
                        sum(min(until_us, ?2) - max(joined_us, ?1)) AS here_us
                 FROM presence WHERE until_us > ?1 AND joined_us < ?2 AND guest IS NOT 1
                 GROUP BY identity ORDER BY here_us DESC, identity LIMIT {RANKED}"
            ),
            |row| {
                let person = Person {
                    name: row.get(0)?,
                    count: row.get(2)?,
                    hours: row.get::<_, i64>(3)? as f64 / HOUR_US as f64,
                    stays: Vec::new(),
                };
                Ok((person, row.get::<_, String>(1)?))
            },
        )?;
        let with_stays = people.into_iter().map(|(mut person, identity)| {
            person.stays = self.stays(&identity)?;
            Ok(person)
        });
        with_stays.collect()
    }

    fn stays(&self, identity: &str) -> Result<Vec<(i64, i64)>> {
        self.rows_with(
            &format!(
                "SELECT max(joined_us, ?1), min(until_us, ?2) FROM presence
                 WHERE identity = ?3 AND until_us > ?1 AND joined_us < ?2
                 ORDER BY joined_us DESC LIMIT {STAYS_MAX}"
            ),
            &[&self.from_us, &self.until_us, &identity],
            |row| Ok((self.ms(row, 0)?, self.ms(row, 1)?)),
        )
    }
}

/// Slots added up.
#[derive(Debug, Default)]
struct Sum {
    observed: i64,
    counted: i64,
    named: i64,
    total: i64,
    messages: i64,
}

impl Sum {
    fn add(&mut self, slot: &Slot) {
        self.observed += slot.observed;
        self.counted += slot.counted;
        self.named += slot.named;
        self.total += slot.total;
        self.messages += slot.messages;
    }

    fn named_mean(&self) -> Option<f64> {
        ratio(self.named, self.observed)
    }

    fn total_mean(&self) -> Option<f64> {
        ratio(self.total, self.counted)
    }

    fn messages_per_hour(&self) -> Option<f64> {
        ratio(self.messages, self.observed).map(|rate| rate * HOUR_US as f64)
    }
}

/// Rounded to what a reader can use, so that a page of figures stays small.
fn ratio(sum: i64, over: i64) -> Option<f64> {
    (over > 0).then(|| sum as f64 / over as f64)
}
