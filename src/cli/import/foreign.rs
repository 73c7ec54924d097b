//! Databases of other bots into a log.

use super::Args;
use crate::cli::clock::{Stopwatch, wall};
use crate::cli::failure::Failure;
use crate::cli::output::Out;
use crate::cli::progress;
use crate::cli::stop::Stop;
use crate::cli::text::plain;
use projectionist::{
    LogError, SqliteReader,
    import::{ImportError, OldDatabase, OldDatabaseError, ReceivedAs, Summary, take_in},
    sqlite::{LogOptions, SqliteLog},
};
use serde::Serialize;
use std::io::Write;
use std::path::Path;

/// What a log made from a database says in place of a site, where nobody says it.
const ORIGIN: &str = "import";

/// What was taken in.
#[derive(Debug, Serialize)]
struct Taken<'a> {
    log: &'a Path,
    channel: &'a str,
    databases: Vec<Database<'a>>,
    log_bytes: u64,
    seconds: f64,
}

/// What became of one database.
#[derive(Debug, Serialize)]
struct Database<'a> {
    file: &'a Path,
    #[serde(flatten)]
    summary: Summary,
}

/// Takes databases in, one after the other, and says what was in them.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let watch = Stopwatch::start();
    let stop = Stop::listen()?;
    // All are looked at before anything is written.
    let opened = args.files.iter().map(|file| {
        let old = OldDatabase::open(file, wall())?;
        Ok((file.as_path(), old))
    });
    let opened = opened.collect::<Result<Vec<_>, Failure>>()?;
    let channel = channel(args, &opened)?;
    let origin = args.origin.as_deref().unwrap_or(ORIGIN);
    let mut taken = Taken {
        log: &args.log,
        channel: &channel,
        databases: Vec::new(),
        log_bytes: 0,
        seconds: 0.0,
    };
    for (file, old) in &opened {
        let options = LogOptions::new(&channel, origin);
        let log = SqliteLog::create_or_open(&args.log, &options)?;
        let summary = take(file, old, log, &stop)?;
        let stopped = summary.stopped;
        taken.databases.push(Database { file, summary });
        if stopped {
            break;
        }
    }
    taken.log_bytes = SqliteReader::open(&args.log)?.size_bytes();
    taken.seconds = watch.elapsed().as_secs_f64();
    print(args, &taken)
}

fn take(file: &Path, old: &OldDatabase, log: SqliteLog, stop: &Stop) -> Result<Summary, Failure> {
    let rows = old.tables().iter().map(|table| table.rows - table.timeless);
    let bar = progress::bar("rows", rows.sum());
    let source = file.file_name().unwrap_or_default().to_string_lossy();
    let taken = take_in(log, old, &source, wall(), &mut |done| {
        bar.set_position(done);
        !stop.is_asked()
    });
    bar.finish_and_clear();
    Ok(taken?)
}

/// Whose history it is: as told, as the log says, or as all the databases say that say anything.
fn channel(args: &Args, opened: &[(&Path, OldDatabase)]) -> Result<String, Failure> {
    if let Some(told) = &args.channel {
        return Ok(told.clone());
    }
    match SqliteReader::open(&args.log) {
        Ok(log) => return Ok(log.channel().to_owned()),
        // A process that died at the very beginning leaves an empty one; what is really another file
        // is refused when it is to be written.
        Err(LogError::Missing { .. } | LogError::NotALog { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    let mut found: Vec<String> = Vec::new();
    for (_, old) in opened {
        found.extend(old.channels()?.into_iter().map(|(name, _)| name));
    }
    found.sort();
    found.dedup_by(|one, other| one.eq_ignore_ascii_case(other));
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(Failure::Usage(
            "nothing there says of which channel it is: say it with --channel".to_owned(),
        )),
        several => Err(Failure::Usage(format!(
            "there are lines of several channels: say with --channel whose to take: {}",
            plain(&several.join(", "))
        ))),
    }
}

impl From<OldDatabaseError> for Failure {
    fn from(error: OldDatabaseError) -> Self {
        match error {
            OldDatabaseError::EventLog { .. } => Self::Unfit(error.to_string()),
            error => Self::Bad(error.to_string()),
        }
    }
}

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Log(error) => Self::Log(error),
            ImportError::Old(error) => error.into(),
            error => Self::Unfit(error.to_string()),
        }
    }
}

fn print(args: &Args, taken: &Taken<'_>) -> Result<(), Failure> {
    if args.json {
        let mut out = Out::data();
        out.json(taken)?;
        return Ok(out.flush()?);
    }
    let mut out = Out::text();
    for database in &taken.databases {
        summary(&mut out, database)?;
    }
    let log = args.log.display();
    writeln!(out, "channel      {}", plain(taken.channel))?;
    writeln!(out, "log          {log} ({} bytes)", taken.log_bytes)?;
    let stopped = taken.databases.iter().any(|done| done.summary.stopped);
    if stopped {
        writeln!(out, "Stopped. The same command goes on where this ended.")?;
    } else {
        writeln!(
            out,
            "Next:  projectionist history {log} --origin import --newest-first --limit 20"
        )?;
    }
    Ok(out.flush()?)
}

fn summary(out: &mut Out, database: &Database<'_>) -> Result<(), Failure> {
    let Summary {
        tables,
        others,
        received,
        events,
        first_seq,
        last_seq,
        ..
    } = &database.summary;
    let file = database.file.display();
    if *events == 0 {
        writeln!(out, "{file}: nothing new")?;
    } else {
        writeln!(out, "{file}: {events} events ({first_seq} to {last_seq})")?;
        let received = match received {
            ReceivedAs::TheirOwn => "their own, received and sent",
            ReceivedAs::ThePresent => "their own as sent, the present as received",
        };
        writeln!(out, "  times        {received}")?;
    }
    for table in tables {
        let unit = table
            .unit
            .map_or_else(String::new, |unit| format!(", times in {unit}"));
        writeln!(
            out,
            "  {:<18} {:>9} rows: {} taken as {}{unit}",
            table.table, table.rows, table.taken, table.kind
        )?;
        if let (Some(first), Some(last)) = (table.first_us, table.last_us) {
            writeln!(out, "  {:>28}       from {first} to {last}", "")?;
        }
        if table.already > 0 {
            writeln!(
                out,
                "  {:>28}       {} in the log already",
                "", table.already
            )?;
        }
        for (why, count) in &table.skipped {
            writeln!(out, "  {:>28}       {count} left out: {}", "", why.as_str())?;
        }
        if table.cells_lost > 0 {
            let lost = table.cells_lost;
            writeln!(
                out,
                "  {:>28}       {lost} cells not kept: no text, or too long",
                ""
            )?;
        }
    }
    if !others.is_empty() {
        writeln!(out, "  not read     {}", plain(&others.join(", ")))?;
    }
    Ok(())
}
