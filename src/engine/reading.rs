//! Reading the log as methods of the handle: following, history, any state of the past.

use super::handle::ChannelHandle;
use super::replay::Replay;
use super::subscription::{Filter, Start, Subscription};
use crate::error::SubscribeError;
use crate::event::{Recorded, Seq};
use crate::history;
use crate::log::{Checkpoint, LogError, Read};
use crate::sqlite::SqliteReader;
use crate::state::ChannelState;
use crate::time::UnixMicros;
use std::sync::Arc;

impl ChannelHandle {
    /// Follows the log: every committed event that passes the filter, in order, none skipped,
    /// from where `start` says. A slow reader falls behind and can see by how much; it never loses
    /// anything and never slows the recorder.
    ///
    /// # Errors
    /// - [`SubscribeError::WrongLog`], [`SubscribeError::Ahead`], [`SubscribeError::Diverged`],
    ///   [`SubscribeError::Trimmed`]: the checkpoint does not fit this log.
    /// - [`SubscribeError::Log`]: the log cannot be read.
    pub fn subscribe(&self, filter: Filter, start: Start) -> Result<Subscription, SubscribeError> {
        Subscription::open(Arc::clone(self.shared()), filter, start)
    }

    /// Reads events from the log into memory; see [`Read`]. Blocks for the disk only.
    ///
    /// # Errors
    /// What the log says.
    pub fn history(&self, read: &Read) -> Result<Vec<Recorded>, LogError> {
        self.reader()?.read(read)
    }

    /// Visits events of the log in order until the visitor says `false`: for ranges that do not
    /// fit into memory.
    ///
    /// # Errors
    /// What the log says.
    pub fn visit_history(
        &self,
        read: &Read,
        visitor: &mut dyn FnMut(Recorded) -> bool,
    ) -> Result<(), LogError> {
        self.reader()?.visit(read, visitor)
    }

    /// The channel as it was after an event: from the nearest stored state and the events behind it.
    /// Blocks for the reading of at most some ten thousand events.
    ///
    /// # Errors
    /// What the log says.
    pub fn state_at(&self, seq: Seq) -> Result<ChannelState, LogError> {
        history::state_at(&self.reader()?, seq)
    }

    /// The channel as it was at a moment: after the last event received by then.
    ///
    /// # Errors
    /// What the log says.
    pub fn state_at_time(&self, time: UnixMicros) -> Result<ChannelState, LogError> {
        let reader = self.reader()?;
        history::state_at(&reader, history::position_at(&reader, time)?)
    }

    /// Gives events of the past again, at the pace they came or a multiple of it; see [`Replay`].
    ///
    /// # Errors
    /// What the log says.
    pub fn replay(&self, read: Read, rate: f64) -> Result<Replay, LogError> {
        Replay::new(self.reader()?, read, rate)
    }

    /// A read-only connection to the log, for reads of one's own.
    ///
    /// # Errors
    /// What the log says.
    pub fn reader(&self) -> Result<SqliteReader, LogError> {
        SqliteReader::open(&self.shared().log_path)
    }

    /// The newest position, as proof of how far a consumer that starts now has seen.
    ///
    /// # Errors
    /// What the log says.
    pub fn checkpoint(&self) -> Result<Checkpoint, LogError> {
        let head = self.reader()?.head()?;
        let log_id = self.shared().log_id.clone();
        Ok(Checkpoint {
            log_id,
            seq: head.seq,
            chain: head.chain,
        })
    }

    /// Identity of the log, as checkpoints bear it.
    #[must_use]
    pub fn log_id(&self) -> &str {
        &self.shared().log_id
    }
}
