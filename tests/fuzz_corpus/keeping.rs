//! Seeds out of the recordings, and what the fuzzers found into the kept corpora. Not run with the
//! other tests: they write files. `main.rs` says when.

use crate::common::recording::{files, lines};
use crate::samples::COLUMNS;
use crate::targets::{TARGETS, payload::NAMES};
use rusqlite::Connection;
use serde_json::value::RawValue;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Bytes of a corpus, packed.
const CORPUS_BYTES_MAX: usize = 80 << 10;

/// Bytes of one input; longer ones crowd out the others.
const INPUT_BYTES_MAX: usize = 3_000;

fn folder(what: &str, target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("target/fuzz")
        .join(what)
        .join(target)
}

/// Writes the seeds of a target, a file each.
fn sow(target: &str, seeds: impl IntoIterator<Item = String>) {
    let folder = folder("seeds", target);
    std::fs::create_dir_all(&folder).unwrap();
    let seeds: BTreeSet<_> = seeds.into_iter().collect();
    for (number, seed) in seeds.iter().enumerate() {
        std::fs::write(folder.join(format!("seed-{number:05}")), seed).unwrap();
    }
    println!("{target}: {} seeds", seeds.len());
}

/// Frames of all recordings, in order; sent ones with a `<` before them.
fn frames() -> Vec<Vec<String>> {
    let of = |path: &PathBuf| {
        let lines = lines(path)
            .into_iter()
            .filter(|line| !line.frame.is_empty());
        let step = |line: crate::common::recording::Line| match line.dir.as_str() {
            "recv" => line.frame,
            _ => format!("<{}", line.frame),
        };
        lines.map(step).collect()
    };
    files().iter().map(of).collect()
}

/// The event of a frame, and the JSON of its payload.
fn event(frame: &str) -> Option<(String, String)> {
    let parts: Vec<&RawValue> = serde_json::from_str(frame.strip_prefix("42")?).ok()?;
    let name = serde_json::from_str(parts.first()?.get()).ok()?;
    let payload = parts.get(1).map_or("null", |part| part.get());
    Some((name, payload.to_owned()))
}

#[test]
#[ignore = "writes the seeds of the fuzzers into target/fuzz"]
fn seeds() {
    let recordings = frames();
    let all: Vec<String> = recordings.iter().flatten().cloned().collect();
    let pieces = recordings.iter().flat_map(|frames| frames.chunks(5));
    let rejoined = ["", "=", "join\n", "cut\n"];
    let conversations = pieces
        .zip(rejoined.iter().cycle())
        .map(|(piece, first)| format!("{first}{}", piece.join("\n+50\n")));
    sow("frame", conversations.collect::<Vec<_>>());
    sow(
        "packet",
        all.iter()
            .map(|frame| frame.trim_start_matches('<').to_owned()),
    );
    let events: Vec<_> = all.iter().filter_map(|frame| event(frame)).collect();
    let payloads = events
        .iter()
        .flat_map(|(name, payload)| ["", "*"].map(|joining| format!("{name}{joining}\n{payload}")));
    sow("payload", payloads.chain(always("payload")));
    let texts = events.iter().flat_map(|(_, payload)| strings(payload));
    let texts: BTreeSet<String> = texts.collect();
    sow(
        "html",
        texts
            .iter()
            .filter(|text| text.contains(['<', '&']))
            .cloned(),
    );
    let links = texts.iter().filter(|text| text.contains("://")).cloned();
    let examples = std::fs::read_to_string("src/media_link/tests.rs").unwrap();
    let examples = examples
        .split('"')
        .filter(|text| text.contains([':', '/']) && !text.contains('\n'));
    sow("media_link", links.chain(examples.map(str::to_owned)));
    let damages = COLUMNS.iter().flat_map(|column| {
        ["4 i 7", "11 t x", "0 b xyz", "3 r 1.5", "5 n"].map(|rest| format!("!{column} {rest}"))
    });
    sow("log_row", rows().into_iter().chain(damages));
    sow("segment", always("segment"));
}

/// Every text within a payload.
fn strings(payload: &str) -> Vec<String> {
    fn walk(value: &serde_json::Value, found: &mut Vec<String>) {
        match value {
            serde_json::Value::String(text) => found.push(text.clone()),
            serde_json::Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
            serde_json::Value::Object(fields) => fields.values().for_each(|item| walk(item, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(
        &serde_json::from_str(payload).unwrap_or_default(),
        &mut found,
    );
    found
}

/// The rows of the log that holds a body of every kind.
fn rows() -> Vec<String> {
    let conn = Connection::open("tests/fixtures/log-v1.events.db").unwrap();
    let sql = "SELECT kind || char(10) || coalesce(actor, '') || char(10) || coalesce(raw, '')
               || char(10) || body FROM events WHERE body IS NOT NULL";
    let mut statement = conn.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

/// A change of each field of a segment's header, of an event, and of the trailer; and of the file.
fn changes() -> Vec<String> {
    let fields = [
        (
            "0",
            "format version log_id channel origin created_us first_seq last_seq chain_before base",
        ),
        (
            "0",
            "base.seq base.received_us base.session_id base.session base.keys base.fold_v",
        ),
        (
            "0",
            "base.chain base.body base.body.seq base.body.chat base.session.first_seq",
        ),
        (
            "3",
            "seq session_id received_us sent_ms kind schema_v origin actor cause_seq corr",
        ),
        ("3", "dedup_key chain body raw"),
        ("9", "events last_seq chain sha256"),
    ];
    let named = fields.iter().flat_map(|(line, names)| {
        let edits = names.split(' ').flat_map(move |name| {
            [("!", "7"), ("*", "null"), ("*", "41"), ("*", "x")]
                .map(|(how, value)| format!("{how}{line} {name} {value}"))
        });
        edits.collect::<Vec<_>>()
    });
    let bytes = [
        "^4 abcdef",
        "^10 x",
        "^200 xyz",
        "^0 PK",
        "={}\n",
        "=",
        "=\n\n\n",
    ];
    named.chain(bytes.map(str::to_owned)).collect()
}

#[test]
#[ignore = "replaces the kept corpora by what the fuzzers left in target/fuzz"]
fn pack() {
    for (target, _) in TARGETS {
        let Ok(found) = std::fs::read_dir(folder("kept", target)) else {
            println!("{target}: nothing was kept");
            continue;
        };
        let mut rest: Vec<String> = found
            .map(|entry| std::fs::read(entry.unwrap().path()).unwrap())
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .filter(|input| input.len() <= INPUT_BYTES_MAX)
            .collect();
        // The shortest of them first: each says what it has to say in the fewest bytes.
        rest.sort_by(|a, b| a.len().cmp(&b.len()).then(a.cmp(b)));
        let mut inputs = always(target);
        rest.retain(|input| !inputs.contains(input));
        rest.dedup();
        inputs.extend(rest);
        let mut packed = String::new();
        let mut kept = 0;
        for input in &inputs {
            let line = serde_json::to_string(input).unwrap() + "\n";
            if packed.len() + line.len() > CORPUS_BYTES_MAX {
                break;
            }
            packed += &line;
            kept += 1;
        }
        std::fs::write(crate::kept(target), packed).unwrap();
        println!("{target}: {kept} of {} inputs kept", inputs.len());
    }
}

/// What is kept whatever the fuzzers say: a payload for each name, a body of each kind, a greeting
/// out of bounds.
fn always(target: &str) -> Vec<String> {
    match target {
        "payload" => NAMES.map(|name| format!("{name}\nnull")).to_vec(),
        "log_row" => rows(),
        "segment" => rows().into_iter().chain(changes()).collect(),
        "packet" => vec!["0{\"pingInterval\":1e300}".to_owned()],
        _ => Vec::new(),
    }
}
