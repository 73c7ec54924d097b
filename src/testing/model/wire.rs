//! Framing: Engine.IO 4 around Socket.IO 5, text only, as the server sees it.
//!
//! Deliberately its own and not the client's codec, so that a mistake in one cannot hide in the
//! other. Reading never fails: what is not a packet is [`Packet::Malformed`], and the caller hangs
//! up, as engine.io does.

use serde_json::Value;

/// What a client's frame holds.
#[derive(Debug, PartialEq)]
pub(super) enum Packet {
    /// `1`: the client ends the transport.
    Close,
    /// `3`: the answer to our ping.
    Pong,
    /// `40`: the client connects to a namespace, `/` unless given.
    Connect { namespace: Option<String> },
    /// `41`: the client leaves the namespace.
    Disconnect,
    /// `42`: an event, with its ack id if it asks for one.
    Event {
        ack: Option<u64>,
        name: String,
        arg: Option<Value>,
    },
    /// Well formed, but nobody listens: acks, names that are not strings.
    Ignored,
    /// Not the protocol.
    Malformed,
}

/// Reads one frame.
pub(super) fn parse(frame: &str) -> Packet {
    match frame {
        "1" => return Packet::Close,
        "3" => return Packet::Pong,
        _ => {}
    }
    let Some(message) = frame.strip_prefix('4') else {
        return Packet::Malformed;
    };
    let mut chars = message.chars();
    match (chars.next(), chars.as_str()) {
        (Some('0'), rest) => Packet::Connect {
            namespace: namespace(rest).map(|(name, _)| name.to_owned()),
        },
        (Some('1'), _) => Packet::Disconnect,
        (Some('2'), rest) if namespace(rest).is_none() => event_packet(rest),
        (Some('3'), _) => Packet::Ignored,
        _ => Packet::Malformed,
    }
}

/// Splits `/name,rest`; `None` for the default namespace.
fn namespace(rest: &str) -> Option<(&str, &str)> {
    rest.starts_with('/')
        .then(|| rest.split_once(',').unwrap_or((rest, "")))
}

/// Reads `N["name",arg]`, the part of an event after its type.
fn event_packet(rest: &str) -> Packet {
    let json = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = rest.get(..rest.len() - json.len()).unwrap_or("");
    let Ok(ack) = (!digits.is_empty()).then(|| digits.parse()).transpose() else {
        return Packet::Malformed;
    };
    let Ok(Value::Array(parts)) = serde_json::from_str(json) else {
        return Packet::Malformed;
    };
    let mut parts = parts.into_iter();
    match parts.next() {
        None => Packet::Malformed,
        Some(Value::String(name)) => Packet::Event {
            ack,
            name,
            arg: parts.next(),
        },
        Some(_) => Packet::Ignored,
    }
}

/// Writes an event with its one argument.
pub(super) fn event(name: &str, arg: &Value) -> String {
    format!("42[{},{arg}]", Value::from(name))
}

/// Writes an event without an argument.
pub(super) fn bare_event(name: &str) -> String {
    format!("42[{}]", Value::from(name))
}

/// Writes the answer to an event's ack id.
pub(super) fn ack(id: u64, arg: &Value) -> String {
    format!("43{id}[{arg}]")
}

/// A number as JavaScript prints it: whole ones without `.0`.
pub(super) fn num(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 9e15 {
        Value::from(value as i64)
    } else {
        Value::from(value)
    }
}

/// A JavaScript number out of JSON.
pub(super) fn as_f64(value: Option<&Value>) -> Option<f64> {
    value.and_then(Value::as_f64)
}

/// A string field of an object.
pub(super) fn text<'a>(object: &'a Value, key: &str) -> Option<&'a str> {
    object.get(key).and_then(Value::as_str)
}

/// Truth as JavaScript sees it.
pub(super) fn truthy(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => false,
        Some(Value::Bool(b)) => *b,
        Some(Value::Number(n)) => n.as_f64().is_some_and(|n| n != 0.0),
        Some(Value::String(s)) => !s.is_empty(),
        Some(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(frame: &str, expected: Packet) {
        assert_eq!(parse(frame), expected, "{frame}");
    }

    #[test]
    fn reads_what_clients_send() {
        check("3", Packet::Pong);
        check("40", Packet::Connect { namespace: None });
        let namespace = Some("/nope".into());
        check("40/nope,", Packet::Connect { namespace });
        check(
            r#"4212["vote",{"option":1}]"#,
            Packet::Event {
                ack: Some(12),
                name: "vote".into(),
                arg: Some(json!({"option": 1})),
            },
        );
        check(r#"42[5,{"a":1}]"#, Packet::Ignored);
        check("4312[{}]", Packet::Ignored);
    }

    #[test]
    fn hangs_up_on_what_is_no_packet() {
        for frame in ["", "9zzz", "2", "49", "42[]", r#"42{"a":1}"#, r#"42["x",{"#] {
            check(frame, Packet::Malformed);
        }
    }

    #[test]
    fn numbers_print_like_javascript() {
        assert_eq!(num(5.0).to_string(), "5");
        assert_eq!(num(-0.0).to_string(), "0");
        assert_eq!(num(1.5).to_string(), "1.5");
    }
}
