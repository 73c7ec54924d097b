//! The views file: built from a synthetic log of 200,000 events (or `EVENTS=n`), brought up to date
//! over its last 1,000, and what building costs whoever records the same log.
//!
//! Baselines: the same rows scanned with all columns touched and nothing decoded; a catching up that
//! finds nothing to do; the same events appended while nobody builds.

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
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use projectionist::{
    Read, Recorded, SqliteReader,
    event_log::EventLog,
    sqlite::{LogOptions, SqliteLog},
    testing::{Synthetic, SyntheticConfig},
    views::{ViewsBuilder, path_of},
};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use tempfile::TempDir;

/// Events to catch up with.
const NEWEST: usize = 1_000;

/// Events appended beside a build.
const APPENDED: usize = 16_384;

fn options() -> LogOptions {
    LogOptions::new("synthetic", "https://cytube.example").log_id([7; 16])
}

fn append(path: &Path, events: &[Recorded]) {
    let mut log = SqliteLog::create_or_open(path, &options()).unwrap();
    for batch in events.chunks(256) {
        log.append(batch).unwrap();
    }
    log.close().unwrap();
}

fn build(log: &Path) -> u64 {
    let reader = SqliteReader::open(log).unwrap();
    let builder = ViewsBuilder::new(&reader).afresh();
    builder.update(&mut |_, _| true).unwrap().events
}

/// A log and a folder to have copies of it in.
struct Bench {
    folder: TempDir,
    log: PathBuf,
    /// What comes after the log.
    more: Vec<Recorded>,
    count: u64,
}

fn bench() -> Bench {
    let events = std::env::var("EVENTS").ok().and_then(|n| n.parse().ok());
    let count: u64 = events.unwrap_or(200_000);
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log.db");
    let config = SyntheticConfig::new(7, count + (NEWEST + APPENDED) as u64);
    let mut events = Synthetic::new(&config);
    let mut left = count as usize;
    while left > 0 {
        let batch: Vec<_> = events.by_ref().take(left.min(4096)).collect();
        append(&log, &batch);
        left -= batch.len();
    }
    Bench {
        more: events.collect(),
        folder,
        log,
        count,
    }
}

fn building(c: &mut Criterion, bench: &Bench) {
    let mut group = c.benchmark_group("views");
    group.throughput(Throughput::Elements(bench.count));
    group.bench_function("baseline: bare scan", |b| b.iter(|| bare_scan(&bench.log)));
    group.bench_function("baseline: read and decode", |b| {
        b.iter(|| {
            let reader = SqliteReader::open(&bench.log).unwrap();
            let mut count = 0;
            let mut visitor = |_| {
                count += 1;
                true
            };
            reader.visit(&Read::default(), &mut visitor).unwrap();
            assert_eq!(count, bench.count);
        });
    });
    group.bench_function("built from nothing", |b| {
        b.iter(|| assert_eq!(build(&bench.log), bench.count));
    });
    group.finish();
}

/// Method: the log gets its newest events behind views that are built; each time a copy of those
/// is brought up to date.
fn catching_up(c: &mut Criterion, bench: &Bench) {
    build(&bench.log);
    let stale = std::fs::read(path_of(&bench.log)).unwrap();
    append(&bench.log, &bench.more[..NEWEST]);
    let mut group = c.benchmark_group("catching up");
    for (name, expected) in [("baseline: nothing new", 0), ("1,000 events", NEWEST)] {
        let views = bench.folder.path().join("copy.views.db");
        group.bench_function(name, |b| {
            b.iter_batched(
                || {
                    std::fs::write(&views, &stale).unwrap();
                    if expected == 0 {
                        bring(&bench.log, &views);
                    }
                },
                |()| assert_eq!(bring(&bench.log, &views), expected as u64),
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

fn bring(log: &Path, views: &Path) -> u64 {
    let reader = SqliteReader::open(log).unwrap();
    let builder = ViewsBuilder::new(&reader).path(views);
    builder.update(&mut |_, _| true).unwrap().events
}

/// Builds the views of a log again and again, until dropped.
struct Builder {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Builder {
    fn start(log: PathBuf) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            while !stopped.load(Ordering::SeqCst) {
                let reader = SqliteReader::open(&log).unwrap();
                let builder = ViewsBuilder::new(&reader).afresh();
                let go_on = &mut |_, _| !stopped.load(Ordering::SeqCst);
                builder.update(go_on).unwrap();
            }
        });
        let thread = Some(thread);
        Self { stop, thread }
    }
}

impl Drop for Builder {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        self.thread.take().unwrap().join().unwrap();
    }
}

/// Method: each time a copy of the log, and a builder that never ends beside the one who appends.
fn recording_beside(c: &mut Criterion, bench: &Bench) {
    let more = &bench.more[NEWEST..];
    let mut group = c.benchmark_group("append beside a build");
    group.throughput(Throughput::Elements(more.len() as u64));
    for (name, builds) in [("baseline: nobody builds", false), ("views build", true)] {
        group.bench_function(name, |b| {
            b.iter_batched_ref(
                || {
                    let folder = tempfile::tempdir().unwrap();
                    let path = folder.path().join("log.db");
                    std::fs::copy(&bench.log, &path).unwrap();
                    let log = SqliteLog::create_or_open(&path, &options()).unwrap();
                    let builder = builds.then(|| Builder::start(path));
                    (builder, log, folder)
                },
                |(_builder, log, _folder)| {
                    for batch in more.chunks(256) {
                        log.append(batch).unwrap();
                    }
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

fn views(c: &mut Criterion) {
    let bench = bench();
    building(c, &bench);
    catching_up(c, &bench);
    recording_beside(c, &bench);
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10).warm_up_time(std::time::Duration::from_millis(500)).measurement_time(std::time::Duration::from_secs(3));
    targets = views
}
criterion_main!(benches);
