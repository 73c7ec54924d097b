//! The tool, run in a directory of its own.

use assert_cmd::Command;
use serde_json::Value;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A directory to run the tool in.
pub(crate) struct Tool {
    dir: TempDir,
}

/// What a run left behind.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// Its standard output as one JSON value.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }

    /// Its standard output as one JSON value a line.
    pub(crate) fn json_lines(&self) -> Vec<Value> {
        self.out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// Itself, where the tool was content.
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.code, 0, "{}", self.err);
        self
    }

    /// What it complained of, where it ended with this code.
    pub(crate) fn fails_with_text(self, code: i32) -> String {
        self.fails_with(code).err
    }

    /// Itself, where the tool ended with this code and complained.
    pub(crate) fn fails_with(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{} {}", self.out, self.err);
        assert!(self.err.contains("error:"), "{}", self.err);
        self
    }
}

impl Tool {
    pub(crate) fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The tool, not yet run.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        Command::from_std(self.child(args))
    }

    /// The tool as a child of one's own; nothing of this process's settings reaches it.
    pub(crate) fn child(&self, args: &[&str]) -> std::process::Command {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_projectionist"));
        command.args(args).current_dir(self.dir.path());
        for name in [
            "HOST",
            "CHANNEL",
            "USERNAME",
            "PASSWORD",
            "CHANNEL_PASSWORD",
        ] {
            command.env_remove(format!("CYTUBE_{name}"));
        }
        command.env_remove("RUST_LOG").env_remove("CLICOLOR_FORCE");
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        let output = self.command(args).output().unwrap();
        Ran {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Records a plain server into `room.db`.
    pub(crate) fn record(&self, url: &str, more: &[&str]) -> Ran {
        let args = ["record", url, "--allow-insecure", "--log", "room.db"];
        self.run(&[&args[..], more].concat())
    }

    /// Takes one connection of a recording into the log `<conn>.db`.
    pub(crate) fn ingest(&self, recording: &str, conn: &str) -> String {
        let log = format!("{conn}.db");
        let file = fixture(recording);
        self.run(&["ingest", &file, "--conn", conn, "--log", &log])
            .ok();
        log
    }

    /// The state that `state --json` prints, with further arguments.
    pub(crate) fn state(&self, log: &str, more: &[&str]) -> Value {
        let mut args = vec!["state", log, "--json"];
        args.extend(more);
        self.run(&args).ok().json()
    }
}

/// A recording of real traffic.
pub(crate) fn fixture(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("tests/fixtures/recordings").join(name);
    path.to_str().unwrap().to_owned()
}
