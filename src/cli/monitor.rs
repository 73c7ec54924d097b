//! `monitor`: what passes on the bus, as a line each.

use crate::cli::bridge::Broker;
use crate::cli::failure::Failure;
use crate::cli::output::Out;
use crate::cli::progress;
use crate::cli::stop::Stop;
use crate::cli::text::{clip, plain};
use projectionist::nats::{Passed, listen};
use serde_json::Value;
use std::io::Write;

/// Characters of a line's data.
const DATA_MAX: usize = 160;

const EXAMPLES: &str = "\
Examples:
  projectionist monitor 'rosey.events.>'
  projectionist monitor 'rosey.events.message' --room MyChannel --json | jq .message.data.message.text
  projectionist monitor '>' --nats nats://10.0.0.1:4222 --count 10

It listens from now on, by core NATS: what passes while the broker is away is missed, and what is in
streams from before is not shown.";

/// Options of `monitor`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// What to listen to; * stands for one token, > for the rest
    #[arg(default_value = "rosey.>")]
    subject: String,
    #[command(flatten)]
    broker: Broker,
    /// Only messages of this channel
    #[arg(long, value_name = "NAME")]
    room: Option<String>,
    /// Only events of this kind, such as message; may be given several times
    #[arg(long, value_name = "KIND")]
    kind: Vec<String>,
    /// End after so many
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    /// Print one JSON object a line: subject, and message as it came
    #[arg(long)]
    json: bool,
}

/// Prints until stopped.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let env = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let options = args.broker.options(&env, &Broker::default())?;
    let stop = Stop::listen()?;
    progress::note(&format!(
        "listening to {} at {}",
        args.subject,
        options.addresses().join(", ")
    ));
    let mut out = if args.json { Out::data() } else { Out::text() };
    let mut left = args.count.unwrap_or(u64::MAX);
    let mut printed = Ok(());
    let listened = listen(&options, &args.subject, &mut |passed| {
        if let Some(passed) = passed {
            match print(args, &passed, &mut out) {
                Ok(true) => left = left.saturating_sub(1),
                Ok(false) => {}
                Err(failure) => printed = Err(failure),
            }
        }
        printed.is_ok() && left > 0 && !stop.is_asked()
    });
    printed?;
    listened.map_err(|error| Failure::Usage(error.to_string()))
}

/// Prints a message that is asked for; says whether it was.
fn print(args: &Args, passed: &Passed, out: &mut Out) -> Result<bool, Failure> {
    let text = String::from_utf8_lossy(&passed.payload);
    let body: Value = serde_json::from_str(&text).unwrap_or_else(|_| Value::from(&*text));
    let field = |name: &str| body.get(name).and_then(Value::as_str);
    let is_of = |room: &String| field("channel").is_some_and(|of| of.eq_ignore_ascii_case(room));
    let kind = field("event_type").or_else(|| field("event_name"));
    let is_kind =
        args.kind.is_empty() || kind.is_some_and(|kind| args.kind.iter().any(|k| k == kind));
    if !args.room.as_ref().is_none_or(is_of) || !is_kind {
        return Ok(false);
    }
    if args.json {
        let line = serde_json::json!({ "subject": passed.subject, "message": body });
        out.json(&line)?;
    } else {
        let data = body
            .get("data")
            .or_else(|| body.get("payload"))
            .unwrap_or(&body);
        let seq = body
            .get("seq")
            .map(|seq| format!(" {seq}"))
            .unwrap_or_default();
        let data = clip(&data.to_string(), DATA_MAX);
        writeln!(out, "{}{seq} {}", plain(&passed.subject), plain(&data))?;
    }
    out.flush()?;
    Ok(true)
}
