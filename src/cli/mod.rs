//! The command-line tool: one file a command, and what they share.
//!
//! Data goes to standard output, everything else to standard error; what comes from the channel
//! passes through `text` on its way to a terminal. A command returns a [`Failure`] and never ends
//! the process itself.

mod archive;
mod backup;
#[cfg(feature = "nats")]
mod bridge;
mod clock;
#[cfg(unix)]
mod control;
mod csv;
mod demo;
mod erase;
mod event_json;
mod export;
mod failure;
mod fold;
mod generate;
mod history;
mod import;
mod ingest;
mod line;
#[cfg(feature = "nats")]
mod monitor;
mod output;
mod progress;
mod record;
mod redact;
mod refold;
mod report;
mod rows;
mod search;
mod select;
#[cfg(unix)]
mod send;
mod sql;
mod state;
mod stats;
mod stop;
mod tail;
mod text;
mod verify;
mod views;
mod when;

use clap::Parser;
use clap::builder::styling::{AnsiColor, Styles};
use failure::{EXIT_CODES, Failure};
use std::process::ExitCode;

/// Headings stand out, nothing else does.
const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default());

/// Records CyTube channels as event logs, and tells what is in such logs.
#[derive(Debug, Parser)]
#[command(name = "projectionist", version, styles = STYLES, after_help = EXIT_CODES)]
struct Cli {
    /// Say more about what is going on; twice: all of it
    #[arg(long, short, action = clap::ArgAction::Count, global = true, display_order = 100)]
    verbose: u8,
    /// Write everything to standard error as one JSON object a line, for programs
    #[arg(long, global = true, display_order = 101)]
    log_json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Record a channel into a log
    Record(Box<record::Args>),
    /// Record a lively room on this machine: needs no network and no argument
    Demo(demo::Args),
    /// Say something in a channel
    #[cfg(unix)]
    Say(Box<send::Say>),
    /// Send a private message
    #[cfg(unix)]
    Pm(Box<send::Pm>),
    /// Add media to the playlist
    #[cfg(unix)]
    Queue(Box<send::Queue>),
    /// Send any other command: play, poll, kick, ban, options, …
    #[cfg(unix)]
    Send(Box<send::Send>),
    /// Record rooms and bridge them to NATS, as a service
    #[cfg(feature = "nats")]
    Bridge(Box<bridge::Args>),
    /// Print what passes on NATS
    #[cfg(feature = "nats")]
    Monitor(monitor::Args),
    /// Print the newest events of a log, and follow what comes
    Tail(tail::Args),
    /// Print what the channel was, now or at any moment of the log
    State(state::Args),
    /// Print events by kind, user, time and origin
    History(history::Args),
    /// Print what the read models of a log tell: who, what, when, how many
    Stats(stats::Args),
    /// Find what was said by its words
    Search(search::Args),
    /// Ask the views and the log in SQL
    Sql(sql::Args),
    /// Build the views of a log, or tell how far they are
    Views(views::Args),
    /// Write a log, or a part of it, as NDJSON or CSV
    Export(export::Args),
    /// Tell whether a log is what was written
    Verify(verify::Args),
    /// Copy a log that may be in use, and verify the copy
    Backup(backup::Args),
    /// Write the oldest events of a log to a segment, and trim the log
    Archive(archive::Args),
    /// Take archived segments, or what another bot kept, into a log
    Import(import::Args),
    /// Hide what a person said, or single events, from every command and view
    Redact(redact::Args),
    /// Write a log anew, without what was redacted
    Erase(erase::Args),
    /// Take a recording of frames into a log
    Ingest(ingest::Args),
    /// Make up a log of any size, to try and measure things on
    Generate(generate::Args),
    /// Write one page about a room, for a browser
    Report(report::Args),
}

/// Runs the command line of this process.
pub(crate) fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help goes to standard output, where a broken pipe is no news.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    progress::start_logging(cli.verbose, cli.log_json);
    match execute(&cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) if failure.is_broken_pipe() => ExitCode::SUCCESS,
        Err(failure) => {
            complain(&failure);
            ExitCode::from(failure.code())
        }
    }
}

fn execute(command: &Command) -> Result<(), Failure> {
    match command {
        Command::Record(args) => record::run(args),
        Command::Demo(args) => demo::run(args),
        #[cfg(unix)]
        Command::Say(args) => send::say(args),
        #[cfg(unix)]
        Command::Pm(args) => send::pm(args),
        #[cfg(unix)]
        Command::Queue(args) => send::queue(args),
        #[cfg(unix)]
        Command::Send(args) => send::send(args),
        #[cfg(feature = "nats")]
        Command::Bridge(args) => bridge::run(args),
        #[cfg(feature = "nats")]
        Command::Monitor(args) => monitor::run(args),
        Command::Tail(args) => tail::run(args),
        Command::State(args) => state::run(args),
        Command::History(args) => history::run(args),
        Command::Stats(args) => stats::run(args),
        Command::Search(args) => search::run(args),
        Command::Sql(args) => sql::run(args),
        Command::Views(args) => views::run(args),
        Command::Export(args) => export::run(args),
        Command::Verify(args) => verify::run(args),
        Command::Backup(args) => backup::run(args),
        Command::Archive(args) => archive::run(args),
        Command::Import(args) => import::run(args),
        Command::Redact(args) => redact::run(args),
        Command::Erase(args) => erase::run(args),
        Command::Ingest(args) => ingest::run(args),
        Command::Generate(args) => generate::run(args),
        Command::Report(args) => report::run(args),
    }
}

fn complain(failure: &Failure) {
    progress::error(&text::plain(&failure.to_string()));
}
