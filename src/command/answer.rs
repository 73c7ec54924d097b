//! Which event answers a command.
//!
//! The server acknowledges one request of some sixty. For the others the answer is the broadcast
//! that a success causes, or a complaint that does not say about what. Which broadcast belongs to
//! which request is this table; who of several equal ones is meant is decided by order, since the
//! server works in order.

use super::vocabulary::Command;
use crate::event::{Event, Kind, Message, Source};
use crate::model::{Uid, identity};
use crate::state::ChannelState;

/// What an event says about a command under way.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    /// Nothing.
    None,
    /// It is done.
    Done,
    /// It was refused, in these words.
    Refused(String),
    /// It added this item; whether more follow is the command's business.
    Added(Uid),
    /// A part of it was refused; the rest is still to come.
    Remark(String),
}

impl From<bool> for Answer {
    fn from(done: bool) -> Self {
        if done { Self::Done } else { Self::None }
    }
}

impl Command {
    /// Kinds of events that may show that it was done. Complaints come on top, for all alike.
    pub(crate) fn shown_by(&self) -> &'static [Kind] {
        match self {
            Self::Say { .. }
            | Self::Me { .. }
            | Self::Spoiler { .. }
            | Self::Shout { .. }
            | Self::AdminSay { .. } => &[Kind::MessageSaid],
            Self::Drink { .. } => &[Kind::DrinksCounted],
            Self::Pm { .. } => &[Kind::PmSaid],
            Self::ClearChat => &[Kind::ChatCleared],
            Self::SetAfk { .. } => &[Kind::UserMetaSet],
            Self::Mute { .. } | Self::ShadowMute { .. } | Self::Unmute { .. } => {
                &[Kind::UserMetaSet, Kind::MessageSaid]
            }
            Self::Kick { .. } => &[Kind::MessageSaid, Kind::UserLeft],
            Self::KickAnonymous | Self::Ban { .. } | Self::IpBan { .. } => &[Kind::MessageSaid],
            Self::Unban { .. } => &[Kind::BanRemoved],
            Self::SetRank { .. } => &[Kind::UserRanked, Kind::RankFailed],
            Self::BorrowRank { .. } => &[Kind::OwnRankSet],
            Self::CleanByUser { .. } | Self::CleanByTitle { .. } | Self::Delete { .. } => {
                &[Kind::ItemDeleted]
            }
            Self::Queue { .. } | Self::QueueSaved { .. } => &[Kind::ItemQueued, Kind::QueueFailed],
            Self::Move { .. } => &[Kind::ItemMoved],
            Self::Jump { .. } => &[Kind::MediaChanged, Kind::CurrentSet],
            Self::Next => &[Kind::MediaChanged, Kind::MediaStopped],
            Self::SetTemp { .. } => &[Kind::TempSet],
            Self::ClearPlaylist | Self::Shuffle | Self::ResyncPlaylist => &[Kind::PlaylistReplaced],
            Self::SetLock { .. } => &[Kind::LockSet],
            Self::SetLeader { .. } => &[Kind::LeaderChanged],
            Self::Lead { .. } => &[Kind::MediaUpdated],
            Self::Voteskip => &[Kind::VoteskipChanged, Kind::MediaChanged],
            Self::ListSaved | Self::SavePlaylist { .. } | Self::DeleteSaved { .. } => {
                &[Kind::PlaylistsSaved]
            }
            Self::Search { .. } => &[Kind::SearchAnswered],
            Self::ResyncPlayback => &[Kind::MediaChanged],
            Self::OpenPoll { .. } => &[Kind::PollOpened],
            Self::Vote { .. } => &[Kind::PollUpdated],
            Self::ClosePoll => &[Kind::PollClosed],
            _ => self.setting_shown_by(),
        }
    }

    fn setting_shown_by(&self) -> &'static [Kind] {
        match self {
            Self::SetOptions { .. } => &[Kind::OptionsChanged, Kind::Validated],
            Self::SetPermissions { .. } => &[Kind::PermissionsChanged],
            Self::SetMotd { .. } => &[Kind::MotdChanged],
            Self::SetCss { .. } | Self::SetJs { .. } => &[Kind::CssJsChanged],
            Self::UpdateEmote { .. } => &[Kind::EmoteUpdated],
            Self::RenameEmote { .. } => &[Kind::EmoteRenamed],
            Self::RemoveEmote { .. } => &[Kind::EmoteRemoved],
            Self::ImportEmotes { .. } => &[Kind::EmotesListed],
            Self::RequestFilters | Self::ImportFilters { .. } => &[Kind::FiltersListed],
            Self::AddFilter { .. } | Self::UpdateFilter { .. } => &[Kind::FilterUpdated],
            Self::RemoveFilter { .. } => &[Kind::FilterRemoved],
            Self::RequestBans => &[Kind::BansListed],
            Self::RequestRanks => &[Kind::RanksListed],
            Self::ReadLog => &[Kind::ChannelLogRead],
            // Moved emotes, moved filters and forgotten media are told to nobody.
            _ => &[],
        }
    }

    /// Whether it is a line that the server may take for a drink.
    pub(crate) fn calls_drinks(&self) -> bool {
        matches!(self, Self::Say { text, .. } if text.starts_with("/d"))
    }

    /// Whether the server answers it at all.
    pub(crate) fn is_answered(&self) -> bool {
        !self.shown_by().is_empty()
    }

    /// What an event of a kind in [`Command::shown_by`] says about it, folded into `state` already.
    /// Lines of our own chat are matched by their words elsewhere.
    pub(crate) fn answer(&self, event: &Event, state: &ChannelState) -> Answer {
        match (self, event) {
            (_, Event::MessageSaid(message)) => self.noticed(message, state).into(),
            (Self::Mute { name }, Event::UserMetaSet(meta)) => {
                (same(name, &meta.name) && meta.muted).into()
            }
            (Self::ShadowMute { name }, Event::UserMetaSet(meta)) => {
                let shadow = meta
                    .moderator
                    .as_ref()
                    .is_some_and(|seen| seen.shadow_muted);
                (same(name, &meta.name) && (shadow || meta.muted)).into()
            }
            (Self::Unmute { name }, Event::UserMetaSet(meta)) => {
                (same(name, &meta.name) && !meta.muted).into()
            }
            (Self::SetAfk { afk }, Event::UserMetaSet(meta)) => {
                (state.me.is(&meta.name) && meta.afk == *afk).into()
            }
            (Self::Kick { name, .. }, Event::UserLeft(left)) => same(name, &left.name).into(),
            // What plays next sets the counter back, which is nobody's drink.
            (Self::Drink { count, .. }, Event::DrinksCounted(told)) => {
                (told.count != 0 || *count <= 0).into()
            }
            (Self::Unban { id, name }, Event::BanRemoved(removed)) => {
                let by_id = id.is_none_or(|id| id == removed.id);
                let by_name = name.as_ref().is_none_or(|name| same(name, &removed.name));
                (by_id && by_name).into()
            }
            (Self::SetRank { name, rank }, Event::UserRanked(ranked)) => {
                (same(name, &ranked.name) && ranked.rank == *rank).into()
            }
            (Self::SetRank { .. }, Event::RankFailed(failed)) => {
                Answer::Refused(failed.msg.clone())
            }
            (Self::BorrowRank { rank }, Event::OwnRankSet(own)) => (own.rank == *rank).into(),
            (Self::OpenPoll { .. }, Event::PollOpened(poll)) => {
                state.me.is(&poll.0.initiator).into()
            }
            (Self::SetLeader { name }, Event::LeaderChanged(change)) => {
                let wanted = name.as_deref().map(identity);
                (change.name.as_deref().map(identity) == wanted).into()
            }
            _ => self.playlist_answer(event, state),
        }
    }

    fn playlist_answer(&self, event: &Event, state: &ChannelState) -> Answer {
        match (self, event) {
            (Self::Queue { media, .. }, Event::ItemQueued(queued)) => {
                let ours = by_us(queued.item.queued_by.as_deref(), state);
                let theirs = &queued.item.media;
                let exact = theirs.kind == media.kind && theirs.id == media.id;
                if ours && (exact || becomes(&media.kind, &theirs.kind)) {
                    Answer::Added(queued.item.uid)
                } else {
                    Answer::None
                }
            }
            (Self::Queue { media, .. }, Event::QueueFailed(failed)) => {
                let about = failed.id.as_ref().is_none_or(|id| *id == media.id);
                refused(about, &failed.msg)
            }
            (Self::QueueSaved { .. }, Event::ItemQueued(queued)) => {
                if by_us(queued.item.queued_by.as_deref(), state) {
                    Answer::Added(queued.item.uid)
                } else {
                    Answer::None
                }
            }
            (Self::QueueSaved { .. }, Event::QueueFailed(failed)) => {
                refused(failed.id.is_none(), &failed.msg)
            }
            (Self::Delete { uid, .. }, Event::ItemDeleted(deleted)) => (deleted.uid == *uid).into(),
            (Self::Move { uid, .. }, Event::ItemMoved(moved)) => (moved.uid == *uid).into(),
            (Self::Jump { uid, .. }, Event::MediaChanged(change)) => {
                (change.uid == Some(*uid)).into()
            }
            (Self::Jump { uid, .. }, Event::CurrentSet(current)) => (current.uid == *uid).into(),
            (Self::Next, Event::MediaChanged(change)) => (!change.resync).into(),
            (Self::SetTemp { uid, temp, .. }, Event::TempSet(set)) => {
                (set.uid == *uid && set.temp == *temp).into()
            }
            (Self::ClearPlaylist, Event::PlaylistReplaced(list)) => list.items.is_empty().into(),
            (Self::Shuffle, Event::PlaylistReplaced(list)) => (!list.items.is_empty()).into(),
            (Self::SetLock { locked }, Event::LockSet(set)) => (set.locked == *locked).into(),
            (Self::Voteskip, Event::VoteskipChanged(change)) => {
                change.count.is_some_and(|count| count > 0).into()
            }
            (Self::Voteskip, Event::MediaChanged(change)) => (!change.resync).into(),
            (Self::SavePlaylist { name }, Event::PlaylistsSaved(lists)) => {
                lists.playlists.iter().any(|list| list.name == *name).into()
            }
            (Self::DeleteSaved { name }, Event::PlaylistsSaved(lists)) => {
                lists.playlists.iter().all(|list| list.name != *name).into()
            }
            _ => self.setting_answer(event),
        }
    }

    fn setting_answer(&self, event: &Event) -> Answer {
        match (self, event) {
            (Self::SetOptions { options }, Event::Validated(told)) => match &told.message {
                Some(why) if options.contains_key(&told.target) => {
                    Answer::Remark(format!("{}: {why}", told.target))
                }
                _ => Answer::None,
            },
            (Self::SetPermissions { permissions }, Event::PermissionsChanged(told)) => {
                let taken = |(key, rank)| told.permissions.0.get(key) == Some(rank);
                let known = |key: &String| told.permissions.0.contains_key(key);
                let missed = permissions
                    .0
                    .iter()
                    .find(|entry| known(entry.0) && !taken(*entry));
                missed.is_none().into()
            }
            (Self::UpdateEmote { name, .. }, Event::EmoteUpdated(emote)) => {
                (emote.name == *name).into()
            }
            (Self::RenameEmote { old, .. }, Event::EmoteRenamed(renamed)) => {
                (renamed.old == *old).into()
            }
            (Self::RemoveEmote { name }, Event::EmoteRemoved(removed)) => {
                (removed.name == *name).into()
            }
            (
                Self::AddFilter { filter } | Self::UpdateFilter { filter },
                Event::FilterUpdated(told),
            ) => (told.name == filter.name).into(),
            (Self::RemoveFilter { name }, Event::FilterRemoved(removed)) => {
                (removed.name == *name).into()
            }
            (_, Event::QueueFailed(_) | Event::Validated(_) | Event::RankFailed(_)) => Answer::None,
            // One request, one answer, nothing to tell them apart by.
            _ => Answer::Done,
        }
    }

    /// Whether a notice of the server tells that it was done (`src/channel/kickban.js`,
    /// `src/channel/chat.js`). Moderators see them, and whoever has the right in question.
    fn noticed(&self, message: &Message, state: &ChannelState) -> bool {
        let Some(me) = &state.me.name else {
            return false;
        };
        if message.source != Source::Server {
            return false;
        }
        let done = match self {
            Self::Kick { name, .. } => format!("kicked {name}"),
            Self::KickAnonymous => "kicked anonymous users".to_owned(),
            Self::Ban { name, .. } => format!("namebanned {name}"),
            Self::Mute { name } => format!("muted {name}"),
            Self::ShadowMute { name } => format!("shadowmuted {name}"),
            Self::Unmute { name } => format!("unmuted {name}"),
            Self::IpBan { name, .. } => {
                // The address stands between: "alice banned … (bob)".
                let text = identity(&message.text);
                return text.starts_with(&identity(&format!("{me} banned ")))
                    && text.ends_with(&identity(&format!("({name})")));
            }
            _ => return false,
        };
        same(&message.text, &format!("{me} {done}"))
    }

    /// How many items it may add: a list adds any number.
    pub(crate) fn adds_many(&self) -> bool {
        match self {
            Self::Queue { media, .. } => media.kind == "yp",
            Self::QueueSaved { .. } => true,
            _ => false,
        }
    }

    /// Whether media of exactly this type and id was asked for, not only something that may have
    /// become it.
    pub(crate) fn asks_for(&self, kind: &str, id: &str) -> bool {
        matches!(self, Self::Queue { media, .. } if media.kind == kind && media.id == id)
    }

    /// Whether a whole setting came back as wanted; else what was not taken.
    pub(crate) fn not_taken(&self, state: &ChannelState) -> Vec<String> {
        let (Self::SetOptions { options }, Some(told)) = (self, &state.options) else {
            return Vec::new();
        };
        let differs = |(key, wanted): &(&String, &serde_json::Value)| {
            let now = told.0.get(*key);
            // The server converts some ("1:00:00" to seconds); those it took. Numbers are the same
            // whether whole or not.
            now.is_some_and(|now| match (now.as_f64(), wanted.as_f64()) {
                (Some(now), Some(wanted)) => now != wanted,
                (None, None) => {
                    now != *wanted && std::mem::discriminant(now) == std::mem::discriminant(*wanted)
                }
                _ => false,
            })
        };
        let named = options.iter().filter(differs).map(|(key, _)| key.clone());
        named.collect()
    }
}

fn refused(about: bool, msg: &str) -> Answer {
    if about {
        Answer::Refused(msg.to_owned())
    } else {
        Answer::None
    }
}

fn same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

/// Whether we queued it; anonymous viewers queue without a name.
fn by_us(name: Option<&str>, state: &ChannelState) -> bool {
    match name {
        Some(name) => state.me.is(name),
        None => state.me.name.is_none(),
    }
}

/// Types under which media may come back: some ids are normalised, embeds are hashed, a list
/// becomes its videos (`src/get-info.js`).
fn becomes(asked: &str, came: &str) -> bool {
    match asked {
        "yp" => came == "yt",
        "vi" | "dm" | "tw" | "tv" | "tc" | "cu" | "gd" | "sb" | "li" | "cm" | "fi" => came == asked,
        _ => false,
    }
}
