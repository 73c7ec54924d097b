//! What a channel is at one position of its log.
//!
//! [`ChannelState`] is a pure fold: [`ChannelState::apply`] takes one recorded event, reads no
//! clock, fails never. An event that does not fit (the removal of an item nobody has) changes
//! nothing and is counted. Large parts sit behind `Arc`, so that a copy for readers costs a few
//! dozen reference counts, whatever the playlist's length.
//!
//! Unknown is not empty: what the server has not told us, or does not let us see, is `None` or
//! [`Known::Unknown`], never an empty list.

mod apply;
mod chat;
mod commands;
mod joined;
mod playing;
mod playlist;
mod users;

pub use chat::{CHAT_TAIL_MAX, ChatLine, ChatTail};
pub use commands::{KeptCommand, Underway};
pub(crate) use joined::Burst;
pub use playing::Playing;
pub use playlist::Playlist;
pub use users::Users;

use crate::event::{DisconnectCause, Seq};
use crate::model::{
    Announcement, Ban, ChannelRank, ChatFilter, CssJs, Emote, Options, Permissions, PlaylistMeta,
    Poll, SavedPlaylist, Uid, Voteskip,
};
use crate::number::Rank;
use crate::time::UnixMicros;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Version of the fold. A stored snapshot of another version is folded anew.
pub const FOLD_V: u32 = 4;

/// The oldest fold whose states read as one of ours. What a trimmed log begins with is taken as it
/// is, if it is no older: the events to fold it anew are gone.
pub(crate) const FOLD_V_READ: u32 = 3;

/// Something a channel may have, not have, or not have told us.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Known<T> {
    /// We cannot tell.
    #[default]
    Unknown,
    /// There is none.
    Absent,
    /// There it is.
    Present(T),
}

impl<T> Known<T> {
    /// The value, if there is one.
    pub fn as_ref(&self) -> Option<&T> {
        match self {
            Self::Present(value) => Some(value),
            Self::Unknown | Self::Absent => None,
        }
    }

    /// Whether we cannot tell.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }

    /// Present for some, absent for none.
    pub fn told(value: Option<T>) -> Self {
        value.map_or(Self::Absent, Self::Present)
    }
}

/// How the connection stood.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// Where in its life it was.
    pub phase: ConnectionPhase,
    /// The socket server, while connected.
    pub endpoint: Option<String>,
    /// What carries the frames, while connected.
    pub transport: Option<String>,
    /// Why it ended, while down.
    pub lost: Option<DisconnectCause>,
    /// Since when this is so.
    pub since: UnixMicros,
    /// Which connection of the log, counted from 1; 0 before the first.
    pub session: u64,
}

/// Where in its life a connection is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionPhase {
    /// There was none yet.
    #[default]
    Never,
    /// Connected, not in the channel.
    Connected,
    /// In the channel: the rest of the state is live.
    Joined,
    /// Lost or closed: the rest of the state is stale.
    Down,
}

/// As whom we are connected.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Me {
    /// Our name; `None` while anonymous.
    pub name: Option<String>,
    /// Our effective rank here.
    pub rank: Option<Rank>,
    /// Whether our name has no account behind it; `None` where the server does not say.
    pub guest: Option<bool>,
}

impl Me {
    /// Whether `name` is ours; names ignore ASCII case.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name
            .as_ref()
            .is_some_and(|own| own.eq_ignore_ascii_case(name))
    }
}

/// A channel at one position of its log.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChannelState {
    /// The last event folded in.
    pub seq: Seq,
    /// When that event was received.
    pub at: UnixMicros,
    /// How the connection stood.
    pub connection: Connection,
    /// As whom we are connected.
    pub me: Me,
    /// Named users; `None` before the first join.
    pub users: Option<Arc<Users>>,
    /// Viewers, anonymous ones included; lags by up to 10 s.
    pub user_count: Option<i64>,
    /// Who controls playback, as last told.
    pub leader: Known<String>,
    /// The playlist; `None` where we may not see it.
    pub playlist: Option<Arc<Playlist>>,
    /// The server's count of the playlist.
    pub playlist_meta: Option<PlaylistMeta>,
    /// Whether the playlist is locked.
    pub playlist_locked: Option<bool>,
    /// The playing item; it may stand for an item just deleted, until the next one starts.
    pub current: Option<Uid>,
    /// What plays.
    pub media: Known<Arc<Playing>>,
    /// The open poll.
    pub poll: Known<Arc<Poll>>,
    /// Votes to skip, where we may see them; a join does not tell them.
    pub voteskip: Option<Voteskip>,
    /// The drink counter.
    pub drink_count: Option<i64>,
    /// Message of the day, HTML.
    pub motd: Option<Arc<str>>,
    /// Style sheet and script.
    pub css_js: Option<Arc<CssJs>>,
    /// Settings, without the password.
    pub options: Option<Arc<Options>>,
    /// The permission map.
    pub permissions: Option<Arc<Permissions>>,
    /// Emotes; the order may be stale until the next join.
    pub emotes: Option<Arc<Vec<Emote>>>,
    /// Chat filters, as of the last time they were asked for.
    pub filters: Option<Arc<Vec<ChatFilter>>>,
    /// Bans, as of the last time they were asked for.
    pub bans: Option<Arc<Vec<Ban>>>,
    /// Stored ranks, as of the last time they were asked for.
    pub ranks: Option<Arc<Vec<ChannelRank>>>,
    /// Our own stored playlists.
    pub saved_playlists: Option<Arc<Vec<SavedPlaylist>>>,
    /// The operators' latest notice; nothing tells when it is withdrawn.
    pub announcement: Option<Arc<Announcement>>,
    /// Whether the channel has an owner.
    pub registered: Option<bool>,
    /// The last lines of public chat, oldest first.
    pub chat: Arc<ChatTail>,
    /// Commands of ours that have no outcome yet, by the event that began them.
    #[serde(default)]
    pub commands: Arc<BTreeMap<Seq, Underway>>,
    /// Events that fitted nothing and so changed nothing.
    pub misfits: u64,
}

impl ChannelState {
    /// Whether a right is ours now: own rank against the permission map and the playlist lock.
    /// `None` where rank or map are unknown.
    #[must_use]
    pub fn may(&self, permission: &str) -> Option<bool> {
        let (map, rank) = (self.permissions.as_ref()?, self.me.rank?);
        Some(map.allows(permission, rank, self.playlist_locked.unwrap_or(true)))
    }

    /// Whether the picture is live: we are in the channel.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.connection.phase == ConnectionPhase::Joined
    }

    /// Position of what plays at a moment, in seconds; `None` when nothing is known to play.
    ///
    /// Computed from the last word of the server: no tick is awaited. Negative during the lead-in.
    #[must_use]
    pub fn position_at(&self, at: UnixMicros) -> Option<f64> {
        self.media.as_ref().map(|playing| playing.position_at(at))
    }

    /// Our rights have changed: drops what they no longer let us see. The server sends a playlist
    /// that they let us see again ahead of them; an empty one was then taken for a clear, of which
    /// everybody is told, but the count tells that it is empty.
    fn follow_rights(&mut self) {
        self.drop_unseen();
        let is_empty = self.playlist_meta.is_some_and(|meta| meta.count == 0);
        if is_empty && self.may("seeplaylist") == Some(true) {
            self.playlist.get_or_insert_default();
        }
    }

    /// Drops what our rank no longer lets us see: the server just stops telling
    /// (`src/channel/permissions.js`, `src/channel/ranks.js`).
    fn drop_unseen(&mut self) {
        if self.may("seeplaylist") == Some(false) {
            self.playlist = None;
        }
        if self.may("viewvoteskip") == Some(false) {
            self.voteskip = None;
        }
        if self.may("filteredit") == Some(false) {
            self.filters = None;
        }
        if self.may("ban") == Some(false) {
            self.bans = None;
        }
        let Some(rank) = self.me.rank else { return };
        if rank < Rank::ADMIN {
            self.ranks = None;
        }
        if rank < Rank::MODERATOR
            && let Some(users) = &mut self.users
            && users.iter().any(|user| user.moderator.is_some())
        {
            Arc::make_mut(users).drop_moderator_data();
        }
    }
}
