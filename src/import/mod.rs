//! The history that another bot kept, as events of this log.
//!
//! An [`OldDatabase`] is read, never written. Its lines of chat become `message` events and its
//! numbers of viewers `user_count` events, of origin
//! [`Import`](crate::event::Origin::Import), with their own time as the sent one. They are history
//! and nothing else: the state is what it was, and so is what the next join is compared with. Rows
//! without a time (libraries, sums) become no events of their own, but are kept as `raw` JSON in
//! events of kind `import`. Each row goes in once: the same database, or a later one of the same bot,
//! brings only what is new. A line that the log's own connections heard is not brought in either,
//! where that bot stored the server's time (a join may still repeat the last lines of a database that
//! was brought in before it). What cannot be carried over is counted by reason.
//!
//! A log that has never seen a connection takes their own times as received ones too. One with a
//! history of its own, whose received times do not fall, receives them in the present;
//! [`Read::sent`](crate::Read::sent) finds them in their place.
//!
//! ```no_run
//! use projectionist::{UnixMicros, import, sqlite::{LogOptions, SqliteLog}};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let now = UnixMicros::from_millis(1_795_385_348_233); // what the host's clock says
//! let old = import::OldDatabase::open("cytubebot.db", now)?;
//! let options = LogOptions::new("MyChannel", "https://cytu.be");
//! let log = SqliteLog::create_or_open("my.events.db", &options)?;
//! let summary = import::take_in(log, &old, "cytubebot.db", now, &mut |_rows| true)?;
//! for table in &summary.tables {
//!     println!("{}: {} of {} rows taken", table.table, table.taken, table.rows);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What is understood
//!
//! Tables, by name and columns, of CytubeBot (nuclearace's, and its forks) and of Rosey:
//!
//! | table | columns it must have | what becomes of it |
//! | --- | --- | --- |
//! | `chat` | `timestamp username msg` | `message`; the text as that bot stored it, without tags. It stored no notices of the server and few commands to itself |
//! | `recent_chat` | `timestamp username message` | `message`; HTML. The time is that bot's own, in whole seconds |
//! | `user_count` | `timestamp count` | `user_count` |
//! | `user_count_history` | `timestamp connected_users` | `user_count` |
//! | `users` | `uname` | kept as raw rows: name, rank, blacklisted, block, points |
//! | `videos`, `video_stats` | `type id`; `type id uname` | kept as raw rows: no play has a time there |
//! | `user_stats`, `channel_stats` | `username first_seen last_seen`; `max_users` | kept as raw rows |
//!
//! A time may be in seconds, milliseconds or microseconds; one unit a table, told from its rows. Only
//! times from 2009 to a day after the present are believed. How a line was shown (action, greentext)
//! was not stored: its style is plain. Rank, away and muted are unknown.
//!
//! A database whose lines tell of several channels gives a log those of its own; what does not tell
//! (numbers of viewers, facts) then stays out.

mod carry;
mod facts;
mod summary;
mod take_in;
mod witnessed;

pub use crate::sqlite::foreign::{
    Cell, Content, OldDatabase, OldDatabaseError, OldRow, OldTable, TEXT_BYTES_MAX, Unit,
};
pub use carry::Skipped;
pub use summary::{ReceivedAs, Summary, TableSummary};
pub use take_in::take_in;

use crate::log::LogError;

/// Why an import ended before its end. What was committed until then stays, and importing again goes
/// on from there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The old database could not be read.
    #[error(transparent)]
    Old(#[from] OldDatabaseError),
    /// The log was trimmed, and rows brought in before may be in its segments: they would go in twice.
    #[error("the log was trimmed after something was brought in: import its segments first")]
    Trimmed,
    /// The log could not be written.
    #[error(transparent)]
    Log(#[from] LogError),
}
