//! Damage is found, and named.

use crate::tool::Tool;
use rusqlite::{Connection, params, types::Value};
use serde_json::json;

#[test]
fn a_sound_log_is_sound_and_its_states_equal_the_fold() {
    let tool = Tool::new();
    let log = tool.ingest("join-and-chat.jsonl", "alice");
    let text = tool.run(&["verify", &log]).ok().out;
    assert!(text.starts_with("sound: "), "{text}");
    let verdict = tool.run(&["verify", &log, "--json"]).ok().json();
    let seq = tool.state(&log, &[])["seq"].clone();
    assert_eq!(verdict["sound"], true);
    assert_eq!((&verdict["events"], &verdict["good"]), (&seq, &seq));
    assert_eq!(verdict["states_compared"], 1);
    assert_eq!(verdict["findings"], json!([]));
    assert_eq!(verdict["chain"].as_str().unwrap().len(), 64);
}

/// Method: one bit of a word that occurs in one event's body only is flipped in the file.
#[test]
fn a_flipped_bit_is_named_by_its_event() {
    let tool = Tool::new();
    let log = tool.ingest("playlist.jsonl", "alice");
    let history = tool
        .run(&["history", &log, "--kinds", "media_queue", "--json"])
        .ok();
    let wanted = &history.json_lines()[3]["seq"];
    let conn = rusqlite::Connection::open(tool.path(&log)).unwrap();
    let body: String = conn
        .query_row(
            "SELECT body FROM event WHERE seq = ?1",
            [wanted.as_i64()],
            |row| row.get(0),
        )
        .unwrap();
    drop(conn);

    let mut bytes = std::fs::read(tool.path(&log)).unwrap();
    let found = bytes
        .windows(body.len())
        .position(|window| window == body.as_bytes());
    bytes[found.unwrap() + body.find("title").unwrap() + 8] ^= 1;
    std::fs::write(tool.path("bad.db"), bytes).unwrap();

    let ran = tool.run(&["verify", "bad.db"]).fails_with(1);
    assert!(
        ran.err.contains(&format!("first bad event is {wanted}")),
        "{}",
        ran.err
    );
    let ran = tool.run(&["verify", "bad.db", "--json"]).fails_with(1);
    let verdict = ran.json();
    assert_eq!(
        (&verdict["sound"], &verdict["first_bad"]),
        (&json!(false), wanted)
    );
    assert_eq!(verdict["good"], json!(wanted.as_u64().unwrap() - 1));
}

#[test]
fn a_stored_state_that_is_not_the_fold_is_found() {
    let tool = Tool::new();
    let log = tool.ingest("playlist.jsonl", "alice");
    let conn = rusqlite::Connection::open(tool.path(&log)).unwrap();
    let changed = conn
        .execute(
            "UPDATE snapshot SET body = replace(body, '\"drink_count\":0', '\"drink_count\":7')",
            [],
        )
        .unwrap();
    drop(conn);
    assert_eq!(changed, 1);
    let ran = tool.run(&["verify", &log, "--json"]).fails_with(1);
    assert_eq!(ran.json()["findings"][0]["fault"], "state");
}

/// The value with one bit flipped; what was empty is filled.
fn flipped(value: Value) -> Value {
    match value {
        Value::Integer(n) => Value::Integer(n ^ 2),
        Value::Text(text) => {
            let mut bytes = text.into_bytes();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            Value::Text(String::from_utf8(bytes).unwrap())
        }
        Value::Blob(mut blob) => {
            blob[0] ^= 1;
            Value::Blob(blob)
        }
        _ => Value::Integer(1),
    }
}

/// Method: one bit of one cell of one event is flipped, past the triggers, for every column.
#[test]
fn p8_a_flipped_bit_in_any_column_of_an_event_is_named() {
    let tool = Tool::new();
    let log = tool.ingest("join-and-chat.jsonl", "alice");
    let args = ["history", &log, "--kinds", "message", "--json"];
    let wanted = tool.run(&args).ok().json_lines()[2]["seq"]
        .as_i64()
        .unwrap();
    let columns: Vec<String> = {
        let conn = Connection::open(tool.path(&log)).unwrap();
        let mut names = conn
            .prepare("SELECT name FROM pragma_table_info('event')")
            .unwrap();
        let names = names.query_map([], |row| row.get(0)).unwrap();
        names.map(Result::unwrap).collect()
    };
    assert_eq!(columns.len(), 14);
    for column in columns {
        std::fs::copy(tool.path(&log), tool.path("bad.db")).unwrap();
        let conn = Connection::open(tool.path("bad.db")).unwrap();
        conn.execute_batch("DROP TRIGGER event_is_never_updated")
            .unwrap();
        let read = format!("SELECT {column} FROM event WHERE seq = ?1");
        let value: Value = conn.query_row(&read, [wanted], |row| row.get(0)).unwrap();
        // The next event has the number that its bit would make; a far one is free.
        let damaged = match column.as_str() {
            "seq" => Value::Integer(wanted ^ (1 << 40)),
            _ => flipped(value),
        };
        let write = format!("UPDATE event SET {column} = ?1 WHERE seq = ?2");
        conn.execute(&write, params![damaged, wanted]).unwrap();
        drop(conn);

        let ran = tool.run(&["verify", "bad.db"]).fails_with(1);
        let named = format!("bad.db is damaged: the first bad event is {wanted}");
        assert!(
            ran.err.contains(&named),
            "{column}: {} {}",
            ran.out,
            ran.err
        );
        let verdict = tool
            .run(&["verify", "bad.db", "--json"])
            .fails_with(1)
            .json();
        assert_eq!(verdict["first_bad"], wanted, "{column}: {verdict}");
        assert_eq!(verdict["good"], wanted - 1, "{column}: {verdict}");
    }
}

/// Method: bits of the file itself, all over it. What the tool lets pass must read as before.
#[test]
fn p8_a_flipped_bit_anywhere_in_a_file_is_told_or_changes_nothing() {
    let tool = Tool::new();
    let log = tool.ingest("join-and-chat.jsonl", "alice");
    let history = |log: &str| tool.run(&["history", log, "--json", "--raw"]).ok().out;
    let (before, bytes) = (history(&log), std::fs::read(tool.path(&log)).unwrap());
    let mut told = 0;
    for bit in (0..bytes.len() * 8).step_by(bytes.len() / 5 * 2 - 1) {
        let mut bad = bytes.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        std::fs::write(tool.path("bad.db"), bad).unwrap();
        let ran = tool.run(&["verify", "bad.db"]);
        if ran.code == 0 {
            assert_eq!(history("bad.db"), before, "bit {bit}");
        } else {
            assert!(ran.err.contains("bad.db"), "bit {bit}: {}", ran.err);
            told += 1;
        }
    }
    assert!(told > 5, "{told}");
}
