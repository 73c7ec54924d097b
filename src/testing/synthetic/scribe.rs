//! The recorder of a synthetic room: what is seen while it is there becomes an event.
//!
//! It folds what it records, as a channel does, so that a rejoin records the parts that differ and
//! so that states can be stored on the way.

use crate::event::{Event, Message, Origin, Recorded, Seq, Source, Style};
use crate::state::ChannelState;
use crate::testing::SplitMix64;
use crate::time::UnixMicros;
use serde_json::{Value, json};
use std::collections::VecDeque;

/// Lines the server sends again at a join.
const REPLAY_MAX: usize = 15;

/// As whom the room is recorded.
pub(super) const OWN_NAME: &str = "scribe";

/// An event before it has its place.
pub(super) struct Draft {
    event: Event,
    origin: Origin,
    actor: Option<String>,
    sent_ms: Option<i64>,
    cause: Option<Seq>,
    corr: Option<String>,
    raw: Option<Value>,
}

impl Draft {
    /// Something the server said as it happened.
    pub(super) fn live(event: Event) -> Self {
        Self {
            event,
            origin: Origin::Live,
            actor: None,
            sent_ms: None,
            cause: None,
            corr: None,
            raw: None,
        }
    }

    /// A note of the engine's own, or of a command's.
    pub(super) fn own(event: Event, origin: Origin) -> Self {
        Self {
            origin,
            ..Self::live(event)
        }
    }

    pub(super) fn actor(mut self, name: impl Into<String>) -> Self {
        self.actor = Some(name.into());
        self
    }

    pub(super) fn sent(mut self, ms: i64) -> Self {
        self.sent_ms = Some(ms);
        self
    }

    pub(super) fn cause(mut self, seq: Seq) -> Self {
        self.cause = Some(seq);
        self
    }

    pub(super) fn corr(mut self, corr: &str) -> Self {
        self.corr = Some(corr.to_owned());
        self
    }

    /// The payload it came as.
    pub(super) fn raw(mut self, raw: Value) -> Self {
        self.raw = Some(raw);
        self
    }
}

/// A line in the server's memory.
struct Said {
    message: Message,
    class: Option<&'static str>,
    sent_ms: i64,
    recorded: bool,
}

/// Records a room. See the module's documentation.
pub(super) struct Scribe {
    /// The fold of everything recorded.
    pub(super) state: ChannelState,
    pub(super) session: u64,
    /// Whether we are in the room, and see.
    pub(super) present: bool,
    log_id: String,
    out: VecDeque<Recorded>,
    tail: VecDeque<Said>,
    /// The last line on record: position and server time.
    last_said: Option<(Seq, i64)>,
}

impl Scribe {
    pub(super) fn new(log_id: String) -> Self {
        Self {
            state: ChannelState::default(),
            session: 0,
            present: false,
            log_id,
            out: VecDeque::new(),
            tail: VecDeque::new(),
            last_said: None,
        }
    }

    /// The next event that is on record and not yet taken.
    pub(super) fn take(&mut self) -> Option<Recorded> {
        self.out.pop_front()
    }

    pub(super) fn next_seq(&self) -> Seq {
        self.state.seq.next()
    }

    /// A correlation id for a command whose first event is the next one.
    pub(super) fn next_corr(&self) -> String {
        format!("{}-{}", self.log_id, self.next_seq())
    }

    /// Records what the server says, if we are there.
    pub(super) fn tell(&mut self, at: UnixMicros, draft: Draft) {
        if self.present {
            self.record(at, draft);
        }
    }

    /// Records an event, wherever we are; gives its position.
    pub(super) fn record(&mut self, at: UnixMicros, draft: Draft) -> Seq {
        let seq = self.next_seq();
        let recorded = Recorded {
            seq,
            session: self.session,
            received_at: at.max(self.state.at),
            sent_ms: draft.sent_ms,
            origin: draft.origin,
            actor: draft.actor,
            cause: draft.cause,
            corr: draft.corr,
            dedup_key: None,
            event: draft.event,
            raw: draft.raw.map(|raw| raw.to_string()),
            redacted: false,
        };
        self.state.apply(&recorded);
        self.out.push_back(recorded);
        seq
    }

    /// A line of chat: recorded if we are there, and kept by the server for joins.
    pub(super) fn say(
        &mut self,
        at: UnixMicros,
        message: Message,
        class: Option<&'static str>,
        random: &mut SplitMix64,
        corr: Option<(Seq, &str)>,
    ) -> Seq {
        let delay_ms = 15 + i64::try_from(random.below(200)).unwrap_or(0);
        let sent_ms = at.as_millis() - delay_ms;
        let buffered = message.source == Source::User && !message.shadow;
        let seq = self.next_seq();
        if self.present {
            let mut draft = said(&message, class, sent_ms, Origin::Live);
            if let Some((sent, corr)) = corr {
                draft = draft.cause(sent).corr(corr);
            }
            self.record(at, draft);
        }
        if buffered {
            if self.present {
                self.last_said = Some((seq, sent_ms));
            }
            self.tail.push_back(Said {
                message,
                class,
                sent_ms,
                recorded: self.present,
            });
            if self.tail.len() > REPLAY_MAX {
                self.tail.pop_front();
            }
        }
        seq
    }

    /// The server's memory of chat is emptied.
    pub(super) fn forget_chat(&mut self) {
        self.tail.clear();
    }

    /// How many lines the server would send again, and how many of them are on record.
    pub(super) fn replayed(&self) -> (u32, u32) {
        let known = self.tail.iter().filter(|said| said.recorded).count();
        (self.tail.len() as u32, known as u32)
    }

    /// The last line on record, and when the first of those sent again was said.
    pub(super) fn around_gap(&self) -> (Option<(Seq, i64)>, Option<i64>) {
        (self.last_said, self.tail.front().map(|said| said.sent_ms))
    }

    /// Records the lines of the replay that are not on record, as following from the join.
    pub(super) fn catch_up(&mut self, at: UnixMicros, joined: Seq) {
        let mut tail = std::mem::take(&mut self.tail);
        for said_then in tail.iter_mut().filter(|said| !said.recorded) {
            let mut message = said_then.message.clone();
            let users = self.state.users.as_ref();
            message.user.rank = users
                .and_then(|users| users.find(&message.user.name))
                .map(|user| user.rank);
            // Who was away or muted back then is not told.
            (message.user.afk, message.user.muted) = (None, None);
            let (class, sent_ms) = (said_then.class, said_then.sent_ms);
            let draft = said(&message, class, sent_ms, Origin::Replay).cause(joined);
            self.last_said = Some((self.record(at, draft), sent_ms));
            said_then.recorded = true;
        }
        self.tail = tail;
    }
}

fn said(message: &Message, class: Option<&'static str>, sent_ms: i64, origin: Origin) -> Draft {
    let name = &message.user.name;
    let mut meta = json!({});
    match class {
        Some("action") => meta = json!({"action": true}),
        Some(class) => meta = json!({"addClass": class}),
        None => {}
    }
    if message.style == Style::Notice {
        meta = json!({"addClass": "server-whisper", "addClassToNameAndTimestamp": true});
    }
    let raw = json!({"username": name, "msg": message.html, "meta": meta, "time": sent_ms});
    Draft::own(Event::MessageSaid(message.clone()), origin)
        .actor(name.as_str())
        .sent(sent_ms)
        .raw(raw)
}
