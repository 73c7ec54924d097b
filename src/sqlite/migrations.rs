//! The schema, step by step: each migration is a file that, once shipped, is never edited.
//!
//! `user_version` counts the steps a file has had. Each step and its count are one transaction: a
//! crash between two leaves a file of an older schema, not of none.

use crate::log::LogError;
use crate::sqlite::failure::storage;
use rusqlite::Connection;
use std::path::Path;

/// The steps, in order; the first makes version 1.
const MIGRATIONS: [&str; 3] = [
    include_str!("../../migrations/0001_init.sql"),
    include_str!("../../migrations/0002_retention.sql"),
    include_str!("../../migrations/0003_redaction.sql"),
];

/// The schema this build writes, and the newest it reads.
pub(crate) const SCHEMA: u32 = MIGRATIONS.len() as u32;

/// Number in the file's header that says "event log": `PjEv`. The first migration sets it.
pub(crate) const APPLICATION_ID: u32 = u32::from_be_bytes(*b"PjEv");

/// What a database file is to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// Nothing in it yet.
    Empty,
    /// An event log of this schema.
    Log {
        /// Steps it has had.
        schema: u32,
    },
}

/// Looks at a file's header without changing it.
///
/// # Errors
/// - [`LogError::NotALog`]: something else is in it.
/// - [`LogError::TooNew`]: a newer build made it.
/// - [`LogError::Storage`]: it cannot be read.
pub(crate) fn identify(conn: &Connection, path: &Path) -> Result<FileKind, LogError> {
    let number = |pragma: &str| conn.query_row(pragma, [], |row| row.get::<_, i64>(0));
    let header = || {
        Ok((
            number("PRAGMA application_id")?,
            number("PRAGMA user_version")?,
            number("SELECT count(*) FROM sqlite_schema")?,
        ))
    };
    let foreign = |detail: String| LogError::NotALog {
        path: path.display().to_string(),
        detail,
    };
    let (application, schema, objects) = header().map_err(|error: rusqlite::Error| {
        if error.sqlite_error_code() == Some(rusqlite::ErrorCode::NotADatabase) {
            return foreign("not an SQLite database".to_owned());
        }
        storage(path, "read the header")(error)
    })?;
    if (application, schema, objects) == (0, 0, 0) {
        return Ok(FileKind::Empty);
    }
    if application != i64::from(APPLICATION_ID) {
        return Err(foreign("an SQLite database of another program".to_owned()));
    }
    match u32::try_from(schema) {
        Ok(schema) if schema > SCHEMA => Err(LogError::TooNew {
            path: path.display().to_string(),
            found: schema,
            known: SCHEMA,
        }),
        Ok(schema) if schema > 0 => Ok(FileKind::Log { schema }),
        _ => Err(foreign(format!("its schema number is {schema}"))),
    }
}

/// Takes a file of schema `from` (0: empty) to the newest.
///
/// # Errors
/// - [`LogError::Storage`]: a step failed; the file is as the step before left it.
pub(crate) fn migrate(conn: &mut Connection, path: &Path, from: u32) -> Result<(), LogError> {
    let failed = storage(path, "migrate");
    for (version, sql) in (1_u32..).zip(MIGRATIONS) {
        if version <= from {
            continue;
        }
        let step = conn.transaction().map_err(&failed)?;
        step.execute_batch(sql).map_err(&failed)?;
        step.pragma_update(None, "user_version", version)
            .map_err(&failed)?;
        step.commit().map_err(&failed)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_becomes_a_log_and_stays_one() {
        let mut conn = Connection::open_in_memory().unwrap();
        let path = Path::new("test");
        assert_eq!(identify(&conn, path).unwrap(), FileKind::Empty);
        migrate(&mut conn, path, 0).unwrap();
        assert_eq!(
            identify(&conn, path).unwrap(),
            FileKind::Log { schema: SCHEMA }
        );
        migrate(&mut conn, path, SCHEMA).unwrap();
    }
}
