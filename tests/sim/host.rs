//! The owner of the channel: what the driver, the dialler and their process do, in virtual time.
//!
//! Takes in what is due, commits, puts out; a failed commit stops all reading and is tried again.
//! The process may die, lose its power, sleep, be stopped, and start again on the same log.

use crate::network::{Down, Network, Up};
use crate::plan::Plan;
use crate::server::{Mark, Server};
use crate::storage::{Disk, SimLog};
use crate::tally::Tally;
use crate::trace::Trace;
use crate::watch::{self, Watch};
use crate::wishes::Wishes;
use projectionist::channel::{Channel, CommandId, Input, Output};
use projectionist::event_log::{EventLog, LogReader};
use projectionist::testing::{ConnId, SplitMix64};
use projectionist::time::Now;
use projectionist::unversioned::DialPacer;
use projectionist::{Command, Config, Outcome, Phase, Read, Seq};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;
use std::time::Duration;

/// What the host meets besides itself.
pub(crate) struct Outside<'a> {
    pub(crate) now_ms: i64,
    pub(crate) network: &'a mut Network,
    pub(crate) server: &'a mut Server,
    pub(crate) tally: &'a mut Tally,
    pub(crate) random: &'a mut SplitMix64,
    pub(crate) trace: &'a mut Trace,
}

pub(super) enum Process {
    Up(Box<Channel<SimLog>>),
    Down(Box<SimLog>, i64),
    /// Between the two.
    Changing,
}

/// A dial: waiting for its time, or under way.
pub(super) struct Dial {
    pub(super) due_ms: i64,
    pub(super) under_way: bool,
}

/// Commits fail.
pub(super) struct Blocked {
    since_ms: i64,
    wait_ms: i64,
    next_ms: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Death {
    Killed,
    PowerCut,
    Poisoned,
}

pub(crate) struct Host {
    pub(super) plan: Rc<Plan>,
    pub(super) config: Config,
    pub(crate) disk: Rc<Disk>,
    pub(super) process: Process,
    pub(super) starts: u64,
    pub(super) started_ms: i64,
    pub(crate) clock_ms: i64,
    pub(super) pacer: DialPacer,
    pub(super) holds_socket: bool,
    pub(super) dial: Option<Dial>,
    pub(crate) link: Option<ConnId>,
    pub(super) next_conn: u64,
    pub(super) blocked: Option<Blocked>,
    pub(crate) asleep_until_ms: i64,
    pub(crate) dials_fail_until_ms: i64,
    pub(crate) watch: Watch,
    pub(crate) wishes: Wishes,
    event_frames: u64,
    digest: DefaultHasher,
}

impl Host {
    pub(crate) fn new(plan: Rc<Plan>, now_ms: i64) -> Self {
        let disk = Rc::new(Disk::default());
        let log = SimLog::new(Rc::clone(&disk), plan.on_disk);
        Self {
            config: plan.config(),
            plan,
            disk,
            process: Process::Down(Box::new(log), now_ms),
            starts: 0,
            started_ms: now_ms,
            clock_ms: 0,
            pacer: DialPacer::default(),
            holds_socket: false,
            dial: None,
            link: None,
            next_conn: 0,
            blocked: None,
            asleep_until_ms: 0,
            dials_fail_until_ms: 0,
            watch: Watch::default(),
            wishes: Wishes::default(),
            event_frames: 0,
            digest: DefaultHasher::new(),
        }
    }

    pub(crate) fn channel(&self) -> Option<&Channel<SimLog>> {
        match &self.process {
            Process::Up(channel) => Some(channel),
            _ => None,
        }
    }

    pub(super) fn channel_mut(&mut self) -> Option<&mut Channel<SimLog>> {
        match &mut self.process {
            Process::Up(channel) => Some(channel),
            _ => None,
        }
    }

    pub(crate) fn now(&self, now_ms: i64) -> Now {
        Now {
            mono: Duration::from_millis((1_000_000 + now_ms - self.started_ms) as u64),
            wall: Plan::wall(now_ms, self.clock_ms),
        }
    }

    /// Whether inputs are taken in at all.
    pub(crate) fn is_awake(&self, now_ms: i64) -> bool {
        self.channel().is_some() && self.blocked.is_none() && now_ms >= self.asleep_until_ms
    }

    /// Whether the engine has given up, and the log says so.
    pub(crate) fn is_closed(&self) -> bool {
        let is_closed =
            |channel: &Channel<_>| channel.phase() == Phase::Closed && !channel.has_staged();
        self.channel().is_some_and(is_closed)
    }

    pub(crate) fn next_ms(&self, network: &Network) -> Option<i64> {
        let channel = match &self.process {
            Process::Down(_, until_ms) => return Some(*until_ms),
            Process::Changing => return None,
            Process::Up(channel) => channel,
        };
        let deadline = channel.deadline().map(|at| {
            let ms = at.as_nanos().div_ceil(1_000_000) as i64;
            ms - 1_000_000 + self.started_ms
        });
        let next = match &self.blocked {
            Some(blocked) => Some(blocked.next_ms),
            None => {
                let frame = self.link.and_then(|conn| network.next_down_ms(conn));
                let dial = self.dial.as_ref().map(|dial| dial.due_ms);
                [deadline, frame, dial].into_iter().flatten().min()
            }
        };
        next.map(|at_ms| at_ms.max(self.asleep_until_ms))
    }

    /// Everything that is due.
    pub(crate) fn turn(&mut self, out: &mut Outside<'_>) {
        if let Process::Down(_, until_ms) = &mut self.process {
            if out.now_ms < *until_ms {
                return;
            }
            if self.disk.fails.get() {
                // The host opens the log again until it opens.
                *until_ms = out.now_ms + 1_000;
                return;
            }
            self.start(out);
        }
        if out.now_ms < self.asleep_until_ms {
            return;
        }
        let waits = |blocked: &Blocked| out.now_ms < blocked.next_ms;
        if self.blocked.as_ref().is_some_and(waits) || (self.blocked.is_some() && !self.settle(out))
        {
            return;
        }
        self.dial_turn(out);
        self.read(out);
        self.input(out, Input::Timeout);
        self.settle(out);
    }

    /// Takes one input in, nothing else.
    pub(crate) fn input(&mut self, out: &mut Outside<'_>, input: Input<'_>) {
        let now = self.now(out.now_ms);
        if let Some(channel) = self.channel_mut() {
            channel.handle_input(now, input);
        }
    }

    pub(crate) fn wish(&mut self, out: &mut Outside<'_>, id: u64, command: Command) {
        out.trace.note(|| format!("wish {id} {}", command.name()));
        self.input(out, Input::Command(CommandId(id), command));
        self.settle(out);
    }

    /// Reads what has come, until there is nothing more or the log blocks.
    fn read(&mut self, out: &mut Outside<'_>) {
        while let Some(conn) = self.link.filter(|_| self.blocked.is_none()) {
            let Some(down) = out.network.take_down(conn, out.now_ms) else {
                return;
            };
            match down {
                Down::Frame(text, mark) => self.frame(out, &text, &mark),
                Down::Closed {
                    cause,
                    detail,
                    code,
                } => {
                    out.trace.note(|| format!("{conn:?} closed: {detail}"));
                    self.unlink(out);
                    let detail = Some(detail.to_owned());
                    self.input(
                        out,
                        Input::Closed {
                            cause,
                            detail,
                            code,
                        },
                    );
                }
            }
            let is_open = self.channel().is_some_and(Channel::is_open);
            if (self.plan.frame_by_frame || !is_open) && !self.settle(out) {
                return;
            }
        }
    }

    fn frame(&mut self, out: &mut Outside<'_>, text: &str, mark: &Mark) {
        if !self.channel().is_some_and(Channel::is_open) {
            return;
        }
        out.trace.frame("<", text);
        self.watch.viewer.told(mark);
        self.input(out, Input::Frame(text));
    }

    /// The transport is gone on our side.
    fn unlink(&mut self, out: &mut Outside<'_>) {
        if let Some(conn) = self.link.take() {
            out.network.forget(conn);
            self.watch.viewer.reset();
        }
        if std::mem::take(&mut self.holds_socket) {
            self.pacer.release();
        }
    }

    /// Commits and puts out until there is nothing more; `false` while the log blocks.
    pub(crate) fn settle(&mut self, out: &mut Outside<'_>) -> bool {
        loop {
            if !self.commit(out) {
                return false;
            }
            self.put_out(out);
            if !self.channel().is_some_and(Channel::has_staged) {
                return true;
            }
        }
    }

    fn commit(&mut self, out: &mut Outside<'_>) -> bool {
        let Process::Up(channel) = &mut self.process else {
            return false;
        };
        self.watch.staged(channel);
        match channel.commit() {
            Ok(_) => {
                self.blocked = None;
                let fresh = channel.log_mut().take_fresh();
                for row in &fresh {
                    out.trace.row(row);
                }
                self.watch.committed(channel, &fresh, &self.plan, out.tally);
                true
            }
            Err(error) => {
                assert!(error.is_retryable(), "{error}");
                watch::no_secret(&error.to_string());
                self.commit_failed(out);
                false
            }
        }
    }

    fn commit_failed(&mut self, out: &mut Outside<'_>) {
        let now_ms = out.now_ms;
        out.tally.count("commits_failed");
        let (since_ms, wait_ms) = match &self.blocked {
            Some(blocked) => (blocked.since_ms, (blocked.wait_ms * 2).min(2_000)),
            None => (now_ms, 50),
        };
        let retried = Duration::from_millis((now_ms - since_ms) as u64);
        if retried >= self.config.storage_retry_max {
            out.tally.count("poisoned");
            return self.die(out, Death::Poisoned, now_ms + 20_000);
        }
        self.blocked = Some(Blocked {
            since_ms,
            wait_ms,
            next_ms: now_ms + wait_ms,
        });
    }

    fn put_out(&mut self, out: &mut Outside<'_>) {
        while let Some(channel) = self.channel_mut() {
            let output = channel.poll_output();
            if matches!(output, Output::Timeout(_)) {
                return;
            }
            let head = channel.log().head().seq;
            watch::no_secret_in(&output);
            (out.now_ms, format!("{output:?}")).hash(&mut self.digest);
            match output {
                Output::Transmit(frame) => self.transmit(out, frame),
                Output::Close => {
                    if let Some(conn) = self.link {
                        out.network.hang_up(conn, out.now_ms);
                    }
                    self.unlink(out);
                }
                Output::Dial { delay, .. } => {
                    let due_ms = out.now_ms + delay.as_nanos().div_ceil(1_000_000) as i64;
                    out.trace.note(|| format!("dial in {delay:?}"));
                    self.dial = Some(Dial {
                        due_ms,
                        under_way: false,
                    });
                }
                Output::Settled(id, outcome) => {
                    out.trace.note(|| format!("outcome {} {outcome:?}", id.0));
                    if let Outcome::Refused { seq, .. } = &outcome {
                        assert!(*seq <= head, "an outcome before its event");
                    }
                    if let Outcome::Confirmed { seq, .. } = &outcome {
                        let event = Read::default().after(Seq(seq.0 - 1)).until(*seq);
                        let log = self.channel().map(Channel::log);
                        let shown = log.map(|log| log.read(&event).unwrap());
                        self.wishes.confirmed_by(id.0, &shown.unwrap_or_default());
                    }
                    self.wishes.settled(id.0, outcome, out.tally);
                }
                other => panic!("an output that nobody does: {other:?}"),
            }
        }
    }

    fn transmit(&mut self, out: &mut Outside<'_>, frame: String) {
        frame.hash(&mut self.digest);
        out.trace.frame(">", &frame);
        let of_session = [
            "42[\"login\"",
            "42[\"joinChannel\"",
            "42[\"channelPassword\"",
        ];
        let is_event = frame.starts_with("42");
        if is_event && !of_session.iter().any(|start| frame.starts_with(start)) {
            self.event_frames += 1;
        }
        if let Some(conn) = self.link {
            out.network.up(conn, Up::Frame(frame), out.now_ms);
        }
    }

    pub(crate) fn event_frames(&self) -> u64 {
        self.event_frames
    }

    /// All that came out so far, in one number.
    pub(crate) fn digest(&self) -> u64 {
        self.digest.finish()
    }
}
