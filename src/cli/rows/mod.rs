//! Rows of anything, printed as a table, as CSV or as JSON: what `stats`, `search`, `sql` and the
//! export of read models share.
//!
//! A table is for people and shows times in a zone of theirs. CSV and JSON are for programs: bytes
//! as the log has them, times in UTC; in JSON twice, as ISO text (`…_at`) and as an integer
//! (`…_us`), like the columns of the views.

mod cell;
mod table;

pub(crate) use cell::{Cell, cells};
pub(crate) use table::time_text;

use crate::cli::csv;
use crate::cli::failure::Failure;
use crate::cli::output::Out;
use jiff::tz::TimeZone;
use serde::Serialize;
use std::io::Write;
use table::Table;

/// How rows are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Table,
    Csv,
    Json,
}

/// Options that choose how rows are printed.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Shape {
    /// Print one JSON object a line
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Print CSV with a heading
    #[arg(long)]
    csv: bool,
    /// Show times in this zone, such as Europe/Helsinki or UTC [default: this machine's]
    #[arg(long, value_name = "ZONE", value_parser = zone)]
    tz: Option<TimeZone>,
}

/// Reads the name of a time zone. For clap.
fn zone(name: &str) -> Result<TimeZone, String> {
    TimeZone::get(name).map_err(|_| "no such time zone; write Europe/Helsinki or UTC".to_owned())
}

impl Shape {
    /// Whether it is for people.
    pub(crate) fn is_table(&self) -> bool {
        self.format() == Format::Table
    }

    fn format(&self) -> Format {
        match (self.json, self.csv) {
            (true, _) => Format::Json,
            (_, true) => Format::Csv,
            _ => Format::Table,
        }
    }

    /// Where people are shown times of.
    pub(crate) fn zone(&self) -> TimeZone {
        self.tz.clone().unwrap_or_else(TimeZone::system)
    }

    /// A printer to standard output.
    pub(crate) fn printer(&self) -> Printer {
        let format = self.format();
        let out = match format {
            Format::Table => Out::text(),
            _ => Out::data(),
        };
        Printer::new(out, format, self.zone())
    }
}

/// Prints rows.
pub(crate) struct Printer {
    out: Out,
    format: Format,
    names: Option<Vec<String>>,
    table: Table,
    row: Vec<u8>,
}

impl Printer {
    /// A printer to anywhere; `zone` is for tables.
    pub(crate) fn new(out: Out, format: Format, zone: TimeZone) -> Self {
        Self {
            out,
            format,
            names: None,
            table: Table::new(zone),
            row: Vec::new(),
        }
    }

    /// Prints a row of a read model.
    pub(crate) fn print(&mut self, row: &impl Serialize) -> Result<(), Failure> {
        let row = cells(row).map_err(std::io::Error::from)?;
        if self.names.is_none() {
            self.columns(row.iter().map(|(name, _)| name.clone()).collect())?;
        }
        let cells: Vec<Cell> = row.into_iter().map(|(_, cell)| cell).collect();
        self.cells(&cells)
    }

    /// Names the columns of what follows.
    pub(crate) fn columns(&mut self, names: Vec<String>) -> Result<(), Failure> {
        self.table.name(names.clone());
        if self.format == Format::Csv {
            self.row.clear();
            for name in &names {
                csv::field(&mut self.row, Some(name.as_bytes()));
            }
            csv::end(&mut self.row);
            self.out.raw_text(&self.row)?;
        }
        self.names = Some(names);
        Ok(())
    }

    /// Prints the cells of a row, one for each column.
    pub(crate) fn cells(&mut self, cells: &[Cell]) -> Result<(), Failure> {
        match self.format {
            Format::Table => self.table.row(&mut self.out, cells),
            Format::Csv => {
                self.row.clear();
                for cell in cells {
                    let text = csv_text(cell);
                    csv::field(&mut self.row, text.as_deref().map(str::as_bytes));
                }
                csv::end(&mut self.row);
                Ok(self.out.raw_text(&self.row)?)
            }
            Format::Json => {
                self.row.clear();
                let names = self.names.as_deref().unwrap_or_default();
                write_object(&mut self.row, names, cells).map_err(std::io::Error::from)?;
                Ok(self.out.json_line(&self.row)?)
            }
        }
    }

    /// Lets everything printed be seen.
    pub(crate) fn finish(mut self) -> Result<(), Failure> {
        if self.format == Format::Table {
            self.table.finish(&mut self.out)?;
        }
        Ok(self.out.flush()?)
    }
}

fn csv_text(cell: &Cell) -> Option<String> {
    match cell {
        Cell::Null => None,
        Cell::Flag(flag) => Some(u8::from(*flag).to_string()),
        Cell::Integer(number) => Some(number.to_string()),
        Cell::Number(number) => Some(number.to_string()),
        Cell::Text(text) => Some(text.clone()),
        Cell::Time(time) => Some(time.to_string()),
        Cell::Json(value) => Some(value.to_string()),
    }
}

/// An object with its keys in the order of the columns.
fn write_object(
    out: &mut Vec<u8>,
    names: &[String],
    cells: &[Cell],
) -> Result<(), serde_json::Error> {
    let mut mark = b'{';
    let mut key = |out: &mut Vec<u8>, name: &str| {
        out.push(std::mem::replace(&mut mark, b','));
        serde_json::to_writer(&mut *out, name)?;
        out.push(b':');
        Ok::<(), serde_json::Error>(())
    };
    for (name, cell) in names.iter().zip(cells) {
        if let Cell::Time(time) = cell {
            let (us, at) = time_keys(name);
            key(out, &us)?;
            serde_json::to_writer(&mut *out, &time.0)?;
            key(out, &at)?;
            serde_json::to_writer(&mut *out, &time.to_string())?;
            continue;
        }
        key(out, name)?;
        match cell {
            Cell::Null | Cell::Time(_) => out.extend_from_slice(b"null"),
            Cell::Flag(flag) => serde_json::to_writer(&mut *out, flag)?,
            Cell::Integer(number) => serde_json::to_writer(&mut *out, number)?,
            Cell::Number(number) => serde_json::to_writer(&mut *out, number)?,
            Cell::Text(text) => serde_json::to_writer(&mut *out, text)?,
            Cell::Json(value) => serde_json::to_writer(&mut *out, value)?,
        }
    }
    if mark == b'{' {
        out.push(b'{');
    }
    out.push(b'}');
    Ok(())
}

/// What the two forms of a time are called.
fn time_keys(name: &str) -> (String, String) {
    if name == "at" {
        return ("at_us".to_owned(), "at".to_owned());
    }
    (format!("{name}_us"), format!("{name}_at"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use projectionist::UnixMicros;

    #[test]
    fn json_has_its_keys_in_order_and_times_twice() {
        let names = ["until", "b", "at"].map(str::to_owned);
        let cells = [
            Cell::Time(UnixMicros(1_000_000)),
            Cell::Text("\"x\"".into()),
            Cell::Time(UnixMicros(0)),
        ];
        let mut out = Vec::new();
        write_object(&mut out, &names, &cells).unwrap();
        let expected = r#"{"until_us":1000000,"until_at":"1970-01-01T00:00:01.000Z","b":"\"x\"","at_us":0,"at":"1970-01-01T00:00:00.000Z"}"#;
        assert_eq!(String::from_utf8(out).unwrap(), expected);
        let mut out = Vec::new();
        write_object(&mut out, &[], &[]).unwrap();
        assert_eq!(out, b"{}");
    }
}
