//! A plugin in Python, written for the original design's subjects with `nats-py`, hears chat and
//! answers. Where `python3` has no module `nats` it is not run, which `REQUIRE_NATS_PY` forbids.

use crate::bridge;
use crate::broker::Broker;
use crate::bus::Bus;
use crate::site::*;
use projectionist::nats::BridgeOptions;
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};

/// The plugin, which ends with its test.
struct Plugin {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Plugin {
    fn start(url: &str) -> Option<Self> {
        let ask = Command::new("python3").args(["-c", "import nats"]).output();
        if !ask.is_ok_and(|output| output.status.success()) {
            assert!(
                std::env::var_os("REQUIRE_NATS_PY").is_none(),
                "python3 has no module `nats`, but REQUIRE_NATS_PY is set"
            );
            println!("NOT RUN: python3 has no module `nats`: install nats-py");
            return None;
        }
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/nats/subscriber.py");
        let mut child = Command::new("python3")
            .args([script, url])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut plugin = Self { child, lines };
        assert_eq!(plugin.line(), "ready");
        Some(plugin)
    }

    fn line(&mut self) -> String {
        self.lines.next().unwrap().unwrap()
    }
}

impl Drop for Plugin {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_plugin_in_python_hears_chat_and_answers() {
    let Some(broker) = Broker::start() else {
        return;
    };
    let (site, bus) = (Site::new(), Bus::connect(&broker.url()));
    site.room().add_user("Keeper", 2.0);
    let room = live(site.owner());
    let _bridge = bridge(BridgeOptions::new(broker.url()), &room);
    // The desk is open once it answers.
    bus.ask_until_heard("rosey.platform.cytube.query.health", b"");
    let Some(mut plugin) = Plugin::start(&broker.url()) else {
        return;
    };
    let outcomes = bus.listen("rosey.platform.cytube.outcome");
    let said = |text: &'static str| {
        until(&room, move |state| {
            let is_it =
                |line: &projectionist::state::ChatLine| line.text == text && line.name == OWNER.0;
            state.chat.iter().any(is_it)
        });
    };

    site.room().say("Keeper", "!ping");
    said("pong Keeper");
    let outcome = outcomes.next().body;
    assert_eq!(outcome["data"]["outcome"], "confirmed", "{outcome}");

    site.room().say("Keeper", "!ask");
    let line = plugin.line();
    let reply: Value = serde_json::from_str(line.strip_prefix("reply ").unwrap()).unwrap();
    assert_eq!(reply["outcome"], "confirmed", "{reply}");
    assert_eq!(reply["correlation_id"], "py-1");
    assert_eq!(reply["channel"], ROOM);
    said("asked");

    site.room().say("Keeper", "!quit");
    assert!(plugin.child.wait().unwrap().success());
}
