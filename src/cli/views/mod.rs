//! `views`: the views file of a log: built, looked at, built anew.

mod fresh;
mod schema;

pub(crate) use fresh::{Brought, Place, bring};

use crate::cli::failure::Failure;
use crate::cli::output::Out;
use crate::cli::progress;
use crate::cli::stop::Stop;
use crate::cli::text::plain;
use indicatif::{HumanBytes, HumanCount};
use projectionist::SqliteReader;
use projectionist::views::{Views, ViewsStatus, partial_of};
use serde::Serialize;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  projectionist views build MyChannel.events.db
  projectionist views status MyChannel.events.db --json | jq .lag
  projectionist views rebuild MyChannel.events.db --presence-debounce 300
  projectionist views datasette MyChannel.events.db > about.json

The views are read models of the log (who was here, what was played, ...) in a file beside it, built
from it alone: delete it at will. The log may be in use, and its recording is not slowed. A build that
is stopped or killed goes on where it was; `stats`, `search` and `sql` build what is missing first.";

/// Options of `views`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Bring the views up to the end of the log; make them if there are none
    Build(Build),
    /// Tell how far the views are, and what they are of
    Status(Status),
    /// Make the views anew, whatever there is; the old ones can be read meanwhile
    Rebuild(Build),
    /// Print the SQL of the read models: what their tables and columns are
    Schema,
    /// Print metadata for Datasette: what tables and columns are, and some questions
    Datasette(schema::Datasette),
}

/// Options of `views build` and `views rebuild`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
struct Build {
    #[command(flatten)]
    place: Place,
    /// A registered user who is back within so many seconds has not been away [default: as the
    /// views were built before, else 120]
    #[arg(long, value_name = "SECONDS")]
    presence_debounce: Option<u64>,
    /// Print what was done as one JSON object
    #[arg(long)]
    json: bool,
}

/// Options of `views status`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
struct Status {
    #[command(flatten)]
    place: Place,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs one of them.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    match &args.command {
        Command::Build(args) => build(args, false),
        Command::Rebuild(args) => build(args, true),
        Command::Status(args) => status(args),
        Command::Schema => schema::print(),
        Command::Datasette(args) => schema::datasette(args),
    }
}

fn build(args: &Build, afresh: bool) -> Result<(), Failure> {
    let stop = Stop::listen()?;
    let reader = args.place.reader()?;
    let path = args.place.views(&reader);
    let mut options = fresh::options(&path);
    if let Some(seconds) = args.presence_debounce {
        options = options.presence_debounce(Duration::from_secs(seconds));
    }
    let brought = fresh::update(&reader, &path, options, afresh, &stop)?;
    if !brought.complete {
        progress::note("stopped by a signal: the next run goes on from there");
    }
    let mut out = if args.json { Out::data() } else { Out::text() };
    if args.json {
        out.json(&brought)?;
    } else {
        told(&mut out, &brought)?;
    }
    Ok(out.flush()?)
}

fn told(out: &mut Out, brought: &Brought) -> Result<(), Failure> {
    if let Some(why) = brought.rebuilt {
        writeln!(out, "built anew: {why}")?;
    }
    let (path, seq) = (brought.path.display(), brought.seq);
    let events = HumanCount(brought.events);
    writeln!(out, "{path}: up to event {seq}, {events} taken now")?;
    if brought.quarantined > 0 {
        let count = brought.quarantined;
        writeln!(
            out,
            "{count} events could not be taken: see the table `quarantine`"
        )?;
    }
    Ok(())
}

/// The status as printed by `--json`.
#[derive(Debug, Serialize)]
struct Report {
    path: PathBuf,
    /// The end of the log.
    head: u64,
    /// Events the views lack.
    lag: u64,
    /// Why the next run builds anew, as far as can be told at a glance.
    unfit: Option<&'static str>,
    /// How far a build beside this file had come when it was stopped, or is now.
    partial_seq: Option<u64>,
    views: Option<ViewsStatus>,
}

fn status(args: &Status) -> Result<(), Failure> {
    let reader = args.place.reader()?;
    let path = args.place.views(&reader);
    let report = report(&reader, path)?;
    let mut out = if args.json { Out::data() } else { Out::text() };
    if args.json {
        out.json(&report)?;
    } else {
        describe(&mut out, &report)?;
    }
    out.flush()?;
    if report.views.is_some() {
        return Ok(());
    }
    let path = report.path.display().to_string();
    Err(projectionist::views::ViewsError::Missing { path }.into())
}

fn report(reader: &SqliteReader, path: PathBuf) -> Result<Report, Failure> {
    let head = reader.head()?.seq.0;
    let partial = looked_at(&partial_of(&path)).ok().flatten();
    let views = looked_at(&path)?;
    let seq = views.as_ref().map_or(0, |views| views.seq.0);
    let unfit = views.as_ref().and_then(|views| {
        let is_other = views.log_id != reader.log_id();
        is_other
            .then_some("they are of another log")
            .or_else(|| (seq > head).then_some("the log is an older copy"))
    });
    Ok(Report {
        path,
        head,
        lag: head.saturating_sub(seq),
        unfit,
        partial_seq: partial.map(|views| views.seq.0),
        views,
    })
}

/// What a file says about itself; `None`: there is none.
fn looked_at(path: &Path) -> Result<Option<ViewsStatus>, Failure> {
    if !path.exists() {
        return Ok(None);
    }
    Ok(Some(Views::open(path)?.status()?))
}

fn describe(out: &mut Out, report: &Report) -> Result<(), Failure> {
    if let Some(seq) = report.partial_seq {
        writeln!(
            out,
            "a build beside it is at event {seq} of {}",
            report.head
        )?;
    }
    let Some(views) = &report.views else {
        return Ok(());
    };
    let size = HumanBytes(views.size_bytes);
    writeln!(
        out,
        "{}: {size}, of {}",
        report.path.display(),
        plain(&views.channel)
    )?;
    writeln!(
        out,
        "up to event {} of {}: {} behind",
        views.seq, report.head, report.lag
    )?;
    if let Some(why) = report.unfit {
        writeln!(out, "the next run builds anew: {why}")?;
    }
    match &views.options {
        Some(options) => {
            let debounce = options.presence_debounce.as_secs();
            writeln!(out, "presence_debounce: {debounce} s")?;
        }
        None => writeln!(out, "settings that this build does not know")?,
    }
    writeln!(out, "quarantined: {}", views.quarantined)?;
    for projector in &views.projectors {
        let (name, version) = (plain(&projector.name), projector.version);
        writeln!(out, "  {name} (version {version}): event {}", projector.seq)?;
    }
    Ok(())
}
