//! The page as markup: everything from the channel escaped, scripts known by their hash, no address
//! anywhere, so that nothing is loaded and nothing but our own scripts runs.

use data_encoding::BASE64;
use html_escape::{encode_double_quoted_attribute, encode_text};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

const STYLE: &str = include_str!("page.css");
const DRAWING: &str = include_str!("page.js");
const D3: &str = include_str!("vendor/d3-7.9.2.min.js");
const PLOT: &str = include_str!("vendor/plot-0.6.17.min.js");
const LICENCES: [(&str, &str); 2] = [
    ("D3 7.9.2", include_str!("vendor/LICENSE-d3")),
    (
        "Observable Plot 0.6.17",
        include_str!("vendor/LICENSE-plot"),
    ),
];

/// A page under way.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// Title of the page, and its heading.
    pub(crate) title: String,
    /// A line below it.
    pub(crate) subtitle: String,
    /// Single figures: what, how much.
    pub(crate) totals: Vec<(&'static str, String)>,
    pub(crate) sections: Vec<Section>,
    /// How it was made, at the foot.
    pub(crate) made: String,
}

/// One subject: a chart, if there is one, and the table behind it.
#[derive(Debug, Default)]
pub(crate) struct Section {
    /// Anchor, and name of the chart in `page.js`.
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    /// What is to be seen, for those who see it and those who do not.
    pub(crate) caption: String,
    /// Whether it has a chart; without one the table is open.
    pub(crate) chart: bool,
    /// Colours of the chart, by style variable, and their meaning.
    pub(crate) legend: &'static [(&'static str, &'static str)],
    pub(crate) table: Table,
}

/// A table of text.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Vec<String>>,
}

/// A column: its heading, and how its cells stand.
pub(crate) type Column = (&'static str, Cells);

/// How the cells of a column stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cells {
    Text,
    Number,
    Time,
}

impl Cells {
    fn class(self) -> &'static str {
        match self {
            Self::Text => "",
            Self::Number => " class=\"n\"",
            Self::Time => " class=\"t\"",
        }
    }
}

/// The whole page. `figures` is what the charts are drawn from, as JSON.
pub(crate) fn render(page: &Page, figures: &str) -> String {
    let mut html = String::with_capacity(1 << 20);
    head(&mut html, page);
    body(&mut html, page);
    // A page holds no zero byte: parsers differ in what they make of one.
    html = html.replace('\0', "\u{fffd}");
    // Within a script element only `<` can end it or open a comment; in JSON it stands in strings
    // alone, where an escape means the same.
    let figures = figures.replace('<', "\\u003c");
    let _ = writeln!(
        html,
        "<script type=\"application/json\" id=\"figures\">{figures}</script>"
    );
    for script in [D3, PLOT, DRAWING] {
        let _ = writeln!(html, "<script>{script}</script>");
    }
    html.push_str("</body>\n</html>\n");
    html
}

fn head(html: &mut String, page: &Page) {
    let scripts: Vec<_> = [D3, PLOT, DRAWING].map(hash).to_vec();
    let _ = write!(
        html,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         script-src {}; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n",
        scripts.join(" "),
        encode_text(&page.title),
    );
}

/// A script as the policy knows it.
fn hash(script: &str) -> String {
    format!("'sha256-{}'", BASE64.encode(&Sha256::digest(script)))
}

fn body(html: &mut String, page: &Page) {
    let _ = write!(
        html,
        "<body>\n<a class=\"skip\" href=\"#figures-begin\">Skip to the figures</a>\n\
         <header>\n<h1>{}</h1>\n<p class=\"soft\">{}</p>\n<nav aria-label=\"Sections\"><ul>",
        encode_text(&page.title),
        encode_text(&page.subtitle),
    );
    for section in &page.sections {
        let _ = write!(
            html,
            "<li><a href=\"#{}\">{}</a></li>",
            section.id, section.title
        );
    }
    html.push_str("</ul></nav>\n</header>\n<main id=\"figures-begin\">\n<section aria-label=\"Totals\"><dl class=\"totals\">");
    for (what, value) in &page.totals {
        let _ = write!(
            html,
            "<div><dt>{what}</dt><dd>{}</dd></div>",
            encode_text(value)
        );
    }
    html.push_str("</dl></section>\n");
    for section in &page.sections {
        draw(html, section);
    }
    html.push_str("</main>\n<footer>");
    let _ = write!(html, "<p>{}</p>", encode_text(&page.made));
    for (name, licence) in LICENCES {
        let _ = write!(
            html,
            "<details><summary>Licence of {name}</summary><pre>{}</pre></details>",
            encode_text(licence)
        );
    }
    html.push_str("</footer>\n");
}

fn draw(html: &mut String, section: &Section) {
    let Section {
        id, title, caption, ..
    } = section;
    let _ = write!(
        html,
        "<section id=\"{id}\" aria-labelledby=\"{id}-title\">\n<h2 id=\"{id}-title\">{title}</h2>\n\
         <figure>\n<figcaption>{}</figcaption>\n",
        encode_text(caption)
    );
    if section.chart {
        if !section.legend.is_empty() {
            html.push_str("<p class=\"legend\">");
            for (colour, meaning) in section.legend {
                let _ = write!(
                    html,
                    "<span style=\"--swatch: var({colour})\">{meaning}</span>"
                );
            }
            html.push_str("</p>");
        }
        let _ = write!(
            html,
            "<div class=\"chart\" data-chart=\"{id}\" role=\"img\" aria-label=\"{}\"></div>\n\
             <details><summary>Figures</summary>",
            encode_double_quoted_attribute(caption)
        );
    }
    table(html, section);
    html.push_str(if section.chart { "</details>\n" } else { "" });
    html.push_str("</figure>\n</section>\n");
}

fn table(html: &mut String, section: &Section) {
    let Table { columns, rows } = &section.table;
    if rows.is_empty() {
        html.push_str("<p class=\"soft\">Nothing in this time.</p>");
        return;
    }
    // It scrolls, so it can be reached by keyboard.
    let _ = write!(
        html,
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{}: figures\">\
         <table>\n<thead><tr>",
        section.title
    );
    for (name, cells) in columns {
        let _ = write!(html, "<th scope=\"col\"{}>{name}</th>", cells.class());
    }
    html.push_str("</tr></thead>\n<tbody>\n");
    for row in rows {
        html.push_str("<tr>");
        for (cell, (_, cells)) in row.iter().zip(columns) {
            let _ = write!(html, "<td{}>{}</td>", cells.class(), encode_text(cell));
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody>\n</table></div>");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_the_channel_becomes_markup() {
        let hostile = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&";
        let page = Page {
            title: hostile.to_owned(),
            subtitle: hostile.to_owned(),
            totals: vec![("messages", hostile.to_owned())],
            sections: vec![Section {
                id: "media",
                title: "Media",
                caption: hostile.to_owned(),
                chart: true,
                table: Table {
                    columns: vec![("title", Cells::Text)],
                    rows: vec![vec![hostile.to_owned()]],
                },
                ..Section::default()
            }],
            made: hostile.to_owned(),
        };
        let figures = serde_json::json!({ "title": hostile }).to_string();
        let html = render(&page, &figures);
        assert!(!html.contains("<img"), "an element of theirs");
        assert!(!html.contains("<script>alert"), "a script of theirs");
        assert_eq!(
            html.matches("<script").count(),
            4,
            "the data and three of ours"
        );
        let data = html.split("id=\"figures\">").nth(1).unwrap();
        let data = data.split("</script>").next().unwrap();
        let read: serde_json::Value = serde_json::from_str(data).unwrap();
        assert_eq!(
            read["title"], hostile,
            "and the figures still say what they said"
        );
    }
}
