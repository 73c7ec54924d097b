//! `gaps` against the log's own SQL view of that name.

use crate::rooms::{Room, query};
use crate::samples::{connected, disconnected, joined, record, said};
use projectionist::UnixMicros;
use projectionist::event::{ChatGap, DisconnectCause, Event, Seq, Shed};
use projectionist::views::rusqlite::{Connection, types::Value};
use projectionist::views::stats::Rows;

const ALL: &str = "SELECT seq, kind, from_seq, until_seq, from_us, until_us, from_at, until_at,
                   seconds, detail FROM gaps ORDER BY seq, kind";

fn rows(conn: &Connection) -> Vec<Vec<Value>> {
    query(conn, ALL, |row| {
        (0..10).map(|n| row.get(n).unwrap()).collect()
    })
}

/// Both are asked, and have to agree: how many gaps there are.
fn compared(room: &Room) -> usize {
    room.update();
    let found = rows(room.views().connection());
    assert_eq!(found, rows(&Connection::open(&room.path).unwrap()));
    found.len()
}

#[test]
fn gaps_are_those_of_the_log() {
    let generated = (1..4).map(|seed| Room::generated(seed, 5_000));
    let found = Room::all_and_evenings().chain(generated);
    let found: usize = found.map(|room| compared(&room)).sum();
    assert!(found > 40, "{found}");
}

/// Lost and back, a crash, a crash before the join, lost for good; lines missing, frames shed.
fn bad_day() -> Vec<Event> {
    let gap = |last_seq| {
        Event::ChatGapFound(ChatGap {
            last_seq,
            last_sent_ms: None,
            first_replayed_ms: Some(5),
            received: 15,
        })
    };
    let shed = Event::FramesShed(Shed {
        kind: "mediaUpdate".to_owned(),
        count: 7,
    });
    vec![
        connected(),
        joined(),
        gap(None),
        said("alice", "the last one before"),
        disconnected(DisconnectCause::Silence),
        connected(),
        joined(),
        gap(Some(Seq(4))),
        shed,
        disconnected(DisconnectCause::Crash),
        connected(),
        disconnected(DisconnectCause::Crash),
        connected(),
        joined(),
        disconnected(DisconnectCause::Stopped),
    ]
}

#[test]
fn crashes_and_ends_before_a_join_are_gaps_as_in_the_log_however_often_views_are_built() {
    let mut room = Room::of(Vec::new());
    for (seq, event) in (1..).zip(bad_day()) {
        room = room.grown(vec![record(seq, 1, event)]);
        compared(&room);
    }
    assert_eq!(compared(&Room::of(room.events.clone())), 7);
    let views = room.views();
    let found = views.stats().gaps(&Rows::default()).unwrap();
    let seconds: Vec<_> = found
        .iter()
        .map(|gap| (gap.kind.as_str(), gap.seconds))
        .collect();
    let expected = [
        ("chat_gap", None),
        ("disconnected", Some(2.0)),
        ("chat_gap", Some(4.0)),
        ("shed", Some(0.0)),
        ("disconnected", Some(3.0)),
        ("disconnected", Some(3.0)),
        ("disconnected", None),
    ];
    assert_eq!(seconds, expected);
    assert_eq!(found[4].from, Some(room.events[8].received_at));
}

#[test]
fn a_range_of_gaps_holds_what_touches_it_and_one_without_end_touches_all_that_follows() {
    let events = (1..)
        .zip(bad_day())
        .map(|(seq, event)| record(seq, 1, event));
    let room = Room::of(events.collect());
    room.update();
    let views = room.views();
    let seqs = |rows: Rows| {
        let gaps = views.stats().gaps(&rows).unwrap();
        gaps.iter().map(|gap| gap.seq.0).collect::<Vec<_>>()
    };
    let at = |seq: usize| room.events[seq - 1].received_at;
    assert_eq!(seqs(Rows::default().since(UnixMicros(at(15).0 + 1))), [15]);
    assert_eq!(seqs(Rows::default().until(at(5))), [3, 8]);
    assert_eq!(seqs(Rows::default().since(at(12)).until(at(13))), [10, 12]);
    assert_eq!(seqs(Rows::default().reversed().page(2, 1)), [12, 10]);
}
