//! What a browser saved of a channel's page: a HAR file, as lines of a recording.
//!
//! Chromium's developer tools keep a socket's messages in `_webSocketMessages` of its entry: `type`
//! (`send`, `receive`), `time` in seconds, `opcode` (1: text), `data`. A browser begins with long
//! polling: those requests and answers are entries of their own, and belong to the socket whose `sid`
//! they bear. Nothing else of the file is kept: no header, no cookie, no query of an address, no page.

use super::{RecordingError, joined_channel};
use crate::time::UnixMicros;
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Bytes of a file that are read. A page left open for days makes some hundred megabytes.
pub const HAR_BYTES_MAX: u64 = 1 << 30;

/// The sockets of a HAR file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Har {
    /// Their frames, as the lines that [`survey`](super::survey) and [`ingest`](super::ingest) read.
    pub lines: Vec<u8>,
    /// Each socket, in the order they were opened.
    pub sockets: Vec<HarSocket>,
    /// Messages that are no text, which CyTube never sends: left out.
    pub not_text: u64,
}

/// One socket of a HAR file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HarSocket {
    /// Its label in the lines: its number, from 1.
    pub label: String,
    /// Scheme, host and port of its address.
    pub site: String,
    /// The channel it joins; `None` if it does not.
    pub channel: Option<String>,
    /// Its frames.
    pub frames: u64,
}

/// In words, for a choice among several.
impl std::fmt::Display for HarSocket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            label,
            site,
            channel,
            frames,
        } = self;
        write!(f, "{label} ({site}, ")?;
        match channel {
            Some(channel) => write!(f, "joins {channel}")?,
            None => write!(f, "joins nothing")?,
        }
        write!(f, ", {frames} frames)")
    }
}

/// Whether a file begins as a HAR file does; its first bytes are enough.
#[must_use]
pub fn is_har(start: &[u8]) -> bool {
    let trimmed = |bytes: &[u8]| bytes.trim_ascii_start().to_vec();
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    trimmed(start)
        .strip_prefix(b"{")
        .is_some_and(|rest| trimmed(rest).starts_with(b"\"log\""))
}

/// Reads the sockets of a HAR file. Of the entries only those of sockets are kept in memory.
///
/// # Errors
/// - [`RecordingError::Har`]: it is no HAR file, is longer than [`HAR_BYTES_MAX`], or has no socket of
///   a CyTube channel.
pub fn read_har(file: impl std::io::BufRead) -> Result<Har, RecordingError> {
    let mut file = file.take(HAR_BYTES_MAX);
    let read = serde_json::from_reader::<_, File>(&mut file);
    if file.limit() == 0 {
        return Err(failed(format!(
            "it is longer than {HAR_BYTES_MAX} bytes: export it with the sockets only (filter WS)"
        )));
    }
    let file = read.map_err(|error| failed(error.to_string()))?;
    let mut gathered = Gathered::default();
    for entry in file.log.entries {
        gathered.add(entry);
    }
    if gathered.sockets.is_empty() {
        return Err(failed(
            "it has no messages of a CyTube socket: record with the developer tools open before the \
             page is loaded, in a browser that saves them (Chromium), and export with content"
                .to_owned(),
        ));
    }
    gathered.finish().map_err(|error| failed(error.to_string()))
}

fn failed(detail: String) -> RecordingError {
    RecordingError::Har { detail }
}

/// The parts of a HAR file that are read.
#[derive(Deserialize)]
struct File {
    log: Log,
}

#[derive(Deserialize)]
struct Log {
    #[serde(deserialize_with = "of_sockets")]
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    #[serde(default)]
    started_date_time: String,
    /// How long it took, milliseconds.
    #[serde(default)]
    time: Option<f64>,
    request: Request,
    #[serde(default)]
    response: Response,
    #[serde(default, rename = "_webSocketMessages")]
    messages: Vec<Message>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    url: String,
    #[serde(default)]
    post_data: Option<Text>,
}

#[derive(Default, Deserialize)]
struct Response {
    #[serde(default)]
    status: i64,
    #[serde(default)]
    content: Text,
}

#[derive(Default, Deserialize)]
struct Text {
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    encoding: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    #[serde(rename = "type")]
    way: String,
    /// Seconds since 1970.
    time: f64,
    #[serde(default)]
    opcode: i64,
    #[serde(default)]
    data: String,
}

impl Entry {
    /// The query of its address, if it is one of Socket.IO's.
    fn query(&self) -> Option<&str> {
        let (path, query) = self.request.url.split_once('?')?;
        path.ends_with("/socket.io/").then_some(query)
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        let pairs = self
            .query()?
            .split('&')
            .filter_map(|pair| pair.split_once('='));
        pairs
            .into_iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    }

    /// Scheme, host and port of its address.
    fn site(&self) -> String {
        let url = &self.request.url;
        let host = url.find("://").map_or(0, |at| at + 3);
        let end = url.get(host..).and_then(|rest| rest.find('/'));
        let site = url.get(..end.map_or(url.len(), |end| host + end));
        // A name and a password before the host are nobody's business.
        let site = site.unwrap_or_default();
        match site.rsplit_once('@') {
            Some((_, host)) => host.to_owned(),
            None => site.to_owned(),
        }
    }
}

/// Keeps the entries of Socket.IO; the others, a whole site's maybe, go as they are read.
fn of_sockets<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<Entry>, D::Error> {
    struct OfSockets;
    impl<'de> Visitor<'de> for OfSockets {
        type Value = Vec<Entry>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a list of entries")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut kept = Vec::new();
            while let Some(entry) = list.next_element::<Entry>()? {
                if entry.query().is_some() {
                    kept.push(entry);
                }
            }
            Ok(kept)
        }
    }
    d.deserialize_seq(OfSockets)
}

/// A line of a recording.
#[derive(Serialize)]
struct Line {
    t: i64,
    #[serde(skip)]
    socket: usize,
    conn: String,
    dir: &'static str,
    frame: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    transport: Option<&'static str>,
}

/// Lines and sockets so far.
#[derive(Default)]
struct Gathered {
    lines: Vec<Line>,
    sockets: Vec<HarSocket>,
    /// Which socket a session id is of.
    by_sid: BTreeMap<String, usize>,
    not_text: u64,
}

impl Gathered {
    fn add(&mut self, entry: Entry) {
        if entry.parameter("transport") == Some("polling") {
            self.add_polling(entry);
        } else if !entry.messages.is_empty() {
            self.add_messages(entry);
        }
    }

    fn add_messages(&mut self, entry: Entry) {
        let opened = entry
            .messages
            .iter()
            .find_map(|message| sid_of_open(&message.data));
        let socket = self.socket(&entry, opened);
        for message in entry.messages {
            let dir = match message.way.as_str() {
                "send" => "send",
                "receive" => "recv",
                _ => continue,
            };
            if message.opcode == 1 {
                self.push(socket, millis(message.time), dir, message.data, None);
            } else {
                self.not_text += 1;
            }
        }
    }

    fn add_polling(&mut self, mut entry: Entry) {
        let Some(began) = UnixMicros::parse_iso(&entry.started_date_time) else {
            return;
        };
        let answer = std::mem::take(&mut entry.response.content);
        let answer = (entry.response.status == 200 && answer.encoding.is_none())
            .then_some(answer.text)
            .flatten()
            .filter(|text| !text.is_empty());
        let opened = answer.as_deref().and_then(sid_of_open);
        let asked = entry.request.post_data.take().and_then(|post| post.text);
        if answer.is_none() && asked.is_none() {
            return;
        }
        let socket = self.socket(&entry, opened);
        let began = began.as_millis();
        // An answer to a post only says that it arrived.
        match asked {
            Some(text) => self.push(socket, began, "send", text, Some("polling")),
            None => {
                let ended = began.saturating_add(entry.time.unwrap_or(0.0) as i64);
                let text = answer.unwrap_or_default();
                self.push(socket, ended, "recv", text, Some("polling"));
            }
        }
    }

    /// The socket of an entry: by the session id it bears or opens, else one of its own.
    fn socket(&mut self, entry: &Entry, opened: Option<String>) -> usize {
        let sid = entry.parameter("sid").map(str::to_owned).or(opened);
        let known = sid.as_ref().and_then(|sid| self.by_sid.get(sid));
        if let Some(known) = known {
            return *known;
        }
        let place = self.sockets.len();
        self.sockets.push(HarSocket {
            label: String::new(),
            site: entry.site(),
            channel: None,
            frames: 0,
        });
        if let Some(sid) = sid {
            self.by_sid.insert(sid, place);
        }
        place
    }

    fn push(
        &mut self,
        socket: usize,
        t: i64,
        dir: &'static str,
        frame: String,
        transport: Option<&'static str>,
    ) {
        if let Some(socket) = self.sockets.get_mut(socket) {
            socket.frames += 1;
            if dir == "send" && socket.channel.is_none() {
                socket.channel = frame.split('\u{1e}').find_map(joined_channel);
            }
        }
        self.lines.push(Line {
            t,
            socket,
            conn: String::new(),
            dir,
            frame,
            transport,
        });
    }

    /// Puts the lines in order of time and numbers the sockets by their first.
    fn finish(mut self) -> Result<Har, serde_json::Error> {
        self.lines.sort_by_key(|line| line.t);
        let mut order: Vec<usize> = Vec::new();
        let mut bytes = Vec::new();
        for line in &mut self.lines {
            let place = order.iter().position(|socket| *socket == line.socket);
            let place = place.unwrap_or_else(|| {
                order.push(line.socket);
                order.len() - 1
            });
            line.conn = (place + 1).to_string();
            serde_json::to_writer(&mut bytes, line)?;
            bytes.push(b'\n');
        }
        let sockets = order.iter().zip(1_usize..).filter_map(|(place, number)| {
            let label = number.to_string();
            let socket = self.sockets.get(*place)?.clone();
            Some(HarSocket { label, ..socket })
        });
        Ok(Har {
            sockets: sockets.collect(),
            lines: bytes,
            not_text: self.not_text,
        })
    }
}

/// Seconds as they stand in the file, in whole milliseconds.
fn millis(seconds: f64) -> i64 {
    (seconds * 1_000.0).round() as i64
}

/// The session id in an Engine.IO open packet.
fn sid_of_open(frame: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Open {
        sid: String,
    }
    let json = frame.strip_prefix('0')?.split('\u{1e}').next()?;
    serde_json::from_str::<Open>(json).ok().map(|open| open.sid)
}

#[cfg(test)]
mod tests;
