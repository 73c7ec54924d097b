//! `verify`: whether a log is what was written, and whether its events give the stored states.

use crate::cli::failure::Failure;
use crate::cli::output::Out;
use crate::cli::progress;
use crate::cli::text::plain;
use projectionist::{
    ChannelState, Recorded, Seq, SqliteReader,
    sqlite::{Fault, Finding, Verdict, verify_with},
    state::FOLD_V,
};
use serde::Serialize;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  projectionist verify MyChannel.events.db && echo sound
  projectionist verify copy.db --json | jq .first_bad

Every event is hashed anew and compared with the chain, every body decoded, everything derived from
the events compared with them; and all events are folded, to compare the stored states byte for
byte. Exit code 0: sound; 1: damaged; 3: not damaged, but a newer build wrote events that this one
does not understand.";

/// Options of `verify`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The log, which may be in use
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
    let reader = SqliteReader::open(&args.log)?;
    let mut fold = Fold::new(&reader);
    let bar = progress::bar("events", 0);
    let verdict = verify_with(
        &reader,
        |reached, last| {
            bar.set_length(last);
            bar.set_position(reached);
        },
        &mut |recorded| fold.take(recorded),
    );
    bar.finish_and_clear();
    let report = report(&reader, &verdict?, &fold);
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

/// Folds the events as they pass and compares what comes of them with the stored states.
struct Fold<'a> {
    reader: &'a SqliteReader,
    state: ChannelState,
    /// Positions of states that this build can compare.
    stored: BTreeSet<Seq>,
    /// An event could not be decoded: what is folded from here on is no measure.
    lost: bool,
    compared: u64,
    wrong: Vec<Found>,
}

impl<'a> Fold<'a> {
    fn new(reader: &'a SqliteReader) -> Self {
        Self {
            reader,
            state: ChannelState::default(),
            stored: stored(reader),
            lost: false,
            compared: 0,
            wrong: Vec::new(),
        }
    }

    fn take(&mut self, recorded: &Recorded) {
        self.lost |= recorded.seq != self.state.seq.next();
        if self.lost {
            return;
        }
        self.state.apply(recorded);
        if self.stored.contains(&recorded.seq) {
            self.compare(recorded.seq);
        }
    }

    fn compare(&mut self, seq: Seq) {
        let detail = match (
            self.reader.snapshot_before(seq),
            serde_json::to_string(&self.state),
        ) {
            // A live writer may have dropped it meanwhile.
            (Ok(Some(snapshot)), _) if snapshot.seq != seq => return,
            (Ok(None), _) => return,
            (Ok(Some(snapshot)), Ok(folded)) => {
                self.compared += 1;
                if snapshot.body == folded {
                    return;
                }
                "the stored state is not what the events fold to".to_owned()
            }
            (Err(error), _) => error.to_string(),
            (_, Err(error)) => error.to_string(),
        };
        self.wrong.push(Found {
            seq: Some(seq.0),
            fault: "state",
            detail,
            known: false,
        });
    }
}

/// Where there are stored states of this fold. What cannot be read is the verdict's business.
fn stored(reader: &SqliteReader) -> BTreeSet<Seq> {
    let mut found = BTreeSet::new();
    let mut until = Seq(u64::MAX);
    while let Ok(Some(snapshot)) = reader.snapshot_before(until) {
        if snapshot.fold_v == FOLD_V {
            found.insert(snapshot.seq);
        }
        if snapshot.seq == Seq(0) {
            break;
        }
        until = Seq(snapshot.seq.0 - 1);
    }
    found
}

fn report<'a>(reader: &'a SqliteReader, verdict: &Verdict, fold: &Fold<'_>) -> Report<'a> {
    let mut findings: Vec<Found> = verdict.findings.iter().map(found).collect();
    findings.extend(fold.wrong.iter().map(|wrong| Found {
        detail: wrong.detail.clone(),
        ..*wrong
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
        good: verdict.good.0,
        chain: verdict.chain.to_string(),
        first_bad,
        states_compared: fold.compared,
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
        ..
    } = report;
    if report.sound {
        writeln!(
            out,
            "sound: {events} events, {states_compared} stored states equal the fold"
        )?;
    } else {
        writeln!(out, "good up to event {good}")?;
    }
    writeln!(out, "chain at event {good}: {chain}")?;
    Ok(out.flush()?)
}
