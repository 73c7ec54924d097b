//! Lines of chat that the log's own connections recorded: of those another bot has nothing to tell.
//!
//! CytubeBot stored the server's own times. So a line that both heard has the same millisecond and the
//! same author in both places; the words may differ, since that bot took tags out in its own way. Of a
//! bot that used its own clock nothing can be said.

use crate::event::{Event, Kind, Origin};
use crate::log::{LogError, LogReader, Read};
use crate::sqlite::foreign::{Content, OldTable, Unit};
use crate::time::UnixMicros;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Who said something when, as hashes in order: eight bytes a line.
#[derive(Debug, Default)]
pub(super) struct Witnessed(Vec<u64>);

impl Witnessed {
    /// The lines of a log that were said in the time that these tables tell of.
    pub(super) fn of(log: &impl LogReader, tables: &[OldTable]) -> Result<Self, LogError> {
        let spans = || tables.iter().filter(|table| is_by_server(table));
        let spans = || spans().filter_map(|table| table.span);
        let first = spans().map(|(first, _)| first).min();
        let last = spans().map(|(_, last)| last).max();
        let (Some(first), Some(last)) = (first, last) else {
            return Ok(Self::default());
        };
        let read = Read::default()
            .kinds([Kind::MessageSaid])
            .origins(Origin::WITNESSED)
            .sent(Some(first), Some(UnixMicros(last.0.saturating_add(1))))
            .as_written();
        let mut lines = Vec::new();
        log.visit(&read, &mut |recorded| {
            if let (Event::MessageSaid(said), Some(ms)) = (&recorded.event, recorded.sent_ms) {
                lines.push(hash(ms, &said.user.name));
            }
            true
        })?;
        lines.sort_unstable();
        Ok(Self(lines))
    }

    /// Whether the log's own connections heard what a row of a table tells.
    pub(super) fn has(&self, table: &OldTable, at: UnixMicros, name: Option<&str>) -> bool {
        let Some(name) = name.filter(|_| is_by_server(table)) else {
            return false;
        };
        self.0.binary_search(&hash(at.as_millis(), name)).is_ok()
    }
}

/// Whether a table has lines of chat with the server's own times.
fn is_by_server(table: &OldTable) -> bool {
    table.content == Content::Text && table.unit == Some(Unit::Millis)
}

fn hash(ms: i64, name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (ms, name.to_ascii_lowercase()).hash(&mut hasher);
    hasher.finish()
}
