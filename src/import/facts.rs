//! Rows that happened at no known time, kept as they are: a library of media, sums about users.
//!
//! They become no events of their own: that somebody was first seen in 2014 is no `user_join`. They
//! stay readable beside the note of the import, as JSON, a bounded number of bytes at a time.

use crate::sqlite::foreign::Cell;
use serde_json::{Map, Value};

/// Bytes of rows that one event keeps, give or take a row.
const CHUNK_BYTES: usize = 128 << 10;

/// Rows of one table, put together until there are enough for an event.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    rows: Vec<Value>,
    bytes: usize,
    /// Cells that could not be kept.
    pub(super) lost: u64,
}

impl Chunk {
    /// Takes a row in; says whether the chunk is full.
    pub(super) fn push(&mut self, row: Vec<(&'static str, Cell)>) -> bool {
        let mut object = Map::new();
        for (name, cell) in row {
            let value = value(cell).unwrap_or_else(|| {
                self.lost += 1;
                Value::Null
            });
            self.bytes += name.len() + value.as_str().map_or(8, str::len);
            object.insert(name.to_owned(), value);
        }
        self.rows.push(Value::Object(object));
        self.bytes >= CHUNK_BYTES
    }

    /// The rows so far, as a JSON array, and how many they are; `None` where there is none.
    pub(super) fn take(&mut self) -> Option<(String, u64)> {
        if self.rows.is_empty() {
            return None;
        }
        let rows = std::mem::take(&mut self.rows);
        self.bytes = 0;
        let count = rows.len() as u64;
        Some((Value::Array(rows).to_string(), count))
    }
}

/// A cell as JSON; `None` for what JSON cannot hold, or nobody would read.
fn value(cell: Cell) -> Option<Value> {
    match cell {
        Cell::Null => Some(Value::Null),
        Cell::Integer(number) => Some(Value::from(number)),
        Cell::Real(number) => serde_json::Number::from_f64(number).map(Value::Number),
        Cell::Text(text) => Some(Value::String(text)),
        Cell::TooLong | Cell::Bytes => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_kept_as_they_are_and_what_cannot_be_is_counted() {
        let mut chunk = Chunk::default();
        assert_eq!(chunk.take(), None);
        chunk.push(vec![
            ("uname", Cell::Text("Bob".into())),
            ("rank", Cell::Real(1.5)),
        ]);
        chunk.push(vec![("uname", Cell::Bytes), ("rank", Cell::Integer(2))]);
        let (json, rows) = chunk.take().unwrap();
        assert_eq!(
            json,
            r#"[{"rank":1.5,"uname":"Bob"},{"rank":2,"uname":null}]"#
        );
        assert_eq!((rows, chunk.lost), (2, 1));
        assert_eq!(chunk.take(), None);
    }

    #[test]
    fn a_chunk_says_when_it_is_full() {
        let mut chunk = Chunk::default();
        let row = || vec![("title", Cell::Text("x".repeat(1 << 10)))];
        let pushed = (0..200).position(|_| chunk.push(row()));
        assert!((100..200).contains(&pushed.unwrap()));
    }
}
