//! What the staff and the site's operators do, beyond the usual traffic: everything a viewer has to
//! fold that an ordinary evening lacks.

use crate::plan::{Plan, ROOM};
use crate::server::Server;
use crate::tally::Tally;
use projectionist::testing::{MediaEntry, SplitMix64};
use serde_json::{Value, json};

/// Remembers what viewers are not told, for those who compare.
#[derive(Debug, Default)]
pub(crate) struct Director {
    pub(crate) moved_emotes: bool,
    serial: u64,
}

impl Director {
    /// Furnishes the room.
    pub(crate) fn open_house(&mut self, server: &mut Server, plan: &Plan, now_ms: i64) {
        if plan.room_password {
            let options = json!({ "password": crate::plan::ROOM_PASSWORD });
            admin(server, "setOptions", &options, now_ms);
        }
        admin(server, "setOptions", &json!({ "afk_timeout": 120 }), now_ms);
    }

    /// One thing happens.
    pub(crate) fn happen(
        &mut self,
        server: &mut Server,
        random: &mut SplitMix64,
        tally: &mut Tally,
        now_ms: i64,
    ) {
        if !server.is_up() {
            return;
        }
        self.serial += 1;
        let n = self.serial;
        let view = server.view();
        let bots: Vec<_> = view.users.iter().map(|user| user.name.clone()).collect();
        let bots: Vec<_> = bots
            .into_iter()
            .filter(|name| server.model.bot(ROOM, name).is_some())
            .collect();
        let whom = random.pick(&bots).cloned().unwrap_or_default();
        let us = view.users.iter().find(|user| !bots.contains(&user.name));
        let anyone = match us {
            Some(us) if random.chance(30) => us.name.clone(),
            _ => whom.clone(),
        };
        let item = random.pick(&view.playlist).map_or(0, |item| item.uid);
        let emotes = view.emotes.len() as u64;
        let say = |server: &mut Server, msg: String| {
            admin(server, "chatMsg", &json!({ "msg": msg }), now_ms)
        };
        match random.below(28) {
            0 => say(server, format!("/smute {anyone}")),
            1 => say(server, format!("/unsmute {anyone}")),
            2 => say(server, format!("/unmute {anyone}")),
            3 => say(server, format!("/mute {anyone}")),
            4 if random.chance(40) => say(server, "/clear".to_owned()),
            5 | 6 => self.many_speak(server, &whom, random.below(22), now_ms),
            7 | 8 => self.twice(server, &whom, now_ms),
            9 => admin(
                server,
                "setMotd",
                &json!({ "motd": format!("<i>{n}</i>") }),
                now_ms,
            ),
            10 => admin(
                server,
                "setChannelCSS",
                &json!({ "css": format!("a{{}}/*{n}*/") }),
                now_ms,
            ),
            11 => admin(
                server,
                "setChannelJS",
                &json!({ "js": format!("{n}") }),
                now_ms,
            ),
            12 => {
                let emote =
                    json!({ "name": format!(":e{}:", n % 7), "image": "https://e.example/e.png" });
                admin(server, "updateEmote", &emote, now_ms);
            }
            13 => {
                let name = random.pick(&view.emotes).cloned().unwrap_or_default();
                let emote = json!({ "old": name, "name": format!(":r{n}:"), "image": "https://e.example/r.png" });
                admin(server, "renameEmote", &emote, now_ms);
            }
            14 => {
                let name = random.pick(&view.emotes).cloned().unwrap_or_default();
                admin(server, "removeEmote", &json!({ "name": name }), now_ms);
            }
            15 if emotes > 1 => {
                self.moved_emotes = true;
                tally.count("emotes_moved");
                admin(
                    server,
                    "moveEmote",
                    &json!({ "from": 0, "to": emotes - 1 }),
                    now_ms,
                );
            }
            16 => {
                let ratio = random.below(10) as f64 / 10.0;
                admin(
                    server,
                    "setOptions",
                    &json!({ "voteskip_ratio": ratio, "pagetitle": format!("t{n}") }),
                    now_ms,
                );
            }
            17 => {
                // Hidden from most, or from nobody.
                let least = *random.pick(&[-1.0, -1.0, 1.5, 3.0]).unwrap();
                tally.count("list_visibility_set");
                admin(
                    server,
                    "setPermissions",
                    &json!({ "seeplaylist": least, "viewvoteskip": least }),
                    now_ms,
                );
            }
            18 => {
                let (name, rank) = (anyone, *random.pick(&[1.0, 2.0]).unwrap());
                admin(
                    server,
                    "setChannelRank",
                    &json!({ "name": name, "rank": rank }),
                    now_ms,
                );
            }
            19 => {
                let notice = json!({ "id": format!("n{n}"), "title": "News", "text": "soon", "from": "ops" });
                server.act(now_ms, |model| model.announce(Some(notice), now_ms));
            }
            20 => {
                let profile = json!({ "image": "", "text": format!("p{n}") });
                server.act(now_ms, |model| model.set_profile(&anyone, &profile, now_ms));
            }
            21 => admin(server, "assignLeader", &json!({ "name": anyone }), now_ms),
            22 => admin(server, "assignLeader", &json!({ "name": "" }), now_ms),
            23 => {
                let media = MediaEntry::new("yt", format!("dir{n:_<8}"), format!("Item {n}"), 40.0);
                server.act(now_ms, |model| model.queue(ROOM, &whom, &media, now_ms));
            }
            24 => admin(server, "delete", &json!(item), now_ms),
            25 if random.chance(30) => admin(server, "clearPlaylist", &Value::Null, now_ms),
            26 => say(server, format!("/d{} to {n}", random.below(5))),
            _ => self.private(server, &whom, us.map(|us| us.name.clone()), now_ms),
        }
    }

    /// Several lines in one go.
    fn many_speak(&mut self, server: &mut Server, whom: &str, count: u64, now_ms: i64) {
        for n in 0..count {
            let msg = format!("line {n} of {}", self.serial);
            server.act(now_ms, |model| model.say(ROOM, whom, &msg, now_ms));
        }
    }

    /// The same line twice in one millisecond.
    fn twice(&mut self, server: &mut Server, whom: &str, now_ms: i64) {
        for _ in 0..2 {
            server.act(now_ms, |model| model.say(ROOM, whom, "twice", now_ms));
        }
    }

    fn private(&mut self, server: &mut Server, whom: &str, us: Option<String>, now_ms: i64) {
        let (Some(us), Some(bot)) = (us, server.model.bot(ROOM, whom)) else {
            return;
        };
        let pm = json!({ "to": us, "msg": format!("psst {}", self.serial) });
        server.act(now_ms, |model| model.bot_event(bot, "pm", &pm, now_ms));
    }
}

/// An unseen admin does something.
pub(crate) fn admin(server: &mut Server, event: &str, arg: &Value, now_ms: i64) {
    server.act(now_ms, |model| {
        model.act(ROOM, "Director", event, arg, now_ms)
    });
}
