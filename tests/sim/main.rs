//! The whole engine in a simulator: virtual time, a model of the server, a network and a storage that
//! fail, all from one seed.
//!
//! Method: a seed decides as whom we join, what goes wrong and when ([`plan`]); a world plays it,
//! doing what the driver's threads do ([`world`]); all along it is checked what must hold of log,
//! state, frames and outcomes ([`check`]); then the faults stop, and within bounded time the state
//! must be the server's. Every seed is played twice and must come out the same.
//!
//! `SEED=n` plays one seed and says what happened; `SIM_SECONDS=n` plays new seeds for so long.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a simulator that cannot go on fails, and a long run looks at the clock for when to stop"
)]

mod check;
mod host;
mod network;
mod plan;
mod storage;
mod witness;
mod world;

use plan::{FAULTS, Plan};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use world::{Played, World};

/// Seeds of every run of the tests.
const FIXED: std::ops::Range<u64> = 0..24;

/// Plays a seed twice; a failure names it.
fn play(seed: u64) -> Played {
    let once = || {
        let plan = Plan::of(seed);
        std::panic::catch_unwind(|| World::new(plan).play()).unwrap_or_else(|panic| {
            println!("seed {seed} failed; SEED={seed} plays it again");
            std::panic::resume_unwind(panic)
        })
    };
    let (first, second) = (once(), once());
    assert_eq!(
        first, second,
        "seed {seed} does not come out the same twice"
    );
    first
}

/// What several seeds came to.
#[derive(Default)]
struct Sum {
    seeds: u64,
    virtual_ms: i64,
    events: u64,
    faults: BTreeMap<&'static str, u64>,
}

impl Sum {
    fn add(&mut self, played: &Played) {
        self.seeds += 1;
        self.virtual_ms += played.virtual_ms;
        self.events += played.events;
        for (fault, times) in &played.faults {
            *self.faults.entry(fault).or_default() += times;
        }
    }

    fn say(&self, took: Duration) {
        // Each seed is played twice.
        let hours = 2.0 * self.virtual_ms as f64 / 3_600_000.0;
        println!(
            "{} seeds twice, {} events, {hours:.1} virtual hours in {took:.1?}: {:.0} an hour; {:?}",
            self.seeds,
            self.events,
            hours / took.as_secs_f64() * 3600.0,
            self.faults
        );
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn p1_to_p10_hold_whatever_fails_and_the_state_is_the_servers_once_nothing_does() {
    let (begun, mut sum) = (Instant::now(), Sum::default());
    if let Some(seed) = number("SEED") {
        println!("{:#?}", Plan::of(seed));
        sum.add(&play(seed));
        return sum.say(begun.elapsed());
    }
    for seed in FIXED {
        sum.add(&play(seed));
    }
    for fault in FAULTS {
        assert!(
            sum.faults.contains_key(fault),
            "{fault} never happened: {:?}",
            sum.faults
        );
    }
    if let Some(seconds) = number("SIM_SECONDS") {
        let first = number("SIM_FROM").unwrap_or(FIXED.end);
        for seed in first.. {
            if begun.elapsed() > Duration::from_secs(seconds) {
                break;
            }
            sum.add(&play(seed));
        }
    }
    sum.say(begun.elapsed());
}

/// A range of seeds, for a long run by hand: `SIM_FROM=0 SIM_SEEDS=10000`.
#[test]
#[ignore = "takes an hour: SIM_FROM=0 SIM_SEEDS=10000 cargo test --release … -- --ignored ten_thousand"]
fn ten_thousand_seeds() {
    let (begun, mut sum) = (Instant::now(), Sum::default());
    let first = number("SIM_FROM").unwrap_or(0);
    for seed in first..first + number("SIM_SEEDS").unwrap_or(10_000) {
        sum.add(&play(seed));
    }
    sum.say(begun.elapsed());
}
