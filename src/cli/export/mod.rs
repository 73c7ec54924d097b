//! `export`: a log or a part of it, or a read model of it, as a file for other tools.
//!
//! Events and rows pass through one at a time: a log of any length needs no more memory than one.

#[cfg(feature = "parquet")]
mod columns;
#[cfg(feature = "parquet")]
mod parquet;

use crate::cli::csv;
use crate::cli::event_json::{Show, write_event};
use crate::cli::failure::Failure;
use crate::cli::output::Out;
use crate::cli::progress;
use crate::cli::rows::{self, Printer};
use crate::cli::select::Select;
use crate::cli::sql::print_all;
use crate::cli::stats::Model;
use crate::cli::views::{Place, bring};
use crate::cli::when::{TIME_HELP, time};
use indicatif::ProgressBar;
use jiff::tz::TimeZone;
use projectionist::{Recorded, SqliteReader, UnixMicros};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  projectionist export MyChannel.events.db --format csv --kinds message --out chat.csv
  projectionist export MyChannel.events.db --format ndjson | gzip > MyChannel.ndjson.gz
  projectionist export MyChannel.events.db --model observed --format csv --out observed.csv
  projectionist export MyChannel.events.db --model plays --format parquet --out plays.parquet

Parquet, for data frames, is there if the tool was built with the feature `parquet`. CSV is as RFC 4180 has it, in UTF-8; its text is that of the channel, exactly: a spreadsheet may
take a cell that begins with = + - or @ for a formula, so import such columns as text.";

/// Events between two looks of the progress bar.
const PROGRESS_EVERY: u64 = 1000;

/// Options of `export`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{TIME_HELP}\n\n{EXAMPLES}"))]
pub(crate) struct Args {
    #[command(flatten)]
    place: Place,
    /// ndjson: one JSON object a line; csv: a table with a heading; parquet: typed columns
    #[arg(long, value_enum)]
    format: Format,
    /// A read model instead of the events: its whole table, brought up to date first
    #[arg(long, value_enum, conflicts_with_all = ["kinds", "actor", "since", "until", "raw"])]
    model: Option<Model>,
    /// With --model: the views as they are
    #[arg(long, requires = "model")]
    no_update: bool,
    #[command(flatten)]
    select: Select,
    /// At or after this time
    #[arg(long, value_name = "TIME", value_parser = time, allow_hyphen_values = true)]
    since: Option<UnixMicros>,
    /// Before this time
    #[arg(long, value_name = "TIME", value_parser = time, allow_hyphen_values = true)]
    until: Option<UnixMicros>,
    /// Let --since and --until speak of the server's time, not of when we received it; events
    /// without one are left out
    #[arg(long)]
    sent: bool,
    /// The payloads as they came, too
    #[arg(long)]
    raw: bool,
    /// Into this file, instead of to standard output
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// What to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Ndjson,
    Csv,
    #[cfg(feature = "parquet")]
    Parquet,
}

/// Writes what is asked for.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let reader = args.place.reader()?;
    #[cfg(feature = "parquet")]
    if args.format == Format::Parquet {
        return columns::export(args, &reader);
    }
    match args.model {
        Some(model) => export_model(args, &reader, model),
        None => export_events(args, &reader),
    }
}

/// A table of the views, all its columns.
fn export_model(args: &Args, reader: &SqliteReader, model: Model) -> Result<(), Failure> {
    let views = bring(&args.place, reader, !args.no_update)?;
    let format = match args.format {
        Format::Csv => rows::Format::Csv,
        _ => rows::Format::Json,
    };
    let printer = Printer::new(open(args, reader)?, format, TimeZone::UTC);
    let sql = format!("SELECT * FROM \"{}\"", model.table());
    print_all(
        &mut views.sql_with(reader.path())?,
        &sql,
        Duration::MAX,
        printer,
    )
}

fn export_events(args: &Args, reader: &SqliteReader) -> Result<(), Failure> {
    let mut writer = Writer {
        out: open(args, reader)?,
        format: args.format,
        raw: args.raw,
        row: Vec::new(),
    };
    writer.heading()?;
    let shows_bar = !writer.out.is_terminal();
    each_event(args, reader, shows_bar, |recorded| writer.event(recorded))?;
    Ok(writer.out.flush()?)
}

/// Hands over the events asked for, with a progress bar if wanted.
fn each_event(
    args: &Args,
    reader: &SqliteReader,
    shows_bar: bool,
    mut write: impl FnMut(&Recorded) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let head = reader.head()?.seq;
    let bar = if shows_bar {
        progress::bar("events", head.0)
    } else {
        ProgressBar::hidden()
    };
    let read = args.select.read().until(head);
    let read = if args.sent {
        read.sent(args.since, args.until)
    } else {
        read.received(args.since, args.until)
    };
    let mut written = Ok(());
    let visited = reader.visit(&read, &mut |recorded| {
        if recorded.seq.0 % PROGRESS_EVERY == 0 {
            bar.set_position(recorded.seq.0);
        }
        written = write(&recorded);
        written.is_ok()
    });
    bar.finish_and_clear();
    visited?;
    written
}

fn open(args: &Args, reader: &SqliteReader) -> Result<Out, Failure> {
    let Some(path) = &args.out else {
        return Ok(Out::data());
    };
    check_place(args, reader, path)?;
    Out::file(path).map_err(|error| Failure::Bad(format!("{}: {error}", path.display())))
}

/// Refuses to write over what is read.
fn check_place(args: &Args, reader: &SqliteReader, path: &Path) -> Result<(), Failure> {
    // Emptying the log that is to be exported would be the worst of all exports.
    let is = |other: &Path| {
        let other = other.canonicalize();
        path.canonicalize()
            .is_ok_and(|path| other.is_ok_and(|other| path == other))
    };
    if is(reader.path()) || is(&args.place.views(reader)) {
        let path = path.display();
        let text = format!("{path} is the log itself, or its views: give another file");
        return Err(Failure::Usage(text));
    }
    Ok(())
}

struct Writer {
    out: Out,
    format: Format,
    raw: bool,
    row: Vec<u8>,
}

impl Writer {
    fn heading(&mut self) -> Result<(), Failure> {
        if self.format == Format::Csv {
            csv::heading(&mut self.row, self.raw);
            self.out.write_all(&self.row)?;
        }
        Ok(())
    }

    fn event(&mut self, recorded: &Recorded) -> Result<(), Failure> {
        let show = Show { raw: self.raw };
        match self.format {
            Format::Csv => {
                csv::row(&mut self.row, recorded, show).map_err(std::io::Error::from)?;
                self.out.raw_text(&self.row)?;
            }
            _ => {
                write_event(&mut self.row, recorded, show).map_err(std::io::Error::from)?;
                self.out.json_line(&self.row)?;
            }
        }
        Ok(())
    }
}
