//! That what the writer makes is what `tests/fixtures/schemas` says, for every kind of the corpus of
//! stored events. Only a test; of the schemas' language it knows what they use, and no more.

use super::envelope::{Writer, without_data};
use super::subjects::{Profile, Subjects};
use crate::event::{Event, Kind, Origin, Recorded, Seq};
use crate::time::UnixMicros;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs::read_to_string;

fn fixture(name: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/");
    read_to_string(format!("{folder}{name}")).unwrap()
}

fn schema(name: &str) -> Value {
    serde_json::from_str(&fixture(&format!("schemas/{name}.json"))).unwrap()
}

/// What is wrong with a value, with its place; nothing, if it is as the schema says.
fn faults(schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    for (word, told) in schema.as_object().unwrap() {
        let holds = match word.as_str() {
            "$schema" | "title" | "description" => true,
            "type" => types(told).contains(&type_of(value)) || is_number(told, value),
            "const" => told == value,
            "minLength" => value.as_str().map(str::len) >= told.as_u64().map(|n| n as usize),
            "required" => value.as_object().is_none_or(|fields| {
                let mut names = told.as_array().unwrap().iter();
                names.all(|name| fields.contains_key(name.as_str().unwrap()))
            }),
            "additionalProperties" => value.as_object().is_none_or(|fields| {
                let known = schema["properties"].as_object().unwrap();
                fields.keys().all(|name| known.contains_key(name))
            }),
            "properties" => {
                for (name, schema) in told.as_object().unwrap() {
                    if let Some(value) = value.get(name) {
                        faults(schema, value, &format!("{at}.{name}"), found);
                    }
                }
                true
            }
            other => panic!("{at}: the test does not know {other}"),
        };
        if !holds {
            found.push(format!("{at}: not {word} {told}: {value}"));
        }
    }
}

fn types(told: &Value) -> Vec<&str> {
    match told {
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// An integer is a number, too.
fn is_number(told: &Value, value: &Value) -> bool {
    value.is_number() && types(told).contains(&"number")
}

fn check(name: &str, payload: &[u8]) {
    let value: Value = serde_json::from_slice(payload).unwrap();
    let mut found = Vec::new();
    faults(&schema(name), &value, name, &mut found);
    assert!(found.is_empty(), "{found:#?}");
}

/// The schema of a message, by its subject.
fn named(subject: &str) -> &'static str {
    match subject {
        "rosey.events.message" => "message",
        "rosey.events.user.join" => "user_join",
        "rosey.events.user.leave" => "user_leave",
        other if other.starts_with("kryten.") => "frame",
        _ => "event",
    }
}

fn writer(profile: Profile, prefix: &str) -> Writer {
    Writer {
        subjects: Subjects::new(profile, prefix, "lobby", false),
        profile,
        channel: "lobby".to_owned(),
        domain: "cytube.example".to_owned(),
        log_id: "07".repeat(16),
        publish_pms: true,
    }
}

/// Every event of the corpus; whole, and redacted.
fn corpus() -> Vec<Recorded> {
    let mut corpus = Vec::new();
    for schema_v in [1, 2] {
        for line in fixture(&format!("events/v{schema_v}.ndjson")).lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            let kind: Kind = serde_json::from_value(line["kind"].clone()).unwrap();
            let event = Event::decode(kind, schema_v, &line["stored"].to_string()).unwrap();
            let whole = Recorded {
                seq: Seq(corpus.len() as u64 + 1),
                session: 1,
                received_at: UnixMicros(1_795_385_348_233_000),
                sent_ms: (corpus.len() % 4 == 0).then_some(1_795_385_348_000),
                origin: Origin::Live,
                actor: None,
                cause: None,
                corr: None,
                dedup_key: None,
                event,
                raw: None,
                redacted: false,
            };
            let redacted = Recorded {
                redacted: true,
                ..whole.clone()
            };
            corpus.extend([whole, redacted]);
        }
    }
    corpus
}

#[test]
fn every_message_of_every_kind_is_as_its_schema_says() {
    let writers = [
        writer(Profile::Rosey, "rosey"),
        writer(Profile::Kryten, "kryten"),
    ];
    let (mut kinds, mut schemas) = (BTreeSet::new(), BTreeSet::new());
    for recorded in corpus() {
        kinds.insert(recorded.kind().as_str());
        for message in writers.iter().flat_map(|writer| writer.messages(&recorded)) {
            let name = named(&message.subject);
            schemas.insert(name);
            check(name, &message.payload);
            check(name, &without_data(&message.payload));
        }
    }
    let all: BTreeSet<_> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
    assert_eq!(kinds, all);
    assert_eq!(schemas.len(), 5, "{schemas:?}");
}

#[test]
fn what_is_not_as_its_schema_says_is_found() {
    let said = corpus()
        .into_iter()
        .find(|recorded| recorded.kind() == Kind::MessageSaid)
        .unwrap();
    let messages = writer(Profile::Rosey, "rosey").messages(&said);
    let whole: Value = serde_json::from_slice(&messages[1].payload).unwrap();
    type Break = fn(&mut Value);
    let breaks: [(&str, Break); 5] = [
        ("a type", |it| it["seq"] = json!("7")),
        ("a field too many", |it| it["data"]["user"]["id"] = json!(7)),
        ("another kind", |it| it["event_type"] = json!("pm")),
        ("no text", |it| it["data"]["message"]["text"] = json!(null)),
        ("no user", |it| {
            it["data"].as_object_mut().unwrap().remove("user");
        }),
    ];
    for (what, break_it) in breaks {
        let (mut broken, mut found) = (whole.clone(), Vec::new());
        break_it(&mut broken);
        faults(&schema("message"), &broken, "message", &mut found);
        assert_eq!(found.len(), 1, "{what}: {found:?}");
    }
}
