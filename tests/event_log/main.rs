//! The event log through its public face: one contract for the log in memory and the log on disk,
//! then what only a file can do: be reopened, locked, refused, looked at with other tools, damaged.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "in a test a surprise is a failure, and a skipped test says so"
)]

mod backup;
mod contract;
mod damage;
mod erase;
mod file;
mod fixture;
mod fixture_v3;
mod flips;
mod replay;
mod retention;
mod samples;
mod segments;
mod views;
