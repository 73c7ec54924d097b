//! The tool while it runs: its lines as they come, signals, and its end.

use crate::tool::{Ran, Tool};
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// Longer than anything here takes; only a failure waits for it.
pub(crate) const WAIT: Duration = Duration::from_secs(20);

/// A run of the tool that has not ended.
pub(crate) struct Running {
    child: Child,
    out: mpsc::Receiver<String>,
    err: mpsc::Receiver<String>,
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    pub(crate) fn start(tool: &Tool, args: &[&str]) -> Self {
        Self::spawn(tool.child(args))
    }

    pub(crate) fn spawn(mut command: Command) -> Self {
        command.stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        Self {
            out: lines(child.stdout.take().unwrap()),
            err: lines(child.stderr.take().unwrap()),
            child,
        }
    }

    /// Reads standard output up to a line that holds `part`.
    pub(crate) fn prints(&self, part: &str) -> String {
        until(&self.out, part)
    }

    /// Reads standard error up to a line that holds `part`.
    pub(crate) fn notes(&self, part: &str) -> String {
        until(&self.err, part)
    }

    /// Sends a signal, such as `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        let sent = Command::new("sh").args(["-c", &kill]).status().unwrap();
        assert!(sent.success());
    }

    /// What is left of its output, and its exit code; -1 where a signal ended it.
    pub(crate) fn end(mut self) -> Ran {
        let rest = |lines: &mpsc::Receiver<String>| {
            let mut text = String::new();
            while let Ok(line) = lines.recv_timeout(WAIT) {
                text.push_str(&line);
            }
            text
        };
        // Both streams are read to their ends first: the process is over by then, or hangs.
        let (out, err) = (rest(&self.out), rest(&self.err));
        let code = self.child.wait().unwrap().code().unwrap_or(-1);
        Ran { code, out, err }
    }
}

fn until(lines: &mpsc::Receiver<String>, part: &str) -> String {
    let mut seen = String::new();
    while let Ok(line) = lines.recv_timeout(WAIT) {
        if line.contains(part) {
            return line;
        }
        seen.push_str(&line);
    }
    panic!("no line with {part:?}, but:\n{seen}");
}

/// Lines of a stream as they come; the sender goes when the stream ends.
fn lines(stream: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel();
    let mut stream = BufReader::new(stream);
    let read = move || {
        let mut line = Vec::new();
        while stream.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
            let text = String::from_utf8_lossy(&line).into_owned();
            line.clear();
            if sender.send(text).is_err() {
                return;
            }
        }
    };
    let reader = std::thread::Builder::new().name("lines of a child".to_owned());
    reader.spawn(read).unwrap();
    lines
}
