//! Bodies of the events about the connection: what began it, what it brought, how it ended.

use crate::event::NowPlaying;
use crate::event::Seq;
use crate::model::{CssJs, Emote, Item, Options, Permissions, PlaylistMeta, Poll, Uid, User};
use crate::number::Rank;
use serde::{Deserialize, Deserializer, Serialize};

/// `connected`: the socket is open and the server has accepted our connect packet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connected {
    /// Scheme, host and port of the socket server.
    pub endpoint: String,
    /// `websocket`, `polling`, or `recording` for an ingested one.
    pub transport: String,
    /// Which attempt this was since the last live session, from 1.
    pub attempt: u32,
}

/// `login`: the server's answer to a login, or its greeting to a cookie.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedIn {
    /// Whether we now have a name.
    pub success: bool,
    /// Our name in the server's capitalisation.
    #[serde(default)]
    pub name: Option<String>,
    /// Whether the name has no account behind it; unknown where the server does not say.
    #[serde(default)]
    pub guest: Option<bool>,
    /// Why not.
    #[serde(default)]
    pub error: Option<String>,
    /// Seconds the server asks guests to wait, parsed from `error`.
    #[serde(default)]
    pub retry_after_s: Option<u64>,
}

/// `joined`: a whole join burst. Each part is absent where it equals the state before, `null`
/// where the channel has none (or, for lists, where we may not see it), and else whole.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Joined {
    /// The permission map.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    pub permissions: Option<Option<Permissions>>,
    /// Whether the playlist is locked.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    pub locked: Option<Option<bool>>,
    /// Emotes, in order.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    pub emotes: Option<Option<Vec<Emote>>>,
    /// The drink counter.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    pub drink_count: Option<Option<i64>>,
    /// Style sheet and script.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    pub css_js: Option<Option<CssJs>>,
    /// Message of the day, HTML.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    pub motd: Option<Option<String>>,
    /// Settings, without the password.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    pub options: Option<Option<Options>>,
    /// The server's count of the playlist.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    pub playlist_meta: Option<Option<PlaylistMeta>>,
    /// The playlist; `null`: we may not see it.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    pub playlist: Option<Option<Vec<Item>>>,
    /// The item that plays; `null`: none.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    pub current: Option<Option<Uid>>,
    /// What plays; `null`: nothing.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    pub media: Option<Option<NowPlaying>>,
    /// The open poll; `null`: none.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    pub poll: Option<Option<Poll>>,
    /// The named users.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    pub users: Option<Option<Vec<User>>>,
    /// The leader's name; `null`: none.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    pub leader: Option<Option<String>>,
    /// Viewers, anonymous ones included; `null`: not told yet.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    pub user_count: Option<Option<i64>>,
    /// Whether the channel is registered.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    pub registered: Option<Option<bool>>,
    /// As whom we see all this.
    pub viewpoint: Viewpoint,
    /// What became of the replayed chat.
    pub replay: Replay,
}

/// `Some(None)` for an explicit null, where serde by itself would say `None`.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    d: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(d).map(Some)
}

/// As whom a burst was seen: the server shows different things to different ranks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Viewpoint {
    /// Our name; `null` while anonymous.
    pub name: Option<String>,
    /// Whether our name has no account behind it.
    pub guest: Option<bool>,
    /// Our rank.
    pub rank: Option<Rank>,
}

/// How a burst's replayed chat met the log's tail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replay {
    /// Messages the server sent again (at most 15).
    pub received: u32,
    /// Those the log lacked: they follow as `message` events of origin `replay`.
    pub new: u32,
    /// Those the log already had.
    pub overlap: u32,
}

/// `own_rank`: our effective rank in this channel changed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct OwnRank {
    /// The rank.
    pub rank: Rank,
}

/// `kicked`: the server put us out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kicked {
    /// Its words; absent when a message of ours held a blacklisted domain.
    #[serde(default)]
    pub reason: Option<String>,
    /// What we make of it, such as `duplicate_login` or `moderator`.
    pub class: String,
}

/// `disconnected`: the connection ended, one way or another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disconnected {
    /// What ended it.
    pub cause: DisconnectCause,
    /// In words.
    #[serde(default)]
    pub detail: Option<String>,
    /// WebSocket close code, where there was a close frame.
    #[serde(default)]
    pub close_code: Option<u16>,
    /// When the next attempt is due; `null`: none, the engine stays down.
    #[serde(default)]
    pub retry_in_ms: Option<u64>,
}

/// What ends a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DisconnectCause {
    /// The transport ended without a word: network, restart or crash of the server.
    Closed,
    /// A kick, told in the `kicked` event before.
    Kicked,
    /// The server ended the session (packet `41`) without a kick.
    Dismissed,
    /// The server refused the session (packet `44`).
    Refused,
    /// The login failed for good.
    LoginFailed,
    /// The room's password is missing or wrong.
    PasswordNeeded,
    /// The room does not admit anonymous viewers.
    AnonymousBlocked,
    /// The channel moved to another server.
    Moved,
    /// Nothing came for longer than the silence limit.
    Silence,
    /// The join did not complete in time.
    JoinTimeout,
    /// The server broke the protocol, for instance by a frame that is too large.
    Protocol,
    /// We stopped.
    Stopped,
    /// Found at opening: the process that held the log died without closing it.
    Crash,
}

impl DisconnectCause {
    /// The stored word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Kicked => "kicked",
            Self::Dismissed => "dismissed",
            Self::Refused => "refused",
            Self::LoginFailed => "login_failed",
            Self::PasswordNeeded => "password_needed",
            Self::AnonymousBlocked => "anonymous_blocked",
            Self::Moved => "moved",
            Self::Silence => "silence",
            Self::JoinTimeout => "join_timeout",
            Self::Protocol => "protocol",
            Self::Stopped => "stopped",
            Self::Crash => "crash",
        }
    }
}

/// `chat_gap`: the replayed chat and the log's tail have nothing in common: messages are missing
/// between `last_seq` and the messages of origin `replay` that follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatGap {
    /// The last message before the gap.
    pub last_seq: Option<Seq>,
    /// Its server time, milliseconds.
    pub last_sent_ms: Option<i64>,
    /// Server time of the first message after the gap, milliseconds.
    pub first_replayed_ms: Option<i64>,
    /// How many messages the replay held.
    pub received: u32,
}

/// `shed`: frames that were left unrecorded under pressure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shed {
    /// Which event they were.
    pub kind: String,
    /// How many.
    pub count: u64,
}

/// `password_needed`: the room asks for its password, or no longer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordNeeded {
    /// Whether one was given and was wrong.
    pub wrong: bool,
    /// Whether the question is settled (`cancelNeedPassword`).
    pub settled: bool,
}

/// `moved`: the channel is served elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// The new servers' URLs; empty where the server only says "elsewhere".
    pub servers: Vec<String>,
}
