//! The vocabulary: every kind of event, its body, and the record the log stores.
//!
//! Kinds are stable snake_case strings, chosen once and stored for ever; the Rust variant is past
//! tense. A body's shape changes only with a new `schema_v` and an upcaster (`upcast.rs`). The table of
//! kinds is the `events!` list below: there is no second one.

mod answers;
mod people;
mod playback;
mod record;
mod redaction;
mod session;
mod settings;
mod upcast;

pub use answers::*;
pub use people::*;
pub use playback::*;
pub use record::*;
pub use redaction::*;
pub use session::*;
pub use settings::*;

use crate::model::{Announcement, ChatFilter, CssJs, Emote, PlaylistMeta};

/// Declares `Kind` and `Event` from one table, so that they cannot disagree.
macro_rules! events {
    ($($(#[$doc:meta])* $variant:ident($body:ty) = $name:literal, schema $v:literal;)*) => {
        /// The kind of an event: a stable string, stored and published.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Kind {
            $($(#[$doc])* $variant,)*
        }

        impl Kind {
            /// Every kind, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The stored string.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The kind of a stored string.
            #[must_use]
            pub fn parse(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }

            /// The schema number that this build writes.
            #[must_use]
            pub fn schema_v(self) -> u32 {
                match self { $(Self::$variant => $v,)* }
            }
        }

        /// What happened. One variant per kind; the body's fields are those of the stored JSON.
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        #[allow(clippy::large_enum_variant, reason = "a join is one event in thousands, and lives briefly")]
        pub enum Event {
            $($(#[$doc])* $variant($body),)*
        }

        impl Event {
            /// Its kind.
            #[must_use]
            pub fn kind(&self) -> Kind {
                match self { $(Self::$variant(_) => Kind::$variant,)* }
            }

            /// Writes the body as JSON.
            ///
            /// # Errors
            /// None in practice: bodies hold only JSON-safe values, and `out` is memory.
            pub fn write_body(&self, out: &mut Vec<u8>) -> Result<(), serde_json::Error> {
                match self { $(Self::$variant(body) => serde_json::to_writer(out, body),)* }
            }

            /// Reads a stored body. One of an older schema is lifted to today's first, step by step;
            /// what is stored stays as it is.
            ///
            /// # Errors
            /// - [`DecodeError::Newer`]: written by a newer build.
            /// - [`DecodeError::NoSchema`]: a schema number that no build ever wrote.
            /// - [`DecodeError::Body`]: not the body of this kind.
            pub fn decode(kind: Kind, schema_v: u32, body: &str) -> Result<Self, DecodeError> {
                let known = kind.schema_v();
                if schema_v > known {
                    return Err(DecodeError::Newer { kind: kind.as_str(), found: schema_v, known });
                }
                if schema_v < known {
                    return Self::decode_older(kind, schema_v, body);
                }
                let event = match kind {
                    $(Kind::$variant => serde_json::from_str(body).map(Self::$variant),)*
                };
                event.map_err(|source| DecodeError::Body { kind: kind.as_str(), source })
            }

            fn decode_older(kind: Kind, schema_v: u32, body: &str) -> Result<Self, DecodeError> {
                let fail = |source| DecodeError::Body { kind: kind.as_str(), source };
                let stored = serde_json::from_str(body).map_err(fail)?;
                let lifted = upcast::upcast(kind, schema_v, stored)
                    .ok_or(DecodeError::NoSchema { kind: kind.as_str(), found: schema_v })?;
                Self::decode(kind, kind.schema_v(), &lifted.to_string())
            }
        }
    };
}

events! {
    /// The socket is open and accepted.
    Connected(Connected) = "connected", schema 1;
    /// The answer to a login.
    LoginAnswered(LoggedIn) = "login", schema 1;
    /// A whole join burst.
    Joined(Joined) = "joined", schema 1;
    /// Our own rank.
    OwnRankSet(OwnRank) = "own_rank", schema 1;
    /// The server put us out.
    Kicked(Kicked) = "kicked", schema 1;
    /// The connection ended.
    Disconnected(Disconnected) = "disconnected", schema 1;
    /// Chat is missing here.
    ChatGapFound(ChatGap) = "chat_gap", schema 1;
    /// Frames went unrecorded here.
    FramesShed(Shed) = "shed", schema 1;
    /// The room asks for its password.
    PasswordAsked(PasswordNeeded) = "password_needed", schema 1;
    /// The channel is served elsewhere.
    ChannelMoved(Moved) = "moved", schema 1;
    /// A notice of the site's operators.
    Announced(Announcement) = "announcement", schema 1;

    /// A line of chat.
    MessageSaid(Message) = "message", schema 1;
    /// A private message.
    PmSaid(PrivateMessage) = "pm", schema 1;
    /// Chat was emptied.
    ChatCleared(ChatCleared) = "chat_clear", schema 1;
    /// The drink counter.
    DrinksCounted(DrinkCounted) = "drink_count", schema 1;
    /// A named user is in the room.
    UserJoined(UserJoined) = "user_join", schema 1;
    /// A named user left.
    UserLeft(UserLeft) = "user_leave", schema 1;
    /// The whole user list.
    UsersListed(UserList) = "user_list", schema 1;
    /// Someone's rank.
    UserRanked(UserRanked) = "user_rank", schema 1;
    /// Someone away, back, muted or unmuted.
    UserMetaSet(UserMeta) = "user_meta", schema 1;
    /// Someone's picture or text.
    UserProfileSet(UserProfile) = "user_profile", schema 1;
    /// How many watch.
    UsersCounted(UserCounted) = "user_count", schema 1;
    /// Who leads playback.
    LeaderChanged(LeaderChanged) = "leader_change", schema 1;

    /// Something else plays.
    MediaChanged(MediaChanged) = "media_change", schema 1;
    /// Nothing plays.
    MediaStopped(MediaStopped) = "media_stop", schema 1;
    /// The position is not where it was expected.
    MediaUpdated(MediaUpdated) = "media_update", schema 1;
    /// An item was added.
    ItemQueued(ItemQueued) = "media_queue", schema 1;
    /// An item is gone.
    ItemDeleted(ItemDeleted) = "media_delete", schema 1;
    /// An item changed its place.
    ItemMoved(ItemMoved) = "playlist_move", schema 1;
    /// The playing item's number, told alone.
    CurrentSet(CurrentSet) = "playlist_current", schema 1;
    /// An item became temporary or lasting.
    TempSet(TempSet) = "playlist_temp", schema 1;
    /// The whole playlist.
    PlaylistReplaced(PlaylistReplaced) = "playlist_update", schema 1;
    /// The playlist was locked or unlocked.
    LockSet(LockSet) = "playlist_lock", schema 1;
    /// The server's count of the playlist.
    PlaylistCounted(PlaylistMeta) = "playlist_meta", schema 1;
    /// Votes to skip.
    VoteskipChanged(VoteskipChanged) = "voteskip", schema 1;
    /// A poll opened.
    PollOpened(PollShown) = "poll_open", schema 1;
    /// A poll's counts.
    PollUpdated(PollShown) = "poll_update", schema 1;
    /// A poll closed.
    PollClosed(PollClosed) = "poll_close", schema 1;

    /// The settings.
    OptionsChanged(OptionsChanged) = "options_change", schema 1;
    /// The permission map.
    PermissionsChanged(PermissionsChanged) = "permissions_change", schema 1;
    /// The message of the day.
    MotdChanged(MotdChanged) = "motd_change", schema 1;
    /// Style sheet and script.
    CssJsChanged(CssJs) = "css_js_change", schema 1;
    /// All emotes.
    EmotesListed(EmoteList) = "emote_list", schema 1;
    /// One emote, new or changed.
    EmoteUpdated(Emote) = "emote_update", schema 1;
    /// An emote under a new name.
    EmoteRenamed(EmoteRenamed) = "emote_rename", schema 1;
    /// An emote is gone.
    EmoteRemoved(NameRemoved) = "emote_remove", schema 1;
    /// All chat filters.
    FiltersListed(FilterList) = "filter_list", schema 1;
    /// One chat filter, new or changed.
    FilterUpdated(ChatFilter) = "filter_update", schema 1;
    /// A chat filter is gone.
    FilterRemoved(NameRemoved) = "filter_remove", schema 1;
    /// All bans.
    BansListed(BanList) = "ban_list", schema 1;
    /// A ban was lifted.
    BanRemoved(BanRemoved) = "ban_remove", schema 1;
    /// All stored ranks.
    RanksListed(RankList) = "rank_list", schema 1;
    /// Our stored playlists.
    PlaylistsSaved(SavedPlaylists) = "saved_playlists", schema 1;
    /// The answer to a search.
    SearchAnswered(SearchResults) = "search_results", schema 1;
    /// The channel's own text log.
    ChannelLogRead(ChannelLog) = "channel_log", schema 1;
    /// Whether the channel has an owner.
    RegistrationTold(Registration) = "registration", schema 1;

    /// The server's complaint.
    ErrorTold(ServerError) = "error", schema 1;
    /// An item was not added.
    QueueFailed(QueueFailed) = "queue_fail", schema 1;
    /// An item was added, with a remark.
    QueueWarned(QueueWarned) = "queue_warn", schema 1;
    /// Chat dropped: too fast.
    CooldownTold(Cooldown) = "cooldown", schema 1;
    /// A request failed: muted, or malformed.
    NoFloodTold(NoFlood) = "noflood", schema 1;
    /// Chat dropped: account too new.
    SpamFiltered(SpamFiltered) = "spam_filtered", schema 1;
    /// A setting accepted or refused.
    Validated(Validation) = "validation", schema 1;
    /// A rank was not changed.
    RankFailed(RankFailed) = "rank_fail", schema 1;
    /// The server cannot save the channel.
    LargeStateWarned(LargeState) = "large_state_warning", schema 1;

    /// Something to ask for at the next join.
    CommandKept(CommandKept) = "command_kept", schema 1;
    /// We asked for something.
    CommandSent(CommandSent) = "command_sent", schema 1;
    /// What came of it.
    CommandSettled(CommandSettled) = "command_settled", schema 1;
    /// Events no longer to be shown.
    Redacted(Redaction) = "redaction", schema 2;
    /// What follows was brought in.
    Imported(Imported) = "import", schema 1;
    /// A frame that was not understood.
    Unrecognised(Unrecognised) = "unrecognised", schema 1;
}

/// A kind is written as its string.
impl serde::Serialize for Kind {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.as_str())
    }
}

impl<'de> serde::Deserialize<'de> for Kind {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let name = String::deserialize(d)?;
        Self::parse(&name).ok_or_else(|| serde::de::Error::custom("no kind of this build"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_snake_case_unique_and_read_back() {
        for kind in Kind::ALL {
            let name = kind.as_str();
            assert!(
                name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'),
                "{name}"
            );
            assert_eq!(Kind::parse(name), Some(*kind));
        }
        let mut names: Vec<_> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Kind::ALL.len());
    }

    #[test]
    fn an_absent_part_of_a_join_differs_from_a_null_one() {
        let json = r#"{"media":null,"viewpoint":{"name":null,"guest":null,"rank":-1},"replay":{"received":0,"new":0,"overlap":0}}"#;
        let joined: Joined = serde_json::from_str(json).unwrap();
        assert_eq!(
            (joined.media.clone(), joined.poll.clone()),
            (Some(None), None)
        );
        assert_eq!(serde_json::to_string(&joined).unwrap(), json);
    }

    #[test]
    fn a_place_in_the_playlist_reads_numeric_strings() {
        for (json, after) in [
            ("0", After::Uid(Uid(0))),
            ("12.0", After::Uid(Uid(12))),
            ("\"12\"", After::Uid(Uid(12))),
            ("\"prepend\"", After::Front),
            ("\"append\"", After::End),
        ] {
            assert_eq!(serde_json::from_str::<After>(json).unwrap(), after);
        }
        assert!(serde_json::from_str::<After>("\"NaN\"").is_err());
        assert!(serde_json::from_str::<After>("1.5").is_err());
    }

    use crate::model::Uid;

    #[test]
    fn a_newer_schema_is_refused_by_name() {
        let error = Event::decode(Kind::OwnRankSet, 99, "{\"rank\":1}").unwrap_err();
        assert!(error.to_string().contains("own_rank has schema 99"));
        let error = Event::decode(Kind::OwnRankSet, 0, "{\"rank\":1}").unwrap_err();
        assert!(matches!(error, DecodeError::NoSchema { found: 0, .. }));
    }
}
