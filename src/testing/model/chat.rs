//! Chat, private messages and drinks (`src/channel/chat.js`, `src/channel/drink.js`).

use crate::testing::model::Model;
use crate::testing::model::conn::ConnId;
use crate::testing::model::html::{cut_utf16, format_chat, has_link};
use crate::testing::model::limits::Rate;
use crate::testing::model::login::is_user_name;
use crate::testing::model::wire::{as_f64, num, text};
use serde_json::{Map, Value, json};

/// What holds for everybody: 20 at once, then 10 a second.
const FLOOD_RATE: Rate = Rate {
    burst: 20.0,
    sustained: 10.0,
    cooldown_s: 2.0,
};

impl Model {
    pub(super) fn on_chat_msg(&mut self, id: ConnId, arg: &Value) {
        if !self.allowed(id, "chat") {
            return;
        }
        let mut msg = cut_utf16(text(arg, "msg").unwrap_or(""), self.config.chat_units_max);
        if !self
            .room_of(id)
            .is_some_and(|room| room.options.allow_ascii_control)
        {
            msg = blank_controls(&msg);
        }
        if msg.trim().is_empty() || !self.user(id).is_some_and(|user| user.is_named()) {
            return;
        }
        let mut meta = Map::new();
        let flair = arg
            .get("meta")
            .and_then(|meta| as_f64(meta.get("modflair")));
        if let Some(flair) = flair.filter(|flair| *flair >= 2.0 && *flair == self.rank(id)) {
            meta.insert("modflair".into(), num(flair));
        }
        if self.refuses_new_user(id, &msg) {
            return;
        }
        if let Some((msg, meta)) = self.pour_drinks(id, msg, meta) {
            self.process_chat(id, &msg, meta);
        }
    }

    /// The part that commands with a message of their own go through a second time.
    pub(super) fn process_chat(&mut self, id: ConnId, msg: &str, mut meta: Map<String, Value>) {
        if !msg.contains("/afk") {
            self.set_afk(id, false);
        }
        let Some(room) = self.room_of(id) else {
            return;
        };
        let options = &room.options;
        let rate = if options.chat_antiflood && self.rank(id) < 2.0 {
            options.chat_antiflood_params
        } else {
            FLOOD_RATE
        };
        let html = format_chat(msg, &room.filters, options.enable_link_regex);
        if self.chat_is_too_fast(id, rate) {
            return;
        }
        if msg.starts_with('>') {
            meta.insert("addClass".into(), "greentext".into());
        }
        if msg.starts_with('/') && self.run_command(id, msg, &meta) {
            return;
        }
        let message = json!({
            "username": self.name(id),
            "msg": html,
            "meta": meta,
            "time": self.now_ms,
        });
        let (muted, shadow) = self
            .user(id)
            .map_or((false, false), |user| (user.muted, user.shadow_muted));
        if shadow {
            self.send_shadow(id, message);
        } else if muted {
            let msg = "You have been muted on this channel.";
            self.emit(id, "noflood", &json!({ "action": "chat", "msg": msg }));
        } else {
            self.send_chat(id, message);
        }
    }

    /// A message for all, kept for joiners.
    fn send_chat(&mut self, id: ConnId, message: Value) {
        let Some(name) = self.room_name(id) else {
            return;
        };
        let author = self.name(id);
        let html = text(&message, "msg").unwrap_or("").to_owned();
        self.broadcast(&name, "chatMsg", &message);
        let replay_max = self.config.replay_max;
        if let Some(room) = self.rooms.get_mut(&name) {
            room.note(format!("<{author}> {html}"));
            room.replay.push_back(message);
            room.said += 1;
            while room.replay.len() > replay_max {
                room.replay.pop_front();
            }
        }
    }

    /// A message that only the shadow-muted, the anonymous and, flagged, the moderators get.
    fn send_shadow(&mut self, id: ConnId, mut message: Value) {
        let Some(room) = self.room_name(id) else {
            return;
        };
        let users = self.users_of(&room);
        let fooled = |id: &ConnId| {
            self.user(*id)
                .is_some_and(|user| user.shadow_muted || !user.is_named())
        };
        let fooled: Vec<_> = users.iter().copied().filter(fooled).collect();
        self.emit_all(&fooled, "chatMsg", &message);
        if let Some(Value::Object(meta)) = message.get_mut("meta") {
            meta.insert("shadow".into(), Value::Bool(true));
        }
        let moderators: Vec<_> = users
            .into_iter()
            .filter(|id| self.rank(*id) >= 2.0)
            .collect();
        self.emit_all(&moderators, "chatMsg", &message);
    }

    fn chat_is_too_fast(&mut self, id: ConnId, rate: Rate) -> bool {
        let now_ms = self.now_ms;
        let throttled = self
            .user_mut(id)
            .is_some_and(|user| user.chat_limiter.throttles(rate, now_ms));
        if throttled {
            self.emit(id, "cooldown", &num(1_000.0 / rate.sustained));
        }
        throttled
    }

    /// Newcomers may have to wait before they chat or post links.
    fn refuses_new_user(&mut self, id: ConnId, msg: &str) -> bool {
        let (Some(user), Some(room)) = (self.user(id), self.room_of(id)) else {
            return true;
        };
        let age_s = (self.now_ms - user.first_seen_ms) as f64 / 1_000.0;
        let options = &room.options;
        let reason = if user.rank >= 2.0 {
            return false;
        } else if age_s < options.new_user_chat_delay {
            "NEW_USER_CHAT"
        } else if age_s < options.new_user_chat_link_delay && has_link(msg) {
            "NEW_USER_CHAT_LINK"
        } else {
            return false;
        };
        self.emit(id, "spamFiltered", &json!({ "reason": reason }));
        true
    }

    /// `/d`: whatever begins so is a drink, for who may call one. `None` when nothing is said.
    fn pour_drinks(
        &mut self,
        id: ConnId,
        msg: String,
        mut meta: Map<String, Value>,
    ) -> Option<(String, Map<String, Value>)> {
        let Some(rest) = msg.strip_prefix("/d").filter(|_| self.allowed(id, "drink")) else {
            return Some((msg, meta));
        };
        let digits = rest.strip_prefix('-').unwrap_or(rest);
        let digits_len = digits.bytes().take_while(u8::is_ascii_digit).count();
        let (number, said) = match digits_len {
            0 => ("", rest),
            len => rest.split_at(rest.len() - digits.len() + len),
        };
        let (count, said) = if number.is_empty() {
            (1, format!("{} drink!", said.trim()))
        } else {
            let count = number.parse::<i64>().ok().filter(|n| n.abs() <= 10_000)?;
            let said = said.trim();
            let speaks = count > 0 || !said.is_empty();
            let text = format!("{said} drink! (x{count})");
            (count, if speaks { text } else { String::new() })
        };
        let room = self.room_of_mut(id)?;
        room.drinks += count;
        let (drinks, name) = (room.drinks, room.name.clone());
        self.broadcast(&name, "drinkCount", &Value::from(drinks));
        if said.is_empty() {
            return None;
        }
        meta.insert("addClass".into(), "drink".into());
        meta.insert("forceShowName".into(), Value::Bool(true));
        Some((said, meta))
    }

    /// A private message: no permission and no mute count, and nothing is kept.
    pub(super) fn on_pm(&mut self, id: ConnId, arg: &Value) {
        let (Some(msg), Some(to)) = (text(arg, "msg"), text(arg, "to")) else {
            return;
        };
        let Some(sender) = self.user(id).filter(|user| user.is_named()) else {
            return self.error(id, "You must be signed in to send PMs");
        };
        let to = to.to_lowercase();
        if sender.is_called(&to) {
            return self.error(id, "You can't PM yourself!");
        }
        if !is_user_name(&to) {
            return self.error(id, &format!("PM failed: {to} isn't a valid username."));
        }
        if self.refuses_new_user(id, msg) || self.chat_is_too_fast(id, FLOOD_RATE) {
            return;
        }
        let Some(room) = self.room_of(id) else {
            return;
        };
        let Some(receiver) = self.find_user(&room.name, &to) else {
            return self.error(
                id,
                &format!("PM failed: {to} isn't connected to this channel."),
            );
        };
        let msg = cut_utf16(msg, self.config.chat_units_max);
        let html = format_chat(&msg, &room.filters, room.options.enable_link_regex);
        let meta = if msg.starts_with('>') {
            json!({ "addClass": "greentext" })
        } else {
            json!({})
        };
        let pm = json!({
            "username": self.name(id),
            "msg": html,
            "meta": meta,
            "time": self.now_ms,
            "to": self.name(receiver),
        });
        self.emit_all(&[receiver, id], "pm", &pm);
    }
}

/// Each run of ASCII control characters becomes one space.
fn blank_controls(text: &str) -> String {
    let mut out = String::new();
    let mut in_run = false;
    for c in text.chars() {
        let is_control = c < ' ';
        if !is_control {
            out.push(c);
        } else if !in_run {
            out.push(' ');
        }
        in_run = is_control;
    }
    out
}
