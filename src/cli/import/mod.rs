//! `import`: events from elsewhere into a log. What a file is, is told from its content.

mod segments;

use crate::cli::failure::Failure;
use projectionist::segment::is_compressed;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  projectionist import old.ndjson.gz --log MyChannel.events.db
  projectionist import part-*.ndjson.gz --log restored.events.db

Segments are what `archive` writes. They may be given in any order. They go into a new file, behind
the end of the log they were taken from, or in front of where it begins: the log is then the one it
was. Each is verified wholly before it counts, and taken in whole or not at all.";

/// Options of `import`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// What to take in: segments
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The log, which is made or continued; it must not be in use
    #[arg(long, value_name = "FILE")]
    log: PathBuf,
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
    if let Some(other) = args.files.iter().find(|path| !is_compressed(path)) {
        let text = format!(
            "{}: not a segment: give what `archive` wrote",
            other.display()
        );
        return Err(Failure::Unfit(text));
    }
    segments::run(args)
}
