//! Recordings that cannot be: the exit code, and words that say what, where and what to do.

use crate::tool::Tool;
use projectionist::testing::{Discovery, ModelConfig, ModelServer, RoomConfig, ServerConfig};
use serde_json::json;

fn server() -> ModelServer {
    let config = ModelConfig::relaxed().room(RoomConfig::registered("lobby"));
    ModelServer::start(ServerConfig::new(config)).unwrap()
}

/// What a recording of the channel complains of, ending with this code.
fn complaint(server: &ModelServer, code: i32, more: &[&str]) -> String {
    let tool = Tool::new();
    let url = format!("{}/r/lobby", server.url());
    let more = [&["--seconds", "10"], more].concat();
    tool.record(&url, &more).fails_with_text(code)
}

fn says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} in {text}");
    }
}

#[test]
fn a_room_that_wants_a_password() {
    let server = server();
    let options = json!({ "password": "sesame" });
    server.room("lobby").set_options(&options);
    let text = complaint(&server, 4, &[]);
    says(&text, &["lobby", server.url(), "CYTUBE_CHANNEL_PASSWORD"]);
}

#[test]
fn an_account_that_does_not_exist() {
    let server = server();
    let tool = Tool::new();
    std::fs::write(tool.path("pw"), "guess\n").unwrap();
    let pw = tool.path("pw");
    let flags = ["--account", "erin", "--password-file", pw.to_str().unwrap()];
    let text = complaint(&server, 4, &flags);
    says(&text, &["lobby", "check the name, the password"]);
    assert!(!text.contains("guess"));
}

#[test]
fn an_address_that_is_banned() {
    let server = server();
    server.refuse_connects(Some("You are banned from the server"));
    let text = complaint(&server, 4, &[]);
    says(
        &text,
        &["You are banned from the server", "ask its operators"],
    );
}

#[test]
fn a_room_that_bars_the_nameless() {
    let server = server();
    let options = json!({ "block_anonymous_users": true });
    server.room("lobby").set_options(&options);
    says(&complaint(&server, 4, &[]), &["--as NAME"]);
}

/// What may pass is tried again until the time is up; the way out is told meanwhile.
#[test]
fn a_page_that_is_no_cytube_site_is_told_and_tried_again() {
    let server = server();
    server.set_discovery(Discovery::Html);
    let tool = Tool::new();
    let url = format!("{}/r/lobby", server.url());
    let ran = tool.record(&url, &["--seconds", "1"]).ok();
    says(&ran.err, &["is this the address of a CyTube site?"]);
}

#[test]
fn a_server_that_is_not_there_is_told_and_tried_again() {
    let server = server();
    let url = format!("{}/r/lobby", server.url());
    server.stop();
    let tool = Tool::new();
    let ran = tool.record(&url, &["--seconds", "1"]).ok();
    says(
        &ran.err,
        &["connecting failed", url.trim_end_matches("/r/lobby")],
    );
}

#[test]
fn plain_http_needs_a_yes() {
    let tool = Tool::new();
    let ran = tool.run(&["record", "http://127.0.0.1:1/r/lobby", "--seconds", "1"]);
    says(&ran.fails_with_text(2), &["not encrypted", "allow"]);
}
