//! Row by row from an old database into a log, some thousands a transaction.

use super::ImportError;
use super::carry::{Belongs, Carried, Keys, carry, hash};
use super::facts::Chunk;
use super::summary::{ReceivedAs, Summary, TableSummary};
use super::witnessed::Witnessed;
use crate::channel::{BroughtIn, Channel, RetryDelays};
use crate::config::Config;
use crate::event::{Event, Imported, Seq};
use crate::log::{EventLog, LogError};
use crate::sqlite::SqliteLog;
use crate::sqlite::foreign::{Content, OldDatabase, OldRow, OldTable};
use crate::time::{Now, UnixMicros};
use std::collections::BTreeMap;
use std::time::Duration;

/// Events of one transaction.
const BATCH: usize = 4_096;

/// Takes the rows of an old database into a log, and closes it. `source` names the database in the log
/// (a file's name, not its path); `now` is the present. `progress` is told the rows done after each
/// batch, and ends the import there by `false`: all that was done until then is in the log.
///
/// Blocks for the disk: some seconds for a hundred thousand rows.
///
/// # Errors
/// - [`ImportError::Old`]: the database is damaged, or in use by its bot.
/// - [`ImportError::Trimmed`]: nobody knows any more what was brought in before.
/// - [`ImportError::Log`]: the log could not be written.
pub fn take_in(
    log: SqliteLog,
    old: &OldDatabase,
    source: &str,
    now: UnixMicros,
    progress: &mut dyn FnMut(u64) -> bool,
) -> Result<Summary, ImportError> {
    if log.may_lack_keys()? {
        return Err(ImportError::Trimmed);
    }
    let head = log.head();
    let received = if head.session == 0 {
        ReceivedAs::TheirOwn
    } else {
        ReceivedAs::ThePresent
    };
    let config = Config::new(log.origin(), log.channel());
    let channel = log.channel().to_owned();
    // Observing: nothing is sent, nothing that was kept for sending is touched.
    let witnessed = match received {
        ReceivedAs::TheirOwn => Witnessed::default(),
        ReceivedAs::ThePresent => Witnessed::of(&log, old.tables())?,
    };
    let observed = Channel::observe(&config, log, Box::new(NoDelays), at(now))?;
    let mut taking = Taking {
        // A connection that a crash left open was put on record as ended.
        before: observed.log().head().seq,
        channel: observed,
        old,
        source,
        now,
        received,
        is_new: head.seq == Seq(0),
        note: None,
        witnessed,
        keys: Keys::default(),
        done: 0,
        stopped: false,
        tables: old.tables().iter().map(TableSummary::of).collect(),
        progress,
    };
    let belongs = Belongs::to(&channel, &old.channels()?);
    taking.rows(belongs)?;
    for (place, table) in old.tables().iter().enumerate() {
        if table.content != Content::Facts || taking.stopped {
            continue;
        }
        match belongs.untold {
            Ok(()) => taking.facts(place, table)?,
            Err(why) => taking.count(place, |summary| summary.skip(why, table.rows)),
        }
    }
    taking.finish()
}

/// Nobody reconnects here.
struct NoDelays;

impl RetryDelays for NoDelays {
    fn next_delay(&mut self) -> Duration {
        Duration::ZERO
    }

    fn reset(&mut self) {}
}

fn at(wall: UnixMicros) -> Now {
    Now {
        mono: Duration::ZERO,
        wall,
    }
}

/// An import under way.
struct Taking<'a> {
    channel: Channel<SqliteLog>,
    old: &'a OldDatabase,
    source: &'a str,
    now: UnixMicros,
    received: ReceivedAs,
    /// Whether the log was empty: then no row can be in it yet.
    is_new: bool,
    /// Where the log ended.
    before: Seq,
    /// The note that heads what is brought in; none until there is something.
    note: Option<Seq>,
    witnessed: Witnessed,
    keys: Keys,
    done: u64,
    stopped: bool,
    tables: Vec<TableSummary>,
    progress: &'a mut dyn FnMut(u64) -> bool,
}

impl Taking<'_> {
    /// Takes in the rows that have a time.
    fn rows(&mut self, belongs: Belongs<'_>) -> Result<(), ImportError> {
        let old = self.old;
        let mut failed = Ok(());
        old.visit(&mut |row| {
            failed = self.row(row, belongs);
            failed.is_ok() && !self.stopped
        })?;
        failed?;
        Ok(self.commit()?)
    }

    fn row(&mut self, row: OldRow, belongs: Belongs<'_>) -> Result<(), LogError> {
        self.done += 1;
        let place = row.table;
        let Some(table) = self.old.tables().get(place) else {
            return Ok(());
        };
        let keyed = carry(row, table.content, belongs).and_then(|carried| {
            let key = self.keys.key(&carried)?;
            Ok((carried, key))
        });
        match keyed {
            Err(why) => self.count(place, |summary| summary.skip(why, 1)),
            Ok((carried, key)) => {
                let name = carried.actor.as_deref();
                if self.witnessed.has(table, carried.at, name) || self.is_known(&key)? {
                    self.count(place, |summary| summary.already += 1);
                } else {
                    self.stage(carried, key);
                    self.count(place, |summary| summary.taken += 1);
                }
            }
        }
        self.commit_if_due()
    }

    fn stage(&mut self, carried: Carried, key: String) {
        let received = self.received_at(carried.at);
        let note = self.note(received);
        let event = BroughtIn {
            event: carried.event,
            sent_ms: Some(carried.at.as_millis()),
            actor: carried.actor,
            cause: Some(note),
            key: Some(key),
            raw: None,
        };
        self.channel.bring_in(at(received), event);
    }

    /// When what that bot noted at a time counts as received. Never in the future: a clock that was
    /// ahead is not to hold up the times of all that follows.
    fn received_at(&self, time: UnixMicros) -> UnixMicros {
        match self.received {
            ReceivedAs::TheirOwn => time.min(self.now),
            ReceivedAs::ThePresent => self.now,
        }
    }

    /// The note of this import, made before the first thing that is new.
    fn note(&mut self, received: UnixMicros) -> Seq {
        if let Some(note) = self.note {
            return note;
        }
        let tables = self.old.tables().iter();
        let tables = tables.map(|table| (table.name.to_owned(), table.rows));
        let body = self.imported(tables.collect());
        let note = self.bring_note(received, body, None);
        self.note = Some(note);
        note
    }

    fn imported(&self, tables: BTreeMap<String, u64>) -> Imported {
        Imported {
            source: self.source.to_owned(),
            conn: None,
            digest: None,
            tables,
        }
    }

    fn bring_note(
        &mut self,
        received: UnixMicros,
        body: Imported,
        kept: Option<(String, String)>,
    ) -> Seq {
        let (key, raw) = kept.unzip();
        let event = BroughtIn {
            event: Event::Imported(body),
            sent_ms: None,
            actor: None,
            cause: self.note,
            key,
            raw,
        };
        self.channel.bring_in(at(received), event)
    }

    /// Keeps the rows of a table of facts as they are.
    fn facts(&mut self, place: usize, table: &OldTable) -> Result<(), ImportError> {
        let old = self.old;
        let mut chunk = Chunk::default();
        let mut failed = Ok(());
        old.visit_facts(table, &mut |row| {
            self.done += 1;
            if chunk.push(row) {
                failed = self.keep(place, table, &mut chunk);
            }
            failed.is_ok() && !self.stopped
        })?;
        failed?;
        self.keep(place, table, &mut chunk)?;
        self.count(place, |summary| summary.cells_lost = chunk.lost);
        Ok(self.commit()?)
    }

    fn keep(&mut self, place: usize, table: &OldTable, chunk: &mut Chunk) -> Result<(), LogError> {
        let Some((json, rows)) = chunk.take() else {
            return Ok(());
        };
        let key = format!("rows:{}:{}", table.name, hash(&[&json]));
        if self.is_known(&key)? {
            self.count(place, |summary| summary.already += rows);
            return Ok(());
        }
        // They hold as of the last thing that happened there.
        let last = self.channel.state().at;
        let received = match self.received {
            ReceivedAs::TheirOwn if last > UnixMicros(0) => last,
            _ => self.now,
        };
        self.note(received);
        let body = self.imported(BTreeMap::from([(table.name.to_owned(), rows)]));
        self.bring_note(received, body, Some((key, json)));
        self.count(place, |summary| summary.taken += rows);
        self.commit()
    }

    fn is_known(&self, key: &str) -> Result<bool, LogError> {
        if self.is_new {
            return Ok(false);
        }
        self.channel.log().has_key(key)
    }

    fn count(&mut self, place: usize, change: impl FnOnce(&mut TableSummary)) {
        if let Some(summary) = self.tables.get_mut(place) {
            change(summary);
        }
    }

    /// Commits what is staged once it is much, and asks now and then whether to go on.
    fn commit_if_due(&mut self) -> Result<(), LogError> {
        let is_due = self.done.is_multiple_of(BATCH as u64) || self.channel.staged_len() >= BATCH;
        if is_due { self.commit() } else { Ok(()) }
    }

    fn commit(&mut self) -> Result<(), LogError> {
        self.channel.commit()?;
        if !self.stopped {
            self.stopped = !(self.progress)(self.done);
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Summary, ImportError> {
        let last_seq = self.channel.state().seq;
        if last_seq > self.before {
            // It is a convenience: the next opening need not read through all this.
            if let Err(error) = self.channel.snapshot() {
                ::log::warn!("the state was not stored: {error}");
            }
        }
        self.channel.into_log().close()?;
        let events = last_seq.0 - self.before.0;
        Ok(Summary {
            tables: self.tables,
            others: self.old.others().to_vec(),
            received: self.received,
            events,
            first_seq: if events > 0 {
                self.before.next()
            } else {
                Seq(0)
            },
            last_seq,
            stopped: self.stopped,
        })
    }
}
