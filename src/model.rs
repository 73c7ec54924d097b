//! What a channel is made of: users, media, polls, emotes and the rest.
//!
//! These are the nouns that events carry and the state holds. They are plain data in our own
//! shapes, not the wire's; the wire's shapes live in `cytube`. Times say their unit in the name.

pub use crate::html::text_of_html;
pub use crate::number::Rank;
use crate::number::plain;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The identity behind a display name: names on CyTube ignore ASCII case.
///
/// ```
/// assert_eq!(projectionist::model::identity("Alice_1"), projectionist::model::identity("alice_1"));
/// ```
#[must_use]
pub fn identity(name: &str) -> String {
    name.to_ascii_lowercase()
}

/// The number of a playlist item. 0 is an ordinary uid. Valid only until the next join or
/// whole-playlist frame, which renumber items (`src/channel/playlist.js`).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Uid(pub i64);

/// A user as the room's list shows one. Anonymous viewers are never listed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// Display name, in the case the server gave it.
    pub name: String,
    /// Effective rank; a fresh joiner may show its global rank until `user_rank` follows.
    pub rank: Rank,
    /// Picture and text the account shows.
    #[serde(default)]
    pub profile: Profile,
    /// Away from keyboard.
    #[serde(default)]
    pub afk: bool,
    /// Muted; `false` for a shadow-muted user unless the viewer is a moderator.
    #[serde(default)]
    pub muted: bool,
    /// What only moderators see; kept only if `Config::record_moderator_data` is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moderator: Option<ModeratorData>,
}

/// Facts about a user that the server shows to moderators only (rank 2 and above).
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ModeratorData {
    /// Muted without being told.
    #[serde(default)]
    pub shadow_muted: bool,
    /// Names seen from the same address.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Address, cloaked except for site admins.
    #[serde(default)]
    pub ip: Option<String>,
}

/// Addresses and aliases are private: only their presence shows.
impl std::fmt::Debug for ModeratorData {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ModeratorData").finish_non_exhaustive()
    }
}

/// A user's picture (a URL, possibly empty) and text (plain, possibly empty).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// URL of a picture; hostile until checked.
    #[serde(default)]
    pub image: String,
    /// Plain text.
    #[serde(default)]
    pub text: String,
}

/// One thing that can be played, as a provider and an id within it (`src/media.js`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Media {
    /// Provider code, such as `yt` or `fi`; unknown codes are kept.
    #[serde(rename = "type")]
    pub kind: String,
    /// Identifier within the provider.
    pub id: String,
    /// Plain text, not escaped.
    pub title: String,
    /// Length in seconds; 0 for live media.
    #[serde(serialize_with = "plain")]
    pub seconds: f64,
    /// Provider's extras, opaque; `null` when there are none.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub meta: Value,
}

impl Media {
    /// Whether `other` is the same thing: same provider and id, whatever the title says.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.kind == other.kind && self.id == other.id
    }
}

/// An entry of the playlist.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// Number of this entry.
    pub uid: Uid,
    /// Deleted once played or skipped.
    #[serde(default)]
    pub temp: bool,
    /// Who added it; `null` for an anonymous viewer.
    #[serde(default)]
    pub queued_by: Option<String>,
    /// What it plays.
    pub media: Media,
}

/// The server's own count of the playlist, sent even to those who may not see the list. It may
/// differ from the list: the server can lose an item and keep counting it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlaylistMeta {
    /// Number of items.
    pub count: i64,
    /// Their length together, in seconds.
    #[serde(serialize_with = "plain")]
    pub total_seconds: f64,
}

/// A poll. Title and options are HTML as the server sent them; hostile until sanitised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Poll {
    /// HTML.
    pub title: String,
    /// HTML, one per choice.
    pub options: Vec<String>,
    /// Votes per option; `null` where the room hides them from us.
    pub counts: Vec<Option<i64>>,
    /// Whether the counts are hidden from ordinary viewers until the poll closes.
    #[serde(default)]
    pub hidden: bool,
    /// Who opened it.
    pub initiator: String,
    /// Server clock at opening, milliseconds since 1970. With initiator and title it is the
    /// poll's identity; there is no id.
    pub opened_ms: i64,
}

impl Poll {
    /// Whether `other` is this poll, perhaps with other counts.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.opened_ms == other.opened_ms
            && self.initiator == other.initiator
            && self.title == other.title
    }
}

/// Votes to skip, and how many are needed (which may say 0 though one is required).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Voteskip {
    /// Votes so far.
    pub count: i64,
    /// Votes needed.
    pub need: i64,
}

/// An emote: viewers replace `name` in chat text by the picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Emote {
    /// The text that stands for it.
    pub name: String,
    /// URL of the picture, HTML-escaped by the server.
    pub image: String,
    /// JavaScript regular expression that finds it.
    #[serde(default)]
    pub source: String,
}

/// A chat filter: a regular expression the server applies to every message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatFilter {
    /// Its name.
    pub name: String,
    /// JavaScript regular expression.
    #[serde(default)]
    pub source: String,
    /// Its flags.
    #[serde(default)]
    pub flags: String,
    /// Replacement, HTML.
    #[serde(default)]
    pub replace: String,
    /// Whether it is applied.
    #[serde(default)]
    pub active: bool,
    /// Whether it also sees links.
    #[serde(default, rename = "filterlinks")]
    pub filter_links: bool,
}

/// An entry of the ban list, as of the last time it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ban {
    /// Number to unban by.
    pub id: i64,
    /// Who is banned.
    pub name: String,
    /// Why.
    #[serde(default)]
    pub reason: String,
    /// By whom.
    #[serde(default)]
    pub banned_by: String,
    /// `name` for a ban by name, `address` for one by address.
    #[serde(default)]
    pub scope: BanScope,
    /// The address, cloaked except for site admins; kept only with
    /// `Config::record_moderator_data`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
}

/// What a ban matches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BanScope {
    /// The name.
    #[default]
    Name,
    /// An address or a range of them.
    Address,
}

/// A stored rank of the channel, as of the last time the list was asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChannelRank {
    /// Account name.
    pub name: String,
    /// Its rank in the channel.
    pub rank: Rank,
}

/// One of our own stored playlists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedPlaylist {
    /// Its name.
    pub name: String,
    /// Number of items.
    pub count: i64,
    /// Length in seconds.
    #[serde(rename = "seconds", serialize_with = "plain")]
    pub seconds: f64,
}

/// The channel's own style sheet and script. Never to be executed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CssJs {
    /// Style sheet.
    pub css: String,
    /// Script.
    pub js: String,
}

/// A notice of the site's operators.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcement {
    /// Identity, where the server knows it: old announcements lack one.
    #[serde(default)]
    pub id: Option<String>,
    /// HTML of the title.
    pub title: String,
    /// Text of the body, derived from `html`.
    pub text: String,
    /// HTML of the body, as sent; hostile until sanitised.
    pub html: String,
    /// Who issued it.
    #[serde(default)]
    pub from: String,
}

/// The permission map: the least rank for each right (`src/channel/permissions.js`).
///
/// A missing key means nobody: unregistered channels leave keys out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Permissions(pub BTreeMap<String, Rank>);

impl Permissions {
    /// Whether a user of `rank` has the right. While the playlist is unlocked, rights named
    /// `playlist…` may also come from the `oplaylist…` key.
    ///
    /// ```
    /// use projectionist::{Rank, model::Permissions};
    /// let map = Permissions([("playlistadd", 1.5), ("oplaylistadd", -1.0)]
    ///     .map(|(key, rank)| (key.to_owned(), Rank(rank))).into());
    /// assert!(!map.allows("playlistadd", Rank::GUEST, true));
    /// assert!(map.allows("playlistadd", Rank::GUEST, false));
    /// assert!(!map.allows("kick", Rank(5.0), true), "a missing key means nobody");
    /// ```
    #[must_use]
    pub fn allows(&self, permission: &str, rank: Rank, playlist_locked: bool) -> bool {
        let at_least = |key: &str| self.0.get(key).is_some_and(|least| rank >= *least);
        at_least(permission)
            || (!playlist_locked
                && permission.starts_with("playlist")
                && at_least(&format!("o{permission}")))
    }
}

/// The channel's settings under the wire's key names, without the password
/// (`src/channel/opts.js`). Kept as a map, so that a key a fork adds, or one of another type than
/// expected, costs nothing but itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Options(pub Map<String, Value>);

impl Options {
    /// A switch, such as `allow_voteskip` or `enable_link_regex`.
    #[must_use]
    pub fn flag(&self, key: &str) -> Option<bool> {
        self.0.get(key)?.as_bool()
    }

    /// A number, such as `afk_timeout` (seconds) or `voteskip_ratio`.
    #[must_use]
    pub fn number(&self, key: &str) -> Option<f64> {
        self.0.get(key)?.as_f64()
    }

    /// A text, such as `pagetitle`.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.as_str()
    }

    /// The chat limit for users below rank 2, where the channel sets one: messages in a burst,
    /// messages a second after it, and seconds of silence that restore the burst.
    #[must_use]
    pub fn chat_antiflood(&self) -> Option<(f64, f64, f64)> {
        if !self.flag("chat_antiflood")? {
            return None;
        }
        let params = self.0.get("chat_antiflood_params")?;
        let number = |key: &str| params.get(key)?.as_f64();
        let (burst, sustained) = (number("burst")?, number("sustained")?);
        Some((
            burst,
            sustained,
            number("cooldown").unwrap_or(burst / sustained),
        ))
    }
}
