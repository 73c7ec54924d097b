//! The deterministic simulator: the whole engine over virtual time and a virtual network, against
//! the model server, while things go wrong.
//!
//! Goal: no order of events, losses, crashes and restarts makes the engine break one of its promises
//! (P1 to P6 and P8 to P10). Method: a seed decides who watches, what happens and what fails
//! (`plan`); the world goes from event to event (`world`); checks look all along (`watch`, `viewer`,
//! `wishes`), and at the end, when nothing fails any more, the state has to be the server's
//! (`alike`). Each seed runs twice and has to come to the same, byte for byte.
//!
//! `SEED=n` runs one seed and prints what led to its failure; `SIM_SECONDS=n` runs seeds drawn at
//! random for so long; `SIM_SEEDS=n` runs the first n and tells all that fail; otherwise a fixed set
//! runs. The counters at the end say how often each fault fired.

#![cfg(test)]
#![cfg(feature = "testing")]

#[path = "../common/mod.rs"]
mod common;

mod alike;
mod dials;
mod director;
mod ending;
mod faults;
mod host;
mod network;
mod plan;
mod process;
mod server;
mod storage;
mod tally;
mod trace;
mod viewer;
mod watch;
mod wishes;
mod world;

use std::hash::BuildHasher;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};
use tally::Tally;
use world::World;

/// Seeds of the fixed set: some ten seconds without optimisation.
const FIXED: u64 = 30;

/// Seeds that may fail before a long run gives up.
const FAILURES_MAX: usize = 20;

/// One seed, twice.
fn run(seed: u64, traced: bool) -> Result<Tally, ()> {
    let twice = AssertUnwindSafe(|| {
        let (first, tally) = World::new(seed, traced).run();
        let (second, _) = World::new(seed, false).run();
        assert_eq!(first, second, "the same seed came to something else");
        tally
    });
    catch_unwind(twice).map_err(|_| {
        println!("seed {seed} failed; SEED={seed} repeats it and shows what led to it");
    })
}

/// Runs seeds until there are no more, or too many have failed.
fn run_all(seeds: impl Iterator<Item = u64>, started: Instant) -> Tally {
    let (mut all, mut count, mut failed) = (Tally::default(), 0_u64, Vec::new());
    for seed in seeds {
        count += 1;
        match run(seed, false) {
            Ok(tally) => all.add(&tally),
            Err(()) => failed.push(seed),
        }
        if count.is_multiple_of(500) {
            println!("{count} seeds so far, up to {seed}");
        }
        if failed.len() == FAILURES_MAX {
            break;
        }
    }
    let hours = all.virtual_ms as f64 / 3_600_000.0;
    let real_hours = started.elapsed().as_secs_f64() / 3_600.0;
    println!(
        "{count} seeds, {hours:.1} virtual hours, each twice: {:.0} virtual hours an hour",
        2.0 * hours / real_hours
    );
    println!("{all}");
    assert!(failed.is_empty(), "seeds that failed: {failed:?}");
    all
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is not a number: {text}")),
    )
}

#[test]
#[allow(
    clippy::disallowed_methods,
    reason = "how long a run takes is told, and may be limited"
)]
fn no_fault_breaks_a_promise() {
    let started = Instant::now();
    if let Some(seed) = number("SEED") {
        let tally = run(seed, true).expect("the seed fails");
        return println!("{tally}");
    }
    if let Some(seconds) = number("SIM_SECONDS") {
        let first = std::collections::hash_map::RandomState::new().hash_one(0_u8) >> 16;
        println!("from seed {first}");
        let limit = Duration::from_secs(seconds);
        let in_time = |_: &u64| started.elapsed() < limit;
        run_all((first..).take_while(in_time), started);
        return;
    }
    let seeds = number("SIM_SEEDS");
    let from = number("SIM_FROM").unwrap_or(1);
    let all = run_all(from..from + seeds.unwrap_or(FIXED), started);
    assert!(
        seeds.is_some() || all.missing().is_empty(),
        "never fired: {:?}",
        all.missing()
    );
}
