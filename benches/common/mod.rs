//! Data that every bench shares: the same numbers each run, from a seed.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "each bench uses a part, and stops where it cannot go on"
)]

use projectionist::{
    Config, Event, Recorded, Seq, UnixMicros,
    channel::RetryDelays,
    event::{Author, Message, Origin, Source, Style, UserJoined, UserLeft, UserMeta},
    model::{Media, User},
    time::Now,
};
use std::time::Duration;

/// Time of the first event, Unix milliseconds.
pub(crate) const START_MS: i64 = 1_795_385_348_233;

pub(crate) struct NoDelays;

impl RetryDelays for NoDelays {
    fn next_delay(&mut self) -> Duration {
        Duration::from_secs(5)
    }

    fn reset(&mut self) {}
}

/// SplitMix64: small, seeded, the same everywhere.
pub(crate) struct Seeded(u64);

impl Seeded {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}

const WORDS: [&str; 12] = [
    "that",
    "scene",
    "again",
    "<strong>love</strong>",
    "it",
    "&lt;3",
    "who",
    "queued",
    "this",
    "next",
    "lol",
    "ümläut",
];

pub(crate) fn text(random: &mut Seeded) -> String {
    let count = 3 + random.below(12) as usize;
    let word = |_| WORDS[random.below(WORDS.len() as u64) as usize];
    (0..count).map(word).collect::<Vec<_>>().join(" ")
}

pub(crate) fn config() -> Config {
    Config::new("https://cytu.be", "bench")
}

pub(crate) fn now(index: usize) -> Now {
    Now::from_millis(START_MS + index as i64)
}

/// Frames of a join, as an observing channel needs them.
pub(crate) fn join_frames(users: usize, items: usize, emotes: usize) -> Vec<String> {
    let user = |i: usize| {
        format!(
            r#"{{"name":"user{i}","rank":1,"profile":{{"image":"","text":""}},"meta":{{"afk":false,"muted":false}}}}"#
        )
    };
    let item = |i: usize| {
        format!(
            r#"{{"media":{{"id":"video{i:06}","title":"Video number {i}","seconds":{},"duration":"10:00","type":"yt","meta":{{}}}},"uid":{i},"temp":false,"queueby":"user{}"}}"#,
            100 + i % 500,
            i % 40
        )
    };
    let emote = |i: usize| {
        format!(
            r#"{{"name":":emote{i}:","image":"https://img.example.com/{i}.png","source":"(^|\\s):emote{i}:(?!\\S)"}}"#
        )
    };
    let list =
        |n: usize, one: &dyn Fn(usize) -> String| (0..n).map(one).collect::<Vec<_>>().join(",");
    vec![
        r#"0{"sid":"x","upgrades":[],"pingInterval":25000,"pingTimeout":120000,"maxPayload":1048576}"#.into(),
        r#"40{"sid":"y"}"#.into(),
        r#"42["rank",-1]"#.into(),
        r#"42["setPermissions",{"seeplaylist":-1,"chat":0,"playlistadd":1.5}]"#.into(),
        r#"42["setPlaylistLocked",true]"#.into(),
        format!("42[\"emoteList\",[{}]]", list(emotes, &emote)),
        r#"42["drinkCount",0]"#.into(),
        r#"42["channelCSSJS",{"css":"","cssHash":"","js":"","jsHash":""}]"#.into(),
        r#"42["setMotd","hello"]"#.into(),
        r#"42["channelOpts",{"allow_voteskip":true,"voteskip_ratio":0.5,"afk_timeout":600,"password":false}]"#.into(),
        format!(r#"42["setPlaylistMeta",{{"count":{items},"rawTime":1000,"time":"16:40"}}]"#),
        format!("42[\"playlist\",[{}]]", list(items, &item)),
        r#"42["setCurrent",0]"#.into(),
        r#"42["changeMedia",{"id":"video000000","title":"Video number 0","seconds":100,"duration":"01:40","type":"yt","meta":{},"currentTime":1,"paused":false}]"#.into(),
        format!("42[\"userlist\",[{}]]", list(users, &user)),
        r#"42["usercount",42]"#.into(),
    ]
}

/// One line of chat as it stands on the wire.
pub(crate) fn chat_frame(random: &mut Seeded, index: usize) -> String {
    let text = text(random);
    let user = random.below(40);
    let time = START_MS + index as i64;
    format!(r#"42["chatMsg",{{"username":"user{user}","msg":"{text}","meta":{{}},"time":{time}}}]"#)
}

/// A mix as captured in busy rooms: nine tenths chat, the rest people, playback and lists.
pub(crate) fn mixed_frame(random: &mut Seeded, index: usize) -> String {
    let user = random.below(40);
    match random.below(40) {
        0 => format!(r#"42["userLeave",{{"name":"user{user}"}}]"#),
        1 => format!(
            r#"42["addUser",{{"name":"user{user}","rank":1,"profile":{{"image":"","text":""}},"meta":{{"afk":false,"muted":false}}}}]"#
        ),
        2 => format!(
            r#"42["setUserMeta",{{"name":"user{user}","meta":{{"afk":true,"muted":false}}}}]"#
        ),
        3 => format!(
            r#"42["mediaUpdate",{{"currentTime":{},"paused":false}}]"#,
            index as f64 / 1000.0 + 500.0
        ),
        _ => chat_frame(random, index),
    }
}

/// A line of chat as an event.
pub(crate) fn message(random: &mut Seeded, index: usize) -> Recorded {
    let html = text(random);
    let name = format!("user{}", random.below(40));
    let sent_ms = START_MS + index as i64;
    let raw = format!(r#"{{"username":"{name}","msg":"{html}","meta":{{}},"time":{sent_ms}}}"#);
    Recorded {
        seq: Seq(index as u64 + 1),
        session: 1,
        received_at: UnixMicros::from_millis(sent_ms),
        sent_ms: Some(sent_ms),
        origin: Origin::Live,
        actor: Some(name.clone()),
        cause: None,
        corr: None,
        dedup_key: None,
        event: Event::MessageSaid(Message {
            user: Author {
                name,
                rank: Some(projectionist::Rank(1.0)),
                afk: Some(false),
                muted: Some(false),
            },
            text: projectionist::model::text_of_html(&html),
            html,
            style: Style::Plain,
            source: Source::User,
            shadow: false,
            modflair: None,
            forced_name: false,
        }),
        raw: Some(raw),
        redacted: false,
    }
}

pub(crate) fn messages(count: usize) -> Vec<Recorded> {
    let mut random = Seeded::new(7);
    (0..count)
        .map(|index| message(&mut random, index))
        .collect()
}

/// An evening: three quarters chat, for the rest people come, go away and leave.
pub(crate) fn evening(count: usize) -> Vec<Recorded> {
    let mut random = Seeded::new(11);
    let mut events = messages(count);
    for index in (0..count).step_by(4) {
        let name = format!("user{}", random.below(40));
        let profile = projectionist::model::Profile::default();
        events[index].event = match random.below(3) {
            0 => Event::UserJoined(UserJoined {
                user: User {
                    name,
                    rank: projectionist::Rank(1.0),
                    profile,
                    afk: false,
                    muted: false,
                    moderator: None,
                },
            }),
            1 => Event::UserMetaSet(UserMeta {
                name,
                afk: random.below(2) == 0,
                muted: false,
                before: None,
                moderator: None,
            }),
            _ => Event::UserLeft(UserLeft { name, user: None }),
        };
    }
    events
}

/// The body of an event as the log stores it.
pub(crate) fn body(recorded: &Recorded) -> String {
    let mut body = Vec::new();
    recorded.event.write_body(&mut body).unwrap();
    String::from_utf8(body).unwrap()
}

/// A bare table of bodies: what SQLite itself costs.
pub(crate) fn bare_table(path: &std::path::Path) -> rusqlite::Connection {
    let conn = rusqlite::Connection::open(path).unwrap();
    conn.execute_batch(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;
         CREATE TABLE bare (seq INTEGER PRIMARY KEY, body TEXT NOT NULL)",
    )
    .unwrap();
    conn
}

/// All rows of a log's events, all columns touched, nothing decoded: what reading costs SQLite.
pub(crate) fn bare_scan(path: &std::path::Path) -> i64 {
    let conn = rusqlite::Connection::open(path).unwrap();
    let mut statement = conn.prepare("SELECT * FROM event ORDER BY seq").unwrap();
    let columns = statement.column_count();
    let mut rows = statement.query([]).unwrap();
    let mut bytes = 0;
    while let Some(row) = rows.next().unwrap() {
        for column in 0..columns {
            bytes += match row.get_ref(column).unwrap() {
                rusqlite::types::ValueRef::Text(text) | rusqlite::types::ValueRef::Blob(text) => {
                    text.len() as i64
                }
                rusqlite::types::ValueRef::Integer(n) => n & 1,
                _ => 0,
            };
        }
    }
    bytes
}

/// Plain prepared inserts of the same bodies, a transaction each `batch`.
pub(crate) fn bare_insert(conn: &rusqlite::Connection, bodies: &[String], batch: usize) {
    for bodies in bodies.chunks(batch) {
        conn.execute_batch("BEGIN").unwrap();
        for body in bodies {
            let mut insert = conn
                .prepare_cached("INSERT INTO bare (body) VALUES (?1)")
                .unwrap();
            insert.execute([body]).unwrap();
        }
        conn.execute_batch("COMMIT").unwrap();
    }
}

/// A video for playlist benches.
pub(crate) fn media(index: usize) -> Media {
    Media {
        kind: "yt".into(),
        id: format!("video{index:06}"),
        title: format!("Video number {index}"),
        seconds: 600.0,
        meta: serde_json::Value::Null,
    }
}
