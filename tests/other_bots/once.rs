//! Each row goes in once, with its own words, time and order.

use crate::bots::{CYTUBEBOT, NOW, Place, ROSEY, THEN_MS, message, say};
use projectionist::{Event, Kind, Seq, UnixMicros, event::UserCounted, import::ReceivedAs};
use proptest::prelude::*;

/// A line as a bot may have noted it; times and words are few, so that some are equal.
fn line() -> impl Strategy<Value = (i64, String, String)> {
    let name = prop_oneof![Just("Bob"), Just("alice"), Just("[server]")];
    let text = prop_oneof![
        Just("lol".to_owned()),
        Just("a <b>bold</b> &amp; claim".to_owned()),
        "\\PC{1,40}",
    ];
    (0_i64..5, name.prop_map(str::to_owned), text)
}

fn say_all(place: &Place, lines: &[(i64, String, String)]) {
    let bot = place.bot();
    for (after, name, text) in lines {
        say(&bot, &[(*after, name, text)]);
    }
}

/// What should be found: oldest first, those of one moment as they were stored.
fn expected(lines: &[(i64, String, String)]) -> Vec<(i64, String, String)> {
    let mut lines = lines.to_vec();
    lines.sort_by_key(|(after, ..)| *after);
    for line in &mut lines {
        line.0 += THEN_MS;
    }
    lines
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..Default::default() })]

    #[test]
    fn rows_come_out_with_their_words_times_and_order_and_once(
        first in prop::collection::vec(line(), 1..12),
        more in prop::collection::vec(line(), 1..12),
    ) {
        let place = Place::new(CYTUBEBOT);
        say_all(&place, &first);
        let summary = place.import();
        prop_assert_eq!(summary.received, ReceivedAs::TheirOwn);
        prop_assert_eq!(place.lines(), expected(&first));
        for recorded in place.brought(Kind::MessageSaid) {
            let own = UnixMicros::from_millis(recorded.sent_ms.unwrap());
            prop_assert_eq!(recorded.received_at, own);
        }

        let again = place.import();
        prop_assert_eq!((again.events, again.last_seq), (0, summary.last_seq));

        say_all(&place, &more);
        let grown = place.import();
        prop_assert_eq!(grown.events, more.len() as u64 + 1, "and a note");
        let mut all = place.lines();
        all.sort();
        let mut wanted = expected(&[first, more].concat());
        wanted.sort();
        prop_assert_eq!(all, wanted);
    }
}

#[test]
fn a_log_of_their_own_times_begins_with_the_note_that_all_rows_point_to() {
    let place = Place::new(CYTUBEBOT);
    say(&place.bot(), &[(5, "Bob", "hi"), (0, "alice", "hello")]);
    place.change(&format!(
        "INSERT INTO user_count VALUES ({}, 7)",
        THEN_MS + 2
    ));
    let summary = place.import();
    assert_eq!((summary.events, summary.first_seq), (4, Seq(1)));

    let notes = place.brought(Kind::Imported);
    let Event::Imported(note) = &notes[0].event else {
        panic!("{notes:?}");
    };
    assert_eq!((notes.len(), note.source.as_str()), (1, "old.db"));
    assert_eq!((note.tables["chat"], note.tables["user_count"]), (2, 1));
    assert_eq!(notes[0].received_at, UnixMicros::from_millis(THEN_MS));

    let counted = place.brought(Kind::UsersCounted);
    assert_eq!(
        counted[0].event,
        Event::UsersCounted(UserCounted { count: 7 })
    );
    assert_eq!((counted[0].seq, counted[0].cause), (Seq(3), Some(Seq(1))));
    let chat = &summary.tables[0];
    assert_eq!((chat.table, chat.unit, chat.taken), ("chat", Some("ms"), 2));
}

#[test]
fn seconds_and_html_are_told_from_milliseconds_and_text() {
    let place = Place::new(ROSEY);
    place.change(
        "INSERT INTO recent_chat (timestamp, username, message) VALUES
             (1700000000, 'Bob', '1 &lt; 2 <i>really</i>'), (1700000000, 'Bob', 'lol'),
             (1700000000, 'Bob', 'lol');
         INSERT INTO user_count_history (timestamp, chat_users, connected_users)
             VALUES (1700000300, 4, 9);",
    );
    let summary = place.import();
    assert_eq!(summary.tables[0].unit, Some("s"));
    let at = 1_700_000_000_000;
    let said = |text: &str| (at, "Bob".to_owned(), text.to_owned());
    assert_eq!(
        place.lines(),
        [said("1 < 2 really"), said("lol"), said("lol")]
    );
    let first = &place.brought(Kind::MessageSaid)[0];
    assert_eq!(message(first).html, "1 &lt; 2 <i>really</i>");
    assert_eq!(message(first).user.rank, None);
    let counted = &place.brought(Kind::UsersCounted)[0];
    assert_eq!(counted.event, Event::UsersCounted(UserCounted { count: 9 }));
    assert_eq!(place.import().events, 0);

    // Rosey forgets its oldest lines; what comes after goes in all the same.
    place.change(
        "DELETE FROM recent_chat;
         INSERT INTO recent_chat (timestamp, username, message) VALUES (1700009000, 'Bob', 'lol');",
    );
    place.import();
    assert_eq!(place.lines().len(), 4);
}

#[test]
fn facts_without_a_time_are_kept_as_they_are_and_again_only_when_they_changed() {
    let place = Place::new(ROSEY);
    place.change(
        "INSERT INTO user_stats VALUES ('Bob', 1600000000, 1700000000, 12, 3600, NULL);
         INSERT INTO api_tokens VALUES ('s3cret', 'dashboard');",
    );
    let summary = place.import();
    assert_eq!(summary.events, 2, "a note, and the rows");
    assert!(summary.others.contains(&"api_tokens".to_owned()));
    let kept = &place.brought(Kind::Imported)[1];
    assert_eq!(
        kept.raw.as_deref(),
        Some(
            r#"[{"first_seen":1600000000,"last_seen":1700000000,"total_chat_lines":12,"total_time_connected":3600,"username":"Bob"}]"#
        )
    );
    assert_eq!(kept.received_at, NOW, "nothing there says when");
    for kind in [Kind::UserJoined, Kind::UserLeft, Kind::UsersListed] {
        assert_eq!(place.brought(kind), [], "sums are no comings and goings");
    }
    assert_eq!(place.import().events, 0);
    place.change("UPDATE user_stats SET total_chat_lines = 13");
    assert_eq!(place.import().events, 2);
    let file = std::fs::read(place.log()).unwrap();
    assert!(!file.windows(6).any(|bytes| bytes == b"s3cret"));
}

#[test]
fn an_import_that_was_stopped_goes_on_where_it_was() {
    let place = Place::new(CYTUBEBOT);
    place.change(&format!(
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 9999)
         INSERT INTO chat SELECT {THEN_MS} + i, 'Bob', 'line ' || i, 'Movies' FROM n"
    ));
    let stopped = place.try_import(&mut |_| false).unwrap();
    assert!(stopped.stopped);
    let half = place.lines().len();
    assert!((1..10_000).contains(&half), "{half}");
    let rest = place.import();
    assert!(!rest.stopped);
    assert_eq!(rest.tables[0].already, half as u64);
    let lines = place.lines();
    assert_eq!(lines.len(), 10_000);
    assert!(
        lines
            .iter()
            .zip(0..)
            .all(|((ms, _, text), i)| { *ms == THEN_MS + i && *text == format!("line {i}") })
    );
}
