//! Bodies of the events about users and their chat.

use crate::model::{Profile, User};
use crate::number::Rank;
use serde::{Deserialize, Serialize};

/// `message`: a line of chat, live or replayed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Who said it, joined from the user list of that moment.
    pub user: Author,
    /// HTML as sent; hostile until sanitised. Emotes are not expanded.
    pub html: String,
    /// Plain text: tags stripped, entities decoded.
    pub text: String,
    /// How viewers show it.
    #[serde(default)]
    pub style: Style,
    /// Who speaks: a user, or the server under a bracketed name.
    #[serde(default)]
    pub source: Source,
    /// Shown to moderators only: the author is shadow-muted.
    #[serde(default, skip_serializing_if = "is_false")]
    pub shadow: bool,
    /// The rank the author chose to show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modflair: Option<Rank>,
    /// Viewers show the name even where they would fold it into the line above.
    #[serde(default, skip_serializing_if = "is_false")]
    pub forced_name: bool,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

/// The author of a message. What the user list did not tell is `null`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Author {
    /// Display name; `[server]` and `[voteskip]` are no users.
    pub name: String,
    /// Rank at the time.
    pub rank: Option<Rank>,
    /// Whether away at the time.
    pub afk: Option<bool>,
    /// Whether muted at the time.
    pub muted: Option<bool>,
}

/// How a message is shown (`meta.addClass`, `meta.action`; `src/channel/chat.js`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Style {
    /// Nothing special.
    #[default]
    Plain,
    /// `/me`: shown as "name text".
    Action,
    /// Starts with `>`.
    Greentext,
    /// `/sp`: hidden until hovered.
    Spoiler,
    /// `/say`.
    Shout,
    /// `/d`.
    Drink,
    /// A notice of the server.
    Notice,
    /// A class this build does not know.
    Other,
}

/// Who speaks in a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A user.
    #[default]
    User,
    /// The server (`[server]`), to moderators mostly.
    Server,
    /// The vote-skip module (`[voteskip]`).
    Voteskip,
}

/// `pm`: a private message to or from us. Never replayed by the server.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrivateMessage {
    /// Sender.
    pub from: String,
    /// Receiver.
    pub to: String,
    /// `in` or `out`, seen from us.
    pub direction: Direction,
    /// HTML as sent.
    pub html: String,
    /// Plain text.
    pub text: String,
}

/// Private: the text stays out of `Debug`.
impl std::fmt::Debug for PrivateMessage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PrivateMessage")
            .field("direction", &self.direction)
            .finish_non_exhaustive()
    }
}

/// Which way a private message went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// To us.
    In,
    /// From us.
    Out,
}

/// `chat_clear`: a moderator emptied the chat; the server's replay buffer is empty too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatCleared {
    /// By whom.
    pub by: String,
}

/// `drink_count`: the drink counter's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrinkCounted {
    /// May be negative.
    pub count: i64,
}

/// `user_join`: a named user is in the room. Also the moment an anonymous viewer takes a name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserJoined {
    /// The user; the rank may still be the global one, `user_rank` then follows.
    pub user: User,
}

/// `user_leave`: a named user left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserLeft {
    /// Name as the server wrote it.
    pub name: String,
    /// The user as last known; `null` if we never saw it.
    pub user: Option<User>,
}

/// `user_list`: the whole list, outside a join; sent when our own rank changes what we may see.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserList {
    /// All named users.
    pub users: Vec<User>,
}

/// `user_rank`: someone's rank was set, present or not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserRanked {
    /// Name, in the case the moderator typed.
    pub name: String,
    /// The new rank.
    pub rank: Rank,
    /// The rank before, where the user was known.
    pub before: Option<Rank>,
}

/// `user_meta`: someone went away, came back, was muted or unmuted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserMeta {
    /// Name; never empty (the server also reports nameless viewers, which are left out).
    pub name: String,
    /// Away from keyboard.
    pub afk: bool,
    /// Muted.
    pub muted: bool,
    /// Both, before; `null` if the user was not known.
    pub before: Option<MetaBefore>,
    /// What only moderators see; kept only with `Config::record_moderator_data`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moderator: Option<crate::model::ModeratorData>,
}

/// The flags of a user before a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetaBefore {
    /// Away from keyboard.
    pub afk: bool,
    /// Muted.
    pub muted: bool,
}

/// `user_profile`: an account edited its picture or text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserProfile {
    /// Whose.
    pub name: String,
    /// The new profile.
    pub profile: Profile,
}

/// `user_count`: viewers, anonymous ones included; at most every 10 s.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserCounted {
    /// How many.
    pub count: i64,
}

/// `leader_change`: who controls playback.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaderChanged {
    /// Name; `null`: nobody.
    pub name: Option<String>,
}
