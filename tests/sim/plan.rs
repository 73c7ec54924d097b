//! What a seed decides: who watches, how lively the room is, what goes wrong and when.
//!
//! Each seed gets some of the faults only: a world where everything fails at once hides what one
//! failure does.

use crate::tally::Fault;
use projectionist::testing::{Account, ModelConfig, RoomConfig, SplitMix64};
use projectionist::{Config, UnixMicros};
use std::time::Duration;

/// The channel that everybody is in.
pub(crate) const ROOM: &str = "cinema";
/// Where we come from.
pub(crate) const OUR_IP: &str = "10.77.3.9";
/// What must never be seen anywhere.
pub(crate) const ACCOUNT_PASSWORD: &str = "correct-horse-battery";
pub(crate) const ROOM_PASSWORD: &str = "open-sesame-please";
pub(crate) const OTHER_PASSWORD: &str = "closed-sesame-sorry";

/// Where virtual time begins, Unix milliseconds.
pub(crate) const START_MS: i64 = 1_700_000_000_000;

/// As whom we watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Viewpoint {
    Anonymous,
    Guest,
    Account,
    Moderator,
    Owner,
}

impl Viewpoint {
    pub(crate) fn name(self) -> Option<&'static str> {
        match self {
            Self::Anonymous => None,
            Self::Guest => Some("reel"),
            Self::Account => Some("Carol"),
            Self::Moderator => Some("Mona"),
            Self::Owner => Some("Alice"),
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) viewpoint: Viewpoint,
    /// How long things go wrong, in milliseconds.
    pub(crate) trouble_ms: i64,
    /// The faults of this seed.
    pub(crate) faults: Vec<Fault>,
    /// Mean time between two, in milliseconds.
    pub(crate) fault_every_ms: i64,
    /// Mean time between two wishes of the host, in milliseconds.
    pub(crate) wish_every_ms: i64,
    /// Mean time between two acts of the staff beyond the usual traffic, in milliseconds.
    pub(crate) act_every_ms: i64,
    pub(crate) traffic_per_s: f64,
    pub(crate) users: usize,
    pub(crate) room_password: bool,
    pub(crate) rejoin_after_kick: bool,
    pub(crate) keep_wait_s: u64,
    pub(crate) latency_ms: (u64, u64),
    /// Whether each frame is a transaction, or all that came at once.
    pub(crate) frame_by_frame: bool,
    /// Whether the log is a file.
    pub(crate) on_disk: bool,
    rank_lookup_ms: i64,
    media_lookup_ms: i64,
    save_interval_s: i64,
}

impl Plan {
    pub(crate) fn of(seed: u64) -> Self {
        let mut random = SplitMix64::new(seed ^ 0x5eed);
        let viewpoints = [
            Viewpoint::Anonymous,
            Viewpoint::Guest,
            Viewpoint::Guest,
            Viewpoint::Account,
            Viewpoint::Moderator,
            Viewpoint::Owner,
        ];
        let between = |random: &mut SplitMix64, from: i64, to: i64| {
            from + random.below((to - from) as u64) as i64
        };
        let share = *random.pick(&[10, 25, 60]).unwrap();
        let mut faults: Vec<_> = Fault::ALL.to_vec();
        faults.retain(|_| random.chance(share));
        let slow = random.chance(20);
        Self {
            seed,
            viewpoint: *random.pick(&viewpoints).unwrap(),
            trouble_ms: between(&mut random, 120_000, 600_000),
            faults,
            fault_every_ms: between(&mut random, 8_000, 60_000),
            wish_every_ms: between(&mut random, 3_000, 30_000),
            act_every_ms: between(&mut random, 4_000, 40_000),
            traffic_per_s: *random.pick(&[0.1, 0.3, 1.0]).unwrap(),
            users: *random.pick(&[5, 8, 20]).unwrap(),
            room_password: random.chance(30),
            rejoin_after_kick: random.chance(50),
            keep_wait_s: *random.pick(&[0, 0, 30, 120]).unwrap(),
            latency_ms: if slow { (200, 1_500) } else { (1, 120) },
            frame_by_frame: random.chance(50),
            on_disk: random.chance(3) || seed.is_multiple_of(16),
            rank_lookup_ms: *random.pick(&[0, 0, 300]).unwrap(),
            media_lookup_ms: *random.pick(&[0, 700]).unwrap(),
            save_interval_s: *random.pick(&[30, 300]).unwrap(),
        }
    }

    pub(crate) fn config(&self) -> Config {
        let config = Config::new("https://cytu.be", ROOM)
            .rejoin_after_kick(self.rejoin_after_kick)
            .keep_wait_max(Duration::from_secs(self.keep_wait_s));
        let config = match (self.viewpoint, self.viewpoint.name()) {
            (_, None) => config,
            (Viewpoint::Guest, Some(name)) => config.guest(name),
            (_, Some(name)) => config.account(name, ACCOUNT_PASSWORD),
        };
        match self.room_password {
            true => config.channel_password(ROOM_PASSWORD),
            false => config,
        }
    }

    pub(crate) fn model(&self) -> ModelConfig {
        let room = RoomConfig::registered(ROOM)
            .rank("Alice", 5.0)
            .rank("Mona", 2.0);
        let mut config = ModelConfig::default().room(room);
        for name in ["Alice", "Mona", "Carol"] {
            config = config.account(Account::new(name, ACCOUNT_PASSWORD));
        }
        config.seed = self.seed;
        config.rank_lookup_ms = self.rank_lookup_ms;
        config.media_lookup_ms = self.media_lookup_ms;
        config.save_interval_s = self.save_interval_s;
        config
    }

    /// Micros of a virtual moment.
    pub(crate) fn wall(now_ms: i64, offset_ms: i64) -> UnixMicros {
        UnixMicros::from_millis(now_ms + offset_ms)
    }
}
