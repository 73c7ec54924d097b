//! Inner parts for benches and fuzzing, outside the promise of stability.
//!
//! Nothing here is needed by a host; all of it may change in any release.

use crate::config::Config;
use crate::normalise::{Context, Normaliser, Raw};
use crate::session::{Heard, Session};
use crate::state::ChannelState;
use crate::time::Now;

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
