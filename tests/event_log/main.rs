//! The event log through its public face: one contract for the log in memory and the log on disk,
//! then what only a file can do: be reopened, locked, refused, looked at with other tools, damaged.

mod contract;
mod damage;
mod file;
mod fixture;
mod samples;
mod views;
