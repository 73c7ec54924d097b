//! `tail`, `history` and `export`: what is chosen, and how it is printed.

use crate::tool::{Ran, Tool};
use serde_json::{Value, json};

fn seqs(ran: &Ran) -> Vec<u64> {
    ran.json_lines()
        .iter()
        .map(|event| event["seq"].as_u64().unwrap())
        .collect()
}

#[test]
fn history_chooses_by_kind_actor_position_and_time() {
    let tool = Tool::new();
    let log = tool.ingest("join-and-chat.jsonl", "bob");
    let history = |more: &[&str]| {
        let mut args = vec!["history", log.as_str(), "--json"];
        args.extend(more);
        tool.run(&args).ok()
    };
    let all = seqs(&history(&[]));
    assert_eq!(all, (1..=all.len() as u64).collect::<Vec<_>>());

    let said = history(&["--kinds", "message,pm"]).json_lines();
    assert!(
        said.iter()
            .all(|e| e["kind"] == "message" || e["kind"] == "pm")
    );
    let of_carol = history(&["--kinds", "message", "--actor", "CAROL"]).json_lines();
    assert!(!of_carol.is_empty() && of_carol.iter().all(|e| e["actor"] == "carol"));
    let replayed = history(&["--origin", "engine,import"]).json_lines();
    assert!(
        replayed
            .iter()
            .all(|e| e["origin"] == "engine" || e["origin"] == "import")
    );

    assert_eq!(
        seqs(&history(&["--after", "5", "--before-seq", "9"])),
        [6, 7, 8]
    );
    assert_eq!(seqs(&history(&["--after", "5", "--limit", "2"])), [6, 7]);
    let last = *all.last().unwrap();
    assert_eq!(
        seqs(&history(&["--newest-first", "--limit", "2"])),
        [last, last - 1]
    );

    let middle = history(&["--after", "40", "--limit", "1"]).json_lines()[0].clone();
    let time = middle["received_at"].as_str().unwrap();
    let (old, new) = (history(&["--until", time]), history(&["--since", time]));
    assert_eq!([seqs(&old), seqs(&new)].concat(), all);
    let sent = history(&["--sent", "--since", time]).json_lines();
    assert!(sent.iter().all(|event| event["sent_ms"].is_i64()));
}

#[test]
fn raw_payloads_come_only_if_asked_for() {
    let tool = Tool::new();
    let log = tool.ingest("polls.jsonl", "bob");
    let args = [
        "history",
        &log,
        "--json",
        "--kinds",
        "poll_open",
        "--limit",
        "1",
    ];
    assert!(tool.run(&args).ok().json().get("raw").is_none());
    let with = [&args[..], &["--raw"]].concat();
    let raw = tool.run(&with).ok().json()["raw"].clone();
    let raw: Value = serde_json::from_str(raw.as_str().unwrap()).unwrap();
    assert!(raw["options"].is_array());
}

#[test]
fn tail_prints_the_newest() {
    let tool = Tool::new();
    let log = tool.ingest("polls.jsonl", "bob");
    let tail = |more: &[&str]| {
        let mut args = vec!["tail", log.as_str(), "--json"];
        args.extend(more);
        tool.run(&args).ok()
    };
    let head = tool.state(&log, &[])["seq"].as_u64().unwrap();
    assert_eq!(seqs(&tail(&[])), (head - 19..=head).collect::<Vec<_>>());
    assert_eq!(seqs(&tail(&["--lines", "3"])), [head - 2, head - 1, head]);
    assert_eq!(seqs(&tail(&["--lines", "0"])), [0; 0]);
    assert_eq!(
        seqs(&tail(&["--from", &(head - 1).to_string()])),
        [head - 1, head]
    );
    let polls = tail(&["--kinds", "poll_open", "--lines", "2"]).json_lines();
    assert_eq!(polls.len(), 2);
    assert!(polls.iter().all(|event| event["kind"] == "poll_open"));
    let lines = tool.run(&["tail", &log, "-n", "2"]).ok().out;
    assert_eq!(lines.lines().count(), 2);
}

#[test]
fn a_reader_that_has_seen_enough_ends_it_quietly() {
    let tool = Tool::new();
    let log = tool.ingest("moderation.jsonl", "carol");
    for command in ["history", "export"] {
        let format: &[&str] = if command == "export" {
            &["--format", "ndjson"]
        } else {
            &[]
        };
        let args = [&[command, log.as_str()], format].concat();
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_projectionist"))
            .args(args)
            .current_dir(tool.path(""))
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{command}: {:?}", output.status);
        assert!(
            output.stderr.is_empty(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

#[test]
fn ndjson_and_history_agree() {
    let tool = Tool::new();
    let log = tool.ingest("join-and-chat.jsonl", "carol");
    let history = tool.run(&["history", &log, "--json"]).ok().out;
    assert_eq!(
        tool.run(&["export", &log, "--format", "ndjson"]).ok().out,
        history
    );
    tool.run(&["export", &log, "--format", "ndjson", "--out", "all.ndjson"])
        .ok();
    assert_eq!(
        std::fs::read_to_string(tool.path("all.ndjson")).unwrap(),
        history
    );
    tool.run(&["export", &log, "--format", "ndjson", "--out", &log])
        .fails_with(2);
    tool.run(&["verify", &log]).ok();
}

#[test]
fn a_table_has_a_heading_and_keeps_every_character() {
    let tool = Tool::new();
    let log = tool.ingest("join-and-chat.jsonl", "bob");
    let args = ["--format", "csv", "--kinds", "message,pm"];
    let table = tool.run(&[&["export", &log], &args[..]].concat()).ok().out;
    let rows = rows(&table);
    let events = tool
        .run(&["history", &log, "--json", "--kinds", "message,pm"])
        .ok()
        .json_lines();
    assert_eq!(rows.len(), events.len() + 1);
    let place = |name: &str| rows[0].iter().position(|column| column == name).unwrap();
    for (row, event) in rows[1..].iter().zip(&events) {
        assert_eq!(row.len(), rows[0].len());
        assert_eq!(row[place("seq")], event["seq"].to_string());
        assert_eq!(
            row[place("received_at")],
            event["received_at"].as_str().unwrap()
        );
        assert_eq!(row[place("text")], event["body"]["text"].as_str().unwrap());
        let body: Value = serde_json::from_str(&row[place("body")]).unwrap();
        assert_eq!(body, event["body"]);
    }
}

/// Fields of a table, read as RFC 4180 says.
fn rows(table: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut field) = (Vec::new(), Vec::new(), String::new());
    let (mut quoted, mut chars) = (false, table.chars().peekable());
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => field.extend(chars.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut field)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                row.push(std::mem::take(&mut field));
                rows.push(std::mem::take(&mut row));
            }
            c => field.push(c),
        }
    }
    assert!(row.is_empty() && !quoted, "the last row is whole");
    rows
}

/// Method: a recording in which a title and a line of chat hold escape sequences.
#[test]
fn hostile_text_reaches_no_terminal() {
    let tool = Tool::new();
    let line = |t: u64, dir: &str, frame: String| {
        json!({"t": t, "conn": "a", "dir": dir, "frame": frame}).to_string() + "\n"
    };
    let event =
        |t: u64, name: &str, arg: Value| line(t, "recv", format!("42{}", json!([name, arg])));
    let title = "\u{1b}]0;owned\u{7}\u{1b}[2Jclean\u{9b}31m";
    let message = json!({"username": "mal\u{1b}[41m", "msg": title, "meta": {}, "time": 3});
    let media = json!({"id": "x", "type": "yt", "title": title, "seconds": 60, "currentTime": 0,
        "paused": false, "meta": {}, "duration": "01:00"});
    let frames = [
        line(1, "open", "EIO4 websocket".into()),
        line(
            2,
            "recv",
            "0{\"sid\":\"x\",\"pingInterval\":25000,\"pingTimeout\":20000}".into(),
        ),
        line(2, "send", "40".into()),
        line(2, "recv", "40{\"sid\":\"x\"}".into()),
        event(2, "rank", json!(-1)),
        line(3, "send", "42[\"joinChannel\",{\"name\":\"room\"}]".into()),
        event(4, "setPermissions", json!({"seeplaylist": -1})),
        event(4, "setPlaylistLocked", json!(true)),
        event(4, "emoteList", json!([])),
        event(4, "drinkCount", json!(0)),
        event(4, "userlist", json!([])),
        event(9, "chatMsg", message),
        event(9, "changeMedia", media),
    ];
    std::fs::write(tool.path("hostile.jsonl"), frames.concat()).unwrap();
    let taken = tool
        .run(&["ingest", "hostile.jsonl", "--conn", "a", "--log", "h.db"])
        .ok();
    assert!(!(taken.out + &taken.err).contains(is_obeyed));
    for args in [["state", "h.db"], ["tail", "h.db"], ["history", "h.db"]] {
        // Colours are forced: they are ours, and all that may be there.
        let output = tool
            .command(&args)
            .env("CLICOLOR_FORCE", "1")
            .output()
            .unwrap();
        let out = String::from_utf8(output.stdout).unwrap();
        assert!(out.contains("[2Jclean\u{fffd}31m"), "{args:?}: {out}");
        let rest = OUR_COLOURS
            .iter()
            .fold(out, |out, ours| out.replace(ours, ""));
        assert!(!rest.contains(is_obeyed), "{args:?}: {rest:?}");
    }
    for args in [["state", "h.db"], ["history", "h.db"]] {
        let json = tool.run(&[&args[..], &["--json"]].concat()).ok().out;
        assert!(!json.contains(['\u{1b}', '\u{7}']), "{json}");
    }
    let event = &tool
        .run(&["history", "h.db", "--kinds", "message", "--json"])
        .ok()
        .json();
    assert_eq!(event["body"]["html"], title, "programs get what was said");
}

fn is_obeyed(c: char) -> bool {
    c.is_control() && c != '\n'
}

/// The only sequences that the tool writes: none that comes from a channel is among them.
const OUR_COLOURS: [&str; 9] = [
    "\u{1b}[0m",
    "\u{1b}[1m",
    "\u{1b}[2m",
    "\u{1b}[31m",
    "\u{1b}[32m",
    "\u{1b}[33m",
    "\u{1b}[34m",
    "\u{1b}[35m",
    "\u{1b}[36m",
];

#[test]
fn an_evening_is_played_again_at_any_pace() {
    let tool = Tool::new();
    let log = tool.ingest("playlist.jsonl", "bob");
    let all = seqs(&tool.run(&["history", &log, "--json"]).ok());
    let played = tool.run(&["tail", &log, "--from", "1", "--rate", "1000000x", "--json"]);
    assert_eq!(seqs(&played.ok()), all);
    for rate in ["0x", "-1x", "fast", "infx", "NaN"] {
        let rate = format!("--rate={rate}");
        tool.run(&["tail", &log, &rate]).fails_with(2);
    }
}
