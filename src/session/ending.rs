//! How a connection ends: announced by the server, unannounced, by time, or by us.

use super::policy::Retry;
use super::{Ended, Heard, Phase, Session};
use crate::event::DisconnectCause;
use crate::time::Now;
use std::time::Duration;

/// How long a kick or a move may take to end the session before we hang up ourselves.
const LEAVE_WAIT_MAX: Duration = Duration::from_secs(1);

impl Session {
    /// The server is about to end the session: remember why, and hang up if it does not.
    pub(super) fn leave(&mut self, now: Now, ended: Ended) {
        self.leaving = Some(ended);
        self.enter(Phase::Leaving, Some(now.mono + LEAVE_WAIT_MAX));
    }

    pub(super) fn ended(&self, cause: DisconnectCause, retry: Retry) -> Ended {
        Ended {
            cause,
            detail: None,
            close_code: None,
            retry,
            was_connected: self.connected,
            live_since: self.live_since,
        }
    }

    /// The verdict when the server ends the session: what it announced, or that it said nothing.
    pub(super) fn ended_by_server(&self, words: &str) -> Ended {
        self.leaving.clone().unwrap_or_else(|| {
            let mut ended = self.ended(DisconnectCause::Dismissed, Retry::BACKOFF);
            ended.detail = Some(words.to_owned());
            ended
        })
    }

    pub(super) fn end(&mut self, ended: Ended) -> Heard<'static> {
        Heard {
            ended: Some(self.finish(ended)),
            ..Heard::default()
        }
    }

    /// Takes the machine down. What was still to be sent is dropped, never kept for later.
    pub(super) fn finish(&mut self, ended: Ended) -> Ended {
        self.reset_connection();
        self.silent_until = None;
        let phase = if ended.retry == Retry::Never {
            Phase::Closed
        } else {
            Phase::Idle
        };
        self.enter(phase, None);
        ended
    }

    /// The transport ended.
    pub(crate) fn closed(
        &mut self,
        cause: DisconnectCause,
        detail: Option<String>,
        close_code: Option<u16>,
    ) -> Option<Ended> {
        if !self.is_open() {
            return None;
        }
        let mut ended = self.leaving.clone().unwrap_or_else(|| Ended {
            detail,
            ..self.ended(cause, Retry::BACKOFF)
        });
        ended.close_code = close_code;
        Some(self.finish(ended))
    }

    /// The owner stops: no return.
    pub(crate) fn stop(&mut self) -> Option<Ended> {
        let was_open = self.is_open();
        let ended = self.ended(DisconnectCause::Stopped, Retry::Never);
        let ended = self.finish(ended);
        was_open.then_some(ended)
    }

    /// A moment came that [`Session::deadline`] named.
    pub(crate) fn timeout(&mut self, now: Now) -> Option<Ended> {
        let is_due = |until: Option<Duration>| until.is_some_and(|until| now.mono >= until);
        if self.observing || !self.is_open() {
            return None;
        }
        if is_due(self.phase_until) {
            return self.phase_timeout(now);
        }
        if is_due(self.silent_until) {
            let mut ended = self.ended(DisconnectCause::Silence, Retry::BACKOFF);
            ended.detail = Some(format!("nothing came for {:?}", self.silence_max));
            return Some(self.finish(ended));
        }
        None
    }

    fn phase_timeout(&mut self, now: Now) -> Option<Ended> {
        match self.phase {
            Phase::LoginWaiting => {
                self.send_login(now);
                None
            }
            Phase::PasswordWaiting => Some(self.password_missing()),
            Phase::Leaving => {
                let ended = self.ended_by_server("dismissed by the server");
                Some(self.finish(ended))
            }
            phase => {
                let what = match phase {
                    Phase::Opening => "the server did not greet",
                    Phase::Connecting => "the server did not accept the connection",
                    Phase::Greeting => "the server did not greet the cookie",
                    Phase::LoggingIn => "the login was not answered",
                    _ => "the channel was not joined",
                };
                let mut ended = self.ended(DisconnectCause::JoinTimeout, Retry::BACKOFF);
                ended.detail = Some(format!("{what} in time"));
                Some(self.finish(ended))
            }
        }
    }
}
