//! `population` against the state behind each event.

use crate::made::{Script, evening, listed};
use crate::rooms::{Room, query};
use projectionist::event::{DisconnectCause, Event};
use projectionist::views::stats::{PopulationSummary, Rows};
use projectionist::{ChannelState, Recorded};
use serde_json::json;
use std::collections::BTreeMap;

/// Named, away, total.
type Crowd = (Option<i64>, Option<i64>, Option<i64>);

/// At, until, named, away, total.
type Row = (i64, i64, Option<i64>, Option<i64>, Option<i64>);

/// What is so behind the last event of each microsecond, for each time that we were there.
fn expected(events: &[Recorded]) -> Vec<Row> {
    let (mut state, mut rows, mut last_us) = (ChannelState::default(), Vec::new(), 0);
    let mut span: BTreeMap<i64, Crowd> = BTreeMap::new();
    for event in events {
        state.apply(event);
        let us = event.received_at.0;
        if state.is_live() {
            let users = state.users.as_ref();
            let away = users.map(|users| users.iter().filter(|user| user.afk).count() as i64);
            let named = users.map(|users| users.len() as i64);
            span.insert(us, (named, away, state.user_count));
            last_us = us;
        } else if !span.is_empty() {
            let crash = matches!(&event.event,
                Event::Disconnected(ended) if ended.cause == DisconnectCause::Crash);
            take(&mut span, if crash { last_us } else { us }, &mut rows);
        }
    }
    take(&mut span, last_us, &mut rows);
    rows
}

fn take(span: &mut BTreeMap<i64, Crowd>, end_us: i64, rows: &mut Vec<Row>) {
    let mut points: Vec<_> = std::mem::take(span).into_iter().collect();
    points.dedup_by_key(|(_, crowd)| *crowd);
    let ends = points.iter().skip(1).map(|(us, _)| *us).chain([end_us]);
    let ends: Vec<i64> = ends.collect();
    for ((us, (named, away, total)), end) in points.into_iter().zip(ends) {
        rows.push((us, end, named, away, total));
    }
}

fn found(room: &Room) -> Vec<Row> {
    let sql = "SELECT at_us, until_us, named, afk, total FROM population ORDER BY at_us";
    query(room.views().connection(), sql, |row| {
        let count = |n| row.get(n).unwrap();
        (
            row.get(0).unwrap(),
            row.get(1).unwrap(),
            count(2),
            count(3),
            count(4),
        )
    })
}

#[test]
fn how_many_were_here_is_what_the_state_says_on_every_recording() {
    let mut rows = 0;
    for room in Room::all() {
        room.update();
        let found = found(&room);
        assert_eq!(found, expected(&room.events));
        rows += found.len();
    }
    assert!(rows > 200, "{rows}");
}

#[test]
fn how_many_were_here_is_what_the_state_says_on_evenings_with_gaps() {
    for seed in 1..=3 {
        let room = Room::of(evening(seed));
        room.update();
        let found = found(&room);
        assert_eq!(found, expected(&room.events), "seed {seed}");
        // Gaps show: a row that no other begins at the end of.
        let gaps = found
            .windows(2)
            .filter(|pair| pair[0].1 < pair[1].0)
            .count();
        assert!(gaps > 1 && found.len() > 100);
    }
}

fn room() -> Room {
    let count = |count: i64| json!({ "count": count });
    let users = listed(&json!([["carol", 1], ["dave", 1]]));
    let script = Script::default()
        .join(0.0, json!({ "users": users }))
        .event(10.0, "user_count", count(5))
        .comes(20.0, "eve", 0.0)
        .event(30.0, "user_count", count(1))
        .afk(40.0, "eve", true)
        .cut(50.0)
        .join(
            80.0,
            json!({ "users": listed(&json!([])), "user_count": 2 }),
        )
        .cut(90.0);
    let room = Room::of(script.done());
    room.update();
    room
}

#[test]
fn what_is_not_told_is_unknown_and_a_count_that_lags_makes_nobody_less_than_none() {
    let views = room().views();
    let rows = views.stats().population(&Rows::default()).unwrap();
    let told: Vec<_> = rows
        .iter()
        .map(|row| (row.seconds, row.named, row.afk, row.total, row.anonymous))
        .collect();
    let expected = [
        (10.0, Some(2), Some(0), None, None),
        (10.0, Some(2), Some(0), Some(5), Some(3)),
        (10.0, Some(3), Some(0), Some(5), Some(2)),
        (10.0, Some(3), Some(0), Some(1), Some(0)),
        (10.0, Some(3), Some(1), Some(1), Some(0)),
        (10.0, Some(0), Some(0), Some(2), Some(2)),
    ];
    assert_eq!(told, expected);
}

#[test]
fn means_weigh_by_time_and_leave_out_what_was_not_observed() {
    let views = room().views();
    let summary = |rows: &Rows| views.stats().population_summary(rows).unwrap();
    let all = summary(&Rows::default());
    assert_eq!((all.observed_s, all.counted_s), (60.0, 50.0));
    assert_eq!(
        (all.named_mean, all.total_mean),
        (Some(13.0 / 6.0), Some(14.0 / 5.0))
    );
    assert_eq!(
        (all.named_peak, all.named_peak_at),
        (Some(3), Some(Script::at(20.0)))
    );
    assert_eq!(
        (all.total_peak, all.total_peak_at),
        (Some(5), Some(Script::at(10.0)))
    );

    let part = summary(
        &Rows::default()
            .since(Script::at(15.0))
            .until(Script::at(30.0)),
    );
    assert_eq!((part.observed_s, part.named_mean), (15.0, Some(8.0 / 3.0)));
    assert_eq!(part.total_peak_at, Some(Script::at(15.0)));
    let gap = summary(
        &Rows::default()
            .since(Script::at(55.0))
            .until(Script::at(70.0)),
    );
    assert_eq!(gap, PopulationSummary::default());
}

#[test]
fn trap_9_2_a_session_that_is_replaced_changes_nothing() {
    let script = Script::joined(json!([["carol", 1]]))
        .goes(10.0, "carol")
        .comes(10.0, "carol", 1.0)
        .comes(20.0, "dave", 1.0)
        .event(
            30.0,
            "user_rank",
            json!({ "name": "dave", "rank": 2, "before": 1 }),
        );
    let events = script.done();
    let room = Room::of(Vec::new());
    // One event a run, so that the row in between is written and taken back.
    let room = events.iter().fold(room, |room, event| {
        let room = room.grown(vec![event.clone()]);
        room.update();
        room
    });
    assert_eq!(found(&room), expected(&room.events));
    assert_eq!(found(&room).len(), 2);
}
