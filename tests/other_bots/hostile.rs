//! Databases that are not what they should be: nothing of them is believed, and nothing is lost
//! without a word.

use crate::bots::{CYTUBEBOT, NOW, Place, THEN_MS, say};
use projectionist::{
    Kind,
    import::{ImportError, OldDatabase, OldDatabaseError, Skipped},
};

fn refused(place: &Place) -> OldDatabaseError {
    match place.try_import(&mut |_| true) {
        Err(ImportError::Old(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_cannot_be_carried_over_is_counted_by_reason() {
    let place = Place::new("CREATE TABLE chat(timestamp, username, msg, channel);");
    place.change(&format!(
        "INSERT INTO chat VALUES
             ({THEN_MS}, 'Bob', 'good', 'Movies'),
             ({THEN_MS}, 'Bob', 42, 'movies'),
             (NULL, 'Bob', 'when?', 'Movies'), (0, 'Bob', 'when?', 'Movies'), ('soon', 'Bob', 'x', 'Movies'),
             (1400000000, 'Bob', 'in seconds', 'Movies'), (4000000000000, 'Bob', 'in 2096', 'Movies'),
             ({THEN_MS}, NULL, 'who?', 'Movies'), ({THEN_MS}, 'a' || char(10) || 'b', 'who?', 'Movies'),
             ({THEN_MS}, 'Bob', '', 'Movies'), ({THEN_MS}, 'Bob', NULL, 'Movies'),
             ({THEN_MS}, 'Bob', x'ff00', 'Movies'), ({THEN_MS}, 'Bob', CAST(x'ff' AS TEXT), 'Movies'),
             ({THEN_MS}, 'Bob', printf('%.70000c', 'x'), 'Movies'),
             ({THEN_MS}, 'Bob', 'elsewhere', 'Other')"
    ));
    let summary = place.import();
    let chat = &summary.tables[0];
    assert_eq!((chat.rows, chat.taken), (15, 2));
    for (why, count) in [
        (Skipped::NoTime, 5),
        (Skipped::NoName, 2),
        (Skipped::Empty, 2),
        (Skipped::NotReadable, 2),
        (Skipped::TooLong, 1),
        (Skipped::OtherChannel, 1),
    ] {
        assert_eq!(chat.skipped.get(&why), Some(&count), "{why:?}");
    }
    assert_eq!(chat.skipped.values().sum::<u64>() + chat.taken, chat.rows);
    let texts: Vec<_> = place.lines().into_iter().map(|line| line.2).collect();
    assert_eq!(texts, ["good", "42"]);
}

#[test]
fn a_clock_that_was_ahead_does_not_hold_up_the_times_to_come() {
    let place = Place::new(CYTUBEBOT);
    let ahead = NOW.as_millis() + 3_600_000 - THEN_MS;
    say(
        &place.bot(),
        &[(0, "Bob", "hi"), (ahead, "Bob", "from the future")],
    );
    place.import();
    let last = place.brought(Kind::MessageSaid).pop().unwrap();
    assert_eq!(last.received_at, NOW);
    assert_eq!(last.sent_ms, Some(THEN_MS + ahead), "as that bot has it");
}

#[test]
fn views_are_programs_and_are_not_run() {
    let place = Place::new(
        "CREATE VIEW chat(timestamp, username, msg) AS
             WITH RECURSIVE n(i) AS (SELECT 1400000000000 UNION ALL SELECT i + 1 FROM n)
             SELECT i, 'Bob', 'forever' FROM n;
         CREATE TABLE user_count(timestamp INTEGER, count INTEGER);",
    );
    let summary = place.import();
    let names: Vec<_> = summary.tables.iter().map(|table| table.table).collect();
    assert_eq!((names, summary.events), (vec!["user_count"], 0));
}

#[test]
fn a_database_of_another_program_is_told_what_is_expected() {
    let place = Place::new("CREATE TABLE cats(name TEXT); CREATE TABLE users(uname TEXT);");
    let error = refused(&place).to_string();
    assert!(error.contains("cats") && error.contains("users"), "{error}");
    assert!(error.contains("chat(timestamp, username, msg)"), "{error}");
    let naoko = Place::new(
        "CREATE TABLE chat(timestamp INTEGER, username TEXT, userid TEXT, msg TEXT, protocol TEXT,
                           channel TEXT, flags TEXT);",
    );
    assert!(matches!(
        refused(&naoko),
        OldDatabaseError::NotUnderstood { .. }
    ));
}

#[test]
fn files_that_are_no_database_and_logs_of_ours_are_refused() {
    let place = Place::new(CYTUBEBOT);
    place.open_log().close().unwrap();
    let error = OldDatabase::open(place.log(), NOW).unwrap_err();
    assert!(
        matches!(error, OldDatabaseError::EventLog { .. }),
        "{error}"
    );
    for content in [&b"not a database, whatever its name says"[..], b""] {
        std::fs::write(place.old(), content).unwrap();
        assert!(OldDatabase::open(place.old(), NOW).is_err());
    }
    std::fs::remove_file(place.old()).unwrap();
    let error = OldDatabase::open(place.old(), NOW).unwrap_err();
    assert!(
        matches!(error, OldDatabaseError::Unreadable { .. }),
        "{error}"
    );
    assert!(!place.old().exists(), "nothing is made where nothing was");
}

#[test]
fn a_database_in_use_is_read_with_what_waits_beside_it_and_left_as_it_is() {
    let place = Place::new(CYTUBEBOT);
    let bot = place.bot();
    bot.execute_batch("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;")
        .unwrap();
    let before = std::fs::read(place.old()).unwrap();
    say(&bot, &[(0, "Bob", "in the WAL")]);
    place.import();
    assert_eq!(place.lines().len(), 1);
    assert_eq!(std::fs::read(place.old()).unwrap(), before);
}

#[test]
fn tables_without_row_numbers_and_columns_in_any_order_do_as_well() {
    let place = Place::new(
        "CREATE TABLE Chat(MSG TEXT, channel TEXT, username TEXT, timestamp INTEGER,
                           PRIMARY KEY (timestamp, username)) WITHOUT ROWID;",
    );
    place.change(&format!(
        "INSERT INTO chat VALUES ('b', 'movies', 'Bob', {}), ('a', 'movies', 'Bob', {THEN_MS})",
        THEN_MS + 1
    ));
    place.import();
    let texts: Vec<_> = place.lines().into_iter().map(|line| line.2).collect();
    assert_eq!(texts, ["a", "b"]);
}

#[test]
fn lines_that_do_not_say_of_which_of_several_channels_they_are_stay_out() {
    let place = Place::new(CYTUBEBOT);
    place.change(&format!(
        "INSERT INTO chat VALUES ({THEN_MS}, 'Bob', 'ours', 'movies'),
             ({THEN_MS}, 'Bob', 'theirs', 'Other'), ({THEN_MS}, 'Bob', 'whose?', NULL);
         INSERT INTO user_count VALUES ({THEN_MS}, 5);"
    ));
    let old = place.open().unwrap();
    let channels: Vec<_> = old.channels().unwrap();
    assert_eq!(channels.len(), 2, "{channels:?}");
    let summary = place.import();
    assert_eq!(place.lines().len(), 1);
    let counts = summary
        .tables
        .iter()
        .find(|table| table.table == "user_count")
        .unwrap();
    assert_eq!(counts.skipped[&Skipped::UnknownChannel], 1);
}

/// Method: one byte of a database is turned over, all over the file. Whatever SQLite makes of it, the
/// import ends, with or without an error, and what is in the log is sound.
#[test]
fn a_damaged_database_damages_no_log() {
    let place = Place::new(CYTUBEBOT);
    place.change(&format!(
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 299)
         INSERT INTO chat SELECT {THEN_MS} + i, 'Bob', 'line ' || i, 'Movies' FROM n"
    ));
    let bytes = std::fs::read(place.old()).unwrap();
    let mut taken = 0;
    for at in (0..bytes.len()).step_by(bytes.len() / 40) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x55;
        std::fs::write(place.old(), damaged).unwrap();
        taken += u32::from(place.try_import(&mut |_| true).is_ok());
    }
    assert!(taken > 0);
    std::fs::write(place.old(), bytes).unwrap();
    place.import();
    let lines = place.lines();
    let good = |i: u32| {
        lines
            .iter()
            .filter(|line| line.2 == format!("line {i}"))
            .count()
    };
    assert!((0..300).all(|i| good(i) >= 1));
}
