//! What a session is told by and tells: its phases, what a frame brought, how it ended.

use super::policy::Retry;
use crate::cytube::{Incoming, Misfit};
use crate::event::{Connected, DisconnectCause};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::time::Duration;

/// Where in its life the session is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// Nothing is under way.
    #[default]
    Idle,
    /// A dial is under way, or waits for its time.
    Dialling,
    /// The socket is open; the server's greeting has not come.
    Opening,
    /// Our connect packet is sent.
    Connecting,
    /// A cookie was sent: the server is about to greet us by name, or not.
    Greeting,
    /// A login is sent.
    LoggingIn,
    /// The server asked guests to wait; the same login follows.
    LoginWaiting,
    /// `joinChannel` is sent.
    Joining,
    /// The room wants a password; a moderator's login may still spare it.
    PasswordWaiting,
    /// In the channel.
    Live,
    /// The server is ending the session: a kick or a move was told, its end is awaited.
    Leaving,
    /// Down for good, until told to rejoin.
    Closed,
}

/// The end of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    /// What ended it.
    pub(crate) cause: DisconnectCause,
    /// In words.
    pub(crate) detail: Option<String>,
    /// WebSocket close code.
    pub(crate) close_code: Option<u16>,
    /// What to do now.
    pub(crate) retry: Retry,
    /// Whether the connection had been accepted: only such an end is worth a record.
    pub(crate) was_connected: bool,
    /// Since when it had been live, if it was.
    pub(crate) live_since: Option<Duration>,
}

/// What one frame brought.
#[derive(Debug, Default)]
pub(crate) struct Heard<'f> {
    /// The server accepted our connect packet.
    pub(crate) connected: Option<Connected>,
    /// An event of the server.
    pub(crate) event: Option<Event<'f>>,
    /// The server acknowledged the event we sent as this number.
    pub(crate) acknowledged: Option<(u64, Option<&'f RawValue>)>,
    /// A frame that does not read, and why.
    pub(crate) malformed: Option<(&'f str, String)>,
    /// The connection ended.
    pub(crate) ended: Option<Ended>,
}

/// An event of the server, typed where it fits.
#[derive(Debug)]
pub(crate) struct Event<'f> {
    pub(crate) name: Cow<'f, str>,
    pub(crate) incoming: Result<Incoming<'f>, Misfit>,
    pub(crate) raw: Option<&'f RawValue>,
}
