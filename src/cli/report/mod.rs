//! `report`: one page about a room, in one file that loads nothing.

mod asking;
mod figures;
mod page;
mod sections;
mod zone;

use crate::cli::failure::Failure;
use crate::cli::output::Out;
use crate::cli::progress;
use crate::cli::stop::Stop;
use crate::cli::when::{TIME_HELP, time};
use asking::{Asker, observed_range};
use indicatif::HumanBytes;
use projectionist::views::{Views, ViewsBuilder};
use projectionist::{SqliteReader, UnixMicros};
use std::io::Write;
use std::path::{Path, PathBuf};
use zone::Zone;

const EXAMPLES: &str = "\
Examples:
  projectionist report MyChannel.events.db --out room.html
  projectionist report MyChannel.events.db --out week.html --since -7d --tz Europe/Vienna

The page holds everything it shows and loads nothing: people over time, the week by hour, what was
played, who was here, emotes, polls, and how much of the time was observed. The views file beside
the log is brought up to date first.";

/// Options of `report`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{TIME_HELP}"))]
pub(crate) struct Args {
    /// The log, which may be in use
    log: PathBuf,
    /// The page, made or replaced
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// From this time on; default: all there is
    #[arg(long, value_name = "TIME", value_parser = time, allow_hyphen_values = true)]
    since: Option<UnixMicros>,
    /// Up to this time; default: all there is
    #[arg(long, value_name = "TIME", value_parser = time, allow_hyphen_values = true)]
    until: Option<UnixMicros>,
    /// Time zone of days and hours
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    tz: String,
    /// Heading; default: the channel's name
    #[arg(long)]
    title: Option<String>,
    /// The views file; default: beside the log
    #[arg(long, value_name = "FILE")]
    views: Option<PathBuf>,
}

/// Brings the views up to date and writes the page.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let zone = Zone::named(&args.tz).map_err(Failure::Usage)?;
    let stop = Stop::listen()?;
    let reader = SqliteReader::open(&args.log)?;
    let mut builder = ViewsBuilder::new(&reader);
    if let Some(path) = &args.views {
        builder = builder.path(path);
    }
    let bar = progress::bar("views", 0);
    let updated = builder.update(&mut |done, total| {
        bar.set_length(total);
        bar.set_position(done);
        !stop.is_asked()
    });
    bar.finish_and_clear();
    let updated = updated?;
    if !updated.complete {
        let text = "stopped by a signal: no page; the next run goes on from here".to_owned();
        return Err(Failure::Bad(text));
    }
    let views = Views::open(&updated.path)?;
    let Some((first_us, last_us)) = observed_range(views.connection())? else {
        let log = args.log.display();
        let text = format!("{log} has never seen the room: there is nothing to report");
        return Err(Failure::Bad(text));
    };
    let from_us = args.since.map_or(first_us, |since| since.0.max(first_us));
    let until_us = args.until.map_or(last_us, |until| until.0.min(last_us));
    if from_us >= until_us {
        let text = "nothing was observed between these times".to_owned();
        return Err(Failure::Usage(text));
    }
    let asker = Asker {
        conn: views.connection(),
        from_us,
        until_us,
        zone: &zone,
    };
    let figures = asker.figures()?;
    let title = args.title.as_deref().unwrap_or(reader.channel());
    let made = format!(
        "Made by projectionist {} from {} events of the log {} of {}; times are of {}.",
        env!("CARGO_PKG_VERSION"),
        updated.seq,
        reader.log_id(),
        reader.origin(),
        args.tz,
    );
    let page = sections::page(title, made, &figures);
    let html = page::render(&page, &serde_json::to_string(&figures)?);
    write(&args.out, &html)?;
    let mut out = Out::text();
    let size = HumanBytes(html.len() as u64);
    writeln!(out, "{}: {size}, open it in a browser", args.out.display())?;
    Ok(out.flush()?)
}

/// Writes beside and renames: whoever has the old page open, or is interrupted, has a whole one.
fn write(path: &Path, html: &str) -> std::io::Result<()> {
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    std::fs::write(&partial, html)?;
    std::fs::rename(&partial, path)
}
