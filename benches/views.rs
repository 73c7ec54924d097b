//! The views file: built from a synthetic log of 200,000 events (or `EVENTS=n`), brought up to date
//! over its last 1,000, what building costs whoever records the same log, and what asking takes: a
//! search is for two words of a line that was said, so that words come as often as they are said.
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
    views::{Views, ViewsBuilder, path_of, stats::Rows},
};
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Events to catch up with.
const NEWEST: usize = 1_000;

/// Searches that the median is of.
const SEARCHES: u32 = 500;

/// Events appended at a time beside a build.
const APPENDED: usize = 4_096;

/// Events that there are behind the log, more than any run appends.
const BEHIND: u64 = 20_000_000;

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

/// A log, in a folder that goes with it.
struct Bench {
    _folder: TempDir,
    log: PathBuf,
    /// What comes after the log.
    more: RefCell<Synthetic>,
    count: u64,
}

fn bench() -> Bench {
    let events = std::env::var("EVENTS").ok().and_then(|n| n.parse().ok());
    let count: u64 = events.unwrap_or(200_000);
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log.db");
    let config = SyntheticConfig::new(7, count + BEHIND);
    let mut events = Synthetic::new(&config);
    let mut left = count as usize;
    while left > 0 {
        let batch: Vec<_> = events.by_ref().take(left.min(4096)).collect();
        append(&log, &batch);
        left -= batch.len();
    }
    Bench {
        more: RefCell::new(events),
        _folder: folder,
        log,
        count,
    }
}

impl Bench {
    /// The events that come next.
    fn next(&self, count: usize) -> Vec<Recorded> {
        self.more.borrow_mut().by_ref().take(count).collect()
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

/// Method: each time the log has grown by so many, and its views follow.
fn catching_up(c: &mut Criterion, bench: &Bench) {
    build(&bench.log);
    let views = path_of(&bench.log);
    let mut group = c.benchmark_group("catching up");
    for (name, expected) in [("baseline: nothing new", 0), ("1,000 events", NEWEST)] {
        group.bench_function(name, |b| {
            b.iter_batched(
                || append(&bench.log, &bench.next(expected)),
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

/// Something that keeps a processor busy, until dropped.
struct Busy {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Busy {
    fn start(work: impl Fn(&AtomicBool) + Send + 'static) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            while !stopped.load(Ordering::SeqCst) {
                work(&stopped);
            }
        });
        let thread = Some(thread);
        Self { stop, thread }
    }

    /// Builds the views of a log from nothing, again and again.
    fn building(log: PathBuf) -> Self {
        Self::start(move |stopped| {
            let reader = SqliteReader::open(&log).unwrap();
            let builder = ViewsBuilder::new(&reader).afresh();
            let go_on = &mut |_, _| !stopped.load(Ordering::SeqCst);
            builder.update(go_on).unwrap();
        })
    }

    /// Counts.
    fn counting() -> Self {
        Self::start(|stopped| {
            let mut sum = 0_u64;
            while !stopped.load(Ordering::Relaxed) {
                sum = std::hint::black_box(sum.wrapping_add(1));
            }
        })
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        self.thread.take().unwrap().join().unwrap();
    }
}

/// Method: one log, appended to for as long as it takes, with nothing, a counting thread, or a
/// builder that never ends beside it. What the counting thread costs is the machine's.
fn recording_beside(c: &mut Criterion, bench: &Bench) {
    let mut group = c.benchmark_group("append beside a build");
    group.throughput(Throughput::Elements(APPENDED as u64));
    let beside: [(&str, &dyn Fn() -> Option<Busy>); 3] = [
        ("baseline: nothing beside it", &|| None),
        ("baseline: a thread that counts", &|| Some(Busy::counting())),
        ("views build", &|| Some(Busy::building(bench.log.clone()))),
    ];
    for (name, start) in beside {
        let mut log = SqliteLog::create_or_open(&bench.log, &options()).unwrap();
        let busy = start();
        group.bench_function(name, |b| {
            b.iter_batched(
                || bench.next(APPENDED),
                |events| {
                    for batch in events.chunks(256) {
                        log.append(batch).unwrap();
                    }
                },
                BatchSize::PerIteration,
            );
        });
        drop(busy);
        log.close().unwrap();
    }
    group.finish();
}

/// Two words each of lines all over the log.
fn searches(views: &Views) -> Vec<String> {
    let count = "SELECT max(rowid) FROM messages";
    let last: i64 = views
        .connection()
        .query_row(count, [], |row| row.get(0))
        .unwrap();
    let mut line = views
        .connection()
        .prepare("SELECT text FROM messages WHERE seq >= ?1 AND source = 'user' LIMIT 1")
        .unwrap();
    let texts = (0..i64::from(SEARCHES)).map(|n| {
        let at = last / i64::from(SEARCHES) * n;
        line.query_row([at], |row| row.get::<_, String>(0)).unwrap()
    });
    let words = texts.map(|text| {
        let words: Vec<&str> = text.split_whitespace().take(2).collect();
        words.join(" ")
    });
    words.collect()
}

/// The median and the nineteenth of twenty of times.
fn told(name: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let (median, late) = (times[times.len() / 2], times[times.len() * 19 / 20]);
    println!("{name}: p50 {median:?}, p95 {late:?} of {}", times.len());
}

fn asking(c: &mut Criterion, bench: &Bench) {
    build(&bench.log);
    let views = Views::open(path_of(&bench.log)).unwrap();
    let stats = views.stats();
    let page = Rows::default().page(20, 0);
    let searches = searches(&views);
    let times = searches.iter().map(|words| {
        let start = Instant::now();
        stats.search(words, None, &page).unwrap();
        start.elapsed()
    });
    told("search", times.collect());
    let last = stats.messages(None, &page.reversed()).unwrap()[0].clone();
    let first = stats.messages(None, &page).unwrap()[0].said;
    let half = page.since(projectionist::UnixMicros(first.0.midpoint(last.said.0)));
    let emote = stats.emotes(&page).unwrap()[0].emote.clone();
    let busiest = stats.chatters(&page).unwrap()[0].identity.clone();
    let mut group = c.benchmark_group("asking");
    group.bench_function("search", |b| {
        let mut words = searches.iter().cycle();
        b.iter(|| stats.search(words.next().unwrap(), None, &page).unwrap());
    });
    group.bench_function("search, how many", |b| {
        let mut words = searches.iter().cycle();
        b.iter(|| {
            stats
                .search_count(words.next().unwrap(), None, &page)
                .unwrap()
        });
    });
    group.bench_function("search of a user", |b| {
        let mut words = searches.iter().cycle();
        b.iter(|| {
            stats
                .search(words.next().unwrap(), Some(&busiest), &page)
                .unwrap()
        });
    });
    group.bench_function("messages", |b| {
        b.iter(|| stats.messages(None, &half).unwrap())
    });
    for (name, rows) in [("all", page), ("the later half", half)] {
        group.bench_function(format!("chatters, {name}"), |b| {
            b.iter(|| stats.chatters(&rows).unwrap());
        });
        group.bench_function(format!("emotes, {name}"), |b| {
            b.iter(|| stats.emotes(&rows).unwrap());
        });
    }
    group.bench_function("emotes of a user", |b| {
        b.iter(|| stats.emotes_of(&busiest, &page).unwrap());
    });
    group.bench_function("users of an emote", |b| {
        b.iter(|| stats.emote_users(&emote, &page).unwrap());
    });
    group.finish();
}

fn views(c: &mut Criterion) {
    let bench = bench();
    asking(c, &bench);
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
