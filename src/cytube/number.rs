//! Whole numbers as lenient as JavaScript writes them.

use serde::de::Visitor;
use serde::{Deserialize, Deserializer};
use std::fmt;

/// A whole number: also `5.0` and `"5"`, which echoed requests may hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Int(pub(crate) i64);

impl<'de> Deserialize<'de> for Int {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct IntVisitor;
        impl Visitor<'_> for IntVisitor {
            type Value = Int;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number")
            }

            fn visit_i64<E: serde::de::Error>(self, n: i64) -> Result<Int, E> {
                Ok(Int(n))
            }

            fn visit_u64<E: serde::de::Error>(self, n: u64) -> Result<Int, E> {
                i64::try_from(n)
                    .map(Int)
                    .map_err(|_| E::custom("number out of range"))
            }

            fn visit_f64<E: serde::de::Error>(self, n: f64) -> Result<Int, E> {
                let is_whole = n.fract() == 0.0 && n.abs() < 9e15;
                is_whole
                    .then_some(Int(n as i64))
                    .ok_or_else(|| E::custom("not a whole number"))
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Int, E> {
                text.trim()
                    .parse()
                    .map_err(E::custom)
                    .and_then(|n| self.visit_f64(n))
            }
        }
        d.deserialize_any(IntVisitor)
    }
}
