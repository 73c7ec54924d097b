//! `import`: events from elsewhere into a log. What a file is, is told from its content.

mod foreign;
mod segments;

use crate::cli::failure::Failure;
use projectionist::segment::is_compressed;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  projectionist import old.ndjson.gz --log MyChannel.events.db
  projectionist import part-*.ndjson.gz --log restored.events.db
  projectionist import cytubebot.db --log MyChannel.events.db
  projectionist import bot_data.db --log old.events.db --channel MyChannel --origin https://cytu.be

Segments are what `archive` writes. They may be given in any order. They go into a new file, behind
the end of the log they were taken from, or in front of where it begins: the log is then the one it
was. Each is verified wholly before it counts, and taken in whole or not at all.

Databases of other bots are those of CytubeBot and its forks (tables chat, user_count, users, videos,
video_stats) and of Rosey (recent_chat, user_count_history, user_stats, channel_stats). They are only
read. Their chat and numbers of viewers become events with their own times; a log that has recorded
by itself keeps those as sent times (`history --origin import --sent`). Rows without a time are kept
as JSON in `import` events. Each row goes in once: run it again for a newer copy, or after a stop.";

/// What every SQLite database begins with.
const SQLITE_MAGIC: &[u8] = b"SQLite format 3\0";

/// Options of `import`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// What to take in: segments, or databases of other bots
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The log, which is made or continued; it must not be in use
    #[arg(long, value_name = "FILE")]
    log: PathBuf,
    /// Of databases: whose history to take, where neither the log nor the database tells
    #[arg(long, value_name = "NAME")]
    channel: Option<String>,
    /// Of databases: the address of the site, for a new log
    #[arg(long, value_name = "URL")]
    origin: Option<String>,
    /// Print what was taken in as one JSON object
    #[arg(long)]
    json: bool,
}

/// Takes files in.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    if let Some(missing) = args.files.iter().find(|path| !path.is_file()) {
        let text = format!("{}: no such file", missing.display());
        return Err(Failure::Usage(text));
    }
    let is_database = |path: &PathBuf| begins_with(path, SQLITE_MAGIC);
    let is_other = |path: &&PathBuf| !is_compressed(path) && !is_database(path);
    if let Some(other) = args.files.iter().find(is_other) {
        let text = format!(
            "{}: neither a segment, which `archive` writes, nor a database of another bot",
            other.display()
        );
        return Err(Failure::Unfit(text));
    }
    match args.files.iter().filter(|path| is_database(path)).count() {
        0 if args.channel.is_some() || args.origin.is_some() => Err(Failure::Usage(
            "segments know their channel and site: leave out --channel and --origin".to_owned(),
        )),
        0 => segments::run(args),
        all if all == args.files.len() => foreign::run(args),
        _ => Err(Failure::Usage(
            "segments and databases go in differently: give them one after the other".to_owned(),
        )),
    }
}

/// Whether a file begins so. One that is shorter, or cannot be read, does not.
fn begins_with(path: &Path, magic: &[u8]) -> bool {
    let start = || {
        let mut start = Vec::new();
        let file = File::open(path)?;
        file.take(magic.len() as u64).read_to_end(&mut start)?;
        Ok::<_, std::io::Error>(start)
    };
    start().is_ok_and(|start| start == magic)
}
