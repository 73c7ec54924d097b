//! What commands under way cost the frames that come meanwhile: a thousand on the wire, unanswered.
//!
//! Baseline: the same frames with none under way. No log on disk, no socket.

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
    Command, Config, Kind, Read, Uid,
    channel::{Channel, CommandId, Input, Output},
    event_log::MemoryLog,
    time::Now,
};
use std::time::Duration;

const FRAMES: usize = 1_000;
const HOUR: Duration = Duration::from_secs(3_600);

/// A channel whose owner asks for much and hears nothing.
struct Room {
    channel: Channel<MemoryLog>,
    now: Now,
}

impl Room {
    fn joined() -> Self {
        let config = Config::new("https://cytu.be", "bench").account("user0", "pw");
        let config = config.send_rate_max(10_000.0).command_queue_max(2_000);
        let config = config
            .answer_wait_max(HOUR)
            .send_wait_max(HOUR)
            .silence_max(HOUR);
        let now = now(0);
        let channel = Channel::open(&config, MemoryLog::new(), Box::new(NoDelays), now).unwrap();
        let mut room = Self { channel, now };
        room.input(Input::Start);
        room.input(Input::Opened {
            endpoint: "https://s:1",
            transport: "websocket",
        });
        let rights = r#"42["setPermissions",{"seeplaylist":-1,"chat":0,"settemp":1}]"#;
        for frame in join_frames(40, 1_000, 20) {
            if frame.contains("setPermissions") {
                room.frame(rights);
                continue;
            }
            room.frame(&frame);
            if frame.starts_with("40") {
                room.frame(r#"42["rank",5]"#);
                room.frame(r#"42["login",{"success":true,"name":"user0"}]"#);
            }
        }
        room.frame(r#"42["rank",5]"#);
        room.wait(Duration::from_millis(100));
        assert!(room.channel.state().is_live());
        room
    }

    fn input(&mut self, input: Input<'_>) {
        self.channel.handle_input(self.now, input);
        self.channel.commit().unwrap();
        while !matches!(self.channel.poll_output(), Output::Timeout(_)) {}
    }

    fn frame(&mut self, frame: &str) {
        self.input(Input::Frame(frame));
    }

    fn wait(&mut self, time: Duration) {
        self.now.mono += time;
        self.now.wall.0 += time.as_micros() as i64;
        self.input(Input::Timeout);
    }

    /// Half of them lines of chat, half of them about items.
    fn asks(&mut self, count: usize) {
        for n in 0..count / 2 {
            let text = format!("line {n}");
            let say = Command::Say { text, flair: false };
            self.input(Input::Command(CommandId(2 * n as u64), say));
            let (uid, seen) = (Uid(n as i64), None);
            let temp = Command::SetTemp {
                uid,
                temp: true,
                seen,
            };
            self.input(Input::Command(CommandId(2 * n as u64 + 1), temp));
            self.wait(Duration::from_millis(110));
        }
        let sent = Read::default().kinds([Kind::CommandSent]);
        let log = self.channel.log();
        assert_eq!(
            projectionist::event_log::LogReader::read(log, &sent)
                .unwrap()
                .len(),
            count
        );
        assert_eq!(self.channel.state().commands.len(), count);
    }
}

fn commands(c: &mut Criterion) {
    let mut group = c.benchmark_group("commands");
    group.throughput(Throughput::Elements(FRAMES as u64));
    let mut random = Seeded::new(11);
    // Of others: the first of the users is ourselves.
    let foreign = |frame: &String| !frame.contains("\"user0\"");
    let frames = (0..).map(|index| mixed_frame(&mut random, index));
    let frames: Vec<String> = frames.filter(foreign).take(FRAMES).collect();
    let run = |room: &mut Room| {
        for frame in &frames {
            room.channel.handle_input(room.now, Input::Frame(frame));
        }
        room.channel.commit().unwrap();
    };
    group.bench_function("baseline: frames with no command under way", |b| {
        b.iter_batched_ref(Room::joined, run, BatchSize::PerIteration);
    });
    group.bench_function("frames with 1,000 commands under way", |b| {
        let asking = || {
            let mut room = Room::joined();
            room.asks(1_000);
            room
        };
        b.iter_batched_ref(asking, run, BatchSize::PerIteration);
    });
    group.throughput(Throughput::Elements(500));
    group.bench_function("echoes of 500 lines among 1,000 under way", |b| {
        let asking = || {
            let mut room = Room::joined();
            room.asks(1_000);
            room
        };
        let echo = |n| {
            format!(
                r#"42["chatMsg",{{"username":"user0","msg":"line {n}","meta":{{}},"time":{n}}}]"#
            )
        };
        let echoes: Vec<String> = (0..500).map(echo).collect();
        let run = |room: &mut Room| {
            for frame in &echoes {
                room.channel.handle_input(room.now, Input::Frame(frame));
            }
            room.channel.commit().unwrap();
            assert_eq!(room.channel.state().commands.len(), 500);
        };
        b.iter_batched_ref(asking, run, BatchSize::PerIteration);
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10).warm_up_time(std::time::Duration::from_millis(500)).measurement_time(std::time::Duration::from_secs(3));
    targets = commands
}
criterion_main!(benches);
