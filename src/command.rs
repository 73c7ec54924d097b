//! What a host may ask of the channel, and what can come of it.
//!
//! A command is checked before it is sent: the server answers most mistakes with silence and some
//! with a kick. Checks are pure; they read the state that the host sees. What the check cannot know
//! (a shadow mute, a filter) shows in the [`Outcome`].

use crate::event::Seq;
use crate::number::Rank;
use crate::state::ChannelState;
use serde_json::{Value, json};

/// Something to ask of the channel.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Command {
    /// A line of public chat. Slash commands are the server's (`src/channel/chat.js`).
    Say {
        /// The line.
        text: String,
    },
    /// A private message.
    Pm {
        /// To whom; they must be in the channel.
        to: String,
        /// The text.
        text: String,
    },
}

/// Private messages stay out of `Debug`.
impl std::fmt::Debug for Command {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Say { text } => f.debug_struct("Say").field("text", text).finish(),
            Self::Pm { to, .. } => f.debug_struct("Pm").field("to", to).finish_non_exhaustive(),
        }
    }
}

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
    /// Our rank is below what the channel asks for.
    #[error("not permitted: {permission} needs rank {needed:?}, ours is {ours}")]
    NotPermitted {
        /// The right.
        permission: &'static str,
        /// The least rank; `None`: nobody has it here.
        needed: Option<Rank>,
        /// Our rank.
        ours: Rank,
    },
    /// We are muted.
    #[error("muted in this channel")]
    Muted,
    /// The server would cut the text silently.
    #[error("text of {units} UTF-16 units: at most {max} are sent whole; split it")]
    TooLong {
        /// Length of the text, in UTF-16 units.
        units: usize,
        /// The limit.
        max: usize,
    },
    /// The server drops blank lines silently.
    #[error("the text is blank")]
    Blank,
    /// Not a name a user can have.
    #[error("{0:?} is not a user name")]
    BadName(String),
    /// Private messages to oneself are refused.
    #[error("a private message to ourselves")]
    ToSelf,
    /// Too many commands are waiting, or the server's limit would be reached too late.
    #[error("busy: the server's rate limit leaves no room within {0:?}")]
    Busy(std::time::Duration),
    /// The engine has stopped.
    #[error("the engine is closed")]
    Closed,
    /// The log cannot be written: nothing may be done that could not be recorded.
    #[error("the log cannot be written: {0}")]
    Poisoned(String),
}

/// What came of a command. It is known only once the event that tells it is committed.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// The server did it.
    Confirmed {
        /// The event that shows it, such as our own line of chat.
        seq: Seq,
    },
    /// The server said no.
    Refused {
        /// Its words.
        reason: String,
        /// The event that tells it.
        seq: Seq,
    },
    /// The server said nothing in time: it is silent about many refusals. It may have been done.
    Unanswered,
    /// The connection was lost before an answer. It may have been done; it is never sent again.
    Disconnected,
    /// It was not sent.
    NotSent(CommandError),
}

impl Command {
    /// Stable name, as the log keeps it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Say { .. } => "say",
            Self::Pm { .. } => "pm",
        }
    }

    /// Arguments as the log keeps them, secrets left out.
    pub(crate) fn args(&self) -> Value {
        match self {
            Self::Say { text } => json!({ "text": text }),
            Self::Pm { to, text } => json!({ "to": to, "text": text }),
        }
    }

    /// Event and payload on the wire.
    pub(crate) fn wire(&self) -> (&'static str, Value) {
        match self {
            Self::Say { text } => ("chatMsg", json!({ "msg": text })),
            Self::Pm { to, text } => ("pm", json!({ "to": to, "msg": text })),
        }
    }

    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Say { text } | Self::Pm { text, .. } => text,
        }
    }

    /// Whether it may be sent, as far as can be known from here.
    ///
    /// # Errors
    /// - [`CommandError::NotLive`]: not in the channel.
    /// - [`CommandError::Blank`], [`CommandError::TooLong`], [`CommandError::BadName`],
    ///   [`CommandError::ToSelf`]: the arguments cannot work.
    /// - [`CommandError::NeedsName`], [`CommandError::NotPermitted`], [`CommandError::Muted`]:
    ///   the channel does not let us.
    pub fn check(&self, state: &ChannelState, chat_length_max: usize) -> Result<(), CommandError> {
        check_text(self.text(), chat_length_max)?;
        if let Self::Pm { to, .. } = self {
            let is_name = (1..=20).contains(&to.len())
                && to
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
            if !is_name {
                return Err(CommandError::BadName(to.clone()));
            }
            if state.me.is(to) {
                return Err(CommandError::ToSelf);
            }
        }
        if !state.is_live() {
            return Err(CommandError::NotLive);
        }
        let Some(name) = &state.me.name else {
            return Err(CommandError::NeedsName);
        };
        if let Self::Say { .. } = self {
            permitted(state, "chat")?;
            let muted = state
                .users
                .as_ref()
                .and_then(|u| u.find(name))
                .is_some_and(|u| u.muted);
            if muted {
                return Err(CommandError::Muted);
            }
        }
        Ok(())
    }
}

fn check_text(text: &str, max: usize) -> Result<(), CommandError> {
    if text.trim().is_empty() {
        return Err(CommandError::Blank);
    }
    let units = text.encode_utf16().count();
    if units > max {
        Err(CommandError::TooLong { units, max })
    } else {
        Ok(())
    }
}

fn permitted(state: &ChannelState, permission: &'static str) -> Result<(), CommandError> {
    if state.may(permission) != Some(false) {
        return Ok(());
    }
    let needed = state
        .permissions
        .as_ref()
        .and_then(|map| map.0.get(permission).copied());
    let ours = state.me.rank.unwrap_or(Rank::ANONYMOUS);
    Err(CommandError::NotPermitted {
        permission,
        needed,
        ours,
    })
}
