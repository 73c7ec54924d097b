//! The type check some events pass before their handler sees them.
//!
//! Says exactly what the server's says (`src/io/ioserver.js` with the json-typecheck package), so
//! that a client's test of its error handling sees the real texts.

use serde_json::Value;

/// Checks `arg` against the event's schema; `Ok` for events without one.
pub(super) fn check(event: &str, arg: Option<&Value>) -> Result<(), String> {
    let Some(schema) = schema(event) else {
        return Ok(());
    };
    check_object(schema, arg)
        .map_err(|problem| format!("Unexpected error for message {event}: {problem}"))
}

/// Keys and their types, of the events that are checked.
fn schema(event: &str) -> Option<&'static [(&'static str, &'static str)]> {
    Some(match event {
        "chatMsg" => &[("msg", "string"), ("meta", "object,optional")],
        "pm" => &[
            ("msg", "string"),
            ("to", "string"),
            ("meta", "object,optional"),
        ],
        "queue" => &[
            ("id", "string,boolean"),
            ("type", "string"),
            ("pos", "string"),
            ("title", "string,boolean,optional"),
            ("duration", "number,optional"),
            ("temp", "boolean,optional"),
        ],
        "queuePlaylist" => &[
            ("name", "string"),
            ("pos", "string"),
            ("temp", "boolean,optional"),
        ],
        "clonePlaylist" | "deletePlaylist" | "assignLeader" => &[("name", "string")],
        "setTemp" => &[("uid", "number"), ("temp", "boolean")],
        "moveMedia" => &[("from", "number"), ("after", "string,number")],
        "mediaUpdate" => &[
            ("id", "string"),
            ("currentTime", "number"),
            ("paused", "boolean,optional"),
            ("type", "string,optional"),
        ],
        "searchMedia" => &[("source", "string,optional"), ("query", "string")],
        "uncache" => &[("id", "string")],
        "newPoll" => &[
            ("title", "string"),
            ("timeout", "number,optional"),
            ("obscured", "boolean"),
            ("retainVotes", "boolean,optional"),
            ("opts", "array"),
        ],
        "vote" => &[("option", "number")],
        "setMotd" => &[("motd", "string")],
        "setChannelCSS" => &[("css", "string")],
        "setChannelJS" => &[("js", "string")],
        "unban" => &[("id", "number"), ("name", "string")],
        "setChannelRank" => &[("name", "string"), ("rank", "number")],
        _ => return None,
    })
}

fn check_object(schema: &[(&str, &str)], arg: Option<&Value>) -> Result<(), String> {
    let Some(Value::Object(object)) = arg else {
        return Err(format!("Expected type object, got {}", type_of(arg)));
    };
    for (key, types) in schema {
        let required = types.trim_end_matches(",optional");
        match object.get(*key) {
            None if required == *types => return Err(format!("Missing key: {required}:{key}")),
            None => {}
            some if required.split(',').any(|wanted| wanted == type_of(some)) => {}
            some => {
                let got = type_of(some);
                return Err(format!(
                    "Expected key {key} to be of type {required}, instead got {got}"
                ));
            }
        }
    }
    match object
        .keys()
        .find(|key| !schema.iter().any(|(known, _)| known == key))
    {
        Some(extra) => Err(format!("Extra key: {extra}")),
        None => Ok(()),
    }
}

fn type_of(value: Option<&Value>) -> &'static str {
    match value {
        None => "undefined",
        Some(Value::Null) => "null",
        Some(Value::Bool(_)) => "boolean",
        Some(Value::Number(_)) => "number",
        Some(Value::String(_)) => "string",
        Some(Value::Array(_)) => "array",
        Some(Value::Object(_)) => "object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn fails(event: &str, arg: Option<Value>, problem: &str) {
        let expected = format!("Unexpected error for message {event}: {problem}");
        assert_eq!(check(event, arg.as_ref()), Err(expected));
    }

    #[test]
    fn speaks_like_the_server() {
        fails("chatMsg", Some(json!({})), "Missing key: string:msg");
        fails(
            "chatMsg",
            Some(json!("text")),
            "Expected type object, got string",
        );
        fails("queue", None, "Expected type object, got undefined");
        fails(
            "chatMsg",
            Some(json!({"msg": "x", "foo": 1})),
            "Extra key: foo",
        );
        fails(
            "queue",
            Some(json!({"id": 5, "type": "fi", "pos": "end"})),
            "Expected key id to be of type string,boolean, instead got number",
        );
    }

    #[test]
    fn lets_the_rest_pass() {
        assert_eq!(
            check("chatMsg", Some(&json!({"msg": "x", "meta": {}}))),
            Ok(())
        );
        assert_eq!(check("delete", Some(&json!("x"))), Ok(()));
    }
}
