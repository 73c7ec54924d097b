//! Commands between the host's wish and the server's answer: what waits, and what is on the wire.

use super::CommandId;
use super::lanes::Lanes;
use super::waiting::Waiting;
use crate::command::{Command, spoken};
use crate::config::Config;
use crate::event::{Kind, Seq};
use crate::limiter::Bucket;
use crate::model::Uid;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

/// Lines without an echo that are remembered: more than the server's limits let us say while it
/// takes its time.
const LATE_MAX: usize = 64;

/// A command on the wire.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) id: Option<CommandId>,
    pub(super) command: Command,
    /// Name of the event it went as.
    pub(super) event: &'static str,
    pub(super) corr: String,
    pub(super) at: Duration,
    pub(super) until: Duration,
    /// The words of a line, for comparison.
    pub(super) words: Option<String>,
    /// Items added so far, and the event of the last one.
    pub(super) added: Vec<Uid>,
    pub(super) added_by: Option<Seq>,
    /// Parts that were refused, and the event that said so.
    pub(super) remarks: Vec<String>,
    pub(super) remarked_by: Option<Seq>,
}

/// All commands under way.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) lanes: Lanes,
    /// Kept for the next join, in order.
    pub(super) kept: VecDeque<Waiting>,
    sent: BTreeMap<Seq, Sent>,
    /// Which of the sent an event of a kind may answer, oldest first.
    shown_by: BTreeMap<Kind, BTreeSet<Seq>>,
    deadlines: BTreeSet<(Duration, Seq)>,
    /// Words of lines on this connection that got another outcome than their echo, which may still
    /// come; newest last.
    late: VecDeque<String>,
    /// All events of this socket, whatever they are.
    pub(super) budget: Bucket,
    pub(super) queue_max: usize,
    pub(super) send_wait_max: Duration,
    pub(super) answer_wait_max: Duration,
    pub(super) lookup_wait_max: Duration,
    pub(super) keep_wait_max: Duration,
    /// Since when the numbers of items are what they are.
    pub(super) list_since: Seq,
    /// When the first of the waiting may go.
    pub(super) ready_at: Option<Duration>,
}

impl Pending {
    pub(super) fn new(config: &Config) -> Self {
        Self {
            lanes: Lanes::default(),
            kept: VecDeque::new(),
            sent: BTreeMap::new(),
            shown_by: BTreeMap::new(),
            deadlines: BTreeSet::new(),
            late: VecDeque::new(),
            budget: Bucket::new(config.send_rate_max),
            queue_max: config.command_queue_max,
            send_wait_max: config.send_wait_max,
            answer_wait_max: config.answer_wait_max,
            lookup_wait_max: config.lookup_wait_max,
            keep_wait_max: config.keep_wait_max,
            list_since: Seq(0),
            ready_at: None,
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.lanes.is_empty() && self.sent.is_empty() && self.kept.is_empty()
    }

    /// Commands that wait, for whatever reason.
    pub(super) fn waiting_len(&self) -> usize {
        self.lanes.len() + self.kept.len()
    }

    pub(super) fn sent_len(&self) -> usize {
        self.sent.len()
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        let answer = self.deadlines.first().map(|(at, _)| *at);
        let kept = self.kept.iter().map(|waiting| waiting.until).min();
        [self.ready_at, answer, self.lanes.patience(), kept]
            .into_iter()
            .flatten()
            .min()
    }

    /// A command is on the wire; `seq` is its `command_sent`.
    pub(super) fn insert(&mut self, seq: Seq, sent: Sent) {
        for kind in sent.command.shown_by() {
            self.shown_by.entry(*kind).or_default().insert(seq);
        }
        self.deadlines.insert((sent.until, seq));
        self.sent.insert(seq, sent);
    }

    pub(super) fn remove(&mut self, seq: Seq) -> Option<Sent> {
        let sent = self.sent.remove(&seq)?;
        for kind in sent.command.shown_by() {
            if let Some(seqs) = self.shown_by.get_mut(kind) {
                seqs.remove(&seq);
            }
        }
        self.deadlines.remove(&(sent.until, seq));
        Some(sent)
    }

    /// Waits for more that may belong to it.
    pub(super) fn extend(&mut self, seq: Seq, until: Duration) {
        if let Some(sent) = self.sent.get_mut(&seq) {
            self.deadlines.remove(&(sent.until, seq));
            sent.until = until;
            self.deadlines.insert((until, seq));
        }
    }

    /// A line has its outcome without an echo.
    pub(super) fn expect_late(&mut self, words: String) {
        if self.late.len() == LATE_MAX {
            self.late.pop_front();
        }
        self.late.push_back(words);
    }

    /// Whether these are the words of a line that has its outcome.
    pub(super) fn is_late(&self, words: &str) -> bool {
        self.late.iter().any(|late| late == words)
    }

    /// The connection is gone, and every echo with it.
    pub(super) fn forget_late(&mut self) {
        self.late.clear();
    }

    pub(super) fn get_mut(&mut self, seq: Seq) -> Option<&mut Sent> {
        self.sent.get_mut(&seq)
    }

    /// One whose answer is overdue.
    pub(super) fn overdue(&self, now: Duration) -> Option<Seq> {
        let (at, seq) = self.deadlines.first()?;
        (now >= *at).then_some(*seq)
    }

    /// All on the wire, oldest first.
    pub(super) fn sent(&self) -> impl Iterator<Item = (Seq, &Sent)> {
        self.sent.iter().map(|(seq, sent)| (*seq, sent))
    }

    /// Those on the wire of which something holds, oldest first.
    pub(super) fn sent_if(&self, holds: impl Fn(&Command) -> bool) -> Vec<Seq> {
        let found = self.sent().filter(|(_, sent)| holds(&sent.command));
        found.map(|(seq, _)| seq).collect()
    }

    /// Those that an event of this kind may answer, oldest first.
    pub(super) fn shown_by(&self, kind: Kind) -> impl Iterator<Item = (Seq, &Sent)> {
        let seqs = self.shown_by.get(&kind).into_iter().flatten();
        seqs.filter_map(|seq| self.sent.get_key_value(seq))
            .map(|(seq, sent)| (*seq, sent))
    }

    /// Takes out what waits in line and names an item.
    pub(super) fn drain_stale(&mut self) -> Vec<Waiting> {
        self.lanes
            .drain_if(|waiting| waiting.command.items().is_some())
    }
}

/// The words of a line for comparison: white space folded, since the server trims and turns control
/// characters into spaces.
pub(super) fn words(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// What a command's line will read as, if it comes back as one.
pub(super) fn words_of(command: &Command) -> Option<String> {
    let text = match command {
        Command::Say { text, .. } => spoken(text),
        Command::Me { text }
        | Command::Spoiler { text }
        | Command::Shout { text }
        | Command::AdminSay { text }
        | Command::Pm { text, .. } => text,
        Command::Drink { text, .. } if !text.is_empty() => text,
        _ => return None,
    };
    Some(words(text))
}
