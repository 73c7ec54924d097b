//! Logging in: by guest name, by account, by cookie, or not at all; always before joining.
//!
//! A guest that joins first and logs in after may find its name "in use" by its own ghost; one
//! that logs in first evicts the ghost (`src/user.js`).

use super::policy::{self, LoginFailure, Retry};
use super::{Ended, GREETING_WAIT_MAX, Phase, Session};
use crate::config::Login;
use crate::cytube::{self, Incoming};
use crate::event::DisconnectCause;
use crate::time::Now;
use serde_json::json;

impl Session {
    /// The connection is accepted: log in, or go straight on to the channel.
    pub(super) fn begin_login(&mut self, now: Now) {
        if self.observing {
            self.enter(Phase::Greeting, None);
            return;
        }
        match &self.settings.login {
            Login::Anonymous => self.send_join(now),
            Login::Cookie { .. } => self.enter(Phase::Greeting, Some(now.mono + GREETING_WAIT_MAX)),
            Login::Guest { .. } | Login::Account { .. } => self.send_login(now),
        }
    }

    pub(super) fn send_login(&mut self, now: Now) {
        let frame = match &self.settings.login {
            Login::Guest { name } => json!({ "name": name }),
            Login::Account { name, password } => json!({ "name": name, "pw": password.expose() }),
            Login::Anonymous | Login::Cookie { .. } => return,
        };
        self.ask("login", &frame);
        self.enter(
            Phase::LoggingIn,
            Some(now.mono + self.settings.join_wait_max),
        );
    }

    /// What an event means while we are not yet in the channel.
    pub(super) fn react_login(&mut self, now: Now, incoming: &Incoming<'_>) -> Option<Ended> {
        match incoming {
            Incoming::Login(login) if login.success => {
                self.named = true;
                if !self.observing && matches!(self.phase, Phase::LoggingIn | Phase::Greeting) {
                    self.send_join(now);
                }
                None
            }
            Incoming::Login(login) if !self.observing && self.phase == Phase::LoggingIn => {
                self.login_failed(now, login)
            }
            // A cookie that is honoured is greeted before its rank is told: a rank without a
            // greeting means that the cookie was ignored (`src/io/ioserver.js`).
            Incoming::Rank(_) if !self.observing && self.phase == Phase::Greeting => {
                self.cookie_ignored(now)
            }
            _ => None,
        }
    }

    fn login_failed(&mut self, now: Now, login: &cytube::Login) -> Option<Ended> {
        let error = login.error().unwrap_or_default();
        let retry = match policy::classify_login(&error) {
            LoginFailure::Wait(wait) => {
                self.enter(Phase::LoginWaiting, Some(now.mono + wait));
                return None;
            }
            LoginFailure::Fatal => Retry::Never,
            LoginFailure::InUse | LoginFailure::Retry => Retry::BACKOFF,
        };
        let mut ended = self.ended(DisconnectCause::LoginFailed, retry);
        ended.detail = Some(error);
        Some(ended)
    }

    fn cookie_ignored(&mut self, now: Now) -> Option<Ended> {
        if let Login::Cookie {
            anonymous_allowed: true,
            ..
        } = self.settings.login
        {
            self.send_join(now);
            return None;
        }
        let mut ended = self.ended(DisconnectCause::LoginFailed, Retry::Never);
        ended.detail =
            Some("the server ignored the cookie: it expired, or the password changed".to_owned());
        Some(ended)
    }
}
