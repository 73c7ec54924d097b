//! A long log to state: every event read, decoded and folded. 200,000 events, or `EVENTS=n`.
//!
//! Baseline: the same rows scanned, all columns touched, nothing decoded.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench that cannot go on stops, and measures with the clock"
)]

mod common;

use common::*;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use projectionist::{
    ChannelState, Read, Seq, SqliteReader,
    event_log::{EventLog, LogReader, Snapshot},
    history,
    sqlite::{LogOptions, SqliteLog, verify},
    state::FOLD_V,
};
use std::path::Path;

fn replay(c: &mut Criterion) {
    let count = std::env::var("EVENTS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(200_000);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    let options = LogOptions::new("bench", "https://cytu.be");
    let mut log = SqliteLog::create_or_open(&path, &options).unwrap();
    for batch in messages(count).chunks(512) {
        log.append(batch).unwrap();
    }
    log.close().unwrap();

    let mut group = c.benchmark_group("replay");
    group.throughput(Throughput::Elements(count as u64));
    group.bench_function("baseline: bare scan", |b| b.iter(|| bare_scan(&path)));
    group.bench_function("read, decode and fold", |b| {
        b.iter(|| {
            let reader = SqliteReader::open(&path).unwrap();
            let mut state = ChannelState::default();
            reader
                .visit(&Read::default(), &mut |recorded| {
                    state.apply(&recorded);
                    true
                })
                .unwrap();
            assert_eq!(state.seq.0, count as u64);
        });
    });
    group.bench_function("verify", |b| {
        b.iter(|| verify(&SqliteReader::open(&path).unwrap(), |_, _| {}).unwrap());
    });
    group.finish();
    time_travel(c, &path, count as u64);
}

/// Any position of the same log, once states are stored as a channel stores them.
fn time_travel(c: &mut Criterion, path: &Path, count: u64) {
    let options = LogOptions::new("bench", "https://cytu.be");
    let mut log = SqliteLog::create_or_open(path, &options).unwrap();
    for seq in (10_000..=count).step_by(10_000).map(Seq) {
        let state = history::state_at(&log, seq).unwrap();
        let snapshot = Snapshot {
            seq,
            fold_v: FOLD_V,
            chain: log.chain_at(seq).unwrap().unwrap(),
            body: serde_json::to_string(&state).unwrap(),
        };
        log.put_snapshot(&snapshot).unwrap();
    }
    log.close().unwrap();
    let mut random = Seeded::new(5);
    let mut group = c.benchmark_group("time travel");
    group.bench_function("open and read the newest state", |b| {
        b.iter(|| history::state_at(&SqliteReader::open(path).unwrap(), Seq(count)).unwrap());
    });
    let reader = SqliteReader::open(path).unwrap();
    group.bench_function("state_at, anywhere", |b| {
        b.iter(|| history::state_at(&reader, Seq(1 + random.below(count))).unwrap());
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10).warm_up_time(std::time::Duration::from_millis(500)).measurement_time(std::time::Duration::from_secs(3));
    targets = replay
}
criterion_main!(benches);
