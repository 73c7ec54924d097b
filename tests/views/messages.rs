//! `messages` and the search in it against the events.

use crate::evening::evening;
use crate::rooms::{Room, query};
use crate::samples::{Dice, record, said, whispered};
use projectionist::event::{Origin, Redaction, Scope, Source};
use projectionist::views::stats::Rows;
use projectionist::views::{path_of, rusqlite::Connection};
use projectionist::{Event, Recorded, Seq, UnixMicros};
use std::collections::{BTreeMap, BTreeSet};

type Row = (i64, i64, String, String, String, String);

/// Every line that no later event takes back.
fn expected(events: &[Recorded]) -> Vec<Row> {
    let redacted: BTreeSet<Seq> = events
        .iter()
        .flat_map(|event| match &event.event {
            Event::Redacted(redaction) => match &redaction.scope {
                Scope::Events { targets } => targets.clone(),
                Scope::User { .. } => Vec::new(),
            },
            _ => Vec::new(),
        })
        .collect();
    let shown = events.iter().filter(|event| !redacted.contains(&event.seq));
    let row = |event: &Recorded| {
        let us = event.sent_ms.map_or(event.received_at.0, |ms| ms * 1_000);
        let (kind, source, name, text) = match &event.event {
            Event::MessageSaid(said) => {
                let source = match said.source {
                    Source::User => "user",
                    Source::Server => "server",
                    Source::Voteskip => "voteskip",
                };
                ("message", source, &said.user.name, &said.text)
            }
            Event::PmSaid(pm) => ("pm", "user", &pm.from, &pm.text),
            _ => return None,
        };
        let seq = event.seq.0 as i64;
        let (kind, source) = (kind.to_owned(), source.to_owned());
        Some((seq, us, kind, source, name.clone(), text.clone()))
    };
    shown.filter_map(row).collect()
}

fn found(room: &Room) -> Vec<Row> {
    let views = room.views();
    let sql = "SELECT seq, said_us, kind, source, name, text FROM messages ORDER BY seq";
    query(views.connection(), sql, |row| {
        let text = |n| row.get::<_, String>(n).unwrap();
        let (seq, us) = (row.get(0).unwrap(), row.get(1).unwrap());
        (seq, us, text(2), text(3), text(4), text(5))
    })
}

/// Fails where the index is not that of the table.
fn check_index(room: &Room) {
    let conn = Connection::open(path_of(&room.path)).unwrap();
    let sql = "INSERT INTO messages_fts (messages_fts, rank) VALUES ('integrity-check', 1)";
    conn.execute(sql, []).unwrap();
}

#[test]
fn every_line_of_every_log_is_a_row() {
    let mut lines = 0;
    for room in Room::all_and_evenings() {
        room.update();
        let found = found(&room);
        assert_eq!(found, expected(&room.events));
        check_index(&room);
        lines += found.len();
    }
    assert!(lines > 1_000, "{lines}");
}

/// The words of a text that are plain letters, small: what the index makes of them is certain.
fn words(text: &str) -> BTreeSet<String> {
    let split = text.split(|c: char| !c.is_alphanumeric());
    let plain = split.filter(|word| !word.is_empty() && word.is_ascii());
    plain.map(str::to_ascii_lowercase).collect()
}

#[test]
fn a_word_is_found_wherever_it_was_said_and_nowhere_else() {
    let room = Room::of(evening(7));
    room.update();
    let mut said: BTreeMap<String, BTreeSet<Seq>> = BTreeMap::new();
    for row in expected(&room.events) {
        for word in words(&row.5) {
            said.entry(word).or_default().insert(Seq(row.0 as u64));
        }
    }
    assert!(said.len() > 30, "{said:?}");
    let views = room.views();
    let all = Rows::default().page(10_000, 0);
    for (word, expected) in said {
        let hits = views.stats().search(&word, None, &all).unwrap();
        let found: BTreeSet<Seq> = hits.iter().map(|hit| hit.seq).collect();
        assert_eq!((hits.len(), &found), (expected.len(), &expected), "{word}");
        let ordered =
            hits.is_sorted_by(|a, b| a.rank < b.rank || (a.rank == b.rank && a.seq > b.seq));
        assert!(ordered, "the best first, the newest among equals");
        for hit in &hits {
            assert!(!hit.marks.is_empty());
            for mark in &hit.marks {
                let marked = &hit.snippet[mark.from..mark.until];
                assert_eq!(marked.to_lowercase(), word);
            }
        }
    }
}

/// Lines a second apart.
fn lines(said: Vec<Event>) -> Room {
    Room::of(
        (1..)
            .zip(said)
            .map(|(seq, event)| record(seq, 1, event))
            .collect(),
    )
}

/// Positions of the hits, in the order of the log.
fn search(room: &Room, words: &str, user: Option<&str>, rows: &Rows) -> Vec<u64> {
    let hits = room.views().stats().search(words, user, rows).unwrap();
    let mut found: Vec<u64> = hits.iter().map(|hit| hit.seq.0).collect();
    found.sort_unstable();
    found
}

fn chatter() -> Room {
    let room = lines(vec![
        said("Bob", "the quick brown fox"),
        said("Alice", "the BROWN fôx is quick"),
        said("bob", "foxes, foxes: \"everywhere\""),
        whispered("Alice", "reel", "a secret fox"),
        said("[server]", "Alice cleared chat."),
        said("alice_1", "fox?"),
        said("Alice", "col:umn * NEAR(quick, 2) ^start {text}"),
    ]);
    room.update();
    room
}

#[test]
fn words_phrases_beginnings_and_what_must_not_occur() {
    let room = chatter();
    let all = Rows::default();
    for (words, expected) in [
        ("fox", &[1, 2, 4, 6][..]),
        ("FÖX", &[1, 2, 4, 6]),
        ("quick fox", &[1, 2]),
        ("\"brown fox\"", &[1, 2]),
        ("\"quick brown\"", &[1]),
        ("fox*", &[1, 2, 3, 4, 6]),
        ("\"brown f\"*", &[1, 2]),
        ("quick -is", &[1, 7]),
        ("fox -\"quick brown\" -secret", &[2, 6]),
        ("col:umn", &[7]),
        ("cleared", &[5]),
        ("bob", &[]),
        ("-fox", &[]),
    ] {
        assert_eq!(search(&room, words, None, &all), expected, "{words}");
    }
}

#[test]
fn a_search_keeps_to_a_user_a_time_and_a_page() {
    let room = chatter();
    let all = Rows::default();
    assert_eq!(search(&room, "fox*", Some("BOB"), &all), [1, 3]);
    assert_eq!(search(&room, "fox", Some("alice"), &all), [2, 4]);
    assert_eq!(search(&room, "fox", Some("alice_1"), &all), [6]);
    assert_eq!(search(&room, "fox", Some("nobody"), &all), [0_u64; 0]);
    let at = |seq: usize| UnixMicros(room.events[seq - 1].received_at.0);
    let some = all.since(at(2)).until(at(6));
    assert_eq!(search(&room, "fox", None, &some), [2, 4]);
    let views = room.views();
    let whole = views.stats().search("fox", None, &all).unwrap();
    let mut pages = Vec::new();
    for offset in 0..5 {
        let page = views.stats().search("fox", None, &all.page(1, offset));
        pages.extend(page.unwrap());
    }
    assert_eq!(pages, whole);
    let mut back = views.stats().search("fox", None, &all.reversed()).unwrap();
    back.reverse();
    assert_eq!(back, whole);
}

#[test]
fn what_somebody_typed_is_never_an_error() {
    let room = chatter();
    let views = room.views();
    let pieces = [
        "fox", "\"", "*", "-", "(", ")", "AND", "OR", "NOT", "NEAR", ":", "{", "}", "^", "+", "'",
        "\\", "\0", " ", "text", "name", "\u{301}", "\u{e000}", "🎬", ";", "--", "ﷺ", "\u{fdd0}",
    ];
    let mut dice = Dice(11);
    let mut hits = 0;
    for _ in 0..1_000 {
        let count = 1 + dice.below(8);
        let typed: String = (0..count)
            .map(|_| pieces[dice.below(pieces.len() as u64) as usize])
            .collect();
        for user in [None, Some("alice"), Some(typed.as_str())] {
            let found = views.stats().search(&typed, user, &Rows::default());
            hits += found
                .unwrap_or_else(|error| panic!("{typed:?}: {error}"))
                .len();
        }
    }
    assert!(hits > 100, "{hits}");
}

#[test]
fn marks_are_ranges_of_the_snippet_whatever_signs_the_text_holds() {
    let hostile = "\u{fdd0} fox \u{fdd1} \u{fdd3} <b>fox</b>";
    let long = format!("{} fox {}", "word ".repeat(100), "wörd ".repeat(100));
    let room = lines(vec![said("Bob", hostile), said("Bob", &long)]);
    room.update();
    let mut hits = room
        .views()
        .stats()
        .search("fox", None, &Rows::default())
        .unwrap();
    hits.sort_by_key(|hit| hit.seq);
    assert_eq!(hits[0].snippet, hostile);
    assert!(hits[1].snippet.len() < 400, "{}", hits[1].snippet.len());
    for (hit, count) in hits.iter().zip([2, 1]) {
        assert_eq!(hit.marks.len(), count);
        for mark in &hit.marks {
            assert_eq!(&hit.snippet[mark.from..mark.until], "fox");
        }
    }
}

#[test]
fn what_is_redacted_is_neither_shown_nor_found() {
    let target = |seq| Event::Redacted(Redaction::of_events([Seq(seq)]));
    let all = Rows::default();
    let room = lines(vec![
        said("Bob", "my password is hunter2"),
        said("Bob", "oh no"),
        target(1),
        target(1),
        target(3),
        whispered("Bob", "reel", "hunter2 again"),
    ]);
    room.update();
    assert_eq!(search(&room, "hunter2", None, &all), [6]);
    // The next run takes back what this one wrote.
    let room = room.grown(vec![record(7, 1, target(6))]);
    room.update();
    assert_eq!(search(&room, "hunter2", None, &all), [0_u64; 0]);
    assert_eq!(found(&room), expected(&room.events));
    assert_eq!(found(&room).len(), 1);
    check_index(&room);
}

#[test]
fn lines_are_listed_in_the_order_they_were_said() {
    let mut events = chatter().events;
    // The last line came late, in a replay.
    events[6].origin = Origin::Replay;
    events[6].sent_ms = Some(events[2].received_at.as_millis());
    let room = Room::of(events);
    room.update();
    let views = room.views();
    let seqs = |user, rows: &Rows| {
        let lines = views.stats().messages(user, rows).unwrap();
        lines.iter().map(|line| line.seq.0).collect::<Vec<_>>()
    };
    let all = Rows::default();
    assert_eq!(seqs(None, &all), [1, 2, 3, 7, 4, 5, 6]);
    assert_eq!(seqs(None, &all.reversed().page(2, 1)), [5, 4]);
    assert_eq!(seqs(Some("ALICE"), &all), [2, 7, 4]);
    let late = all.since(UnixMicros(room.events[3].received_at.0));
    assert_eq!(seqs(None, &late), [4, 5, 6]);
}

#[test]
fn a_list_and_a_search_never_sort_or_scan_a_whole_table() {
    let room = chatter();
    let views = room.views();
    let plan = |sql: &str| {
        let sql = format!("EXPLAIN QUERY PLAN {sql}");
        query(views.connection(), &sql, |row| {
            row.get::<_, String>(3).unwrap()
        })
        .join("; ")
    };
    let list = "SELECT * FROM messages WHERE said_us >= 0 AND said_us < 9";
    let listed = plan(&format!("{list} ORDER BY said_us DESC, seq DESC"));
    assert!(
        listed.contains("messages_by_time") && !listed.contains("TEMP"),
        "{listed}"
    );
    let listed = plan(&format!(
        "{list} AND identity = 'bob' ORDER BY said_us, seq"
    ));
    assert!(
        listed.contains("messages_by_identity") && !listed.contains("TEMP"),
        "{listed}"
    );
}
