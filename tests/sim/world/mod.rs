//! The world of one play: the engine, the model, what is between them, and time.
//!
//! The owner of the channel does here what the driver's threads do: dials when told to and allowed
//! to, stops reading while the disk takes nothing, reopens a log after a death. No clock, no socket.

use crate::check;
use crate::host::{Delays, Host, LOBBY, NAME, OWN_PASSWORD, ROOM_PASSWORD, config};
use crate::network::Link;
use crate::plan::{Fault, Plan, Viewpoint};
use crate::storage::SimLog;
use crate::witness::{Line, Witness};
use projectionist::channel::{Channel, Input, Output, Phase};
use projectionist::event::DisconnectCause;
use projectionist::event_log::EventLog;
use projectionist::state::ConnectionPhase;
use projectionist::testing::{
    Account, ConnId, Model, ModelConfig, Out, Peer, RoomConfig, SplitMix64, Traffic, TrafficConfig,
};
use projectionist::time::Now;
use projectionist::{ChannelState, Config, Outcome, UnixMicros};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

mod engine;
mod fate;

/// When plays begin, by the server's clock.
const START_MS: i64 = 1_700_000_000_000;

/// How long before the end the room falls silent: longer than anything the server tells late.
const SILENCE_MS: i64 = 25_000;

/// What a play came to.
#[derive(Debug, PartialEq)]
pub(crate) struct Played {
    pub(crate) virtual_ms: i64,
    pub(crate) events: u64,
    pub(crate) digest: u64,
    pub(crate) faults: BTreeMap<&'static str, u64>,
}

/// One play under way.
pub(crate) struct World {
    plan: Plan,
    config: Config,
    random: SplitMix64,
    now_ms: i64,
    /// How far our wall clock is off the server's.
    wall_off_ms: i64,
    model: Model,
    traffic: Traffic,
    witness: Witness,
    /// Whose chat only some hear.
    hushed: BTreeSet<String>,
    channel: Option<Channel<SimLog>>,
    /// Whether the disk takes nothing: what is staged waits, nothing is read.
    stuck: bool,
    disk_fails_until_ms: i64,
    link: Option<Link>,
    /// Connections that the server is yet to learn are lost, and when.
    ghosts: Vec<(i64, ConnId)>,
    last_conn: u64,
    delay_ms: i64,
    cut_next_burst: Option<u64>,
    server_down_until_ms: i64,
    refused_until_ms: i64,
    dial_at_ms: Option<i64>,
    /// When we connected, for the site's throttle.
    dialled_ms: Vec<i64>,
    rejoin_at_ms: Option<i64>,
    host: Host,
    power_failed: bool,
    /// Lines that came and are committed; those that came and are not.
    delivered: Vec<Line>,
    in_hand: Vec<Line>,
    digest: u64,
    faults: BTreeMap<&'static str, u64>,
    next_fault: usize,
    said: bool,
}

fn site(plan: &Plan) -> Model {
    let rank = match plan.viewpoint {
        Viewpoint::Moderator => 2.0,
        _ => 1.0,
    };
    let mut config = ModelConfig::default()
        .room(RoomConfig::registered(LOBBY).rank(NAME, rank))
        .account(Account::new("sysop", "sysop").global_rank(255.0))
        .account(Account::new(NAME, OWN_PASSWORD));
    if plan.viewpoint == Viewpoint::Guest {
        config.accounts.retain(|account| account.name != NAME);
    }
    config.seed = plan.seed;
    config.rank_lookup_ms = plan.rank_lookup_ms;
    Model::new(config)
}

impl World {
    pub(crate) fn new(plan: Plan) -> Self {
        let traffic = TrafficConfig::new(plan.seed, LOBBY).rate(plan.rate);
        let mut world = Self {
            config: config(&plan),
            random: SplitMix64::new(plan.seed),
            now_ms: START_MS,
            wall_off_ms: 0,
            model: site(&plan),
            traffic: Traffic::new(traffic),
            witness: Witness::new(LOBBY, plan.password.then_some(ROOM_PASSWORD)),
            hushed: BTreeSet::new(),
            channel: None,
            stuck: false,
            disk_fails_until_ms: 0,
            link: None,
            ghosts: Vec::new(),
            last_conn: 0,
            delay_ms: 0,
            cut_next_burst: None,
            server_down_until_ms: 0,
            refused_until_ms: 0,
            dial_at_ms: None,
            dialled_ms: Vec::new(),
            rejoin_at_ms: None,
            host: Host::new(plan.seed),
            power_failed: false,
            delivered: Vec::new(),
            in_hand: Vec::new(),
            digest: 0xcbf2_9ce4_8422_2325,
            faults: BTreeMap::new(),
            next_fault: 0,
            said: std::env::var_os("SEED").is_some(),
            plan,
        };
        world.furnish();
        world.open(SimLog::default());
        world
    }

    fn furnish(&mut self) {
        self.traffic.step(&mut self.model, self.now_ms);
        if self.plan.password {
            let options = json!({ "password": ROOM_PASSWORD });
            self.model
                .act(LOBBY, "sysop", "setOptions", &options, self.now_ms);
        }
        self.witness.enter(&mut self.model, self.now_ms);
        self.carry();
    }

    /// Plays to the end.
    pub(crate) fn play(mut self) -> Played {
        let end_ms = START_MS + self.plan.end_ms;
        while self.now_ms < end_ms {
            self.now_ms = self.next_ms().clamp(self.now_ms + 1, end_ms);
            self.turn(end_ms);
        }
        // What is on its way still arrives.
        while let Some(due_ms) = self.link.as_ref().and_then(Link::due_ms) {
            self.now_ms = due_ms.max(self.now_ms + 1);
            self.turn(end_ms);
        }
        self.compare();
        self.stop();
        self.finish()
    }

    fn at_ms(&self, from_start_ms: i64) -> i64 {
        START_MS + from_start_ms
    }

    /// When something happens next.
    fn next_ms(&self) -> i64 {
        let channel = self.channel.as_ref().filter(|_| !self.stuck);
        let deadline = channel.and_then(Channel::deadline).map(|at| {
            // Whole milliseconds: a moment between two is due at the later one.
            at.as_nanos().div_ceil(1_000_000) as i64
        });
        let fault = self
            .plan
            .faults
            .get(self.next_fault)
            .map(|(at, _)| self.at_ms(*at));
        [
            deadline,
            self.model.next_deadline(),
            self.traffic.next_at_ms(),
            self.link
                .as_ref()
                .filter(|_| !self.stuck)
                .and_then(Link::due_ms),
            self.ghosts.iter().map(|(at_ms, _)| *at_ms).min(),
            self.dial_at_ms,
            self.rejoin_at_ms,
            self.stuck.then_some(self.now_ms + 100),
            fault,
            (self.now_ms < self.at_ms(self.plan.quiet_from_ms)).then_some(self.host.next_ms),
        ]
        .into_iter()
        .flatten()
        .filter(|at_ms| *at_ms > self.now_ms)
        .min()
        .unwrap_or(i64::MAX)
    }

    fn turn(&mut self, end_ms: i64) {
        self.model.tick(self.now_ms);
        if self.now_ms < end_ms - SILENCE_MS {
            self.traffic.step(&mut self.model, self.now_ms);
        }
        self.server_notices();
        self.carry();
        self.storage_turn();
        if !self.stuck {
            self.engine_turn();
        }
        while let Some((at_ms, fault)) = self.plan.faults.get(self.next_fault).copied() {
            if self.at_ms(at_ms) > self.now_ms {
                break;
            }
            self.next_fault += 1;
            self.befall(fault);
        }
        self.carry();
    }

    /// The server learns what has become of connections.
    fn server_notices(&mut self) {
        let now_ms = self.now_ms;
        let (gone, left) = self.ghosts.iter().partition(|(at_ms, _)| *at_ms <= now_ms);
        self.ghosts = left;
        let gone: Vec<(i64, ConnId)> = gone;
        for (_, conn) in gone {
            self.model.closed(conn, now_ms);
        }
        if self.refused_until_ms != 0 && self.refused_until_ms <= now_ms {
            self.refused_until_ms = 0;
            self.model.refuse_connects(None);
        }
    }

    fn storage_turn(&mut self) {
        let failing = self.disk_fails_until_ms > self.now_ms;
        let Some(channel) = &mut self.channel else {
            return;
        };
        channel.log_mut().failing = failing;
        if self.stuck && !failing {
            self.stuck = false;
            self.commit();
        }
    }

    fn engine_turn(&mut self) {
        self.arrivals();
        let channel = self.channel.as_ref().filter(|_| !self.stuck);
        let due = channel
            .and_then(Channel::deadline)
            .is_some_and(|at| at <= self.now().mono);
        if due {
            self.input(Input::Timeout);
        }
        if self.dial_at_ms.is_some_and(|at_ms| at_ms <= self.now_ms) && !self.stuck {
            self.dial_at_ms = None;
            self.dial();
        }
        let quiet = self.now_ms >= self.at_ms(self.plan.quiet_from_ms);
        if quiet {
            self.delay_ms = 0;
            if let Some(link) = &mut self.link {
                link.delay_ms = 0;
            }
        }
        if self.host.next_ms <= self.now_ms && !quiet && !self.stuck {
            let state = Arc::clone(self.channel.as_ref().unwrap().state());
            let (id, command) = self.host.wish(&state, self.now_ms);
            self.input(Input::Command(id, command));
        }
        self.come_back();
    }

    /// Down for good: the host has another try after a while.
    fn come_back(&mut self) {
        let closed = self
            .channel
            .as_ref()
            .is_some_and(|it| it.phase() == Phase::Closed);
        if !closed || self.stuck {
            self.rejoin_at_ms = None;
        } else if self.rejoin_at_ms.is_none() {
            self.rejoin_at_ms = Some(self.now_ms + 30_000);
        } else if self.rejoin_at_ms.is_some_and(|at_ms| at_ms <= self.now_ms) {
            self.rejoin_at_ms = None;
            self.input(Input::Rejoin);
        }
    }

    fn now(&self) -> Now {
        let since = u64::try_from(self.now_ms - START_MS).unwrap_or(0);
        Now {
            mono: Duration::from_millis(since),
            wall: UnixMicros::from_millis(self.now_ms + self.wall_off_ms),
        }
    }

    fn note(&mut self, what: &str) {
        if self.said {
            println!("{:>9} {what}", self.now_ms - START_MS);
        }
        for byte in what.bytes() {
            self.digest = (self.digest ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}
