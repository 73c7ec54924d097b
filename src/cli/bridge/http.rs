//! Health and metrics over HTTP, for whoever watches a service: three pages, nothing to send.
//!
//! Each request is read up to a limit, within a time, answered and closed; one after the other. It
//! listens on this machine only, unless told an address that is not.

use crate::cli::failure::Failure;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

/// Bytes of a request that are looked at.
const REQUEST_MAX: usize = 4 << 10;

/// Reads of a request, at most: a client that sends byte by byte holds up nobody for long.
const READS_MAX: usize = 8;

/// How long a client may take for each.
const CLIENT_WAIT_MAX: Duration = Duration::from_secs(2);

/// A page: status, type, content.
pub(super) type Page = (u16, &'static str, String);

/// Serves pages until the process ends; gives the address.
pub(super) fn serve(
    address: SocketAddr,
    page: impl Fn(&str) -> Option<Page> + Send + 'static,
) -> Result<SocketAddr, Failure> {
    let unheard = |error: std::io::Error| Failure::Usage(format!("{address}: {error}"));
    let listener = TcpListener::bind(address).map_err(unheard)?;
    let bound = listener.local_addr().map_err(unheard)?;
    let answer = move || {
        for stream in listener.incoming().flatten() {
            // A client that goes is its own business.
            let _ = respond(stream, &page);
        }
    };
    let thread = std::thread::Builder::new().name("http".to_owned());
    thread.spawn(answer)?;
    Ok(bound)
}

fn respond(mut stream: TcpStream, page: &impl Fn(&str) -> Option<Page>) -> std::io::Result<()> {
    stream.set_read_timeout(Some(CLIENT_WAIT_MAX))?;
    stream.set_write_timeout(Some(CLIENT_WAIT_MAX))?;
    let mut request = Vec::new();
    let mut chunk = [0; 1024];
    for _ in 0..READS_MAX {
        if request.windows(4).any(|end| end == b"\r\n\r\n") || request.len() >= REQUEST_MAX {
            break;
        }
        match stream.read(&mut chunk)? {
            0 => break,
            read => request.extend_from_slice(chunk.get(..read).unwrap_or_default()),
        }
    }
    let line = request
        .split(|byte| *byte == b'\r')
        .next()
        .unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    let mut words = line.split(' ');
    let (method, target) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
    let path = target.split('?').next().unwrap_or_default();
    let (status, kind, content) = match method {
        "GET" | "HEAD" => page(path).unwrap_or((404, "text/plain", "no such page\n".to_owned())),
        _ => (405, "text/plain", "only GET\n".to_owned()),
    };
    let reason = match status {
        200 => "OK",
        404 => "Not Found",
        405 => "Method Not Allowed",
        _ => "Service Unavailable",
    };
    let length = content.len();
    let content = if method == "HEAD" {
        String::new()
    } else {
        content
    };
    write!(
        stream,
        "HTTP/1.1 {status} {reason}\r\nContent-Type: {kind}; charset=utf-8\r\n\
         Content-Length: {length}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n{content}"
    )
}
