//! A viewer whom nothing ever befalls: what it hears is the history of the room's chat.

use projectionist::testing::{ConnId, Model, Peer};
use serde_json::Value;

/// One line, as the server keeps it for joiners.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Line {
    pub(crate) time_ms: i64,
    pub(crate) name: String,
    pub(crate) html: String,
}

impl Line {
    /// The line in a frame; `None`: no chat, a notice of the server's, or one that moderators are told
    /// others do not hear.
    pub(crate) fn of(frame: &str) -> Option<Self> {
        let args = frame.strip_prefix("42[\"chatMsg\",")?.strip_suffix(']')?;
        let said: Value = serde_json::from_str(args).ok()?;
        let name = said["username"].as_str()?.to_owned();
        let html = said["msg"].as_str()?.to_owned();
        let time_ms = said["time"].as_i64()?;
        let hushed = said["meta"]["shadow"] == true;
        (!name.starts_with('[') && !hushed).then_some(Self {
            time_ms,
            html,
            name,
        })
    }
}

/// The witness, and what it heard.
#[derive(Debug)]
pub(crate) struct Witness {
    conn: ConnId,
    room: &'static str,
    password: Option<&'static str>,
    in_replay: bool,
    pub(crate) heard: Vec<Line>,
}

impl Witness {
    pub(crate) fn new(room: &'static str, password: Option<&'static str>) -> Self {
        Self {
            conn: ConnId(900_000),
            room,
            password,
            in_replay: false,
            heard: Vec::new(),
        }
    }

    pub(crate) fn is(&self, conn: ConnId) -> bool {
        conn == self.conn
    }

    /// Comes in, from an address of its own each time, so that no limit bears on it.
    pub(crate) fn enter(&mut self, model: &mut Model, now_ms: i64) {
        self.conn = ConnId(self.conn.0 + 1);
        self.in_replay = false;
        let n = self.conn.0;
        model.open(
            self.conn,
            Peer::new(format!("10.8.{}.{}", n / 200 % 200, n % 200)),
            now_ms,
        );
        model.frame(self.conn, "40", now_ms);
        let mut join = serde_json::json!({ "name": self.room });
        if let Some(password) = self.password {
            join["pw"] = password.into();
        }
        model.frame(self.conn, &format!("42[\"joinChannel\",{join}]"), now_ms);
    }

    /// Hears a frame; gives what it answers.
    pub(crate) fn hear(&mut self, frame: &str) -> Option<&'static str> {
        if frame == "2" {
            return Some("3");
        }
        if frame.starts_with("42[\"emoteList\"") {
            self.in_replay = true;
        } else if frame.starts_with("42[\"drinkCount\"") {
            self.in_replay = false;
        } else if !self.in_replay
            && let Some(line) = Line::of(frame)
        {
            self.heard.push(line);
        }
        None
    }
}
