//! The house rules, kept as a test: who may name whom, who may meet the outside world, how long a
//! file may be, and that every file says what it is.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// The staircase, lowest first. A file may name only rooms above its own line in this list: data
/// comes up through the codecs, but imports only ever point from the edge to the core.
const ROOMS: &[&str] = &[
    "time",
    "secret",
    "number",
    "html",
    "model",
    "media_link",
    "json",
    "config",
    "event",
    "engineio",
    "socketio",
    "cytube",
    "log",
    "state",
    "history",
    "retry",
    "session",
    "normalise",
    "command",
    "limiter",
    "channel",
    "recording",
    "segment",
    "sqlite",
    "import",
    "views",
    "transport",
    "backoff",
    "pacer",
    "dialler",
    "error",
    "engine",
    "nats",
];

/// Rooms that would mix languages if they named each other, although the staircase lets them.
const STRANGERS: &[(&str, &[&str])] = &[
    ("normalise", &["session", "engineio", "socketio", "log"]),
    (
        "state",
        &[
            "engineio", "socketio", "cytube", "session", "command", "log",
        ],
    ),
    (
        "log",
        &[
            "engineio", "socketio", "cytube", "session", "state", "command",
        ],
    ),
    ("channel", &["engineio", "socketio"]),
    ("engine", &["engineio", "socketio", "cytube", "normalise"]),
];

/// Who may meet the outside world: a word, the rooms that may use it, and what others do instead.
const OUTSIDE: &[(&str, &[&str], &str)] = &[
    (
        "mio::",
        &["transport", "dialler", "engine"],
        "leave readiness to the transport and the driver",
    ),
    (
        "TcpStream",
        // `cli`: the pages of a service.
        &["transport", "testing", "cli"],
        "carry frames through the Transport trait",
    ),
    (
        "TcpListener",
        &["transport", "testing", "cli"],
        "only the model server and the pages of a service listen",
    ),
    ("ureq::", &["transport"], "HTTP is the connector's business"),
    (
        "tungstenite::",
        &["transport", "testing"],
        "frames come as text",
    ),
    (
        "rusqlite::",
        &["sqlite", "views", "cli"],
        "go through EventLog or SqliteReader",
    ),
    (
        "std::thread",
        // `sqlite`: a log is verified on two processors.
        &[
            "engine",
            "nats",
            "dialler",
            "transport",
            "sqlite",
            "testing",
            "cli",
        ],
        "the core has no threads",
    ),
    (
        "Instant",
        // `views`: a query of somebody's own ends at its deadline.
        &["views", "engine", "dialler", "transport", "testing", "cli"],
        "take a Now",
    ),
    ("SystemTime", &["engine", "testing", "cli"], "take a Now"),
    (
        "HashMap",
        &["sqlite", "engine", "dialler", "transport", "testing", "cli"],
        "use a BTreeMap: its order is the same each time",
    ),
    (
        "HashSet",
        &["sqlite", "engine", "dialler", "transport", "testing", "cli"],
        "use a BTreeSet: its order is the same each time",
    ),
    ("std::env", &["cli"], "the library reads no environment"),
    (
        "println!",
        &["cli"],
        "the library prints nothing: log, or return it",
    ),
    (
        "Mutex",
        &["engine", "nats", "dialler", "transport", "testing", "cli"],
        "the core has no locks",
    ),
    ("tokio", &["nats"], "the core has no async runtime"),
    ("async_nats", &["nats"], "the core knows no broker"),
];

/// A file is about one thing.
const LINES_MAX: usize = 400;

struct Source {
    path: PathBuf,
    room: String,
    /// Without comments and without tests.
    code: String,
    text: String,
}

fn sources() -> Vec<Source> {
    let mut files = Vec::new();
    walk(Path::new("src"), &mut files);
    files.sort();
    files.into_iter().map(read).collect()
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, files);
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            files.push(path);
        }
    }
}

fn read(path: PathBuf) -> Source {
    let text = fs::read_to_string(&path).unwrap();
    let parts: Vec<_> = path
        .components()
        .map(|part| part.as_os_str().to_string_lossy())
        .collect();
    let room = parts[1].trim_end_matches(".rs").to_owned();
    let is_test = path.file_stem().is_some_and(|stem| {
        let stem = stem.to_string_lossy();
        stem == "tests" || stem.starts_with("test_")
    });
    let own = if is_test {
        ""
    } else {
        text.split("#[cfg(test)]\nmod tests {").next().unwrap()
    };
    let code = own
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n");
    Source {
        path,
        room,
        code,
        text,
    }
}

fn is_root(room: &str) -> bool {
    matches!(room, "lib" | "main" | "cli" | "testing" | "unversioned")
}

/// Rooms that `code` names as `crate::room`.
fn named_rooms(code: &str) -> Vec<&str> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    code.split("crate::")
        .skip(1)
        .map(|rest| rest.split(|c| !is_word(c)).next().unwrap())
        .collect()
}

#[test]
fn imports_point_down_the_staircase() {
    for source in sources().iter().filter(|source| !is_root(&source.room)) {
        let place = |room: &str| ROOMS.iter().position(|known| *known == room);
        let own = place(&source.room).unwrap_or_else(|| {
            panic!(
                "{}: give the room {:?} its place in ROOMS",
                source.path.display(),
                source.room
            )
        });
        for named in named_rooms(&source.code) {
            let Some(other) = place(named) else {
                panic!(
                    "{}: `crate::{named}` is no room: name the room an item lives in, not a \
                     re-export or a group",
                    source.path.display()
                );
            };
            assert!(
                other <= own,
                "{}: {} may not name {named}, which stands above it: pass the value up instead",
                source.path.display(),
                source.room
            );
        }
    }
}

#[test]
fn strangers_do_not_speak() {
    for source in sources() {
        for (room, strangers) in STRANGERS.iter().filter(|(room, _)| *room == source.room) {
            for named in named_rooms(&source.code) {
                assert!(
                    !strangers.contains(&named),
                    "{}: {room} must not name {named}: translate in between",
                    source.path.display()
                );
            }
        }
    }
}

#[test]
fn the_outside_world_is_met_at_the_edge() {
    for source in sources()
        .iter()
        .filter(|source| !matches!(source.room.as_str(), "lib" | "main"))
    {
        for (word, rooms, instead) in OUTSIDE {
            let found = source.code.lines().find(|line| contains_word(line, word));
            if let (Some(line), false) = (found, rooms.contains(&source.room.as_str())) {
                panic!("{}: `{}`: {instead}", source.path.display(), line.trim());
            }
        }
    }
}

/// Whether a line holds the word, not as a part of a longer one.
fn contains_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(index, _)| {
        let before = line[..index].chars().next_back();
        before.is_none_or(|c| !(c.is_ascii_alphanumeric() || c == '_'))
    })
}

#[test]
fn neighbours_are_named_by_their_room() {
    for source in sources() {
        assert!(
            !source.code.contains("super::super::"),
            "{}: name the room (`crate::room`) instead of climbing to it",
            source.path.display()
        );
        assert!(
            !source.code.contains("use crate::{"),
            "{}: one `use` per room, so that these rules can read it",
            source.path.display()
        );
    }
}

#[test]
fn files_are_short_and_say_what_they_are() {
    for source in sources() {
        let lines = source.text.lines().count();
        assert!(
            lines <= LINES_MAX,
            "{}: {lines} lines: split it into files about one thing each",
            source.path.display()
        );
        assert!(
            source.text.starts_with("//!"),
            "{}: begin with what this file is, what it never does, and why",
            source.path.display()
        );
    }
}

#[test]
fn nothing_is_left_unfinished() {
    // Put together at run time, so that this file does not find itself.
    let words = [["TO", "DO"], ["FIX", "ME"], ["XX", "X"]].map(|parts| parts.concat());
    for source in sources() {
        for word in words
            .iter()
            .map(String::as_str)
            .chain(["todo!(", "unimplemented!("])
        {
            assert!(
                !source.text.contains(word),
                "{}: {word}",
                source.path.display()
            );
        }
    }
}

#[test]
fn the_top_level_is_the_one_asked_for() {
    let expected = [
        "Cargo.lock",
        "Cargo.toml",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "README.md",
        "benches",
        "clippy.toml",
        "deny.toml",
        "migrations",
        "rustfmt.toml",
        "src",
        "target",
        "tests",
    ];
    for entry in fs::read_dir(".").unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        let is_log = name.contains(".db");
        assert!(
            name.starts_with('.') || is_log || expected.contains(&name.as_str()),
            "{name}: the top level is fixed; give it a place below"
        );
    }
}

#[test]
fn migrations_are_numbered_without_a_hole() {
    let mut names: Vec<String> = fs::read_dir("migrations")
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    for (index, name) in names.iter().enumerate() {
        assert!(name.starts_with(&format!("{:04}_", index + 1)), "{name}");
    }
}
