//! The control socket: a running `record` takes commands of other processes of its user.
//!
//! One JSON object a line each way over a local socket: `{"command": …, "args": …}` in, the outcome
//! back. Who may open the file may command: it is made for its owner alone.

mod client;
mod protocol;
mod server;

pub(crate) use client::ask;
pub(crate) use protocol::{REDACT, Reply, Request};
pub(crate) use server::Control;
