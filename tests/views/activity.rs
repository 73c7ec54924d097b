//! `activity` against the events, and how its slots roll up to hours and days.

use crate::made::{Script, evening, listed};
use crate::rooms::{Room, query};
use projectionist::event::{DisconnectCause, Event, Origin, Source};
use projectionist::views::stats::{Activity, Rows};
use projectionist::{ChannelState, Recorded, UnixMicros};
use serde_json::json;
use std::collections::BTreeMap;

const SLOT_US: i64 = 900_000_000;

/// messages, replayed, joins, leaves, plays, queued, observed, counted, named, total.
type Sums = [i64; 10];

/// Each event counted where it belongs, each time between two events cut to the slots it touches.
fn expected(events: &[Recorded]) -> Vec<(i64, Sums)> {
    let mut slots: BTreeMap<i64, Sums> = BTreeMap::new();
    let mut add = |us: i64, column: usize, what: i64| {
        slots.entry(us.div_euclid(SLOT_US)).or_default()[column] += what;
    };
    let (mut state, mut last_us) = (ChannelState::default(), None::<i64>);
    for event in events {
        let before = state.clone();
        state.apply(event);
        let us = event.received_at.0;
        let crash = matches!(&event.event,
            Event::Disconnected(ended) if ended.cause == DisconnectCause::Crash);
        if let Some(from) = last_us.filter(|_| before.is_live() && !crash) {
            let named = before.users.as_ref().map_or(0, |users| users.len() as i64);
            for slot in from / SLOT_US..=us / SLOT_US {
                let within = us.min((slot + 1) * SLOT_US) - from.max(slot * SLOT_US);
                if within > 0 {
                    add(slot * SLOT_US, 6, within);
                    add(slot * SLOT_US, 8, within * named);
                    if let Some(total) = before.user_count {
                        add(slot * SLOT_US, 7, within);
                        add(slot * SLOT_US, 9, within * total);
                    }
                }
            }
        }
        last_us = Some(us);
        let live = state.is_live() && before.is_live();
        let has = |state: &ChannelState, name: &str| {
            state
                .users
                .as_ref()
                .is_some_and(|users| users.find(name).is_some())
        };
        match &event.event {
            Event::MessageSaid(line) if line.source == Source::User => match event.origin {
                Origin::Replay => add(event.sent_ms.unwrap() * 1_000, 1, 1),
                _ if live => add(us, 0, 1),
                _ => {}
            },
            Event::UserJoined(_) if live => add(us, 2, 1),
            Event::UserLeft(left) if live && !has(&state, &left.name) => add(us, 3, 1),
            Event::MediaChanged(changed) if live && !changed.resync => add(us, 4, 1),
            Event::ItemQueued(_) if live => add(us, 5, 1),
            _ => {}
        }
    }
    slots
        .into_iter()
        .map(|(slot, sums)| (slot * SLOT_US, sums))
        .collect()
}

fn found(room: &Room) -> Vec<(i64, Sums)> {
    let sql = "SELECT slot_us, messages, replayed, joins, leaves, plays, queued, observed_us,
                      counted_us, named_us, total_us FROM activity ORDER BY slot_us";
    query(room.views().connection(), sql, |row| {
        let sums = std::array::from_fn(|n| row.get(n + 1).unwrap());
        (row.get(0).unwrap(), sums)
    })
}

#[test]
fn slots_hold_what_the_events_say_on_every_recording() {
    let mut sums = Sums::default();
    for room in Room::all() {
        room.update();
        let found = found(&room);
        assert_eq!(found, expected(&room.events));
        for (n, sum) in sums.iter_mut().enumerate() {
            *sum += found.iter().map(|(_, slot)| slot[n]).sum::<i64>();
        }
    }
    assert!(sums.iter().all(|sum| *sum > 10), "{sums:?}");
}

#[test]
fn slots_hold_what_the_events_say_on_evenings_with_gaps() {
    for seed in 1..=3 {
        let room = Room::of(evening(seed));
        room.update();
        let found = found(&room);
        assert_eq!(found, expected(&room.events), "seed {seed}");
        assert!(found.len() > 3);
    }
}

/// Seconds from the start of the script, at which days, hours and slots begin at known moments.
fn at(day: i64, hour: f64) -> f64 {
    // Monday 2023-11-20, 00:00 UTC.
    let monday = UnixMicros(1_700_438_400_000_000);
    monday.seconds_since(Script::at(0.0)) + day as f64 * 86_400.0 + hour * 3_600.0
}

/// Monday 23:00 to Tuesday 01:30, with carol until midnight and four viewers; then Thursday 12:00
/// to 13:00 with nobody.
fn week() -> Room {
    let users = listed(&json!([["carol", 1]]));
    let script = Script::default()
        .join(at(0, 23.0), json!({ "users": users, "user_count": 4 }))
        .says(at(0, 23.1), "carol")
        .says(at(0, 23.2), "carol")
        .goes(at(1, 0.0), "carol")
        .says(at(1, 1.4), "carol")
        .cut(at(1, 1.5))
        .join(
            at(3, 12.0),
            json!({ "users": listed(&json!([])), "user_count": null }),
        )
        .cut(at(3, 13.0));
    let room = Room::of(script.done());
    room.update();
    assert_eq!(found(&room), expected(&room.events));
    room
}

fn utc(_: UnixMicros) -> i32 {
    0
}

/// Days with what they hold: share observed, seconds, messages, named and viewers on average.
fn days(
    room: &Room,
    rows: &Rows,
    offset_s: &dyn Fn(UnixMicros) -> i32,
) -> Vec<(String, f64, f64, i64, Option<f64>)> {
    let views = room.views();
    let days = views.stats().activity_by_day(rows, offset_s).unwrap();
    days.into_iter()
        .map(|day| {
            let Activity {
                observed_s,
                messages,
                named_mean,
                ..
            } = day.activity;
            (day.day, day.observed, observed_s, messages, named_mean)
        })
        .collect()
}

#[test]
fn days_tell_how_much_of_them_was_observed_and_those_missed_stand_there_too() {
    let room = week();
    let told = days(&room, &Rows::default(), &utc);
    let expected = [
        ("2023-11-20".to_owned(), 1.0 / 24.0, 3_600.0, 2, Some(1.0)),
        ("2023-11-21".to_owned(), 1.5 / 24.0, 5_400.0, 1, Some(0.0)),
        ("2023-11-22".to_owned(), 0.0, 0.0, 0, None),
        ("2023-11-23".to_owned(), 1.0 / 24.0, 3_600.0, 0, Some(0.0)),
    ];
    assert_eq!(told, expected);
    // SQL by itself says the same.
    let views = room.views();
    let sql = "SELECT day, observed, observed_s FROM observed_days ORDER BY day";
    let seen: Vec<(String, f64, f64)> = query(views.connection(), sql, |row| {
        (
            row.get(0).unwrap(),
            row.get(1).unwrap(),
            row.get(2).unwrap(),
        )
    });
    let days: Vec<_> = expected
        .iter()
        .map(|day| (day.0.clone(), day.1, day.2))
        .collect();
    assert_eq!(seen, days);
    let sql = "SELECT day, observed, observed_s, messages, named_mean FROM activity_by_day";
    let by_day: Vec<(String, f64, f64, i64, Option<f64>)> = query(views.connection(), sql, |row| {
        let share = row.get(1).unwrap();
        (
            row.get(0).unwrap(),
            share,
            row.get(2).unwrap(),
            row.get(3).unwrap(),
            row.get(4).unwrap(),
        )
    });
    let observed: Vec<_> = expected.iter().filter(|day| day.1 > 0.0).cloned().collect();
    assert_eq!(by_day, observed);
}

#[test]
fn days_are_those_of_the_time_zone_and_as_long_as_a_change_of_clocks_makes_them() {
    let room = week();
    // A quarter of an hour off the hour: Monday 23:00 UTC is Tuesday 04:45.
    let told = days(&room, &Rows::default(), &|_| 20_700);
    assert_eq!(told[0].0, "2023-11-21");
    assert_eq!((told[0].2, told[0].3), (9_000.0, 3));
    // Clocks go back an hour on Tuesday at 00:30 UTC: local Tuesday, from 23:00 UTC, has 25 hours.
    let change = Script::at(at(1, 0.5));
    let offset = |at: UnixMicros| if at < change { 3_600 } else { 0 };
    let told = days(&room, &Rows::default(), &offset);
    let day = &told[0];
    assert_eq!((day.0.as_str(), day.1), ("2023-11-21", 2.5 / 25.0));
}

#[test]
fn pages_and_ranges_of_days() {
    let room = week();
    let told = days(&room, &Rows::default().reversed().page(2, 1), &utc);
    let names: Vec<_> = told.iter().map(|day| day.0.as_str()).collect();
    assert_eq!(names, ["2023-11-22", "2023-11-21"]);
    let since = Rows::default()
        .since(Script::at(at(1, 1.1)))
        .until(Script::at(at(2, 0.0)));
    let told = days(&room, &since, &utc);
    assert_eq!(
        (told.len(), told[0].2),
        (1, 1_800.0),
        "from the slot that the range begins in"
    );
    assert_eq!(
        days(&room, &Rows::default().since(Script::at(at(9, 0.0))), &utc),
        []
    );
}

#[test]
fn hours_of_the_week_divide_by_the_time_observed_in_them() {
    let room = week();
    let views = room.views();
    let hours = |offset_s: i32| {
        let stats = views.stats();
        let hours = stats.activity_by_hour_of_week(&Rows::default(), &|_| offset_s);
        hours.unwrap()
    };
    let hours_utc = hours(0);
    assert_eq!(hours_utc.len(), 168);
    assert!((0..168).all(|n| {
        let hour = &hours_utc[n];
        (usize::from(hour.weekday) * 24 + usize::from(hour.hour)) == n
    }));
    let monday_23 = &hours_utc[23].activity;
    assert_eq!(
        (monday_23.messages, monday_23.messages_per_hour),
        (2, Some(2.0))
    );
    assert_eq!(
        (monday_23.named_mean, monday_23.total_mean),
        (Some(1.0), Some(4.0))
    );
    let tuesday_1 = &hours_utc[25].activity;
    assert_eq!(
        (tuesday_1.messages_per_hour, tuesday_1.observed_s),
        (Some(2.0), 1_800.0)
    );
    let thursday_12 = &hours_utc[3 * 24 + 12].activity;
    assert_eq!(
        (thursday_12.total_mean, thursday_12.named_mean),
        (None, Some(0.0))
    );
    assert_eq!(hours_utc[0].activity, Activity::default());
    // An hour to the west, Monday 23:00 is 22:00, and Monday 0:00 of the next week is Sunday.
    assert_eq!(hours(-3_600)[22].activity, *monday_23);
    let sql = "SELECT weekday, hour, messages, messages_per_hour, named_mean, total_mean
               FROM activity_by_hour_of_week WHERE messages > 0";
    let told: Vec<(i64, i64, i64, f64, f64, f64)> = query(views.connection(), sql, |row| {
        let mean = |n| row.get(n).unwrap();
        (
            row.get(0).unwrap(),
            row.get(1).unwrap(),
            row.get(2).unwrap(),
            mean(3),
            mean(4),
            mean(5),
        )
    });
    assert_eq!(told, [(0, 23, 2, 2.0, 1.0, 4.0), (1, 1, 1, 2.0, 0.0, 4.0)]);
}

#[test]
fn what_is_told_later_counts_where_its_own_time_says_and_in_no_rate() {
    let late = |origin: Origin, ms: i64| {
        move |event: &mut Recorded| {
            event.origin = origin;
            event.sent_ms = Some(ms);
        }
    };
    let start_ms = Script::at(0.0).as_millis();
    let script = Script::joined(json!([]))
        .says(10.0, "carol")
        .but(late(Origin::Replay, start_ms - 7_200_000))
        .says(10.0, "carol")
        .but(late(Origin::Import, start_ms - 7_200_000))
        // Times that cannot be: the log's own is taken.
        .says(10.0, "carol")
        .but(late(Origin::Replay, i64::MAX))
        .says(10.0, "carol")
        .but(late(Origin::Replay, -1))
        .says(20.0, "carol");
    let room = Room::of(script.done());
    room.update();
    let views = room.views();
    let slots = views.stats().activity(&Rows::default()).unwrap();
    let told: Vec<_> = slots
        .iter()
        .map(|slot| {
            let Activity {
                messages,
                replayed,
                observed_s,
                ..
            } = slot.activity;
            (slot.at, messages, replayed, observed_s)
        })
        .collect();
    let slot = |ms: i64| UnixMicros(UnixMicros::from_millis(ms).0.div_euclid(SLOT_US) * SLOT_US);
    let expected = [
        (slot(start_ms - 7_200_000), 0, 2, 0.0),
        (slot(start_ms), 1, 2, 20.0),
    ];
    assert_eq!(told, expected);
    assert_eq!(slots[0].activity.messages_per_hour, None);
}

#[test]
fn a_clock_that_is_set_right_in_mid_connection_passes_years_and_a_mad_count_overflows_nothing() {
    let years = 60.0 * 365.0 * 86_400.0;
    let script = Script::joined(json!([["carol", 1]]))
        .event(5.0, "user_count", json!({ "count": i64::MAX }))
        .event(years / 60.0, "user_count", json!({ "count": i64::MIN }))
        .says(years / 20.0, "carol");
    let room = Room::of(script.done());
    room.update();
    let views = room.views();
    let sql = "SELECT sum(observed_us), count(*) FROM activity";
    let told: Vec<(i64, i64)> = query(views.connection(), sql, |row| {
        (row.get(0).unwrap(), row.get(1).unwrap())
    });
    assert_eq!(told[0].0, (years / 20.0) as i64 * 1_000_000);
    assert!(told[0].1 > 100_000);
    let day = "SELECT total_mean FROM activity_by_day";
    let means: Vec<f64> = query(views.connection(), day, |row| row.get(0).unwrap());
    assert!(means.iter().all(|mean| (0.0..=1e6).contains(mean)));
}
