//! What survives a restart: the rooms as they were last saved.
//!
//! A real server saves registered rooms every few minutes, when they empty and when it stops in
//! good order. After a crash it loads the older save, so that chat, playlist and polls go back in
//! time; ranks, bans and saved playlists live in the database and do not (`src/channel/channel.js`,
//! `saveState`).

use crate::testing::model::Model;
use crate::testing::model::room::Room;
use std::collections::BTreeMap;

/// The saved state of every registered room. Opaque: it goes back into
/// [`Model::restart`].
#[derive(Clone, Debug, Default)]
pub struct SavedState {
    rooms: BTreeMap<String, Room>,
}

impl SavedState {
    /// Saves the registered rooms among `rooms`.
    pub(super) fn of(rooms: &BTreeMap<String, Room>) -> Self {
        let mut saved = Self::default();
        for room in rooms.values() {
            saved.put(room);
        }
        saved
    }

    /// Saves one room, if it is registered.
    pub(super) fn put(&mut self, room: &Room) {
        if room.registered {
            let mut room = room.clone();
            room.unload();
            self.rooms.insert(room.name.clone(), room);
        }
    }
}

impl Model {
    /// What would be saved now.
    #[must_use]
    pub fn save(&self) -> SavedState {
        SavedState::of(&self.rooms)
    }

    /// What was last saved by itself: what is left after a crash.
    #[must_use]
    pub fn last_save(&self) -> SavedState {
        self.last_save.clone()
    }

    /// Starts the server anew from `saved`: every connection is forgotten without a word, bots
    /// included, items are renumbered from 0, and unregistered rooms are gone. Whoever owns the
    /// model cuts the transports.
    pub fn restart(&mut self, saved: SavedState, now_ms: i64) {
        self.tick(now_ms);
        self.conns.clear();
        self.out.clear();
        self.changes.clear();
        self.addresses.clear();
        self.save_at_ms = None;
        let before = std::mem::replace(&mut self.rooms, saved.rooms);
        for (name, room) in before {
            let Some(restored) = self.rooms.get_mut(&name) else {
                continue;
            };
            restored.ranks = room.ranks;
            restored.bans = room.bans;
            restored.next_ban_id = room.next_ban_id;
        }
        self.last_save = SavedState::of(&self.rooms);
    }

    /// The periodic save.
    pub(super) fn save_all(&mut self) {
        self.last_save = self.save();
        self.save_at_ms = None;
        self.schedule_save();
    }

    /// Sees to it that a save is due while any registered room is loaded.
    pub(super) fn schedule_save(&mut self) {
        let due_ms = self.now_ms + self.config.save_interval_s.max(1) * 1_000;
        if self.save_at_ms.is_none()
            && self
                .rooms
                .values()
                .any(|room| room.registered && room.loaded)
        {
            self.save_at_ms = Some(due_ms);
        }
    }
}
