//! A room's options and `setOptions` (`src/channel/opts.js`).

use crate::testing::model::Model;
use crate::testing::model::conn::ConnId;
use crate::testing::model::html::cut_utf16;
use crate::testing::model::limits::Rate;
use crate::testing::model::wire::{as_f64, num, truthy};
use serde_json::{Map, Value, json};

/// The options that are more than yes or no, in the order the server takes and answers them.
const CHECKED: &[&str] = &[
    "voteskip_ratio",
    "afk_timeout",
    "pagetitle",
    "maxlength",
    "externalcss",
    "externaljs",
    "chat_antiflood_params",
    "password",
    "playlist_max_per_user",
    "new_user_chat_delay",
    "new_user_chat_link_delay",
    "playlist_max_duration_per_user",
];

/// The options of a room. Times are in seconds.
#[derive(Clone, Debug)]
pub(super) struct Options {
    pub(super) allow_voteskip: bool,
    pub(super) voteskip_ratio: f64,
    pub(super) afk_timeout: i64,
    pub(super) pagetitle: String,
    pub(super) maxlength: f64,
    pub(super) externalcss: String,
    pub(super) externaljs: String,
    pub(super) chat_antiflood: bool,
    pub(super) chat_antiflood_params: Rate,
    pub(super) show_public: bool,
    pub(super) enable_link_regex: bool,
    pub(super) password: Option<String>,
    pub(super) allow_dupes: bool,
    pub(super) torbanned: bool,
    pub(super) block_anonymous_users: bool,
    pub(super) allow_ascii_control: bool,
    pub(super) playlist_max_per_user: i64,
    pub(super) new_user_chat_delay: f64,
    pub(super) new_user_chat_link_delay: f64,
    pub(super) playlist_max_duration_per_user: f64,
}

impl Options {
    pub(super) fn new(room: &str) -> Self {
        Self {
            allow_voteskip: true,
            voteskip_ratio: 0.5,
            afk_timeout: 600,
            pagetitle: room.to_owned(),
            maxlength: 0.0,
            externalcss: String::new(),
            externaljs: String::new(),
            chat_antiflood: false,
            chat_antiflood_params: Rate::new(4.0, 1.0),
            show_public: false,
            enable_link_regex: true,
            password: None,
            allow_dupes: false,
            torbanned: false,
            block_anonymous_users: false,
            allow_ascii_control: false,
            playlist_max_per_user: 0,
            new_user_chat_delay: 0.0,
            new_user_chat_link_delay: 0.0,
            playlist_max_duration_per_user: 0.0,
        }
    }

    pub(super) fn pack(&self) -> Value {
        let flood = self.chat_antiflood_params;
        json!({
            "allow_voteskip": self.allow_voteskip,
            "voteskip_ratio": num(self.voteskip_ratio),
            "afk_timeout": self.afk_timeout,
            "pagetitle": self.pagetitle,
            "maxlength": num(self.maxlength),
            "externalcss": self.externalcss,
            "externaljs": self.externaljs,
            "chat_antiflood": self.chat_antiflood,
            "chat_antiflood_params": {
                "burst": num(flood.burst),
                "sustained": num(flood.sustained),
                "cooldown": num(flood.cooldown_s),
            },
            "show_public": self.show_public,
            "enable_link_regex": self.enable_link_regex,
            "password": self.password.as_deref().map_or(Value::Bool(false), Value::from),
            "allow_dupes": self.allow_dupes,
            "torbanned": self.torbanned,
            "block_anonymous_users": self.block_anonymous_users,
            "allow_ascii_control": self.allow_ascii_control,
            "playlist_max_per_user": self.playlist_max_per_user,
            "new_user_chat_delay": num(self.new_user_chat_delay),
            "new_user_chat_link_delay": num(self.new_user_chat_link_delay),
            "playlist_max_duration_per_user": num(self.playlist_max_duration_per_user),
        })
    }

    /// Applies what a moderator may set. Returns the answers for the one who asked, and whether
    /// the room is to be told.
    fn update(
        &mut self,
        fields: &Map<String, Value>,
        rank: f64,
    ) -> (Vec<(&'static str, Value)>, bool) {
        let mut answers = Vec::new();
        let mut changed = self.update_flags(fields, rank);
        for name in CHECKED {
            let Some(value) = fields.get(*name) else {
                continue;
            };
            match *name {
                "voteskip_ratio" => match js_number(value).filter(|ratio| *ratio >= 0.0) {
                    Some(ratio) => {
                        self.voteskip_ratio = ratio;
                        answers.push(passed(name));
                    }
                    None => {
                        let message =
                            format!("Input must be a number 0 or greater, not {}", shown(value));
                        answers.push(failed(name, &message));
                        continue;
                    }
                },
                "afk_timeout" => match js_number(value).filter(|s| (0.0..=86_400.0).contains(s)) {
                    Some(seconds) => {
                        self.afk_timeout = seconds as i64;
                        answers.push(passed(name));
                    }
                    None => {
                        let message =
                            "AFK timeout must be between 1 and 86400 seconds (or 0 to disable)";
                        answers.push(failed(name, message));
                        continue;
                    }
                },
                "externalcss" | "externaljs" if rank >= 3.0 => match self.set_external(name, value)
                {
                    Ok(()) => answers.push(passed(name)),
                    Err(message) => {
                        answers.push(failed(name, &message));
                        continue;
                    }
                },
                "playlist_max_duration_per_user" => match js_number(value) {
                    Some(seconds) => self.playlist_max_duration_per_user = seconds.max(0.0),
                    None => {
                        let msg = format!("Expected number for {name}, not {}", shown(value));
                        answers.push(("errorMsg", json!({ "msg": msg })));
                        continue;
                    }
                },
                "maxlength" => self.maxlength = length_s(value),
                "chat_antiflood_params" => self.chat_antiflood_params = flood_rate(value),
                "new_user_chat_delay" => {
                    self.new_user_chat_delay = js_number(value).unwrap_or(0.0).max(0.0)
                }
                "new_user_chat_link_delay" => {
                    self.new_user_chat_link_delay = js_number(value).unwrap_or(0.0).max(0.0);
                }
                "playlist_max_per_user" if rank >= 3.0 => {
                    self.playlist_max_per_user = js_number(value).unwrap_or(0.0).max(0.0) as i64;
                }
                "pagetitle" if rank >= 3.0 => self.pagetitle = cut_utf16(&plain(value), 100),
                "password" if rank >= 3.0 => {
                    self.password = Some(cut_utf16(&plain(value), 100)).filter(|pw| !pw.is_empty());
                }
                _ => continue,
            }
            changed = true;
        }
        (answers, changed)
    }

    /// Sets the yes-or-no options.
    fn update_flags(&mut self, fields: &Map<String, Value>, rank: f64) -> bool {
        let mut changed = false;
        for (name, value) in fields {
            let (flag, rank_needed) = match name.as_str() {
                "allow_voteskip" => (&mut self.allow_voteskip, 2.0),
                "chat_antiflood" => (&mut self.chat_antiflood, 2.0),
                "enable_link_regex" => (&mut self.enable_link_regex, 2.0),
                "allow_dupes" => (&mut self.allow_dupes, 2.0),
                "show_public" => (&mut self.show_public, 3.0),
                "torbanned" => (&mut self.torbanned, 3.0),
                "block_anonymous_users" => (&mut self.block_anonymous_users, 3.0),
                "allow_ascii_control" => (&mut self.allow_ascii_control, 3.0),
                _ => continue,
            };
            if rank >= rank_needed {
                *flag = truthy(Some(value));
                changed = true;
            }
        }
        changed
    }

    fn set_external(&mut self, name: &str, value: &Value) -> Result<(), String> {
        let (link, what) = if name == "externalcss" {
            (&mut self.externalcss, "CSS")
        } else {
            (&mut self.externaljs, "JS")
        };
        let prefix = format!("Invalid URL for external {what}: ");
        let Some(text) = value.as_str() else {
            return Err(format!("{prefix}URL must be a string"));
        };
        let text = cut_utf16(text, 255).trim().to_owned();
        if text.is_empty()
            || text
                .strip_prefix("https://")
                .is_some_and(|host| !host.is_empty())
        {
            *link = text;
            return Ok(());
        }
        Err(format!("{prefix} URL must begin with 'https://'"))
    }
}

fn passed(name: &str) -> (&'static str, Value) {
    (
        "validationPassed",
        json!({ "target": format!("#cs-{name}") }),
    )
}

fn failed(name: &str, message: &str) -> (&'static str, Value) {
    (
        "validationError",
        json!({ "target": format!("#cs-{name}"), "message": message }),
    )
}

/// A value as `parseFloat` reads it.
fn js_number(value: &Value) -> Option<f64> {
    value
        .as_f64()
        .or_else(|| value.as_str()?.trim().parse().ok())
}

/// A value in an error text: strings in quotes.
fn shown(value: &Value) -> String {
    value.to_string()
}

/// A value as JavaScript appends it to a string.
fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// Seconds, or `H:M:S`.
fn length_s(value: &Value) -> f64 {
    let clock = |text: &str| {
        text.split(':').try_fold(0.0, |sum, part| {
            part.trim()
                .parse::<u32>()
                .ok()
                .map(|n| sum * 60.0 + f64::from(n))
        })
    };
    value
        .as_f64()
        .or_else(|| clock(value.as_str()?))
        .unwrap_or(0.0)
        .max(0.0)
}

fn flood_rate(value: &Value) -> Rate {
    let burst = as_f64(value.get("burst"))
        .filter(|b| *b >= 0.0)
        .unwrap_or(1.0);
    let sustained = as_f64(value.get("sustained"))
        .filter(|s| *s > 0.0)
        .unwrap_or(1.0);
    Rate::new(burst.trunc().min(20.0), sustained.min(10.0))
}

impl Model {
    pub(super) fn on_set_options(&mut self, id: ConnId, arg: Option<&Value>) {
        let rank = self.rank(id);
        if rank < 2.0 {
            self.kick(id, Some("Attempted setOptions as a non-moderator"));
            return;
        }
        let Some(Value::Object(fields)) = arg else {
            return;
        };
        let Some(room) = self.room_name(id) else {
            return;
        };
        let Some(options) = self.rooms.get_mut(&room).map(|room| &mut room.options) else {
            return;
        };
        let timeout_before = options.afk_timeout;
        let (answers, changed) = options.update(fields, rank);
        let restart_timers = options.afk_timeout != timeout_before;
        let packed = options.pack();
        for (event, arg) in answers {
            self.emit(id, event, &arg);
        }
        if restart_timers {
            for user in self.users_of(&room) {
                self.start_afk_timer(user);
            }
        }
        if changed {
            self.broadcast(&room, "channelOpts", &packed);
        }
    }
}
