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

/// What Chromium saved of a visit: long polling, the upgrade, a login with a password, cookies.
const HAR: &str = "../browser.har";

#[test]
fn what_a_browser_saved_of_a_visit_is_a_recording() {
    let tool = Tool::new();
    let args = |file: &str, log: &str, more: &[&str]| {
        let file = fixture(file);
        let args = ["ingest", &file, "--log", log, "--json"];
        tool.run(&[&args[..], more].concat())
    };
    let har = args(HAR, "har.db", &[]).ok().json();
    assert_eq!(
        (&har["channel"], &har["conn"]),
        (&json!("modroom"), &json!("1"))
    );
    let lines = args("polling-upgrade.jsonl", "lines.db", &["--conn", "anon"]);
    assert_eq!(har["kinds"], lines.ok().json()["kinds"]);
    let state = |log: &str| {
        let state = tool.state(log, &[]);
        ["users", "motd", "emotes", "permissions", "me"].map(|part| state[part].clone())
    };
    assert_eq!(state("har.db"), state("lines.db"));
    tool.run(&["verify", "har.db"]).ok();
    args(HAR, "har.db", &[]).fails_with(3);
    let other = args(HAR, "x.db", &["--conn", "2"]).fails_with_text(2);
    assert!(other.contains("it has: 1"), "{other}");

    let bytes = std::fs::read(tool.path("har.db")).unwrap();
    let har = std::fs::read_to_string(fixture(HAR)).unwrap();
    for secret in ["hand-made-cookie-5d1c", "hand-made-password-9b2e"] {
        assert!(har.contains(secret));
        let found = bytes
            .windows(secret.len())
            .any(|part| part == secret.as_bytes());
        assert!(!found, "{secret}");
    }
}

#[test]
fn which_connection_need_not_be_said_where_there_is_one() {
    let tool = Tool::new();
    let file = fixture("playlist.jsonl");
    let ran = tool.run(&["ingest", &file, "--log", "x.db"]);
    let error = ran.fails_with_text(2);
    assert!(
        error.contains("--conn") && error.contains("alice, anon"),
        "{error}"
    );
    assert!(!tool.path("x.db").exists());

    let har = std::fs::read_to_string(fixture(HAR)).unwrap();
    let mut two: Value = serde_json::from_str(&har).unwrap();
    let entries = two["log"]["entries"].as_array_mut().unwrap();
    let mut second = entries.last().unwrap().clone();
    second["request"]["url"] = json!("wss://example.com/socket.io/?EIO=4&transport=websocket");
    entries.push(second);
    std::fs::write(tool.path("two.har"), two.to_string()).unwrap();
    let error = tool.run(&["ingest", "two.har", "--log", "x.db"]);
    let error = error.fails_with_text(2);
    assert!(
        error.contains("1 (http://127.0.0.1:8080, joins modroom"),
        "{error}"
    );
    assert!(
        error.contains("2 (wss://example.com, joins nothing"),
        "{error}"
    );
}
