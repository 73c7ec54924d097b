//! Segment files, which may come from anywhere. Whatever is changed in one, no reader panics, and
//! what passes is what was written; only a header that somebody wrote anew, hash and all, passes for
//! another's, and what is made of it is a log that opens.
//!
//! `KIND`, `ACTOR`, `RAW` and the body, a line each, are an event: written, archived and imported, it
//! is the same. `!LINE FIELD VALUE` changes a field of a line of the sample, `*LINE FIELD VALUE` does
//! so and puts the file's hash right; `^PLACE BYTES` overwrites bytes of the compressed file, and
//! what follows `=` is compressed as it is.

use super::log_row;
use crate::samples::open;
use flate2::Compression;
use flate2::write::GzEncoder;
use projectionist::segment::{self, Segment};
use projectionist::sqlite::{SqliteLog, verify};
use projectionist::{Read, Seq, SqliteReader, event_log::EventLog, event_log::LogReader};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::io::{Read as _, Write};
use std::path::Path;
use std::sync::OnceLock;

pub(crate) fn check(text: &str) {
    let rest = || text.get(1..).unwrap_or_default();
    match text.as_bytes().first() {
        Some(b'!') => edited(rest(), false),
        Some(b'*') => edited(rest(), true),
        Some(b'^') => overwritten(rest()),
        Some(b'=') => read(&compressed(rest()), rest() == sample().text),
        _ => carried(text),
    }
}

/// A segment whose header has a base, from the middle of a log.
struct Sample {
    file: Vec<u8>,
    text: String,
    segment: Segment,
}

fn sample() -> &'static Sample {
    static SAMPLE: OnceLock<Sample> = OnceLock::new();
    SAMPLE.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        // The crate for libFuzzer lies two folders deeper.
        let fixture = [".", "../.."]
            .map(|up| root.join(up).join("tests/fixtures/log-v3.events.db"))
            .into_iter()
            .find(|path| path.exists())
            .unwrap();
        let dir = tempfile::tempdir().unwrap();
        let (log, to) = (dir.path().join("log.db"), dir.path().join("segment.gz"));
        std::fs::copy(fixture, &log).unwrap();
        let reader = SqliteReader::open(&log).unwrap();
        let segment = reader.archive(Seq(48), &to, &mut |_, _| true);
        let file = std::fs::read(to).unwrap();
        let mut text = String::new();
        let mut decoder = flate2::read::GzDecoder::new(file.as_slice());
        decoder.read_to_string(&mut text).unwrap();
        Sample {
            file,
            text,
            segment: segment.unwrap().unwrap(),
        }
    })
}

fn compressed(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// Verifies a file, which passes only if it may.
fn read(file: &[u8], may_pass: bool) {
    let dir = tempfile::tempdir().unwrap();
    let (path, log) = (dir.path().join("a.gz"), dir.path().join("log.db"));
    std::fs::write(&path, file).unwrap();
    let verdict = segment::verify(&path, &mut |_, _| true);
    if let Ok(segment) = &verdict {
        assert!(may_pass, "a changed segment passes");
        assert_eq!(segment.as_ref(), Some(&sample().segment));
    }
    let Ok(header) = segment::peek(&path) else {
        return;
    };
    let Ok(mut log) = SqliteLog::create_for(&log, &header) else {
        return;
    };
    let imported = log.import_segment(&path, &mut |_, _| true);
    assert_eq!(imported.is_ok(), verdict.is_ok(), "{imported:?}");
    let is_empty = log.head().seq == Seq(0);
    assert_eq!(is_empty, verdict.is_err(), "all of it or nothing");
}

/// A field of a line of the sample becomes something else.
fn edited(change: &str, rehash: bool) {
    let mut words = change.splitn(3, ' ');
    let mut word = || words.next().unwrap_or_default();
    let mut lines: Vec<_> = sample().text.lines().map(str::to_owned).collect();
    let number = word().parse::<usize>().unwrap_or(0) % lines.len();
    let (field, value) = (word(), word());
    let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
    let mut line: Value = serde_json::from_str(&lines[number]).unwrap();
    let Some(place) = line.pointer_mut(&format!("/{}", field.replace('.', "/"))) else {
        return;
    };
    if *place == value {
        return;
    }
    *place = value;
    lines[number] = line.to_string();
    let is_trailer = number + 1 == lines.len();
    if !rehash || is_trailer {
        return read(&compressed(&(lines.join("\n") + "\n")), false);
    }
    let is_header = number == 0;
    let mut trailer: Value = serde_json::from_str(&lines.pop().unwrap()).unwrap();
    let body = lines.join("\n") + "\n";
    let hash: [u8; 32] = Sha256::digest(body.as_bytes()).into();
    let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    trailer["sha256"] = Value::from(hash);
    let file = compressed(&format!("{body}{trailer}\n"));
    if is_header {
        taken(&file);
    } else {
        read(&file, false);
    }
}

/// A segment that hashes as it should, with a header of somebody's own: it is refused, or the log it
/// makes can be opened and looked through.
fn taken(file: &[u8]) {
    let dir = tempfile::tempdir().unwrap();
    let (path, log) = (dir.path().join("a.gz"), dir.path().join("log.db"));
    std::fs::write(&path, file).unwrap();
    let Ok(Some(segment)) = segment::verify(&path, &mut |_, _| true) else {
        return;
    };
    let Ok(mut writer) = SqliteLog::create_for(&log, &segment) else {
        return;
    };
    if writer.import_segment(&path, &mut |_, _| true).is_err() {
        return assert_eq!(writer.head().seq, Seq(0), "nothing was taken in");
    }
    writer.close().unwrap();
    let reader = SqliteReader::open(&log).unwrap();
    let events = reader.read(&Read::default()).unwrap();
    assert_eq!(events.len() as u64, segment.events());
    // What the base is worth nobody can say; it is looked at and told of, at most.
    let _ = verify(&reader, |_, _| {}).unwrap();
    let _ = projectionist::history::state_at(&reader, segment.last);
}

/// Bytes of the compressed file become others.
fn overwritten(change: &str) {
    let (place, bytes) = change.split_once(' ').unwrap_or((change, "x"));
    let mut file = sample().file.clone();
    let place = place.parse::<usize>().unwrap_or(0) % file.len();
    for (old, new) in file[place..].iter_mut().zip(bytes.bytes()) {
        *old = new;
    }
    // When and by what it was compressed means nothing, and is covered by nothing.
    let same = |range: std::ops::Range<usize>| file.get(range.clone()) == sample().file.get(range);
    read(&file, same(0..4) && same(10..file.len()));
}

/// An event goes from a log into a segment, and into another log.
fn carried(text: &str) {
    let Some(event) = log_row::event(text) else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let (from, to, between) = (path("a.db"), path("b.db"), path("a.gz"));
    let mut log = open(&from);
    let head = log.append(std::slice::from_ref(&event)).unwrap();
    log.close().unwrap();
    let reader = SqliteReader::open(&from).unwrap();
    let archived = reader.archive(Seq(1), &between, &mut |_, _| true);
    let segment = archived.unwrap().unwrap();
    assert_eq!(segment.chain, head.chain);
    let mut log = SqliteLog::create_for(&to, &segment).unwrap();
    log.import_segment(&between, &mut |_, _| true).unwrap();
    assert_eq!(log.head().chain, head.chain);
    assert_eq!(log.read(&Read::default()).unwrap(), [event]);
}
