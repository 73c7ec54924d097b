//! One world: a server with its room, a network, a host with its engine and its disk, and a clock
//! that goes from one event to the next.
//!
//! Things go wrong for a while; then nothing does any more, and within a bounded time the engine is
//! live, has an outcome for all that was asked, and shows what the server has.

use crate::director::Director;
use crate::ending::Ending;
use crate::faults::Mend;
use crate::host::{Host, Outside};
use crate::network::{Down, Network, Up};
use crate::plan::{Plan, START_MS};
use crate::server::{Parcel, Server};
use crate::tally::{Fault, Tally};
use crate::trace::Trace;
use projectionist::channel::Input;
use projectionist::event::{DisconnectCause, Event};
use projectionist::event_log::LogReader;
use projectionist::testing::SplitMix64;
use projectionist::{Kind, Read};
use std::rc::Rc;

/// Moments of things that happen at random.
#[derive(Debug)]
struct Timers {
    fault_ms: i64,
    act_ms: i64,
    wish_ms: i64,
    flush_ms: i64,
    look_ms: i64,
    rejoin_ms: Option<i64>,
}

pub(crate) struct World {
    pub(crate) plan: Rc<Plan>,
    pub(crate) now_ms: i64,
    pub(crate) random: SplitMix64,
    pub(crate) server: Server,
    pub(crate) network: Network,
    pub(crate) host: Host,
    pub(crate) tally: Tally,
    pub(crate) trace: Trace,
    pub(crate) mends: Vec<(i64, Mend)>,
    pub(super) director: Director,
    timers: Timers,
    /// Whether things still go wrong.
    pub(super) in_trouble: bool,
    pub(super) traffic: bool,
    /// Turns in a row without anything to wait for.
    spun: u32,
}

impl World {
    pub(crate) fn new(seed: u64, traced: bool) -> Self {
        let plan = Rc::new(Plan::of(seed));
        let mut random = SplitMix64::new(seed);
        let mut server = Server::new(&plan, &mut random);
        let mut director = Director::default();
        director.open_house(&mut server, &plan, START_MS);
        let network = Network::new(plan.latency_ms, SplitMix64::new(random.next_u64()));
        let mut trace = Trace::new(traced);
        trace.at(START_MS);
        trace.note(|| format!("{plan:?}"));
        Self {
            now_ms: START_MS,
            random,
            server,
            network,
            host: Host::new(Rc::clone(&plan), START_MS + 1),
            tally: Tally::default(),
            trace,
            mends: Vec::new(),
            director,
            timers: Timers {
                fault_ms: START_MS + plan.fault_every_ms,
                act_ms: START_MS,
                wish_ms: START_MS,
                flush_ms: START_MS,
                look_ms: START_MS,
                rejoin_ms: None,
            },
            plan,
            in_trouble: true,
            traffic: true,
            spun: 0,
        }
    }

    pub(crate) fn parts(&mut self) -> (&mut Host, Outside<'_>) {
        let out = Outside {
            now_ms: self.now_ms,
            network: &mut self.network,
            server: &mut self.server,
            tally: &mut self.tally,
            random: &mut self.random,
            trace: &mut self.trace,
        };
        (&mut self.host, out)
    }

    /// The whole story.
    pub(crate) fn run(mut self) -> (Ending, Tally) {
        let end_ms = START_MS + self.plan.trouble_ms;
        while self.now_ms < end_ms {
            self.step(end_ms);
        }
        self.heal();
        self.become_live();
        self.traffic = false;
        self.wait(20_000);
        self.compare();
        self.finish()
    }

    pub(super) fn wait(&mut self, ms: i64) {
        let end_ms = self.now_ms + ms;
        while self.now_ms < end_ms {
            self.step(end_ms);
        }
    }

    /// To the next moment at which something happens, or to the end.
    fn step(&mut self, end_ms: i64) {
        let mut next = vec![
            self.server.next_ms(self.traffic),
            self.host.next_ms(&self.network),
        ];
        next.push(self.network.next_up_ms());
        if self.in_trouble {
            let Timers {
                fault_ms,
                act_ms,
                wish_ms,
                flush_ms,
                look_ms,
                rejoin_ms,
            } = self.timers;
            next.extend([fault_ms, act_ms, wish_ms, flush_ms, look_ms].map(Some));
            next.push(rejoin_ms);
            next.extend(self.mends.iter().map(|(at_ms, _)| Some(*at_ms)));
        }
        let next_ms = next.into_iter().flatten().min().unwrap_or(end_ms);
        // What is due now has had its turn; a deadline that does not pass would turn for ever.
        self.spun = if next_ms > self.now_ms {
            0
        } else {
            self.spun + 1
        };
        assert!(
            self.spun < 5_000,
            "a deadline that does not pass spins its owner"
        );
        self.now_ms = next_ms.clamp(self.now_ms + 1, end_ms.max(self.now_ms + 1));
        self.trace.at(self.now_ms);
        self.server.tick(self.now_ms, self.traffic);
        self.carry();
        if self.in_trouble {
            self.timers();
            self.carry();
        }
        let (host, mut out) = self.parts();
        host.turn(&mut out);
        self.carry();
    }

    /// Carries what the server sent to the network, and what the network has for the server.
    pub(super) fn carry(&mut self) {
        while let Some((conn, up)) = self.network.take_up(self.now_ms) {
            match up {
                Up::Frame(frame) if self.server.is_up() => {
                    self.host.wishes.arrived(&frame);
                    self.server.frame(conn, &frame, self.now_ms);
                }
                Up::Frame(_) => {}
                Up::Closed => self.server.closed(conn, self.now_ms),
            }
        }
        while let Some(parcel) = self.server.take_parcel() {
            match parcel {
                Parcel::Frame(conn, text, mark) => {
                    self.network
                        .down(conn, Down::Frame(text, mark), self.now_ms);
                }
                Parcel::Close(conn) => {
                    let closed = Down::Closed {
                        cause: DisconnectCause::Closed,
                        detail: "closed by the server (code 1000)",
                        code: Some(1_000),
                    };
                    self.network.down(conn, closed, self.now_ms);
                }
            }
        }
    }

    fn timers(&mut self) {
        let now_ms = self.now_ms;
        let due = |(at_ms, _): &(i64, Mend)| *at_ms <= now_ms;
        for (_, mend) in self
            .mends
            .extract_if(.., |mend| due(mend))
            .collect::<Vec<_>>()
        {
            self.mend(mend);
        }
        if now_ms >= self.timers.fault_ms {
            self.timers.fault_ms = self.soon(self.plan.fault_every_ms);
            if let Some(fault) = self.random.pick(&self.plan.faults).copied() {
                self.go_wrong(fault);
            }
        }
        if now_ms >= self.timers.act_ms {
            self.timers.act_ms = self.soon(self.plan.act_every_ms);
            self.director
                .happen(&mut self.server, &mut self.random, &mut self.tally, now_ms);
        }
        if now_ms >= self.timers.wish_ms {
            self.timers.wish_ms = self.soon(self.plan.wish_every_ms);
            self.wish();
        }
        if now_ms >= self.timers.flush_ms {
            self.timers.flush_ms = self.soon(20_000);
            self.host.flush();
            if self.random.chance(20) {
                self.host.store_state();
            }
        }
        if now_ms >= self.timers.look_ms {
            self.timers.look_ms = now_ms + 60_000;
            if let Some(channel) = self.host.channel() {
                self.host.watch.same_bytes(channel.state());
            }
        }
        self.rejoin();
    }

    fn soon(&mut self, mean_ms: i64) -> i64 {
        self.now_ms + 1 + self.random.below(2 * mean_ms as u64) as i64
    }

    fn wish(&mut self) {
        if !self.host.is_awake(self.now_ms) {
            return;
        }
        // Sometimes a host is in a hurry.
        let count = if self.random.chance(5) {
            1 + self.random.below(120)
        } else {
            1
        };
        for _ in 0..count {
            let Some(channel) = self.host.channel() else {
                return;
            };
            let state = std::sync::Arc::clone(channel.state());
            let (id, command) = self.host.wishes.make(&state, &mut self.random);
            let (host, mut out) = self.parts();
            host.wish(&mut out, id, command);
            // In line, and on the wire.
            let bound = 2 * self.plan.config().command_queue_max;
            assert!(self.host.wishes.open() <= bound, "commands without bound");
        }
    }

    /// After an end that policy calls final, the host asks again some time later.
    pub(super) fn rejoin(&mut self) {
        if !self.host.is_closed() {
            self.timers.rejoin_ms = None;
            return;
        }
        match self.timers.rejoin_ms {
            None => {
                self.check_final_end();
                self.timers.rejoin_ms = Some(self.soon(30_000));
            }
            Some(at_ms) if at_ms <= self.now_ms && self.host.is_awake(self.now_ms) => {
                self.timers.rejoin_ms = None;
                let (host, mut out) = self.parts();
                host.input(&mut out, Input::Rejoin);
                host.settle(&mut out);
            }
            Some(at_ms) => self.timers.rejoin_ms = Some(at_ms.max(self.now_ms + 1)),
        }
    }

    /// Whether staying out is what the policy says of what happened.
    fn check_final_end(&mut self) {
        let channel = self.host.channel().expect("closed is a phase of a channel");
        let read = Read::default()
            .kinds([Kind::Disconnected])
            .newest_first()
            .limit(1);
        let rows = channel.log().read(&read).unwrap();
        let Some(Event::Disconnected(last)) = rows.first().map(|row| &row.event) else {
            panic!("closed without an end in the log");
        };
        let fired = |fault: Fault| self.tally.faults.contains_key(&fault);
        let is_final = match last.cause {
            DisconnectCause::Kicked => {
                let kicked = fired(Fault::Kicked) && !self.plan.rejoin_after_kick;
                kicked || fired(Fault::Namesake)
            }
            DisconnectCause::PasswordNeeded => fired(Fault::PasswordChanged),
            _ => false,
        };
        assert!(is_final, "gave up for no reason of policy: {last:?}");
        self.tally.count("final_ends");
    }
}
