//! Bodies of the events about how a channel is set up.

use crate::model::{Ban, ChannelRank, ChatFilter, Emote, Options, Permissions, SavedPlaylist};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `options_change`: all settings, without the password.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OptionsChanged {
    /// Under the wire's key names.
    pub options: Options,
}

/// `permissions_change`: the whole permission map.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PermissionsChanged {
    /// Least rank for each right.
    pub permissions: Permissions,
}

/// `motd_change`: the message of the day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MotdChanged {
    /// HTML; hostile until sanitised.
    pub motd: String,
}

/// `emote_list`: all emotes, outside a join.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmoteList {
    /// In order.
    pub emotes: Vec<Emote>,
}

/// `emote_rename`: an emote under a new name, at its old place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmoteRenamed {
    /// Its old name.
    pub old: String,
    /// The emote as it now is.
    pub emote: Emote,
}

/// `emote_remove`, `filter_remove`: something left by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameRemoved {
    /// Its name.
    pub name: String,
}

/// `filter_list`: all chat filters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilterList {
    /// In order of application.
    pub filters: Vec<ChatFilter>,
}

/// `ban_list`: all bans, because we asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BanList {
    /// The bans.
    pub bans: Vec<Ban>,
}

/// `ban_remove`: a ban was lifted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BanRemoved {
    /// Its number.
    pub id: i64,
    /// Whose.
    #[serde(default)]
    pub name: String,
}

/// `rank_list`: the stored ranks, because we asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RankList {
    /// The ranks.
    pub ranks: Vec<ChannelRank>,
}

/// `saved_playlists`: our stored playlists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedPlaylists {
    /// The lists.
    pub playlists: Vec<SavedPlaylist>,
}

/// `search_results`: the answer to a search; the server does not say to which.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SearchResults {
    /// `library` or `yt`.
    pub source: String,
    /// As the server sent them.
    pub results: Vec<Value>,
}

/// `channel_log`: the channel's own text log.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelLog {
    /// Whether the server could read it.
    pub success: bool,
    /// Its size in bytes.
    pub bytes: u64,
    /// The text, full of addresses: kept only with `Config::record_moderator_data`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// The text holds addresses: only its size shows.
impl std::fmt::Debug for ChannelLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChannelLog")
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}

/// `registration`: whether the channel has an owner. Told outside a join only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// Registered.
    pub registered: bool,
}
