//! The host: as whom it joins, what it asks for, and what it was told came of that.

use crate::plan::{Plan, Viewpoint};
use projectionist::channel::{CommandId, RetryDelays};
use projectionist::command::Position;
use projectionist::event::After;
use projectionist::testing::SplitMix64;
use projectionist::{ChannelState, Command, Config, MediaRef, Outcome};
use std::collections::BTreeMap;
use std::time::Duration;

/// The room everybody is in.
pub(crate) const LOBBY: &str = "lobby";

/// The account's password, which must show nowhere.
pub(crate) const OWN_PASSWORD: &str = "hunter2-of-the-account";

/// The room's.
pub(crate) const ROOM_PASSWORD: &str = "sesame-of-the-room";

/// Our name, where we have one.
pub(crate) const NAME: &str = "reel";

/// How the engine is set up for a plan.
pub(crate) fn config(plan: &Plan) -> Config {
    let config = Config::new("https://cytu.be", LOBBY);
    let config = match plan.viewpoint {
        Viewpoint::Anonymous => config,
        Viewpoint::Guest => config.guest(NAME),
        Viewpoint::Member | Viewpoint::Moderator => config.account(NAME, OWN_PASSWORD),
    };
    let config = if plan.password {
        config.channel_password(ROOM_PASSWORD)
    } else {
        config
    };
    let kept = if plan.keep_commands { 90 } else { 0 };
    config.keep_wait_max(Duration::from_secs(kept))
}

/// Doubling delays, spread by a seed.
pub(crate) struct Delays {
    random: SplitMix64,
    failures: u32,
}

impl Delays {
    pub(crate) fn new(seed: u64) -> Self {
        let random = SplitMix64::new(seed);
        Self {
            random,
            failures: 0,
        }
    }
}

impl RetryDelays for Delays {
    fn next_delay(&mut self) -> Duration {
        let whole_ms = (5_000 << self.failures.min(4)).min(50_000);
        self.failures += 1;
        Duration::from_millis(whole_ms * (80 + self.random.below(40)) / 100)
    }

    fn reset(&mut self) {
        self.failures = 0;
    }
}

/// What the host asked for.
#[derive(Debug)]
pub(crate) struct Host {
    random: SplitMix64,
    /// When it asks next.
    pub(crate) next_ms: i64,
    last: u64,
    /// What it was told, by command.
    pub(crate) outcomes: BTreeMap<u64, Outcome>,
    /// Commands of which it was told nothing yet.
    pub(crate) waiting: Vec<u64>,
    /// Lines it asked to be said, by command.
    pub(crate) said: BTreeMap<u64, String>,
}

impl Host {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            random: SplitMix64::new(seed ^ 0x1057),
            next_ms: 0,
            last: 0,
            outcomes: BTreeMap::new(),
            waiting: Vec::new(),
            said: BTreeMap::new(),
        }
    }

    /// The next wish.
    pub(crate) fn wish(&mut self, state: &ChannelState, now_ms: i64) -> (CommandId, Command) {
        self.next_ms = now_ms + 2_000 + self.random.below(15_000) as i64;
        self.last += 1;
        let id = self.last;
        let uids: Vec<_> = state.playlist.iter().flat_map(|list| list.iter()).collect();
        let uid = self.random.pick(&uids).map(|item| item.uid);
        let command = match (self.random.below(9), uid) {
            (0, _) => Command::Queue {
                media: MediaRef::parse("yt:dQw4w9WgXcQ").unwrap(),
                position: Position::End,
                temp: false,
                title: None,
                duration_s: None,
            },
            (1, Some(uid)) => Command::Delete { uid, seen: None },
            (2, Some(uid)) => Command::Move {
                uid,
                after: After::End,
                seen: None,
            },
            (3, Some(uid)) => Command::Jump { uid, seen: None },
            (4, _) => Command::SetLock {
                locked: self.random.chance(50),
            },
            (5, _) => Command::Voteskip {},
            (6, _) => Command::Vote {
                option: self.random.index(3),
            },
            _ => {
                let text = format!("wish {id} of reel");
                self.said.insert(id, text.clone());
                Command::Say { text, flair: false }
            }
        };
        self.waiting.push(id);
        (CommandId(id), command)
    }

    /// What came of a wish: once, and of none that was not asked for.
    pub(crate) fn told(&mut self, id: CommandId, outcome: Outcome) {
        let place = self.waiting.iter().position(|waiting| *waiting == id.0);
        let place = place.unwrap_or_else(|| panic!("command {} is settled twice", id.0));
        self.waiting.remove(place);
        self.outcomes.insert(id.0, outcome);
    }

    /// The process that was asked is gone: it tells nothing more.
    pub(crate) fn forsaken(&mut self) {
        self.waiting.clear();
    }
}
