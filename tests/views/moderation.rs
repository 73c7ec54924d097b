//! `moderation` against the events.

use crate::rooms::Room;
use crate::samples::{joined, playing, record, said};
use projectionist::event::{Event, Kind, Origin, Redaction, ReplaceCause, Scope, Source};
use projectionist::views::stats::{Rows, StaffAction};
use projectionist::{Recorded, Seq};
use serde_json::json;
use std::collections::BTreeMap;

fn actions(room: &Room) -> Vec<StaffAction> {
    room.update();
    let all = Rows::default().page(100_000, 0);
    room.views().stats().moderation(None, None, &all).unwrap()
}

/// Words of a notice, by their place: who, what, whom.
fn notice(event: &Recorded) -> Option<(u64, &'static str, String)> {
    let Event::MessageSaid(message) = &event.event else {
        return None;
    };
    let words: Vec<_> = message.text.split(' ').collect();
    let action = match words.get(1)? {
        _ if message.source != Source::Server || event.origin != Origin::Live => return None,
        _ if message.text.ends_with("kicked anonymous users") => "kick_anonymous",
        &"kicked" | &"was" => "kick",
        &"banned" | &"namebanned" => "ban",
        &"unbanned" => "unban",
        &"muted" => "mute",
        &"shadowmuted" => "shadow_mute",
        &"unmuted" => "unmute",
        &"set" => "rank",
        _ => return None,
    };
    Some((event.seq.0, action, message.text.clone()))
}

/// How often each action is told of by an event of its own kind.
fn expected(events: &[Recorded]) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for event in events.iter().filter(|event| event.origin == Origin::Live) {
        let action = match &event.event {
            Event::ChatCleared(_) => "chat_clear",
            Event::LeaderChanged(_) => "leader",
            Event::LockSet(lock) if lock.locked => "lock",
            Event::LockSet(_) => "unlock",
            Event::OptionsChanged(_) => "options",
            Event::PermissionsChanged(_) => "permissions",
            Event::MotdChanged(_) => "motd",
            Event::CssJsChanged(_) => "css_js",
            Event::EmoteUpdated(_) => "emote_set",
            Event::EmoteRenamed(_) => "emote_rename",
            Event::EmoteRemoved(_) => "emote_remove",
            Event::EmotesListed(_) => "emotes",
            Event::FilterUpdated(_) => "filter_set",
            Event::FilterRemoved(_) => "filter_remove",
            Event::PlaylistReplaced(list) if list.cause == Some(ReplaceCause::Clear) => {
                "playlist_clear"
            }
            Event::PlaylistReplaced(list) if list.cause == Some(ReplaceCause::Shuffle) => "shuffle",
            _ => continue,
        };
        *counts.entry(action).or_default() += 1;
    }
    counts
}

#[test]
fn what_staff_did_is_what_notices_and_events_tell() {
    let (mut noticed, mut kinds) = (0, BTreeMap::new());
    let generated = (1..3).map(|seed| Room::generated(seed, 5_000));
    for room in Room::all_and_evenings().chain(generated) {
        let found = actions(&room);
        for (seq, action, text) in room.events.iter().filter_map(notice) {
            let row = found.iter().find(|row| row.seq.0 == seq).unwrap();
            assert_eq!(row.action, action, "{text}");
            let (first, target) = (text.split(' ').next().unwrap(), row.target.as_deref());
            assert_eq!(row.actor.as_deref().or(target), Some(first), "{text}");
            assert!(text.contains(target.unwrap_or("")), "{text}");
            noticed += 1;
        }
        let expected = expected(&room.events);
        for (action, count) in &expected {
            let rows = found.iter().filter(|row| row.action == *action);
            assert_eq!(rows.count(), *count, "{action}");
        }
        kinds.extend(expected);
    }
    assert!(noticed > 20 && kinds.len() > 8, "{noticed} {kinds:?}");
}

fn event(kind: Kind, body: &serde_json::Value) -> Event {
    Event::decode(kind, kind.schema_v(), &body.to_string()).unwrap()
}

fn user(name: &str, rank: f64) -> serde_json::Value {
    json!({ "user": { "name": name, "rank": rank } })
}

fn ranked(name: &str, before: f64, rank: f64) -> Event {
    let body = json!({ "name": name, "before": before, "rank": rank });
    event(Kind::UserRanked, &body)
}

fn muted(name: &str, before: bool, muted: bool) -> Event {
    let before = json!({ "afk": false, "muted": before });
    let body = json!({ "name": name, "afk": true, "muted": muted, "before": before });
    event(Kind::UserMetaSet, &body)
}

/// What was done and to whom, of events a second apart.
fn done(events: Vec<Event>) -> Vec<String> {
    let records = (1..).zip(events).map(|(seq, event)| record(seq, 1, event));
    let room = Room::of(records.collect());
    let found = actions(&room).into_iter();
    let words = found.map(|row| {
        let detail = row.detail.unwrap_or_default();
        format!("{} {} {detail}", row.action, row.target.unwrap_or_default())
    });
    words.map(|words| words.trim_end().to_owned()).collect()
}

#[test]
fn the_rank_that_follows_a_join_and_that_of_a_leader_are_no_promotions() {
    let mut events = vec![joined(), event(Kind::UserJoined, &user("Dave", 1.0))];
    events.push(ranked("dave", 1.0, 3.0));
    events.push(ranked("dave", 3.0, 1.5));
    events.push(ranked("dave", 1.5, 3.0));
    for n in 0..4 {
        events.push(said("alice", &n.to_string()));
    }
    events.push(ranked("dave", 3.0, 2.0));
    events.push(ranked("dave", 2.0, 2.0));
    assert_eq!(done(events), ["rank dave 2"]);
}

#[test]
fn a_mute_is_seen_by_the_flags_only_where_no_notice_tells_of_it() {
    let as_viewer = vec![
        joined(),
        muted("dave", false, true),
        muted("dave", true, true),
    ];
    assert_eq!(done(as_viewer), ["mute dave"]);
    let as_moderator = vec![
        joined(),
        event(Kind::OwnRankSet, &json!({ "rank": 2 })),
        muted("dave", false, true),
        said("[server]", "bob muted dave"),
        said("bob", "bob muted carol"),
    ];
    assert_eq!(done(as_moderator), ["mute dave"]);
}

fn deleted(uid: u64, item: Option<&str>) -> Event {
    let item = item.map(|title| {
        let media = json!({ "type": "yt", "id": "abcdefghijk", "title": title, "seconds": 212 });
        json!({ "uid": uid, "temp": true, "queued_by": "Alice", "media": media })
    });
    event(Kind::ItemDeleted, &json!({ "uid": uid, "item": item }))
}

#[test]
fn what_leaves_the_playlist_counts_as_deleted_unless_it_plays() {
    let events = vec![
        joined(),
        deleted(3, Some("before it played")),
        playing("One", false),
        deleted(3, Some("over by itself")),
        deleted(4, Some("Two")),
        deleted(5, None),
        event(Kind::CurrentSet, &json!({ "uid": 6 })),
        deleted(6, Some("over as well")),
        deleted(3, Some("played before")),
        event(Kind::MediaStopped, &json!({ "reason": "cleared" })),
        deleted(6, Some("nothing plays")),
    ];
    let expected = [
        "delete Alice before it played",
        "delete Alice Two",
        "delete",
        "delete Alice played before",
        "delete Alice nothing plays",
    ];
    assert_eq!(done(events), expected);
}

#[test]
fn a_redacted_notice_is_taken_back_and_questions_keep_to_actor_and_action() {
    let notices = ["bob kicked dave", "Alice kicked erin", "alice muted erin"];
    let events = std::iter::once(joined()).chain(notices.map(|text| said("[server]", text)));
    let records = (1..).zip(events).map(|(seq, event)| record(seq, 1, event));
    let room = Room::of(records.collect());
    room.update();
    let views = room.views();
    let seqs = |actor, action, rows: Rows| {
        let rows = views.stats().moderation(actor, action, &rows).unwrap();
        rows.iter().map(|row| row.seq.0).collect::<Vec<_>>()
    };
    let all = Rows::default();
    assert_eq!(seqs(None, None, all), [2, 3, 4]);
    assert_eq!(seqs(Some("ALICE"), None, all.reversed()), [4, 3]);
    assert_eq!(seqs(None, Some("kick"), all), [2, 3]);
    assert_eq!(seqs(Some("alice"), Some("kick"), all), [3]);
    assert_eq!(seqs(None, None, all.page(1, 1)), [3]);
    let redaction = Event::Redacted(Redaction {
        scope: Scope::Events {
            targets: vec![Seq(3)],
        },
        reason: None,
    });
    let room = room.grown(vec![record(5, 1, redaction)]);
    let left: Vec<_> = actions(&room).iter().map(|row| row.seq.0).collect();
    assert_eq!(left, [2, 4]);
}
