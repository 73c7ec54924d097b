//! Chat HTML to text: bounded, the same for what holds no markup, and the way back from escaped
//! text, whatever surrounds it.

use projectionist::model::text_of_html;

pub(crate) fn check(html: &str) {
    let text = text_of_html(html);
    // The longest gain of an entity: `&nGt;` is two characters of three bytes.
    assert!(
        text.len() <= html.len() * 2,
        "{} of {}",
        text.len(),
        html.len()
    );
    if !html.contains(['<', '&']) {
        assert_eq!(text, html);
    }
    if !html.contains('&') {
        // Nothing is added but line breaks, and what is left stands in its order.
        let mut rest = html.chars();
        for c in text.chars().filter(|c| *c != '\n') {
            assert!(rest.any(|other| other == c), "{c:?} was not there");
        }
    }
    let escaped = escape(html);
    assert_eq!(text_of_html(&escaped), html, "what was escaped comes back");
    let marked = format!("<b class=\"{escaped}\">{escaped}</b><i>!</i>");
    assert_eq!(
        text_of_html(&marked),
        format!("{html}!"),
        "tags say nothing"
    );
    let quoted = format!("<a title=\"{}\">y</a>!", html.replace('"', ""));
    assert_eq!(text_of_html(&quoted), "y!", "nor do their attributes");
    let twice = format!("{html}<!-- -->");
    assert!(text_of_html(&twice).len() <= twice.len() * 2);
}

/// As the server escapes what users write.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(c),
        }
    }
    escaped
}
