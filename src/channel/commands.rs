//! Commands of the host on their way out: checked, kept, paced, sent.
//!
//! A sent command and its outcome are events, linked by cause and correlation id. Nothing is ever
//! sent again: a lost connection settles what was sent. Only what the host asked to be kept, and
//! what was certainly not sent yet, waits for the next join.

use super::pending::{Sent, words_of};
use super::waiting::{Kept, Waiting};
use super::{Channel, Command, CommandError, CommandId, Outcome, Output};
use crate::command::Wire;
use crate::event::{CommandKept, CommandSent, Event, Origin, Recorded, Seq};
use crate::log::EventLog;
use crate::time::{Now, UnixMicros};
use std::time::Duration;

/// Time for the server to complain about a command that it never answers otherwise.
const SILENT_WAIT: Duration = Duration::from_secs(2);

impl<L: EventLog> Channel<L> {
    /// Takes a command in. What is refused at the door leaves no event: its caller has the reason in
    /// hand. What is taken in ends in one.
    pub(super) fn command(&mut self, now: Now, id: CommandId, command: Command) {
        let waiting = Waiting {
            id: Some(id),
            command,
            until: now.mono + self.pending.send_wait_max,
            seen: self.state.seq,
            kept: None,
        };
        let is_live = self.may_send();
        let refused = if self.pending.waiting_len() >= self.pending.queue_max {
            Some(CommandError::Busy(self.pending.send_wait_max))
        } else if is_live {
            self.check(&waiting).err()
        } else {
            self.keep_error(&waiting.command)
        };
        match refused {
            Some(error) => self.release(Some(id), Outcome::NotSent(error)),
            None if is_live => self.pending.lanes.push(waiting),
            None => self.keep(now, waiting),
        }
    }

    /// Whether we are in the channel, with its burst folded in. After a kick or a move the session
    /// has an end coming: what waits fails with it.
    fn may_send(&self) -> bool {
        self.session.is_live() && self.state.is_live() && !self.session.is_observing()
    }

    /// Why a command may not wait for the next join, if it may not.
    fn keep_error(&self, command: &Command) -> Option<CommandError> {
        if self.pending.keep_wait_max.is_zero() || self.session.is_observing() {
            return Some(CommandError::NotLive);
        }
        command.keep_error()
    }

    /// Writes it down for the next join, with its deadline.
    fn keep(&mut self, now: Now, mut waiting: Waiting) {
        let wait = self.pending.keep_wait_max;
        let until = UnixMicros(now.wall.0.saturating_add(wait.as_micros() as i64));
        let (seq, corr) = self.next_corr();
        let body = CommandKept {
            command: waiting.command.name().to_owned(),
            args: waiting.command.args(),
            until_ms: until.as_millis(),
        };
        self.push_own(now, Event::CommandKept(body), None, &corr);
        waiting.until = now.mono + wait;
        waiting.kept = Some(Kept { seq, corr });
        self.pending.kept.push_back(waiting);
    }

    /// The position of the next event, and a correlation id made of it.
    fn next_corr(&self) -> (Seq, String) {
        let seq = self.state.seq.next();
        (seq, format!("{}-{seq}", self.log.log_id()))
    }

    fn check(&self, waiting: &Waiting) -> Result<(), CommandError> {
        let Waiting { command, seen, .. } = waiting;
        if let Some((uid, read_at)) = command.items()
            && read_at.unwrap_or(*seen) < self.pending.list_since
        {
            return Err(CommandError::StaleItem(uid));
        }
        command.check(&self.state, self.chat_length_max)
    }

    /// Sends what may go, gives up what has waited too long, settles what was not answered. Called
    /// after every input: what is not due costs nothing.
    pub(super) fn command_timers(&mut self, now: Now) {
        if self.pending.is_idle() {
            self.pending.ready_at = None;
            return;
        }
        if self.may_send() {
            self.send_kept(now);
            self.send_ready(now);
        }
        if self
            .pending
            .lanes
            .patience()
            .is_some_and(|at| now.mono >= at)
        {
            for waiting in self.pending.lanes.drain_impatient(now.mono) {
                let error = match waiting.kept {
                    Some(_) => CommandError::Expired(self.pending.keep_wait_max),
                    None => CommandError::Busy(self.pending.send_wait_max),
                };
                self.give_up(now, waiting, error);
            }
        }
        self.expire_kept(now);
        while let Some(seq) = self.pending.overdue(now.mono) {
            self.overdue(now, seq);
        }
        self.pending.ready_at = self.next_ready(now.mono);
    }

    fn next_ready(&self, now: Duration) -> Option<Duration> {
        if !self.may_send() || self.is_full() {
            return None;
        }
        let ready_at = self.pending.lanes.ready_at(&self.state, now)?;
        Some(ready_at.max(self.pending.budget.ready_at(now)))
    }

    /// So many on the wire that more must wait for answers.
    fn is_full(&self) -> bool {
        self.pending.sent_len() >= self.pending.queue_max
    }

    fn expire_kept(&mut self, now: Now) {
        let expired = |waiting: &Waiting| now.mono >= waiting.until;
        if !self.pending.kept.iter().any(expired) {
            return;
        }
        for waiting in std::mem::take(&mut self.pending.kept) {
            if expired(&waiting) {
                let error = CommandError::Expired(self.pending.keep_wait_max);
                self.give_up(now, waiting, error);
            } else {
                self.pending.kept.push_back(waiting);
            }
        }
    }

    /// We are in the channel: what was kept takes its turn, in order.
    fn send_kept(&mut self, now: Now) {
        while let Some(waiting) = self.pending.kept.pop_front() {
            match self.check(&waiting) {
                Err(error) => self.give_up(now, waiting, error),
                Ok(()) => self.pending.lanes.push(waiting),
            }
        }
    }

    fn send_ready(&mut self, now: Now) {
        while !self.is_full() && self.pending.budget.ready_at(now.mono) <= now.mono {
            let Some(waiting) = self.pending.lanes.take_ready(&self.state, now.mono) else {
                return;
            };
            // What the channel allows may have changed while it waited.
            match self.check(&waiting) {
                Err(error) => self.give_up(now, waiting, error),
                Ok(()) if waiting.command.is_so_already(&self.state) => {
                    let outcome = Outcome::AlreadySo {
                        seq: self.state.seq,
                    };
                    self.settle_unsent(now, waiting, outcome);
                }
                Ok(()) => self.send_command(now, waiting),
            }
        }
    }

    fn send_command(&mut self, now: Now, waiting: Waiting) {
        let Waiting {
            id, command, kept, ..
        } = waiting;
        self.pending.budget.take(now.mono);
        self.pending.lanes.count(&command, &self.state, now.mono);
        let (seq, corr) = match &kept {
            Some(kept) => (self.state.seq.next(), kept.corr.clone()),
            None => self.next_corr(),
        };
        let wire = command.wire(&self.state);
        let body = CommandSent {
            command: command.name().to_owned(),
            args: command.args(),
        };
        let cause = kept.map(|kept| kept.seq);
        self.unsynced |= cause.is_some();
        self.push_own(now, Event::CommandSent(body), cause, &corr);
        self.transmit(now, seq, &wire);
        self.pending.insert(
            seq,
            Sent {
                id,
                event: wire.event,
                corr,
                at: now.mono,
                until: now.mono + self.answer_wait(&command),
                words: words_of(&command),
                added: Vec::new(),
                added_by: None,
                remarks: Vec::new(),
                remarked_by: None,
                command,
            },
        );
    }

    fn transmit(&mut self, now: Now, seq: Seq, wire: &Wire) {
        self.normaliser.sent(wire.event, now);
        let ack = wire.is_acknowledged().then_some(seq.0);
        self.session.send(wire.event, wire.payload.as_ref(), ack);
    }

    fn answer_wait(&self, command: &Command) -> Duration {
        let usual = self.pending.answer_wait_max;
        match command {
            Command::Queue { .. } | Command::QueueSaved { .. } | Command::Search { .. } => {
                usual.max(self.pending.lookup_wait_max)
            }
            silent if !silent.is_answered() => usual.min(SILENT_WAIT),
            _ => usual,
        }
    }

    pub(super) fn push_own(&mut self, now: Now, event: Event, cause: Option<Seq>, corr: &str) {
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
            redacted: false,
        };
        self.push(recorded);
    }

    /// It will not be sent.
    pub(super) fn give_up(&mut self, now: Now, waiting: Waiting, error: CommandError) {
        self.settle_unsent(now, waiting, Outcome::NotSent(error));
    }

    fn settle_unsent(&mut self, now: Now, waiting: Waiting, outcome: Outcome) {
        let (cause, corr) = match waiting.kept {
            Some(kept) => (Some(kept.seq), kept.corr),
            None => (None, self.next_corr().1),
        };
        let by = match outcome {
            Outcome::AlreadySo { seq } => Some(seq),
            _ => None,
        };
        let mut body = super::answers::settled(&outcome, by);
        if cause.is_none() {
            body.command = Some(waiting.command.name().to_owned());
            body.args = Some(waiting.command.args());
        }
        self.unsynced |= cause.is_some();
        self.push_own(now, Event::CommandSettled(body), cause, &corr);
        self.release(waiting.id, outcome);
    }

    /// The outcome goes to the host once the event that tells it is committed.
    pub(super) fn release(&mut self, id: Option<CommandId>, outcome: Outcome) {
        if let Some(id) = id {
            self.held.push_back(Output::Settled(id, outcome));
        }
    }

    /// The connection is lost: what was sent is uncertain, what waited is not sent any more, unless
    /// it was kept. After a stop that goes to the next engine on this log.
    pub(super) fn disconnect_commands(&mut self, now: Now) {
        for seq in self.pending.sent_if(|_| true) {
            self.settle(now, seq, Outcome::Disconnected, None);
        }
        for waiting in self.pending.lanes.drain_if(|_| true) {
            if waiting.kept.is_some() {
                self.pending.kept.push_back(waiting);
            } else {
                self.give_up(now, waiting, CommandError::NotLive);
            }
        }
        self.pending.ready_at = None;
        self.pending.forget_late();
    }

    /// Nobody waits here any more: what is kept stays in the log for the next engine.
    pub(super) fn leave_kept(&mut self) {
        for waiting in std::mem::take(&mut self.pending.kept) {
            if let Some(kept) = waiting.kept {
                self.release(waiting.id, Outcome::Kept { seq: kept.seq });
            }
        }
    }
}
