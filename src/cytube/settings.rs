//! Payloads about the channel's setup, and the answers to requests about it.

use super::{Int, text_of};
use crate::model::Permissions;
use crate::number::Rank;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// `setPermissions`. What is no number counts as missing, that is, nobody: `null` (what an
/// infinite number becomes in JSON) as well as whatever a fork may have put there.
#[derive(Debug, Deserialize)]
pub(crate) struct PermissionsWire(BTreeMap<String, Value>);

impl From<PermissionsWire> for Permissions {
    fn from(wire: PermissionsWire) -> Self {
        Self(
            wire.0
                .into_iter()
                .filter_map(|(key, rank)| Some((key, Rank(rank.as_f64()?))))
                .collect(),
        )
    }
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct CssJsWire {
    #[serde(default)]
    pub(crate) css: String,
    #[serde(default)]
    pub(crate) js: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct RenameEmote {
    pub(crate) old: String,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) image: String,
    #[serde(default)]
    pub(crate) source: String,
}

/// An entry of the ban list; `ip` is `*` for a ban by name.
#[derive(Clone, Deserialize)]
pub(crate) struct BanWire {
    pub(crate) id: Int,
    #[serde(default)]
    pub(crate) ip: String,
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) reason: Option<String>,
    #[serde(default)]
    pub(crate) bannedby: Option<String>,
}

/// Holds addresses.
impl std::fmt::Debug for BanWire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BanWire")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct BanRemoveWire {
    pub(crate) id: Int,
    #[serde(default)]
    pub(crate) name: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ChannelRankWire {
    pub(crate) name: String,
    pub(crate) rank: Rank,
}

#[derive(Deserialize)]
pub(crate) struct ChanLogWire {
    #[serde(default)]
    pub(crate) success: bool,
    #[serde(default)]
    pub(crate) data: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct MsgWire {
    #[serde(default)]
    msg: Value,
}

impl MsgWire {
    pub(super) fn msg(self) -> String {
        text_of(&self.msg)
    }
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct NoFloodWire {
    #[serde(default)]
    pub(crate) action: String,
    #[serde(default)]
    pub(crate) msg: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ReasonWire {
    #[serde(default)]
    reason: Value,
}

impl ReasonWire {
    pub(super) fn reason(self) -> String {
        text_of(&self.reason)
    }
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ValidationWire {
    /// A selector, `#cs-` and the setting's name.
    #[serde(default)]
    target: String,
    #[serde(default)]
    pub(crate) message: Option<String>,
}

impl ValidationWire {
    /// The setting's name.
    pub(crate) fn setting(&self) -> String {
        self.target.trim_start_matches("#cs-").to_owned()
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct LargeWire {
    #[serde(default)]
    pub(crate) limit: Int,
    #[serde(default)]
    pub(crate) actual: Int,
}
