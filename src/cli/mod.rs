//! The command-line tool: one file a command, and what they share.
//!
//! Data goes to standard output, everything else to standard error; what comes from the channel
//! passes through `text` on its way to a terminal. A command returns a [`Failure`] and never ends
//! the process itself.

mod backup;
mod clock;
#[cfg(unix)]
mod control;
mod csv;
mod demo;
mod event_json;
mod export;
mod failure;
mod fold;
mod history;
mod ingest;
mod line;
mod output;
mod progress;
mod record;
mod refold;
mod report;
mod select;
#[cfg(unix)]
mod send;
mod state;
mod stop;
mod tail;
mod text;
mod verify;
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
    /// Print the newest events of a log, and follow what comes
    Tail(tail::Args),
    /// Print what the channel was, now or at any moment of the log
    State(state::Args),
    /// Print events by kind, user, time and origin
    History(history::Args),
    /// Write a log, or a part of it, as NDJSON or CSV
    Export(export::Args),
    /// Tell whether a log is what was written
    Verify(verify::Args),
    /// Copy a log that may be in use, and verify the copy
    Backup(backup::Args),
    /// Take a recording of frames into a log
    Ingest(ingest::Args),
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
    progress::start_logging(cli.verbose);
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
        Command::Tail(args) => tail::run(args),
        Command::State(args) => state::run(args),
        Command::History(args) => history::run(args),
        Command::Export(args) => export::run(args),
        Command::Verify(args) => verify::run(args),
        Command::Backup(args) => backup::run(args),
        Command::Ingest(args) => ingest::run(args),
        Command::Report(args) => report::run(args),
    }
}

fn complain(failure: &Failure) {
    let red = AnsiColor::Red.on_default().bold();
    let text = failure.to_string();
    progress::note(&format!("{red}error:{red:#} {}", text::plain(&text)));
}
