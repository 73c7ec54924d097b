//! Payloads about media, the playlist and votes.

use super::{Int, text_of};
use crate::event::After;
use crate::model::{Item, Media, Poll, Uid};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// `setPlaylistMeta`.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct PlaylistMetaWire {
    pub(crate) count: Int,
    /// Seconds.
    #[serde(rename = "rawTime")]
    pub(crate) raw_time: f64,
}

/// A media object (`src/media.js`); its printed duration is left aside.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct MediaWire {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) seconds: f64,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) meta: Map<String, Value>,
}

impl From<MediaWire> for Media {
    fn from(wire: MediaWire) -> Self {
        let meta = if wire.meta.is_empty() {
            Value::Null
        } else {
            Value::Object(wire.meta)
        };
        Self {
            kind: wire.kind,
            id: wire.id,
            title: wire.title,
            seconds: wire.seconds,
            meta,
        }
    }
}

/// A playlist item.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ItemWire {
    pub(crate) media: MediaWire,
    pub(crate) uid: Int,
    #[serde(default)]
    pub(crate) temp: bool,
    #[serde(default)]
    pub(crate) queueby: String,
}

impl From<ItemWire> for Item {
    fn from(wire: ItemWire) -> Self {
        let queued_by = (!wire.queueby.is_empty()).then_some(wire.queueby);
        Self {
            uid: Uid(wire.uid.0),
            temp: wire.temp,
            queued_by,
            media: wire.media.into(),
        }
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct QueueWire {
    pub(crate) item: ItemWire,
    pub(crate) after: After,
}

/// `delete`: `{uid}`, or bare.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum UidWire {
    Object { uid: Int },
    Bare(Int),
}

impl UidWire {
    pub(super) fn uid(self) -> Uid {
        match self {
            Self::Object { uid } | Self::Bare(uid) => Uid(uid.0),
        }
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct MoveWire {
    pub(crate) from: Int,
    pub(crate) after: After,
}

#[derive(Debug, Deserialize)]
pub(crate) struct SetTempWire {
    pub(crate) uid: Int,
    pub(crate) temp: bool,
}

/// `changeMedia`: a media object with its clock. It carries no uid.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ChangeMedia {
    #[serde(flatten)]
    pub(crate) media: MediaWire,
    /// Seconds; negative before the start. A leader may report an infinite one, which JSON writes
    /// as `null`: what plays is still worth telling then.
    #[serde(default, rename = "currentTime", deserialize_with = "or_zero")]
    pub(crate) current_time: f64,
    #[serde(default)]
    pub(crate) paused: bool,
}

fn or_zero<'de, D: Deserializer<'de>>(d: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(d)?.unwrap_or_default())
}

/// `mediaUpdate`: the clock alone.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Tick {
    /// Seconds.
    #[serde(rename = "currentTime")]
    pub(crate) current_time: f64,
    #[serde(default)]
    pub(crate) paused: bool,
}

/// `queueFail`, `queueWarn`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct QueueFail {
    #[serde(default)]
    msg: Value,
    #[serde(default)]
    link: Value,
    #[serde(default)]
    id: Value,
}

impl QueueFail {
    pub(crate) fn msg(&self) -> String {
        text_of(&self.msg)
    }

    pub(crate) fn link(&self) -> Option<String> {
        Some(text_of(&self.link)).filter(|text| !text.is_empty())
    }

    pub(crate) fn id(&self) -> Option<String> {
        Some(text_of(&self.id)).filter(|text| !text.is_empty())
    }
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct SavedPlaylistWire {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) count: Int,
    /// Seconds.
    #[serde(default)]
    pub(crate) duration: Option<f64>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct SearchResultsWire {
    #[serde(default)]
    pub(crate) source: String,
    #[serde(default)]
    pub(crate) results: Vec<Value>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct VoteskipWire {
    pub(crate) count: Int,
    pub(crate) need: Int,
}

/// A poll. Counts are numbers, or strings such as `"3?"` and `"?"` while hidden (`src/poll.js`).
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct PollWire {
    title: String,
    options: Vec<String>,
    #[serde(default)]
    counts: Vec<Value>,
    #[serde(default)]
    initiator: String,
    #[serde(default)]
    timestamp: Int,
}

impl From<PollWire> for Poll {
    fn from(wire: PollWire) -> Self {
        let hidden = wire.counts.iter().any(Value::is_string);
        let count = |value: &Value| match value {
            Value::String(text) => text.trim_end_matches('?').parse().ok(),
            other => other.as_i64(),
        };
        Self {
            counts: wire.counts.iter().map(count).collect(),
            title: wire.title,
            options: wire.options,
            hidden,
            initiator: wire.initiator,
            opened_ms: wire.timestamp.0,
        }
    }
}
