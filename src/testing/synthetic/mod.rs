//! Synthetic logs: the events of a room over days or months, made up from a seed.
//!
//! For measuring and testing what reads logs: as many events as wanted, as fast as they can be
//! written, of the shape of a real room's: regulars with a heavy tail, evenings and weekends, bursts
//! of chat, stays and short absences, guests under each other's names, plays, skips, polls,
//! moderation, and gaps in the recording, with text that breaks naive readers. Unlike a recording of
//! the model server nothing passes the wire: a room is played out in virtual time, and what a
//! recorder in it would have on record is made directly, its rejoins and replays included. What
//! comes out folds without a misfit, and is the same for the same seed.

mod actions;
mod cast;
mod chat;
mod house;
mod line;
mod playback;
mod room;
mod scribe;
mod text;
mod words;
mod write;

pub use write::{WriteError, write_synthetic};

use crate::event::Recorded;
use crate::testing::SplitMix64;
use crate::time::UnixMicros;
use cast::{liveliness, liveliness_mean, waiting};
use room::Room;
use scribe::{Draft, Scribe};
use std::collections::BTreeMap;

/// Microseconds in a second.
const SECOND_US: i64 = 1_000_000;

/// Microseconds in a day.
const DAY_US: i64 = 86_400 * SECOND_US;

/// When the first event is received, if nothing else is asked for: 2026-01-05T16:00Z, a Monday.
const BEGIN: UnixMicros = UnixMicros(1_767_628_800_000_000);

/// Events that a lively room has in a day.
const EVENTS_A_DAY: u64 = 10_000;

/// Events that one thing that happens leads to, about.
const EVENTS_EACH: f64 = 1.4;

/// How much faster things happen in a burst.
const BURST_FACTOR: f64 = 8.0;

/// What room to make up, and how much of it.
///
/// ```
/// use projectionist::testing::{Synthetic, SyntheticConfig};
/// let events: Vec<_> = Synthetic::new(&SyntheticConfig::new(7, 500)).collect();
/// assert_eq!(events.len(), 500);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SyntheticConfig {
    /// Same seed, same log.
    pub seed: u64,
    /// How many events.
    pub events: u64,
    /// How many people have an account. Default: 40, and one more for each 2,000 events.
    pub people: usize,
    /// Over how many days the events are spread, about. Default: one for each 10,000 events. Below
    /// some 500 events a day the playlist alone outpaces this, and the log covers less.
    pub days: u64,
    /// When the first event is received.
    pub begin: UnixMicros,
}

impl SyntheticConfig {
    /// So many events of a lively room.
    #[must_use]
    pub fn new(seed: u64, events: u64) -> Self {
        let more = usize::try_from(events / 2_000).unwrap_or(usize::MAX);
        Self {
            seed,
            events,
            people: more.saturating_add(40).min(5_000),
            days: events.div_ceil(EVENTS_A_DAY).max(1),
            begin: BEGIN,
        }
    }

    /// Sets [`SyntheticConfig::people`]: from 1 to 5,000.
    #[must_use]
    pub fn people(mut self, people: usize) -> Self {
        self.people = people.clamp(1, 5_000);
        self
    }

    /// Sets [`SyntheticConfig::days`]: from 1 to 36,500.
    #[must_use]
    pub fn days(mut self, days: u64) -> Self {
        self.days = days.clamp(1, 36_500);
        self
    }

    /// Sets [`SyntheticConfig::begin`].
    #[must_use]
    pub fn begin(mut self, begin: UnixMicros) -> Self {
        self.begin = begin;
        self
    }

    /// The identity of the log: of the seed alone.
    pub(crate) fn log_id(&self) -> [u8; 16] {
        let mut random = SplitMix64::new(self.seed);
        let halves = u128::from(random.next_u64()) << 64 | u128::from(random.next_u64());
        halves.to_be_bytes()
    }
}

/// What is to happen at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Due {
    /// Anything at all: chat, mostly.
    Happening,
    /// A stay ends.
    Leave(u64),
    /// A regular is back.
    Return(usize),
    /// The count of viewers is told.
    Count,
    /// The lead-in is over, or a pause is. Of which stretch of playback.
    Roll(u64),
    /// What plays is over. Of which stretch.
    End(u64),
    /// The poll opened then is closed.
    PollEnd(i64),
    /// The connection is lost.
    Lost,
    /// The recorder is back; whether the room was loaded anew meanwhile, and whether the recorder
    /// had crashed.
    Back { reloaded: bool, crashed: bool },
}

/// The events of a made-up room, in order. See the module's documentation.
pub struct Synthetic {
    config: SyntheticConfig,
    random: SplitMix64,
    /// The time now, microseconds since 1970.
    at: i64,
    end: i64,
    agenda: BTreeMap<(i64, u64), Due>,
    /// Entries of the agenda so far: what is due at one time comes in this order.
    entries: u64,
    burst_until: i64,
    count_is_due: bool,
    /// Number of the stretch of playback: what was due in an earlier one is void.
    stretch: u64,
    taken: u64,
    room: Room,
    scribe: Scribe,
}

impl std::fmt::Debug for Synthetic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Synthetic")
            .field("config", &self.config)
            .field("taken", &self.taken)
            .finish_non_exhaustive()
    }
}

impl Synthetic {
    /// A room about to be joined.
    #[must_use]
    pub fn new(config: &SyntheticConfig) -> Self {
        let mut random = SplitMix64::new(config.seed);
        let days = i64::try_from(config.days).unwrap_or(1);
        let begin = config.begin.0;
        let log_id = config.log_id();
        let log_id: String = log_id.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut synthetic = Self {
            config: config.clone(),
            at: begin,
            end: begin.saturating_add(days.saturating_mul(DAY_US)),
            agenda: BTreeMap::new(),
            entries: 0,
            burst_until: 0,
            count_is_due: false,
            stretch: 0,
            taken: 0,
            room: Room::new(config.people, &mut random),
            scribe: Scribe::new(log_id),
            random,
        };
        synthetic.open_doors();
        synthetic
    }

    /// The channel as folded from the events made so far: of those taken, and of a few to come.
    pub(crate) fn state(&self) -> &crate::state::ChannelState {
        &self.scribe.state
    }

    /// People and films are there before the recorder is.
    fn open_doors(&mut self) {
        for _ in 0..12 {
            self.arrive();
        }
        for _ in 0..20 {
            self.queue();
        }
        self.scribe.forget_chat();
        self.come_back(false, false);
        self.schedule_next();
        self.schedule_loss();
    }

    fn is_quiet(&self) -> bool {
        self.config.events / self.config.days.max(1) < EVENTS_A_DAY / 4
    }

    fn schedule(&mut self, after_us: i64, due: Due) {
        self.entries += 1;
        // Nothing in a room keeps whole seconds.
        let within = SECOND_US.min(after_us / 2).unsigned_abs();
        let jitter = i64::try_from(self.random.below(within)).unwrap_or(0);
        let at = self
            .at
            .saturating_add(after_us.max(1))
            .saturating_add(jitter);
        self.agenda.insert((at, self.entries), due);
    }

    /// In seconds, about `mean_s`, now and then much longer.
    fn draw_s(&mut self, mean_s: f64) -> i64 {
        (mean_s * waiting(&mut self.random)) as i64
    }

    /// When anything happens next: as often as the events wanted in the time left ask for, at this
    /// hour of this day.
    fn schedule_next(&mut self) {
        const LEFT_LEAST_S: f64 = 21_600.0;
        const PAUSE_MOST_S: f64 = 1_800.0;
        let left_s = (self.end - self.at) as f64 / SECOND_US as f64;
        let events = self.config.events.saturating_sub(self.scribe.state.seq.0);
        let mut rate = events.max(100) as f64 / left_s.max(LEFT_LEAST_S) / EVENTS_EACH;
        rate *= liveliness(self.at) as f64 / liveliness_mean();
        if self.at < self.burst_until {
            rate *= BURST_FACTOR;
        }
        let wait_s = (waiting(&mut self.random) / rate).min(PAUSE_MOST_S);
        self.schedule((wait_s * SECOND_US as f64) as i64, Due::Happening);
    }

    /// The next moment; no two things happen in the same.
    fn moment(&mut self) -> UnixMicros {
        let step = 20 + self.random.below(400);
        self.at += i64::try_from(step).unwrap_or(20);
        UnixMicros(self.at)
    }

    /// The server tells the room something; gives when.
    fn tell(&mut self, draft: Draft) -> UnixMicros {
        let at = self.moment();
        self.scribe.tell(at, draft);
        at
    }

    fn step(&mut self) {
        let Some(((at, _), due)) = self.agenda.pop_first() else {
            self.schedule_next();
            return;
        };
        self.at = self.at.max(at);
        match due {
            Due::Happening => {
                self.something();
                self.schedule_next();
            }
            Due::Leave(stay) => self.leave(stay),
            Due::Return(regular) => self.come_again(regular),
            Due::Count => self.tell_count(),
            Due::Roll(stretch) => self.roll(stretch),
            Due::End(stretch) => self.over(stretch),
            Due::PollEnd(opened_ms) => self.close_poll(opened_ms),
            Due::Lost => self.lose(),
            Due::Back { reloaded, crashed } => {
                self.come_back(reloaded, crashed);
                self.schedule_loss();
            }
        }
    }
}

impl Iterator for Synthetic {
    type Item = Recorded;

    fn next(&mut self) -> Option<Recorded> {
        if self.taken == self.config.events {
            return None;
        }
        self.taken += 1;
        loop {
            if let Some(recorded) = self.scribe.take() {
                return Some(recorded);
            }
            self.step();
        }
    }
}
