//! A recording under way: the engine, what is shown of it, and how it ends.

use crate::cli::clock::Stopwatch;
#[cfg(unix)]
use crate::cli::control::Control;
use crate::cli::failure::Failure;
use crate::cli::history::{Printer, Style};
use crate::cli::line;
use crate::cli::output::Out;
use crate::cli::progress;
use crate::cli::record::refusal::explain;
use crate::cli::record::status::{Status, beginning};
use crate::cli::stop::Stop;
use indicatif::{HumanBytes, HumanCount, HumanDuration, ProgressBar};
use projectionist::{
    ChannelHandle, CloseError, Config, Engine, Kind, LogError, OpenError, Read, Seq, SqliteReader,
    WaitError,
};
use std::io::{IsTerminal, Write};
#[cfg(unix)]
use std::path::Path;
use std::time::Duration;

/// How often the line is written anew and the wish to stop looked at.
const TICK: Duration = Duration::from_millis(200);

/// How often a log without a terminal gets a line.
const NOTE_EVERY: Duration = Duration::from_secs(60);

/// What is worth a line of its own.
const NOTED: [Kind; 7] = [
    Kind::Joined,
    Kind::Kicked,
    Kind::Disconnected,
    Kind::ChatGapFound,
    Kind::FramesShed,
    Kind::PasswordAsked,
    Kind::ChannelMoved,
];

/// What to show meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Showing {
    /// A line of status on a terminal; elsewhere lines at joins, at losses and now and then.
    Status,
    /// Every event as JSON on standard output.
    Events,
}

/// How a recording ended, where nothing failed on our side.
#[derive(Debug)]
pub(crate) enum End {
    /// As asked: a signal, or time is up.
    Asked,
    /// The server does not want us; in words.
    Refused(String),
    /// The log cannot be written; in words.
    NotRecorded(String),
}

/// A recording under way.
pub(crate) struct Recording {
    handle: ChannelHandle,
    config: Config,
    reader: SqliteReader,
    printer: Option<Printer>,
    status: Status,
    bar: ProgressBar,
    /// The newest event before we began.
    first: Seq,
    /// The newest event shown.
    shown: Seq,
    watch: Stopwatch,
    noted: Duration,
}

impl Recording {
    /// Opens the log and begins to connect.
    pub(crate) fn start(config: Config, showing: Showing) -> Result<Self, Failure> {
        let first = match SqliteReader::open(&config.log_path) {
            Ok(reader) => reader.head()?.seq,
            Err(LogError::Missing { .. }) => Seq(0),
            Err(error) => return Err(error.into()),
        };
        let engine = Engine::open(config.clone()).map_err(|error| match error {
            OpenError::Config(error) => error.into(),
            OpenError::Log(error) => error.into(),
            error => Failure::Bad(error.to_string()),
        })?;
        let handle = engine.handle();
        let reader = handle.reader()?;
        progress::note(&beginning(&config));
        let printer = match showing {
            Showing::Events => Some(Printer::new(Style::Json { raw: false })),
            Showing::Status => None,
        };
        let bar = match showing {
            Showing::Events => ProgressBar::hidden(),
            Showing::Status => progress::status(),
        };
        let status = Status::new(&handle, first);
        let (shown, watch, noted) = (first, Stopwatch::start(), Duration::ZERO);
        Ok(Self {
            handle,
            config,
            reader,
            printer,
            status,
            bar,
            first,
            shown,
            watch,
            noted,
        })
    }

    /// Takes commands through a socket at this path while the value given back is there.
    #[cfg(unix)]
    pub(crate) fn take_commands(&self, path: &Path) -> Result<Control, Failure> {
        let control = Control::listen(path, self.handle.clone())?;
        progress::note(&format!("taking commands at {}", path.display()));
        Ok(control)
    }

    /// Records until asked to stop, until time is up, or until it cannot go on.
    pub(crate) fn run(&mut self, stop: &Stop, limit: Option<Duration>) -> Result<End, Failure> {
        loop {
            let left = limit.map_or(TICK, |limit| limit.saturating_sub(self.watch.elapsed()));
            if stop.is_asked() || left.is_zero() {
                return Ok(End::Asked);
            }
            // Events to print are waited for; a line of status has its own pace.
            let (shown, wakes) = (self.shown, self.printer.is_some());
            let waited = self
                .handle
                .wait_for(|state| wakes && state.seq > shown, left.min(TICK));
            self.show()?;
            match waited {
                Ok(_) | Err(WaitError::TimedOut { .. }) => {}
                Err(WaitError::Poisoned(error)) => return Ok(End::NotRecorded(error)),
                Err(WaitError::Ended { cause, last_error }) => {
                    let last_error = last_error.as_deref();
                    let text = explain(&self.handle, &self.config, self.first, cause, last_error)?;
                    return Ok(End::Refused(text));
                }
                Err(error) => return Err(Failure::Bad(error.to_string())),
            }
        }
    }

    /// Shows what is new.
    fn show(&mut self) -> Result<(), Failure> {
        self.show_events()?;
        if self.printer.is_none() {
            let line = self.status.line(&self.handle);
            let due = self.watch.elapsed().saturating_sub(self.noted) >= NOTE_EVERY;
            if due && !std::io::stderr().is_terminal() {
                self.noted = self.watch.elapsed();
                progress::note(&line);
            }
            self.bar.set_message(line);
        }
        Ok(())
    }

    fn show_events(&mut self) -> Result<(), Failure> {
        let head = self.handle.state().seq;
        if head <= self.shown {
            return Ok(());
        }
        let read = Read::default().after(self.shown).until(head);
        self.shown = head;
        match &mut self.printer {
            Some(printer) => {
                printer.print_all(&self.reader, &read)?;
                printer.flush()
            }
            None => {
                let noted = read.kinds(NOTED);
                self.reader.visit(&noted, &mut |recorded| {
                    progress::note(&line::of(&recorded));
                    true
                })?;
                Ok(())
            }
        }
    }

    /// Leaves the channel, closes the log, and sums up.
    pub(crate) fn close(&mut self) -> Result<(), Failure> {
        let closed = self.handle.close();
        let shown = self.show_events();
        self.bar.finish_and_clear();
        let summed = self.sum_up();
        match closed {
            Err(CloseError::Poisoned(error)) => Err(Failure::NotRecorded(error)),
            Err(error) => Err(Failure::Bad(format!(
                "{}: {error}",
                self.config.log_path.display()
            ))),
            Ok(()) => shown.and(summed),
        }
    }

    fn sum_up(&self) -> Result<(), Failure> {
        let log = self.config.log_path.display();
        let events = self.handle.state().seq.0.saturating_sub(self.first.0);
        let count = |kind| -> Result<usize, Failure> {
            let mut count = 0;
            let read = Read::default().kinds([kind]).after(self.first);
            self.reader.visit(&read, &mut |_| {
                count += 1;
                true
            })?;
            Ok(count)
        };
        let (joins, losses) = (count(Kind::Joined)?, count(Kind::Disconnected)?);
        let gaps = count(Kind::ChatGapFound)?;
        let text = format!(
            "recorded {} events in {}: joined {joins} times, left or lost {losses}, \
             gaps in chat {gaps}\n{log}: {} events, {}",
            HumanCount(events),
            HumanDuration(self.watch.elapsed()),
            HumanCount(self.handle.state().seq.0),
            HumanBytes(self.reader.size_bytes()),
        );
        if self.printer.is_some() {
            progress::note(&text);
            return Ok(());
        }
        let mut out = Out::text();
        writeln!(out, "{text}")?;
        Ok(out.flush()?)
    }
}
