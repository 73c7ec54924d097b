//! From typed text to the HTML that CyTube sends: escapes, chat filters, links.
//!
//! Filters are regular expressions on a real server. Here the few shapes that matter are
//! understood (`left(.+?)right`, as all the default filters are, and plain literals) and any other
//! expression is kept, listed and never matches: a regular-expression engine would buy nothing.

use serde_json::{Value, json};

/// Stands for a link while filters run (`src/channel/chat.js`).
const LINK_PLACEHOLDER: char = '\u{eeee}';

/// Escapes what stays escaped in chat: `&`, `<` and `>`.
pub(super) fn escape_chat(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// Escapes as `src/xss.js` does everywhere else: quotes and parentheses too.
pub(super) fn escape(text: &str) -> String {
    escape_chat(text)
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
        .replace('(', "&#40;")
        .replace(')', "&#41;")
}

/// Drops what a sanitiser must not let through: scripts, with what they hold.
pub(super) fn sanitize(html: &str) -> String {
    let mut out = String::new();
    let mut rest = html;
    while let Some((before, after)) = rest.split_once("<script") {
        out.push_str(before);
        rest = after.split_once("</script>").map_or("", |(_, after)| after);
    }
    out + rest
}

/// Turns a chat message into what is sent.
pub(super) fn format_chat(text: &str, filters: &[Filter], with_links: bool) -> String {
    let (text, links) = cut_links(&escape_chat(text));
    let filtered = filters
        .iter()
        .filter(|f| f.active)
        .fold(text, |text, f| f.apply(&text));
    paste_links(&filtered, &links, |link| {
        if with_links {
            anchor(link, "noopener noreferrer")
        } else {
            link.to_owned()
        }
    })
}

/// Escapes a poll's title and makes its links clickable (`src/poll.js`, spelling included).
pub(super) fn format_poll(text: &str) -> String {
    let (text, links) = cut_links(&escape(text));
    paste_links(&text, &links, |link| anchor(link, "noopener noreferer"))
}

/// Whether the text holds something like `scheme://host`.
pub(super) fn has_link(text: &str) -> bool {
    !cut_links(text).1.is_empty()
}

fn anchor(link: &str, rel: &str) -> String {
    format!("<a href=\"{link}\" target=\"_blank\" rel=\"{rel}\">{link}</a>")
}

/// Replaces every link by a placeholder.
fn cut_links(text: &str) -> (String, Vec<String>) {
    let (mut out, mut links, mut rest) = (String::new(), Vec::new(), text);
    while let Some((before, after)) = rest.split_once("://") {
        let scheme_len = before
            .chars()
            .rev()
            .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
            .count();
        let host_len = after.find(|c: char| ":/[]".contains(c) || c.is_whitespace());
        let (host, tail) = after.split_at(host_len.unwrap_or(after.len()));
        if scheme_len == 0 || host.is_empty() {
            out.push_str(before);
            out.push_str("://");
            rest = after;
            continue;
        }
        // All characters of a scheme are ASCII, so that their count is their length.
        let (before, scheme) = before.split_at(before.len() - scheme_len);
        let (path, tail) = tail.split_at(path_len(tail));
        out.push_str(before);
        out.push(LINK_PLACEHOLDER);
        links.push(format!("{scheme}://{host}{path}"));
        rest = tail;
    }
    (out + rest, links)
}

/// Length of `:port/path` at the beginning of `tail`.
fn path_len(tail: &str) -> usize {
    let port = tail.strip_prefix(':').map_or(0, |digits| {
        let len = digits
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(digits.len());
        if len == 0 { 0 } else { len + 1 }
    });
    let rest = tail.get(port..).unwrap_or("");
    if rest.starts_with('/') {
        port + rest.find(char::is_whitespace).unwrap_or(rest.len())
    } else {
        port
    }
}

fn paste_links(text: &str, links: &[String], show: impl Fn(&str) -> String) -> String {
    let mut links = links.iter();
    let mut out = String::new();
    for c in text.chars() {
        match c {
            LINK_PLACEHOLDER => {
                out.push_str(&links.next().map(|link| show(link)).unwrap_or_default())
            }
            c => out.push(c),
        }
    }
    out
}

/// A chat filter.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Filter {
    pub(super) name: String,
    pub(super) source: String,
    pub(super) flags: String,
    pub(super) replace: String,
    pub(super) active: bool,
    pub(super) filterlinks: bool,
}

impl Filter {
    fn new(name: &str, source: &str, flags: &str, replace: &str) -> Self {
        Self {
            name: name.into(),
            source: source.into(),
            flags: flags.into(),
            replace: replace.into(),
            active: true,
            filterlinks: false,
        }
    }

    /// The filters of a new room (`src/channel/filters.js`).
    pub(super) fn defaults() -> Vec<Self> {
        vec![
            Self::new("monospace", "`(.+?)`", "g", "<code>\\1</code>"),
            Self::new("bold", "\\*(.+?)\\*", "g", "<strong>\\1</strong>"),
            Self::new("italic", "_(.+?)_", "g", "<em>\\1</em>"),
            Self::new("strike", "~~(.+?)~~", "g", "<s>\\1</s>"),
            Self::new(
                "inline spoiler",
                "\\[sp\\](.*?)\\[\\/sp\\]",
                "gi",
                "<span class=\"spoiler\">\\1</span>",
            ),
        ]
    }

    pub(super) fn pack(&self) -> Value {
        json!({
            "name": self.name,
            "source": self.source,
            "flags": self.flags,
            "replace": self.replace,
            "active": self.active,
            "filterlinks": self.filterlinks,
        })
    }

    fn apply(&self, text: &str) -> String {
        let (source, at_least) = match self.source.split_once("(.+?)") {
            Some(sides) => (Some(sides), 1),
            None => (self.source.split_once("(.*?)"), 0),
        };
        match source {
            Some((left, right)) => match (literal(left), literal(right)) {
                (Some(left), Some(right)) => self.apply_pair(text, &left, &right, at_least),
                _ => text.to_owned(),
            },
            None => match literal(&self.source) {
                Some(plain) if !plain.is_empty() => text.replace(&plain, &self.replace),
                _ => text.to_owned(),
            },
        }
    }

    /// Replaces each `left…right` with at least `at_least` characters between.
    fn apply_pair(&self, text: &str, left: &str, right: &str, at_least: usize) -> String {
        let (mut out, mut rest) = (String::new(), text);
        while let Some((before, after)) = rest.split_once(left) {
            let skipped: usize = after.chars().take(at_least).map(char::len_utf8).sum();
            let end = after.get(skipped..).and_then(|tail| tail.find(right));
            let Some(end) = end.map(|end| end + skipped) else {
                break;
            };
            let (inner, tail) = after.split_at(end);
            out.push_str(before);
            out.push_str(&self.replace.replace("\\1", inner));
            rest = tail.strip_prefix(right).unwrap_or(tail);
        }
        out + rest
    }
}

/// The text a pattern without operators stands for; `None` if it has any.
fn literal(pattern: &str) -> Option<String> {
    let mut out = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.push(chars.next().filter(|c| !c.is_ascii_alphanumeric())?),
            '.' | '*' | '+' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '|' | '^' | '$' => {
                return None;
            }
            c => out.push(c),
        }
    }
    Some(out)
}

/// Cuts to at most `max` UTF-16 units, never within a character.
pub(super) fn cut_utf16(text: &str, max: usize) -> String {
    let mut left = max;
    text.chars()
        .take_while(|c| {
            let fits = c.len_utf16() <= left;
            left = left.saturating_sub(c.len_utf16());
            fits
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, html: &str) {
        assert_eq!(format_chat(text, &Filter::defaults(), true), html);
    }

    #[test]
    fn formats_as_recorded() {
        check(
            "*bold* _it_ `code` ~~gone~~ [sp]secret[/sp]",
            "<strong>bold</strong> <em>it</em> <code>code</code> <s>gone</s> <span class=\"spoiler\">secret</span>",
        );
        check(
            "look https://example.com/a?b=1&c=2 and http://example.org",
            "look <a href=\"https://example.com/a?b=1&amp;c=2\" target=\"_blank\" rel=\"noopener noreferrer\">https://example.com/a?b=1&amp;c=2</a> and <a href=\"http://example.org\" target=\"_blank\" rel=\"noopener noreferrer\">http://example.org</a>",
        );
        check(
            "<script>alert(1)</script> & \"quotes\"",
            "&lt;script&gt;alert(1)&lt;/script&gt; &amp; \"quotes\"",
        );
        check("a :// b ** é://x", "a :// b ** é://x");
    }

    #[test]
    fn polls_escape_more() {
        assert_eq!(
            format_poll("<b>it's (x)</b>"),
            "&lt;b&gt;it&#39;s &#40;x&#41;&lt;/b&gt;"
        );
    }

    #[test]
    fn scripts_do_not_pass_the_sanitiser() {
        assert_eq!(sanitize("<b>a</b><script>bad()</script>!"), "<b>a</b>!");
        assert_eq!(sanitize("x<script>unclosed"), "x");
    }

    #[test]
    fn cuts_between_characters() {
        assert_eq!(cut_utf16("a😀b", 2), "a");
        assert_eq!(cut_utf16("a😀b", 3), "a😀");
    }
}
