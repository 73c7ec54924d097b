//! Whether a log is what was written: every hash recomputed, everything derived compared.
//!
//! SQLite notices a torn page, not a flipped bit. Here each row is read column by column as it
//! stands in the file and linked to the chain anew, without the code that decodes events, so that
//! a fault in that cannot hide one in the file. Bodies are then decoded on their own account.
//! Damage is a finding, not an error: one look tells all there is. Nothing is changed.

mod scan;
mod side;

use crate::event::{Recorded, Seq};
use crate::log::{ChainHash, LogError};
use crate::sqlite::failure::{is_corrupt, storage};
use crate::sqlite::read::ReadSide;
use crate::sqlite::reader::SqliteReader;
use crate::sqlite::verify::scan::Scan;

/// Findings kept; a log with more is lost anyway.
const FINDINGS_MAX: usize = 100;

/// What a log was found to be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verdict {
    /// Events looked at.
    pub events: u64,
    /// Everything up to and including this one was trimmed before, and is not looked at; 0: the log
    /// begins with its first event.
    pub trimmed: Seq,
    /// Every event up to and including this one is what was written.
    pub good: Seq,
    /// The chain's hash there. Kept elsewhere, it also proves that the log was never cut short.
    pub chain: ChainHash,
    /// What is wrong, in the order found; of very many, the first hundred.
    pub findings: Vec<Finding>,
}

impl Verdict {
    /// Whether everything is understood, and nothing is wrong but what is known to be (see [`SqliteLog::quarantine`](crate::sqlite::SqliteLog::quarantine)).
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.findings.iter().all(|finding| finding.known)
    }

    /// Whether anything is damaged that is not known to be. A log that is neither sound nor damaged
    /// holds events of a newer build: ask that one.
    #[must_use]
    pub fn is_damaged(&self) -> bool {
        let is_damage = |finding: &Finding| !finding.known && finding.fault != Fault::Newer;
        self.findings.iter().any(is_damage)
    }

    /// The first event that is wrong.
    #[must_use]
    pub fn first_bad(&self) -> Option<Seq> {
        let bad = |finding: &&Finding| finding.fault != Fault::Newer;
        let bad = self.findings.iter().filter(bad);
        bad.filter_map(|finding| finding.seq).min()
    }
}

/// One thing that is wrong with a log.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// Of what sort it is.
    pub fault: Fault,
    /// The event it is about, where it is about one.
    pub seq: Option<Seq>,
    /// In words; never the content of an event.
    pub detail: String,
    /// The event is in quarantine: its damage was seen before and accepted.
    pub known: bool,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(seq) = self.seq {
            write!(f, "event {seq}: ")?;
        }
        f.write_str(&self.detail)
    }
}

/// Sorts of damage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// An event's columns do not give its hash: one or the other was changed.
    Hash,
    /// An event is missing.
    Hole,
    /// A row cannot be read, or holds what no event has.
    Unreadable,
    /// A kind or actor has no name.
    Dictionary,
    /// An event is older than the one before it.
    Time,
    /// A body is not that of its kind.
    Body,
    /// The table of sessions and the events disagree.
    Session,
    /// A folded state belongs to another chain.
    Snapshot,
    /// A consumer's position is not in this chain.
    Checkpoint,
    /// A position once put on record is not in this chain: events were lost at the end.
    Anchor,
    /// What the log says of itself (its id, channel, origin, age) was changed.
    Identity,
    /// The state that the trimmed events fold to is missing, or not what was written.
    Base,
    /// The file's own structure is broken.
    File,
    /// The table of redacted events and the redactions disagree.
    Redaction,
    /// An event is what was written, but by a newer build: this one does not understand it. No
    /// damage.
    Newer,
}

/// Verifies a log, which may be in use. `progress` is told the position reached and the last,
/// about once a thousand events.
///
/// # Errors
/// - [`LogError::Trimmed`]: events were trimmed meanwhile: verify it again.
/// - [`LogError::Storage`]: the file could not be read, for another reason than damage.
pub fn verify(
    reader: &SqliteReader,
    mut progress: impl FnMut(u64, u64),
) -> Result<Verdict, LogError> {
    look(reader, &mut progress, None)
}

/// As [`verify`], and shows each event that could be decoded to `each`, in order and as a read would
/// (redacted ones masked): so that a fold can be compared in the same pass.
///
/// # Errors
/// As [`verify`].
pub fn verify_with(
    reader: &SqliteReader,
    mut progress: impl FnMut(u64, u64),
    each: &mut dyn FnMut(Recorded),
) -> Result<Verdict, LogError> {
    look(reader, &mut progress, Some(each))
}

fn look<'a>(
    reader: &'a SqliteReader,
    progress: &mut dyn FnMut(u64, u64),
    each: Option<&'a mut dyn FnMut(Recorded)>,
) -> Result<Verdict, LogError> {
    let side = &reader.side;
    let path = side.path.as_path();
    side.forget_names();
    // SQLite's look at its own structure shares nothing with the walk but the file: on a second
    // processor it costs no time.
    std::thread::scope(|scope| {
        let structure = std::thread::Builder::new()
            .name("verify file".to_owned())
            .spawn_scoped(scope, move || side::broken_structure(path));
        let mut scan = walk(side, progress, each)?;
        let structure = match structure.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(lines)) => lines,
            // No thread was to be had: one after the other, then.
            _ => side::broken_structure(path),
        };
        for line in structure {
            scan.findings.add(Fault::File, None, line);
        }
        side::mark_known(side, &mut scan.findings);
        Ok(scan.verdict())
    })
}

/// Walks the chain and compares what follows from it.
fn walk<'a>(
    side: &'a ReadSide,
    progress: &mut dyn FnMut(u64, u64),
    each: Option<&'a mut dyn FnMut(Recorded)>,
) -> Result<Scan<'a>, LogError> {
    let failed = storage(&side.path, "verify");
    let mut findings = Findings::default();
    let start = Start::of(side, &mut findings)?;
    let trimmed = start.trimmed;
    let mut scan = Scan::new(side, start, findings, each);
    let mut walk = || {
        scan.run(progress)?;
        // A writer may have gone on. What is left is few; with it, the tables that follow from
        // the events are compared as of one moment.
        let moment = side.conn.unchecked_transaction()?;
        scan.run(progress)?;
        scan.compare()?;
        moment.commit()
    };
    match walk() {
        Err(error) if is_corrupt(&error) => {
            let next = scan.next();
            scan.findings
                .add(Fault::Unreadable, Some(next), error.to_string());
        }
        done => done.map_err(&failed)?,
    }
    let now = side.trim_seq()?;
    if now != trimmed {
        let seq = trimmed.next();
        return Err(LogError::Trimmed { seq, trimmed: now });
    }
    Ok(scan)
}

/// Where a log begins.
#[derive(Clone, Copy, Debug)]
struct Start {
    /// The last event trimmed.
    trimmed: Seq,
    /// The chain's hash there, if there is a base to tell.
    chain: Option<ChainHash>,
    received_us: i64,
}

impl Start {
    /// Looks where the log begins; a base in doubt is a finding.
    fn of(side: &ReadSide, findings: &mut Findings) -> Result<Self, LogError> {
        let trimmed = side.trim_seq()?;
        let mut start = Self {
            trimmed,
            chain: Some(ChainHash::default()),
            received_us: i64::MIN,
        };
        match side.base() {
            Ok(None) => {}
            Ok(Some(base)) => {
                start.trimmed = base.state.seq;
                start.chain = Some(base.state.chain);
                start.received_us = base.received_at.0;
            }
            Err(error) if error.is_retryable() => return Err(error),
            Err(error) => {
                start.chain = None;
                findings.add(Fault::Base, None, error.to_string());
            }
        }
        Ok(start)
    }
}

/// A bounded list of findings.
#[derive(Debug, Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, fault: Fault, seq: Option<Seq>, detail: impl Into<String>) {
        if self.0.len() < FINDINGS_MAX {
            self.0.push(Finding {
                fault,
                seq,
                detail: detail.into(),
                known: false,
            });
        }
    }
}
