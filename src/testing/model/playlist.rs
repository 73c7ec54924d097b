//! What users and moderators do to the playlist (`src/channel/playlist.js`); adding has a file of
//! its own.

use crate::testing::model::Model;
use crate::testing::model::conn::ConnId;
use crate::testing::model::limits::Rate;
use crate::testing::model::list::{Item, uid_of, whole};
use crate::testing::model::wire::{as_f64, truthy};
use serde_json::{Value, json};

/// Once a minute.
const REQUEST_RATE: Rate = Rate {
    burst: 1.0,
    sustained: 0.0,
    cooldown_s: 60.0,
};

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
                Some(true) => {}
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
