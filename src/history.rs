//! Time travel: the channel as it was at any position of its log.
//!
//! A state is the fold of all events up to a position, as a read shows them: what was redacted since
//! is hidden in the states of the time before, too. Stored states shorten the way and are
//! trusted for no more than that: one of another fold, of another chain, or that does not read, is
//! passed over, and everything is folded anew. Pure: a log is only read.

use crate::event::{Kind, Seq};
use crate::log::{LogError, LogReader, Read};
use crate::state::{CHAT_TAIL_MAX, ChannelState, FOLD_V};
use crate::time::UnixMicros;

/// So few events are folded faster than it is looked up which of them matter.
const FEW: u64 = 1_000;

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
    let way = Read::default().after(state.seq).until(seq);
    if let Some(last) = old_chat(log, &way)? {
        let before = way.clone().until(last).except([Kind::MessageSaid]);
        fold(log, &before, &mut state)?;
        fold(log, &way.after(last), &mut state)?;
    } else {
        fold(log, &way, &mut state)?;
    }
    Ok(state)
}

fn fold<L: LogReader + ?Sized>(
    log: &L,
    read: &Read,
    state: &mut ChannelState,
) -> Result<(), LogError> {
    log.visit(read, &mut |recorded| {
        state.apply(&recorded);
        true
    })
}

/// The last position up to which chat can be passed over: most of a log is chat, and of chat a
/// state keeps the last lines only. `None` where that is not worth looking for.
fn old_chat<L: LogReader + ?Sized>(log: &L, way: &Read) -> Result<Option<Seq>, LogError> {
    let length = way.until.unwrap_or_default().0.saturating_sub(way.after.0);
    if length < FEW {
        return Ok(None);
    }
    let newest = way
        .clone()
        .kinds([Kind::MessageSaid])
        .newest_first()
        .limit(CHAT_TAIL_MAX);
    let lines = log.read(&newest)?;
    let oldest = lines.get(CHAT_TAIL_MAX - 1);
    Ok(oldest.map(|line| Seq(line.seq.0 - 1)))
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
