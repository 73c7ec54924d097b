//! Databases that other bots kept, taken into logs: each row once, with its own words and time, and
//! nothing of the present changed.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "in a test a surprise is a failure"
)]

mod bots;
mod hostile;
mod once;
mod present;
