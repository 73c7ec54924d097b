//! Logs for tests: one that reads back what was written as JSON, one that fails on demand.

use projectionist::{event::*, event_log::*, *};
use std::cell::Cell;
use std::rc::Rc;

/// A log in memory whose events are read back from their stored JSON, as from a file: what a body
/// does not carry is lost here too.
#[derive(Debug, Default)]
pub(crate) struct WrittenLog(MemoryLog);

fn read_back(recorded: Recorded) -> Recorded {
    let mut body = Vec::new();
    recorded.event.write_body(&mut body).unwrap();
    let body = String::from_utf8(body).unwrap();
    let kind = recorded.kind();
    let event = Event::decode(kind, kind.schema_v(), &body).unwrap();
    assert_eq!(event, recorded.event, "a body says all of its event");
    Recorded { event, ..recorded }
}

impl EventLog for WrittenLog {
    fn log_id(&self) -> &str {
        self.0.log_id()
    }

    fn head(&self) -> Head {
        self.0.head()
    }

    fn append(&mut self, batch: &[Recorded]) -> Result<Head, LogError> {
        self.0.append(batch)
    }

    fn flush(&mut self) -> Result<(), LogError> {
        self.0.flush()
    }

    fn put_snapshot(&mut self, snapshot: &Snapshot) -> Result<(), LogError> {
        self.0.put_snapshot(snapshot)
    }
}

impl LogReader for WrittenLog {
    fn visit(
        &self,
        read: &Read,
        visitor: &mut dyn FnMut(Recorded) -> bool,
    ) -> Result<(), LogError> {
        self.0
            .visit(read, &mut |recorded| visitor(read_back(recorded)))
    }

    fn chain_at(&self, seq: Seq) -> Result<Option<ChainHash>, LogError> {
        self.0.chain_at(seq)
    }

    fn snapshot_before(&self, seq: Seq) -> Result<Option<Snapshot>, LogError> {
        self.0.snapshot_before(seq)
    }
}

/// A log whose disk is full while one switch is on, and cannot be synced while the other is.
#[derive(Debug, Default)]
pub(crate) struct FullLog {
    log: WrittenLog,
    full: Rc<Cell<bool>>,
    unsyncable: Rc<Cell<bool>>,
}

impl FullLog {
    /// The log, and the switch that fills its disk.
    pub(crate) fn new() -> (Self, Rc<Cell<bool>>) {
        let log = Self::default();
        let switch = Rc::clone(&log.full);
        (log, switch)
    }

    /// The switch that keeps it from being synced.
    pub(crate) fn unsyncable(&self) -> Rc<Cell<bool>> {
        Rc::clone(&self.unsyncable)
    }
}

/// Unless a switch is on.
fn try_to(what: &'static str, fails: &Cell<bool>) -> Result<(), LogError> {
    if !fails.get() {
        return Ok(());
    }
    Err(LogError::Storage {
        path: "test".to_owned(),
        what,
        detail: "disk full".to_owned(),
        retryable: true,
    })
}

impl EventLog for FullLog {
    fn log_id(&self) -> &str {
        self.log.log_id()
    }

    fn head(&self) -> Head {
        self.log.head()
    }

    fn append(&mut self, batch: &[Recorded]) -> Result<Head, LogError> {
        try_to("append", &self.full)?;
        self.log.append(batch)
    }

    fn flush(&mut self) -> Result<(), LogError> {
        try_to("flush", &self.unsyncable)?;
        self.log.flush()
    }

    fn put_snapshot(&mut self, snapshot: &Snapshot) -> Result<(), LogError> {
        self.log.put_snapshot(snapshot)
    }
}

impl LogReader for FullLog {
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
