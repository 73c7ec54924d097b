//! `generate`: a made-up log of any size, to try and to measure what reads logs.

use crate::cli::failure::Failure;
use crate::cli::output::Out;
use crate::cli::progress;
use crate::cli::stop::Stop;
use indicatif::{HumanBytes, HumanCount};
use projectionist::SqliteReader;
use projectionist::testing::{SyntheticConfig, WriteError, write_synthetic};
use std::io::Write;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  projectionist generate --events 100000 --log big.db
  projectionist generate --events 1000000 --seed 7 --days 90 --people 500 --log big.db

Same options, same log. It is of a room that never was: regulars, evenings and weekends, bursts of
chat, plays, polls, moderation, gaps in the recording, and text that breaks what reads it carelessly.";

/// Options of `generate`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The log, a new file
    #[arg(long, value_name = "FILE")]
    log: PathBuf,
    /// How many events
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    events: u64,
    /// Same seed, same log
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// How many people have an account [default: 40, and one for each 2000 events]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=5000))]
    people: Option<u16>,
    /// Over about how many days [default: one for each 10000 events]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=36500))]
    days: Option<u64>,
}

/// Writes a synthetic log.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let stop = Stop::listen()?;
    let mut config = SyntheticConfig::new(args.seed, args.events);
    if let Some(people) = args.people {
        config = config.people(usize::from(people));
    }
    if let Some(days) = args.days {
        config = config.days(days);
    }
    log::info!("{}: writing {} events", args.log.display(), args.events);
    let bar = progress::bar("events", args.events);
    let written = write_synthetic(&config, &args.log, &mut |written| {
        bar.set_position(written);
        !stop.is_asked()
    });
    bar.finish_and_clear();
    let head = written?;
    let size = SqliteReader::open(&args.log)?.size_bytes();
    if head.seq.0 < args.events {
        let text = format!("stopped by a signal: the log ends after {}", head.seq);
        progress::note(&text);
    }
    let (log, events, size) = (args.log.display(), HumanCount(head.seq.0), HumanBytes(size));
    let mut out = Out::text();
    writeln!(
        out,
        "{log}: {events} events, {size}, until {}",
        head.received_at
    )?;
    Ok(out.flush()?)
}

impl From<WriteError> for Failure {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Log(error) => Self::Log(error),
            error => Self::Usage(error.to_string()),
        }
    }
}
