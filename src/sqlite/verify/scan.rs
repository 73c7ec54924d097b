//! The walk along the chain: each row against the row before it.
//!
//! After a fault the walk goes on from the stored hash, so that one damaged event is one finding,
//! and what lies behind it is still looked at.

use crate::event::{Recorded, Seq};
use crate::log::ChainHash;
use crate::sqlite::read::ReadSide;
use crate::sqlite::redacted::Clear;
use crate::sqlite::row::{COLUMNS, Misfit, RawRow};
use crate::sqlite::sessions::Sessions;
use crate::sqlite::verify::side::{
    compare_positions, compare_redacted, compare_seal, compare_sessions,
};
use crate::sqlite::verify::{Fault, Findings, Start, Verdict};
use crate::time::UnixMicros;
use rusqlite::Row;

/// Rows to a page; between pages the file's WAL may be folded away.
const PAGE_ROWS: i64 = 1024;

/// Where the walk is, and what it has seen.
pub(super) struct Scan<'a> {
    side: &'a ReadSide,
    start: Start,
    each: Option<&'a mut dyn FnMut(Recorded)>,
    pub(super) findings: Findings,
    sessions: Sessions,
    /// The position of the row last read, as SQLite orders them.
    last: i64,
    expected: u64,
    /// The hash to go on from; none where the row before has none.
    base: Option<ChainHash>,
    received_us: i64,
    events: u64,
    /// Where nothing of this page is redacted.
    clear: Clear,
    /// Whether an event was found wrong.
    broken: bool,
    good: Seq,
    chain: ChainHash,
}

impl<'a> Scan<'a> {
    pub(super) fn new(
        side: &'a ReadSide,
        start: Start,
        findings: Findings,
        each: Option<&'a mut dyn FnMut(Recorded)>,
    ) -> Self {
        // Nothing is proved of a log whose start is in doubt.
        let broken = start.chain.is_none();
        Self {
            side,
            each,
            findings,
            sessions: Sessions::default(),
            last: i64::MIN,
            expected: start.trimmed.0.saturating_add(1),
            base: start.chain,
            received_us: start.received_us,
            events: 0,
            clear: Clear::unknown(false),
            broken,
            good: if broken { Seq(0) } else { start.trimmed },
            chain: start.chain.unwrap_or_default(),
            start,
        }
    }

    /// Walks from where the walk is to the end.
    pub(super) fn run(&mut self, progress: &mut dyn FnMut(u64, u64)) -> rusqlite::Result<()> {
        let conn = &self.side.conn;
        let end: Option<i64> = conn.query_row("SELECT max(seq) FROM event", [], |r| r.get(0))?;
        let total = u64::try_from(end.unwrap_or(0)).unwrap_or(0);
        let sql = format!(
            "SELECT {COLUMNS} FROM event NOT INDEXED WHERE seq > ?1 ORDER BY seq LIMIT {PAGE_ROWS}"
        );
        loop {
            let mut statement = conn.prepare_cached(&sql)?;
            let mut rows = statement.query([self.last])?;
            let mut count = 0;
            self.clear = Clear::unknown(false);
            while let Some(row) = rows.next()? {
                self.check(row)?;
                count += 1;
            }
            progress(self.expected - 1, total);
            if count < PAGE_ROWS {
                return Ok(());
            }
        }
    }

    /// The position the walk would look at next.
    pub(super) fn next(&self) -> Seq {
        Seq(self.expected)
    }

    /// Compares what follows from the events with the events, all of which were looked at.
    pub(super) fn compare(&mut self) -> rusqlite::Result<()> {
        let head = Seq(self.expected - 1);
        let (side, findings) = (self.side, &mut self.findings);
        compare_seal(side, findings)?;
        compare_sessions(side, &mut self.sessions, self.start.trimmed, findings)?;
        compare_redacted(side, findings)?;
        compare_positions(side, &self.start, head, findings)
    }

    pub(super) fn verdict(self) -> Verdict {
        Verdict {
            events: self.events,
            trimmed: self.start.trimmed,
            good: self.good,
            chain: self.chain,
            findings: self.findings.0,
        }
    }

    /// Checks one row and steps behind it.
    fn check(&mut self, row: &Row<'_>) -> rusqlite::Result<()> {
        self.events += 1;
        let at: i64 = row.get(0)?;
        let before = std::mem::replace(&mut self.last, at);
        if u64::try_from(at).map_or(true, |at| at <= self.start.trimmed.0) {
            // The event it once was is missing elsewhere, and told there.
            let detail = format!("a row stands before the first event, at {at}");
            self.findings.add(Fault::Unreadable, None, detail);
            return Ok(());
        }
        match RawRow::read(row) {
            Ok(raw) if at > before => self.check_row(&raw)?,
            Ok(_) => self.add(Fault::Unreadable, "rows are out of order"),
            Err(detail) => {
                self.add(Fault::Unreadable, detail);
                self.base = None;
                self.expected = u64::try_from(at).map_or(self.expected, |at| at + 1);
            }
        }
        if !self.broken {
            self.good = Seq(self.expected - 1);
            self.chain = self.base.unwrap_or_default();
        }
        Ok(())
    }

    /// Checks a row whose columns are of the right types.
    fn check_row(&mut self, raw: &RawRow<'_>) -> rusqlite::Result<()> {
        if raw.seq != self.expected {
            self.add(Fault::Hole, format!("missing; {} follows", raw.seq));
            self.expected = raw.seq;
            self.base = None;
        }
        if raw.received_us < self.received_us {
            self.add(Fault::Time, "received before the event ahead of it");
        }
        if !self.sessions.note(raw.session, raw.seq, raw.received_us) {
            self.add(Fault::Session, format!("back in session {}", raw.session));
        }
        let side = self.side;
        let judged: Result<_, String> =
            side.with_names(raw, |kind, actor| Ok(self.judge(raw, kind, actor)))?;
        match judged {
            Ok(recorded) => self.show(recorded)?,
            Err(detail) => self.add(Fault::Dictionary, detail),
        }
        self.received_us = raw.received_us;
        self.base = Some(raw.chain);
        self.expected = raw.seq.saturating_add(1);
        Ok(())
    }

    /// Looks at hash and body, each on its own account; gives the event where it is wanted.
    fn judge(&mut self, raw: &RawRow<'_>, kind: &str, actor: Option<&str>) -> Option<Recorded> {
        let linked = self.base.map(|base| raw.columns(kind, actor).link(&base));
        let is_written = linked.is_none_or(|linked| linked == raw.chain);
        if !is_written {
            self.add(Fault::Hash, "not what was written: its hash differs");
        }
        match raw.event(kind) {
            Ok(event) => {
                let at = UnixMicros(raw.received_us);
                self.sessions.learn(raw.session, raw.seq, at, &event);
                self.each.is_some().then(|| raw.record(event, actor))
            }
            // It is what somebody wrote, so the log is none the worse; what it says is not judged.
            Err(Misfit::Newer { kind, schema_v }) if is_written => {
                let detail = format!("a `{kind}` of schema {schema_v}, which a newer build wrote");
                let seq = Seq(self.expected);
                self.findings.add(Fault::Newer, Some(seq), detail);
                None
            }
            Err(misfit) => {
                self.add(Fault::Body, misfit.in_words());
                None
            }
        }
    }

    /// Shows an event to whoever looks on, as a read would.
    fn show(&mut self, recorded: Option<Recorded>) -> rusqlite::Result<()> {
        if let (Some(recorded), Some(each)) = (recorded, &mut self.each) {
            each(self.side.masked(recorded, &mut self.clear)?);
        }
        Ok(())
    }

    /// Notes a fault of the row being looked at.
    fn add(&mut self, fault: Fault, detail: impl Into<String>) {
        let seq = Seq(self.expected);
        self.broken = true;
        self.findings.add(fault, Some(seq), detail);
    }
}
