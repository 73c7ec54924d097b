//! What a test makes happen: users without sockets, an unseen admin, the operator's acts, garbage.
//!
//! Everything goes through the handlers that a socket's events go through, so that a script cannot
//! bring the model into a state that a real room could not reach; [`Model::send_raw`] alone breaks
//! the rules, because that is what it is for.

use crate::testing::model::Model;
use crate::testing::model::config::MediaEntry;
use crate::testing::model::conn::{Conn, ConnId, Peer, Phase, User};
use crate::testing::model::limits::RateLimiter;
use crate::testing::model::media::media;
use crate::testing::model::wire::text;
use serde_json::{Value, json};

/// Who is sent something.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Target {
    /// Every connected socket.
    All,
    /// Everybody in a room.
    Room(String),
    /// The user of this name, in whatever room.
    User(String),
    /// One connection.
    Conn(ConnId),
}

impl Model {
    /// Brings a user without a socket into a room, as a guest (rank below 1) or as an account of
    /// that rank. One of the same name is evicted, as any older session is.
    pub fn bot_join(&mut self, room: &str, name: &str, rank: f64, now_ms: i64) -> ConnId {
        self.tick(now_ms);
        let id = self.new_bot(name, rank);
        if !name.is_empty() {
            self.remember_alias(id);
        }
        let room = room.to_ascii_lowercase();
        if let Some(user) = self.user_mut(id) {
            user.room = Some(room.clone());
            user.join_used = true;
        }
        self.load_room(&room);
        self.accept_pending(id);
        id
    }

    fn new_bot(&mut self, name: &str, rank: f64) -> ConnId {
        let number = self.next_bot;
        self.next_bot += 1;
        let id = ConnId(number);
        let serial = number - ConnId::FIRST_BOT;
        let mut user = User::anonymous(self.now_ms);
        user.name = name.to_owned();
        user.registered = rank >= 1.0;
        user.has_channel_rank = user.registered;
        user.global_rank = if rank >= 255.0 { rank } else { rank.min(1.0) };
        user.channel_rank = rank;
        user.rank = rank;
        let conn = Conn {
            peer: Peer::new(format!("10.99.{}.{}", serial / 256 % 256, serial % 256)),
            phase: Phase::Connected,
            connect_by_ms: None,
            ping_at_ms: None,
            dead_at_ms: None,
            inbound: None,
            user,
        };
        self.conns.insert(id, conn);
        id
    }

    /// Lets a bot send an event, free of the limits on speed. Returns whether it is still there.
    pub fn bot_event(&mut self, bot: ConnId, event: &str, arg: &Value, now_ms: i64) -> bool {
        self.tick(now_ms);
        let Some(user) = self.user_mut(bot).filter(|_| bot.is_bot()) else {
            return false;
        };
        user.chat_limiter = RateLimiter::default();
        user.queue_limiter = RateLimiter::default();
        user.playlist_limiter = RateLimiter::default();
        self.on_event(bot, event, Some(arg), None);
        self.conns.contains_key(&bot)
    }

    /// The bot of this name in a room.
    #[must_use]
    pub fn bot(&self, room: &str, name: &str) -> Option<ConnId> {
        let room = room.to_ascii_lowercase();
        self.find_user(&room, name).filter(|id| id.is_bot())
    }

    /// Lets the bot `name` say something (commands count); it joins as a guest if it is not there.
    pub fn say(&mut self, room: &str, name: &str, msg: &str, now_ms: i64) {
        let bot = match self.bot(room, name) {
            Some(bot) => bot,
            None => self.bot_join(room, name, 0.0, now_ms),
        };
        self.bot_event(bot, "chatMsg", &json!({ "msg": msg }), now_ms);
    }

    /// Acts as an unseen site admin called `name` in a room: sends the event as a client would.
    pub fn act(&mut self, room: &str, name: &str, event: &str, arg: &Value, now_ms: i64) {
        self.tick(now_ms);
        let id = self.unseen_admin(room, name);
        self.on_event(id, event, Some(arg), None);
        self.conns.remove(&id);
    }

    /// Adds media of a chosen title and length to the end of a room's list, as `name`.
    pub fn queue(&mut self, room: &str, name: &str, entry: &MediaEntry, now_ms: i64) {
        self.tick(now_ms);
        let id = self.unseen_admin(room, name);
        let order = self.order(id, false, false);
        let found = media(
            &entry.kind,
            &entry.id,
            &entry.title,
            entry.seconds,
            entry.meta.clone(),
        );
        self.add_item(&room.to_ascii_lowercase(), found, &order);
        self.conns.remove(&id);
    }

    /// Somebody with every right, in the room without being among its users.
    fn unseen_admin(&mut self, room: &str, name: &str) -> ConnId {
        let room = room.to_ascii_lowercase();
        if !self.rooms.contains_key(&room) {
            self.load_room(&room);
        }
        let id = self.new_bot(name, 255.0);
        if let Some(user) = self.user_mut(id) {
            user.room = Some(room);
            user.in_room = true;
        }
        id
    }

    /// Kicks a user of a room; returns whether there was one.
    pub fn kick_user(&mut self, room: &str, name: &str, reason: Option<&str>, now_ms: i64) -> bool {
        self.tick(now_ms);
        let target = self.find_user(&room.to_ascii_lowercase(), name);
        if let Some(target) = target {
            self.kick(target, reason);
        }
        target.is_some()
    }

    /// Throws everybody out of a room, as the operator does (`Channel shutting down`,
    /// `Channel deleted`, …). A registered room is saved; it comes back at the next join.
    pub fn close_room(&mut self, room: &str, reason: &str, now_ms: i64) {
        self.tick(now_ms);
        for user in self.users_of(&room.to_ascii_lowercase()) {
            self.kick(user, Some(reason));
        }
    }

    /// Tells a room that it lives elsewhere now (`servers` as in the socket configuration), and
    /// ends its sockets' namespaces.
    pub fn partition_change(&mut self, room: &str, servers: &Value, now_ms: i64) {
        self.tick(now_ms);
        let room = room.to_ascii_lowercase();
        self.broadcast(&room, "partitionChange", servers);
        for user in self.users_of(&room) {
            self.disconnect(user);
        }
    }

    /// A `[server]` notice to everybody in a room.
    pub fn notice(&mut self, room: &str, msg: &str, now_ms: i64) {
        self.tick(now_ms);
        self.mod_message(&room.to_ascii_lowercase(), msg, f64::NEG_INFINITY);
    }

    /// Sets the site's announcement (`id`, `title`, `text`, `from`) and shows it to everybody, or
    /// clears it, of which nobody is told.
    pub fn announce(&mut self, announcement: Option<Value>, now_ms: i64) {
        self.tick(now_ms);
        self.announcement = announcement;
        if let Some(announcement) = self.announcement.clone() {
            let connected = self
                .conns
                .iter()
                .filter(|(_, conn)| conn.phase == Phase::Connected);
            let ids: Vec<_> = connected.map(|(id, _)| *id).collect();
            self.emit_all(&ids, "announcement", &announcement);
        }
    }

    /// An account changes its profile on the site.
    pub fn set_profile(&mut self, name: &str, profile: &Value, now_ms: i64) {
        self.tick(now_ms);
        let (image, words) = (
            text(profile, "image").unwrap_or(""),
            text(profile, "text").unwrap_or(""),
        );
        let named = self
            .conns
            .iter()
            .filter(|(_, conn)| conn.user.is_called(name));
        let ids: Vec<_> = named.map(|(id, _)| *id).collect();
        for id in ids {
            if let Some(user) = self.user_mut(id) {
                image.clone_into(&mut user.profile_image);
                words.clone_into(&mut user.profile_text);
            }
            if let Some(room) = self.room_name(id) {
                let told =
                    json!({ "name": self.name(id), "profile": { "image": image, "text": words } });
                self.broadcast(&room, "setUserProfile", &told);
            }
        }
    }

    /// Answers every connect with `44` and this message, until `None`.
    pub fn refuse_connects(&mut self, message: Option<String>) {
        self.refusal = message;
    }

    /// Sends any text as a frame, whatever it does to the protocol. Returns how many it reaches.
    pub fn send_raw(&mut self, target: &Target, frame: &str) -> usize {
        let reached = |(id, conn): &(&ConnId, &Conn)| match target {
            Target::All => conn.phase == Phase::Connected,
            Target::Room(room) => {
                conn.user.in_room
                    && conn
                        .user
                        .room
                        .as_ref()
                        .is_some_and(|own| own.eq_ignore_ascii_case(room))
            }
            Target::User(name) => conn.user.is_called(name),
            Target::Conn(wanted) => *id == wanted,
        };
        let sockets = self
            .conns
            .iter()
            .filter(|(id, _)| !id.is_bot())
            .filter(reached);
        let ids: Vec<_> = sockets.map(|(id, _)| *id).collect();
        for id in &ids {
            self.send(*id, frame.into());
        }
        ids.len()
    }
}
