//! Chat HTML to plain text: tags stripped, entities decoded.
//!
//! The server escapes text, applies the channel's filters (which may add any tag) and sanitises
//! (`src/channel/chat.js`, `src/xss.js`). The text is for reading and searching. It is never safe
//! to put back into a page unescaped, and it is never parsed as HTML again here.

use std::borrow::Cow;

/// The plain text of an HTML fragment. Line breaks and block ends become spaces or new lines;
/// an unclosed tag is text.
///
/// ```
/// assert_eq!(projectionist::model::text_of_html("a <b>&lt;bold&gt;</b> &amp; <a href=\"x>y\">link</a>"),
///            "a <bold> & link");
/// ```
#[must_use]
pub fn text_of_html(html: &str) -> String {
    if !html.contains(['<', '&']) {
        return html.to_owned();
    }
    let stripped = strip_tags(html);
    html_escape::decode_html_entities(&stripped).into_owned()
}

/// Removes tags. An attribute's quoted value may hold `>`; where a quote never closes, quotes mean
/// nothing from that tag on. So every byte is looked at twice at most, whatever a hostile room
/// sends.
fn strip_tags(html: &str) -> Cow<'_, str> {
    if !html.contains('<') {
        return Cow::Borrowed(html);
    }
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    let mut quotes = true;
    while let Some(start) = rest.find('<') {
        let (before, tag) = rest.split_at_checked(start).unwrap_or((rest, ""));
        text.push_str(before);
        match tag_length(tag, quotes) {
            Tag::None => {
                text.push('<');
                rest = tag.get(1..).unwrap_or("");
            }
            Tag::Closed(length) => {
                let (tag, after) = tag.split_at_checked(length).unwrap_or((tag, ""));
                if is_line_break(tag) {
                    text.push('\n');
                }
                rest = after;
            }
            Tag::Open if quotes => {
                quotes = false;
                rest = tag;
            }
            Tag::Open => {
                rest = tag;
                break;
            }
        }
    }
    text.push_str(rest);
    Cow::Owned(text)
}

/// What stands at a `<`.
enum Tag {
    /// No tag.
    None,
    /// A tag of so many bytes.
    Closed(usize),
    /// A tag that never ends.
    Open,
}

fn tag_length(text: &str, quotes: bool) -> Tag {
    match text.as_bytes().get(1) {
        Some(first) if first.is_ascii_alphabetic() || matches!(first, b'/' | b'!') => {}
        _ => return Tag::None,
    }
    let mut quote = None;
    for (index, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (None, b'"' | b'\'') if quotes => quote = Some(byte),
            (None, b'>') => return Tag::Closed(index + 1),
            (Some(open), _) if byte == open => quote = None,
            _ => {}
        }
    }
    Tag::Open
}

fn is_line_break(tag: &str) -> bool {
    let name = tag
        .trim_start_matches(['<', '/'])
        .trim_end_matches(['>', '/', ' ']);
    ["br", "p", "div", "li"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derives_text() {
        for (html, text) in [
            ("plain", "plain"),
            ("a &lt; b &amp;&amp; c &gt; d", "a < b && c > d"),
            (
                "<strong>hi</strong> <a href=\"https://e.x/?a>b\" target=\"_blank\">link</a>",
                "hi link",
            ),
            ("one<br>two<br/>three", "one\ntwo\nthree"),
            ("a < b", "a < b"),
            ("<3 you", "<3 you"),
            ("<unclosed", "<unclosed"),
            ("<a href=\"never closed>x", "x"),
            ("&#39;quoted&#x27; &eacute; &nosuch;", "'quoted' é &nosuch;"),
            ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
            ("ümläut 🎬 <i>x</i>", "ümläut 🎬 x"),
            ("<!-- note -->x", "x"),
            ("", ""),
        ] {
            assert_eq!(text_of_html(html), text, "{html}");
        }
    }

    #[test]
    fn hostile_input_takes_linear_time() {
        // Goal: a quadratic scan of these megabytes would take minutes and stand out.
        for piece in ["<a \"", "<a '>", "<a \"'>", "<<<", "<a"] {
            let html = piece.repeat(2_000_000 / piece.len());
            assert!(text_of_html(&html).len() <= html.len());
        }
    }
}
