//! Opening a log: what is refused, and how a connection is set up.
//!
//! Everything that can be refused is refused before the file is changed. A relative path is made
//! absolute first: SQLite would take one that begins with `file:` for a URI, and two names of one
//! file must meet at one lock.

use crate::config::Durability;
use crate::event::Kind;
use crate::log::LogError;
use crate::sqlite::failure::{io, storage};
use crate::sqlite::filesystem::check_local;
use crate::sqlite::lock::{WriterLock, beside};
use crate::sqlite::migrations::{FileKind, identify, migrate};
use crate::sqlite::options::LogOptions;
use crate::sqlite::read::{Identity, ReadSide};
use crate::sqlite::seal::{SEAL, SEALED, seal};
use crate::time::UnixMicros;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The first SQLite without the write-ahead log's reset bug, which could corrupt a file.
const SQLITE_MIN: i32 = 3_051_003;

/// How long a statement waits for another connection's lock. Readers never block the writer; only
/// foreign tools that write do.
pub(crate) const BUSY_WAIT_MAX: Duration = Duration::from_secs(5);

/// Statements kept prepared: all of the writer's, and the shapes of a host's reads.
const STATEMENTS_MAX: usize = 64;

/// Bytes of write-ahead log that stay allocated between checkpoints.
const JOURNAL_SIZE_LIMIT: i64 = 64 << 20;

/// Opens a log for writing, making it if need be.
///
/// # Errors
/// As [`crate::SqliteLog::create_or_open`].
pub(crate) fn writer(
    path: &Path,
    options: &LogOptions,
) -> Result<(ReadSide, WriterLock), LogError> {
    check_version(rusqlite::version_number())?;
    let path = resolve(path)?;
    check_local(&path)?;
    let lock = WriterLock::take(&path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut conn = Connection::open_with_flags(&path, flags).map_err(storage(&path, "open"))?;
    prepare(&conn).map_err(storage(&path, "set up"))?;
    let schema = match identify(&conn, &path)? {
        FileKind::Empty => 0,
        FileKind::Log { schema } => {
            check_channel(&conn, &path, &options.channel)?;
            check_kinds(&conn, &path)?;
            schema
        }
    };
    check_writable(&conn, &path)?;
    prepare_writer(&conn, &path, options.durability)?;
    migrate(&mut conn, &path, schema)?;
    note_identity(&mut conn, options).map_err(storage(&path, "name the log"))?;
    let identity = identity(&conn, &path)?;
    Ok((ReadSide::new(conn, path, identity), lock))
}

/// Opens a log for reading only.
///
/// # Errors
/// As [`crate::SqliteReader::open`].
pub(crate) fn reader(path: &Path) -> Result<ReadSide, LogError> {
    check_version(rusqlite::version_number())?;
    let found = std::fs::metadata(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => LogError::Missing {
            path: path.display().to_string(),
        },
        _ => io(path, "open")(error),
    })?;
    if !found.is_file() {
        return Err(LogError::NotALog {
            path: path.display().to_string(),
            detail: "not a file".to_owned(),
        });
    }
    let path = resolve(path)?;
    let conn = to_read(&path)?;
    if identify(&conn, &path)? == FileKind::Empty {
        return Err(LogError::NotALog {
            path: path.display().to_string(),
            detail: "it is empty".to_owned(),
        });
    }
    let identity = identity(&conn, &path)?;
    Ok(ReadSide::new(conn, path, identity))
}

/// A connection to a log's file that can only read, whether or not the directory lets us make the shared index.
pub(crate) fn to_read(path: &Path) -> Result<Connection, LogError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opened = Connection::open_with_flags(path, flags).and_then(probe);
    let Err(error) = opened else {
        return opened.map_err(storage(path, "open"));
    };
    let no_index = matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly)
    );
    if no_index && wal_is_empty(path) {
        let flags = flags | OpenFlags::SQLITE_OPEN_URI;
        return Connection::open_with_flags(immutable_uri(path), flags)
            .and_then(probe)
            .map_err(storage(path, "open"));
    }
    if no_index {
        return Err(LogError::Storage {
            path: path.display().to_string(),
            what: "open",
            detail:
                "its newest events wait in the -wal file beside it, which cannot be read where \
                     nothing may be written: copy both to another place"
                    .to_owned(),
            retryable: false,
        });
    }
    if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) {
        return Err(LogError::NotALog {
            path: path.display().to_string(),
            detail: "not an SQLite database".to_owned(),
        });
    }
    Err(storage(path, "open")(error))
}

/// Sets a connection up and reads once: SQLite opens its files no earlier.
fn probe(conn: Connection) -> rusqlite::Result<Connection> {
    prepare(&conn)?;
    conn.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    Ok(conn)
}

/// Whether the main file is all there is: nothing waits in a write-ahead log beside it.
fn wal_is_empty(path: &Path) -> bool {
    std::fs::metadata(beside(path, "-wal")).map_or(true, |wal| wal.len() == 0)
}

/// A URI by which SQLite reads a file that nobody can be writing, without locks or side files.
fn immutable_uri(path: &Path) -> String {
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'-' | b'_' | b'.' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => {
                uri.push(char::from(*byte));
            }
            _ => uri += &format!("%{byte:02X}"),
        }
    }
    uri + "?mode=ro&immutable=1"
}

/// The absolute path of a file that need not exist yet, links resolved.
fn resolve(path: &Path) -> Result<PathBuf, LogError> {
    if let Ok(found) = path.canonicalize() {
        return Ok(found);
    }
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let directory = directory
        .canonicalize()
        .map_err(io(path, "find the directory"))?;
    path.file_name()
        .map(|name| directory.join(name))
        .ok_or_else(|| LogError::NotALog {
            path: path.display().to_string(),
            detail: "not a file".to_owned(),
        })
}

fn check_version(number: i32) -> Result<(), LogError> {
    if number >= SQLITE_MIN {
        return Ok(());
    }
    let (major, minor, patch) = (number / 1_000_000, number / 1_000 % 1_000, number % 1_000);
    Err(LogError::OldSqlite {
        found: format!("{major}.{minor}.{patch}"),
    })
}

/// What every connection needs, before anything of the file is trusted.
fn prepare(conn: &Connection) -> rusqlite::Result<()> {
    conn.busy_timeout(BUSY_WAIT_MAX)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    conn.execute_batch(
        "PRAGMA mmap_size = 0;
         PRAGMA trusted_schema = OFF;
         PRAGMA cell_size_check = ON;",
    )
}

/// SQLite quietly opens a write-protected file for reading.
fn check_writable(conn: &Connection, path: &Path) -> Result<(), LogError> {
    if conn.is_readonly("main").map_err(storage(path, "open"))? {
        return Err(LogError::Storage {
            path: path.display().to_string(),
            what: "open for writing",
            detail: "the file is read-only".to_owned(),
            retryable: false,
        });
    }
    Ok(())
}

/// What the writer needs besides: a write-ahead log that only we fold into the file.
fn prepare_writer(conn: &Connection, path: &Path, durability: Durability) -> Result<(), LogError> {
    let failed = storage(path, "set up for writing");
    conn.execute_batch("PRAGMA page_size = 4096")
        .map_err(&failed)?;
    let mode: String = conn
        .query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))
        .map_err(&failed)?;
    if mode != "wal" {
        return Err(LogError::Storage {
            path: path.display().to_string(),
            what: "start a write-ahead log",
            detail: format!("the journal mode stays {mode}"),
            retryable: false,
        });
    }
    conn.execute_batch(&format!(
        "PRAGMA wal_autocheckpoint = 0;
         PRAGMA journal_size_limit = {JOURNAL_SIZE_LIMIT};
         PRAGMA foreign_keys = OFF;
         PRAGMA fullfsync = ON;
         PRAGMA checkpoint_fullfsync = ON;"
    ))
    .map_err(&failed)?;
    set_durability(conn, durability).map_err(&failed)
}

/// What commits from now on survive.
pub(crate) fn set_durability(conn: &Connection, durability: Durability) -> rusqlite::Result<()> {
    conn.execute_batch(match durability {
        Durability::Process => "PRAGMA synchronous = NORMAL",
        Durability::Disk => "PRAGMA synchronous = FULL",
    })
}

/// Refuses the log of another channel, if the log says whose it is.
fn check_channel(conn: &Connection, path: &Path, wanted: &str) -> Result<(), LogError> {
    match meta(conn, "channel").map_err(storage(path, "read whose log it is"))? {
        Some(found) if !found.eq_ignore_ascii_case(wanted) => Err(LogError::OtherChannel {
            path: path.display().to_string(),
            found,
            wanted: wanted.to_owned(),
        }),
        _ => Ok(()),
    }
}

/// Refuses to go on with a log that holds kinds this build does not know: a state folded without
/// them would be wrong.
pub(crate) fn check_kinds(conn: &Connection, path: &Path) -> Result<(), LogError> {
    let names = || {
        let mut statement = conn.prepare("SELECT name FROM kind ORDER BY kind_id")?;
        let names = statement.query_map([], |row| row.get::<_, String>(0))?;
        names.collect::<rusqlite::Result<Vec<_>>>()
    };
    let names = names().map_err(storage(path, "read the kinds of its events"))?;
    match names.into_iter().find(|name| Kind::parse(name).is_none()) {
        Some(kind) => Err(LogError::UnknownKind {
            path: path.display().to_string(),
            kind,
        }),
        None => Ok(()),
    }
}

/// Names a log that has no name yet. The chain needs no randomness of ours: SQLite draws the
/// identity and reads the clock.
fn note_identity(conn: &mut Connection, options: &LogOptions) -> rusqlite::Result<()> {
    let naming = conn.transaction()?;
    if meta(&naming, "log_id")?.is_none() {
        let id = options.log_id.map(|id| id.to_vec());
        let created = options.created.map(|at| at.0);
        naming.execute(
            "INSERT INTO meta (key, value) VALUES
                 ('log_id', lower(hex(coalesce(?1, randomblob(16))))),
                 ('channel', ?2),
                 ('origin', ?3),
                 ('created_us', CAST(coalesce(?4, CAST(unixepoch('subsec') * 1000 AS INTEGER) * 1000)
                                AS TEXT))",
            rusqlite::params![id, options.channel, options.origin, created],
        )?;
        let facts = facts(&naming)?;
        naming.execute(
            "INSERT INTO meta (key, value) VALUES (?1, ?2)",
            [SEAL, &seal(facts.iter().map(String::as_str))],
        )?;
    }
    naming.commit()
}

/// What a log says of itself, as it is sealed. What is not there is left out.
fn facts(conn: &Connection) -> rusqlite::Result<Vec<String>> {
    let facts = SEALED.iter().map(|key| meta(conn, key));
    facts.filter_map(Result::transpose).collect()
}

/// Whether what a log says of itself is what was sealed; a log without a seal is believed.
pub(crate) fn is_as_sealed(conn: &Connection) -> rusqlite::Result<bool> {
    let facts = facts(conn)?;
    let told = seal(facts.iter().map(String::as_str));
    Ok(meta(conn, SEAL)?.is_none_or(|sealed| sealed == told))
}

fn identity(conn: &Connection, path: &Path) -> Result<Identity, LogError> {
    let field = |key: &str| {
        meta(conn, key)
            .map_err(storage(path, "read the log's name"))?
            .ok_or_else(|| LogError::NotALog {
                path: path.display().to_string(),
                detail: format!("it lacks its {key}"),
            })
    };
    Ok(Identity {
        log_id: field("log_id")?,
        channel: field("channel")?,
        origin: field("origin")?,
        created: UnixMicros(field("created_us")?.parse().unwrap_or(0)),
    })
}

fn meta(conn: &Connection, key: &str) -> rusqlite::Result<Option<String>> {
    let sql = "SELECT value FROM meta WHERE key = ?1";
    conn.query_row(sql, [key], |row| row.get(0)).optional()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_sqlite_with_the_reset_bug_is_refused() {
        assert!(check_version(3_051_003).is_ok());
        let error = check_version(3_040_001).unwrap_err();
        assert!(error.to_string().contains("SQLite 3.40.1 is too old"));
    }

    #[test]
    fn a_file_that_nobody_writes_is_named_by_uri() {
        assert_eq!(
            immutable_uri(Path::new("/a b/ü?#%.db")),
            "file:/a%20b/%C3%BC%3F%23%25.db?mode=ro&immutable=1"
        );
    }
}
