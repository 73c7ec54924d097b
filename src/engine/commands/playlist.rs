//! Playlist and playback.

use crate::command::{Command, CommandError, Position, SearchSource};
use crate::engine::handle::ChannelHandle;
use crate::engine::receipt::Receipt;
use crate::event::After;
use crate::media_link::MediaRef;
use crate::model::Uid;

impl ChannelHandle {
    /// Adds media at the end of the playlist, to stay there. Needs `playlistadd`, and more for some
    /// types. The outcome carries the new item's number.
    ///
    /// ```no_run
    /// # fn f(room: &projectionist::ChannelHandle) -> Result<(), Box<dyn std::error::Error>> {
    /// use projectionist::{MediaRef, Outcome};
    /// use std::time::Duration;
    /// let media = MediaRef::parse("https://youtu.be/dQw4w9WgXcQ")?;
    /// if let Some(Outcome::Confirmed { uids, .. }) = room.queue(media)?.wait(Duration::from_secs(45)) {
    ///     println!("added as {uids:?}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn queue(&self, media: MediaRef) -> Result<Receipt, CommandError> {
        self.send(Command::Queue {
            media,
            position: Position::End,
            temp: false,
            title: None,
            duration_s: None,
        })
    }

    /// Adds media behind what plays. Needs `playlistnext` too.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn queue_next(&self, media: MediaRef) -> Result<Receipt, CommandError> {
        self.send(Command::Queue {
            media,
            position: Position::Next,
            temp: false,
            title: None,
            duration_s: None,
        })
    }

    /// Adds one of our own stored playlists at a place. Needs an account.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn queue_saved(
        &self,
        name: impl Into<String>,
        position: Position,
    ) -> Result<Receipt, CommandError> {
        self.send(Command::QueueSaved {
            name: name.into(),
            position,
            temp: false,
        })
    }

    /// Deletes an item. Needs `playlistdelete`. The number is taken as read from the state as it is
    /// now: to be safe from a shuffle in between, send [`Command::Delete`] with `seen`.
    ///
    /// ```no_run
    /// # fn f(room: &projectionist::ChannelHandle) -> Result<(), Box<dyn std::error::Error>> {
    /// let state = room.state();
    /// if let Some(item) = state.playlist.as_ref().and_then(|list| list.iter().next()) {
    ///     room.delete(item.uid)?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn delete(&self, uid: Uid) -> Result<Receipt, CommandError> {
        self.send(Command::Delete { uid, seen: None })
    }

    /// Moves an item behind another, to the front or to the end. Needs `playlistmove`.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn move_item(&self, uid: Uid, after: After) -> Result<Receipt, CommandError> {
        self.send(Command::Move {
            uid,
            after,
            seen: None,
        })
    }

    /// Plays an item now. Needs `playlistjump`.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn jump(&self, uid: Uid) -> Result<Receipt, CommandError> {
        self.send(Command::Jump { uid, seen: None })
    }

    /// Plays the next item. Needs `playlistjump`.
    ///
    /// ```no_run
    /// # fn f(room: &projectionist::ChannelHandle) -> Result<(), Box<dyn std::error::Error>> {
    /// use std::time::Duration;
    /// let outcome = room.play_next()?.wait(Duration::from_secs(10));
    /// assert!(outcome.is_some_and(|outcome| outcome.is_done()));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn play_next(&self) -> Result<Receipt, CommandError> {
        self.send(Command::Next)
    }

    /// Makes an item temporary or lasting. Needs `settemp`.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn set_temp(&self, uid: Uid, temp: bool) -> Result<Receipt, CommandError> {
        self.send(Command::SetTemp {
            uid,
            temp,
            seen: None,
        })
    }

    /// Empties the playlist. Needs `playlistclear`.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn clear_playlist(&self) -> Result<Receipt, CommandError> {
        self.send(Command::ClearPlaylist)
    }

    /// Shuffles the playlist; all items get new numbers. Needs `playlistshuffle`.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn shuffle(&self) -> Result<Receipt, CommandError> {
        self.send(Command::Shuffle)
    }

    /// Locks or unlocks the playlist. The server knows a toggle only: where the lock is as wanted,
    /// nothing is sent. Needs `playlistlock`.
    ///
    /// ```no_run
    /// # fn f(room: &projectionist::ChannelHandle) -> Result<(), Box<dyn std::error::Error>> {
    /// room.set_lock(true)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn set_lock(&self, locked: bool) -> Result<Receipt, CommandError> {
        self.send(Command::SetLock { locked })
    }

    /// Gives playback to someone in the channel; `None` gives it back to the server. Needs
    /// `leaderctl`.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn set_leader(&self, name: Option<&str>) -> Result<Receipt, CommandError> {
        self.send(Command::SetLeader {
            name: name.map(str::to_owned),
        })
    }

    /// Tells the room where playback is, as its leader; viewers expect it every 5 s.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn lead(
        &self,
        id: impl Into<String>,
        position_s: f64,
        paused: bool,
    ) -> Result<Receipt, CommandError> {
        self.send(Command::Lead {
            id: id.into(),
            position_s,
            paused,
        })
    }

    /// Votes to skip what plays. Needs `voteskip`.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn voteskip(&self) -> Result<Receipt, CommandError> {
        self.send(Command::Voteskip)
    }

    /// Asks for our stored playlists; they come as `saved_playlists` and in the state.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn list_saved(&self) -> Result<Receipt, CommandError> {
        self.send(Command::ListSaved)
    }

    /// Stores the playlist under a name.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn save_playlist(&self, name: impl Into<String>) -> Result<Receipt, CommandError> {
        self.send(Command::SavePlaylist { name: name.into() })
    }

    /// Deletes one of our stored playlists.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn delete_saved(&self, name: impl Into<String>) -> Result<Receipt, CommandError> {
        self.send(Command::DeleteSaved { name: name.into() })
    }

    /// Searches for media; the results come as `search_results`, the event of the outcome.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn search(
        &self,
        query: impl Into<String>,
        source: SearchSource,
    ) -> Result<Receipt, CommandError> {
        self.send(Command::Search {
            query: query.into(),
            source,
        })
    }

    /// Forgets media from the channel's library. Never answered.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn uncache(&self, id: impl Into<String>) -> Result<Receipt, CommandError> {
        self.send(Command::Uncache { id: id.into() })
    }

    /// Asks what plays and where it is; cheap.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn resync_playback(&self) -> Result<Receipt, CommandError> {
        self.send(Command::ResyncPlayback)
    }

    /// Asks for the whole playlist; the server grants one a minute.
    ///
    /// # Errors
    /// See [`ChannelHandle::send`].
    pub fn resync_playlist(&self) -> Result<Receipt, CommandError> {
        self.send(Command::ResyncPlaylist)
    }
}
