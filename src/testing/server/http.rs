//! As much HTTP/1.1 as discovery, upgrades and long polling need.

use std::io::{self, Read, Write};

/// Longest request head, in bytes.
const HEAD_BYTES_MAX: usize = 16 * 1_024;

/// A request whose head has been read.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) method: String,
    /// Without the query.
    pub(super) path: String,
    query: String,
    /// Names in lower case.
    headers: Vec<(String, String)>,
    /// What was read beyond the head.
    rest: Vec<u8>,
}

impl Request {
    /// Reads one request head; `None` when the peer has ended the connection before any.
    pub(super) fn read(stream: &mut impl Read, mut read: Vec<u8>) -> io::Result<Option<Self>> {
        let mut chunk = [0; 4_096];
        loop {
            if let Some(end) = read.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                let rest = read.split_off(end + 4);
                let head = String::from_utf8(read).map_err(|_| bad("a head that is not text"))?;
                return Self::parse(&head, rest).map(Some);
            }
            if read.len() > HEAD_BYTES_MAX {
                return Err(bad("a head over the limit"));
            }
            match stream.read(&mut chunk)? {
                0 if read.is_empty() => return Ok(None),
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                len => read.extend_from_slice(chunk.get(..len).unwrap_or(&[])),
            }
        }
    }

    fn parse(head: &str, rest: Vec<u8>) -> io::Result<Self> {
        let mut lines = head.split("\r\n");
        let mut words = lines.next().unwrap_or("").split(' ');
        let (Some(method), Some(target)) = (words.next(), words.next()) else {
            return Err(bad("no request line"));
        };
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let header = |line: &str| {
            let (name, value) = line.split_once(':')?;
            Some((name.trim().to_ascii_lowercase(), value.trim().to_owned()))
        };
        Ok(Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: lines.filter_map(header).collect(),
            rest,
        })
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// A parameter of the query, as it stands there.
    pub(super) fn param(&self, name: &str) -> Option<&str> {
        let mut pairs = self
            .query
            .split('&')
            .filter_map(|pair| pair.split_once('='));
        pairs
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value)
    }

    pub(super) fn wants_upgrade(&self) -> bool {
        self.header("upgrade")
            .is_some_and(|to| to.eq_ignore_ascii_case("websocket"))
    }

    /// Reads the body. Leaves what follows it in place of it; `None` when it is over the limit.
    pub(super) fn read_body(
        &mut self,
        stream: &mut impl Read,
        bytes_max: usize,
    ) -> io::Result<Option<String>> {
        let length = self
            .header("content-length")
            .and_then(|len| len.parse::<usize>().ok());
        let length = length.unwrap_or(0);
        if length > bytes_max {
            return Ok(None);
        }
        let mut body = std::mem::take(&mut self.rest);
        let missing = length.saturating_sub(body.len());
        stream.take(missing as u64).read_to_end(&mut body)?;
        if body.len() < length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.rest = body.split_off(length);
        Ok(Some(String::from_utf8_lossy(&body).into_owned()))
    }

    /// What was read beyond this request.
    pub(super) fn into_rest(self) -> Vec<u8> {
        self.rest
    }
}

/// Writes an answer that keeps the connection.
pub(super) fn respond(
    stream: &mut impl Write,
    status: u16,
    kind: &str,
    body: &str,
) -> io::Result<()> {
    let length = body.len();
    let reason = if status < 300 { "OK" } else { "Refused" };
    let answer = format!(
        "HTTP/1.1 {status} {reason}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    // In one piece: small answers must not wait for each other's acknowledgement.
    stream.write_all(answer.as_bytes())
}

fn bad(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_request_its_body_and_leaves_the_next() {
        let bytes =
            b"POST /socket.io/?EIO=4&sid=abc HTTP/1.1\r\nContent-Length: 5\r\nX: y\r\n\r\nhelloGET";
        let mut stream = &bytes[..];
        let mut request = Request::read(&mut stream, Vec::new()).unwrap().unwrap();
        assert_eq!(
            (request.method.as_str(), request.path.as_str()),
            ("POST", "/socket.io/")
        );
        assert_eq!(request.param("sid"), Some("abc"));
        assert_eq!(request.header("x"), Some("y"));
        let body = request.read_body(&mut stream, 10).unwrap();
        assert_eq!(body.as_deref(), Some("hello"));
        assert_eq!(request.into_rest(), b"GET");
    }

    #[test]
    fn endless_heads_and_bodies_are_refused() {
        let mut endless = io::repeat(b'x');
        assert!(Request::read(&mut endless, Vec::new()).is_err());
        let bytes = b"POST / HTTP/1.1\r\nContent-Length: 999\r\n\r\n";
        let mut request = Request::read(&mut &bytes[..], Vec::new()).unwrap().unwrap();
        assert_eq!(request.read_body(&mut io::empty(), 10).unwrap(), None);
    }
}
