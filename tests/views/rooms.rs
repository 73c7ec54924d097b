//! Logs to build views from: the recordings, each of their connections in a file of its own.

use crate::common::recording::{connections, file, files, ingested};
use crate::evening::evening;
use projectionist::event_log::{EventLog, LogReader};
use projectionist::sqlite::{LogOptions, SqliteLog};
use projectionist::testing::{Synthetic, SyntheticConfig};
use projectionist::views::{Updated, Views, ViewsBuilder, rusqlite};
use projectionist::{Read, Recorded, SqliteReader};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use tempfile::TempDir;

/// One log on disk.
pub(crate) struct Room {
    _folder: TempDir,
    pub(crate) path: PathBuf,
    pub(crate) events: Vec<Recorded>,
}

impl Room {
    /// A log of these events.
    pub(crate) fn of(events: Vec<Recorded>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("room.db");
        let room = Self {
            _folder: folder,
            path,
            events: Vec::new(),
        };
        room.grown(events)
    }

    /// The connection of a recording.
    pub(crate) fn recorded(name: &str, conn: &str) -> Self {
        Self::of(events(&file(name), conn))
    }

    /// A made-up room: everything that happens in months of a real one, in few events.
    pub(crate) fn generated(seed: u64, events: u64) -> Self {
        Self::of(Synthetic::new(&SyntheticConfig::new(seed, events)).collect())
    }

    /// Every connection of every recording that saw a room.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        // Taken in once for all tests: it takes longer than they do.
        static ALL: OnceLock<Vec<Vec<Recorded>>> = OnceLock::new();
        let all = ALL.get_or_init(|| {
            let seen = files().into_iter().flat_map(|path| {
                let conns = connections(&path).into_iter();
                conns.map(move |conn| events(&path, &conn))
            });
            seen.filter(|events| !events.is_empty()).collect()
        });
        all.iter().cloned().map(Self::of)
    }

    /// All of them, and some evenings that never were.
    pub(crate) fn all_and_evenings() -> impl Iterator<Item = Self> {
        static EVENINGS: OnceLock<Vec<Vec<Recorded>>> = OnceLock::new();
        let evenings = EVENINGS.get_or_init(|| (1..=3).map(evening).collect());
        Self::all().chain(evenings.iter().cloned().map(Self::of))
    }

    /// The same log with more behind it.
    pub(crate) fn grown(mut self, more: Vec<Recorded>) -> Self {
        let options = LogOptions::new("room", "https://cytu.be").log_id([7; 16]);
        let mut log = SqliteLog::create_or_open(&self.path, &options).unwrap();
        for batch in more.chunks(100) {
            log.append(batch).unwrap();
        }
        log.close().unwrap();
        self.events.extend(more);
        self
    }

    pub(crate) fn reader(&self) -> SqliteReader {
        SqliteReader::open(&self.path).unwrap()
    }

    /// Brings the views up to date.
    pub(crate) fn update(&self) -> Updated {
        let reader = self.reader();
        ViewsBuilder::new(&reader).update(&mut |_, _| true).unwrap()
    }

    pub(crate) fn views(&self) -> Views {
        Views::open(projectionist::views::path_of(&self.path)).unwrap()
    }
}

fn events(path: &Path, conn: &str) -> Vec<Recorded> {
    let log = ingested(path, conn).into_log();
    log.read(&Read::default()).unwrap()
}

/// Everything in a views file, table by table, a line a row.
pub(crate) fn dump(views: &Views) -> Vec<String> {
    let conn = views.connection();
    let tables: Vec<String> = query(
        conn,
        // The pages of the full-text index tell in how many pieces it was written.
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'virtual')
             AND name NOT LIKE 'sqlite_%' ORDER BY name",
        |row| row.get(0).unwrap(),
    );
    let mut lines = Vec::new();
    for table in tables {
        let mut statement = conn
            .prepare(&format!("SELECT * FROM \"{table}\" ORDER BY 1, 2"))
            .unwrap();
        let columns = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let cells = (0..columns).map(|n| format!("{:?}", row.get_ref(n).unwrap()));
            lines.push(format!("{table}: {}", cells.collect::<Vec<_>>().join(", ")));
        }
    }
    lines
}

/// The rows of a query.
pub(crate) fn query<T>(
    conn: &rusqlite::Connection,
    sql: &str,
    read: impl Fn(&rusqlite::Row<'_>) -> T,
) -> Vec<T> {
    let mut statement = conn.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| Ok(read(row))).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}
