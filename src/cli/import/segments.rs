//! Segments back into a log.

use super::Args;
use crate::cli::failure::Failure;
use crate::cli::output::Out;
use crate::cli::progress;
use crate::cli::stop::Stop;
use crate::cli::text::plain;
use indicatif::HumanCount;
use projectionist::{
    Seq, SqliteReader,
    event_log::EventLog,
    segment::{Segment, peek},
    sqlite::SqliteLog,
};
use serde::Serialize;
use std::io::Write;
use std::path::Path;

/// What was taken in.
#[derive(Debug, Serialize)]
struct Report<'a> {
    log: &'a Path,
    channel: &'a str,
    segments: usize,
    events: u64,
    /// The log begins behind this event; 0: with its first.
    trimmed: u64,
    last_seq: u64,
    chain: String,
}

/// Takes segments in, in the order that fits.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let stop = Stop::listen()?;
    let mut segments = Vec::new();
    for path in &args.files {
        segments.push((peek(path)?, path));
    }
    segments.sort_by_key(|(segment, _)| segment.first);
    let Some((first, _)) = segments.first() else {
        return Ok(());
    };
    let mut log = SqliteLog::create_for(&args.log, first)?;
    // What comes in front of the log goes in from the newest on, the rest from the oldest on.
    let begins = SqliteReader::open(&args.log)?.trim_seq()?;
    let in_front = segments
        .iter()
        .take_while(|(segment, _)| segment.last <= begins)
        .count();
    let (front, behind) = segments.split_at_checked(in_front).unwrap_or_default();
    let mut events = 0;
    for (_, path) in front.iter().rev().chain(behind) {
        events += take(&mut log, path, &stop)?.events();
    }
    let (count, head) = (segments.len(), log.head());
    log.close()?;
    let reader = SqliteReader::open(&args.log)?;
    let report = Report {
        log: &args.log,
        channel: reader.channel(),
        segments: count,
        events,
        trimmed: reader.trim_seq()?.0,
        last_seq: head.seq.0,
        chain: head.chain.to_string(),
    };
    print(args, &report)
}

fn take(log: &mut SqliteLog, path: &Path, stop: &Stop) -> Result<Segment, Failure> {
    let bar = progress::bar("events", 0);
    let taken = log.import_segment(path, &mut |done, total| {
        bar.set_length(total);
        bar.set_position(done);
        !stop.is_asked()
    });
    bar.finish_and_clear();
    let given_up = || {
        let path = path.display();
        Failure::Bad(format!(
            "stopped by a signal: nothing of {path} was taken in"
        ))
    };
    taken?.ok_or_else(given_up)
}

fn print(args: &Args, report: &Report<'_>) -> Result<(), Failure> {
    if args.json {
        let mut out = Out::data();
        out.json(report)?;
        return Ok(out.flush()?);
    }
    let mut out = Out::text();
    let first = HumanCount(Seq(report.trimmed).next().0);
    let (events, last) = (HumanCount(report.events), HumanCount(report.last_seq));
    let (log, channel) = (args.log.display().to_string(), plain(report.channel));
    let log = plain(&log);
    writeln!(
        out,
        "{log}: {events} events taken in; the log of {channel} has events {first} to {last}"
    )?;
    Ok(out.flush()?)
}
