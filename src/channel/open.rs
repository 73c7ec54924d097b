//! Opening a channel over a log that may hold years: the state from a snapshot or by folding, the
//! chat tail, and the end of a session that nobody ended.

use super::waiting::{Kept, Waiting};
use super::{Channel, Command, Counters, Pending, received_at};
use crate::command::CommandSyntax;
use crate::config::Config;
use crate::event::{
    CommandSettled, DisconnectCause, Disconnected, Event, Imported, Kind, Origin, Recorded, Seq,
};
use crate::history::state_at;
use crate::log::{EventLog, LogError, LogReader, Read};
use crate::normalise::{Draft, Normaliser, TAIL_MAX, is_buffered};
use crate::retry::RetryDelays;
use crate::session::Session;
use crate::time::Now;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

impl<L: EventLog> Channel<L> {
    /// Opens a channel that connects, joins and comes back by itself.
    ///
    /// # Errors
    /// What the log says while it is read.
    pub fn open(
        config: &Config,
        log: L,
        delays: Box<dyn RetryDelays>,
        now: Now,
    ) -> Result<Self, LogError> {
        Self::open_as(config, log, delays, now, false)
    }

    /// Opens a channel that watches a connection somebody else drives, such as a recording: it
    /// sends nothing and decides nothing.
    ///
    /// # Errors
    /// What the log says while it is read.
    pub fn observe(
        config: &Config,
        log: L,
        delays: Box<dyn RetryDelays>,
        now: Now,
    ) -> Result<Self, LogError> {
        Self::open_as(config, log, delays, now, true)
    }

    fn open_as(
        config: &Config,
        log: L,
        delays: Box<dyn RetryDelays>,
        now: Now,
        observing: bool,
    ) -> Result<Self, LogError> {
        let head = log.head();
        let state = state_at(&log, head.seq)?;
        let mut normaliser = Normaliser::new(config);
        for recorded in chat_tail(&log)?.iter().rev() {
            normaliser.remember(recorded);
        }
        let mut channel = Self {
            session: Session::new(config, observing),
            normaliser,
            delays,
            published: Arc::new(state.clone()),
            state,
            staged: Vec::new(),
            head,
            stored: head.seq,
            session_no: head.session,
            pending: Pending::new(config),
            held: VecDeque::new(),
            ready: VecDeque::new(),
            counters: Counters::default(),
            appended: false,
            unsynced: false,
            last_error: None,
            chat_length_max: config.chat_length_max,
            log,
        };
        channel.pending.list_since = head.seq;
        if head.session_open {
            channel.note_crash(now);
        }
        if !observing {
            channel.take_up_commands(now);
        }
        channel.commit()?;
        Ok(channel)
    }

    /// The process before us died without closing the log: the gap begins where it stopped.
    fn note_crash(&mut self, now: Now) {
        let body = Disconnected {
            cause: DisconnectCause::Crash,
            detail: Some("the log was not closed; found when it was opened again".to_owned()),
            close_code: None,
            retry_in_ms: None,
        };
        self.stage(now, Draft::engine(Event::Disconnected(body)), None);
    }

    /// Takes up what an engine before us left: what was kept waits on, what was on the wire when the
    /// process died can only be called unknown. It is not sent again.
    fn take_up_commands(&mut self, now: Now) {
        for (seq, underway) in self.state.commands.as_ref().clone() {
            let corr = underway.corr.unwrap_or_default();
            let Some(kept) = underway.kept else {
                self.settle_left(now, seq, &corr, "unknown", None);
                continue;
            };
            let left_ms = kept.until_ms.saturating_sub(now.wall.as_millis()).max(0);
            match Command::parse(&underway.command, &kept.args) {
                Ok(command) => self.pending.kept.push_back(Waiting {
                    id: None,
                    command,
                    until: now.mono + Duration::from_millis(left_ms.unsigned_abs()),
                    seen: seq,
                    kept: Some(Kept { seq, corr }),
                }),
                Err(error) => self.settle_left(now, seq, &corr, "not_sent", Some(&error)),
            }
        }
    }

    fn settle_left(
        &mut self,
        now: Now,
        seq: Seq,
        corr: &str,
        outcome: &str,
        error: Option<&CommandSyntax>,
    ) {
        let body = CommandSettled {
            outcome: outcome.to_owned(),
            detail: error.map(ToString::to_string),
            by: None,
            command: None,
            args: None,
        };
        self.push_own(now, Event::CommandSettled(body), Some(seq), corr);
    }

    /// Notes where the events that follow come from. `key` may stand in a log once only, so that
    /// nothing is brought in twice.
    pub fn import(&mut self, now: Now, imported: Imported, key: String) {
        self.bring_in(
            now,
            BroughtIn {
                event: Event::Imported(imported),
                sent_ms: None,
                actor: None,
                cause: None,
                key: Some(key),
                raw: None,
            },
        );
    }

    /// Stages an event that was not received here: its origin is [`Origin::Import`], so it changes
    /// nothing of the state but the position and the time. It counts as received at `now`, or with the
    /// event ahead of it where that is later.
    pub(crate) fn bring_in(&mut self, now: Now, event: BroughtIn) -> Seq {
        self.push(Recorded {
            seq: self.state.seq.next(),
            session: self.session_no,
            received_at: received_at(&self.state, now),
            sent_ms: event.sent_ms,
            origin: Origin::Import,
            actor: event.actor,
            cause: event.cause,
            corr: None,
            dedup_key: event.key,
            event: event.event,
            raw: event.raw,
            redacted: false,
        })
    }
}

/// An event from another source, before it has a place in the log.
#[derive(Clone, Debug)]
pub(crate) struct BroughtIn {
    pub(crate) event: Event,
    pub(crate) sent_ms: Option<i64>,
    pub(crate) actor: Option<String>,
    /// The note of the import that it belongs to.
    pub(crate) cause: Option<Seq>,
    /// Key that may stand in the log once only.
    pub(crate) key: Option<String>,
    pub(crate) raw: Option<String>,
}

/// The first of the events that a channel must find in its log when it is opened, so that what the
/// server sends again at the next join is recognised: as many of its newest lines as are compared.
pub(crate) fn chat_tail_begins<L: LogReader + ?Sized>(log: &L) -> Result<Option<Seq>, LogError> {
    let read = Read::default()
        .kinds([Kind::MessageSaid])
        .origins(Origin::WITNESSED)
        .newest_first();
    let (mut first, mut count) = (None, 0);
    log.visit(&read, &mut |recorded| {
        let buffered = |event: &Event| matches!(event, Event::MessageSaid(m) if is_buffered(m));
        if buffered(&recorded.event) {
            (first, count) = (Some(recorded.seq), count + 1);
        }
        count < TAIL_MAX
    })?;
    Ok(first)
}

/// The newest lines that the server's replay may hold, newest first. Notices of the server's own
/// do not count: there may be any number of them behind the last line of a user. As written: the
/// server knows nothing of our redactions, and what it sends again must be known for what it is.
/// Without what was brought in, which the server does not know either.
fn chat_tail<L: EventLog>(log: &L) -> Result<Vec<Recorded>, LogError> {
    let read = Read::default()
        .kinds([Kind::MessageSaid, Kind::ChatCleared])
        .origins(Origin::WITNESSED)
        .newest_first()
        .as_written();
    let mut tail = Vec::new();
    log.visit(&read, &mut |recorded| {
        let counts = match &recorded.event {
            Event::MessageSaid(message) => is_buffered(message),
            _ => true,
        };
        if counts {
            tail.push(recorded);
        }
        tail.len() < TAIL_MAX * 2
    })?;
    Ok(tail)
}
