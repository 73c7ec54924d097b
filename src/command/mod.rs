//! What a host may ask of the channel, and what can come of it.
//!
//! A command is checked before it is sent: the server answers most mistakes with silence and some
//! with a kick. Checks are pure; they read the state that the host sees. What a check cannot know
//! (a shadow mute, a filter) shows in the [`Outcome`], or nowhere: a shadow-muted line comes back
//! to its speaker like any other.

mod answer;
mod arguments;
mod check;
mod complaint;
mod outcome;
mod rights;
mod split;
mod wire;

pub use crate::media_link::{MediaLinkError, MediaRef};
pub(crate) use answer::Answer;
pub use arguments::{BanRange, Position, SearchSource};
pub(crate) use complaint::Fit;
pub use outcome::{CommandError, Outcome};
pub use split::split_text;
pub use vocabulary::Command;
pub(crate) use wire::{Wire, spoken};

use serde_json::{Value, json};

macro_rules! commands {
    ($($(#[$doc:meta])* $variant:ident $({ $($(#[$field_meta:meta])* $field:ident: $type:ty,)* })? = $name:literal;)*) => {
        /// Something to ask of the channel. "Needs `key`" names the right in the permission map
        /// (`src/channel/permissions.js`); [`Command::check`] looks at it.
        ///
        /// ```
        /// use projectionist::Command;
        /// let args = serde_json::json!({ "uid": 7, "after": "prepend" });
        /// let command = Command::parse("move", &args).unwrap();
        /// assert_eq!(command.name(), "move");
        /// assert!(Command::parse("move", &serde_json::json!({ "uid": "seven" })).is_err());
        /// ```
        #[derive(Clone, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "command", content = "args", deny_unknown_fields)]
        #[non_exhaustive]
        pub enum Command {
            $($(#[$doc])* #[serde(rename = $name)] $variant $({ $($(#[$field_meta])* $field: $type,)* })?,)*
        }

        impl Command {
            /// The names of all commands.
            pub const NAMES: &'static [&'static str] = &[$($name),*];

            /// Stable name, as the log keeps it.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant { .. } => $name,)*
                }
            }
        }
    };
}

mod vocabulary;

/// A command that does not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CommandSyntax {
    /// No command has this name.
    #[error("no command is called {0:?}: see Command::NAMES")]
    Unknown(String),
    /// The arguments do not fit the command.
    #[error("arguments of {name}: {problem}")]
    Args {
        /// The command.
        name: &'static str,
        /// What does not fit.
        problem: String,
    },
}

impl Command {
    /// Reads a command from its name and its arguments as JSON (`null` and `{}` for none).
    ///
    /// # Errors
    /// - [`CommandSyntax::Unknown`]: no such command.
    /// - [`CommandSyntax::Args`]: an argument is missing, unknown or of another type.
    pub fn parse(name: &str, args: &Value) -> Result<Self, CommandSyntax> {
        let known = Self::NAMES.iter().find(|known| **known == name);
        let name = *known.ok_or_else(|| CommandSyntax::Unknown(name.to_owned()))?;
        let is_empty = args.is_null() || args.as_object().is_some_and(serde_json::Map::is_empty);
        if is_empty && let Ok(command) = serde_json::from_value(json!({ "command": name })) {
            return Ok(command);
        }
        let args = if args.is_null() {
            json!({})
        } else {
            args.clone()
        };
        serde_json::from_value(json!({ "command": name, "args": args })).map_err(|error| {
            CommandSyntax::Args {
                name,
                problem: crate::json::fault(&error),
            }
        })
    }

    /// Arguments as the log keeps them, secrets left out.
    #[must_use]
    pub fn args(&self) -> Value {
        // Plain data with string keys: it serialises.
        let mut whole = serde_json::to_value(self).unwrap_or_default();
        let mut args = whole.get_mut("args").map(Value::take).unwrap_or(json!({}));
        if let Some(password) = args.pointer_mut("/options/password") {
            *password = json!(WITHHELD);
        }
        args
    }

    /// Whether an argument is a secret, which no log may keep.
    pub(crate) fn has_secret(&self) -> bool {
        matches!(self, Self::SetOptions { options } if options.contains_key("password"))
    }
}

/// What stands in the log for a secret.
const WITHHELD: &str = "(withheld)";

/// Private messages and secrets stay out of `Debug`.
impl std::fmt::Debug for Command {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let args = match self {
            Self::Pm { to, .. } => json!({ "to": to }),
            other => other.args(),
        };
        write!(f, "{} {args}", self.name())
    }
}

#[cfg(test)]
mod tests;
