//! One channel's connections as a state machine: open, log in, join, stay, leave, come back.
//!
//! Pure: frames and moments come in, frames to send and a [`Ended`] with its verdict come out. It
//! dials nothing and waits for nothing itself; the owner asks [`Session::deadline`] and calls
//! [`Session::timeout`]. It knows nothing of channel state: what an event means for the room is
//! the normaliser's business. It may also watch a connection that somebody else drives (a
//! recording): then it sends nothing and decides nothing.

mod ending;
mod join;
mod login;
pub(crate) mod policy;
mod types;

pub use types::Phase;
pub(crate) use types::{Ended, Event, Heard};

use crate::config::{Config, Login};
use crate::cytube::{self, Incoming};
use crate::engineio;
use crate::event::{Connected, DisconnectCause};
use crate::socketio;
use crate::time::Now;
use policy::Retry;
use std::collections::VecDeque;
use std::time::Duration;

/// How long a cookie's greeting may take.
const GREETING_WAIT_MAX: Duration = Duration::from_secs(10);

/// The state machine. See the module's documentation.
#[derive(Debug)]
pub(crate) struct Session {
    settings: Settings,
    /// Whether somebody else drives the connection.
    observing: bool,
    phase: Phase,
    /// When the present phase runs out.
    phase_until: Option<Duration>,
    /// When silence counts as death.
    silent_until: Option<Duration>,
    silence_max: Duration,
    live_since: Option<Duration>,
    connected: bool,
    named: bool,
    /// Whether the room's password was given and refused.
    password_wrong: bool,
    endpoint: String,
    transport: String,
    /// Attempts since the last live session.
    attempt: u32,
    /// The verdict on a kick or move whose end is awaited.
    leaving: Option<Ended>,
    outbox: VecDeque<String>,
    /// Events sent of the session's own accord, not yet counted.
    asked: u32,
}

/// The part of the configuration that a session needs.
#[derive(Clone, Debug)]
struct Settings {
    channel: String,
    login: Login,
    channel_password: Option<crate::secret::Secret>,
    rejoin_after_kick: bool,
    connect_wait_max: Duration,
    join_wait_max: Duration,
    silence_max: Duration,
    password_grace: Duration,
    reset_after: Duration,
}

impl Session {
    pub(crate) fn new(config: &Config, observing: bool) -> Self {
        let settings = Settings {
            channel: config.channel.clone(),
            login: config.login.clone(),
            channel_password: config.channel_password.clone(),
            rejoin_after_kick: config.rejoin_after_kick,
            connect_wait_max: config.connect_wait_max,
            join_wait_max: config.join_wait_max,
            silence_max: config.silence_max,
            password_grace: config.password_grace,
            reset_after: config.reconnect_reset_after,
        };
        Self {
            silence_max: settings.silence_max,
            settings,
            observing,
            phase: Phase::Idle,
            phase_until: None,
            silent_until: None,
            live_since: None,
            connected: false,
            named: false,
            password_wrong: false,
            endpoint: String::new(),
            transport: String::new(),
            attempt: 0,
            leaving: None,
            outbox: VecDeque::new(),
            asked: 0,
        }
    }

    pub(crate) fn phase(&self) -> Phase {
        self.phase
    }

    pub(crate) fn is_live(&self) -> bool {
        self.phase == Phase::Live
    }

    pub(crate) fn is_observing(&self) -> bool {
        self.observing
    }

    /// Attempts since the last live session.
    pub(crate) fn attempt(&self) -> u32 {
        self.attempt
    }

    /// A dial begins.
    pub(crate) fn dialling(&mut self) {
        self.attempt = self.attempt.saturating_add(1);
        self.enter(Phase::Dialling, None);
    }

    /// A dial failed: back to where nothing is under way.
    pub(crate) fn dial_failed(&mut self, fatal: bool) {
        self.enter(if fatal { Phase::Closed } else { Phase::Idle }, None);
    }

    /// The socket is open.
    pub(crate) fn opened(&mut self, now: Now, endpoint: &str, transport: &str) {
        self.endpoint = endpoint.to_owned();
        self.transport = transport.to_owned();
        self.reset_connection();
        self.silence_max = self.settings.silence_max;
        self.silent_until = Some(now.mono + self.silence_max);
        self.enter(
            Phase::Opening,
            Some(now.mono + self.settings.connect_wait_max),
        );
    }

    fn reset_connection(&mut self) {
        (self.connected, self.named, self.password_wrong) = (false, false, false);
        self.leaving = None;
        self.live_since = None;
        self.outbox.clear();
    }

    fn enter(&mut self, phase: Phase, until: Option<Duration>) {
        self.phase = phase;
        self.phase_until = until;
    }

    /// Whether the socket is up, as far as the session knows.
    pub(crate) fn is_open(&self) -> bool {
        !matches!(self.phase, Phase::Idle | Phase::Dialling | Phase::Closed)
    }

    /// The next frame to send.
    pub(crate) fn poll_transmit(&mut self) -> Option<String> {
        self.outbox.pop_front()
    }

    /// Asks the server for something the session needs.
    fn ask<T: serde::Serialize>(&mut self, name: &str, arg: &T) {
        self.asked += 1;
        self.send(name, Some(arg), None);
    }

    /// Events that the session sent of its own accord since the last look: they count against the
    /// site's limit like any others.
    pub(crate) fn take_asked(&mut self) -> u32 {
        std::mem::take(&mut self.asked)
    }

    /// Queues an event for the server; with a number, the server is asked to acknowledge it.
    pub(crate) fn send<T: serde::Serialize>(
        &mut self,
        name: &str,
        arg: Option<&T>,
        ack: Option<u64>,
    ) {
        if self.observing {
            return;
        }
        // Arguments are our own plain data: they serialise.
        if let Ok(packet) = socketio::event(name, arg, ack) {
            self.outbox.push_back(engineio::message(&packet));
        }
    }

    /// When [`Session::timeout`] is due.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        if self.observing || !self.is_open() {
            return None;
        }
        [self.phase_until, self.silent_until]
            .into_iter()
            .flatten()
            .min()
    }

    /// A frame came from the server.
    pub(crate) fn frame<'f>(&mut self, now: Now, frame: &'f str) -> Heard<'f> {
        // Read from the socket together with the end of its session.
        if !self.is_open() {
            return Heard::default();
        }
        self.silent_until = Some(now.mono + self.silence_max);
        match engineio::decode(frame) {
            Ok(engineio::Packet::Message(message)) => self.message(now, frame, message),
            Ok(engineio::Packet::Open(open)) => {
                self.greeted(now, open);
                Heard::default()
            }
            Ok(engineio::Packet::Ping(data)) => {
                if !self.observing {
                    self.outbox.push_back(engineio::pong(data));
                }
                Heard::default()
            }
            Ok(engineio::Packet::Close) => self.end(self.ended_by_server("closed by the server")),
            Ok(engineio::Packet::Pong | engineio::Packet::Upgrade) => Heard::default(),
            Err(error) => Heard {
                malformed: Some((frame, error.to_string())),
                ..Heard::default()
            },
        }
    }

    fn greeted(&mut self, now: Now, open: engineio::Open) {
        // The limit must outlast one ping interval, whatever the configuration says.
        self.silence_max = self
            .silence_max
            .max(open.ping_interval + Duration::from_secs(10));
        self.silent_until = Some(now.mono + self.silence_max);
        if self.phase == Phase::Opening {
            if !self.observing {
                self.outbox
                    .push_back(engineio::message(socketio::connect()));
            }
            self.enter(
                Phase::Connecting,
                Some(now.mono + self.settings.connect_wait_max),
            );
        }
    }

    fn message<'f>(&mut self, now: Now, frame: &'f str, message: &'f str) -> Heard<'f> {
        match socketio::decode(message) {
            Ok(socketio::Packet::Event(packet)) if self.connected => self.event(now, packet),
            // Nothing is said to us any more after the end of the namespace, nor before its start.
            Ok(socketio::Packet::Event(_)) => Heard::default(),
            Ok(socketio::Packet::Connect) => self.accepted(now),
            Ok(socketio::Packet::Disconnect) if self.connected => {
                self.end(self.ended_by_server("dismissed by the server"))
            }
            Ok(socketio::Packet::Disconnect) => Heard::default(),
            Ok(socketio::Packet::ConnectError(message)) => self.refused(message),
            Ok(socketio::Packet::Ack { id, arg }) => Heard {
                acknowledged: Some((id, arg)),
                ..Heard::default()
            },
            // Another namespace than ours is none of our business.
            Err(socketio::PacketError::Namespace) => Heard::default(),
            Err(error) => Heard {
                malformed: Some((frame, error.to_string())),
                ..Heard::default()
            },
        }
    }

    fn accepted(&mut self, now: Now) -> Heard<'static> {
        if self.connected {
            return Heard::default();
        }
        self.connected = true;
        self.named = false;
        let connected = Connected {
            endpoint: self.endpoint.clone(),
            transport: self.transport.clone(),
            attempt: self.attempt.max(1),
        };
        self.begin_login(now);
        Heard {
            connected: Some(connected),
            ..Heard::default()
        }
    }

    fn refused(&mut self, message: String) -> Heard<'static> {
        let retry = policy::classify_refusal(&message);
        let mut ended = self.ended(DisconnectCause::Refused, retry);
        // A lasting refusal belongs into the history even though the session never began.
        ended.was_connected |= ended.retry == Retry::Never;
        ended.detail = Some(message);
        self.end(ended)
    }

    fn event<'f>(&mut self, now: Now, packet: socketio::EventPacket<'f>) -> Heard<'f> {
        let incoming = cytube::decode(&packet.name, packet.arg);
        let ended = match &incoming {
            Ok(incoming) => self.react(now, incoming),
            Err(_) if packet.name == "userlist" => {
                self.entered(now);
                None
            }
            Err(_) => None,
        };
        let event = Event {
            name: packet.name,
            incoming,
            raw: packet.arg,
        };
        let ended = ended.map(|ended| self.finish(ended));
        Heard {
            event: Some(event),
            ended,
            ..Heard::default()
        }
    }

    /// What an event means for the session itself.
    fn react(&mut self, now: Now, incoming: &Incoming<'_>) -> Option<Ended> {
        match incoming {
            Incoming::Kick(reason) => {
                let named = self.settings.login != Login::Anonymous;
                let class = policy::classify_kick(
                    reason.as_deref(),
                    self.settings.rejoin_after_kick,
                    named,
                );
                let mut ended = self.ended(DisconnectCause::Kicked, class.retry);
                ended.detail.clone_from(reason);
                self.leave(now, ended);
                None
            }
            Incoming::PartitionChange(servers) => {
                let retry = Retry::At {
                    delay: Duration::ZERO,
                    servers: servers.clone(),
                };
                let ended = self.ended(DisconnectCause::Moved, retry);
                self.leave(now, ended);
                None
            }
            _ => self
                .react_login(now, incoming)
                .or_else(|| self.react_join(now, incoming)),
        }
    }

    /// Whether a session that was live since then has been so long enough for the delays to start
    /// over.
    pub(crate) fn was_stable(&self, live_since: Option<Duration>, now: Now) -> bool {
        live_since.is_some_and(|since| now.mono >= since + self.settings.reset_after)
    }

    /// Something was sent that we did not send: the frames of a recorded client.
    pub(crate) fn observe_sent(&mut self, now: Now, frame: &str) {
        match engineio::decode(frame) {
            Ok(engineio::Packet::Message(message)) => match socketio::decode(message) {
                Ok(socketio::Packet::Connect) if !self.connected => {
                    self.enter(Phase::Connecting, None);
                }
                Ok(socketio::Packet::Event(event))
                    if event.name == "joinChannel"
                        && self.connected
                        && self.phase != Phase::Live =>
                {
                    self.enter(Phase::Joining, None);
                }
                _ => {}
            },
            _ => self.silent_until = Some(now.mono + self.silence_max),
        }
    }
}

#[cfg(test)]
mod tests;
