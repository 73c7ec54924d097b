//! What a consistent picture costs: an event folded into a playlist of 5,000 items while a host
//! holds the picture before it, and the `state()` call of a handle.
//!
//! Baseline: cloning the `Arc` that it gives out.

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
use criterion::{Criterion, criterion_group, criterion_main};
use projectionist::{
    Config, Engine,
    channel::{Channel, Input},
    event_log::MemoryLog,
};
use std::hint::black_box;
use std::sync::Arc;

fn picture(c: &mut Criterion) {
    let mut channel =
        Channel::observe(&config(), MemoryLog::new(), Box::new(NoDelays), now(0)).unwrap();
    channel.handle_input(
        now(0),
        Input::Opened {
            endpoint: "bench",
            transport: "bench",
        },
    );
    for frame in join_frames(500, 5_000, 1_000) {
        channel.handle_input(now(0), Input::Frame(&frame));
    }
    channel.handle_input(now(1_000), Input::Timeout);
    channel.commit().unwrap();
    let mut index = 0;
    c.bench_function("snapshot/setTemp in 5,000 items, old picture held", |b| {
        b.iter(|| {
            let held = Arc::clone(channel.state());
            index += 1;
            let frame = format!(r#"42["setTemp",{{"uid":{},"temp":true}}]"#, index % 5_000);
            channel.handle_input(now(2_000), Input::Frame(&frame));
            channel.commit().unwrap();
            black_box(held)
        });
    });
    c.bench_function(
        "snapshot/chat line beside 5,000 items, old picture held",
        |b| {
            let mut random = Seeded::new(5);
            b.iter(|| {
                let held = Arc::clone(channel.state());
                let frame = chat_frame(&mut random, 1);
                channel.handle_input(now(2_000), Input::Frame(&frame));
                channel.commit().unwrap();
                black_box(held)
            });
        },
    );
}

fn state_call(c: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    // Port 1 refuses at once: the engine opens, and waits for its next attempt.
    let config = Config::new("http://127.0.0.1:1", "bench")
        .allow_insecure(true)
        .log(folder.path().join("log.db"));
    let engine = Engine::open(config).unwrap();
    let room = engine.handle();
    let held = room.state();
    c.bench_function("state/baseline: Arc clone", |b| {
        b.iter(|| Arc::clone(black_box(&held)))
    });
    c.bench_function("state/handle.state()", |b| {
        b.iter(|| black_box(&room).state())
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).warm_up_time(std::time::Duration::from_millis(500)).measurement_time(std::time::Duration::from_secs(3));
    targets = picture, state_call
}
criterion_main!(benches);
