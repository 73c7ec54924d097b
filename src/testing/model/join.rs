//! Into a room and out of it (`src/channel/channel.js`, `accesscontrol.js`, `anonymouscheck.js`).
//!
//! The burst is put out within one call, so nothing foreign can stand inside it; broadcasts caused
//! by the entry itself, such as the `userLeave` of an older session of the same name, come before.

use crate::testing::model::Model;
use crate::testing::model::config::RoomConfig;
use crate::testing::model::conn::{ConnId, Pending, User};
use crate::testing::model::digest;
use crate::testing::model::login::is_name;
use crate::testing::model::room::Room;
use crate::testing::model::wire::{num, text};
use serde_json::{Value, json};

impl Model {
    /// `joinChannel`: once a socket, however it ends.
    pub(super) fn on_join_channel(&mut self, id: ConnId, arg: Option<&Value>) {
        let Some(user) = self.user_mut(id).filter(|user| !user.join_used) else {
            return;
        };
        user.join_used = true;
        let Some((arg, name)) = arg.and_then(|arg| Some((arg, text(arg, "name")?))) else {
            return;
        };
        if !is_name(name, 30) {
            self.error(
                id,
                "Invalid channel name.  Channel names may consist of 1-30 characters in the \
                 set a-z, A-Z, 0-9, -, and _",
            );
            return self.kick(id, Some("Invalid channel name"));
        }
        let name = name.to_ascii_lowercase();
        let room = self.config.find_room(&name);
        if room.is_some_and(|room| room.elsewhere) {
            let msg = format!(
                "Channel '{name}' is hosted on another server.  Try refreshing the page to \
                 update the connection URL."
            );
            return self.error(id, &msg);
        }
        if let Some(reason) = room.and_then(|room| room.banned.clone()) {
            let reason = format!("Channel could not be loaded: Channel is banned: {reason}");
            return self.kick(id, Some(&reason));
        }
        if let Some(user) = self.user_mut(id) {
            user.room = Some(name.clone());
        }
        self.load_room(&name);
        if self.user(id).is_some_and(|user| user.registered) && self.config.rank_lookup_ms == 0 {
            self.learn_rank(id);
            self.broadcast_rank(id, &name);
        }
        self.check_join(id, &name, text(arg, "pw"));
        self.unload_if_empty(&name);
    }

    /// The checks before entry, in the order of the server's modules.
    fn check_join(&mut self, id: ConnId, room: &str, password: Option<&str>) {
        let (ip, name) = (self.ip(id), self.name(id));
        let Some(room) = self.rooms.get(room) else {
            return;
        };
        if room.registered && room.is_banned(&ip, &name) {
            return self.kick(id, Some("You are banned from this channel."));
        }
        let wanted = room.options.password.clone();
        let nameless = room.options.block_anonymous_users && name.is_empty();
        if let Some(wanted) = wanted.filter(|_| self.rank(id) < 2.0)
            && password != Some(wanted.as_str())
        {
            self.wait_for(id, Pending::Password);
            return self.emit(id, "needPassword", &Value::from(password.is_some()));
        }
        if nameless {
            self.wait_for(id, Pending::Name);
            return self.error(
                id,
                "This channel has blocked anonymous users. Please provide a user name to join.",
            );
        }
        self.accept(id);
        self.cancel_password_late(id);
        self.after_entry(id);
    }

    fn wait_for(&mut self, id: ConnId, what: Pending) {
        if let Some(user) = self.user_mut(id) {
            user.pending = Some(what);
        }
    }

    pub(super) fn on_channel_password(&mut self, id: ConnId, arg: Option<&Value>) {
        let Some(user) = self
            .user(id)
            .filter(|user| user.pending == Some(Pending::Password))
        else {
            return;
        };
        let (Some(Value::String(given)), Some(name)) = (arg, user.room.clone()) else {
            return;
        };
        let nameless = !user.is_named();
        let Some(options) = self.rooms.get(&name).map(|room| &room.options) else {
            return;
        };
        if options
            .password
            .as_ref()
            .is_some_and(|wanted| wanted != given)
        {
            return self.emit(id, "needPassword", &Value::Bool(true));
        }
        let wants_name = options.block_anonymous_users && nameless;
        self.emit_bare(id, "cancelNeedPassword");
        if wants_name {
            self.wait_for(id, Pending::Name);
            return self.error(
                id,
                "This channel has blocked anonymous users. Please provide a user name to join.",
            );
        }
        self.accept_pending(id);
    }

    /// A login while the password is asked for: rank 2 needs none.
    pub(super) fn try_by_rank(&mut self, id: ConnId) {
        if !self.user(id).is_some_and(|user| user.registered) {
            return;
        }
        self.learn_rank(id);
        if self.rank(id) >= 2.0 {
            self.accept(id);
            self.cancel_password_late(id);
            if let Some(room) = self.room_name(id) {
                self.broadcast_rank(id, &room);
            }
            self.after_entry(id);
        }
    }

    /// The odd `cancelNeedPassword` that moderators see after the burst.
    fn cancel_password_late(&mut self, id: ConnId) {
        let has_password = |room: &Room| room.options.password.is_some();
        if self.room_of(id).is_some_and(has_password) && self.rank(id) >= 2.0 {
            self.emit_bare(id, "cancelNeedPassword");
        }
    }

    /// Lets in a user who waited.
    pub(super) fn accept_pending(&mut self, id: ConnId) {
        self.accept(id);
        self.after_entry(id);
    }

    /// What an account is told once it is in.
    fn after_entry(&mut self, id: ConnId) {
        let Some(user) = self.user(id).filter(|user| user.registered && user.in_room) else {
            return;
        };
        let has_rank = user.has_channel_rank;
        self.on_list_playlists(id);
        if !has_rank {
            self.start_rank_lookup(id);
        }
    }

    /// Puts the user into the room: evicts its older sessions, announces it, sends the burst.
    fn accept(&mut self, id: ConnId) {
        let Some(name) = self.user(id).and_then(|user| user.room.clone()) else {
            return;
        };
        self.load_room(&name);
        let Some(room) = self.rooms.get_mut(&name) else {
            return;
        };
        room.sockets.push(id);
        if let Some(user) = self.user_mut(id) {
            user.pending = None;
            user.in_room = true;
        }
        self.start_afk_timer(id);
        let named = self.user(id).is_some_and(User::is_named);
        if named {
            self.evict_namesakes(id, &name);
            self.send_user_join(&name, id);
        }
        if let Some(room) = self.rooms.get_mut(&name) {
            room.users.push(id);
        }
        self.send_burst(id, &name);
        if named {
            self.kick_if_banned(id, &name);
        }
    }

    /// Everything a joiner is told, in the order of the server's modules.
    fn send_burst(&mut self, id: ConnId, name: &str) {
        let Some(room) = self.rooms.get(name) else {
            return;
        };
        let (permissions, locked) = (room.permissions.pack(), !room.permissions.playlist_open);
        let (emotes, replay) = (room.pack_emotes(), room.replay.clone());
        let (drinks, options) = (room.drinks, room.options.pack());
        let (style, motd) = (room.pack_style(), room.motd.clone());
        let registered = room.registered;
        self.emit(id, "setPermissions", &permissions);
        self.emit(id, "setPlaylistLocked", &Value::Bool(locked));
        self.emit(id, "emoteList", &emotes);
        self.apply_mute(id, name);
        for message in &replay {
            self.emit(id, "chatMsg", message);
        }
        self.emit(id, "drinkCount", &Value::from(drinks));
        self.emit(id, "channelCSSJS", &style);
        self.emit(id, "setMotd", &Value::from(motd));
        self.emit(id, "channelOpts", &options);
        self.send_playlist(id);
        self.send_change_media(id);
        if self.user(id).is_some_and(|user| user.has_channel_rank) {
            self.send_playlist(id);
        }
        self.send_poll(id);
        self.send_userlist(id);
        self.count_users(name);
        if !registered {
            self.emit_bare(id, "channelNotRegistered");
        }
    }

    /// Entry under a name by a user already in the room.
    pub(super) fn enter_under_name(&mut self, id: ConnId) {
        let Some(room) = self.room_name(id) else {
            return;
        };
        self.evict_namesakes(id, &room);
        self.send_user_join(&room, id);
        self.apply_mute(id, &room);
        self.kick_if_banned(id, &room);
    }

    fn evict_namesakes(&mut self, id: ConnId, room: &str) {
        let name = self.name(id);
        for other in self.users_of(room) {
            if other != id && self.user(other).is_some_and(|user| user.is_called(&name)) {
                self.kick(other, Some("Duplicate login"));
            }
        }
    }

    /// Mutes are kept by name and outlive the session.
    fn apply_mute(&mut self, id: ConnId, room: &str) {
        let name = self.name(id).to_ascii_lowercase();
        let Some(room) = self.rooms.get(room) else {
            return;
        };
        let Some(shadow) = room.mutes.get(&name).copied().filter(|_| !name.is_empty()) else {
            return;
        };
        let min_rank = room.permissions.needed("mute");
        if let Some(user) = self.user_mut(id) {
            user.muted = true;
            user.shadow_muted = shadow;
        }
        self.send_user_meta(id, min_rank);
    }

    /// The second look at name bans, for who is let in before having a name.
    fn kick_if_banned(&mut self, id: ConnId, room: &str) {
        let name = self.name(id);
        let banned = |room: &Room| room.registered && room.is_name_banned(&name);
        let banned = self.rooms.get(room).is_some_and(banned);
        if banned {
            self.kick(id, Some("You are banned from this channel."));
            self.mod_message(room, &format!("{name} was kicked (name is banned)"), 2.0);
        }
    }

    /// Takes a user out of its room, told to those who stay.
    pub(super) fn part(&mut self, id: ConnId) {
        let now_ms = self.now_ms;
        let Some(user) = self.user_mut(id) else {
            return;
        };
        let left = std::mem::replace(user, User::anonymous(now_ms));
        let Some(name) = left.room.filter(|_| left.in_room) else {
            return;
        };
        let ip = self.ip(id);
        let Some(room) = self.rooms.get_mut(&name) else {
            return;
        };
        let users_before = room.users.len();
        room.sockets.retain(|other| *other != id);
        room.users.retain(|other| *other != id);
        // An unseen admin was never there, and nobody is told of its end.
        if room.users.len() == users_before && id.is_bot() {
            return;
        }
        if !left.name.is_empty() {
            self.broadcast(&name, "userLeave", &json!({ "name": left.name }));
        }
        self.leader_left(&name, id);
        self.withdraw_skip_vote(&name, &ip);
        self.update_voteskip(&name);
        self.withdraw_poll_vote(&name, &ip);
        self.count_users(&name);
        self.unload_if_empty(&name);
    }

    /// Brings a room into memory, an unknown one as unregistered.
    pub(super) fn load_room(&mut self, name: &str) {
        let room = self.rooms.entry(name.to_owned()).or_insert_with(|| {
            let mut config = RoomConfig::registered(name);
            config.registered = false;
            Room::new(&config)
        });
        if !room.loaded {
            room.loaded = true;
            self.resume_playback(name);
            self.schedule_save();
        }
    }

    /// The imitated server keeps no empty room in memory.
    fn unload_if_empty(&mut self, name: &str) {
        let Some(room) = self.rooms.get_mut(name) else {
            return;
        };
        // Sockets too: somebody may be entering, just before it counts as a user.
        if !room.sockets.is_empty() || !self.config.unload_empty_rooms {
            return;
        }
        if room.registered {
            self.last_save.put(room);
            room.unload();
        } else {
            self.rooms.remove(name);
        }
    }

    /// Tells a room the rank of a user who may not be in it yet.
    pub(super) fn broadcast_rank(&mut self, id: ConnId, room: &str) {
        let (name, rank) = (self.name(id), num(self.rank(id)));
        self.broadcast(room, "setUserRank", &json!({ "name": name, "rank": rank }));
    }
}

impl Room {
    pub(super) fn pack_style(&self) -> Value {
        json!({
            "css": self.css,
            "cssHash": digest::hash(&self.css),
            "js": self.js,
            "jsHash": digest::hash(&self.js),
        })
    }
}
