//! A full disk: a real one, small, and the limit of a file's size. Goal: a commit that fails can be
//! tried again, nothing of it is in the log, and once there is room nothing is missing.

use crate::namespace::{cannot, play_on_disk_of, run};
use crate::running::WAIT;
use crate::samples::{open, options, record, said};
use crate::sound;
use projectionist::testing::{ModelConfig, ModelServer, RoomConfig, ServerConfig};
use projectionist::{
    ChannelHandle, Config, Engine, Event, LogError, Read, Recorded, SqliteReader, Storage,
    event::Source, event_log::EventLog, sqlite::SqliteLog,
};
use serde_json::json;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const KIB: usize = 1024;

#[test]
fn p1_a_full_disk_keeps_what_is_in_and_takes_the_rest_once_there_is_room() {
    play_on_disk_of(1024, "fill the disk");
}

#[test]
fn a_log_opened_on_a_full_disk_is_no_worse_for_it() {
    play_on_disk_of(512, "fill the disk from the first page");
}

#[test]
fn p1_p6_an_engine_waits_for_room_on_the_disk_and_goes_on_without_loss() {
    play_on_disk_of(2048, "record while the disk fills");
}

#[test]
fn p1_a_file_at_its_limit_is_like_a_full_disk() {
    let dir = tempfile::tempdir().unwrap();
    let probe = Command::new("prlimit").arg("--version").output();
    if !probe.is_ok_and(|output| output.status.success()) {
        cannot("run prlimit");
        return;
    }
    // The signal that comes with the limit would end the process: as a kill does, shown elsewhere.
    let script = "trap '' XFSZ; ulimit -S -f 480; exec \"$0\" \"$@\"";
    run(
        "reach the limit of a file",
        dir.path(),
        &["sh", "-c", script],
    );
}

/// Lines by ever new people, so that the dictionary of names grows with the log.
fn strangers(count: u64) -> Vec<Recorded> {
    let line = |seq: u64| said(&format!("user{seq}"), &"x".repeat(seq as usize % 300));
    (1..=count).map(|seq| record(seq, 1, line(seq))).collect()
}

fn ballast(path: &Path, kib: usize) {
    std::fs::write(path, vec![0x5a; kib * KIB]).unwrap();
}

/// Appends in batches of growing length until one fails; where it begins.
fn append_until_full(log: &mut SqliteLog, events: &[Recorded]) -> (usize, usize, LogError) {
    let mut upto = log.head().seq.0 as usize;
    for size in (1..).map(|n| n % 40 + 1) {
        let batch = &events[upto..upto + size];
        match log.append(batch) {
            Ok(_) => upto += size,
            Err(error) => return (upto, upto + size, error),
        }
    }
    panic!("the disk has no end");
}

/// What must be true of a log whose last commit had no room: it is as it was before.
fn check_unharmed(log: &mut SqliteLog, path: &Path, events: &[Recorded], batch: &[Recorded]) {
    for _ in 0..3 {
        let error = log.append(batch).unwrap_err();
        assert!(error.is_retryable(), "{error}");
    }
    assert_eq!(log.head().seq.0 as usize, events.len());
    let reader = SqliteReader::open(path).unwrap();
    assert_eq!(reader.head().unwrap(), log.head());
    assert_eq!(reader.read(&Read::default()).unwrap(), events);
}

/// Part: for many sizes of what else is on the disk, so that the room ends at another page of the
/// log each time.
pub(crate) fn fill_and_make_room(disk: &Path) {
    let events = strangers(9_000);
    let (other, reserve, path) = (
        disk.join("other"),
        disk.join("reserve"),
        disk.join("log.db"),
    );
    for step in 0..12 {
        ballast(&other, step * 4);
        ballast(&reserve, 400);
        let mut log = open(&path);
        let (upto, end, error) = append_until_full(&mut log, &events);
        assert!(error.is_retryable() && upto > 16, "after {upto}: {error}");
        check_unharmed(&mut log, &path, &events[..upto], &events[upto..end]);
        log.idle();
        std::fs::remove_file(&reserve).unwrap();
        log.append(&events[upto..end]).unwrap();
        log.close().unwrap();
        assert_eq!(sound(&path), &events[..end]);
        for name in std::fs::read_dir(disk).unwrap() {
            std::fs::remove_file(name.unwrap().path()).unwrap();
        }
    }
}

/// Part: a log is made, and later opened again, with room for so many pages only.
pub(crate) fn open_without_room(disk: &Path) {
    let (other, path) = (disk.join("other"), disk.join("log.db"));
    let events = strangers(30);
    let mut refused = 0;
    for room in 0..60 {
        fill_but(&other, disk, room * 4);
        match SqliteLog::create_or_open(&path, &options()) {
            Ok(mut log) => drop(log.append(&events)),
            Err(error) => {
                assert!(matches!(error, LogError::Storage { .. }), "{error}");
                refused += 1;
            }
        }
        std::fs::remove_file(&other).unwrap();
        let mut log = open(&path);
        let upto = log.head().seq.0 as usize;
        log.append(&events[upto..]).unwrap();
        log.close().unwrap();
        assert_eq!(sound(&path), events);
        // A closed log on a full disk can still be read.
        fill_but(&other, disk, 0);
        assert_eq!(sound(&path), events);
        std::fs::remove_file(&other).unwrap();
        std::fs::remove_file(&path).unwrap();
    }
    assert!(refused > 5, "{refused}");
}

/// Fills the disk up to so many KiB.
fn fill_but(other: &Path, disk: &Path, kib: usize) {
    let free = || {
        let args = ["-k", "--output=avail"];
        let output = Command::new("df").args(args).arg(disk).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines()
            .last()
            .unwrap()
            .trim()
            .parse::<usize>()
            .unwrap()
    };
    ballast(other, 0);
    ballast(other, free().saturating_sub(kib));
}

/// Part: the limit is on each file, and is lifted by another process.
pub(crate) fn reach_the_limit_of_a_file(dir: &Path) {
    let path = dir.join("log.db");
    let events = strangers(9_000);
    let mut log = open(&path);
    let (upto, end, error) = append_until_full(&mut log, &events);
    assert!(error.is_retryable() && upto > 16, "after {upto}: {error}");
    check_unharmed(&mut log, &path, &events[..upto], &events[upto..end]);
    let pid = std::process::id().to_string();
    let lifted = Command::new("prlimit")
        .args(["--pid", &pid, "--fsize=unlimited:"])
        .status();
    assert!(lifted.unwrap().success());
    log.append(&events[upto..end]).unwrap();
    log.close().unwrap();
    assert_eq!(sound(&path), &events[..end]);
}

/// Part: an engine follows a busy room until its disk is full.
pub(crate) fn record_while_it_fills(disk: &Path) {
    let model = ModelConfig::relaxed().room(RoomConfig::registered("lobby"));
    let server = ModelServer::start(ServerConfig::new(model)).unwrap();
    let lobby = server.room("lobby");
    lobby.add_user("Keeper", 3.0);
    let (reserve, path) = (disk.join("reserve"), disk.join("log.db"));
    ballast(&reserve, 800);
    let config = Config::new(server.url(), "lobby")
        .log(&path)
        .allow_insecure(true);
    let room = Engine::open(config).unwrap().handle();
    room.wait_live(WAIT).unwrap();
    let mut count = 0;
    let mut say = || {
        // A motd as long as the server takes fills pages faster than talk.
        lobby.act(
            "Keeper",
            "setMotd",
            &json!({ "motd": "m".repeat(10_000 + count) }),
        );
        lobby.say("Keeper", &format!("line {count}"));
        count += 1;
        format!("line {}", count - 1)
    };
    let full = loop {
        let line = say();
        if !is_told(&room, &line) {
            break line;
        }
    };
    assert!(
        matches!(&room.health().storage, Storage::Degraded { error } if error.contains("log.db"))
    );
    // What comes meanwhile waits in the network.
    let last = say();
    let before = room.state().seq;
    assert_eq!(
        SqliteReader::open(&path).unwrap().head().unwrap().seq,
        before
    );
    std::fs::remove_file(&reserve).unwrap();
    for line in [&full, &last] {
        room.wait_for(
            |state| state.chat.iter().any(|said| said.text == *line),
            WAIT,
        )
        .unwrap();
    }
    assert_eq!(room.health().storage, Storage::Sound);
    let connections = room.state().connection.session;
    assert_eq!(connections, 1, "the connection outlived it");
    room.close().unwrap();
    drop(room);
    let expected: Vec<_> = (0..count).map(|n| format!("line {n}")).collect();
    assert_eq!(lines(&sound(&path)), expected);
}

/// Whether a line is in the state; `false` once the disk is full instead. Gives up after 20 s.
fn is_told(room: &ChannelHandle, text: &str) -> bool {
    for _ in 0..400 {
        let told =
            |state: &projectionist::ChannelState| state.chat.iter().any(|said| said.text == text);
        if room.wait_for(told, Duration::from_millis(50)).is_ok() {
            return true;
        }
        if matches!(room.health().storage, Storage::Degraded { .. }) {
            return false;
        }
    }
    panic!("{text} is nowhere: {:?}", room.health());
}

fn lines(events: &[Recorded]) -> Vec<&str> {
    let is_line = |event: &&Recorded| matches!(&event.event, Event::MessageSaid(message) if message.source == Source::User);
    events.iter().filter(is_line).map(Recorded::text).collect()
}
