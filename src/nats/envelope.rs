//! What is published of an event: one message as the platform has it, one normalised. Pure.
//!
//! The message of the platform comes first, both bear the same correlation id: that of the command
//! an event belongs to, else one made of the log's identity and the position. Envelopes are
//! described by the schemas in `tests/fixtures/schemas`.

use super::platform::frames;
use super::subjects::{Profile, Subjects};
use crate::event::{Author, Event, Recorded};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// Who publishes.
const SOURCE: &str = "projectionist";

/// One message.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outgoing {
    pub(crate) subject: String,
    /// The message's own id, by which a stream tells a repetition.
    pub(crate) id: String,
    pub(crate) payload: Vec<u8>,
}

/// Where events come from, and how they are written.
#[derive(Clone, Debug)]
pub(crate) struct Writer {
    pub(crate) subjects: Subjects,
    pub(crate) profile: Profile,
    pub(crate) channel: String,
    /// The site's host.
    pub(crate) domain: String,
    pub(crate) log_id: String,
    pub(crate) publish_pms: bool,
}

/// A message of the original family.
#[derive(Serialize)]
struct Envelope<'a> {
    event_type: &'a str,
    source: &'static str,
    platform: &'static str,
    channel: &'a str,
    seq: u64,
    log_id: &'a str,
    /// Seconds since 1970, when we received it.
    timestamp: f64,
    correlation_id: &'a str,
    schema_version: u32,
    #[serde(skip_serializing_if = "is_false")]
    redacted: bool,
    data: Data<'a>,
}

/// A message of the other family.
#[derive(Serialize)]
struct OtherEnvelope<'a> {
    event_name: &'a str,
    payload: Data<'a>,
    channel: &'a str,
    domain: &'a str,
    timestamp: String,
    correlation_id: &'a str,
    seq: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// A payload: as text that is JSON already, or as a value.
#[derive(Clone, Serialize)]
#[serde(untagged)]
enum Data<'a> {
    Text(&'a RawValue),
    Value(Value),
}

impl Writer {
    /// The messages of an event, in the order they go out. None for what is not published.
    pub(crate) fn messages(&self, recorded: &Recorded) -> Vec<Outgoing> {
        if !self.publish_pms && is_private(&recorded.event) {
            return Vec::new();
        }
        let own = format!("{}-{}", self.log_id, recorded.seq);
        let correlation = recorded.corr.as_deref().unwrap_or(&own);
        match self.profile {
            Profile::Kryten => self.as_frames(recorded, &own, correlation),
            Profile::Rosey => self.as_pair(recorded, &own, correlation),
        }
    }

    fn as_pair(&self, recorded: &Recorded, own: &str, correlation: &str) -> Vec<Outgoing> {
        let kind = recorded.kind();
        let mut body = Vec::new();
        let body = match recorded.event.write_body(&mut body) {
            Ok(()) if !recorded.redacted => serde_json::from_slice(&body).unwrap_or_default(),
            _ => Value::Null,
        };
        let raw = recorded
            .raw
            .as_deref()
            .and_then(|raw| serde_json::from_str(raw).ok());
        let mut frames = frames(&recorded.event, recorded.sent_ms);
        let rebuilt = if frames.len() == 1 {
            frames.pop()
        } else {
            None
        };
        let rebuilt = rebuilt
            .map(|(_, payload)| payload)
            .filter(|_| !recorded.redacted);
        // A join has no one frame: what it told is in its body.
        let platform = raw
            .map(Data::Text)
            .unwrap_or_else(|| Data::Value(rebuilt.clone().unwrap_or_else(|| body.clone())));
        let normalised = self.normalised(recorded, rebuilt).unwrap_or(body);
        [
            (self.subjects.platform(kind, ""), "raw", platform),
            (self.subjects.event(kind), "event", Data::Value(normalised)),
        ]
        .into_iter()
        .map(|(subject, which, data)| {
            let envelope = Envelope {
                event_type: kind.as_str(),
                source: SOURCE,
                platform: "cytube",
                channel: &self.channel,
                seq: recorded.seq.0,
                log_id: &self.log_id,
                timestamp: recorded.received_at.0 as f64 / 1e6,
                correlation_id: correlation,
                schema_version: kind.schema_v(),
                redacted: recorded.redacted,
                data,
            };
            Outgoing {
                subject,
                id: format!("{own}-{which}"),
                payload: serde_json::to_vec(&envelope).unwrap_or_default(),
            }
        })
        .collect()
    }

    /// What the original normaliser makes of the three kinds it knows.
    fn normalised(&self, recorded: &Recorded, raw: Option<Value>) -> Option<Value> {
        if recorded.redacted {
            return None;
        }
        let raw = raw.unwrap_or_default();
        let named = |name: &str| json!({ "username": name, "display_name": name });
        let ranked = |author: &Author| json!({ "username": author.name, "display_name": author.name, "rank": author.rank });
        let mut shape = match &recorded.event {
            Event::MessageSaid(message) => json!({
                "user": ranked(&message.user),
                "message": { "text": message.text, "timestamp": recorded.sent_ms },
                "source": message.source, "style": message.style,
            }),
            Event::UserJoined(joined) => json!({
                "user": {
                    "username": joined.user.name, "display_name": joined.user.name,
                    "rank": joined.user.rank,
                },
            }),
            Event::UserLeft(left) => json!({ "user": named(&left.name) }),
            _ => return None,
        };
        if let Some(fields) = shape.as_object_mut() {
            fields.insert("platform".to_owned(), "cytube".into());
            fields.insert("channel".to_owned(), self.channel.as_str().into());
            fields.insert("raw".to_owned(), raw);
        }
        Some(shape)
    }

    fn as_frames(&self, recorded: &Recorded, own: &str, correlation: &str) -> Vec<Outgoing> {
        if recorded.redacted {
            return Vec::new();
        }
        let raw = recorded.raw.as_deref();
        let raw: Option<&RawValue> = raw.and_then(|raw| serde_json::from_str(raw).ok());
        let frames = frames(&recorded.event, recorded.sent_ms);
        let is_one = frames.len() == 1;
        (0..)
            .zip(frames)
            .map(|(n, (name, payload))| {
                let payload = match raw {
                    Some(raw) if is_one => Data::Text(raw),
                    _ => Data::Value(payload),
                };
                let envelope = OtherEnvelope {
                    event_name: name,
                    payload,
                    channel: &self.channel,
                    domain: &self.domain,
                    timestamp: recorded.received_at.to_string(),
                    correlation_id: correlation,
                    seq: recorded.seq.0,
                };
                Outgoing {
                    subject: self.subjects.platform(recorded.kind(), name),
                    id: format!(
                        "{own}-raw{}",
                        if is_one {
                            String::new()
                        } else {
                            format!("-{n}")
                        }
                    ),
                    payload: serde_json::to_vec(&envelope).unwrap_or_default(),
                }
            })
            .collect()
    }
}

/// Whether it holds what was said in private.
fn is_private(event: &Event) -> bool {
    match event {
        Event::PmSaid(_) => true,
        Event::CommandKept(kept) => kept.command == "pm",
        Event::CommandSent(sent) => sent.command == "pm",
        Event::CommandSettled(settled) => settled.command.as_deref() == Some("pm"),
        _ => false,
    }
}

/// A message too large for the broker, without what made it so: its reader can ask for the event
/// by its position.
pub(crate) fn without_data(payload: &[u8]) -> Vec<u8> {
    let mut envelope: Value = serde_json::from_slice(payload).unwrap_or_default();
    if let Some(fields) = envelope.as_object_mut() {
        for name in ["data", "payload"] {
            if let Some(data) = fields.get_mut(name) {
                *data = Value::Null;
            }
        }
        fields.insert("oversize".to_owned(), payload.len().into());
    }
    serde_json::to_vec(&envelope).unwrap_or_default()
}
