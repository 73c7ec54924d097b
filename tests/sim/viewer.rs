//! P2, P3: the chat in the log is what this viewer was told, each line once, in order.
//!
//! The rule, per viewpoint: a line told live is one row; of the lines shown at a join those are rows
//! which the log did not have, and no others. Whom the server tells what (shadow-muted speakers,
//! moderators' notices) is its own business: what counts is what was sent over a connection and
//! taken in. Lines that nobody told us may be missing, but not in silence: where lines lie between
//! what we had and what we are shown, with no line in common, a `chat_gap` says so. A server that
//! crashes goes back to an older branch of history; what it forgot is not missed.

use crate::server::{Line, Mark, Truth};
use crate::tally::Tally;
use projectionist::event::*;
use projectionist::{Recorded, Seq};
use std::collections::{BTreeSet, VecDeque};
use std::rc::Rc;

/// A whole join that the log is yet to tell.
#[derive(Debug)]
struct Join {
    shown: Vec<Rc<Line>>,
    truth: Rc<Truth>,
}

/// What the log is yet to tell.
#[derive(Debug)]
enum Expected {
    Said(Rc<Line>),
    Join(Join),
}

#[derive(Debug, Default)]
pub(crate) struct Viewer {
    /// A join burst under way.
    burst: Option<Vec<Rc<Line>>>,
    expected: VecDeque<Expected>,
    /// Lines of a join that is in the log, themselves still to come.
    replayed: VecDeque<Rc<Line>>,
    /// Whether the join in the log lately has to be followed by a gap, may be, or must not be.
    gap: Option<Gap>,
    /// Lines in the log, and where.
    rows: Vec<(Seq, Option<u64>)>,
    have: BTreeSet<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gap {
    Must(Seq),
    May,
    Never,
}

/// A burst in the log, for other checks.
pub(crate) struct JoinedRow {
    pub(crate) seq: Seq,
    pub(crate) truth: Rc<Truth>,
}

impl Viewer {
    pub(crate) fn is_in_burst(&self) -> bool {
        self.burst.is_some()
    }

    /// A connection begins or ends: half a burst is void.
    pub(crate) fn reset(&mut self) {
        self.burst = None;
    }

    /// A frame was taken in by a channel that listens.
    pub(crate) fn told(&mut self, mark: &Mark) {
        match mark {
            Mark::None => {}
            Mark::Said(line) => self.expected.push_back(Expected::Said(Rc::clone(line))),
            Mark::BurstBegins => self.burst = Some(Vec::new()),
            Mark::Shown(line) => {
                let burst = self.burst.as_mut().expect("shown within a burst");
                burst.push(Rc::clone(line));
            }
            Mark::BurstEnds(truth) => {
                let shown = self.burst.take().expect("a burst that ends has begun");
                let truth = Rc::clone(truth);
                self.expected
                    .push_back(Expected::Join(Join { shown, truth }));
            }
        }
    }

    /// The process is gone with what it had not committed, and the log may be shorter.
    pub(crate) fn died(&mut self, head: Seq) {
        self.reset();
        self.expected.clear();
        self.replayed.clear();
        self.gap = None;
        while let Some((_, id)) = self.rows.pop_if(|(seq, _)| *seq > head) {
            if let Some(id) = id {
                self.have.remove(&id);
            }
        }
    }

    /// A row was committed. Gives back the join it is, if it is one.
    pub(crate) fn row(&mut self, row: &Recorded, tally: &mut Tally) -> Option<JoinedRow> {
        match &row.event {
            Event::MessageSaid(message) => {
                self.line(row, &message.user.name, &message.html, tally);
                None
            }
            Event::PmSaid(pm) => {
                self.line(row, &pm.from, &pm.html, tally);
                None
            }
            Event::ChatGapFound(_) => {
                assert_ne!(
                    self.gap,
                    Some(Gap::Never),
                    "{}: a gap where none is",
                    row.seq
                );
                assert_ne!(self.gap, None, "{}: a gap without a join", row.seq);
                self.gap = None;
                tally.count("gaps");
                None
            }
            Event::Joined(_) => {
                self.done();
                let Some(Expected::Join(join)) = self.expected.pop_front() else {
                    panic!("{}: a join that was not whole", row.seq);
                };
                self.joined(row.seq, &join);
                tally.count("joins");
                Some(JoinedRow {
                    seq: row.seq,
                    truth: join.truth,
                })
            }
            Event::Disconnected(_) => {
                self.done();
                assert!(
                    self.expected.is_empty(),
                    "{}: told and not in the log: {:?}",
                    row.seq,
                    self.expected
                );
                None
            }
            _ => None,
        }
    }

    fn joined(&mut self, seq: Seq, join: &Join) {
        let ids: Vec<u64> = join.shown.iter().filter_map(|line| line.id).collect();
        let common = ids.iter().any(|id| self.have.contains(id));
        let last_had = join
            .truth
            .said
            .iter()
            .rposition(|id| self.have.contains(id));
        let after = last_had.map_or(0, |place| place + 1);
        let missed = join.truth.said[after..].iter().any(|id| !ids.contains(id));
        self.gap = Some(match (common, missed && !self.have.is_empty()) {
            (true, _) => Gap::Never,
            (false, true) => Gap::Must(seq),
            (false, false) => Gap::May,
        });
        let is_new = |line: &&Rc<Line>| line.id.is_some_and(|id| !self.have.contains(&id));
        self.replayed = join.shown.iter().filter(is_new).map(Rc::clone).collect();
    }

    /// What had to follow a join has followed.
    fn done(&mut self) {
        if let Some(Gap::Must(seq)) = self.gap {
            panic!("lines are missing before the join at {seq} and nothing says so");
        }
        assert!(
            self.replayed.is_empty(),
            "shown at a join, new, and not in the log: {:?}",
            self.replayed
        );
        self.gap = None;
    }

    fn line(&mut self, row: &Recorded, name: &str, html: &str, tally: &mut Tally) {
        let expected = if row.origin == Origin::Replay {
            if matches!(self.gap, Some(Gap::Must(_))) {
                self.done();
            }
            tally.count("lines_replayed");
            self.replayed.pop_front()
        } else {
            self.done();
            tally.count("lines_live");
            match self.expected.pop_front() {
                Some(Expected::Said(line)) => Some(line),
                other => panic!("{}: a line in the log, expected {other:?}", row.seq),
            }
        };
        let Some(line) = expected else {
            panic!("{}: a line twice: {name}: {html}", row.seq);
        };
        assert_eq!(
            (row.sent_ms, name),
            (Some(line.sent_ms), line.name.as_str()),
            "{}: another line than expected ({html}, {line:?})",
            row.seq
        );
        // Notices to moderators lose addresses and aliases on the way.
        if name != "[server]" {
            assert_eq!(html, line.html, "{}", row.seq);
        }
        self.rows.push((row.seq, line.id));
        if let Some(id) = line.id {
            assert!(self.have.insert(id), "{}: a line twice: {html}", row.seq);
        }
    }

    /// Nothing is under way: all that was told is in the log.
    pub(crate) fn is_even(&self) -> bool {
        self.expected.is_empty() && self.replayed.is_empty()
    }
}
