//! What a server says: single payloads, and the whole burst it sends to who joins.

use serde_json::{Value, json};

/// An event as a frame.
pub(crate) fn frame(name: &str, payload: &Value) -> String {
    format!("42{}", json!([name, payload]))
}

/// `chatMsg`.
pub(crate) fn line(name: &str, html: &str, sent_ms: i64) -> Value {
    json!({"username": name, "msg": html, "meta": {}, "time": sent_ms})
}

pub(crate) fn user(name: &str, rank: f64) -> Value {
    let meta = json!({"afk": false, "muted": false});
    json!({"name": name, "rank": rank, "profile": {"image": "", "text": ""}, "meta": meta})
}

pub(crate) fn media(id: &str, seconds: f64) -> Value {
    json!({"id": id, "title": format!("Title of {id}"), "seconds": seconds, "duration": "00:00",
           "type": "yt", "meta": {}})
}

/// A playlist entry: the item of that number, a minute and a half long.
pub(crate) fn item(uid: i64, id: &str) -> Value {
    json!({"media": media(id, 90.0), "uid": uid, "temp": false, "queueby": "alice"})
}

pub(crate) fn emote(name: &str) -> Value {
    json!({"name": name, "image": format!("https://img/{name}.png"), "source": name})
}

pub(crate) fn poll(title: &str, counts: &Value, opened_ms: i64) -> Value {
    json!({"title": title, "options": ["a", "b"], "counts": counts, "initiator": "alice",
           "timestamp": opened_ms})
}

/// `changeMedia`.
pub(crate) fn playing(id: &str, seconds: f64, position_s: f64, paused: bool) -> Value {
    let mut change = media(id, seconds);
    change["currentTime"] = json!(position_s);
    change["paused"] = json!(paused);
    change
}

/// The parts of a join burst (`src/channel/channel.js` acceptUser); the default is an empty room.
#[derive(Clone, Debug)]
pub(crate) struct Burst {
    pub(crate) permissions: Value,
    pub(crate) locked: bool,
    pub(crate) emotes: Vec<Value>,
    /// Lines of chat, oldest first; only the last 15 are sent.
    pub(crate) history: Vec<Value>,
    pub(crate) drinks: i64,
    pub(crate) motd: String,
    pub(crate) options: Value,
    /// `None`: hidden from us.
    pub(crate) playlist: Option<Vec<Value>>,
    pub(crate) count: usize,
    /// The playing item's number, and its `changeMedia`.
    pub(crate) playing: Option<(i64, Value)>,
    pub(crate) poll: Option<Value>,
    pub(crate) users: Vec<Value>,
    pub(crate) leader: Option<&'static str>,
    pub(crate) user_count: Option<i64>,
    pub(crate) registered: bool,
}

impl Default for Burst {
    fn default() -> Self {
        Self {
            permissions: json!({"seeplaylist": -1, "chat": 0, "viewvoteskip": 1.5, "ban": 2,
                                "filteredit": 3, "playlistadd": 1.5, "oplaylistadd": -1}),
            locked: true,
            emotes: Vec::new(),
            history: Vec::new(),
            drinks: 0,
            motd: String::new(),
            options: json!({"allow_voteskip": true, "password": false, "chat_antiflood": false,
                            "pagetitle": "Room"}),
            playlist: Some(Vec::new()),
            count: 0,
            playing: None,
            poll: None,
            users: Vec::new(),
            leader: None,
            user_count: Some(1),
            registered: true,
        }
    }
}

impl Burst {
    pub(crate) fn with_history(history: &[Value]) -> Self {
        Self {
            history: history.to_vec(),
            ..Self::default()
        }
    }

    pub(crate) fn with_users(users: &[Value]) -> Self {
        Self {
            users: users.to_vec(),
            ..Self::default()
        }
    }

    /// Items, the first of which plays, 10 s in.
    pub(crate) fn with_items(items: &[Value]) -> Self {
        let playing = items.first().map(|item| {
            let id = item["media"]["id"].as_str().unwrap();
            (
                item["uid"].as_i64().unwrap(),
                playing(id, 90.0, 10.0, false),
            )
        });
        Self {
            playlist: Some(items.to_vec()),
            count: items.len(),
            playing,
            ..Self::default()
        }
    }

    /// The frames in the server's order.
    pub(crate) fn frames(&self) -> Vec<String> {
        let mut frames = Vec::new();
        let mut tell = |name: &str, payload: Value| frames.push(frame(name, &payload));
        let meta = json!({"count": self.count, "rawTime": 90 * self.count, "time": "00:00"});
        tell("setPermissions", self.permissions.clone());
        tell("setPlaylistLocked", json!(self.locked));
        tell("emoteList", json!(self.emotes));
        let skipped = self.history.len().saturating_sub(15);
        for line in self.history.iter().skip(skipped) {
            tell("chatMsg", line.clone());
        }
        tell("drinkCount", json!(self.drinks));
        tell(
            "channelCSSJS",
            json!({"css": "", "js": "", "cssHash": "", "jsHash": ""}),
        );
        tell("setMotd", json!(self.motd));
        tell("channelOpts", self.options.clone());
        tell("setPlaylistMeta", meta);
        if let Some(items) = &self.playlist {
            tell("playlist", json!(items));
            if let Some((uid, _)) = &self.playing {
                tell("setCurrent", json!(uid));
            }
        }
        if let Some((uid, change)) = &self.playing {
            tell("setCurrent", json!(uid));
            tell("changeMedia", change.clone());
        }
        if let Some(poll) = &self.poll {
            tell("newPoll", poll.clone());
        }
        tell("userlist", json!(self.users));
        if let Some(leader) = self.leader {
            tell("setLeader", json!(leader));
        }
        if let Some(count) = self.user_count {
            tell("usercount", json!(count));
        }
        if !self.registered {
            frames.push("42[\"channelNotRegistered\"]".to_owned());
        }
        frames
    }
}
