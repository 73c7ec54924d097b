//! Commands as the server takes them: event name and payload.
//!
//! Many events are type-checked: a missing, unknown or `null` key is refused
//! (`src/io/ioserver.js`), so optional keys are left out. Half of moderation has no event of its own
//! and goes as a slash command in chat (`src/channel/chat.js`).

use super::arguments::{BanRange, SearchSource};
use super::vocabulary::Command;
use crate::model::{ChatFilter, Emote};
use crate::state::ChannelState;
use serde_json::{Value, json};

/// A command on the wire.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Wire {
    /// Name of the event.
    pub(crate) event: &'static str,
    /// Its argument.
    pub(crate) payload: Option<Value>,
}

impl Wire {
    fn new(event: &'static str, payload: Value) -> Self {
        Self {
            event,
            payload: Some(payload),
        }
    }

    fn bare(event: &'static str) -> Self {
        Self {
            event,
            payload: None,
        }
    }

    fn chat(text: String) -> Self {
        Self::new("chatMsg", json!({ "msg": text }))
    }

    /// Whether the server acknowledges it: one event of all does.
    pub(crate) fn is_acknowledged(&self) -> bool {
        self.event == "newPoll"
    }
}

impl Command {
    /// Event and payload. What a name or number stands for is looked up in the state; a check went
    /// before.
    pub(crate) fn wire(&self, state: &ChannelState) -> Wire {
        self.chat_wire(state)
            .or_else(|| self.playlist_wire())
            .or_else(|| self.moderation_wire(state))
            .unwrap_or_else(|| self.settings_wire())
    }

    fn chat_wire(&self, state: &ChannelState) -> Option<Wire> {
        let rank = state.me.rank.map(|rank| rank.0);
        Some(match self {
            Self::Say { text, flair: true } => Wire::new(
                "chatMsg",
                json!({ "msg": text, "meta": { "modflair": rank } }),
            ),
            Self::Pm { to, text } => Wire::new("pm", json!({ "to": to, "msg": text })),
            _ => Wire::chat(self.line()?),
        })
    }

    /// The line of chat that carries it, for commands that go as one.
    pub(crate) fn line(&self) -> Option<String> {
        Some(match self {
            Self::Say { text, .. } => text.clone(),
            Self::Me { text } => format!("/me {text}"),
            Self::Spoiler { text } => format!("/sp {text}"),
            Self::Shout { text } => format!("/say {text}"),
            Self::AdminSay { text } => format!("/a {text}"),
            Self::SetAfk { .. } => "/afk".to_owned(),
            Self::Drink { count, text } => format!("/d{count} {text}").trim_end().to_owned(),
            Self::ClearChat => "/clear".to_owned(),
            Self::Kick { name, reason } => words(&["/kick", name, reason]),
            Self::KickAnonymous => "/kickanons".to_owned(),
            Self::Ban { name, reason } => words(&["/ban", name, reason]),
            Self::IpBan {
                name,
                range,
                reason,
            } => {
                let range = match range {
                    None => "",
                    Some(BanRange::Range) => "range",
                    Some(BanRange::Wrange) => "wrange",
                };
                words(&["/ipban", name, range, reason])
            }
            Self::Mute { name } => words(&["/mute", name]),
            Self::ShadowMute { name } => words(&["/smute", name]),
            Self::Unmute { name } => words(&["/unmute", name]),
            Self::CleanByUser { pattern } => words(&["/clean", pattern]),
            Self::CleanByTitle { pattern } => words(&["/cleantitle", pattern]),
            _ => return None,
        })
    }

    fn playlist_wire(&self) -> Option<Wire> {
        Some(match self {
            Self::Queue {
                media,
                position,
                temp,
                title,
                duration_s,
            } => {
                let mut payload = json!({
                    "id": media.id, "type": media.kind, "pos": position, "temp": temp,
                });
                set(
                    &mut payload,
                    "title",
                    title.as_ref().map(|title| json!(title)),
                );
                set(&mut payload, "duration", duration_s.map(|s| json!(s)));
                Wire::new("queue", payload)
            }
            Self::QueueSaved {
                name,
                position,
                temp,
            } => Wire::new(
                "queuePlaylist",
                json!({ "name": name, "pos": position, "temp": temp }),
            ),
            Self::Delete { uid, .. } => Wire::new("delete", json!(uid)),
            Self::Move { uid, after, .. } => {
                Wire::new("moveMedia", json!({ "from": uid, "after": after }))
            }
            Self::Jump { uid, .. } => Wire::new("jumpTo", json!(uid)),
            Self::Next => Wire::bare("playNext"),
            Self::SetTemp { uid, temp, .. } => {
                Wire::new("setTemp", json!({ "uid": uid, "temp": temp }))
            }
            Self::ClearPlaylist => Wire::bare("clearPlaylist"),
            Self::Shuffle => Wire::bare("shufflePlaylist"),
            Self::SetLock { .. } => Wire::bare("togglePlaylistLock"),
            Self::Lead {
                id,
                position_s,
                paused,
            } => Wire::new(
                "mediaUpdate",
                json!({ "id": id, "currentTime": position_s, "paused": paused }),
            ),
            Self::Voteskip => Wire::bare("voteskip"),
            Self::ListSaved => Wire::bare("listPlaylists"),
            Self::SavePlaylist { name } => Wire::new("clonePlaylist", json!({ "name": name })),
            Self::DeleteSaved { name } => Wire::new("deletePlaylist", json!({ "name": name })),
            Self::Search { query, source } => {
                let source = match source {
                    SearchSource::Library => "library",
                    SearchSource::YouTube => "yt",
                };
                Wire::new("searchMedia", json!({ "query": query, "source": source }))
            }
            Self::Uncache { id } => Wire::new("uncache", json!({ "id": id })),
            Self::ResyncPlayback => Wire::bare("playerReady"),
            Self::ResyncPlaylist => Wire::bare("requestPlaylist"),
            _ => return None,
        })
    }

    fn moderation_wire(&self, state: &ChannelState) -> Option<Wire> {
        Some(match self {
            Self::OpenPoll {
                title,
                options,
                hidden,
                retain_votes,
                timeout_s,
            } => {
                let mut payload = json!({ "title": title, "opts": options, "obscured": hidden });
                set(
                    &mut payload,
                    "retainVotes",
                    retain_votes.then_some(json!(true)),
                );
                set(&mut payload, "timeout", timeout_s.map(|s| json!(s)));
                Wire::new("newPoll", payload)
            }
            Self::Vote { option } => Wire::new("vote", json!({ "option": option })),
            Self::ClosePoll => Wire::bare("closePoll"),
            Self::SetLeader { name } => {
                // The server compares names exactly here, and drops the old leader if it finds none.
                let exact = name.as_deref().map(|name| {
                    let user = state.users.as_ref().and_then(|users| users.find(name));
                    user.map_or(name, |user| user.name.as_str())
                });
                Wire::new("assignLeader", json!({ "name": exact.unwrap_or_default() }))
            }
            Self::Unban { id, name } => {
                let (id, name) = unbanned(state, *id, name.as_deref())?;
                Wire::new("unban", json!({ "id": id, "name": name }))
            }
            Self::SetRank { name, rank } => {
                Wire::new("setChannelRank", json!({ "name": name, "rank": rank }))
            }
            Self::BorrowRank { rank } => Wire::new("borrow-rank", json!(rank)),
            Self::RequestBans => Wire::bare("requestBanlist"),
            Self::RequestRanks => Wire::bare("requestChannelRanks"),
            Self::ReadLog => Wire::bare("readChanLog"),
            _ => return None,
        })
    }

    fn settings_wire(&self) -> Wire {
        match self {
            Self::SetOptions { options } => Wire::new("setOptions", json!(options)),
            Self::SetPermissions { permissions } => Wire::new("setPermissions", json!(permissions)),
            Self::SetMotd { motd } => Wire::new("setMotd", json!({ "motd": motd })),
            Self::SetCss { css } => Wire::new("setChannelCSS", json!({ "css": css })),
            Self::SetJs { js } => Wire::new("setChannelJS", json!({ "js": js })),
            Self::UpdateEmote { name, image } => {
                Wire::new("updateEmote", json!({ "name": name, "image": image }))
            }
            Self::RenameEmote { old, name, image } => {
                let payload = json!({ "old": old, "name": name, "image": image });
                Wire::new("renameEmote", payload)
            }
            Self::RemoveEmote { name } => Wire::new("removeEmote", json!({ "name": name })),
            Self::MoveEmote { from, to } => {
                Wire::new("moveEmote", json!({ "from": from, "to": to }))
            }
            Self::ImportEmotes { emotes } => {
                let bare = |emote: &Emote| json!({ "name": emote.name, "image": emote.image });
                Wire::new("importEmotes", emotes.iter().map(bare).collect())
            }
            Self::AddFilter { filter } => Wire::new("addFilter", filter_wire(filter)),
            Self::UpdateFilter { filter } => Wire::new("updateFilter", filter_wire(filter)),
            Self::RemoveFilter { name } => Wire::new("removeFilter", json!({ "name": name })),
            Self::MoveFilter { from, to } => {
                Wire::new("moveFilter", json!({ "from": from, "to": to }))
            }
            Self::ImportFilters { filters } => {
                Wire::new("importFilters", filters.iter().map(filter_wire).collect())
            }
            // `RequestFilters`, the one that is left; a test sends all of them.
            _ => Wire::bare("requestChatFilters"),
        }
    }
}

/// Number and name of the ban meant; from the ban list where one of them is missing.
pub(super) fn unbanned(
    state: &ChannelState,
    id: Option<i64>,
    name: Option<&str>,
) -> Option<(i64, String)> {
    if let (Some(id), Some(name)) = (id, name) {
        return Some((id, name.to_owned()));
    }
    let bans = state.bans.as_ref()?;
    let is_meant = |ban: &&crate::model::Ban| match (id, name) {
        (Some(id), _) => ban.id == id,
        (None, Some(name)) => ban.name.eq_ignore_ascii_case(name),
        (None, None) => false,
    };
    let ban = bans.iter().find(is_meant)?;
    Some((ban.id, ban.name.clone()))
}

fn filter_wire(filter: &ChatFilter) -> Value {
    // Plain data: it serialises, under the wire's own names.
    serde_json::to_value(filter).unwrap_or_default()
}

fn set(payload: &mut Value, key: &str, value: Option<Value>) {
    if let (Some(map), Some(value)) = (payload.as_object_mut(), value) {
        map.insert(key.to_owned(), value);
    }
}

fn words(words: &[&str]) -> String {
    let words: Vec<&str> = words
        .iter()
        .copied()
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ")
}

/// The part of a line that the server shows: `/me` and its kin lose their name.
pub(crate) fn spoken(line: &str) -> &str {
    for command in ["/me ", "/sp ", "/say ", "/shout ", "/rcv ", "/a "] {
        if let Some(rest) = line.strip_prefix(command) {
            return rest;
        }
    }
    // `/d`, `/d3`, `/d-2` and the like.
    let drink = line.strip_prefix("/d").map(|rest| {
        rest.trim_start_matches(|c: char| c == '-' || c.is_ascii_digit())
            .trim_start()
    });
    drink.unwrap_or(line)
}
