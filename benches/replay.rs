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
    ChannelState, Event, Read, Seq, SqliteReader,
    event::Redaction,
    event_log::{EventLog, LogReader, Snapshot},
    history,
    sqlite::{EraseOptions, LogOptions, SqliteLog, erase, verify},
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
    for batch in evening(count).chunks(512) {
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
    group.bench_function("open, and the newest state without stored ones", |b| {
        b.iter(|| {
            let reader = SqliteReader::open(&path).unwrap();
            history::state_at(&reader, Seq(count as u64)).unwrap()
        });
    });
    group.bench_function("verify", |b| {
        b.iter(|| verify(&SqliteReader::open(&path).unwrap(), |_, _| {}).unwrap());
    });
    group.finish();
    time_travel(c, &path, count as u64);
    redacted(c, &path, count as u64);
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

/// The same log once one of its forty users is redacted.
fn redacted(c: &mut Criterion, path: &Path, count: u64) {
    let options = LogOptions::new("bench", "https://cytu.be");
    let mut log = SqliteLog::create_or_open(path, &options).unwrap();
    let (head, mut last) = (log.head(), message(&mut Seeded::new(7), count as usize));
    last.event = Event::Redacted(Redaction::of_user("user7"));
    log.append(std::slice::from_ref(&last)).unwrap();
    log.close().unwrap();
    let reader = SqliteReader::open(path).unwrap();
    let mut group = c.benchmark_group("redacted");
    group.throughput(Throughput::Elements(count));
    group.bench_function("find what a person said", |b| {
        b.iter(|| {
            let found = reader.redacted_by(head.seq.next()).unwrap().len() as u64;
            assert!(found > count / 80 && found < count / 20);
        });
    });
    group.bench_function("read and decode, some masked", |b| {
        b.iter(|| {
            let mut masked = 0;
            let mut count = |recorded: projectionist::Recorded| {
                masked += u64::from(recorded.redacted);
                true
            };
            reader.visit(&Read::default(), &mut count).unwrap();
            masked
        });
    });
    group.bench_function("read and decode, as written", |b| {
        b.iter(|| {
            let all = Read::default().as_written();
            reader.visit(&all, &mut |_| true).unwrap();
        });
    });
    group.bench_function("erase", |b| {
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("new.db");
        b.iter(|| {
            let _ = std::fs::remove_file(&to);
            erase(path, &to, &EraseOptions::default(), &mut |_, _| true).unwrap()
        });
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10).warm_up_time(std::time::Duration::from_millis(500)).measurement_time(std::time::Duration::from_secs(3));
    targets = replay
}
criterion_main!(benches);
