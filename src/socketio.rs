//! Socket.IO 5 over Engine.IO: one packet to and from one Engine.IO message.
//!
//! Only the default namespace and JSON packets: CyTube uses nothing else. An event's argument is
//! left as raw JSON text; which shape it has is `cytube`'s business.

use crate::json;
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// One Socket.IO packet, borrowing from its message.
#[derive(Clone, Debug)]
pub(crate) enum Packet<'f> {
    /// The namespace is open.
    Connect,
    /// The server ended the namespace; the transport may stay open.
    Disconnect,
    /// An event with at most one argument (further ones are ignored; CyTube sends none).
    Event(EventPacket<'f>),
    /// The answer to an event of ours that asked for one.
    Ack {
        /// The number we gave.
        id: u64,
        /// Its argument as JSON text.
        arg: Option<&'f RawValue>,
    },
    /// The server refused the namespace.
    ConnectError(String),
}

/// An event as it stands on the wire.
#[derive(Clone, Debug)]
pub(crate) struct EventPacket<'f> {
    /// Its name.
    pub(crate) name: Cow<'f, str>,
    /// Its argument as JSON text; a missing one and `null` are told apart here only.
    pub(crate) arg: Option<&'f RawValue>,
}

/// A message that is no packet we know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PacketError {
    /// The first character names no packet.
    #[error("unknown Socket.IO packet type")]
    Type,
    /// Binary packets: CyTube never sends one.
    #[error("binary Socket.IO packet")]
    Binary,
    /// Another namespace than `/`.
    #[error("packet for another namespace")]
    Namespace,
    /// The payload does not read.
    #[error("Socket.IO payload does not read: {0}")]
    Payload(String),
}

/// Reads one packet.
pub(crate) fn decode(message: &str) -> Result<Packet<'_>, PacketError> {
    let mut chars = message.chars();
    let kind = chars.next().ok_or(PacketError::Type)?;
    let rest = default_namespace(chars.as_str())?;
    match kind {
        '0' => Ok(Packet::Connect),
        '1' => Ok(Packet::Disconnect),
        '2' => {
            let (_, payload) = split_id(rest);
            let Args { name, arg } = from_json(payload)?;
            Ok(Packet::Event(EventPacket { name, arg }))
        }
        '3' => {
            let (id, payload) = split_id(rest);
            let id = id.ok_or_else(|| PacketError::Payload("ack without a number".to_owned()))?;
            let AckArgs { arg } = from_json(payload)?;
            Ok(Packet::Ack { id, arg })
        }
        '4' => Ok(Packet::ConnectError(refusal(rest))),
        '5' | '6' => Err(PacketError::Binary),
        _ => Err(PacketError::Type),
    }
}

/// Strips an explicit `/,`; another namespace is an error.
fn default_namespace(rest: &str) -> Result<&str, PacketError> {
    if !rest.starts_with('/') {
        return Ok(rest);
    }
    rest.strip_prefix("/,").ok_or(PacketError::Namespace)
}

/// Splits off the acknowledgement number, if there is one.
fn split_id(rest: &str) -> (Option<u64>, &str) {
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (id, payload) = rest.split_at_checked(digits).unwrap_or(("", rest));
    (id.parse().ok(), payload)
}

fn from_json<'f, T: Deserialize<'f>>(payload: &'f str) -> Result<T, PacketError> {
    serde_json::from_str(payload).map_err(|error| PacketError::Payload(json::fault(&error)))
}

/// The words of a refusal: an object with a message, or (protocol 3) a bare string.
fn refusal(payload: &str) -> String {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Wire {
        Object { message: String },
        Text(String),
    }
    match serde_json::from_str(payload) {
        Ok(Wire::Object { message }) => message,
        Ok(Wire::Text(text)) => text,
        Err(_) => String::from("refused without a readable reason"),
    }
}

/// `["name", argument]`.
struct Args<'f> {
    name: Cow<'f, str>,
    arg: Option<&'f RawValue>,
}

/// A string that borrows when it holds no escapes.
#[derive(Deserialize)]
struct Name<'f>(#[serde(borrow)] Cow<'f, str>);

impl<'de> Deserialize<'de> for Args<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ArgsVisitor;
        impl<'de> Visitor<'de> for ArgsVisitor {
            type Value = Args<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array that begins with the event's name")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Args<'de>, A::Error> {
                let name: Option<Name<'de>> = seq.next_element()?;
                let name = name
                    .ok_or_else(|| serde::de::Error::custom("event without a name"))?
                    .0;
                let arg = seq.next_element()?;
                while seq.next_element::<serde::de::IgnoredAny>()?.is_some() {}
                Ok(Args { name, arg })
            }
        }
        deserializer.deserialize_seq(ArgsVisitor)
    }
}

/// `[argument]`.
struct AckArgs<'f> {
    arg: Option<&'f RawValue>,
}

impl<'de> Deserialize<'de> for AckArgs<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let args = Vec::<&'de RawValue>::deserialize(deserializer)?;
        Ok(Self {
            arg: args.first().copied(),
        })
    }
}

/// The packet that opens the default namespace.
pub(crate) fn connect() -> &'static str {
    "0"
}

/// An event with an optional argument.
///
/// # Errors
/// When the argument does not serialise.
pub(crate) fn event<T: serde::Serialize>(
    name: &str,
    arg: Option<&T>,
    ack: Option<u64>,
) -> Result<String, serde_json::Error> {
    let number = ack.map_or_else(String::new, |ack| ack.to_string());
    let payload = match arg {
        Some(arg) => serde_json::to_string(&(name, arg))?,
        None => serde_json::to_string(&(name,))?,
    };
    Ok(format!("2{number}{payload}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(message: &str) -> String {
        match decode(message) {
            Ok(Packet::Connect) => "connect".to_owned(),
            Ok(Packet::Disconnect) => "disconnect".to_owned(),
            Ok(Packet::Event(EventPacket { name, arg })) => {
                format!("{name} {}", arg.map_or("-", RawValue::get))
            }
            Ok(Packet::Ack { id, arg }) => format!("ack {id} {}", arg.map_or("-", RawValue::get)),
            Ok(Packet::ConnectError(text)) => format!("refused {text}"),
            Err(error) => format!("error {error}"),
        }
    }

    #[test]
    fn reads_every_packet() {
        for (message, shown) in [
            ("0{\"sid\":\"x\"}", "connect"),
            ("0", "connect"),
            ("1", "disconnect"),
            ("2[\"rank\",-1]", "rank -1"),
            ("2[\"cancelNeedPassword\"]", "cancelNeedPassword -"),
            ("2[\"closePoll\",null]", "closePoll null"),
            ("2[\"a\\u0062\", {\"x\": [1,2]}, 3]", "ab {\"x\": [1,2]}"),
            ("2/,[\"rank\",0]", "rank 0"),
            ("230[\"x\",1]", "x 1"),
            ("30[{}]", "ack 0 {}"),
            ("312[]", "ack 12 -"),
            (
                "4{\"message\":\"Rate limit exceeded\"}",
                "refused Rate limit exceeded",
            ),
            ("4\"text of protocol 3\"", "refused text of protocol 3"),
        ] {
            assert_eq!(show(message), shown, "{message}");
        }
    }

    #[test]
    fn says_what_does_not_fit() {
        for message in [
            "",
            "9",
            "2",
            "2[]",
            "2[5,{}]",
            "2{\"a\":1}",
            "2[\"a\"",
            "3[]",
            "2/x,[\"a\"]",
            "51-[\"a\"]",
            "2[\"a\",]",
            "2[\"a\"] trailing",
        ] {
            assert!(
                show(message).starts_with("error"),
                "{message}: {}",
                show(message)
            );
        }
    }

    #[test]
    fn writes_what_it_reads() {
        let text = event(
            "chatMsg",
            Some(&serde_json::json!({"msg": "hi \"you\""})),
            None,
        )
        .unwrap();
        assert_eq!(show(&text), r#"chatMsg {"msg":"hi \"you\""}"#);
        assert_eq!(
            event::<()>("playerReady", None, None).unwrap(),
            "2[\"playerReady\"]"
        );
    }
}
