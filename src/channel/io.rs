//! What goes into a channel and what comes out of it, as values.
//!
//! Frames carry passwords both ways (ours in `login` and `joinChannel`, the room's in
//! `channelOpts`), so `Debug` shows no more of a frame than its event's name.

use crate::command::{Command, Outcome};
use crate::event::DisconnectCause;
use crate::normalise::Unrecorded;
use std::fmt;
use std::time::Duration;

/// Something that happened to the channel.
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
#[derive(Clone, PartialEq)]
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

/// As much of a frame as may be shown: up to the end of its event's name.
struct Shown<'a>(&'a str);

/// Most characters shown of a frame.
const SHOWN_MAX: usize = 40;

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = self.0.split([',', '{']).next().unwrap_or_default();
        let end = head.floor_char_boundary(SHOWN_MAX.min(head.len()));
        let head = head.get(..end).unwrap_or_default();
        let more = if head.len() < self.0.len() { "…" } else { "" };
        write!(f, "{head:?}{more}")
    }
}

impl fmt::Debug for Input<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start => f.write_str("Start"),
            Self::Opened {
                endpoint,
                transport,
            } => f
                .debug_struct("Opened")
                .field("endpoint", endpoint)
                .field("transport", transport)
                .finish(),
            Self::DialFailed { error, fatal } => f
                .debug_struct("DialFailed")
                .field("error", error)
                .field("fatal", fatal)
                .finish(),
            Self::Frame(frame) => f.debug_tuple("Frame").field(&Shown(frame)).finish(),
            Self::Sent(frame) => f.debug_tuple("Sent").field(&Shown(frame)).finish(),
            Self::Closed {
                cause,
                detail,
                code,
            } => f
                .debug_struct("Closed")
                .field("cause", cause)
                .field("detail", detail)
                .field("code", code)
                .finish(),
            Self::Command(id, command) => f
                .debug_tuple("Command")
                .field(&id.0)
                .field(command)
                .finish(),
            Self::Timeout => f.write_str("Timeout"),
            Self::Rejoin => f.write_str("Rejoin"),
            Self::Stop => f.write_str("Stop"),
        }
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dial { delay, servers } => f
                .debug_struct("Dial")
                .field("delay", delay)
                .field("servers", servers)
                .finish(),
            Self::Transmit(frame) => f.debug_tuple("Transmit").field(&Shown(frame)).finish(),
            Self::Close => f.write_str("Close"),
            Self::Settled(id, outcome) => f
                .debug_tuple("Settled")
                .field(&id.0)
                .field(outcome)
                .finish(),
            Self::Timeout(at) => f.debug_tuple("Timeout").field(at).finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p9_no_frame_shows_what_it_carries() {
        for (frame, shown) in [
            (
                "42[\"login\",{\"name\":\"me\",\"pw\":\"hunter2\"}]",
                "\"42[\\\"login\\\"\"…",
            ),
            (
                "42[\"channelPassword\",\"sesame\"]",
                "\"42[\\\"channelPassword\\\"\"…",
            ),
            ("0{\"sid\":\"secret\"}", "\"0\"…"),
            ("40", "\"40\""),
        ] {
            let transmit = Output::Transmit(frame.to_owned());
            assert_eq!(format!("{transmit:?}"), format!("Transmit({shown})"));
            assert_eq!(
                format!("{:?}", Input::Frame(frame)),
                format!("Frame({shown})")
            );
            assert_eq!(
                format!("{:?}", Input::Sent(frame)),
                format!("Sent({shown})")
            );
        }
    }
}
