//! How a command can end.

use crate::event::Seq;
use crate::model::Uid;
use crate::number::Rank;
use std::time::Duration;

/// Why a command was not sent.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// We are not in the channel.
    #[error("not in the channel now: wait for it with wait_live")]
    NotLive,
    /// We have no name, which this needs.
    #[error("anonymous: configure a guest name or an account")]
    NeedsName,
    /// We are a guest, and this needs an account.
    #[error("a guest: this needs an account")]
    NeedsAccount,
    /// Our rank is below what the channel asks for.
    #[error("not permitted: {permission} needs rank {}, ours is {ours}", shown(*.needed))]
    NotPermitted {
        /// The right: a key of the permission map, or the request where the rank is fixed.
        permission: &'static str,
        /// The least rank; `None`: nobody has it here, or it is not known.
        needed: Option<Rank>,
        /// Our rank.
        ours: Rank,
    },
    /// We are muted.
    #[error("muted in this channel")]
    Muted,
    /// The server would cut the text silently.
    #[error("{what} of {units} UTF-16 units: at most {max} are taken whole")]
    TooLong {
        /// Which text.
        what: &'static str,
        /// Its length, in UTF-16 units.
        units: usize,
        /// The limit.
        max: usize,
    },
    /// The server drops blank texts silently.
    #[error("{0} is blank")]
    Blank(&'static str),
    /// Not a name a user can have.
    #[error("{0:?} is not a user name")]
    BadName(String),
    /// An argument that cannot work.
    #[error("{what}: {problem}")]
    BadArgument {
        /// Which.
        what: &'static str,
        /// Why.
        problem: String,
    },
    /// This cannot be done to oneself.
    #[error("that is ourselves")]
    ToSelf,
    /// Whom it is about is not in the channel.
    #[error("{0} is not in the channel")]
    NotHere(String),
    /// No item of the playlist has this number now.
    #[error("no item {} in the playlist now", .0.0)]
    NoSuchItem(Uid),
    /// The playlist was replaced since the number was read: it may mean another item now.
    #[error("item {} is of a playlist that was replaced since: look again", .0.0)]
    StaleItem(Uid),
    /// The channel is not in a state for this; in words.
    #[error("not now: {0}")]
    NotNow(&'static str),
    /// Too many commands are waiting, or the server's limit would be reached too late.
    #[error("busy: the server's rate limit leaves no room within {0:?}")]
    Busy(Duration),
    /// It was kept for the next join, which did not come in time.
    #[error("expired: no join within {0:?}")]
    Expired(Duration),
    /// It may not be kept for later; in words.
    #[error("not kept for later: {0}")]
    NotKept(&'static str),
    /// The engine is closed.
    #[error("the engine is closed")]
    Closed,
    /// The log cannot be written: nothing may be done that could not be recorded.
    #[error("the log cannot be written: {0}")]
    Poisoned(String),
}

fn shown(needed: Option<Rank>) -> String {
    needed.map_or_else(|| "that nobody has".to_owned(), |rank| rank.to_string())
}

/// What came of a command. It is known only once the event that tells it is committed.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// The server did it, as far as can be seen: a line of a shadow-muted speaker comes back like
    /// any other.
    Confirmed {
        /// The event that shows it, such as our own line of chat.
        seq: Seq,
        /// The items that were added, for commands that add some.
        uids: Vec<Uid>,
    },
    /// Nothing was sent: the channel was as wanted already.
    AlreadySo {
        /// As of this event.
        seq: Seq,
    },
    /// The server said no.
    Refused {
        /// Its words.
        reason: String,
        /// The event that tells it.
        seq: Seq,
    },
    /// The server said nothing in time: it is silent about many refusals, and some commands it
    /// never answers. It may have been done.
    Unanswered,
    /// The connection was lost before an answer. It may have been done; it is never sent again.
    Disconnected,
    /// The engine closed before the next join: the log keeps it, and the next engine on this log
    /// sends it, unless its time is up by then.
    Kept {
        /// Its `command_kept`.
        seq: Seq,
    },
    /// It was not sent.
    NotSent(CommandError),
}

impl Outcome {
    /// Stable name, as the log keeps it: `confirmed already_so refused unanswered disconnected
    /// expired not_sent` (and `kept`, which is in the log as the command itself). The log also knows `unknown`, for commands under way when the process
    /// died: nobody is left to hold a receipt of those.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Confirmed { .. } => "confirmed",
            Self::AlreadySo { .. } => "already_so",
            Self::Refused { .. } => "refused",
            Self::Unanswered => "unanswered",
            Self::Disconnected => "disconnected",
            Self::Kept { .. } => "kept",
            Self::NotSent(CommandError::Expired(_)) => "expired",
            Self::NotSent(_) => "not_sent",
        }
    }

    /// In words, where there is more to say than the name.
    #[must_use]
    pub fn detail(&self) -> Option<String> {
        match self {
            Self::Refused { reason, .. } => Some(reason.clone()),
            Self::NotSent(error) => Some(error.to_string()),
            _ => None,
        }
    }

    /// Whether the channel is as the command wanted it.
    #[must_use]
    pub fn is_done(&self) -> bool {
        matches!(self, Self::Confirmed { .. } | Self::AlreadySo { .. })
    }
}
