//! The settings that read models are built under.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Settings of the built-in read models. A change of them means building anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ViewsOptions {
    /// A registered user who is back within this time has not been away: page reloads and flaky
    /// lines make no new stay. Also how long a gap of ours may be for whoever was there before and
    /// after it to have stayed. Default: 2 minutes.
    #[serde(with = "seconds")]
    pub presence_debounce: Duration,
}

impl Default for ViewsOptions {
    fn default() -> Self {
        Self {
            presence_debounce: Duration::from_secs(120),
        }
    }
}

impl ViewsOptions {
    /// Sets [`ViewsOptions::presence_debounce`].
    #[must_use]
    pub fn presence_debounce(mut self, debounce: Duration) -> Self {
        self.presence_debounce = debounce;
        self
    }

    /// As stored in the file, to tell whether it was built under these.
    pub(crate) fn settings(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

mod seconds {
    use serde::{Deserialize, Deserializer, Serializer};
    use std::time::Duration;

    pub(super) fn serialize<S: Serializer>(value: &Duration, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_u64(value.as_secs())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Duration, D::Error> {
        u64::deserialize(d).map(Duration::from_secs)
    }
}
