//! `emotes` against the events.

use crate::rooms::{Room, query};
use crate::samples::{record, said, whispered};
use projectionist::event::{Origin, Source};
use projectionist::model::identity;
use projectionist::views::stats::{EmoteUsed, Rows};
use projectionist::{ChannelState, Event, Recorded, UnixMicros};
use std::collections::{BTreeMap, BTreeSet};

/// A use of an emote: its name, who, when, in which line.
type Use = (String, String, i64, u64);

fn us(event: &Recorded) -> i64 {
    event.sent_ms.map_or(event.received_at.0, |ms| ms * 1_000)
}

/// Every use, one by one.
fn expected(events: &[Recorded]) -> Vec<Use> {
    let mut state = ChannelState::default();
    let mut uses = Vec::new();
    for event in events {
        state.apply(event);
        let Event::MessageSaid(line) = &event.event else {
            continue;
        };
        if line.source != Source::User {
            continue;
        }
        for word in line.text.split_whitespace() {
            let mut listed = state.emotes.iter().flat_map(|emotes| emotes.iter());
            if listed.any(|emote| emote.name == word) {
                let by = identity(&line.user.name);
                uses.push((word.to_owned(), by, us(event), event.seq.0));
            }
        }
    }
    uses
}

/// Sums of uses, the most used first.
fn sums(uses: &[Use]) -> Vec<EmoteUsedRow> {
    let mut by_emote: BTreeMap<&str, Vec<&Use>> = BTreeMap::new();
    for used in uses {
        by_emote.entry(&used.0).or_default().push(used);
    }
    let sum = |(emote, uses): (&&str, &Vec<&Use>)| {
        let lines: BTreeSet<u64> = uses.iter().map(|used| used.3).collect();
        let users: BTreeSet<&str> = uses.iter().map(|used| &*used.1).collect();
        let times = || uses.iter().map(|used| used.2);
        let counts = [uses.len(), lines.len(), users.len()].map(|n| n as i64);
        let (first, last) = (times().min().unwrap(), times().max().unwrap());
        (counts, (*emote).to_owned(), first, last)
    };
    let mut rows: Vec<_> = by_emote.iter().map(sum).collect();
    rows.sort_by(|a, b| (b.0[0], &b.1).cmp(&(a.0[0], &a.1)));
    rows
}

/// Uses, messages and users; name; first and last.
type EmoteUsedRow = ([i64; 3], String, i64, i64);

fn row(used: &EmoteUsed) -> EmoteUsedRow {
    let counts = [used.uses, used.messages, used.users];
    (counts, used.emote.clone(), used.first.0, used.last.0)
}

fn rows(found: &[EmoteUsed]) -> Vec<EmoteUsedRow> {
    found.iter().map(row).collect()
}

#[test]
fn every_use_of_an_emote_is_counted() {
    let mut uses = 0;
    let rooms = Room::all_and_evenings().chain([Room::generated(11, 8_000)]);
    for room in rooms {
        room.update();
        let views = room.views();
        let all = Rows::default().page(10_000, 0);
        let expected = expected(&room.events);
        let found = views.stats().emotes(&all).unwrap();
        assert_eq!(rows(&found), sums(&expected));
        let users: BTreeSet<&str> = expected.iter().map(|used| &*used.1).collect();
        for user in users {
            let of_user = expected.iter().filter(|used| used.1 == user);
            let of_user: Vec<Use> = of_user.cloned().collect();
            let found = views.stats().emotes_of(&user.to_uppercase(), &all).unwrap();
            if user.is_ascii() {
                assert_eq!(rows(&found), sums(&of_user));
            }
        }
        let mut by: BTreeMap<(String, String), i64> = BTreeMap::new();
        for (emote, identity, ..) in &expected {
            *by.entry((emote.clone(), identity.clone())).or_default() += 1;
        }
        let sql = "SELECT emote, identity, uses FROM emote_uses";
        let stored = query(views.connection(), sql, |row| {
            (
                (row.get(0).unwrap(), row.get(1).unwrap()),
                row.get(2).unwrap(),
            )
        });
        assert_eq!(stored.into_iter().collect::<BTreeMap<_, _>>(), by);
        let middle = room.events[room.events.len() / 2].received_at;
        let late: Vec<Use> = expected
            .into_iter()
            .filter(|used| used.2 >= middle.0)
            .collect();
        let found = views.stats().emotes(&all.since(middle)).unwrap();
        assert_eq!(rows(&found), sums(&late));
        uses += by.values().sum::<i64>();
    }
    assert!(uses > 200, "{uses}");
}

fn room() -> Room {
    let listed = r#"{"emotes":[{"name":":a:","image":"x"},{"name":"b","image":"x"}]}"#;
    let events = [
        said("Bob", "too early :a:"),
        serde_json::from_str(listed)
            .map(Event::EmotesListed)
            .unwrap(),
        said("Bob", ":a: :a: b"),
        said("ALICE", "b"),
        said("bob", ":a:: :A: B b:a:"),
        whispered("ALICE", "reel", ":a: b"),
        said("[server]", ":a:"),
        said("alice", "b\tb"),
    ];
    let events = (1..).zip(events).map(|(seq, event)| record(seq, 1, event));
    let mut events: Vec<Recorded> = events.collect();
    // The last line came late, and was said first.
    events[7].origin = Origin::Replay;
    events[7].sent_ms = Some(5_000);
    let room = Room::of(events);
    room.update();
    room
}

#[test]
fn a_use_is_a_whole_word_in_public_chat_exactly_as_the_emote_is_called() {
    let room = room();
    let at = |seq: usize| room.events[seq - 1].received_at.0;
    let found = room.views().stats().emotes(&Rows::default()).unwrap();
    let expected = [
        ([4, 3, 2], "b".to_owned(), 5_000_000, at(4)),
        ([2, 1, 1], ":a:".to_owned(), at(3), at(3)),
    ];
    assert_eq!(rows(&found), expected);
}

#[test]
fn an_emote_tells_its_users_and_a_user_their_emotes_by_page_and_range() {
    let room = room();
    let views = room.views();
    let all = Rows::default();
    let users = |rows: &Rows| {
        let users = views.stats().emote_users("b", rows).unwrap();
        let user = users
            .into_iter()
            .map(|user| (user.name, user.uses, user.messages));
        user.collect::<Vec<_>>()
    };
    let (alice, bob) = (("ALICE".to_owned(), 3, 2), ("bob".to_owned(), 1, 1));
    assert_eq!(users(&all), [alice.clone(), bob.clone()]);
    assert_eq!(
        users(&all.reversed().page(1, 0)),
        std::slice::from_ref(&bob)
    );
    let first_line = all.until(UnixMicros(room.events[2].received_at.0));
    assert_eq!(users(&first_line), [("ALICE".to_owned(), 2, 1)]);
    let of_bob = views.stats().emotes_of("BOB", &all).unwrap();
    let of_bob: Vec<_> = of_bob
        .iter()
        .map(|used| (&*used.emote, used.uses))
        .collect();
    assert_eq!(of_bob, [(":a:", 2), ("b", 1)]);
    assert!(views.stats().emote_users("c", &all).unwrap().is_empty());
}
