//! The kept corpus of the fuzzers, replayed without them: what each once met still holds.
//!
//! `tests/fuzz` is the crate for libFuzzer; the bodies of its targets are here, each a function of
//! one text that fails if something does not hold. A corpus is one file a target in
//! `tests/fixtures/fuzz`, one input a line as a JSON string, so that it can be read and compared.
//!
//! To go on fuzzing, with `B` for `RUSTC_BOOTSTRAP=1`, which lets the stable toolchain do it:
//!
//! ```text
//! cargo test --features cli,testing --test fuzz_corpus -- --ignored seeds
//! B cargo fuzz run --fuzz-dir tests/fuzz -s none html target/fuzz/corpus/html target/fuzz/seeds/html
//! B cargo fuzz run --fuzz-dir tests/fuzz -s none html target/fuzz/kept/html target/fuzz/corpus/html \
//!     target/fuzz/seeds/html -- -merge=1 -use_counters=0 -max_len=3000
//! cargo test --features cli,testing --test fuzz_corpus -- --ignored pack
//! ```
//!
//! The second line looks for what is new, the third keeps the least that reaches the same code, the
//! last puts that into the files here.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "in a test a surprise is a failure"
)]

#[allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "in a test a surprise is a failure"
)]
#[path = "../common/mod.rs"]
mod common;
mod found;
mod keeping;
#[allow(
    dead_code,
    clippy::indexing_slicing,
    reason = "shared with the tests of the log"
)]
#[path = "../event_log/samples.rs"]
mod samples;
mod targets;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use targets::{Body, TARGETS, payload::NAMES};

fn kept(target: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/fuzz");
    folder.join(format!("{target}.ndjson"))
}

fn inputs(target: &str) -> Vec<String> {
    let text = std::fs::read_to_string(kept(target)).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    lines.collect()
}

/// Replays a corpus; a failure is told with the input that made it.
fn replay(target: &str) {
    let (_, body): &(&str, Body) = TARGETS.iter().find(|(name, _)| *name == target).unwrap();
    let inputs = inputs(target);
    assert!(inputs.len() > 10, "{target}: {} inputs", inputs.len());
    for input in &inputs {
        let held = std::panic::catch_unwind(|| body(input));
        assert!(held.is_ok(), "{target} fails with {input:?}");
    }
}

#[test]
fn frames() {
    replay("frame");
}

#[test]
fn packets() {
    replay("packet");
}

#[test]
fn payloads() {
    replay("payload");
}

#[test]
fn html() {
    replay("html");
}

#[test]
fn log_rows() {
    replay("log_row");
}

#[test]
fn media_links() {
    replay("media_link");
}

#[test]
fn segments() {
    replay("segment");
}

#[test]
fn no_target_is_without_a_corpus_and_none_is_large() {
    let folder = kept("x").parent().unwrap().to_owned();
    let files: BTreeSet<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    let expected = TARGETS.iter().map(|(target, _)| kept(target)).collect();
    assert_eq!(files, expected);
    for file in files {
        let bytes = std::fs::metadata(&file).unwrap().len();
        assert!(bytes < 100 << 10, "{}: {bytes} bytes", file.display());
    }
}

/// Method: the names are those that the decoder's source matches on.
#[test]
fn every_event_the_server_sends_has_its_payloads_fuzzed() {
    let source = std::fs::read_to_string("src/cytube/mod.rs").unwrap();
    let (_, decoder) = source.split_once("pub(crate) fn decode<'f>").unwrap();
    let (decoder, _) = decoder.split_once("\nfn read<'f").unwrap();
    let arms = decoder.lines().filter_map(|line| line.split_once(" =>"));
    let matched: BTreeSet<_> = arms
        .flat_map(|(patterns, _)| patterns.split('|'))
        .map(str::trim)
        .filter_map(|pattern| pattern.strip_prefix('"')?.strip_suffix('"'))
        .collect();
    assert!(matched.len() > 60, "{matched:?}");
    let missing: Vec<_> = matched
        .iter()
        .filter(|name| !NAMES.contains(name))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
    let inputs = inputs("payload");
    let seen: BTreeSet<_> = inputs
        .iter()
        .map(|input| targets::payload::event(input).0)
        .collect();
    let unseen: Vec<_> = NAMES.iter().filter(|name| !seen.contains(*name)).collect();
    assert!(unseen.is_empty(), "no input for {unseen:?}");
}
