//! Commands of the host: checked, paced, sent, settled. Every one ends in exactly one outcome.
//!
//! A sent command and its outcome are events, linked by cause and correlation id. Nothing is ever
//! sent again: a lost connection settles what waits.

use super::pending::{Sent, Waiting, chat_rate};
use super::{Channel, Command, CommandError, CommandId, Outcome, Output};
use crate::event::{CommandSent, CommandSettled, Direction, Event, Origin, Recorded, Seq, Source};
use crate::log::EventLog;
use crate::time::Now;
use std::time::Duration;

impl<L: EventLog> Channel<L> {
    pub(super) fn command(&mut self, now: Now, id: CommandId, command: Command) {
        let settings = (self.pending.queue_max, self.pending.send_wait_max);
        let error = if !self.session.is_live() || self.session.is_observing() {
            Some(CommandError::NotLive)
        } else if self.pending.waiting.len() >= settings.0 {
            Some(CommandError::Busy(settings.1))
        } else {
            command.check(&self.state, self.chat_length_max).err()
        };
        if let Some(error) = error {
            self.held
                .push_back(Output::Settled(id, Outcome::NotSent(error)));
            return;
        }
        let until = now.mono + settings.1;
        self.pending
            .waiting
            .push_back(Waiting { id, command, until });
    }

    /// Sends what may go, gives up what has waited too long, settles what was not answered.
    pub(super) fn command_timers(&mut self, now: Now) {
        if self.pending.waiting.is_empty() && self.pending.sent.is_empty() {
            self.pending.ready_at = None;
            return;
        }
        // After a kick or a move the session has an end coming: what waits fails with it.
        if self.session.is_live() {
            self.send_ready(now);
        }
        let busy = CommandError::Busy(self.pending.send_wait_max);
        while self
            .pending
            .waiting
            .front()
            .is_some_and(|waiting| now.mono >= waiting.until)
        {
            if let Some(Waiting { id, .. }) = self.pending.waiting.pop_front() {
                self.held
                    .push_back(Output::Settled(id, Outcome::NotSent(busy.clone())));
            }
        }
        while self
            .pending
            .sent
            .front()
            .is_some_and(|sent| now.mono >= sent.until)
        {
            if let Some(sent) = self.pending.sent.pop_front() {
                self.settle(now, sent, Outcome::Unanswered, None);
            }
        }
        let rate = chat_rate(&self.state);
        let may_go = !self.pending.waiting.is_empty() && self.session.is_live();
        self.pending.ready_at = may_go.then(|| self.pending.limiter.ready_at(rate, now.mono));
    }

    fn send_ready(&mut self, now: Now) {
        let rate = chat_rate(&self.state);
        while !self.pending.waiting.is_empty()
            && self.pending.limiter.ready_at(rate, now.mono) <= now.mono
        {
            let Some(Waiting { id, command, .. }) = self.pending.waiting.pop_front() else {
                return;
            };
            // What the channel allows may have changed while it waited.
            if let Err(error) = command.check(&self.state, self.chat_length_max) {
                self.held
                    .push_back(Output::Settled(id, Outcome::NotSent(error)));
                continue;
            }
            self.pending.limiter.take(rate, now.mono);
            self.send_command(now, id, command);
        }
    }

    fn send_command(&mut self, now: Now, id: CommandId, command: Command) {
        let seq = self.state.seq.next();
        let corr = format!("{}-{seq}", self.log.log_id());
        let body = CommandSent {
            command: command.name().to_owned(),
            args: command.args(),
        };
        let event = Event::CommandSent(body);
        self.push_own(now, event, None, &corr);
        let (name, payload) = command.wire();
        self.normaliser.sent(name, now);
        self.session.send(name, Some(&payload));
        let until = now.mono + self.pending.answer_wait_max;
        self.pending.sent.push_back(Sent {
            id,
            command,
            seq,
            corr,
            until,
        });
    }

    fn push_own(&mut self, now: Now, event: Event, cause: Option<Seq>, corr: &str) {
        let recorded = Recorded {
            seq: self.state.seq.next(),
            session: self.session_no,
            received_at: super::received_at(&self.state, now),
            sent_ms: None,
            origin: Origin::Command,
            actor: self.state.me.name.clone(),
            cause,
            corr: Some(corr.to_owned()),
            dedup_key: None,
            event,
            raw: None,
        };
        self.push(recorded);
    }

    /// Looks whether the event just staged answers a command.
    pub(super) fn answered(&mut self, now: Now, seq: Seq) {
        if self.pending.sent.is_empty() {
            return;
        }
        let Some(recorded) = self.staged.last() else {
            return;
        };
        let refused = |reason: &str| Outcome::Refused {
            reason: reason.to_owned(),
            seq,
        };
        let is_say = |command: &Command| matches!(command, Command::Say { .. });
        let is_pm = |command: &Command| matches!(command, Command::Pm { .. });
        let (sent, outcome) = match &recorded.event {
            Event::MessageSaid(message)
                if message.source == Source::User && self.state.me.is(&message.user.name) =>
            {
                (
                    self.pending.take_said(&message.text),
                    Outcome::Confirmed { seq },
                )
            }
            Event::PmSaid(pm) if pm.direction == Direction::Out => (
                self.pending.take_delivered(&pm.to, &pm.text),
                Outcome::Confirmed { seq },
            ),
            Event::CooldownTold(cooldown) => {
                let wait = Duration::from_secs_f64((cooldown.wait_ms / 1e3).clamp(0.0, 60.0));
                self.pending
                    .limiter
                    .hold_until(now.mono + wait + Duration::from_millis(200));
                (
                    self.pending.take_refused(|_| true),
                    refused("too fast: the server's rate limit"),
                )
            }
            Event::NoFloodTold(told) => (self.pending.take_refused(is_say), refused(&told.msg)),
            Event::SpamFiltered(told) => {
                (self.pending.take_refused(|_| true), refused(&told.reason))
            }
            Event::ErrorTold(told) if is_about_pm(&told.msg) => {
                (self.pending.take_refused(is_pm), refused(&told.msg))
            }
            Event::ErrorTold(told) if told.msg.contains("message chatMsg") => {
                (self.pending.take_refused(is_say), refused(&told.msg))
            }
            _ => return,
        };
        if let Some(sent) = sent {
            self.settle(now, sent, outcome, Some(seq));
        }
    }

    fn settle(&mut self, now: Now, sent: Sent, outcome: Outcome, by: Option<Seq>) {
        let (word, detail) = match &outcome {
            Outcome::Confirmed { .. } => ("confirmed", None),
            Outcome::Refused { reason, .. } => ("refused", Some(reason.clone())),
            Outcome::Unanswered => ("unanswered", None),
            Outcome::Disconnected => ("disconnected", None),
            Outcome::NotSent(error) => ("not_sent", Some(error.to_string())),
        };
        let body = CommandSettled {
            outcome: word.to_owned(),
            detail,
            by,
        };
        let event = Event::CommandSettled(body);
        self.push_own(now, event, Some(sent.seq), &sent.corr);
        self.held.push_back(Output::Settled(sent.id, outcome));
    }

    /// The connection is lost: what was sent is uncertain, what waited is not sent any more.
    pub(super) fn disconnect_commands(&mut self, now: Now) {
        while let Some(sent) = self.pending.sent.pop_front() {
            self.settle(now, sent, Outcome::Disconnected, None);
        }
        while let Some(Waiting { id, .. }) = self.pending.waiting.pop_front() {
            let outcome = Outcome::NotSent(CommandError::NotLive);
            self.held.push_back(Output::Settled(id, outcome));
        }
        self.pending.ready_at = None;
    }
}

/// Whether an `errorMsg` speaks of a private message (`src/channel/chat.js`).
fn is_about_pm(msg: &str) -> bool {
    msg.starts_with("PM failed")
        || msg.contains("private message")
        || msg.contains("PM yourself")
        || msg.contains("message pm")
        || msg.contains("signed in to")
}
