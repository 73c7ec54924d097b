//! `tail`: the newest events of a log, and those that come.
//!
//! The log may be written by another process. It is not asked to tell: this looks at the log's end
//! a few times a second, which costs one lookup each.

use crate::cli::failure::Failure;
use crate::cli::history::{Printer, Style};
use crate::cli::select::Select;
use crate::cli::stop::Stop;
use crate::cli::when::{Moment, TIME_HELP, moment};
use projectionist::{LogError, Read, Replay, Seq, SqliteReader, UnixMicros, history};
use std::path::PathBuf;
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  projectionist tail MyChannel.events.db
  projectionist tail MyChannel.events.db --follow --kinds message,pm,user_join,user_leave
  projectionist tail MyChannel.events.db --from -10m --json
  projectionist tail MyChannel.events.db --from 2026-11-22T20:00Z --rate 10x
  projectionist tail MyChannel.events.db --from 2014-05-13 --sent --rate 60x --kinds message";

/// Events shown where nothing says how many.
const LINES_DEFAULT: usize = 20;

/// How often to look for more.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Options of `tail`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{TIME_HELP}\n\n{EXAMPLES}"))]
pub(crate) struct Args {
    /// The log, which may be in use
    log: PathBuf,
    /// Go on with what comes, until SIGINT or SIGTERM
    #[arg(long, short)]
    follow: bool,
    /// Begin at this event or time, instead of the newest events
    #[arg(long, value_name = "SEQ|TIME", value_parser = moment, allow_hyphen_values = true)]
    from: Option<Moment>,
    /// How many of the newest events (20; with --from: all)
    #[arg(long, short = 'n', value_name = "N")]
    lines: Option<usize>,
    /// At the pace the events came, or a multiple of it: 1x, 10x, 0.5x
    #[arg(long, value_name = "RATE", value_parser = rate)]
    rate: Option<f64>,
    /// Let --from and --rate speak of the server's time, not of when we received it; with a time to
    /// begin at, events without one are left out
    #[arg(long, requires = "from")]
    sent: bool,
    #[command(flatten)]
    select: Select,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
    /// With --json: the payload as it came, too
    #[arg(long, requires = "json")]
    raw: bool,
}

impl Args {
    /// The events that are wanted, wherever they are.
    fn read(&self) -> Read {
        let read = self.select.read();
        match self.from {
            Some(Moment::Time(time)) if self.sent => read.sent(Some(time), None),
            _ if self.sent => read.sent(None, None),
            _ => read,
        }
    }
}

/// Prints the newest events and, if asked, goes on.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let reader = SqliteReader::open(&args.log)?;
    let style = if args.json {
        Style::Json { raw: args.raw }
    } else {
        Style::Lines
    };
    let mut printer = Printer::new(style);
    let stop = if args.follow || args.rate.is_some() {
        Some(Stop::listen()?)
    } else {
        None
    };

    let head = reader.head()?.seq;
    let after = first(args, &reader, head)?;
    let read = args.read().after(after).until(head);
    match (args.rate, &stop) {
        (Some(rate), Some(stop)) => {
            let replay = Replay::new(SqliteReader::open(&args.log)?, read, rate)?;
            play(replay, &mut printer, stop)?;
        }
        _ => {
            printer.print_all(&reader, &read)?;
            printer.flush()?;
        }
    }
    match stop {
        Some(stop) if args.follow => follow(args, &reader, &mut printer, &stop, head),
        _ => Ok(()),
    }
}

/// Prints events as they are due, until asked to stop.
fn play(mut replay: Replay, printer: &mut Printer, stop: &Stop) -> Result<(), Failure> {
    while !replay.is_over() && !stop.is_asked() {
        if let Some(event) = replay.next_timeout(LOOK_EVERY)? {
            printer.print(&event)?;
            printer.flush()?;
        }
    }
    Ok(())
}

/// Reads a rate such as `10x`. For clap.
fn rate(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix('x').unwrap_or(text).parse::<f64>();
    match number {
        Ok(rate) if rate > 0.0 && rate.is_finite() => Ok(rate),
        _ => Err("write 1x, 10x or 0.5x".to_owned()),
    }
}

/// The position behind which to begin.
fn first(args: &Args, reader: &SqliteReader, head: Seq) -> Result<Seq, LogError> {
    let from = match args.from {
        None => Seq(0),
        // Times that were sent do not rise with the positions.
        Some(Moment::Time(_)) if args.sent => Seq(0),
        Some(Moment::Seq(seq)) => Seq(seq.0.saturating_sub(1)),
        Some(Moment::Time(time)) => {
            history::position_at(reader, UnixMicros(time.0.saturating_sub(1)))?
        }
    };
    let count = match (args.lines, args.from) {
        (Some(count), _) => count,
        (None, None) => LINES_DEFAULT,
        (None, Some(_)) => return Ok(from),
    };
    // The newest so many that are wanted may lie far apart.
    let newest = args
        .read()
        .after(from)
        .until(head)
        .newest_first()
        .limit(count);
    let mut oldest = head.next();
    reader.visit(&newest, &mut |recorded| {
        oldest = recorded.seq;
        true
    })?;
    Ok(Seq(oldest.0.saturating_sub(1)))
}

/// Prints what comes until asked to stop.
fn follow(
    args: &Args,
    reader: &SqliteReader,
    printer: &mut Printer,
    stop: &Stop,
    mut seen: Seq,
) -> Result<(), Failure> {
    while !stop.wait(LOOK_EVERY) {
        let head = reader.head()?.seq;
        if head > seen {
            let read = args.read().after(seen).until(head);
            printer.print_all(reader, &read)?;
            printer.flush()?;
            seen = head;
        }
    }
    Ok(())
}
