//! `presence` against the events: who was in the state's user list between any two of them.

use crate::made::{Script, evening, listed};
use crate::rooms::{Room, query};
use projectionist::event::{DisconnectCause, Event};
use projectionist::model::User;
use projectionist::views::{rusqlite, stats::Stay};
use projectionist::{ChannelState, Recorded};
use serde_json::json;
use std::collections::BTreeMap;

const DEBOUNCE_US: i64 = 120_000_000;

/// One row, as far as it can be computed from the outside.
#[derive(Clone, Debug, PartialEq)]
struct Row {
    identity: String,
    guest: Option<bool>,
    rank: f64,
    joined: (i64, i64, bool),
    until_us: i64,
    left: Option<(i64, i64, bool, String)>,
    afk_us: i64,
    away_us: i64,
    unobserved_us: i64,
}

/// A time in which a name stands in the list without a break.
#[derive(Clone, Debug)]
struct Piece {
    row: Row,
    /// Which of our spans it lies in, and whether it begins with the span or ends with it.
    span: usize,
    at_start: bool,
    at_end: bool,
}

/// The names in the list after each event that we were there for, cut into pieces.
fn pieces(events: &[Recorded]) -> Vec<Piece> {
    let (mut state, mut live, mut span) = (ChannelState::default(), false, 0);
    let mut last = (0, 0);
    let mut open: BTreeMap<String, Piece> = BTreeMap::new();
    let mut away: BTreeMap<String, bool> = BTreeMap::new();
    let mut done = Vec::new();
    for event in events {
        state.apply(event);
        let (us, seq) = (event.received_at.0, event.seq.0 as i64);
        let was_live = std::mem::replace(&mut live, state.is_live());
        if !was_live && !live {
            continue;
        }
        let crashed = matches!(&event.event,
            Event::Disconnected(ended) if ended.cause == DisconnectCause::Crash);
        let now = if crashed { last } else { (us, seq) };
        for (name, piece) in &mut open {
            if away[name] {
                piece.row.afk_us += now.0 - last.0;
            }
            piece.row.until_us = now.0;
        }
        last = now;
        if !live {
            for (_, mut piece) in std::mem::take(&mut open) {
                piece.row.left = Some((now.0, now.1, false, "gap".into()));
                piece.at_end = true;
                done.push(piece);
            }
            span += 1;
            continue;
        }
        let users: Vec<&User> = state.users.iter().flat_map(|users| users.iter()).collect();
        let names: Vec<String> = users.iter().map(|u| u.name.to_ascii_lowercase()).collect();
        for name in open.keys().cloned().collect::<Vec<_>>() {
            if !names.contains(&name) {
                let mut piece = open.remove(&name).unwrap();
                let seen = matches!(event.event, Event::UserLeft(_));
                piece.row.left = Some((us, seq, seen, "left".into()));
                done.push(piece);
            }
        }
        for (user, name) in users.into_iter().zip(names) {
            let guest = match user.rank.0 {
                1.5 => None,
                rank => Some(rank < 1.0),
            };
            away.insert(name.clone(), user.afk);
            let seen = matches!(event.event, Event::UserJoined(_));
            let piece = open.entry(name.clone()).or_insert_with(|| Piece {
                row: Row {
                    identity: name,
                    guest,
                    rank: user.rank.0,
                    joined: (us, seq, seen),
                    until_us: us,
                    left: None,
                    afk_us: 0,
                    away_us: 0,
                    unobserved_us: 0,
                },
                span,
                at_start: !was_live,
                at_end: false,
            });
            piece.row.rank = piece.row.rank.max(user.rank.0);
            piece.row.guest = piece.row.guest.or(guest);
        }
    }
    done.extend(open.into_values());
    done.sort_by_key(|piece| (piece.row.joined.1, piece.row.identity.clone()));
    done
}

/// The pieces put together where a stay goes on.
fn expected(events: &[Recorded]) -> Vec<Row> {
    let mut stays: Vec<Piece> = Vec::new();
    for piece in pieces(events) {
        let mut before = stays.iter_mut().rev();
        let before = before.find(|stay| stay.row.identity == piece.row.identity);
        let Some(stay) = before else {
            stays.push(piece);
            continue;
        };
        let absent_us = piece.row.joined.0 - stay.row.until_us;
        let (ours, theirs) = (stay.row.guest, piece.row.guest);
        let others = ours.is_some() && theirs.is_some() && ours != theirs;
        let over_gap = stay.at_end && piece.at_start && stay.span + 1 == piece.span;
        if absent_us > DEBOUNCE_US || others || !(over_gap || theirs == Some(false)) {
            stays.push(piece);
            continue;
        }
        let missed = if over_gap {
            &mut stay.row.unobserved_us
        } else {
            &mut stay.row.away_us
        };
        *missed += absent_us;
        stay.row.afk_us += piece.row.afk_us;
        stay.row.rank = stay.row.rank.max(piece.row.rank);
        stay.row.guest = ours.or(theirs);
        (stay.row.until_us, stay.row.left) = (piece.row.until_us, piece.row.left);
        (stay.span, stay.at_end) = (piece.span, piece.at_end);
    }
    stays.into_iter().map(|stay| stay.row).collect()
}

fn found(room: &Room) -> Vec<Row> {
    let sql = "SELECT identity, guest, rank, joined_us, joined_seq, joined_seen, until_us, left_us,
                      left_seq, left_seen, ended_by, afk_us, away_us, unobserved_us
               FROM presence ORDER BY stay_id";
    let left = |row: &rusqlite::Row<'_>| {
        let us: Option<i64> = row.get(7).unwrap();
        us.map(|us| {
            let (seq, seen) = (row.get(8).unwrap(), row.get(9).unwrap());
            (us, seq, seen, row.get(10).unwrap())
        })
    };
    query(room.views().connection(), sql, |row| Row {
        identity: row.get(0).unwrap(),
        guest: row.get(1).unwrap(),
        rank: row.get(2).unwrap(),
        joined: (
            row.get(3).unwrap(),
            row.get(4).unwrap(),
            row.get(5).unwrap(),
        ),
        until_us: row.get(6).unwrap(),
        left: left(row),
        afk_us: row.get(11).unwrap(),
        away_us: row.get(12).unwrap(),
        unobserved_us: row.get(13).unwrap(),
    })
}

#[test]
fn stays_are_what_the_user_lists_say_on_every_recording() {
    let mut stays = 0;
    for room in Room::all() {
        room.update();
        let found = found(&room);
        assert_eq!(found, expected(&room.events));
        stays += found.len();
    }
    assert!(stays > 100, "{stays}");
}

#[test]
fn stays_are_what_the_user_lists_say_on_evenings_with_gaps() {
    let (mut over_gaps, mut absences, mut afk, mut gaps) = (0, 0, 0, 0);
    for seed in 1..=3 {
        let room = Room::of(evening(seed));
        room.update();
        let found = found(&room);
        assert_eq!(found, expected(&room.events), "seed {seed}");
        let count = |wanted: fn(&Row) -> bool| found.iter().filter(|row| wanted(row)).count();
        over_gaps += count(|row| row.unobserved_us > 0);
        absences += count(|row| row.away_us > 0);
        afk += count(|row| row.afk_us > 0);
        gaps += count(|row| row.left.as_ref().is_some_and(|left| left.3 == "gap"));
    }
    // The evenings have what they are for.
    assert!(over_gaps > 5 && absences > 5 && afk > 5 && gaps > 5);
}

/// The stays of a name in a log.
fn stays(script: Script, name: &str) -> Vec<Stay> {
    let room = Room::of(script.done());
    room.update();
    assert_eq!(found(&room), expected(&room.events));
    let views = room.views();
    views
        .stats()
        .presence_of(name, &Default::default())
        .unwrap()
}

fn seconds(stays: &[Stay]) -> Vec<f64> {
    stays.iter().map(|stay| stay.seconds).collect()
}

#[test]
fn a_registered_user_back_soon_goes_on_and_the_absence_is_no_presence() {
    let script = Script::joined(json!([]))
        .comes(10.0, "Carol", 1.0)
        .goes(30.0, "carol")
        .comes(150.0, "carol", 1.0)
        .goes(160.0, "Carol")
        .comes(280.001, "carol", 1.0)
        .goes(281.0, "carol");
    let stays = stays(script, "CAROL");
    assert_eq!(seconds(&stays), [30.0, 0.999]);
    assert_eq!((stays[0].away_s, stays[1].away_s), (120.0, 0.0));
    assert_eq!(stays[0].name, "Carol");
    assert_eq!(stays[0].guest, Some(false));
}

#[test]
fn trap_9_17_a_guest_who_leaves_is_gone_and_the_next_of_the_name_is_another() {
    let script = Script::joined(json!([]))
        .comes(10.0, "foo", 0.0)
        .goes(30.0, "foo")
        .comes(30.0, "foo", 0.0)
        .goes(40.0, "foo");
    let stays = stays(script, "foo");
    assert_eq!(seconds(&stays), [20.0, 10.0]);
    assert!(
        stays
            .iter()
            .all(|stay| stay.guest == Some(true) && stay.joined_seen)
    );
}

#[test]
fn trap_9_2_a_duplicate_login_makes_no_second_stay() {
    let script = Script::joined(json!([["carol", 1]]))
        .goes(10.0, "carol")
        .comes(10.0, "carol", 1.0)
        .event(20.0, "user_count", json!({ "count": 1 }));
    let stays = stays(script, "carol");
    assert_eq!(seconds(&stays), [20.0]);
    assert_eq!((stays[0].left, stays[0].joined_seen), (None, false));
}

#[test]
fn trap_9_2_our_own_name_in_a_leave_is_not_our_leaving() {
    let parts = json!({
        "users": listed(&json!([["reel", 0]])),
        "viewpoint": { "name": "reel", "guest": true, "rank": 0 },
    });
    let script = Script::default()
        .join(0.0, parts)
        .goes(5.0, "REEL")
        .comes(9.0, "x", 0.0);
    let stays = stays(script, "reel");
    assert_eq!(seconds(&stays), [9.0]);
    assert_eq!(stays[0].ended_by, None);
}

#[test]
fn trap_9_14_a_guest_who_leads_has_no_account_and_a_leader_at_our_coming_may_have_one() {
    let script = Script::joined(json!([["foo", 0], ["bar", 1.5], ["baz", 1.5]]));
    let rank = |name: &str, rank: f64| json!({ "name": name, "rank": rank, "before": null });
    let room = Room::of(
        script
            .event(1.0, "user_rank", rank("foo", 1.5))
            .event(2.0, "user_rank", rank("bar", 0.0))
            .done(),
    );
    room.update();
    let views = room.views();
    let stays = views.stats().presence(&Default::default()).unwrap();
    let guests: Vec<_> = stays
        .iter()
        .map(|s| (s.name.as_str(), s.guest, s.rank))
        .collect();
    let expected = [
        ("bar", Some(true), 1.5),
        ("baz", None, 1.5),
        ("foo", Some(true), 1.5),
    ];
    assert_eq!(guests, expected);
}

#[test]
fn whoever_is_there_before_and_behind_a_short_gap_has_stayed_and_the_gap_is_told() {
    let script = Script::joined(json!([["foo", 0], ["carol", 1]]))
        .afk(40.0, "foo", true)
        .cut(50.0)
        .back(110.0, json!([["foo", 0], ["carol", 1]]))
        .goes(120.0, "foo");
    let foo = stays(script, "foo");
    assert_eq!(seconds(&foo), [120.0]);
    assert_eq!((foo[0].unobserved_s, foo[0].afk_s), (60.0, 10.0));
    assert_eq!(foo[0].ended_by.as_deref(), Some("left"));
}

#[test]
fn whoever_was_missing_between_two_gaps_has_not_stayed_over_them() {
    let script = || {
        Script::joined(json!([["foo", 0], ["carol", 1]]))
            .cut(50.0)
            .back(60.0, json!([]))
            .cut(70.0)
            .back(80.0, json!([["foo", 0], ["carol", 1]]))
            .event(90.0, "user_count", json!({ "count": 2 }))
    };
    assert_eq!(seconds(&stays(script(), "foo")), [50.0, 10.0]);
    let carol = stays(script(), "carol");
    assert_eq!(seconds(&carol), [60.0]);
    assert_eq!((carol[0].away_s, carol[0].unobserved_s), (30.0, 0.0));
}

#[test]
fn a_long_gap_ends_all_stays_where_it_begins() {
    let script = Script::joined(json!([["carol", 1]]))
        .cut(50.0)
        .back(170.001, json!([["carol", 1]]))
        .event(180.0, "user_count", json!({ "count": 1 }));
    let stays = stays(script, "carol");
    assert_eq!(stays.len(), 2);
    assert_eq!(stays[0].left, Some(Script::at(50.0)));
    assert_eq!(stays[0].ended_by.as_deref(), Some("gap"));
    assert_eq!(stays[0].left_seen, Some(false));
    assert_eq!(stays[1].joined, Script::at(170.001));
    assert!(!stays[1].joined_seen);
}

#[test]
fn a_crash_ends_stays_at_the_last_event_before_it() {
    let script = Script::joined(json!([["carol", 1]]))
        .event(20.0, "user_count", json!({ "count": 1 }))
        .event(9_000.0, "disconnected", json!({ "cause": "crash" }));
    assert_eq!(seconds(&stays(script, "carol")), [20.0]);
}

#[test]
fn an_unchanged_list_is_left_out_of_a_join_and_everybody_is_still_there() {
    let script = Script::joined(json!([["carol", 1]]))
        .cut(50.0)
        .join(60.0, json!({}))
        .event(70.0, "user_count", json!({ "count": 1 }));
    assert_eq!(seconds(&stays(script, "carol")), [70.0]);
}

#[test]
fn a_list_that_comes_again_ends_only_the_stays_of_those_it_lacks() {
    let script = Script::joined(json!([["carol", 1], ["dave", 1]]))
        .event(
            30.0,
            "user_list",
            json!({ "users": listed(&json!([["carol", 1], ["eve", 1]])) }),
        )
        .event(40.0, "user_count", json!({ "count": 2 }));
    let room = Room::of(script.done());
    room.update();
    assert_eq!(found(&room), expected(&room.events));
    let views = room.views();
    let stays = views.stats().presence(&Default::default()).unwrap();
    let told: Vec<_> = stays
        .iter()
        .map(|s| (s.name.as_str(), s.seconds, s.left_seen, s.joined_seen))
        .collect();
    let expected = [
        ("carol", 40.0, None, false),
        ("dave", 30.0, Some(false), false),
        ("eve", 10.0, None, false),
    ];
    assert_eq!(told, expected);
}

#[test]
fn regulars_are_told_by_how_long_they_were_here_and_guests_are_none() {
    let script = Script::joined(json!([["carol", 1], ["foo", 0], ["dave", 2]]))
        .goes(10.0, "dave")
        .comes(500.0, "Dave", 2.0)
        .goes(600.0, "dave")
        .goes(600.0, "foo");
    let room = Room::of(script.done());
    room.update();
    let views = room.views();
    let stats = views.stats();
    let regulars = stats.regulars(&Default::default()).unwrap();
    let told: Vec<_> = regulars
        .iter()
        .map(|r| (r.identity.as_str(), r.stays, r.seconds))
        .collect();
    assert_eq!(told, [("carol", 1, 600.0), ("dave", 2, 110.0)]);
    assert_eq!(regulars[1].last_seen, Script::at(600.0));
}
