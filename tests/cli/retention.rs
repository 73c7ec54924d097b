//! `archive` and `import`: the oldest events leave a log and come back, whatever is killed when.

use crate::tool::{Ran, Tool};
use projectionist::{
    Event, Kind, Recorded, Seq, SqliteReader, UnixMicros,
    event::Origin,
    event_log::EventLog,
    sqlite::{LogOptions, SqliteLog},
};
use std::path::Path;

/// A log of so many lines of chat, received a second apart.
fn log(tool: &Tool, name: &str, lines: u64) {
    let mut log =
        SqliteLog::create_or_open(tool.path(name), &LogOptions::new("room", "https://cytu.be"))
            .unwrap();
    let line = |seq: u64| {
        Recorded {
        seq: Seq(seq),
        session: 1,
        received_at: UnixMicros(1_795_385_348_000_000 + seq as i64 * 1_000_000),
        sent_ms: None,
        origin: Origin::Live,
        actor: Some("bob".to_owned()),
        cause: None,
        corr: None,
        dedup_key: None,
        event: Event::decode(
            Kind::MessageSaid,
            1,
            &format!(
                r#"{{"user":{{"name":"bob","rank":1,"afk":null,"muted":null}},"html":"{seq}","text":"{seq}","style":"plain","source":"user","shadow":false,"modflair":null,"forced_name":false}}"#
            ),
        )
        .unwrap(),
        raw: None,
        redacted: false,
    }
    };
    let events: Vec<_> = (1..=lines).map(line).collect();
    for batch in events.chunks(1000) {
        log.append(batch).unwrap();
    }
    log.close().unwrap();
}

fn export(tool: &Tool, log: &str) -> String {
    tool.run(&["export", log, "--format", "ndjson"]).ok().out
}

fn archive(tool: &Tool, more: &[&str]) -> Ran {
    tool.run(&[&["archive", "room.db"], more].concat())
}

fn trim_seq(path: &Path) -> u64 {
    SqliteReader::open(path).unwrap().trim_seq().unwrap().0
}

#[test]
fn what_is_archived_and_trimmed_comes_back_in_any_order() {
    let tool = Tool::new();
    log(&tool, "room.db", 1000);
    let whole = export(&tool, "room.db");
    archive(&tool, &["--until", "300", "--out", "a.gz"]).ok();
    assert_eq!(export(&tool, "room.db"), whole, "the log stays as it is");
    // The same events by their time; and the segment that is there is used.
    let text = archive(&tool, &["--until", "300", "--out", "a.gz"]).fails_with_text(3);
    assert!(text.contains("exists"), "{text}");
    let args = [
        "--until",
        "2026-11-22T22:14:08Z",
        "--out",
        "a.gz",
        "--trim",
        "--json",
    ];
    let report = archive(&tool, &args).ok().json();
    assert_eq!(
        (&report["last_seq"], &report["trimmed"]),
        (&300.into(), &300.into())
    );
    let args = ["--until", "600", "--out", "b.gz", "--trim", "--vacuum"];
    let text = archive(&tool, &args).ok().out;
    assert!(text.contains("begins behind event 600"), "{text}");
    archive(&tool, &["--until", "1000", "--out", "c.gz"]).ok();

    let text = tool.run(&["verify", "room.db"]).ok().out;
    assert!(text.contains("sound: 400 events") && text.contains("begins behind event 600"));
    let text = tool.run(&["verify", "b.gz"]).ok().out;
    assert!(text.contains("events 301 to 600"), "{text}");
    let text = tool
        .run(&["state", "room.db", "--at", "599"])
        .fails_with_text(3);
    assert!(text.contains("begins behind event 600"), "{text}");
    tool.run(&["backup", "room.db", "copy.db"]).ok();

    let import = |log, files: &[&str]| {
        tool.run(&[&["import", "--log", log], files].concat()).ok();
        tool.run(&["verify", log]).ok();
    };
    import("room.db", &["a.gz", "b.gz"]);
    import("new.db", &["c.gz", "a.gz", "b.gz"]);
    import("copy.db", &["b.gz"]);
    import("copy.db", &["a.gz"]);
    for log in ["room.db", "new.db", "copy.db"] {
        assert_eq!(export(&tool, log), whole, "{log}");
    }
}

#[test]
fn what_is_refused_is_refused_before_anything_is_written() {
    let tool = Tool::new();
    log(&tool, "room.db", 400);
    for (more, code, why) in [
        (&["--until", "145"][..], 3, "newest lines of chat"),
        (&["--until", "401"], 3, "ends at event 400"),
        (&["--until", "0"], 3, "begins behind event 0"),
    ] {
        let args = [&["--out", "a.gz", "--trim"], more].concat();
        let text = archive(&tool, &args).fails_with_text(code);
        assert!(text.contains(why), "{text}");
        assert!(!tool.path("a.gz").exists());
    }
    let options = LogOptions::new("room", "https://cytu.be");
    let mut writer = SqliteLog::create_or_open(tool.path("room.db"), &options).unwrap();
    let chain = writer.head().chain;
    writer.put_checkpoint("bus", 1, Seq(50), chain).unwrap();
    let args = ["--until", "100", "--out", "a.gz", "--trim"];
    let text = archive(&tool, &args).fails_with_text(3);
    assert!(text.contains("in use"), "{text}");
    writer.close().unwrap();
    let text = archive(&tool, &args).fails_with_text(3);
    assert!(
        text.contains("consumer bus has read up to event 50"),
        "{text}"
    );
    archive(&tool, &[&args[..], &["--force"]].concat()).ok();
    for more in ["--force", "--vacuum"] {
        archive(&tool, &["--until", "5", "--out", "b.gz", more]).fails_with(2);
    }
}

#[test]
fn what_does_not_fit_or_is_damaged_is_refused_by_name() {
    let tool = Tool::new();
    log(&tool, "room.db", 300);
    log(&tool, "other.db", 300);
    archive(&tool, &["--until", "40", "--out", "a.gz"]).ok();
    let text = tool
        .run(&["import", "a.gz", "--log", "other.db"])
        .fails_with_text(3);
    assert!(text.contains("a.gz: it is of log"), "{text}");
    let text = tool
        .run(&["import", "room.db", "--log", "x.db"])
        .fails_with_text(3);
    assert!(text.contains("room.db is an event log"), "{text}");
    tool.run(&["import", "none.gz", "--log", "x.db"])
        .fails_with(2);
    let mut bytes = std::fs::read(tool.path("a.gz")).unwrap();
    let end = bytes.len() - 5;
    bytes[end] ^= 1;
    std::fs::write(tool.path("bad.gz"), &bytes).unwrap();
    for args in [
        &["import", "bad.gz", "--log", "x.db"][..],
        &["verify", "bad.gz"],
    ] {
        let text = tool.run(args).fails_with_text(1);
        assert!(text.contains("bad.gz, line 42"), "{text}");
    }
    let verdict = tool
        .run(&["verify", "bad.gz", "--json"])
        .fails_with(1)
        .json();
    assert_eq!(verdict["sound"], false);
}

/// Method: the tool is killed as soon as something is seen of it: its unfinished file, its segment,
/// a log that begins later. Whatever is there then is a log, and the same command finishes the work.
#[test]
fn killed_at_any_moment_it_leaves_a_log_and_the_same_command_goes_on() {
    type Seen = fn(&Tool) -> bool;
    let moments: [Seen; 4] = [
        |_| true,
        |tool| tool.path("a.gz.partial").exists(),
        |tool| tool.path("a.gz").exists(),
        |tool| trim_seq(&tool.path("room.db")) > 0,
    ];
    for (moment, is_seen) in moments.iter().enumerate() {
        let tool = Tool::new();
        log(&tool, "room.db", 12_000);
        let args = ["archive", "room.db", "--until", "11000", "--out", "a.gz"];
        let args = [&args[..], &["--trim", "--vacuum"]].concat();
        let mut command = tool.child(&args);
        command.stdout(std::process::Stdio::null());
        let mut child = command.spawn().unwrap();
        while !is_seen(&tool) && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        tool.run(&["verify", "room.db"]).ok();
        let begins = trim_seq(&tool.path("room.db"));
        assert!(begins == 0 || tool.path("a.gz").exists(), "{moment}");
        tool.run(&args).ok();
        assert_eq!(trim_seq(&tool.path("room.db")), 11_000);
        tool.run(&["verify", "room.db"]).ok();
        tool.run(&["import", "a.gz", "--log", "room.db"]).ok();
        let text = tool.run(&["verify", "room.db"]).ok().out;
        assert!(text.contains("sound: 12000 events"), "{text}");
    }
}

#[test]
fn an_import_that_is_killed_has_taken_in_nothing_and_is_begun_again() {
    let tool = Tool::new();
    log(&tool, "room.db", 5_000);
    archive(&tool, &["--until", "5000", "--out", "a.gz"]).ok();
    let args = ["import", "a.gz", "--log", "new.db"];
    let mut command = tool.child(&args);
    command.stdout(std::process::Stdio::null());
    let mut child = command.spawn().unwrap();
    while !tool.path("new.db-wal").exists() && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    child.kill().unwrap();
    let ended = child.wait().unwrap();
    if !ended.success() {
        tool.run(&args).ok();
    }
    assert_eq!(export(&tool, "new.db"), export(&tool, "room.db"));
    tool.run(&["verify", "new.db"]).ok();
}
