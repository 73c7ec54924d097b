//! The last lines of public chat.

use crate::event::{Kind, Message, Recorded, Redaction, Seq, Source, Style};
use crate::time::UnixMicros;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::sync::Arc;

/// Lines the state keeps: a screenful or two. The log has them all.
pub const CHAT_TAIL_MAX: usize = 100;

/// A line of public chat, as text. Of a redacted one, name and text are empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatLine {
    /// Its event.
    pub seq: Seq,
    /// Server time, milliseconds.
    pub sent_ms: Option<i64>,
    /// When we received it.
    pub received_at: UnixMicros,
    /// Display name of the author.
    pub name: String,
    /// Plain text.
    pub text: String,
    /// How it is shown.
    pub style: Style,
    /// Who speaks.
    pub source: Source,
    /// Shown to moderators only.
    pub shadow: bool,
}

/// The last lines, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChatTail(VecDeque<Arc<ChatLine>>);

impl ChatTail {
    /// The lines, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &ChatLine> {
        self.0.iter().map(Arc::as_ref)
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn push(&mut self, recorded: &Recorded, message: &Message) {
        if self.0.len() == CHAT_TAIL_MAX {
            self.0.pop_front();
        }
        self.0.push_back(Arc::new(ChatLine {
            seq: recorded.seq,
            sent_ms: recorded.sent_ms,
            received_at: recorded.received_at,
            name: message.user.name.clone(),
            text: message.text.clone(),
            style: message.style.clone(),
            source: message.source,
            shadow: message.shadow,
        }));
    }

    /// Whether a redaction standing at `by` covers any line.
    pub(super) fn is_covered(&self, by: Seq, redaction: &Redaction) -> bool {
        self.iter().any(|line| line.is_covered(by, redaction))
    }

    /// Leaves of covered lines what a fold over masked events would make of them.
    pub(super) fn mask(&mut self, by: Seq, redaction: &Redaction) {
        for line in &mut self.0 {
            if line.is_covered(by, redaction) {
                let line = Arc::make_mut(line);
                line.name = String::new();
                line.text = String::new();
                line.style = Style::Plain;
            }
        }
    }
}

impl ChatLine {
    /// Whether it is redacted: nobody else goes without a name.
    #[must_use]
    pub fn is_redacted(&self) -> bool {
        self.name.is_empty()
    }

    /// The author of a line of chat is its event's actor.
    fn is_covered(&self, by: Seq, redaction: &Redaction) -> bool {
        redaction.covers_one(by, self.seq, Kind::MessageSaid, Some(&self.name))
    }
}
