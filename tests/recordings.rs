//! Recorded traffic of a real server, through the same way as a live socket.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

use projectionist::*;
use std::path::Path;
use std::time::Duration;

struct NoDelays;

impl RetryDelays for NoDelays {
    fn next_delay(&mut self) -> Duration {
        Duration::from_secs(5)
    }

    fn reset(&mut self) {}
}

fn connections(path: &Path) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in std::fs::read_to_string(path).unwrap().lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let conn = line["conn"].as_str().unwrap_or_default().to_owned();
        if !conn.is_empty() && !found.contains(&conn) {
            found.push(conn);
        }
    }
    found
}

fn ingested(path: &Path, conn: &str) -> Channel<MemoryLog> {
    let bytes = std::fs::read(path).unwrap();
    let survey = survey(&bytes[..], conn).unwrap();
    let config = Config::new(
        "https://cytu.be",
        survey.channel.clone().unwrap_or("none".into()),
    );
    let now = Now::from_millis(survey.first_ms);
    let mut channel = Channel::observe(&config, MemoryLog::new(), Box::new(NoDelays), now).unwrap();
    ingest(&mut channel, "test", conn, &survey, &bytes[..], |_| {}).unwrap();
    channel
}

#[test]
fn p1_every_recording_folds_to_the_state_that_was_live() {
    let mut count = 0;
    for path in std::fs::read_dir("tests/fixtures/recordings").unwrap() {
        let path = path.unwrap().path();
        for conn in connections(&path) {
            let channel = ingested(&path, &conn);
            let events = channel.log().read(&Read::default()).unwrap();
            let folded = ChannelState::fold(&events);
            assert_eq!(
                &folded,
                channel.state().as_ref(),
                "{} {conn}",
                path.display()
            );
            count += events.len();
        }
    }
    assert!(count > 2_000, "{count} events");
}
