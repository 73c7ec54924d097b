//! Recordings of real traffic, taken in.

use crate::tool::{Tool, fixture};
use serde_json::{Value, json};

#[test]
fn what_was_taken_in_is_told() {
    let tool = Tool::new();
    let file = fixture("join-and-chat.jsonl");
    let args = [
        "ingest", &file, "--conn", "bob", "--log", "bob.db", "--json",
    ];
    let taken = tool.run(&args).ok().json();
    let kinds = taken["kinds"].as_object().unwrap();
    let total: u64 = kinds.values().filter_map(Value::as_u64).sum();
    assert_eq!(taken["events"], json!(total));
    assert_eq!(
        (&taken["first_seq"], &taken["last_seq"]),
        (&json!(1), &json!(total))
    );
    assert_eq!(taken["channel"], "testchan");
    assert!(kinds["message"].as_u64() > Some(20), "{taken}");

    let text = tool.ingest("join-and-chat.jsonl", "carol");
    assert_eq!(text, "carol.db");
}

#[test]
fn the_same_lines_go_in_once() {
    let tool = Tool::new();
    let log = tool.ingest("polls.jsonl", "bob");
    let before = tool.state(&log, &[]);
    let file = fixture("polls.jsonl");
    let again = tool.run(&["ingest", &file, "--conn", "bob", "--log", &log]);
    let again = again.fails_with(3);
    assert!(again.err.contains("already"), "{}", again.err);
    assert_eq!(tool.state(&log, &[]), before);
    tool.run(&["verify", &log]).ok();
}

#[test]
fn a_second_connection_continues_the_log_of_its_channel_and_of_no_other() {
    let tool = Tool::new();
    let log = tool.ingest("polls.jsonl", "bob");
    let seq = tool.state(&log, &[])["seq"].as_u64().unwrap();
    let file = fixture("polls.jsonl");
    let more = tool.run(&["ingest", &file, "--conn", "late", "--log", &log, "--json"]);
    assert_eq!(more.ok().json()["first_seq"], json!(seq + 1));
    tool.run(&["verify", &log]).ok();

    let other = fixture("bigroom.jsonl");
    let ran = tool.run(&["ingest", &other, "--conn", "alice", "--log", &log]);
    let ran = ran.fails_with(3);
    assert!(
        ran.err.contains("bigroom") && ran.err.contains("another file"),
        "{}",
        ran.err
    );
}

#[test]
fn an_unknown_connection_lists_those_there_are() {
    let tool = Tool::new();
    let file = fixture("playlist.jsonl");
    let ran = tool.run(&["ingest", &file, "--conn", "nobody", "--log", "x.db"]);
    let ran = ran.fails_with(2);
    assert!(
        ran.err.contains("alice, anon, bob, carol, erin4, late"),
        "{}",
        ran.err
    );
    assert!(!tool.path("x.db").exists(), "no log is made of nothing");
}

#[test]
fn a_connection_that_never_joins_gets_the_channel_it_is_given() {
    let tool = Tool::new();
    let file = fixture("connection-limit.jsonl");
    let never = |log: &str, more: &[&str]| {
        let mut args = vec!["ingest", &file, "--conn", "c5", "--log", log, "--json"];
        args.extend(more);
        tool.run(&args).ok().json()
    };
    let taken = never("a.db", &[]);
    assert_eq!(taken["channel"], "unknown");
    assert_eq!(never("b.db", &["--channel", "lobby"])["channel"], "lobby");
    let state = tool.state("a.db", &[]);
    assert_eq!(state["users"], Value::Null);
}

#[test]
fn what_is_no_recording_is_refused_by_line() {
    let tool = Tool::new();
    let line = r#"{"t":1,"conn":"a","dir":"recv","frame":"2"}"#;
    std::fs::write(tool.path("bad.jsonl"), format!("{line}\nnonsense\n")).unwrap();
    let ran = tool.run(&["ingest", "bad.jsonl", "--conn", "a", "--log", "x.db"]);
    let ran = ran.fails_with(1);
    assert!(ran.err.contains("line 2"), "{}", ran.err);
    tool.run(&["ingest", "none.jsonl", "--conn", "a", "--log", "x.db"])
        .fails_with(1);
}

#[test]
fn moderators_knowledge_is_kept_only_if_asked_for() {
    let tool = Tool::new();
    let file = fixture("moderation.jsonl");
    let bytes = |log: &str, more: &[&str]| {
        let mut args = vec!["ingest", &file, "--conn", "alice", "--log", log];
        args.extend(more);
        tool.run(&args).ok();
        tool.run(&["export", log, "--format", "ndjson", "--raw"])
            .ok()
            .out
    };
    let plain = bytes("plain.db", &[]);
    assert!(!plain.contains("\"aliases\"") && !plain.contains("smuted"));
    let full = bytes("full.db", &["--record-moderator-data"]);
    assert!(full.contains("\"aliases\""));
}

#[test]
fn the_messages_view_is_there_for_any_sqlite() {
    let tool = Tool::new();
    let log = tool.ingest("join-and-chat.jsonl", "bob");
    let conn = rusqlite::Connection::open(tool.path(&log)).unwrap();
    let mut query = conn
        .prepare("SELECT username, text, kind, direction FROM messages ORDER BY seq")
        .unwrap();
    let rows: Vec<(String, String, String, Option<String>)> = query
        .query_map([], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert!(
        rows.iter()
            .any(|(name, _, kind, _)| name == "carol" && kind == "message")
    );
    assert!(
        rows.iter()
            .any(|(_, _, kind, way)| kind == "pm" && way.as_deref() == Some("in"))
    );
    assert!(rows.iter().all(|(_, text, ..)| !text.contains("&amp;")));
}
