//! What must not reach the log: passwords always, moderators' knowledge unless asked for.
//!
//! The room's password travels in clear text to every member (`src/channel/opts.js`); addresses,
//! aliases and shadow mutes reach moderators (`src/channel/channel.js`), also inside the text of
//! the server's notices (`src/channel/kickban.js`). Both the body and the raw payload pass here.
//! Payloads that fit no type pass too: keys are stripped at any depth.

use serde_json::Value;
use std::borrow::Cow;
use std::net::IpAddr;

/// Keys whose values are secrets, whatever the configuration says.
const SECRET_KEYS: [&str; 2] = ["password", "pw"];

/// Keys whose values only moderators see.
const MODERATOR_KEYS: [&str; 3] = ["ip", "aliases", "smuted"];

/// Most bytes kept of a frame that does not read.
const MALFORMED_BYTES_MAX: usize = 64 << 10;

/// The raw payload as it may be stored; `None` where it cannot be cleaned.
pub(super) fn scrub(json: &str, keep_moderator_data: bool) -> Option<Cow<'_, str>> {
    if !may_hold_secrets(json, keep_moderator_data) {
        return Some(Cow::Borrowed(json));
    }
    let mut value: Value = serde_json::from_str(json).ok()?;
    strip(&mut value, keep_moderator_data);
    serde_json::to_string(&value).ok().map(Cow::Owned)
}

/// A frame that does not read, as far as it may be stored: it cannot be cleaned, only withheld.
pub(super) fn malformed(frame: &str) -> Option<&str> {
    if may_hold_secrets(frame, false) {
        return None;
    }
    let end = frame.floor_char_boundary(MALFORMED_BYTES_MAX.min(frame.len()));
    frame.get(..end)
}

/// Whether a look at the keys is due. Escapes may hide a key's name, so they count as a maybe.
fn may_hold_secrets(json: &str, keep_moderator_data: bool) -> bool {
    let holds = |key: &&str| contains_quoted(json, key);
    json.contains("\\u")
        || SECRET_KEYS.iter().any(holds)
        || (!keep_moderator_data && MODERATOR_KEYS.iter().any(holds))
}

/// Whether `"key"` stands in the text, quotes included.
fn contains_quoted(text: &str, key: &str) -> bool {
    text.match_indices(key).any(|(index, _)| {
        let byte = |at: usize| text.as_bytes().get(at).copied();
        index.checked_sub(1).and_then(byte) == Some(b'"') && byte(index + key.len()) == Some(b'"')
    })
}

/// Removes secrets at any depth.
pub(super) fn strip(value: &mut Value, keep_moderator_data: bool) {
    match value {
        Value::Object(map) => {
            map.retain(|key, _| {
                !SECRET_KEYS.contains(&key.as_str())
                    && (keep_moderator_data || !MODERATOR_KEYS.contains(&key.as_str()))
            });
            map.values_mut()
                .for_each(|inner| strip(inner, keep_moderator_data));
        }
        Value::Array(items) => {
            items
                .iter_mut()
                .for_each(|inner| strip(inner, keep_moderator_data));
        }
        _ => {}
    }
}

/// The payload as it may be stored, its `msg` replaced by a text that was cleaned itself.
pub(super) fn with_msg(json: &str, msg: &str, keep_moderator_data: bool) -> Option<String> {
    let mut value: Value = serde_json::from_str(json).ok()?;
    strip(&mut value, keep_moderator_data);
    if let Some(slot) = value.get_mut("msg") {
        *slot = Value::String(msg.to_owned());
    }
    serde_json::to_string(&value).ok()
}

/// The payload of a notice that fits no type, its text cleaned.
pub(super) fn notice(json: &str) -> Option<String> {
    let mut value: Value = serde_json::from_str(json).ok()?;
    strip(&mut value, false);
    if let Some(Value::String(msg)) = value.get_mut("msg") {
        *msg = clean_notice(msg).into_owned();
    }
    serde_json::to_string(&value).ok()
}

/// A notice of the server without aliases and addresses.
pub(super) fn clean_notice(text: &str) -> Cow<'_, str> {
    let text = match text.split_once(" (aliases: ") {
        Some((before, _)) => before,
        None => text,
    };
    if !text.split(is_separator).any(is_address) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    for piece in text.split_inclusive(is_separator) {
        let word = piece.trim_end_matches(is_separator);
        clean.push_str(if is_address(word) { "[address]" } else { word });
        clean.push_str(piece.get(word.len()..).unwrap_or(""));
    }
    Cow::Owned(clean)
}

fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, '(' | ')' | ',' | ';' | '"' | '\'')
}

/// Whether a word is an address, a range of them, or a cloaked one such as `+Jk.f9O.SnB.35d`.
fn is_address(word: &str) -> bool {
    if word.parse::<IpAddr>().is_ok() {
        return true;
    }
    let is_group = |part: &str, max: usize| {
        part == "*"
            || ((1..=max).contains(&part.len())
                && part
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'+' || b == b'/'))
    };
    let dotted = word.split('.').collect::<Vec<_>>();
    let colons = word.split(':').collect::<Vec<_>>();
    (matches!(dotted.len(), 3 | 4) && dotted.iter().all(|part| is_group(part, 3)))
        || (colons.len() >= 3
            && colons
                .iter()
                .all(|part| part.is_empty() || is_group(part, 5)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scrubbed(json: &str) -> String {
        scrub(json, false).unwrap().into_owned()
    }

    #[test]
    fn p9_secrets_are_stripped_at_any_depth() {
        assert_eq!(
            scrubbed(r#"{"msg":"my \"ip\" is secret"}"#),
            r#"{"msg":"my \"ip\" is secret"}"#
        );
        assert_eq!(
            scrubbed(
                r#"[{"name":"a","meta":{"afk":false,"ip":"1.2.3.4","aliases":["b"],"smuted":true}}]"#
            ),
            r#"[{"meta":{"afk":false},"name":"a"}]"#
        );
        assert_eq!(
            scrubbed(r#"{"a":{"password":"x"},"b":1}"#),
            r#"{"a":{},"b":1}"#
        );
        assert_eq!(scrubbed("{\"p\\u0061ssword\":\"x\"}"), "{}");
        let kept = scrub(r#"{"ip":"1.2.3.4","pw":"x"}"#, true)
            .unwrap()
            .into_owned();
        assert_eq!(kept, r#"{"ip":"1.2.3.4"}"#);
    }

    #[test]
    fn p9_a_broken_frame_with_a_secret_is_withheld() {
        assert_eq!(malformed("42[\"x\",{\"password\":\"sesame"), None);
        assert_eq!(malformed("9zzz"), Some("9zzz"));
        let long = "ü".repeat(MALFORMED_BYTES_MAX);
        assert!(malformed(&long).unwrap().len() <= MALFORMED_BYTES_MAX);
    }

    #[test]
    fn p9_notices_lose_aliases_and_addresses() {
        for (notice, clean) in [
            ("bob joined (aliases: bob,alice)", "bob joined"),
            (
                "alice banned +Jk.f9O.SnB.35d (erin3)",
                "alice banned [address] (erin3)",
            ),
            (
                "alice banned +Jk.f9O.SnB.* (erin3)",
                "alice banned [address] (erin3)",
            ),
            ("alice banned 10.20.0.1 (x)", "alice banned [address] (x)"),
            ("alice banned 10.20.0 (x)", "alice banned [address] (x)"),
            ("alice banned 2001:db8::1 (x)", "alice banned [address] (x)"),
            ("bob kicked dave", "bob kicked dave"),
            ("alice set bob's rank to 1.5", "alice set bob's rank to 1.5"),
        ] {
            assert_eq!(clean_notice(notice), clean);
        }
    }
}
