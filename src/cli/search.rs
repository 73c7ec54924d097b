//! `search`: what was said, by its words.

use crate::cli::failure::Failure;
use crate::cli::output::Out;
use crate::cli::progress;
use crate::cli::rows::{Shape, time_text};
use crate::cli::text::plain;
use crate::cli::views::{Place, bring};
use crate::cli::when::{TIME_HELP, time};
use clap::builder::styling::{AnsiColor, Style};
use indicatif::HumanCount;
use jiff::tz::TimeZone;
use projectionist::UnixMicros;
use projectionist::views::stats::{Hit, Rows};
use std::io::Write;

const EXAMPLES: &str = "\
Examples:
  projectionist search MyChannel.events.db paper fox
  projectionist search MyChannel.events.db '\"movie night\" film* -cancelled' --user alice
  projectionist search MyChannel.events.db popcorn --since -30d --json

Lines of chat and private messages that hold all the words, the best first, the newest first among
equals. A word is found whole, whatever its case and accents; \"two words\" in this order; begin* and
what begins so; -word must not occur (write it in the same argument as the others, or behind --).
What was redacted is not found. The views are brought up to date first.";

/// Options of `search`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{TIME_HELP}\n\n{EXAMPLES}"))]
pub(crate) struct Args {
    #[command(flatten)]
    place: Place,
    /// The words
    #[arg(required = true)]
    words: Vec<String>,
    /// Only what this user said (upper and lower case alike)
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Said at or after this time
    #[arg(long, value_name = "TIME", value_parser = time, allow_hyphen_values = true)]
    since: Option<UnixMicros>,
    /// Said before this time
    #[arg(long, value_name = "TIME", value_parser = time, allow_hyphen_values = true)]
    until: Option<UnixMicros>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: u32,
    /// Leave out so many before those
    #[arg(long, value_name = "N", default_value_t = 0)]
    offset: u32,
    #[command(flatten)]
    shape: Shape,
    /// Ask the views as they are
    #[arg(long)]
    no_update: bool,
}

/// Prints what is found.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let words = args.words.join(" ");
    if !words.contains(char::is_alphanumeric) {
        return Err(Failure::Usage("no word to look for".to_owned()));
    }
    let reader = args.place.reader()?;
    let views = bring(&args.place, &reader, !args.no_update)?;
    let mut rows = Rows::default().page(args.limit, args.offset);
    (rows.since, rows.until) = (args.since, args.until);
    let user = args.user.as_deref();
    let hits = views.stats().search(&words, user, &rows)?;
    print(&hits, &args.shape)?;
    let shown = hits.len() as u64;
    if shown == 0 {
        progress::note("nothing found");
    } else if shown == u64::from(args.limit) {
        let all = views.stats().search_count(&words, user, &rows)?;
        let more = all.saturating_sub(shown + u64::from(args.offset));
        if more > 0 {
            let more = HumanCount(more);
            progress::note(&format!("{more} more: --limit and --offset show them"));
        }
    }
    Ok(())
}

fn print(hits: &[Hit], shape: &Shape) -> Result<(), Failure> {
    if shape.is_table() {
        let (mut out, zone) = (Out::text(), shape.zone());
        for hit in hits {
            line(&mut out, hit, &zone)?;
        }
        return Ok(out.flush()?);
    }
    let mut printer = shape.printer();
    for hit in hits {
        printer.print(hit)?;
    }
    printer.finish()
}

/// A hit for people: when, who, and the line with the words marked.
fn line(out: &mut Out, hit: &Hit, zone: &TimeZone) -> Result<(), Failure> {
    let (faint, name) = (Style::new().dimmed(), AnsiColor::Cyan.on_default());
    let said = time_text(hit.said, zone);
    let private = if hit.kind == "pm" { " (private)" } else { "" };
    let who = plain(&hit.name);
    write!(
        out,
        "{faint}{said}{faint:#}  {name}{who}{name:#}{private}: "
    )?;
    let found = AnsiColor::Yellow.on_default().bold();
    for (text, is_found) in pieces(hit) {
        let text = plain(text);
        if is_found {
            write!(out, "{found}{text}{found:#}")?;
        } else {
            write!(out, "{text}")?;
        }
    }
    Ok(writeln!(out)?)
}

/// The line in order, and whether a piece is what was looked for.
fn pieces(hit: &Hit) -> Vec<(&str, bool)> {
    let mut pieces = Vec::new();
    let mut at = 0;
    for mark in &hit.marks {
        let between = hit.snippet.get(at..mark.from).unwrap_or_default();
        let found = hit.snippet.get(mark.from..mark.until).unwrap_or_default();
        pieces.extend([(between, false), (found, true)]);
        at = mark.until;
    }
    pieces.push((hit.snippet.get(at..).unwrap_or_default(), false));
    pieces
}
