//! Time travel: the channel as it was at any position of its log.
//!
//! A state is the fold of all events up to a position, as a read shows them: what was redacted since
//! is hidden in the states of the time before, too. Stored states shorten the way and are
//! trusted for no more than that: one of another fold, of another chain, or that does not read, is
//! passed over, and everything is folded anew. Pure: a log is only read.

use crate::event::Seq;
use crate::log::{LogError, LogReader, Read};
use crate::state::{ChannelState, FOLD_V};
use crate::time::UnixMicros;

/// The state after an event; the empty one for position 0. Beyond the end it is the newest.
///
/// ```
/// use projectionist::{ChannelState, Seq, event_log::MemoryLog, history::state_at};
/// let log = MemoryLog::new();
/// assert_eq!(state_at(&log, Seq(7)).unwrap(), ChannelState::default());
/// ```
///
/// # Errors
/// What the log says while it is read.
pub fn state_at<L: LogReader + ?Sized>(log: &L, seq: Seq) -> Result<ChannelState, LogError> {
    let mut state = stored_state(log, seq)?.unwrap_or_default();
    let read = Read::default().after(state.seq).until(seq);
    log.visit(&read, &mut |recorded| {
        state.apply(&recorded);
        true
    })?;
    Ok(state)
}

/// The last event received at or before a time; 0 where there is none.
///
/// # Errors
/// What the log says while it is read.
pub fn position_at<L: LogReader + ?Sized>(log: &L, time: UnixMicros) -> Result<Seq, LogError> {
    let behind = UnixMicros(time.0.saturating_add(1));
    let read = Read::default()
        .received(None, Some(behind))
        .newest_first()
        .limit(1);
    Ok(log.read(&read)?.first().map_or(Seq(0), |last| last.seq))
}

/// The nearest stored state; `None` on any doubt about it.
fn stored_state<L: LogReader + ?Sized>(
    log: &L,
    seq: Seq,
) -> Result<Option<ChannelState>, LogError> {
    let Some(snapshot) = log.snapshot_before(seq)? else {
        return Ok(None);
    };
    if snapshot.fold_v != FOLD_V || log.chain_at(snapshot.seq)? != Some(snapshot.chain) {
        return Ok(None);
    }
    let state: Option<ChannelState> = serde_json::from_str(&snapshot.body).ok();
    Ok(state.filter(|state| state.seq == snapshot.seq))
}
