//! The object that `state --json` prints: a contract with other programs.

use crate::tool::Tool;
use serde_json::{Value, json};

/// Keys that are always there.
const KEYS: [&str; 31] = [
    "channel",
    "log_id",
    "seq",
    "at",
    "connection",
    "registered",
    "me",
    "users",
    "user_count",
    "leader",
    "locked",
    "playlist",
    "media",
    "poll",
    "voteskip",
    "drink_count",
    "motd",
    "options",
    "permissions",
    "emotes",
    "css_js",
    "announcement",
    "filters",
    "bans",
    "ranks",
    "saved_playlists",
    "chat",
    "misfits",
    "unknown",
    "at_us",
    "connection",
];

/// The keys of an object, in no particular order.
fn has_keys(value: &Value, keys: &[&str]) {
    let object = value
        .as_object()
        .unwrap_or_else(|| panic!("no object: {value}"));
    for key in keys {
        assert!(object.contains_key(*key), "{key} is missing in {value}");
    }
}

fn uids(state: &Value) -> Vec<i64> {
    let items = state["playlist"]["items"].as_array().unwrap();
    items
        .iter()
        .map(|item| item["uid"].as_i64().unwrap())
        .collect()
}

fn unknown(state: &Value) -> Vec<&str> {
    state["unknown"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect()
}

#[test]
fn every_key_is_there_whatever_the_recording() {
    let tool = Tool::new();
    for (recording, conn) in [
        ("join-and-chat.jsonl", "alice"),
        ("playlist.jsonl", "anon"),
        ("failures.jsonl", "badchan"),
        ("reconnect.jsonl", "gus"),
        ("eio3.jsonl", "bob"),
    ] {
        let log = tool.ingest(recording, conn);
        let state = tool.state(&log, &[]);
        has_keys(&state, &KEYS);
        has_keys(&state["me"], &["name", "rank", "guest"]);
        has_keys(
            &state["playlist"],
            &[
                "visible",
                "locked",
                "items",
                "current_uid",
                "count",
                "total_seconds",
            ],
        );
        has_keys(
            &state["connection"],
            &["phase", "endpoint", "since", "session"],
        );
    }
}

#[test]
fn users_are_as_the_room_shows_them() {
    let tool = Tool::new();
    let log = tool.ingest("playlist.jsonl", "alice");
    let state = tool.state(&log, &[]);
    assert_eq!(
        state["me"],
        json!({"name": "alice", "rank": 5, "guest": false})
    );
    assert_eq!(
        state["users"][0],
        json!({
            "name": "alice", "rank": 5, "afk": false, "muted": false,
            "profile": {"image": "https://media.example.com/alice.png", "text": "Owner of testchan"},
        })
    );
    assert_eq!(state["user_count"], 4);
    assert_eq!(state["leader"], Value::Null);
    assert!(
        !unknown(&state).contains(&"leader"),
        "nobody leads, and that is known"
    );
}

/// Method: a fresh joiner is told the list as the server has it; everybody who was there all the
/// time must have come to the same list by folding its moves, adds and deletes.
#[test]
fn the_playlist_after_all_moves_is_what_a_late_joiner_sees() {
    let tool = Tool::new();
    let late = tool.ingest("playlist.jsonl", "late");
    let history = tool
        .run(&["history", &late, "--kinds", "joined", "--json"])
        .ok();
    let joined = &history.json_lines()[0]["received_at"];
    let at = ["--at", joined.as_str().unwrap()];
    let told = tool.state(&late, &at);
    assert!(uids(&told).len() > 20, "{told}");
    for conn in ["alice", "bob", "carol", "erin4", "anon"] {
        let log = tool.ingest("playlist.jsonl", conn);
        let folded = tool.state(&log, &at);
        assert_eq!(folded["playlist"], told["playlist"], "{conn}");
        let media = |state: &Value| {
            let media = &state["media"];
            (
                media["uid"].clone(),
                media["id"].clone(),
                media["title"].clone(),
            )
        };
        assert_eq!(media(&folded), media(&told), "{conn}");
        let position = |state: &Value| state["media"]["position_seconds"].as_f64().unwrap();
        // The server tells positions once a second at best.
        let drift = position(&folded) - position(&told);
        assert!(drift.abs() < 1.5, "{conn}: {drift}");
    }
}

#[test]
fn what_plays_moves_on_with_the_time_asked_for() {
    let tool = Tool::new();
    let log = tool.ingest("playlist.jsonl", "alice");
    let history = tool
        .run(&["history", &log, "--kinds", "media_change", "--json"])
        .ok();
    let change = &history.json_lines()[0];
    let (seq, us) = (
        change["seq"].to_string(),
        change["received_us"].as_i64().unwrap(),
    );
    let state = tool.state(&log, &["--at", &seq]);
    let media = &state["media"];
    has_keys(
        media,
        &[
            "type",
            "id",
            "title",
            "seconds",
            "position_seconds",
            "paused",
            "uid",
        ],
    );
    assert_eq!(media["title"], change["body"]["media"]["title"]);
    assert_eq!(media["position_seconds"], change["body"]["position_s"]);
    assert!(us > 0 && state["at_us"] == json!(us));
}

#[test]
fn a_hidden_playlist_is_unknown_not_empty() {
    let tool = Tool::new();
    let log = tool.ingest("moderation.jsonl", "anon");
    let before = tool.state(&log, &["--at", "2026-11-22T22:15:00Z"]);
    assert_eq!(before["playlist"]["visible"], true);
    assert!(before["playlist"]["items"].is_array());
    // The right to see it goes to moderators at 700.482 and comes back at 701.207.
    let hidden = tool.state(&log, &["--at", "2026-11-22T22:15:01Z"]);
    assert_eq!(hidden["playlist"]["visible"], false);
    assert_eq!(hidden["playlist"]["items"], Value::Null);
    assert!(unknown(&hidden).contains(&"playlist"));
    assert!(
        hidden["playlist"]["count"].is_i64(),
        "the count is told to everybody"
    );
    assert_eq!(hidden["permissions"]["seeplaylist"], 2);
}

#[test]
fn polls_show_counts_where_they_are_shown_to_us() {
    let tool = Tool::new();
    let at = ["--at", "2026-11-22T22:17:49.296Z"];
    let anon = tool.ingest("polls.jsonl", "anon");
    let hidden = &tool.state(&anon, &at)["poll"];
    assert_eq!(hidden["title"], "Secret");
    assert_eq!(hidden["options"], json!(["yes", "no"]));
    assert_eq!(
        (&hidden["counts"], &hidden["hidden"]),
        (&json!([null, null]), &json!(true))
    );
    let alice = tool.ingest("polls.jsonl", "alice");
    let shown = &tool.state(&alice, &at)["poll"];
    assert_eq!(
        (&shown["counts"], &shown["initiator"]),
        (&json!([1, 1]), &json!("bob"))
    );
    assert_eq!(shown["opened_ms"], json!(1_795_385_868_992_i64));
}

#[test]
fn settings_keep_the_wires_names_and_never_the_password() {
    let tool = Tool::new();
    let log = tool.ingest("failures.jsonl", "alice");
    let state = tool.state(&log, &[]);
    let options = state["options"].as_object().unwrap();
    assert!(options.contains_key("afk_timeout") && options.contains_key("allow_voteskip"));
    assert!(!options.contains_key("password"), "{options:?}");
    assert_eq!(state["permissions"]["playlistadd"], 1.5);
    assert_eq!(
        state["permissions"]["ban"].to_string(),
        "2",
        "whole numbers print whole"
    );
    has_keys(&state["css_js"], &["css", "js"]);
    assert_eq!(
        state["emotes"],
        json!([]),
        "there is none, and that is known"
    );
}

#[test]
fn emotes_and_notices_are_as_last_told() {
    let tool = Tool::new();
    let log = tool.ingest("bigroom.jsonl", "joiner");
    let emotes = tool.state(&log, &[])["emotes"].as_array().unwrap().clone();
    assert_eq!(emotes.len(), 60);
    has_keys(&emotes[0], &["name", "image"]);

    let log = tool.ingest("reconnect.jsonl", "late");
    let notice = &tool.state(&log, &[])["announcement"];
    assert_eq!(notice["title"], "Maintenance");
    assert_eq!(notice["text"], "Back in five minutes");
    assert_eq!(notice["from"], "sysop");
    assert!(notice["id"].is_string());
}

#[test]
fn before_the_join_nothing_is_claimed() {
    let tool = Tool::new();
    let log = tool.ingest("playlist.jsonl", "alice");
    let state = tool.state(&log, &["--at", "3"]);
    assert_eq!(state["seq"], 3);
    for key in ["users", "media", "poll", "options", "emotes", "motd"] {
        assert_eq!(state[key], Value::Null, "{key}");
        assert!(unknown(&state).contains(&key), "{key}");
    }
    assert_eq!(state["playlist"]["visible"], Value::Null);
    let none = tool.state(&log, &["--at", "2001-01-01"]);
    assert_eq!((&none["seq"], &none["at"]), (&json!(0), &Value::Null));
    let beyond = tool.run(&["state", &log, "--at", "999999"]).fails_with(2);
    assert!(beyond.err.contains("the log ends at"), "{}", beyond.err);
}

#[test]
fn the_page_for_people_says_the_same() {
    let tool = Tool::new();
    let log = tool.ingest("playlist.jsonl", "alice");
    let page = tool.run(&["state", &log]).ok().out;
    for part in [
        "testchan",
        "alice (rank 5)",
        "Custom media 1",
        "2 items",
        "locked",
    ] {
        assert!(page.contains(part), "{part} is missing:\n{page}");
    }
    assert!(!page.contains('\u{1b}'), "no colours into a pipe");
}
