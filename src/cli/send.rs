//! `say`, `pm`, `queue`, `send`: one command to a channel, by a recording that runs or by a
//! connection of its own, and what came of it.

use crate::cli::clock::Stopwatch;
use crate::cli::control::{Reply, Request, ask};
use crate::cli::failure::Failure;
use crate::cli::output::Out;
use crate::cli::progress;
use crate::cli::record::{Target, explain};
use crate::cli::stop::Stop;
use projectionist::{Command, Engine, MediaRef, OpenError, Seq, WaitError};
use serde_json::{Value, json};
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

/// How often the wish to stop is looked at.
const TICK: Duration = Duration::from_millis(200);

/// How to get the command there.
#[derive(Debug, clap::Args)]
pub(crate) struct How {
    /// By the recording that listens here (`record --control PATH`), instead of joining
    #[arg(long, value_name = "PATH")]
    control: Option<PathBuf>,
    /// How long to wait, for the join and for the outcome
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    wait: u64,
    /// Print the outcome as a JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    target: Target,
}

const SAY_EXAMPLES: &str = "\
Examples:
  projectionist say 'good evening' https://cytu.be/r/MyChannel --as reel
  projectionist say 'good evening' --control room.sock
  fortune | head -c 300 | xargs -0 -I{} projectionist say {} --control room.sock";

/// Options of `say`.
#[derive(Debug, clap::Args)]
#[command(after_help = SAY_EXAMPLES)]
pub(crate) struct Say {
    /// What to say; a line that begins with a slash is the server's to interpret
    text: String,
    /// Show our rank beside the name; moderators only
    #[arg(long)]
    flair: bool,
    #[command(flatten)]
    how: How,
}

const PM_EXAMPLES: &str = "\
Examples:
  projectionist pm erin 'your turn' https://cytu.be/r/MyChannel --as reel
  projectionist pm erin 'your turn' --control room.sock --json";

/// Options of `pm`.
#[derive(Debug, clap::Args)]
#[command(after_help = PM_EXAMPLES)]
pub(crate) struct Pm {
    /// To whom; they must be in the channel
    to: String,
    /// The message
    text: String,
    #[command(flatten)]
    how: How,
}

const QUEUE_EXAMPLES: &str = "\
Examples:
  projectionist queue https://youtu.be/dQw4w9WgXcQ https://cytu.be/r/MyChannel --as reel
  projectionist queue vi:76979871 --next --temp --control room.sock
  projectionist queue https://example.org/film.mp4 --title 'Film' --control room.sock";

/// Options of `queue`.
#[derive(Debug, clap::Args)]
#[command(after_help = QUEUE_EXAMPLES)]
pub(crate) struct Queue {
    /// A link to the media, or TYPE:ID such as yt:dQw4w9WgXcQ
    link: String,
    /// Behind what plays, instead of at the end
    #[arg(long)]
    next: bool,
    /// Deleted once played
    #[arg(long)]
    temp: bool,
    /// A title, for raw files and embeds
    #[arg(long)]
    title: Option<String>,
    /// A length, for live media
    #[arg(long, value_name = "SECONDS")]
    duration: Option<f64>,
    #[command(flatten)]
    how: How,
}

const SEND_EXAMPLES: &str = "\
Examples:
  projectionist send next '{}' --control room.sock
  projectionist send set_lock '{\"locked\":true}' --control room.sock
  projectionist send open_poll '{\"title\":\"Tea?\",\"options\":[\"yes\",\"no\"]}' --control room.sock
  projectionist send kick '{\"name\":\"mallory\",\"reason\":\"spam\"}' https://cytu.be/r/MyChannel --account me

`projectionist send help '{}'` lists the commands; the documentation of the library's Command has
their arguments.";

/// Options of `send`.
#[derive(Debug, clap::Args)]
#[command(after_help = SEND_EXAMPLES)]
pub(crate) struct Send {
    /// The command's name
    command: String,
    /// Its arguments, a JSON object
    args: String,
    #[command(flatten)]
    how: How,
}

pub(crate) fn say(say: &Say) -> Result<(), Failure> {
    let args = json!({ "text": say.text, "flair": say.flair });
    deliver(&request("say", args), &say.how)
}

pub(crate) fn pm(pm: &Pm) -> Result<(), Failure> {
    deliver(
        &request("pm", json!({ "to": pm.to, "text": pm.text })),
        &pm.how,
    )
}

pub(crate) fn queue(queue: &Queue) -> Result<(), Failure> {
    let media = MediaRef::parse(&queue.link);
    let media = media.map_err(|error| Failure::Usage(format!("{}: {error}", queue.link)))?;
    let mut args = json!({
        "media": media,
        "position": if queue.next { "next" } else { "end" },
        "temp": queue.temp,
    });
    if let (Some(args), Some(title)) = (args.as_object_mut(), &queue.title) {
        args.insert("title".to_owned(), json!(title));
    }
    if let (Some(args), Some(seconds)) = (args.as_object_mut(), queue.duration) {
        args.insert("duration_s".to_owned(), json!(seconds));
    }
    deliver(&request("queue", args), &queue.how)
}

pub(crate) fn send(send: &Send) -> Result<(), Failure> {
    if send.command == "help" {
        let mut out = Out::text();
        for name in Command::NAMES {
            writeln!(out, "{name}")?;
        }
        return Ok(out.flush()?);
    }
    let args = serde_json::from_str(&send.args)
        .map_err(|error| Failure::Usage(format!("arguments: {error}")))?;
    deliver(&request(&send.command, args), &send.how)
}

fn request(command: &str, args: Value) -> Request {
    Request {
        command: command.to_owned(),
        args,
    }
}

/// Gets the command there and tells what came of it.
fn deliver(request: &Request, how: &How) -> Result<(), Failure> {
    // What does not read is our user's mistake, whoever would have sent it.
    let command = request
        .command()
        .map_err(|reply| Failure::Usage(words(&reply)))?;
    let wait = Duration::from_secs(how.wait);
    let reply = match &how.control {
        Some(path) => ask(path, request, wait)?,
        None => join_and_send(command, how, wait)?,
    };
    if how.json {
        let mut out = Out::data();
        out.json(&reply)?;
        out.flush()?;
    } else if reply.is_done() {
        let mut out = Out::text();
        writeln!(out, "{}", words(&reply))?;
        out.flush()?;
    }
    if reply.is_done() {
        Ok(())
    } else {
        Err(Failure::NotDone(words(&reply)))
    }
}

/// A connection for one command.
fn join_and_send(command: Command, how: &How, wait: Duration) -> Result<Reply, Failure> {
    let (config, _) = how.target.configure()?;
    let engine = Engine::open(config.clone()).map_err(|error| match error {
        OpenError::Config(error) => error.into(),
        OpenError::Log(error) => error.into(),
        error => Failure::Bad(error.to_string()),
    })?;
    let room = engine.handle();
    progress::note(&format!("joining {} of {}", config.channel, config.origin));
    let patience = Patience::new(wait)?;
    let live = patience.wait(|tick| match room.wait_live(tick) {
        Err(WaitError::TimedOut { .. }) => None,
        live => Some(live),
    });
    let reply = match live {
        Some(Ok(_)) => room.send(command).map_err(Reply::not_sent),
        Some(Err(WaitError::Ended { cause, last_error })) => {
            let last_error = last_error.as_deref();
            let text = explain(&room, &config, Seq(0), cause, last_error)?;
            return Err(Failure::Refused(text));
        }
        Some(Err(error)) => return Err(Failure::NotDone(error.to_string())),
        None => {
            let why = room.health().last_error.unwrap_or_default();
            return Err(Failure::NotDone(format!(
                "not in the channel in time: {why}"
            )));
        }
    };
    let reply = reply.map(|receipt| Reply::of(patience.wait(|tick| receipt.wait(tick)).as_ref()));
    let reply = reply.unwrap_or_else(|reply| reply);
    // What was said is in the log; how the leaving went changes nothing about it.
    if let Err(error) = room.close() {
        progress::note(&format!("closing: {error}"));
    }
    Ok(reply)
}

/// How long to wait, and whether the user still wants to.
struct Patience {
    stop: Stop,
    watch: Stopwatch,
    limit: Duration,
}

impl Patience {
    fn new(limit: Duration) -> Result<Self, Failure> {
        Ok(Self {
            stop: Stop::listen()?,
            watch: Stopwatch::start(),
            limit,
        })
    }

    /// Waits a little at a time until there is a value, time is up, or a signal comes.
    fn wait<T>(&self, mut value: impl FnMut(Duration) -> Option<T>) -> Option<T> {
        loop {
            let left = self.limit.saturating_sub(self.watch.elapsed()).min(TICK);
            let value = value(left);
            if value.is_some() || left.is_zero() || self.stop.is_asked() {
                return value;
            }
        }
    }
}

fn words(reply: &Reply) -> String {
    let mut text = reply.outcome.replace('_', " ");
    if let Some(seq) = reply.seq {
        text.push_str(&format!(", see event {seq}"));
    }
    if !reply.uids.is_empty() {
        let uids: Vec<_> = reply.uids.iter().map(ToString::to_string).collect();
        text.push_str(&format!(", as item {}", uids.join(" ")));
    }
    if let Some(detail) = &reply.detail {
        text.push_str(&format!(": {detail}"));
    }
    text
}
