//! `demo`: needs nothing, tells what it learnt, harms no file.

use crate::running::Running;
use crate::tool::Tool;

#[test]
fn an_evening_is_recorded_and_summed_up() {
    let tool = Tool::new();
    let ran = tool
        .run(&["demo", "--seconds", "2", "--log", "demo.db"])
        .ok();
    for part in [
        "users", "playing", "playlist", "chatters", "events", "message", "a second",
    ] {
        assert!(ran.out.contains(part), "{part}: {}", ran.out);
    }
    assert!(
        ran.out.contains("demo.db ("),
        "where the log is, and its size: {}",
        ran.out
    );
    tool.run(&["verify", "demo.db"]).ok();
    let state = tool.state("demo.db", &[]);
    assert!(!state["users"].as_array().unwrap().is_empty());
    assert!(!state["playlist"]["items"].as_array().unwrap().is_empty());
}

#[test]
fn a_file_that_is_there_is_left_alone() {
    let tool = Tool::new();
    std::fs::write(tool.path("mine.db"), "mine").unwrap();
    tool.run(&["demo", "--seconds", "1", "--log", "mine.db"])
        .fails_with(2);
    assert_eq!(std::fs::read(tool.path("mine.db")).unwrap(), b"mine");
}

#[test]
fn a_signal_ends_the_evening_early() {
    let tool = Tool::new();
    let running = Running::start(&tool, &["demo", "--seconds", "600", "--log", "demo.db"]);
    running.notes("joined");
    running.signal("INT");
    let ran = running.end().ok();
    assert!(
        ran.out.contains("events"),
        "what was learnt so far: {}",
        ran.out
    );
    tool.run(&["verify", "demo.db"]).ok();
}
