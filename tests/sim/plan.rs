//! What a seed decides: as whom we join, how lively the room is, what goes wrong and when.

use projectionist::testing::SplitMix64;

/// As whom the engine joins: each sees another chat, and other lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Viewpoint {
    Anonymous,
    Guest,
    Member,
    Moderator,
}

/// What goes wrong, or merely happens, at a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fault {
    /// The connection ends, and both sides know.
    Cut,
    /// We lose it; the server learns so much later (a ghost stays in the room).
    HalfOpen { ms: i64 },
    /// It ends at the next join, behind so many frames of the burst.
    CutInBurst { frames: u64 },
    /// Nothing gets through for a while; then everything does, in order.
    Stall { ms: i64 },
    /// From now on frames take up to so long.
    Delay { ms: i64 },
    /// Frames that no server sends.
    Garbage { frames: u64 },
    /// The server stops in good order and comes back.
    ServerRestart,
    /// The server dies and comes back as it was last saved.
    ServerCrash,
    /// The channel is unloaded and loaded: items are renumbered.
    Reload,
    /// The channel is said to be elsewhere.
    Moved,
    /// A moderator puts us out; the host comes back after a while.
    Kick,
    /// The site refuses connects for a while.
    Refused { ms: i64 },
    /// Our wall clock steps.
    ClockStep { ms: i64 },
    /// The disk takes nothing for a while.
    DiskFails { ms: i64 },
    /// Our process dies.
    Killed,
    /// The power fails: what was not made durable is gone, newest first.
    PowerCut,
    /// The host closes the engine in good order and opens it again.
    Reopened,
    /// Somebody is muted without knowing; only some viewers hear them.
    ShadowMute,
}

/// The names of all faults, as they are counted.
pub(crate) const FAULTS: [&str; 18] = [
    "cut",
    "half_open",
    "cut_in_burst",
    "stall",
    "delay",
    "garbage",
    "server_restart",
    "server_crash",
    "reload",
    "moved",
    "kick",
    "refused",
    "clock_step",
    "disk_fails",
    "killed",
    "power_cut",
    "reopened",
    "shadow_mute",
];

impl Fault {
    pub(crate) fn name(self) -> &'static str {
        let place = match self {
            Self::Cut => 0,
            Self::HalfOpen { .. } => 1,
            Self::CutInBurst { .. } => 2,
            Self::Stall { .. } => 3,
            Self::Delay { .. } => 4,
            Self::Garbage { .. } => 5,
            Self::ServerRestart => 6,
            Self::ServerCrash => 7,
            Self::Reload => 8,
            Self::Moved => 9,
            Self::Kick => 10,
            Self::Refused { .. } => 11,
            Self::ClockStep { .. } => 12,
            Self::DiskFails { .. } => 13,
            Self::Killed => 14,
            Self::PowerCut => 15,
            Self::Reopened => 16,
            Self::ShadowMute => 17,
        };
        FAULTS[place]
    }

    fn draw(random: &mut SplitMix64) -> Self {
        let ms = |random: &mut SplitMix64, most: u64| random.below(most) as i64 + 1;
        match random.below(18) {
            0 => Self::Cut,
            1 => Self::HalfOpen {
                ms: ms(random, 160_000),
            },
            2 => Self::CutInBurst {
                frames: random.below(24),
            },
            3 => Self::Stall {
                ms: ms(random, 90_000),
            },
            4 => Self::Delay {
                ms: ms(random, 2_500),
            },
            5 => Self::Garbage {
                frames: 1 + random.below(6),
            },
            6 => Self::ServerRestart,
            7 => Self::ServerCrash,
            8 => Self::Reload,
            9 => Self::Moved,
            10 => Self::Kick,
            11 => Self::Refused {
                ms: ms(random, 40_000),
            },
            12 => Self::ClockStep {
                ms: ms(random, 7_200_000) - 3_600_000,
            },
            13 => Self::DiskFails {
                ms: ms(random, 20_000),
            },
            14 => Self::Killed,
            15 => Self::PowerCut,
            16 => Self::Reopened,
            _ => Self::ShadowMute,
        }
    }
}

/// A whole play.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) viewpoint: Viewpoint,
    /// Whether the room has a password.
    pub(crate) password: bool,
    /// Things that happen in the room in a second.
    pub(crate) rate: f64,
    /// Milliseconds the server takes to look a rank up.
    pub(crate) rank_lookup_ms: i64,
    /// Whether commands wait for the next join.
    pub(crate) keep_commands: bool,
    /// When what goes wrong, in milliseconds from the beginning, in order.
    pub(crate) faults: Vec<(i64, Fault)>,
    /// When the last fault has passed.
    pub(crate) quiet_from_ms: i64,
    /// When the play ends.
    pub(crate) end_ms: i64,
}

/// From the last fault to the state being the server's: two intervals of connecting by the throttle
/// of a site that was tried too often (a minute each), a ghost that keeps our name (145 s), a guest
/// login (60 s), the longest wait between attempts (60 s), and a join.
const RECOVERY_MAX_MS: i64 = 480_000;

impl Plan {
    pub(crate) fn of(seed: u64) -> Self {
        let mut random = SplitMix64::new(seed ^ 0x5eed);
        let viewpoints = [
            Viewpoint::Anonymous,
            Viewpoint::Guest,
            Viewpoint::Member,
            Viewpoint::Moderator,
        ];
        let viewpoint = viewpoints[random.index(4)];
        let mut at_ms = 20_000;
        let mut faults = Vec::new();
        for _ in 0..2 + random.below(9) {
            at_ms += random.below(90_000) as i64 + 200;
            faults.push((at_ms, Fault::draw(&mut random)));
        }
        // The longest fault begun last, and the server learning of a connection long lost.
        let quiet_from_ms = at_ms + 170_000;
        Self {
            seed,
            viewpoint,
            password: random.chance(40),
            rate: [0.05, 0.3, 1.0, 3.0][random.index(4)],
            rank_lookup_ms: [0, 40, 1_500][random.index(3)],
            keep_commands: random.chance(30),
            faults,
            quiet_from_ms,
            end_ms: quiet_from_ms + RECOVERY_MAX_MS,
        }
    }
}
