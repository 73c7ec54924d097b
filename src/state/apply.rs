//! One event into the state: total, pure, one small update per kind.

use super::{ChannelState, Connection, ConnectionPhase, Known, Me, Playing, Playlist, Users};
use crate::event::{
    Connected, Disconnected, Event, MediaChanged, MediaUpdated, NowPlaying, Origin, Recorded,
    ReplaceCause, UserMeta,
};
use crate::model::{ChannelRank, User, Voteskip};
use crate::number::Rank;
use std::sync::Arc;

impl ChannelState {
    /// The state after `events`, from nothing.
    #[must_use]
    pub fn fold<'a>(events: impl IntoIterator<Item = &'a Recorded>) -> Self {
        let mut state = Self::default();
        for recorded in events {
            state.apply(recorded);
        }
        state
    }

    /// Takes one event in. The event is expected to be the one after [`ChannelState::seq`]; an
    /// event that does not fit the state changes nothing but that position and a counter. One that was
    /// brought in says what another program noted long ago: nothing of the present follows from it.
    pub fn apply(&mut self, recorded: &Recorded) {
        self.seq = recorded.seq;
        self.at = recorded.received_at;
        if recorded.origin == Origin::Import {
            return;
        }
        if !self.apply_event(recorded) {
            self.misfits += 1;
        }
    }

    /// Says whether the event fitted.
    fn apply_event(&mut self, recorded: &Recorded) -> bool {
        match &recorded.event {
            Event::Connected(connected) => self.connected(connected, recorded),
            Event::Disconnected(lost) => self.disconnected(lost, recorded),
            Event::Joined(joined) => {
                self.take_join(joined, recorded.received_at, recorded.session);
                true
            }
            Event::LoginAnswered(login) if login.success => {
                self.me.name.clone_from(&login.name);
                self.me.guest = login.guest;
                true
            }
            Event::OwnRankSet(own) => {
                self.me.rank = Some(own.rank);
                // Outside the channel it is the rank of a connection that was not yet greeted, no
                // demotion: the join tells what we may see.
                if self.is_live() {
                    self.follow_rights();
                }
                true
            }
            Event::Announced(announcement) => {
                self.announcement = Some(Arc::new(announcement.clone()));
                true
            }
            Event::RegistrationTold(told) => {
                self.registered = Some(told.registered);
                true
            }
            Event::CommandKept(_) | Event::CommandSent(_) | Event::CommandSettled(_) => {
                self.apply_command(recorded)
            }
            Event::Redacted(redaction) => self.redacted(recorded.seq, redaction),
            _ => self.apply_people(recorded),
        }
    }

    fn connected(&mut self, connected: &Connected, recorded: &Recorded) -> bool {
        self.me = Me::default();
        self.connection = Connection {
            phase: ConnectionPhase::Connected,
            endpoint: Some(connected.endpoint.clone()),
            transport: Some(connected.transport.clone()),
            lost: None,
            since: recorded.received_at,
            session: recorded.session,
        };
        true
    }

    fn disconnected(&mut self, lost: &Disconnected, recorded: &Recorded) -> bool {
        self.connection = Connection {
            phase: ConnectionPhase::Down,
            endpoint: None,
            transport: None,
            lost: Some(lost.cause),
            since: recorded.received_at,
            session: recorded.session,
        };
        true
    }

    fn apply_people(&mut self, recorded: &Recorded) -> bool {
        match &recorded.event {
            Event::MessageSaid(message) => {
                Arc::make_mut(&mut self.chat).push(recorded, message);
                true
            }
            Event::ChatCleared(_) => {
                self.chat = Arc::default();
                true
            }
            Event::DrinksCounted(drinks) => set(&mut self.drink_count, drinks.count),
            Event::UserJoined(joined) => self.with_users(|users| {
                users.upsert(joined.user.clone());
                true
            }),
            // Of ourselves it only tells that an older session of our name is gone.
            Event::UserLeft(left) if self.me.is(&left.name) => true,
            Event::UserLeft(left) => self.with_users(|users| users.remove(&left.name)),
            Event::UsersListed(list) => set(
                &mut self.users,
                Arc::new(list.users.iter().cloned().collect()),
            ),
            Event::UserRanked(ranked) => {
                self.keep_ranks(&ranked.name, ranked.rank);
                self.change_user(&ranked.name, |user| user.rank = ranked.rank)
            }
            Event::UserMetaSet(meta) => self.user_meta(meta),
            Event::UserProfileSet(set) => {
                self.change_user(&set.name, |user| user.profile.clone_from(&set.profile))
            }
            Event::UsersCounted(counted) => set(&mut self.user_count, counted.count),
            Event::LeaderChanged(leader) => {
                self.leader = Known::told(leader.name.clone());
                true
            }
            _ => self.apply_playlist(recorded),
        }
    }

    fn with_users(&mut self, change: impl FnOnce(&mut Users) -> bool) -> bool {
        self.users
            .as_mut()
            .is_some_and(|users| change(Arc::make_mut(users)))
    }

    /// Changes a user; an unknown one (not yet added, or offline) is left alone without a copy.
    fn change_user(&mut self, name: &str, change: impl FnOnce(&mut User)) -> bool {
        let is_known = self
            .users
            .as_ref()
            .is_some_and(|users| users.find(name).is_some());
        is_known && self.with_users(|users| users.change(name, change))
    }

    fn user_meta(&mut self, meta: &UserMeta) -> bool {
        self.change_user(&meta.name, |user| {
            user.afk = meta.afk;
            user.muted = meta.muted;
            if meta.moderator.is_some() {
                user.moderator.clone_from(&meta.moderator);
            }
        })
    }

    /// Keeps the fetched list of stored ranks up to date; ranks below 2 are not stored.
    fn keep_ranks(&mut self, name: &str, rank: Rank) {
        let Some(ranks) = &mut self.ranks else { return };
        let ranks = Arc::make_mut(ranks);
        let place = ranks
            .iter()
            .position(|entry| entry.name.eq_ignore_ascii_case(name));
        match place.and_then(|place| ranks.get_mut(place)) {
            Some(entry) => entry.rank = rank,
            None => ranks.push(ChannelRank {
                name: name.to_owned(),
                rank,
            }),
        }
        ranks.retain(|entry| entry.rank >= Rank::MODERATOR);
    }

    fn apply_playlist(&mut self, recorded: &Recorded) -> bool {
        match &recorded.event {
            Event::MediaChanged(changed) => self.media_changed(changed, recorded),
            Event::MediaStopped(_) => {
                self.media = Known::Absent;
                self.current = None;
                true
            }
            Event::MediaUpdated(update) => self.media_updated(update, recorded),
            Event::ItemQueued(queued) => {
                self.with_playlist(|list| list.insert(queued.item.clone(), queued.after))
            }
            Event::ItemDeleted(deleted) => self.with_playlist(|list| list.remove(deleted.uid)),
            Event::ItemMoved(moved) => {
                self.with_playlist(|list| list.relocate(moved.uid, moved.after))
            }
            Event::TempSet(set) => {
                self.with_playlist(|list| list.change(set.uid, |item| item.temp = set.temp))
            }
            Event::CurrentSet(current) => set(&mut self.current, current.uid),
            Event::PlaylistReplaced(list) => {
                self.playlist = Some(Arc::new(list.items.iter().cloned().collect()));
                // Emptying is told to everybody, also to those who may not see the list.
                if list.cause == Some(ReplaceCause::Clear) || list.items.is_empty() {
                    self.drop_unseen();
                }
                true
            }
            Event::LockSet(lock) => set(&mut self.playlist_locked, lock.locked),
            Event::PlaylistCounted(meta) => set(&mut self.playlist_meta, *meta),
            Event::VoteskipChanged(votes) => match (votes.count, votes.need) {
                (Some(count), Some(need)) => set(&mut self.voteskip, Voteskip { count, need }),
                _ => true,
            },
            Event::PollOpened(poll) | Event::PollUpdated(poll) => {
                self.poll = Known::Present(Arc::new(poll.0.clone()));
                true
            }
            Event::PollClosed(_) => {
                self.poll = Known::Absent;
                true
            }
            _ => self.apply_settings(&recorded.event),
        }
    }

    fn with_playlist(&mut self, change: impl FnOnce(&mut Playlist) -> bool) -> bool {
        self.playlist
            .as_mut()
            .is_some_and(|list| change(Arc::make_mut(list)))
    }

    fn media_changed(&mut self, changed: &MediaChanged, recorded: &Recorded) -> bool {
        let MediaChanged {
            uid,
            ref media,
            position_s,
            paused,
            ..
        } = *changed;
        let now = NowPlaying {
            uid,
            media: media.clone(),
            position_s,
            paused,
        };
        self.media = Known::Present(Arc::new(Playing::new(now, recorded.received_at)));
        if uid.is_some() {
            self.current = uid;
        }
        true
    }

    fn media_updated(&mut self, update: &MediaUpdated, recorded: &Recorded) -> bool {
        let Known::Present(playing) = &mut self.media else {
            return false;
        };
        let playing = Arc::make_mut(playing);
        playing.position_s = update.position_s;
        playing.paused = update.paused;
        playing.at = recorded.received_at;
        true
    }

    fn apply_settings(&mut self, event: &Event) -> bool {
        match event {
            Event::OptionsChanged(change) => {
                set(&mut self.options, Arc::new(change.options.clone()))
            }
            Event::PermissionsChanged(change) => {
                self.permissions = Some(Arc::new(change.permissions.clone()));
                self.follow_rights();
                true
            }
            Event::MotdChanged(change) => set(&mut self.motd, change.motd.as_str().into()),
            Event::CssJsChanged(change) => set(&mut self.css_js, Arc::new(change.clone())),
            Event::EmotesListed(list) => set(&mut self.emotes, Arc::new(list.emotes.clone())),
            Event::EmoteUpdated(emote) => with_list(&mut self.emotes, |emotes| {
                upsert(emotes, emote.clone(), |old| old.name == emote.name)
            }),
            Event::EmoteRenamed(rename) => with_list(&mut self.emotes, |emotes| {
                upsert(emotes, rename.emote.clone(), |old| old.name == rename.old)
            }),
            Event::EmoteRemoved(gone) => with_list(&mut self.emotes, |emotes| {
                remove(emotes, |emote| emote.name == gone.name)
            }),
            Event::FiltersListed(list) => set(&mut self.filters, Arc::new(list.filters.clone())),
            Event::FilterUpdated(filter) => with_list(&mut self.filters, |filters| {
                upsert(filters, filter.clone(), |old| old.name == filter.name)
            }),
            Event::FilterRemoved(gone) => with_list(&mut self.filters, |filters| {
                remove(filters, |filter| filter.name == gone.name)
            }),
            Event::BansListed(list) => set(&mut self.bans, Arc::new(list.bans.clone())),
            Event::BanRemoved(gone) => {
                with_list(&mut self.bans, |bans| remove(bans, |ban| ban.id == gone.id))
            }
            Event::RanksListed(list) => set(&mut self.ranks, Arc::new(list.ranks.clone())),
            Event::PlaylistsSaved(saved) => {
                set(&mut self.saved_playlists, Arc::new(saved.playlists.clone()))
            }
            // The rest are answers and notes: they tell something, they change nothing.
            _ => true,
        }
    }
}

fn set<T>(slot: &mut Option<T>, value: T) -> bool {
    *slot = Some(value);
    true
}

fn with_list<T: Clone>(
    list: &mut Option<Arc<Vec<T>>>,
    change: impl FnOnce(&mut Vec<T>) -> bool,
) -> bool {
    list.as_mut()
        .is_some_and(|list| change(Arc::make_mut(list)))
}

/// Replaces the entry that `is_old` finds, at its place, or appends.
fn upsert<T>(list: &mut Vec<T>, value: T, is_old: impl Fn(&T) -> bool) -> bool {
    match list.iter_mut().find(|entry| is_old(entry)) {
        Some(entry) => *entry = value,
        None => list.push(value),
    }
    true
}

fn remove<T>(list: &mut Vec<T>, is_gone: impl Fn(&T) -> bool) -> bool {
    let before = list.len();
    list.retain(|entry| !is_gone(entry));
    list.len() < before
}
