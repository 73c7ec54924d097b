//! Events to fill logs with, the same each time.

use projectionist::{
    Event, Kind, Rank, Recorded, Seq, Uid, UnixMicros,
    event::{
        Author, ChatGap, Connected, DisconnectCause, Disconnected, MediaChanged, Message, Origin,
        OwnRank, PrivateMessage, Redaction, Shed, Source, Style, UserCounted,
    },
    model::Media,
    sqlite::{LogOptions, SqliteLog},
};
use std::path::Path;

/// When the first event of every sample was received.
pub(crate) const START: UnixMicros = UnixMicros(1_795_385_348_233_000);

/// The columns of an event.
pub(crate) const COLUMNS: [&str; 14] = [
    "seq",
    "session_id",
    "received_us",
    "sent_ms",
    "kind_id",
    "schema_v",
    "origin",
    "actor_id",
    "cause_seq",
    "corr",
    "dedup_key",
    "chain",
    "body",
    "raw",
];

/// Opens the log of the sample channel.
pub(crate) fn open(path: &Path) -> SqliteLog {
    SqliteLog::create_or_open(path, &options()).unwrap()
}

/// The sample channel.
pub(crate) fn options() -> LogOptions {
    LogOptions::new("TestChan", "http://127.0.0.1:1337")
}

/// An event with plain columns, a second after the one before it.
pub(crate) fn record(seq: u64, session: u64, event: Event) -> Recorded {
    let actor = match &event {
        Event::MessageSaid(message) => Some(message.user.name.clone()),
        Event::PmSaid(pm) => Some(pm.from.clone()),
        _ => None,
    };
    Recorded {
        seq: Seq(seq),
        session,
        received_at: UnixMicros(START.0 + i64::try_from(seq).unwrap() * 1_000_000),
        sent_ms: None,
        origin: Origin::Live,
        actor,
        cause: None,
        corr: None,
        dedup_key: None,
        event,
        raw: None,
        redacted: false,
    }
}

pub(crate) fn said(name: &str, text: &str) -> Event {
    Event::MessageSaid(Message {
        user: Author {
            name: name.to_owned(),
            rank: Some(Rank(1.5)),
            afk: Some(false),
            muted: None,
        },
        html: format!("<b>{text}</b>"),
        text: text.to_owned(),
        style: Style::Plain,
        source: match name {
            "[server]" => Source::Server,
            "[voteskip]" => Source::Voteskip,
            _ => Source::User,
        },
        shadow: false,
        modflair: None,
        forced_name: false,
    })
}

pub(crate) fn whispered(from: &str, to: &str, text: &str) -> Event {
    let direction = serde_json::from_str("\"in\"").unwrap();
    Event::PmSaid(PrivateMessage {
        from: from.to_owned(),
        to: to.to_owned(),
        direction,
        html: text.to_owned(),
        text: text.to_owned(),
    })
}

pub(crate) fn connected() -> Event {
    Event::Connected(Connected {
        endpoint: "http://127.0.0.1:1338".to_owned(),
        transport: "websocket".to_owned(),
        attempt: 1,
    })
}

pub(crate) fn joined() -> Event {
    let body = r#"{"motd":"welcome","media":null,"viewpoint":{"name":null,"guest":null,"rank":-1},
        "replay":{"received":0,"new":0,"overlap":0}}"#;
    Event::decode(Kind::Joined, 1, body).unwrap()
}

pub(crate) fn disconnected(cause: DisconnectCause) -> Event {
    Event::Disconnected(Disconnected {
        cause,
        detail: None,
        close_code: Some(1005),
        retry_in_ms: Some(5000),
    })
}

pub(crate) fn playing(title: &str, resync: bool) -> Event {
    Event::MediaChanged(MediaChanged {
        uid: Some(Uid(3)),
        media: Media {
            kind: "yt".to_owned(),
            id: "abcdefghijk".to_owned(),
            title: title.to_owned(),
            seconds: 212.0,
            meta: serde_json::Value::Null,
        },
        position_s: -3.0,
        paused: true,
        resync,
    })
}

pub(crate) fn counted(count: i64) -> Event {
    Event::UsersCounted(UserCounted { count })
}

/// Two sessions with a bit of everything: 16 events.
pub(crate) fn evening() -> Vec<Recorded> {
    let gap = ChatGap {
        last_seq: Some(Seq(4)),
        last_sent_ms: Some(1_795_385_352_000),
        first_replayed_ms: Some(1_795_385_360_000),
        received: 15,
    };
    let shed = Shed {
        kind: "mediaUpdate".to_owned(),
        count: 3,
    };
    let own_rank = Event::OwnRankSet(OwnRank { rank: Rank(2.0) });
    let events = [
        (1, connected()),
        (1, joined()),
        (1, own_rank),
        (1, said("Bob", "hello \u{1f3ac} <all>")),
        (1, whispered("Alice", "reel", "psst")),
        (1, playing("One", false)),
        (1, disconnected(DisconnectCause::Closed)),
        (2, disconnected(DisconnectCause::Silence)),
        (3, connected()),
        (3, joined()),
        (3, Event::ChatGapFound(gap)),
        (3, said("bob", "again")),
        (3, playing("One", true)),
        (3, Event::FramesShed(shed)),
        (3, said("[voteskip]", "Alice voted to skip")),
        (3, Event::Redacted(Redaction::of_events([Seq(12)]))),
    ];
    let mut evening: Vec<_> = (1..)
        .zip(events)
        .map(|(seq, (session, event))| record(seq, session, event))
        .collect();
    evening[3].sent_ms = Some(1_795_385_352_000);
    evening[3].raw = Some(r#"{"username":"Bob","msg":"hello"}"#.to_owned());
    evening[3].dedup_key = Some("chat:1".to_owned());
    evening[11].origin = Origin::Replay;
    evening[11].cause = Some(Seq(11));
    evening[11].corr = Some("c-1".to_owned());
    evening
}

/// What a log shows of its events: each that a redaction behind it covers is masked.
pub(crate) fn shown(events: &[Recorded]) -> Vec<Recorded> {
    let covers = |event: &Recorded, by: &Recorded| match &by.event {
        Event::Redacted(redaction) => redaction.covers(by.seq, event),
        _ => false,
    };
    let is_covered = |event: &Recorded| events.iter().any(|by| covers(event, by));
    let show = |event: &Recorded| match is_covered(event) {
        true => event.clone().masked(),
        false => event.clone(),
    };
    events.iter().map(show).collect()
}

/// A small generator of numbers below `limit` (xorshift).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// A log's worth of mixed events, many of them in one microsecond.
pub(crate) fn crowd(count: u64) -> Vec<Recorded> {
    let mut dice = Dice(42);
    let mut time = START.0;
    (1..=count)
        .map(|seq| {
            let name = ["Bob", "bob", "BOB", "Alice", "[server]"][dice.below(5) as usize];
            let event = match dice.below(10) {
                0..5 => said(name, &format!("line {seq}")),
                5 => whispered(name, "reel", "psst"),
                6 => playing("Two", false),
                7 => joined(),
                _ => counted(i64::try_from(dice.below(100)).unwrap()),
            };
            time += i64::try_from(dice.below(3)).unwrap() * 500;
            let sent = (dice.below(3) > 0).then_some(time / 1000 - 250);
            Recorded {
                received_at: UnixMicros(time),
                sent_ms: sent,
                origin: Origin::ALL[dice.below(3) as usize],
                ..record(seq, 1, event)
            }
        })
        .collect()
}
