//! `record`: a channel into a log, for as long as it is wanted.

mod address;
mod options;
mod refusal;
mod run;
mod secrets;
mod settings;
mod status;

pub(crate) use refusal::explain;
pub(crate) use run::{End, Recording, Showing};

use crate::cli::failure::Failure;
use crate::cli::stop::Stop;
pub(crate) use options::Settings;
use projectionist::Config;
#[cfg(feature = "nats")]
pub(crate) use secrets::password_in;
#[cfg(feature = "nats")]
pub(crate) use settings::{Env, configure, read_toml};
#[cfg(feature = "nats")]
pub(crate) use status::beginning;
use std::path::PathBuf;
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  projectionist record https://cytu.be/r/MyChannel
  projectionist record https://cytu.be/r/MyChannel --as reel --log reel.events.db
  CYTUBE_PASSWORD=… projectionist record https://cytu.be --channel MyChannel --account me
  projectionist record https://cytu.be/r/MyChannel --as reel --control room.sock
  projectionist record --config night.toml --json | jq 'select(.kind==\"message\").body.text'

Settings come from flags, then from the environment (CYTUBE_HOST CYTUBE_CHANNEL CYTUBE_USERNAME
CYTUBE_PASSWORD CYTUBE_CHANNEL_PASSWORD), then from the file of --config (TOML, the names of the
flags). CYTUBE_USERNAME is an account if CYTUBE_PASSWORD is set, else a guest. Passwords are never
flags, where anybody on the machine could read them.

SIGINT or SIGTERM ends the recording cleanly, with exit code 0; a second one ends it at once. A
refusal that is final (ban, kick, wrong password, no such channel, bad certificate) ends it with
exit code 4, a log that cannot be written with 5. Losses of the connection end nothing: it comes
back by itself.";

/// Where to join, as whom, and how.
#[derive(Debug, clap::Args)]
pub(crate) struct Target {
    #[command(flatten)]
    settings: Settings,
    /// Take settings from this file (TOML)
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Target {
    /// The configuration that flags, environment and file make, and for how many seconds.
    pub(crate) fn configure(&self) -> Result<(Config, Option<u64>), Failure> {
        let file = match &self.config {
            Some(path) => settings::read_toml(path)?,
            None => Settings::default(),
        };
        let seconds = self.settings.seconds.or(file.seconds);
        let env = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let config = settings::configure(self.settings.clone(), &env, file)?;
        Ok((config, seconds))
    }
}

/// Options of `record`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    target: Target,
    /// Take commands of `say`, `queue`, `send` and so on through this local socket, which is for
    /// its owner alone
    #[cfg(unix)]
    #[arg(long, value_name = "PATH")]
    control: Option<PathBuf>,
    /// Keep commands that come while the connection is down, so long, for the next join: also that
    /// of the next recording on this log
    #[cfg(unix)]
    #[arg(long, value_name = "SECONDS", requires = "control")]
    keep: Option<u64>,
    /// Print each event as a JSON object a line, instead of the status
    #[arg(long)]
    json: bool,
}

/// Records until stopped, refused, or out of time.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let (config, seconds) = args.target.configure()?;
    #[cfg(unix)]
    let config = config.keep_wait_max(Duration::from_secs(args.keep.unwrap_or(0)));
    let stop = Stop::listen()?;
    let showing = if args.json {
        Showing::Events
    } else {
        Showing::Status
    };
    let mut recording = Recording::start(config, showing)?;
    #[cfg(unix)]
    let control = args
        .control
        .as_deref()
        .map(|path| recording.take_commands(path));
    #[cfg(unix)]
    let _control = control.transpose()?;
    let end = recording.run(&stop, seconds.map(Duration::from_secs));
    // Whatever happened, what is recorded is closed properly and told.
    let closed = recording.close();
    match end? {
        End::Asked => closed,
        End::Refused(text) => Err(Failure::Refused(text)),
        End::NotRecorded(text) => Err(Failure::NotRecorded(text)),
    }
}
