//! The join burst: from `setPermissions` to `userlist`, and what follows at once.
//!
//! The server emits it in one tick (`src/channel/channel.js` acceptUser), so it is one event of
//! ours. Its parts are collected here; nothing of them is visible before the burst is whole. What
//! is absent tells something: no media, no poll, no leader, a hidden playlist.

use super::chat;
use super::convert;
use super::draft::{Cause, Draft};
use super::replay::{Alignment, Line, Tail};
use crate::cytube::{ChatMsg, Incoming};
use crate::event::{ChatGap, Event, Joined, NowPlaying, Origin, Replay, Viewpoint};
use crate::model::Permissions;
use crate::state::{Burst, ChannelState, Users};
use crate::time::UnixMicros;
use std::time::Duration;

/// Most replayed lines taken from one burst. The server keeps 15; a fork may keep more.
const REPLAY_MAX: usize = 500;

/// A burst under way.
#[derive(Debug, Default)]
pub(super) struct OpenBurst {
    parts: Burst,
    replay: Vec<(Line, Draft)>,
    drinks_told: bool,
    /// Set by the user list: when the burst counts as whole.
    pub(super) settles_at: Option<Duration>,
}

impl OpenBurst {
    /// The map begins the burst, even one that does not read.
    pub(super) fn new(permissions: Option<Permissions>) -> Self {
        let parts = Burst {
            permissions,
            registered: true,
            ..Burst::default()
        };
        Self {
            parts,
            ..Self::default()
        }
    }

    /// Whether an event may still belong to the burst once the user list has come.
    pub(super) fn is_follower(incoming: &Incoming<'_>) -> bool {
        matches!(
            incoming,
            Incoming::SetLeader(_)
                | Incoming::UserCount(_)
                | Incoming::ChannelNotRegistered
                | Incoming::CancelNeedPassword
        )
    }

    /// Whether an event is caused by our own entry and told again by the user list that follows: a
    /// mute kept from an earlier visit (`src/channel/chat.js` onUserPostJoin). Folding it into the
    /// list of before would show a piece of this join.
    pub(super) fn supersedes(&self, incoming: &Incoming<'_>) -> bool {
        self.settles_at.is_none() && matches!(incoming, Incoming::SetUserMeta(..))
    }

    /// Takes a part; gives back what is none.
    pub(super) fn take<'f>(
        &mut self,
        incoming: Incoming<'f>,
        raw: Option<&str>,
        keep_moderator_data: bool,
    ) -> Option<Incoming<'f>> {
        let parts = &mut self.parts;
        match incoming {
            Incoming::SetPermissions(map) => parts.permissions = Some(map),
            Incoming::SetPlaylistLocked(locked) => parts.locked = Some(locked),
            Incoming::EmoteList(emotes) => parts.emotes = Some(emotes),
            Incoming::ChatMsg(msg) if !self.drinks_told => {
                self.take_replayed(&msg, raw, keep_moderator_data);
            }
            Incoming::DrinkCount(count) => {
                parts.drink_count = Some(count);
                self.drinks_told = true;
            }
            Incoming::ChannelCssJs(wire) => parts.css_js = Some(convert::css_js(wire)),
            Incoming::SetMotd(motd) => parts.motd = Some(motd),
            Incoming::ChannelOpts(options) => {
                parts.options = Some(convert::options(options, keep_moderator_data));
            }
            Incoming::SetPlaylistMeta(meta) => parts.playlist_meta = Some(convert::meta(meta)),
            Incoming::Playlist(items) => {
                parts.playlist = Some(items.into_iter().map(Into::into).collect());
            }
            Incoming::SetCurrent(uid) => parts.current = Some(uid),
            Incoming::ChangeMedia(change) => {
                parts.media = Some(NowPlaying {
                    uid: parts.current,
                    media: change.media.into(),
                    position_s: change.current_time,
                    paused: change.paused,
                });
            }
            Incoming::NewPoll(poll) => parts.poll = Some(poll.into()),
            Incoming::UserList(users) => {
                let user = |wire| convert::user(wire, keep_moderator_data);
                parts.users = Some(users.into_iter().map(user).collect());
            }
            Incoming::SetLeader(name) => parts.leader = Some(name).filter(|n| !n.is_empty()),
            Incoming::UserCount(count) => parts.user_count = Some(count),
            Incoming::ChannelNotRegistered => parts.registered = false,
            other => return Some(other),
        }
        None
    }

    fn take_replayed(&mut self, msg: &ChatMsg<'_>, raw: Option<&str>, keep: bool) {
        if self.replay.len() < REPLAY_MAX {
            let line = super::line_of(msg);
            self.replay
                .push((line, chat::message(msg, Origin::Replay, None, raw, keep)));
        }
    }

    /// The whole burst as events: `joined`, then a gap if there is one, then the lines the log
    /// lacks. The tail takes these lines in; `position_of` tells where the nth draft will stand.
    pub(super) fn finish(
        self,
        state: &ChannelState,
        at: UnixMicros,
        tail: &mut Tail,
        position_of: impl Fn(usize) -> crate::event::Seq,
    ) -> Vec<Draft> {
        let Self { parts, replay, .. } = self;
        let (lines, drafts): (Vec<Line>, Vec<Draft>) = replay.into_iter().unzip();
        let Alignment { known, gap } = tail.align(&lines);
        let overlap = known.iter().filter(|known| **known).count();
        let users: Users = parts.users.iter().flatten().cloned().collect();
        let viewpoint = Viewpoint {
            name: state.me.name.clone(),
            guest: state.me.guest,
            rank: state.me.rank,
        };
        let replay = Replay {
            received: lines.len() as u32,
            new: (lines.len() - overlap) as u32,
            overlap: overlap as u32,
        };
        let joined = Joined {
            viewpoint,
            replay,
            ..state.difference(parts, at)
        };
        let mut events = vec![Draft::live(Event::Joined(joined))];
        if gap {
            let last = tail.last();
            let body = ChatGap {
                last_seq: last.map(|(seq, _)| seq),
                last_sent_ms: last.map(|(_, ms)| ms),
                first_replayed_ms: lines.first().map(|line| line.sent_ms),
                received: replay.received,
            };
            events.push(Draft::engine(Event::ChatGapFound(body)).cause(Cause::First));
        }
        for ((line, mut draft), known) in lines.into_iter().zip(drafts).zip(known) {
            if known {
                continue;
            }
            if let Event::MessageSaid(message) = &mut draft.event {
                message.user.rank = users.find(&message.user.name).map(|user| user.rank);
            }
            tail.push(line, position_of(events.len()));
            events.push(draft.cause(Cause::First));
        }
        events
    }
}
