//! `redact`: hide what somebody said, in a closed log or through the recording that runs.

use crate::cli::clock;
use crate::cli::failure::Failure;
use crate::cli::ingest::NoDelays;
use crate::cli::output::Out;
use crate::cli::when::{TIME_HELP, time};
use indicatif::HumanCount;
use projectionist::{
    Config, LogError, Seq, SqliteReader, UnixMicros,
    channel::{Channel, RedactError},
    event::Redaction,
    history::position_at,
    sqlite::{LogOptions, SqliteLog},
    time::Now,
};
use serde::Serialize;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  projectionist redact MyChannel.events.db --user mallory --reason 'asked for it'
  projectionist redact MyChannel.events.db --user mallory --since 2026-11-22 --before 2026-11-23
  projectionist redact MyChannel.events.db --seq 1207 --seq 1210
  projectionist redact MyChannel.events.db --user mallory --control room.sock

Chat and private messages that the person wrote are hidden from every command, view and state, of
the past as well; what they say later is not. Their name in user lists and in others' words stays.
The bytes stay in the file: `erase` writes a new one without them. A log that is being recorded is
redacted by its recording, with --control.";

/// How long a recording may take to look through its log.
#[cfg(unix)]
const CONTROL_WAIT: Duration = Duration::from_secs(120);

/// Options of `redact`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{TIME_HELP}\n\n{EXAMPLES}"))]
pub(crate) struct Args {
    /// The log
    log: PathBuf,
    #[command(flatten)]
    what: What,
    /// With --user: only what was received at or after this time
    #[arg(long, value_name = "TIME", value_parser = time, allow_hyphen_values = true, conflicts_with = "seq")]
    since: Option<UnixMicros>,
    /// With --user: only what was received before this time
    #[arg(long, value_name = "TIME", value_parser = time, allow_hyphen_values = true, conflicts_with = "seq")]
    before: Option<UnixMicros>,
    /// Why; it is kept in the log
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// By the recording that listens here (`record --control PATH`)
    #[cfg(unix)]
    #[arg(long, value_name = "PATH")]
    control: Option<PathBuf>,
    /// Print the outcome as a JSON object
    #[arg(long)]
    json: bool,
}

/// A person, or single events.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct What {
    /// What this person said (upper and lower case alike)
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// The event of this number; may be given several times
    #[arg(long, value_name = "SEQ")]
    seq: Vec<u64>,
}

/// What came of it.
#[derive(Debug, Serialize)]
struct Outcome {
    /// The event that says so; none where there was nothing to hide.
    seq: Option<u64>,
    /// Events it hides.
    events: u64,
}

/// Redacts and tells how much.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let redaction = redaction(args)?;
    let seq = redact(args, &redaction)?;
    let events = match seq {
        Some(seq) => SqliteReader::open(&args.log)?.redacted_by(seq)?.len() as u64,
        None => 0,
    };
    if args.json {
        let mut out = Out::data();
        out.json(&Outcome {
            seq: seq.map(|seq| seq.0),
            events,
        })?;
        return Ok(out.flush()?);
    }
    let mut out = Out::text();
    match seq {
        Some(seq) => {
            let events = HumanCount(events);
            writeln!(
                out,
                "hidden: {events} events, by event {seq}; `erase` removes the bytes"
            )?;
        }
        None => writeln!(
            out,
            "nothing to hide: there is none, or it is hidden already"
        )?,
    }
    Ok(out.flush()?)
}

fn redaction(args: &Args) -> Result<Redaction, Failure> {
    let mut redaction = match &args.what.user {
        Some(name) => {
            let reader = SqliteReader::open(&args.log)?;
            // Behind the last event before a time.
            let position =
                |at: UnixMicros| position_at(&reader, UnixMicros(at.0.saturating_sub(1)));
            let mut of_user = Redaction::of_user(name);
            if let Some(since) = args.since {
                of_user = of_user.after(position(since)?);
            }
            if let Some(before) = args.before {
                of_user = of_user.until(position(before)?);
            }
            of_user
        }
        None => Redaction::of_events(args.what.seq.iter().copied().map(Seq)),
    };
    redaction.reason.clone_from(&args.reason);
    Ok(redaction)
}

#[cfg(unix)]
fn redact(args: &Args, redaction: &Redaction) -> Result<Option<Seq>, Failure> {
    use crate::cli::control::{REDACT, Request, ask};
    let Some(path) = &args.control else {
        return redact_closed(&args.log, redaction);
    };
    let request = Request {
        command: REDACT.to_owned(),
        args: serde_json::to_value(redaction).map_err(std::io::Error::from)?,
    };
    let reply = ask(path, &request, CONTROL_WAIT)?;
    if reply.is_done() {
        return Ok(reply.seq.map(Seq));
    }
    Err(Failure::NotDone(reply.detail.unwrap_or(reply.outcome)))
}

#[cfg(not(unix))]
fn redact(args: &Args, redaction: &Redaction) -> Result<Option<Seq>, Failure> {
    redact_closed(&args.log, redaction)
}

/// Redacts in a log that nobody writes.
pub(crate) fn redact_closed(path: &Path, redaction: &Redaction) -> Result<Option<Seq>, Failure> {
    // A log that is not there is not made.
    let reader = SqliteReader::open(path)?;
    let (channel, origin) = (reader.channel().to_owned(), reader.origin().to_owned());
    drop(reader);
    let log = SqliteLog::create_or_open(path, &LogOptions::new(&channel, &origin));
    let log = log.map_err(|error| match error {
        LogError::InUse { path } => Failure::Unfit(format!(
            "{path} is being recorded: stop that, or hand this to it with --control"
        )),
        error => error.into(),
    })?;
    let now = Now {
        mono: Duration::ZERO,
        wall: clock::wall(),
    };
    let config = Config::new(origin, channel);
    let mut channel = Channel::observe(&config, log, Box::new(NoDelays), now)?;
    let redacted = channel.redact(now, redaction).map_err(failure)?;
    channel.commit()?;
    channel.into_log().close()?;
    Ok(redacted)
}

fn failure(error: RedactError) -> Failure {
    match error {
        RedactError::Log(error) => error.into(),
        error => Failure::Usage(error.to_string()),
    }
}
