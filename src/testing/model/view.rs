//! What the server knows, for tests to compare with: the truth that clients ought to reach.

use crate::testing::model::Model;
use crate::testing::model::list::Item;
use crate::testing::model::room::Room;
use serde_json::Value;
use std::collections::BTreeMap;

/// A named user in a room.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct UserView {
    /// Display name.
    pub name: String,
    /// Rank that counts in the room.
    pub rank: f64,
    /// Whether away.
    pub afk: bool,
    /// Whether muted, openly or not.
    pub muted: bool,
    /// Whether muted without knowing.
    pub shadow_muted: bool,
}

/// An item on a playlist.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ItemView {
    /// Number of the item; renumbered by shuffles and restarts.
    pub uid: i64,
    /// Type code, such as `yt`.
    pub kind: String,
    /// Id at the provider.
    pub id: String,
    /// Title.
    pub title: String,
    /// Length in seconds; 0 is live.
    pub seconds: f64,
    /// Whether it goes when it has played.
    pub temp: bool,
    /// Who added it; empty if anonymous.
    pub queued_by: String,
}

/// A room as the server sees it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct RoomView {
    /// Name in lower case.
    pub name: String,
    /// Whether registered.
    pub registered: bool,
    /// Named users in order of entry.
    pub users: Vec<UserView>,
    /// Users without a name.
    pub anonymous_count: usize,
    /// Name of the leader.
    pub leader: Option<String>,
    /// The list, in order.
    pub playlist: Vec<ItemView>,
    /// Items the server believes to have; see the list for those it has.
    pub playlist_count: i64,
    /// Whether additions need more rank.
    pub playlist_locked: bool,
    /// What plays.
    pub current: Option<ItemView>,
    /// Where it is, in seconds; negative during the lead-in.
    pub position_s: f64,
    /// Whether it stands still.
    pub paused: bool,
    /// Whether the server moves the position and tells it. Not while somebody leads; and after
    /// somebody who was not there was to lead, not before the next item or a named leader.
    pub is_ticking: bool,
    /// The messages a joiner would be shown, as sent.
    pub replay: Vec<Value>,
    /// How many such messages there ever were; a restart from an older save takes this back too.
    pub said: u64,
    /// Title of the open poll, as HTML.
    pub poll_title: Option<String>,
    /// Votes of the open poll.
    pub poll_counts: Vec<usize>,
    /// Message of the day, as HTML.
    pub motd: String,
    /// Style sheet.
    pub css: String,
    /// Script.
    pub js: String,
    /// Settings as members are sent them, the password included.
    pub options: Value,
    /// Names of the emotes, in order.
    pub emotes: Vec<String>,
    /// Permissions by name.
    pub permissions: BTreeMap<String, f64>,
    /// Drinks called.
    pub drinks: i64,
}

impl Model {
    /// A room as it is now; `None` if there is none of that name.
    #[must_use]
    pub fn room(&self, name: &str) -> Option<RoomView> {
        self.rooms
            .get(&name.to_ascii_lowercase())
            .map(|room| self.view(room))
    }

    /// How many messages for joiners a room ever had, and those it has now: what is new since the
    /// last look, without a copy of the room.
    #[must_use]
    pub fn replay(&self, name: &str) -> (u64, impl ExactSizeIterator<Item = &Value>) {
        let room = self.rooms.get(name);
        let lines = room.map(|room| room.replay.iter()).unwrap_or_default();
        (room.map_or(0, |room| room.said), lines)
    }

    /// All rooms, by name.
    #[must_use]
    pub fn rooms(&self) -> Vec<RoomView> {
        self.rooms.values().map(|room| self.view(room)).collect()
    }

    /// How many sockets are open, bots not counted.
    #[must_use]
    pub fn connection_count(&self) -> usize {
        self.conns.keys().filter(|id| !id.is_bot()).count()
    }

    fn view(&self, room: &Room) -> RoomView {
        let users = room.users.iter().filter_map(|id| self.user(*id));
        let named = users.clone().filter(|user| user.is_named());
        let permissions = match room.permissions.pack() {
            Value::Object(fields) => fields,
            _ => serde_json::Map::new(),
        };
        RoomView {
            name: room.name.clone(),
            registered: room.registered,
            users: named
                .map(|user| UserView {
                    name: user.name.clone(),
                    rank: user.rank,
                    afk: user.afk,
                    muted: user.muted,
                    shadow_muted: user.shadow_muted,
                })
                .collect(),
            anonymous_count: users.filter(|user| !user.is_named()).count(),
            leader: room.playlist.leader.map(|leader| self.name(leader)),
            playlist: room.playlist.items.iter().map(Item::view).collect(),
            playlist_count: room.playlist.count,
            playlist_locked: !room.permissions.playlist_open,
            current: room.playlist.current.as_ref().map(Item::view),
            position_s: room.playlist.position_s,
            is_ticking: room.playlist.tick_at_ms.is_some() && room.playlist.is_timed(),
            paused: room.playlist.paused,
            replay: room.replay.iter().cloned().collect(),
            said: room.said,
            poll_title: room.poll.as_ref().map(|poll| poll.title.clone()),
            poll_counts: room
                .poll
                .as_ref()
                .map(|poll| poll.counts())
                .unwrap_or_default(),
            motd: room.motd.clone(),
            css: room.css.clone(),
            js: room.js.clone(),
            options: room.options.pack(),
            emotes: room.emotes.iter().map(|(name, _)| name.clone()).collect(),
            permissions: permissions
                .into_iter()
                .filter_map(|(name, rank)| Some((name, rank.as_f64()?)))
                .collect(),
            drinks: room.drinks,
        }
    }
}

impl Item {
    fn view(&self) -> ItemView {
        ItemView {
            uid: self.uid,
            kind: self.media.kind.clone(),
            id: self.media.id.clone(),
            title: self.media.title.clone(),
            seconds: self.media.seconds,
            temp: self.temp,
            queued_by: self.queueby.clone(),
        }
    }
}
