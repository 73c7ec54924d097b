//! Commands in line for the wire, a lane for each limit of the server: one that must wait holds up
//! those of its own kind only.

use super::waiting::Waiting;
use crate::command::Command;
use crate::limiter::{Limiter, Rate};
use crate::number::Rank;
use crate::state::ChannelState;
use std::collections::VecDeque;
use std::time::Duration;

/// Which limit of the server a command falls under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LaneOf {
    /// Chat, private messages, slash commands: they share one count.
    Chat,
    /// Adding media.
    Queue,
    /// Asking for the playlist.
    Playlist,
    /// The rest: only the budget of all.
    Rest,
}

impl LaneOf {
    pub(super) fn command(command: &Command) -> Self {
        match command {
            Command::Pm { .. } => Self::Chat,
            Command::Queue { .. } => Self::Queue,
            Command::ResyncPlaylist => Self::Playlist,
            _ if command.line().is_some() => Self::Chat,
            _ => Self::Rest,
        }
    }

    /// The limit that holds for us now.
    pub(super) fn rate(self, state: &ChannelState) -> Option<Rate> {
        let is_moderator = state.me.rank.is_some_and(|rank| rank >= Rank::MODERATOR);
        match self {
            Self::Chat => {
                let options = state.options.as_ref();
                match options.and_then(|options| options.chat_antiflood()) {
                    Some((burst, sustained, cooldown_s)) if !is_moderator => {
                        Some(Rate::of_channel(burst, sustained, cooldown_s))
                    }
                    _ => Some(Rate::CHAT),
                }
            }
            Self::Queue if is_moderator => Some(Rate::QUEUE_MODERATOR),
            Self::Queue => Some(Rate::QUEUE),
            Self::Playlist => Some(Rate::PLAYLIST),
            Self::Rest => None,
        }
    }
}

/// How much of the chat limit a command takes: the server processes styled lines twice
/// (`src/channel/chat.js`).
fn cost(command: &Command) -> u32 {
    match command {
        Command::Me { .. } | Command::Spoiler { .. } | Command::Shout { .. } => 2,
        Command::Say { text, .. } if text.starts_with("/me ") || text.starts_with("/s") => 2,
        _ => 1,
    }
}

#[derive(Debug, Default)]
struct Lane {
    waiting: VecDeque<Waiting>,
    limiter: Limiter,
}

impl Lane {
    fn ready_at(&self, of: LaneOf, state: &ChannelState, now: Duration) -> Option<Duration> {
        let first = self.waiting.front()?;
        Some(match of.rate(state) {
            Some(rate) => self.limiter.ready_at(rate, cost(&first.command), now),
            None => now,
        })
    }
}

const ALL: [LaneOf; 4] = [LaneOf::Chat, LaneOf::Queue, LaneOf::Playlist, LaneOf::Rest];

/// All lanes.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    chat: Lane,
    queue: Lane,
    playlist: Lane,
    rest: Lane,
    /// The least of all patience. Those that were kept have their own, so the first in line need
    /// not be the first to lose it.
    patience: Option<Duration>,
}

impl Lanes {
    fn lane(&self, of: LaneOf) -> &Lane {
        match of {
            LaneOf::Chat => &self.chat,
            LaneOf::Queue => &self.queue,
            LaneOf::Playlist => &self.playlist,
            LaneOf::Rest => &self.rest,
        }
    }

    fn lane_mut(&mut self, of: LaneOf) -> &mut Lane {
        match of {
            LaneOf::Chat => &mut self.chat,
            LaneOf::Queue => &mut self.queue,
            LaneOf::Playlist => &mut self.playlist,
            LaneOf::Rest => &mut self.rest,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn len(&self) -> usize {
        ALL.iter().map(|of| self.lane(*of).waiting.len()).sum()
    }

    pub(super) fn push(&mut self, waiting: Waiting) {
        let least = self
            .patience
            .map_or(waiting.until, |least| least.min(waiting.until));
        self.patience = Some(least);
        let of = LaneOf::command(&waiting.command);
        self.lane_mut(of).waiting.push_back(waiting);
    }

    /// When one of the waiting loses its patience.
    pub(super) fn patience(&self) -> Option<Duration> {
        self.patience
    }

    /// Some left: what is the least patience of the others?
    fn look_for_patience(&mut self) {
        let waiting = ALL.iter().flat_map(|of| &self.lane(*of).waiting);
        self.patience = waiting.map(|waiting| waiting.until).min();
    }

    /// When the first of the waiting may go, by the limits of the lanes.
    pub(super) fn ready_at(&self, state: &ChannelState, now: Duration) -> Option<Duration> {
        ALL.iter()
            .filter_map(|of| self.lane(*of).ready_at(*of, state, now))
            .min()
    }

    /// Takes out the one that may go now; among several lanes the one handed over first.
    pub(super) fn take_ready(&mut self, state: &ChannelState, now: Duration) -> Option<Waiting> {
        let ready = |of: &&LaneOf| {
            self.lane(**of)
                .ready_at(**of, state, now)
                .is_some_and(|at| at <= now)
        };
        let handed_over = |of: &&LaneOf| {
            let front = self.lane(**of).waiting.front();
            front.map(|waiting| (waiting.seen, waiting.id))
        };
        let of = *ALL.iter().filter(ready).min_by_key(handed_over)?;
        let taken = self.lane_mut(of).waiting.pop_front();
        self.look_for_patience();
        taken
    }

    /// Counts a command against its limit.
    pub(super) fn count(&mut self, command: &Command, state: &ChannelState, now: Duration) {
        let of = LaneOf::command(command);
        if let Some(rate) = of.rate(state) {
            self.lane_mut(of).limiter.take(rate, cost(command), now);
        }
    }

    /// A line of chat came back.
    pub(super) fn echoed(&mut self, state: &ChannelState, sent_at: Duration, now: Duration) {
        if let Some(rate) = LaneOf::Chat.rate(state) {
            self.chat.limiter.echoed(rate, sent_at, now);
        }
    }

    /// The server found our chat too fast.
    pub(super) fn complained(&mut self, state: &ChannelState, wait: Duration, now: Duration) {
        if let Some(rate) = LaneOf::Chat.rate(state) {
            self.chat.limiter.complained(rate, wait, now);
        }
    }

    /// Takes out those whose time has come.
    pub(super) fn drain_impatient(&mut self, now: Duration) -> Vec<Waiting> {
        self.drain_if(|waiting| now >= waiting.until)
    }

    /// Takes out all of which something holds, in the order they were handed over.
    pub(super) fn drain_if(&mut self, mut holds: impl FnMut(&Waiting) -> bool) -> Vec<Waiting> {
        let mut out = Vec::new();
        for of in ALL {
            let lane = self.lane_mut(of);
            if !lane.waiting.iter().any(&mut holds) {
                continue;
            }
            for waiting in std::mem::take(&mut lane.waiting) {
                if holds(&waiting) {
                    out.push(waiting);
                } else {
                    lane.waiting.push_back(waiting);
                }
            }
        }
        self.look_for_patience();
        out.sort_by_key(|waiting| (waiting.seen, waiting.id));
        out
    }
}
