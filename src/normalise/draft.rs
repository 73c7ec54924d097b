//! An event before it has a place in the log.

use crate::event::{Event, Origin};

/// What the normaliser makes of a frame: everything of a record but position and time.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) event: Event,
    pub(crate) origin: Origin,
    pub(crate) sent_ms: Option<i64>,
    pub(crate) actor: Option<String>,
    pub(crate) cause: Cause,
    pub(crate) raw: Option<String>,
}

/// What led to an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Cause {
    /// Nothing of ours.
    #[default]
    None,
    /// The first of the drafts that were made together.
    First,
}

impl Draft {
    /// An event the server told as it happened.
    pub(crate) fn live(event: Event) -> Self {
        Self {
            origin: Origin::Live,
            ..Self::engine(event)
        }
    }

    /// A note of our own.
    pub(crate) fn engine(event: Event) -> Self {
        Self {
            event,
            origin: Origin::Engine,
            sent_ms: None,
            actor: None,
            cause: Cause::None,
            raw: None,
        }
    }

    pub(crate) fn raw(mut self, raw: Option<String>) -> Self {
        self.raw = raw;
        self
    }

    pub(crate) fn actor(mut self, name: impl Into<String>) -> Self {
        self.actor = Some(name.into());
        self
    }

    pub(crate) fn sent(mut self, ms: i64) -> Self {
        self.sent_ms = Some(ms);
        self
    }

    pub(crate) fn origin(mut self, origin: Origin) -> Self {
        self.origin = origin;
        self
    }

    pub(crate) fn cause(mut self, cause: Cause) -> Self {
        self.cause = cause;
        self
    }
}
