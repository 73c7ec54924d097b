//! The model driven by frames, as clients would, in virtual time.

mod chatting;
mod garbage;
mod joining;
mod moderating;
mod playing;
mod polling;
mod restarting;
mod sessions;

use crate::testing::{Account, ConnId, Model, ModelConfig, Out, Peer, RoomConfig};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A model with the room `lobby` of the founder alice (5) and the moderator bob (2); carol and
/// dave have accounts, sysop is a site admin. Passwords are the names.
pub(super) struct World {
    pub(super) model: Model,
    pub(super) now_ms: i64,
    heard: BTreeMap<u64, Vec<String>>,
    pub(super) closed: Vec<u64>,
}

impl World {
    pub(super) fn new(config: ModelConfig) -> Self {
        let account = |name: &str| Account::new(name, name);
        let lobby = RoomConfig::registered("lobby")
            .rank("alice", 5.0)
            .rank("bob", 2.0);
        let config = config
            .room(lobby)
            .account(account("alice"))
            .account(account("bob"))
            .account(account("carol"))
            .account(account("dave"))
            .account(account("sysop").global_rank(255.0))
            .cookie("token-of-alice", "alice");
        Self {
            model: Model::new(config),
            now_ms: 1_000_000,
            heard: BTreeMap::new(),
            closed: Vec::new(),
        }
    }

    pub(super) fn relaxed() -> Self {
        Self::new(ModelConfig::relaxed())
    }

    /// Opens a transport from an address of its own and connects.
    pub(super) fn connect(&mut self, n: u64) {
        self.open(n, Peer::new(format!("10.0.0.{n}")));
        self.frame(n, "40");
    }

    pub(super) fn open(&mut self, n: u64, peer: Peer) {
        self.model.open(ConnId(n), peer, self.now_ms);
        self.collect();
    }

    pub(super) fn frame(&mut self, n: u64, frame: &str) {
        self.model.frame(ConnId(n), frame, self.now_ms);
        self.collect();
    }

    pub(super) fn send(&mut self, n: u64, event: &str, arg: Value) {
        self.frame(n, &format!("42[\"{event}\",{arg}]"));
    }

    pub(super) fn chat(&mut self, n: u64, msg: &str) {
        self.send(n, "chatMsg", json!({ "msg": msg }));
    }

    pub(super) fn close(&mut self, n: u64) {
        self.model.closed(ConnId(n), self.now_ms);
        self.collect();
    }

    /// Lets time pass, with every client answering pings.
    pub(super) fn wait(&mut self, ms: i64) {
        self.now_ms += ms;
        self.model.tick(self.now_ms);
        self.collect();
    }

    fn collect(&mut self) {
        for out in self.model.take_output() {
            match out {
                Out::Frame { conn, text } => {
                    self.heard.entry(conn.0).or_default().push(text.to_string())
                }
                Out::Close { conn } => self.closed.push(conn.0),
            }
        }
    }

    /// Connects, joins `lobby` and logs in there with the name as password; forgets what came.
    pub(super) fn member(&mut self, n: u64, name: &str) {
        self.connect(n);
        self.send(n, "login", json!({ "name": name, "pw": name }));
        self.send(n, "joinChannel", json!({ "name": "lobby" }));
        self.forget();
    }

    pub(super) fn guest(&mut self, n: u64, name: &str) {
        self.connect(n);
        if !name.is_empty() {
            self.send(n, "login", json!({ "name": name }));
        }
        self.send(n, "joinChannel", json!({ "name": "lobby" }));
        self.forget();
    }

    pub(super) fn forget(&mut self) {
        self.heard.clear();
    }

    /// Takes the frames one client heard.
    pub(super) fn frames(&mut self, n: u64) -> Vec<String> {
        self.heard.remove(&n).unwrap_or_default()
    }

    /// Takes the events one client heard: name and argument.
    pub(super) fn events(&mut self, n: u64) -> Vec<(String, Value)> {
        let frames = self.frames(n).into_iter();
        let events = frames.filter_map(|frame| {
            let parts: Vec<Value> = serde_json::from_str(frame.strip_prefix("42")?).ok()?;
            let arg = parts.get(1).cloned().unwrap_or(Value::Null);
            Some((parts.first()?.as_str()?.to_owned(), arg))
        });
        events.collect()
    }

    /// Takes the names of the events one client heard.
    pub(super) fn names(&mut self, n: u64) -> Vec<String> {
        self.events(n).into_iter().map(|(name, _)| name).collect()
    }

    /// Takes what one client heard and gives the argument of the only event of this name.
    #[track_caller]
    pub(super) fn only(&mut self, n: u64, event: &str) -> Value {
        let mut events = self.events(n);
        events.retain(|(name, _)| name == event);
        assert_eq!(events.len(), 1, "{event}: {events:?}");
        events.remove(0).1
    }

    /// Takes the chat lines one client heard, as `name: html`.
    pub(super) fn lines(&mut self, n: u64) -> Vec<String> {
        let events = self.events(n).into_iter();
        let line = |(name, arg): (String, Value)| {
            let part = |key: &str| arg[key].as_str().unwrap_or("").to_owned();
            (name == "chatMsg").then(|| format!("{}: {}", part("username"), part("msg")))
        };
        events.filter_map(line).collect()
    }

    pub(super) fn queue(&mut self, n: u64, kind: &str, id: &str, temp: bool) {
        let arg = json!({ "id": id, "type": kind, "pos": "end", "temp": temp });
        self.send(n, "queue", arg);
    }
}
