//! Polls and moderation.

use crate::command::{BanRange, Command, CommandError};
use crate::engine::handle::ChannelHandle;
use crate::engine::receipt::Receipt;
use crate::number::Rank;

impl ChannelHandle {
    /// Opens a poll. Needs `pollctl`. For a hidden one, or one that closes by itself, send
    /// [`Command::OpenPoll`].
    ///
    /// ```no_run
    /// # fn f(room: &projectionist::ChannelHandle) -> Result<(), Box<dyn std::error::Error>> {
    /// room.open_poll("Tea?", ["yes", "no"])?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn open_poll(
        &self,
        title: impl Into<String>,
        options: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<Receipt, CommandError> {
        self.send(Command::OpenPoll {
            title: title.into(),
            options: options.into_iter().map(Into::into).collect(),
            hidden: false,
            retain_votes: false,
            timeout_s: None,
        })
    }

    /// Votes for a choice, counted from 0. Needs `pollvote`.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn vote(&self, option: usize) -> Result<Receipt, CommandError> {
        self.send(Command::Vote { option })
    }

    /// Closes the poll. Needs `pollctl`.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn close_poll(&self) -> Result<Receipt, CommandError> {
        self.send(Command::ClosePoll)
    }

    /// Puts someone out. Needs `kick`.
    ///
    /// ```no_run
    /// # fn f(room: &projectionist::ChannelHandle) -> Result<(), Box<dyn std::error::Error>> {
    /// use std::time::Duration;
    /// let outcome = room.kick("mallory", "spam")?.wait(Duration::from_secs(10));
    /// println!("{outcome:?}");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn kick(
        &self,
        name: impl Into<String>,
        reason: impl Into<String>,
    ) -> Result<Receipt, CommandError> {
        self.send(Command::Kick {
            name: name.into(),
            reason: reason.into(),
        })
    }

    /// Puts all anonymous viewers out. Needs `kick`.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn kick_anonymous(&self) -> Result<Receipt, CommandError> {
        self.send(Command::KickAnonymous)
    }

    /// Bans a name. Needs `ban`.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn ban(
        &self,
        name: impl Into<String>,
        reason: impl Into<String>,
    ) -> Result<Receipt, CommandError> {
        self.send(Command::Ban {
            name: name.into(),
            reason: reason.into(),
        })
    }

    /// Bans a name and its addresses, with their neighbours if asked for. Needs `ban`.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn ip_ban(
        &self,
        name: impl Into<String>,
        range: Option<BanRange>,
        reason: impl Into<String>,
    ) -> Result<Receipt, CommandError> {
        self.send(Command::IpBan {
            name: name.into(),
            range,
            reason: reason.into(),
        })
    }

    /// Lifts a ban by its number in the ban list. Needs `ban`, and the list (see
    /// [`ChannelHandle::request_bans`]).
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn unban(&self, id: i64) -> Result<Receipt, CommandError> {
        self.send(Command::Unban {
            id: Some(id),
            name: None,
        })
    }

    /// Lifts the oldest ban of a name. Needs `ban`, and the list.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn unban_name(&self, name: impl Into<String>) -> Result<Receipt, CommandError> {
        self.send(Command::Unban {
            id: None,
            name: Some(name.into()),
        })
    }

    /// Mutes someone. Needs `mute`.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn mute(&self, name: impl Into<String>) -> Result<Receipt, CommandError> {
        self.send(Command::Mute { name: name.into() })
    }

    /// Mutes someone without telling them. Needs `mute`.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn shadow_mute(&self, name: impl Into<String>) -> Result<Receipt, CommandError> {
        self.send(Command::ShadowMute { name: name.into() })
    }

    /// Ends a mute of either kind. Needs `mute`.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn unmute(&self, name: impl Into<String>) -> Result<Receipt, CommandError> {
        self.send(Command::Unmute { name: name.into() })
    }

    /// Sets someone's rank in the channel. Needs rank 3, and both ranks below ours.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn set_rank(&self, name: impl Into<String>, rank: Rank) -> Result<Receipt, CommandError> {
        self.send(Command::SetRank {
            name: name.into(),
            rank,
        })
    }

    /// Takes on a lower rank for a while. Site admins only.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn borrow_rank(&self, rank: Rank) -> Result<Receipt, CommandError> {
        self.send(Command::BorrowRank { rank })
    }

    /// Deletes the items whose queuer matches a regular expression (JavaScript's). Needs
    /// `playlistdelete`.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn clean_by_user(&self, pattern: impl Into<String>) -> Result<Receipt, CommandError> {
        self.send(Command::CleanByUser {
            pattern: pattern.into(),
        })
    }

    /// Deletes the items whose title matches a regular expression. Needs `playlistdelete`.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn clean_by_title(&self, pattern: impl Into<String>) -> Result<Receipt, CommandError> {
        self.send(Command::CleanByTitle {
            pattern: pattern.into(),
        })
    }

    /// Asks for the ban list; it comes as `ban_list` and in the state. Needs `ban`.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn request_bans(&self) -> Result<Receipt, CommandError> {
        self.send(Command::RequestBans)
    }

    /// Asks for the stored ranks; they come as `rank_list` and in the state. Needs rank 3.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn request_ranks(&self) -> Result<Receipt, CommandError> {
        self.send(Command::RequestRanks)
    }

    /// Asks for the channel's text log; its text is kept only with
    /// [`Config::record_moderator_data`](crate::Config::record_moderator_data). Needs rank 3.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn read_log(&self) -> Result<Receipt, CommandError> {
        self.send(Command::ReadLog)
    }
}
