//! Why another bot's database was not read. Texts name the file, its tables and SQLite's words,
//! never a value.

/// Why another bot's database was not read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OldDatabaseError {
    /// It is no SQLite database, or cannot be opened.
    #[error("{path}: not a database that can be read: {detail}")]
    Unreadable {
        /// Which file.
        path: String,
        /// What came back.
        detail: String,
    },
    /// It is an event log, which is no other bot's.
    #[error(
        "{path} is an event log itself: read it as it is, or take in what `archive` wrote of it"
    )]
    EventLog {
        /// Which file.
        path: String,
    },
    /// No table is one that this build understands.
    #[error(
        "{path}: no table of a bot this build knows; it has {}; known are {}",
        list(.found),
        .known.join(", ")
    )]
    NotUnderstood {
        /// Which file.
        path: String,
        /// The tables there are, the first few.
        found: Vec<String>,
        /// The tables that are understood, with the columns they must have.
        known: Vec<String>,
    },
    /// Reading failed.
    #[error("{path}: {table}: {detail}")]
    Read {
        /// Which file.
        path: String,
        /// Which table, or what of it.
        table: String,
        /// What came back.
        detail: String,
    },
}

fn list(names: &[String]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    names.join(", ")
}
