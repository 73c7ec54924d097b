//! Reading the log as methods of the handle: following, history, any state of the past.

use super::handle::ChannelHandle;
use super::inbox::Progress;
use super::replay::Replay;
use super::subscription::{Filter, Start, Subscription};
use crate::error::{CheckpointError, SubscribeError};
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

    /// Stores in the log how far a named consumer has read, so that after a restart it can go on
    /// from there: see [`ChannelHandle::stored_checkpoint`]. Blocks for one small commit. `version`
    /// is the consumer's own, for when its rules change.
    ///
    /// # Errors
    /// - [`CheckpointError::WrongLog`]: it is of another log.
    /// - [`CheckpointError::Log`]: it was not stored; the one before stands.
    /// - [`CheckpointError::Engine`]: the engine is busy, closed, or cannot write its log.
    pub fn store_checkpoint(
        &self,
        consumer: &str,
        version: u32,
        read: &Checkpoint,
    ) -> Result<(), CheckpointError> {
        if read.log_id != self.log_id() {
            return Err(CheckpointError::WrongLog);
        }
        self.ask_to_note(Progress {
            consumer: consumer.to_owned(),
            version,
            seq: read.seq,
            chain: read.chain,
        })
    }

    /// How far a named consumer has read, and its version then; `None`: it never said.
    ///
    /// # Errors
    /// What the log says.
    pub fn stored_checkpoint(&self, consumer: &str) -> Result<Option<(u32, Checkpoint)>, LogError> {
        let stored = self.reader()?.checkpoint(consumer)?;
        Ok(stored.map(|stored| {
            let checkpoint = Checkpoint {
                log_id: self.log_id().to_owned(),
                seq: stored.seq,
                chain: stored.chain,
            };
            (stored.version, checkpoint)
        }))
    }

    /// Identity of the log, as checkpoints bear it.
    #[must_use]
    pub fn log_id(&self) -> &str {
        &self.shared().log_id
    }
}
