//! One channel, whole and pure: session, normaliser, log and state behind `handle_input`,
//! `commit` and `poll_output`.
//!
//! The owner feeds inputs, calls [`Channel::commit`], and drains outputs until
//! [`Output::Timeout`]. Inputs only *stage* events; `commit` appends them in one transaction,
//! and only then are the state published and the outputs released: nothing is seen, sent or
//! settled that the log does not hold. No clock, no thread, no randomness, no i/o except through
//! the log: the same inputs at the same times give the same log, frames and state.

mod answers;
mod commands;
mod commit;
mod connection;
mod io;
mod lanes;
mod open;
mod pending;
mod redact;
mod waiting;

pub use io::{CommandId, Counters, Input, Output};
pub(crate) use open::{BroughtIn, chat_tail_begins};
pub use redact::RedactError;

pub use crate::normalise::Unrecorded;
pub use crate::retry::RetryDelays;
pub use crate::session::Phase;

use crate::command::{Command, CommandError, Outcome};
use crate::event::{Event, Kicked, Recorded, Seq};
use crate::log::{EventLog, Head};
use crate::normalise::{Cause, Context, Draft, Normaliser, Raw};
use crate::session::policy;
use crate::session::{Heard, Session};
use crate::state::ChannelState;
use crate::time::{Now, UnixMicros};
use pending::Pending;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// One channel. See the module's documentation.
pub struct Channel<L> {
    log: L,
    session: Session,
    normaliser: Normaliser,
    delays: Box<dyn RetryDelays>,
    /// The state with everything staged; never shown before it is committed.
    state: ChannelState,
    published: Arc<ChannelState>,
    staged: Vec<Recorded>,
    head: Head,
    /// The newest stored state.
    stored: Seq,
    session_no: u64,
    pending: Pending,
    /// Outputs that wait for the commit of what is staged.
    held: VecDeque<Output>,
    ready: VecDeque<Output>,
    counters: Counters,
    /// Something was appended that no call of `commit` has told yet.
    appended: bool,
    /// Something is not yet safe from a power cut that has to be.
    unsynced: bool,
    last_error: Option<String>,
    chat_length_max: usize,
}

impl<L: EventLog> Channel<L> {
    /// The log.
    pub fn log(&self) -> &L {
        &self.log
    }

    /// The log, for housekeeping.
    pub fn log_mut(&mut self) -> &mut L {
        &mut self.log
    }

    /// The state as committed.
    pub fn state(&self) -> &Arc<ChannelState> {
        &self.published
    }

    /// Where the session stands.
    pub fn phase(&self) -> Phase {
        self.session.phase()
    }

    /// Attempts to connect since the last live session.
    pub fn attempt(&self) -> u32 {
        self.session.attempt()
    }

    /// The last thing that went wrong, in words.
    pub fn last_error(&self) -> Option<&str> {
        self.last_error.as_deref()
    }

    /// Figures since opening.
    pub fn counters(&self) -> Counters {
        Counters {
            unrecorded: self.normaliser.unrecorded(),
            ..self.counters
        }
    }

    /// Whether something waits for [`Channel::commit`].
    pub fn has_staged(&self) -> bool {
        !self.staged.is_empty() || !self.held.is_empty()
    }

    /// Events that wait for [`Channel::commit`].
    pub fn staged_len(&self) -> usize {
        self.staged.len()
    }

    /// Whether a socket is up, as far as the channel knows.
    pub fn is_open(&self) -> bool {
        self.session.is_open()
    }

    /// Takes one input in. Events are staged, outputs held, until [`Channel::commit`].
    pub fn handle_input(&mut self, now: Now, input: Input<'_>) {
        match input {
            Input::Start | Input::Rejoin => self.dial(Duration::ZERO, Vec::new()),
            Input::Opened {
                endpoint,
                transport,
            } => self.opened(now, endpoint, transport),
            Input::DialFailed { error, fatal } => self.dial_failed(error, fatal),
            Input::Frame(frame) => self.frame(now, frame),
            Input::Sent(frame) => self.observe_sent(now, frame),
            Input::Closed {
                cause,
                detail,
                code,
            } => {
                if let Some(ended) = self.session.closed(cause, detail, code) {
                    self.ended(now, ended);
                }
            }
            Input::Command(id, command) => self.command(now, id, command),
            Input::Timeout => {}
            Input::Stop => self.stop(now),
        }
        self.run_timers(now);
        self.drain_session(now);
    }

    fn run_timers(&mut self, now: Now) {
        if let Some(ended) = self.session.timeout(now) {
            self.ended(now, ended);
        }
        // Each round settles at least one thing that was due; due things are few.
        while self.normaliser.deadline().is_some_and(|at| now.mono >= at) {
            let context = context(&self.state, now);
            let drafts = self.normaliser.timeout(context);
            if drafts.is_empty() {
                // Whatever was due turned out to mean nothing.
                continue;
            }
            self.stage_all(now, drafts);
        }
        self.command_timers(now);
    }

    fn frame(&mut self, now: Now, frame: &str) {
        self.counters.frames += 1;
        let Heard {
            connected,
            event,
            acknowledged,
            malformed,
            ended,
        } = self.session.frame(now, frame);
        if let Some(connected) = connected {
            self.session_no += 1;
            self.normaliser.reset();
            self.stage(now, Draft::engine(Event::Connected(connected)), None);
        }
        if let Some((frame, why)) = malformed {
            let draft = self.normaliser.malformed(frame, why);
            self.stage(now, draft, None);
        }
        if let Some(event) = event {
            self.event(now, event);
        }
        if let Some((number, arg)) = acknowledged {
            self.acknowledged(now, number, arg);
        }
        if let Some(ended) = ended {
            self.ended(now, ended);
        }
    }

    fn event(&mut self, now: Now, event: crate::session::Event<'_>) {
        let crate::session::Event {
            name,
            incoming,
            raw,
        } = event;
        if let Ok(incoming) = &incoming {
            let context = context(&self.state, now);
            let drafts = self.normaliser.settle(context, incoming);
            self.stage_all(now, drafts);
        }
        let raw = Raw {
            name: &name,
            payload: raw,
        };
        if let Ok(crate::cytube::Incoming::Kick(reason)) = &incoming {
            let class = policy::classify_kick(reason.as_deref(), false, true)
                .name
                .to_owned();
            let kicked = Kicked {
                reason: reason.clone(),
                class,
            };
            if kicked.class == policy::TOO_FAST {
                self.pending.budget.halve();
            }
            let raw = self.normaliser.scrubbed(&raw);
            self.stage(now, Draft::live(Event::Kicked(kicked)).raw(raw), None);
            return;
        }
        let context = context(&self.state, now);
        match self.normaliser.event(context, &raw, incoming) {
            Some(draft) => {
                self.stage(now, draft, None);
            }
            None => self.unchanged(now, &name),
        }
    }

    fn observe_sent(&mut self, now: Now, frame: &str) {
        if !self.session.is_observing() {
            return;
        }
        self.session.observe_sent(now, frame);
        for name in ["playerReady", "requestPlaylist"] {
            if frame
                .strip_prefix("42[\"")
                .and_then(|rest| rest.strip_prefix(name))
                .is_some_and(|rest| rest.starts_with('"'))
            {
                self.normaliser.sent(name, now);
            }
        }
    }

    fn stage_all(&mut self, now: Now, drafts: Vec<Draft>) {
        let mut first = None;
        for draft in drafts {
            let seq = self.stage(now, draft, first);
            first = first.or(Some(seq));
        }
    }

    /// Gives a draft its place and folds it into the state that `commit` will publish.
    fn stage(&mut self, now: Now, draft: Draft, first: Option<Seq>) -> Seq {
        let Draft {
            event,
            origin,
            sent_ms,
            actor,
            cause,
            raw,
        } = draft;
        let recorded = Recorded {
            seq: self.state.seq.next(),
            session: self.session_no,
            received_at: received_at(&self.state, now),
            sent_ms,
            origin,
            actor,
            cause: match cause {
                Cause::None => None,
                Cause::First => first,
            },
            corr: None,
            dedup_key: None,
            event,
            raw,
            redacted: false,
        };
        let seq = self.push(recorded);
        self.answered(now, seq);
        seq
    }

    fn push(&mut self, recorded: Recorded) -> Seq {
        let seq = recorded.seq;
        self.state.apply(&recorded);
        self.staged.push(recorded);
        seq
    }

    /// Frames of the session go out once what led to them is committed.
    fn drain_session(&mut self, now: Now) {
        for _ in 0..self.session.take_asked() {
            self.pending.budget.take(now.mono);
        }
        while let Some(frame) = self.session.poll_transmit() {
            self.held.push_back(Output::Transmit(frame));
        }
    }

    /// The next thing to do; [`Output::Timeout`] when there is nothing more.
    pub fn poll_output(&mut self) -> Output {
        self.ready
            .pop_front()
            .unwrap_or_else(|| Output::Timeout(self.deadline()))
    }

    /// When [`Input::Timeout`] is due, if nothing else comes first.
    pub fn deadline(&self) -> Option<Duration> {
        [
            self.session.deadline(),
            self.normaliser.deadline(),
            self.pending.deadline(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Takes the channel apart, for closing its log.
    pub fn into_log(self) -> L {
        self.log
    }
}

/// When the next event counts as received: the clock may step back, the log does not.
fn received_at(state: &ChannelState, now: Now) -> UnixMicros {
    now.wall.max(state.at)
}

fn context(state: &ChannelState, now: Now) -> Context<'_> {
    Context {
        now,
        at: received_at(state, now),
        state,
        next_seq: state.seq.next(),
    }
}
