//! What the fuzz targets share: the bodies in `tests/fuzz_corpus`, and how libFuzzer calls them.
//!
//! `cargo fuzz run --fuzz-dir tests/fuzz TARGET`; the stable toolchain does with
//! `RUSTC_BOOTSTRAP=1` and `-s none`.

#![allow(
    dead_code,
    reason = "each target uses its part of what the tests share"
)]

#[path = "../common/mod.rs"]
mod common;
#[path = "../event_log/samples.rs"]
mod samples;
#[path = "../fuzz_corpus/targets/mod.rs"]
mod targets;

/// Runs the body of a target on what libFuzzer made up.
pub fn run(target: &str, data: &[u8]) {
    let (_, body) = targets::TARGETS
        .iter()
        .find(|(name, _)| *name == target)
        .expect("a target of that name");
    body(&String::from_utf8_lossy(data));
}
