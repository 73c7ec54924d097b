//! The events that each mean one thing by themselves.

use super::Context;
use super::convert;
use super::draft::Draft;
use super::playback::Pending;
use super::redact::{clean_notice, strip};
use crate::cytube::{self, Incoming, SearchResultsWire};
use crate::event::*;
use crate::model::{ChannelRank, Emote, Voteskip};

/// Whether an event concerns us rather than the room: it counts before we have joined, too.
pub(super) fn is_said_to_us(incoming: &Incoming<'_>) -> bool {
    matches!(
        incoming,
        Incoming::Rank(_)
            | Incoming::Login(_)
            | Incoming::Kick(_)
            | Incoming::ErrorMsg(_)
            | Incoming::NeedPassword(_)
            | Incoming::CancelNeedPassword
            | Incoming::Announcement(_)
            | Incoming::PartitionChange(_)
            | Incoming::Pm(_)
            | Incoming::QueueFail(_)
            | Incoming::QueueWarn(_)
            | Incoming::ListPlaylists(_)
            | Incoming::Cooldown(_)
            | Incoming::NoFlood(_)
            | Incoming::SpamFiltered(_)
    )
}

pub(super) fn chat_cleared(by: String) -> Draft {
    let actor = by.clone();
    Draft::live(Event::ChatCleared(ChatCleared { by })).actor(actor)
}

/// The event for what needs no company; `None` where it tells nothing.
pub(super) fn draft(
    context: Context<'_>,
    incoming: Incoming<'_>,
    keep: bool,
    pending: &Pending,
) -> Option<Draft> {
    let event = match incoming {
        Incoming::Rank(rank) => Event::OwnRankSet(OwnRank { rank }),
        Incoming::Login(login) => Event::LoginAnswered(login_answered(login)),
        Incoming::ErrorMsg(error) => Event::ErrorTold(ServerError {
            msg: if keep {
                error.msg()
            } else {
                clean_notice(&error.msg()).into_owned()
            },
            alert: error.is_alert(),
            code: error.code,
        }),
        Incoming::NeedPassword(wrong) => Event::PasswordAsked(PasswordNeeded {
            wrong,
            settled: false,
        }),
        Incoming::CancelNeedPassword => Event::PasswordAsked(PasswordNeeded {
            wrong: false,
            settled: true,
        }),
        Incoming::ChannelNotRegistered => {
            Event::RegistrationTold(Registration { registered: false })
        }
        Incoming::Announcement(wire) => {
            let announcement = convert::announcement(wire);
            // It is told again at each connect.
            if context.state.announcement.as_deref() == Some(&announcement) {
                return None;
            }
            Event::Announced(announcement)
        }
        Incoming::PartitionChange(servers) => Event::ChannelMoved(Moved { servers }),
        incoming => return people(context, incoming, keep, pending),
    };
    Some(Draft::live(event))
}

fn login_answered(login: cytube::Login) -> LoggedIn {
    let error = login.error();
    let retry_after_s = error.as_deref().and_then(cytube::guest_wait_s);
    LoggedIn {
        success: login.success,
        name: login.name,
        guest: login.guest,
        error,
        retry_after_s,
    }
}

fn people(
    context: Context<'_>,
    incoming: Incoming<'_>,
    keep: bool,
    pending: &Pending,
) -> Option<Draft> {
    let known = |name: &str| {
        context
            .state
            .users
            .as_ref()
            .and_then(|users| users.find(name))
    };
    let draft = match incoming {
        Incoming::UserList(users) => {
            let users = users
                .into_iter()
                .map(|wire| convert::user(wire, keep))
                .collect();
            Draft::live(Event::UsersListed(UserList { users }))
        }
        Incoming::AddUser(wire) => {
            let user = convert::user(wire, keep);
            let name = user.name.clone();
            Draft::live(Event::UserJoined(UserJoined { user })).actor(name)
        }
        Incoming::UserLeave(name) => {
            let user = known(&name).cloned();
            let actor = name.clone();
            Draft::live(Event::UserLeft(UserLeft { name, user })).actor(actor)
        }
        Incoming::SetUserRank(name, rank) => {
            let before = known(&name).map(|user| user.rank);
            Draft::live(Event::UserRanked(UserRanked { name, rank, before }))
        }
        // An anonymous viewer went away: nobody we could name.
        Incoming::SetUserMeta(name, _) if name.is_empty() => return None,
        Incoming::SetUserMeta(name, meta) => {
            let before = known(&name).map(|u| MetaBefore {
                afk: u.afk,
                muted: u.muted,
            });
            let (afk, muted) = (meta.afk, meta.muted);
            let moderator = convert::moderator(meta, keep);
            Draft::live(Event::UserMetaSet(UserMeta {
                name,
                afk,
                muted,
                before,
                moderator,
            }))
        }
        Incoming::SetUserProfile(name, profile) => {
            let actor = name.clone();
            Draft::live(Event::UserProfileSet(UserProfile { name, profile })).actor(actor)
        }
        Incoming::SetLeader(name) => {
            let name = Some(name).filter(|name| !name.is_empty());
            Draft::live(Event::LeaderChanged(LeaderChanged { name }))
        }
        Incoming::UserCount(count) => Draft::live(Event::UsersCounted(UserCounted { count })),
        Incoming::DrinkCount(count) => Draft::live(Event::DrinksCounted(DrinkCounted { count })),
        incoming => return playlist(context, incoming, keep, pending),
    };
    Some(draft)
}

fn playlist(
    context: Context<'_>,
    incoming: Incoming<'_>,
    keep: bool,
    pending: &Pending,
) -> Option<Draft> {
    let event = match incoming {
        Incoming::SetPlaylistMeta(wire) => Event::PlaylistCounted(convert::meta(wire)),
        Incoming::Playlist(items) => {
            let items: Vec<_> = items.into_iter().map(Into::into).collect();
            if pending.is_repeated(context, &items) {
                return None;
            }
            let cause = pending.replace_cause(context, &items);
            Event::PlaylistReplaced(PlaylistReplaced { items, cause })
        }
        Incoming::Queue(item, after) => {
            let item: crate::model::Item = item.into();
            let by = item.queued_by.clone();
            let draft = Draft::live(Event::ItemQueued(ItemQueued { item, after }));
            return Some(match by {
                Some(name) => draft.actor(name),
                None => draft,
            });
        }
        Incoming::Delete(uid) => {
            let item = context
                .state
                .playlist
                .as_ref()
                .and_then(|list| list.find(uid))
                .cloned();
            Event::ItemDeleted(ItemDeleted { uid, item })
        }
        Incoming::MoveVideo(uid, after) => Event::ItemMoved(ItemMoved { uid, after }),
        Incoming::SetTemp(uid, temp) => Event::TempSet(TempSet { uid, temp }),
        Incoming::SetPlaylistLocked(locked) => Event::LockSet(LockSet { locked }),
        Incoming::QueueFail(fail) => Event::QueueFailed(QueueFailed {
            msg: fail.msg(),
            link: fail.link(),
            id: fail.id(),
        }),
        Incoming::QueueWarn(warn) => Event::QueueWarned(QueueWarned {
            msg: warn.msg(),
            link: warn.link(),
        }),
        Incoming::ListPlaylists(lists) => Event::PlaylistsSaved(SavedPlaylists {
            playlists: lists.into_iter().map(convert::saved_playlist).collect(),
        }),
        Incoming::SearchResults(SearchResultsWire {
            source,
            mut results,
        }) => {
            for result in &mut results {
                strip(result, keep);
            }
            Event::SearchAnswered(SearchResults { source, results })
        }
        Incoming::Voteskip(votes) => {
            let Voteskip { count, need } = Voteskip {
                count: votes.count.0,
                need: votes.need.0,
            };
            let (count, need) = (Some(count), Some(need));
            Event::VoteskipChanged(VoteskipChanged {
                count,
                need,
                withdrawn: false,
            })
        }
        Incoming::ClearVoteskipVote => Event::VoteskipChanged(VoteskipChanged {
            count: None,
            need: None,
            withdrawn: true,
        }),
        Incoming::NewPoll(poll) => {
            let poll: crate::model::Poll = poll.into();
            let by = poll.initiator.clone();
            return Some(Draft::live(Event::PollOpened(PollShown(poll))).actor(by));
        }
        Incoming::UpdatePoll(poll) => Event::PollUpdated(PollShown(poll.into())),
        Incoming::ClosePoll => {
            let poll = context
                .state
                .poll
                .as_ref()
                .map(|poll| poll.as_ref().clone());
            Event::PollClosed(PollClosed { poll })
        }
        incoming => return settings(incoming, keep),
    };
    Some(Draft::live(event))
}

fn settings(incoming: Incoming<'_>, keep: bool) -> Option<Draft> {
    let event = match incoming {
        Incoming::SetPermissions(permissions) => {
            Event::PermissionsChanged(PermissionsChanged { permissions })
        }
        Incoming::ChannelOpts(options) => Event::OptionsChanged(OptionsChanged {
            options: convert::options(options, keep),
        }),
        Incoming::ChannelCssJs(wire) => Event::CssJsChanged(convert::css_js(wire)),
        Incoming::SetMotd(motd) => Event::MotdChanged(MotdChanged { motd }),
        Incoming::EmoteList(emotes) => Event::EmotesListed(EmoteList { emotes }),
        Incoming::UpdateEmote(emote) => Event::EmoteUpdated(emote),
        Incoming::RenameEmote(cytube::RenameEmote {
            old,
            name,
            image,
            source,
        }) => Event::EmoteRenamed(EmoteRenamed {
            old,
            emote: Emote {
                name,
                image,
                source,
            },
        }),
        Incoming::RemoveEmote(name) => Event::EmoteRemoved(NameRemoved { name }),
        Incoming::ChatFilters(filters) => Event::FiltersListed(FilterList { filters }),
        Incoming::UpdateChatFilter(filter) => Event::FilterUpdated(filter),
        Incoming::DeleteChatFilter(name) => Event::FilterRemoved(NameRemoved { name }),
        Incoming::BanList(bans) => {
            let bans = bans
                .into_iter()
                .map(|ban| convert::ban(ban, keep))
                .collect();
            Event::BansListed(BanList { bans })
        }
        Incoming::BanListRemove(id, name) => Event::BanRemoved(BanRemoved { id, name }),
        Incoming::ChannelRanks(ranks) => {
            let rank = |wire: cytube::ChannelRankWire| ChannelRank {
                name: wire.name,
                rank: wire.rank,
            };
            Event::RanksListed(RankList {
                ranks: ranks.into_iter().map(rank).collect(),
            })
        }
        Incoming::ReadChanLog(success, data) => Event::ChannelLogRead(ChannelLog {
            success,
            bytes: data.len() as u64,
            text: keep.then_some(data),
        }),
        incoming => return answers(incoming),
    };
    Some(Draft::live(event))
}

fn answers(incoming: Incoming<'_>) -> Option<Draft> {
    let event = match incoming {
        Incoming::ChannelRankFail(msg) => Event::RankFailed(RankFailed { msg }),
        Incoming::Cooldown(wait_ms) => Event::CooldownTold(Cooldown { wait_ms }),
        Incoming::NoFlood(wire) => Event::NoFloodTold(NoFlood {
            action: wire.action,
            msg: wire.msg,
        }),
        Incoming::SpamFiltered(reason) => Event::SpamFiltered(SpamFiltered { reason }),
        Incoming::ValidationError(wire) => Event::Validated(Validation {
            target: wire.setting(),
            message: wire.message,
        }),
        Incoming::ValidationPassed(wire) => Event::Validated(Validation {
            target: wire.setting(),
            message: None,
        }),
        Incoming::WarnLargeChandump(limit, actual) => {
            Event::LargeStateWarned(LargeState { limit, actual })
        }
        _ => return None,
    };
    Some(Draft::live(event))
}
