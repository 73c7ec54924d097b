//! What goes over the control socket, one JSON object a line.

use projectionist::{Command, CommandError, Outcome, Seq, channel::RedactError};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Longest line that is read: no frame to a server may be longer, and a command becomes one.
pub(super) const LINE_BYTES_MAX: u64 = 2 << 20;

/// The one command that is not for the server: `args` are the body of the redaction.
pub(crate) const REDACT: &str = "redact";

/// A command by name and arguments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Request {
    pub(crate) command: String,
    #[serde(default)]
    pub(crate) args: Value,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Reply {
    /// The outcome's name, or `error` where the command does not read.
    pub(crate) outcome: String,
    /// In words, where there is more to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) detail: Option<String>,
    /// The event that tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) seq: Option<u64>,
    /// Items that were added.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) uids: Vec<i64>,
}

impl Reply {
    /// A command that does not read.
    pub(crate) fn error(detail: String) -> Self {
        Self {
            outcome: "error".to_owned(),
            detail: Some(detail),
            seq: None,
            uids: Vec::new(),
        }
    }

    /// An outcome; `None` where there is none yet.
    pub(crate) fn of(outcome: Option<&Outcome>) -> Self {
        let Some(outcome) = outcome else {
            let detail = "no outcome in the time given; it may still be done";
            return Self::error(detail.to_owned());
        };
        let (seq, uids) = match outcome {
            Outcome::Confirmed { seq, uids } => (Some(seq.0), uids.iter().map(|u| u.0).collect()),
            Outcome::AlreadySo { seq } | Outcome::Refused { seq, .. } | Outcome::Kept { seq } => {
                (Some(seq.0), Vec::new())
            }
            _ => (None, Vec::new()),
        };
        Self {
            outcome: outcome.name().to_owned(),
            detail: outcome.detail(),
            seq,
            uids,
        }
    }

    /// A redaction; without an event where there was nothing to hide.
    pub(crate) fn redacted(redacted: Result<Option<Seq>, RedactError>) -> Self {
        let (outcome, seq, detail) = match redacted {
            Ok(Some(seq)) => ("confirmed", Some(seq.0), None),
            Ok(None) => ("already_so", None, None),
            Err(error) => ("refused", None, Some(error.to_string())),
        };
        Self {
            outcome: outcome.to_owned(),
            detail,
            seq,
            uids: Vec::new(),
        }
    }

    /// A command that was not taken.
    pub(crate) fn not_sent(error: CommandError) -> Self {
        Self::of(Some(&Outcome::NotSent(error)))
    }

    /// Whether the channel is as the command wanted it.
    pub(crate) fn is_done(&self) -> bool {
        matches!(self.outcome.as_str(), "confirmed" | "already_so")
    }
}

impl Request {
    /// The command, if it reads.
    pub(crate) fn command(&self) -> Result<Command, Reply> {
        Command::parse(&self.command, &self.args).map_err(|error| Reply::error(error.to_string()))
    }
}
