//! `say`, `pm`, `queue`, `send`: through a recording that runs, and by a connection of their own.

use crate::running::Running;
use crate::tool::Tool;
use projectionist::testing::{Account, ModelConfig, ModelServer, RoomConfig, ServerConfig};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;

const PASSWORD: &str = "correct-horse-battery";

fn server() -> ModelServer {
    let config = ModelConfig::relaxed()
        .account(Account::new("carol", PASSWORD))
        .room(RoomConfig::registered("lobby").rank("carol", 3.0));
    let server = ModelServer::start(ServerConfig::new(config)).unwrap();
    server.room("lobby").add_user("erin", 0.0);
    server
}

/// Arguments that join as carol; with a password in the environment.
fn joining<'a>(url: &'a str, args: &[&'a str]) -> Vec<&'a str> {
    let target = [
        url,
        "--allow-insecure",
        "--log",
        "room.db",
        "--account",
        "carol",
    ];
    [args, &target].concat()
}

/// A recording that takes commands at `room.sock`.
fn commanded(tool: &Tool, server: &ModelServer) -> Running {
    let url = format!("{}/r/lobby", server.url());
    let mut command = tool.child(&joining(&url, &["record", "--control", "room.sock"]));
    command.env("CYTUBE_PASSWORD", PASSWORD);
    let running = Running::spawn(command);
    running.notes("taking commands at room.sock");
    running.notes("joined");
    running
}

fn outcome(tool: &Tool, args: &[&str]) -> Value {
    let control = ["--control", "room.sock", "--json"];
    tool.run(&[args, &control].concat()).json()
}

#[test]
fn a_recording_that_runs_does_as_it_is_told() {
    let (tool, server) = (Tool::new(), server());
    let running = commanded(&tool, &server);
    let said = outcome(&tool, &["say", "good evening"]);
    assert_eq!(said["outcome"], "confirmed");
    let args = ["history", "room.db", "--kinds", "message", "--json"];
    let line = tool.run(&args).ok().json();
    assert_eq!(
        (&line["seq"], &line["body"]["text"]),
        (&said["seq"], &json!("good evening"))
    );
    assert_eq!(
        outcome(&tool, &["pm", "erin", "psst"])["outcome"],
        "confirmed"
    );
    let queued = outcome(&tool, &["queue", "https://youtu.be/dQw4w9WgXcQ", "--temp"]);
    assert_eq!(queued["uids"].as_array().unwrap().len(), 1);
    let lock = ["send", "set_lock", r#"{"locked":false}"#];
    assert_eq!(outcome(&tool, &lock)["outcome"], "confirmed");
    assert_eq!(outcome(&tool, &lock)["outcome"], "already_so");
    let view = server.room("lobby").view().unwrap();
    assert!(!view.playlist_locked && view.playlist.len() == 1);
    let text = tool
        .run(&["say", "for people", "--control", "room.sock"])
        .ok()
        .out;
    assert!(text.starts_with("confirmed, see event "), "{text}");
    running.signal("TERM");
    running.end().ok();
    assert!(
        !tool.path("room.sock").exists(),
        "the socket goes with the recording"
    );
    tool.run(&["verify", "room.db"]).ok();
}

#[test]
fn what_was_not_done_ends_with_6_and_says_why() {
    let (tool, server) = (Tool::new(), server());
    let running = commanded(&tool, &server);
    for (args, words) in [
        (
            ["send", "kick", r#"{"name":"ghost"}"#],
            "ghost is not in the channel",
        ),
        (
            ["send", "borrow_rank", r#"{"rank":2}"#],
            "needs rank 255, ours is 3",
        ),
        (["pm", "ghost", "hello?"], "refused"),
    ] {
        let ran = tool.run(&[&args[..], &["--control", "room.sock"]].concat());
        let text = ran.fails_with_text(6);
        assert!(text.contains(words), "{text}");
    }
    running.signal("TERM");
    running.end().ok();
}

#[test]
fn what_does_not_read_ends_with_2_before_anything_is_asked() {
    let tool = Tool::new();
    for (args, words) in [
        (vec!["send", "fly", "{}"], "no command is called \"fly\""),
        (vec!["send", "kick", "{}"], "missing field `name`"),
        (vec!["send", "kick", "name=ghost"], "arguments"),
        (vec!["queue", "https://example.com/"], "no known provider"),
        (vec!["say", "nobody there"], "does `record --control` run?"),
    ] {
        let ran = tool.run(&[&args[..], &["--control", "nowhere.sock"]].concat());
        let text = ran.fails_with_text(2);
        assert!(text.contains(words), "{text}");
    }
    let names = tool.run(&["send", "help", "{}"]).ok().out;
    assert!(names.lines().any(|name| name == "open_poll"), "{names}");
}

#[test]
fn without_a_recording_it_joins_by_itself_and_keeps_the_log() {
    let (tool, server) = (Tool::new(), server());
    let url = format!("{}/r/lobby", server.url());
    let mut command = tool.command(&joining(&url, &["say", "just passing"]));
    let output = command.env("CYTUBE_PASSWORD", PASSWORD).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    assert!(text.starts_with("confirmed"), "{text}");
    let kinds = tool
        .run(&["history", "room.db", "--json"])
        .ok()
        .json_lines();
    let kinds: Vec<_> = kinds.iter().map(|event| event["kind"].clone()).collect();
    for kind in ["command_sent", "message", "command_settled", "disconnected"] {
        assert!(kinds.contains(&json!(kind)), "{kind}");
    }
    // An anonymous viewer may not speak.
    let args = [
        "say",
        "hello?",
        &url,
        "--allow-insecure",
        "--log",
        "other.db",
    ];
    let text = tool.run(&args).fails_with_text(6);
    assert!(text.contains("anonymous"), "{text}");
}

#[test]
fn the_socket_is_for_its_owner_and_for_one_recording() {
    let (tool, server) = (Tool::new(), server());
    let running = commanded(&tool, &server);
    let mode = std::fs::metadata(tool.path("room.sock"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let url = format!("{}/r/lobby", server.url());
    let second = [
        "record",
        &url,
        "--allow-insecure",
        "--log",
        "second.db",
        "--control",
        "room.sock",
    ];
    let text = tool.run(&second).fails_with_text(2);
    assert!(text.contains("another recording"), "{text}");
    assert_eq!(
        outcome(&tool, &["say", "mine still"])["outcome"],
        "confirmed"
    );
    // A killed recording leaves its socket behind, which the next one takes over.
    running.signal("KILL");
    running.end();
    assert!(tool.path("room.sock").exists());
    let running = commanded(&tool, &server);
    assert_eq!(outcome(&tool, &["say", "back"])["outcome"], "confirmed");
    running.signal("TERM");
    running.end().ok();
    // What is no socket is left alone.
    std::fs::write(tool.path("room.sock"), "mine").unwrap();
    tool.run(&second).fails_with(2);
    assert_eq!(std::fs::read(tool.path("room.sock")).unwrap(), b"mine");
}

#[test]
fn whatever_comes_over_the_socket_harms_nothing() {
    let (tool, server) = (Tool::new(), server());
    let running = commanded(&tool, &server);
    let mut stream = UnixStream::connect(tool.path("room.sock")).unwrap();
    let mut replies = BufReader::new(stream.try_clone().unwrap());
    let mut reply = |line: &[u8]| -> Value {
        stream.write_all(line).unwrap();
        let mut reply = String::new();
        replies.read_line(&mut reply).unwrap();
        serde_json::from_str(&reply).unwrap()
    };
    for line in [
        &b"\n"[..],
        b"hello\n",
        b"\xff\xfe\n",
        b"[]\n",
        b"{\"command\":7}\n",
    ] {
        assert_eq!(reply(line)["outcome"], "error");
    }
    let unknown = reply(b"{\"command\":\"fly\",\"args\":{}}\n");
    assert!(unknown["detail"].as_str().unwrap().contains("fly"));
    assert_eq!(
        reply(b"{\"command\":\"say\",\"args\":{\"text\":\"hi\"}}\n")["outcome"],
        "confirmed"
    );
    let endless = vec![b'x'; (2 << 20) + 1];
    assert_eq!(reply(&endless)["detail"], "a line that does not end");
    assert_eq!(
        outcome(&tool, &["say", "still here"])["outcome"],
        "confirmed"
    );
    // A client that stays does not keep the recording from ending.
    let _idle = UnixStream::connect(tool.path("room.sock")).unwrap();
    running.signal("TERM");
    running.end().ok();
}

/// Method: the server is gone, a line is handed over, and the recorder is killed; then both come
/// back. What was kept is said once, by whichever recording joins next.
#[test]
fn p5_a_line_kept_by_a_killed_recording_is_said_once_by_the_next() {
    let (tool, server) = (Tool::new(), server());
    let url = format!("{}/r/lobby", server.url());
    let start = || {
        let args = ["record", "--control", "room.sock", "--keep", "600"];
        let mut command = tool.child(&joining(&url, &args));
        command.env("CYTUBE_PASSWORD", PASSWORD);
        Running::spawn(command)
    };
    let said = || {
        server.look(|server| {
            let chat = server
                .received()
                .filter(|frame| frame.text.contains("chatMsg"));
            chat.filter(|frame| frame.text.contains("for later"))
                .count()
        })
    };
    let running = start();
    running.notes("joined");
    server.go_down();
    running.notes("disconnected");
    let args = ["say", "for later", "--control", "room.sock", "--wait", "1"];
    let text = tool.run(&args).fails_with_text(6);
    assert!(text.contains("may still be done"), "{text}");
    running.signal("KILL");
    running.end();
    assert_eq!(said(), 0);
    server.come_back().unwrap();
    let running = start();
    running.notes("joined");
    let waited = server.wait_for(crate::running::WAIT, |server| {
        server.has_received("for later")
    });
    assert!(waited);
    running.signal("TERM");
    running.end().ok();
    let running = start();
    running.notes("joined");
    running.signal("TERM");
    running.end().ok();
    assert_eq!(said(), 1);
    let settled = ["history", "room.db", "--kinds", "command_settled", "--json"];
    let settled = tool.run(&settled).ok().json_lines();
    assert_eq!(settled.len(), 1);
    assert_eq!(settled[0]["body"]["outcome"], "confirmed");
    tool.run(&["verify", "room.db"]).ok();
}
