//! `stats`: what the read models of a log tell, one model at a time.

use crate::cli::failure::Failure;
use crate::cli::progress;
use crate::cli::rows::{Printer, Shape};
use crate::cli::views::{Place, bring};
use crate::cli::when::{TIME_HELP, time};
use clap::ValueEnum;
use projectionist::UnixMicros;
use projectionist::views::ViewsError;
use projectionist::views::stats::{Rows, Stats};
use serde::Serialize;

const EXAMPLES: &str = "\
Examples:
  projectionist stats MyChannel.events.db observed
  projectionist stats MyChannel.events.db observed --since -7d --reversed --limit 5
  projectionist stats MyChannel.events.db presence --since -1d
  projectionist stats MyChannel.events.db plays --csv > plays.csv
  projectionist stats MyChannel.events.db queuers --since -30d --limit 10
  projectionist stats MyChannel.events.db emotes --since -30d --limit 10
  projectionist stats MyChannel.events.db messages --user Alice --reversed --limit 20
  projectionist stats MyChannel.events.db moderation --actor Alice --action kick

The views are brought up to date first. What begins before --until and ends at or after --since is
shown, a page of it; --json and --csv print everything exactly, tables cut and round.";

/// Options of `stats`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{TIME_HELP}\n\n{EXAMPLES}"))]
pub(crate) struct Args {
    #[command(flatten)]
    place: Place,
    /// Which of the read models
    #[arg(value_enum)]
    model: Model,
    /// What ends at or after this time
    #[arg(long, value_name = "TIME", value_parser = time, allow_hyphen_values = true)]
    since: Option<UnixMicros>,
    /// What begins before this time
    #[arg(long, value_name = "TIME", value_parser = time, allow_hyphen_values = true)]
    until: Option<UnixMicros>,
    /// At most so many rows
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: u32,
    /// Leave out so many rows before those
    #[arg(long, value_name = "N", default_value_t = 0)]
    offset: u32,
    /// Last rows of the model's order first
    #[arg(long)]
    reversed: bool,
    #[command(flatten)]
    only: Only,
    #[command(flatten)]
    shape: Shape,
    /// Ask the views as they are
    #[arg(long)]
    no_update: bool,
}

/// Rows of somebody or something alone.
#[derive(Debug, clap::Args)]
struct Only {
    /// Only of this user; for emotes, messages, presence, queue
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Only what this one did; for moderation
    #[arg(long, value_name = "NAME")]
    actor: Option<String>,
    /// Only this action, such as kick; for moderation
    #[arg(long, value_name = "ACTION")]
    action: Option<String>,
}

impl Only {
    /// Whether the model can be asked so: an answer about everybody would be a wrong one.
    fn check(&self, model: Model) -> Result<(), Failure> {
        let of_user = [
            Model::Emotes,
            Model::Messages,
            Model::Presence,
            Model::Queue,
        ];
        let text = if self.user.is_some() && !of_user.contains(&model) {
            "--user is for emotes, messages, presence and queue"
        } else if (self.actor.is_some() || self.action.is_some()) && model != Model::Moderation {
            "--actor and --action are for moderation"
        } else {
            return Ok(());
        };
        Err(Failure::Usage(text.to_owned()))
    }
}

/// The read models there are, and what is summed up of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Model {
    /// By quarter of an hour: lines, comings, goings, plays, viewers
    Activity,
    /// Who talks, and how much
    Chatters,
    /// Which emotes are used, and by how many
    Emotes,
    /// Where the log is silent because we were
    Gaps,
    /// What was said, line by line
    Messages,
    /// What staff did, as far as the room was told
    Moderation,
    /// When we were there: everything else is silent about the time between
    Observed,
    /// What was played: by whom queued, how long shown, how it ended
    Plays,
    /// Polls, and what was voted for
    Polls,
    /// How many were here, at each change
    Population,
    /// Who was here: one row a stay
    Presence,
    /// What was added to the playlist, by whom, and what was refused
    Queue,
    /// Who adds to the playlist, and how much
    Queuers,
}

impl Model {
    /// Prints the rows asked for; gives how many.
    fn print(
        self,
        stats: &Stats<'_>,
        only: &Only,
        rows: &Rows,
        printer: &mut Printer,
    ) -> Result<usize, Failure> {
        let user = only.user.as_deref();
        let (actor, action) = (only.actor.as_deref(), only.action.as_deref());
        match self {
            Self::Activity => print(stats.activity(rows), printer),
            Self::Chatters => print(stats.chatters(rows), printer),
            Self::Emotes => match user {
                Some(user) => print(stats.emotes_of(user, rows), printer),
                None => print(stats.emotes(rows), printer),
            },
            Self::Gaps => print(stats.gaps(rows), printer),
            Self::Messages => print(stats.messages(user, rows), printer),
            Self::Moderation => print(stats.moderation(actor, action, rows), printer),
            Self::Observed => print(stats.observed(rows), printer),
            Self::Plays => print(stats.plays(rows), printer),
            Self::Polls => print(stats.polls(rows), printer),
            Self::Population => print(stats.population(rows), printer),
            Self::Presence => match user {
                Some(user) => print(stats.presence_of(user, rows), printer),
                None => print(stats.presence(rows), printer),
            },
            Self::Queue => print(stats.queue_history(user, rows), printer),
            Self::Queuers => print(stats.queuers(rows), printer),
        }
    }

    /// The table that holds it whole.
    pub(crate) fn table(self) -> &'static str {
        match self {
            Self::Activity => "activity",
            Self::Chatters => "chatters",
            Self::Emotes => "emotes",
            Self::Gaps => "gaps",
            Self::Messages => "messages",
            Self::Moderation => "moderation",
            Self::Observed => "observed",
            Self::Plays => "plays",
            Self::Polls => "polls",
            Self::Population => "population",
            Self::Presence => "presence",
            Self::Queue | Self::Queuers => "queue_history",
        }
    }
}

fn print<T: Serialize>(
    rows: Result<Vec<T>, ViewsError>,
    printer: &mut Printer,
) -> Result<usize, Failure> {
    let rows = rows?;
    for row in &rows {
        printer.print(row)?;
    }
    Ok(rows.len())
}

/// Prints what a read model tells.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    args.only.check(args.model)?;
    let reader = args.place.reader()?;
    let views = bring(&args.place, &reader, !args.no_update)?;
    let mut rows = Rows::default().page(args.limit, args.offset);
    (rows.since, rows.until) = (args.since, args.until);
    rows.reversed = args.reversed;
    let mut printer = args.shape.printer();
    let stats = views.stats();
    let count = args.model.print(&stats, &args.only, &rows, &mut printer)?;
    printer.finish()?;
    if count == 0 {
        progress::note("nothing there");
    } else if args.shape.is_table() && count as u64 == u64::from(args.limit) {
        progress::note(&format!(
            "{count} rows: --limit and --offset show more, if there are"
        ));
    }
    Ok(())
}
