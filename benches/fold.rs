//! Events to state: 100,000 events of the captured mix, and one position.

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
    ChannelState, Read, Recorded, UnixMicros,
    channel::{Channel, Input},
    event_log::{LogReader, MemoryLog},
};
use std::hint::black_box;

fn mixed_events(count: usize) -> Vec<Recorded> {
    let mut channel =
        Channel::observe(&config(), MemoryLog::new(), Box::new(NoDelays), now(0)).unwrap();
    channel.handle_input(
        now(0),
        Input::Opened {
            endpoint: "bench",
            transport: "bench",
        },
    );
    for frame in join_frames(40, 100, 20) {
        channel.handle_input(now(0), Input::Frame(&frame));
    }
    let mut random = Seeded::new(11);
    for index in 0..count {
        let frame = mixed_frame(&mut random, index);
        channel.handle_input(now(index + 1_000), Input::Frame(&frame));
    }
    channel.commit().unwrap();
    channel.log().read(&Read::default()).unwrap()
}

fn fold(c: &mut Criterion) {
    let events = mixed_events(100_000);
    let mut group = c.benchmark_group("fold");
    group.throughput(Throughput::Elements(events.len() as u64));
    group.bench_function("baseline: cloning the events", |b| {
        b.iter(|| black_box(events.clone()))
    });
    group.bench_function("captured mix", |b| {
        b.iter(|| ChannelState::fold(black_box(&events)))
    });
    group.finish();

    let state = ChannelState::fold(&events);
    let at = UnixMicros(state.at.0 + 5_000_000);
    c.bench_function("position_at", |b| {
        b.iter(|| black_box(&state).position_at(black_box(at)))
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10).warm_up_time(std::time::Duration::from_millis(500)).measurement_time(std::time::Duration::from_secs(3));
    targets = fold
}
criterion_main!(benches);
