//! From the server's events to ours.
//!
//! Reads the state as it stands before the event, since many facts of an event are by definition
//! what was true before it: the author's rank, the removed item, the expected position. It never
//! changes the state, never names the session, and remembers only what spans frames: the join
//! burst under way, the chat tail for replay alignment, and a few frames that mean something
//! together (`setCurrent` before `changeMedia`, the end of playback). All of that is rebuilt from
//! the log at opening or reset at each connection.

mod burst;
mod chat;
mod convert;
mod draft;
mod playback;
mod redact;
mod replay;
mod rest;

pub(crate) use chat::source_of;
pub(crate) use draft::{Cause, Draft};
pub(crate) use replay::{TAIL_MAX, is_buffered};

use crate::config::{Config, PlaybackTicks};
use crate::cytube::{ChatMsg, Incoming, Misfit};
use crate::event::{Event, Origin, Recorded, Seq, Unrecognised};
use crate::state::ChannelState;
use crate::time::{Now, UnixMicros};
use burst::OpenBurst;
use replay::{Line, Tail};
use serde_json::value::RawValue;
use std::time::Duration;

/// How long the followers of a join burst, and the `changeMedia` behind a `setCurrent`, may lag
/// behind it. The server emits them in one tick; this covers a packet boundary.
const SETTLE: Duration = Duration::from_millis(50);

/// What surrounds an event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'a> {
    /// The moment.
    pub(crate) now: Now,
    /// The moment as the log will have it.
    pub(crate) at: UnixMicros,
    /// The state before the event.
    pub(crate) state: &'a ChannelState,
    /// The position of the next event.
    pub(crate) next_seq: Seq,
}

/// One of the server's events on its way in.
#[derive(Debug)]
pub(crate) struct Raw<'f> {
    pub(crate) name: &'f str,
    pub(crate) payload: Option<&'f RawValue>,
}

impl Raw<'_> {
    fn json(&self) -> Option<&str> {
        self.payload.map(RawValue::get)
    }
}

/// Frames that left no event, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unrecorded {
    /// Broadcasts that our own entry causes, before the join burst and within it: it supersedes them.
    pub before_burst: u64,
    /// Playback ticks that told nothing new.
    pub ticks: u64,
    /// Twins of another event (`setAFK`), nameless users, and events without meaning of their own.
    pub redundant: u64,
}

/// The normaliser of one channel.
#[derive(Debug)]
pub(crate) struct Normaliser {
    keep_moderator_data: bool,
    record_ticks: PlaybackTicks,
    tolerance_s: f64,
    /// Before the burst of this connection.
    outside: bool,
    burst: Option<OpenBurst>,
    tail: Tail,
    playback: playback::Pending,
    unrecorded: Unrecorded,
}

impl Normaliser {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            keep_moderator_data: config.record_moderator_data,
            record_ticks: config.playback,
            tolerance_s: config.playback_tolerance.as_secs_f64(),
            outside: true,
            burst: None,
            tail: Tail::default(),
            playback: playback::Pending::default(),
            unrecorded: Unrecorded::default(),
        }
    }

    /// Takes in an event that is in the log already; for opening, oldest first.
    pub(crate) fn remember(&mut self, recorded: &Recorded) {
        self.tail.remember(recorded);
    }

    pub(crate) fn unrecorded(&self) -> Unrecorded {
        self.unrecorded
    }

    /// A new connection: half a burst, and frames that waited for company, are void.
    pub(crate) fn reset(&mut self) {
        self.outside = true;
        self.burst = None;
        self.playback = playback::Pending::default();
    }

    /// We sent an event that the server answers with a repetition of what is.
    pub(crate) fn sent(&mut self, name: &str, now: Now) {
        self.playback.asked(name, now);
    }

    /// When [`Normaliser::timeout`] is due.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        let burst = self.burst.as_ref().and_then(|burst| burst.settles_at);
        [burst, self.playback.deadline()]
            .into_iter()
            .flatten()
            .min()
    }

    /// What has waited long enough for company.
    pub(crate) fn timeout(&mut self, context: Context<'_>) -> Vec<Draft> {
        let is_due = |until: Option<Duration>| until.is_some_and(|until| context.now.mono >= until);
        if is_due(self.burst.as_ref().and_then(|burst| burst.settles_at)) {
            return self.finish_burst(context);
        }
        self.playback.timeout(context)
    }

    /// What an event that just arrived shows to be complete. Comes before [`Normaliser::event`],
    /// so that the state includes it.
    pub(crate) fn settle(&mut self, context: Context<'_>, incoming: &Incoming<'_>) -> Vec<Draft> {
        let is_whole = self
            .burst
            .as_ref()
            .is_some_and(|burst| burst.settles_at.is_some());
        if is_whole && !OpenBurst::is_follower(incoming) {
            return self.finish_burst(context);
        }
        if self.burst.is_some() {
            return Vec::new();
        }
        self.playback.settle(incoming)
    }

    /// What is whole although company was still awaited for it; for the end of a connection.
    pub(crate) fn finish(&mut self, context: Context<'_>) -> Vec<Draft> {
        match &self.burst {
            Some(burst) if burst.settles_at.is_some() => self.finish_burst(context),
            Some(_) => Vec::new(),
            None => self.playback.finish(),
        }
    }

    fn finish_burst(&mut self, context: Context<'_>) -> Vec<Draft> {
        let Some(burst) = self.burst.take() else {
            return Vec::new();
        };
        let Context {
            at,
            state,
            next_seq,
            ..
        } = context;
        burst.finish(state, at, &mut self.tail, |index| {
            Seq(next_seq.0 + index as u64)
        })
    }

    /// A frame that does not read.
    pub(crate) fn malformed(&self, frame: &str, why: String) -> Draft {
        let raw = redact::malformed(frame).map(str::to_owned);
        let why = if raw.is_none() {
            format!("{why}; withheld: it may hold a secret")
        } else {
            why
        };
        Draft::live(Event::Unrecognised(Unrecognised {
            name: String::new(),
            why,
        }))
        .raw(raw)
    }

    /// One event of the server.
    pub(crate) fn event(
        &mut self,
        context: Context<'_>,
        raw: &Raw<'_>,
        incoming: Result<Incoming<'_>, Misfit>,
    ) -> Option<Draft> {
        let incoming = match incoming {
            Ok(Incoming::Unknown) => return Some(self.unrecognised(raw, "unknown event")),
            Ok(incoming) => incoming,
            Err(misfit) => {
                self.mark(raw.name, context.now);
                return Some(self.unrecognised(raw, &misfit.to_string()));
            }
        };
        if self.outside {
            return self.event_outside(context, raw, incoming);
        }
        if let Some(burst) = &mut self.burst {
            if burst.supersedes(&incoming) {
                self.unrecorded.before_burst += 1;
                return None;
            }
            let ends = matches!(incoming, Incoming::UserList(_));
            let rest = burst.take(incoming, raw.json(), self.keep_moderator_data);
            if ends {
                burst.settles_at = Some(context.now.mono + SETTLE);
            }
            return self.inside(context, raw, rest?);
        }
        self.inside(context, raw, incoming)
    }

    /// The ends of a burst count even where they do not read: all that is between them does.
    fn mark(&mut self, name: &str, now: Now) {
        match (name, &mut self.burst) {
            ("setPermissions", None) if self.outside => {
                self.outside = false;
                self.burst = Some(OpenBurst::new(None));
            }
            ("userlist", Some(burst)) => burst.settles_at = Some(now.mono + SETTLE),
            _ => {}
        }
    }

    /// Between our connection and the burst: what is said to us counts, what is said to the room
    /// does not, since our own entry causes it and the burst supersedes it.
    fn event_outside(
        &mut self,
        context: Context<'_>,
        raw: &Raw<'_>,
        incoming: Incoming<'_>,
    ) -> Option<Draft> {
        match incoming {
            Incoming::SetPermissions(map) => {
                self.outside = false;
                self.burst = Some(OpenBurst::new(Some(map)));
                None
            }
            // Seen when our entry tipped a vote. It is in no replay, so it is kept, but it never
            // enters the tail: the server's buffer does not hold it. What the buffer does hold
            // comes again within the burst, in its place.
            Incoming::ChatMsg(msg) if !chat::is_bufferable(&msg) => {
                Some(self.message(context, raw, &msg))
            }
            incoming if rest::is_said_to_us(&incoming) => self.inside(context, raw, incoming),
            _ => {
                self.unrecorded.before_burst += 1;
                None
            }
        }
    }

    /// An event in the ordinary run of things.
    fn inside(
        &mut self,
        context: Context<'_>,
        raw: &Raw<'_>,
        incoming: Incoming<'_>,
    ) -> Option<Draft> {
        match incoming {
            Incoming::ChatMsg(msg) => {
                if chat::is_bufferable(&msg) {
                    self.tail.push(line_of(&msg), context.next_seq);
                }
                Some(self.message(context, raw, &msg))
            }
            Incoming::Pm(pm) => Some(chat::private(&pm, context.state, self.scrubbed(raw))),
            Incoming::ClearChat(by) => {
                self.tail.clear();
                Some(rest::chat_cleared(by).raw(self.scrubbed(raw)))
            }
            Incoming::MediaUpdate(tick) => {
                let all = self.record_ticks == PlaybackTicks::All;
                let draft = playback::tick(context, tick, self.tolerance_s, all);
                self.unrecorded.ticks += u64::from(draft.is_none());
                draft.map(|draft| draft.raw(self.scrubbed(raw)))
            }
            Incoming::SetCurrent(uid) => {
                self.playback.current(uid, context.now, self.scrubbed(raw));
                None
            }
            Incoming::ChangeMedia(change) => {
                let raw = self.scrubbed(raw);
                Some(self.playback.change(context, change).raw(raw))
            }
            incoming => {
                self.playback.watch(context, &incoming);
                let draft =
                    rest::draft(context, incoming, self.keep_moderator_data, &self.playback);
                self.unrecorded.redundant += u64::from(draft.is_none());
                draft.map(|draft| self.with_raw(draft, raw))
            }
        }
    }

    fn message(&self, context: Context<'_>, raw: &Raw<'_>, msg: &ChatMsg<'_>) -> Draft {
        let author = context
            .state
            .users
            .as_ref()
            .and_then(|users| users.find(&msg.username));
        chat::message(
            msg,
            Origin::Live,
            author,
            raw.json(),
            self.keep_moderator_data,
        )
    }

    fn unrecognised(&self, raw: &Raw<'_>, why: &str) -> Draft {
        let body = Unrecognised {
            name: raw.name.to_owned(),
            why: why.to_owned(),
        };
        let keep = self.keep_moderator_data;
        let text = match raw.name {
            "readChanLog" if !keep => None,
            "chatMsg" | "errorMsg" if !keep => raw.json().and_then(redact::notice),
            _ => self.scrubbed(raw),
        };
        Draft::live(Event::Unrecognised(body)).raw(text)
    }

    /// The raw payload as it may be stored.
    pub(crate) fn scrubbed(&self, raw: &Raw<'_>) -> Option<String> {
        let json = raw.json()?;
        redact::scrub(json, self.keep_moderator_data).map(std::borrow::Cow::into_owned)
    }

    /// Adds the raw payload where it may be stored at all.
    fn with_raw(&self, draft: Draft, raw: &Raw<'_>) -> Draft {
        let text = match &draft.event {
            // The whole text is full of addresses.
            Event::ChannelLogRead(_) if !self.keep_moderator_data => None,
            Event::ErrorTold(error) => raw
                .json()
                .and_then(|json| redact::with_msg(json, &error.msg, self.keep_moderator_data)),
            _ => self.scrubbed(raw),
        };
        draft.raw(text)
    }
}

/// A line of chat as the server's buffer identifies it.
fn line_of(msg: &ChatMsg<'_>) -> Line {
    Line {
        sent_ms: msg.time.0,
        name: msg.username.as_ref().into(),
        html: msg.msg.as_ref().into(),
    }
}
