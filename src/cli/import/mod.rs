//! `import`: events from elsewhere into a log. What a file is, is told from its content.

mod foreign;

use crate::cli::failure::Failure;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  projectionist import cytubebot.db --log MyChannel.events.db
  projectionist import bot_data.db --log old.events.db --channel MyChannel --origin https://cytu.be
  projectionist history MyChannel.events.db --origin import --sent --since 2014-05-01

Understood are databases of CytubeBot and its forks (tables chat, user_count, users, videos,
video_stats) and of Rosey (recent_chat, user_count_history, user_stats, channel_stats). They are only
read. Their chat and numbers of viewers become events with their own times; a log that has recorded
by itself keeps those as sent times. Rows without a time are kept as JSON in `import` events. Each row
goes in once: run it again for a newer copy, or after a stop.";

/// What every SQLite database begins with.
const SQLITE_MAGIC: &[u8] = b"SQLite format 3\0";

/// Options of `import`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// What to take in: databases of other bots
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The log, which is made or continued; it must not be in use
    #[arg(long, value_name = "FILE")]
    log: PathBuf,
    /// Whose history it is, where neither the log nor the database tells
    #[arg(long, value_name = "NAME")]
    channel: Option<String>,
    /// Address of the site, for a new log
    #[arg(long, value_name = "URL")]
    origin: Option<String>,
    /// Print what was taken in as one JSON object
    #[arg(long)]
    json: bool,
}

/// Takes files in.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    for path in &args.files {
        if !begins_with(path, SQLITE_MAGIC)? {
            let text = format!("{}: not a database of another bot", path.display());
            return Err(Failure::Bad(text));
        }
    }
    foreign::run(args)
}

/// Whether a file begins so. One that is shorter does not.
fn begins_with(path: &Path, magic: &[u8]) -> Result<bool, Failure> {
    let failed = |error: std::io::Error| Failure::Bad(format!("{}: {error}", path.display()));
    let file = File::open(path).map_err(failed)?;
    let mut start = Vec::new();
    file.take(magic.len() as u64)
        .read_to_end(&mut start)
        .map_err(failed)?;
    Ok(start == magic)
}
