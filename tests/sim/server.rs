//! The server's side of the world: the model, the room's traffic, and a ledger of what was said.
//!
//! Every frame that leaves for us is marked with what it is to the ledger: a line of chat by its
//! number, the ends of a join burst with the room as it was. The checks go by these marks, never by
//! what the engine makes of the frames.

use crate::plan::{Plan, ROOM, START_MS};
use projectionist::testing::{
    ConnId, Model, Out, Peer, RoomView, SplitMix64, Traffic, TrafficConfig,
};
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

/// Who said what when, as the wire has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// Number in the ledger; none for what no joiner is shown.
    pub(crate) id: Option<u64>,
    pub(crate) sent_ms: i64,
    pub(crate) name: String,
    pub(crate) html: String,
}

/// The room at the moment of a join burst.
#[derive(Debug)]
pub(crate) struct Truth {
    pub(crate) view: RoomView,
    /// Lines on the present branch of history since the chat was last cleared, oldest first.
    pub(crate) said: Vec<u64>,
}

/// What a frame is to the checks.
#[derive(Clone, Debug)]
pub(crate) enum Mark {
    None,
    /// Chat or a private message as it happens.
    Said(Rc<Line>),
    BurstBegins,
    /// A line shown again to a joiner.
    Shown(Rc<Line>),
    BurstEnds(Rc<Truth>),
}

/// Something to carry to us.
#[derive(Debug)]
pub(crate) enum Parcel {
    Frame(ConnId, Arc<str>, Mark),
    Close(ConnId),
}

/// All that was ever said for everybody, and what the server remembers of it.
#[derive(Debug, Default)]
struct Ledger {
    lines: Vec<(i64, String, String)>,
    /// What joiners are shown.
    buffer: VecDeque<u64>,
    /// The present branch of history: a crash takes the server back.
    branch: Vec<u64>,
    /// Lengths of the branch at which the chat was cleared.
    clears: Vec<usize>,
    said: u64,
}

fn key(line: &Value) -> (i64, String, String) {
    let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
    (
        line["time"].as_i64().unwrap_or_default(),
        text("username"),
        text("msg"),
    )
}

impl Ledger {
    /// Takes in what is new since the last look.
    fn look(&mut self, model: &Model) {
        let (said, shown) = model.replay(ROOM);
        let new = (said - self.said) as usize;
        let len = shown.len();
        assert!(new <= len, "the simulator looks after each line");
        if len == 0 && !self.buffer.is_empty() {
            self.clears.push(self.branch.len());
            self.buffer.clear();
        }
        for line in shown.skip(len - new) {
            let id = self.lines.len() as u64;
            self.lines.push(key(line));
            self.branch.push(id);
            self.buffer.push_back(id);
        }
        while self.buffer.len() > len {
            self.buffer.pop_front();
        }
        self.said = said;
    }

    /// The server went back to an older buffer: finds it on the branch.
    fn went_back(&mut self, model: &Model) {
        let (said, shown) = model.replay(ROOM);
        let shown: Vec<_> = shown.map(key).collect();
        let mut upto = self.branch.len();
        let mut places = VecDeque::new();
        for wanted in shown.iter().rev() {
            while upto > 0 && self.lines[self.branch[upto - 1] as usize] != *wanted {
                upto -= 1;
            }
            assert!(upto > 0, "a save holds what was said");
            upto -= 1;
            places.push_front(upto);
        }
        self.buffer = places.iter().map(|place| self.branch[*place]).collect();
        let end = places.back().map_or(0, |place| place + 1);
        let first = places.front().copied().unwrap_or(0);
        self.branch.truncate(end);
        self.clears.retain(|clear| *clear <= first);
        self.said = said;
    }

    fn since_clear(&self) -> Vec<u64> {
        let from = self.clears.last().copied().unwrap_or(0);
        let recent = self.branch.len().saturating_sub(400);
        self.branch[from.max(recent)..].to_vec()
    }
}

/// Where a connection of ours is in its join, by what was sent to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Outside,
    Replaying(usize),
    Settling,
    Inside,
}

pub(crate) struct Server {
    pub(crate) model: Model,
    traffic: Traffic,
    ledger: Ledger,
    stages: BTreeMap<ConnId, Stage>,
    parcels: VecDeque<Parcel>,
    /// Until when nobody answers; 0: up.
    pub(crate) down_until_ms: i64,
}

impl Server {
    pub(crate) fn new(plan: &Plan, random: &mut SplitMix64) -> Self {
        let traffic = TrafficConfig::new(random.next_u64(), ROOM).rate(plan.traffic_per_s);
        let mut traffic = traffic;
        traffic.users = plan.users;
        let mut server = Self {
            model: Model::new(plan.model()),
            traffic: Traffic::new(traffic),
            ledger: Ledger::default(),
            stages: BTreeMap::new(),
            parcels: VecDeque::new(),
            down_until_ms: 0,
        };
        server.model.tick(START_MS);
        server.traffic.step(&mut server.model, START_MS);
        server.collect();
        server
    }

    pub(crate) fn is_up(&self) -> bool {
        self.down_until_ms == 0
    }

    /// Lets someone do something, and notes what came of it.
    pub(crate) fn act<T>(&mut self, now_ms: i64, act: impl FnOnce(&mut Model) -> T) -> T {
        self.model.tick(now_ms);
        self.collect();
        let done = act(&mut self.model);
        self.collect();
        done
    }

    /// Lets happen what is due.
    pub(crate) fn tick(&mut self, now_ms: i64, with_traffic: bool) {
        if !self.is_up() {
            if now_ms < self.down_until_ms {
                return;
            }
            self.down_until_ms = 0;
        }
        self.act(now_ms, |_| ());
        while with_traffic
            && let Some(at_ms) = self.traffic.next_at_ms().filter(|at_ms| *at_ms <= now_ms)
        {
            self.traffic.step(&mut self.model, at_ms);
            self.collect();
        }
    }

    pub(crate) fn next_ms(&self, with_traffic: bool) -> Option<i64> {
        if !self.is_up() {
            return Some(self.down_until_ms);
        }
        let traffic = self.traffic.next_at_ms().filter(|_| with_traffic);
        [self.model.next_deadline(), traffic]
            .into_iter()
            .flatten()
            .min()
    }

    pub(crate) fn open(&mut self, conn: ConnId, ip: &str, now_ms: i64) {
        self.stages.insert(conn, Stage::Outside);
        self.act(now_ms, |model| model.open(conn, Peer::new(ip), now_ms));
    }

    pub(crate) fn frame(&mut self, conn: ConnId, text: &str, now_ms: i64) {
        self.act(now_ms, |model| model.frame(conn, text, now_ms));
    }

    pub(crate) fn closed(&mut self, conn: ConnId, now_ms: i64) {
        self.act(now_ms, |model| model.closed(conn, now_ms));
        self.stages.remove(&conn);
    }

    /// The process ends and comes back: as it was, or as it was last saved.
    pub(crate) fn restart(&mut self, crash: bool, now_ms: i64, up_ms: i64) {
        self.act(now_ms, |_| ());
        let saved = match crash {
            true => self.model.last_save(),
            false => self.model.save(),
        };
        self.model.restart(saved, now_ms);
        self.ledger.went_back(&self.model);
        self.stages.clear();
        self.down_until_ms = up_ms.max(now_ms + 1);
    }

    pub(crate) fn view(&self) -> RoomView {
        self.model.room(ROOM).expect("the room is registered")
    }

    pub(crate) fn take_parcel(&mut self) -> Option<Parcel> {
        self.parcels.pop_front()
    }

    fn collect(&mut self) {
        self.ledger.look(&self.model);
        let outs: Vec<Out> = self.model.take_output().collect();
        if outs.is_empty() {
            return;
        }
        // Equal lines within one call cannot be told apart, and need not be.
        for out in outs {
            match out {
                Out::Frame { conn, text } => {
                    let mark = self.mark(conn, &text);
                    self.parcels.push_back(Parcel::Frame(conn, text, mark));
                }
                Out::Close { conn } => {
                    self.stages.remove(&conn);
                    self.parcels.push_back(Parcel::Close(conn));
                }
            }
        }
    }

    fn mark(&mut self, conn: ConnId, text: &str) -> Mark {
        let Some((name, rest)) = text.strip_prefix("42[\"").and_then(|r| r.split_once('"')) else {
            return Mark::None;
        };
        let stage = self.stages.entry(conn).or_insert(Stage::Outside);
        match (name, *stage) {
            ("setPermissions", Stage::Outside) => {
                *stage = Stage::Replaying(0);
                Mark::BurstBegins
            }
            ("drinkCount", Stage::Replaying(shown)) => {
                assert_eq!(shown, self.ledger.buffer.len(), "all that is kept is shown");
                *stage = Stage::Settling;
                Mark::None
            }
            ("userlist", Stage::Settling) => {
                *stage = Stage::Inside;
                Mark::BurstEnds(Rc::new(Truth {
                    view: self.view(),
                    said: self.ledger.since_clear(),
                }))
            }
            ("chatMsg" | "pm", _) => self.mark_line(conn, name, rest),
            _ => Mark::None,
        }
    }

    fn mark_line(&mut self, conn: ConnId, name: &str, rest: &str) -> Mark {
        let payload = rest.strip_prefix(',').and_then(|r| r.strip_suffix(']'));
        let payload: Value = serde_json::from_str(payload.unwrap_or_default()).unwrap();
        let (sent_ms, author, html) = key(&payload);
        let wanted = (sent_ms, author, html);
        let stage = self.stages.get_mut(&conn).expect("marked before");
        if let Stage::Replaying(shown) = stage {
            let id = self.ledger.buffer[*shown];
            *stage = Stage::Replaying(*shown + 1);
            assert_eq!(self.ledger.lines[id as usize], wanted, "shown in order");
            return Mark::Shown(Rc::new(line(Some(id), wanted)));
        }
        let is_shadow = payload["meta"]["shadow"].as_bool() == Some(true);
        let newest = self.ledger.buffer.iter().rev().take(2);
        let id = newest
            .copied()
            .find(|id| self.ledger.lines[*id as usize] == wanted);
        let id = id.filter(|_| name == "chatMsg" && !is_shadow);
        Mark::Said(Rc::new(line(id, wanted)))
    }
}

fn line(id: Option<u64>, (sent_ms, name, html): (i64, String, String)) -> Line {
    Line {
        id,
        sent_ms,
        name,
        html,
    }
}
