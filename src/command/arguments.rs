//! Arguments of commands that are a choice among few.

use serde::{Deserialize, Serialize};

/// Where a new item goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Position {
    /// Behind what plays; needs the right `playlistnext` too.
    Next,
    /// At the end.
    #[default]
    End,
}

/// Where to search for media.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SearchSource {
    /// What this channel has played before; only registered channels keep it.
    #[default]
    Library,
    /// YouTube.
    #[serde(rename = "yt")]
    YouTube,
}

/// How wide a ban by address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BanRange {
    /// The neighbours: a /24 of IPv4.
    Range,
    /// The wider neighbourhood: a /16 of IPv4.
    Wrange,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the shape serde asks for"
)]
pub(super) fn is_false(flag: &bool) -> bool {
    !flag
}

/// One drink, where nobody says how many.
pub(super) fn one() -> i64 {
    1
}
