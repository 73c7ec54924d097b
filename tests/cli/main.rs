//! The command-line tool as a script meets it: its arguments, what it prints, its exit codes.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "in a test a surprise is a failure"
)]

mod browser;
mod demo;
mod generate;
mod help;
mod import;
mod ingest;
#[cfg(feature = "parquet")]
mod parquet;
mod people;
mod reading;
mod record;
mod redact;
mod refusals;
mod report;
mod retention;
mod running;
#[cfg(unix)]
mod sending;
mod staff;
mod state;
mod tool;
mod verify;
mod views;
