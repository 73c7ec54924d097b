//! What travels in the bodies of Engine.IO long polling: packets joined by U+001E, the open packet
//! that begins a session, and the error document of a refused request.
//!
//! Text in, values out; no network.

use crate::transport::TransportError;
use crate::transport::http::printable;
use serde::Deserialize;
use std::time::Duration;

/// Joins the packets of one body. Inside a packet it cannot occur: JSON escapes control characters.
pub(super) const SEPARATOR: char = '\u{1e}';

/// What a server says when it ends a pending poll with nothing to tell.
const NOOP: &str = "6";

/// A body whose packets are taken one by one, without a copy of the rest.
#[derive(Debug, Default)]
pub(super) struct Body {
    text: String,
    taken: usize,
}

impl Body {
    pub(super) fn new(text: String) -> Self {
        Self { text, taken: 0 }
    }

    /// The next packet that has something to say.
    ///
    /// # Errors
    /// - [`TransportError::FrameTooLarge`]: it is longer than `limit`.
    /// - [`TransportError::Protocol`]: it is binary, which CyTube never sends.
    pub(super) fn next(&mut self, limit: usize) -> Result<Option<&str>, TransportError> {
        loop {
            let from = self.taken;
            let rest = match self.text.get(from..) {
                None | Some("") => {
                    *self = Self::default();
                    return Ok(None);
                }
                Some(rest) => rest,
            };
            let length = rest.find(SEPARATOR).unwrap_or(rest.len());
            self.taken = from + length + SEPARATOR.len_utf8();
            match self.text.get(from..from + length) {
                None | Some("" | NOOP) => {}
                Some(packet) if packet.len() > limit => {
                    return Err(TransportError::FrameTooLarge { limit });
                }
                Some(packet) if packet.starts_with('b') => {
                    return Err(TransportError::Protocol("a binary packet".to_owned()));
                }
                // Looked up again for the borrow checker's sake: it does not see that the loop ends.
                Some(_) => return Ok(self.text.get(from..from + length)),
            }
        }
    }
}

/// What the open packet says of a session.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Session {
    /// The session's key: whoever has it may speak and listen as us.
    sid: String,
    #[serde(rename = "pingInterval", default)]
    ping_interval_ms: u64,
    /// Most bytes the server takes in one request.
    #[serde(rename = "maxPayload", default = "payload_max_default")]
    pub(super) payload_max: usize,
}

/// What CyTube sets, for servers too old to tell (`src/io/ioserver.js`).
fn payload_max_default() -> usize {
    1 << 20
}

impl Session {
    /// Reads it from the body that answers the first request.
    pub(super) fn parse(body: &str) -> Option<Self> {
        let first = body.split(SEPARATOR).next()?;
        let session: Self = serde_json::from_str(first.strip_prefix('0')?).ok()?;
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        let is_sound = (1..=128).contains(&session.sid.len()) && session.sid.bytes().all(is_plain);
        is_sound.then_some(session)
    }

    /// The query of every further request.
    pub(super) fn query(&self) -> String {
        format!("EIO=4&transport=polling&sid={}", self.sid)
    }

    /// How long a poll may stay unanswered: the server pings within its interval. Servers that
    /// claim an interval of hours are not waited for that long.
    pub(super) fn poll_wait_max(&self) -> Duration {
        Duration::from_millis(self.ping_interval_ms.min(60_000)) + Duration::from_secs(15)
    }
}

/// What a status other than 200 means: Engine.IO says why in `{"code":1,"message":"…"}`.
pub(super) fn refusal(status: u16, body: &str) -> TransportError {
    #[derive(Deserialize)]
    struct Refusal {
        code: Option<i64>,
        message: String,
    }
    let why = match serde_json::from_str(body) {
        Ok(Refusal {
            code: None,
            message,
        }) => format!(": {}", printable(&message)),
        Ok(Refusal {
            code: Some(code),
            message,
        }) => {
            format!(": {} (code {code})", printable(&message))
        }
        Err(_) => String::new(),
    };
    TransportError::Protocol(format!("HTTP {status}{why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packets(text: &str) -> Vec<String> {
        let mut body = Body::new(text.to_owned());
        let mut packets = Vec::new();
        while let Some(packet) = body.next(10).unwrap() {
            packets.push(packet.to_owned());
        }
        packets
    }

    #[test]
    fn bodies_fall_into_packets() {
        assert_eq!(packets("2"), ["2"]);
        assert_eq!(packets("40{}\u{1e}42[\"é\"]"), ["40{}", "42[\"é\"]"]);
        assert_eq!(packets("6\u{1e}2\u{1e}\u{1e}3\u{1e}"), ["2", "3"]);
        assert!(packets("").is_empty());
    }

    #[test]
    fn long_and_binary_packets_end_the_connection() {
        let error = |text: &str| Body::new(text.to_owned()).next(3).unwrap_err();
        assert_eq!(error("4444"), TransportError::FrameTooLarge { limit: 3 });
        assert!(error("bAA").to_string().contains("binary"));
    }

    #[test]
    fn sessions_are_read_from_the_open_packet() {
        let open = r#"0{"sid":"a-B_9","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":120000,"maxPayload":1000}"#;
        let session = Session::parse(&format!("{open}\u{1e}2")).unwrap();
        assert_eq!(session.query(), "EIO=4&transport=polling&sid=a-B_9");
        assert_eq!(session.payload_max, 1000);
        assert_eq!(session.poll_wait_max(), Duration::from_secs(40));
        for bad in [
            "",
            "0",
            "0{}",
            "40{}",
            r#"0{"sid":"a&b"}"#,
            r#"0{"sid":""}"#,
        ] {
            assert_eq!(Session::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn refusals_say_why() {
        let refusal = |body: &str| refusal(400, body).to_string();
        assert_eq!(
            refusal(r#"{"code":1,"message":"Session ID unknown"}"#),
            "not the protocol: HTTP 400: Session ID unknown (code 1)"
        );
        assert_eq!(refusal("<html>"), "not the protocol: HTTP 400");
    }
}
