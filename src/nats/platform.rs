//! Events in the shape that the server sends them in, for readers who expect that. Pure.
//!
//! Where the log holds the payload as it came, that is what is published; where it does not, an
//! event is put back into the server's form as far as that needs no guessing. Field names are those
//! of the server's frames (`src/channel/*.js`).

use crate::event::{Event, Joined, Message, Style};
use crate::model::{Item, Media, Poll, Uid, User};
use serde_json::{Value, json};

/// A frame: the server's name for it, and its payload.
pub(crate) type Frame = (&'static str, Value);

/// The frames that told of an event: one, or those of a join burst; none where the server told
/// nothing, or what it told cannot be had back.
pub(crate) fn frames(event: &Event, sent_ms: Option<i64>) -> Vec<Frame> {
    match event {
        Event::Joined(joined) => burst(joined),
        other => frame(other, sent_ms).into_iter().collect(),
    }
}

fn frame(event: &Event, sent_ms: Option<i64>) -> Option<Frame> {
    playback(event)
        .or_else(|| people(event, sent_ms))
        .or_else(|| settings(event))
}

fn people(event: &Event, sent_ms: Option<i64>) -> Option<Frame> {
    Some(match event {
        Event::MessageSaid(message) => ("chatMsg", chat(message, sent_ms)),
        Event::PmSaid(pm) => (
            "pm",
            json!({ "username": pm.from, "to": pm.to, "msg": pm.html, "time": sent_ms, "meta": {} }),
        ),
        Event::ChatCleared(cleared) => ("clearchat", json!({ "clearedBy": cleared.by })),
        Event::DrinksCounted(drinks) => ("drinkCount", json!(drinks.count)),
        Event::UserJoined(joined) => ("addUser", user(&joined.user)),
        Event::UserLeft(left) => ("userLeave", json!({ "name": left.name })),
        Event::UsersListed(list) => ("userlist", list.users.iter().map(user).collect()),
        Event::UserRanked(ranked) => (
            "setUserRank",
            json!({ "name": ranked.name, "rank": ranked.rank }),
        ),
        Event::UserMetaSet(meta) => (
            "setUserMeta",
            json!({ "name": meta.name, "meta": { "afk": meta.afk, "muted": meta.muted } }),
        ),
        Event::UserProfileSet(set) => (
            "setUserProfile",
            json!({ "name": set.name, "profile": set.profile }),
        ),
        Event::UsersCounted(counted) => ("usercount", json!(counted.count)),
        Event::LeaderChanged(leader) => ("setLeader", json!(leader.name.as_deref().unwrap_or(""))),
        Event::OwnRankSet(own) => ("rank", json!(own.rank)),
        _ => return None,
    })
}

fn playback(event: &Event) -> Option<Frame> {
    Some(match event {
        Event::MediaChanged(change) => (
            "changeMedia",
            now_playing(&change.media, change.position_s, change.paused),
        ),
        Event::MediaUpdated(tick) => (
            "mediaUpdate",
            json!({ "currentTime": tick.position_s, "paused": tick.paused }),
        ),
        Event::ItemQueued(queued) => (
            "queue",
            json!({ "item": item(&queued.item), "after": queued.after }),
        ),
        Event::ItemDeleted(deleted) => ("delete", json!({ "uid": deleted.uid })),
        Event::ItemMoved(moved) => (
            "moveVideo",
            json!({ "from": moved.uid, "after": moved.after }),
        ),
        Event::CurrentSet(current) => ("setCurrent", json!(current.uid)),
        Event::TempSet(set) => ("setTemp", json!({ "uid": set.uid, "temp": set.temp })),
        Event::PlaylistReplaced(list) => ("playlist", list.items.iter().map(item).collect()),
        Event::LockSet(lock) => ("setPlaylistLocked", json!(lock.locked)),
        Event::PlaylistCounted(meta) => (
            "setPlaylistMeta",
            json!({ "count": meta.count, "rawTime": meta.total_seconds, "time": clock(meta.total_seconds) }),
        ),
        Event::VoteskipChanged(votes) if votes.count.is_some() => (
            "voteskip",
            json!({ "count": votes.count, "need": votes.need }),
        ),
        Event::PollOpened(shown) => ("newPoll", poll(&shown.0)),
        Event::PollUpdated(shown) => ("updatePoll", poll(&shown.0)),
        Event::PollClosed(_) => ("closePoll", Value::Null),
        _ => return None,
    })
}

fn settings(event: &Event) -> Option<Frame> {
    Some(match event {
        Event::PermissionsChanged(change) => ("setPermissions", json!(change.permissions)),
        Event::MotdChanged(change) => ("setMotd", json!(change.motd)),
        Event::EmotesListed(list) => ("emoteList", json!(list.emotes)),
        Event::EmoteUpdated(emote) => ("updateEmote", json!(emote)),
        Event::EmoteRemoved(removed) => ("removeEmote", json!({ "name": removed.name })),
        Event::ErrorTold(error) => ("errorMsg", json!({ "msg": error.msg })),
        Event::Kicked(kicked) => ("kick", json!({ "reason": kicked.reason })),
        _ => return None,
    })
}

/// What a join tells, as the frames of its burst that readers look for.
fn burst(joined: &Joined) -> Vec<Frame> {
    let mut frames = Vec::new();
    if let Some(Some(motd)) = &joined.motd {
        frames.push(("setMotd", json!(motd)));
    }
    if let Some(Some(items)) = &joined.playlist {
        frames.push(("playlist", items.iter().map(item).collect()));
    }
    if let Some(Some(Uid(uid))) = joined.current {
        frames.push(("setCurrent", json!(uid)));
    }
    if let Some(Some(now)) = &joined.media {
        let change = now_playing(&now.media, now.position_s, now.paused);
        frames.push(("changeMedia", change));
    }
    if let Some(Some(users)) = &joined.users {
        frames.push(("userlist", users.iter().map(user).collect()));
    }
    frames
}

fn chat(message: &Message, sent_ms: Option<i64>) -> Value {
    let class = match message.style {
        Style::Action => Some("action"),
        Style::Greentext => Some("greentext"),
        Style::Spoiler => Some("spoiler"),
        Style::Shout => Some("shout"),
        Style::Drink => Some("drink"),
        _ => None,
    };
    let mut meta = serde_json::Map::new();
    if let Some(class) = class {
        meta.insert("addClass".to_owned(), class.into());
    }
    if message.style == Style::Action {
        meta.insert("action".to_owned(), true.into());
    }
    if message.shadow {
        meta.insert("shadow".to_owned(), true.into());
    }
    if let Some(flair) = message.modflair {
        meta.insert("modflair".to_owned(), json!(flair));
    }
    json!({ "username": message.user.name, "msg": message.html, "time": sent_ms, "meta": meta })
}

fn user(user: &User) -> Value {
    json!({
        "name": user.name, "rank": user.rank, "profile": user.profile,
        "meta": { "afk": user.afk, "muted": user.muted },
    })
}

fn item(item: &Item) -> Value {
    json!({
        "uid": item.uid, "temp": item.temp, "queueby": item.queued_by.as_deref().unwrap_or(""),
        "media": media(&item.media),
    })
}

fn media(media: &Media) -> Value {
    json!({
        "id": media.id, "title": media.title, "seconds": media.seconds,
        "duration": clock(media.seconds), "type": media.kind, "meta": media.meta,
    })
}

fn now_playing(now: &Media, position_s: f64, paused: bool) -> Value {
    let mut change = media(now);
    if let Some(fields) = change.as_object_mut() {
        fields.insert("currentTime".to_owned(), json!(position_s));
        fields.insert("paused".to_owned(), json!(paused));
    }
    change
}

fn poll(poll: &Poll) -> Value {
    json!({
        "title": poll.title, "options": poll.options, "counts": poll.counts,
        "initiator": poll.initiator, "timestamp": poll.opened_ms,
    })
}

/// A length as the server writes it: `05:07`, `02:20:58`.
fn clock(seconds: f64) -> String {
    let whole = seconds.max(0.0) as u64;
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    if hours > 0 {
        format!("{hours:02}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes:02}:{seconds:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Kind;

    #[test]
    fn a_line_has_the_fields_that_the_server_sends() {
        let body = json!({
            "user": { "name": "bob", "rank": 1, "afk": false, "muted": false },
            "html": "&gt;be me", "text": ">be me", "style": "greentext", "source": "user",
        });
        let kind = Kind::MessageSaid;
        let event = Event::decode(kind, kind.schema_v(), &body.to_string()).unwrap();
        let expected = json!({
            "username": "bob", "msg": "&gt;be me", "time": 7, "meta": { "addClass": "greentext" },
        });
        assert_eq!(frames(&event, Some(7)), [("chatMsg", expected)]);
    }

    #[test]
    fn lengths_are_written_as_the_server_does() {
        assert_eq!(clock(307.0), "05:07");
        assert_eq!(clock(8458.0), "02:20:58");
        assert_eq!(clock(0.0), "00:00");
    }
}
