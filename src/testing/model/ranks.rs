//! Ranks in a room: looked up, given and taken (`src/channel/ranks.js`, `src/account.js`).

use crate::testing::model::Model;
use crate::testing::model::conn::ConnId;
use crate::testing::model::html::cut_utf16;
use crate::testing::model::login::is_user_name;
use crate::testing::model::wire::{as_f64, num, text};
use serde_json::{Value, json};

impl Model {
    /// Begins to look up an account's rank in its room, which takes a while on some servers.
    pub(super) fn start_rank_lookup(&mut self, id: ConnId) {
        if !self
            .user(id)
            .is_some_and(|user| user.registered && user.in_room)
        {
            return;
        }
        let due_ms = self.now_ms + self.config.rank_lookup_ms;
        if self.config.rank_lookup_ms == 0 {
            self.look_up_rank(id);
        } else if let Some(user) = self.user_mut(id) {
            user.rank_lookup_at_ms = Some(due_ms);
        }
    }

    /// The rank of a user already in the room is known at last.
    pub(super) fn look_up_rank(&mut self, id: ConnId) {
        let before = self.rank(id);
        self.learn_rank(id);
        self.rank_changed(id, before);
        self.send_playlist(id);
        if let Some(room) = self.room_name(id) {
            self.broadcast_rank(id, &room);
        }
    }

    /// Gives the user its rank in the room it is in or waits for, and tells it.
    pub(super) fn learn_rank(&mut self, id: ConnId) {
        let Some(user) = self.user(id) else {
            return;
        };
        let room = user.room.as_ref().and_then(|room| self.rooms.get(room));
        let channel_rank = room.map_or(0.0, |room| room.rank_of(&user.name));
        let rank = user.global_rank.max(channel_rank);
        if let Some(user) = self.user_mut(id) {
            user.channel_rank = channel_rank;
            user.rank = rank;
            user.has_channel_rank = true;
            user.rank_lookup_at_ms = None;
        }
        self.emit(id, "rank", &num(rank));
    }

    /// The higher of an account's ranks, whether it is here or not.
    pub(super) fn rank_for_name(&self, room: &str, name: &str) -> f64 {
        let global = self
            .config
            .find_account(name)
            .map_or(0.0, |account| account.global_rank);
        self.rooms
            .get(room)
            .map_or(0.0, |room| room.rank_of(name))
            .max(global)
    }

    pub(super) fn on_request_channel_ranks(&mut self, id: ConnId) {
        let rank = self.rank(id);
        let Some(room) = self
            .room_of(id)
            .filter(|room| room.registered && rank >= 3.0)
        else {
            return;
        };
        let entry = |(name, rank): (&String, &f64)| json!({ "name": name, "rank": num(*rank), "channel": room.name });
        let ranks = room.ranks.iter().map(entry).collect();
        self.emit(id, "channelRanks", &Value::Array(ranks));
    }

    pub(super) fn on_set_channel_rank(&mut self, id: ConnId, arg: &Value) {
        if self.rank(id) < 3.0 {
            return;
        }
        let (Some(name), Some(rank)) = (text(arg, "name"), as_f64(arg.get("rank"))) else {
            return;
        };
        if let Err(msg) = self.change_rank(id, name, rank) {
            self.emit(id, "channelRankFail", &json!({ "msg": msg }));
        }
    }

    /// Gives `name` a rank in the actor's room.
    fn change_rank(&mut self, id: ConnId, typed: &str, rank: f64) -> Result<(), String> {
        let own_rank = self.rank(id);
        let is_above = |rank: f64| rank >= own_rank && !(own_rank == 4.0 && rank == 4.0);
        let name = cut_utf16(typed, 20).to_lowercase();
        if !is_user_name(&name) {
            return Err(format!("Invalid target name {typed}"));
        }
        let failed = |why: &str| Err(format!("Updating user rank failed: {why}"));
        if rank < 1.0 || is_above(rank) {
            return failed(
                "You can't promote someone to a rank equal or higher than yourself, or demote \
                 them to below rank 1.",
            );
        }
        let Some(room) = self.room_name(id) else {
            return Ok(());
        };
        if self.user(id).is_some_and(|user| user.is_called(&name)) {
            return failed("You can't promote or demote yourself.");
        }
        if !self.rooms.get(&room).is_some_and(|room| room.registered) {
            return failed(
                "in an unregistered channel, a user must be online in the channel in order to \
                 have their rank changed.",
            );
        }
        if is_above(self.rank_for_name(&room, &name)) {
            return failed(
                "You can't promote or demote someone with equal or higher rank than you.",
            );
        }
        let Some(target) = self.find_user(&room, &name) else {
            self.store_rank(&room, &name, rank);
            let told = json!({ "name": typed, "rank": num(rank), "userrank": num(own_rank) });
            self.broadcast(&room, "setUserRank", &told);
            let notice = format!("{} set {typed}'s rank to {}", self.name(id), num(rank));
            self.mod_message(&room, &notice, 3.0);
            return Ok(());
        };
        let registered = self.user(target).is_some_and(|user| user.registered);
        self.set_rank_present(target, rank);
        self.broadcast(
            &room,
            "setUserRank",
            &json!({ "name": typed, "rank": num(rank) }),
        );
        if !registered {
            return Err(
                "The user you promoted is not a registered account.  Any rank changes \
                        are temporary and not stored in the database."
                    .into(),
            );
        }
        self.store_rank(&room, &name, rank);
        Ok(())
    }

    fn set_rank_present(&mut self, target: ConnId, rank: f64) {
        let before = self.rank(target);
        if let Some(user) = self.user_mut(target) {
            user.channel_rank = rank;
            user.rank = user.global_rank.max(rank);
        }
        self.rank_changed(target, before);
        let rank = num(self.rank(target));
        self.emit(target, "rank", &rank);
    }

    /// Ranks below 2 are not stored.
    pub(super) fn store_rank(&mut self, room: &str, name: &str, rank: f64) {
        let Some(room) = self.rooms.get_mut(room) else {
            return;
        };
        let name = name.to_ascii_lowercase();
        if rank < 2.0 {
            room.ranks.remove(&name);
        } else {
            room.ranks.insert(name, rank);
        }
    }

    /// `/rank name number`.
    pub(super) fn command_rank(&mut self, id: ConnId, msg: &str) {
        let mut words = msg.split(' ').skip(1);
        let name = words.next().filter(|name| !name.is_empty());
        let rank = words.next().and_then(|rank| rank.parse::<i32>().ok());
        if self.rank(id) < 3.0 && name.is_some() && rank.is_some() {
            return;
        }
        let (Some(name), Some(rank)) = (name, rank) else {
            let msg = "Syntax: /rank <username> <rank>.  <rank> must be a positive integer > 1";
            return self.emit(id, "noflood", &json!({ "action": "/rank", "msg": msg }));
        };
        if let Err(msg) = self.change_rank(id, name, f64::from(rank)) {
            self.emit(id, "channelRankFail", &json!({ "msg": msg }));
        }
    }

    /// A site admin takes on another rank for a while (`src/user.js`).
    pub(super) fn on_borrow_rank(&mut self, id: ConnId, arg: Option<&Value>) {
        let Some(rank) = as_f64(arg) else {
            return;
        };
        let Some(user) = self
            .user_mut(id)
            .filter(|user| user.global_rank >= 255.0 && rank <= user.global_rank)
        else {
            return;
        };
        user.channel_rank = rank;
        user.rank = rank;
        self.emit(id, "rank", &num(rank));
        if let Some(room) = self.room_name(id) {
            self.broadcast_rank(id, &room);
        }
    }
}
