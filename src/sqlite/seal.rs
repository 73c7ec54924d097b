//! The seal of a log's name: a hash by which `verify` finds rot in what the chain does not cover.
//!
//! The chain covers events; who the log is of stands beside them. The seal is laid when a log is
//! named and never again. A log from before there were seals has none, and nothing adds one:
//! nothing written is rewritten.

use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// The seal's own key among the facts that it seals.
pub(crate) const SEAL: &str = "seal";

/// What is sealed, in this order.
pub(crate) const SEALED: [&str; 4] = ["log_id", "channel", "origin", "created_us"];

/// The seal of these facts: SHA-256 in hexadecimal, each preceded by its length, so that no two
/// sets of facts seal alike by moving bytes from one to the next.
pub(crate) fn seal<'a>(facts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hash = Sha256::new();
    for fact in facts {
        hash.update((fact.len() as u64).to_le_bytes());
        hash.update(fact);
    }
    let mut text = String::with_capacity(64);
    for byte in hash.finalize() {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_tells_where_one_fact_ends() {
        assert_ne!(seal(["ab", "c"]), seal(["a", "bc"]));
        assert_eq!(seal(["ab", "c"]), seal(["ab", "c"]));
        assert_eq!(seal([]).len(), 64);
    }
}
