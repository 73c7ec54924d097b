//! Its body is in `tests/fuzz_corpus/targets/log_row.rs`, where an ordinary test replays the corpus.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| projectionist_fuzz::run("log_row", data));
