//! `ingest`: a recording of frames into a log, as if it had been lived through. A file that a browser
//! saved of a channel's page is made into such a recording first.

use crate::cli::clock::Stopwatch;
use crate::cli::failure::Failure;
use crate::cli::output::Out;
use crate::cli::progress;
use crate::cli::text::plain;
use projectionist::{
    ChannelState, Config, LogError, Seq, SqliteReader,
    channel::{Channel, RetryDelays},
    event_log::EventLog,
    recording::{Har, RecordingError, Survey, connections, ingest, is_har, read_har, survey},
    sqlite::{LogOptions, SqliteLog},
    time::Now,
};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  projectionist ingest frames.jsonl --conn alice --log alice.events.db
  projectionist ingest frames.jsonl --conn anon --log lobby.events.db --channel lobby --json
  projectionist ingest cytu.be.har --log lobby.events.db

A HAR file is what a browser's developer tools save: open them, load the channel's page, and export
the network log with content (Chromium keeps the sockets' messages). Cookies, headers and whatever
else is in it are not taken in.";

/// What a log made from a recording says in place of a site.
const ORIGIN: &str = "recording";

/// The channel of a connection that never tries to join one.
const NO_CHANNEL: &str = "unknown";

/// Bytes read at a time.
const BUFFER_BYTES: usize = 1 << 20;

/// Options of `ingest`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The recording: one JSON object a line, with t, conn, dir and frame; or a browser's HAR file
    file: PathBuf,
    /// Label of the connection to take in, or number of the socket, where there are several
    #[arg(long, value_name = "NAME")]
    conn: Option<String>,
    /// The log, which is made or continued
    #[arg(long, value_name = "FILE")]
    log: PathBuf,
    /// Name of the channel, instead of the one that the connection joins
    #[arg(long, value_name = "NAME")]
    channel: Option<String>,
    /// Keep addresses, aliases and shadow mutes that the frames show
    #[arg(long)]
    record_moderator_data: bool,
    /// Print what was taken in as one JSON object
    #[arg(long)]
    json: bool,
}

/// What was taken in.
#[derive(Debug, Serialize)]
struct Taken<'a> {
    file: &'a Path,
    conn: &'a str,
    log: &'a Path,
    channel: &'a str,
    lines: u64,
    events: u64,
    first_seq: u64,
    last_seq: u64,
    kinds: BTreeMap<String, u64>,
    frames: u64,
    playback_ticks_not_recorded: u64,
    users: Option<usize>,
    playlist_items: Option<usize>,
    playing: Option<&'a str>,
    log_bytes: u64,
    seconds: f64,
}

/// Whatever has no connection of its own never reconnects.
pub(crate) struct NoDelays;

impl RetryDelays for NoDelays {
    fn next_delay(&mut self) -> Duration {
        Duration::ZERO
    }

    fn reset(&mut self) {}
}

/// Takes a recording in and says what was in it.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let watch = Stopwatch::start();
    let recording = Recording::open(&args.file)?;
    let conn = match &args.conn {
        Some(conn) => conn.clone(),
        None => recording.only_connection()?,
    };
    let survey = survey(recording.read()?, &conn)?;
    let channel_name = args.channel.clone().or_else(|| survey.channel.clone());
    let channel_name = channel_name.unwrap_or_else(|| NO_CHANNEL.to_owned());
    let options = LogOptions::new(&channel_name, ORIGIN);
    let log = SqliteLog::create_or_open(&args.log, &options)?;
    let before = log.head().seq;
    let kinds_before = kinds(&args.log, before)?;

    let config =
        Config::new(ORIGIN, &channel_name).record_moderator_data(args.record_moderator_data);
    let now = Now::from_millis(survey.first_ms);
    let mut channel = Channel::observe(&config, log, Box::new(NoDelays), now)?;
    feed(args, &recording, &conn, &survey, &mut channel)?;
    channel.snapshot()?;

    let counters = channel.counters();
    let state = std::sync::Arc::clone(channel.state());
    channel.into_log().close()?;
    let taken = Taken {
        file: &args.file,
        conn: &conn,
        log: &args.log,
        channel: &channel_name,
        lines: survey.lines,
        events: state.seq.0 - before.0,
        first_seq: before.next().0,
        last_seq: state.seq.0,
        kinds: difference(kinds(&args.log, state.seq)?, &kinds_before),
        frames: counters.frames,
        playback_ticks_not_recorded: counters.unrecorded.ticks,
        users: state.users.as_ref().map(|users| users.len()),
        playlist_items: state.playlist.as_ref().map(|list| list.len()),
        playing: state
            .media
            .as_ref()
            .map(|playing| playing.media.title.as_str()),
        log_bytes: SqliteReader::open(&args.log)?.size_bytes(),
        seconds: watch.elapsed().as_secs_f64(),
    };
    print(args, &taken, &state)
}

/// What is taken in: lines in a file, which are read as they are wanted, or those made of a HAR file.
enum Recording<'a> {
    Lines(&'a Path),
    Har(Har),
}

impl<'a> Recording<'a> {
    fn open(path: &'a Path) -> Result<Self, Failure> {
        let mut file = open(path)?;
        let failed = |error: std::io::Error| Failure::Bad(format!("{}: {error}", path.display()));
        if !is_har(file.fill_buf().map_err(failed)?) {
            return Ok(Self::Lines(path));
        }
        let har = read_har(file)?;
        if har.not_text > 0 {
            let count = har.not_text;
            progress::note(&format!("{count} messages are no text: not taken in"));
        }
        Ok(Self::Har(har))
    }

    fn read(&self) -> Result<Box<dyn BufRead + '_>, Failure> {
        Ok(match self {
            Self::Lines(path) => Box::new(open(path)?),
            Self::Har(har) => Box::new(har.lines.as_slice()),
        })
    }

    /// The connection to take in where none is named.
    fn only_connection(&self) -> Result<String, Failure> {
        let found = match self {
            Self::Lines(_) => connections(self.read()?)?,
            Self::Har(har) => har.sockets.iter().map(ToString::to_string).collect(),
        };
        match (self, found.as_slice()) {
            (Self::Lines(_), [one]) => Ok(one.clone()),
            // Sockets are numbered.
            (Self::Har(_), [_]) => Ok("1".to_owned()),
            (_, found) => Err(Failure::Usage(format!(
                "say with --conn which connection to take in; there are: {}",
                plain(&found.join(", "))
            ))),
        }
    }
}

fn open(path: &Path) -> Result<BufReader<File>, Failure> {
    let failed = |error: std::io::Error| Failure::Bad(format!("{}: {error}", path.display()));
    let file = File::open(path).map_err(failed)?;
    if !file.metadata().map_err(failed)?.is_file() {
        let text = format!(
            "{}: not a file; it is read twice, so a pipe will not do",
            path.display()
        );
        return Err(Failure::Usage(text));
    }
    Ok(BufReader::with_capacity(BUFFER_BYTES, file))
}

fn feed(
    args: &Args,
    recording: &Recording<'_>,
    conn: &str,
    survey: &Survey,
    channel: &mut Channel<SqliteLog>,
) -> Result<(), Failure> {
    let bar = progress::bar("frames", survey.lines);
    let source = args.file.file_name().unwrap_or_default().to_string_lossy();
    let lines = recording.read()?;
    let fed = ingest(channel, &source, conn, survey, lines, |done| {
        bar.set_position(done);
    });
    bar.finish_and_clear();
    fed.map_err(|error| match error {
        RecordingError::Log(LogError::Duplicate { .. }) => Failure::Unfit(format!(
            "{} holds these lines of {conn} already: nothing was added",
            args.log.display()
        )),
        error => error.into(),
    })
}

fn kinds(log: &Path, head: Seq) -> Result<BTreeMap<String, u64>, Failure> {
    if head == Seq(0) {
        return Ok(BTreeMap::new());
    }
    let counts = SqliteReader::open(log)?.kind_counts()?;
    Ok(counts.into_iter().collect())
}

fn difference(
    mut after: BTreeMap<String, u64>,
    before: &BTreeMap<String, u64>,
) -> BTreeMap<String, u64> {
    for (kind, count) in &mut after {
        *count -= before.get(kind).copied().unwrap_or(0).min(*count);
    }
    after.retain(|_, count| *count > 0);
    after
}

fn print(args: &Args, taken: &Taken<'_>, state: &ChannelState) -> Result<(), Failure> {
    let mut out = if args.json { Out::data() } else { Out::text() };
    if args.json {
        out.json(taken)?;
        return Ok(out.flush()?);
    }
    let Taken {
        lines,
        events,
        first_seq,
        last_seq,
        ..
    } = taken;
    let channel = plain(taken.channel);
    writeln!(
        out,
        "{events} events ({first_seq} to {last_seq}) from {lines} lines of {}",
        plain(taken.conn)
    )?;
    writeln!(out, "channel      {channel}")?;
    for (kind, count) in &taken.kinds {
        writeln!(out, "{count:>8}  {kind}")?;
    }
    let unknown = || "unknown".to_owned();
    writeln!(
        out,
        "at the end   {} users, {} items in the playlist, playing {}",
        taken.users.map_or_else(unknown, |count| count.to_string()),
        taken
            .playlist_items
            .map_or_else(unknown, |count| count.to_string()),
        match taken.playing {
            Some(title) => plain(title).into_owned(),
            None if state.media.is_unknown() => unknown(),
            None => "nothing".to_owned(),
        }
    )?;
    writeln!(
        out,
        "log          {} ({} bytes)",
        args.log.display(),
        taken.log_bytes
    )?;
    writeln!(
        out,
        "Next:  projectionist state {0}\n       projectionist tail {0}",
        args.log.display()
    )?;
    Ok(out.flush()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_new_is_counted() {
        let map = |pairs: &[(&str, u64)]| -> BTreeMap<String, u64> {
            pairs
                .iter()
                .map(|(kind, count)| ((*kind).to_owned(), *count))
                .collect()
        };
        let after = map(&[("message", 5), ("pm", 2), ("import", 1)]);
        let before = map(&[("message", 3), ("pm", 2)]);
        assert_eq!(
            difference(after, &before),
            map(&[("import", 1), ("message", 2)])
        );
    }
}
