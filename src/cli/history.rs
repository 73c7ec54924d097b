//! `history`: events of a log, chosen and printed.

use crate::cli::event_json::{Show, write_event};
use crate::cli::failure::Failure;
use crate::cli::line;
use crate::cli::output::Out;
use crate::cli::select::Select;
use crate::cli::when::{TIME_HELP, time};
use projectionist::{Read, Recorded, Seq, SqliteReader, UnixMicros, event::Origin};
use std::io::Write;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  projectionist history MyChannel.events.db --kinds message --actor alice --since -2h
  projectionist history MyChannel.events.db --newest-first --limit 20
  projectionist history MyChannel.events.db --kinds media_change --since 2026-11-22 --json";

/// Options of `history`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{TIME_HELP}\n\n{EXAMPLES}"))]
pub(crate) struct Args {
    /// The log
    log: PathBuf,
    #[command(flatten)]
    select: Select,
    /// Only events that came so: live, replay, resync, command, engine, import
    #[arg(long, value_name = "ORIGIN,…", value_delimiter = ',', value_parser = origin)]
    origin: Vec<Origin>,
    /// At or after this time
    #[arg(long, value_name = "TIME", value_parser = time, allow_hyphen_values = true)]
    since: Option<UnixMicros>,
    /// Before this time
    #[arg(long, value_name = "TIME", value_parser = time, allow_hyphen_values = true)]
    until: Option<UnixMicros>,
    /// After this event
    #[arg(long, value_name = "SEQ")]
    after: Option<u64>,
    /// Before this event
    #[arg(long, value_name = "SEQ")]
    before_seq: Option<u64>,
    /// At most so many
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// The newest first
    #[arg(long)]
    newest_first: bool,
    /// Let --since and --until speak of the server's time, not of when we received it; events
    /// without one are left out
    #[arg(long)]
    sent: bool,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
    /// With --json: the payload as it came, too
    #[arg(long, requires = "json")]
    raw: bool,
}

impl Args {
    fn read(&self) -> Read {
        let mut read = self.select.read().origins(self.origin.iter().copied());
        if self.sent {
            read = read.sent(self.since, self.until);
        } else {
            read = read.received(self.since, self.until);
        }
        if let Some(seq) = self.after {
            read = read.after(Seq(seq));
        }
        if let Some(seq) = self.before_seq {
            read = read.until(Seq(seq.saturating_sub(1)));
        }
        if self.newest_first {
            read = read.newest_first();
        }
        match self.limit {
            Some(count) => read.limit(count),
            None => read,
        }
    }
}

/// Reads a way of coming. For clap.
fn origin(name: &str) -> Result<Origin, String> {
    Origin::parse(name).ok_or_else(|| {
        let known: Vec<_> = Origin::ALL.into_iter().map(Origin::as_str).collect();
        format!("no such origin; there are: {}", known.join(", "))
    })
}

/// Prints the events asked for.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let reader = SqliteReader::open(&args.log)?;
    let style = if args.json {
        Style::Json { raw: args.raw }
    } else {
        Style::Lines
    };
    let mut printer = Printer::new(style);
    printer.print_all(&reader, &args.read())?;
    printer.flush()
}

/// How events are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// For people.
    Lines,
    /// One JSON object each.
    Json {
        /// With the payload as it came.
        raw: bool,
    },
}

/// Prints events to standard output, one a line.
pub(crate) struct Printer {
    out: Out,
    style: Style,
    json: Vec<u8>,
}

impl Printer {
    /// A printer of events.
    pub(crate) fn new(style: Style) -> Self {
        let out = match style {
            Style::Lines => Out::text(),
            Style::Json { .. } => Out::data(),
        };
        let json = Vec::new();
        Self { out, style, json }
    }

    /// Prints what a read finds, as it is found.
    pub(crate) fn print_all(&mut self, reader: &SqliteReader, read: &Read) -> Result<(), Failure> {
        let mut printed = Ok(());
        reader.visit(read, &mut |recorded| {
            printed = self.print(&recorded);
            printed.is_ok()
        })?;
        printed
    }

    /// Prints one event.
    pub(crate) fn print(&mut self, recorded: &Recorded) -> Result<(), Failure> {
        match self.style {
            Style::Lines => writeln!(self.out, "{}", line::of(recorded))?,
            Style::Json { raw } => {
                let show = Show { raw };
                write_event(&mut self.json, recorded, show).map_err(std::io::Error::from)?;
                self.out.json_line(&self.json)?;
            }
        }
        Ok(())
    }

    /// Lets everything printed be seen.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        Ok(self.out.flush()?)
    }
}
