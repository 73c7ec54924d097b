//! The state at any position of a log, from the nearest snapshot and the events behind it.

use crate::cli::failure::Failure;
use crate::cli::when::Moment;
use projectionist::{ChannelState, LogError, Read, Seq, SqliteReader, UnixMicros, state::FOLD_V};

/// The state after the event at a moment: that very event, or the last one received by then.
pub(crate) fn state_at(
    reader: &SqliteReader,
    moment: Option<Moment>,
) -> Result<ChannelState, Failure> {
    let head = reader.head()?.seq;
    let seq = match moment {
        None => head,
        Some(Moment::Seq(seq)) if seq > head => {
            let text = format!("there is no event {seq}: the log ends at {head}");
            return Err(Failure::Usage(text));
        }
        Some(Moment::Seq(seq)) => seq,
        Some(Moment::Time(time)) => last_received_by(reader, time)?,
    };
    Ok(state_after(reader, seq)?)
}

/// The last event received at or before a time; 0 where there is none.
pub(crate) fn last_received_by(reader: &SqliteReader, time: UnixMicros) -> Result<Seq, LogError> {
    let behind = UnixMicros(time.0.saturating_add(1));
    let read = Read::default()
        .received(None, Some(behind))
        .newest_first()
        .limit(1);
    Ok(reader.read(&read)?.first().map_or(Seq(0), |last| last.seq))
}

/// The state after an event.
fn state_after(reader: &SqliteReader, seq: Seq) -> Result<ChannelState, LogError> {
    let mut state = snapshot_state(reader, seq)?.unwrap_or_default();
    let read = Read::default().after(state.seq).until(seq);
    reader.visit(&read, &mut |recorded| {
        state.apply(&recorded);
        true
    })?;
    Ok(state)
}

/// The nearest snapshot's state; `None` on any doubt about it: then all is folded.
fn snapshot_state(reader: &SqliteReader, seq: Seq) -> Result<Option<ChannelState>, LogError> {
    let Some(snapshot) = reader.snapshot_before(seq)? else {
        return Ok(None);
    };
    if snapshot.fold_v != FOLD_V || reader.chain_at(snapshot.seq)? != Some(snapshot.chain) {
        return Ok(None);
    }
    let state: Option<ChannelState> = serde_json::from_str(&snapshot.body).ok();
    Ok(state.filter(|state| state.seq == snapshot.seq))
}
