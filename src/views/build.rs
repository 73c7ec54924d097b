//! One run: the events that the views lack, through all projectors, in transactions.
//!
//! Rows and the position reached are committed together, so that a run may be stopped, or killed,
//! anywhere and taken up again. The log is read in short statements; its recorder is never held up.

use crate::event::{Kind, Recorded, Seq};
use crate::history;
use crate::log::{LogReader, Read};
use crate::sqlite::SqliteReader;
use crate::state::{ChannelState, FOLD_V};
use crate::views::error::{ViewsError, storage};
use crate::views::file::{self, Reached, stored};
use crate::views::projector::{ProjectError, Projector, Step};
use rusqlite::{Connection, params};
use std::path::Path;

/// Events to a transaction: some tens of milliseconds' worth, and little to do again after a kill.
const BATCH: u64 = 4096;

/// One run over a log.
pub(crate) struct Run<'a> {
    pub(crate) reader: &'a SqliteReader,
    pub(crate) conn: &'a Connection,
    pub(crate) path: &'a Path,
    pub(crate) projectors: &'a mut [Box<dyn Projector>],
}

/// What a run has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Done {
    /// Events taken.
    pub(crate) events: u64,
    /// Events put in quarantine, counted once a projector.
    pub(crate) quarantined: u64,
    /// Where the views are now.
    pub(crate) at: Seq,
    /// Whether the end was reached.
    pub(crate) complete: bool,
}

impl Run<'_> {
    /// Takes everything between where the views are and `head`. `progress` is told events done and
    /// in all, and says whether to go on.
    pub(crate) fn all(
        &mut self,
        head: Seq,
        progress: &mut dyn FnMut(u64, u64) -> bool,
    ) -> Result<Done, ViewsError> {
        let from = reached(self.conn, self.path)?;
        let trimmed = self.reader.trim_seq()?;
        if from < trimmed {
            return Err(ViewsError::Trimmed {
                path: self.path.display().to_string(),
                have: from,
                first: trimmed.next(),
            });
        }
        let mut done = Done {
            at: from,
            ..Done::default()
        };
        if from >= head {
            // Not even the state is needed, which may be thousands of events from a stored one.
            progress(0, 0);
            done.complete = true;
            return Ok(done);
        }
        let mut state = match self.kept_state(from) {
            Some(state) => state,
            None => history::state_at(self.reader, from)?,
        };
        self.resume()?;
        let total = head.0.saturating_sub(from.0);
        while done.at < head {
            if !progress(done.events, total) {
                self.keep_state(&state)?;
                return Ok(done);
            }
            let end = Seq(head.0.min(done.at.0 + BATCH));
            done.quarantined += self.batch(done.at, end, &mut state)?;
            done.events += end.0 - done.at.0;
            done.at = end;
        }
        self.keep_state(&state)?;
        progress(total, total);
        done.complete = true;
        Ok(done)
    }

    /// The state that the run before this one ended with, if it is of the position reached: stored
    /// states of the log may be thousands of events away. On any doubt the log is asked.
    fn kept_state(&self, at: Seq) -> Option<ChannelState> {
        let kept = file::about(self.conn, "state").ok()??;
        let (fold_v, state): (u32, ChannelState) = serde_json::from_str(&kept).ok()?;
        (fold_v == FOLD_V && state.seq == at).then_some(state)
    }

    /// Keeps the state for the next run; not where its last lines of chat may hold some that were
    /// redacted since: this file is to forget those.
    fn keep_state(&self, state: &ChannelState) -> Result<(), ViewsError> {
        let first = state.chat.iter().next().map_or(state.seq, |line| line.seq);
        let redactions = Read::default().kinds([Kind::Redacted]).after(first);
        let written = if self.reader.read(&redactions.limit(1))?.is_empty() {
            let kept = serde_json::to_string(&(FOLD_V, state)).unwrap_or_default();
            let sql = "INSERT OR REPLACE INTO about VALUES ('state', ?1)";
            self.conn.execute(sql, [kept])
        } else {
            let sql = "DELETE FROM about WHERE key = 'state'";
            self.conn.execute(sql, [])
        };
        written
            .map(|_| ())
            .map_err(storage(self.path, "write the views"))
    }

    fn resume(&mut self) -> Result<(), ViewsError> {
        for projector in self.projectors.iter_mut() {
            let resumed = projector.resume(self.conn);
            resumed.map_err(|error| not_written(self.path, &error))?;
        }
        Ok(())
    }

    /// One transaction. What a projector cannot take is found by going through it again, one event
    /// at a time. Gives the number of events put in quarantine.
    fn batch(
        &mut self,
        after: Seq,
        until: Seq,
        state: &mut ChannelState,
    ) -> Result<u64, ViewsError> {
        let before = state.clone();
        if let Some(quarantined) = self.attempt(after, until, state, take)? {
            return Ok(quarantined);
        }
        *state = before;
        self.resume()?;
        let quarantined = self.attempt(after, until, state, take_carefully)?;
        Ok(quarantined.unwrap_or(0))
    }

    /// `None`, and nothing done: a projector does not take an event.
    fn attempt(
        &mut self,
        after: Seq,
        until: Seq,
        state: &mut ChannelState,
        take: Take,
    ) -> Result<Option<u64>, ViewsError> {
        let failed = storage(self.path, "write the views");
        let tables = self.conn.unchecked_transaction().map_err(&failed)?;
        let (mut quarantined, mut stopped) = (0, None);
        let read = Read::default().after(after).until(until);
        let projectors = &mut *self.projectors;
        self.reader.visit(&read, &mut |event| {
            state.apply(&event);
            let step = Step {
                event: &event,
                state,
            };
            match take(projectors, &step, &tables) {
                Ok(count) => quarantined += count,
                Err(error) => stopped = Some(error),
            }
            stopped.is_none()
        })?;
        match stopped {
            Some(ProjectError::Event(_)) => return Ok(None),
            Some(error) => return Err(not_written(self.path, &error)),
            None => {}
        }
        for projector in projectors.iter_mut() {
            projector
                .settle(&tables)
                .map_err(|error| not_written(self.path, &error))?;
        }
        let chain = LogReader::chain_at(self.reader, until)?.unwrap_or_default();
        note(&tables, Reached { seq: until, chain })
            .and_then(|()| tables.commit())
            .map_err(&failed)?;
        Ok(Some(quarantined))
    }
}

/// Up to and including which event the views are built: all projectors go together.
pub(crate) fn reached(conn: &Connection, path: &Path) -> Result<Seq, ViewsError> {
    let reached = file::reached(conn).map_err(storage(path, "read the views"))?;
    let seqs = reached.iter().map(|(_, _, reached)| reached.seq);
    Ok(seqs.min().unwrap_or_default())
}

/// Takes one event through all projectors; gives the number of those it was put in quarantine for.
type Take = fn(&mut [Box<dyn Projector>], &Step<'_>, &Connection) -> Result<u64, ProjectError>;

fn not_written(path: &Path, error: &ProjectError) -> ViewsError {
    ViewsError::Storage {
        path: path.display().to_string(),
        what: "write the views",
        detail: error.to_string(),
    }
}

/// Puts a position on record for all projectors.
fn note(tables: &Connection, reached: Reached) -> rusqlite::Result<()> {
    tables
        .prepare_cached("UPDATE projector SET seq = ?1, chain = ?2")?
        .execute(params![stored(reached.seq), reached.chain.0.as_slice()])?;
    Ok(())
}

/// One event through all projectors.
fn take(
    projectors: &mut [Box<dyn Projector>],
    step: &Step<'_>,
    tables: &Connection,
) -> Result<u64, ProjectError> {
    for projector in projectors {
        projector.project(step, tables)?;
    }
    Ok(0)
}

/// One event through all projectors, each on its own: what one cannot take is undone and noted.
fn take_carefully(
    projectors: &mut [Box<dyn Projector>],
    step: &Step<'_>,
    tables: &Connection,
) -> Result<u64, ProjectError> {
    let mut quarantined = 0;
    for projector in projectors {
        tables.execute_batch("SAVEPOINT step")?;
        let taken = projector
            .project(step, tables)
            .and_then(|()| projector.settle(tables));
        match taken {
            Ok(()) => tables.execute_batch("RELEASE step")?,
            Err(ProjectError::Event(reason)) => {
                tables.execute_batch("ROLLBACK TO step; RELEASE step")?;
                quarantine(tables, projector.name(), step.event, &reason)?;
                projector.resume(tables)?;
                quarantined += 1;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(quarantined)
}

fn quarantine(
    tables: &Connection,
    projector: &str,
    event: &Recorded,
    reason: &str,
) -> rusqlite::Result<()> {
    log::warn!("{projector} does not take event {}: {reason}", event.seq);
    tables
        .prepare_cached("INSERT OR REPLACE INTO quarantine VALUES (?1, ?2, ?3)")?
        .execute(params![projector, stored(event.seq), reason])?;
    Ok(())
}
