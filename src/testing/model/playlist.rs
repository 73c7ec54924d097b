//! The playlist and what moderators do to it (`src/channel/playlist.js`, `src/ullist.js`).
//!
//! The list and its totals are kept apart, as on the server, so that the server's mistake shows:
//! a move to after an unknown item loses the item and leaves the count too high.

use crate::testing::model::Model;
use crate::testing::model::conn::ConnId;
use crate::testing::model::limits::Rate;
use crate::testing::model::queue::PendingAdd;
use crate::testing::model::wire::{as_f64, num, truthy};
use serde_json::{Value, json};
use std::collections::VecDeque;

/// Once a minute.
const REQUEST_RATE: Rate = Rate {
    burst: 1.0,
    sustained: 0.0,
    cooldown_s: 60.0,
};

/// Something to play.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Media {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) seconds: f64,
    pub(super) duration: String,
    pub(super) kind: String,
    pub(super) meta: Value,
}

impl Media {
    pub(super) fn pack(&self) -> Value {
        json!({
            "id": self.id,
            "title": self.title,
            "seconds": num(self.seconds),
            "duration": self.duration,
            "type": self.kind,
            "meta": self.meta,
        })
    }
}

/// Media on the list.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Item {
    pub(super) uid: i64,
    pub(super) media: Media,
    pub(super) temp: bool,
    pub(super) queueby: String,
}

impl Item {
    pub(super) fn pack(&self) -> Value {
        json!({
            "media": self.media.pack(),
            "uid": self.uid,
            "temp": self.temp,
            "queueby": self.queueby,
        })
    }
}

/// The list, what plays of it, and the server's clock over that.
#[derive(Clone, Debug, Default)]
pub(super) struct Playlist {
    pub(super) items: Vec<Item>,
    pub(super) count: i64,
    pub(super) raw_time_s: f64,
    pub(super) next_uid: i64,
    /// A copy: it may be on the list no longer.
    pub(super) current: Option<Item>,
    pub(super) position_s: f64,
    pub(super) paused: bool,
    pub(super) leader: Option<ConnId>,
    /// Next second of the server's clock, if it runs.
    pub(super) tick_at_ms: Option<i64>,
    pub(super) last_tick_ms: i64,
    pub(super) ticks: u64,
    /// Adds whose media are being looked up, one after another.
    pub(super) pending: VecDeque<PendingAdd>,
}

impl Playlist {
    pub(super) fn index_of(&self, uid: i64) -> Option<usize> {
        self.items.iter().position(|item| item.uid == uid)
    }

    pub(super) fn find(&self, uid: i64) -> Option<&Item> {
        self.items.iter().find(|item| item.uid == uid)
    }

    /// What comes after `uid`: the first item after the last.
    pub(super) fn after(&self, uid: i64) -> Option<&Item> {
        let next = self
            .index_of(uid)
            .and_then(|index| self.items.get(index + 1));
        next.or_else(|| self.items.first())
    }

    pub(super) fn is_current(&self, uid: i64) -> bool {
        self.current.as_ref().is_some_and(|item| item.uid == uid)
    }

    fn take(&mut self, uid: i64) -> Option<Item> {
        self.index_of(uid).map(|index| self.items.remove(index))
    }

    /// Puts an item behind `uid`; gives it back if there is no such item.
    pub(super) fn insert_after(&mut self, item: Item, uid: i64) -> Result<usize, Item> {
        match self.index_of(uid) {
            Some(index) => {
                self.items.insert(index + 1, item);
                Ok(index + 1)
            }
            None => Err(item),
        }
    }

    pub(super) fn new_uid(&mut self) -> i64 {
        self.next_uid += 1;
        self.next_uid - 1
    }

    pub(super) fn pack(&self) -> Value {
        Value::Array(self.items.iter().map(Item::pack).collect())
    }

    pub(super) fn pack_meta(&self) -> Value {
        json!({
            "count": self.count,
            "rawTime": num(self.raw_time_s),
            "time": clock_text(self.raw_time_s),
        })
    }

    /// As it is when loaded again: numbered from 0 in list order, without a leader.
    pub(super) fn unload(&mut self) {
        let current = self.current.take();
        let index = current.and_then(|item| self.index_of(item.uid));
        for (uid, item) in (0..).zip(&mut self.items) {
            item.uid = uid;
        }
        self.next_uid = self.items.len() as i64;
        self.count = self.next_uid;
        self.raw_time_s = self.items.iter().map(|item| item.media.seconds).sum();
        self.current = index.and_then(|index| self.items.get(index)).cloned();
        self.leader = None;
        self.tick_at_ms = None;
        self.pending.clear();
    }
}

/// `MM:SS`, or `HH:MM:SS` from an hour on.
pub(super) fn clock_text(seconds: f64) -> String {
    let s = seconds.max(0.0) as u64;
    let (hours, minutes, s) = (s / 3_600, s / 60 % 60, s % 60);
    if hours > 0 {
        format!("{hours:02}:{minutes:02}:{s:02}")
    } else {
        format!("{minutes:02}:{s:02}")
    }
}

impl Model {
    /// Sends the totals, and the list to who may see it.
    pub(super) fn send_playlist(&mut self, id: ConnId) {
        let Some(room) = self.room_of(id) else {
            return;
        };
        let meta = room.playlist.pack_meta();
        let visible = self.allowed(id, "seeplaylist");
        let list = visible.then(|| room.playlist.pack());
        let current = room.playlist.current.as_ref().map(|item| item.uid);
        self.emit(id, "setPlaylistMeta", &meta);
        if let Some(list) = list {
            self.emit(id, "playlist", &list);
            if let Some(uid) = current {
                self.emit(id, "setCurrent", &Value::from(uid));
            }
        }
    }

    /// Sends the totals to everybody.
    pub(super) fn send_playlist_meta(&mut self, room: &str) {
        if let Some(meta) = self.rooms.get(room).map(|room| room.playlist.pack_meta()) {
            self.emit_all(&self.users_of(room), "setPlaylistMeta", &meta);
        }
    }

    pub(super) fn on_request_playlist(&mut self, id: ConnId) {
        let now_ms = self.now_ms;
        let Some(user) = self.user_mut(id) else {
            return;
        };
        if !user.playlist_limiter.throttles(REQUEST_RATE, now_ms) {
            return self.send_playlist(id);
        }
        let msg =
            "Get Playlist URLs is limited to 1 usage every 60 seconds.  Please try again later.";
        let error = json!({ "msg": msg, "code": "REQ_PLAYLIST_LIMIT_REACHED" });
        self.emit(id, "errorMsg", &error);
    }

    pub(super) fn on_delete(&mut self, id: ConnId, arg: Option<&Value>) {
        let (Some(room), Some(uid)) = (self.room_name(id), whole(as_f64(arg))) else {
            return;
        };
        if self.allowed(id, "playlistdelete") {
            self.delete_item(&room, uid);
        }
    }

    /// Takes an item off the list; if it was playing, the next one starts, and after the last one
    /// nothing does and nothing is said.
    pub(super) fn delete_item(&mut self, room: &str, uid: i64) {
        let Some(playlist) = self.rooms.get_mut(room).map(|room| &mut room.playlist) else {
            return;
        };
        let next = playlist.after(uid).cloned();
        let Some(item) = playlist.take(uid) else {
            return;
        };
        playlist.count -= 1;
        playlist.raw_time_s -= item.media.seconds;
        let was_current = playlist.is_current(uid);
        self.broadcast_to(room, "seeplaylist", "delete", &json!({ "uid": uid }));
        self.send_playlist_meta(room);
        if was_current {
            let next = next.filter(|next| next.uid != uid);
            let plays = next.is_some();
            if let Some(room) = self.rooms.get_mut(room) {
                room.playlist.current = next;
            }
            if plays {
                self.start_playback(room, None);
            }
        }
    }

    pub(super) fn on_move_media(&mut self, id: ConnId, arg: &Value) {
        let Some(room) = self
            .room_name(id)
            .filter(|_| self.allowed(id, "playlistmove"))
        else {
            return;
        };
        let Some(playlist) = self.rooms.get_mut(&room).map(|room| &mut room.playlist) else {
            return;
        };
        let after = arg.get("after").and_then(uid_of);
        let Some(from) = whole(as_f64(arg.get("from"))).filter(|from| Some(*from) != after) else {
            return;
        };
        let Some(item) = playlist.take(from) else {
            return;
        };
        match arg.get("after").and_then(Value::as_str) {
            Some("prepend") => playlist.items.insert(0, item),
            Some("append") => playlist.items.push(item),
            // The item is off the list already: with an unknown target it is lost, unheard.
            _ => match after.map(|after| playlist.insert_after(item, after)) {
                Some(Ok(_)) => {}
                _ => return,
            },
        }
        self.broadcast(&room, "moveVideo", arg);
    }

    pub(super) fn on_set_temp(&mut self, id: ConnId, arg: &Value) {
        let Some(room) = self.room_name(id).filter(|_| self.allowed(id, "settemp")) else {
            return;
        };
        let Some(playlist) = self.rooms.get_mut(&room).map(|room| &mut room.playlist) else {
            return;
        };
        let uid = whole(as_f64(arg.get("uid")));
        let temp = truthy(arg.get("temp"));
        let Some(item) = playlist.items.iter_mut().find(|item| Some(item.uid) == uid) else {
            return;
        };
        item.temp = temp;
        if let Some(current) = playlist
            .current
            .as_mut()
            .filter(|item| Some(item.uid) == uid)
        {
            current.temp = temp;
        }
        self.broadcast(&room, "setTemp", arg);
    }

    pub(super) fn on_clear_playlist(&mut self, id: ConnId) {
        let Some(room) = self
            .room_name(id)
            .filter(|_| self.allowed(id, "playlistclear"))
        else {
            return;
        };
        let Some(playlist) = self.rooms.get_mut(&room).map(|room| &mut room.playlist) else {
            return;
        };
        playlist.current = None;
        playlist.items.clear();
        playlist.pending.clear();
        playlist.count = 0;
        playlist.raw_time_s = 0.0;
        let meta = playlist.pack_meta();
        self.broadcast(&room, "playlist", &json!([]));
        self.broadcast(&room, "setPlaylistMeta", &meta);
    }

    /// New order, new uids; what plays comes first and keeps its position.
    pub(super) fn on_shuffle_playlist(&mut self, id: ConnId) {
        let Some(room) = self
            .room_name(id)
            .filter(|_| self.allowed(id, "playlistshuffle"))
        else {
            return;
        };
        let Some(playlist) = self.rooms.get_mut(&room).map(|room| &mut room.playlist) else {
            return;
        };
        playlist.pending.clear();
        let position_s = playlist.current.is_some().then_some(playlist.position_s);
        let mut old = std::mem::take(&mut playlist.items);
        while !old.is_empty() {
            let mut item = old.swap_remove(self.random.index(old.len()));
            let first = playlist.is_current(item.uid);
            item.uid = playlist.new_uid();
            let index = if first { 0 } else { playlist.items.len() };
            playlist.items.insert(index, item);
        }
        playlist.current = playlist.items.first().cloned();
        let list = playlist.pack();
        self.broadcast_to(&room, "seeplaylist", "playlist", &list);
        self.start_playback(&room, position_s);
    }

    pub(super) fn on_toggle_playlist_lock(&mut self, id: ConnId) {
        let Some(room) = self
            .room_name(id)
            .filter(|_| self.allowed(id, "playlistlock"))
        else {
            return;
        };
        let Some(permissions) = self.rooms.get_mut(&room).map(|room| &mut room.permissions) else {
            return;
        };
        permissions.playlist_open = !permissions.playlist_open;
        let locked = Value::Bool(!permissions.playlist_open);
        self.broadcast(&room, "setPlaylistLocked", &locked);
    }

    /// `/clean user` and `/cleantitle title`: the target is a plain text here, not an expression.
    pub(super) fn command_clean(&mut self, id: ConnId, command: &str, target: &str) {
        let Some(room) = self
            .room_name(id)
            .filter(|_| self.allowed(id, "playlistdelete"))
        else {
            return;
        };
        if target.is_empty() {
            let msg = format!(
                "No target given for {command}.  Usage: /clean <username> or /cleantitle <title>"
            );
            return self.error(id, &msg);
        }
        let Some(items) = self.rooms.get(&room).map(|room| &room.playlist.items) else {
            return;
        };
        let by_name = command == "/clean";
        let matches = |item: &&Item| {
            let text = if by_name {
                &item.queueby
            } else {
                &item.media.title
            };
            text.contains(target)
        };
        let uids: Vec<_> = items.iter().filter(matches).map(|item| item.uid).collect();
        for uid in uids {
            self.delete_item(&room, uid);
        }
    }
}

/// A uid out of a number.
fn whole(number: Option<f64>) -> Option<i64> {
    number.filter(|n| n.fract() == 0.0).map(|n| n as i64)
}

/// A uid out of a number or a numeric string.
pub(super) fn uid_of(value: &Value) -> Option<i64> {
    whole(value.as_f64()).or_else(|| value.as_str()?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::clock_text;

    #[test]
    fn totals_read_as_clocks() {
        assert_eq!(clock_text(0.0), "00:00");
        assert_eq!(clock_text(725.0), "12:05");
        assert_eq!(clock_text(7_111.0), "01:58:31");
    }
}
