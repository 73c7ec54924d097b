//! `queue_history` against the events.

use crate::rooms::Room;
use crate::samples::record;
use projectionist::event::{After, ItemQueued};
use projectionist::model::{Item, Media};
use projectionist::views::stats::{Queued, Queuer, Rows};
use projectionist::{ChannelState, Event, Recorded, Uid};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Where an item stands in the list after it was added.
fn position(queued: &ItemQueued, state: &ChannelState) -> &'static str {
    let list: Vec<Uid> = match &state.playlist {
        Some(list) => list.iter().map(|item| item.uid).collect(),
        None => Vec::new(),
    };
    match list.iter().position(|uid| *uid == queued.item.uid) {
        Some(place) if place + 1 == list.len() => "end",
        Some(place) if place > 0 && Some(list[place - 1]) == state.current => "next",
        Some(_) if queued.after == After::Front => "front",
        Some(_) => "between",
        None if queued.after == After::End => "end",
        None => "between",
    }
}

/// Position, outcome, who, what, where, why.
fn expected(events: &[Recorded]) -> Vec<(u64, Value)> {
    let mut state = ChannelState::default();
    let mut rows = Vec::new();
    for event in events {
        state.apply(event);
        let row = match &event.event {
            Event::ItemQueued(queued) => {
                let media = &queued.item.media;
                json!([
                    true,
                    queued.item.queued_by,
                    media.kind,
                    media.id,
                    media.title,
                    media.seconds,
                    queued.item.temp,
                    position(queued, &state),
                    null
                ])
            }
            Event::QueueFailed(failed) => {
                json!([
                    false,
                    state.me.name,
                    null,
                    failed.id,
                    null,
                    null,
                    null,
                    null,
                    failed.msg
                ])
            }
            _ => continue,
        };
        rows.push((event.seq.0, row));
    }
    rows
}

fn row(queued: &Queued) -> (u64, Value) {
    let row = json!([
        queued.accepted,
        queued.name,
        queued.media_type,
        queued.media_id,
        queued.title,
        queued.seconds,
        queued.temp,
        queued.position,
        queued.reason
    ]);
    (queued.seq.0, row)
}

#[test]
fn what_was_added_and_refused_is_as_the_server_told() {
    let (mut accepted, mut refused, mut places) = (0, 0, BTreeSet::new());
    for room in Room::all_and_evenings() {
        room.update();
        let all = Rows::default().page(10_000, 0);
        let found = room.views().stats().queue_history(None, &all).unwrap();
        let rows: Vec<_> = found.iter().map(row).collect();
        assert_eq!(rows, expected(&room.events));
        accepted += found.iter().filter(|queued| queued.accepted).count();
        refused += found.iter().filter(|queued| !queued.accepted).count();
        places.extend(found.into_iter().filter_map(|queued| queued.position));
    }
    assert!(accepted > 100 && refused > 5, "{accepted} {refused}");
    assert_eq!(places, ["end", "next"].map(str::to_owned).into());
}

#[test]
fn who_adds_what_is_summed_up() {
    for room in Room::all_and_evenings() {
        room.update();
        let views = room.views();
        let all = Rows::default().page(10_000, 0);
        let found = views.stats().queue_history(None, &all).unwrap();
        let mut sums: BTreeMap<Option<String>, (i64, i64, f64, BTreeSet<String>)> = BTreeMap::new();
        for queued in &found {
            let identity = queued.name.as_ref().map(|name| name.to_ascii_lowercase());
            let sum = sums.entry(identity).or_default();
            if queued.accepted {
                sum.0 += 1;
                sum.2 += queued.seconds.unwrap();
                let (kind, id) = (queued.media_type.as_ref(), queued.media_id.as_ref());
                sum.3.insert(format!("{} {}", kind.unwrap(), id.unwrap()));
            } else {
                sum.1 += 1;
            }
        }
        let queuers = views.stats().queuers(&all).unwrap();
        assert!(queuers.is_sorted_by(|a, b| a.accepted >= b.accepted));
        assert_eq!(queuers.len(), sums.len());
        for queuer in queuers {
            let identity = queuer.name.as_ref().map(|name| name.to_ascii_lowercase());
            let (accepted, refused, seconds, media) = &sums[&identity];
            assert_eq!((queuer.accepted, queuer.refused), (*accepted, *refused));
            assert!((queuer.seconds - seconds).abs() < 1e-6);
            assert_eq!(queuer.media, media.len() as i64);
        }
    }
}

/// An item added behind another one, a second after the one before.
fn added(seq: u64, name: Option<&str>, id: &str) -> Recorded {
    let media = Media {
        kind: "yt".to_owned(),
        id: id.to_owned(),
        title: format!("<b>{id}</b> \u{202e}"),
        seconds: 60.5,
        meta: Value::Null,
    };
    let item = Item {
        uid: Uid(seq as i64),
        temp: true,
        queued_by: name.map(str::to_owned),
        media,
    };
    let after = After::End;
    record(seq, 1, Event::ItemQueued(ItemQueued { item, after }))
}

#[test]
fn a_list_keeps_to_a_user_a_time_and_a_page() {
    let room = Room::of(vec![
        added(1, Some("Bob"), "a"),
        added(2, None, "b"),
        added(3, Some("BOB"), "a"),
        added(4, Some("Alice"), "c"),
    ]);
    room.update();
    let views = room.views();
    let seqs = |user, rows: &Rows| {
        let found = views.stats().queue_history(user, rows).unwrap();
        found.iter().map(|queued| queued.seq.0).collect::<Vec<_>>()
    };
    let all = Rows::default();
    assert_eq!(seqs(Some("bob"), &all), [1, 3]);
    assert_eq!(seqs(None, &all.reversed().page(2, 1)), [3, 2]);
    let at = |seq: usize| room.events[seq - 1].received_at;
    assert_eq!(seqs(None, &all.since(at(2)).until(at(4))), [2, 3]);
    let queuers: Vec<Queuer> = views.stats().queuers(&all).unwrap();
    let bob = &queuers[0];
    assert_eq!(bob.name.as_deref(), Some("BOB"), "as called last");
    assert_eq!((bob.accepted, bob.media, bob.seconds), (2, 1, 121.0));
    assert_eq!(queuers.len(), 3);
    assert!(queuers.iter().any(|queuer| queuer.name.is_none()));
}
