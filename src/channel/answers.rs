//! Answers to commands: which event settles which command, and how.

use super::pending::{Sent, words};
use super::{Channel, Outcome};
use crate::command::{Answer, Command, Fit};
use crate::event::{CommandSettled, Direction, Event, Kind, Message, Seq, Source, Style};
use crate::log::EventLog;
use crate::time::Now;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::time::Duration;

/// How long a list of items may pause between two before it counts as whole.
const GATHER: Duration = Duration::from_millis(1_500);

/// Longest patience that the server may ask for.
const COOLDOWN_MAX: Duration = Duration::from_secs(60);

impl<L: EventLog> Channel<L> {
    /// Looks whether the event just staged answers a command.
    pub(super) fn answered(&mut self, now: Now, seq: Seq) {
        let Some(recorded) = self.staged.last() else {
            return;
        };
        let kind = recorded.event.kind();
        if matches!(kind, Kind::PlaylistReplaced | Kind::Joined) {
            self.pending.list_since = seq;
        }
        if self.pending.sent_len() == 0 && kind != Kind::PlaylistReplaced {
            return;
        }
        if let Event::CooldownTold(cooldown) = &recorded.event {
            let wait = Duration::try_from_secs_f64((cooldown.wait_ms / 1e3).max(0.0));
            let wait = wait.unwrap_or(COOLDOWN_MAX).min(COOLDOWN_MAX);
            self.pending.lanes.complained(&self.state, wait, now.mono);
        }
        if let Some((command, answer)) = self.find_answered(&recorded.event) {
            self.take_answer(now, command, answer, seq);
        }
        if kind == Kind::PlaylistReplaced {
            self.drop_stale(now);
        }
    }

    /// The command that an event answers, and what it says.
    fn find_answered(&self, event: &Event) -> Option<(Seq, Answer)> {
        let refused = |found: Option<Seq>, reason: &str| {
            found.map(|seq| (seq, Answer::Refused(reason.to_owned())))
        };
        let done = |found: Option<Seq>| found.map(|seq| (seq, Answer::Done));
        match event {
            Event::MessageSaid(message) if message.source == Source::User => {
                // Most chat is of others. A moderator who is shadow-muted is sent its own line
                // again, flagged (`src/channel/chat.js` sendMessage): the first told it.
                if self.state.me.is(&message.user.name) && !message.shadow {
                    done(self.find_said(message))
                } else {
                    None
                }
            }
            Event::PmSaid(pm) if pm.direction == Direction::Out => {
                done(self.find_delivered(&pm.to, &pm.text))
            }
            Event::PmSaid(_) => None,
            Event::CooldownTold(_) => refused(
                self.find_line(|_| true),
                "too fast: the server's rate limit",
            ),
            Event::SpamFiltered(told) => refused(self.find_line(|_| true), &told.reason),
            Event::NoFloodTold(told) => {
                let is_line = |command: &Command| !matches!(command, Command::Pm { .. });
                refused(self.find_line(is_line), &told.msg)
            }
            Event::ErrorTold(told) => refused(self.find_complained(&told.msg), &told.msg),
            event => self.find_shown(event),
        }
    }

    /// The oldest command that a broadcast may be the success of, or a refusal in a form of its own.
    fn find_shown(&self, event: &Event) -> Option<(Seq, Answer)> {
        let candidates = || self.pending.shown_by(event.kind());
        if let Event::ItemQueued(queued) = event {
            // What was asked for by this very id comes before what may have become it.
            let media = &queued.item.media;
            let exact = |(_, sent): &(Seq, &Sent)| sent.command.asks_for(&media.kind, &media.id);
            let mut exact = candidates().filter(exact);
            let found = exact.find_map(|(seq, sent)| self.answer_of(seq, sent, event));
            if found.is_some() {
                return found;
            }
        }
        candidates().find_map(|(seq, sent)| self.answer_of(seq, sent, event))
    }

    fn answer_of(&self, seq: Seq, sent: &Sent, event: &Event) -> Option<(Seq, Answer)> {
        let answer = sent.command.answer(event, &self.state);
        (answer != Answer::None).then_some((seq, answer))
    }

    /// The command that a line of ours answers: the oldest with the same words, or the oldest line
    /// at all, since the channel's filters may have rewritten it; not so the late echo of a line that
    /// has its outcome. A drink's line answers no other, for which the counter did. What begins with
    /// a slash comes last: most of those say nothing.
    fn find_said(&self, message: &Message) -> Option<Seq> {
        // Without the right to call drinks the server posts the request itself.
        let is_drink = message.style == Style::Drink || message.text.starts_with("/d");
        let lines = || {
            let said = |(_, sent): &(Seq, &Sent)| {
                sent.words.is_some() && (!is_drink || sent.command.calls_drinks())
            };
            self.pending.shown_by(Kind::MessageSaid).filter(said)
        };
        let (first, sent) = lines().next()?;
        let text = words(&message.text);
        if sent.words.as_ref() == Some(&text) {
            return Some(first);
        }
        let same = lines().find(|(_, sent)| sent.words.as_ref() == Some(&text));
        if same.is_none() && self.pending.is_late(&text) {
            return None;
        }
        let is_slash = |sent: &Sent| match &sent.command {
            Command::Say { text, .. } => text.starts_with('/'),
            _ => false,
        };
        let found = same.or_else(|| lines().find(|(_, sent)| !is_slash(sent)));
        Some(found.map_or(first, |(seq, _)| seq))
    }

    fn find_delivered(&self, to: &str, text: &str) -> Option<Seq> {
        let addressed = || {
            let is_to = |(_, sent): &(Seq, &Sent)| match &sent.command {
                Command::Pm { to: wanted, .. } => wanted.eq_ignore_ascii_case(to),
                _ => false,
            };
            self.pending.shown_by(Kind::PmSaid).filter(is_to)
        };
        let text = words(text);
        let same = addressed().find(|(_, sent)| sent.words.as_ref() == Some(&text));
        let oldest = || addressed().next().filter(|_| !self.pending.is_late(&text));
        same.or_else(oldest).map(|(seq, _)| seq)
    }

    /// The oldest line on the wire; other slash commands only where there is none, since they may
    /// wait for an answer that never comes.
    fn find_line(&self, may_be: impl Fn(&Command) -> bool) -> Option<Seq> {
        let mut lines = self
            .pending
            .sent()
            .filter(|(_, sent)| may_be(&sent.command));
        let spoken = lines.find(|(_, sent)| sent.words.is_some());
        let slash = || {
            let is_line = |(_, sent): &(Seq, &Sent)| sent.event == "chatMsg";
            self.pending.sent().find(is_line)
        };
        spoken.or_else(slash).map(|(seq, _)| seq)
    }

    fn find_complained(&self, msg: &str) -> Option<Seq> {
        let mut best = (Fit::No, None);
        for (seq, sent) in self.pending.sent() {
            let fit = sent.command.fits_complaint(sent.event, msg);
            if fit > best.0 {
                best = (fit, Some(seq));
            }
        }
        best.1
    }

    fn take_answer(&mut self, now: Now, command: Seq, answer: Answer, by: Seq) {
        let Some(sent) = self.pending.get_mut(command) else {
            return;
        };
        let adds_many = sent.command.adds_many();
        match answer {
            Answer::None => {}
            Answer::Done => self.done(now, command, by),
            Answer::Added(uid) if adds_many => {
                sent.added.push(uid);
                sent.added_by = Some(by);
                self.pending.extend(command, now.mono + GATHER);
            }
            Answer::Added(uid) => {
                let uids = vec![uid];
                let outcome = Outcome::Confirmed { seq: by, uids };
                self.settle(now, command, outcome, Some(by));
            }
            Answer::Refused(reason) if adds_many => {
                sent.remarks.push(reason);
                sent.remarked_by = Some(by);
                self.pending.extend(command, now.mono + GATHER);
            }
            Answer::Refused(reason) => {
                let outcome = Outcome::Refused { reason, seq: by };
                self.settle(now, command, outcome, Some(by));
            }
            Answer::Remark(reason) => {
                sent.remarks.push(reason);
                sent.remarked_by = Some(by);
            }
        }
    }

    /// It was done, or what the server took of it.
    fn done(&mut self, now: Now, command: Seq, by: Seq) {
        let Some(sent) = self.pending.get_mut(command) else {
            return;
        };
        let echoed = sent.words.is_some().then_some(sent.at);
        let mut refusals = std::mem::take(&mut sent.remarks);
        let untold = sent.command.not_taken(&self.state);
        if let Some(at) = echoed {
            self.pending.lanes.echoed(&self.state, at, now.mono);
        }
        let is_told = |key: &String| refusals.iter().any(|told| told.starts_with(key.as_str()));
        let untold: Vec<String> = untold.into_iter().filter(|key| !is_told(key)).collect();
        if !untold.is_empty() {
            refusals.push(format!("not taken: {}", untold.join(", ")));
        }
        let outcome = if refusals.is_empty() {
            Outcome::Confirmed {
                seq: by,
                uids: Vec::new(),
            }
        } else {
            Outcome::Refused {
                reason: refusals.join("; "),
                seq: by,
            }
        };
        self.settle(now, command, outcome, Some(by));
    }

    /// Its time is up: what came of it so far is what came of it.
    pub(super) fn overdue(&mut self, now: Now, command: Seq) {
        let Some(sent) = self.pending.get_mut(command) else {
            return;
        };
        let uids = std::mem::take(&mut sent.added);
        let (outcome, by) = match (sent.added_by, sent.remarked_by) {
            (Some(seq), _) => (Outcome::Confirmed { seq, uids }, Some(seq)),
            (None, Some(seq)) => {
                let reason = sent.remarks.join("; ");
                (Outcome::Refused { reason, seq }, Some(seq))
            }
            (None, None) => (Outcome::Unanswered, None),
        };
        self.settle(now, command, outcome, by);
    }

    /// A frame came that leaves no event, since it tells what is known: still the answer to one
    /// who asked.
    pub(super) fn unchanged(&mut self, now: Now, name: &str) {
        let kind = match name {
            "playlist" => Kind::PlaylistReplaced,
            "mediaUpdate" => Kind::MediaUpdated,
            _ => return,
        };
        let asked = |(_, sent): &(Seq, &Sent)| {
            matches!(sent.command, Command::ResyncPlaylist | Command::Lead { .. })
        };
        let found = self.pending.shown_by(kind).find(asked);
        if let Some(command) = found.map(|(seq, _)| seq) {
            let by = self.state.seq;
            self.done(now, command, by);
        }
    }

    /// The server acknowledged the event that we sent as this number: a new poll.
    pub(super) fn acknowledged(&mut self, now: Now, number: u64, arg: Option<&RawValue>) {
        #[derive(Deserialize)]
        struct Ack {
            error: Option<AckError>,
        }
        #[derive(Deserialize)]
        struct AckError {
            message: String,
        }
        let command = Seq(number);
        if self.pending.get_mut(command).is_none() {
            return;
        }
        let ack: Option<Ack> = arg.and_then(|arg| serde_json::from_str(arg.get()).ok());
        let seq = self.state.seq;
        let outcome = match ack.and_then(|ack| ack.error) {
            Some(AckError { message: reason }) => Outcome::Refused { reason, seq },
            None => Outcome::Confirmed {
                seq,
                uids: Vec::new(),
            },
        };
        self.settle(now, command, outcome, None);
    }

    /// The list was replaced: numbers of items on the wire or in line mean others now, if any.
    fn drop_stale(&mut self, now: Now) {
        let names_item = |command: &Command| command.items().is_some();
        for seq in self.pending.sent_if(names_item) {
            self.settle(now, seq, Outcome::Unanswered, None);
        }
        for waiting in self.pending.drain_stale() {
            if let Some((uid, _)) = waiting.command.items() {
                self.give_up(now, waiting, crate::command::CommandError::StaleItem(uid));
            }
        }
    }

    pub(super) fn settle(&mut self, now: Now, command: Seq, outcome: Outcome, by: Option<Seq>) {
        let Some(sent) = self.pending.remove(command) else {
            return;
        };
        if let Some(words) = sent
            .words
            .filter(|_| !matches!(outcome, Outcome::Confirmed { .. }))
        {
            self.pending.expect_late(words);
        }
        let event = Event::CommandSettled(settled(&outcome, by));
        self.push_own(now, event, Some(command), &sent.corr);
        self.release(sent.id, outcome);
    }
}

/// An outcome as the log has it.
pub(super) fn settled(outcome: &Outcome, by: Option<Seq>) -> CommandSettled {
    CommandSettled {
        outcome: outcome.name().to_owned(),
        detail: outcome.detail(),
        by,
        command: None,
        args: None,
    }
}
