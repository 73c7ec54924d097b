//! The tool's `record`, killed again and again over one log while chat goes on. Goal: what it had
//! printed is in the log as it was printed, each line of chat is there once, each crash is a row.
//!
//! Method: the model server remembers the last 15 lines; fewer are said between two joins. Kills
//! come at a random line of output, and before the first.

use crate::kill::rounds;
use crate::running::{Running, WAIT};
use crate::samples::Dice;
use crate::tool::Tool;
use projectionist::testing::{ModelConfig, ModelServer, RoomConfig, ServerConfig};
use serde_json::Value;

/// A recording, which prints what it has committed.
fn recording(tool: &Tool, server: &ModelServer) -> Running {
    let url = format!("{}/r/lobby", server.url());
    let args = [
        "record",
        &url,
        "--allow-insecure",
        "--log",
        "room.db",
        "--json",
    ];
    Running::start(tool, &args)
}

fn history(tool: &Tool) -> Vec<Value> {
    let run = tool.run(&["history", "room.db", "--json"]);
    run.ok().json_lines()
}

#[test]
fn p1_p2_what_a_killed_record_had_printed_is_in_the_log_as_printed() {
    let config = ModelConfig::relaxed().room(RoomConfig::registered("lobby"));
    let server = ModelServer::start(ServerConfig::new(config)).unwrap();
    let lobby = server.room("lobby");
    lobby.add_user("Keeper", 2.0);
    let tool = Tool::new();
    let mut dice = Dice(0x726f_7421);
    let mut said = Vec::new();
    let mut say = |count: u64| {
        for _ in 0..count {
            let text = format!("line {}.", said.len());
            lobby.say("Keeper", &text);
            said.push(text);
        }
        said.clone()
    };
    let rounds = rounds().div_ceil(3);
    for _ in 0..rounds {
        // Killed on the threshold: at any moment from the first connection on.
        say(3);
        let threshold = recording(&tool, &server);
        assert!(server.wait_for(WAIT, |server| server.connection_count() > 0));
        threshold.signal("KILL");
        threshold.end();
        assert!(server.wait_for(WAIT, |server| server.connection_count() == 0));
        // Killed in the midst of chat.
        let running = recording(&tool, &server);
        let mut printed = running.prints("\"kind\":\"joined\"");
        let lines = say(dice.below(8) + 1);
        let awaited = &lines[lines.len() - 1 - dice.below(2) as usize];
        printed += &running.prints(awaited.as_str());
        say(2);
        running.signal("KILL");
        printed += &running.end().out;
        assert!(server.wait_for(WAIT, |server| server.connection_count() == 0));

        tool.run(&["verify", "room.db"]).ok();
        let stored = history(&tool);
        for line in printed.lines() {
            let event: Value = serde_json::from_str(line).unwrap();
            let index = event["seq"].as_u64().unwrap() as usize - 1;
            assert_eq!(stored.get(index), Some(&event));
        }
    }
    let last = recording(&tool, &server);
    last.prints("\"kind\":\"joined\"");
    let lines = say(1);
    last.prints(&lines[lines.len() - 1]);
    last.signal("TERM");
    last.end().ok();
    let stored = history(&tool);
    let texts: Vec<_> = stored
        .iter()
        .filter(|event| event["kind"] == "message" && event["body"]["source"] == "user")
        .map(|event| event["body"]["text"].as_str().unwrap())
        .collect();
    assert_eq!(texts, lines);
    let crashes = stored
        .iter()
        .filter(|event| event["body"]["cause"] == "crash")
        .count() as u64;
    assert!(crashes >= rounds, "{crashes} crashes are on record");
}
