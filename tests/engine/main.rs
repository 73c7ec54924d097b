//! The whole engine over real sockets, through its public face: a model server on this machine, a
//! log in a folder of its own, and nothing in between that is not the product.
//!
//! Nothing here sleeps to let something happen: tests wait for states, events and what the server
//! sees. Each has a server of its own, since the pacer spaces connects by site.

#![cfg(feature = "testing")]
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "in a test a surprise is a failure"
)]

mod callbacks;
mod encrypted;
mod following;
mod joining;
mod losses;
mod many;
mod redacting;
mod refusals;
mod site;
