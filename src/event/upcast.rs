//! Upcasting: stored bodies of older schemas, read as today's.
//!
//! Events once written are never rewritten: the hash chain covers each body as it was written. So
//! a body of an older schema is lifted when it is read, one step at a time, each step a pure
//! function from schema n to n + 1 over the stored JSON. A step is never edited once released:
//! new meaning is a new schema and a new step. Nothing here knows the Rust types of the bodies.
//!
//! A schema that changes nothing but adds a field with a default needs no step of its own; serde
//! reads it. Everything else does, and `tests/upcasting.rs` keeps a row of each schema for ever.

use super::Kind;
use serde_json::{Map, Value};

/// Lifts a body from one schema to the next.
type Step = fn(Map<String, Value>) -> Map<String, Value>;

/// The step from schema `from` of a kind to the one after it; `None` where no build wrote `from`.
fn step(kind: Kind, from: u32) -> Option<Step> {
    match (kind, from) {
        (Kind::Redacted, 1) => Some(redaction_from_1),
        _ => None,
    }
}

/// Lifts a body to the schema that this build writes; `None` where no build wrote `from`. What is
/// no object is left as it is: it fits no body, and the reader says so.
pub(super) fn upcast(kind: Kind, from: u32, body: Value) -> Option<Value> {
    let mut body = body;
    for schema_v in from..kind.schema_v() {
        let step = step(kind, schema_v)?;
        body = match body {
            Value::Object(fields) => Value::Object(step(fields)),
            other => other,
        };
    }
    Some(body)
}

/// Schema 1 named one event, as `target`; since 2 there may be many, or a person's.
fn redaction_from_1(mut fields: Map<String, Value>) -> Map<String, Value> {
    if let Some(target) = fields.remove("target") {
        fields.insert("targets".to_owned(), Value::Array(vec![target]));
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_schema_below_todays_has_a_step() {
        for kind in Kind::ALL {
            for schema_v in 1..kind.schema_v() {
                assert!(step(*kind, schema_v).is_some(), "{kind:?} {schema_v}");
            }
            assert!(step(*kind, kind.schema_v()).is_none(), "{kind:?}");
            assert!(step(*kind, 0).is_none(), "no build wrote schema 0");
        }
    }

    #[test]
    fn a_redaction_of_one_event_becomes_one_of_a_list() {
        let lifted = upcast(Kind::Redacted, 1, json!({"target": 12}));
        assert_eq!(lifted, Some(json!({"targets": [12]})));
        let as_it_is = upcast(Kind::Redacted, 2, json!({"targets": [12]}));
        assert_eq!(as_it_is, Some(json!({"targets": [12]})));
    }

    #[test]
    fn what_is_no_object_is_left_to_the_reader() {
        assert_eq!(upcast(Kind::Redacted, 1, json!(7)), Some(json!(7)));
        assert_eq!(upcast(Kind::Redacted, 0, json!({})), None);
    }
}
