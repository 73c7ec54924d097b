//! Frames of a real server, broken at random. Goal: nothing the network sends makes the engine
//! panic, disagree with its log, or lose a frame without a trace. Method: recorded frames with bytes
//! flipped, ends cut, values of other types, sizes and depths, keys doubled; fed into a channel that
//! is live, joining or lost at random.

#![cfg(test)]

mod common;

use common::recording::{files, lines};
use common::{Burst, Room, config, item, user};
use projectionist::{channel::*, event_log::*};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// Frames as long as these tell nothing new, and take time.
const FRAME_BYTES_MAX: usize = 4_096;

/// Two recorded frames of each event, and one of each other packet.
fn corpus() -> &'static [String] {
    static CORPUS: OnceLock<Vec<String>> = OnceLock::new();
    CORPUS.get_or_init(|| {
        let mut by_name: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for path in files() {
            for line in lines(&path).into_iter().filter(|line| line.dir == "recv") {
                let name = line.frame.split([',', '{']).next().unwrap().to_owned();
                let kept = by_name.entry(name).or_default();
                if kept.len() < 2 && line.frame.len() <= FRAME_BYTES_MAX {
                    kept.push(line.frame);
                }
            }
        }
        by_name.into_values().flatten().collect()
    })
}

/// How a frame is broken.
#[derive(Clone, Debug)]
enum Break {
    Nothing,
    /// A byte becomes another.
    Flip(prop::sample::Index, u8),
    /// The end is missing.
    Cut(prop::sample::Index),
    /// A part stands twice.
    Double(prop::sample::Index, prop::sample::Index),
    /// One value of the payload becomes another.
    Replace(prop::sample::Index, Odd),
    /// One object has a key twice.
    Again(prop::sample::Index),
}

/// Values that no server sends where they are put.
#[derive(Clone, Debug)]
enum Odd {
    Null,
    Truth,
    Text(String),
    Number(f64),
    Whole(i64),
    Empty,
    Object,
    Deep(usize),
    Long(usize),
}

impl Odd {
    fn json(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Truth => "true".to_owned(),
            Self::Text(text) => json!(text).to_string(),
            Self::Number(number) => json!(number).to_string(),
            Self::Whole(number) => number.to_string(),
            Self::Empty => "[]".to_owned(),
            Self::Object => r#"{"name":{"uid":[0]}}"#.to_owned(),
            Self::Deep(depth) => "[".repeat(*depth) + &"]".repeat(*depth),
            Self::Long(length) => json!("<a '\"&".repeat(*length)).to_string(),
        }
    }
}

fn odd() -> impl Strategy<Value = Odd> {
    prop_oneof![
        Just(Odd::Null),
        Just(Odd::Truth),
        Just(Odd::Empty),
        Just(Odd::Object),
        ".{0,12}".prop_map(Odd::Text),
        any::<f64>()
            .prop_filter("JSON has no other", |n| n.is_finite())
            .prop_map(Odd::Number),
        prop_oneof![Just(i64::MAX), Just(i64::MIN), Just(0), -3..300_i64].prop_map(Odd::Whole),
        prop_oneof![Just(2), Just(120), Just(5_000)].prop_map(Odd::Deep),
        (0..2_000_usize).prop_map(Odd::Long),
    ]
}

fn way_to_break() -> impl Strategy<Value = Break> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        1 => Just(Break::Nothing),
        2 => (index(), 32..127_u8).prop_map(|(at, byte)| Break::Flip(at, byte)),
        1 => index().prop_map(Break::Cut),
        1 => (index(), index()).prop_map(|(from, to)| Break::Double(from, to)),
        6 => (index(), odd()).prop_map(|(at, odd)| Break::Replace(at, odd)),
        1 => index().prop_map(Break::Again),
    ]
}

/// A recorded frame, broken.
fn broken() -> impl Strategy<Value = String> {
    let frame = prop::sample::select(corpus());
    (frame, way_to_break()).prop_map(|(frame, how)| apply(&frame, &how))
}

/// The nearest place at or below which a text may be cut.
fn place(text: &str, index: &prop::sample::Index) -> usize {
    text.floor_char_boundary(index.index(text.len() + 1))
}

fn apply(frame: &str, how: &Break) -> String {
    match how {
        Break::Nothing => frame.to_owned(),
        Break::Flip(at, byte) => {
            let at = place(frame, at);
            let (head, tail) = frame.split_at(at);
            let rest: String = tail.chars().skip(1).collect();
            format!("{head}{}{rest}", char::from(*byte))
        }
        Break::Cut(at) => frame[..place(frame, at)].to_owned(),
        Break::Double(from, to) => {
            let (from, to) = (place(frame, from), place(frame, to));
            let (from, to) = (from.min(to), from.max(to));
            format!("{}{}", &frame[..to], &frame[from..])
        }
        Break::Replace(at, odd) => replaced(frame, at, odd),
        Break::Again(at) => {
            let objects: Vec<_> = frame.match_indices("{\"").collect();
            let Some((open, _)) = objects.get(at.index(objects.len().max(1))) else {
                return frame.to_owned();
            };
            let key = frame[open + 1..].split(':').next().unwrap();
            let (head, tail) = frame.split_at(open + 1);
            format!("{head}{key}:7,{tail}")
        }
    }
}

/// The frame with one value of its payload replaced. The value is put in as text, so that it may be
/// what a tree of JSON cannot hold.
fn replaced(frame: &str, at: &prop::sample::Index, odd: &Odd) -> String {
    const MARK: &str = "\u{e000}";
    let Some(Ok(mut packet)) = frame.strip_prefix("42").map(serde_json::from_str::<Value>) else {
        return frame.to_owned();
    };
    let Some(payload) = packet.get_mut(1) else {
        return frame.to_owned();
    };
    let mut left = at.index(count(payload));
    put(payload, &mut left, MARK);
    format!("42{packet}").replacen(&format!("\"{MARK}\""), &odd.json(), 1)
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(map) => map.values().map(count).sum(),
        _ => 0,
    }
}

/// Puts the mark at the place that `left` counts down to; says whether it did.
fn put(value: &mut Value, left: &mut usize, mark: &str) -> bool {
    if *left == 0 {
        *value = json!(mark);
        return true;
    }
    *left -= 1;
    match value {
        Value::Array(items) => items.iter_mut().any(|inner| put(inner, left, mark)),
        Value::Object(map) => map.values_mut().any(|inner| put(inner, left, mark)),
        _ => false,
    }
}

/// What happens to the channel between two frames.
#[derive(Clone, Debug)]
enum Step {
    Frame(String),
    Wait(i64),
    Say,
    Rejoin,
    /// The next frames meet a burst that has just begun.
    HalfJoin,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        20 => broken().prop_map(Step::Frame),
        2 => (0..2_000_i64).prop_map(Step::Wait),
        1 => Just(Step::Say),
        1 => Just(Step::Rejoin),
        1 => Just(Step::HalfJoin),
    ]
}

fn burst() -> Burst {
    Burst {
        users: vec![user("alice", 5.0), user("bob", 2.0), user("reel", 0.0)],
        emotes: vec![common::emote("one")],
        ..Burst::with_items(&[item(0, "a"), item(1, "b")])
    }
}

fn live() -> Room {
    let mut room = Room::joined_with(config().guest("reel").rejoin_after_kick(true), &burst());
    room.server("rank", json!(3));
    room
}

/// Back in the channel, whatever ended the last session.
fn back(room: &mut Room) {
    room.cut();
    if room.channel().phase() == Phase::Closed {
        room.input(Input::Rejoin);
    }
    room.wait(1_000);
    room.connect();
}

/// Everything that a frame may leave behind.
fn traces(room: &Room) -> u64 {
    let counters = room.channel().counters();
    let unrecorded = counters.unrecorded;
    counters.events + unrecorded.before_burst + unrecorded.ticks + unrecorded.redundant
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_frame_breaks_the_engine(steps in prop::collection::vec(step(), 1..60)) {
        let mut room = live();
        for step in steps {
            match step {
                Step::Frame(frame) => room.frame(&frame),
                Step::Wait(ms) => room.wait(ms),
                Step::Say => { room.say("hello"); }
                Step::Rejoin => {
                    back(&mut room);
                    room.burst(&burst());
                }
                Step::HalfJoin => {
                    back(&mut room);
                    for frame in burst().frames().iter().take(8) {
                        room.frame(frame);
                    }
                }
            }
            prop_assert!(room.outputs().len() < 200);
        }
        room.wait(60_000);
        common::check(room.channel());
    }

    #[test]
    fn no_event_is_dropped_without_a_trace(frames in prop::collection::vec(broken(), 1..30)) {
        let mut room = live();
        for frame in frames {
            let before = traces(&room);
            room.frame(&frame);
            room.wait(600);
            let is_event = frame.starts_with("42") && !frame.starts_with("42/");
            prop_assert!(!is_event || traces(&room) > before, "{frame}");
            if !room.state().is_live() {
                back(&mut room);
                room.burst(&burst());
            }
        }
    }

    #[test]
    fn the_same_garbage_makes_the_same_log(frames in prop::collection::vec(broken(), 1..30)) {
        let head = || {
            let mut room = live();
            for frame in &frames {
                room.frame(frame);
                room.wait(25);
            }
            room.channel().log().head()
        };
        prop_assert_eq!(head(), head());
    }

    #[test]
    fn text_that_is_no_frame_is_kept_or_withheld(text in ".{0,200}") {
        let mut room = live();
        room.frame(&text);
        room.wait(1_000);
    }
}

#[test]
fn frames_too_deep_or_too_large_are_kept_or_withheld() {
    let mut room = live();
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    for frame in [
        format!("42[\"userlist\",{deep}]"),
        format!("42[\"unknown\",{deep}]"),
        format!("42[\"channelOpts\",{{\"x\":{deep}}}]"),
        format!(
            "42[\"chatMsg\",{{\"username\":\"bob\",\"msg\":\"x\",\"time\":1,\"meta\":{deep}}}]"
        ),
        format!("42[{deep}]"),
        "42[\"x\",".to_owned() + &"9".repeat(1 << 20) + "]",
        format!("42[\"{}\",1]", "n".repeat(1 << 20)),
        deep,
    ] {
        let before = traces(&room);
        room.frame(&frame);
        room.wait(100);
        assert!(traces(&room) > before, "{} bytes", frame.len());
    }
    room.says("bob", "still here");
    assert_eq!(room.state().chat.iter().last().unwrap().text, "still here");
}

#[test]
fn the_corpus_holds_every_kind_of_frame() {
    let names = corpus()
        .iter()
        .filter(|frame| frame.starts_with("42["))
        .count();
    assert!(names > 90, "{names}");
}
