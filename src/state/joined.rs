//! Join bursts against the state: what differs, and how it is taken over.

use super::{ChannelState, ConnectionPhase, Known, Playing};
use crate::event::{Joined, NowPlaying};
use crate::model::{CssJs, Emote, Item, Options, Permissions, PlaylistMeta, Poll, Uid, User};
use crate::time::UnixMicros;
use std::sync::Arc;

/// Position difference below which a rejoin counts as the same playback: the server's clock ticks
/// by the second.
const SAME_PLAYBACK_S: f64 = 2.0;

/// Everything a join burst says. Absent parts mean there is none, or that we may not see it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Burst {
    pub(crate) permissions: Option<Permissions>,
    pub(crate) locked: Option<bool>,
    pub(crate) emotes: Option<Vec<Emote>>,
    pub(crate) drink_count: Option<i64>,
    pub(crate) css_js: Option<CssJs>,
    pub(crate) motd: Option<String>,
    pub(crate) options: Option<Options>,
    pub(crate) playlist_meta: Option<PlaylistMeta>,
    pub(crate) playlist: Option<Vec<Item>>,
    pub(crate) current: Option<Uid>,
    pub(crate) media: Option<NowPlaying>,
    pub(crate) poll: Option<Poll>,
    pub(crate) users: Option<Vec<User>>,
    pub(crate) leader: Option<String>,
    pub(crate) user_count: Option<i64>,
    pub(crate) registered: bool,
}

impl ChannelState {
    /// The `joined` body for a burst: the parts that differ from this state.
    pub(crate) fn difference(&self, burst: Burst, at: UnixMicros) -> Joined {
        let playlist_same = match (&self.playlist, &burst.playlist) {
            (None, None) => true,
            (Some(ours), Some(theirs)) => ours.iter().eq(theirs.iter()),
            _ => false,
        };
        let users_same = match (&self.users, &burst.users) {
            (None, None) => true,
            (Some(ours), Some(theirs)) => {
                ours.len() == theirs.len()
                    && theirs
                        .iter()
                        .all(|user| ours.find(&user.name) == Some(user))
            }
            _ => false,
        };
        Joined {
            permissions: differing(self.permissions.as_deref(), burst.permissions),
            locked: differing(self.playlist_locked.as_ref(), burst.locked),
            emotes: differing(self.emotes.as_deref(), burst.emotes),
            drink_count: differing(self.drink_count.as_ref(), burst.drink_count),
            css_js: differing(self.css_js.as_deref(), burst.css_js),
            motd: match burst.motd {
                Some(new) if self.motd.as_deref() == Some(new.as_str()) => None,
                None if self.motd.is_none() => None,
                other => Some(other),
            },
            options: differing(self.options.as_deref(), burst.options),
            playlist_meta: differing(self.playlist_meta.as_ref(), burst.playlist_meta),
            playlist: (!playlist_same || self.users.is_none()).then_some(burst.playlist),
            current: differing(self.current.as_ref(), burst.current),
            media: (!self.is_same_playback(burst.media.as_ref(), at)).then_some(burst.media),
            poll: (!is_told(&self.poll, burst.poll.as_ref())).then_some(burst.poll),
            users: (!users_same).then_some(burst.users),
            leader: (!is_told_by(&self.leader, burst.leader.as_deref())).then_some(burst.leader),
            user_count: differing(self.user_count.as_ref(), burst.user_count),
            registered: differing(self.registered.as_ref(), Some(burst.registered)),
            ..Joined::default()
        }
    }

    fn is_same_playback(&self, theirs: Option<&NowPlaying>, at: UnixMicros) -> bool {
        match (&self.media, theirs) {
            (Known::Absent, None) => true,
            (Known::Present(ours), Some(theirs)) => {
                ours.uid == theirs.uid
                    && ours.media == theirs.media
                    && ours.paused == theirs.paused
                    && (ours.position_at(at) - theirs.position_s).abs() < SAME_PLAYBACK_S
            }
            _ => false,
        }
    }

    pub(super) fn take_join(&mut self, joined: &Joined, at: UnixMicros, session: u64) {
        self.connection.phase = ConnectionPhase::Joined;
        self.connection.since = at;
        self.connection.session = session;
        // The burst does not tell votes to skip, and they may have changed while we were away.
        self.voteskip = None;
        let viewpoint = &joined.viewpoint;
        self.me.name.clone_from(&viewpoint.name);
        self.me.guest = viewpoint.guest;
        self.me.rank = viewpoint.rank.or(self.me.rank);
        take(&mut self.permissions, &joined.permissions, |map| {
            Arc::new(map.clone())
        });
        take(&mut self.playlist_locked, &joined.locked, |locked| *locked);
        take(&mut self.emotes, &joined.emotes, |emotes| {
            Arc::new(emotes.clone())
        });
        take(&mut self.drink_count, &joined.drink_count, |count| *count);
        take(&mut self.css_js, &joined.css_js, |css_js| {
            Arc::new(css_js.clone())
        });
        take(&mut self.motd, &joined.motd, |motd| motd.as_str().into());
        take(&mut self.options, &joined.options, |options| {
            Arc::new(options.clone())
        });
        take(&mut self.playlist_meta, &joined.playlist_meta, |meta| *meta);
        take(&mut self.playlist, &joined.playlist, |items| {
            Arc::new(items.iter().cloned().collect())
        });
        take(&mut self.current, &joined.current, |uid| *uid);
        take(&mut self.users, &joined.users, |users| {
            Arc::new(users.iter().cloned().collect())
        });
        take(&mut self.user_count, &joined.user_count, |count| *count);
        take(&mut self.registered, &joined.registered, |registered| {
            *registered
        });
        take_known(&mut self.media, &joined.media, |now| {
            Arc::new(Playing::new(now.clone(), at))
        });
        take_known(&mut self.poll, &joined.poll, |poll| Arc::new(poll.clone()));
        take_known(&mut self.leader, &joined.leader, String::clone);
        self.drop_unseen();
    }
}

/// The new value where it is not the old one.
fn differing<T: PartialEq>(old: Option<&T>, new: Option<T>) -> Option<Option<T>> {
    (old != new.as_ref()).then_some(new)
}

fn is_told<T: PartialEq>(old: &Known<Arc<T>>, new: Option<&T>) -> bool {
    match old {
        Known::Unknown => false,
        Known::Absent => new.is_none(),
        Known::Present(old) => new == Some(old),
    }
}

fn is_told_by(old: &Known<String>, new: Option<&str>) -> bool {
    match old {
        Known::Unknown => false,
        Known::Absent => new.is_none(),
        Known::Present(old) => new == Some(old),
    }
}

fn take<T, U>(slot: &mut Option<T>, part: &Option<Option<U>>, convert: impl FnOnce(&U) -> T) {
    if let Some(part) = part {
        *slot = part.as_ref().map(convert);
    }
}

fn take_known<T, U>(slot: &mut Known<T>, part: &Option<Option<U>>, convert: impl FnOnce(&U) -> T) {
    if let Some(part) = part {
        *slot = Known::told(part.as_ref().map(convert));
    }
}
