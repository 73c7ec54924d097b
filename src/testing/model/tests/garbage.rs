//! Seeded nonsense: whatever clients send, the model neither panics nor loses its bearings.

use super::World;
use crate::testing::{Peer, SplitMix64};
use serde_json::{Value, json};

const EVENTS: &[&str] = &[
    "joinChannel",
    "login",
    "channelPassword",
    "initACP",
    "chatMsg",
    "pm",
    "borrow-rank",
    "readChanLog",
    "requestBanlist",
    "unban",
    "requestChannelRanks",
    "setChannelRank",
    "queue",
    "delete",
    "moveMedia",
    "jumpTo",
    "playNext",
    "setTemp",
    "clearPlaylist",
    "shufflePlaylist",
    "togglePlaylistLock",
    "requestPlaylist",
    "playerReady",
    "assignLeader",
    "mediaUpdate",
    "voteskip",
    "listPlaylists",
    "clonePlaylist",
    "deletePlaylist",
    "queuePlaylist",
    "searchMedia",
    "newPoll",
    "vote",
    "closePoll",
    "setOptions",
    "setPermissions",
    "setMotd",
    "setChannelCSS",
    "setChannelJS",
    "updateEmote",
    "renameEmote",
    "removeEmote",
    "moveEmote",
    "importEmotes",
    "requestChatFilters",
    "addFilter",
    "updateFilter",
    "removeFilter",
    "moveFilter",
    "importFilters",
    "nosuch",
];

const KEYS: &[&str] = &[
    "name",
    "pw",
    "msg",
    "meta",
    "to",
    "id",
    "type",
    "pos",
    "title",
    "duration",
    "temp",
    "uid",
    "from",
    "after",
    "currentTime",
    "paused",
    "option",
    "opts",
    "obscured",
    "timeout",
    "retainVotes",
    "rank",
    "query",
    "motd",
    "css",
    "js",
    "image",
    "old",
    "source",
    "flags",
    "replace",
    "active",
    "password",
    "afk_timeout",
    "voteskip_ratio",
    "chat_antiflood",
    "chat_antiflood_params",
    "burst",
    "sustained",
    "maxlength",
    "seeplaylist",
    "chat",
];

const TEXTS: &[&str] = &[
    "",
    " ",
    "lobby",
    "alice",
    "bob",
    "carol",
    "guest",
    "yt",
    "hl",
    "cu",
    "yp",
    "zz",
    "end",
    "next",
    "prepend",
    "append",
    "0",
    "1",
    "x",
    "/me /me /sp x",
    "/mute guest",
    "/smute carol",
    "/kick guest",
    "/ban guest x",
    "/ipban guest range",
    "/rank carol 2",
    "/poll a,b",
    "/d-5",
    "/afk",
    "/clear",
    "/cleantitle a",
    ">x",
    "https://é://x",
    "(.+?)",
    "`*_~~",
    "\u{eeee}",
    "\u{0}",
    "𝄞𝄞𝄞",
    "00:00:10",
];

fn value(random: &mut SplitMix64, depth: u64) -> Value {
    match random.below(if depth == 0 { 6 } else { 10 }) {
        0 => Value::Null,
        1 => json!(random.chance(50)),
        2 => json!(random.below(6)),
        3 => json!([1e300, -1e300, -1.0, 0.5, 1e9, -0.0][random.index(6)]),
        4 | 5 => json!(TEXTS[random.index(TEXTS.len())]),
        6 => (0..random.below(4))
            .map(|_| value(random, depth - 1))
            .collect(),
        _ => {
            let fields = 1 + random.below(6);
            let field = |_| {
                (
                    KEYS[random.index(KEYS.len())].to_owned(),
                    value(random, depth - 1),
                )
            };
            Value::Object((0..fields).map(field).collect())
        }
    }
}

/// An argument that passes the type check, mostly.
fn plausible(random: &mut SplitMix64, event: &str) -> Value {
    let text = |random: &mut SplitMix64| TEXTS[random.index(TEXTS.len())];
    let uid = random.below(8);
    match event {
        "joinChannel" => json!({ "name": "lobby", "pw": text(random) }),
        "login" => {
            let name = ["alice", "bob", "carol", "guest", "other"][random.index(5)];
            json!({ "name": name, "pw": name })
        }
        "chatMsg" => json!({ "msg": text(random) }),
        "queue" => {
            let pos = ["end", "next"][random.index(2)];
            let kind = ["yt", "yp", "hl", "cu"][random.index(4)];
            json!({ "id": text(random), "type": kind, "pos": pos, "temp": random.chance(50) })
        }
        "delete" | "jumpTo" => json!(uid),
        "moveMedia" => json!({ "from": uid, "after": random.below(8) }),
        "setTemp" => json!({ "uid": uid, "temp": random.chance(50) }),
        "assignLeader" | "clonePlaylist" => json!({ "name": text(random) }),
        "newPoll" => {
            json!({ "title": text(random), "opts": ["a", "b"], "obscured": random.chance(50), "timeout": 5 })
        }
        "vote" => json!({ "option": random.below(3) }),
        "mediaUpdate" => json!({ "id": text(random), "currentTime": random.below(100) }),
        _ => value(random, 3),
    }
}

fn run(seed: u64) -> Vec<String> {
    let mut random = SplitMix64::new(seed);
    let mut world = World::relaxed();
    world.member(1, "alice");
    let mut heard = Vec::new();
    for _ in 0..3_000 {
        let n = 1 + random.below(6);
        match random.below(20) {
            0 => world.close(n),
            1 => world.open(n, Peer::new(format!("10.0.0.{n}"))),
            2 => world.frame(
                n,
                ["3", "41", "1", "40/x,", "4", "42[]", "nonsense"][random.index(7)],
            ),
            3 => world.wait(random.below(20_000) as i64),
            4 | 5 => world.frame(n, "40"),
            _ => {
                let event = EVENTS[random.index(EVENTS.len())];
                let arg = if random.chance(60) {
                    plausible(&mut random, event)
                } else {
                    value(&mut random, 3)
                };
                let ack = if random.chance(10) { "7" } else { "" };
                world.frame(n, &format!("42{ack}[\"{event}\",{arg}]"));
            }
        }
        heard.extend(world.frames(n));
        world.forget();
    }
    for room in world.model.rooms() {
        let named = room
            .users
            .iter()
            .filter(|user| user.name.is_empty())
            .count();
        assert_eq!(named, 0);
        let mut uids: Vec<_> = room.playlist.iter().map(|item| item.uid).collect();
        uids.sort_unstable();
        uids.dedup();
        assert_eq!(uids.len(), room.playlist.len(), "uids are unique");
        assert!(room.replay.len() <= 15);
    }
    heard
}

#[test]
fn nonsense_neither_panics_nor_breaks_determinism() {
    for seed in 0..12 {
        assert_eq!(run(seed), run(seed), "seed {seed}");
    }
}
