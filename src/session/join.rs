//! Joining the channel: the request, the room's password, the burst, and what may stand between.

use super::policy::Retry;
use super::{Ended, Phase, Session};
use crate::config::Login;
use crate::cytube::Incoming;
use crate::event::DisconnectCause;
use crate::time::Now;
use serde_json::json;
use std::time::Duration;

impl Session {
    pub(super) fn send_join(&mut self, now: Now) {
        let name = &self.settings.channel;
        let frame = match &self.settings.channel_password {
            Some(password) => json!({ "name": name, "pw": password.expose() }),
            None => json!({ "name": name }),
        };
        self.ask("joinChannel", &frame);
        self.enter(Phase::Joining, Some(now.mono + self.settings.join_wait_max));
    }

    /// What an event means for a join under way.
    pub(super) fn react_join(&mut self, now: Now, incoming: &Incoming<'_>) -> Option<Ended> {
        if !matches!(self.phase, Phase::Joining | Phase::PasswordWaiting) {
            return self.react_observed(now, incoming);
        }
        match incoming {
            Incoming::UserList(_) => {
                self.entered(now);
                None
            }
            Incoming::NeedPassword(_) if self.observing => None,
            Incoming::NeedPassword(wrong) => self.password_asked(now, *wrong),
            Incoming::CancelNeedPassword | Incoming::SetPermissions(_) => {
                self.enter(Phase::Joining, Some(now.mono + self.settings.join_wait_max));
                None
            }
            Incoming::ErrorMsg(error) if !self.observing => self.join_error(&error.msg()),
            _ => None,
        }
    }

    /// The burst ends with the user list (`src/channel/channel.js` acceptUser), even with one that
    /// does not read.
    pub(super) fn entered(&mut self, now: Now) {
        if matches!(self.phase, Phase::Joining | Phase::PasswordWaiting) {
            self.live_since = Some(now.mono);
            self.attempt = 0;
            self.enter(Phase::Live, None);
        }
    }

    /// A recorded client joins when it likes: its burst is what tells.
    fn react_observed(&mut self, now: Now, incoming: &Incoming<'_>) -> Option<Ended> {
        if self.observing
            && self.phase == Phase::Greeting
            && let Incoming::SetPermissions(_) = incoming
        {
            self.enter(Phase::Joining, None);
            self.live_since = Some(now.mono);
        }
        None
    }

    /// The room asks: we gave no password, or a wrong one. A moderator's rank is looked up meanwhile
    /// and may open the door by itself (`src/channel/accesscontrol.js`).
    fn password_asked(&mut self, now: Now, wrong: bool) -> Option<Ended> {
        self.password_wrong = wrong;
        match self.settings.login {
            Login::Account { .. } | Login::Cookie { .. } => {
                let until = now.mono + self.settings.password_grace;
                self.enter(Phase::PasswordWaiting, Some(until));
                None
            }
            _ => Some(self.password_missing()),
        }
    }

    pub(super) fn password_missing(&mut self) -> Ended {
        let mut ended = self.ended(DisconnectCause::PasswordNeeded, Retry::Never);
        let detail = if self.password_wrong {
            "the room's password is wrong"
        } else {
            "the room has a password: give it with channel_password"
        };
        ended.detail = Some(detail.to_owned());
        self.finish(ended)
    }

    fn join_error(&mut self, msg: &str) -> Option<Ended> {
        if msg.contains("is hosted on another server") {
            let retry = Retry::At {
                delay: Duration::from_secs(1),
                servers: Vec::new(),
            };
            let mut ended = self.ended(DisconnectCause::Moved, retry);
            ended.detail = Some(msg.to_owned());
            return Some(ended);
        }
        if msg.starts_with("This channel has blocked anonymous users") && !self.named {
            let mut ended = self.ended(DisconnectCause::AnonymousBlocked, Retry::Never);
            ended.detail = Some(msg.to_owned());
            return Some(ended);
        }
        None
    }
}
