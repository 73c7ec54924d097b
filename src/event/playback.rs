//! Bodies of the events about media, the playlist and votes.

use crate::model::{Item, Media, Poll, Uid};
use crate::number::plain;
use serde::{Deserialize, Serialize};

/// What plays, and where it stood when the server said so.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NowPlaying {
    /// The playlist item; `null` where it is not known (the frame carries none).
    pub uid: Option<Uid>,
    /// What it is.
    pub media: Media,
    /// Seconds from the start; negative during the lead-in before playback.
    #[serde(serialize_with = "plain")]
    pub position_s: f64,
    /// Whether the clock stands.
    pub paused: bool,
}

/// `media_change`: something else plays, or the same from the start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MediaChanged {
    /// The playlist item; `null` where it is not known.
    pub uid: Option<Uid>,
    /// What plays now.
    pub media: Media,
    /// Seconds from the start; -3 at a server-led start (3 s to buffer).
    #[serde(serialize_with = "plain")]
    pub position_s: f64,
    /// Whether the clock stands.
    pub paused: bool,
    /// The server only repeated what plays already: not a new play.
    #[serde(default)]
    pub resync: bool,
}

/// `media_stop`: nothing plays any more. Derived: the server has no such frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaStopped {
    /// `deleted` (the last item went), `cleared` (the list was emptied) or `empty` (the count
    /// says so while the list is hidden).
    pub reason: String,
}

/// `media_update`: the position is not where it was expected.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MediaUpdated {
    /// Seconds from the start.
    #[serde(serialize_with = "plain")]
    pub position_s: f64,
    /// Whether the clock stands.
    pub paused: bool,
    /// Where the state expected it; `null` if nothing was known to play.
    #[serde(default)]
    pub expected_s: Option<f64>,
}

/// `media_queue`: an item was added.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ItemQueued {
    /// The new item.
    pub item: Item,
    /// Where it stands.
    pub after: After,
}

/// A place in the playlist: behind an item, at the front or at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// Behind this item.
    Uid(Uid),
    /// At the front (`"prepend"` on the wire).
    Front,
    /// At the end (`"append"` on the wire).
    End,
}

impl Serialize for After {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Uid(uid) => s.serialize_i64(uid.0),
            Self::Front => s.serialize_str("prepend"),
            Self::End => s.serialize_str("append"),
        }
    }
}

/// Also reads a numeric string: `moveVideo` echoes whatever its mover typed.
impl<'de> Deserialize<'de> for After {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Wire {
            Number(f64),
            Text(String),
        }
        let uid_of =
            |n: f64| (n.fract() == 0.0 && n.abs() < 9e15).then_some(Self::Uid(Uid(n as i64)));
        let after = match &Wire::deserialize(d)? {
            Wire::Number(n) => uid_of(*n),
            Wire::Text(text) if text == "prepend" => Some(Self::Front),
            Wire::Text(text) if text == "append" => Some(Self::End),
            Wire::Text(text) => text.trim().parse().ok().and_then(uid_of),
        };
        after.ok_or_else(|| serde::de::Error::custom("not a place in the playlist"))
    }
}

/// `media_delete`: an item is gone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ItemDeleted {
    /// Which.
    pub uid: Uid,
    /// The item as last known; `null` if it was not.
    pub item: Option<Item>,
}

/// `playlist_move`: an item changed its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemMoved {
    /// Which.
    pub uid: Uid,
    /// Where to.
    pub after: After,
}

/// `playlist_current`: the playing item's number, told alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrentSet {
    /// Which; it may be unknown to us or just deleted.
    pub uid: Uid,
}

/// `playlist_temp`: an item became temporary or lasting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TempSet {
    /// Which.
    pub uid: Uid,
    /// Deleted once played.
    pub temp: bool,
}

/// `playlist_update`: the whole list, outside a join. All uids are new.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlaylistReplaced {
    /// All items in order.
    pub items: Vec<Item>,
    /// Why, where it can be told.
    #[serde(default)]
    pub cause: Option<ReplaceCause>,
}

/// Why a whole playlist came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplaceCause {
    /// Shuffled: the same media under new uids.
    Shuffle,
    /// Emptied.
    Clear,
    /// We asked for it.
    Requested,
    /// What we may see changed.
    Visibility,
}

/// `playlist_lock`: whether the stricter set of playlist rights holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockSet {
    /// Locked.
    pub locked: bool,
}

/// `voteskip`: votes to skip, or our own vote withdrawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VoteskipChanged {
    /// Votes so far; `null` where only our vote was withdrawn.
    pub count: Option<i64>,
    /// Votes needed.
    pub need: Option<i64>,
    /// Our vote was withdrawn because we went away.
    #[serde(default)]
    pub withdrawn: bool,
}

/// `poll_open`, `poll_update`: a poll as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PollShown(pub Poll);

/// `poll_close`: the open poll was closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PollClosed {
    /// The poll as last known; `null` if none was.
    pub poll: Option<Poll>,
}
