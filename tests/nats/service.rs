//! The tool as a service: killed, restarted, stopped, watched; and the monitor beside it.

use crate::broker::Broker;
use crate::bus::Bus;
use crate::delivery::{STREAM, say};
use crate::site::*;
use crate::until;
use projectionist::{Read, SqliteReader};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read as _, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

/// The tool, running, and what it says on standard error, line by line.
struct Service {
    child: Child,
    lines: Receiver<Value>,
}

fn tool(site: &Site, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_projectionist"));
    command.args(args).current_dir(site.folder.path());
    for (name, _) in std::env::vars() {
        if name.starts_with("CYTUBE_") || name.starts_with("NATS_") || name == "RUST_LOG" {
            command.env_remove(name);
        }
    }
    command
}

impl Service {
    fn start(site: &Site, broker: &Broker, more: &[&str]) -> Self {
        let (url, nats) = (format!("{}/r/{ROOM}", site.server.url()), broker.url());
        let args = [
            "bridge",
            &url,
            "--allow-insecure",
            "--log",
            "service.db",
            "--nats",
            &nats,
            "--stream",
            STREAM,
            "--from-origin",
            "--http",
            "127.0.0.1:0",
            "--log-json",
        ];
        let mut child = tool(site, &[&args[..], more].concat())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let read = move || {
            for line in stderr.lines().map_while(Result::ok) {
                let line =
                    serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON: {line}"));
                if sender.send(line).is_err() {
                    return;
                }
            }
        };
        std::thread::Builder::new().spawn(read).unwrap();
        Self { child, lines }
    }

    /// The rest of the first line that has this in it.
    fn says(&self, part: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(crate::WAIT).unwrap();
            let message = line["message"].as_str().unwrap().to_owned();
            if let Some((_, rest)) = message.split_once(part) {
                return rest.to_owned();
            }
        }
    }

    /// Where its pages are.
    fn address(&self) -> String {
        let rest = self.says("health and metrics at http://");
        rest.split('/').next().unwrap().to_owned()
    }

    fn ask_to_stop(&self) {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &pid])
                .status()
                .unwrap()
                .success()
        );
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn get(address: &str, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, body.to_owned())
}

/// The stream holds what the log holds, each event once and in order.
fn check(site: &Site, bus: &Bus) {
    let log = SqliteReader::open(site.folder.path().join("service.db")).unwrap();
    let stream = bus.all(STREAM);
    let seqs: Vec<_> = stream
        .iter()
        .filter(|seen| seen.id.ends_with("-event"))
        .map(|seen| seen.body["seq"].as_u64().unwrap())
        .collect();
    let last = *seqs.last().unwrap();
    assert_eq!(seqs, (1..=last).collect::<Vec<_>>());
    let said = |texts: Vec<String>| {
        texts
            .into_iter()
            .filter(|text| text.starts_with("line"))
            .collect::<Vec<_>>()
    };
    let published = stream
        .iter()
        .filter(|seen| seen.subject == "rosey.events.message")
        .map(|seen| {
            seen.body["data"]["message"]["text"]
                .as_str()
                .unwrap()
                .to_owned()
        });
    let recorded = texts(&log.read(&Read::default()).unwrap());
    assert_eq!(said(published.collect()), said(recorded));
}

#[test]
fn a_service_that_is_killed_at_any_moment_loses_doubles_and_reorders_nothing() {
    let Some(broker) = Broker::start() else {
        return;
    };
    let (site, bus) = (Site::new(), Bus::connect(&broker.url()));
    site.room().add_user("Keeper", 2.0);
    for round in 0..3 {
        let mut service = Service::start(&site, &broker, &[]);
        let seen = bus.listen("rosey.events.message");
        let address = service.address();
        until("it is ready", || get(&address, "/ready").0 == 200);
        say(&site, round * 100..round * 100 + 100);
        seen.next();
        service.child.kill().unwrap();
        service.child.wait().unwrap();
    }
    let mut last = Service::start(&site, &broker, &[]);
    let address = last.address();
    until("all is published", || {
        let (_, health) = get(&address, "/health");
        let health: Value = serde_json::from_str(&health).unwrap();
        let bridge = &health["bridge"]["rooms"][0];
        health["rooms"][0]["live"] == true && bridge["lag"] == 0 && bridge["published"] != 0
    });
    last.ask_to_stop();
    assert!(last.child.wait().unwrap().success());
    check(&site, &bus);
}

#[test]
fn health_readiness_and_metrics_are_told_over_http() {
    let Some(mut broker) = Broker::start() else {
        return;
    };
    let site = Site::new();
    let service = Service::start(&site, &broker, &[]);
    let address = service.address();
    until("it is ready", || get(&address, "/ready").0 == 200);
    let (status, health) = get(&address, "/health");
    let health: Value = serde_json::from_str(&health).unwrap();
    assert_eq!((status, &health["ok"]), (200, &Value::from(true)));
    assert_eq!(health["rooms"][0]["channel"], ROOM);
    let (status, metrics) = get(&address, "/metrics");
    assert_eq!(status, 200);
    for line in [
        "projectionist_live{channel=\"lobby\"} 1",
        "projectionist_bridge_connected 1",
        "projectionist_bridge_lag{channel=\"lobby\"} ",
        "# TYPE projectionist_frames_total counter",
    ] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }
    assert_eq!(get(&address, "/secrets").0, 404);
    broker.kill();
    until("it is not ready", || get(&address, "/ready").0 == 503);
    assert_eq!(
        get(&address, "/health").0,
        200,
        "that the broker is away is no fault of ours"
    );
}

#[test]
fn a_stop_publishes_what_waits_and_a_broker_that_is_away_does_not_hold_it_up() {
    let Some(mut broker) = Broker::start() else {
        return;
    };
    let site = Site::new();
    site.room().add_user("Keeper", 2.0);
    let mut service = Service::start(&site, &broker, &["--drain", "1"]);
    let address = service.address();
    until("it is ready", || get(&address, "/ready").0 == 200);
    broker.kill();
    say(&site, 0..20);
    until("they wait", || {
        let (_, metrics) = get(&address, "/metrics");
        let lag = metrics
            .lines()
            .find(|line| line.starts_with("projectionist_bridge_lag{"));
        let lag: u64 = lag.unwrap().rsplit(' ').next().unwrap().parse().unwrap();
        lag >= 20
    });
    service.ask_to_stop();
    service.says("wait in the log for the next time");
    assert!(service.child.wait().unwrap().success());
}

#[test]
fn the_monitor_prints_what_passes_and_only_what_is_asked_for() {
    let Some(broker) = Broker::start() else {
        return;
    };
    let (site, bus) = (Site::new(), Bus::connect(&broker.url()));
    let args = [
        "monitor",
        "rosey.events.>",
        "--nats",
        &broker.url(),
        "--kind",
        "message",
        "--count",
        "2",
        "--json",
    ];
    let mut monitor = tool(&site, &args).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(monitor.stdout.take().unwrap()).lines();
    let (sender, receiver) = channel();
    let read = move || {
        lines
            .by_ref()
            .map_while(Result::ok)
            .for_each(|line| sender.send(line).unwrap())
    };
    std::thread::Builder::new().spawn(read).unwrap();
    let body = |kind: &str, n: u32| serde_json::json!({ "event_type": kind, "channel": "a", "seq": n, "data": {} });
    let mut first = None;
    until("it listens", || {
        bus.publish("rosey.events.user.join", &body("user_join", 1));
        bus.publish("rosey.events.message", &body("message", 2));
        first = receiver
            .recv_timeout(std::time::Duration::from_millis(100))
            .ok();
        first.is_some()
    });
    let first: Value = serde_json::from_str(&first.unwrap()).unwrap();
    assert_eq!(first["subject"], "rosey.events.message");
    assert_eq!(first["message"]["seq"], 2);
    bus.publish("rosey.events.message", &body("message", 3));
    assert!(monitor.wait().unwrap().success());
}

#[test]
fn settings_that_make_no_sense_end_it_at_once_and_name_no_secret() {
    let site = Site::new();
    std::fs::write(
        site.folder.path().join("a.toml"),
        "[nats]\ntoken = 'hunter2'\n",
    )
    .unwrap();
    for (args, part) in [
        (vec!["bridge"], "address"),
        (
            vec!["bridge", "https://a.example/r/x", "--actions", "dance"],
            "dance",
        ),
        (
            vec!["bridge", "https://a.example/r/x", "--prefix", "a b"],
            "prefix",
        ),
        (
            vec!["bridge", "https://a.example/r/x", "--nats-user", "me"],
            "NATS_PASSWORD",
        ),
        (vec!["bridge", "--config", "a.toml"], "line 2"),
    ] {
        let output = tool(&site, &args).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
        assert!(
            said.contains(part) && !said.contains("hunter2"),
            "{args:?}: {said}"
        );
    }
}

#[test]
fn a_unit_and_a_container_file_are_there_to_print() {
    let site = Site::new();
    let print = |what: &str| {
        let output = tool(&site, &["bridge", "--print", what]).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let unit = print("unit");
    for line in [
        "Type=notify",
        "WatchdogSec=",
        "ProtectSystem=strict",
        "NoNewPrivileges=yes",
    ] {
        assert!(unit.contains(line), "{line}");
    }
    assert!(print("container").contains("USER projectionist"));
}
