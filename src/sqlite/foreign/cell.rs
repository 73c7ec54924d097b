//! A cell of a foreign table as it is, whatever its column was declared to hold.

use rusqlite::types::ValueRef;

/// Bytes of a text that are read. A line of chat has some hundreds of characters; a longer text than
/// this is no line, and is left out rather than cut.
pub const TEXT_BYTES_MAX: usize = 64 << 10;

/// What a cell holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Nothing.
    Null,
    /// An integer.
    Integer(i64),
    /// A number with a fraction.
    Real(f64),
    /// A text of at most [`TEXT_BYTES_MAX`].
    Text(String),
    /// A longer text.
    TooLong,
    /// Bytes, or a text that is not UTF-8.
    Bytes,
}

impl Cell {
    /// Copies a cell, unless it is too long to be one.
    pub(super) fn read(value: ValueRef<'_>) -> Self {
        match value {
            ValueRef::Null => Self::Null,
            ValueRef::Integer(number) => Self::Integer(number),
            ValueRef::Real(number) => Self::Real(number),
            ValueRef::Text(bytes) if bytes.len() > TEXT_BYTES_MAX => Self::TooLong,
            ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => Self::Text(text.to_owned()),
                Err(_) => Self::Bytes,
            },
            ValueRef::Blob(_) => Self::Bytes,
        }
    }
}
