//! How connections begin and end, as the owner is told and as the log has it.
//!
//! The session gives the verdict; here it becomes a row, the outcomes of what was under way, and
//! the next dial. An owner with threads may tell things late (a dial that fails after a stop, a
//! socket that opens over another): they change nothing then, or end as a row of their own.

use super::{Channel, Output, context};
use crate::event::{DisconnectCause, Disconnected, Event};
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

    pub(super) fn opened(&mut self, now: Now, endpoint: &str, transport: &str) {
        if self.session.phase() == Phase::Closed && !self.session.is_observing() {
            // The dial was under way when we stopped.
            self.held.push_back(Output::Close);
            return;
        }
        let detail = "another connection took its place".to_owned();
        let replaced = self
            .session
            .closed(DisconnectCause::Closed, Some(detail), None);
        if let Some(ended) = replaced {
            self.record_end(now, ended, Some(Duration::ZERO));
        }
        self.session.opened(now, endpoint, transport);
    }

    pub(super) fn dial_failed(&mut self, error: String, fatal: bool) {
        if self.session.phase() != Phase::Dialling {
            return;
        }
        self.session.dial_failed(fatal);
        self.last_error = Some(error);
        if !fatal {
            let delay = self.delays.next_delay();
            self.dial(delay, Vec::new());
        }
    }

    /// The connection is over: say so, fail what waits, and come back if the verdict allows.
    pub(super) fn ended(&mut self, now: Now, ended: Ended) {
        if self.session.was_stable(ended.live_since, now) {
            self.delays.reset();
        }
        let (delay, servers) = match &ended.retry {
            _ if self.session.is_observing() => (None, Vec::new()),
            Retry::Never => (None, Vec::new()),
            Retry::Backoff { at_least } => {
                (Some(self.delays.next_delay().max(*at_least)), Vec::new())
            }
            Retry::At { delay, servers } => (Some(*delay), servers.clone()),
        };
        self.record_end(now, ended, delay);
        if !self.session.is_observing() {
            self.held.push_back(Output::Close);
        }
        if let Some(delay) = delay {
            self.dial(delay, servers);
        }
    }

    fn record_end(&mut self, now: Now, ended: Ended, delay: Option<Duration>) {
        let drafts = self.normaliser.finish(context(&self.state, now));
        self.stage_all(now, drafts);
        self.normaliser.reset();
        if let Some(detail) = &ended.detail {
            self.last_error = Some(detail.clone());
        }
        self.disconnect_commands(now);
        self.held
            .retain(|output| !matches!(output, Output::Transmit(_)));
        if ended.was_connected {
            let body = Disconnected {
                cause: ended.cause,
                detail: ended.detail,
                close_code: ended.close_code,
                retry_in_ms: delay.map(|delay| delay.as_millis() as u64),
            };
            self.stage(now, Draft::engine(Event::Disconnected(body)), None);
        }
    }

    pub(super) fn stop(&mut self, now: Now) {
        let was_waiting = !self.session.is_open();
        match self.session.stop() {
            Some(ended) => self.ended(now, ended),
            None if was_waiting => self.disconnect_commands(now),
            None => {}
        }
        self.leave_kept();
    }
}
