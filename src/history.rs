//! Time travel: the channel as it was at any position of its log.
//!
//! A state is the fold of all events up to a position, as a read shows them: what was redacted since
//! is hidden in the states of the time before, too. In a trimmed log it is the fold of what its base
//! was folded from and of the events behind it. Stored states shorten the way and are trusted for no
//! more than that: one of another fold, of another chain, or that does not read, is passed over, and
//! everything is folded anew. A base cannot be passed over: in doubt there is no state, not a
//! wrong one. Pure: a log is only read.

use crate::event::{Kind, Origin, Seq};
use crate::log::{Base, LogError, LogReader, Read, Snapshot};
use crate::state::{CHAT_TAIL_MAX, ChannelState, FOLD_V, FOLD_V_READ};
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
/// - [`LogError::Trimmed`]: the log begins behind that event.
/// - [`LogError::OtherFold`]: what was trimmed was folded by another version.
/// - Whatever else the log says while it is read.
pub fn state_at<L: LogReader + ?Sized>(log: &L, seq: Seq) -> Result<ChannelState, LogError> {
    let base = log.base()?;
    if let Some(Base { state, .. }) = &base
        && seq < state.seq
    {
        let trimmed = state.seq;
        return Err(LogError::Trimmed { seq, trimmed });
    }
    let mut state = match stored_state(log, seq)? {
        Some(state) => state,
        None => base.map_or_else(|| Ok(ChannelState::default()), |base| base_state(&base))?,
    };
    pass_over_old_chat(log, &mut state, seq)?;
    fold_on(log, &mut state, seq)?;
    Ok(state)
}

/// Folds on without chat up to where chat begins to matter: most of a log is chat, and of chat a
/// state keeps the last lines only. Does nothing where that is not worth looking for.
fn pass_over_old_chat<L: LogReader + ?Sized>(
    log: &L,
    state: &mut ChannelState,
    until: Seq,
) -> Result<(), LogError> {
    if until.0.saturating_sub(state.seq.0) < FEW {
        return Ok(());
    }
    let way = Read::default().after(state.seq).until(until);
    let newest = way.clone().kinds([Kind::MessageSaid]).newest_first();
    let newest = newest.origins(Origin::WITNESSED);
    let lines = log.read(&newest.limit(CHAT_TAIL_MAX))?;
    let Some(oldest) = lines.get(CHAT_TAIL_MAX - 1) else {
        return Ok(());
    };
    let (first, last) = (state.seq.next(), Seq(oldest.seq.0 - 1));
    let rest = way.until(last).except([Kind::MessageSaid]);
    log.visit(&rest, &mut |recorded| {
        state.apply(&recorded);
        true
    })?;
    state.seq = last.max(state.seq);
    // Of events passed over nobody sees that they are missing.
    match log.base()? {
        Some(base) if base.state.seq >= first => Err(LogError::Trimmed {
            seq: first,
            trimmed: base.state.seq,
        }),
        _ => Ok(()),
    }
}

/// Folds the events behind a state into it, up to and including `until` or the end of the log.
///
/// # Errors
/// - [`LogError::Trimmed`]: some of them were trimmed meanwhile.
/// - [`LogError::Damaged`]: one is missing, or does not read back.
/// - [`LogError::Storage`]: the file cannot be read.
pub(crate) fn fold_on<L: LogReader + ?Sized>(
    log: &L,
    state: &mut ChannelState,
    until: Seq,
) -> Result<(), LogError> {
    let read = Read::default().after(state.seq).until(until);
    let mut missing = None;
    log.visit(&read, &mut |recorded| {
        let next = state.seq.next();
        missing = (recorded.seq != next).then_some(next);
        if missing.is_none() {
            state.apply(&recorded);
        }
        missing.is_none()
    })?;
    let Some(seq) = missing else { return Ok(()) };
    match log.base()? {
        Some(Base { state, .. }) if state.seq >= seq => Err(LogError::Trimmed {
            seq,
            trimmed: state.seq,
        }),
        _ => Err(LogError::Damaged {
            seq,
            detail: "it is missing".to_owned(),
        }),
    }
}

/// The state that a trimmed log begins with, be it of an older fold that this build still reads.
///
/// # Errors
/// - [`LogError::OtherFold`]: a newer fold made it, or one too old to be read.
/// - [`LogError::Damaged`]: it does not read back.
pub fn base_state(base: &Base) -> Result<ChannelState, LogError> {
    let Snapshot {
        seq, fold_v, body, ..
    } = &base.state;
    if !(FOLD_V_READ..=FOLD_V).contains(fold_v) {
        return Err(LogError::OtherFold {
            trimmed: *seq,
            found: *fold_v,
            known: FOLD_V,
        });
    }
    let state: Option<ChannelState> = serde_json::from_str(body).ok();
    state
        .filter(|state| state.seq == *seq)
        .ok_or_else(|| LogError::Damaged {
            seq: *seq,
            detail: "the state that the trimmed events fold to does not read".to_owned(),
        })
}

/// The last event received at or before a time; 0 where there is none. In a trimmed log it may be
/// the last one trimmed.
///
/// # Errors
/// What the log says while it is read.
pub fn position_at<L: LogReader + ?Sized>(log: &L, time: UnixMicros) -> Result<Seq, LogError> {
    let behind = UnixMicros(time.0.saturating_add(1));
    let read = Read::default()
        .received(None, Some(behind))
        .newest_first()
        .limit(1);
    if let Some(last) = log.read(&read)?.first() {
        return Ok(last.seq);
    }
    let base = log.base()?.filter(|base| base.received_at <= time);
    Ok(base.map_or(Seq(0), |base| base.state.seq))
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
