//! JSON numbers as the wire writes them: whole numbers without `.0`, fractions in full.
//!
//! Ranks may be fractional (1.5 is a leader) and positions any float, yet almost all are whole.
//! Writing `5` for `5.0` keeps the log readable and a third smaller.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Above this a float no longer holds every integer, so it stays a float.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;

/// Serialises a float, whole numbers without a fraction. For `#[serde(serialize_with)]`.
pub(crate) fn plain<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if value.fract() == 0.0 && value.abs() < EXACT_MAX {
        serializer.serialize_i64(*value as i64)
    } else {
        serializer.serialize_f64(*value)
    }
}

/// A user's rank: -1 anonymous, 0 guest, 1 registered, 1.5 leader, 2 moderator, 3 admin, 4 owner,
/// 5 creator, 255 and above site admin (`src/account.js`, `src/user.js`).
///
/// ```
/// use projectionist::Rank;
/// assert!(Rank(1.5) < Rank::MODERATOR);
/// assert_eq!(serde_json::to_string(&Rank(5.0)).unwrap(), "5");
/// assert_eq!(serde_json::to_string(&Rank(1.5)).unwrap(), "1.5");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Rank(pub f64);

impl Rank {
    /// Nobody: connected without a name.
    pub const ANONYMOUS: Self = Self(-1.0);
    /// A name without an account.
    pub const GUEST: Self = Self(0.0);
    /// Sees addresses, aliases and shadow mutes; may set options.
    pub const MODERATOR: Self = Self(2.0);
    /// May set permissions, styles and ranks.
    pub const ADMIN: Self = Self(3.0);
}

impl std::fmt::Display for Rank {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Rank {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        plain(&self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for Rank {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        f64::deserialize(deserializer).map(Self)
    }
}
