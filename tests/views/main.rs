//! The views file through its public face: built in one run or many, killed, outdated, replaced;
//! and each read model against a brute-force computation over the same log.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "in a test a surprise is a failure"
)]

#[path = "../common/mod.rs"]
mod common;

mod activity;
mod building;
mod chatters;
mod emotes;
mod evening;
mod gaps;
mod generated;
mod made;
mod messages;
mod moderation;
mod observed;
mod plays;
mod polls;
mod population;
mod presence;
mod queue_history;
mod redacted;
mod rooms;
#[allow(dead_code, reason = "the log's own tests use the rest")]
#[path = "../event_log/samples.rs"]
mod samples;
mod sql;
mod stale;
