//! A channel and a model of the server, wired to each other in virtual time: no socket, no thread,
//! no clock. What one puts out the other takes in at the same millisecond.

use super::{Room, logs::WrittenLog};
use projectionist::testing::{Account, ConnId, Model, ModelConfig, Out, Peer, RoomConfig};
use projectionist::{channel::*, config::*, event::*, *};
use serde_json::{Value, json};

/// The channel that everybody is in.
pub(crate) const LOBBY: &str = "lobby";

pub(crate) struct Wired {
    pub(crate) room: Room<WrittenLog>,
    pub(crate) model: Model,
    /// The connection of the channel's socket.
    conn: ConnId,
    connected: bool,
    /// Frames of the channel that reached the model.
    pub(crate) heard: Vec<String>,
    /// While set, frames of the channel are lost on their way.
    pub(crate) deaf: bool,
    settled: Vec<(u64, Outcome)>,
}

/// A model with the room [`LOBBY`]: alice founded it, sysop runs the site, carol has an account.
pub(crate) fn model() -> ModelConfig {
    let account = |name: &str| Account::new(name, name);
    ModelConfig::relaxed()
        .room(RoomConfig::registered(LOBBY).rank("alice", 5.0))
        .account(account("alice"))
        .account(account("carol"))
        .account(account("sysop").global_rank(255.0))
}

pub(crate) fn config() -> Config {
    Config::new("https://cytu.be", LOBBY).send_rate_max(1_000.0)
}

impl Wired {
    /// A channel of this configuration, in the room as it is.
    pub(crate) fn joined(config: Config, model: Model) -> Self {
        let mut wired = Self {
            room: Room::new(config),
            model,
            conn: ConnId(0),
            connected: false,
            heard: Vec::new(),
            deaf: false,
            settled: Vec::new(),
        };
        // The model may be ahead, with what went on before we came.
        wired.room.now_ms = wired.room.now_ms.max(wired.model.now_ms());
        wired.room.input(Input::Start);
        wired.open();
        wired.wait(1_000);
        assert!(wired.room.state().is_live(), "{:?}", wired.room.state());
        wired
    }

    /// As the founder of a furnished room.
    pub(crate) fn alice() -> Self {
        let config = config().account("alice", "alice");
        Self::joined(config, furnished(Model::new(model())))
    }

    /// As the site's admin, who leads playback in a furnished room.
    pub(crate) fn sysop() -> Self {
        let config = config().account("sysop", "sysop");
        let mut wired = Self::joined(config, furnished(Model::new(model())));
        wired.act("Keeper", "assignLeader", &json!({ "name": "sysop" }));
        wired
    }

    pub(crate) fn open(&mut self) {
        self.conn = ConnId(self.conn.0 + 1);
        self.connected = true;
        let now_ms = self.room.now_ms;
        let peer = Peer::new(format!("10.0.0.{}", self.conn.0));
        self.model.open(self.conn, peer, now_ms);
        self.room.input(Input::Opened {
            endpoint: "https://s:1",
            transport: "websocket",
        });
        self.pump();
    }

    /// The network is gone, on both sides.
    pub(crate) fn cut(&mut self) {
        self.connected = false;
        let now_ms = self.room.now_ms;
        self.model.closed(self.conn, now_ms);
        self.room.cut();
        self.pump();
    }

    /// Carries frames both ways until there is nothing more to carry.
    pub(crate) fn pump(&mut self) {
        loop {
            let mut moved = false;
            for output in self.room.outputs() {
                match output {
                    Output::Transmit(frame) if self.connected && !self.deaf => {
                        moved = true;
                        let now_ms = self.room.now_ms;
                        self.model.frame(self.conn, &frame, now_ms);
                        self.heard.push(frame);
                    }
                    Output::Settled(id, outcome) => self.settled.push((id.0, outcome)),
                    _ => {}
                }
            }
            let out: Vec<Out> = self.model.take_output().collect();
            for out in out {
                match out {
                    Out::Frame { conn, text } if conn == self.conn && self.connected => {
                        moved = true;
                        self.room.frame(&text);
                    }
                    Out::Close { conn } if conn == self.conn && self.connected => {
                        moved = true;
                        self.connected = false;
                        self.room.cut();
                    }
                    _ => {}
                }
            }
            if !moved {
                return;
            }
        }
    }

    /// Lets time pass on both sides; each of their timers runs at its moment.
    pub(crate) fn wait(&mut self, ms: i64) {
        let end = self.room.now_ms + ms;
        self.pump();
        while self.room.now_ms < end {
            let channel = self.room.channel().deadline();
            let channel = channel.map(|at| at.as_nanos().div_ceil(1_000_000) as i64);
            let next = [channel, self.model.next_deadline()];
            let next = next.into_iter().flatten().min().unwrap_or(end);
            // At least a millisecond on: what is due now has had its turn.
            self.room.now_ms = next.clamp(self.room.now_ms + 1, end);
            let now_ms = self.room.now_ms;
            self.model.tick(now_ms);
            self.room.input(Input::Timeout);
            self.pump();
        }
    }

    pub(crate) fn command(&mut self, command: Command) -> u64 {
        let id = self.room.command(command);
        self.pump();
        id
    }

    /// The outcome of a command, which may take up to a minute.
    pub(crate) fn outcome(&mut self, command: Command) -> Outcome {
        let id = self.command(command);
        self.await_outcome(id)
    }

    pub(crate) fn await_outcome(&mut self, id: u64) -> Outcome {
        for _ in 0..600 {
            let found = self.settled.iter().position(|(settled, _)| *settled == id);
            if let Some(index) = found {
                return self.settled.remove(index).1;
            }
            self.wait(100);
        }
        panic!("command {id} has no outcome after a minute");
    }

    /// All outcomes so far, in order.
    pub(crate) fn outcomes(&mut self) -> Vec<(u64, Outcome)> {
        std::mem::take(&mut self.settled)
    }

    pub(crate) fn state(&self) -> &ChannelState {
        self.room.state()
    }

    /// Lets someone else in the room send something.
    pub(crate) fn act(&mut self, name: &str, event: &str, arg: &Value) {
        let now_ms = self.room.now_ms;
        self.model.act(LOBBY, name, event, arg, now_ms);
        self.pump();
    }

    /// Number of an item, by its title.
    pub(crate) fn uid(&self, title: &str) -> Uid {
        let list = self.state().playlist.as_ref().unwrap();
        let item = list.iter().find(|item| item.media.title == title);
        item.unwrap_or_else(|| panic!("{title} in {list:?}")).uid
    }
}

/// One command of each name, each of which the site admin may send in a furnished room that it leads.
pub(crate) fn every_command(wired: &Wired) -> Vec<Command> {
    let (first, second) = (wired.uid("First"), wired.uid("Second"));
    let playing = wired.state().media.as_ref().unwrap().media.id.clone();
    let filter = json!({ "name": "new", "source": "a" });
    let emote = json!({ "name": ":e:", "image": "https://img.example.com/e.png" });
    let args = |name: &str| match name {
        "say" | "me" | "spoiler" | "shout" | "admin_say" => json!({ "text": "hello" }),
        "pm" => json!({ "to": "mallory", "text": "hello" }),
        "set_afk" => json!({ "afk": true }),
        "queue" => json!({ "media": "yt:dQw4w9WgXcQ" }),
        "queue_saved" | "save_playlist" | "delete_saved" => json!({ "name": "evening" }),
        "delete" | "jump" => json!({ "uid": second }),
        "move" => json!({ "uid": second, "after": first }),
        "set_temp" => json!({ "uid": second, "temp": true }),
        "set_lock" => json!({ "locked": wired.state().playlist_locked != Some(true) }),
        "set_leader" => json!({ "name": "Keeper" }),
        "lead" => json!({ "id": playing, "position_s": 9 }),
        "search" => json!({ "query": "First" }),
        "uncache" => json!({ "id": "a" }),
        "open_poll" => json!({ "title": "Cake?", "options": ["yes"] }),
        "vote" => json!({ "option": 0 }),
        "kick" | "ban" | "ip_ban" | "mute" | "shadow_mute" | "unmute" => {
            json!({ "name": "mallory" })
        }
        "unban" => json!({ "id": 1, "name": "mallory" }),
        "set_rank" => json!({ "name": "carol", "rank": 2 }),
        "borrow_rank" => json!({ "rank": 2 }),
        "clean_by_user" | "clean_by_title" => json!({ "pattern": "x" }),
        "set_options" => json!({ "options": { "afk_timeout": 7 } }),
        "set_permissions" => json!({ "permissions": { "drink": 2 } }),
        "set_motd" => json!({ "motd": "nine" }),
        "set_css" => json!({ "css": "b{}" }),
        "set_js" => json!({ "js": "0" }),
        "update_emote" => emote.clone(),
        "rename_emote" => json!({ "old": ":old:", "name": ":e:", "image": emote["image"] }),
        "remove_emote" | "remove_filter" => json!({ "name": "old" }),
        "move_emote" | "move_filter" => json!({ "from": 0, "to": 0 }),
        "import_emotes" => json!({ "emotes": [emote] }),
        "add_filter" | "update_filter" => json!({ "filter": filter }),
        "import_filters" => json!({ "filters": [filter] }),
        _ => json!({}),
    };
    let command = |name: &&'static str| Command::parse(name, &args(name)).unwrap();
    Command::NAMES.iter().map(command).collect()
}

/// Keeper (2) and mallory (a guest) are there, three items and a poll.
pub(crate) fn furnished(mut model: Model) -> Model {
    use projectionist::testing::MediaEntry;
    let now_ms = super::START_MS;
    model.bot_join(LOBBY, "Keeper", 2.0, now_ms);
    model.bot_join(LOBBY, "mallory", 0.0, now_ms);
    for (id, title) in [("a", "First"), ("b", "Second"), ("c", "Third")] {
        let entry = MediaEntry::new("yt", id, title, 600.0);
        model.queue(LOBBY, "Keeper", &entry, now_ms);
    }
    let poll = json!({ "title": "Tea?", "opts": ["yes", "no"], "obscured": false });
    model.act(LOBBY, "Keeper", "newPoll", &poll, now_ms);
    let emote = json!({ "name": ":old:", "image": "https://img.example.com/old.png" });
    model.act(LOBBY, "Keeper", "updateEmote", &emote, now_ms);
    let filter = json!({ "name": "old", "source": "a", "flags": "g", "replace": "b",
        "active": true, "filterlinks": false });
    model.act(LOBBY, "Keeper", "addFilter", &filter, now_ms);
    // Looked up at once.
    model.tick(now_ms + 1_000);
    let _ = model.take_output().count();
    model
}
