//! Reading a segment that may have come from anywhere.
//!
//! What is wrong is told by line and event, in words that hold nothing of what was read.

use super::{FORMAT, Header, HeaderLine, LINE_MAX, RowLine, Segment, TrailerLine, VERSION};
use crate::event::{DecodeError, Event, Kind, Origin, Seq};
use crate::log::chain::Columns;
use crate::log::{ChainHash, LogError};
use crate::time::UnixMicros;
use flate2::bufread::GzDecoder;
use serde_json::error::Category;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::path::Path;

/// Positions and sessions are SQLite's integers: signed.
const NUMBER_MAX: u64 = i64::MAX.unsigned_abs();

/// A segment being read, up to where nothing was wrong.
pub(crate) struct SegmentReader {
    source: BufReader<GzDecoder<BufReader<File>>>,
    path: String,
    header: Header,
    hash: Sha256,
    line: Vec<u8>,
    /// Lines read.
    lines: u64,
    /// The event read last, or the one before the first.
    last: Seq,
    chain: ChainHash,
    received_us: i64,
}

/// One event of a segment, its hash found right.
#[derive(Debug)]
pub(crate) struct Row<'a> {
    line: RowLine<'a>,
    origin: Origin,
    /// What happened.
    pub(crate) event: Event,
}

impl Row<'_> {
    /// The columns as they are to be stored.
    pub(crate) fn columns(&self) -> Columns<'_> {
        columns(&self.line, self.origin)
    }

    /// Where the event comes from.
    pub(crate) fn origin(&self) -> Origin {
        self.origin
    }

    /// The chain's hash behind it.
    pub(crate) fn chain(&self) -> ChainHash {
        self.line.chain
    }
}

fn columns<'a>(line: &'a RowLine<'_>, origin: Origin) -> Columns<'a> {
    Columns {
        seq: line.seq,
        session: line.session_id,
        received_us: line.received_us,
        sent_ms: line.sent_ms,
        kind: &line.kind,
        schema_v: line.schema_v,
        origin: origin.as_str(),
        actor: line.actor.as_deref(),
        cause: line.cause_seq,
        corr: line.corr.as_deref(),
        dedup_key: line.dedup_key.as_deref(),
        body: line.body.get(),
        raw: line.raw.as_deref(),
    }
}

impl SegmentReader {
    /// Opens a segment and reads its header.
    ///
    /// # Errors
    /// As [`super::verify`].
    pub(crate) fn open(path: &Path) -> Result<Self, LogError> {
        let file = File::open(path).map_err(|error| LogError::Storage {
            path: path.display().to_string(),
            what: "open the segment",
            detail: error.to_string(),
            retryable: false,
        })?;
        let header = Header {
            log_id: String::new(),
            channel: String::new(),
            origin: String::new(),
            created: UnixMicros(0),
            first: Seq(1),
            last: Seq(0),
            chain_before: ChainHash::default(),
            before: None,
        };
        let mut reader = Self {
            source: BufReader::new(GzDecoder::new(BufReader::new(file))),
            path: path.display().to_string(),
            header,
            hash: Sha256::new(),
            line: Vec::new(),
            lines: 0,
            last: Seq(0),
            chain: ChainHash::default(),
            received_us: i64::MIN,
        };
        reader.read_header()?;
        Ok(reader)
    }

    /// What the segment says of itself.
    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    /// The next event; `None` behind the last. Nothing is proved before [`Self::finish`].
    pub(crate) fn next(&mut self) -> Result<Option<Row<'_>>, LogError> {
        if self.last >= self.header.last {
            return Ok(None);
        }
        self.read_line()?;
        self.hash.update(&self.line);
        let (seq, before, received_us) = (self.last.next(), self.chain, self.received_us);
        let (path, lines) = (&self.path, self.lines);
        let bad = |detail: String| damaged(path, lines, Some(seq), detail);
        let line: RowLine<'_> = parse(&self.line).map_err(bad)?;
        if line.seq != seq.0 {
            let detail = format!("event {} stands where it should", line.seq);
            return Err(bad(detail));
        }
        if line.session_id > NUMBER_MAX || line.cause_seq > Some(NUMBER_MAX) {
            return Err(bad("a number in it is out of range".to_owned()));
        }
        let known = Kind::parse(&line.kind).zip(Origin::parse(&line.origin));
        let Some((kind, origin)) = known else {
            return Err(bad("its kind or origin is unknown".to_owned()));
        };
        if columns(&line, origin).link(&before) != line.chain {
            return Err(bad("not what was written: its hash differs".to_owned()));
        }
        if line.received_us < received_us {
            return Err(bad("received before the event ahead of it".to_owned()));
        }
        let event = Event::decode(kind, line.schema_v, line.body.get())
            .map_err(|error| bad(undecoded(&error)))?;
        (self.last, self.chain, self.received_us) = (seq, line.chain, line.received_us);
        Ok(Some(Row {
            line,
            origin,
            event,
        }))
    }

    /// Reads the trailer, behind which there must be nothing. Only now is all of it proved.
    pub(crate) fn finish(mut self) -> Result<Segment, LogError> {
        self.read_line()?;
        let trailer: TrailerLine = parse(&self.line).map_err(|detail| self.bad(detail))?;
        let events = self.header.events();
        if (trailer.events, trailer.last_seq) != (events, self.last.0)
            || trailer.chain != self.chain
        {
            return Err(self.bad("the trailer is of other events"));
        }
        if trailer.sha256 != ChainHash(self.hash.clone().finalize().into()) {
            return Err(self.bad("the lines are not what was written: their hash differs"));
        }
        // Only at its end does gzip compare its own sum.
        let more = self.source.fill_buf().map(<[u8]>::is_empty);
        let more_behind = |reader: &mut Self| {
            let file = reader.source.get_mut().get_mut();
            file.fill_buf().map(<[u8]>::is_empty)
        };
        match more.and_then(|empty| Ok(empty && more_behind(&mut self)?)) {
            Ok(true) => {}
            Ok(false) => return Err(self.bad("something stands behind the trailer")),
            Err(error) => return Err(self.unread(&error)),
        }
        Ok(Segment {
            chain: self.chain,
            ..self.header.segment()
        })
    }

    fn read_header(&mut self) -> Result<(), LogError> {
        if let Err(error) = self.source.fill_buf()
            && error.kind() == ErrorKind::InvalidInput
        {
            return Err(unfit(
                &self.path,
                "no segment: it is not compressed by gzip",
            ));
        }
        self.read_line()?;
        self.hash.update(&self.line);
        let header = header(&self.path, &self.line)?;
        let first_before = header.first.0.checked_sub(1);
        let chain = header.before.as_ref().map(|before| &before.base.state);
        let fits = match (first_before, chain) {
            (None, _) => false,
            (Some(0), state) => state.is_none() && header.chain_before == ChainHash::default(),
            (Some(before), Some(state)) => {
                state.seq.0 == before && state.chain == header.chain_before
            }
            (Some(_), None) => false,
        };
        let is_id = header.log_id.len() == 32
            && header
                .log_id
                .bytes()
                .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !fits || !is_id || header.last < header.first || header.last.0 >= NUMBER_MAX {
            return Err(self.bad("the header contradicts itself"));
        }
        self.last = Seq(header.first.0 - 1);
        self.chain = header.chain_before;
        self.received_us = header
            .before
            .as_ref()
            .map_or(i64::MIN, |before| before.base.received_at.0);
        self.header = header;
        Ok(())
    }

    /// Reads a line with its end, or says that it is cut off or too long.
    fn read_line(&mut self) -> Result<(), LogError> {
        self.line.clear();
        self.lines += 1;
        let limit = LINE_MAX as u64;
        let read = (&mut self.source)
            .take(limit)
            .read_until(b'\n', &mut self.line);
        match read {
            Err(error) => Err(self.unread(&error)),
            Ok(_) if self.line.last() == Some(&b'\n') => Ok(()),
            Ok(count) if count >= LINE_MAX => {
                Err(self.bad(format!("longer than {} MiB", LINE_MAX >> 20)))
            }
            Ok(_) => Err(self.bad("cut off")),
        }
    }

    /// The event that is due, if one is.
    fn due(&self) -> Option<Seq> {
        (self.last < self.header.last).then(|| self.last.next())
    }

    fn bad(&self, detail: impl Into<String>) -> LogError {
        damaged(&self.path, self.lines, self.due(), detail.into())
    }

    /// Damage is told from a disk that cannot be read.
    fn unread(&self, error: &std::io::Error) -> LogError {
        match error.kind() {
            ErrorKind::UnexpectedEof => self.bad("cut off"),
            ErrorKind::InvalidData | ErrorKind::InvalidInput => {
                self.bad(format!("not what was compressed: {error}"))
            }
            _ => LogError::Storage {
                path: self.path.clone(),
                what: "read the segment",
                detail: error.to_string(),
                retryable: false,
            },
        }
    }
}

/// Reads a header whose version is ours.
fn header(path: &str, line: &[u8]) -> Result<Header, LogError> {
    /// What every version says.
    #[derive(serde::Deserialize)]
    struct Any {
        format: String,
        version: u32,
    }
    let any: Any = parse(line).map_err(|_| unfit(path, "no segment: it has no header"))?;
    if any.format != FORMAT {
        return Err(unfit(path, "no segment: its header is another format's"));
    }
    if any.version != VERSION {
        let text = format!(
            "a segment of version {}; this build knows {VERSION}: use a newer build",
            any.version
        );
        return Err(unfit(path, &text));
    }
    let line: HeaderLine<'_> = parse(line).map_err(|detail| damaged(path, 1, None, detail))?;
    Ok(Header {
        log_id: line.log_id,
        channel: line.channel,
        origin: line.origin,
        created: UnixMicros(line.created_us),
        first: Seq(line.first_seq),
        last: Seq(line.last_seq),
        chain_before: line.chain_before,
        before: line.base.map(super::BaseLine::before),
    })
}

/// Reads a line; what is wrong with it, if anything, in words of ours: a parser quotes its input.
fn parse<'a, T: serde::Deserialize<'a>>(line: &'a [u8]) -> Result<T, String> {
    let text = std::str::from_utf8(line).map_err(|_| "not UTF-8".to_owned())?;
    serde_json::from_str(text).map_err(|error| {
        let what = match error.classify() {
            Category::Data => "its fields are not those of such a line",
            Category::Io | Category::Syntax | Category::Eof => "no JSON",
        };
        format!("{what} (column {})", error.column())
    })
}

/// Why a body could not be read, without a word of it.
fn undecoded(error: &DecodeError) -> String {
    match error {
        DecodeError::Body { kind, .. } => format!("its body is not one of {kind}"),
        newer => newer.to_string(),
    }
}

fn damaged(path: &str, line: u64, seq: Option<Seq>, detail: String) -> LogError {
    LogError::SegmentDamaged {
        path: path.to_owned(),
        line,
        seq,
        detail,
    }
}

fn unfit(path: &str, detail: &str) -> LogError {
    LogError::SegmentUnfit {
        path: path.to_owned(),
        detail: detail.to_owned(),
    }
}
