//! Redaction as methods of the handle.

use super::handle::ChannelHandle;
use crate::channel::RedactError;
use crate::event::{Redaction, Seq};

impl ChannelHandle {
    /// Hides everything that a person has said by now, chat and private messages alike, from every
    /// read, view and state, of the past as well; see [`Redaction`] for what is left. Gives the
    /// position of the event that says so, committed; `None` where there is nothing to hide.
    ///
    /// Whoever has read it already has read it: subscribers get the `redaction` event in its turn,
    /// and can follow suit. The bytes stay in the file until it is rewritten, see
    /// [`erase`](crate::sqlite::erase).
    ///
    /// ```no_run
    /// # fn f(room: &projectionist::ChannelHandle) -> Result<(), Box<dyn std::error::Error>> {
    /// if let Some(seq) = room.redact_user("mallory")? {
    ///     println!("hidden since event {seq}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`ChannelHandle::redact_as`].
    pub fn redact_user(&self, name: &str) -> Result<Option<Seq>, RedactError> {
        self.redact_as(&Redaction::of_user(name))
    }

    /// Hides one event; else as [`ChannelHandle::redact_user`]. A line of our own also stands in
    /// the `args` of the `command_sent` that led to it, an event by itself.
    ///
    /// # Errors
    /// As [`ChannelHandle::redact_as`].
    pub fn redact(&self, seq: Seq) -> Result<Option<Seq>, RedactError> {
        self.redact_as(&Redaction::of_events([seq]))
    }

    /// As [`ChannelHandle::redact_user`], with a range, kinds or a reason of one's own. Blocks
    /// until it is committed; meanwhile the channel thread looks through the range, some tens of
    /// milliseconds for each hundred thousand events.
    ///
    /// # Errors
    /// - [`RedactError::NoSuchEvent`], [`RedactError::NotRedactable`], [`RedactError::Nobody`],
    ///   [`RedactError::TooMany`]: it asks for what cannot be.
    /// - [`RedactError::Log`]: the log cannot be read.
    /// - [`RedactError::Engine`]: the engine is busy, closed, or cannot write its log.
    pub fn redact_as(&self, redaction: &Redaction) -> Result<Option<Seq>, RedactError> {
        self.ask_to_redact(redaction.clone())
    }
}
