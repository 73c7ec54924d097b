//! A command that has not been sent: it waits for its turn, or for the next join.

use super::CommandId;
use crate::command::Command;
use crate::event::Seq;
use std::time::Duration;

/// A command that waits for its turn on the wire.
#[derive(Debug)]
pub(super) struct Waiting {
    /// The host's number; `None` where no host waits: it was kept by an engine before this one.
    pub(super) id: Option<CommandId>,
    pub(super) command: Command,
    pub(super) until: Duration,
    /// The head when it was handed over: numbers of items are of that list.
    pub(super) seen: Seq,
    /// Its `command_kept`, if the log keeps it.
    pub(super) kept: Option<Kept>,
}

/// What the log says of a command it keeps.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) seq: Seq,
    pub(super) corr: String,
}
