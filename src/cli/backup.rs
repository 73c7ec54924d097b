//! `backup`: a copy of a log that may be in use, and the proof that it is one.

use crate::cli::failure::Failure;
use crate::cli::output::Out;
use crate::cli::progress;
use crate::cli::stop::Stop;
use indicatif::{HumanBytes, HumanCount};
use projectionist::{SqliteReader, sqlite::verify};
use std::io::Write;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  projectionist backup MyChannel.events.db /backups/MyChannel-$(date +%F).events.db
  projectionist backup MyChannel.events.db copy.db && projectionist state copy.db

The copy is the log as of one moment, whole; recording goes on meanwhile. It is verified before this
ends, and can be recorded on, read and queried like any log.";

/// Options of `backup`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The log, which may be in use
    log: PathBuf,
    /// The copy, a new file
    to: PathBuf,
}

/// Copies a log and verifies the copy.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let stop = Stop::listen()?;
    let reader = SqliteReader::open(&args.log)?;
    let bar = progress::bar("pages", 0);
    let copied = reader.backup(&args.to, &mut |done, total| {
        bar.set_length(total);
        bar.set_position(done);
        !stop.is_asked()
    });
    bar.finish_and_clear();
    let Some(head) = copied? else {
        return Err(Failure::Bad(
            "stopped by a signal: there is no copy".to_owned(),
        ));
    };
    let copy = SqliteReader::open(&args.to)?;
    let bar = progress::bar("verified", head.seq.0);
    let verdict = verify(&copy, |reached, _| bar.set_position(reached));
    bar.finish_and_clear();
    let to = args.to.display();
    let verdict = verdict?;
    // A copy may well hold what only a newer build understands.
    if verdict.is_damaged() {
        let text = format!("{to}: the copy is damaged: run `verify` on it and on the log");
        return Err(Failure::Bad(text));
    }
    let (events, size) = (HumanCount(verdict.events), HumanBytes(copy.size_bytes()));
    let mut out = Out::text();
    writeln!(out, "{to}: sound, {events} events, {size}")?;
    Ok(out.flush()?)
}
