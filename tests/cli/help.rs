//! Help says how: every command has an example, the exit codes are documented.

use crate::tool::Tool;

const COMMANDS: [&str; 23] = [
    "record", "demo", "say", "pm", "queue", "send", "tail", "state", "history", "verify", "backup",
    "export", "archive", "import", "redact", "erase", "ingest", "generate", "stats", "search",
    "sql", "views", "report",
];

#[test]
fn every_command_shows_an_example_of_itself() {
    let tool = Tool::new();
    let list = tool.run(&["--help"]).ok().out;
    for command in COMMANDS {
        assert!(list.contains(&format!("\n  {command} ")), "{list}");
        for help in ["-h", "--help"] {
            let text = tool.run(&[command, help]).ok().out;
            assert!(text.contains("Example"), "{text}");
            assert!(text.contains(&format!("projectionist {command}")), "{text}");
        }
    }
}

#[test]
fn exit_codes_are_documented() {
    let text = Tool::new().run(&["--help"]).ok().out;
    for code in 0..=6 {
        assert!(text.contains(&format!("\n  {code}  ")), "{text}");
    }
}

#[test]
fn what_is_not_understood_ends_with_2() {
    let tool = Tool::new();
    for args in [
        vec!["no-such-command"],
        vec!["state"],
        vec!["state", "x.db", "--at", "yesterday"],
        vec!["history", "x.db", "--kinds", "no_such_kind"],
        vec!["history", "x.db", "--origin", "nowhere"],
        vec!["record"],
        vec!["record", "https://cytu.be", "--seconds", "1"],
        vec!["record", "http://cytu.be/r/room", "--seconds", "1"],
        vec![
            "record",
            "https://cytu.be/r/room",
            "--as",
            "a",
            "--account",
            "b",
        ],
        vec![
            "record",
            "https://cytu.be/r/room",
            "--ca",
            "no-such-file.pem",
        ],
    ] {
        tool.run(&args).fails_with(2);
    }
    let text = tool
        .run(&["history", "x.db", "--kinds", "no_such_kind"])
        .err;
    assert!(text.contains("media_change"), "the kinds there are: {text}");
}

#[test]
fn a_password_cannot_be_a_flag() {
    let tool = Tool::new();
    for flag in ["--password", "--channel-password"] {
        let ran = tool.run(&["record", "https://cytu.be/r/room", flag, "hunter2"]);
        ran.fails_with(2);
    }
}

#[test]
fn a_log_that_is_none_ends_with_3() {
    let tool = Tool::new();
    std::fs::write(
        tool.path("text.db"),
        "not a database, but a long enough text",
    )
    .unwrap();
    for log in ["missing.db", "text.db"] {
        for args in [
            vec!["state", log],
            vec!["tail", log],
            vec!["history", log],
            vec!["verify", log],
            vec!["backup", log, "copy.db"],
            vec!["export", log, "--format", "csv"],
        ] {
            tool.run(&args).fails_with(3);
        }
    }
}
