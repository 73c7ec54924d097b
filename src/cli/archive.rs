//! `archive`: the oldest events of a log into a segment, and out of the log if so wished.

use crate::cli::failure::Failure;
use crate::cli::output::Out;
use crate::cli::progress;
use crate::cli::stop::Stop;
use crate::cli::text::plain;
use crate::cli::when::{Moment, TIME_HELP, moment};
use indicatif::{HumanBytes, HumanCount};
use projectionist::{
    Seq, SqliteReader, history,
    segment::{self, Segment},
    sqlite::{LogOptions, SqliteLog},
};
use serde::Serialize;
use std::io::Write;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  projectionist archive MyChannel.events.db --until -90d --out MyChannel-old.ndjson.gz
  projectionist archive MyChannel.events.db --until 250000 --out old.ndjson.gz --trim --vacuum
  zcat old.ndjson.gz | jq -r 'select(.kind == \"message\").body.text'

Without --trim the log stays as it is, and may be in use. With it, the recorder must be stopped: the
events leave the log once the segment was read back and verified. The log then begins behind them
with the state they fold to; `import` puts them back. If that is interrupted, the same command goes
on: a FILE that is there already, sound and of the same events, is used as it is.
Trimming is refused while a consumer has not read that far (--force overrides; the consumer is then
told that events are missing), and for the newest 256 lines of chat, by which those that the server
sends again are recognised. The file keeps its size until --vacuum writes it anew, which takes
twice the room of what is left; without it, new events take the room of the old.";

/// Options of `archive`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{TIME_HELP}\n\n{EXAMPLES}"))]
pub(crate) struct Args {
    /// The log
    log: PathBuf,
    /// The last event to archive, or the time by which it was received
    #[arg(long, value_name = "SEQ|TIME", value_parser = moment, allow_hyphen_values = true)]
    until: Moment,
    /// The segment, a new file
    #[arg(long, short, value_name = "FILE")]
    out: PathBuf,
    /// Then remove those events from the log
    #[arg(long)]
    trim: bool,
    /// Trim although a consumer has not read that far
    #[arg(long, requires = "trim")]
    force: bool,
    /// Give the room back to the file system
    #[arg(long, requires = "trim")]
    vacuum: bool,
    /// Print what was done as one JSON object
    #[arg(long)]
    json: bool,
}

/// What was done.
#[derive(Debug, Serialize)]
struct Report<'a> {
    log: &'a Path,
    segment: &'a Path,
    first_seq: u64,
    last_seq: u64,
    events: u64,
    chain: String,
    segment_bytes: u64,
    /// The log begins behind this event; 0: with its first.
    trimmed: u64,
    log_bytes: u64,
}

/// Archives, and trims if asked to.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let stop = Stop::listen()?;
    let reader = SqliteReader::open(&args.log)?;
    let until = match args.until {
        Moment::Seq(seq) => seq,
        Moment::Time(time) => history::position_at(&reader, time)?,
    };
    let mut log = None;
    // Where all but the vacuum was done before, that is what is left.
    let trimmed = args.trim && args.out.exists() && reader.trim_seq()? == until;
    if args.trim {
        let options = LogOptions::new(reader.channel(), reader.origin());
        let writer = SqliteLog::create_or_open(&args.log, &options)?;
        if !trimmed {
            // What is refused is refused before anything is written.
            writer.may_trim(until, args.force)?;
        }
        log = Some(writer);
    }
    let segment = match args.trim && args.out.exists() {
        true => existing(args, until, &stop)?,
        false => write(args, &reader, until, &stop)?,
    };
    if let Some(mut log) = log {
        if !trimmed {
            trim(args, &mut log, &segment, &stop)?;
        }
        if args.vacuum {
            vacuum(&mut log)?;
        }
        log.close()?;
    }
    report(args, &reader, &segment)
}

fn write(args: &Args, reader: &SqliteReader, until: Seq, stop: &Stop) -> Result<Segment, Failure> {
    let bar = progress::bar("archived and verified", 0);
    let written = reader.archive(until, &args.out, &mut |done, total| {
        bar.set_length(total);
        bar.set_position(done);
        !stop.is_asked()
    });
    bar.finish_and_clear();
    let given_up = || Failure::Bad("stopped by a signal: there is no segment".to_owned());
    written?.ok_or_else(given_up)
}

/// A segment of a run before this one, which was interrupted.
fn existing(args: &Args, until: Seq, stop: &Stop) -> Result<Segment, Failure> {
    let bar = progress::bar("verified", 0);
    let verified = segment::verify(&args.out, &mut |done, total| {
        bar.set_length(total);
        bar.set_position(done);
        !stop.is_asked()
    });
    bar.finish_and_clear();
    let given_up = || Failure::Bad("stopped by a signal: nothing was trimmed".to_owned());
    let segment = verified?.ok_or_else(given_up)?;
    if segment.last == until {
        return Ok(segment);
    }
    let (out, last) = (args.out.display(), segment.last);
    Err(Failure::Unfit(format!(
        "{out} exists and ends at event {last}, not at {until}: give `--until {last}` to trim that \
         far, or another file"
    )))
}

fn trim(args: &Args, log: &mut SqliteLog, segment: &Segment, stop: &Stop) -> Result<(), Failure> {
    let bar = progress::bar("trimmed", 0);
    let reached = log.trim(segment, args.force, &mut |done, total| {
        bar.set_length(total);
        bar.set_position(done);
        !stop.is_asked()
    });
    bar.finish_and_clear();
    let reached = reached?;
    if reached < segment.last {
        return Err(Failure::Bad(format!(
            "stopped by a signal: trimmed up to event {reached}; the same command goes on"
        )));
    }
    Ok(())
}

fn vacuum(log: &mut SqliteLog) -> Result<(), Failure> {
    let status = progress::status();
    status.set_message("writing the log anew");
    let done = log.vacuum();
    status.finish_and_clear();
    Ok(done?)
}

fn report(args: &Args, reader: &SqliteReader, segment: &Segment) -> Result<(), Failure> {
    let report = Report {
        log: &args.log,
        segment: &args.out,
        first_seq: segment.first.0,
        last_seq: segment.last.0,
        events: segment.events(),
        chain: segment.chain.to_string(),
        segment_bytes: std::fs::metadata(&args.out).map_or(0, |file| file.len()),
        trimmed: reader.trim_seq()?.0,
        log_bytes: reader.size_bytes(),
    };
    if args.json {
        let mut out = Out::data();
        out.json(&report)?;
        return Ok(out.flush()?);
    }
    let mut out = Out::text();
    let path = |path: &Path| plain(&path.display().to_string()).into_owned();
    writeln!(
        out,
        "{}: events {} to {}, {}",
        path(&args.out),
        HumanCount(report.first_seq),
        HumanCount(report.last_seq),
        HumanBytes(report.segment_bytes)
    )?;
    if args.trim {
        let (trimmed, bytes) = (HumanCount(report.trimmed), HumanBytes(report.log_bytes));
        let log = path(&args.log);
        writeln!(out, "{log}: begins behind event {trimmed} now, {bytes}")?;
    }
    Ok(out.flush()?)
}
