//! What is exported as columns: the events, or a table of the views.

use super::parquet::{ParquetFile, event_cells, event_columns, table_columns};
use super::{Args, check_place, each_event};
use crate::cli::failure::Failure;
use crate::cli::sql::cell;
use crate::cli::stats::Model;
use crate::cli::views::bring;
use projectionist::SqliteReader;
use projectionist::views::Views;
use projectionist::views::rusqlite;
use std::path::Path;

/// Writes what is asked for into the file that has to be named.
pub(super) fn export(args: &Args, reader: &SqliteReader) -> Result<(), Failure> {
    let Some(path) = &args.out else {
        let text = "parquet goes into a file: give --out FILE";
        return Err(Failure::Usage(text.to_owned()));
    };
    check_place(args, reader, path)?;
    match args.model {
        None => events(args, reader, path),
        Some(model) => {
            let views = bring(&args.place, reader, !args.no_update)?;
            table(&views, model, path)
        }
    }
}

fn events(args: &Args, reader: &SqliteReader, path: &Path) -> Result<(), Failure> {
    let mut file = ParquetFile::create(path, &event_columns(args.raw))?;
    each_event(args, reader, true, |recorded| {
        file.row(event_cells(recorded, args.raw).map_err(std::io::Error::from)?)
    })?;
    file.finish()
}

fn table(views: &Views, model: Model, path: &Path) -> Result<(), Failure> {
    let unread =
        |error: rusqlite::Error| Failure::Bad(format!("{}: {error}", views.path().display()));
    let conn = views.connection();
    let (columns, sql) = table_columns(conn, model.table()).map_err(unread)?;
    let mut file = ParquetFile::create(path, &columns)?;
    let mut statement = conn.prepare(&sql).map_err(unread)?;
    let mut rows = statement.query([]).map_err(unread)?;
    while let Some(row) = rows.next().map_err(unread)? {
        let cells = (0..columns.len()).map(|column| row.get_ref(column).map(cell));
        file.row(cells.collect::<rusqlite::Result<_>>().map_err(unread)?)?;
    }
    file.finish()
}
