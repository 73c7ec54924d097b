//! What people type, and what the server makes of it.

use super::words::{EMOTES, HOSTILE, SUBJECTS, TITLES, WORDS};
use crate::event::Style;
use crate::testing::SplitMix64;

/// Most words of a line.
const WORDS_MAX: u64 = 14;

/// A line of chat as the server sends it.
pub(super) struct Line {
    /// HTML.
    pub(super) html: String,
    pub(super) style: Style,
    /// The class viewers give it (`meta.addClass`), where there is one.
    pub(super) class: Option<&'static str>,
}

/// Draws what somebody says; `mention` is a name to speak to now and then.
pub(super) fn line(random: &mut SplitMix64, mention: Option<&str>) -> Line {
    let mut words = words(random);
    if let Some(name) = mention.filter(|_| random.chance(7)) {
        words = format!("{name}: {words}");
    }
    if random.below(200) == 0 {
        words = hostile(random).to_owned();
    }
    let html = escaped(&words);
    let (html, style, class) = match random.below(200) {
        0..6 => (format!("&gt;{html}"), Style::Greentext, Some("greentext")),
        6..8 => (html, Style::Action, Some("action")),
        8..10 => {
            let html = format!("<span class=\"spoiler\">{html}</span>");
            (html, Style::Spoiler, Some("spoiler"))
        }
        10..12 => {
            let address = format!("https://example.com/{}", random.below(1000));
            let link = format!(
                "<a href=\"{address}\" target=\"_blank\" rel=\"noopener noreferrer\">{address}</a>"
            );
            (format!("{html} {link}"), Style::Plain, None)
        }
        12..14 => (format!("<strong>{html}</strong>"), Style::Plain, None),
        14 => (html, Style::Shout, Some("shout")),
        _ => (html, Style::Plain, None),
    };
    Line { html, style, class }
}

/// A few words, often with an emote.
pub(super) fn words(random: &mut SplitMix64) -> String {
    let mut text = String::with_capacity(48);
    let count = 1 + random.below(WORDS_MAX).min(random.below(WORDS_MAX));
    for index in 0..count {
        if index > 0 {
            text.push(' ');
        }
        text.push_str(common(random, WORDS));
    }
    for _ in 0..emote_count(random) {
        text.push(' ');
        text.push_str(common(random, EMOTES));
    }
    text
}

fn emote_count(random: &mut SplitMix64) -> u64 {
    match random.below(100) {
        0..14 => 1,
        14..17 => 3,
        _ => 0,
    }
}

/// Draws from a list whose first entries are the common ones.
fn common<'a>(random: &mut SplitMix64, list: &[&'a str]) -> &'a str {
    let len = list.len() as u64;
    let index = random.below(len).min(random.below(len));
    let entry = usize::try_from(index)
        .ok()
        .and_then(|index| list.get(index));
    entry.copied().unwrap_or("")
}

/// Something that is typed to break things.
pub(super) fn hostile(random: &mut SplitMix64) -> &'static str {
    random.pick(HOSTILE).copied().unwrap_or("")
}

/// The title of a film, plain text.
pub(super) fn title(index: usize, random: &mut SplitMix64) -> String {
    if index % 97 == 13 {
        return hostile(random).to_owned();
    }
    let head = random.pick(TITLES).copied().unwrap_or("");
    let tail = random.pick(SUBJECTS).copied().unwrap_or("");
    match index / 40 {
        0 => format!("{head} {tail}"),
        part => format!("{head} {tail} – part {part}"),
    }
}

/// Text as the server puts it into HTML.
pub(super) fn escaped(text: &str) -> String {
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return text.to_owned();
    }
    let mut html = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c => html.push(c),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html::text_of_html;

    #[test]
    fn what_is_escaped_reads_back_as_it_was_typed() {
        for text in HOSTILE {
            assert_eq!(text_of_html(&escaped(text)), *text);
        }
    }
}
