//! What goes into a channel and what comes out of it.

use crate::command::{Command, Outcome};
use crate::event::DisconnectCause;
use crate::normalise::Unrecorded;
use std::time::Duration;

/// Something that happened to the channel.
#[derive(Debug)]
#[non_exhaustive]
pub enum Input<'a> {
    /// Begin: dial.
    Start,
    /// A dial succeeded.
    Opened {
        /// Scheme, host and port of the socket server.
        endpoint: &'a str,
        /// What carries the frames.
        transport: &'a str,
    },
    /// A dial failed.
    DialFailed {
        /// Why.
        error: String,
        /// Whether trying again cannot help.
        fatal: bool,
    },
    /// A frame came.
    Frame(&'a str),
    /// A recorded client sent a frame; only for channels that observe.
    Sent(&'a str),
    /// The transport ended.
    Closed {
        /// What ended it.
        cause: DisconnectCause,
        /// In words.
        detail: Option<String>,
        /// WebSocket close code.
        code: Option<u16>,
    },
    /// The host asks for something.
    Command(CommandId, Command),
    /// Time has passed.
    Timeout,
    /// Come back after a final end.
    Rejoin,
    /// Stop for good.
    Stop,
}

/// The host's number for a command, to find its outcome by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommandId(pub u64);

/// Something the owner is to do.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Output {
    /// Dial after a delay, at the servers given, or where discovery says.
    Dial {
        /// How long to wait first.
        delay: Duration,
        /// Socket servers; empty: discover.
        servers: Vec<String>,
    },
    /// Send a frame.
    Transmit(String),
    /// Drop the transport.
    Close,
    /// A command has its outcome.
    Settled(CommandId, Outcome),
    /// Nothing more to do until this moment (`None`: until the next input).
    Timeout(Option<Duration>),
}

/// Figures about a channel's work since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Frames that came.
    pub frames: u64,
    /// Events appended.
    pub events: u64,
    /// Transactions committed.
    pub commits: u64,
    /// Frames that left no event.
    pub unrecorded: Unrecorded,
}
