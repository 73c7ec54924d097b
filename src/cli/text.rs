//! Text from the channel, made fit for a terminal.
//!
//! Anybody in a channel can put an escape sequence into a title or a line of chat. Printed as it
//! is, it could move the cursor, rewrite what stands above, or set the clipboard; a change of
//! writing direction could make one name look like another. So nothing of the channel goes to a
//! terminal without passing here.

use std::borrow::Cow;

/// The text on one line, without anything a terminal would obey: line breaks and tabs become
/// blanks, other control characters and marks of writing direction `�`.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(tame).collect())
}

/// As [`plain`], cut to so many characters, the last of which then is `…`.
pub(crate) fn clip(text: &str, chars_max: usize) -> String {
    let text = plain(text);
    if text.chars().count() <= chars_max {
        return text.into_owned();
    }
    let kept = text.chars().take(chars_max.saturating_sub(1));
    kept.chain(['…']).collect()
}

/// JSON as it is, except that characters which JSON leaves bare and a terminal obeys are written
/// as escapes: the same value to any reader.
pub(crate) fn json_for_terminal(json: &str) -> Cow<'_, str> {
    let is_bare = |c: char| is_unsafe(c) && c != '\n';
    if !json.contains(is_bare) {
        return Cow::Borrowed(json);
    }
    let mut safe = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if is_bare(c) {
            // All of them lie in the basic plane: one escape each.
            safe.push_str(&format!("\\u{:04x}", c as u32));
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

fn tame(c: char) -> char {
    match c {
        '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => ' ',
        c if is_unsafe(c) => '\u{fffd}',
        c => c,
    }
}

fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}'
            | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_is_left() {
        for (text, expected) in [
            ("plain ünïcode 🎬", "plain ünïcode 🎬"),
            ("\x1b[2Jgone", "\u{fffd}[2Jgone"),
            ("a\u{9b}31mb\x07", "a\u{fffd}31mb\u{fffd}"),
            ("two\r\nlines\tand", "two  lines and"),
            ("nimda\u{202e}", "nimda\u{fffd}"),
        ] {
            assert_eq!(plain(text), expected);
        }
    }

    #[test]
    fn clips_by_characters() {
        assert_eq!(clip("äöü", 3), "äöü");
        assert_eq!(clip("äöüß", 3), "äö…");
    }

    #[test]
    fn json_keeps_its_value() {
        let value = serde_json::json!({"title": "a\u{9b}b\u{7f}\u{202e}\n"});
        let bare = serde_json::to_string_pretty(&value).unwrap();
        let safe = json_for_terminal(&bare);
        assert!(!safe.contains(|c| is_unsafe(c) && c != '\n'), "{safe}");
        let read: serde_json::Value = serde_json::from_str(&safe).unwrap();
        assert_eq!(read, value);
    }
}
