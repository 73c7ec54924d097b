//! What each command needs before the server listens to it (`src/channel/permissions.js` and the
//! modules it serves). A lack is mostly met with silence, and by some with a kick: so nothing is
//! sent without the right, nor where the right is not known.

use super::arguments::Position;
use super::outcome::CommandError;
use super::vocabulary::Command;
use crate::number::Rank;
use crate::state::ChannelState;

/// A condition on us.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Need {
    /// A name.
    Name,
    /// An account behind the name.
    Account,
    /// A right of the permission map.
    Right(&'static str),
    /// A fixed rank, for the request named.
    Rank(Rank, &'static str),
    /// Not to be muted.
    Voice,
}

const LEADER: Rank = Rank(1.5);
const SITE_ADMIN: Rank = Rank(255.0);

/// Keys of the settings that only an admin may change; the server passes over them from others.
const ADMINS_OPTIONS: [&str; 9] = [
    "pagetitle",
    "externalcss",
    "externaljs",
    "show_public",
    "password",
    "torbanned",
    "block_anonymous_users",
    "allow_ascii_control",
    "playlist_max_per_user",
];

/// Types that play without end; adding them is a right of its own.
pub(super) const LIVE_TYPES: [&str; 5] = ["li", "tw", "rt", "hl", "cu"];

impl Command {
    /// All that it needs.
    pub(super) fn needs(&self) -> Vec<Need> {
        use Need::{Account, Name, Rank as AtLeast, Right};
        match self {
            Self::Pm { .. } => vec![Name],
            Self::Queue {
                media, position, ..
            } => {
                let mut needs = vec![Right("playlistadd")];
                needs.extend(placed(*position));
                needs.extend(typed(&media.kind));
                needs
            }
            Self::QueueSaved { position, .. } => {
                let mut needs = vec![Name, Account, Right("playlistaddlist")];
                needs.extend(placed(*position));
                needs
            }
            Self::ListSaved | Self::DeleteSaved { .. } => vec![Name, Account],
            Self::SavePlaylist { .. } => vec![Name, Account, Right("seeplaylist")],
            Self::BorrowRank { .. } => vec![AtLeast(SITE_ADMIN, "borrow-rank")],
            Self::SetOptions { options } => {
                let is_admins = options
                    .keys()
                    .any(|key| ADMINS_OPTIONS.contains(&key.as_str()));
                vec![AtLeast(
                    if is_admins {
                        Rank::ADMIN
                    } else {
                        Rank::MODERATOR
                    },
                    "setOptions",
                )]
            }
            _ if self.line().is_some() => {
                let mut needs = vec![Name, Need::Voice, Right("chat")];
                needs.extend(self.need());
                needs
            }
            _ => self.need().into_iter().collect(),
        }
    }

    /// The one thing that most commands need.
    fn need(&self) -> Option<Need> {
        use Need::{Rank as AtLeast, Right};
        Some(match self {
            Self::Say { flair: true, .. } => AtLeast(Rank::MODERATOR, "flair"),
            Self::Shout { .. } => AtLeast(LEADER, "/say"),
            Self::AdminSay { .. } => AtLeast(SITE_ADMIN, "/a"),
            Self::Drink { .. } => Right("drink"),
            Self::ClearChat => Right("chatclear"),
            Self::Delete { .. } | Self::CleanByUser { .. } | Self::CleanByTitle { .. } => {
                Right("playlistdelete")
            }
            Self::Move { .. } => Right("playlistmove"),
            Self::Jump { .. } | Self::Next => Right("playlistjump"),
            Self::SetTemp { .. } => Right("settemp"),
            Self::ClearPlaylist => Right("playlistclear"),
            Self::Shuffle => Right("playlistshuffle"),
            Self::SetLock { .. } => Right("playlistlock"),
            Self::SetLeader { .. } => Right("leaderctl"),
            Self::Voteskip => Right("voteskip"),
            Self::Uncache { .. } => Right("deletefromchannellib"),
            Self::ResyncPlaylist => Right("seeplaylist"),
            Self::OpenPoll { .. } | Self::ClosePoll => Right("pollctl"),
            Self::Vote { .. } => Right("pollvote"),
            Self::Kick { .. } | Self::KickAnonymous => Right("kick"),
            Self::Ban { .. } | Self::IpBan { .. } | Self::Unban { .. } | Self::RequestBans => {
                Right("ban")
            }
            Self::Mute { .. } | Self::ShadowMute { .. } | Self::Unmute { .. } => Right("mute"),
            Self::SetRank { .. } => AtLeast(Rank::ADMIN, "setChannelRank"),
            Self::RequestRanks => AtLeast(Rank::ADMIN, "requestChannelRanks"),
            Self::ReadLog => AtLeast(Rank::ADMIN, "readChanLog"),
            Self::SetPermissions { .. } => AtLeast(Rank::ADMIN, "setPermissions"),
            Self::SetCss { .. } => AtLeast(Rank::ADMIN, "setChannelCSS"),
            Self::SetJs { .. } => AtLeast(Rank::ADMIN, "setChannelJS"),
            Self::SetMotd { .. } => Right("motdedit"),
            Self::UpdateEmote { .. }
            | Self::RenameEmote { .. }
            | Self::RemoveEmote { .. }
            | Self::MoveEmote { .. } => Right("emoteedit"),
            Self::ImportEmotes { .. } => Right("emoteimport"),
            Self::RequestFilters
            | Self::AddFilter { .. }
            | Self::UpdateFilter { .. }
            | Self::RemoveFilter { .. }
            | Self::MoveFilter { .. } => Right("filteredit"),
            Self::ImportFilters { .. } => Right("filterimport"),
            _ => return None,
        })
    }
}

fn placed(position: Position) -> Option<Need> {
    (position == Position::Next).then_some(Need::Right("playlistnext"))
}

/// What a type of media needs beyond `playlistadd` (`src/channel/playlist.js`).
fn typed(kind: &str) -> Vec<Need> {
    let mut needs = Vec::new();
    match kind {
        "yp" => needs.push(Need::Right("playlistaddlist")),
        "fi" | "cm" => needs.push(Need::Right("playlistaddrawfile")),
        "cu" => needs.push(Need::Right("playlistaddcustom")),
        _ => {}
    }
    if LIVE_TYPES.contains(&kind) {
        needs.push(Need::Right("playlistaddlive"));
    }
    needs
}

impl Need {
    /// Whether we have it.
    ///
    /// # Errors
    /// What is missing.
    pub(super) fn met(self, state: &ChannelState) -> Result<(), CommandError> {
        let ours = state.me.rank.unwrap_or(Rank::ANONYMOUS);
        match self {
            Self::Name if state.me.name.is_none() => Err(CommandError::NeedsName),
            Self::Account if state.me.guest == Some(true) || ours < Rank(1.0) => {
                Err(CommandError::NeedsAccount)
            }
            Self::Voice if is_muted(state) => Err(CommandError::Muted),
            Self::Right(permission) if state.may(permission) != Some(true) => {
                Err(CommandError::NotPermitted {
                    permission,
                    needed: least(state, permission),
                    ours,
                })
            }
            Self::Rank(needed, permission) if ours < needed => Err(CommandError::NotPermitted {
                permission,
                needed: Some(needed),
                ours,
            }),
            _ => Ok(()),
        }
    }
}

/// The rank that would do: while the playlist is unlocked, the lower of two.
fn least(state: &ChannelState, permission: &str) -> Option<Rank> {
    let map = &state.permissions.as_ref()?.0;
    let strict = map.get(permission).copied();
    let unlocked = state.playlist_locked == Some(false) && permission.starts_with("playlist");
    let open = unlocked
        .then(|| map.get(&format!("o{permission}")).copied())
        .flatten();
    match (strict, open) {
        (Some(a), Some(b)) => Some(if b < a { b } else { a }),
        (a, b) => a.or(b),
    }
}

fn is_muted(state: &ChannelState) -> bool {
    let users = state.users.as_ref();
    let me = users.zip(state.me.name.as_deref());
    me.and_then(|(users, name)| users.find(name))
        .is_some_and(|user| user.muted)
}
