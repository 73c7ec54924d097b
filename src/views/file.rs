//! The views file as a file: what it says about itself, and how one takes another's place.

use crate::event::Seq;
use crate::log::{ChainHash, LogReader};
use crate::sqlite::SqliteReader;
use crate::views::error::{ViewsError, io, storage};
use crate::views::options::ViewsOptions;
use crate::views::projector::Projector;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Number in the file's header that says "views": `PjVw`.
const APPLICATION_ID: u32 = u32::from_be_bytes(*b"PjVw");

/// The tables about the file itself.
const SCHEMA: &str = include_str!("schema.sql");

/// Version of those tables. A file of an older one is built anew.
const VERSION: u32 = 1;

/// How long a statement waits for another connection's lock.
const BUSY_WAIT_MAX: Duration = Duration::from_secs(5);

/// Statements kept prepared: a dozen projectors with a handful each.
const STATEMENTS_MAX: usize = 128;

/// Pages of the file kept in memory, in KiB (negative: SQLite's way to say so): what a run of rows
/// touches, full-text index included.
const CACHE: i32 = -32_768;

/// How far one projector has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reached {
    pub(crate) seq: Seq,
    pub(crate) chain: ChainHash,
}

/// What a file at the place of the views was found to be.
pub(crate) enum Found {
    /// Nothing.
    Nothing,
    /// Views that can go on from where they are.
    Usable(Connection),
    /// Views that have to be built anew, and why.
    Stale(&'static str),
}

/// Path of a side file.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(suffix);
    PathBuf::from(path)
}

/// Looks at a file and says whether a run can go on with it.
///
/// # Errors
/// - [`ViewsError::NotViews`], [`ViewsError::TooNew`]: not ours to replace.
/// - [`ViewsError::Storage`], [`ViewsError::Log`]: it, or the log, cannot be read.
pub(crate) fn look(
    path: &Path,
    reader: &SqliteReader,
    options: &ViewsOptions,
    projectors: &[Box<dyn Projector>],
) -> Result<Found, ViewsError> {
    if !path.exists() {
        return Ok(Found::Nothing);
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let failed = storage(path, "open the views");
    let conn = Connection::open_with_flags(path, flags).map_err(&failed)?;
    // Nothing of a foreign file is changed: whose it is comes first.
    let version = match version(&conn, path) {
        Err(ViewsError::Storage { .. }) => return Ok(Found::Stale("it was damaged")),
        version => version?,
    };
    prepare(&conn).map_err(&failed)?;
    if version < VERSION {
        return Ok(Found::Stale("it is of an older build"));
    }
    match difference(&conn, reader, options, projectors) {
        Ok(None) => Ok(Found::Usable(conn)),
        Ok(Some(why)) => Ok(Found::Stale(why)),
        Err(ViewsError::Storage { .. }) => Ok(Found::Stale("it was damaged")),
        Err(error) => Err(error),
    }
}

/// The version of a views file.
///
/// # Errors
/// - [`ViewsError::NotViews`]: it is something else.
/// - [`ViewsError::TooNew`]: a newer build made it.
pub(crate) fn version(conn: &Connection, path: &Path) -> Result<u32, ViewsError> {
    let number = |pragma: &str| conn.query_row(pragma, [], |row| row.get::<_, i64>(0));
    let foreign = |detail: &str| ViewsError::NotViews {
        path: path.display().to_string(),
        detail: detail.to_owned(),
    };
    let header = number("PRAGMA application_id").and_then(|id| {
        let objects = number("SELECT count(*) FROM sqlite_schema")?;
        Ok((id, number("PRAGMA user_version")?, objects))
    });
    let (application, version, objects) =
        header.map_err(|error| match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase) => foreign("not an SQLite database"),
            _ => storage(path, "read the header")(error),
        })?;
    if (application, version, objects) == (0, 0, 0) {
        return Ok(0);
    }
    if application != i64::from(APPLICATION_ID) {
        return Err(foreign("an SQLite database of another program"));
    }
    match u32::try_from(version) {
        Ok(version) if version <= VERSION => Ok(version),
        version => Err(ViewsError::TooNew {
            path: path.display().to_string(),
            found: version.unwrap_or(u32::MAX),
            known: VERSION,
        }),
    }
}

/// Why a file cannot be gone on with; `None`: it can.
fn difference(
    conn: &Connection,
    reader: &SqliteReader,
    options: &ViewsOptions,
    projectors: &[Box<dyn Projector>],
) -> Result<Option<&'static str>, ViewsError> {
    let failed = storage(reader.path(), "read the views");
    if about(conn, "log_id").map_err(&failed)?.as_deref() != Some(reader.log_id()) {
        return Ok(Some("it was of another log"));
    }
    if about(conn, "settings").map_err(&failed)? != Some(options.settings()) {
        return Ok(Some("the settings have changed"));
    }
    let stored = reached(conn).map_err(&failed)?;
    let same = stored.len() == projectors.len()
        && projectors.iter().all(|projector| {
            let mut stored = stored.iter();
            stored.any(|(name, version, _)| {
                name == projector.name() && *version == projector.version()
            })
        });
    if !same {
        return Ok(Some("the rules have changed"));
    }
    let head = reader.head()?.seq;
    for (_, _, reached) in stored {
        if reached.seq > head {
            return Ok(Some("the log is an older copy"));
        }
        let chain = LogReader::chain_at(reader, reached.seq)?;
        if chain.is_some_and(|chain| chain != reached.chain) {
            return Ok(Some("the log went on differently"));
        }
    }
    Ok(None)
}

/// A fact about the file.
pub(crate) fn about(conn: &Connection, key: &str) -> rusqlite::Result<Option<String>> {
    let sql = "SELECT value FROM about WHERE key = ?1";
    conn.query_row(sql, [key], |row| row.get(0)).optional()
}

/// How far each projector has come: name, version, position.
pub(crate) fn reached(conn: &Connection) -> rusqlite::Result<Vec<(String, u32, Reached)>> {
    let mut statement =
        conn.prepare("SELECT name, version, seq, chain FROM projector ORDER BY name")?;
    let rows = statement.query_map([], |row| {
        let seq: i64 = row.get(2)?;
        let chain: Vec<u8> = row.get(3)?;
        let reached = Reached {
            seq: Seq(u64::try_from(seq).unwrap_or(0)),
            chain: ChainHash::from_bytes(&chain).unwrap_or_default(),
        };
        Ok((row.get(0)?, row.get(1)?, reached))
    })?;
    rows.collect()
}

/// Makes an empty views file, for the events behind `from`.
///
/// # Errors
/// - [`ViewsError::Storage`]: it cannot be made, or a projector's schema is no SQL.
/// - [`ViewsError::Log`]: the log cannot be read.
pub(crate) fn make(
    path: &Path,
    reader: &SqliteReader,
    options: &ViewsOptions,
    projectors: &[Box<dyn Projector>],
    from: Seq,
) -> Result<Connection, ViewsError> {
    let failed = storage(path, "make the views");
    let mut conn = Connection::open(path).map_err(&failed)?;
    prepare(&conn).map_err(&failed)?;
    let chain = LogReader::chain_at(reader, from)?.unwrap_or_default();
    let mut fill = || {
        let tables = conn.transaction()?;
        tables.execute_batch(SCHEMA)?;
        let first = from.next().to_string();
        for (key, value) in [
            ("log_id", reader.log_id()),
            ("channel", reader.channel()),
            ("origin", reader.origin()),
            ("settings", &options.settings()),
            ("first_seq", &first),
        ] {
            tables.execute("INSERT INTO about VALUES (?1, ?2)", [key, value])?;
        }
        for projector in projectors {
            tables.execute_batch(projector.schema())?;
            let (name, version) = (projector.name(), projector.version());
            tables.execute(
                "INSERT INTO projector VALUES (?1, ?2, ?3, ?4)",
                params![name, version, stored(from), chain.0.as_slice()],
            )?;
        }
        tables.pragma_update(None, "user_version", VERSION)?;
        tables.commit()
    };
    fill().map_err(&failed)?;
    Ok(conn)
}

/// What every connection that builds needs.
fn prepare(conn: &Connection) -> rusqlite::Result<()> {
    conn.busy_timeout(BUSY_WAIT_MAX)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    conn.execute_batch(&format!(
        "PRAGMA trusted_schema = OFF;
         PRAGMA cache_size = {CACHE};
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = NORMAL;
         PRAGMA wal_autocheckpoint = 16384;
         PRAGMA journal_size_limit = 67108864;"
    ))
}

/// Puts a finished file in the place of an older one, if there is one. Readers of the old one keep
/// it until they close it.
///
/// # Errors
/// - [`ViewsError::InUse`]: a reader keeps the old file's write-ahead log from being emptied; with
///   it in place, the new file would be read wrongly.
/// - [`ViewsError::Storage`]: the files cannot be changed.
pub(crate) fn take_place(new: Connection, from: &Path, to: &Path) -> Result<(), ViewsError> {
    empty_wal(&new, from)?;
    new.close()
        .map_err(|(_, error)| storage(from, "close the views")(error))?;
    if to.exists() {
        let old = Connection::open(to).map_err(storage(to, "open the old views"))?;
        let _ = old.busy_timeout(BUSY_WAIT_MAX);
        match empty_wal(&old, to) {
            // A damaged file has no write-ahead log that anybody could read.
            Err(ViewsError::Storage { .. }) | Ok(()) => {}
            Err(error) => return Err(error),
        }
    }
    for suffix in ["-wal", "-shm"] {
        let path = beside(to, suffix);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(io(&path, "remove")(error));
            }
            _ => {}
        }
    }
    std::fs::rename(from, to).map_err(io(to, "put the views in place"))
}

fn empty_wal(conn: &Connection, path: &Path) -> Result<(), ViewsError> {
    let busy: i64 = conn
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
        .map_err(storage(path, "fold the write-ahead log"))?;
    if busy == 0 {
        return Ok(());
    }
    Err(ViewsError::InUse {
        path: path.display().to_string(),
        detail: "a reader holds on to the views as they were; close it and run this again",
    })
}

/// Removes a file with its side files.
///
/// # Errors
/// - [`ViewsError::Storage`]: one of them cannot be removed.
pub(crate) fn remove(path: &Path) -> Result<(), ViewsError> {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let path = beside(path, suffix);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(io(&path, "remove")(error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// A position as SQLite's signed integer.
pub(crate) fn stored(seq: Seq) -> i64 {
    i64::try_from(seq.0).unwrap_or(i64::MAX)
}
