//! One row of `event` as it stands in the file, every column checked for its type.
//!
//! Reading and verifying share this, so that neither takes what the other would refuse: a flipped
//! bit can turn a text into a blob or a small number into a negative one.

use crate::event::{DecodeError, Event, Kind, Origin, Recorded, Seq};
use crate::log::LogError;
use crate::log::chain::{ChainHash, Columns};
use crate::time::UnixMicros;
use rusqlite::types::ValueRef;

/// The columns that [`RawRow::read`] expects, in its order.
pub(crate) const COLUMNS: &str = "seq, session_id, received_us, sent_ms, kind_id, schema_v, \
     origin, actor_id, cause_seq, corr, dedup_key, chain, body, raw";

/// Why a row is no event to this build.
#[derive(Debug)]
pub(crate) enum Misfit {
    /// Of a kind or a schema that a newer build wrote.
    Newer {
        /// As stored.
        kind: String,
        /// Schema number of the body.
        schema_v: u32,
    },
    /// Something is wrong with it, in words.
    Damaged(String),
}

impl From<String> for Misfit {
    fn from(detail: String) -> Self {
        Self::Damaged(detail)
    }
}

impl Misfit {
    /// As the error of whoever reads the event at `seq`.
    pub(crate) fn at(self, seq: Seq) -> LogError {
        match self {
            Self::Newer { kind, schema_v } => LogError::Newer {
                seq,
                kind,
                schema_v,
            },
            Self::Damaged(detail) => LogError::Damaged { seq, detail },
        }
    }

    /// As a finding.
    pub(crate) fn in_words(self) -> String {
        match self {
            Self::Newer { kind, schema_v } => format!("unknown: {kind} of schema {schema_v}"),
            Self::Damaged(detail) => detail,
        }
    }
}

/// A row, its texts still in SQLite's memory and its dictionary numbers unresolved.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RawRow<'a> {
    pub(crate) seq: u64,
    pub(crate) session: u64,
    pub(crate) received_us: i64,
    pub(crate) sent_ms: Option<i64>,
    pub(crate) kind_id: i64,
    pub(crate) schema_v: u32,
    pub(crate) origin: Origin,
    pub(crate) actor_id: Option<i64>,
    pub(crate) cause: Option<u64>,
    pub(crate) corr: Option<&'a str>,
    pub(crate) dedup_key: Option<&'a str>,
    pub(crate) chain: ChainHash,
    pub(crate) body: &'a str,
    pub(crate) raw: Option<&'a str>,
}

impl<'a> RawRow<'a> {
    /// Reads a row of [`COLUMNS`]; what is wrong with it, if anything, in words.
    pub(crate) fn read(row: &'a rusqlite::Row<'_>) -> Result<Self, String> {
        let mut cells = Cells { row, next: 0 };
        Ok(Self {
            seq: cells.natural("seq")?,
            session: cells.natural("session_id")?,
            received_us: cells.required("received_us", integer)?,
            sent_ms: cells.optional("sent_ms", integer)?,
            kind_id: cells.required("kind_id", integer)?,
            schema_v: cells.required("schema_v", |value| u32::try_from(integer(value)?).ok())?,
            origin: cells.required("origin", origin)?,
            actor_id: cells.optional("actor_id", integer)?,
            cause: cells.optional("cause_seq", natural)?,
            corr: cells.optional("corr", text)?,
            dedup_key: cells.optional("dedup_key", text)?,
            chain: cells.required("chain", chain)?,
            body: cells.required("body", text)?,
            raw: cells.optional("raw", text)?,
        })
    }

    /// What the chain hashes, with the dictionary numbers resolved.
    pub(crate) fn columns(&self, kind: &'a str, actor: Option<&'a str>) -> Columns<'a> {
        Columns {
            seq: self.seq,
            session: self.session,
            received_us: self.received_us,
            sent_ms: self.sent_ms,
            kind,
            schema_v: self.schema_v,
            origin: self.origin.as_str(),
            actor,
            cause: self.cause,
            corr: self.corr,
            dedup_key: self.dedup_key,
            body: self.body,
            raw: self.raw,
        }
    }

    /// What happened, read from the body; or why it cannot be.
    pub(crate) fn event(&self, kind: &str) -> Result<Event, Misfit> {
        let newer = || Misfit::Newer {
            kind: kind.to_owned(),
            schema_v: self.schema_v,
        };
        let known = Kind::parse(kind).ok_or_else(newer)?;
        Event::decode(known, self.schema_v, self.body).map_err(|error| match error {
            DecodeError::Newer { .. } => newer(),
            error => Misfit::Damaged(error.to_string()),
        })
    }

    /// The whole record, given what its body says.
    pub(crate) fn record(&self, event: Event, actor: Option<&str>) -> Recorded {
        Recorded {
            seq: Seq(self.seq),
            session: self.session,
            received_at: UnixMicros(self.received_us),
            sent_ms: self.sent_ms,
            origin: self.origin,
            actor: actor.map(str::to_owned),
            cause: self.cause.map(Seq),
            corr: self.corr.map(str::to_owned),
            dedup_key: self.dedup_key.map(str::to_owned),
            event,
            raw: self.raw.map(str::to_owned),
            redacted: false,
        }
    }
}

/// The number stored for an origin: its place in [`Origin::ALL`].
pub(crate) fn origin_id(origin: Origin) -> i64 {
    let place = Origin::ALL.iter().position(|known| *known == origin);
    place
        .and_then(|place| i64::try_from(place).ok())
        .unwrap_or(-1)
}

/// A position or session as SQLite's signed integer. 2^63 events are out of reach.
pub(crate) fn stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A position, session or count from a column, which cannot be negative.
pub(crate) fn natural_in(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let number = row.get(column)?;
    u64::try_from(number).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, number))
}

/// The cells of a row, left to right.
struct Cells<'a, 'stmt> {
    row: &'a rusqlite::Row<'stmt>,
    next: usize,
}

impl<'a> Cells<'a, '_> {
    /// A cell that must be there and fit.
    fn required<T>(
        &mut self,
        name: &str,
        fit: impl FnOnce(ValueRef<'a>) -> Option<T>,
    ) -> Result<T, String> {
        let value = self.value();
        fit(value).ok_or_else(|| format!("{name} is {}", describe(value)))
    }

    /// A cell that may be NULL.
    fn optional<T>(
        &mut self,
        name: &str,
        fit: impl FnOnce(ValueRef<'a>) -> Option<T>,
    ) -> Result<Option<T>, String> {
        self.required(name, |value| match value {
            ValueRef::Null => Some(None),
            value => fit(value).map(Some),
        })
    }

    /// A number that is not negative.
    fn natural(&mut self, name: &str) -> Result<u64, String> {
        self.required(name, natural)
    }

    fn value(&mut self) -> ValueRef<'a> {
        let column = self.next;
        self.next += 1;
        self.row.get_ref(column).unwrap_or(ValueRef::Null)
    }
}

fn integer(value: ValueRef<'_>) -> Option<i64> {
    value.as_i64().ok()
}

fn natural(value: ValueRef<'_>) -> Option<u64> {
    u64::try_from(integer(value)?).ok()
}

fn text(value: ValueRef<'_>) -> Option<&str> {
    value.as_str().ok()
}

fn chain(value: ValueRef<'_>) -> Option<ChainHash> {
    ChainHash::from_bytes(value.as_blob().ok()?)
}

fn origin(value: ValueRef<'_>) -> Option<Origin> {
    let place = usize::try_from(integer(value)?).ok()?;
    Origin::ALL.get(place).copied()
}

/// What a cell holds, without saying it: contents stay out of error texts.
fn describe(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "missing".to_owned(),
        ValueRef::Integer(number) => format!("out of range ({number})"),
        ValueRef::Real(_) => "a fraction".to_owned(),
        ValueRef::Text(bytes) if std::str::from_utf8(bytes).is_err() => "not UTF-8".to_owned(),
        ValueRef::Text(_) => "a text".to_owned(),
        ValueRef::Blob(bytes) => format!("a blob of {} bytes", bytes.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_stored_by_its_place() {
        for (place, known) in (0..).zip(Origin::ALL) {
            assert_eq!(origin_id(known), place);
            assert_eq!(origin(ValueRef::Integer(place)), Some(known));
        }
        assert_eq!(origin(ValueRef::Integer(6)), None);
        assert_eq!(origin(ValueRef::Integer(-1)), None);
    }
}
