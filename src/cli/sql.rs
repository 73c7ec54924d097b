//! `sql`: a question of one's own to the views and the log, read-only and within a time.

use crate::cli::failure::Failure;
use crate::cli::rows::{Cell, Printer, Shape};
use crate::cli::views::{Place, bring};
use projectionist::views::Sql;
use projectionist::views::rusqlite::types::ValueRef;
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  projectionist sql MyChannel.events.db 'select from_at, until_at, seconds from observed'
  projectionist sql MyChannel.events.db 'select kind, count(*) from log.events group by kind' --csv

The tables of the views file are there by their names, those of the log with `log.` before them.
Nothing can be written, whatever is asked. A question that takes longer than --timeout is stopped.";

/// Options of `sql`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    place: Place,
    /// One statement
    sql: String,
    /// How long it may take, such as 10s or 2m
    #[arg(long, value_name = "SPAN", default_value = "10s", value_parser = span)]
    timeout: Duration,
    #[command(flatten)]
    shape: Shape,
    /// Ask the views as they are
    #[arg(long)]
    no_update: bool,
}

/// Reads a length of time. For clap.
fn span(text: &str) -> Result<Duration, String> {
    let wrong = || "write 10s, 500ms or 2m".to_owned();
    let span: jiff::SignedDuration = text.parse().map_err(|_| wrong())?;
    let span = Duration::try_from(span).map_err(|_| wrong())?;
    (!span.is_zero()).then_some(span).ok_or_else(wrong)
}

/// Asks, and prints the answer as it comes.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let reader = args.place.reader()?;
    let views = bring(&args.place, &reader, !args.no_update)?;
    let mut sql = views.sql_with(reader.path())?;
    print_all(&mut sql, &args.sql, args.timeout, args.shape.printer())
}

/// Prints all rows that a query gives, as they come.
pub(crate) fn print_all(
    sql: &mut Sql,
    query: &str,
    deadline: Duration,
    mut printer: Printer,
) -> Result<(), Failure> {
    let (mut printed, mut is_named) = (Ok(()), false);
    let answered = sql.run(query, deadline, &mut |columns, row| {
        printed = (|| {
            if !std::mem::replace(&mut is_named, true) {
                printer.columns(names(columns))?;
            }
            let cells: Vec<Cell> = row.iter().map(|value| cell(*value)).collect();
            printer.cells(&cells)
        })();
        printed.is_ok()
    });
    printed?;
    let answered = answered?;
    if !is_named {
        printer.columns(answered.columns)?;
    }
    printer.finish()
}

fn names(columns: &[&str]) -> Vec<String> {
    columns.iter().map(|name| (*name).to_owned()).collect()
}

/// A value of SQLite's.
pub(crate) fn cell(value: ValueRef<'_>) -> Cell {
    match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(number) => Cell::Integer(number),
        ValueRef::Real(number) => Cell::Number(number),
        ValueRef::Text(text) => Cell::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Cell::Text(bytes.iter().map(|b| format!("{b:02x}")).collect()),
    }
}
