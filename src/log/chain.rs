//! The hash chain: each event's hash covers the one before and every column of its row.
//!
//! SQLite notices a torn page, not a flipped bit. With the chain, `verify` names the first event
//! that is not what was written. Every field is preceded by its length (or a mark for absence), so
//! that no two rows hash alike by moving bytes from one column to the next. Dictionary columns are
//! hashed by name, not by number: a damaged dictionary shows too.
//!
//! SHA-256, since any tool can repeat it, and since at some 500 bytes an event it is the faster:
//! with the processor's SHA extensions 0.3 µs an event, BLAKE3 0.7 µs (its strength is long input).

use crate::event::Recorded;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// A SHA-256 of the chain so far. All zero before the first event.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct ChainHash(pub [u8; 32]);

impl ChainHash {
    /// Reads 64 hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Self(bytes))
    }

    /// From stored bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl std::fmt::Display for ChainHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut text = String::with_capacity(64);
        for byte in self.0 {
            write!(text, "{byte:02x}")?;
        }
        f.write_str(&text)
    }
}

impl std::fmt::Debug for ChainHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ChainHash({self})")
    }
}

impl serde::Serialize for ChainHash {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for ChainHash {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not 64 hexadecimal digits"))
    }
}

/// The columns of one row as they are hashed.
#[derive(Clone, Copy, Debug)]
pub struct Columns<'a> {
    /// Position.
    pub seq: u64,
    /// Session number.
    pub session: u64,
    /// Received, microseconds.
    pub received_us: i64,
    /// Sent, milliseconds.
    pub sent_ms: Option<i64>,
    /// Name of the kind.
    pub kind: &'a str,
    /// Schema number of the body.
    pub schema_v: u32,
    /// Name of the origin.
    pub origin: &'a str,
    /// Display name of the actor.
    pub actor: Option<&'a str>,
    /// Position of the cause.
    pub cause: Option<u64>,
    /// Correlation id.
    pub corr: Option<&'a str>,
    /// Once-only key.
    pub dedup_key: Option<&'a str>,
    /// Body, JSON.
    pub body: &'a str,
    /// Raw payload.
    pub raw: Option<&'a str>,
}

impl<'a> Columns<'a> {
    /// The columns of a record whose body is already written out.
    #[must_use]
    pub fn of(recorded: &'a Recorded, body: &'a str) -> Self {
        let kind = recorded.kind();
        Self {
            seq: recorded.seq.0,
            session: recorded.session,
            received_us: recorded.received_at.0,
            sent_ms: recorded.sent_ms,
            kind: kind.as_str(),
            schema_v: kind.schema_v(),
            origin: recorded.origin.as_str(),
            actor: recorded.actor.as_deref(),
            cause: recorded.cause.map(|seq| seq.0),
            corr: recorded.corr.as_deref(),
            dedup_key: recorded.dedup_key.as_deref(),
            body,
            raw: recorded.raw.as_deref(),
        }
    }

    /// The hash of the chain with this row behind `before`.
    #[must_use]
    pub fn link(&self, before: &ChainHash) -> ChainHash {
        let mut hash = Sha256::new();
        hash.update(before.0);
        hash.update(self.seq.to_le_bytes());
        hash.update(self.session.to_le_bytes());
        hash.update(self.received_us.to_le_bytes());
        hash.update(self.schema_v.to_le_bytes());
        number(&mut hash, self.sent_ms.map(i64::to_le_bytes));
        number(&mut hash, self.cause.map(u64::to_le_bytes));
        for text in [
            Some(self.kind),
            Some(self.origin),
            self.actor,
            self.corr,
            self.dedup_key,
        ] {
            field(&mut hash, text);
        }
        field(&mut hash, Some(self.body));
        field(&mut hash, self.raw);
        ChainHash(hash.finalize().into())
    }
}

/// An optional number: a mark, then its bytes.
fn number(hash: &mut Sha256, bytes: Option<[u8; 8]>) {
    match bytes {
        Some(bytes) => {
            hash.update([1]);
            hash.update(bytes);
        }
        None => hash.update([0]),
    }
}

/// An optional text: its length plus one (0 for absence), then its bytes.
fn field(hash: &mut Sha256, text: Option<&str>) {
    match text {
        Some(text) => {
            hash.update((text.len() as u64 + 1).to_le_bytes());
            hash.update(text.as_bytes());
        }
        None => hash.update(0_u64.to_le_bytes()),
    }
}
