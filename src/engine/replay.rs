//! Replay: events of the past at the pace they came, or a multiple of it.

use super::clock::Clock;
use crate::event::{Recorded, Seq};
use crate::log::{LogError, Read, TimeBasis};
use crate::sqlite::SqliteReader;
use crate::time::UnixMicros;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use std::collections::VecDeque;
use std::time::Duration;

/// Events read from the file at a time.
const PAGE: usize = 256;

/// Events of a log again, in its order, spaced as they were received, or as they were sent where the
/// read speaks of that time ([`Read::sent`]). Iterating blocks until the next one is due, on the
/// calling thread; it ends behind the last event that was there when it began.
///
/// ```no_run
/// use projectionist::{Read, Replay, SqliteReader};
/// let reader = SqliteReader::open("my.events.db")?;
/// for event in Replay::new(reader, Read::default(), 60.0)? {
///     println!("{}", event?.text()); // an hour in a minute
/// }
/// # Ok::<(), projectionist::LogError>(())
/// ```
#[derive(Debug)]
pub struct Replay {
    reader: SqliteReader,
    read: Read,
    page: VecDeque<Recorded>,
    /// Nothing more is in the file.
    exhausted: bool,
    rate: f64,
    clock: Clock,
    /// When the first event was given out, and when it had happened.
    began: Option<(Duration, UnixMicros)>,
    cancel: Sender<()>,
    cancelled: Receiver<()>,
}

/// Ends a [`Replay`] from another thread.
#[derive(Clone, Debug)]
pub struct ReplayCancel(Sender<()>);

impl ReplayCancel {
    /// Ends the replay: a reader that waits returns at once.
    pub fn cancel(&self) {
        // Full means that it was told already.
        let _ = self.0.try_send(());
    }
}

impl Replay {
    /// Begins a replay of the events asked for, in the order of the log. `rate` is how many times
    /// as fast: 1 as it was, 10 ten times, infinity without a pause; what is no positive number
    /// counts as 1.
    ///
    /// # Errors
    /// What the log says.
    pub fn new(reader: SqliteReader, read: Read, rate: f64) -> Result<Self, LogError> {
        let head = reader.head()?.seq;
        let until = read.until.map_or(head, |until| until.min(head));
        let mut read = read.until(until);
        read.descending = false;
        let (cancel, cancelled) = bounded(1);
        Ok(Self {
            reader,
            read,
            page: VecDeque::new(),
            exhausted: false,
            rate: if rate > 0.0 { rate } else { 1.0 },
            clock: Clock::new(),
            began: None,
            cancel,
            cancelled,
        })
    }

    /// Waits for the next event to be due, at most so long; `None` if it is not, or if there is
    /// none (see [`Replay::is_over`]).
    ///
    /// # Errors
    /// What the log says; the replay is over then.
    pub fn next_timeout(&mut self, timeout: Duration) -> Result<Option<Recorded>, LogError> {
        if self.page.is_empty() && !self.exhausted {
            self.turn_page().inspect_err(|_| self.exhausted = true)?;
        }
        let Some(next) = self.page.front() else {
            return Ok(None);
        };
        let wait = self.due_in(self.time(next));
        let cancelled = if wait.is_zero() {
            self.cancelled.try_recv().is_ok()
        } else {
            let waited = self.cancelled.recv_timeout(wait.min(timeout));
            waited != Err(RecvTimeoutError::Timeout)
        };
        if cancelled {
            (self.exhausted, self.page) = (true, VecDeque::new());
        }
        if wait > timeout {
            return Ok(None);
        }
        let Some(next) = self.page.pop_front() else {
            return Ok(None);
        };
        // A page may wait for hours: what of it was redacted meanwhile is not shown any more.
        let shown = self.reader.shown_now(next, &self.read);
        match shown.inspect_err(|_| self.exhausted = true)? {
            Some(next) => Ok(Some(next)),
            // At most a page of them: what is read from here on is masked already.
            None => self.next_timeout(timeout),
        }
    }

    /// Whether everything was given out, or it was cancelled.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.exhausted && self.page.is_empty()
    }

    /// A handle that ends this replay from another thread.
    #[must_use]
    pub fn cancel_handle(&self) -> ReplayCancel {
        ReplayCancel(self.cancel.clone())
    }

    /// The time of an event that sets the pace; `None` for one that has none, and is due at once.
    fn time(&self, recorded: &Recorded) -> Option<UnixMicros> {
        match self.read.basis {
            TimeBasis::Received => Some(recorded.received_at),
            TimeBasis::Sent => recorded.sent_ms.map(UnixMicros::from_millis),
        }
    }

    /// How long until an event is due. The first one is at once; so is one from before the first.
    fn due_in(&mut self, time: Option<UnixMicros>) -> Duration {
        let Some(time) = time else {
            return Duration::ZERO;
        };
        let now = self.clock.mono();
        let (began, first) = *self.began.get_or_insert((now, time));
        let seconds = time.seconds_since(first) / self.rate;
        // Longer than any clock runs is never: the wait is cut by its caller anyway.
        let offset = Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX);
        began.saturating_add(offset).saturating_sub(now)
    }

    fn turn_page(&mut self) -> Result<(), LogError> {
        let left = self.read.limit.unwrap_or(usize::MAX);
        let read = self.read.clone().limit(left.min(PAGE));
        let page = self.reader.read(&read)?;
        self.exhausted = page.len() < PAGE || left <= PAGE;
        self.read.limit = self
            .read
            .limit
            .map(|limit| limit.saturating_sub(page.len()));
        self.read.after = page.last().map_or(self.read.after, |last| last.seq);
        self.page = page.into();
        Ok(())
    }

    /// The event given out next has this number at least.
    #[must_use]
    pub fn position(&self) -> Seq {
        self.page.front().map_or(self.read.after, |next| next.seq)
    }
}

impl Iterator for Replay {
    type Item = Result<Recorded, LogError>;

    /// Blocks until the next event is due.
    fn next(&mut self) -> Option<Self::Item> {
        self.next_timeout(Duration::MAX).transpose()
    }
}
