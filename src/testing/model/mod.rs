//! The model of a CyTube server: text frames in, text frames out, in virtual time.
//!
//! Pure: it never reads a clock, draws no randomness but from its seed, opens no socket and starts
//! no thread. Whoever owns it feeds frames and times and carries away what it puts out: the
//! [server](crate::testing::ModelServer) on a real socket, or a simulator over a virtual clock.
//! The same inputs at the same times give the same outputs, byte for byte.
//!
//! It behaves like CyTube 3.86 (`calzoneman/sync`, branch 3.0) as seen on the wire, down to the
//! order of frames and to the mistakes: the join burst, the eviction of an older session before
//! it, shadow mutes that anonymous users see, a `moveMedia` that loses an item. One file for each
//! of the server's modules. What is simulated is said where it is: media providers, regular
//! expressions in chat filters. The keys of JSON objects come in alphabetical order.
//!
//! This file is the coordinator: time, frames, and who hears what.

mod chat;
mod commands;
mod config;
mod conn;
mod digest;
mod due;
mod emotes;
mod events;
mod filters;
mod html;
mod join;
mod limits;
mod list;
mod login;
mod media;
mod moderation;
mod options;
mod permissions;
mod playback;
mod playlist;
mod polls;
mod queue;
mod ranks;
mod room;
mod saved_lists;
mod script;
mod session;
mod settings;
mod state;
mod typecheck;
mod users;
mod view;
mod voteskip;
mod wire;

#[cfg(test)]
mod tests;

pub use config::{Account, MediaEntry, ModelConfig, RoomConfig};
pub use conn::{ConnId, Peer};
pub use script::Target;
pub use state::SavedState;
pub use view::{ItemView, RoomView, UserView};

use crate::testing::random::SplitMix64;
use conn::{Conn, User};
use limits::TokenBucket;
use list::Media;
use room::Room;
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// What the model wants carried to a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Out {
    /// One Engine.IO text frame.
    Frame {
        /// To whom.
        conn: ConnId,
        /// The frame.
        text: Arc<str>,
    },
    /// End the transport. The model has already forgotten the connection.
    Close {
        /// Whose.
        conn: ConnId,
    },
}

/// What is remembered of an address.
#[derive(Clone, Debug, Default)]
struct Address {
    connects: Option<TokenBucket>,
    guest_login_ms: Option<i64>,
    /// Names seen from here, newest last.
    aliases: Vec<String>,
}

/// A CyTube server without a network.
///
/// ```
/// use projectionist::testing::{ConnId, Model, ModelConfig, Out, Peer};
/// let mut model = Model::new(ModelConfig::default());
/// let conn = ConnId(1);
/// model.open(conn, Peer::new("10.0.0.1"), 0);
/// model.frame(conn, "40", 5);
/// model.frame(conn, r#"42["joinChannel",{"name":"lobby"}]"#, 10);
/// let frames: Vec<Out> = model.take_output().collect();
/// let Some(Out::Frame { text, .. }) = frames.first() else { panic!() };
/// assert!(text.starts_with("0{\"maxPayload\""));
/// assert_eq!(model.room("lobby").unwrap().anonymous_count, 1);
/// ```
#[derive(Clone, Debug)]
pub struct Model {
    config: ModelConfig,
    now_ms: i64,
    random: SplitMix64,
    conns: BTreeMap<ConnId, Conn>,
    rooms: BTreeMap<String, Room>,
    addresses: BTreeMap<String, Address>,
    /// Saved playlists, by account and name.
    saved_lists: BTreeMap<(String, String), Vec<Media>>,
    announcement: Option<Value>,
    refusal: Option<String>,
    next_bot: u64,
    last_save: SavedState,
    save_at_ms: Option<i64>,
    /// Rooms whose media have changed and that are yet to be told.
    changes: Vec<String>,
    out: VecDeque<Out>,
}

impl Model {
    /// A server that has just started.
    #[must_use]
    pub fn new(config: ModelConfig) -> Self {
        let rooms: BTreeMap<_, _> = config
            .rooms
            .iter()
            .map(|room| (room.name.to_ascii_lowercase(), Room::new(room)))
            .collect();
        Self {
            now_ms: 0,
            random: SplitMix64::new(config.seed),
            conns: BTreeMap::new(),
            last_save: SavedState::of(&rooms),
            rooms,
            addresses: BTreeMap::new(),
            saved_lists: BTreeMap::new(),
            announcement: None,
            refusal: None,
            next_bot: ConnId::FIRST_BOT,
            save_at_ms: None,
            changes: Vec::new(),
            out: VecDeque::new(),
            config,
        }
    }

    /// The knobs it was made with.
    #[must_use]
    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    /// The knobs, to turn while it runs; limits count from the next frame on.
    pub fn config_mut(&mut self) -> &mut ModelConfig {
        &mut self.config
    }

    /// The latest time it was told, in milliseconds.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        self.now_ms
    }

    /// A transport has opened. An id in use is refused with a [`Out::Close`].
    pub fn open(&mut self, conn: ConnId, peer: Peer, now_ms: i64) {
        self.tick(now_ms);
        self.on_open(conn, peer);
    }

    /// A text frame has come in. One from an unknown connection is ignored.
    pub fn frame(&mut self, conn: ConnId, text: &str, now_ms: i64) {
        self.tick(now_ms);
        self.on_frame(conn, text);
        self.settle();
    }

    /// The transport has ended, however.
    pub fn closed(&mut self, conn: ConnId, now_ms: i64) {
        self.tick(now_ms);
        self.forget(conn);
        self.settle();
    }

    /// Lets everything happen that is due at `now_ms`, each at its own time. Time never falls: an
    /// earlier time counts as the latest.
    pub fn tick(&mut self, now_ms: i64) {
        self.settle();
        while let Some((due_ms, due)) = self.earliest().filter(|(due_ms, _)| *due_ms <= now_ms) {
            self.now_ms = self.now_ms.max(due_ms);
            self.happen(due);
            self.settle();
        }
        self.now_ms = self.now_ms.max(now_ms);
    }

    /// When [`tick`](Self::tick) next has something to do.
    #[must_use]
    pub fn next_deadline(&self) -> Option<i64> {
        self.earliest().map(|(due_ms, _)| due_ms)
    }

    /// Takes what is to be carried away, in order.
    pub fn take_output(&mut self) -> impl Iterator<Item = Out> + use<> {
        self.settle();
        std::mem::take(&mut self.out).into_iter()
    }

    /// Puts out a frame, unless nobody is there to hear it.
    fn send(&mut self, conn: ConnId, text: Arc<str>) {
        if !conn.is_bot() {
            self.out.push_back(Out::Frame { conn, text });
        }
    }

    /// Sends an event to one connection.
    fn emit(&mut self, conn: ConnId, event: &str, arg: &Value) {
        self.send(conn, wire::event(event, arg).into());
    }

    /// Sends an event without an argument.
    fn emit_bare(&mut self, conn: ConnId, event: &str) {
        self.send(conn, wire::bare_event(event).into());
    }

    /// Sends an `errorMsg`.
    fn error(&mut self, conn: ConnId, msg: &str) {
        self.emit(conn, "errorMsg", &serde_json::json!({ "msg": msg }));
    }

    /// Sends an event to each of `conns`; encodes it once.
    fn emit_all(&mut self, conns: &[ConnId], event: &str, arg: &Value) {
        let text: Arc<str> = wire::event(event, arg).into();
        for conn in conns {
            self.send(*conn, Arc::clone(&text));
        }
    }

    /// Sends an event to every socket in a room.
    fn broadcast(&mut self, room: &str, event: &str, arg: &Value) {
        let sockets = self.rooms.get(room).map(|room| room.sockets.clone());
        self.emit_all(&sockets.unwrap_or_default(), event, arg);
    }

    /// Sends an event to the users of a room who have a permission.
    fn broadcast_to(&mut self, room: &str, permission: &str, event: &str, arg: &Value) {
        let mut users = self.users_of(room);
        users.retain(|user| self.allowed(*user, permission));
        self.emit_all(&users, event, arg);
    }

    /// The users of a room, in order of entry.
    fn users_of(&self, room: &str) -> Vec<ConnId> {
        self.rooms
            .get(room)
            .map(|room| room.users.clone())
            .unwrap_or_default()
    }

    /// The first user of this name in a room.
    fn find_user(&self, room: &str, name: &str) -> Option<ConnId> {
        let mut users = self.users_of(room).into_iter();
        users.find(|id| !name.is_empty() && self.user(*id).is_some_and(|user| user.is_called(name)))
    }

    fn user(&self, conn: ConnId) -> Option<&User> {
        self.conns.get(&conn).map(|conn| &conn.user)
    }

    fn user_mut(&mut self, conn: ConnId) -> Option<&mut User> {
        self.conns.get_mut(&conn).map(|conn| &mut conn.user)
    }

    /// Display name; empty while anonymous.
    fn name(&self, conn: ConnId) -> String {
        self.user(conn)
            .map(|user| user.name.clone())
            .unwrap_or_default()
    }

    fn rank(&self, conn: ConnId) -> f64 {
        self.user(conn).map_or(-1.0, |user| user.rank)
    }

    fn ip(&self, conn: ConnId) -> String {
        self.conns
            .get(&conn)
            .map(|conn| conn.peer.ip.clone())
            .unwrap_or_default()
    }

    /// The room a connection is in.
    fn room_name(&self, conn: ConnId) -> Option<String> {
        self.user(conn).filter(|user| user.in_room)?.room.clone()
    }

    fn room_of(&self, conn: ConnId) -> Option<&Room> {
        self.rooms
            .get(self.user(conn).filter(|user| user.in_room)?.room.as_ref()?)
    }

    fn room_of_mut(&mut self, conn: ConnId) -> Option<&mut Room> {
        let room = self.room_name(conn)?;
        self.rooms.get_mut(&room)
    }

    /// Whether a connection has a permission in the room it is in.
    fn allowed(&self, conn: ConnId, permission: &str) -> bool {
        let rank = self.rank(conn);
        self.room_of(conn)
            .is_some_and(|room| room.permissions.allow(rank, permission))
    }
}
