//! Another bot's database, read as what it is: a file from somebody else.
//!
//! It is opened for reading only and nothing of its schema is trusted: views, virtual tables and
//! triggers are left alone, columns hold whatever they hold, texts are bounded. Which tables are
//! understood is in `shape`; what becomes of a row is not decided here.

mod cell;
mod error;
mod shape;
mod survey;

pub use cell::{Cell, TEXT_BYTES_MAX};
pub use error::OldDatabaseError;
pub use shape::Content;
pub use survey::{OldTable, Unit};

use crate::log::LogError;
use crate::sqlite::migrations::APPLICATION_ID;
use crate::sqlite::open;
use crate::time::UnixMicros;
use rusqlite::{Connection, Row};
use shape::SHAPES;
use std::path::Path;
use survey::Window;

/// Names listed where there are many.
const NAMES_MAX: usize = 20;

/// A row that happened at a time.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct OldRow {
    /// Its table, by place in [`OldDatabase::tables`].
    pub table: usize,
    /// When, by that bot.
    pub at: UnixMicros,
    /// Who; of a count nobody.
    pub name: Cell,
    /// What: a line of chat, or a number.
    pub content: Cell,
    /// In which channel, where the table tells.
    pub channel: Cell,
}

impl OldRow {
    /// A row of the first table.
    #[cfg(test)]
    pub(crate) fn new(at: UnixMicros, name: Cell, content: Cell, channel: Cell) -> Self {
        Self {
            table: 0,
            at,
            name,
            content,
            channel,
        }
    }
}

/// Another bot's database, open for reading.
#[derive(Debug)]
pub struct OldDatabase {
    conn: Connection,
    path: String,
    window: Window,
    tables: Vec<OldTable>,
    others: Vec<String>,
}

impl OldDatabase {
    /// Opens a database and looks through it once. `now` bounds the times that are believed: from
    /// 2009 to a day after it. Blocks for the disk, for long where there are millions of rows.
    ///
    /// # Errors
    /// - [`OldDatabaseError::Unreadable`]: no SQLite database, or not to be opened.
    /// - [`OldDatabaseError::EventLog`]: a log of ours.
    /// - [`OldDatabaseError::NotUnderstood`]: it has no table of a known shape.
    /// - [`OldDatabaseError::Read`]: it is damaged, or in use.
    pub fn open(path: impl AsRef<Path>, now: UnixMicros) -> Result<Self, OldDatabaseError> {
        let path = path.as_ref();
        let name = path.display().to_string();
        let conn = connect(path)?;
        let mut old = Self {
            conn,
            path: name,
            window: Window::until(now.0),
            tables: Vec::new(),
            others: Vec::new(),
        };
        let failed = old.failed("its tables");
        let all = tables(&old.conn).map_err(failed)?;
        for (table, has_rowid) in all {
            old.look_at(table, has_rowid)?;
        }
        // Facts alone, such as a table `users`, may be any program's.
        let is_known = old.tables.iter().any(|table| {
            table.content != Content::Facts || matches!(table.name, "video_stats" | "user_stats")
        });
        if !is_known {
            let mut found: Vec<_> = old
                .tables
                .iter()
                .map(|table| table.name.to_owned())
                .collect();
            found.append(&mut old.others);
            found.truncate(NAMES_MAX);
            return Err(OldDatabaseError::NotUnderstood {
                path: old.path,
                found,
                known: SHAPES.iter().map(shape::Shape::described).collect(),
            });
        }
        // In the order of the list of shapes, whatever the file's.
        old.tables
            .sort_by_key(|table| SHAPES.iter().position(|shape| shape.table == table.name));
        Ok(old)
    }

    fn look_at(&mut self, table: String, has_rowid: bool) -> Result<(), OldDatabaseError> {
        let failed = self.failed(&table);
        let shape = SHAPES
            .iter()
            .find(|shape| shape.table.eq_ignore_ascii_case(&table));
        let columns = columns(&self.conn, &table).map_err(&failed)?;
        let known = shape.and_then(|shape| Some((shape, shape.columns(&columns)?)));
        match known {
            Some((shape, columns)) => {
                let table = survey::survey(&self.conn, shape, columns, has_rowid, self.window);
                self.tables.push(table.map_err(failed)?);
            }
            None => self.others.push(table),
        }
        Ok(())
    }

    /// The tables that are understood.
    #[must_use]
    pub fn tables(&self) -> &[OldTable] {
        &self.tables
    }

    /// The names of the other tables: nothing of them is read.
    #[must_use]
    pub fn others(&self) -> &[String] {
        &self.others
    }

    /// The channels that lines of chat say they are of, ASCII case ignored, with the number of lines:
    /// the most talkative first, 20 at most. Empty where no table tells.
    ///
    /// # Errors
    /// - [`OldDatabaseError::Read`]: the file is damaged, or in use.
    pub fn channels(&self) -> Result<Vec<(String, u64)>, OldDatabaseError> {
        let mut channels: Vec<(String, u64)> = Vec::new();
        for table in self.tables.iter().filter(|table| table.tells_channel()) {
            // Of several spellings the one with capitals.
            let sql = format!(
                "SELECT min(channel), count(*) FROM \"{}\"
                 WHERE typeof(channel) = 'text' AND length(channel) BETWEEN 1 AND 100
                 GROUP BY lower(channel) ORDER BY 2 DESC LIMIT {NAMES_MAX}",
                table.name
            );
            self.each(&sql, table.name, &mut |row| {
                let count: i64 = row.get(1)?;
                channels.push((row.get(0)?, count.unsigned_abs()));
                Ok(true)
            })?;
        }
        Ok(channels)
    }

    /// Visits all rows that have a time to be believed, oldest first, those of one moment in the order
    /// of the tables and within one in the order they were stored. Ends early where `visit` says
    /// `false`.
    ///
    /// # Errors
    /// - [`OldDatabaseError::Read`]: the file is damaged, or in use.
    pub fn visit(&self, visit: &mut dyn FnMut(OldRow) -> bool) -> Result<(), OldDatabaseError> {
        let placed = self.tables.iter().enumerate();
        let selects: Vec<_> = placed
            .filter_map(|(place, table)| table.select(place, self.window))
            .collect();
        if selects.is_empty() {
            return Ok(());
        }
        let sql = format!("{} ORDER BY 2, 1, 3", selects.join(" UNION ALL "));
        self.each(&sql, "its rows", &mut |row| {
            let table: i64 = row.get(0)?;
            Ok(visit(OldRow {
                table: usize::try_from(table).unwrap_or(usize::MAX),
                at: UnixMicros(row.get(1)?),
                name: Cell::read(row.get_ref(3)?),
                content: Cell::read(row.get_ref(4)?),
                channel: Cell::read(row.get_ref(5)?),
            }))
        })
    }

    /// Visits the rows of a table of facts, in the order they were stored: name and value of each
    /// column. Ends early where `visit` says `false`.
    ///
    /// # Errors
    /// - [`OldDatabaseError::Read`]: the file is damaged, or in use.
    pub fn visit_facts(
        &self,
        table: &OldTable,
        visit: &mut dyn FnMut(Vec<(&'static str, Cell)>) -> bool,
    ) -> Result<(), OldDatabaseError> {
        let columns = table.columns.iter().map(|name| format!("\"{name}\""));
        let order = if table.has_rowid {
            " ORDER BY rowid"
        } else {
            ""
        };
        let sql = format!(
            "SELECT {} FROM \"{}\"{order}",
            columns.collect::<Vec<_>>().join(", "),
            table.name
        );
        self.each(&sql, table.name, &mut |row| {
            let cells = table.columns.iter().enumerate().map(|(place, name)| {
                let value = row.get_ref(place)?;
                Ok((*name, Cell::read(value)))
            });
            Ok(visit(cells.collect::<rusqlite::Result<_>>()?))
        })
    }

    fn each(
        &self,
        sql: &str,
        what: &str,
        visit: &mut dyn FnMut(&Row<'_>) -> rusqlite::Result<bool>,
    ) -> Result<(), OldDatabaseError> {
        let mut run = || {
            let mut statement = self.conn.prepare(sql)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                if !visit(row)? {
                    break;
                }
            }
            Ok(())
        };
        run().map_err(self.failed(what))
    }

    /// Turns a failure of SQLite at reading `what` into ours. For `map_err`.
    fn failed(&self, what: &str) -> impl Fn(rusqlite::Error) -> OldDatabaseError + use<> {
        let (path, table) = (self.path.clone(), what.to_owned());
        move |error| OldDatabaseError::Read {
            path: path.clone(),
            table: table.clone(),
            detail: error.to_string(),
        }
    }
}

impl OldTable {
    /// Whether its rows tell of which channel they are.
    fn tells_channel(&self) -> bool {
        self.columns.contains(&"channel")
    }

    /// The query for its rows that have a time; `None` where none has one.
    fn select(&self, place: usize, window: Window) -> Option<String> {
        let unit = self.unit?;
        let (name, content) = match (self.content, self.columns.as_slice()) {
            (Content::Text | Content::Html, [_, name, content, ..]) => {
                (format!("\"{name}\""), content)
            }
            (Content::Count, [_, content, ..]) => ("NULL".to_owned(), content),
            _ => return None,
        };
        let channel = if self.tells_channel() {
            "channel"
        } else {
            "NULL"
        };
        let order = if self.has_rowid { "rowid" } else { "0" };
        Some(format!(
            "SELECT {place}, CAST(\"timestamp\" * {} AS INTEGER), {order}, {name}, \"{content}\", \
             {channel} FROM \"{}\" WHERE {}",
            unit.micros(),
            self.name,
            window.holds("\"timestamp\"", unit)
        ))
    }
}

/// Opens a foreign file for reading only, and makes sure that it is foreign.
fn connect(path: &Path) -> Result<Connection, OldDatabaseError> {
    let name = || path.display().to_string();
    let conn = open::to_read(path).map_err(|error| OldDatabaseError::Unreadable {
        path: name(),
        detail: match error {
            LogError::NotALog { detail, .. } | LogError::Storage { detail, .. } => detail,
            other => other.to_string(),
        },
    })?;
    let id = conn.query_row("PRAGMA application_id", [], |row| row.get::<_, i64>(0));
    if id.is_ok_and(|id| id == i64::from(APPLICATION_ID)) {
        return Err(OldDatabaseError::EventLog { path: name() });
    }
    Ok(conn)
}

/// The ordinary tables, and whether each has row numbers. A view may be a program; it is none of
/// them.
fn tables(conn: &Connection) -> rusqlite::Result<Vec<(String, bool)>> {
    let sql = "SELECT name, NOT wr FROM pragma_table_list
               WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
               ORDER BY name";
    let mut statement = conn.prepare(sql)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

/// The columns of a table.
fn columns(conn: &Connection, table: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = conn.prepare("SELECT name FROM pragma_table_info(?1)")?;
    let rows = statement.query_map([table], |row| row.get(0))?;
    rows.collect()
}
