//! `views schema` and `views datasette`: what the tables of a views file are, for people and for
//! Datasette.
//!
//! Both come from the SQL that makes the tables, whose comments are their documentation: there is
//! no second text that could say something else.

use super::Place;
use crate::cli::failure::Failure;
use crate::cli::output::Out;
use projectionist::views;
use serde_json::{Map, Value, json};
use std::io::Write;
use std::path::Path;

/// Questions that Datasette offers beside the tables.
const QUESTIONS: [(&str, &str, &str); 3] = [
    (
        "most_played",
        "What was played most",
        "SELECT title, count(*) AS plays, round(sum(shown_s) / 3600, 1) AS hours, \
         max(started_at) AS last_at FROM plays GROUP BY type, media_id ORDER BY plays DESC LIMIT 50",
    ),
    (
        "regulars",
        "Who was here longest",
        "SELECT name, round(sum(seconds) / 3600, 1) AS hours, count(*) AS stays FROM presence \
         WHERE guest IS NOT 1 GROUP BY identity ORDER BY hours DESC LIMIT 50",
    ),
    (
        "when_is_it_alive",
        "The week, hour by hour (UTC)",
        "SELECT weekday, hour, round(messages_per_hour, 1) AS messages_per_hour, \
         round(total_mean, 1) AS viewers FROM activity_by_hour_of_week",
    ),
];

/// Options of `views datasette`.
#[derive(Debug, clap::Args)]
pub(super) struct Datasette {
    #[command(flatten)]
    place: Place,
}

/// Prints the SQL of all read models, comments and all.
pub(super) fn print() -> Result<(), Failure> {
    let mut out = Out::text();
    out.write_all(views::schema().as_bytes())?;
    Ok(out.flush()?)
}

/// Prints the metadata that Datasette takes with `--metadata`.
pub(super) fn datasette(args: &Datasette) -> Result<(), Failure> {
    let reader = args.place.reader()?;
    let path = args.place.views(&reader);
    let mut out = Out::data();
    out.json(&metadata(&path, reader.channel()))?;
    Ok(out.flush()?)
}

fn metadata(path: &Path, channel: &str) -> Value {
    // Datasette knows a file by its name without the last extension.
    let database = path.file_stem().unwrap_or_default().to_string_lossy();
    let mut tables = Map::new();
    for table in tables_in(&views::schema()) {
        let entry = json!({ "description": table.about, "columns": table.columns });
        tables.insert(table.name, entry);
    }
    let question = |(name, title, sql): &(&str, &str, &str)| {
        let entry = json!({ "title": title, "sql": sql });
        ((*name).to_owned(), entry)
    };
    let questions: Map<String, Value> = QUESTIONS.iter().map(question).collect();
    json!({
        "title": format!("{channel}: who was here, and what was played"),
        "databases": { &*database: { "tables": tables, "queries": questions } },
    })
}

/// A table or view, as its SQL documents it.
#[derive(Debug, Default, PartialEq)]
struct Table {
    name: String,
    about: String,
    /// Description by column, where there is one.
    columns: Map<String, Value>,
}

/// The tables and views that SQL makes: the comment before each, and those behind its columns.
fn tables_in(sql: &str) -> Vec<Table> {
    let mut tables: Vec<Table> = Vec::new();
    let mut about = String::new();
    let mut within = false;
    for line in sql.lines() {
        if let Some(comment) = line.strip_prefix("-- ") {
            about.extend([if about.is_empty() { "" } else { " " }, comment]);
            continue;
        }
        let made = ["CREATE TABLE ", "CREATE VIEW ", "CREATE VIRTUAL TABLE "];
        if let Some(rest) = made.iter().find_map(|word| line.strip_prefix(word)) {
            let name = rest.split([' ', '(']).next().unwrap_or_default();
            tables.push(Table {
                name: name.to_owned(),
                about: std::mem::take(&mut about),
                ..Table::default()
            });
            within = line.starts_with("CREATE TABLE");
            continue;
        }
        within &= !line.starts_with(')');
        about.clear();
        let column = line.trim_start().split_once(char::is_whitespace);
        if let (true, Some((name, rest)), Some(table)) = (within, column, tables.last_mut())
            && let Some((_, text)) = rest.split_once("-- ")
        {
            table.columns.insert(name.to_owned(), text.into());
        }
    }
    tables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_columns_and_views_have_their_comments() {
        let sql = "-- One\n-- thing.\nCREATE TABLE a (\n    x INTEGER NOT NULL, -- an x\n    y TEXT,\n    \
                   PRIMARY KEY (x) -- no column\n) STRICT;\n\nCREATE INDEX i ON a (x);\n\n-- Two.\nCREATE VIEW b AS\nSELECT 1;\n";
        let tables = tables_in(sql);
        let (a, b) = (&tables[0], &tables[1]);
        assert_eq!((&*a.name, &*a.about), ("a", "One thing."));
        assert_eq!(a.columns["x"], "an x");
        assert_eq!((&*b.name, &*b.about), ("b", "Two."));
        assert!(b.columns.is_empty());
    }

    #[test]
    fn every_table_says_what_it_is() {
        let tables = tables_in(&views::schema());
        assert!(tables.len() > 5, "{tables:?}");
        for table in tables {
            assert!(table.about.len() > 20, "{}: {}", table.name, table.about);
        }
    }
}
