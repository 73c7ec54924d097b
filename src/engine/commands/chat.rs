//! Chat.

use crate::command::{Command, CommandError, split_text};
use crate::engine::handle::ChannelHandle;
use crate::engine::receipt::Receipt;

impl ChannelHandle {
    /// Says something in the channel. A line that begins with a slash is the server's to interpret.
    /// Returns at once, like all commands; the receipt tells what came of it.
    ///
    /// ```no_run
    /// # fn f(room: &projectionist::ChannelHandle) -> Result<(), Box<dyn std::error::Error>> {
    /// use projectionist::Outcome;
    /// use std::time::Duration;
    /// match room.say("good evening")?.wait(Duration::from_secs(10)) {
    ///     Some(Outcome::Confirmed { seq, .. }) => println!("said, as event {}", seq.0),
    ///     Some(Outcome::Refused { reason, .. }) => println!("the server: {reason}"),
    ///     other => println!("{other:?}"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn say(&self, text: impl Into<String>) -> Result<Receipt, CommandError> {
        self.send(Command::Say {
            text: text.into(),
            flair: false,
        })
    }

    /// Says something with our rank shown beside the name. Needs rank 2.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn say_with_flair(&self, text: impl Into<String>) -> Result<Receipt, CommandError> {
        self.send(Command::Say {
            text: text.into(),
            flair: true,
        })
    }

    /// Says a long text as several lines, each as long as the server takes whole; see
    /// [`split_text`]. Gives one receipt a line, in order. All of the lines are handed over, or
    /// none beyond the first that is not taken.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`]; [`CommandError::Blank`] if there is nothing to say. Lines before
    /// the one refused are on their way.
    pub fn say_long(&self, text: &str) -> Result<Vec<Receipt>, CommandError> {
        let lines = split_text(text, self.chat_length_max());
        if lines.is_empty() {
            return Err(CommandError::Blank("text"));
        }
        lines.into_iter().map(|line| self.say(line)).collect()
    }

    /// Says what we do: `/me`.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn say_me(&self, text: impl Into<String>) -> Result<Receipt, CommandError> {
        self.send(Command::Me { text: text.into() })
    }

    /// Says something that viewers must uncover: `/sp`.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn say_spoiler(&self, text: impl Into<String>) -> Result<Receipt, CommandError> {
        self.send(Command::Spoiler { text: text.into() })
    }

    /// Says something in large letters: `/say`. Needs rank 1.5.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn shout(&self, text: impl Into<String>) -> Result<Receipt, CommandError> {
        self.send(Command::Shout { text: text.into() })
    }

    /// Says something as a site admin: `/a`.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn say_as_admin(&self, text: impl Into<String>) -> Result<Receipt, CommandError> {
        self.send(Command::AdminSay { text: text.into() })
    }

    /// Sends a private message to someone in the channel.
    ///
    /// ```no_run
    /// # fn f(room: &projectionist::ChannelHandle) -> Result<(), Box<dyn std::error::Error>> {
    /// let receipt = room.pm("erin", "your turn to choose")?;
    /// assert!(receipt.poll().is_none(), "it is on its way");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn pm(
        &self,
        to: impl Into<String>,
        text: impl Into<String>,
    ) -> Result<Receipt, CommandError> {
        self.send(Command::Pm {
            to: to.into(),
            text: text.into(),
        })
    }

    /// Goes away from the keyboard, or comes back. Does nothing where we already are.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn set_afk(&self, afk: bool) -> Result<Receipt, CommandError> {
        self.send(Command::SetAfk { afk })
    }

    /// Counts drinks, with a line to go with it (or an empty one). Needs `drink`.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn drink(&self, count: i64, text: impl Into<String>) -> Result<Receipt, CommandError> {
        self.send(Command::Drink {
            count,
            text: text.into(),
        })
    }

    /// Empties the chat of all. Needs `chatclear`.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn clear_chat(&self) -> Result<Receipt, CommandError> {
        self.send(Command::ClearChat)
    }
}
