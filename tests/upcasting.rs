//! P7: bodies of every schema that was ever written read as what they meant, for ever.
//!
//! The corpus is `tests/fixtures/events/vN.ndjson`: stored bodies of schema N, most of them taken
//! from real traffic, each with what it reads as today. Lines are never removed, and `stored` is
//! never edited. When a kind gets a schema N + 1:
//!
//! 1. raise its number in `events!`, and write the step from N in `src/event/upcast.rs`;
//! 2. add lines `{"kind": …, "stored": …}` to `v(N+1).ndjson`, from a log of the new build;
//! 3. run `cargo test --test upcasting write_what_bodies_mean_today -- --ignored`, which writes
//!    `today` anew into all lines, and look at the difference: it is what the change means for
//!    logs that are already there.

#![cfg(test)]
use projectionist::{Event, Kind};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::path::PathBuf;

/// One stored body.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    kind: Kind,
    /// As it stands in the log.
    stored: Box<RawValue>,
    /// As this build reads it, in the newest schema.
    today: Option<Box<RawValue>>,
}

impl Line {
    fn event(&self, schema_v: u32) -> Event {
        let (kind, body) = (self.kind, self.stored.get());
        Event::decode(kind, schema_v, body).unwrap_or_else(|error| panic!("{body}: {error}"))
    }
}

fn path(schema_v: u32) -> PathBuf {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/events");
    PathBuf::from(folder).join(format!("v{schema_v}.ndjson"))
}

/// The newest schema that any kind has.
fn newest() -> u32 {
    Kind::ALL.iter().map(|kind| kind.schema_v()).max().unwrap()
}

fn corpus(schema_v: u32) -> Vec<Line> {
    let text = std::fs::read_to_string(path(schema_v)).unwrap();
    let line = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"));
    text.lines().map(line).collect()
}

fn written(event: &Event) -> String {
    let mut body = Vec::new();
    event.write_body(&mut body).unwrap();
    String::from_utf8(body).unwrap()
}

#[test]
fn p7_every_kind_has_bodies_of_every_schema_it_ever_had() {
    for schema_v in 1..=newest() {
        let corpus = corpus(schema_v);
        for kind in Kind::ALL.iter().filter(|kind| kind.schema_v() >= schema_v) {
            let has_one = corpus.iter().any(|line| line.kind == *kind);
            assert!(has_one, "{} of schema {schema_v}", kind.as_str());
        }
    }
}

#[test]
fn p7_stored_bodies_mean_what_they_meant() {
    for schema_v in 1..=newest() {
        for line in corpus(schema_v) {
            let event = line.event(schema_v);
            assert_eq!(event.kind(), line.kind);
            let today = line.today.unwrap();
            assert_eq!(written(&event), today.get(), "of schema {schema_v}");
            let again = Event::decode(line.kind, line.kind.schema_v(), today.get());
            assert_eq!(again.unwrap(), event, "{today}");
        }
    }
}

#[test]
#[ignore = "writes the corpus: only for a new schema, see above"]
fn write_what_bodies_mean_today() {
    for schema_v in 1..=newest() {
        let mut text = String::new();
        for mut line in corpus(schema_v) {
            let today = written(&line.event(schema_v));
            line.today = Some(RawValue::from_string(today).unwrap());
            text += &serde_json::to_string(&line).unwrap();
            text.push('\n');
        }
        std::fs::write(path(schema_v), text).unwrap();
    }
}
