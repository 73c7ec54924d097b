//! Kicks, bans and the log that owners read (`src/channel/kickban.js`, `src/channel/channel.js`).

use crate::testing::model::Model;
use crate::testing::model::conn::ConnId;
use crate::testing::model::digest::cloak;
use crate::testing::model::html::cut_utf16;
use crate::testing::model::login::is_user_name;
use crate::testing::model::room::Ban;
use crate::testing::model::wire::text;
use serde_json::{Value, json};

/// Longest reason of a ban, in UTF-16 units.
const REASON_UNITS_MAX: usize = 255;

impl Model {
    /// `/kick name reason`.
    pub(super) fn command_kick(&mut self, id: ConnId, rest: &str) {
        let Some(room) = self.room_name(id).filter(|_| self.allowed(id, "kick")) else {
            return;
        };
        let (name, reason) = rest.split_once(' ').unwrap_or((rest, ""));
        if name.trim().is_empty() {
            return self.error(
                id,
                "No kick target specified.  If you're trying to kick anonymous users, use \
                 /kickanons",
            );
        }
        let Some(target) = self.find_user(&room, name) else {
            return;
        };
        let target_name = self.name(target);
        if !self.outranks(id, target) {
            return self.error(
                id,
                &format!("You do not have permission to kick {target_name}"),
            );
        }
        self.kick(target, Some(reason));
        let notice = format!("{} kicked {target_name}", self.name(id));
        self.mod_message(&room, &notice, 2.0);
    }

    pub(super) fn command_kick_anonymous(&mut self, id: ConnId) {
        let Some(room) = self.room_name(id).filter(|_| self.allowed(id, "kick")) else {
            return;
        };
        for user in self.users_of(&room) {
            if self.user(user).is_some_and(|user| !user.is_named()) {
                self.kick(user, Some("anonymous user"));
            }
        }
        let notice = format!("{} kicked anonymous users", self.name(id));
        self.mod_message(&room, &notice, 2.0);
    }

    /// `/ban name reason`: a ban of the name.
    pub(super) fn command_ban(&mut self, id: ConnId, rest: &str) {
        let (name, reason) = rest.split_once(' ').unwrap_or((rest, ""));
        let outcome = if name.trim().is_empty() {
            Err("No ban target specified.".into())
        } else {
            self.ban_name(id, &name.to_lowercase(), reason)
        };
        if let Err(msg) = outcome {
            self.error(id, &msg);
        }
    }

    fn ban_name(&mut self, id: ConnId, name: &str, reason: &str) -> Result<(), String> {
        let Some(room) = self.room_name(id).filter(|_| self.allowed(id, "ban")) else {
            return Err("You do not have ban permissions on this channel".into());
        };
        if !is_user_name(name) {
            return Err("Invalid username".into());
        }
        if self.user(id).is_some_and(|user| user.is_called(name)) {
            self.emit(id, "costanza", &json!({ "msg": "You can't ban yourself" }));
            return Err("You cannot ban yourself".into());
        }
        if self.rank_for_name(&room, name) >= self.rank(id) {
            return Err(format!("You don't have permission to ban {name}"));
        }
        if self
            .rooms
            .get(&room)
            .is_some_and(|room| room.is_name_banned(name))
        {
            return Err(format!("{name} is already banned"));
        }
        self.add_ban(id, &room, "*", name, reason);
        let notice = format!("{} namebanned {name}", self.name(id));
        self.mod_message(&room, &notice, self.ban_rank(&room));
        self.kick_banned(&room, name, None);
        Ok(())
    }

    /// `/ipban name [range|wrange] reason`: bans the addresses of a user, and the name.
    pub(super) fn command_ip_ban(&mut self, id: ConnId, rest: &str) {
        let (name, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        if name.trim().is_empty() {
            return self.error(id, "No ban target specified.");
        }
        let (width, reason) = match rest.split_once(' ').unwrap_or((rest, "")) {
            ("range", reason) => (1, reason),
            ("wrange", reason) => (2, reason),
            _ => (0, rest),
        };
        if let Err(msg) = self.ban_addresses(id, &name.to_lowercase(), width, reason) {
            self.error(id, &msg);
        }
    }

    fn ban_addresses(
        &mut self,
        id: ConnId,
        name: &str,
        width: usize,
        reason: &str,
    ) -> Result<(), String> {
        let Some(room) = self.room_name(id).filter(|_| self.allowed(id, "ban")) else {
            return Err("You do not have ban permissions on this channel".into());
        };
        if self.rank_for_name(&room, name) >= self.rank(id) {
            return Err(format!("You don't have permission to ban {name}"));
        }
        let known = self.addresses.iter();
        let known = known
            .filter(|(_, address)| address.aliases.iter().any(|a| a.eq_ignore_ascii_case(name)));
        let ips: Vec<_> = known.map(|(ip, _)| ip.clone()).collect();
        for ip in ips {
            let (banned, shown) = (widen(&ip, width), widen(&cloak(&ip), width));
            let bans = self.rooms.get(&room).map(|room| &room.bans);
            if bans.is_some_and(|bans| bans.iter().any(|ban| ban.ip == banned)) {
                return Err(format!("{shown} is already banned"));
            }
            self.add_ban(id, &room, &banned, name, reason);
            let notice = format!("{} banned {shown} ({name})", self.name(id));
            self.mod_message(&room, &notice, self.ban_rank(&room));
            self.kick_banned(&room, name, Some(&banned));
        }
        if self
            .rooms
            .get(&room)
            .is_some_and(|room| room.is_name_banned(name))
        {
            return Ok(());
        }
        self.ban_name(id, name, reason)
    }

    fn add_ban(&mut self, id: ConnId, room: &str, ip: &str, name: &str, reason: &str) {
        let by = self.name(id);
        if let Some(room) = self.rooms.get_mut(room) {
            room.bans.push(Ban {
                id: room.next_ban_id,
                ip: ip.to_owned(),
                name: name.to_owned(),
                reason: cut_utf16(reason, REASON_UNITS_MAX),
                by,
            });
            room.next_ban_id += 1;
        }
    }

    fn kick_banned(&mut self, room: &str, name: &str, ip: Option<&str>) {
        for user in self.users_of(room) {
            let named = self.user(user).is_some_and(|user| user.is_called(name));
            if named || ip == Some(self.ip(user).as_str()) {
                self.kick(user, Some("You're banned!"));
            }
        }
    }

    fn ban_rank(&self, room: &str) -> f64 {
        self.rooms
            .get(room)
            .map_or(f64::INFINITY, |room| room.permissions.needed("ban"))
    }

    pub(super) fn on_request_banlist(&mut self, id: ConnId) {
        let unmasked = self.rank(id) >= 255.0;
        let allowed = self.allowed(id, "ban");
        let Some(room) = self.room_of(id).filter(|room| room.registered && allowed) else {
            return;
        };
        let pack = |ban: &Ban| {
            let ip = if unmasked || ban.ip == "*" {
                ban.ip.clone()
            } else {
                match ban.ip.strip_suffix(".*") {
                    Some(range) => format!("{}.*", cloak(range)),
                    None => cloak(&ban.ip),
                }
            };
            json!({ "id": ban.id, "ip": ip, "name": ban.name, "reason": ban.reason, "bannedby": ban.by })
        };
        let list = room.bans.iter().map(pack).collect();
        self.emit(id, "banlist", &Value::Array(list));
    }

    pub(super) fn on_unban(&mut self, id: ConnId, arg: &Value) {
        let Some(room) = self.room_name(id).filter(|_| self.allowed(id, "ban")) else {
            return;
        };
        let ban_id = arg.get("id").and_then(Value::as_i64);
        if let Some(room) = self.rooms.get_mut(&room) {
            room.bans.retain(|ban| Some(ban.id) != ban_id);
        }
        self.broadcast_to(&room, "ban", "banlistRemove", arg);
        let notice = format!(
            "{} unbanned {}",
            self.name(id),
            text(arg, "name").unwrap_or("")
        );
        self.mod_message(&room, &notice, self.ban_rank(&room));
    }

    pub(super) fn on_read_chan_log(&mut self, id: ConnId) {
        if self.rank(id) < 3.0 {
            return self.kick(
                id,
                Some("Attempted readChanLog with insufficient permission"),
            );
        }
        let Some(room) = self.room_of(id) else {
            return;
        };
        let answer = if room.registered {
            let lines: Vec<_> = room.log.iter().map(String::as_str).collect();
            json!({ "success": true, "data": lines.join("\n") })
        } else {
            let data = "Channel log is only available to registered channels.";
            json!({ "success": false, "data": data })
        };
        self.emit(id, "readChanLog", &answer);
    }
}

/// Replaces the last `width` parts of an address by one `*`.
fn widen(ip: &str, width: usize) -> String {
    let mut front = ip;
    for _ in 0..width {
        front = front.rsplit_once('.').map_or(front, |(front, _)| front);
    }
    if width == 0 {
        ip.to_owned()
    } else {
        format!("{front}.*")
    }
}
