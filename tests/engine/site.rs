//! A model server, a folder for logs, and engines between them.

use projectionist::testing::{
    Account, MediaEntry, ModelConfig, ModelServer, RoomConfig, RoomHandle, RoomView, ServerConfig,
};
use projectionist::{config::*, event::*, event_log::*, sqlite::*, state::*, *};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// Longer than anything here takes; only a failure waits for it.
pub(crate) const WAIT: Duration = Duration::from_secs(10);

/// The channel of all tests.
pub(crate) const ROOM: &str = "lobby";

/// The account that owns the channel, and its password.
pub(crate) const OWNER: (&str, &str) = ("Alice", "correct-horse");

/// The cookie that logs in as [`OWNER`].
pub(crate) const COOKIE: &str = "alice-cookie";

/// One site with one channel.
pub(crate) struct Site {
    pub(crate) server: ModelServer,
    pub(crate) folder: TempDir,
}

/// A channel with an owner, without the limits that make a test wait.
pub(crate) fn model() -> ModelConfig {
    ModelConfig::relaxed()
        .account(Account::new(OWNER.0, OWNER.1))
        .cookie(COOKIE, OWNER.0)
        .room(RoomConfig::registered(ROOM).rank(OWNER.0, 5.0))
}

impl Site {
    pub(crate) fn new() -> Self {
        Self::with(ServerConfig::new(model()))
    }

    pub(crate) fn with(config: ServerConfig) -> Self {
        Self {
            server: ModelServer::start(config).unwrap(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// An anonymous viewer that comes back at once.
    pub(crate) fn config(&self) -> Config {
        Config::new(self.server.url(), ROOM)
            .log(self.log_path())
            .allow_insecure(true)
            .reconnect_delay_min(Duration::from_millis(20))
            .reconnect_delay_max(Duration::from_millis(50))
            .password_grace(Duration::from_millis(500))
    }

    /// The channel's owner. An account may come back as often as it likes, a guest once a minute.
    pub(crate) fn owner(&self) -> Config {
        self.config().account(OWNER.0, OWNER.1)
    }

    pub(crate) fn log_path(&self) -> PathBuf {
        self.folder.path().join("lobby.events.db")
    }

    pub(crate) fn room(&self) -> RoomHandle {
        self.server.room(ROOM)
    }

    pub(crate) fn view(&self) -> RoomView {
        self.room().view().unwrap()
    }

    /// Fills the room, so that a join has something to tell.
    pub(crate) fn furnish(&self) {
        let room = self.room();
        room.add_user("Keeper", 2.0);
        room.say("Keeper", "before you came");
        for (id, title) in [("a", "First"), ("b", "Second"), ("c", "Third")] {
            room.queue("Keeper", &MediaEntry::new("yt", id, title, 600.0));
        }
        room.act(
            "Keeper",
            "setMotd",
            &serde_json::json!({ "motd": "welcome" }),
        );
        let poll = serde_json::json!({ "title": "Tea?", "opts": ["yes", "no"], "obscured": false });
        assert!(room.send("Keeper", "newPoll", &poll));
    }
}

/// Opens an engine that gets into the channel.
pub(crate) fn live(config: Config) -> ChannelHandle {
    let room = opened(config);
    if let Err(error) = room.wait_live(WAIT) {
        panic!("{error}: {:?}", room.health());
    }
    room
}

/// Opens an engine; the handle alone keeps it going.
pub(crate) fn opened(config: Config) -> ChannelHandle {
    Engine::open(config).unwrap().handle()
}

/// Waits for a state, and shows what was there instead.
pub(crate) fn until(
    room: &ChannelHandle,
    condition: impl FnMut(&ChannelState) -> bool,
) -> Arc<ChannelState> {
    match room.wait_for(condition, WAIT) {
        Ok(state) => state,
        Err(error) => panic!("{error}: {:?}\n{:?}", room.health(), room.state()),
    }
}

/// Waits until the engine is in the channel again, after session `before`.
pub(crate) fn back_after(room: &ChannelHandle, before: u64) -> Arc<ChannelState> {
    until(room, |state| {
        state.is_live() && state.connection.session > before
    })
}

/// Where a state differs from the server's own picture.
pub(crate) fn differences(state: &ChannelState, view: &RoomView) -> Vec<String> {
    let mut found = Vec::new();
    let mut check = |what: &str, ours: String, theirs: String| {
        if ours != theirs {
            found.push(format!("{what}: {ours} instead of {theirs}"));
        }
    };
    let users = state.users.iter().flat_map(|users| users.iter());
    let mut ours: Vec<_> = users.map(|u| (u.name.as_str(), u.rank.0, u.afk)).collect();
    let mut theirs: Vec<_> = view
        .users
        .iter()
        .map(|u| (u.name.as_str(), u.rank, u.afk))
        .collect();
    ours.sort_by_key(|user| user.0);
    theirs.sort_by_key(|user| user.0);
    check("users", format!("{ours:?}"), format!("{theirs:?}"));
    let items = state.playlist.iter().flat_map(|list| list.iter());
    let ours: Vec<_> = items
        .map(|i| (i.uid.0, i.media.title.as_str(), i.temp))
        .collect();
    let theirs: Vec<_> = view
        .playlist
        .iter()
        .map(|i| (i.uid, i.title.as_str(), i.temp))
        .collect();
    check("playlist", format!("{ours:?}"), format!("{theirs:?}"));
    let ours = state.media.as_ref().map(|playing| &playing.media.title);
    let theirs = view.current.as_ref().map(|item| &item.title);
    check("media", format!("{ours:?}"), format!("{theirs:?}"));
    let ours = state.current.map(|uid| uid.0);
    let theirs = view.current.as_ref().map(|item| item.uid);
    check("current", format!("{ours:?}"), format!("{theirs:?}"));
    let ours = state.poll.as_ref().map(|poll| &poll.title);
    let theirs = view.poll_title.as_ref();
    check("poll", format!("{ours:?}"), format!("{theirs:?}"));
    check(
        "motd",
        state.motd.as_deref().unwrap_or_default().to_owned(),
        view.motd.clone(),
    );
    let ours = state.permissions.iter().flat_map(|map| map.0.iter());
    let ours: Vec<_> = ours.map(|(name, rank)| (name, rank.0)).collect();
    let theirs: Vec<_> = view.permissions.iter().map(|(n, r)| (n, *r)).collect();
    check("permissions", format!("{ours:?}"), format!("{theirs:?}"));
    let ours = state.playlist_locked;
    check(
        "lock",
        format!("{ours:?}"),
        format!("{:?}", Some(view.playlist_locked)),
    );
    let ours = state.leader.as_ref();
    check(
        "leader",
        format!("{ours:?}"),
        format!("{:?}", view.leader.as_ref()),
    );
    found
}

/// Waits until a state is the server's own picture.
pub(crate) fn same_as(room: &ChannelHandle, site: &Site) {
    let view = site.view();
    let mut last = Vec::new();
    let same = room.wait_for(
        |state| {
            last = differences(state, &view);
            last.is_empty()
        },
        WAIT,
    );
    assert!(same.is_ok(), "{last:#?}");
}

/// Texts of all chat in the log, in order.
pub(crate) fn chat(room: &ChannelHandle) -> Vec<String> {
    texts(&room.history(&Read::default()).unwrap())
}

/// Texts of the chat of users among events.
pub(crate) fn texts(events: &[Recorded]) -> Vec<String> {
    let said = events.iter().filter(|event| {
        matches!(&event.event, Event::MessageSaid(message) if message.source == Source::User)
    });
    said.map(|event| event.text().to_owned()).collect()
}

/// Causes of the disconnections in the log, in order.
pub(crate) fn losses(room: &ChannelHandle) -> Vec<DisconnectCause> {
    let read = Read::default().kinds([Kind::Disconnected]);
    let events = room.history(&read).unwrap();
    let causes = events.iter().filter_map(|event| match &event.event {
        Event::Disconnected(disconnected) => Some(disconnected.cause),
        _ => None,
    });
    causes.collect()
}

/// What must hold of every log that no engine holds: no hole, no rot, and a state that is the fold
/// of all its events.
pub(crate) fn sound(path: &std::path::Path, state: Option<&ChannelState>) {
    let reader = SqliteReader::open(path).unwrap();
    let mut folded = ChannelState::default();
    let verdict = verify_with(&reader, |_, _| (), &mut |event| folded.apply(&event)).unwrap();
    assert!(verdict.is_sound(), "{:?}", verdict.findings);
    if let Some(state) = state {
        assert_eq!(&folded, state, "the state is the fold of the log");
    }
}
