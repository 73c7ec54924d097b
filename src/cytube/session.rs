//! Payloads about the session: login, kick, errors, announcements, moves.

use super::text_of;
use serde::Deserialize;
use serde_json::Value;

/// `login`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Login {
    pub(crate) success: bool,
    #[serde(default)]
    pub(crate) name: Option<String>,
    #[serde(default)]
    pub(crate) guest: Option<bool>,
    /// Usually a string; database trouble may send an object.
    #[serde(default)]
    error: Value,
}

impl Login {
    /// Why the login failed, if it did.
    pub(crate) fn error(&self) -> Option<String> {
        (!self.success).then(|| text_of(&self.error))
    }
}

/// The longest wait believed when the server asks guests to wait, in seconds.
const GUEST_WAIT_MAX_S: u64 = 3_600;

/// The seconds in "Guest logins are restricted to one per IP address per N seconds."
/// (`src/user.js`); `None` for any other failure.
pub(crate) fn guest_wait_s(error: &str) -> Option<u64> {
    let rest = error.strip_prefix("Guest logins are restricted")?;
    let number = rest
        .split(|c: char| !c.is_ascii_digit())
        .find(|part| !part.is_empty())?;
    Some(
        number
            .parse()
            .unwrap_or(GUEST_WAIT_MAX_S)
            .min(GUEST_WAIT_MAX_S),
    )
}

/// `kick`.
#[derive(Debug, Deserialize)]
pub(crate) struct KickWire {
    #[serde(default)]
    reason: Value,
}

impl KickWire {
    pub(super) fn reason(self) -> Option<String> {
        (!self.reason.is_null()).then(|| text_of(&self.reason))
    }
}

/// `errorMsg`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ErrorMsg {
    #[serde(default)]
    msg: Value,
    #[serde(default)]
    pub(crate) code: Option<String>,
    #[serde(default)]
    alert: Value,
}

impl ErrorMsg {
    pub(crate) fn msg(&self) -> String {
        text_of(&self.msg)
    }

    pub(crate) fn is_alert(&self) -> bool {
        self.alert == Value::Bool(true)
    }
}

/// `announcement`: title and text are HTML.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct AnnouncementWire {
    #[serde(default)]
    pub(crate) id: Option<String>,
    #[serde(default)]
    pub(crate) title: String,
    #[serde(default)]
    pub(crate) text: String,
    #[serde(default)]
    pub(crate) from: String,
}

/// `partitionChange`: a discovery document.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct PartitionWire {
    #[serde(default)]
    servers: Vec<ServerWire>,
}

#[derive(Debug, Deserialize)]
struct ServerWire {
    #[serde(default)]
    url: String,
}

impl PartitionWire {
    pub(super) fn urls(self) -> Vec<String> {
        self.servers
            .into_iter()
            .map(|s| s.url)
            .filter(|url| !url.is_empty())
            .collect()
    }
}
