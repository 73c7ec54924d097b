//! How a recording is going, as one line.

use crate::cli::clock::{Stopwatch, wall};
use crate::cli::line::{duration, name};
use crate::cli::text::{clip, plain};
use indicatif::{HumanBytes, HumanCount};
use projectionist::{ChannelHandle, ChannelState, Health, Phase, Seq, SqliteReader, Storage};
use std::collections::VecDeque;
use std::time::Duration;

/// Time over which the rate is taken.
const RATE_OVER: Duration = Duration::from_secs(10);
/// Silence worth telling: a playing channel ticks every 5 s, an idle one is pinged every 25 s.
const SILENCE_TOLD: f64 = 10.0;
/// Longest title, in characters.
const TITLE_MAX: usize = 40;
/// Longest error, in characters.
const ERROR_MAX: usize = 60;

/// What the line is made from.
pub(crate) struct Status {
    reader: Option<SqliteReader>,
    first: Seq,
    watch: Stopwatch,
    samples: VecDeque<(Duration, u64)>,
}

impl Status {
    /// For what is recorded after `first`.
    pub(crate) fn new(handle: &ChannelHandle, first: Seq) -> Self {
        Self {
            // Only its size is asked for: without it the line lacks a figure, no more.
            reader: handle.reader().ok(),
            first,
            watch: Stopwatch::start(),
            samples: VecDeque::new(),
        }
    }

    /// The line as of now.
    pub(crate) fn line(&mut self, handle: &ChannelHandle) -> String {
        let (state, health) = (handle.state(), handle.health());
        let events = state.seq.0.saturating_sub(self.first.0);
        let rate = self.rate(events);
        let mut parts = vec![phase(&health)];
        if state.is_live() {
            parts.push(people(&state));
            parts.push(playing(&state));
        }
        parts.push(format!("{} events, {rate:.1}/s", HumanCount(events)));
        parts.extend(silence(&health));
        parts.extend(
            self.reader
                .as_ref()
                .map(|reader| HumanBytes(reader.size_bytes()).to_string()),
        );
        parts.extend(trouble(&health));
        parts.join(" · ")
    }

    /// Events a second, lately.
    fn rate(&mut self, events: u64) -> f64 {
        let now = self.watch.elapsed();
        self.samples.push_back((now, events));
        while self
            .samples
            .front()
            .is_some_and(|(at, _)| now.saturating_sub(*at) > RATE_OVER)
        {
            self.samples.pop_front();
        }
        let Some((from, before)) = self.samples.front() else {
            return 0.0;
        };
        let seconds = now.saturating_sub(*from).as_secs_f64();
        if seconds > 0.0 {
            events.saturating_sub(*before) as f64 / seconds
        } else {
            0.0
        }
    }
}

fn phase(health: &Health) -> String {
    let word = match health.phase {
        Phase::Idle | Phase::Dialling | Phase::Opening | Phase::Connecting => "connecting",
        Phase::Greeting | Phase::LoggingIn => "logging in",
        Phase::LoginWaiting => "waiting: guests may log in once a minute",
        Phase::Joining | Phase::PasswordWaiting => "joining",
        Phase::Live => "live",
        Phase::Leaving => "leaving",
        Phase::Closed => "down",
        _ => "at work",
    };
    match health.retry_in_ms {
        Some(ms) if ms >= 1000 => {
            format!("{word} in {} s, attempt {}", ms / 1000, health.attempt + 1)
        }
        _ => word.to_owned(),
    }
}

fn people(state: &ChannelState) -> String {
    let users = state.users.as_ref().map_or(0, |users| users.len());
    match state.user_count {
        Some(viewers) => format!("{users} users of {viewers} viewers"),
        None => format!("{users} users"),
    }
}

fn playing(state: &ChannelState) -> String {
    let Some(playing) = state.media.as_ref() else {
        return "nothing plays".to_owned();
    };
    let title = clip(&playing.media.title, TITLE_MAX);
    let position = duration(playing.position_at(wall()));
    let paused = if playing.paused { " paused" } else { "" };
    if playing.media.seconds > 0.0 {
        format!(
            "{title} {position}/{}{paused}",
            duration(playing.media.seconds)
        )
    } else {
        format!("{title} {position}{paused}")
    }
}

fn silence(health: &Health) -> Option<String> {
    let seconds = wall().seconds_since(health.last_frame_at?);
    (seconds >= SILENCE_TOLD).then(|| format!("last heard {seconds:.0} s ago"))
}

fn trouble(health: &Health) -> Option<String> {
    match &health.storage {
        Storage::Degraded { error } | Storage::Poisoned { error } => {
            Some(format!("log: {}", clip(error, ERROR_MAX)))
        }
        _ if health.phase == Phase::Live => None,
        _ => health
            .last_error
            .as_deref()
            .map(|error| clip(error, ERROR_MAX)),
    }
}

/// What is being recorded, and where to.
pub(crate) fn beginning(config: &projectionist::Config) -> String {
    format!(
        "recording {} of {} into {}",
        name(&config.channel),
        plain(&config.origin),
        config.log_path.display()
    )
}
