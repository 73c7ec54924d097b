//! Slash commands (`src/channel/chat.js`), each behind its own permission; the refusals are
//! silent where the server's are.

use crate::testing::model::Model;
use crate::testing::model::conn::ConnId;
use crate::testing::model::html::escape_chat;
use serde_json::{Map, Value, json};

impl Model {
    /// Runs the command a message begins with. `false` when there is none of that name: then the
    /// text is chat.
    pub(super) fn run_command(&mut self, id: ConnId, msg: &str, meta: &Map<String, Value>) -> bool {
        let (command, rest) = msg.split_once(' ').unwrap_or((msg, ""));
        match command {
            "/me" => {
                let marks = [("addClass", "action".into()), ("action", Value::Bool(true))];
                self.say_marked(id, rest, meta, &marks);
            }
            "/sp" => self.say_marked(id, rest, meta, &[("addClass", "spoiler".into())]),
            "/say" | "/shout" | "/rcv" if self.rank(id) >= 1.5 => {
                let marks = [
                    ("addClass", "shout".into()),
                    ("addClassToNameAndTimestamp", Value::Bool(true)),
                    ("forceShowName", Value::Bool(true)),
                ];
                self.say_marked(id, rest, meta, &marks);
            }
            "/say" | "/shout" | "/rcv" => {}
            "/a" => self.command_admin_flair(id, rest, meta),
            "/afk" => {
                let afk = self.user(id).is_some_and(|user| user.afk);
                self.set_afk(id, !afk);
            }
            "/clear" => self.command_clear(id),
            "/mute" => self.command_mute(id, msg, false),
            "/smute" => self.command_mute(id, msg, true),
            "/unmute" | "/unsmute" => self.command_unmute(id, msg),
            "/kick" => self.command_kick(id, rest),
            "/kickanons" => self.command_kick_anonymous(id),
            "/ban" => self.command_ban(id, rest),
            "/ipban" | "/banip" => self.command_ip_ban(id, rest),
            "/rank" => self.command_rank(id, msg),
            "/poll" => self.command_poll(id, msg, "/poll", false),
            "/hpoll" => self.command_poll(id, msg, "/hpoll", true),
            "/clean" | "/cleantitle" => self.command_clean(id, command, rest),
            // The server looks commands up in a plain object, which has these by birth.
            "/constructor" | "/toString" | "/valueOf" | "/hasOwnProperty" => {}
            _ => return false,
        }
        true
    }

    fn say_marked(
        &mut self,
        id: ConnId,
        msg: &str,
        meta: &Map<String, Value>,
        marks: &[(&str, Value)],
    ) {
        let mut meta = meta.clone();
        meta.extend(
            marks
                .iter()
                .map(|(key, value)| ((*key).to_owned(), value.clone())),
        );
        self.process_chat(id, msg, meta);
    }

    /// `/a`: a site admin speaks as one.
    fn command_admin_flair(&mut self, id: ConnId, msg: &str, meta: &Map<String, Value>) {
        if self.user(id).is_some_and(|user| user.global_rank >= 255.0) {
            let flair = json!({ "labelclass": "label-danger", "icon": "glyphicon-globe" });
            let marks = [
                ("superadminflair", flair),
                ("forceShowName", Value::Bool(true)),
            ];
            self.say_marked(id, msg, meta, &marks);
        }
    }

    fn command_clear(&mut self, id: ConnId) {
        if !self.allowed(id, "chatclear") {
            return;
        }
        let Some(room) = self.room_of_mut(id) else {
            return;
        };
        room.replay.clear();
        let (room, name) = (room.name.clone(), self.name(id));
        self.broadcast(&room, "clearchat", &json!({ "clearedBy": name }));
        self.mod_message(&room, &format!("{name} cleared chat."), f64::NEG_INFINITY);
    }

    /// `/mute` and `/smute`.
    fn command_mute(&mut self, id: ConnId, msg: &str, shadow: bool) {
        let Some(room) = self.room_name(id).filter(|_| self.allowed(id, "mute")) else {
            return;
        };
        let command = if shadow { "/smute" } else { "/mute" };
        let Some(name) = msg.split(' ').nth(1).map(str::to_lowercase) else {
            return self.error(id, &format!("{command} requires a target name"));
        };
        let Some(target) = self.find_user(&room, &name) else {
            let name = escape_chat(&name);
            return self.error(
                id,
                &format!("{command} target {name} not present in channel."),
            );
        };
        if !self.outranks(id, target) {
            let msg = format!(
                "{command} failed - {} has equal or higher rank than you.",
                self.name(target)
            );
            return self.error(id, &msg);
        }
        if let Some(user) = self.user_mut(target) {
            user.muted = true;
            user.shadow_muted |= shadow;
        }
        let min_rank = self.mute_rank(&room);
        if let Some(room) = self.rooms.get_mut(&room) {
            room.mutes.insert(name, shadow);
        }
        self.send_user_meta(target, if shadow { min_rank } else { f64::NEG_INFINITY });
        let verb = if shadow { "shadowmuted" } else { "muted" };
        let notice = format!("{} {verb} {}", self.name(id), self.name(target));
        self.mod_message(&room, &notice, min_rank);
    }

    fn command_unmute(&mut self, id: ConnId, msg: &str) {
        let Some(room) = self.room_name(id).filter(|_| self.allowed(id, "mute")) else {
            return;
        };
        let Some(name) = msg.split(' ').nth(1).map(str::to_lowercase) else {
            return self.error(id, "/unmute requires a target name");
        };
        if self.user(id).is_some_and(|user| user.is_called(&name)) {
            return self.error(id, "You are not allowed to unmute yourself");
        }
        let removed = self
            .rooms
            .get_mut(&room)
            .and_then(|room| room.mutes.remove(&name));
        if removed.is_none() {
            return self.error(id, &format!("{name} is not muted."));
        }
        let target = self.find_user(&room, &name);
        let display = target.map_or(name, |target| self.name(target));
        let notice = format!("{} unmuted {display}", self.name(id));
        self.mod_message(&room, &notice, self.mute_rank(&room));
        if let Some(target) = target {
            if let Some(user) = self.user_mut(target) {
                user.muted = false;
                user.shadow_muted = false;
            }
            self.send_user_meta(target, f64::NEG_INFINITY);
        }
    }

    fn mute_rank(&self, room: &str) -> f64 {
        self.rooms
            .get(room)
            .map_or(f64::INFINITY, |room| room.permissions.needed("mute"))
    }

    /// Whether the actor may do something to the target.
    pub(super) fn outranks(&self, actor: ConnId, target: ConnId) -> bool {
        let global = |id| self.user(id).map_or(-1.0, |user| user.global_rank);
        self.rank(target) < self.rank(actor) && global(target) <= global(actor)
    }
}
