//! `state`: what the channel was, now or at any moment of the log.

mod json;
mod text;

use crate::cli::failure::Failure;
use crate::cli::fold::state_at;
use crate::cli::output::Out;
use crate::cli::when::{Moment, TIME_HELP, moment};
use json::{LogName, StateJson};
use projectionist::SqliteReader;
use std::io::Write;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  projectionist state MyChannel.events.db
  projectionist state MyChannel.events.db --at -2h
  projectionist state MyChannel.events.db --at 1500 --json | jq .playlist.count";

/// Options of `state`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{TIME_HELP}\n\n{EXAMPLES}"))]
pub(crate) struct Args {
    /// The log
    log: PathBuf,
    /// As of this event or time, instead of the end of the log
    #[arg(long, value_name = "SEQ|TIME", value_parser = moment, allow_hyphen_values = true)]
    at: Option<Moment>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Folds the log and prints what comes of it.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let reader = SqliteReader::open(&args.log)?;
    let state = state_at(&reader, args.at)?;
    // A time asked for is when the picture is of, whenever the last event before it came.
    let at = match args.at {
        Some(Moment::Time(time)) => time.max(state.at),
        _ => state.at,
    };
    let log = LogName {
        channel: reader.channel(),
        log_id: reader.log_id(),
    };
    let mut out = if args.json { Out::data() } else { Out::text() };
    if args.json {
        out.json(&StateJson::new(&state, log, at))?;
    } else {
        text::print(&mut out, &state, log, at)?;
    }
    Ok(out.flush()?)
}
