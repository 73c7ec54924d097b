//! Its body is in `tests/fuzz_corpus/targets/segment.rs`, where an ordinary test replays the corpus.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| projectionist_fuzz::run("segment", data));
