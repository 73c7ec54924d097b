//! A log in memory: for tests, simulators and benches, and the measure of what the contract means.

use super::{ChainHash, EventLog, Head, LogError, LogReader, Read, Snapshot};
use crate::event::{Event, Recorded, Redaction, Seq};
use crate::log::chain::Columns;
use std::collections::BTreeSet;

/// An [`EventLog`] that lives as long as it does.
#[derive(Debug, Default)]
pub struct MemoryLog {
    events: Vec<(Recorded, ChainHash)>,
    keys: BTreeSet<String>,
    redacted: BTreeSet<Seq>,
    snapshot: Option<Snapshot>,
    head: Head,
}

impl MemoryLog {
    /// An empty log.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Marks what a redaction standing at `by` covers, and forgets a state that may hold it.
    fn redact(&mut self, by: Seq, redaction: &Redaction) {
        let events = self.events.iter().map(|(recorded, _)| recorded);
        let covered = events.filter(|recorded| redaction.covers(by, recorded));
        let covered: Vec<_> = covered.map(|recorded| recorded.seq).collect();
        let from = covered.first().copied();
        self.snapshot = self
            .snapshot
            .take()
            .filter(|snapshot| from.is_none_or(|from| snapshot.seq < from));
        self.redacted.extend(covered);
    }
}

impl EventLog for MemoryLog {
    fn log_id(&self) -> &str {
        "memory"
    }

    fn head(&self) -> Head {
        self.head
    }

    fn append(&mut self, batch: &[Recorded]) -> Result<Head, LogError> {
        let mut head = self.head();
        head.is_continued_by(batch)?;
        let mut linked = Vec::with_capacity(batch.len());
        let mut keys = BTreeSet::new();
        let mut body = Vec::new();
        for recorded in batch {
            if let Some(key) = &recorded.dedup_key
                && (self.keys.contains(key) || !keys.insert(key.clone()))
            {
                return Err(LogError::Duplicate { key: key.clone() });
            }
            let damaged = |detail: String| LogError::Damaged {
                seq: recorded.seq,
                detail,
            };
            body.clear();
            recorded
                .event
                .write_body(&mut body)
                .map_err(|error| damaged(error.to_string()))?;
            let text = std::str::from_utf8(&body).map_err(|error| damaged(error.to_string()))?;
            head.chain = Columns::of(recorded, text).link(&head.chain);
            head.seq = recorded.seq;
            head.received_at = recorded.received_at;
            let begins = recorded.session > head.session;
            head.session = recorded.session;
            head.session_open =
                (begins || head.session_open) && !matches!(recorded.event, Event::Disconnected(_));
            let redacted = false;
            let kept = Recorded {
                redacted,
                ..recorded.clone()
            };
            linked.push((kept, head.chain));
        }
        self.events.append(&mut linked);
        self.keys.append(&mut keys);
        for recorded in batch {
            if let Event::Redacted(redaction) = &recorded.event {
                self.redact(recorded.seq, redaction);
            }
        }
        self.head = head;
        Ok(head)
    }

    fn flush(&mut self) -> Result<(), LogError> {
        Ok(())
    }

    fn put_snapshot(&mut self, snapshot: &Snapshot) -> Result<(), LogError> {
        self.snapshot = Some(snapshot.clone());
        Ok(())
    }
}

impl LogReader for MemoryLog {
    fn visit(
        &self,
        read: &Read,
        visitor: &mut dyn FnMut(Recorded) -> bool,
    ) -> Result<(), LogError> {
        let mut events: Box<dyn Iterator<Item = &(Recorded, ChainHash)>> =
            Box::new(self.events.iter());
        if read.descending {
            events = Box::new(self.events.iter().rev());
        }
        let shown = |(recorded, _): &(Recorded, ChainHash)| {
            if !read.as_written && self.redacted.contains(&recorded.seq) {
                let masked = recorded.clone().masked();
                return read.matches(&masked).then_some(masked);
            }
            read.matches(recorded).then(|| recorded.clone())
        };
        let limit = read.limit.unwrap_or(usize::MAX);
        for recorded in events.filter_map(shown).take(limit) {
            if !visitor(recorded) {
                break;
            }
        }
        Ok(())
    }

    fn chain_at(&self, seq: Seq) -> Result<Option<ChainHash>, LogError> {
        let index = usize::try_from(seq.0).unwrap_or(0).checked_sub(1);
        Ok(index
            .and_then(|i| self.events.get(i))
            .map(|(_, chain)| *chain))
    }

    fn snapshot_before(&self, seq: Seq) -> Result<Option<Snapshot>, LogError> {
        Ok(self.snapshot.clone().filter(|snapshot| snapshot.seq <= seq))
    }
}
