//! `chatters` against the events.

use crate::rooms::{Room, query};
use crate::samples::{record, said, whispered};
use projectionist::event::{Origin, Source};
use projectionist::model::{Emote, identity};
use projectionist::views::stats::{Chatter, Rows};
use projectionist::{ChannelState, Event, Rank, Recorded, UnixMicros};
use std::collections::BTreeMap;

/// Name, guest, counts (messages, words, characters, pms, emotes), first, last.
type Row = (String, Option<bool>, [i64; 5], i64, i64);

fn us(event: &Recorded) -> i64 {
    event.sent_ms.map_or(event.received_at.0, |ms| ms * 1_000)
}

/// One event's author and what it counts.
fn counts(event: &Recorded, state: &ChannelState) -> Option<(String, Option<bool>, [i64; 5])> {
    match &event.event {
        Event::MessageSaid(line) if line.source == Source::User => {
            let emotes = state.emotes.as_deref();
            let is_emote = |word: &&str| {
                emotes.is_some_and(|emotes| emotes.iter().any(|emote| emote.name == *word))
            };
            let uses = line.text.split_whitespace().filter(is_emote).count();
            let words = line.text.split_whitespace().count();
            let characters = line.text.chars().count();
            let counts = [1, words, characters, 0, uses].map(|n| n as i64);
            let guest = line.user.rank.map(|rank| rank <= Rank(0.0));
            Some((line.user.name.clone(), guest, counts))
        }
        Event::PmSaid(pm) => {
            let users = state.users.as_ref();
            let user = users.and_then(|users| users.find(&pm.from));
            let guest = user.map(|user| user.rank <= Rank(0.0));
            Some((pm.from.clone(), guest, [0, 0, 0, 1, 0]))
        }
        _ => None,
    }
}

type Days = BTreeMap<(i64, String), [i64; 5]>;

fn expected(events: &[Recorded]) -> (BTreeMap<String, Row>, Days) {
    let mut state = ChannelState::default();
    let (mut people, mut days) = (BTreeMap::new(), Days::new());
    for event in events {
        state.apply(event);
        let Some((name, guest, counts)) = counts(event, &state) else {
            continue;
        };
        let us = us(event);
        let row = people
            .entry(identity(&name))
            .or_insert_with(|| (name.clone(), None, [0; 5], us, us));
        row.1 = guest.or(row.1);
        (0..5).for_each(|n| row.2[n] += counts[n]);
        row.3 = row.3.min(us);
        if us >= row.4 {
            (row.0, row.4) = (name.clone(), us);
        }
        let of_day = days
            .entry((us.div_euclid(86_400_000_000), identity(&name)))
            .or_default();
        (0..5).for_each(|n| of_day[n] += counts[n]);
    }
    (people, days)
}

fn row(chatter: &Chatter) -> (String, Row) {
    let counts = [
        chatter.messages,
        chatter.words,
        chatter.characters,
        chatter.pms,
        chatter.emotes,
    ];
    let (first, last) = (chatter.first.0, chatter.last.0);
    let row = (chatter.name.clone(), chatter.guest, counts, first, last);
    (chatter.identity.clone(), row)
}

#[test]
fn everybody_who_said_something_is_counted() {
    let (mut people, mut emotes) = (0, 0);
    for room in Room::all_and_evenings() {
        room.update();
        let views = room.views();
        let found = views
            .stats()
            .chatters(&Rows::default().page(1_000, 0))
            .unwrap();
        assert!(found.is_sorted_by(|a, b| a.messages >= b.messages));
        let (expected, days) = expected(&room.events);
        let found: BTreeMap<_, _> = found.iter().map(row).collect();
        assert_eq!(found, expected);
        let sql = "SELECT day, identity, messages, words, characters, pms, emotes
                   FROM chatters_by_day";
        let found = query(views.connection(), sql, |row| {
            let counts = [2, 3, 4, 5, 6].map(|n| row.get(n).unwrap());
            ((row.get(0).unwrap(), row.get(1).unwrap()), counts)
        });
        assert_eq!(found.into_iter().collect::<Days>(), days);
        people += expected.len();
        emotes += expected.values().map(|row| row.2[4]).sum::<i64>();
    }
    assert!(people > 100 && emotes > 20, "{people} {emotes}");
}

const DAY_US: i64 = 86_400_000_000;

/// Three days: one of Alice alone, one of both, one of an import from long ago.
fn days() -> Room {
    let listed = r#"{"emotes":[{"name":":a:","image":"x"}]}"#;
    let events = [
        (
            0,
            serde_json::from_str(listed)
                .map(Event::EmotesListed)
                .unwrap(),
        ),
        (0, said("Alice", "one :a: two :a:")),
        (1, said("ALICE", "three")),
        (1, said("Bob", "four :a:x")),
        (1, said("bob", "fünf")),
        (1, said("[server]", "nobody")),
        (1, whispered("Bob", "reel", "psst psst")),
        (1, said("alice", "long ago")),
    ];
    let mut events: Vec<Recorded> = (1..)
        .zip(events)
        .map(|(seq, (day, event))| {
            let mut event = record(seq, 1, event);
            event.received_at.0 += day * DAY_US;
            event
        })
        .collect();
    events[7].origin = Origin::Import;
    events[7].sent_ms = Some(86_400_000 * 365);
    let room = Room::of(events);
    room.update();
    room
}

#[test]
fn a_name_is_one_person_in_any_case_and_called_as_last_heard() {
    let room = days();
    let alice = room.views().stats().chatter("aLiCe").unwrap().unwrap();
    assert_eq!(alice.name, "ALICE", "the import came later, and is older");
    assert_eq!((alice.messages, alice.words, alice.emotes), (3, 7, 2));
    assert_eq!(alice.first, UnixMicros(DAY_US * 365));
    assert_eq!(alice.last, room.events[2].received_at);
    let bob = room.views().stats().chatter("bob").unwrap().unwrap();
    assert_eq!((bob.messages, bob.words, bob.characters), (2, 3, 13));
    assert_eq!((bob.pms, bob.emotes, bob.guest), (1, 0, Some(false)));
    assert_eq!(room.views().stats().chatter("[server]").unwrap(), None);
}

#[test]
fn a_range_counts_the_days_it_touches() {
    let room = days();
    let views = room.views();
    let counts = |rows: &Rows| {
        let found = views.stats().chatters(rows).unwrap();
        let count = |chatter: &Chatter| (chatter.identity.clone(), chatter.messages);
        found.iter().map(count).collect::<Vec<_>>()
    };
    let (alice, bob) = ("alice".to_owned(), "bob".to_owned());
    let (first, second) = (room.events[1].received_at, room.events[3].received_at);
    let all = Rows::default();
    assert_eq!(counts(&all), [(alice.clone(), 3), (bob.clone(), 2)]);
    assert_eq!(
        counts(&all.since(second)),
        [(bob.clone(), 2), (alice.clone(), 1)]
    );
    let old = [(alice.clone(), 2)];
    assert_eq!(counts(&all.until(UnixMicros(first.0 + 1))), old);
    assert_eq!(counts(&all.since(second).page(1, 1)), [(alice, 1)]);
    assert_eq!(counts(&all.reversed().page(1, 0)), [(bob, 2)]);
}

#[test]
fn an_emote_is_one_only_while_the_room_has_it() {
    let emote = |name: &str| Emote {
        name: name.to_owned(),
        image: String::new(),
        source: String::new(),
    };
    let removed = serde_json::from_str(r#"{"name":":b:"}"#).unwrap();
    let listed = serde_json::from_str(r#"{"emotes":[]}"#).unwrap();
    let events = [
        said("Bob", ":b:"),
        Event::EmotesListed(listed),
        said("Bob", ":b:"),
        Event::EmoteUpdated(emote(":b:")),
        said("Bob", ":b: :B: :b:"),
        Event::EmoteRemoved(removed),
        said("Bob", ":b:"),
    ];
    let events = (1..).zip(events).map(|(seq, event)| record(seq, 1, event));
    let room = Room::of(events.collect());
    room.update();
    let bob = room.views().stats().chatter("Bob").unwrap().unwrap();
    assert_eq!((bob.messages, bob.emotes), (4, 2));
}
