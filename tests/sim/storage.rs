//! A log whose disk fails for a while, and that loses what was not made durable when the power goes.

use projectionist::event_log::*;
use projectionist::{LogError, Read, Recorded, Seq};

/// A log in memory with the faults of a disk.
#[derive(Debug, Default)]
pub(crate) struct SimLog {
    log: MemoryLog,
    /// The newest event that a power cut leaves.
    durable: Seq,
    /// Whether every write fails.
    pub(crate) failing: bool,
}

impl SimLog {
    /// What is left when the power goes: the durable events and so many of those behind them.
    pub(crate) fn after_power_cut(self, lucky: u64) -> Self {
        let kept = Seq(self.log.head().seq.0.min(self.durable.0 + lucky));
        let events = self.log.read(&Read::default().until(kept)).unwrap();
        let mut log = MemoryLog::new();
        log.append(&events).unwrap();
        Self {
            log,
            durable: kept,
            failing: false,
        }
    }

    fn check(&self, what: &'static str) -> Result<(), LogError> {
        if !self.failing {
            return Ok(());
        }
        Err(LogError::Storage {
            path: "sim".to_owned(),
            what,
            detail: "disk full".to_owned(),
            retryable: true,
        })
    }
}

impl EventLog for SimLog {
    fn log_id(&self) -> &str {
        self.log.log_id()
    }

    fn head(&self) -> Head {
        self.log.head()
    }

    fn append(&mut self, batch: &[Recorded]) -> Result<Head, LogError> {
        self.check("append")?;
        self.log.append(batch)
    }

    fn flush(&mut self) -> Result<(), LogError> {
        self.check("flush")?;
        self.durable = self.log.head().seq;
        Ok(())
    }

    fn put_snapshot(&mut self, snapshot: &Snapshot) -> Result<(), LogError> {
        self.check("store a state")?;
        self.log.put_snapshot(snapshot)
    }
}

impl LogReader for SimLog {
    fn visit(
        &self,
        read: &Read,
        visitor: &mut dyn FnMut(Recorded) -> bool,
    ) -> Result<(), LogError> {
        self.log.visit(read, visitor)
    }

    fn chain_at(&self, seq: Seq) -> Result<Option<ChainHash>, LogError> {
        self.log.chain_at(seq)
    }

    fn snapshot_before(&self, seq: Seq) -> Result<Option<Snapshot>, LogError> {
        self.log.snapshot_before(seq)
    }
}
