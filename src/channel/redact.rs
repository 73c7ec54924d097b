//! Redactions asked for by a host: looked at, fixed in their range, and staged like any event of
//! ours.

use super::Channel;
use crate::command::CommandError;
use crate::event::{Event, Kind, Redaction, Scope, Seq};
use crate::log::{EventLog, LogError, Read};
use crate::normalise::Draft;
use crate::time::Now;

/// Single events that one redaction may name: each is looked up while the channel waits.
const TARGETS_MAX: usize = 10_000;

/// Why nothing was redacted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RedactError {
    /// There is no such event.
    #[error("there is no event {seq}: the log ends at {head}")]
    NoSuchEvent {
        /// Which.
        seq: Seq,
        /// Where the log ends.
        head: Seq,
    },
    /// An event of which the state is made, or that nobody said: it cannot be hidden.
    #[error("event {seq} is a `{}`: only chat, private messages, commands of ours and frames that were not understood can be redacted", .kind.as_str())]
    NotRedactable {
        /// Which.
        seq: Seq,
        /// Of what kind it is.
        kind: Kind,
    },
    /// It names nobody, or a kind that cannot be redacted.
    #[error("{0}")]
    Nobody(&'static str),
    /// It names too many single events.
    #[error("a redaction names at most {max} events: make several")]
    TooMany {
        /// How many it may name.
        max: usize,
    },
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The engine did not take it.
    #[error(transparent)]
    Engine(#[from] CommandError),
}

impl<L: EventLog> Channel<L> {
    /// Stages a redaction of what is there by now, and gives its position; `None` where there is
    /// nothing that it would hide, or all of it is hidden already: then nothing is staged. It
    /// holds once it is committed.
    ///
    /// Looks through the log for something to hide, and the commit marks all of it: some tens of
    /// milliseconds for each hundred thousand events within its range.
    ///
    /// # Errors
    /// - [`RedactError::NoSuchEvent`], [`RedactError::NotRedactable`], [`RedactError::Nobody`],
    ///   [`RedactError::TooMany`]: it asks for what cannot be.
    /// - [`RedactError::Log`]: the log cannot be read.
    pub fn redact(&mut self, now: Now, redaction: &Redaction) -> Result<Option<Seq>, RedactError> {
        let redaction = redaction.clone().standing_at(self.state.seq.next());
        let hides_some = match &redaction.scope {
            Scope::Events { targets } => self.hides_events(targets)?,
            Scope::User { .. } => self.hides_user(&redaction)?,
        };
        if !hides_some {
            return Ok(None);
        }
        let draft = Draft::engine(Event::Redacted(redaction));
        Ok(Some(self.stage(now, draft, None)))
    }

    /// Whether any of these events can be hidden and is not; all must be there and be of a kind
    /// that can.
    fn hides_events(&self, targets: &[Seq]) -> Result<bool, RedactError> {
        if targets.len() > TARGETS_MAX {
            return Err(RedactError::TooMany { max: TARGETS_MAX });
        }
        let mut hides_some = false;
        for seq in targets.iter().copied() {
            let staged = self.staged.iter().find(|recorded| recorded.seq == seq);
            let found = match staged {
                Some(recorded) => Some(recorded.clone()),
                None => {
                    let only = Read::default().after(Seq(seq.0.saturating_sub(1)));
                    self.log.read(&only.until(seq).limit(1))?.pop()
                }
            };
            let head = self.state.seq;
            let found = found.ok_or(RedactError::NoSuchEvent { seq, head })?;
            let kind = found.kind();
            if !Redaction::KINDS.contains(&kind) {
                return Err(RedactError::NotRedactable { seq, kind });
            }
            hides_some |= !found.redacted;
        }
        Ok(hides_some)
    }

    /// Whether the person said anything within the range that is not hidden.
    fn hides_user(&self, redaction: &Redaction) -> Result<bool, RedactError> {
        let Scope::User {
            user,
            kinds,
            after,
            until,
        } = &redaction.scope
        else {
            return Ok(false);
        };
        if user.is_empty() {
            return Err(RedactError::Nobody("a redaction needs a name"));
        }
        if kinds.is_empty() || kinds.iter().any(|kind| !Redaction::KINDS.contains(kind)) {
            let text = "only chat, private messages and commands of ours can be redacted";
            return Err(RedactError::Nobody(text));
        }
        let by = self.state.seq.next();
        if self.staged.iter().any(|event| redaction.covers(by, event)) {
            return Ok(true);
        }
        let theirs = Read::default()
            .kinds(kinds.iter().copied())
            .actor(user.as_str())
            .after(*after)
            .until(*until)
            .limit(1);
        Ok(!self.log.read(&theirs)?.is_empty())
    }
}
