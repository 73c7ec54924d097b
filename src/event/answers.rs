//! Bodies of the server's answers to us, and of our own records.

use crate::event::Seq;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// `error`: the server's complaint. It does not say about what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerError {
    /// In words.
    pub msg: String,
    /// A code, where there is one (`REQ_PLAYLIST_LIMIT_REACHED`).
    #[serde(default)]
    pub code: Option<String>,
    /// Whether viewers show it as an alert.
    #[serde(default)]
    pub alert: bool,
}

/// `queue_fail`: an item was not added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueFailed {
    /// Why.
    pub msg: String,
    /// A link to the media.
    #[serde(default)]
    pub link: Option<String>,
    /// The id that was asked for.
    #[serde(default)]
    pub id: Option<String>,
}

/// `queue_warn`: an item was added, with a remark.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueWarned {
    /// The remark.
    pub msg: String,
    /// A link to the media.
    #[serde(default)]
    pub link: Option<String>,
}

/// `cooldown`: a line of chat was dropped because we sent too fast.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cooldown {
    /// Milliseconds to leave between lines.
    #[serde(serialize_with = "crate::number::plain")]
    pub wait_ms: f64,
}

/// `noflood`: a request failed: we are muted, or a command was malformed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoFlood {
    /// What was tried: `chat` or a command.
    pub action: String,
    /// In words.
    pub msg: String,
}

/// `spam_filtered`: a line of chat was dropped because our account is too new.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpamFiltered {
    /// `NEW_USER_CHAT` or `NEW_USER_CHAT_LINK`.
    pub reason: String,
}

/// `validation`: a setting was accepted or refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validation {
    /// The setting's name.
    pub target: String,
    /// Why it was refused; `null`: accepted.
    #[serde(default)]
    pub message: Option<String>,
}

/// `rank_fail`: a rank was not changed, or only until the user leaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RankFailed {
    /// In words.
    pub msg: String,
}

/// `large_state_warning`: the server cannot save the channel any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LargeState {
    /// Bytes it may have.
    pub limit: i64,
    /// Bytes it has.
    pub actual: i64,
}

/// `command_kept`: a command that waits in the log for the next join.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CommandKept {
    /// Name of the command, such as `say`.
    pub command: String,
    /// Its arguments.
    pub args: Value,
    /// Until when, in milliseconds since 1970; after that it is not sent any more.
    pub until_ms: i64,
}

/// `command_sent`: we asked for something. Secrets are left out of `args`; `cause_seq` is its
/// `command_kept`, if it has one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CommandSent {
    /// Name of the command, such as `say`.
    pub command: String,
    /// Its arguments.
    pub args: Value,
}

/// `command_settled`: what came of it; `cause_seq` is its `command_sent`, or its `command_kept` if it
/// was never sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CommandSettled {
    /// `confirmed`, `already_so`, `refused`, `unanswered`, `disconnected`, `not_sent`, `expired`, or
    /// `unknown`: it was on the wire when the process died.
    pub outcome: String,
    /// In words, where there are any.
    #[serde(default)]
    pub detail: Option<String>,
    /// The event that settled it.
    #[serde(default)]
    pub by: Option<Seq>,
    /// Name of the command, where no event before this one tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// Its arguments, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub args: Option<Value>,
}

/// `import`: what follows was brought in from elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// From what.
    pub source: String,
    /// The label of the connection within it.
    #[serde(default)]
    pub conn: Option<String>,
    /// A hash of it, so that it is not brought in twice.
    #[serde(default)]
    pub digest: Option<String>,
    /// The tables of another bot's database, with their rows: all that there were, at the beginning of
    /// an import; those whose rows are in `raw`, where an event keeps rows that have no time.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tables: BTreeMap<String, u64>,
}

/// `unrecognised`: a frame this build does not understand; its raw text is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unrecognised {
    /// The event's name on the wire; empty where the frame has none.
    pub name: String,
    /// Why: an unknown name, or what does not fit.
    pub why: String,
}
