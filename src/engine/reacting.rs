//! Callbacks as methods of the handle.

use super::callbacks::{CallbackId, Occurrence};
use super::handle::ChannelHandle;
use super::subscription::Filter;
use crate::error::SubscribeError;

impl ChannelHandle {
    /// Calls a closure for each event from now on that passes the filter, with the states before
    /// and after it: in order, at most once each, on one thread that all callbacks of an engine
    /// share. A slow callback makes the others wait and nobody else; nothing is skipped. One that
    /// panics is reported to the log and called again for the next event.
    ///
    /// The closure may use the handle, add and remove callbacks, and close the engine. One that
    /// keeps a handle keeps the engine: give it a [`WeakHandle`](crate::WeakHandle), or end it by
    /// [`ChannelHandle::off`] or [`ChannelHandle::close`].
    ///
    /// ```no_run
    /// # fn f(room: &projectionist::ChannelHandle) -> Result<(), Box<dyn std::error::Error>> {
    /// use projectionist::{Filter, Kind};
    /// let weak = room.downgrade();
    /// let greeter = room.on(Filter::kinds([Kind::UserJoined]), move |it| {
    ///     let (Some(room), Some(name)) = (weak.upgrade(), &it.event.actor) else { return };
    ///     if it.before.users.as_ref().is_some_and(|users| users.find(name).is_none()) {
    ///         let _ = room.say(format!("welcome, {name}"));
    ///     }
    /// })?;
    /// room.off(greeter);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// - [`SubscribeError::Log`]: the log cannot be read.
    /// - [`SubscribeError::System`]: there is no thread to be had.
    pub fn on(
        &self,
        filter: Filter,
        callback: impl FnMut(&Occurrence) + Send + 'static,
    ) -> Result<CallbackId, SubscribeError> {
        self.callbacks().on(&filter, Box::new(callback))
    }

    /// Removes a callback; says whether it was there. When this returns the callback is not running
    /// and will not run again: a call under way is waited for, except by a callback itself. So do
    /// not hold what the callback waits for.
    pub fn off(&self, id: CallbackId) -> bool {
        self.callbacks().off(id)
    }
}
