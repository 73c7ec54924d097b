//! CyTube's own events: from a name and raw JSON to a typed payload.
//!
//! One variant per event the server can send (`src/channel/*.js`, `src/user.js`,
//! `src/io/ioserver.js`). Payloads are read as the wire has them: bare booleans and strings,
//! fractional ranks, uid 0, `"prepend"` for a place. Unknown fields are ignored, an unknown name is
//! [`Incoming::Unknown`], and a payload that does not fit is a [`Misfit`]: both are kept by the
//! layer above, never dropped. Types here stay below the normaliser.

mod number;
mod people;
mod playback;
mod session;
mod settings;

pub(crate) use number::Int;
pub(crate) use people::*;
pub(crate) use playback::*;
pub(crate) use session::*;
pub(crate) use settings::*;

use crate::event::After;
use crate::json;
use crate::model::{ChatFilter, Emote, Options, Permissions, Profile, Uid};
use crate::number::Rank;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// A payload that does not have the shape its name promises.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("payload does not fit: {0}")]
pub(crate) struct Misfit(pub(crate) String);

/// One event of the server, typed. Named as on the wire.
#[derive(Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "lives on the stack for one frame"
)]
pub(crate) enum Incoming<'f> {
    // Session.
    Rank(Rank),
    Login(Login),
    Kick(Option<String>),
    ErrorMsg(ErrorMsg),
    NeedPassword(bool),
    CancelNeedPassword,
    ChannelNotRegistered,
    Announcement(AnnouncementWire),
    PartitionChange(Vec<String>),
    // People and chat.
    UserList(Vec<UserWire>),
    AddUser(UserWire),
    UserLeave(String),
    SetUserRank(String, Rank),
    SetUserMeta(String, UserMetaWire),
    SetAfk,
    SetUserProfile(String, Profile),
    SetLeader(String),
    UserCount(i64),
    ChatMsg(ChatMsg<'f>),
    Pm(Pm<'f>),
    ClearChat(String),
    DrinkCount(i64),
    // Playlist and playback.
    SetPlaylistMeta(PlaylistMetaWire),
    Playlist(Vec<ItemWire>),
    Queue(ItemWire, After),
    Delete(Uid),
    MoveVideo(Uid, After),
    SetTemp(Uid, bool),
    SetCurrent(Uid),
    ChangeMedia(ChangeMedia),
    MediaUpdate(Tick),
    SetPlaylistLocked(bool),
    QueueFail(QueueFail),
    QueueWarn(QueueFail),
    ListPlaylists(Vec<SavedPlaylistWire>),
    SearchResults(SearchResultsWire),
    Voteskip(VoteskipWire),
    ClearVoteskipVote,
    NewPoll(PollWire),
    UpdatePoll(PollWire),
    ClosePoll,
    // Settings.
    SetPermissions(Permissions),
    ChannelOpts(Options),
    ChannelCssJs(CssJsWire),
    SetMotd(String),
    EmoteList(Vec<Emote>),
    UpdateEmote(Emote),
    RenameEmote(RenameEmote),
    RemoveEmote(String),
    ChatFilters(Vec<ChatFilter>),
    UpdateChatFilter(ChatFilter),
    DeleteChatFilter(String),
    BanList(Vec<BanWire>),
    BanListRemove(i64, String),
    ChannelRanks(Vec<ChannelRankWire>),
    ReadChanLog(bool, String),
    // Answers.
    ChannelRankFail(String),
    Cooldown(f64),
    NoFlood(NoFloodWire),
    SpamFiltered(String),
    ValidationError(ValidationWire),
    ValidationPassed(ValidationWire),
    WarnLargeChandump(i64, i64),
    /// Tells nothing that another event does not: `costanza` (an `errorMsg` follows),
    /// `addFilterSuccess` (`updateChatFilter` came), the superadmin panel.
    Redundant,
    /// A name this build does not know.
    Unknown,
}

/// Reads the payload of the event `name`.
pub(crate) fn decode<'f>(name: &str, arg: Option<&'f RawValue>) -> Result<Incoming<'f>, Misfit> {
    use Incoming as In;
    let json = arg.map_or("null", RawValue::get);
    let incoming = match name {
        "chatMsg" => In::ChatMsg(read(json)?),
        "mediaUpdate" => In::MediaUpdate(read(json)?),
        "usercount" => In::UserCount(read::<Int>(json)?.0),
        "addUser" => In::AddUser(read(json)?),
        "userLeave" => In::UserLeave(read::<Named>(json)?.name),
        "setUserMeta" => {
            let SetUserMetaWire { name, meta } = read(json)?;
            In::SetUserMeta(name, meta)
        }
        "setAFK" => In::SetAfk,
        "setUserRank" => {
            let SetUserRankWire { name, rank } = read(json)?;
            In::SetUserRank(name, rank)
        }
        "queue" => {
            let QueueWire { item, after } = read(json)?;
            In::Queue(item, after)
        }
        "delete" => In::Delete(read::<UidWire>(json)?.uid()),
        "moveVideo" => {
            let MoveWire { from, after } = read(json)?;
            In::MoveVideo(Uid(from.0), after)
        }
        "setTemp" => {
            let SetTempWire { uid, temp } = read(json)?;
            In::SetTemp(Uid(uid.0), temp)
        }
        "setCurrent" => In::SetCurrent(Uid(read::<Int>(json)?.0)),
        "changeMedia" => In::ChangeMedia(read(json)?),
        "setPlaylistMeta" => In::SetPlaylistMeta(read(json)?),
        "playlist" => In::Playlist(read(json)?),
        "setPlaylistLocked" => In::SetPlaylistLocked(read(json)?),
        "voteskip" => In::Voteskip(read(json)?),
        "drinkCount" => In::DrinkCount(read::<Int>(json)?.0),
        "pm" => In::Pm(read(json)?),
        "clearchat" => In::ClearChat(read::<ClearedBy>(json)?.by()),
        "rank" => In::Rank(read(json)?),
        "login" => In::Login(read(json)?),
        "kick" => In::Kick(read::<Option<KickWire>>(json)?.and_then(KickWire::reason)),
        "userlist" => In::UserList(read(json)?),
        "setUserProfile" => {
            let SetUserProfileWire { name, profile } = read(json)?;
            In::SetUserProfile(name, profile)
        }
        "setLeader" => In::SetLeader(read::<Option<String>>(json)?.unwrap_or_default()),
        "newPoll" => In::NewPoll(read(json)?),
        "updatePoll" => In::UpdatePoll(read(json)?),
        "closePoll" => In::ClosePoll,
        _ => return decode_rare(name, json),
    };
    Ok(incoming)
}

/// The events that come once in a join, on request, or hardly ever.
fn decode_rare<'f>(name: &str, json: &'f str) -> Result<Incoming<'f>, Misfit> {
    use Incoming as In;
    let incoming = match name {
        "setPermissions" => In::SetPermissions(read::<PermissionsWire>(json)?.into()),
        "channelOpts" => In::ChannelOpts(read(json)?),
        "channelCSSJS" => In::ChannelCssJs(read(json)?),
        "setMotd" => In::SetMotd(read(json)?),
        "emoteList" => In::EmoteList(read(json)?),
        "updateEmote" => In::UpdateEmote(read(json)?),
        "renameEmote" => In::RenameEmote(read(json)?),
        "removeEmote" => In::RemoveEmote(read::<Named>(json)?.name),
        "chatFilters" => In::ChatFilters(read(json)?),
        "updateChatFilter" => In::UpdateChatFilter(read(json)?),
        "deleteChatFilter" => In::DeleteChatFilter(read::<Named>(json)?.name),
        "banlist" => In::BanList(read(json)?),
        "banlistRemove" => {
            let BanRemoveWire { id, name } = read(json)?;
            In::BanListRemove(id.0, name)
        }
        "channelRanks" => In::ChannelRanks(read(json)?),
        "readChanLog" => {
            let ChanLogWire { success, data } = read(json)?;
            In::ReadChanLog(success, data)
        }
        "channelRankFail" => In::ChannelRankFail(read::<MsgWire>(json)?.msg()),
        "cooldown" => In::Cooldown(read(json)?),
        "noflood" => In::NoFlood(read(json)?),
        "spamFiltered" => In::SpamFiltered(read::<ReasonWire>(json)?.reason()),
        "validationError" => In::ValidationError(read(json)?),
        "validationPassed" => In::ValidationPassed(read(json)?),
        "warnLargeChandump" => {
            let LargeWire { limit, actual } = read(json)?;
            In::WarnLargeChandump(limit.0, actual.0)
        }
        "errorMsg" => In::ErrorMsg(read(json)?),
        "queueFail" => In::QueueFail(read(json)?),
        "queueWarn" => In::QueueWarn(read(json)?),
        "listPlaylists" => In::ListPlaylists(read(json)?),
        "searchResults" => In::SearchResults(read(json)?),
        "clearVoteskipVote" => In::ClearVoteskipVote,
        "needPassword" => In::NeedPassword(read::<Option<bool>>(json)?.unwrap_or(false)),
        "cancelNeedPassword" => In::CancelNeedPassword,
        "channelNotRegistered" => In::ChannelNotRegistered,
        "announcement" => In::Announcement(read(json)?),
        "partitionChange" => In::PartitionChange(
            read::<Option<PartitionWire>>(json)?
                .unwrap_or_default()
                .urls(),
        ),
        "costanza" | "addFilterSuccess" | "errMessage" => In::Redundant,
        _ if name.starts_with("acp-") => In::Redundant,
        _ => In::Unknown,
    };
    Ok(incoming)
}

fn read<'f, T: Deserialize<'f>>(json: &'f str) -> Result<T, Misfit> {
    serde_json::from_str(json).map_err(|error| Misfit(json::fault(&error)))
}

/// A text where the server may also send something else. Of an object or a list it is only said
/// that it is no text: it may hold what must not be stored, and the raw payload has the rest.
pub(crate) fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(_) | Value::Object(_) => "(not a text)".to_owned(),
    }
}

#[cfg(test)]
mod tests;
