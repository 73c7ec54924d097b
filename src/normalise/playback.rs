//! Playback: frames that mean something together, and ticks that tell something.
//!
//! `setCurrent` carries the uid of the `changeMedia` behind it; alone it only repeats where the
//! list stands. There is no "stopped" frame: when the current item is deleted, or the list emptied,
//! and no next item follows, nothing plays (`src/channel/playlist.js`).

use super::draft::Draft;
use super::{Context, SETTLE};
use crate::cytube::{ChangeMedia, Incoming, Tick};
use crate::event::{
    CurrentSet, Event, MediaChanged, MediaStopped, MediaUpdated, Origin, ReplaceCause,
};
use crate::model::{Item, Media, Uid};
use crate::state::{ChannelState, Playing};
use crate::time::Now;
use std::time::Duration;

/// How long the next item may take to follow the deletion of the one that plays.
const STOP_WAIT: Duration = Duration::from_millis(500);

/// How long an answer to a request of ours is taken for one.
const ANSWER_WAIT: Duration = Duration::from_secs(10);

/// A repeated `changeMedia` this close to the expected position is a repetition, not a restart.
const RESYNC_TOLERANCE_S: f64 = 3.0;

/// Frames that wait for company, and requests that wait for their answer.
#[derive(Debug, Default)]
pub(super) struct Pending {
    current: Option<PendingCurrent>,
    stop: Option<(&'static str, Duration)>,
    resync_until: Option<Duration>,
    list_until: Option<Duration>,
}

#[derive(Debug)]
struct PendingCurrent {
    uid: Uid,
    until: Duration,
    raw: Option<String>,
}

impl Pending {
    pub(super) fn deadline(&self) -> Option<Duration> {
        let current = self.current.as_ref().map(|pending| pending.until);
        let stop = self.stop.map(|(_, until)| until);
        [current, stop].into_iter().flatten().min()
    }

    /// We sent a request that is answered with a repetition.
    pub(super) fn asked(&mut self, name: &str, now: Now) {
        match name {
            "playerReady" => self.resync_until = Some(now.mono + ANSWER_WAIT),
            "requestPlaylist" => self.list_until = Some(now.mono + ANSWER_WAIT),
            _ => {}
        }
    }

    /// What has waited long enough.
    pub(super) fn timeout(&mut self, context: Context<'_>) -> Vec<Draft> {
        let now = context.now.mono;
        if self
            .current
            .as_ref()
            .is_some_and(|pending| now >= pending.until)
        {
            return self.take_current().into_iter().collect();
        }
        match self.stop {
            Some((reason, until)) if now >= until => {
                self.stop = None;
                stopped(context.state, reason).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    /// Anything but a `changeMedia` shows that a `setCurrent` stood alone.
    pub(super) fn settle(&mut self, incoming: &Incoming<'_>) -> Vec<Draft> {
        if matches!(incoming, Incoming::ChangeMedia(_)) {
            return Vec::new();
        }
        self.finish()
    }

    /// A `setCurrent` that nothing will follow.
    pub(super) fn finish(&mut self) -> Vec<Draft> {
        self.take_current().into_iter().collect()
    }

    fn take_current(&mut self) -> Option<Draft> {
        let PendingCurrent { uid, raw, .. } = self.current.take()?;
        Some(Draft::live(Event::CurrentSet(CurrentSet { uid })).raw(raw))
    }

    /// `setCurrent`.
    pub(super) fn current(&mut self, uid: Uid, now: Now, raw: Option<String>) {
        self.stop = None;
        self.current = Some(PendingCurrent {
            uid,
            until: now.mono + SETTLE,
            raw,
        });
    }

    /// `changeMedia`, with the uid of the `setCurrent` before it.
    pub(super) fn change(&mut self, context: Context<'_>, change: ChangeMedia) -> Draft {
        self.stop = None;
        let uid = self.current.take().map(|pending| pending.uid);
        let media: Media = change.media.into();
        let position_s = change.current_time;
        let repeats = context.state.media.as_ref().is_some_and(|playing| {
            let expected = playing.position_at(context.at);
            playing.media.is_same(&media)
                && uid.is_none_or(|uid| is_the_one_playing(context.state, playing, uid))
                && (expected - position_s).abs() <= RESYNC_TOLERANCE_S
        });
        let asked = self
            .resync_until
            .take()
            .is_some_and(|until| context.now.mono < until);
        let resync = repeats || (asked && position_s >= 0.0);
        let body = MediaChanged {
            uid,
            media,
            position_s,
            paused: change.paused,
            resync,
        };
        let origin = if resync { Origin::Resync } else { Origin::Live };
        Draft::live(Event::MediaChanged(body)).origin(origin)
    }

    /// Notes what may turn out to be the end of playback.
    pub(super) fn watch(&mut self, context: Context<'_>, incoming: &Incoming<'_>) {
        let state = context.state;
        let reason = match incoming {
            Incoming::Delete(uid) if state.current == Some(*uid) => "deleted",
            Incoming::Playlist(items) if items.is_empty() => "cleared",
            Incoming::SetPlaylistMeta(meta) if meta.count.0 == 0 => "empty",
            _ => return,
        };
        if self.stop.is_none() && state.media.as_ref().is_some() {
            self.stop = Some((reason, context.now.mono + STOP_WAIT));
        }
    }

    /// Whether a whole playlist tells nothing: it is the one we have, and nobody asked for it.
    /// Registered users are sent it again at each join, once their rank is known.
    pub(super) fn is_repeated(&self, context: Context<'_>, items: &[Item]) -> bool {
        let ours = context.state.playlist.as_ref();
        !self.is_list_awaited(context) && ours.is_some_and(|ours| ours.iter().eq(items))
    }

    fn is_list_awaited(&self, context: Context<'_>) -> bool {
        self.list_until
            .is_some_and(|until| context.now.mono < until)
    }

    /// Why a whole playlist came.
    pub(super) fn replace_cause(
        &self,
        context: Context<'_>,
        items: &[Item],
    ) -> Option<ReplaceCause> {
        if self.is_list_awaited(context) {
            return Some(ReplaceCause::Requested);
        }
        let Some(ours) = &context.state.playlist else {
            return Some(ReplaceCause::Visibility);
        };
        if items.is_empty() {
            return Some(ReplaceCause::Clear);
        }
        let mut before: Vec<_> = ours.iter().map(|item| media_key(&item.media)).collect();
        let mut after: Vec<_> = items.iter().map(|item| media_key(&item.media)).collect();
        before.sort_unstable();
        after.sort_unstable();
        (before == after).then_some(ReplaceCause::Shuffle)
    }
}

/// Whether a number may stand for the item that plays already: its own, or the one it was given
/// by a shuffle, which leaves no item its number.
fn is_the_one_playing(state: &ChannelState, playing: &Playing, uid: Uid) -> bool {
    let is_renumbered = |old: Uid| {
        let list = state.playlist.as_ref();
        list.is_none_or(|list| list.find(old).is_none())
    };
    playing
        .uid
        .is_none_or(|old| old == uid || is_renumbered(old))
}

fn media_key(media: &Media) -> (&str, &str) {
    (&media.kind, &media.id)
}

/// The end of playback, if the state still shows something that plays and cannot be playing.
fn stopped(state: &ChannelState, reason: &str) -> Option<Draft> {
    let playing = state.media.as_ref()?;
    let is_listed = match (&state.playlist, state.current.or(playing.uid)) {
        (Some(list), Some(uid)) => list.find(uid).is_some(),
        (Some(list), None) => !list.is_empty(),
        (None, _) => state.playlist_meta.is_none_or(|meta| meta.count > 0),
    };
    let body = MediaStopped {
        reason: reason.to_owned(),
    };
    (!is_listed).then(|| Draft::engine(Event::MediaStopped(body)))
}

/// A tick, if it tells something: the pause flag, or a position off the expected.
pub(super) fn tick(context: Context<'_>, tick: Tick, tolerance_s: f64, all: bool) -> Option<Draft> {
    let Tick {
        current_time: position_s,
        paused,
    } = tick;
    let playing = context.state.media.as_ref();
    let expected_s = playing.map(|playing| playing.position_at(context.at));
    let tells = match (playing, expected_s) {
        (Some(playing), Some(expected)) => {
            playing.paused != paused || (expected - position_s).abs() > tolerance_s
        }
        // Nothing is known to play: there is no clock to set.
        _ => false,
    };
    (tells || all).then(|| {
        let body = MediaUpdated {
            position_s,
            paused,
            expected_s,
        };
        Draft::live(Event::MediaUpdated(body))
    })
}
