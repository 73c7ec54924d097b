//! `demo`: a lively room on loopback, recorded over a real socket, and what was learnt from it.
//!
//! Needs no network, no account and no argument. The room is the model server's; everything from
//! the socket on is what a recording of a real channel goes through.

use crate::cli::failure::Failure;
use crate::cli::output::Out;
use crate::cli::progress;
use crate::cli::record::{End, Recording, Showing};
use crate::cli::stop::Stop;
use crate::cli::text::plain;
use indicatif::{HumanBytes, HumanCount};
use projectionist::testing::{ModelServer, ServerConfig, Traffic, TrafficConfig};
use projectionist::{Config, Event, Kind, Read, SqliteReader};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

const ROOM: &str = "cinema";

/// What happens in a second of the demo's room.
const RATE: f64 = 12.0;

/// Chatters named in the summary.
const CHATTERS_MAX: usize = 5;

const EXAMPLES: &str = "\
Examples:
  projectionist demo
  projectionist demo --seconds 60 --log demo.events.db
  projectionist demo --seed 7 --seconds 5 && echo recorded

The log is a new file each time: one that is there already is left alone.";

/// Options of `demo`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// How long to record
    #[arg(long, default_value_t = 20, value_name = "N")]
    seconds: u64,
    /// Where to [default: a new file in the folder for temporary files]
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// Same seed, same evening
    #[arg(long, default_value_t = 1, value_name = "N")]
    seed: u64,
}

/// Plays an evening, records it, and tells what was learnt.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let log = log_path(args)?;
    let stop = Stop::listen()?;
    let bad = |error: std::io::Error| Failure::Bad(format!("starting the room: {error}"));
    let server = ModelServer::start(ServerConfig::default()).map_err(bad)?;
    let traffic = TrafficConfig::new(args.seed, ROOM).rate(RATE);
    let traffic = Traffic::start(&server, traffic).map_err(bad)?;
    let config = Config::new(server.url(), ROOM)
        .guest("projectionist")
        .allow_insecure(true)
        .log(&log);
    let mut recording = Recording::start(config, Showing::Status)?;
    let end = recording.run(&stop, Some(Duration::from_secs(args.seconds)));
    let closed = recording.close();
    drop(traffic);
    server.stop();
    match end? {
        End::Asked => closed?,
        End::Refused(text) => return Err(Failure::Refused(text)),
        End::NotRecorded(text) => return Err(Failure::NotRecorded(text)),
    }
    learnt(&log, args.seconds)
}

/// The file to record into; never one that holds something else.
fn log_path(args: &Args) -> Result<PathBuf, Failure> {
    let Some(path) = &args.log else {
        let folder = std::env::temp_dir();
        let name = |n: u32| folder.join(format!("projectionist-demo-{n}.events.db"));
        let free = (1..10_000).map(name).find(|path| !path.exists());
        return free.ok_or_else(|| {
            Failure::Usage(format!(
                "{}: full of demos; give --log FILE",
                folder.display()
            ))
        });
    };
    if path.exists() {
        let text = format!("{} exists: give a new file, or remove it", path.display());
        return Err(Failure::Usage(text));
    }
    Ok(path.clone())
}

fn learnt(log: &std::path::Path, seconds: u64) -> Result<(), Failure> {
    let reader = SqliteReader::open(log)?;
    let mut out = Out::text();
    writeln!(out)?;
    people(&mut out, &reader)?;
    chatters(&mut out, &reader)?;
    let counts = reader.kind_counts()?;
    let total: u64 = counts.iter().map(|(_, count)| count).sum();
    writeln!(
        out,
        "events       {}, {:.1} a second",
        HumanCount(total),
        per_second(total, seconds)
    )?;
    for (kind, count) in &counts {
        writeln!(out, "    {:>6}  {kind}", HumanCount(*count))?;
    }
    let gaps = reader
        .read(&Read::default().kinds([Kind::ChatGapFound]))?
        .len();
    writeln!(out, "gaps         {gaps} in the chat")?;
    writeln!(
        out,
        "log          {} ({})",
        log.display(),
        HumanBytes(reader.size_bytes())
    )?;
    out.flush()?;
    progress::note(&format!(
        "Next:  projectionist verify {path}\n       projectionist state {path}",
        path = log.display()
    ));
    Ok(())
}

fn per_second(count: u64, seconds: u64) -> f64 {
    count as f64 / seconds.max(1) as f64
}

fn people(out: &mut Out, reader: &SqliteReader) -> Result<(), Failure> {
    let state = crate::cli::fold::state_at(reader, None)?;
    let users = state.users.as_ref().map_or(0, |users| users.len());
    match state.user_count {
        Some(viewers) => writeln!(out, "users        {users} at the end, of {viewers} viewers")?,
        None => writeln!(out, "users        {users} at the end")?,
    }
    match state.media.as_ref() {
        Some(playing) => writeln!(out, "playing      {}", plain(&playing.media.title))?,
        None => writeln!(out, "playing      nothing")?,
    }
    let items = state.playlist.as_ref().map_or(0, |list| list.len());
    Ok(writeln!(out, "playlist     {items} items")?)
}

fn chatters(out: &mut Out, reader: &SqliteReader) -> Result<(), Failure> {
    let mut lines: BTreeMap<String, u64> = BTreeMap::new();
    reader.visit(
        &Read::default().kinds([Kind::MessageSaid]),
        &mut |recorded| {
            if let Event::MessageSaid(message) = &recorded.event {
                *lines.entry(message.user.name.clone()).or_default() += 1;
            }
            true
        },
    )?;
    let mut lines: Vec<_> = lines.into_iter().collect();
    lines.sort_by(|(a, x), (b, y)| y.cmp(x).then_with(|| a.cmp(b)));
    let top: Vec<_> = lines
        .iter()
        .take(CHATTERS_MAX)
        .map(|(name, count)| format!("{} ({count})", plain(name)))
        .collect();
    Ok(writeln!(out, "chatters     {}", top.join(", "))?)
}
