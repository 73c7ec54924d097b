//! Beginnings and ends of connections, as the channel records them and acts on them.

use super::{Channel, Output, context};
use crate::event::{Disconnected, Event};
use crate::log::EventLog;
use crate::normalise::Draft;
use crate::session::policy::Retry;
use crate::session::{Ended, Phase};
use crate::time::Now;
use std::time::Duration;

impl<L: EventLog> Channel<L> {
    pub(super) fn dial(&mut self, delay: Duration, servers: Vec<String>) {
        if matches!(self.session.phase(), Phase::Idle | Phase::Closed) {
            self.session.dialling();
            self.held.push_back(Output::Dial { delay, servers });
        }
    }

    pub(super) fn dial_failed(&mut self, error: String, fatal: bool) {
        self.session.dial_failed(fatal);
        self.last_error = Some(error);
        if !fatal {
            let delay = self.delays.next_delay();
            self.dial(delay, Vec::new());
        }
    }

    /// The connection is over: say so, fail what waits, and come back if the verdict allows.
    pub(super) fn ended(&mut self, now: Now, ended: Ended) {
        let Ended {
            cause,
            detail,
            close_code,
            retry,
            was_connected,
            live_since,
        } = ended;
        let drafts = self.normaliser.finish(context(&self.state, now));
        self.stage_all(now, drafts);
        self.normaliser.reset();
        if self.session.was_stable(live_since, now) {
            self.delays.reset();
        }
        if let Some(detail) = &detail {
            self.last_error = Some(detail.clone());
        }
        self.disconnect_commands(now);
        self.held
            .retain(|output| !matches!(output, Output::Transmit(_)));
        let (delay, servers) = match retry {
            _ if self.session.is_observing() => (None, Vec::new()),
            Retry::Never => (None, Vec::new()),
            Retry::Backoff { at_least } => {
                (Some(self.delays.next_delay().max(at_least)), Vec::new())
            }
            Retry::At { delay, servers } => (Some(delay), servers),
        };
        if was_connected {
            let retry_in_ms = delay.map(|delay| delay.as_millis() as u64);
            let body = Disconnected {
                cause,
                detail,
                close_code,
                retry_in_ms,
            };
            self.stage(now, Draft::engine(Event::Disconnected(body)), None);
        }
        if !self.session.is_observing() {
            self.held.push_back(Output::Close);
        }
        if let Some(delay) = delay {
            self.dial(delay, servers);
        }
    }

    pub(super) fn stop(&mut self, now: Now) {
        let was_waiting = !self.session.is_open();
        match self.session.stop() {
            Some(ended) => self.ended(now, ended),
            None if was_waiting => self.disconnect_commands(now),
            None => {}
        }
    }
}
