//! Long text into lines that the server takes whole.

/// Splits text into lines of at most `max` UTF-16 units, at white space where there is some, never
/// inside a character. Line breaks end a line, since the server would turn them into spaces. Blank
/// lines are left out.
///
/// ```
/// assert_eq!(projectionist::command::split_text("one two three", 8), ["one two", "three"]);
/// assert_eq!(projectionist::command::split_text("unbreakable", 4), ["unbr", "eaka", "ble"]);
/// ```
#[must_use]
pub fn split_text(text: &str, max: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut rest = paragraph.trim();
        while !rest.is_empty() {
            let (line, more) = rest.split_at(break_in(rest, max));
            lines.push(line.trim_end().to_owned());
            rest = more.trim_start();
        }
    }
    lines
}

/// Where to break: behind the last word that fits, or behind the last character that fits; at least
/// one character on.
fn break_in(text: &str, max: usize) -> usize {
    let mut units = 0;
    let mut at_space = None;
    for (index, c) in text.char_indices() {
        if c.is_whitespace() {
            at_space = Some(index);
        }
        units += c.len_utf16();
        if units > max && index > 0 {
            return at_space.filter(|at| *at > 0).unwrap_or(index);
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_pair_of_units_is_not_torn() {
        assert_eq!(split_text("aa🎬🎬", 4), ["aa🎬", "🎬"]);
        assert_eq!(split_text("🎬🎬", 1), ["🎬", "🎬"]);
        assert_eq!(split_text("one\n\n  two ", 10), ["one", "two"]);
        assert!(split_text(" \n ", 10).is_empty());
    }

    proptest! {
        #[test]
        fn lines_fit_and_nothing_but_space_is_lost(text in "\\PC{0,200}", max in 2usize..40) {
            let lines = split_text(&text, max);
            for line in &lines {
                prop_assert!(line.encode_utf16().count() <= max);
                prop_assert!(!line.trim().is_empty());
            }
            let bare = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(bare(&lines.concat()), bare(&text));
        }
    }
}
