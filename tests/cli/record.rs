//! `record` against a server on this machine: how it ends, what it leaves, whose settings win.

use crate::running::{Running, WAIT};
use crate::tool::{Ran, Tool};
use projectionist::testing::{Account, ModelConfig, ModelServer, RoomConfig, ServerConfig};
use serde_json::json;

const PASSWORD: &str = "correct-horse-battery";

fn server() -> ModelServer {
    let config = ModelConfig::relaxed()
        .account(Account::new("carol", PASSWORD))
        .room(RoomConfig::registered("lobby").rank("carol", 5.0));
    let server = ModelServer::start(ServerConfig::new(config)).unwrap();
    server.room("lobby").add_user("Keeper", 2.0);
    server
}

fn url(server: &ModelServer) -> String {
    format!("{}/r/lobby", server.url())
}

/// Arguments of a recording as an account, which may come back as often as it likes.
fn as_carol<'a>(url: &'a str, log: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let args = [
        "record",
        url,
        "--allow-insecure",
        "--log",
        log,
        "--account",
        "carol",
    ];
    [&args[..], more].concat()
}

/// A recording under way, in the channel.
fn recording(tool: &Tool, server: &ModelServer, more: &[&str]) -> Running {
    let url = url(server);
    let mut command = tool.child(&as_carol(&url, "room.db", more));
    command.env("CYTUBE_PASSWORD", PASSWORD);
    let running = Running::spawn(command);
    if more.contains(&"--json") {
        running.prints("\"kind\":\"joined\"");
    } else {
        running.notes("joined");
    }
    running
}

fn is_sound(tool: &Tool, log: &str) {
    tool.run(&["verify", log]).ok();
}

fn texts(tool: &Tool, log: &str) -> Vec<String> {
    let args = ["history", log, "--kinds", "message", "--json"];
    let lines = tool.run(&args).ok().json_lines();
    let text = |line: &serde_json::Value| {
        let is_user = line["body"]["source"] == "user";
        is_user.then(|| line["body"]["text"].as_str().unwrap().to_owned())
    };
    lines.iter().filter_map(text).collect()
}

fn kinds(tool: &Tool, log: &str) -> Vec<String> {
    let lines = tool.run(&["history", log, "--json"]).ok().json_lines();
    let kind = |line: &serde_json::Value| line["kind"].as_str().unwrap().to_owned();
    lines.iter().map(kind).collect()
}

#[test]
fn it_stops_when_its_time_is_up_and_sums_up() {
    let (tool, server) = (Tool::new(), server());
    let url = url(&server);
    let ran = tool.record(&url, &["--seconds", "1"]).ok();
    assert!(ran.out.contains("joined 1 times"), "{}", ran.out);
    assert!(ran.out.contains("room.db"), "{}", ran.out);
    assert_eq!(kinds(&tool, "room.db").last().unwrap(), "disconnected");
    is_sound(&tool, "room.db");
}

#[test]
fn either_signal_ends_it_cleanly() {
    for signal in ["INT", "TERM"] {
        let (tool, server) = (Tool::new(), server());
        let running = recording(&tool, &server, &[]);
        running.signal(signal);
        let Ran { code, out, err } = running.end();
        assert_eq!(code, 0, "{err}");
        assert!(out.contains("recorded"), "{out}");
        let last = kinds(&tool, "room.db").pop().unwrap();
        assert_eq!(last, "disconnected", "the log is closed, not broken off");
        is_sound(&tool, "room.db");
        assert!(server.wait_for(WAIT, |server| server.connection_count() == 0));
    }
}

#[test]
fn events_are_printed_as_they_are_committed() {
    let (tool, server) = (Tool::new(), server());
    let running = recording(&tool, &server, &["--json"]);
    server.room("lobby").say("Keeper", "now");
    let line = running.prints("\"kind\":\"message\"");
    let event: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(event["body"]["text"], "now");
    assert_eq!(
        texts(&tool, "room.db"),
        ["now"],
        "another process reads it by then"
    );
    running.signal("TERM");
    let ran = running.end().ok();
    assert!(
        ran.err.contains("recorded"),
        "the summary is no event: {}",
        ran.err
    );
}

#[test]
fn a_reader_follows_in_another_process() {
    let (tool, server) = (Tool::new(), server());
    let running = recording(&tool, &server, &[]);
    let args = ["tail", "room.db", "--follow", "--kinds", "message"];
    let reader = Running::start(&tool, &args);
    server.room("lobby").say("Keeper", "first");
    reader.prints("first");
    server.room("lobby").say("Keeper", "second");
    reader.prints("second");
    reader.signal("INT");
    reader.end().ok();
    running.signal("INT");
    running.end().ok();
}

#[test]
fn a_second_recorder_of_a_log_is_told_that_there_is_one() {
    let (tool, server) = (Tool::new(), server());
    let running = recording(&tool, &server, &[]);
    let url = url(&server);
    let ran = tool.record(&url, &[]);
    let err = ran.fails_with_text(3);
    assert!(err.contains("room.db"), "{err}");
    running.signal("TERM");
    running.end().ok();
}

/// Method: chat flows all the while; the recorder is killed once some of it is in the log, more is
/// said, and the next recorder takes the log up.
#[test]
fn p2_a_killed_recorder_is_followed_by_one_that_has_every_line_once() {
    let (tool, server) = (Tool::new(), server());
    let lobby = server.room("lobby");
    let running = recording(&tool, &server, &["--json"]);
    for n in 0..6 {
        lobby.say("Keeper", &format!("line {n}"));
    }
    running.prints("line 3");
    running.signal("KILL");
    assert_eq!(running.end().code, -1);
    lobby.say("Keeper", "line 6");
    let running = recording(&tool, &server, &["--json"]);
    lobby.say("Keeper", "line 7");
    running.prints("line 7");
    running.signal("TERM");
    running.end().ok();
    let expected: Vec<_> = (0..8).map(|n| format!("line {n}")).collect();
    assert_eq!(texts(&tool, "room.db"), expected);
    let args = ["history", "room.db", "--kinds", "disconnected", "--json"];
    let losses = tool.run(&args).ok().json_lines();
    let causes: Vec<_> = losses
        .iter()
        .map(|loss| loss["body"]["cause"].clone())
        .collect();
    assert_eq!(causes, ["crash", "stopped"], "the crash is a row");
    is_sound(&tool, "room.db");
}

#[test]
fn names_and_passwords_come_from_where_the_help_says() {
    let server = server();
    let options = json!({ "password": "sesame" });
    server.room("lobby").set_options(&options);
    let url = url(&server);
    let me = |tool: &Tool| tool.state("room.db", &[])["me"].clone();

    // The room's password from the environment, a guest by flag.
    let tool = Tool::new();
    let base = [
        "record",
        &url,
        "--allow-insecure",
        "--log",
        "room.db",
        "--seconds",
        "1",
    ];
    let mut command = tool.command(&[&base[..], &["--as", "erin"]].concat());
    command.env("CYTUBE_CHANNEL_PASSWORD", "sesame");
    command.assert().success();
    assert_eq!(me(&tool)["name"], "erin");

    // An account's password from a file, the room's too; the flag beats the environment.
    let tool = Tool::new();
    std::fs::write(tool.path("pw"), format!("{PASSWORD}\n")).unwrap();
    std::fs::write(tool.path("room-pw"), "sesame\n").unwrap();
    let flags = [
        "--account",
        "carol",
        "--password-file",
        "pw",
        "--channel-password-file",
        "room-pw",
    ];
    let mut command = tool.command(&[&base[..], &flags].concat());
    command.env("CYTUBE_CHANNEL_PASSWORD", "wrong");
    command.assert().success();
    assert_eq!(me(&tool)["name"], "carol");

    // A file of settings, beaten by a flag.
    let tool = Tool::new();
    let settings = format!("url = \"{url}\"\nallow-insecure = true\nlog = \"other.db\"\n");
    std::fs::write(tool.path("night.toml"), settings).unwrap();
    let args = [
        "record",
        "--config",
        "night.toml",
        "--log",
        "room.db",
        "--seconds",
        "1",
    ];
    let mut command = tool.command(&args);
    command.env("CYTUBE_CHANNEL_PASSWORD", "sesame");
    command.assert().success();
    assert!(tool.path("room.db").exists() && !tool.path("other.db").exists());
}

/// `tungstenite` names every frame it writes, and the cookie of the handshake, at trace level.
#[test]
fn p9_no_level_of_logging_shows_a_secret() {
    let (tool, server) = (Tool::new(), server());
    let url = url(&server);
    let mut command = tool.command(&as_carol(&url, "room.db", &["--seconds", "1", "-vvv"]));
    command
        .env("CYTUBE_PASSWORD", PASSWORD)
        .env("RUST_LOG", "trace");
    let output = command.output().unwrap();
    assert!(output.status.success());
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(
        err.contains("connected to"),
        "our own lines are there: {err}"
    );
    assert!(!err.contains(PASSWORD), "{err}");
}

/// Method: the recorder goes on while the copy is made; the copy ends where it was then.
#[test]
fn a_log_in_use_is_copied_whole_and_can_be_recorded_on() {
    let (tool, server) = (Tool::new(), server());
    let lobby = server.room("lobby");
    let running = recording(&tool, &server, &["--json"]);
    lobby.say("Keeper", "before");
    running.prints("before");
    let ran = tool.run(&["backup", "room.db", "copy.db"]).ok();
    assert!(ran.out.contains("copy.db: sound"), "{}", ran.out);
    lobby.say("Keeper", "after");
    running.prints("after");
    running.signal("TERM");
    running.end().ok();
    assert_eq!(texts(&tool, "room.db"), ["before", "after"]);
    assert_eq!(texts(&tool, "copy.db"), ["before"]);
    is_sound(&tool, "copy.db");
    // A copy that is there is left alone.
    tool.run(&["backup", "room.db", "copy.db"]).fails_with(3);
    assert_eq!(texts(&tool, "copy.db"), ["before"]);
    // The copy is a log like any other: what it missed comes again, once.
    let url = url(&server);
    let mut command = tool.command(&as_carol(&url, "copy.db", &["--seconds", "1"]));
    command.env("CYTUBE_PASSWORD", PASSWORD).assert().success();
    assert_eq!(texts(&tool, "copy.db"), ["before", "after"]);
    is_sound(&tool, "copy.db");
}
