//! `bridge`: rooms recorded, and bridged to NATS, by one service that runs for months.

mod http;
mod options;
mod pages;

pub(crate) use options::Broker;

use crate::cli::failure::Failure;
use crate::cli::progress;
use crate::cli::record::{Settings, beginning, configure, explain, read_toml};
use crate::cli::stop::Stop;
use indicatif::HumanCount;
use options::{Bridging, File, variables};
use pages::{is_healthy, page};
use projectionist::nats::{BridgeError, BridgeHealth, NatsBridge};
use projectionist::{ChannelHandle, Config, Engine, OpenError, Phase, Seq, Storage};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How often the rooms are looked at.
const TICK: Duration = Duration::from_millis(500);

/// How often a log without a terminal gets a line.
const NOTE_EVERY: u32 = 120;

/// How long the publishing of what waits may take at a stop, unless told otherwise.
const DRAIN_S: u64 = 10;

const UNIT: &str = include_str!("projectionist-bridge.service");
const CONTAINER: &str = include_str!("Containerfile");

const EXAMPLES: &str = "\
Examples:
  projectionist bridge https://cytu.be/r/MyChannel --as reel --nats nats://127.0.0.1:4222
  projectionist bridge --config fleet.toml --stream ROSEY --http 127.0.0.1:9222 --log-json
  projectionist bridge --env-file .env --actions say,pm,queue
  projectionist bridge --print unit | sudo tee /etc/systemd/system/projectionist-bridge.service

One room comes from flags and environment, as for `record`; a file has any number:

  [nats]
  url = [\"nats://10.0.0.1:4222\", \"nats://10.0.0.2:4222\"]
  creds = \"/etc/projectionist/nats.creds\"
  [bridge]
  stream = \"ROSEY\"
  channel-in-subject = true
  [[room]]
  url = \"https://cytu.be/r/MyChannel\"
  account = \"reel\"
  password-file = \"/etc/projectionist/reel.password\"
  log = \"/var/lib/projectionist/mychannel.db\"

Secrets are never flags: NATS_PASSWORD, NATS_TOKEN, NATS_NKEY, or files. Subjects, envelopes and
what delivery promises are told in the documentation of the library's module `nats`.

SIGINT or SIGTERM publishes what waits (--drain), notes the positions and closes the logs, with exit
code 0; a second one ends it at once. A room that is refused for good is told of and left alone; when
all are, the service ends with exit code 4, and with 5 if a log cannot be written.";

/// Options of `bridge`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    room: Settings,
    #[command(flatten)]
    broker: Broker,
    #[command(flatten)]
    bridging: Bridging,
    /// Take settings from this file (TOML)
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Take variables from this file of NAME=value lines, where the environment has none
    #[arg(long, value_name = "FILE")]
    env_file: Option<PathBuf>,
    /// Begin with the next event, whatever position is on record: after the restoring of a log
    #[arg(long)]
    from_head: bool,
    /// Print a unit for systemd, or a file to build a container from, and do nothing else
    #[arg(long, value_enum, value_name = "WHAT")]
    print: Option<Print>,
}

/// What to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Print {
    Unit,
    Container,
}

/// A room of the service.
struct Room {
    config: Config,
    handle: ChannelHandle,
    /// The newest event before we began.
    first: Seq,
    /// Refused for good, and told of.
    is_out: bool,
}

/// Runs until stopped, or until nothing is left to do.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    match args.print {
        Some(Print::Unit) => return print(UNIT),
        Some(Print::Container) => return print(CONTAINER),
        None => {}
    }
    let kept = match &args.env_file {
        Some(path) => read_variables(path)?,
        None => BTreeMap::new(),
    };
    let env = |name: &str| {
        let set = std::env::var(name).ok().filter(|value| !value.is_empty());
        set.or_else(|| kept.get(name).cloned())
    };
    let file: File = match &args.config {
        Some(path) => read_toml(path)?,
        None => File::default(),
    };
    let options = args.broker.options(&env, &file.nats)?;
    let bridging = args.bridging.clone().over(&env, file.bridge)?;
    let options = bridging.apply(options).from_head(args.from_head);
    let configs = if file.rooms.is_empty() {
        vec![configure(args.room.clone(), &env, Settings::default())?]
    } else if args.room == Settings::default() {
        let no_env = |_: &str| None;
        let rooms = file.rooms.into_iter();
        rooms
            .map(|room| configure(room, &no_env, Settings::default()))
            .collect::<Result<_, _>>()?
    } else {
        let text = "rooms stand in the file and on the command line: give one or the other";
        return Err(Failure::Usage(text.to_owned()));
    };
    let stop = Stop::listen()?;
    let mut rooms = configs
        .into_iter()
        .map(open)
        .collect::<Result<Vec<_>, _>>()?;
    let handles = rooms.iter().map(|room| room.handle.clone()).collect();
    let bridge = NatsBridge::start(options, handles).map_err(|error| match error {
        BridgeError::Checkpoint { .. } => Failure::Unfit(error.to_string()),
        BridgeError::Log(error) => error.into(),
        error => Failure::Usage(error.to_string()),
    })?;
    let seen = Arc::new(Mutex::new(bridge.health()));
    if let Some(address) = bridging.http {
        let bound = listen(address, &rooms, &seen)?;
        progress::note(&format!(
            "health and metrics at http://{bound}/health and /metrics"
        ));
    }
    notify(&[sd_notify::NotifyState::Ready]);
    let ended = watch(&mut rooms, &bridge, &seen, &stop);
    notify(&[sd_notify::NotifyState::Stopping]);
    let drain = Duration::from_secs(bridging.drain.unwrap_or(DRAIN_S));
    let left = bridge.health();
    if !bridge.stop(drain) {
        let lag: u64 = left.rooms.iter().map(|room| room.lag).sum();
        let text = format!("some of {lag} events wait in the log for the next time");
        progress::note(&text);
    }
    for room in &rooms {
        if let Err(error) = room.handle.close() {
            progress::note(&format!("{}: {error}", room.config.log_path.display()));
        }
    }
    ended
}

fn print(text: &str) -> Result<(), Failure> {
    use std::io::Write;
    let mut out = crate::cli::output::Out::data();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

fn read_variables(path: &PathBuf) -> Result<BTreeMap<String, String>, Failure> {
    let bad = |detail: String| Failure::Usage(format!("{}: {detail}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| bad(error.to_string()))?;
    Ok(variables(&text).map_err(bad)?.into_iter().collect())
}

fn open(config: Config) -> Result<Room, Failure> {
    let engine = Engine::open(config.clone()).map_err(|error| match error {
        OpenError::Config(error) => error.into(),
        OpenError::Log(error) => error.into(),
        error => Failure::Bad(error.to_string()),
    })?;
    let handle = engine.handle();
    progress::note(&beginning(&config));
    Ok(Room {
        first: handle.state().seq,
        config,
        handle,
        is_out: false,
    })
}

/// Serves the pages; what they say of the bridge is as of the last look at it.
fn listen(
    address: std::net::SocketAddr,
    rooms: &[Room],
    seen: &Arc<Mutex<BridgeHealth>>,
) -> Result<std::net::SocketAddr, Failure> {
    let named = named(rooms);
    let seen = Arc::clone(seen);
    http::serve(address, move |path| {
        let health = seen.lock().map(|seen| seen.clone()).unwrap_or_default();
        page(path, &named, &health)
    })
}

fn named(rooms: &[Room]) -> Vec<(String, ChannelHandle)> {
    let name = |room: &Room| (room.config.channel.clone(), room.handle.clone());
    rooms.iter().map(name).collect()
}

/// Looks after the rooms until asked to stop, or until none can go on.
fn watch(
    rooms: &mut [Room],
    bridge: &NatsBridge,
    seen: &Mutex<BridgeHealth>,
    stop: &Stop,
) -> Result<(), Failure> {
    let named = named(rooms);
    let mut ticks: u32 = 0;
    while !stop.wait(TICK) {
        let health = bridge.health();
        if is_healthy(&named, &health) {
            notify(&[sd_notify::NotifyState::Watchdog]);
        }
        if ticks.is_multiple_of(NOTE_EVERY) {
            let line = line(rooms, &health);
            notify(&[sd_notify::NotifyState::Status(&line)]);
            progress::note(&line);
        }
        ticks = ticks.wrapping_add(1);
        if let Ok(mut seen) = seen.lock() {
            *seen = health;
        }
        for room in rooms.iter_mut().filter(|room| !room.is_out) {
            let health = room.handle.health();
            if let Storage::Poisoned { error } = health.storage {
                return Err(Failure::NotRecorded(error));
            }
            if health.phase == Phase::Closed {
                let cause = room.handle.state().connection.lost;
                let last_error = health.last_error.as_deref();
                let text = explain(&room.handle, &room.config, room.first, cause, last_error)?;
                progress::note(&format!(
                    "{}: refused for good: {text}",
                    room.config.channel
                ));
                room.is_out = true;
            }
        }
        if rooms.iter().all(|room| room.is_out) {
            let text = "every room has refused us for good".to_owned();
            return Err(Failure::Refused(text));
        }
    }
    Ok(())
}

/// How it is going, as one line.
fn line(rooms: &[Room], health: &BridgeHealth) -> String {
    let live = rooms
        .iter()
        .filter(|room| room.handle.state().is_live())
        .count();
    let lag: u64 = health.rooms.iter().map(|room| room.lag).sum();
    let broker = if health.connected {
        "connected"
    } else {
        "away"
    };
    format!(
        "{live} of {} rooms live, broker {broker}, {} messages published, {} events wait, {} requests",
        rooms.len(),
        HumanCount(health.published),
        HumanCount(lag),
        HumanCount(health.requests),
    )
}

/// Tells systemd, where there is one.
fn notify(states: &[sd_notify::NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        log::debug!("systemd was not told: {error}");
    }
}
