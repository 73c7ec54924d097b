//! What a test does to a running server.

use crate::testing::model::{ConnId, MediaEntry, Model, RoomView, SavedState, Target};
use crate::testing::server::ModelServer;
use crate::testing::server::clock;
use crate::testing::server::faults::Discovery;
use crate::testing::server::hub::{Hub, Note, Outlet, ReceivedFrame, Shared};
use serde_json::{Value, json};
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// The server at one moment.
#[derive(Debug)]
pub struct ServerView<'a> {
    hub: &'a Hub,
}

impl ServerView<'_> {
    /// A room; `None` if there is none of that name.
    #[must_use]
    pub fn room(&self, name: &str) -> Option<RoomView> {
        self.hub.model.room(name)
    }

    /// How many sockets are open.
    #[must_use]
    pub fn connection_count(&self) -> usize {
        self.hub.model.connection_count()
    }

    /// What clients have sent, oldest first; the last hundred thousand frames are kept.
    pub fn received(&self) -> impl DoubleEndedIterator<Item = &ReceivedFrame> {
        self.hub.received.iter()
    }

    /// Whether a client has sent a frame that holds `part`.
    #[must_use]
    pub fn has_received(&self, part: &str) -> bool {
        self.received().any(|frame| frame.text.contains(part))
    }
}

impl ModelServer {
    /// Looks at the server.
    pub fn look<R>(&self, at: impl FnOnce(&ServerView<'_>) -> R) -> R {
        at(&ServerView {
            hub: &self.shared.hub.lock(),
        })
    }

    /// Waits until `holds`, at most `timeout`; says whether it came to hold. `holds` must not call
    /// the server: it runs under its lock.
    pub fn wait_for(
        &self,
        timeout: Duration,
        mut holds: impl FnMut(&ServerView<'_>) -> bool,
    ) -> bool {
        let give_up = clock::after(timeout);
        let mut hub = self.shared.hub.lock();
        loop {
            if holds(&ServerView { hub: &hub }) {
                return true;
            }
            if self
                .shared
                .changed
                .wait_until(&mut hub, give_up)
                .timed_out()
            {
                return holds(&ServerView { hub: &hub });
            }
        }
    }

    /// What clients have sent, oldest first.
    #[must_use]
    pub fn received(&self) -> Vec<ReceivedFrame> {
        self.look(|view| view.received().cloned().collect())
    }

    /// Forgets what clients have sent.
    pub fn forget_received(&self) {
        self.shared.with(|hub, _| hub.received.clear());
    }

    /// The open connections.
    #[must_use]
    pub fn connections(&self) -> Vec<ConnId> {
        self.shared.hub.lock().outlets.keys().copied().collect()
    }

    /// Does anything to the model, at its present time (the second argument, in milliseconds).
    pub fn with_model<R>(&self, act: impl FnOnce(&mut Model, i64) -> R) -> R {
        self.shared.with(|hub, now_ms| act(&mut hub.model, now_ms))
    }

    /// A handle on a room, to make things happen in it.
    #[must_use]
    pub fn room(&self, name: &str) -> RoomHandle {
        RoomHandle {
            shared: Arc::clone(&self.shared),
            name: name.to_owned(),
        }
    }

    /// Sends any text as a frame; returns how many connections it goes to.
    pub fn send_to(&self, target: &Target, frame: &str) -> usize {
        self.with_model(|model, _| model.send_raw(target, frame))
    }

    /// Sets what discovery answers.
    pub fn set_discovery(&self, discovery: Discovery) {
        self.shared.with(|hub, _| hub.discovery = discovery);
    }

    /// Answers upgrades with this HTTP status, until `None`.
    pub fn refuse_upgrades(&self, status: Option<u16>) {
        self.shared.with(|hub, _| hub.upgrade_refusal = status);
    }

    /// Answers connects with `44` and this message, until `None`.
    pub fn refuse_connects(&self, message: Option<&str>) {
        self.with_model(|model, _| model.refuse_connects(message.map(str::to_owned)));
    }

    /// Cuts every TCP connection without a word.
    pub fn drop_all(&self) {
        self.shared.with(Hub::cut_all);
        for stream in self.shared.sockets.lock().values() {
            stream.cut();
        }
    }

    /// Ends every transport with a close frame.
    pub fn close_cleanly(&self) {
        self.shared.with(|hub, now_ms| {
            for id in hub.outlets.keys().copied().collect::<Vec<_>>() {
                if let Some(Outlet::Socket { notes, .. }) = hub.outlets.get(&id) {
                    // A client that takes nothing is not told; it will notice.
                    let _ = notes.try_send(Note::Close);
                } else if let Some(outlet) = hub.outlets.get(&id) {
                    outlet.cut();
                }
                hub.close(id, now_ms);
            }
        });
    }

    /// Stops reading and writing, connections staying open, or goes on.
    pub fn stall(&self, stalled: bool) {
        if stalled {
            self.shared.gate.close();
        } else {
            self.shared.gate.open();
        }
    }

    /// What a restart in good order would keep.
    #[must_use]
    pub fn save(&self) -> SavedState {
        self.shared.hub.lock().model.save()
    }

    /// Goes away: connections are cut, connects refused. The state stays.
    pub fn go_down(&self) {
        self.listener.leave();
        self.drop_all();
    }

    /// Listens again, on the same port.
    ///
    /// # Errors
    /// - [`io::ErrorKind::AddrInUse`]: somebody else has taken the port meanwhile.
    pub fn come_back(&self) -> io::Result<()> {
        self.listener.come_back()
    }

    /// Restarts in good order: goes down, loads `kept` (renumbering all items) and comes back.
    ///
    /// # Errors
    /// - [`io::ErrorKind::AddrInUse`]: somebody else has taken the port meanwhile.
    pub fn restart(&self, kept: SavedState) -> io::Result<()> {
        self.go_down();
        self.with_model(|model, now_ms| model.restart(kept, now_ms));
        self.come_back()
    }

    /// Crashes and comes back with what it had last saved by itself.
    ///
    /// # Errors
    /// - [`io::ErrorKind::AddrInUse`]: somebody else has taken the port meanwhile.
    pub fn crash(&self) -> io::Result<()> {
        let last = self.shared.hub.lock().model.last_save();
        self.restart(last)
    }
}

/// Makes things happen in one room. Bots are users without a socket.
#[derive(Clone, Debug)]
pub struct RoomHandle {
    shared: Arc<Shared>,
    name: String,
}

impl RoomHandle {
    fn with<R>(&self, act: impl FnOnce(&mut Model, &str, i64) -> R) -> R {
        self.shared
            .with(|hub, now_ms| act(&mut hub.model, &self.name, now_ms))
    }

    /// The room as it is now.
    #[must_use]
    pub fn view(&self) -> Option<RoomView> {
        self.shared.hub.lock().model.room(&self.name)
    }

    /// Brings in a bot of this rank.
    pub fn add_user(&self, name: &str, rank: f64) -> ConnId {
        self.with(|model, room, now_ms| model.bot_join(room, name, rank, now_ms))
    }

    /// Lets a bot leave; says whether it was there.
    pub fn remove_user(&self, name: &str) -> bool {
        self.with(|model, room, now_ms| {
            let bot = model.bot(room, name);
            if let Some(bot) = bot {
                model.closed(bot, now_ms);
            }
            bot.is_some()
        })
    }

    /// Lets a bot say something, commands included; it joins as a guest if it is not there.
    pub fn say(&self, name: &str, msg: &str) {
        self.with(|model, room, now_ms| model.say(room, name, msg, now_ms));
    }

    /// Lets a bot send any event; says whether it is there.
    pub fn send(&self, name: &str, event: &str, arg: &Value) -> bool {
        self.with(|model, room, now_ms| {
            let bot = model.bot(room, name);
            bot.is_some_and(|bot| model.bot_event(bot, event, arg, now_ms))
        })
    }

    /// Sends any event as an unseen site admin called `name`.
    pub fn act(&self, name: &str, event: &str, arg: &Value) {
        self.with(|model, room, now_ms| model.act(room, name, event, arg, now_ms));
    }

    /// Adds media to the end of the list, as `name`.
    pub fn queue(&self, name: &str, media: &MediaEntry) {
        self.with(|model, room, now_ms| model.queue(room, name, media, now_ms));
    }

    /// Goes on to the next item.
    pub fn skip(&self) {
        self.act("[script]", "playNext", &Value::Null);
    }

    /// Changes permissions, by name.
    pub fn set_permissions(&self, ranks: &[(&str, f64)]) {
        let ranks: serde_json::Map<_, _> = ranks
            .iter()
            .map(|(k, v)| ((*k).to_owned(), json!(v)))
            .collect();
        self.act("[script]", "setPermissions", &Value::Object(ranks));
    }

    /// Changes options, by the names and types of `setOptions`.
    pub fn set_options(&self, options: &Value) {
        self.act("[script]", "setOptions", options);
    }

    /// Kicks a user; says whether there was one.
    pub fn kick(&self, name: &str, reason: Option<&str>) -> bool {
        self.with(|model, room, now_ms| model.kick_user(room, name, reason, now_ms))
    }

    /// A `[server]` notice to everybody.
    pub fn notice(&self, msg: &str) {
        self.with(|model, room, now_ms| model.notice(room, msg, now_ms));
    }

    /// Throws everybody out, as the operator does.
    pub fn close(&self, reason: &str) {
        self.with(|model, room, now_ms| model.close_room(room, reason, now_ms));
    }

    /// Moves the room to other servers: address and whether it is called secure.
    pub fn move_to(&self, servers: &[(&str, bool)]) {
        let server = |(url, secure): &(&str, bool)| json!({ "url": url, "secure": secure });
        let servers: Vec<_> = servers.iter().map(server).collect();
        let change = json!({ "servers": servers });
        self.with(|model, room, now_ms| model.partition_change(room, &change, now_ms));
    }
}
