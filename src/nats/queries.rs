//! Questions from the bus, answered from the state and the log. They read, and block for the disk
//! only.

use super::BridgeHealth;
use super::orders::Complaint;
use crate::engine::ChannelHandle;
use crate::event::{Kind, Recorded, Seq};
use crate::log::{LogError, Read};
use serde::Deserialize;
use serde_json::{Value, json};

/// Events of a page, at most and by default.
const PAGE_MAX: usize = 1_000;
const PAGE: usize = 100;

/// Answers a question; the answer has `"ok": true` and what was asked for.
pub(super) fn answer(
    what: &str,
    args: &Value,
    handle: &ChannelHandle,
    health: &BridgeHealth,
    publish_pms: bool,
) -> Result<Value, Complaint> {
    match what {
        "state" => state(args, handle, publish_pms),
        "history" => history(args, handle, publish_pms),
        "health" => Ok(json!({ "ok": true, "health": health, "engine": engine(handle) })),
        _ => Err(Complaint::new(
            "unknown_query",
            format!("no question is called {what:?}: ask for state, history or health"),
        )),
    }
}

fn engine(handle: &ChannelHandle) -> Value {
    let health = handle.health();
    json!({
        "phase": format!("{:?}", health.phase).to_lowercase(),
        "live": handle.state().is_live(),
        "head": health.head,
        "endpoint": health.endpoint,
        "last_error": health.last_error,
    })
}

/// The state, or the parts of it that `parts` names.
fn state(args: &Value, handle: &ChannelHandle, publish_pms: bool) -> Result<Value, Complaint> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Args {
        #[serde(default)]
        parts: Vec<String>,
    }
    let Args { parts } = read(args)?;
    let state = handle.state();
    let mut whole = serde_json::to_value(&*state).unwrap_or_default();
    if let Some(fields) = whole.as_object_mut() {
        if !publish_pms {
            // What was said in private may wait in it.
            fields.remove("commands");
        }
        if let Some(unknown) = parts.iter().find(|part| !fields.contains_key(*part)) {
            let known: Vec<_> = fields.keys().map(String::as_str).collect();
            let text = format!(
                "no part is called {unknown:?}: there are {}",
                known.join(", ")
            );
            return Err(Complaint::new("bad_payload", text));
        }
        if !parts.is_empty() {
            fields.retain(|name, _| parts.contains(name));
        }
    }
    Ok(json!({ "ok": true, "seq": state.seq, "state": whole }))
}

/// A page of events behind `after`, oldest first; with `newest`, the newest ones, newest first.
fn history(args: &Value, handle: &ChannelHandle, publish_pms: bool) -> Result<Value, Complaint> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Args {
        #[serde(default)]
        after: Option<Seq>,
        #[serde(default)]
        until: Option<Seq>,
        #[serde(default)]
        limit: Option<usize>,
        #[serde(default)]
        kinds: Vec<Kind>,
        #[serde(default)]
        newest: bool,
    }
    let args: Args = read(args)?;
    let limit = args.limit.unwrap_or(PAGE).clamp(1, PAGE_MAX);
    let mut kinds = args.kinds;
    if kinds.is_empty() {
        kinds.extend(Kind::ALL);
    }
    if !publish_pms {
        let private = [
            Kind::PmSaid,
            Kind::CommandKept,
            Kind::CommandSent,
            Kind::CommandSettled,
        ];
        kinds.retain(|kind| !private.contains(kind));
    }
    let mut read = Read::default().kinds(kinds).limit(limit);
    if let Some(after) = args.after {
        read = read.after(after);
    }
    if let Some(until) = args.until {
        read = read.until(until);
    }
    if args.newest {
        read = read.newest_first();
    }
    let events = handle.history(&read).map_err(|error| unread(&error))?;
    let last = events.last().map(|event| event.seq);
    let events: Vec<Value> = events.iter().map(event).collect();
    Ok(json!({ "ok": true, "events": events, "last": last }))
}

fn event(recorded: &Recorded) -> Value {
    let mut body = Vec::new();
    let body: Value = match recorded.event.write_body(&mut body) {
        Ok(()) if !recorded.redacted => serde_json::from_slice(&body).unwrap_or_default(),
        _ => Value::Null,
    };
    json!({
        "seq": recorded.seq,
        "received_at": recorded.received_at.to_string(),
        "sent_ms": recorded.sent_ms,
        "kind": recorded.kind(),
        "origin": recorded.origin.as_str(),
        "actor": recorded.actor,
        "text": recorded.text(),
        "redacted": recorded.redacted,
        "body": body,
    })
}

fn read<T: serde::de::DeserializeOwned>(args: &Value) -> Result<T, Complaint> {
    T::deserialize(args).map_err(|error| Complaint::new("bad_payload", crate::json::fault(&error)))
}

fn unread(error: &LogError) -> Complaint {
    Complaint::new("failed", error.to_string())
}
