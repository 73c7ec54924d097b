//! Payloads about users and their chat.

use super::Int;
use crate::model::Profile;
use crate::number::Rank;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// A user object (`src/channel/channel.js` packUserData).
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct UserWire {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) rank: Rank,
    #[serde(default)]
    pub(crate) profile: Profile,
    #[serde(default)]
    pub(crate) meta: UserMetaWire,
}

/// A user's flags; the last three reach moderators only.
#[derive(Clone, Default, Deserialize)]
pub(crate) struct UserMetaWire {
    #[serde(default)]
    pub(crate) afk: bool,
    #[serde(default)]
    pub(crate) muted: bool,
    #[serde(default)]
    pub(crate) smuted: Option<bool>,
    #[serde(default)]
    pub(crate) aliases: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) ip: Option<String>,
}

/// Addresses and aliases are private.
impl std::fmt::Debug for UserMetaWire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserMetaWire")
            .field("afk", &self.afk)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Named {
    pub(crate) name: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct SetUserRankWire {
    pub(crate) name: String,
    pub(crate) rank: Rank,
}

#[derive(Debug, Deserialize)]
pub(crate) struct SetUserMetaWire {
    /// Empty when an anonymous viewer goes away.
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) meta: UserMetaWire,
}

#[derive(Debug, Deserialize)]
pub(crate) struct SetUserProfileWire {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) profile: Profile,
}

/// `chatMsg`. Borrows: it is nine tenths of all traffic.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ChatMsg<'f> {
    #[serde(borrow)]
    pub(crate) username: Cow<'f, str>,
    #[serde(borrow)]
    pub(crate) msg: Cow<'f, str>,
    /// Never worth losing a message for: what does not fit counts as absent.
    #[serde(default, borrow, deserialize_with = "lenient")]
    pub(crate) meta: ChatMeta<'f>,
    /// Milliseconds on the server's clock.
    pub(crate) time: Int,
    /// Where very old saved history keeps the class.
    #[serde(default, borrow)]
    pub(crate) msgclass: Option<Cow<'f, str>>,
}

/// How a line of chat is shown.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct ChatMeta<'f> {
    #[serde(default, rename = "addClass", borrow)]
    pub(crate) add_class: Option<Cow<'f, str>>,
    #[serde(default)]
    pub(crate) action: bool,
    #[serde(default, rename = "forceShowName")]
    pub(crate) force_show_name: bool,
    #[serde(default)]
    pub(crate) modflair: Option<Rank>,
    #[serde(default)]
    pub(crate) shadow: bool,
}

fn lenient<'de: 'f, 'f, D: Deserializer<'de>>(d: D) -> Result<ChatMeta<'f>, D::Error> {
    let raw = <&'de RawValue>::deserialize(d)?;
    Ok(serde_json::from_str(raw.get()).unwrap_or_default())
}

/// `pm`.
#[derive(Clone, Deserialize)]
pub(crate) struct Pm<'f> {
    #[serde(borrow)]
    pub(crate) username: Cow<'f, str>,
    #[serde(borrow)]
    pub(crate) msg: Cow<'f, str>,
    pub(crate) time: Int,
    #[serde(borrow)]
    pub(crate) to: Cow<'f, str>,
}

/// Private.
impl std::fmt::Debug for Pm<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pm").finish_non_exhaustive()
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct ClearedBy {
    #[serde(default, rename = "clearedBy")]
    cleared_by: String,
}

impl ClearedBy {
    pub(super) fn by(self) -> String {
        self.cleared_by
    }
}
