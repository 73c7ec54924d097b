//! The fold against the server's own word. Goal: whoever has followed a channel since its join holds
//! the same picture as the server gives to somebody who joins now. Method: in every recording, at
//! each join, the joiner's burst is compared with the state of everybody else in that channel.

#![cfg(test)]

mod common;

use common::recording::{connections, files, ingested, ingested_until, lines};
use projectionist::{event::*, event_log::*, model::*, recording::*, state::*, time::*};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// When a connection joined, Unix milliseconds.
fn joins(path: &Path, conn: &str) -> Vec<i64> {
    let channel = ingested(path, conn);
    let read = Read::default().kinds([Kind::Joined]);
    let joined = channel.log().read(&read).unwrap();
    joined
        .iter()
        .map(|event| event.received_at.as_millis())
        .collect()
}

/// What a connection held at a moment; `None` where it was not in the channel then.
fn picture(path: &Path, conn: &str, at_ms: i64) -> Option<ChannelState> {
    let channel = ingested_until(path, conn, at_ms);
    let events = channel.log().read(&Read::default()).unwrap();
    let (last, before) = events.split_last()?;
    let Event::Disconnected(Disconnected {
        cause: DisconnectCause::Stopped,
        ..
    }) = &last.event
    else {
        return None;
    };
    let state = ChannelState::fold(before);
    state.is_live().then_some(state)
}

/// The channel a connection joins, if it had begun by then.
fn channel_of(path: &Path, conn: &str, at_ms: i64) -> Option<String> {
    let lines = lines(path);
    let has_begun = lines.iter().any(|l| l.conn == conn && l.t <= at_ms);
    let bytes = std::fs::read(path).unwrap();
    has_begun
        .then(|| survey(&bytes[..], conn).unwrap().channel)
        .flatten()
}

/// The parts in which a follower's picture differs from the one its joiner was just given.
///
/// Left out, because a join does not tell it: `voteskip` (`src/channel/voteskip.js`). Left out,
/// because it is told at most every 10 s: `user_count` (`src/channel/channel.js`).
fn differing(ours: &ChannelState, theirs: &ChannelState, at_ms: i64) -> Vec<String> {
    let mut found = Vec::new();
    macro_rules! compare {
        ($($part:ident)*) => {$(
            if ours.$part != theirs.$part {
                found.push(format!("{}: {:?} / {:?}", stringify!($part), ours.$part, theirs.$part));
            }
        )*};
    }
    compare!(leader playlist playlist_meta playlist_locked current poll drink_count motd css_js
             options permissions emotes registered);
    if users(ours, theirs) != users(theirs, theirs) {
        found.push(format!("users: {:?} / {:?}", ours.users, theirs.users));
    }
    if !is_same_playback(&ours.media, &theirs.media, at_ms) {
        found.push(format!("media: {:?} / {:?}", ours.media, theirs.media));
    }
    found
}

/// All users, but of the joiner itself only the name: its rank here is still being looked up, and
/// is told to the others a moment later (`setUserRank`, `src/channel/ranks.js`).
fn users(state: &ChannelState, joiner: &ChannelState) -> Vec<User> {
    let mut users: Vec<User> = state.users.as_ref().unwrap().iter().cloned().collect();
    for user in &mut users {
        if joiner.me.is(&user.name) {
            user.rank = Rank::default();
        }
    }
    users
}

/// The same item, and the same position where one was told seconds ago and the other just now: the
/// server's clock ticks by the second, and its word may be one tick old.
fn is_same_playback(ours: &Known<Arc<Playing>>, theirs: &Known<Arc<Playing>>, at_ms: i64) -> bool {
    let (Known::Present(ours), Known::Present(theirs)) = (ours, theirs) else {
        return ours == theirs;
    };
    let at = UnixMicros::from_millis(at_ms);
    (ours.uid, &ours.media, ours.paused) == (theirs.uid, &theirs.media, theirs.paused)
        && (ours.position_at(at) - theirs.position_at(at)).abs() <= 2.0
}

#[test]
fn whoever_follows_holds_what_a_joiner_is_given() {
    let mut compared = BTreeMap::new();
    for path in files() {
        let (conns, file) = (
            connections(&path),
            path.file_stem().unwrap().to_string_lossy(),
        );
        for joiner in &conns {
            for at_ms in joins(&path, joiner) {
                let Some(theirs) = picture(&path, joiner, at_ms) else {
                    continue;
                };
                let room = channel_of(&path, joiner, at_ms);
                for other in conns.iter().filter(|other| *other != joiner) {
                    if channel_of(&path, other, at_ms) != room {
                        continue;
                    }
                    let Some(ours) = picture(&path, other, at_ms) else {
                        continue;
                    };
                    let found = differing(&ours, &theirs, at_ms);
                    assert!(
                        found.is_empty(),
                        "{file}: {other} as {joiner} joins: {found:#?}"
                    );
                    *compared.entry(format!("{file} {joiner}")).or_insert(0) += 1;
                }
            }
        }
    }
    // Those that join late into a channel in which much has happened.
    for (joiner, followers) in [
        ("join-and-chat late", 4),
        ("join-and-chat bob2", 2),
        ("playlist late", 5),
        ("polls late", 4),
        ("bigroom joiner", 1),
        ("moderation dave-returns", 3),
        ("reconnect late", 2),
        ("reconnect bob", 3),
        ("misc alice#tab2", 1),
    ] {
        let count = compared.get(joiner).copied().unwrap_or_default();
        assert!(count >= followers, "{joiner}: {count} in {compared:#?}");
    }
    assert!(compared.values().sum::<i32>() > 80, "{compared:#?}");
}
