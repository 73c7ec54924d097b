//! Frames to events: one line of chat, and the captured mix. No log, no fold.
//!
//! Baseline: the same frame parsed into a JSON tree.

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
use projectionist::unversioned::FrameReader;
use std::hint::black_box;

fn joined() -> FrameReader {
    let mut reader = FrameReader::new(&config());
    for frame in join_frames(40, 100, 20) {
        reader.read(now(0), &frame);
    }
    // Time for the burst to settle.
    reader.read(now(1_000), r#"42["drinkCount",1]"#);
    reader
}

fn decode(c: &mut Criterion) {
    let mut group = c.benchmark_group("decode");
    let mut random = Seeded::new(3);
    let chat = chat_frame(&mut random, 5);
    group.throughput(Throughput::Elements(1));
    group.bench_function("baseline: chat frame to a JSON tree", |b| {
        b.iter(|| serde_json::from_str::<serde_json::Value>(black_box(&chat[2..])).unwrap());
    });
    let mut reader = joined();
    group.bench_function("chat frame to event", |b| {
        b.iter(|| assert_eq!(reader.read(now(2_000), black_box(&chat)), 1));
    });
    let mix: Vec<String> = (0..10_000)
        .map(|index| mixed_frame(&mut random, index))
        .collect();
    group.throughput(Throughput::Elements(mix.len() as u64));
    let mut reader = joined();
    group.bench_function("captured mix, 10,000 frames", |b| {
        b.iter(|| {
            mix.iter()
                .map(|frame| reader.read(now(2_000), black_box(frame)))
                .sum::<usize>()
        });
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).warm_up_time(std::time::Duration::from_millis(500)).measurement_time(std::time::Duration::from_secs(3));
    targets = decode
}
criterion_main!(benches);
