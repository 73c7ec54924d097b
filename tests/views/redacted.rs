//! What is redacted leaves no trace in what people said: not in the lines, not in the index, not in
//! the counts.

use crate::evening::evening;
use crate::rooms::{Room, dump};
use crate::samples::{record, said, whispered};
use projectionist::event::{Redaction, Scope};
use projectionist::sqlite::{EraseOptions, erase};
use projectionist::views::stats::{Hit, Rows};
use projectionist::views::{Views, path_of};
use projectionist::{Event, Kind, Recorded, Seq, UnixMicros};

/// The tables of what people said, row for row.
fn tables(views: &Views) -> Vec<String> {
    let ours = [
        "messages:",
        "chatters:",
        "chatters_by_day:",
        "emotes:",
        "emote_uses:",
        "emote_lines:",
    ];
    let mut lines = dump(views);
    lines.retain(|line| ours.iter().any(|table| line.starts_with(table)));
    lines
}

/// What the index answers, ranks included: they tell how many lines it thinks there are.
fn answers(views: &Views) -> Vec<Hit> {
    let all = Rows::default().page(10_000, 0);
    let words = ["a*", "s*", "film", "secret", "the", "movie", "test"];
    let hits = words.map(|word| views.stats().search(word, None, &all).unwrap());
    hits.concat()
}

/// The log with these redactions behind it.
fn redacted(room: Room, redactions: &[Redaction]) -> Room {
    let last = room.events.last().unwrap();
    let (seq, session, at) = (last.seq.0, last.session, last.received_at);
    let events = (seq + 1..).zip(redactions).map(|(seq, redaction)| {
        let redaction = redaction.clone().standing_at(Seq(seq));
        let mut event = record(seq, session, Event::Redacted(redaction));
        event.received_at = at;
        event
    });
    let events = events.collect();
    room.grown(events)
}

/// Method: views that are brought up to date behind the redaction, against views that are built
/// anew from the log as it reads then.
fn check(events: &[Recorded], pieces: usize, redactions: &[Redaction]) -> (usize, usize) {
    let mut room = Room::of(Vec::new());
    for piece in events.chunks(events.len().div_ceil(pieces)) {
        room = room.grown(piece.to_vec());
        room.update();
    }
    let before = tables(&room.views()).len();
    let room = redacted(room, redactions);
    assert_eq!(room.update().rebuilt, None);
    let (followed, found) = (tables(&room.views()), answers(&room.views()));
    std::fs::remove_file(path_of(&room.path)).unwrap();
    room.update();
    let (anew, found_anew) = (tables(&room.views()), answers(&room.views()));
    assert_eq!(followed, anew, "{redactions:?}");
    assert_eq!(found, found_anew, "{redactions:?}");
    (before, anew.len())
}

/// Everybody who said something, and where.
fn lines(events: &[Recorded]) -> Vec<(Seq, String)> {
    let of_chat = [Kind::MessageSaid, Kind::PmSaid];
    let lines = events
        .iter()
        .filter(|event| of_chat.contains(&event.kind()));
    let lines = lines.map(|event| (event.seq, event.actor.clone().unwrap()));
    lines.collect()
}

#[test]
fn after_a_redaction_the_tables_are_those_of_a_log_that_never_held_it() {
    for (seed, pieces) in [(1, 1), (2, 9)] {
        let events = evening(seed);
        let lines = lines(&events);
        assert!(lines.len() > 100);
        let user = |nth: usize| Redaction::of_user(&lines[nth].1.to_ascii_uppercase());
        let some = lines.iter().step_by(3).map(|(seq, _)| *seq);
        let middle = lines[lines.len() / 2].0;
        for redactions in [
            vec![Redaction::of_events([lines[lines.len() / 3].0])],
            vec![Redaction::of_events(some)],
            vec![user(0)],
            vec![user(1).after(middle), user(2).until(middle)],
            vec![
                user(3).kinds([Kind::PmSaid]),
                user(4).kinds([Kind::MessageSaid]),
            ],
            vec![Redaction::of_events(lines.iter().map(|(seq, _)| *seq))],
        ] {
            let (before, after) = check(&events, pieces, &redactions);
            let only_pms =
                matches!(&redactions[0].scope, Scope::User { kinds, .. } if kinds.len() == 1);
            assert!(after < before || only_pms, "{before} {after}");
        }
    }
}

#[test]
fn a_generated_room_forgets_somebody_with_every_emote_of_theirs() {
    let events = Room::generated(3, 6_000).events;
    let lines = lines(&events);
    let (first, last) = (&lines[0].1, &lines[lines.len() - 1].1);
    let redactions = [Redaction::of_user(first), Redaction::of_user(last)];
    let (before, after) = check(&events, 2, &redactions);
    assert!(after < before);
}

fn room_of(said: Vec<Event>) -> Room {
    let events = (1..).zip(said).map(|(seq, event)| record(seq, 1, event));
    Room::of(events.collect())
}

fn emotes() -> Event {
    let listed = r#"{"emotes":[{"name":":a:","image":"x"},{"name":":b:","image":"x"}]}"#;
    serde_json::from_str(listed)
        .map(Event::EmotesListed)
        .unwrap()
}

#[test]
fn the_counts_of_a_person_go_with_their_lines() {
    let room = room_of(vec![
        emotes(),
        said("Bob", "one :a: :b:"),
        said("BOB", "two :a:"),
        whispered("bob", "reel", "three"),
        said("Alice", "four :a:"),
    ]);
    room.update();
    let room = redacted(room, &[Redaction::of_events([Seq(3)])]);
    room.update();
    let bob = room.views().stats().chatter("bob").unwrap().unwrap();
    assert_eq!((bob.messages, bob.pms, bob.words, bob.emotes), (1, 1, 3, 2));
    assert_eq!(bob.name, "bob", "as the last line that is left has it");
    let room = redacted(room, &[Redaction::of_user("Bob")]);
    room.update();
    let views = room.views();
    assert_eq!(views.stats().chatter("bob").unwrap(), None);
    let used = views.stats().emotes(&Rows::default()).unwrap();
    assert_eq!(used.len(), 1, "nobody else used the other one");
    let (alice, at) = (&used[0], UnixMicros(room.events[4].received_at.0));
    assert_eq!(
        (alice.uses, alice.users, alice.first, alice.last),
        (1, 1, at, at)
    );
}

#[test]
fn what_somebody_says_after_their_redaction_counts() {
    let room = room_of(vec![emotes(), said("Bob", "one :a:")]);
    room.update();
    let room = redacted(room, &[Redaction::of_user("bob")]);
    // In the same run as the redaction, and in one behind it.
    let room = room.grown(vec![record(4, 1, said("Bob", "two :b:"))]);
    room.update();
    let room = room.grown(vec![record(5, 1, said("Bob", "three :b: :b:"))]);
    room.update();
    let views = room.views();
    let bob = views.stats().chatter("bob").unwrap().unwrap();
    assert_eq!((bob.messages, bob.words, bob.emotes), (2, 5, 3));
    let used = views.stats().emotes(&Rows::default()).unwrap();
    let used: Vec<_> = used
        .iter()
        .map(|row| (&*row.emote, row.uses, row.messages))
        .collect();
    assert_eq!(used, [(":b:", 3, 2)]);
}

#[test]
fn where_the_log_was_erased_no_word_of_it_is_left_in_the_file() {
    let secret = "verysecretword";
    let room = room_of(vec![
        emotes(),
        said("Bob", secret),
        said("Alice", "four :a:"),
    ]);
    room.update();
    let views = path_of(&room.path);
    let holds = || {
        let bytes = std::fs::read(&views).unwrap();
        bytes
            .windows(secret.len())
            .any(|found| found == secret.as_bytes())
    };
    assert!(holds());
    let room = redacted(room, &[Redaction::of_user("Bob")]);
    let new = room.path.with_extension("new");
    erase(&room.path, &new, &EraseOptions::default(), &mut |_, _| true).unwrap();
    std::fs::rename(&new, &room.path).unwrap();
    assert!(room.update().rebuilt.is_some());
    assert!(!holds());
    assert!(room.views().stats().chatter("bob").unwrap().is_none());
}
