//! SQL of somebody's own over the views and their log: it can only read, and it ends in time.
//!
//! Three things keep it from writing: the files are open for reading only, the connection refuses
//! to write, and each statement is looked at before it runs. None of them trusts the others.

use crate::views::error::{ViewsError, storage};
use crate::views::file;
use crate::views::reading::Views;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Batch, Connection, ErrorCode, Statement, fallible_iterator::FallibleIterator as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Steps of SQLite's machine between two looks at the clock: some tens of microseconds.
const STEPS: i32 = 1_000;

/// Bytes of one value, and of one row: no query needs more, and one that asks for it is stopped.
const VALUE_BYTES_MAX: i32 = 64 << 20;

/// The suffix of a views file beside its log.
const BESIDE: &str = ".views.db";

/// Pragmas that only tell.
const PRAGMAS: &[&str] = &[
    "collation_list",
    "compile_options",
    // The full-text index asks it.
    "data_version",
    "function_list",
    "index_info",
    "index_list",
    "index_xinfo",
    "table_info",
    "table_list",
    "table_xinfo",
];

/// A connection for queries of somebody's own. The views are its `main`; their log, if it is there,
/// is `log`: `SELECT kind, count(*) FROM log.events GROUP BY kind`.
///
/// A query may read, and nothing else: it cannot write to any file, attach one, change a setting or
/// begin a transaction. It never holds up who records or who builds.
///
/// ```no_run
/// use projectionist::views::Views;
/// use std::time::Duration;
///
/// let mut sql = Views::open("MyChannel.events.db.views.db")?.sql()?;
/// let query = "SELECT name, messages FROM chatters ORDER BY messages DESC LIMIT 10";
/// sql.run(query, Duration::from_secs(5), &mut |columns, row| {
///     println!("{columns:?} {row:?}");
///     true
/// })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Sql {
    conn: Connection,
    path: PathBuf,
    log: Option<PathBuf>,
}

/// What a query has given.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answered {
    /// Names of its columns.
    pub columns: Vec<String>,
    /// Rows told.
    pub rows: u64,
    /// Whether these are all; if not, whoever they were told had enough.
    pub complete: bool,
}

impl Views {
    /// A connection for SQL of one's own, with the log beside the views if there is one.
    ///
    /// # Errors
    /// As [`Views::sql_with`].
    pub fn sql(&self) -> Result<Sql, ViewsError> {
        let name = self.path().file_name().and_then(|name| name.to_str());
        let log = name.and_then(|name| name.strip_suffix(BESIDE));
        let log = log.map(|name| self.path().with_file_name(name));
        Sql::open(self, log.filter(|log| log.is_file()))
    }

    /// The same with the log, or a copy of it, at another place.
    ///
    /// # Errors
    /// - [`ViewsError::Storage`]: views or log cannot be opened, or the log is another one.
    pub fn sql_with(&self, log: impl AsRef<Path>) -> Result<Sql, ViewsError> {
        Sql::open(self, Some(log.as_ref().to_owned()))
    }
}

impl Sql {
    fn open(views: &Views, log: Option<PathBuf>) -> Result<Self, ViewsError> {
        let path = views.path().to_owned();
        let mut conn = Views::open(&path)?.into_connection();
        if let Some(log) = &log {
            attach(&conn, &path, log)?;
        }
        let limited = conn
            .set_limit(Limit::SQLITE_LIMIT_LENGTH, VALUE_BYTES_MAX)
            .and_then(|_| conn.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0))
            .and_then(|_| conn.authorizer(Some(judge)));
        limited.map_err(storage(&path, "open the views"))?;
        Ok(Self { conn, path, log })
    }

    /// The log that queries see as `log`; `None`: it is not there.
    #[must_use]
    pub fn log(&self) -> Option<&Path> {
        self.log.as_deref()
    }

    /// Runs one statement. `row` is told the names of the columns and the cells of each row, and
    /// says whether to go on. The time that `row` itself takes counts.
    ///
    /// Blocks the calling thread until the end or the deadline.
    ///
    /// # Errors
    /// - [`ViewsError::Deadline`]: it took longer; rows told so far were right.
    /// - [`ViewsError::Query`]: it is no statement, more than one, does more than read, or fails.
    /// - [`ViewsError::Storage`]: the files cannot be read.
    pub fn run(
        &mut self,
        query: &str,
        deadline: Duration,
        row: &mut dyn FnMut(&[&str], &[ValueRef<'_>]) -> bool,
    ) -> Result<Answered, ViewsError> {
        let limited = self.limit(deadline);
        limited.map_err(storage(&self.path, "limit the query"))?;
        let answered = ask(&self.conn, query, row);
        let freed = self.conn.progress_handler(0, None::<fn() -> bool>);
        freed.map_err(storage(&self.path, "limit the query"))?;
        answered.map_err(|error| self.failure(error, deadline))
    }

    fn limit(&mut self, deadline: Duration) -> rusqlite::Result<()> {
        // One so far off that no clock can tell it is none.
        let Some(end) = now().checked_add(deadline) else {
            return Ok(());
        };
        let is_over = move || now() >= end;
        self.conn.progress_handler(STEPS, Some(is_over))
    }

    fn failure(&self, failed: Failed, deadline: Duration) -> ViewsError {
        let error = match failed {
            Failed::Refused(why) => return ViewsError::Query(why.to_owned()),
            Failed::Sqlite(error) => error,
        };
        match error.sqlite_error_code() {
            Some(ErrorCode::OperationInterrupted) => ViewsError::Deadline(deadline),
            Some(ErrorCode::AuthorizationForStatementDenied) => {
                ViewsError::Query(format!("{error}: a query may only read"))
            }
            Some(
                ErrorCode::DatabaseCorrupt
                | ErrorCode::NotADatabase
                | ErrorCode::SystemIoFailure
                | ErrorCode::DatabaseBusy
                | ErrorCode::CannotOpen,
            ) => storage(&self.path, "read for a query")(error),
            _ => ViewsError::Query(error.to_string()),
        }
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "a deadline is a matter of the clock, and decides nothing but when a query ends"
)]
fn now() -> Instant {
    Instant::now()
}

/// Puts the log beside the views, if it is theirs. It is open for reading only, as they are.
fn attach(conn: &Connection, views: &Path, log: &Path) -> Result<(), ViewsError> {
    let failed = storage(log, "attach the log");
    let name = log.to_string_lossy();
    conn.execute("ATTACH ?1 AS log", [name.as_ref()])
        .map_err(&failed)?;
    let sql = "SELECT value FROM log.meta WHERE key = 'log_id'";
    let id: String = conn.query_row(sql, [], |row| row.get(0)).map_err(&failed)?;
    let ours = file::about(conn, "log_id").map_err(storage(views, "read the views"))?;
    if ours.as_deref() == Some(id.as_str()) {
        return Ok(());
    }
    Err(ViewsError::Storage {
        path: log.display().to_string(),
        what: "attach the log",
        detail: format!("{} was built from another one", views.display()),
    })
}

fn judge(context: AuthContext<'_>) -> Authorization {
    let reads = match context.action {
        AuthAction::Select | AuthAction::Read { .. } | AuthAction::Recursive => true,
        AuthAction::Function { function_name } => {
            !function_name.eq_ignore_ascii_case("load_extension")
        }
        AuthAction::Pragma { pragma_name, .. } => PRAGMAS
            .iter()
            .any(|known| pragma_name.eq_ignore_ascii_case(known)),
        _ => false,
    };
    if reads {
        Authorization::Allow
    } else {
        Authorization::Deny
    }
}

fn ask(
    conn: &Connection,
    query: &str,
    told: &mut dyn FnMut(&[&str], &[ValueRef<'_>]) -> bool,
) -> Result<Answered, Failed> {
    let mut statement = only(conn, query)?;
    let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let names: Vec<&str> = columns.iter().map(String::as_str).collect();
    let mut answered = Answered {
        columns: columns.clone(),
        rows: 0,
        complete: true,
    };
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let cells: rusqlite::Result<Vec<_>> =
            (0..names.len()).map(|place| row.get_ref(place)).collect();
        answered.rows += 1;
        if !told(&names, &cells?) {
            answered.complete = false;
            break;
        }
    }
    Ok(answered)
}

/// The one statement of a text.
fn only<'a>(conn: &'a Connection, query: &str) -> Result<Statement<'a>, Failed> {
    let mut batch = Batch::new(conn, query);
    let Some(statement) = batch.next()? else {
        return Err(Failed::Refused("there is no statement"));
    };
    if !matches!(batch.next(), Ok(None)) {
        return Err(Failed::Refused("one statement at a time"));
    }
    if !statement.readonly() {
        return Err(Failed::Refused("a query may only read"));
    }
    Ok(statement)
}

/// Why a query gave no answer.
enum Failed {
    Refused(&'static str),
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for Failed {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}
