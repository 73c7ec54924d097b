//! The payload of each event the server can send, to a channel that is live or in the midst of its
//! join: kept in some form whatever it holds, never twice the same line of state, never a panic.
//!
//! The first line names the event; `*` behind the name puts it into a join burst. A name nobody
//! knows stands for one that is known, so that the fuzzer loses no time with names.

use super::frame::{burst, check_snapshot, joined};
use crate::common::Room;
use serde_json::value::RawValue;

/// Every event of `src/cytube`, one of another sort, and one that is unknown.
pub(crate) const NAMES: [&str; 68] = [
    "chatMsg",
    "mediaUpdate",
    "usercount",
    "addUser",
    "userLeave",
    "setUserMeta",
    "setAFK",
    "setUserRank",
    "queue",
    "delete",
    "moveVideo",
    "setTemp",
    "setCurrent",
    "changeMedia",
    "setPlaylistMeta",
    "playlist",
    "setPlaylistLocked",
    "voteskip",
    "drinkCount",
    "pm",
    "clearchat",
    "rank",
    "login",
    "kick",
    "userlist",
    "setUserProfile",
    "setLeader",
    "newPoll",
    "updatePoll",
    "closePoll",
    "setPermissions",
    "channelOpts",
    "channelCSSJS",
    "setMotd",
    "emoteList",
    "updateEmote",
    "renameEmote",
    "removeEmote",
    "chatFilters",
    "updateChatFilter",
    "deleteChatFilter",
    "banlist",
    "banlistRemove",
    "channelRanks",
    "readChanLog",
    "channelRankFail",
    "cooldown",
    "noflood",
    "spamFiltered",
    "validationError",
    "validationPassed",
    "warnLargeChandump",
    "errorMsg",
    "queueFail",
    "queueWarn",
    "listPlaylists",
    "searchResults",
    "clearVoteskipVote",
    "needPassword",
    "cancelNeedPassword",
    "channelNotRegistered",
    "announcement",
    "partitionChange",
    "costanza",
    "addFilterSuccess",
    "errMessage",
    "acp-list-users",
    "hologram",
];

/// The event, its payload, and whether it comes in the midst of a join.
pub(crate) fn event(text: &str) -> (&'static str, &str, bool) {
    let (head, payload) = text.split_once('\n').unwrap_or((text, "null"));
    let (head, joining) = match head.strip_suffix('*') {
        Some(head) => (head, true),
        None => (head, false),
    };
    let place = NAMES.iter().position(|name| *name == head);
    let sum = || head.bytes().map(usize::from).sum::<usize>() % NAMES.len();
    let name = NAMES.get(place.unwrap_or_else(sum)).unwrap();
    (name, payload, joining)
}

pub(crate) fn check(text: &str) {
    let (name, payload, joining) = event(text);
    let mut room = joined(false);
    if joining {
        room.cut();
        room.wait(10_000);
        room.connect();
        for frame in burst().frames().iter().take(9) {
            room.frame(frame);
        }
    }
    let frame = format!("42[\"{name}\",{payload}]");
    let fits = serde_json::from_str::<&RawValue>(payload).is_ok();
    for _ in 0..2 {
        let before = traces(&room);
        room.frame(&frame);
        room.wait(100);
        assert!(
            !fits || joining || traces(&room) > before,
            "{name} left no trace"
        );
    }
    room.wait(5_000);
    check_snapshot(&room);
    // The fold is compared when the room goes.
}

/// Everything that a frame may leave behind.
fn traces(room: &Room) -> u64 {
    let counters = room.channel().counters();
    let unrecorded = counters.unrecorded;
    counters.events + unrecorded.before_burst + unrecorded.ticks + unrecorded.redundant
}
