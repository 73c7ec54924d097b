//! `redact` and `erase`: hidden from every command, in a closed log and through a recording; and
//! gone from the bytes of a new one.

use crate::tool::Tool;
use projectionist::{SqliteReader, event_log::chain::Columns};
use serde_json::{Value, json};

/// A log in which bob, carol and erin talk.
fn log(tool: &Tool) -> String {
    tool.ingest("join-and-chat.jsonl", "alice")
}

fn history(tool: &Tool, log: &str, more: &[&str]) -> Vec<Value> {
    let args = ["history", log, "--json", "--kinds", "message,pm"];
    tool.run(&[&args[..], more].concat()).ok().json_lines()
}

/// What was said and is shown, by whom.
fn shown(events: &[Value]) -> Vec<&str> {
    let plain = events.iter().filter(|event| event["redacted"] == false);
    plain.filter_map(|event| event["actor"].as_str()).collect()
}

#[test]
fn what_a_person_said_is_hidden_from_every_command() {
    let tool = Tool::new();
    let log = log(&tool);
    let before = history(&tool, &log, &[]);
    let of_bob = shown(&before).iter().filter(|name| **name == "bob").count();
    assert!(of_bob > 3);
    let args = ["redact", &log, "--user", "BOB", "--reason", "asked"];
    let text = tool.run(&args).ok().out;
    assert!(
        text.starts_with(&format!("hidden: {of_bob} events, by event ")),
        "{text}"
    );
    let after = history(&tool, &log, &["--raw"]);
    assert_eq!(after.len(), before.len(), "the rows stay");
    assert!(!shown(&after).contains(&"bob"));
    let hidden = after
        .iter()
        .find(|event| event["redacted"] == true)
        .unwrap();
    let seen = ["actor", "body", "raw"].map(|key| &hidden[key]);
    assert_eq!(seen, [&Value::Null; 3]);
    assert_eq!(history(&tool, &log, &["--actor", "bob"]), [] as [Value; 0]);
    let everything: &[&[&str]] = &[
        &["history", &log, "--json", "--raw"],
        &["history", &log],
        &["tail", &log, "-n", "1000"],
        &["export", &log, "--format", "csv", "--raw"],
        &["export", &log, "--format", "ndjson", "--raw"],
    ];
    for args in everything {
        let out = tool.run(args).ok().out;
        assert!(!out.contains("hello everyone"), "{args:?}");
        assert!(out.contains("hi bob"), "others' words stay: {args:?}");
    }
    let verdict = tool.run(&["verify", &log, "--json"]).ok().json();
    assert_eq!(verdict["findings"], json!([]));
    let state = tool.state(&log, &[]);
    let hidden = |line: &Value| line["redacted"] == json!(line["text"] == "");
    assert!(state["chat"].as_array().unwrap().iter().all(hidden));
    let again = tool.run(&["redact", &log, "--user", "bob", "--json"]).ok();
    assert_eq!(again.json(), json!({"seq": null, "events": 0}));
    let last = shown(&after).pop().unwrap();
    tool.run(&["redact", &log, "--user", last]).ok();
    let text = tool.run(&["state", &log]).ok().out;
    assert!(text.contains("(redacted)"), "{text}");
}

#[test]
fn a_range_of_time_and_single_events_can_be_chosen() {
    let tool = Tool::new();
    let log = log(&tool);
    let before = history(&tool, &log, &["--actor", "bob"]);
    let (first, second, last) = (&before[0], &before[1], &before[before.len() - 1]);
    let args = ["redact", &log, "--json"];
    let at = |event: &Value| event["received_at"].as_str().unwrap().to_owned();
    let (since, before_last) = (at(second), at(last));
    let range = ["--user", "bob", "--since", &since, "--before", &before_last];
    let outcome = tool.run(&[&args[..], &range].concat()).ok().json();
    assert_eq!(outcome["events"], json!(before.len() - 2));
    let left = history(&tool, &log, &["--actor", "bob"]);
    assert_eq!(left, [first.clone(), last.clone()]);
    let seqs = [first, last].map(|event| event["seq"].to_string());
    let single = ["--seq", &seqs[0], "--seq", &seqs[1]];
    let outcome = tool.run(&[&args[..], &single].concat()).ok().json();
    assert_eq!(outcome["events"], 2);
    assert_eq!(history(&tool, &log, &["--actor", "bob"]), [] as [Value; 0]);
}

#[test]
fn what_cannot_be_redacted_ends_with_2_and_a_missing_log_with_3() {
    let tool = Tool::new();
    let log = log(&tool);
    let cases: &[(&[&str], &str)] = &[
        (&[&log], "required"),
        (&[&log, "--seq", "1"], "event 1 is a `import`"),
        (&[&log, "--seq", "9999"], "there is no event 9999"),
        (
            &[&log, "--seq", "1", "--user", "bob"],
            "cannot be used with",
        ),
        (&[&log, "--seq", "1", "--since", "-1h"], "--user"),
    ];
    for (args, words) in cases {
        let ran = tool.run(&[&["redact"], *args].concat());
        assert_eq!(ran.code, 2, "{args:?} {}", ran.err);
        assert!(ran.err.contains(words), "{}", ran.err);
    }
    tool.run(&["redact", "none.db", "--user", "bob"])
        .fails_with(3);
    tool.run(&["erase", "none.db", "--out", "new.db"])
        .fails_with(3);
    assert!(!tool.path("none.db").exists() && !tool.path("new.db").exists());
}

#[test]
fn an_erased_log_holds_no_byte_of_it_and_the_old_one_stays() {
    let tool = Tool::new();
    let log = log(&tool);
    let args = ["erase", &log, "--user", "erin", "--out", "new.db", "--json"];
    let outcome = tool.run(&args).ok().json();
    assert!(outcome["erased"].as_u64().unwrap() >= 2);
    assert_ne!(outcome["log_id"], outcome["from_log_id"]);
    let folder = tool.path("new.db");
    let folder = folder.parent().unwrap();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let holds = |word: &str| bytes.windows(word.len()).any(|w| w == word.as_bytes());
        let name = path.file_name().unwrap().to_str().unwrap();
        if name.starts_with("new.db") {
            assert!(!holds("guest here") && !holds("alert(1)"), "{name}");
        } else if name == log {
            assert!(holds("guest here"), "the old file is not touched");
        }
    }
    tool.run(&["verify", "new.db"]).ok();
    let (old, new) = (tool.state(&log, &[]), tool.state("new.db", &[]));
    assert_eq!(old["users"], new["users"]);
    assert_eq!(old["seq"], new["seq"]);
    let text = tool.run(&["erase", &log, "--out", "other.db"]).ok().out;
    assert!(text.contains("it is another log: "), "{text}");
    assert!(text.contains("still holds what was erased"), "{text}");
    let refused = tool.run(&["erase", &log, "--out", "new.db"]);
    assert!(refused.fails_with_text(3).contains("exists"));
}

/// Appends an event of a kind that no build knows, with its hash, as a newer build would.
fn append_newer(path: &std::path::Path) -> u64 {
    let head = SqliteReader::open(path).unwrap().head().unwrap();
    let columns = Columns {
        seq: head.seq.0 + 1,
        session: head.session,
        received_us: head.received_at.0,
        sent_ms: None,
        kind: "karaoke",
        schema_v: 3,
        origin: "live",
        actor: None,
        cause: None,
        corr: None,
        dedup_key: None,
        body: r#"{"song":9}"#,
        raw: None,
    };
    let conn = rusqlite::Connection::open(path).unwrap();
    conn.execute_batch("INSERT INTO kind (kind_id, name) VALUES (999, 'karaoke')")
        .unwrap();
    let sql =
        "INSERT INTO event (seq, session_id, received_us, kind_id, schema_v, origin, chain, body)
               VALUES (?1, ?2, ?3, 999, 3, 0, ?4, ?5)";
    let (seq, session) = (columns.seq as i64, columns.session as i64);
    let chain = columns.link(&head.chain).0;
    let values = rusqlite::params![seq, session, columns.received_us, chain, columns.body];
    conn.execute(sql, values).unwrap();
    columns.seq
}

#[test]
fn p7_events_of_a_newer_build_end_with_3_and_are_named() {
    let tool = Tool::new();
    let log = log(&tool);
    let seq = append_newer(&tool.path(&log));
    let words = format!("event {seq} is a `karaoke` of schema 3, written by a newer build");
    for args in [
        &["history", &log][..],
        &["export", &log, "--format", "ndjson"],
        &["tail", &log, "-n", "1000"],
        &["state", &log],
    ] {
        let text = tool.run(args).fails_with_text(3);
        assert!(text.contains(&words), "{text}");
    }
    for args in [
        &["redact", &log, "--user", "bob"][..],
        &["erase", &log, "--out", "new.db"],
    ] {
        let text = tool.run(args).fails_with_text(3);
        assert!(text.contains("events of the kind `karaoke`"), "{text}");
    }
    let ran = tool.run(&["verify", &log, "--json"]).fails_with(3);
    assert!(
        ran.err.contains("is not damaged, but a newer build"),
        "{}",
        ran.err
    );
    let verdict = ran.json();
    assert_eq!(
        ["sound", "damaged", "first_bad", "good"].map(|key| &verdict[key]),
        [&json!(false), &json!(false), &Value::Null, &json!(seq)]
    );
    assert_eq!(verdict["findings"][0]["fault"], "newer");
    assert_eq!(verdict["findings"].as_array().unwrap().len(), 1);
    // What it understands it shows, and a copy of all of it is a sound copy.
    assert!(!history(&tool, &log, &[]).is_empty());
    tool.run(&["backup", &log, "copy.db"]).ok();
}

#[cfg(unix)]
#[test]
fn a_log_that_is_recorded_is_redacted_by_its_recording() {
    use crate::running::Running;
    use projectionist::testing::{Account, ModelConfig, ModelServer, RoomConfig, ServerConfig};
    let tool = Tool::new();
    let config = ModelConfig::relaxed()
        .account(Account::new("carol", "correct-horse"))
        .room(RoomConfig::registered("lobby").rank("carol", 3.0));
    let server = ModelServer::start(ServerConfig::new(config)).unwrap();
    let url = format!("{}/r/lobby", server.url());
    let mut command = tool.child(&[
        "record",
        &url,
        "--allow-insecure",
        "--log",
        "room.db",
        "--account",
        "carol",
        "--control",
        "room.sock",
    ]);
    command.env("CYTUBE_PASSWORD", "correct-horse");
    let running = Running::spawn(command);
    running.notes("taking commands at room.sock");
    running.notes("joined");
    tool.run(&["say", "a slip", "--control", "room.sock"]).ok();
    let in_use = tool.run(&["redact", "room.db", "--user", "carol"]);
    assert!(in_use.fails_with_text(3).contains("--control"));
    let erased = tool.run(&["erase", "room.db", "--out", "new.db"]);
    assert!(erased.fails_with_text(3).contains("in use"));
    let args = ["redact", "room.db", "--control", "room.sock", "--json"];
    let carol = tool.run(&[&args[..], &["--user", "Carol"]].concat()).ok();
    assert!(
        carol.json()["events"].as_u64().unwrap() >= 2,
        "line and command"
    );
    let out = tool
        .run(&["history", "room.db", "--json", "--raw"])
        .ok()
        .out;
    assert!(!out.contains("a slip"), "{out}");
    let first = tool.run(&[&args[..], &["--seq", "1"]].concat());
    assert!(
        first
            .fails_with_text(6)
            .contains("event 1 is a `connected`")
    );
    running.signal("TERM");
    running.end().ok();
    tool.run(&["verify", "room.db"]).ok();
}
