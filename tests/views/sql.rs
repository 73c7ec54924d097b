//! SQL of somebody's own: what it may see, and that it can neither write nor run for ever.

use crate::rooms::{Room, dump};
use crate::samples;
use projectionist::views::rusqlite::types::{Value, ValueRef};
use projectionist::views::{Answered, Sql, ViewsError};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(3_600);

fn room() -> Room {
    let room = Room::of(samples::evening());
    room.update();
    room
}

fn all(sql: &mut Sql, query: &str) -> Result<(Answered, Vec<Vec<Value>>), ViewsError> {
    let mut rows = Vec::new();
    let answered = sql.run(query, LONG, &mut |_, row| {
        rows.push(
            row.iter()
                .map(|cell| Value::try_from(*cell).unwrap())
                .collect(),
        );
        true
    })?;
    Ok((answered, rows))
}

#[test]
fn a_query_gives_its_columns_and_typed_cells() {
    let room = room();
    let mut sql = room.views().sql().unwrap();
    let query = "SELECT 1 AS whole, 1.5 AS part, 'text' AS words, x'00ff' AS bytes, NULL AS none";
    let mut seen = 0;
    let answered = sql.run(query, LONG, &mut |columns, row| {
        assert_eq!(columns, ["whole", "part", "words", "bytes", "none"]);
        let cells = [
            ValueRef::Integer(1),
            ValueRef::Real(1.5),
            ValueRef::Text(b"text"),
            ValueRef::Blob(&[0, 255]),
            ValueRef::Null,
        ];
        assert_eq!(row, cells);
        seen += 1;
        true
    });
    let answered = answered.unwrap();
    assert_eq!((answered.rows, answered.complete, seen), (1, true, 1));
    let (answered, rows) = all(&mut sql, "SELECT name FROM messages WHERE 0 -- none").unwrap();
    assert_eq!((answered.columns, rows.len()), (vec!["name".to_owned()], 0));
}

#[test]
fn a_query_sees_views_index_and_log_together() {
    let room = room();
    let mut sql = room.views().sql().unwrap();
    assert_eq!(sql.log(), Some(room.path.as_path()));
    for (query, expected) in [
        ("SELECT count(*) FROM log.events", 16),
        ("SELECT count(*) FROM log.gaps", 4),
        ("SELECT count(*) FROM events WHERE kind = 'message'", 3),
        (
            "SELECT count(*) FROM messages m JOIN log.event e USING (seq)",
            3,
        ),
        (
            "SELECT count(*) FROM messages_fts WHERE messages_fts MATCH 'hello OR psst'",
            2,
        ),
        ("SELECT count(*) > 5 FROM pragma_table_list", 1),
        (
            "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 9) SELECT max(n) FROM c",
            9,
        ),
        ("VALUES (3);  ", 3),
    ] {
        let (_, rows) = all(&mut sql, query).unwrap_or_else(|error| panic!("{query}: {error}"));
        assert_eq!(rows, [[Value::Integer(expected)]], "{query}");
    }
    let (_, rows) = all(&mut sql, "PRAGMA table_info(messages)").unwrap();
    assert!(rows.len() > 5);
    let (_, rows) = all(&mut sql, "EXPLAIN QUERY PLAN SELECT * FROM messages").unwrap();
    assert_eq!(rows.len(), 1);
}

#[test]
fn whatever_does_more_than_read_is_refused_and_changes_nothing() {
    let room = room();
    let views = room.views();
    let before = dump(&views);
    let log = room.reader().head().unwrap();
    let mut sql = views.sql().unwrap();
    let elsewhere = room.path.with_file_name("elsewhere.db");
    let elsewhere = elsewhere.display();
    for query in [
        "DELETE FROM messages",
        "DELETE FROM messages RETURNING text",
        "UPDATE messages SET text = ''",
        "INSERT INTO about VALUES ('x', 'y')",
        "WITH old AS (SELECT 1) DELETE FROM messages",
        "INSERT INTO messages_fts (messages_fts) VALUES ('rebuild')",
        "DROP TABLE messages",
        "CREATE TABLE mine (x)",
        "CREATE TEMP TABLE mine (x)",
        "CREATE TEMP VIEW mine AS SELECT 1",
        "CREATE VIRTUAL TABLE temp.mine USING fts5 (x)",
        "ALTER TABLE messages RENAME TO lines",
        "DELETE FROM log.snapshot",
        "DROP TRIGGER log.event_is_never_deleted",
        "REINDEX",
        "ANALYZE",
        "VACUUM",
        &format!("VACUUM INTO '{elsewhere}'"),
        &format!("VACUUM log INTO '{elsewhere}'"),
        &format!("ATTACH '{elsewhere}' AS other"),
        "ATTACH ':memory:' AS other",
        "DETACH log",
        "BEGIN",
        "BEGIN IMMEDIATE",
        "SAVEPOINT here",
        "COMMIT",
        "PRAGMA query_only = OFF",
        "PRAGMA journal_mode = DELETE",
        "PRAGMA writable_schema = ON",
        "PRAGMA user_version = 3",
        "PRAGMA log.wal_checkpoint(TRUNCATE)",
        "PRAGMA temp_store_directory = '/'",
        "PRAGMA trusted_schema = ON",
        "SELECT load_extension('mod')",
        "SELECT 1; SELECT 2",
        "SELECT 1; DELETE FROM messages",
        "SELECT 1; and nonsense",
        "",
        " -- nothing",
        "SELECT",
        "SELECT nothing FROM nowhere",
        "SELECT ?1",
        "SELECT abs(-9223372036854775808)",
        "SELECT zeroblob(1000000000)",
    ] {
        let refused = all(&mut sql, query);
        assert!(
            matches!(refused, Err(ViewsError::Query(_))),
            "{query}: {refused:?}"
        );
    }
    assert!(!std::fs::exists(elsewhere.to_string()).unwrap());
    assert_eq!(dump(&views), before);
    assert_eq!(room.reader().head().unwrap(), log);
}

#[test]
fn refusals_say_what_is_wrong() {
    let room = room();
    let mut sql = room.views().sql().unwrap();
    for (query, words) in [
        ("SELEC 1", "near \"SELEC\": syntax error"),
        ("SELECT 1; SELECT 2", "one statement at a time"),
        ("DELETE FROM messages", "may only read"),
        ("ATTACH 'x' AS y", "may only read"),
        ("", "no statement"),
    ] {
        let error = all(&mut sql, query).unwrap_err().to_string();
        assert!(error.contains(words), "{query}: {error}");
    }
}

const ENDLESS: &str =
    "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT max(n) FROM c";

#[test]
fn a_query_that_runs_for_ever_ends_at_its_deadline_and_the_next_one_runs() {
    let room = room();
    let mut sql = room.views().sql().unwrap();
    let deadline = Duration::from_millis(20);
    let told = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n FROM c";
    let sorted = format!("{told} ORDER BY n DESC");
    let crossed = "SELECT count(*) FROM log.event a, log.event b, log.event c, log.event d,
        log.event e, log.event f, log.event g, log.event h, log.event i, log.event j";
    for query in [ENDLESS, told, &sorted, crossed] {
        let stopped = sql.run(query, deadline, &mut |_, _| true);
        let Err(ViewsError::Deadline(after)) = stopped else {
            panic!("{query}: {stopped:?}");
        };
        assert_eq!(after, deadline);
        // The deadline of one is not that of the next.
        assert_eq!(all(&mut sql, "SELECT 1").unwrap().1.len(), 1);
    }
    assert!(all(&mut sql, "SELECT count(*) FROM messages").is_ok());
    let none = sql.run("SELECT 1", Duration::MAX, &mut |_, _| true);
    assert_eq!(none.unwrap().rows, 1);
}

#[test]
fn whoever_is_told_rows_says_when_it_is_enough() {
    let room = room();
    let mut sql = room.views().sql().unwrap();
    let mut left = 3;
    let query = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n FROM c";
    let answered = sql.run(query, LONG, &mut |_, _| {
        left -= 1;
        left > 0
    });
    let answered = answered.unwrap();
    assert_eq!((answered.rows, answered.complete), (3, false));
}

#[test]
fn the_log_has_to_be_the_one_of_the_views_and_may_be_elsewhere_or_gone() {
    let room = room();
    let other = tempfile::tempdir().unwrap();
    let copy = other.path().join("copy ? % 'x'.db");
    std::fs::copy(&room.path, &copy).unwrap();
    let mut sql = room.views().sql_with(&copy).unwrap();
    assert_eq!(
        all(&mut sql, "SELECT 1 FROM log.events").unwrap().1.len(),
        16
    );

    let foreign = other.path().join("foreign.db");
    drop(samples::open(&foreign));
    let refused = room.views().sql_with(&foreign);
    assert!(
        matches!(refused, Err(ViewsError::Storage { .. })),
        "{refused:?}"
    );
    let missing = other.path().join("missing.db");
    let refused = room.views().sql_with(&missing);
    assert!(
        matches!(refused, Err(ViewsError::Storage { .. })),
        "{refused:?}"
    );
    assert!(!missing.exists());

    std::fs::remove_file(&room.path).unwrap();
    let mut sql = room.views().sql().unwrap();
    assert_eq!(sql.log(), None);
    assert_eq!(all(&mut sql, "SELECT 1 FROM messages").unwrap().1.len(), 3);
    assert!(matches!(
        all(&mut sql, "SELECT 1 FROM log.events"),
        Err(ViewsError::Query(_))
    ));
}
