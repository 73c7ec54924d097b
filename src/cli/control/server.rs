//! The socket that a recording listens on.

use super::client::is_timeout;
use super::protocol::{LINE_BYTES_MAX, REDACT, Reply, Request};
use crate::cli::failure::Failure;
use projectionist::ChannelHandle;
use std::fs::{DirBuilder, Permissions};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// Processes that may be connected at once.
const CLIENTS_MAX: usize = 16;

/// How often a silent client is looked at, so that the end of the recording ends it too.
const TICK: Duration = Duration::from_millis(250);

/// Longer than any command takes; the engine settles each by itself.
const OUTCOME_WAIT: Duration = Duration::from_secs(600);

/// A control socket, there while this value is.
pub(crate) struct Control {
    path: PathBuf,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Control {
    /// Listens at a path for commands to a channel.
    pub(crate) fn listen(path: &Path, handle: ChannelHandle) -> Result<Self, Failure> {
        let bad = |error: std::io::Error| {
            Failure::Usage(format!("control socket {}: {error}", path.display()))
        };
        refuse_to_replace(path)?;
        let listener = bind_for_owner(path).map_err(bad)?;
        let over = Arc::new(AtomicBool::new(false));
        let accepting = Arc::clone(&over);
        let thread = std::thread::Builder::new().name("control".to_owned());
        let thread = thread.spawn(move || accept(&listener, &handle, &accepting));
        Ok(Self {
            path: path.to_owned(),
            over,
            thread: Some(thread.map_err(bad)?),
        })
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Release);
        // A connection of our own wakes the thread that accepts.
        let woken = UnixStream::connect(&self.path).is_ok();
        if let Some(thread) = self.thread.take().filter(|_| woken) {
            // It panics nowhere, and could tell nobody.
            let _ = thread.join();
        }
        let _ = std::fs::remove_file(&self.path);
    }
}

/// A file that is no socket, or a socket that somebody listens on, is left alone. What a killed
/// recording left behind is replaced.
fn refuse_to_replace(path: &Path) -> Result<(), Failure> {
    let Ok(metadata) = std::fs::symlink_metadata(path) else {
        return Ok(());
    };
    let path = path.display();
    if !metadata.file_type().is_socket() {
        let text = format!("{path} exists and is no socket: give another path for --control");
        return Err(Failure::Usage(text));
    }
    if UnixStream::connect(path.to_string()).is_ok() {
        let text = format!("{path} is the control socket of another recording: give another path");
        return Err(Failure::Usage(text));
    }
    Ok(())
}

/// Binds in a folder that nobody else may enter, and moves the socket to its place once it is for
/// its owner alone: at no moment may another user open it.
fn bind_for_owner(path: &Path) -> std::io::Result<UnixListener> {
    let beside = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let private = beside
        .unwrap_or(Path::new("."))
        .join(format!(".control-{}", std::process::id()));
    DirBuilder::new().mode(0o700).create(&private)?;
    let bound = bind_within(&private, path);
    std::fs::remove_dir(&private)?;
    bound
}

fn bind_within(private: &Path, path: &Path) -> std::io::Result<UnixListener> {
    let inside = private.join("s");
    let listener = UnixListener::bind(&inside)?;
    let moved = std::fs::set_permissions(&inside, Permissions::from_mode(0o600))
        .and_then(|()| std::fs::rename(&inside, path));
    if moved.is_err() {
        let _ = std::fs::remove_file(&inside);
    }
    moved.map(|()| listener)
}

fn accept(listener: &UnixListener, handle: &ChannelHandle, over: &Arc<AtomicBool>) {
    let clients = Arc::new(AtomicUsize::new(0));
    for stream in listener.incoming() {
        if over.load(Ordering::Acquire) {
            return;
        }
        let Ok(stream) = stream else { continue };
        let client = Client {
            stream,
            handle: handle.clone(),
            over: Arc::clone(over),
            _counted: Counted::one_of(&clients),
        };
        if client._counted.0.load(Ordering::Relaxed) > CLIENTS_MAX {
            client.send_off();
            continue;
        }
        let thread = std::thread::Builder::new().name("control client".to_owned());
        if let Err(error) = thread.spawn(move || client.serve()) {
            log::warn!("a control client is turned away: {error}");
        }
    }
}

/// Counts a client while it is there.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn one_of(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(count))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

struct Client {
    stream: UnixStream,
    handle: ChannelHandle,
    over: Arc<AtomicBool>,
    _counted: Counted,
}

impl Client {
    fn send_off(self) {
        let reply = Reply::error("too many control connections: try again".to_owned());
        // Whoever does not listen need not know.
        let _ = answer(&self.stream, &reply);
    }

    /// Serves one connection until it ends, or the recording does.
    fn serve(self) {
        if let Err(error) = self.take_lines() {
            log::debug!("a control connection ended: {error}");
        }
    }

    fn take_lines(&self) -> std::io::Result<()> {
        self.stream.set_read_timeout(Some(TICK))?;
        self.stream.set_write_timeout(Some(TICK * 20))?;
        let mut reader = BufReader::new(&self.stream).take(LINE_BYTES_MAX);
        let mut line = Vec::new();
        while !self.over.load(Ordering::Acquire) {
            match reader.read_until(b'\n', &mut line) {
                Ok(_) if line.ends_with(b"\n") => {
                    answer(&self.stream, &self.obey(&line))?;
                    line.clear();
                    reader.set_limit(LINE_BYTES_MAX);
                }
                // The end, or a line beyond all measure.
                Ok(_) if line.is_empty() => return Ok(()),
                Ok(_) => {
                    let reply = Reply::error("a line that does not end".to_owned());
                    return answer(&self.stream, &reply);
                }
                Err(error) if is_timeout(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn obey(&self, line: &[u8]) -> Reply {
        let request: Request = match serde_json::from_slice(line) {
            Ok(request) => request,
            Err(error) => return Reply::error(format!("not a command: {error}")),
        };
        if request.command == REDACT {
            return match serde_json::from_value(request.args) {
                Ok(redaction) => Reply::redacted(self.handle.redact_as(&redaction)),
                Err(error) => Reply::error(format!("not a redaction: {error}")),
            };
        }
        let command = match request.command() {
            Ok(command) => command,
            Err(reply) => return reply,
        };
        match self.handle.send(command) {
            Ok(receipt) => Reply::of(receipt.wait(OUTCOME_WAIT).as_ref()),
            Err(error) => Reply::not_sent(error),
        }
    }
}

fn answer(mut stream: &UnixStream, reply: &Reply) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(reply)?;
    line.push(b'\n');
    stream.write_all(&line)
}
