//! P2 at random. Goal: no history of chat, cuts, restarts and crashes makes a line stand in the log
//! twice, or hides that lines are missing. Method: a model of the server's buffer talks to a channel
//! that is cut and restarted at random; after each step the log is compared line by line, as it was
//! written: lines of which some were redacted meanwhile.

#![cfg(test)]

mod common;

use common::{ChatServer, Room, line};
use projectionist::{event::*, event_log::*};
use proptest::prelude::*;
use serde_json::Value;

/// What may happen between a server and one viewer.
#[derive(Clone, Debug)]
enum Step {
    /// Somebody says something; the number tells which of a few words, so that lines repeat.
    Say(u8),
    /// The same again in the same millisecond.
    Again,
    /// A shadow-muted user speaks: an anonymous viewer sees a line like any other.
    Shadow,
    /// The server tells moderators something.
    Notice,
    /// The connection is lost, and so many lines are said before we are back.
    Away(u8),
    /// The join after it is cut behind so many frames.
    HalfJoin(u8),
    /// Our process dies, and so many lines are said before the next one is in.
    Restart(u8),
    /// The server dies and comes back with the buffer of its last save.
    Rollback,
    /// The server saves.
    Save,
    /// We hide what one of those who talk has said so far: the server goes on sending it again.
    Redact(&'static str),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..4_u8).prop_map(Step::Say),
        2 => Just(Step::Again),
        2 => Just(Step::Shadow),
        1 => Just(Step::Notice),
        2 => (0..20_u8).prop_map(Step::Away),
        1 => (0..20_u8).prop_map(Step::HalfJoin),
        1 => (0..20_u8).prop_map(Step::Restart),
        1 => Just(Step::Rollback),
        1 => Just(Step::Save),
        1 => prop_oneof![Just("bob"), Just("troll")].prop_map(Step::Redact),
    ]
}

/// The server, the viewer, and what the log must come to.
struct World {
    room: Option<Room>,
    server: ChatServer,
    saved: Vec<Value>,
    /// Lines the log must hold, in order; shadow lines are those we saw.
    expected: Vec<(i64, String)>,
    /// Lines said while we were away, not yet looked for.
    missed: Vec<(i64, String)>,
}

fn key(said: &Value) -> (i64, String) {
    let text = said["msg"].as_str().unwrap().to_owned();
    (said["time"].as_i64().unwrap(), text)
}

impl World {
    fn new() -> Self {
        Self {
            room: Some(Room::joined()),
            server: ChatServer::default(),
            saved: Vec::new(),
            expected: Vec::new(),
            missed: Vec::new(),
        }
    }

    fn room(&mut self) -> &mut Room {
        self.room.as_mut().unwrap()
    }

    fn heard(&mut self, said: Value) {
        self.expected.push(key(&said));
        self.room().server("chatMsg", said);
    }

    fn said_unheard(&mut self, count: u8) {
        for n in 0..count {
            let said = self.server.say(&format!("unheard {}", n % 3));
            self.missed.push(key(&said));
        }
    }

    /// Back in the channel: what the buffer still holds of the missed is to be in the log.
    fn join(&mut self) {
        let burst = self.server.burst();
        self.room().wait(10_000);
        self.room().connect();
        self.room().burst(&burst);
        let kept: Vec<_> = self.server.buffer.iter().map(key).collect();
        let missed = std::mem::take(&mut self.missed);
        let lost = missed.iter().any(|said| !kept.contains(said));
        if lost {
            let gaps = self.room().of_kind(Kind::ChatGapFound);
            let last = self.room().last(Kind::Joined).seq;
            assert!(
                gaps.iter().any(|gap| gap.cause == Some(last)) || self.expected.is_empty(),
                "lines are missing and nothing says so"
            );
        }
        self.expected
            .extend(missed.into_iter().filter(|said| kept.contains(said)));
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Say(word) => {
                let said = self.server.say(&format!("word {word}"));
                self.heard(said);
            }
            Step::Again => {
                let Some((ms, text)) = self.server.buffer.last().map(key) else {
                    return;
                };
                let said = self.server.say_at(&text, ms);
                self.heard(said);
            }
            Step::Shadow => {
                self.server.ms += 7;
                let said = line("troll", "shadow", self.server.ms);
                self.heard(said);
            }
            Step::Notice => self.room().says("[server]", "notice"),
            Step::Away(count) => {
                self.room().cut();
                self.said_unheard(*count);
                self.join();
            }
            Step::HalfJoin(frames) => {
                self.room().cut();
                self.room().wait(10_000);
                self.room().connect();
                let burst = self.server.burst().frames();
                let before_end = burst.len() - 2;
                for frame in burst.iter().take(usize::from(*frames).min(before_end)) {
                    self.room().frame(frame);
                }
                self.room().cut();
                self.join();
            }
            Step::Restart(count) => {
                let room = self.room.take().unwrap();
                self.said_unheard(*count);
                self.room = Some(room.restarted());
                self.join();
            }
            Step::Rollback => {
                self.room().cut();
                self.server.buffer = self.saved.clone();
                self.join();
            }
            Step::Save => self.saved = self.server.buffer.clone(),
            Step::Redact(name) => {
                let now = self.room().now();
                let channel = self.room().channel_mut();
                channel.redact(now, &Redaction::of_user(name)).unwrap();
                channel.commit().unwrap();
                let theirs = self.room().of_kind(Kind::MessageSaid);
                assert!(
                    theirs
                        .iter()
                        .all(|line| line.actor.as_deref() != Some(name))
                );
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]

    #[test]
    fn p2_whatever_happens_each_line_is_in_the_log_once(steps in prop::collection::vec(step(), 1..40)) {
        let mut world = World::new();
        for step in &steps {
            world.take(step);
            let chat = Read::default().kinds([Kind::MessageSaid]).as_written();
            let lines = world.room().channel().log().read(&chat).unwrap();
            let logged: Vec<_> = lines
                .iter()
                .filter(|line| line.actor.as_deref() != Some("[server]"))
                .map(|line| (line.sent_ms.unwrap(), line.text().to_owned()))
                .collect();
            prop_assert_eq!(&logged, &world.expected, "after {:?}", step);
        }
    }
}
