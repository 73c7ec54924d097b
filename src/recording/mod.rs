//! Recorded frames as input: one JSON object a line, fed through a channel with their own times.
//!
//! A line is `{"t": Unix ms, "conn": label, "dir": "recv"|"send"|"open"|"close"|"error"|"note",
//! "frame": text}`, in the order seen. One label is one socket at a time; a later `open` of the
//! same label is the next one. Lines of long polling (`"transport": "polling"`) hold an HTTP body,
//! several packets joined by U+001E. The frames take the way of a live socket: session,
//! normaliser, log, fold. What a browser saves of a page ([`read_har`]) becomes such lines first.

mod har;

pub use har::{HAR_BYTES_MAX, Har, HarSocket, is_har, read_har};

use crate::channel::{Channel, Input, Output};
use crate::event::{DisconnectCause, Imported};
use crate::log::{ChainHash, EventLog, LogError};
use crate::time::Now;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Events staged before they are committed.
const BATCH: usize = 512;

/// One line of a recording.
#[derive(Debug, Deserialize)]
struct Line<'a> {
    /// Unix time in milliseconds.
    t: i64,
    #[serde(borrow, default)]
    conn: Cow<'a, str>,
    #[serde(borrow)]
    dir: Cow<'a, str>,
    #[serde(borrow, default)]
    frame: Cow<'a, str>,
    #[serde(borrow, default)]
    transport: Option<Cow<'a, str>>,
}

/// Why a recording was not taken in, or not wholly. What came before stays in the log.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordingError {
    /// A line is not one of a recording.
    #[error("line {line}: not a recorded frame: {detail}")]
    Line {
        /// Which, from 1.
        line: u64,
        /// What is wrong.
        detail: String,
    },
    /// No line bears the label.
    #[error("no connection {wanted:?} in the recording; it has: {}", .found.join(", "))]
    NoSuchConnection {
        /// The label asked for.
        wanted: String,
        /// Those there are.
        found: Vec<String>,
    },
    /// The connection joins a channel other than the log's.
    #[error("the connection joins {found}, the log is of {wanted}: ingest it into another log")]
    OtherChannel {
        /// The log's.
        wanted: String,
        /// The recording's.
        found: String,
    },
    /// Reading failed.
    #[error("line {line}: {error}")]
    Read {
        /// Which, from 1.
        line: u64,
        /// What happened.
        error: std::io::Error,
    },
    /// A browser's file is none, or has nothing of a channel.
    #[error("not a HAR file to take in: {detail}")]
    Har {
        /// What is wrong, and what to do.
        detail: String,
    },
    /// The log failed.
    #[error(transparent)]
    Log(#[from] LogError),
}

/// What a look through a recording found for one connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Survey {
    /// The channel it joins; `None` if it never tries.
    pub channel: Option<String>,
    /// Time of its first line, Unix milliseconds.
    pub first_ms: i64,
    /// Its lines.
    pub lines: u64,
    /// SHA-256 of them, so that the same recording is known again.
    pub digest: String,
}

/// Looks through a recording for one connection, without feeding anything.
///
/// # Errors
/// - [`RecordingError::NoSuchConnection`]: no line bears the label.
/// - [`RecordingError::Line`], [`RecordingError::Read`]: it does not read.
pub fn survey(recording: impl std::io::BufRead, conn: &str) -> Result<Survey, RecordingError> {
    let mut hash = Sha256::new();
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    let mut found = Survey {
        channel: None,
        first_ms: 0,
        lines: 0,
        digest: String::new(),
    };
    each_line(recording, |text, line| {
        if line.conn != conn {
            if !line.conn.is_empty() && !seen.contains_key(line.conn.as_ref()) {
                seen.insert(line.conn.into_owned(), 1);
            }
            return Ok(());
        }
        hash.update(text.as_bytes());
        hash.update(b"\n");
        if found.lines == 0 {
            found.first_ms = line.t;
        }
        found.lines += 1;
        if found.channel.is_none() && line.dir == "send" {
            found.channel = joined_channel(&line.frame);
        }
        Ok(())
    })?;
    if found.lines == 0 {
        let found = seen.into_keys().collect();
        return Err(RecordingError::NoSuchConnection {
            wanted: conn.to_owned(),
            found,
        });
    }
    found.digest = ChainHash(hash.finalize().into()).to_string();
    Ok(found)
}

/// The labels of the connections in a recording, in order of the alphabet.
///
/// # Errors
/// - [`RecordingError::Line`], [`RecordingError::Read`]: it does not read.
pub fn connections(recording: impl std::io::BufRead) -> Result<Vec<String>, RecordingError> {
    let mut found = BTreeSet::new();
    each_line(recording, |_, line| {
        if !line.conn.is_empty() && !found.contains(line.conn.as_ref()) {
            found.insert(line.conn.into_owned());
        }
        Ok(())
    })?;
    Ok(found.into_iter().collect())
}

/// The channel in a recorded `joinChannel` frame.
fn joined_channel(frame: &str) -> Option<String> {
    let (_, json) = frame.split_once("[\"joinChannel\",")?;
    #[derive(Deserialize)]
    struct Join {
        name: String,
    }
    let join: Join = serde_json::from_str(json.strip_suffix(']')?).ok()?;
    Some(join.name)
}

fn each_line(
    recording: impl std::io::BufRead,
    mut visit: impl FnMut(&str, Line<'_>) -> Result<(), RecordingError>,
) -> Result<(), RecordingError> {
    for (index, text) in recording.lines().enumerate() {
        let number = index as u64 + 1;
        let text = text.map_err(|error| RecordingError::Read {
            line: number,
            error,
        })?;
        if text.trim().is_empty() {
            continue;
        }
        let line = serde_json::from_str(&text).map_err(|error| RecordingError::Line {
            line: number,
            detail: error.to_string(),
        })?;
        visit(&text, line)?;
    }
    Ok(())
}

/// Feeds one connection of a recording into a channel that observes
/// ([`Channel::observe`](crate::channel::Channel::observe)) and commits. `progress` is told the lines done.
///
/// A connection that is still open at the end is closed there.
///
/// # Errors
/// - [`RecordingError::Log`] with [`LogError::Duplicate`]: it is in this log already.
/// - [`RecordingError::Line`], [`RecordingError::Read`]: it does not read; lines before are in.
pub fn ingest<L: EventLog>(
    channel: &mut Channel<L>,
    source: &str,
    conn: &str,
    survey: &Survey,
    recording: impl std::io::BufRead,
    mut progress: impl FnMut(u64),
) -> Result<(), RecordingError> {
    let imported = Imported {
        source: source.to_owned(),
        conn: Some(conn.to_owned()),
        digest: Some(survey.digest.clone()),
        tables: BTreeMap::new(),
    };
    let mut now = Now::from_millis(survey.first_ms);
    channel.import(now, imported, format!("ingest:{}", survey.digest));
    channel.commit()?;
    let mut done = 0;
    each_line(recording, |_, line| {
        if line.conn != conn {
            return Ok(());
        }
        // One clock serves for both: it must not run backwards.
        now = Now::from_millis(line.t.max(now.wall.as_millis()));
        run_timers_until(channel, now.mono);
        feed(channel, now, &line);
        done += 1;
        if channel.staged_len() >= BATCH {
            commit(channel)?;
            progress(done);
        }
        Ok(())
    })?;
    run_timers_until(channel, Duration::MAX);
    channel.handle_input(
        now,
        Input::Closed {
            cause: DisconnectCause::Stopped,
            detail: Some("the recording ends here".to_owned()),
            code: None,
        },
    );
    commit(channel)?;
    progress(done);
    Ok(())
}

fn feed<L: EventLog>(channel: &mut Channel<L>, now: Now, line: &Line<'_>) {
    let is_polling = line.transport.as_deref() == Some("polling");
    match line.dir.as_ref() {
        "open" => open(channel, now),
        // Bodies of HTTP answers are no frames: errors, and the `ok` to a post.
        "recv" if line.frame.starts_with("HTTP ") || (is_polling && line.frame == "ok") => {}
        "recv" => {
            if !channel.is_open() {
                open(channel, now);
            }
            for frame in line.frame.split('\u{1e}') {
                channel.handle_input(now, Input::Frame(frame));
            }
        }
        "send" => {
            for frame in line.frame.split('\u{1e}') {
                channel.handle_input(now, Input::Sent(frame));
            }
        }
        "close" => {
            let code = line
                .frame
                .split(' ')
                .next()
                .and_then(|code| code.parse().ok());
            let detail = None;
            channel.handle_input(
                now,
                Input::Closed {
                    cause: DisconnectCause::Closed,
                    detail,
                    code,
                },
            );
        }
        _ => {}
    }
}

fn open<L: EventLog>(channel: &mut Channel<L>, now: Now) {
    channel.handle_input(
        now,
        Input::Opened {
            endpoint: "recording",
            transport: "recording",
        },
    );
}

/// What a live channel would have done between two frames.
fn run_timers_until<L: EventLog>(channel: &mut Channel<L>, until: Duration) {
    while let Some(at) = channel.deadline().filter(|at| *at <= until) {
        let ms = i64::try_from(at.as_millis()).unwrap_or(i64::MAX);
        let now = Now {
            mono: at,
            ..Now::from_millis(ms)
        };
        channel.handle_input(now, Input::Timeout);
    }
}

fn commit<L: EventLog>(channel: &mut Channel<L>) -> Result<(), LogError> {
    channel.commit()?;
    while !matches!(channel.poll_output(), Output::Timeout(_)) {}
    Ok(())
}
