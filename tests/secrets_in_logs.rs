//! P9 over real sockets: what reaches the log lines of a host that listens to everything this crate
//! says, and the bytes of its files.
//!
//! A binary of its own: a process has one logger.

#![cfg(test)]
#![cfg(feature = "testing")]

use projectionist::testing::{Account, ModelConfig, ModelServer, RoomConfig, ServerConfig};
use projectionist::{config::*, *};
use serde_json::json;
use std::sync::Mutex;
use std::time::Duration;

const WAIT: Duration = Duration::from_secs(10);

/// Every line of this crate, whatever its level.
static LINES: Mutex<String> = Mutex::new(String::new());

struct Capture;

impl log::Log for Capture {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.target().starts_with("projectionist")
    }

    fn log(&self, record: &log::Record<'_>) {
        if self.enabled(record.metadata()) {
            let line = format!("{} {}\n", record.level(), record.args());
            LINES.lock().unwrap().push_str(&line);
        }
    }

    fn flush(&self) {}
}

const ACCOUNT_PASSWORD: &str = "correct-horse-battery";
const ROOM_PASSWORD: &str = "open-sesame-please";
const COOKIE: &str = "cookie-of-alice-7f3a";

#[test]
fn p9_no_secret_reaches_a_log_line_a_debug_text_or_a_byte_of_the_files() {
    log::set_boxed_logger(Box::new(Capture)).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    let config = ModelConfig::relaxed()
        .account(Account::new("Alice", ACCOUNT_PASSWORD))
        .account(Account::new("erin", "unrelated"))
        .cookie(COOKIE, "Alice")
        .room(RoomConfig::registered("lobby").rank("Alice", 5.0));
    let server = ModelServer::start(ServerConfig::new(config)).unwrap();
    server
        .room("lobby")
        .set_options(&json!({ "password": ROOM_PASSWORD }));
    let folder = tempfile::tempdir().unwrap();
    let base = || {
        Config::new(server.url(), "lobby")
            .allow_insecure(true)
            .channel_password(ROOM_PASSWORD)
            .reconnect_delay_min(Duration::from_millis(20))
            .reconnect_delay_max(Duration::from_millis(50))
    };
    let mut shown = String::new();
    for (name, config) in [
        ("account", base().account("Alice", ACCOUNT_PASSWORD)),
        ("cookie", base().cookie(COOKIE)),
    ] {
        let config = config.log(folder.path().join(name));
        shown.push_str(&format!("{config:?}"));
        let engine = Engine::open(config).unwrap();
        let room = engine.handle();
        room.wait_live(WAIT).unwrap();
        // A moderator is told addresses and aliases of everybody, and the room's password again.
        server.room("lobby").add_user("erin", 1.0);
        room.wait_for(
            |state| state.users.as_ref().unwrap().find("erin").is_some(),
            WAIT,
        )
        .unwrap();
        server.room("lobby").remove_user("erin");
        let session = room.state().connection.session;
        server.drop_all();
        let state = room
            .wait_for(
                |state| state.is_live() && state.connection.session > session,
                WAIT,
            )
            .unwrap();
        shown.push_str(&format!("{engine:?}{room:?}{state:?}{:?}", room.health()));
        room.close().unwrap();
    }
    // And where it goes wrong.
    let wrong = base().account("Alice", "wrong-donkey-battery");
    let room = Engine::open(wrong.log(folder.path().join("wrong")))
        .unwrap()
        .handle();
    let error = room.wait_live(WAIT).unwrap_err();
    shown.push_str(&format!("{error} {error:?} {:?}", room.health()));
    room.close().unwrap();

    let lines = LINES.lock().unwrap().clone();
    assert!(
        lines.contains("connected to"),
        "the logger listens: {lines}"
    );
    let files: Vec<u8> = std::fs::read_dir(folder.path())
        .unwrap()
        .flat_map(|entry| std::fs::read(entry.unwrap().path()).unwrap())
        .collect();
    assert!(!files.is_empty());
    let address = "127.0.0.1\"";
    for secret in [
        ACCOUNT_PASSWORD,
        ROOM_PASSWORD,
        COOKIE,
        "wrong-donkey-battery",
        "aliases",
        address,
    ] {
        assert!(!lines.contains(secret), "{secret} in {lines}");
        assert!(!shown.contains(secret), "{secret} in {shown}");
        let bytes = secret.as_bytes();
        let found = files.windows(bytes.len()).any(|window| window == bytes);
        assert!(!found, "{secret} in a file");
    }
}
