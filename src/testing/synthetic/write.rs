//! A synthetic log as a file.

use super::{Synthetic, SyntheticConfig};
use crate::event::Recorded;
use crate::log::{EventLog, Head, LogError, Snapshot};
use crate::sqlite::{LogOptions, SqliteLog};
use crate::state::FOLD_V;
use std::path::Path;

/// Events to a transaction.
const BATCH: usize = 1024;

/// Events between two stored states, as a channel has them.
const STATE_EVERY: u64 = 10_240;

/// Why a synthetic log was not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// There is a file already, which is left alone.
    #[error("{path} exists: give a new file, or remove it")]
    Exists {
        /// Which file.
        path: String,
    },
    /// The log could not be made.
    #[error(transparent)]
    Log(#[from] LogError),
}

/// Writes a log that does not exist yet, of the channel `synthetic`. `progress` is told how many
/// events are written, every thousand, and says whether to go on; a log that was stopped holds what
/// was written by then, and is sound. Blocks the calling thread: some ten microseconds an event.
///
/// # Errors
/// - [`WriteError::Exists`]: there is something at `path`.
/// - [`WriteError::Log`]: it cannot be written.
pub fn write_synthetic(
    config: &SyntheticConfig,
    path: impl AsRef<Path>,
    progress: &mut dyn FnMut(u64) -> bool,
) -> Result<Head, WriteError> {
    let path = path.as_ref();
    if path.exists() {
        let path = path.display().to_string();
        return Err(WriteError::Exists { path });
    }
    let options = LogOptions::new("synthetic", "https://cytube.example")
        .log_id(config.log_id())
        .created(config.begin);
    let mut log = SqliteLog::create_or_open(path, &options)?;
    let mut events = Synthetic::new(config);
    let (mut batch, mut stored) = (Vec::<Recorded>::with_capacity(BATCH), 0);
    while progress(log.head().seq.0) {
        batch.clear();
        batch.extend(events.by_ref().take(BATCH));
        if batch.is_empty() {
            break;
        }
        log.append(&batch)?;
        let head = log.head().seq;
        // Not in the midst of what happened at once: the fold is ahead of the log there.
        if head.0 - stored >= STATE_EVERY && events.state().seq == head {
            store_state(&mut log, &events)?;
            stored = head.0;
        }
    }
    let head = log.head();
    log.close()?;
    Ok(head)
}

fn store_state(log: &mut SqliteLog, events: &Synthetic) -> Result<(), LogError> {
    let (state, head) = (events.state(), log.head());
    let body = serde_json::to_string(state).map_err(|error| LogError::Damaged {
        seq: head.seq,
        detail: error.to_string(),
    })?;
    log.put_snapshot(&Snapshot {
        seq: head.seq,
        fold_v: FOLD_V,
        chain: head.chain,
        body,
    })
}
