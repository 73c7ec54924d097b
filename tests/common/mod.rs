//! A channel under test: virtual time, frames in, events and outputs out.
//!
//! [`Room`] plays the owner of a [`Channel`]: it feeds inputs, commits after each one, runs timers
//! when their moment comes and keeps what the channel puts out. It reads no clock and opens no
//! socket. When it goes, it checks what must hold for every log: the published state is the fold
//! of what is stored, byte for byte, and positions have no holes.

#![allow(
    dead_code,
    unused_imports,
    reason = "every test file is a crate of its own and uses its part"
)]

pub(crate) mod burst;
pub(crate) mod chat_server;
pub(crate) mod logs;
pub(crate) mod recording;
#[cfg(feature = "testing")]
pub(crate) mod wired;

pub(crate) use burst::{Burst, emote, frame, item, line, media, poll, user};
pub(crate) use chat_server::ChatServer;
use logs::WrittenLog;
use projectionist::{channel::*, config::Login, event::*, event_log::*, time::*, *};
use serde_json::{Value, json};
use std::time::Duration;

/// The greeting of Engine.IO.
pub(crate) const OPEN: &str =
    r#"0{"sid":"x","upgrades":[],"pingInterval":25000,"pingTimeout":120000,"maxPayload":1048576}"#;

/// Where virtual time begins, Unix milliseconds.
pub(crate) const START_MS: i64 = 1_700_000_000_000;

/// The same delay after each failure, so that tests can name it.
pub(crate) struct Steady(pub(crate) u64);

impl RetryDelays for Steady {
    fn next_delay(&mut self) -> Duration {
        Duration::from_millis(self.0)
    }

    fn reset(&mut self) {}
}

/// What [`Steady`] waits in these tests, in milliseconds.
pub(crate) const DELAY_MS: u64 = 5_000;

pub(crate) fn config() -> Config {
    Config::new("https://cytu.be", "Room")
}

/// Done, as this event shows.
pub(crate) fn confirmed(seq: Seq) -> Outcome {
    Outcome::Confirmed {
        seq,
        uids: Vec::new(),
    }
}

/// One channel and its owner.
pub(crate) struct Room<L: EventLog = WrittenLog> {
    channel: Option<Channel<L>>,
    config: Config,
    pub(crate) now_ms: i64,
    /// Put out since the last look.
    outputs: Vec<Output>,
    next_command: u64,
}

impl Room {
    /// A channel over an empty log; nothing has happened yet.
    pub(crate) fn new(config: Config) -> Self {
        Self::over(config, WrittenLog::default(), START_MS)
    }

    /// A channel that watches a connection somebody else drives.
    pub(crate) fn observing() -> Self {
        let (config, log) = (config(), WrittenLog::default());
        let delays = Box::new(Steady(DELAY_MS));
        let now = Now::from_millis(START_MS);
        let channel = Channel::observe(&config, log, delays, now).unwrap();
        Self {
            channel: Some(channel),
            config,
            now_ms: START_MS,
            outputs: Vec::new(),
            next_command: 0,
        }
    }

    /// An anonymous viewer in a channel with nothing in it.
    pub(crate) fn joined() -> Self {
        Self::joined_with(config(), &Burst::default())
    }

    /// The guest `reel` in a channel with nothing in it.
    pub(crate) fn joined_as_guest() -> Self {
        Self::joined_with(config().guest("reel"), &Burst::default())
    }

    pub(crate) fn joined_with(config: Config, burst: &Burst) -> Self {
        let mut room = Self::new(config);
        room.connect();
        room.burst(burst);
        room.outputs();
        room
    }
}

impl<L: EventLog> Room<L> {
    /// A channel over a log that may hold something.
    pub(crate) fn over(config: Config, log: L, now_ms: i64) -> Self {
        let delays = Box::new(Steady(DELAY_MS));
        let channel = Channel::open(&config, log, delays, Now::from_millis(now_ms)).unwrap();
        Self {
            channel: Some(channel),
            config,
            now_ms,
            outputs: Vec::new(),
            next_command: 0,
        }
    }

    /// The process ends without a word, and another one opens the log a second later.
    pub(crate) fn restarted(mut self) -> Self {
        let log = self.channel.take().unwrap().into_log();
        Self::over(self.config.clone(), log, self.now_ms + 1_000)
    }

    pub(crate) fn channel(&self) -> &Channel<L> {
        self.channel.as_ref().unwrap()
    }

    pub(crate) fn channel_mut(&mut self) -> &mut Channel<L> {
        self.channel.as_mut().unwrap()
    }

    pub(crate) fn into_log(mut self) -> L {
        self.channel.take().unwrap().into_log()
    }

    pub(crate) fn now(&self) -> Now {
        Now::from_millis(self.now_ms)
    }

    pub(crate) fn input(&mut self, input: Input<'_>) {
        let now = self.now();
        let channel = self.channel_mut();
        channel.handle_input(now, input);
        channel.commit().unwrap();
        self.drain();
    }

    fn drain(&mut self) {
        loop {
            match self.channel_mut().poll_output() {
                Output::Timeout(_) => break,
                output => self.outputs.push(output),
            }
        }
    }

    /// What was put out since the last look.
    pub(crate) fn outputs(&mut self) -> Vec<Output> {
        std::mem::take(&mut self.outputs)
    }

    /// The frames put out since the last look; everything else put out is forgotten.
    pub(crate) fn sent(&mut self) -> Vec<String> {
        let frame = |output| match output {
            Output::Transmit(frame) => Some(frame),
            _ => None,
        };
        self.outputs().into_iter().filter_map(frame).collect()
    }

    /// The outcomes put out since the last look; everything else put out is forgotten.
    pub(crate) fn settled(&mut self) -> Vec<(u64, Outcome)> {
        let settled = |output| match output {
            Output::Settled(id, outcome) => Some((id.0, outcome)),
            _ => None,
        };
        self.outputs().into_iter().filter_map(settled).collect()
    }

    /// A frame from the server, as it stands on the wire.
    pub(crate) fn frame(&mut self, frame: &str) {
        self.input(Input::Frame(frame));
    }

    /// An event from the server.
    pub(crate) fn server(&mut self, name: &str, payload: Value) {
        self.frame(&frame(name, &payload));
    }

    /// An event that the client we watch sent.
    pub(crate) fn client(&mut self, name: &str, payload: Value) {
        self.input(Input::Sent(&frame(name, &payload)));
    }

    /// A line of public chat, said now by the server's clock.
    pub(crate) fn says(&mut self, name: &str, text: &str) {
        self.server("chatMsg", line(name, text, self.now_ms));
    }

    /// Lets time pass; timers run at their moments.
    pub(crate) fn wait(&mut self, ms: i64) {
        let end = self.now_ms + ms;
        let mut turns = 0;
        while let Some(at) = self.channel().deadline() {
            let at_ms = i64::try_from(at.as_millis()).unwrap_or(i64::MAX);
            // Whole milliseconds: a moment between two is due at the later one.
            let at_ms = at_ms + i64::from(at.subsec_nanos() % 1_000_000 != 0);
            if at_ms > end {
                break;
            }
            self.now_ms = at_ms.max(self.now_ms);
            self.input(Input::Timeout);
            turns += 1;
            assert!(
                turns < 10_000,
                "a deadline that does not pass spins its owner"
            );
        }
        self.now_ms = end;
        self.input(Input::Timeout);
    }

    /// Lets time pass while the server pings.
    pub(crate) fn watch(&mut self, ms: i64) {
        for step in (0..ms).step_by(25_000) {
            self.wait((ms - step).min(25_000));
            self.frame("2");
        }
    }

    /// From nothing to the moment before the join burst, the server agreeing to everything.
    pub(crate) fn connect(&mut self) {
        if self.channel().phase() == Phase::Idle {
            self.input(Input::Start);
        }
        self.open_socket();
        self.frame("40{\"sid\":\"y\"}");
        match self.config.login.clone() {
            Login::Guest { name } => {
                self.server("rank", json!(-1));
                self.server("rank", json!(0));
                let told = json!({"success": true, "name": name, "guest": true});
                self.server("login", told);
            }
            Login::Account { name, .. } => {
                self.server("rank", json!(-1));
                self.server("rank", json!(1));
                self.server("login", json!({"success": true, "name": name}));
            }
            _ => self.server("rank", json!(-1)),
        }
    }

    /// The transport is open and greeted.
    pub(crate) fn open_socket(&mut self) {
        let (endpoint, transport) = ("https://s:1", "websocket");
        self.input(Input::Opened {
            endpoint,
            transport,
        });
        self.frame(OPEN);
    }

    /// A whole join burst, and the moment that shows it to be whole.
    pub(crate) fn burst(&mut self, burst: &Burst) {
        for frame in burst.frames() {
            self.frame(&frame);
        }
        self.wait(60);
    }

    /// The network is gone.
    pub(crate) fn cut(&mut self) {
        self.input(Input::Closed {
            cause: DisconnectCause::Closed,
            detail: None,
            code: Some(1006),
        });
    }

    /// Cut, some time, and back in the channel.
    pub(crate) fn rejoin(&mut self, burst: &Burst) {
        self.cut();
        self.wait(10_000);
        self.connect();
        self.burst(burst);
    }

    /// A wish of the host; its number.
    pub(crate) fn command(&mut self, command: Command) -> u64 {
        self.next_command += 1;
        let id = self.next_command;
        self.input(Input::Command(CommandId(id), command));
        id
    }

    pub(crate) fn say(&mut self, text: &str) -> u64 {
        self.command(Command::Say {
            text: text.into(),
            flair: false,
        })
    }

    pub(crate) fn pm(&mut self, to: &str, text: &str) -> u64 {
        let (to, text) = (to.into(), text.into());
        self.command(Command::Pm { to, text })
    }

    pub(crate) fn state(&self) -> &ChannelState {
        self.channel().state()
    }

    pub(crate) fn events(&self) -> Vec<Recorded> {
        self.channel().log().read(&Read::default()).unwrap()
    }

    pub(crate) fn of_kind(&self, kind: Kind) -> Vec<Recorded> {
        let read = Read::default().kinds([kind]);
        self.channel().log().read(&read).unwrap()
    }

    /// The newest event of a kind.
    pub(crate) fn last(&self, kind: Kind) -> Recorded {
        self.of_kind(kind).pop().expect("an event of that kind")
    }

    /// The names of the kinds of the events after a position.
    pub(crate) fn kinds_after(&self, seq: Seq) -> Vec<&'static str> {
        let read = Read::default().after(seq);
        let events = self.channel().log().read(&read).unwrap();
        events.iter().map(|event| event.kind().as_str()).collect()
    }

    pub(crate) fn head(&self) -> Seq {
        self.channel().log().head().seq
    }

    /// Every line of chat in the log, in its order.
    pub(crate) fn chat(&self) -> Vec<String> {
        let lines = self.of_kind(Kind::MessageSaid);
        lines.iter().map(|line| line.text().to_owned()).collect()
    }

    /// The body of an event as it is stored.
    pub(crate) fn body(event: &Recorded) -> Value {
        body(event)
    }
}

/// The body of an event as it is stored.
pub(crate) fn body(event: &Recorded) -> Value {
    let mut bytes = Vec::new();
    event.event.write_body(&mut bytes).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

/// What holds for every channel at rest: the state is the fold of the log, in every byte.
pub(crate) fn check<L: EventLog>(channel: &Channel<L>) {
    let events = channel.log().read(&Read::default()).unwrap();
    let base = channel.log().base().unwrap();
    let mut folded = base.map_or_else(ChannelState::default, |base| {
        history::base_state(&base).unwrap()
    });
    let begins = folded.seq.0;
    for (index, event) in events.iter().enumerate() {
        let seq = begins + index as u64 + 1;
        assert_eq!(event.seq.0, seq, "positions have no holes");
    }
    let times = events.iter().map(|event| event.received_at);
    assert!(times.is_sorted(), "times never fall");
    for event in &events {
        folded.apply(event);
    }
    assert_eq!(&folded, channel.state().as_ref());
    assert_eq!(
        serde_json::to_string(&folded).unwrap(),
        serde_json::to_string(channel.state().as_ref()).unwrap()
    );
}

impl<L: EventLog> Drop for Room<L> {
    fn drop(&mut self) {
        if let Some(channel) = &self.channel
            && !std::thread::panicking()
        {
            check(channel);
        }
    }
}
