//! Logs made for the purpose: events written by hand, a second apart, and whole evenings of the
//! model server, seen over a line that is cut now and then.

use crate::common::wired::{LOBBY, Wired, config, model};
use crate::common::{START_MS, logs::WrittenLog};
use projectionist::event::{Event, Kind, Origin};
use projectionist::event_log::{EventLog, LogReader};
use projectionist::testing::{Model, SplitMix64, Traffic, TrafficConfig};
use projectionist::{Read, Recorded, Seq, UnixMicros};
use serde_json::{Value, json};
use std::sync::OnceLock;

/// A log written by hand.
#[derive(Default)]
pub(crate) struct Script {
    events: Vec<Recorded>,
    session: u64,
}

impl Script {
    /// In the room with these users, `[name, rank]` each, from second 0.
    pub(crate) fn joined(users: Value) -> Self {
        Self::default().join(0.0, json!({ "users": listed(&users) }))
    }

    /// When second `s` is.
    pub(crate) fn at(s: f64) -> UnixMicros {
        UnixMicros(START_MS * 1_000 + (s * 1e6) as i64)
    }

    /// An event of a kind at second `s`.
    pub(crate) fn event(mut self, s: f64, kind: &str, body: Value) -> Self {
        let kind = Kind::parse(kind).unwrap();
        let event = Event::decode(kind, kind.schema_v(), &body.to_string()).unwrap();
        self.events.push(Recorded {
            seq: Seq(self.events.len() as u64 + 1),
            session: self.session,
            received_at: Self::at(s),
            sent_ms: None,
            origin: Origin::Live,
            actor: None,
            cause: None,
            corr: None,
            dedup_key: None,
            event,
            raw: None,
            redacted: false,
        });
        self
    }

    /// Changes the last event.
    pub(crate) fn but(mut self, change: impl FnOnce(&mut Recorded)) -> Self {
        change(self.events.last_mut().unwrap());
        self
    }

    pub(crate) fn says(self, s: f64, name: &str) -> Self {
        let user = json!({ "name": name, "rank": 1, "afk": false, "muted": false });
        self.event(
            s,
            "message",
            json!({ "user": user, "html": "hi", "text": "hi" }),
        )
    }

    /// A join whose burst has these parts.
    pub(crate) fn join(mut self, s: f64, parts: Value) -> Self {
        self.session += 1;
        let connected = json!({ "endpoint": "e", "transport": "websocket", "attempt": 1 });
        let mut burst = json!({
            "viewpoint": { "name": null, "guest": null, "rank": -1 },
            "replay": { "received": 0, "new": 0, "overlap": 0 },
        });
        let parts = parts.as_object().unwrap().clone();
        burst.as_object_mut().unwrap().extend(parts);
        self.event(s, "connected", connected)
            .event(s, "joined", burst)
    }

    /// Back in the room after a cut, with these users.
    pub(crate) fn back(self, s: f64, users: Value) -> Self {
        self.join(s, json!({ "users": listed(&users) }))
    }

    pub(crate) fn cut(self, s: f64) -> Self {
        self.event(s, "disconnected", json!({ "cause": "closed" }))
    }

    pub(crate) fn comes(self, s: f64, name: &str, rank: f64) -> Self {
        self.event(
            s,
            "user_join",
            json!({ "user": { "name": name, "rank": rank } }),
        )
    }

    pub(crate) fn goes(self, s: f64, name: &str) -> Self {
        self.event(s, "user_leave", json!({ "name": name, "user": null }))
    }

    pub(crate) fn afk(self, s: f64, name: &str, afk: bool) -> Self {
        let meta = json!({ "name": name, "afk": afk, "muted": false, "before": null });
        self.event(s, "user_meta", meta)
    }

    pub(crate) fn done(self) -> Vec<Recorded> {
        self.events
    }
}

/// `[name, rank]` each, as a user list.
pub(crate) fn listed(users: &Value) -> Value {
    let user = |pair: &Value| json!({ "name": pair[0], "rank": pair[1] });
    users.as_array().unwrap().iter().map(user).collect()
}

/// What alice records of an hour of the model server: people come and go, talk, queue, skip; her
/// line is cut for some seconds or minutes now and then.
pub(crate) fn evening(seed: u64) -> Vec<Recorded> {
    // Each test asks for the same few, and each takes seconds.
    static EVENINGS: [OnceLock<Vec<Recorded>>; 5] = [const { OnceLock::new() }; 5];
    let made = EVENINGS[seed as usize].get_or_init(|| record(seed));
    made.clone()
}

fn record(seed: u64) -> Vec<Recorded> {
    let mut model = Model::new(model());
    let mut traffic = Traffic::new(TrafficConfig::new(seed, LOBBY));
    traffic.step(&mut model, START_MS);
    let mut wired = Wired::joined(config().account("alice", "alice"), model);
    let mut random = SplitMix64::new(seed);
    for _ in 0..900 {
        play(&mut wired, &mut traffic, 1_000 + random.below(6_000) as i64);
        if random.chance(1) {
            wired.cut();
            play(
                &mut wired,
                &mut traffic,
                2_000 + random.below(240_000) as i64,
            );
            wired.open();
        }
    }
    let log: WrittenLog = wired.room.into_log();
    assert!(log.head().seq > Seq(500), "{:?}", log.head());
    log.read(&Read::default()).unwrap()
}

fn play(wired: &mut Wired, traffic: &mut Traffic, ms: i64) {
    traffic.step(&mut wired.model, wired.room.now_ms);
    wired.pump();
    wired.wait(ms);
}
