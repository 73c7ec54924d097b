//! Inner parts for benches, fuzzing and the simulator, outside the promise of stability.
//!
//! Nothing here is needed by a host; all of it may change in any release.

use crate::backoff::JitteredBackoff;
use crate::config::{Config, Pace};
use crate::normalise::{Context, Normaliser, Raw};
use crate::pacer::{Grant, Pacer};
use crate::retry::RetryDelays;
use crate::session::{Heard, Session};
use crate::state::ChannelState;
use crate::time::Now;
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
