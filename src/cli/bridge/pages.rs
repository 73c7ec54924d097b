//! What the health and metrics pages say.

use super::http::Page;
use projectionist::nats::BridgeHealth;
use projectionist::{ChannelHandle, Storage};
use serde_json::json;
use std::fmt::Write as _;

/// A page of a service with these rooms.
pub(super) fn page(
    path: &str,
    rooms: &[(String, ChannelHandle)],
    bridge: &BridgeHealth,
) -> Option<Page> {
    match path {
        "/health" => Some(verdict(is_healthy(rooms, bridge), rooms, bridge)),
        "/ready" => {
            let live = rooms.iter().all(|(_, room)| room.state().is_live());
            let ready = is_healthy(rooms, bridge) && bridge.connected && live;
            Some(verdict(ready, rooms, bridge))
        }
        "/metrics" => Some((200, "text/plain; version=0.0.4", metrics(rooms, bridge))),
        _ => None,
    }
}

/// Whether everything can be recorded and, once there is a broker, published. That a site or the
/// broker is away is no fault of ours.
pub(super) fn is_healthy(rooms: &[(String, ChannelHandle)], bridge: &BridgeHealth) -> bool {
    let recorded = rooms.iter().all(|(_, room)| {
        !room.is_closed() && !matches!(room.health().storage, Storage::Poisoned { .. })
    });
    recorded && bridge.rooms.iter().all(|room| room.failed.is_none())
}

fn verdict(is_good: bool, rooms: &[(String, ChannelHandle)], bridge: &BridgeHealth) -> Page {
    let rooms: Vec<_> = rooms
        .iter()
        .map(|(channel, room)| {
            let health = room.health();
            let storage = match &health.storage {
                Storage::Sound => "sound".to_owned(),
                Storage::Degraded { error } => format!("degraded: {error}"),
                Storage::Poisoned { error } => format!("given up: {error}"),
                _ => "unknown".to_owned(),
            };
            json!({
                "channel": channel, "live": room.state().is_live(),
                "phase": format!("{:?}", health.phase).to_lowercase(), "head": health.head,
                "storage": storage, "attempt": health.attempt, "last_error": health.last_error,
            })
        })
        .collect();
    let told = json!({ "ok": is_good, "rooms": rooms, "bridge": bridge });
    (
        if is_good { 200 } else { 503 },
        "application/json",
        told.to_string() + "\n",
    )
}

fn metrics(rooms: &[(String, ChannelHandle)], bridge: &BridgeHealth) -> String {
    let mut text = String::new();
    let mut told = |name: &str, kind: &str, help: &str, samples: &[(Option<&str>, u64)]| {
        let _ = writeln!(text, "# HELP projectionist_{name} {help}");
        let _ = writeln!(text, "# TYPE projectionist_{name} {kind}");
        for (channel, value) in samples {
            let _ = match channel {
                // A channel's name has no sign that would need an escape; were it otherwise, none
                // gets through.
                Some(channel) => {
                    let channel = channel.replace(['\\', '"', '\n'], "_");
                    writeln!(
                        text,
                        "projectionist_{name}{{channel=\"{channel}\"}} {value}"
                    )
                }
                None => writeln!(text, "projectionist_{name} {value}"),
            };
        }
    };
    let of = |value: &dyn Fn(&ChannelHandle) -> u64| {
        let samples = rooms
            .iter()
            .map(|(name, room)| (Some(name.as_str()), value(room)));
        samples.collect::<Vec<_>>()
    };
    told(
        "live",
        "gauge",
        "Whether the channel is joined.",
        &of(&|room| u64::from(room.state().is_live())),
    );
    told(
        "head",
        "gauge",
        "The newest event of the log.",
        &of(&|room| room.state().seq.0),
    );
    told(
        "frames_total",
        "counter",
        "Frames received.",
        &of(&|room| room.health().counters.frames),
    );
    told(
        "events_total",
        "counter",
        "Events recorded.",
        &of(&|room| room.health().counters.events),
    );
    told(
        "commits_total",
        "counter",
        "Transactions committed.",
        &of(&|room| room.health().counters.commits),
    );
    told(
        "storage_sound",
        "gauge",
        "Whether the log can be written.",
        &of(&|room| u64::from(room.health().storage == Storage::Sound)),
    );
    let bridged = |value: &dyn Fn(&projectionist::nats::RoomHealth) -> u64| {
        let samples = bridge
            .rooms
            .iter()
            .map(|room| (Some(room.channel.as_str()), value(room)));
        samples.collect::<Vec<_>>()
    };
    told(
        "bridge_published",
        "gauge",
        "Up to which event everything is published.",
        &bridged(&|room| room.published.0),
    );
    told(
        "bridge_stored",
        "gauge",
        "Up to which event that is on record.",
        &bridged(&|room| room.stored.0),
    );
    told(
        "bridge_lag",
        "gauge",
        "Events that wait for the broker.",
        &bridged(&|room| room.lag),
    );
    let one = |value: u64| [(None, value)];
    told(
        "bridge_connected",
        "gauge",
        "Whether there is a connection to the broker.",
        &one(u64::from(bridge.connected)),
    );
    told(
        "bridge_connects_total",
        "counter",
        "Connections made to the broker.",
        &one(bridge.connects),
    );
    told(
        "bridge_messages_total",
        "counter",
        "Messages that the broker has.",
        &one(bridge.published),
    );
    told(
        "bridge_repeated_total",
        "counter",
        "Messages sent again.",
        &one(bridge.repeated),
    );
    told(
        "bridge_oversize_total",
        "counter",
        "Messages that went without their data.",
        &one(bridge.oversize),
    );
    told(
        "bridge_requests_total",
        "counter",
        "Commands and questions received.",
        &one(bridge.requests),
    );
    told(
        "bridge_refused_total",
        "counter",
        "Commands and questions refused.",
        &one(bridge.refused),
    );
    text
}
