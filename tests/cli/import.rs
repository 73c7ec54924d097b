//! What other bots kept, taken in by the tool.

#[cfg(unix)]
use crate::running::Running;
use crate::tool::Tool;
use serde_json::{Value, json};

/// Has CytubeBot leave a database with two lines of chat of `modroom`, one count and one user.
fn old_database(tool: &Tool) -> &'static str {
    let conn = rusqlite::Connection::open(tool.path("old.db")).unwrap();
    conn.execute_batch(
        "CREATE TABLE users(uname TEXT, blacklisted TEXT, block TEXT, rank INTEGER);
         CREATE TABLE chat(timestamp INTEGER, username TEXT, msg TEXT, channel TEXT);
         CREATE TABLE user_count(timestamp INTEGER, count INTEGER);
         CREATE TABLE modules(name TEXT, enabled TEXT);
         INSERT INTO users VALUES ('Bob', 'false', 'false', 2);
         INSERT INTO chat VALUES (1400000000000, 'Bob', 'long ago', 'modroom'),
                                 (1400000001000, 'Bob', 'a second later', 'modroom'),
                                 (0, 'Bob', 'when?', 'modroom');
         INSERT INTO user_count VALUES (1400000000500, 99);",
    )
    .unwrap();
    "old.db"
}

fn import(tool: &Tool, log: &str) -> Value {
    let args = ["import", "old.db", "--log", log, "--json"];
    tool.run(&args).ok().json()
}

/// How many events of the first database are new.
fn events(taken: &Value) -> &Value {
    &taken["databases"][0]["events"]
}

#[test]
fn what_was_taken_in_and_what_was_not_is_told() {
    let tool = Tool::new();
    let old = old_database(&tool);
    let ran = tool.run(&["import", old, "--log", "new.db"]).ok();
    for told in [
        "5 events (1 to 5)",
        "chat                       3 rows: 2 taken as message, times in ms",
        "1 left out: no time to be believed",
        "not read     modules",
        "channel      modroom",
    ] {
        assert!(ran.out.contains(told), "{told}: {}", ran.out);
    }
    let again = import(&tool, "new.db");
    let database = &again["databases"][0];
    assert_eq!(
        (&database["events"], &again["channel"]),
        (&json!(0), &json!("modroom"))
    );
    let chat = &database["tables"][0];
    assert_eq!(
        (&chat["already"], &chat["skipped"]),
        (&json!(2), &json!({"no_time": 1}))
    );
    tool.run(&["verify", "new.db"]).ok();
}

#[test]
fn history_and_export_and_tail_find_it_by_either_time() {
    let tool = Tool::new();
    old_database(&tool);
    let log = tool.ingest("polls.jsonl", "bob");
    assert_eq!(events(&import(&tool, &log)), &json!(5));
    let texts = |args: &[&str]| -> Vec<String> {
        let events = tool.run(args).ok().json_lines();
        let text = |event: &Value| event["body"]["text"].as_str().unwrap().to_owned();
        events.iter().map(text).collect()
    };
    let year = [
        "--since",
        "2014-01-01",
        "--until",
        "2015-01-01",
        "--kinds",
        "message",
    ];
    let by = |command: &[&str], more: &[&str]| texts(&[command, &year, more].concat());
    for command in [
        ["history", &log, "--json"],
        ["export", &log, "--format=ndjson"],
    ] {
        assert_eq!(by(&command, &["--sent"]), ["long ago", "a second later"]);
        assert_eq!(by(&command, &[]), [""; 0]);
    }
    let from = "2014-05-13T16:53:21Z";
    let tail = ["tail", &log, "--json", "--kinds=message", "--from", from];
    let all = texts(&tail);
    assert!(
        all.contains(&"long ago".to_owned()),
        "received in the present"
    );
    let sent = texts(&[&tail[..], &["--sent"]].concat());
    assert_eq!(sent.len(), all.len() - 1, "{sent:?}");
    assert_eq!(sent.last().unwrap(), "a second later");
}

#[test]
fn a_replay_by_sent_time_has_the_pace_of_what_was_said() {
    let tool = Tool::new();
    old_database(&tool);
    let log = tool.ingest("polls.jsonl", "bob");
    import(&tool, &log);
    let mut args = vec!["tail", &log, "--json", "--from", "2014-05-13", "--sent"];
    args.extend(["--kinds=message", "--actor=Bob", "--rate=1000000x"]);
    let said = tool.run(&args).ok().json_lines();
    let old = |event: &&Value| event["origin"] == "import";
    assert_eq!(said.iter().filter(old).count(), 2);
}

/// Adds so many lines of chat.
fn talk(tool: &Tool, lines: u32) {
    let conn = rusqlite::Connection::open(tool.path("old.db")).unwrap();
    conn.execute_batch(&format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {lines})
         INSERT INTO chat SELECT 1400000002000 + i, 'Bob', 'line ' || i, 'modroom' FROM n"
    ))
    .unwrap();
}

#[test]
fn the_next_join_is_compared_with_what_the_channel_said_and_not_with_what_was_brought_in() {
    let joined = |imported: bool| {
        let tool = Tool::new();
        old_database(&tool);
        // More than a join is ever compared with.
        talk(&tool, 2000);
        let file = crate::tool::fixture("join-and-chat.jsonl");
        let ingest = |conn: &str| {
            let args = [
                "ingest", &file, "--conn", conn, "--log", "room.db", "--json",
            ];
            tool.run(&[&args[..], &["--channel", "modroom"]].concat())
                .ok()
                .json()
        };
        ingest("alice");
        if imported {
            assert_eq!(events(&import(&tool, "room.db")), &json!(2005));
        }
        let taken = ingest("late");
        let state = tool.state("room.db", &[]);
        tool.run(&["verify", "room.db"]).ok();
        let parts = ["users", "user_count", "playlist"].map(|part| state[part].clone());
        (taken["kinds"].clone(), parts)
    };
    let (kinds, state) = joined(false);
    assert_eq!(kinds.get("chat_gap"), None, "all of its lines are known");
    assert_eq!(joined(true), (kinds, state));
}

#[test]
fn a_log_of_old_history_only_has_no_gap_before_its_first_join() {
    let tool = Tool::new();
    old_database(&tool);
    import(&tool, "room.db");
    let file = crate::tool::fixture("polls.jsonl");
    let args = [
        "ingest", &file, "--conn", "late", "--log", "room.db", "--json",
    ];
    let kinds = tool.run(&args).ok().json()["kinds"].clone();
    assert!(
        kinds["message"].is_u64(),
        "something was said again: {kinds}"
    );
    assert_eq!(kinds.get("chat_gap"), None);
}

#[test]
fn whose_history_it_is_must_be_known() {
    let tool = Tool::new();
    old_database(&tool);
    let conn = rusqlite::Connection::open(tool.path("old.db")).unwrap();
    conn.execute_batch("INSERT INTO chat VALUES (1400000002000, 'Bob', 'elsewhere', 'Other')")
        .unwrap();
    let run = |more: &[&str]| {
        let args = ["import", "old.db", "--log", "new.db"];
        tool.run(&[&args[..], more].concat())
    };
    let error = run(&[]).fails_with_text(2);
    assert!(error.contains("Other, modroom"), "{error}");
    assert!(!tool.path("new.db").exists());
    run(&["--channel", "Other", "--origin", "https://cytu.be"]).ok();
    let error = run(&["--channel", "modroom"]).fails_with_text(3);
    assert!(error.contains("another file"), "{error}");
}

#[test]
fn what_is_no_database_of_a_bot_is_refused_before_there_is_a_log() {
    let tool = Tool::new();
    std::fs::write(tool.path("notes.txt"), "nothing").unwrap();
    let error = tool.run(&["import", "notes.txt", "--log", "new.db"]);
    assert!(error.fails_with_text(3).contains("notes.txt"));
    tool.run(&["import", "none.db", "--log", "new.db"])
        .fails_with(2);
    let log = tool.ingest("polls.jsonl", "bob");
    let error = tool.run(&["import", &log, "--log", "new.db"]);
    assert!(error.fails_with_text(3).contains("is an event log"));
    assert!(!tool.path("new.db").exists());
}

#[test]
fn what_was_trimmed_comes_back_before_anything_is_brought_in_again() {
    let tool = Tool::new();
    old_database(&tool);
    import(&tool, "room.db");
    let file = crate::tool::fixture("polls.jsonl");
    tool.run(&["ingest", &file, "--conn", "bob", "--log", "room.db"])
        .ok();
    tool.run(&[
        "archive", "room.db", "--until", "5", "--trim", "--out", "old.gz",
    ])
    .ok();
    let run = |file: &str| tool.run(&["import", file, "--log", "room.db"]);
    let error = run("old.db").fails_with_text(3);
    assert!(error.contains("import its segments first"), "{error}");
    run("old.gz").ok();
    assert!(run("old.db").ok().out.contains("nothing new"));
    let both = ["import", "old.gz", "old.db", "--log", "room.db"];
    tool.run(&both).fails_with(2);
}

/// Method: the tool is ended as soon as there is a file, and as soon as there are rows in it. Wherever
/// that was, the same command goes on.
#[cfg(unix)]
#[test]
fn ended_at_any_moment_it_leaves_a_log_and_the_same_command_goes_on() {
    for (signal, bytes) in [("KILL", 0), ("TERM", 1 << 20), ("KILL", 1 << 20)] {
        let tool = Tool::new();
        old_database(&tool);
        talk(&tool, 12_000);
        let args = ["import", "old.db", "--log", "new.db"];
        let running = Running::start(&tool, &args);
        let has = |file: &str| {
            let found = std::fs::metadata(tool.path(file));
            found.is_ok_and(|found| found.len() >= bytes)
        };
        while !has("new.db") && !has("new.db-wal") {
            std::thread::yield_now();
        }
        running.signal(signal);
        let ended = running.end();
        if signal == "TERM" {
            assert!(ended.ok().out.contains("channel      modroom"));
        }
        tool.run(&args).ok();
        let verified = tool.run(&["verify", "new.db"]).ok().out;
        let lines = ["history", "new.db", "--json", "--kinds", "message"];
        let texts: Vec<_> = tool.run(&lines).ok().json_lines();
        assert_eq!(texts.len(), 12_002, "{verified}");
        assert_eq!(texts.last().unwrap()["body"]["text"], "line 12000");
    }
}
