//! What was played, how long it was on screen, and what ended it.
//!
//! One showing at a time is held in memory; its row is written when it ends and at each settling.

use crate::event::{Event, MediaChanged, Message, Origin, Source};
use crate::model::{Item, Uid};
use crate::state::Playing;
use crate::views::models::showing::Showing;
use crate::views::models::watch::{Place, Turn, Watch};
use crate::views::projector::{ProjectError, Projector, Step};
use rusqlite::Connection;
use std::sync::Arc;

/// How far from what was expected a position may be, in seconds, to be the same playback: the
/// server's clock ticks by the second, and a join takes some.
const SAME_PLAYBACK_S: f64 = 5.0;

/// Builds `plays`.
#[derive(Debug, Default)]
pub(crate) struct Plays {
    watch: Watch,
    /// What is on screen; over a gap of ours, what was.
    current: Option<Showing>,
}

/// Whether a change of media is the start of a showing that everybody saw, not the server repeating
/// to us what plays: a start tells its playlist item, or begins with the lead-in.
pub(super) fn is_start(changed: &MediaChanged) -> bool {
    !changed.resync && (changed.uid.is_some() || changed.position_s < 0.0)
}

impl Plays {
    fn within(&mut self, step: &Step<'_>, tables: &Connection) -> rusqlite::Result<()> {
        let event = &step.event.event;
        match event {
            Event::Joined(_) => self.picture(step, tables),
            Event::MediaChanged(changed) => self.changed(changed, step, tables),
            Event::MediaStopped(stopped) => match stopped.reason.as_str() {
                "cleared" => self.ends(step, |_| Some("cleared"), tables),
                "deleted" => self.ends(step, |shown| Some(deleted(shown, step)), tables),
                // Only the count tells: how it came to nothing is hidden from us.
                _ => self.ends(
                    step,
                    |shown| is_over(shown, step).then_some("finished"),
                    tables,
                ),
            },
            // Nothing is on screen from here on; what follows comes with its own event.
            Event::ItemDeleted(gone) if step.state.current == Some(gone.uid) => {
                self.ends(step, |shown| Some(deleted(shown, step)), tables)
            }
            Event::PlaylistReplaced(list) if list.items.is_empty() => {
                self.ends(step, |_| Some("cleared"), tables)
            }
            Event::MessageSaid(notice) if is_voted(notice, step) => {
                if let (Some(shown), Some(votes)) = (&mut self.current, votes(&notice.text)) {
                    shown.voteskips = shown.voteskips.max(Some(votes));
                }
                self.ends(step, |_| Some("voteskip"), tables)
            }
            _ => {
                if let Some(shown) = &mut self.current {
                    note(shown, step);
                }
                Ok(())
            }
        }
    }

    fn changed(
        &mut self,
        changed: &MediaChanged,
        step: &Step<'_>,
        tables: &Connection,
    ) -> rusqlite::Result<()> {
        let Some(playing) = step.state.media.as_ref() else {
            return Ok(());
        };
        let starts = is_start(changed);
        let shown = self.current.as_mut();
        if let Some(shown) = shown.filter(|shown| !starts && shown.is_of(&changed.media)) {
            shown.clock = Arc::clone(playing);
            return Ok(());
        }
        self.ends(step, |shown| Some(left(shown, step)), tables)?;
        self.current = Some(begun(playing, step, starts));
        Ok(())
    }

    /// We come into the room: what plays is what played when we left, or it is not.
    fn picture(&mut self, step: &Step<'_>, tables: &Connection) -> rusqlite::Result<()> {
        let here = Place::of(step);
        let Some(playing) = step.state.media.as_ref() else {
            return self.ends(step, |_| Some("gap"), tables);
        };
        if let Some(shown) = self
            .current
            .as_mut()
            .filter(|shown| goes_on(shown, playing, step))
        {
            shown.clock = Arc::clone(playing);
            shown.is_on(here.us);
            shown.viewers_peak = shown.viewers_peak.max(step.state.user_count);
            return Ok(());
        }
        self.ends(step, |_| Some("gap"), tables)?;
        self.current = Some(begun(playing, step, false));
        Ok(())
    }

    /// Ends what is on screen. What was before a gap has ended there, and its row says so.
    fn ends(
        &mut self,
        step: &Step<'_>,
        how: impl FnOnce(&Showing) -> Option<&'static str>,
        tables: &Connection,
    ) -> rusqlite::Result<()> {
        let Some(mut shown) = self.current.take() else {
            return Ok(());
        };
        if shown.on_since_us.is_none() {
            return Ok(());
        }
        let here = Place::of(step);
        shown.is_off(here.us);
        shown.write(Some((here, how(&shown))), tables)
    }

    /// We are cut off: until it shows what plays behind the gap, it ends where that begins.
    fn cut(&mut self, tables: &Connection) -> rusqlite::Result<()> {
        let last = self.watch.last();
        match &mut self.current {
            Some(shown) => {
                shown.is_off(last.us);
                shown.write(Some((last, Some("gap"))), tables)
            }
            None => Ok(()),
        }
    }
}

/// Takes in what changes on a showing without ending it.
fn note(shown: &mut Showing, step: &Step<'_>) {
    match &step.event.event {
        Event::MediaUpdated(_) => {
            if let Some(playing) = step.state.media.as_ref() {
                shown.clock = Arc::clone(playing);
            }
        }
        Event::VoteskipChanged(votes) => shown.voteskips = shown.voteskips.max(votes.count),
        Event::UsersCounted(counted) => {
            shown.viewers_peak = shown.viewers_peak.max(Some(counted.count));
        }
        Event::TempSet(set) if step.state.current == Some(set.uid) => shown.temp = Some(set.temp),
        _ => {}
    }
}

fn begun(playing: &Arc<Playing>, step: &Step<'_>, seen: bool) -> Showing {
    let uid = playing.uid.or(step.state.current);
    let item = uid.and_then(|uid| item(step, uid));
    let item = item.filter(|item| item.media.is_same(&playing.media));
    let viewers = step.state.user_count;
    Showing {
        started: Place::of(step),
        position_s: playing.position_at(step.event.received_at),
        seen,
        title: playing.media.title.clone(),
        uid: uid.map(|uid| uid.0),
        queued_by: item.and_then(|item| item.queued_by.clone()),
        temp: item.map(|item| item.temp),
        voteskips: None,
        viewers_start: viewers.filter(|_| seen),
        viewers_peak: viewers,
        clock: Arc::clone(playing),
        shown_us: 0,
        on_since_us: Some(step.event.received_at.0),
    }
}

fn item<'a>(step: &Step<'a>, uid: Uid) -> Option<&'a Item> {
    step.state.playlist.as_deref()?.find(uid)
}

/// Whether what plays behind a gap is what played before it: it is where that would have come to,
/// or was halted on the way there.
fn goes_on(shown: &Showing, playing: &Playing, step: &Step<'_>) -> bool {
    let at = step.event.received_at;
    let (before, expected) = (shown.clock.position_s, shown.clock.position_at(at));
    let position = playing.position_at(at);
    let halted = playing.paused && (before..=expected).contains(&position);
    shown.is_of(&playing.media) && (halted || (position - expected).abs() <= SAME_PLAYBACK_S)
}

/// What ends a showing when something else is started.
fn left(shown: &Showing, step: &Step<'_>) -> &'static str {
    if is_over(shown, step) {
        "finished"
    } else {
        "skipped"
    }
}

/// What ends a showing when its item is deleted, which also happens to a temporary one that has
/// been played or skipped.
fn deleted(shown: &Showing, step: &Step<'_>) -> &'static str {
    match shown.temp {
        Some(true) => left(shown, step),
        _ if is_over(shown, step) => "finished",
        _ => "removed",
    }
}

fn is_over(shown: &Showing, step: &Step<'_>) -> bool {
    shown.is_over(step.event.received_at)
}

/// Whether the server says that a vote to skip was won.
fn is_voted(notice: &Message, step: &Step<'_>) -> bool {
    notice.source == Source::Voteskip && step.event.origin == Origin::Live
}

/// The votes in `Voteskip passed: 3/5 skipped; …` (`src/channel/voteskip.js`): the last one is
/// told nowhere else.
fn votes(notice: &str) -> Option<i64> {
    let (_, rest) = notice.split_once("passed: ")?;
    rest.split_once('/')?.0.parse().ok()
}

impl Projector for Plays {
    fn name(&self) -> &'static str {
        "plays"
    }

    fn version(&self) -> u32 {
        1
    }

    fn schema(&self) -> &'static str {
        include_str!("plays.sql")
    }

    fn resume(&mut self, tables: &Connection) -> Result<(), ProjectError> {
        self.watch = Watch::resume(tables)?;
        self.current = Showing::resume(&self.watch, tables)?;
        Ok(())
    }

    fn project(&mut self, step: &Step<'_>, tables: &Connection) -> Result<(), ProjectError> {
        match self.watch.step(step) {
            Turn::Out => {}
            Turn::Came(_) => self.picture(step, tables)?,
            Turn::In => self.within(step, tables)?,
            Turn::Went => self.cut(tables)?,
        }
        Ok(())
    }

    fn settle(&mut self, tables: &Connection) -> Result<(), ProjectError> {
        if let Some(shown) = self
            .current
            .as_mut()
            .filter(|shown| shown.on_since_us.is_some())
        {
            let until_us = self.watch.last().us;
            shown.is_off(until_us);
            shown.is_on(until_us);
            shown.write(None, tables)?;
        }
        Ok(())
    }
}
