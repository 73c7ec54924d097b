//! Small databases as the bots would have made them, and a place to import them.

use projectionist::{
    Event, Kind, Read, Recorded, SqliteReader, UnixMicros,
    event::{Message, Origin},
    import::{ImportError, OldDatabase, OldDatabaseError, Summary, take_in},
    sqlite::{LogOptions, SqliteLog, verify},
};
use rusqlite::Connection;
use std::path::PathBuf;
use tempfile::TempDir;

/// The present of all tests: 2026-11-22.
pub(crate) const NOW: UnixMicros = UnixMicros(1_795_385_348_233_000);

/// 2014-05-13, in milliseconds.
pub(crate) const THEN_MS: i64 = 1_400_000_000_000;

/// The tables of CytubeBot, as of its first version with all of them.
pub(crate) const CYTUBEBOT: &str = "
    CREATE TABLE users(uname TEXT, blacklisted TEXT, block TEXT, primary key(uname));
    CREATE TABLE chat(timestamp INTEGER, username TEXT, msg TEXT, channel TEXT);
    CREATE TABLE videos(type TEXT, id TEXT, duration_ms INTEGER, title TEXT, flags INTEGER,
                        primary key(type, id));
    CREATE TABLE video_stats(type TEXT, id TEXT, uname TEXT);
    CREATE TABLE user_count(timestamp INTEGER, count INTEGER, primary key(timestamp, count));
    CREATE TABLE version(key TEXT, value TEXT, PRIMARY KEY(key));";

/// The tables of Rosey that are read, and one that never is.
pub(crate) const ROSEY: &str = "
    CREATE TABLE user_stats(username TEXT PRIMARY KEY, first_seen INTEGER NOT NULL,
        last_seen INTEGER NOT NULL, total_chat_lines INTEGER DEFAULT 0,
        total_time_connected INTEGER DEFAULT 0, current_session_start INTEGER);
    CREATE TABLE channel_stats(id INTEGER PRIMARY KEY CHECK (id = 1), max_users INTEGER DEFAULT 0,
        max_users_timestamp INTEGER, last_updated INTEGER);
    CREATE TABLE user_count_history(id INTEGER PRIMARY KEY AUTOINCREMENT,
        timestamp INTEGER NOT NULL, chat_users INTEGER NOT NULL, connected_users INTEGER NOT NULL);
    CREATE TABLE recent_chat(id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp INTEGER NOT NULL,
        username TEXT NOT NULL, message TEXT NOT NULL);
    CREATE TABLE api_tokens(token TEXT PRIMARY KEY, description TEXT);";

/// A directory with an old database and a log.
pub(crate) struct Place(TempDir);

impl Place {
    /// With a database made by `sql`.
    pub(crate) fn new(sql: &str) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        place.change(sql);
        place
    }

    pub(crate) fn old(&self) -> PathBuf {
        self.0.path().join("old.db")
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.0.path().join("room.events.db")
    }

    /// The old database, for its bot.
    pub(crate) fn bot(&self) -> Connection {
        let bot = Connection::open(self.old()).unwrap();
        bot.execute_batch("PRAGMA synchronous = OFF").unwrap();
        bot
    }

    pub(crate) fn change(&self, sql: &str) {
        self.bot().execute_batch(sql).unwrap();
    }

    pub(crate) fn open(&self) -> Result<OldDatabase, OldDatabaseError> {
        OldDatabase::open(self.old(), NOW)
    }

    pub(crate) fn open_log(&self) -> SqliteLog {
        let options = LogOptions::new("Movies", "https://cytu.be");
        SqliteLog::create_or_open(self.log(), &options).unwrap()
    }

    pub(crate) fn try_import(
        &self,
        progress: &mut dyn FnMut(u64) -> bool,
    ) -> Result<Summary, ImportError> {
        take_in(self.open_log(), &self.open()?, "old.db", NOW, progress)
    }

    /// Imports, and finds the log sound.
    pub(crate) fn import(&self) -> Summary {
        let summary = self.try_import(&mut |_| true).unwrap();
        let verdict = verify(&self.reader(), |_, _| {}).unwrap();
        assert!(verdict.is_sound(), "{verdict:?}");
        summary
    }

    pub(crate) fn reader(&self) -> SqliteReader {
        SqliteReader::open(self.log()).unwrap()
    }

    /// What was brought in, of a kind.
    pub(crate) fn brought(&self, kind: Kind) -> Vec<Recorded> {
        let read = Read::default().kinds([kind]).origins([Origin::Import]);
        self.reader().read(&read).unwrap()
    }

    /// Time (in ms), name and text of each line of chat that was brought in.
    pub(crate) fn lines(&self) -> Vec<(i64, String, String)> {
        let messages = self.brought(Kind::MessageSaid);
        let line = |recorded: &Recorded| {
            let Message { user, text, .. } = message(recorded);
            assert_eq!(recorded.actor.as_ref(), Some(&user.name));
            (recorded.sent_ms.unwrap(), user.name.clone(), text.clone())
        };
        messages.iter().map(line).collect()
    }
}

pub(crate) fn message(recorded: &Recorded) -> &Message {
    match &recorded.event {
        Event::MessageSaid(message) => message,
        other => panic!("{other:?}"),
    }
}

/// Has CytubeBot note lines of chat: milliseconds after [`THEN_MS`], name, text.
pub(crate) fn say(bot: &Connection, lines: &[(i64, &str, &str)]) {
    for (after, name, text) in lines {
        bot.execute(
            "INSERT INTO chat VALUES (?1, ?2, ?3, 'Movies')",
            rusqlite::params![THEN_MS + after, name, text],
        )
        .unwrap();
    }
}
