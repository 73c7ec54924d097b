//! Commands between the host's wish and the server's answer.

use super::CommandId;
use crate::command::Command;
use crate::config::Config;
use crate::event::Seq;
use crate::limiter::{Limiter, Rate};
use crate::number::Rank;
use crate::state::ChannelState;
use std::collections::VecDeque;
use std::time::Duration;

/// A command that waits for its turn on the wire.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) id: CommandId,
    pub(super) command: Command,
    pub(super) until: Duration,
}

/// A command on the wire.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) id: CommandId,
    pub(super) command: Command,
    pub(super) seq: Seq,
    pub(super) corr: String,
    pub(super) until: Duration,
}

/// All commands under way, in order.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) waiting: VecDeque<Waiting>,
    pub(super) sent: VecDeque<Sent>,
    pub(super) limiter: Limiter,
    pub(super) queue_max: usize,
    pub(super) send_wait_max: Duration,
    pub(super) answer_wait_max: Duration,
    /// When the first of the waiting may go.
    pub(super) ready_at: Option<Duration>,
}

impl Pending {
    pub(super) fn new(config: &Config) -> Self {
        Self {
            waiting: VecDeque::new(),
            sent: VecDeque::new(),
            limiter: Limiter::default(),
            queue_max: config.command_queue_max,
            send_wait_max: config.send_wait_max,
            answer_wait_max: config.answer_wait_max,
            ready_at: None,
        }
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        let answer = self.sent.iter().map(|sent| sent.until).min();
        let patience = self.waiting.iter().map(|waiting| waiting.until).min();
        [self.ready_at, answer, patience]
            .into_iter()
            .flatten()
            .min()
    }

    /// Takes out the command that a line of ours answers: the oldest with the same words, or the
    /// oldest at all, since the channel's filters may have rewritten them. Slash commands come last
    /// then: most of them say nothing.
    pub(super) fn take_said(&mut self, text: &str) -> Option<Sent> {
        let said = words(text);
        let is_chat = |sent: &Sent| matches!(sent.command, Command::Say { .. });
        let same = |sent: &Sent| is_chat(sent) && words(spoken(sent.command.text())) == said;
        let is_plain = |sent: &Sent| is_chat(sent) && !sent.command.text().starts_with('/');
        let index = self
            .sent
            .iter()
            .position(same)
            .or_else(|| self.sent.iter().position(is_plain))
            .or_else(|| self.sent.iter().position(is_chat))?;
        self.sent.remove(index)
    }

    /// Takes out the private message that was delivered.
    pub(super) fn take_delivered(&mut self, to: &str, text: &str) -> Option<Sent> {
        let addressed = |sent: &Sent| match &sent.command {
            Command::Pm { to: wanted, .. } => wanted.eq_ignore_ascii_case(to),
            Command::Say { .. } => false,
        };
        let same = |sent: &Sent| addressed(sent) && words(sent.command.text()) == words(text);
        let index = self
            .sent
            .iter()
            .position(same)
            .or_else(|| self.sent.iter().position(addressed))?;
        self.sent.remove(index)
    }

    /// Takes out the oldest command that `may_be` the one refused.
    pub(super) fn take_refused(&mut self, may_be: impl Fn(&Command) -> bool) -> Option<Sent> {
        let index = self.sent.iter().position(|sent| may_be(&sent.command))?;
        self.sent.remove(index)
    }
}

/// The part of a line that the server shows: `/me` and its kin lose their name.
fn spoken(text: &str) -> &str {
    for command in ["/me ", "/sp ", "/say ", "/shout "] {
        if let Some(rest) = text.strip_prefix(command) {
            return rest;
        }
    }
    text
}

/// Text for comparison: white space folded, since the server trims and turns control characters
/// into spaces.
fn words(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// The chat limit that holds for us now.
pub(super) fn chat_rate(state: &ChannelState) -> Rate {
    let is_moderator = state.me.rank.is_some_and(|rank| rank >= Rank::MODERATOR);
    match state
        .options
        .as_ref()
        .and_then(|options| options.chat_antiflood())
    {
        Some((burst, sustained, cooldown_s)) if !is_moderator => {
            Rate::of_channel(burst, sustained, cooldown_s)
        }
        _ => Rate::CHAT,
    }
}
