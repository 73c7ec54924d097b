//! One event as one JSON object on one line: what `--json` and `export` print.
//!
//! The keys are those of the log's view `events`, always all of them; `body` is the stored body,
//! `raw` (only where asked for) the payload as it came, as a string.

use projectionist::Recorded;
use serde::Serialize;

/// Everything of an event but its body.
#[derive(Serialize)]
struct Head<'a> {
    seq: u64,
    session: u64,
    received_at: String,
    received_us: i64,
    sent_at: Option<String>,
    sent_ms: Option<i64>,
    kind: &'a str,
    schema_v: u32,
    origin: &'a str,
    actor: Option<&'a str>,
    cause_seq: Option<u64>,
    corr: Option<&'a str>,
    redacted: bool,
}

/// What of an event's content to show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Show {
    /// The payload as it came, beside the body.
    pub(crate) raw: bool,
}

/// Replaces what is in `out` by the event as a JSON object.
///
/// # Errors
/// None in practice: everything in an event has a JSON form, and `out` is memory.
pub(crate) fn write_event(
    out: &mut Vec<u8>,
    recorded: &Recorded,
    show: Show,
) -> Result<(), serde_json::Error> {
    out.clear();
    let kind = recorded.kind();
    let head = Head {
        seq: recorded.seq.0,
        session: recorded.session,
        received_at: recorded.received_at.to_string(),
        received_us: recorded.received_at.0,
        sent_at: crate::cli::line::sent_at(recorded),
        sent_ms: recorded.sent_ms,
        kind: kind.as_str(),
        schema_v: kind.schema_v(),
        origin: recorded.origin.as_str(),
        actor: recorded.actor.as_deref(),
        cause_seq: recorded.cause.map(|seq| seq.0),
        corr: recorded.corr.as_deref(),
        redacted: recorded.redacted,
    };
    serde_json::to_writer(&mut *out, &head)?;
    // The body writes itself; the object is reopened for it.
    out.pop();
    out.extend_from_slice(b",\"body\":");
    if recorded.redacted {
        out.extend_from_slice(b"null");
    } else {
        recorded.event.write_body(out)?;
    }
    if show.raw {
        out.extend_from_slice(b",\"raw\":");
        serde_json::to_writer(&mut *out, &recorded.raw)?;
    }
    out.push(b'}');
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use projectionist::{
        Event, Seq, UnixMicros,
        event::{Origin, Unrecognised},
    };
    use serde_json::{Value, json};

    /// An event to look at.
    pub(crate) fn sample() -> Recorded {
        Recorded {
            seq: Seq(7),
            session: 1,
            received_at: UnixMicros::from_millis(1_795_385_348_233),
            sent_ms: Some(1_795_385_348_000),
            origin: Origin::Live,
            actor: Some("alice".to_owned()),
            cause: Some(Seq(3)),
            corr: None,
            dedup_key: None,
            event: Event::Unrecognised(Unrecognised {
                name: "odd, \"name\"".to_owned(),
                why: "line\nbreak".to_owned(),
            }),
            raw: Some("[not json".to_owned()),
            redacted: false,
        }
    }

    fn shown(recorded: &Recorded, show: Show) -> Value {
        let mut out = b"left over".to_vec();
        write_event(&mut out, recorded, show).unwrap();
        serde_json::from_slice(&out).unwrap()
    }

    #[test]
    fn is_one_object_with_every_key() {
        let expected = json!({
            "seq": 7, "session": 1,
            "received_at": "2026-11-22T22:09:08.233Z", "received_us": 1_795_385_348_233_000_i64,
            "sent_at": "2026-11-22T22:09:08.000Z", "sent_ms": 1_795_385_348_000_i64,
            "kind": "unrecognised", "schema_v": 1, "origin": "live", "actor": "alice",
            "cause_seq": 3, "corr": null, "redacted": false,
            "body": {"name": "odd, \"name\"", "why": "line\nbreak"},
        });
        assert_eq!(shown(&sample(), Show::default()), expected);
    }

    #[test]
    fn raw_is_a_string_whatever_it_holds() {
        let show = Show { raw: true };
        assert_eq!(shown(&sample(), show)["raw"], json!("[not json"));
    }

    #[test]
    fn a_redacted_event_shows_nothing_of_its_content() {
        let value = shown(&sample().masked(), Show { raw: true });
        assert_eq!(
            (&value["body"], &value["raw"]),
            (&Value::Null, &Value::Null)
        );
        assert_eq!(value["redacted"], json!(true));
    }
}
