//! Asking a recording that runs.

use super::protocol::{LINE_BYTES_MAX, Reply, Request};
use crate::cli::failure::Failure;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// Hands one command to the recording behind a control socket, and waits for what comes of it.
pub(crate) fn ask(path: &Path, request: &Request, wait: Duration) -> Result<Reply, Failure> {
    let failed = |error: std::io::Error| {
        let text = format!("{}: {error}: does `record --control` run?", path.display());
        Failure::Usage(text)
    };
    let mut stream = UnixStream::connect(path).map_err(failed)?;
    stream.set_read_timeout(Some(wait)).map_err(failed)?;
    let mut line = serde_json::to_vec(request).map_err(std::io::Error::from)?;
    line.push(b'\n');
    stream.write_all(&line).map_err(failed)?;
    let mut reply = String::new();
    let mut reader = BufReader::new(stream).take(LINE_BYTES_MAX);
    match reader.read_line(&mut reply) {
        Ok(0) => Err(Failure::Bad(
            "the recording ended before it answered".to_owned(),
        )),
        Ok(_) => serde_json::from_str(&reply)
            .map_err(|error| Failure::Bad(format!("{}: {error}", path.display()))),
        Err(error) if is_timeout(&error) => Ok(Reply::of(None)),
        Err(error) => Err(failed(error)),
    }
}

pub(super) fn is_timeout(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{TimedOut, WouldBlock};
    matches!(error.kind(), TimedOut | WouldBlock)
}
