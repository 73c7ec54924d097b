//! Inner parts for benches, fuzzing and the simulator, outside the promise of stability.
//!
//! Nothing here is needed by a host; all of it may change in any release.

use crate::backoff::JitteredBackoff;
use crate::config::{Config, Pace};
use crate::engineio;
use crate::normalise::{Context, Normaliser, Raw};
use crate::pacer::{Grant, Pacer};
use crate::retry::RetryDelays;
use crate::session::{Heard, Session};
use crate::socketio;
use crate::state::ChannelState;
use crate::time::Now;
use serde_json::value::RawValue;
use std::time::Duration;

/// The delays that an engine of this configuration draws from a seed.
#[must_use]
pub fn retry_delays(config: &Config, seed: u64) -> Box<dyn RetryDelays> {
    let (min, max) = (config.reconnect_delay_min, config.reconnect_delay_max);
    Box::new(JitteredBackoff::new(min, max, seed))
}

/// What paces the dials of a process, for one site.
#[derive(Debug, Default)]
pub struct DialPacer(Pacer);

impl DialPacer {
    /// Starts a dial, if one may start `now`; else says when to ask again, if time alone decides.
    ///
    /// # Errors
    /// - The moment to ask again; none: not before a socket is given back.
    pub fn reserve(
        &mut self,
        pace: Pace,
        guest_login: bool,
        now: Duration,
    ) -> Result<(), Option<Duration>> {
        match self.0.reserve("", pace, guest_login, now) {
            Grant::Now => Ok(()),
            Grant::At(at) => Err(Some(at)),
            Grant::WhenReleased => Err(None),
        }
    }

    /// Gives back the socket of a dial.
    pub fn release(&mut self) {
        self.0.release("");
    }
}

/// Frames to events and no further: no log, no fold.
pub struct FrameReader {
    session: Session,
    normaliser: Normaliser,
    state: ChannelState,
}

impl FrameReader {
    /// A reader that watches a connection under the given configuration.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let mut session = Session::new(config, true);
        session.opened(Now::from_millis(0), "", "");
        Self {
            session,
            normaliser: Normaliser::new(config),
            state: ChannelState::default(),
        }
    }

    /// Reads one frame; gives back how many events it made.
    pub fn read(&mut self, now: Now, frame: &str) -> usize {
        let Heard {
            connected, event, ..
        } = self.session.frame(now, frame);
        if connected.is_some() {
            self.normaliser.reset();
        }
        let Some(event) = event else { return 0 };
        let state = &self.state;
        let context = Context {
            now,
            at: now.wall,
            state,
            next_seq: state.seq.next(),
        };
        let settled = match &event.incoming {
            Ok(incoming) => self.normaliser.settle(context, incoming).len(),
            Err(_) => 0,
        };
        let raw = Raw {
            name: &event.name,
            payload: event.raw,
        };
        settled
            + usize::from(
                self.normaliser
                    .event(context, &raw, event.incoming)
                    .is_some(),
            )
    }
}

/// One frame as the two packet codecs read it, owned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Packet {
    /// The greeting of Engine.IO, and after how many milliseconds of silence a connection is dead.
    Greeting(u128),
    /// Engine.IO asks for an answer with these data.
    Ping(String),
    /// An event: its name and the JSON of its first argument.
    Event(String, Option<String>),
    /// An acknowledgement: its number and the JSON of its first argument.
    Ack(u64, Option<String>),
    /// The server turns us away, with these words.
    Refused(String),
    /// A packet without content.
    Bare,
    /// No packet, in words.
    Misfit(String),
}

/// Reads one frame.
#[must_use]
pub fn read_packet(frame: &str) -> Packet {
    let message = match engineio::decode(frame) {
        Ok(engineio::Packet::Message(message)) => message,
        Ok(engineio::Packet::Open(open)) => {
            return Packet::Greeting(open.ping_interval.as_millis());
        }
        Ok(engineio::Packet::Ping(data)) => return Packet::Ping(data.to_owned()),
        Ok(_) => return Packet::Bare,
        Err(error) => return Packet::Misfit(error.to_string()),
    };
    let json = |arg: Option<&RawValue>| arg.map(|arg| arg.get().to_owned());
    match socketio::decode(message) {
        Ok(socketio::Packet::Event(event)) => {
            Packet::Event(event.name.into_owned(), json(event.arg))
        }
        Ok(socketio::Packet::Ack { id, arg }) => Packet::Ack(id, json(arg)),
        Ok(socketio::Packet::ConnectError(words)) => Packet::Refused(words),
        Ok(_) => Packet::Bare,
        Err(error) => Packet::Misfit(error.to_string()),
    }
}

/// Writes an event as a frame.
///
/// # Errors
/// None in practice: a name and raw JSON have a JSON form.
pub fn write_event(name: &str, arg: Option<&RawValue>) -> Result<String, serde_json::Error> {
    socketio::event(name, arg.as_ref(), None).map(|packet| engineio::message(&packet))
}

/// Answers a ping that came with these data.
#[must_use]
pub fn write_pong(data: &str) -> String {
    engineio::pong(data)
}
