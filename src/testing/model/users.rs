//! What others are told of a user (`src/channel/channel.js`, `src/user.js`).
//!
//! Three views of the same user: everybody's, the moderators' (shadow mutes, aliases, a cloaked
//! address) and the site admins' (the address itself).

use crate::testing::model::Model;
use crate::testing::model::conn::{ConnId, User};
use crate::testing::model::digest::cloak;
use crate::testing::model::wire::num;
use serde_json::{Value, json};

/// How much a viewer is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Detail {
    Plain,
    Moderator,
    Admin,
}

impl User {
    /// What this user is told of others.
    fn detail(&self) -> Detail {
        if self.global_rank >= 255.0 {
            Detail::Admin
        } else if self.rank >= 2.0 {
            Detail::Moderator
        } else {
            Detail::Plain
        }
    }
}

impl Model {
    fn pack_meta(&self, id: ConnId, detail: Detail) -> Value {
        let Some(user) = self.user(id) else {
            return json!({});
        };
        if detail == Detail::Plain {
            return json!({ "afk": user.afk, "muted": user.muted && !user.shadow_muted });
        }
        let ip = self.ip(id);
        json!({
            "afk": user.afk,
            "muted": user.muted,
            "smuted": user.shadow_muted,
            "aliases": user.aliases,
            "ip": if detail == Detail::Admin { ip } else { cloak(&ip) },
        })
    }

    fn pack_user(&self, id: ConnId, detail: Detail) -> Value {
        let Some(user) = self.user(id) else {
            return Value::Null;
        };
        json!({
            "name": user.name,
            "rank": num(user.rank),
            "profile": { "image": user.profile_image, "text": user.profile_text },
            "meta": self.pack_meta(id, detail),
        })
    }

    fn detail_for(&self, viewer: ConnId) -> Detail {
        self.user(viewer).map_or(Detail::Plain, User::detail)
    }

    /// Sends the list of named users, and the leader if there is one.
    pub(super) fn send_userlist(&mut self, to: ConnId) {
        let Some(room) = self.room_name(to) else {
            return;
        };
        let detail = self.detail_for(to);
        let users = self.users_of(&room).into_iter();
        let named = users.filter(|id| self.user(*id).is_some_and(User::is_named));
        let list: Vec<_> = named.map(|id| self.pack_user(id, detail)).collect();
        self.emit(to, "userlist", &Value::Array(list));
        if let Some(leader) = self.leader_of(&room) {
            self.emit(to, "setLeader", &Value::from(self.name(leader)));
        }
    }

    /// Announces a named user to everybody in the room, and its aliases to moderators.
    pub(super) fn send_user_join(&mut self, room: &str, id: ConnId) {
        for viewer in self.users_of(room) {
            let packed = self.pack_user(id, self.detail_for(viewer));
            self.emit(viewer, "addUser", &packed);
        }
        let aliases = self
            .user(id)
            .map(|user| user.aliases.join(","))
            .unwrap_or_default();
        let notice = format!("{} joined (aliases: {aliases})", self.name(id));
        self.mod_message(room, &notice, 2.0);
    }

    /// Sends the user's flags to those of at least `min_rank`.
    pub(super) fn send_user_meta(&mut self, id: ConnId, min_rank: f64) {
        let Some(room) = self.room_name(id) else {
            return;
        };
        let name = self.name(id);
        for viewer in self.users_of(&room) {
            if self.rank(viewer) >= min_rank {
                let meta = self.pack_meta(id, self.detail_for(viewer));
                self.emit(
                    viewer,
                    "setUserMeta",
                    &json!({ "name": name, "meta": meta }),
                );
            }
        }
    }

    /// A `[server]` notice to those of at least `min_rank`. It is in nobody's replay.
    pub(super) fn mod_message(&mut self, room: &str, msg: &str, min_rank: f64) {
        let message = server_message("[server]", msg, self.now_ms);
        let mut users = self.users_of(room);
        users.retain(|user| self.rank(*user) >= min_rank);
        self.emit_all(&users, "chatMsg", &message);
    }

    /// Marks a user as away or back; restarts the timer that marks it by itself.
    pub(super) fn set_afk(&mut self, id: ConnId, afk: bool) {
        let Some(room) = self.room_name(id) else {
            return;
        };
        let Some(user) = self.user_mut(id) else {
            return;
        };
        if user.afk == afk {
            return self.start_afk_timer(id);
        }
        user.afk = afk;
        if afk {
            let ip = self.ip(id);
            self.withdraw_skip_vote(&room, &ip);
            self.emit_bare(id, "clearVoteskipVote");
        } else {
            self.start_afk_timer(id);
        }
        self.update_voteskip(&room);
        self.send_user_meta(id, f64::NEG_INFINITY);
        let name = self.name(id);
        self.broadcast(&room, "setAFK", &json!({ "name": name, "afk": afk }));
    }

    pub(super) fn start_afk_timer(&mut self, id: ConnId) {
        let timeout_s = self.room_of(id).map_or(0, |room| room.options.afk_timeout);
        let now_ms = self.now_ms;
        if let Some(user) = self.user_mut(id) {
            user.afk_at_ms = (timeout_s > 0).then_some(now_ms + timeout_s * 1_000);
        }
    }

    /// After any change of rank: whoever crosses 2 or 255 sees the users anew.
    pub(super) fn rank_changed(&mut self, id: ConnId, before: f64) {
        let after = self.rank(id);
        let crosses = |line: f64| (before >= line) != (after >= line);
        if crosses(2.0) || crosses(255.0) {
            self.send_userlist(id);
        }
    }

    /// Tells the room how many are in it, at most every ten seconds.
    pub(super) fn count_users(&mut self, room: &str) {
        let (wait_ms, now_ms) = (self.config.usercount_interval_ms, self.now_ms);
        let now = self
            .rooms
            .get_mut(room)
            .map(|room| room.usercount.call(wait_ms, now_ms));
        if now == Some(true) {
            self.send_usercount(room);
        }
    }

    pub(super) fn usercount_timer(&mut self, room: &str) {
        let (wait_ms, now_ms) = (self.config.usercount_interval_ms, self.now_ms);
        let now = self
            .rooms
            .get_mut(room)
            .map(|room| room.usercount.fire(wait_ms, now_ms));
        if now == Some(true) {
            self.send_usercount(room);
        }
    }

    fn send_usercount(&mut self, room: &str) {
        let count = self.users_of(room).len();
        self.broadcast(room, "usercount", &Value::from(count));
    }
}

/// A chat message of the server itself.
pub(super) fn server_message(from: &str, msg: &str, now_ms: i64) -> Value {
    json!({
        "username": from,
        "msg": msg,
        "meta": { "addClass": "server-whisper", "addClassToNameAndTimestamp": true },
        "time": now_ms,
    })
}
