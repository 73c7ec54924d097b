//! `sql`: a question of one's own to the views and the log, read-only and within a time.

use crate::cli::failure::Failure;
use crate::cli::rows::{Cell, Printer, Shape};
use crate::cli::views::{Place, bring};
use projectionist::views::rusqlite::types::ValueRef;
use projectionist::views::rusqlite::{self, Connection, ErrorCode};
use projectionist::views::{Views, ViewsError};
use std::path::Path;
use std::sync::mpsc;
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
    attach(&views, reader.path())?;
    let conn = views.connection();
    let deadline = Deadline::start(conn, args.timeout)?;
    let answered = print_all(conn, &args.sql, args.shape.printer());
    let is_over = deadline.end();
    answered.map_err(|error| match error {
        Stopped::Output(failure) => failure,
        Stopped::Sqlite(error) if is_over && is_interrupt(&error) => {
            ViewsError::Deadline(args.timeout).into()
        }
        Stopped::Sqlite(error) => Failure::Usage(error.to_string()),
    })
}

/// The log beside the views: read-only like the connection itself.
fn attach(views: &Views, log: &Path) -> Result<(), Failure> {
    let path = log.to_str().ok_or_else(|| {
        let text = format!("{}: give a path in UTF-8", log.display());
        Failure::Usage(text)
    })?;
    let attached = views.connection().execute("ATTACH ?1 AS log", [path]);
    attached
        .map(|_| ())
        .map_err(|error| Failure::Bad(format!("{path}: {error}")))
}

/// Why an answer ended before its end.
#[derive(Debug)]
pub(crate) enum Stopped {
    Output(Failure),
    Sqlite(rusqlite::Error),
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Self {
        Self::Output(failure)
    }
}

impl From<rusqlite::Error> for Stopped {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

fn is_interrupt(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted)
}

/// Prints all rows that a query gives, as they come.
pub(crate) fn print_all(conn: &Connection, sql: &str, mut printer: Printer) -> Result<(), Stopped> {
    let mut statement = conn.prepare(sql)?;
    let names = statement.column_names().map(str::to_owned);
    let names: Vec<String> = names.collect();
    let count = names.len();
    if count == 0 {
        let text = "no question: write a SELECT".to_owned();
        return Err(Failure::Usage(text).into());
    }
    printer.columns(names)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let cells = (0..count).map(|column| Ok(cell(row.get_ref(column)?)));
        let cells = cells.collect::<rusqlite::Result<Vec<Cell>>>()?;
        printer.cells(&cells)?;
    }
    Ok(printer.finish()?)
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

/// Interrupts a connection after a time, unless it is ended before.
struct Deadline {
    ended: mpsc::Sender<()>,
    waiter: std::thread::JoinHandle<bool>,
}

impl Deadline {
    fn start(conn: &Connection, timeout: Duration) -> Result<Self, Failure> {
        let (ended, end) = mpsc::channel();
        let interrupt = conn.get_interrupt_handle();
        let wait = move || {
            let is_over = end.recv_timeout(timeout) == Err(mpsc::RecvTimeoutError::Timeout);
            if is_over {
                interrupt.interrupt();
            }
            is_over
        };
        let thread = std::thread::Builder::new().name("deadline".to_owned());
        let waiter = thread.spawn(wait)?;
        Ok(Self { ended, waiter })
    }

    /// Says whether the time was over.
    fn end(self) -> bool {
        // Where nobody listens any more, the time was over.
        let _ = self.ended.send(());
        self.waiter.join().unwrap_or(false)
    }
}
