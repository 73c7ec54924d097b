//! Events and read models as Parquet: a file of typed columns, for data frames.
//!
//! The columns have the names they have elsewhere; the `…_us` are integers, and the `…_at` are not
//! text but timestamps, microseconds of UTC. Every column may be null. The file appears under its
//! name once it is whole. Memory is bounded: a group of rows goes out when it is large enough.

use crate::cli::failure::Failure;
use crate::cli::rows::Cell;
use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Stored};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;
use projectionist::views::rusqlite::{self, Connection};
use projectionist::{Recorded, UnixMicros};
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Rows of a group at most: enough to compress well.
const GROUP_ROWS: usize = 1 << 16;

/// Bytes of text in a group, about: bodies of events may be long.
const GROUP_BYTES: usize = 64 << 20;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    Integers,
    Numbers,
    Texts,
    /// Microseconds since 1970, told as moments.
    Times,
}

/// The values of a column in the group under way; absent ones have no value, and the level 0.
enum Values {
    Integers(Vec<i64>),
    Numbers(Vec<f64>),
    Texts(Vec<ByteArray>),
}

struct Column {
    values: Values,
    levels: Vec<i16>,
}

/// A file being written.
pub(super) struct ParquetFile {
    writer: SerializedFileWriter<BufWriter<File>>,
    columns: Vec<Column>,
    rows: usize,
    bytes: usize,
    path: PathBuf,
    partial: PathBuf,
}

impl ParquetFile {
    /// Begins a file with these columns.
    pub(super) fn create(path: &Path, columns: &[(String, Holds)]) -> Result<Self, Failure> {
        let mut partial = path.as_os_str().to_owned();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        let file = File::create(&partial)
            .map_err(|error| Failure::Bad(format!("{}: {error}", partial.display())))?;
        let fields = columns.iter().map(|(name, holds)| field(name, *holds));
        let fields = fields.collect::<Result<Vec<_>, _>>().map_err(unwritten)?;
        let schema = Type::group_type_builder("rows").with_fields(fields).build();
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .build();
        let writer = SerializedFileWriter::new(
            BufWriter::new(file),
            Arc::new(schema.map_err(unwritten)?),
            Arc::new(properties),
        )
        .map_err(unwritten)?;
        let column = |(_, holds): &(String, Holds)| Column {
            values: match holds {
                Holds::Integers | Holds::Times => Values::Integers(Vec::new()),
                Holds::Numbers => Values::Numbers(Vec::new()),
                Holds::Texts => Values::Texts(Vec::new()),
            },
            levels: Vec::new(),
        };
        Ok(Self {
            writer,
            columns: columns.iter().map(column).collect(),
            rows: 0,
            bytes: 0,
            path: path.to_owned(),
            partial,
        })
    }

    /// Adds a row: a cell for each column.
    pub(super) fn row(&mut self, cells: Vec<Cell>) -> Result<(), Failure> {
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            self.bytes += column.push(cell)?;
        }
        self.rows += 1;
        if self.rows == GROUP_ROWS || self.bytes >= GROUP_BYTES {
            self.end_group()?;
        }
        Ok(())
    }

    fn end_group(&mut self) -> Result<(), Failure> {
        if self.rows == 0 {
            return Ok(());
        }
        (self.rows, self.bytes) = (0, 0);
        let columns = &mut self.columns;
        let mut write = || {
            let mut group = self.writer.next_row_group()?;
            for column in columns.iter_mut() {
                let Some(mut writer) = group.next_column()? else {
                    break;
                };
                let levels = Some(column.levels.as_slice());
                match &column.values {
                    Values::Integers(values) => writer
                        .typed::<Int64Type>()
                        .write_batch(values, levels, None)?,
                    Values::Numbers(values) => writer
                        .typed::<DoubleType>()
                        .write_batch(values, levels, None)?,
                    Values::Texts(values) => writer
                        .typed::<ByteArrayType>()
                        .write_batch(values, levels, None)?,
                };
                writer.close()?;
                column.clear();
            }
            group.close().map(|_| ())
        };
        write().map_err(unwritten)
    }

    /// Ends the file and gives it its name.
    pub(super) fn finish(mut self) -> Result<(), Failure> {
        self.end_group()?;
        let out = self.writer.into_inner().map_err(unwritten)?;
        let file = out.into_inner().map_err(std::io::Error::from)?;
        file.sync_all()?;
        Ok(std::fs::rename(&self.partial, &self.path)?)
    }
}

impl Column {
    /// Adds a value; says about how many bytes it takes.
    fn push(&mut self, cell: Cell) -> Result<usize, Failure> {
        let text = match (&mut self.values, cell) {
            (_, Cell::Null) => {
                self.levels.push(0);
                return Ok(0);
            }
            (Values::Integers(values), Cell::Integer(number)) => {
                values.push(number);
                None
            }
            (Values::Integers(values), Cell::Flag(flag)) => {
                values.push(i64::from(flag));
                None
            }
            (Values::Integers(values), Cell::Time(UnixMicros(us))) => {
                values.push(us);
                None
            }
            (Values::Numbers(values), Cell::Number(number)) => {
                values.push(number);
                None
            }
            (Values::Texts(_), Cell::Text(text)) => Some(text),
            (Values::Texts(_), Cell::Json(value)) => Some(value.to_string()),
            (_, _) => {
                let text = "a column holds a value of another type than it says";
                return Err(Failure::Bad(text.to_owned()));
            }
        };
        self.levels.push(1);
        let (Values::Texts(values), Some(text)) = (&mut self.values, text) else {
            return Ok(size_of::<i64>());
        };
        let bytes = text.len();
        values.push(ByteArray::from(text.into_bytes()));
        Ok(bytes)
    }

    fn clear(&mut self) {
        self.levels.clear();
        match &mut self.values {
            Values::Integers(values) => values.clear(),
            Values::Numbers(values) => values.clear(),
            Values::Texts(values) => values.clear(),
        }
    }
}

fn field(name: &str, holds: Holds) -> Result<Arc<Type>, ParquetError> {
    let (stored, means) = match holds {
        Holds::Integers => (Stored::INT64, None),
        Holds::Numbers => (Stored::DOUBLE, None),
        Holds::Texts => (Stored::BYTE_ARRAY, Some(LogicalType::String)),
        Holds::Times => {
            let means = LogicalType::timestamp(true, TimeUnit::MICROS);
            (Stored::INT64, Some(means))
        }
    };
    Type::primitive_type_builder(name, stored)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(means)
        .build()
        .map(Arc::new)
}

fn unwritten(error: ParquetError) -> Failure {
    match error {
        ParquetError::External(error) => Failure::Output(std::io::Error::other(error)),
        error => Failure::Output(std::io::Error::other(error)),
    }
}

/// Columns of events.
pub(super) fn event_columns(raw: bool) -> Vec<(String, Holds)> {
    let mut columns = vec![
        ("seq", Holds::Integers),
        ("received_at", Holds::Times),
        ("received_us", Holds::Integers),
        ("sent_at", Holds::Times),
        ("sent_ms", Holds::Integers),
        ("kind", Holds::Texts),
        ("origin", Holds::Texts),
        ("actor", Holds::Texts),
        ("text", Holds::Texts),
        ("session", Holds::Integers),
        ("cause_seq", Holds::Integers),
        ("corr", Holds::Texts),
        ("redacted", Holds::Integers),
        ("body", Holds::Texts),
    ];
    if raw {
        columns.push(("raw", Holds::Texts));
    }
    let named = columns
        .into_iter()
        .map(|(name, holds)| (name.to_owned(), holds));
    named.collect()
}

/// An event as a row of [`event_columns`].
///
/// # Errors
/// None in practice: everything in an event has a JSON form, and it goes into memory.
pub(super) fn event_cells(recorded: &Recorded, raw: bool) -> Result<Vec<Cell>, serde_json::Error> {
    let integer = |number: u64| Cell::Integer(i64::try_from(number).unwrap_or(i64::MAX));
    let text = |text: Option<&str>| text.map_or(Cell::Null, |text| Cell::Text(text.to_owned()));
    let body = if recorded.redacted {
        Cell::Null
    } else {
        let mut body = Vec::new();
        recorded.event.write_body(&mut body)?;
        Cell::Text(String::from_utf8_lossy(&body).into_owned())
    };
    let sent = recorded.sent_ms;
    let said = Some(recorded.text()).filter(|text| !text.is_empty());
    let mut cells = vec![
        integer(recorded.seq.0),
        Cell::Time(recorded.received_at),
        Cell::Integer(recorded.received_at.0),
        sent.map_or(Cell::Null, |ms| Cell::Time(UnixMicros::from_millis(ms))),
        sent.map_or(Cell::Null, Cell::Integer),
        text(Some(recorded.kind().as_str())),
        text(Some(recorded.origin.as_str())),
        text(recorded.actor.as_deref()),
        text(said),
        integer(recorded.session),
        recorded.cause.map_or(Cell::Null, |seq| integer(seq.0)),
        text(recorded.corr.as_deref()),
        Cell::Flag(recorded.redacted),
        body,
    ];
    if raw {
        cells.push(text(recorded.raw.as_deref()));
    }
    Ok(cells)
}

/// The columns of a table of the views, and the query that gives them: the text of a moment makes
/// way for the moment.
pub(super) fn table_columns(
    conn: &Connection,
    table: &str,
) -> rusqlite::Result<(Vec<(String, Holds)>, String)> {
    let mut statement =
        conn.prepare("SELECT name, type FROM pragma_table_xinfo(?1) ORDER BY cid")?;
    let declared = statement.query_map([table], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
    })?;
    let declared = declared.collect::<rusqlite::Result<Vec<_>>>()?;
    let mut columns = Vec::new();
    let mut asked = Vec::new();
    for (name, declared_type) in &declared {
        let us = name.strip_suffix("at").map(|stem| format!("{stem}us"));
        let us = us.filter(|us| declared.iter().any(|(other, _)| other == us));
        let holds = match (&us, declared_type.as_str()) {
            (Some(_), _) => Holds::Times,
            (None, "INTEGER") => Holds::Integers,
            (None, "REAL") => Holds::Numbers,
            (None, _) => Holds::Texts,
        };
        asked.push(format!("\"{}\"", us.as_ref().unwrap_or(name)));
        columns.push((name.clone(), holds));
    }
    let sql = format!("SELECT {} FROM \"{table}\"", asked.join(", "));
    Ok((columns, sql))
}
