//! `erase`: a log written anew without what was redacted, and the proof that it is sound.

use crate::cli::failure::Failure;
use crate::cli::output::Out;
use crate::cli::progress;
use crate::cli::redact::redact_closed;
use crate::cli::stop::Stop;
use indicatif::{HumanBytes, HumanCount};
use projectionist::{
    SqliteReader,
    event::Redaction,
    sqlite::{EraseOptions, Erased, erase, verify},
};
use serde::Serialize;
use std::io::Write;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  projectionist erase MyChannel.events.db --out new.db
  projectionist erase MyChannel.events.db --user mallory --out new.db && mv new.db MyChannel.events.db

What is redacted is emptied for good; everything else is as it was. The new file is another log, of
another log_id: checkpoints of bridges and bots do not fit it, and they say so. The old file stays:
delete it, its side files and its backups yourself. A log that is being recorded is refused. The
server keeps the last 15 lines of chat: what is erased while it still has them comes back as new
when the new log is recorded on.";

/// Options of `erase`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The log
    log: PathBuf,
    /// The new log, a new file
    #[arg(long, short, value_name = "FILE")]
    out: PathBuf,
    /// First redact, in the log itself, all that this person said (see `redact`)
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Print what came of it as a JSON object
    #[arg(long)]
    json: bool,
}

/// What came of it.
#[derive(Debug, Serialize)]
struct Outcome {
    from_log_id: String,
    log_id: String,
    events: u64,
    erased: u64,
    chain: String,
    log_bytes: u64,
}

/// Writes the new log and verifies it.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let stop = Stop::listen()?;
    if let Some(name) = &args.user {
        redact_closed(&args.log, &Redaction::of_user(name))?;
    }
    let bar = progress::bar("events", 0);
    let options = EraseOptions::default();
    let erased = erase(&args.log, &args.out, &options, &mut |done, total| {
        bar.set_length(total);
        bar.set_position(done);
        !stop.is_asked()
    });
    bar.finish_and_clear();
    let Some(erased) = erased? else {
        let text = "stopped by a signal: there is no new log";
        return Err(Failure::Bad(text.to_owned()));
    };
    let new = SqliteReader::open(&args.out)?;
    let bar = progress::bar("verified", erased.head.seq.0);
    let verdict = verify(&new, |reached, _| bar.set_position(reached));
    bar.finish_and_clear();
    if !verdict?.is_sound() {
        let out = args.out.display();
        let text = format!("{out}: the new log is damaged: run `verify` on it and on the old one");
        return Err(Failure::Bad(text));
    }
    print(args, erased, new.size_bytes())
}

fn print(args: &Args, erased: Erased, log_bytes: u64) -> Result<(), Failure> {
    let outcome = Outcome {
        from_log_id: erased.from,
        log_id: erased.log_id,
        events: erased.head.seq.0,
        erased: erased.events,
        chain: erased.head.chain.to_string(),
        log_bytes,
    };
    if args.json {
        let mut out = Out::data();
        out.json(&outcome)?;
        return Ok(out.flush()?);
    }
    let mut out = Out::text();
    let (new, old) = (args.out.display(), args.log.display());
    let (events, count) = (HumanCount(outcome.events), HumanCount(outcome.erased));
    let size = HumanBytes(log_bytes);
    writeln!(
        out,
        "{new}: sound, {events} events, {count} of them erased, {size}"
    )?;
    writeln!(
        out,
        "it is another log: {}, not {}",
        outcome.log_id, outcome.from_log_id
    )?;
    writeln!(
        out,
        "{old} still holds what was erased: delete it, and its copies"
    )?;
    Ok(out.flush()?)
}
