//! What plays, and whose clock it runs by (`src/channel/playlist.js`).
//!
//! The server leads: 3 s of lead-in, a tick a second, a `mediaUpdate` each fifth, the next item
//! 2 s after the end. Live media have no clock. With a leader the server's clock stands still.

use crate::testing::model::Model;
use crate::testing::model::conn::ConnId;
use crate::testing::model::list::{Playlist, uid_of};
use crate::testing::model::media::is_live;
use crate::testing::model::wire::{as_f64, num, text, truthy};
use serde_json::{Value, json};

/// Position at which media begin, so that clients can load.
const LEAD_IN_S: f64 = -3.0;

/// How long the server waits for slow clients after the end.
const LAG_S: f64 = 2.0;

impl Playlist {
    fn pack_update(&self) -> Value {
        json!({ "currentTime": num(self.position_s), "paused": self.paused })
    }

    /// The media that play, with their position.
    fn pack_change(&self) -> Option<(i64, Value)> {
        let item = self.current.as_ref()?;
        let mut packed = item.media.pack();
        if let (Value::Object(packed), Value::Object(update)) = (&mut packed, self.pack_update()) {
            packed.extend(update);
        }
        Some((item.uid, packed))
    }

    /// Whether the server's clock would run: timed media and no leader.
    pub(super) fn is_timed(&self) -> bool {
        let current = self.current.as_ref();
        current.is_some_and(|item| item.media.seconds > 0.0) && self.leader.is_none()
    }
}

impl Model {
    fn playlist_mut(&mut self, room: &str) -> Option<&mut Playlist> {
        self.rooms.get_mut(room).map(|room| &mut room.playlist)
    }

    pub(super) fn leader_of(&self, room: &str) -> Option<ConnId> {
        self.rooms.get(room).and_then(|room| room.playlist.leader)
    }

    /// Starts what is current, at `position_s` if that is not 0.
    pub(super) fn start_playback(&mut self, room: &str, position_s: Option<f64>) {
        self.wind(room, position_s);
        self.changes.push(room.to_owned());
    }

    /// Puts the clock where what is current begins.
    fn wind(&mut self, room: &str, position_s: Option<f64>) {
        let now_ms = self.now_ms;
        let Some(playlist) = self.playlist_mut(room) else {
            return;
        };
        let Some(seconds) = playlist.current.as_ref().map(|item| item.media.seconds) else {
            return;
        };
        let position_s = position_s.filter(|position| *position != 0.0);
        if playlist.leader.is_some() {
            playlist.position_s = position_s.unwrap_or(0.0);
            playlist.paused = false;
        } else {
            let lead_in = if seconds > 0.0 { LEAD_IN_S } else { 0.0 };
            playlist.position_s = position_s.unwrap_or(lead_in);
            playlist.paused = playlist.position_s < 0.0;
            playlist.last_tick_ms = now_ms;
            playlist.tick_at_ms = playlist.is_timed().then_some(now_ms + 1_000);
        }
    }

    /// Tells the rooms whose media have changed. The server does so when the event that changed
    /// them is done: whoever enters meanwhile has the new media in its burst, then hears of them.
    pub(super) fn settle(&mut self) {
        for room in std::mem::take(&mut self.changes) {
            self.announce_change(&room);
        }
    }

    fn announce_change(&mut self, room: &str) {
        let change = self
            .rooms
            .get(room)
            .and_then(|room| room.playlist.pack_change());
        let Some((uid, change)) = change else {
            return;
        };
        self.broadcast(room, "setCurrent", &Value::from(uid));
        self.broadcast(room, "changeMedia", &change);
        if let Some(room) = self.rooms.get_mut(room) {
            room.drinks = 0;
        }
        self.broadcast(room, "drinkCount", &Value::from(0));
        self.reset_voteskip(room);
    }

    /// The room was loaded: its media go on where they were saved.
    pub(super) fn resume_playback(&mut self, room: &str) {
        let Some(playlist) = self.playlist_mut(room) else {
            return;
        };
        let mut position_s = playlist.position_s;
        if playlist.current.is_none() {
            playlist.current = playlist.items.first().cloned();
            position_s = LEAD_IN_S;
        }
        self.wind(room, Some(position_s));
    }

    /// Tells one user what plays, as at a join.
    pub(super) fn send_change_media(&mut self, id: ConnId) {
        let change = self
            .room_of(id)
            .and_then(|room| room.playlist.pack_change());
        if let Some((uid, change)) = change {
            self.emit(id, "setCurrent", &Value::from(uid));
            self.emit(id, "changeMedia", &change);
        }
    }

    fn send_media_update(&mut self, room: &str) {
        let playlist = self.rooms.get(room).map(|room| &room.playlist);
        let update = playlist
            .filter(|list| list.current.is_some())
            .map(Playlist::pack_update);
        if let Some(update) = update {
            self.broadcast(room, "mediaUpdate", &update);
        }
    }

    /// A second of the server's clock has passed.
    pub(super) fn playback_tick(&mut self, room: &str) {
        let (now_ms, interval) = (self.now_ms, self.config.update_interval_ticks.max(1));
        let Some(playlist) = self.playlist_mut(room) else {
            return;
        };
        let Some(seconds) = playlist.current.as_ref().map(|item| item.media.seconds) else {
            playlist.tick_at_ms = None;
            return;
        };
        playlist.tick_at_ms = Some(now_ms + 1_000);
        let passed_s = (now_ms - playlist.last_tick_ms) as f64 / 1_000.0;
        playlist.last_tick_ms = now_ms;
        if playlist.position_s < 0.0 && playlist.position_s + passed_s >= 0.0 {
            playlist.position_s = 0.0;
            playlist.paused = false;
            playlist.ticks = 0;
            return self.send_media_update(room);
        }
        playlist.position_s += passed_s;
        playlist.ticks += 1;
        if playlist.position_s >= seconds + LAG_S {
            self.play_next(room);
        } else if playlist.ticks.is_multiple_of(interval) {
            self.send_media_update(room);
        }
    }

    /// Goes on to the next item, from the last to the first; a temporary one is deleted.
    pub(super) fn play_next(&mut self, room: &str) {
        let Some(playlist) = self.playlist_mut(room) else {
            return;
        };
        let Some((uid, temp)) = playlist.current.as_ref().map(|item| (item.uid, item.temp)) else {
            return;
        };
        if temp {
            self.delete_item(room, uid);
        } else if let Some(next) = playlist.after(uid).cloned() {
            playlist.current = Some(next);
            self.start_playback(room, None);
        }
    }

    pub(super) fn on_play_next(&mut self, id: ConnId) {
        if let Some(room) = self
            .room_name(id)
            .filter(|_| self.allowed(id, "playlistjump"))
        {
            self.play_next(&room);
        }
    }

    pub(super) fn on_jump_to(&mut self, id: ConnId, arg: Option<&Value>) {
        let Some(room) = self
            .room_name(id)
            .filter(|_| self.allowed(id, "playlistjump"))
        else {
            return;
        };
        let Some(playlist) = self.playlist_mut(&room) else {
            return;
        };
        let Some(to) = arg
            .and_then(uid_of)
            .and_then(|uid| playlist.find(uid))
            .cloned()
        else {
            return;
        };
        let old = playlist.current.replace(to.clone());
        self.start_playback(&room, None);
        if let Some(old) = old.filter(|old| old.temp && old.uid != to.uid) {
            self.delete_item(&room, old.uid);
        }
    }

    /// Gives the lead to a user, or with an empty name back to the server.
    pub(super) fn on_assign_leader(&mut self, id: ConnId, arg: &Value) {
        let Some(room) = self.room_name(id) else {
            return;
        };
        if !self.allowed(id, "leaderctl") {
            return self.kick(
                id,
                Some("Attempted assignLeader without sufficient permission"),
            );
        }
        if let Some(old) = self.playlist_mut(&room).and_then(|list| list.leader.take()) {
            self.take_lead_from(&room, old);
        }
        let name = text(arg, "name").unwrap_or("");
        if name.is_empty() {
            return self.resume_autolead(&room);
        }
        let mut users = self.users_of(&room).into_iter();
        let Some(leader) = users.find(|user| self.name(*user) == name) else {
            return self.error(
                id,
                &format!("Unable to assign leader: could not find user {name}"),
            );
        };
        if let Some(playlist) = self.playlist_mut(&room) {
            playlist.leader = Some(leader);
            playlist.tick_at_ms = None;
        }
        let raised = match self.user_mut(leader) {
            Some(user) if user.rank < 1.5 => {
                user.rank_before_leading = user.rank;
                user.rank = 1.5;
                true
            }
            _ => false,
        };
        if raised {
            self.emit(leader, "rank", &num(1.5));
        }
        self.broadcast(&room, "setLeader", &Value::from(name));
        if self.rank(leader) == 1.5 {
            self.broadcast_rank(leader, &room);
        }
    }

    fn take_lead_from(&mut self, room: &str, old: ConnId) {
        if let Some(user) = self.user_mut(old).filter(|user| user.rank == 1.5) {
            user.rank = user.rank_before_leading;
            let rank = num(user.rank);
            self.emit(old, "rank", &rank);
        }
        self.broadcast_rank(old, room);
    }

    /// The server leads again.
    fn resume_autolead(&mut self, room: &str) {
        let now_ms = self.now_ms;
        self.broadcast(room, "setLeader", &Value::from(""));
        let Some(playlist) = self
            .playlist_mut(room)
            .filter(|list| list.current.is_some())
        else {
            return;
        };
        playlist.paused = false;
        let starts = playlist.tick_at_ms.is_none() && playlist.is_timed();
        self.send_media_update(room);
        if let Some(playlist) = self.playlist_mut(room).filter(|_| starts) {
            playlist.last_tick_ms = now_ms;
            self.playback_tick(room);
        }
    }

    pub(super) fn leader_left(&mut self, room: &str, id: ConnId) {
        if self.leader_of(room) == Some(id) {
            if let Some(playlist) = self.playlist_mut(room) {
                playlist.leader = None;
            }
            self.resume_autolead(room);
        }
    }

    /// The leader's position.
    pub(super) fn on_media_update(&mut self, id: ConnId, arg: &Value) {
        let Some(room) = self
            .room_name(id)
            .filter(|room| self.leader_of(room) == Some(id))
        else {
            return;
        };
        let Some(playlist) = self.playlist_mut(&room) else {
            return;
        };
        let current = playlist.current.as_ref().map(|item| &item.media);
        let matches =
            current.is_some_and(|m| !is_live(&m.kind) && Some(m.id.as_str()) == text(arg, "id"));
        if let Some(position_s) = as_f64(arg.get("currentTime")).filter(|_| matches) {
            playlist.position_s = position_s;
            playlist.paused = truthy(arg.get("paused"));
            self.send_media_update(&room);
        }
    }
}
