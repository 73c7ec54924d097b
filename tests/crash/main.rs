//! Crash and rot: what a log is after its writer was killed, its write-ahead log was cut, the disk
//! was full or read-only, or somebody else was in the way. Real processes, real file systems.
//!
//! `KILL_ROUNDS` (default 12) makes the campaigns of kills longer. Where no file system can be
//! mounted the tests that need one say so and pass, unless `REQUIRE_SMALL_DISK` is set.

#![cfg(unix)]
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "in a test a surprise is a failure, and a child's lines are what its parent reads"
)]

mod child;
#[allow(clippy::expect_used, reason = "in a test a surprise is a failure")]
#[path = "../common/mod.rs"]
mod common;
mod disk;
mod in_the_way;
mod kill;
mod namespace;
mod read_only;
mod recorder;
#[allow(
    dead_code,
    reason = "shared with the tests of the tool, which use it all"
)]
#[path = "../cli/running.rs"]
mod running;
#[allow(
    dead_code,
    reason = "shared with the tests of the log, which use it all"
)]
#[path = "../event_log/samples.rs"]
mod samples;
#[allow(
    dead_code,
    reason = "shared with the tests of the tool, which use it all"
)]
#[path = "../cli/tool.rs"]
mod tool;
mod wal;

use projectionist::{
    ChannelState, Recorded, Seq, SqliteReader, sqlite::Verdict, sqlite::verify_with,
};
use std::path::{Path, PathBuf};

/// A folder, and the place of a log in it.
fn a_place() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log.db");
    (dir, path)
}

/// All events of a log that must be sound, whose newest stored state must be the fold.
fn sound(path: &Path) -> Vec<Recorded> {
    let (events, verdict) = looked_at(path);
    assert_eq!(verdict.findings, [], "{}", path.display());
    events
}

fn looked_at(path: &Path) -> (Vec<Recorded>, Verdict) {
    let reader = SqliteReader::open(path).unwrap();
    let mut events = Vec::new();
    let verdict = verify_with(&reader, |_, _| {}, &mut |event| events.push(event)).unwrap();
    if let Some(stored) = reader.snapshot_before(Seq(u64::MAX)).unwrap() {
        let upto = usize::try_from(stored.seq.0).unwrap();
        let folded = serde_json::to_string(&ChannelState::fold(&events[..upto])).unwrap();
        assert_eq!(stored.body, folded, "the state stored at {upto}");
    }
    (events, verdict)
}
