//! A log that fails when told to, and forgets its newest commits when the power goes.
//!
//! What it loses is a tail of whole commits behind the last barrier ([`EventLog::flush`]): a log
//! never loses from the middle, nor half a transaction. Events come back as they were written, not
//! as they were handed over.

use crate::common::logs::WrittenLog;
use projectionist::event_log::*;
use projectionist::sqlite::{LogOptions, SqliteLog, verify};
use projectionist::testing::SplitMix64;
use projectionist::{Kind, LogError, Read, Recorded, Seq, SqliteReader, UnixMicros};
use std::cell::Cell;
use std::rc::Rc;
use tempfile::TempDir;

/// What the disk does at the moment.
#[derive(Debug, Default)]
pub(crate) struct Disk {
    pub(crate) fails: Cell<bool>,
    pub(crate) fails_snapshots: Cell<bool>,
}

#[derive(Debug)]
enum Store {
    Memory(WrittenLog),
    /// With the folder that it is in.
    File(Box<SqliteLog>, TempDir),
}

#[derive(Debug)]
pub(crate) struct SimLog {
    store: Store,
    disk: Rc<Disk>,
    /// All commits, for those that may be lost.
    commits: Vec<Vec<Recorded>>,
    /// How many of them are behind a barrier.
    synced: usize,
    snapshot: Option<Snapshot>,
    /// Appended since the last look.
    fresh: Vec<Recorded>,
    /// Rows that say a command was sent, gone with the power.
    pub(crate) lost_sent: u64,
}

impl SimLog {
    pub(crate) fn new(disk: Rc<Disk>, on_disk: bool) -> Self {
        let store = if on_disk {
            let folder = tempfile::tempdir().unwrap();
            Store::File(Box::new(open(&folder)), folder)
        } else {
            Store::Memory(WrittenLog::default())
        };
        Self {
            store,
            disk,
            commits: Vec::new(),
            synced: 0,
            snapshot: None,
            fresh: Vec::new(),
            lost_sent: 0,
        }
    }

    fn log(&self) -> &dyn EventLog {
        match &self.store {
            Store::Memory(log) => log,
            Store::File(log, _) => log.as_ref(),
        }
    }

    fn log_mut(&mut self) -> &mut dyn EventLog {
        match &mut self.store {
            Store::Memory(log) => log,
            Store::File(log, _) => log.as_mut(),
        }
    }

    pub(crate) fn take_fresh(&mut self) -> Vec<Recorded> {
        std::mem::take(&mut self.fresh)
    }

    /// Another process opens the file.
    pub(crate) fn reopened(mut self) -> Self {
        self.fresh.clear();
        if let Store::File(log, folder) = self.store {
            drop(log);
            self.store = Store::File(Box::new(open(&folder)), folder);
        }
        self
    }

    /// The power goes: some of the newest commits are gone. A file keeps them all, since nothing
    /// here can take them from the page cache.
    pub(crate) fn power_cut(mut self, random: &mut SplitMix64) -> Self {
        let unsynced = self.commits.len() - self.synced;
        if let Store::Memory(_) = self.store {
            let kept = self.synced + random.index(unsynced + 1);
            let lost = self.commits.drain(kept..).flatten();
            let is_sent = |row: &Recorded| row.kind() == Kind::CommandSent;
            self.lost_sent += lost.filter(is_sent).count() as u64;
            self.synced = kept;
            let mut log = WrittenLog::default();
            for commit in &self.commits {
                log.append(commit).unwrap();
            }
            let head = log.head().seq;
            self.snapshot = self.snapshot.filter(|snapshot| snapshot.seq <= head);
            if let Some(snapshot) = &self.snapshot {
                log.put_snapshot(snapshot).unwrap();
            }
            self.store = Store::Memory(log);
        }
        self.reopened()
    }

    /// P8: the log is what was written, link by link.
    pub(crate) fn verify(&self) {
        let (mut again, all) = (MemoryLog::new(), self.read(&Read::default()).unwrap());
        assert_eq!(all, self.commits.concat(), "a log gives back what it took");
        let head = again.append(&all).unwrap();
        assert_eq!(head, self.head(), "the chain comes out again");
        if let Store::File(log, _) = &self.store {
            let reader = SqliteReader::open(log.path()).unwrap();
            let verdict = verify(&reader, |_, _| ()).unwrap();
            assert!(verdict.findings.is_empty(), "{verdict:?}");
        }
    }

    fn error(&self, what: &'static str) -> LogError {
        LogError::Storage {
            path: "sim".to_owned(),
            what,
            detail: "no space left on device".to_owned(),
            retryable: true,
        }
    }
}

fn open(folder: &TempDir) -> SqliteLog {
    let options = LogOptions::new(crate::plan::ROOM, "https://cytu.be")
        .log_id([7; 16])
        .created(UnixMicros::from_millis(crate::plan::START_MS));
    SqliteLog::create_or_open(folder.path().join("sim.events.db"), &options).unwrap()
}

impl EventLog for SimLog {
    fn log_id(&self) -> &str {
        self.log().log_id()
    }

    fn head(&self) -> Head {
        self.log().head()
    }

    fn append(&mut self, batch: &[Recorded]) -> Result<Head, LogError> {
        if self.disk.fails.get() {
            return Err(self.error("append"));
        }
        let head = self.log_mut().append(batch)?;
        self.commits.push(batch.to_vec());
        self.fresh.extend_from_slice(batch);
        Ok(head)
    }

    fn flush(&mut self) -> Result<(), LogError> {
        if self.disk.fails.get() {
            return Err(self.error("flush"));
        }
        self.log_mut().flush()?;
        self.synced = self.commits.len();
        Ok(())
    }

    fn put_snapshot(&mut self, snapshot: &Snapshot) -> Result<(), LogError> {
        if self.disk.fails.get() || self.disk.fails_snapshots.get() {
            return Err(self.error("store the state"));
        }
        self.snapshot = Some(snapshot.clone());
        self.log_mut().put_snapshot(snapshot)
    }

    fn idle(&mut self) {
        self.log_mut().idle();
    }
}

impl LogReader for SimLog {
    fn visit(
        &self,
        read: &Read,
        visitor: &mut dyn FnMut(Recorded) -> bool,
    ) -> Result<(), LogError> {
        self.log().visit(read, visitor)
    }

    fn chain_at(&self, seq: Seq) -> Result<Option<ChainHash>, LogError> {
        self.log().chain_at(seq)
    }

    fn snapshot_before(&self, seq: Seq) -> Result<Option<Snapshot>, LogError> {
        self.log().snapshot_before(seq)
    }
}
