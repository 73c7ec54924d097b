//! Recorded traffic of a real server, through the way of a live socket.

use super::Steady;
use super::logs::WrittenLog;
use projectionist::{channel::*, event_log::*, recording::*, time::*, *};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// One line of a recording.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Line {
    pub(crate) t: i64,
    #[serde(default)]
    pub(crate) conn: String,
    pub(crate) dir: String,
    #[serde(default)]
    pub(crate) frame: String,
}

/// Every recording there is.
pub(crate) fn files() -> Vec<PathBuf> {
    let dir = Path::new("tests/fixtures/recordings");
    let mut files: Vec<_> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(files.len() > 10, "the recordings are where they belong");
    files
}

pub(crate) fn file(name: &str) -> PathBuf {
    Path::new("tests/fixtures/recordings").join(format!("{name}.jsonl"))
}

pub(crate) fn lines(path: &Path) -> Vec<Line> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The labels of a recording, in the order of their appearance.
pub(crate) fn connections(path: &Path) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in lines(path) {
        if !line.conn.is_empty() && !found.contains(&line.conn) {
            found.push(line.conn);
        }
    }
    found
}

/// One connection of a recording, whole.
pub(crate) fn ingested(path: &Path, conn: &str) -> Channel<WrittenLog> {
    ingested_until(path, conn, i64::MAX)
}

/// One connection of a recording, as far as a moment.
pub(crate) fn ingested_until(path: &Path, conn: &str, until_ms: i64) -> Channel<WrittenLog> {
    ingest_into(path, conn, until_ms, |config| config)
}

/// One connection of a recording as far as a moment, under a configuration of the test's.
pub(crate) fn ingest_into(
    path: &Path,
    conn: &str,
    until_ms: i64,
    configure: impl FnOnce(Config) -> Config,
) -> Channel<WrittenLog> {
    let text = std::fs::read_to_string(path).unwrap();
    let kept: String = text
        .lines()
        .zip(lines(path))
        .filter(|(_, line)| line.t <= until_ms)
        .map(|(text, _)| format!("{text}\n"))
        .collect();
    let survey = survey(kept.as_bytes(), conn).unwrap();
    let channel = survey.channel.clone().unwrap_or_else(|| "none".to_owned());
    let config = configure(Config::new("https://cytu.be", channel));
    let now = Now::from_millis(survey.first_ms);
    let log = WrittenLog::default();
    let mut channel = Channel::observe(&config, log, Box::new(Steady(5_000)), now).unwrap();
    ingest(&mut channel, "test", conn, &survey, kept.as_bytes(), |_| {}).unwrap();
    channel
}
