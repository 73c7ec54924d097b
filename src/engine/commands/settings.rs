//! Settings: options, permissions, pages, emotes, filters.

use crate::command::{Command, CommandError};
use crate::engine::handle::ChannelHandle;
use crate::engine::receipt::Receipt;
use crate::model::{ChatFilter, Emote, Permissions};
use serde_json::{Map, Value};

impl ChannelHandle {
    /// Changes settings, by the wire's key names. Needs rank 2, some keys 3. Confirmed if all were
    /// taken, refused with the keys that were not.
    ///
    /// ```no_run
    /// # fn f(room: &projectionist::ChannelHandle) -> Result<(), Box<dyn std::error::Error>> {
    /// let options = serde_json::json!({ "afk_timeout": 900, "allow_dupes": true });
    /// let serde_json::Value::Object(options) = options else { unreachable!() };
    /// room.set_options(options)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn set_options(&self, options: Map<String, Value>) -> Result<Receipt, CommandError> {
        self.send(Command::SetOptions { options })
    }

    /// Changes the least ranks of rights. Needs rank 3.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn set_permissions(&self, permissions: Permissions) -> Result<Receipt, CommandError> {
        self.send(Command::SetPermissions { permissions })
    }

    /// Sets the message of the day, HTML. Needs `motdedit`.
    ///
    /// ```no_run
    /// # fn f(room: &projectionist::ChannelHandle) -> Result<(), Box<dyn std::error::Error>> {
    /// room.set_motd("<b>Film at nine</b>")?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn set_motd(&self, motd: impl Into<String>) -> Result<Receipt, CommandError> {
        self.send(Command::SetMotd { motd: motd.into() })
    }

    /// Sets the style sheet. Needs rank 3.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn set_css(&self, css: impl Into<String>) -> Result<Receipt, CommandError> {
        self.send(Command::SetCss { css: css.into() })
    }

    /// Sets the script. Needs rank 3.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn set_js(&self, js: impl Into<String>) -> Result<Receipt, CommandError> {
        self.send(Command::SetJs { js: js.into() })
    }

    /// Adds an emote or changes its picture. Needs `emoteedit`.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn update_emote(
        &self,
        name: impl Into<String>,
        image: impl Into<String>,
    ) -> Result<Receipt, CommandError> {
        self.send(Command::UpdateEmote {
            name: name.into(),
            image: image.into(),
        })
    }

    /// Renames an emote. Needs `emoteedit`.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn rename_emote(
        &self,
        old: impl Into<String>,
        name: impl Into<String>,
        image: impl Into<String>,
    ) -> Result<Receipt, CommandError> {
        self.send(Command::RenameEmote {
            old: old.into(),
            name: name.into(),
            image: image.into(),
        })
    }

    /// Deletes an emote. Needs `emoteedit`.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn remove_emote(&self, name: impl Into<String>) -> Result<Receipt, CommandError> {
        self.send(Command::RemoveEmote { name: name.into() })
    }

    /// Moves an emote from one index to another. Never answered, nor told to anybody.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn move_emote(&self, from: usize, to: usize) -> Result<Receipt, CommandError> {
        self.send(Command::MoveEmote { from, to })
    }

    /// Replaces all emotes. Needs `emoteimport`.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn import_emotes(&self, emotes: Vec<Emote>) -> Result<Receipt, CommandError> {
        self.send(Command::ImportEmotes { emotes })
    }

    /// Asks for the chat filters; they come as `filter_list` and in the state. Needs `filteredit`.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn request_filters(&self) -> Result<Receipt, CommandError> {
        self.send(Command::RequestFilters)
    }

    /// Adds a chat filter. Needs `filteredit`.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn add_filter(&self, filter: ChatFilter) -> Result<Receipt, CommandError> {
        self.send(Command::AddFilter { filter })
    }

    /// Changes the chat filter of this name. Needs `filteredit`.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn update_filter(&self, filter: ChatFilter) -> Result<Receipt, CommandError> {
        self.send(Command::UpdateFilter { filter })
    }

    /// Deletes a chat filter. Needs `filteredit`.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn remove_filter(&self, name: impl Into<String>) -> Result<Receipt, CommandError> {
        self.send(Command::RemoveFilter { name: name.into() })
    }

    /// Moves a chat filter from one index to another. Never answered, nor told to anybody.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn move_filter(&self, from: usize, to: usize) -> Result<Receipt, CommandError> {
        self.send(Command::MoveFilter { from, to })
    }

    /// Replaces all chat filters. Needs `filterimport`.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn import_filters(&self, filters: Vec<ChatFilter>) -> Result<Receipt, CommandError> {
        self.send(Command::ImportFilters { filters })
    }
}
