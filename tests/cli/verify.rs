//! Damage is found, and named.

use crate::tool::Tool;
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
