//! Following the log: a read of the file, and a wake-up when there is more to read.
//!
//! There is no queue between the engine and a subscriber, so there is none to overflow: nothing is
//! lost between catching up and live, and a slow subscriber merely lags.

use super::shared::Shared;
use crate::error::SubscribeError;
use crate::event::{Kind, Origin, Recorded, Seq};
use crate::log::{Checkpoint, LogError, Read};
use crate::sqlite::SqliteReader;
use crate::time::UnixMicros;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Events read from the file at a time.
const PAGE: usize = 256;

/// Which events a subscriber wants; the default wants all.
///
/// ```
/// use projectionist::{Filter, Kind};
/// let chat_of_alice = Filter::kinds([Kind::MessageSaid, Kind::PmSaid]).actor("alice");
/// # let _ = chat_of_alice;
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    kinds: Vec<Kind>,
    actor: Option<String>,
    origins: Vec<Origin>,
}

impl Filter {
    /// Everything.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// These kinds only.
    #[must_use]
    pub fn kinds(kinds: impl IntoIterator<Item = Kind>) -> Self {
        Self {
            kinds: kinds.into_iter().collect(),
            ..Self::default()
        }
    }

    /// This actor only; ASCII case is ignored.
    #[must_use]
    pub fn actor(mut self, name: impl Into<String>) -> Self {
        self.actor = Some(name.into());
        self
    }

    /// These origins only.
    #[must_use]
    pub fn origins(mut self, origins: impl IntoIterator<Item = Origin>) -> Self {
        self.origins = origins.into_iter().collect();
        self
    }

    pub(super) fn read(&self) -> Read {
        let mut read = Read::default().kinds(self.kinds.iter().copied());
        read.actor.clone_from(&self.actor);
        read.origins.clone_from(&self.origins);
        read
    }
}

/// Where a subscriber begins.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Start {
    /// With the first event of the log; of a trimmed one, with the first there is.
    Origin,
    /// With the first event from now on.
    Head,
    /// With the first event received at or after this time.
    At(UnixMicros),
    /// Behind the last event that a consumer has seen.
    From(Checkpoint),
}

/// Stops a subscription from another thread.
#[derive(Clone, Debug)]
pub struct CancelHandle {
    cancelled: Arc<AtomicBool>,
    shared: Arc<Shared>,
}

impl CancelHandle {
    /// Ends the subscription: a reader that waits returns at once.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Release);
        self.shared.nudge();
    }
}

/// Committed events in order. Iterating blocks until there is a next one; it ends when the engine
/// is closed and everything was read, when it is cancelled, or behind an error.
pub struct Subscription {
    shared: Arc<Shared>,
    reader: SqliteReader,
    filter: Filter,
    /// Everything up to here was read or filtered out.
    scanned: Seq,
    /// Everything up to here was given out or filtered out.
    position: Seq,
    page: VecDeque<Recorded>,
    /// Where the log ended when the page was read.
    read_at: Seq,
    cancelled: Arc<AtomicBool>,
    failed: bool,
}

impl std::fmt::Debug for Subscription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subscription")
            .field("filter", &self.filter)
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}

impl Subscription {
    pub(crate) fn open(
        shared: Arc<Shared>,
        filter: Filter,
        start: Start,
    ) -> Result<Self, SubscribeError> {
        let reader = SqliteReader::open(&shared.log_path)?;
        let position = first_position(&reader, &start)?;
        Ok(Self {
            shared,
            reader,
            filter,
            scanned: position,
            position,
            page: VecDeque::new(),
            read_at: position,
            cancelled: Arc::default(),
            failed: false,
        })
    }

    /// Waits for the next event, at most so long; `None` if none came, or none will come.
    ///
    /// # Errors
    /// What the log says; the subscription is over then.
    pub fn next_timeout(&mut self, timeout: Duration) -> Result<Option<Recorded>, LogError> {
        loop {
            if let Some(recorded) = self.page.pop_front() {
                self.position = recorded.seq;
                match self
                    .shown_now(recorded)
                    .inspect_err(|_| self.failed = true)?
                {
                    Some(recorded) => return Ok(Some(recorded)),
                    None => continue,
                }
            }
            self.position = self.scanned;
            if self.failed || self.is_cancelled() {
                return Ok(None);
            }
            self.turn_page().inspect_err(|_| self.failed = true)?;
            if self.page.is_empty() && self.scanned == self.position {
                let cancelled = &self.cancelled;
                let give_up = || cancelled.load(Ordering::Acquire);
                if !self.shared.wait_past(self.scanned, timeout, give_up) {
                    return Ok(None);
                }
            }
        }
    }

    /// A page may have waited for its reader while something of it was redacted.
    fn shown_now(&self, recorded: Recorded) -> Result<Option<Recorded>, LogError> {
        if self.shared.head() == self.read_at {
            return Ok(Some(recorded));
        }
        self.reader.shown_now(recorded, &self.filter.read())
    }

    fn turn_page(&mut self) -> Result<(), LogError> {
        // Only what is published counts as there: the file may be one commit ahead.
        let head = self.shared.head();
        if head <= self.scanned {
            return Ok(());
        }
        let read = self
            .filter
            .read()
            .after(self.scanned)
            .until(head)
            .limit(PAGE);
        self.page = self.reader.read(&read)?.into();
        self.read_at = head;
        // A short page means that the rest up to the head was filtered out.
        let is_full = self.page.len() == PAGE;
        self.scanned = match self.page.back() {
            Some(last) if is_full => last.seq,
            _ => head,
        };
        Ok(())
    }

    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire)
    }

    /// Whether nothing more will come: it was cancelled, has failed, or the engine is closed and
    /// everything was read.
    #[must_use]
    pub fn is_over(&self) -> bool {
        let is_read = self.page.is_empty() && self.scanned >= self.shared.head();
        self.failed || self.is_cancelled() || (self.shared.is_closed() && is_read)
    }

    /// How many events of the log, wanted or not, have not been given out yet.
    #[must_use]
    pub fn lag(&self) -> u64 {
        self.shared.head().0.saturating_sub(self.position.0)
    }

    /// The position behind the last event given out (or filtered out), to resume from.
    ///
    /// # Errors
    /// What the log says.
    pub fn checkpoint(&self) -> Result<Checkpoint, LogError> {
        let chain = self.reader.chain_at(self.position)?.unwrap_or_default();
        Ok(Checkpoint {
            log_id: self.shared.log_id.clone(),
            seq: self.position,
            chain,
        })
    }

    /// A handle that ends this subscription from another thread.
    #[must_use]
    pub fn cancel_handle(&self) -> CancelHandle {
        CancelHandle {
            cancelled: Arc::clone(&self.cancelled),
            shared: Arc::clone(&self.shared),
        }
    }
}

impl Iterator for Subscription {
    type Item = Result<Recorded, LogError>;

    /// Blocks until there is a next event.
    fn next(&mut self) -> Option<Self::Item> {
        self.next_timeout(Duration::MAX).transpose()
    }
}

/// Everything up to the position returned is behind the subscriber.
fn first_position(reader: &SqliteReader, start: &Start) -> Result<Seq, SubscribeError> {
    let head = reader.head()?;
    let trimmed = reader.trim_seq()?;
    match start {
        Start::Origin => Ok(trimmed),
        Start::Head => Ok(head.seq),
        Start::At(time) => {
            let first = reader.read(&Read::default().received(Some(*time), None).limit(1))?;
            Ok(first
                .first()
                .map_or(head.seq, |event| Seq(event.seq.0.saturating_sub(1))))
        }
        Start::From(checkpoint) => {
            let Checkpoint { log_id, seq, chain } = checkpoint;
            if log_id != reader.log_id() {
                let wanted = reader.log_id().to_owned();
                return Err(SubscribeError::WrongLog {
                    wanted,
                    found: log_id.clone(),
                });
            }
            if *seq > head.seq {
                return Err(SubscribeError::Ahead {
                    checkpoint: *seq,
                    head: head.seq,
                });
            }
            if *seq < trimmed {
                return Err(SubscribeError::Trimmed(*seq));
            }
            match reader.chain_at(*seq)? {
                _ if seq.0 == 0 => Ok(*seq),
                None => Err(SubscribeError::Trimmed(*seq)),
                Some(found) if found != *chain => Err(SubscribeError::Diverged(*seq)),
                Some(_) => Ok(*seq),
            }
        }
    }
}
