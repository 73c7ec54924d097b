//! A log in memory: for tests, simulators and benches, and the measure of what the contract means.

use super::{ChainHash, EventLog, Head, LogError, LogReader, Read, Snapshot};
use crate::event::{Event, Recorded, Seq};
use crate::log::chain::Columns;
use std::collections::BTreeSet;

/// An [`EventLog`] that lives as long as it does.
#[derive(Debug, Default)]
pub struct MemoryLog {
    events: Vec<(Recorded, ChainHash)>,
    keys: BTreeSet<String>,
    snapshot: Option<Snapshot>,
    head: Head,
}

impl MemoryLog {
    /// An empty log.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
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
            linked.push((recorded.clone(), head.chain));
        }
        self.events.append(&mut linked);
        self.keys.append(&mut keys);
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
        let mut matching: Box<dyn Iterator<Item = &Recorded>> =
            Box::new(self.events.iter().map(|(recorded, _)| recorded));
        if read.descending {
            matching = Box::new(self.events.iter().rev().map(|(recorded, _)| recorded));
        }
        for recorded in matching
            .filter(|r| read.matches(r))
            .take(read.limit.unwrap_or(usize::MAX))
        {
            if !visitor(recorded.clone()) {
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
