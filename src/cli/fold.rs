//! The state at any position of a log, from the nearest snapshot and the events behind it.

use crate::cli::failure::Failure;
use crate::cli::when::Moment;
use projectionist::{ChannelState, SqliteReader, history};

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
        Some(Moment::Time(time)) => history::position_at(reader, time)?,
    };
    Ok(history::state_at(reader, seq)?)
}
