//! Events into the log: whole schema, both indexes and the hash chain, by transactions of 1, 16,
//! 256 and 512, on disk and in memory. Files are made outside the timing.
//!
//! Baseline: prepared inserts of the same bodies into a bare table, in the same transactions.

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
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use projectionist::{
    event_log::{EventLog, MemoryLog},
    sqlite::{LogOptions, SqliteLog},
};

fn append(c: &mut Criterion) {
    let events = messages(16_384);
    let bodies: Vec<String> = events.iter().map(body).collect();
    let mut group = c.benchmark_group("append");
    for batch in [1, 16, 256, 512] {
        let count = if batch == 1 { 2_048 } else { 16_384 };
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(BenchmarkId::new("baseline: bare inserts", batch), |b| {
            b.iter_batched_ref(
                || {
                    let folder = tempfile::tempdir().unwrap();
                    (bare_table(&folder.path().join("bare.db")), folder)
                },
                |(conn, _folder)| bare_insert(conn, &bodies[..count], batch),
                BatchSize::PerIteration,
            );
        });
        group.bench_function(BenchmarkId::new("log on disk", batch), |b| {
            b.iter_batched_ref(
                || {
                    let folder = tempfile::tempdir().unwrap();
                    let options = LogOptions::new("bench", "https://cytu.be");
                    let path = folder.path().join("log.db");
                    (SqliteLog::create_or_open(path, &options).unwrap(), folder)
                },
                |(log, _folder)| {
                    for batch in events[..count].chunks(batch) {
                        log.append(batch).unwrap();
                    }
                },
                BatchSize::PerIteration,
            );
        });
        group.bench_function(BenchmarkId::new("log in memory", batch), |b| {
            b.iter_batched_ref(
                MemoryLog::new,
                |log| {
                    for batch in events[..count].chunks(batch) {
                        log.append(batch).unwrap();
                    }
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

/// A reader that looks at one moment of the file all the while: what is appended cannot be folded
/// into the file behind its back, and the write-ahead log grows instead. Long enough that it would
/// have been folded several times; `EVENTS=n` for more.
fn beside_a_pinned_reader(c: &mut Criterion) {
    let count = std::env::var("EVENTS").ok().and_then(|n| n.parse().ok());
    let events = messages(count.unwrap_or(65_536));
    let mut group = c.benchmark_group("append beside a pinned reader");
    group.throughput(Throughput::Elements(events.len() as u64));
    for (name, pinned) in [("baseline: nobody reads", false), ("pinned", true)] {
        group.bench_function(name, |b| {
            b.iter_batched_ref(
                || {
                    let folder = tempfile::tempdir().unwrap();
                    let options = LogOptions::new("bench", "https://cytu.be");
                    let path = folder.path().join("log.db");
                    let mut log = SqliteLog::create_or_open(&path, &options).unwrap();
                    log.append(&events[..256]).unwrap();
                    let reader = pinned.then(|| {
                        let reader = rusqlite::Connection::open(&path).unwrap();
                        let begun = "BEGIN; SELECT count(*) FROM event";
                        reader.execute_batch(begun).unwrap();
                        reader
                    });
                    (log, reader, folder)
                },
                |(log, _reader, _folder)| {
                    for batch in events[256..].chunks(256) {
                        log.append(batch).unwrap();
                    }
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10).warm_up_time(std::time::Duration::from_millis(500)).measurement_time(std::time::Duration::from_secs(3));
    targets = append, beside_a_pinned_reader
}
criterion_main!(benches);
