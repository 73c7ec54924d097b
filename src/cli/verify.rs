//! `verify`: whether a log is what was written, and whether its events give the stored states.

use crate::cli::failure::Failure;
use crate::cli::output::Out;
use crate::cli::progress;
use crate::cli::refold::{Compared, Refold};
use crate::cli::text::plain;
use projectionist::segment::{self, is_compressed};
use projectionist::sqlite::{Fault, Finding, Verdict, verify_with};
use projectionist::{LogError, SqliteReader};
use serde::Serialize;
use serde_json::json;
use std::io::Write;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  projectionist verify MyChannel.events.db && echo sound
  projectionist verify copy.db --json | jq .first_bad

  projectionist verify old.ndjson.gz

Every event is hashed anew and compared with the chain, every body decoded, everything derived from
the events compared with them; and all events are folded, to compare the stored states byte for
byte. A segment that `archive` wrote is verified by the hash of each event and of the whole. Exit
code 0: sound; 1: damaged; 3: not damaged, but a newer build wrote events that this one does not
understand.";

/// Options of `verify`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The log, which may be in use; or a segment
    log: PathBuf,
    /// Print the verdict as one JSON object
    #[arg(long)]
    json: bool,
}

/// The verdict as printed by `--json`.
#[derive(Debug, Serialize)]
struct Report<'a> {
    sound: bool,
    /// Not sound and not damaged: events of a newer build are in it.
    damaged: bool,
    channel: &'a str,
    log_id: &'a str,
    events: u64,
    /// The log begins behind this event; 0: with its first.
    trimmed: u64,
    /// Every event up to this one is what was written.
    good: u64,
    chain: String,
    first_bad: Option<u64>,
    states_compared: u64,
    findings: Vec<Found>,
}

/// One thing that is wrong.
#[derive(Debug, Serialize)]
struct Found {
    seq: Option<u64>,
    fault: &'static str,
    detail: String,
    known: bool,
}

/// Verifies a log and prints the verdict.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    if is_compressed(&args.log) {
        return verify_segment(args);
    }
    let reader = SqliteReader::open(&args.log)?;
    let mut refold = Refold::start(SqliteReader::open(&args.log)?)?;
    let bar = progress::bar("events", 0);
    let verdict = verify_with(
        &reader,
        |reached, last| {
            bar.set_length(last);
            bar.set_position(reached);
        },
        &mut |recorded| refold.take(recorded),
    );
    bar.finish_and_clear();
    let report = report(&reader, &verdict?, &refold.finish());
    print(args, &report)?;
    if report.sound {
        return Ok(());
    }
    let log = args.log.display();
    if !report.damaged {
        return Err(Failure::Unfit(format!(
            "{log} is not damaged, but a newer build wrote some of it: verify it with that one"
        )));
    }
    Err(Failure::Bad(match report.first_bad {
        Some(seq) => format!("{log} is damaged: the first bad event is {seq}"),
        None => format!("{log} is damaged"),
    }))
}

/// The verdict on a sound segment as printed by `--json`.
#[derive(Debug, Serialize)]
struct SegmentReport<'a> {
    sound: bool,
    channel: &'a str,
    log_id: &'a str,
    events: u64,
    first_seq: u64,
    last_seq: u64,
    chain: String,
}

/// Verifies a segment and prints the verdict; damage is a failure that says where.
fn verify_segment(args: &Args) -> Result<(), Failure> {
    let bar = progress::bar("events", 0);
    let verified = segment::verify(&args.log, &mut |done, total| {
        bar.set_length(total);
        bar.set_position(done);
        true
    });
    bar.finish_and_clear();
    if let (
        true,
        Err(LogError::SegmentDamaged {
            line, seq, detail, ..
        }),
    ) = (args.json, &verified)
    {
        let mut out = Out::data();
        let first_bad = seq.map(|seq| seq.0);
        out.json(&json!({"sound": false, "line": line, "first_bad": first_bad, "detail": detail}))?;
        out.flush()?;
    }
    let Some(segment) = verified? else {
        return Ok(());
    };
    let report = SegmentReport {
        sound: true,
        channel: &segment.channel,
        log_id: &segment.log_id,
        events: segment.events(),
        first_seq: segment.first.0,
        last_seq: segment.last.0,
        chain: segment.chain.to_string(),
    };
    let mut out = if args.json { Out::data() } else { Out::text() };
    if args.json {
        out.json(&report)?;
        return Ok(out.flush()?);
    }
    let (first, last) = (segment.first, segment.last);
    let channel = plain(&segment.channel);
    writeln!(
        out,
        "sound: a segment of {channel}, events {first} to {last}"
    )?;
    writeln!(out, "chain at event {last}: {}", segment.chain)?;
    Ok(out.flush()?)
}

fn report<'a>(reader: &'a SqliteReader, verdict: &Verdict, compared: &Compared) -> Report<'a> {
    let mut findings: Vec<Found> = verdict.findings.iter().map(found).collect();
    findings.extend(compared.wrong.iter().map(|(seq, detail)| Found {
        seq: Some(seq.0),
        fault: "state",
        detail: detail.clone(),
        known: false,
    }));
    let newer = word(Fault::Newer);
    let bad = findings.iter().filter(|finding| finding.fault != newer);
    let first_bad = bad.clone().filter_map(|finding| finding.seq).min();
    Report {
        sound: findings.iter().all(|finding| finding.known),
        damaged: !bad.clone().all(|finding| finding.known),
        channel: reader.channel(),
        log_id: reader.log_id(),
        events: verdict.events,
        trimmed: verdict.trimmed.0,
        good: verdict.good.0,
        chain: verdict.chain.to_string(),
        first_bad,
        states_compared: compared.states,
        findings,
    }
}

fn found(finding: &Finding) -> Found {
    Found {
        seq: finding.seq.map(|seq| seq.0),
        fault: word(finding.fault),
        detail: finding.detail.clone(),
        known: finding.known,
    }
}

fn word(fault: Fault) -> &'static str {
    match fault {
        Fault::Hash => "hash",
        Fault::Hole => "hole",
        Fault::Unreadable => "unreadable",
        Fault::Dictionary => "dictionary",
        Fault::Time => "time",
        Fault::Body => "body",
        Fault::Session => "session",
        Fault::Snapshot => "snapshot",
        Fault::Checkpoint => "checkpoint",
        Fault::Anchor => "anchor",
        Fault::Identity => "identity",
        Fault::Base => "base",
        Fault::File => "file",
        Fault::Redaction => "redaction",
        Fault::Newer => "newer",
        _ => "other",
    }
}

fn print(args: &Args, report: &Report<'_>) -> Result<(), Failure> {
    let mut out = if args.json { Out::data() } else { Out::text() };
    if args.json {
        out.json(report)?;
        return Ok(out.flush()?);
    }
    for finding in &report.findings {
        let known = if finding.known { " (known)" } else { "" };
        let at = finding
            .seq
            .map_or(String::new(), |seq| format!("event {seq}: "));
        writeln!(
            out,
            "{at}{}: {}{known}",
            finding.fault,
            plain(&finding.detail)
        )?;
    }
    let Report {
        events,
        good,
        chain,
        states_compared,
        trimmed,
        ..
    } = report;
    if report.sound {
        writeln!(
            out,
            "sound: {events} events, {states_compared} stored states equal the fold"
        )?;
        if *trimmed > 0 {
            writeln!(out, "trimmed: begins behind event {trimmed}")?;
        }
    } else {
        writeln!(out, "good up to event {good}")?;
    }
    writeln!(out, "chain at event {good}: {chain}")?;
    Ok(out.flush()?)
}
