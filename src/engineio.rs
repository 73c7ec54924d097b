//! Engine.IO 4: one packet to and from one text frame.
//!
//! The first character names the packet, the rest is its data. Knows nothing of Socket.IO. Reads
//! what protocol 3 sends as well (there the client pings), because recordings hold it.

use serde::Deserialize;
use std::time::Duration;

/// One Engine.IO packet, borrowing from its frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Packet<'f> {
    /// The server's greeting with its timing.
    Open(Open),
    /// Either side ends the connection.
    Close,
    /// The server asks whether we live; the data goes back in the pong.
    Ping(&'f str),
    /// An answer to a ping.
    Pong,
    /// A Socket.IO packet.
    Message(&'f str),
    /// Transport upgrade and its filler, which need no answer from us.
    Upgrade,
}

/// What the server says at opening. Intervals are bounded: they come from the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Open {
    /// How often the server pings.
    pub(crate) ping_interval: Duration,
}

/// A frame that is no Engine.IO packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PacketError {
    /// Nothing in it.
    #[error("empty frame")]
    Empty,
    /// The first character names no packet.
    #[error("unknown Engine.IO packet type")]
    Type,
    /// The greeting does not read.
    #[error("Engine.IO greeting does not read")]
    Greeting,
}

/// The longest ping interval believed: the default of the server is 25 s.
const PING_INTERVAL_MAX_MS: f64 = 120_000.0;

/// Reads one frame.
pub(crate) fn decode(frame: &str) -> Result<Packet<'_>, PacketError> {
    let mut chars = frame.chars();
    let kind = chars.next().ok_or(PacketError::Empty)?;
    let data = chars.as_str();
    match kind {
        '0' => open(data).map(Packet::Open),
        '1' => Ok(Packet::Close),
        '2' => Ok(Packet::Ping(data)),
        '3' => Ok(Packet::Pong),
        '4' => Ok(Packet::Message(data)),
        '5' | '6' => Ok(Packet::Upgrade),
        _ => Err(PacketError::Type),
    }
}

fn open(data: &str) -> Result<Open, PacketError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Wire {
        ping_interval: Option<f64>,
    }
    let wire: Wire = serde_json::from_str(data).map_err(|_| PacketError::Greeting)?;
    let ms = wire
        .ping_interval
        .unwrap_or(25_000.0)
        .clamp(0.0, PING_INTERVAL_MAX_MS);
    Ok(Open {
        ping_interval: Duration::from_millis(ms as u64),
    })
}

/// The answer to a ping.
pub(crate) fn pong(data: &str) -> String {
    format!("3{data}")
}

/// A frame that carries a Socket.IO packet.
pub(crate) fn message(packet: &str) -> String {
    format!("4{packet}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_packet() {
        let open = r#"0{"sid":"x","upgrades":[],"pingInterval":25000,"pingTimeout":120000,"maxPayload":1048576}"#;
        for (frame, packet) in [
            (
                open,
                Ok(Packet::Open(Open {
                    ping_interval: Duration::from_secs(25),
                })),
            ),
            ("1", Ok(Packet::Close)),
            ("2", Ok(Packet::Ping(""))),
            ("2probe", Ok(Packet::Ping("probe"))),
            ("3", Ok(Packet::Pong)),
            ("42[\"a\"]", Ok(Packet::Message("2[\"a\"]"))),
            ("6", Ok(Packet::Upgrade)),
            ("", Err(PacketError::Empty)),
            ("9zzz", Err(PacketError::Type)),
            ("ü", Err(PacketError::Type)),
            ("0nonsense", Err(PacketError::Greeting)),
        ] {
            assert_eq!(decode(frame), packet, "{frame}");
        }
    }

    #[test]
    fn a_hostile_ping_interval_is_bounded() {
        for text in ["1e300", "-5", "120001"] {
            let Ok(Packet::Open(open)) = decode(&format!("0{{\"pingInterval\":{text}}}")) else {
                panic!("{text} must read");
            };
            assert!(open.ping_interval <= Duration::from_secs(120));
        }
    }
}
