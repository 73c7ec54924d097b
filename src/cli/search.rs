//! `search`: what was said, by its words.

use crate::cli::failure::Failure;
use crate::cli::progress;
use crate::cli::rows::Shape;
use crate::cli::when::{TIME_HELP, time};
use projectionist::{Kind, Read, Recorded, SqliteReader, UnixMicros};
use serde::Serialize;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  projectionist search MyChannel.events.db 'paper fox'
  projectionist search MyChannel.events.db popcorn --user alice --since -30d --json

Lines of chat and private messages that hold all the words, whole and in any case, the newest first.
What was redacted is not found.";

/// Options of `search`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{TIME_HELP}\n\n{EXAMPLES}"))]
pub(crate) struct Args {
    /// The log, which may be in use
    log: PathBuf,
    /// The words
    words: String,
    /// Only what this user said (upper and lower case alike)
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// At or after this time
    #[arg(long, value_name = "TIME", value_parser = time, allow_hyphen_values = true)]
    since: Option<UnixMicros>,
    /// Before this time
    #[arg(long, value_name = "TIME", value_parser = time, allow_hyphen_values = true)]
    until: Option<UnixMicros>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
    #[command(flatten)]
    shape: Shape,
}

/// A line that was found.
#[derive(Debug, Serialize)]
struct Hit {
    seq: u64,
    at: UnixMicros,
    name: String,
    text: String,
}

/// Prints what is found.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let wanted = words(&args.words);
    if wanted.is_empty() {
        return Err(Failure::Usage("no word to look for".to_owned()));
    }
    let reader = SqliteReader::open(&args.log)?;
    let mut read = Read::default()
        .kinds([Kind::MessageSaid, Kind::PmSaid])
        .received(args.since, args.until)
        .newest_first();
    if let Some(user) = &args.user {
        read = read.actor(user);
    }
    let bar = progress::bar("lines", 0);
    let mut hits = Vec::new();
    let visited = reader.visit(&read, &mut |line| {
        bar.inc(1);
        let said = words(line.text());
        if wanted.iter().all(|word| said.contains(word)) {
            hits.push(hit(line));
        }
        hits.len() < args.limit
    });
    bar.finish_and_clear();
    visited?;
    let mut printer = args.shape.printer();
    for hit in &hits {
        printer.print(hit)?;
    }
    printer.finish()?;
    if hits.is_empty() {
        progress::note("nothing found");
    }
    Ok(())
}

/// The words of a text, as they are compared.
fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    let words = words.filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

fn hit(line: Recorded) -> Hit {
    Hit {
        seq: line.seq.0,
        at: line.received_at,
        text: line.text().to_owned(),
        name: line.actor.unwrap_or_default(),
    }
}
