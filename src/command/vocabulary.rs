//! The commands themselves: one table of names and arguments.
//!
//! A name and its arguments as JSON are a command's form in the log, on a control socket and on a
//! bus; both are kept for ever. Times of media are seconds, as on the wire.

use super::arguments::{BanRange, Position, SearchSource, is_false, one};
use crate::event::{After, Seq};
use crate::media_link::MediaRef;
use crate::model::{ChatFilter, Emote, Permissions, Uid};
use crate::number::Rank;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

commands! {
    // Chat (`src/channel/chat.js`, `src/channel/drink.js`).

    /// A line of public chat. A line that begins with a slash is the server's to interpret; the
    /// commands below check what it would pass over in silence.
    Say {
        /// The line.
        text: String,
        /// Show our rank beside the name; moderators only.
        #[serde(default, skip_serializing_if = "is_false")]
        flair: bool,
    } = "say";
    /// A line about ourselves: `/me`.
    Me {
        /// What we do.
        text: String,
    } = "me";
    /// A line that viewers must uncover: `/sp`.
    Spoiler {
        /// The line.
        text: String,
    } = "spoiler";
    /// A line in large letters: `/say`. Needs rank 1.5.
    Shout {
        /// The line.
        text: String,
    } = "shout";
    /// A line with the flair of a site admin: `/a`. Needs rank 255.
    AdminSay {
        /// The line.
        text: String,
    } = "admin_say";
    /// A private message.
    Pm {
        /// To whom; they must be in the channel.
        to: String,
        /// The text.
        text: String,
    } = "pm";
    /// Away from keyboard, or back. The server's `/afk` is a toggle; this is the state wanted.
    SetAfk {
        /// Away.
        afk: bool,
    } = "set_afk";
    /// Counts drinks: `/d`. Needs `drink`.
    Drink {
        /// How many, from -10000 to 10000.
        #[serde(default = "one")]
        count: i64,
        /// A line to go with it.
        #[serde(default)]
        text: String,
    } = "drink";
    /// Empties the chat of all: `/clear`. Needs `chatclear`.
    ClearChat = "clear_chat";

    // Playlist and playback (`src/channel/playlist.js`, `src/channel/voteskip.js`).

    /// Adds media. Needs `playlistadd`, and more for some types.
    Queue {
        /// What.
        media: MediaRef,
        /// Where.
        #[serde(default)]
        position: Position,
        /// Deleted once played; without the right `addnontemp` it always is.
        #[serde(default)]
        temp: bool,
        /// A title; used for raw files and custom embeds only.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<String>,
        /// A length in seconds; used for live media only.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        duration_s: Option<f64>,
    } = "queue";
    /// Adds one of our own stored playlists. Needs an account and `playlistaddlist`.
    QueueSaved {
        /// Its name.
        name: String,
        /// Where.
        #[serde(default)]
        position: Position,
        /// Deleted once played.
        #[serde(default)]
        temp: bool,
    } = "queue_saved";
    /// Deletes an item. Needs `playlistdelete`.
    Delete {
        /// Which.
        uid: Uid,
        /// The position of the state the uid was read from: if the list was replaced since, the
        /// command is refused instead of hitting another item.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seen: Option<Seq>,
    } = "delete";
    /// Moves an item. Needs `playlistmove`.
    Move {
        /// Which.
        uid: Uid,
        /// Where to: a uid, `"prepend"` or `"append"`.
        after: After,
        /// As for `delete`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seen: Option<Seq>,
    } = "move";
    /// Plays an item now. Needs `playlistjump`.
    Jump {
        /// Which.
        uid: Uid,
        /// As for `delete`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seen: Option<Seq>,
    } = "jump";
    /// Plays the next item. Needs `playlistjump`.
    Next = "next";
    /// Makes an item temporary or lasting. Needs `settemp`.
    SetTemp {
        /// Which.
        uid: Uid,
        /// Deleted once played.
        temp: bool,
        /// As for `delete`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seen: Option<Seq>,
    } = "set_temp";
    /// Empties the playlist; items still being looked up, of anybody, are dropped. Needs
    /// `playlistclear`.
    ClearPlaylist = "clear_playlist";
    /// Shuffles the playlist, which renumbers all items. Needs `playlistshuffle`.
    Shuffle = "shuffle";
    /// Locks or unlocks the playlist. The server's request is a toggle; this is the state wanted.
    /// Needs `playlistlock`.
    SetLock {
        /// Locked.
        locked: bool,
    } = "set_lock";
    /// Gives playback to someone in the channel, or back to the server. Needs `leaderctl`.
    SetLeader {
        /// To whom; `null`: the server.
        name: Option<String>,
    } = "set_leader";
    /// Tells the room where playback is. Only the leader may.
    Lead {
        /// Id of what plays now.
        id: String,
        /// Seconds from the start.
        position_s: f64,
        /// Whether the clock stands.
        #[serde(default)]
        paused: bool,
    } = "lead";
    /// Votes to skip what plays. Needs `voteskip`.
    Voteskip = "voteskip";
    /// Asks for our stored playlists. Needs an account.
    ListSaved = "list_saved";
    /// Stores the playlist under a name, over one that has it already. Needs an account.
    SavePlaylist {
        /// The name.
        name: String,
    } = "save_playlist";
    /// Deletes one of our stored playlists. Needs an account.
    DeleteSaved {
        /// Its name.
        name: String,
    } = "delete_saved";
    /// Searches for media.
    Search {
        /// The words, at most 100 characters.
        query: String,
        /// Where.
        #[serde(default)]
        source: SearchSource,
    } = "search";
    /// Forgets media from the channel's library; the server never answers. Needs
    /// `deletefromchannellib`.
    Uncache {
        /// Its id.
        id: String,
    } = "uncache";
    /// Asks what plays, and where it is (`playerReady`).
    ResyncPlayback = "resync_playback";
    /// Asks for the playlist; the server grants one a minute.
    ResyncPlaylist = "resync_playlist";

    // Polls (`src/channel/poll.js`).

    /// Opens a poll; an open one closes, even if the new one is refused. Needs `pollctl`.
    OpenPoll {
        /// The question, at most 255 characters.
        title: String,
        /// The choices, at most 50 of 1 to 255 characters each.
        options: Vec<String>,
        /// Hide the counts until it closes.
        #[serde(default)]
        hidden: bool,
        /// Keep the votes of those who leave.
        #[serde(default)]
        retain_votes: bool,
        /// Close it after so many seconds, 1 to 86400.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timeout_s: Option<u32>,
    } = "open_poll";
    /// Votes; a later vote replaces an earlier one. Needs `pollvote`.
    Vote {
        /// Number of the choice, from 0.
        option: usize,
    } = "vote";
    /// Closes the poll. Needs `pollctl`.
    ClosePoll = "close_poll";

    // Moderation (`src/channel/kickban.js`, `src/channel/chat.js`, `src/channel/ranks.js`).

    /// Puts someone out. Needs `kick`.
    Kick {
        /// Whom.
        name: String,
        /// Why.
        #[serde(default)]
        reason: String,
    } = "kick";
    /// Puts all anonymous viewers out. Needs `kick`.
    KickAnonymous = "kick_anonymous";
    /// Bans a name. Needs `ban`.
    Ban {
        /// Whom.
        name: String,
        /// Why, at most 255 characters.
        #[serde(default)]
        reason: String,
    } = "ban";
    /// Bans a name and the addresses known of it. Needs `ban`.
    IpBan {
        /// Whom.
        name: String,
        /// Their neighbours too.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        range: Option<BanRange>,
        /// Why, at most 255 characters.
        #[serde(default)]
        reason: String,
    } = "ip_ban";
    /// Lifts a ban by number, or by name where the ban list was asked for. Needs `ban`.
    Unban {
        /// Number in the ban list.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<i64>,
        /// Whose.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    } = "unban";
    /// Mutes someone. Needs `mute`.
    Mute {
        /// Whom.
        name: String,
    } = "mute";
    /// Mutes someone without telling them. Needs `mute`.
    ShadowMute {
        /// Whom.
        name: String,
    } = "shadow_mute";
    /// Ends a mute of either kind. Needs `mute`.
    Unmute {
        /// Whose.
        name: String,
    } = "unmute";
    /// Sets someone's rank in the channel. Needs rank 3.
    SetRank {
        /// Whose.
        name: String,
        /// Which, below our own.
        rank: Rank,
    } = "set_rank";
    /// Takes on a lower rank for a while. Site admins only.
    BorrowRank {
        /// Which.
        rank: Rank,
    } = "borrow_rank";
    /// Deletes the items whose queuer matches a regular expression. Needs `playlistdelete`.
    CleanByUser {
        /// JavaScript regular expression.
        pattern: String,
    } = "clean_by_user";
    /// Deletes the items whose title matches a regular expression. Needs `playlistdelete`.
    CleanByTitle {
        /// JavaScript regular expression.
        pattern: String,
    } = "clean_by_title";
    /// Asks for the ban list. Needs `ban`.
    RequestBans = "request_bans";
    /// Asks for the stored ranks. Needs rank 3.
    RequestRanks = "request_ranks";
    /// Asks for the channel's text log. Needs rank 3.
    ReadLog = "read_log";

    // Settings (`src/channel/opts.js`, `permissions.js`, `customization.js`, `emotes.js`, `filters.js`).

    /// Changes settings, by the wire's key names. Needs rank 2, some keys 3.
    SetOptions {
        /// Keys and values; a password never reaches the log.
        options: Map<String, Value>,
    } = "set_options";
    /// Changes the least ranks of rights. Needs rank 3.
    SetPermissions {
        /// Rights and ranks.
        permissions: Permissions,
    } = "set_permissions";
    /// Sets the message of the day, HTML of at most 20000 characters. Needs `motdedit`.
    SetMotd {
        /// HTML.
        motd: String,
    } = "set_motd";
    /// Sets the channel's style sheet, at most 20000 characters. Needs rank 3.
    SetCss {
        /// The sheet.
        css: String,
    } = "set_css";
    /// Sets the channel's script, at most 20000 characters. Needs rank 3.
    SetJs {
        /// The script.
        js: String,
    } = "set_js";
    /// Adds an emote or changes its picture. Needs `emoteedit`.
    UpdateEmote {
        /// Its name.
        name: String,
        /// URL of the picture, at most 1000 characters.
        image: String,
    } = "update_emote";
    /// Renames an emote. Needs `emoteedit`.
    RenameEmote {
        /// Its name until now.
        old: String,
        /// Its new name.
        name: String,
        /// URL of the picture.
        image: String,
    } = "rename_emote";
    /// Deletes an emote. Needs `emoteedit`.
    RemoveEmote {
        /// Its name.
        name: String,
    } = "remove_emote";
    /// Moves an emote within the list; the server never answers. Needs `emoteedit`.
    MoveEmote {
        /// Index until now, from 0.
        from: usize,
        /// New index.
        to: usize,
    } = "move_emote";
    /// Replaces all emotes. Needs `emoteimport`.
    ImportEmotes {
        /// The emotes.
        emotes: Vec<Emote>,
    } = "import_emotes";
    /// Asks for the chat filters. Needs `filteredit`.
    RequestFilters = "request_filters";
    /// Adds a chat filter. Needs `filteredit`.
    AddFilter {
        /// The filter; its name must be new.
        filter: ChatFilter,
    } = "add_filter";
    /// Changes a chat filter. Needs `filteredit`.
    UpdateFilter {
        /// The filter, by its name.
        filter: ChatFilter,
    } = "update_filter";
    /// Deletes a chat filter. Needs `filteredit`.
    RemoveFilter {
        /// Its name.
        name: String,
    } = "remove_filter";
    /// Moves a chat filter within the list; the server never answers. Needs `filteredit`.
    MoveFilter {
        /// Index until now, from 0.
        from: usize,
        /// New index.
        to: usize,
    } = "move_filter";
    /// Replaces all chat filters. Needs `filterimport`.
    ImportFilters {
        /// The filters, in order.
        filters: Vec<ChatFilter>,
    } = "import_filters";
}
