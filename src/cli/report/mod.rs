//! `report`: one page about a room, in one file that loads nothing.

mod asking;
mod figures;
mod lists;
mod page;
mod ranked;
mod sections;
mod zone;

use crate::cli::failure::Failure;
use crate::cli::output::Out;
use crate::cli::views::{Place, bring};
use crate::cli::when::{TIME_HELP, time};
use asking::{Asker, observed_range};
use indicatif::HumanBytes;
use projectionist::UnixMicros;
use std::io::Write;
use std::path::{Path, PathBuf};
use zone::Zone;

const EXAMPLES: &str = "\
Examples:
  projectionist report MyChannel.events.db --out room.html
  projectionist report MyChannel.events.db --out week.html --since -7d --tz Europe/Vienna

The page holds everything it shows and loads nothing: people over time, the week by hour, what was
played, who was here, polls, and how much of the time was observed and why not more. It names nobody
who was punished, unless --moderation is given. The views file beside the log is brought up to date
first.";

/// Options of `report`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{TIME_HELP}"))]
pub(crate) struct Args {
    #[command(flatten)]
    place: Place,
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
    /// Name who did what to whom among the moderation; without it only how often
    #[arg(long)]
    moderation: bool,
    /// Heading; default: the channel's name
    #[arg(long)]
    title: Option<String>,
}

/// Brings the views up to date and writes the page.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let zone = Zone::named(&args.tz).map_err(Failure::Usage)?;
    let reader = args.place.reader()?;
    let views = bring(&args.place, &reader, true)?;
    let failed = |error| Failure::Bad(format!("{}: {error}", views.path().display()));
    let Some((first_us, last_us)) = observed_range(views.connection()).map_err(failed)? else {
        let log = reader.path().display();
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
    let figures = asker.figures(args.moderation).map_err(failed)?;
    let title = args.title.as_deref().unwrap_or(reader.channel());
    let made = format!(
        "Made by projectionist {} from {} events of the log {} of {}; times are of {}.",
        env!("CARGO_PKG_VERSION"),
        views.seq()?,
        reader.log_id(),
        reader.origin(),
        args.tz,
    );
    let page = sections::page(title, made, &figures);
    let html = page::render(
        &page,
        &serde_json::to_string(&figures).map_err(std::io::Error::from)?,
    );
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
