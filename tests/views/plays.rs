//! `plays` against the events: starts are looked up in the log, and the end of each behind it.

use crate::made::{Script, evening};
use crate::rooms::{Room, query};
use projectionist::event::{DisconnectCause, Event, Origin, Source};
use projectionist::state::Playing;
use projectionist::views::stats::Play;
use projectionist::{ChannelState, Recorded};
use serde_json::{Value, json};

/// One row, as far as it can be computed from the outside.
#[derive(Clone, Debug, PartialEq)]
struct Row {
    seq: i64,
    media: (String, String, Option<f64>),
    item: (Option<String>, Option<bool>),
    started: (i64, bool),
    ended: Option<(i64, i64, Option<String>)>,
    shown_us: i64,
    voteskips: Option<i64>,
    viewers: (Option<i64>, Option<i64>),
}

/// The log with the state behind each event, and whether we were in the room.
struct History<'a> {
    events: &'a [Recorded],
    states: Vec<ChannelState>,
}

impl<'a> History<'a> {
    fn new(events: &'a [Recorded]) -> Self {
        let mut state = ChannelState::default();
        let states = events.iter().map(|event| {
            state.apply(event);
            state.clone()
        });
        let states = states.collect();
        Self { events, states }
    }

    fn playing(&self, n: usize) -> Option<&Playing> {
        self.states[n].media.as_ref().map(AsRef::as_ref)
    }

    fn is_live(&self, n: usize) -> bool {
        self.states[n].is_live()
    }

    /// How an event ends whatever is on screen.
    fn end(&self, n: usize, temp: Option<bool>) -> Option<&'static str> {
        let event = &self.events[n];
        let at = event.received_at;
        // What was on screen, and where it stood, the event before knows.
        let over = n > 0
            && self.playing(n - 1).is_some_and(|playing| {
                let seconds = playing.media.seconds;
                seconds > 0.0 && playing.position_at(at) >= seconds - 5.0
            });
        let left = if over { "finished" } else { "skipped" };
        let gone = match temp {
            Some(true) => left,
            _ if over => "finished",
            _ => "removed",
        };
        match &event.event {
            Event::MediaChanged(changed) if self.starts(n) => {
                assert!(!changed.resync);
                Some(left)
            }
            Event::ItemDeleted(item) if Some(item.uid) == self.states[n].current => Some(gone),
            Event::MediaStopped(stopped) if stopped.reason == "deleted" => Some(gone),
            Event::MediaStopped(stopped) if stopped.reason == "cleared" => Some("cleared"),
            Event::PlaylistReplaced(list) if list.items.is_empty() => Some("cleared"),
            Event::MessageSaid(line)
                if line.source == Source::Voteskip && event.origin == Origin::Live =>
            {
                Some("voteskip")
            }
            Event::Disconnected(_) => Some("gap"),
            _ => None,
        }
    }

    fn starts(&self, n: usize) -> bool {
        matches!(&self.events[n].event, Event::MediaChanged(changed)
            if self.is_live(n) && !changed.resync && changed.uid.is_some())
    }

    /// The showing that an event begins.
    fn begin(&self, n: usize, seen: bool) -> Row {
        let (event, state) = (&self.events[n], &self.states[n]);
        let playing = self.playing(n).unwrap();
        let position_us = (playing.position_at(event.received_at).max(0.0) * 1e6) as i64;
        let started_us = event.received_at.0 - if seen { 0 } else { position_us };
        let list = state.playlist.as_ref();
        let item = list.and_then(|list| list.find(playing.uid.or(state.current)?));
        let item = item.filter(|item| item.media.id == playing.media.id);
        let media = playing.media.clone();
        Row {
            seq: event.seq.0 as i64,
            media: (
                media.kind,
                media.id,
                Some(media.seconds).filter(|s| *s > 0.0),
            ),
            item: (item.and_then(|i| i.queued_by.clone()), item.map(|i| i.temp)),
            started: (started_us, seen),
            ended: None,
            shown_us: 0,
            voteskips: None,
            viewers: (state.user_count.filter(|_| seen), state.user_count),
        }
    }

    /// Follows a showing from an event that brought it on screen to what ends it; gives where that
    /// is.
    fn follow(&self, row: &mut Row, from: usize) -> Option<usize> {
        for n in from + 1..self.events.len() {
            let event = &self.events[n];
            match &event.event {
                Event::VoteskipChanged(votes) => row.voteskips = row.voteskips.max(votes.count),
                Event::UsersCounted(told) => row.viewers.1 = row.viewers.1.max(Some(told.count)),
                Event::TempSet(set) if Some(set.uid) == self.states[n].current => {
                    row.item.1 = Some(set.temp);
                }
                Event::MessageSaid(line) if line.source == Source::Voteskip => {
                    let votes = line.text.split([' ', '/']).nth(2).unwrap().parse().ok();
                    row.voteskips = row.voteskips.max(votes);
                }
                _ => {}
            }
            if let Some(how) = self.end(n, row.item.1) {
                let crash = matches!(&event.event, Event::Disconnected(ended)
                    if ended.cause == DisconnectCause::Crash);
                let last = &self.events[if crash { n - 1 } else { n }];
                row.shown_us += last.received_at.0 - self.events[from].received_at.0;
                let (us, seq) = (last.received_at.0, last.seq.0 as i64);
                row.ended = Some((us, seq, Some(how.to_owned())));
                return Some(n);
            }
        }
        let last = self.events.last().unwrap().received_at.0;
        row.shown_us += last - self.events[from].received_at.0;
        None
    }

    /// Where we are back in the room after an event, if that is where the showing goes on.
    fn back(&self, row: &Row, cut: usize) -> Option<usize> {
        let n = (cut..self.events.len()).find(|n| self.is_live(*n))?;
        let at = self.events[n].received_at;
        let (before, behind) = (self.playing(cut - 1)?, self.playing(n)?);
        let same = (&before.media.kind, &before.media.id) == (&behind.media.kind, &behind.media.id);
        assert_eq!(
            (&row.media.0, &row.media.1),
            (&before.media.kind, &before.media.id)
        );
        let (expected, position) = (before.position_at(at), behind.position_at(at));
        let halted = behind.paused && before.position_s <= position && position <= expected;
        (same && (halted || (position - expected).abs() <= 5.0)).then_some(n)
    }

    /// All showings.
    fn rows(&self) -> Vec<Row> {
        let mut rows: Vec<Row> = Vec::new();
        // Joins at which a showing went on: they begin none.
        let mut gone_on = Vec::new();
        for n in 0..self.events.len() {
            let joins = self.is_live(n) && (n == 0 || !self.is_live(n - 1));
            let seen = self.starts(n);
            if !(seen || joins && self.playing(n).is_some() && !gone_on.contains(&n)) {
                continue;
            }
            let mut row = self.begin(n, seen);
            let mut from = n;
            while let Some(end) = self.follow(&mut row, from) {
                let cut = matches!(self.events[end].event, Event::Disconnected(_));
                let Some(back) = cut.then(|| self.back(&row, end)).flatten() else {
                    break;
                };
                row.ended = None;
                row.viewers.1 = row.viewers.1.max(self.states[back].user_count);
                gone_on.push(back);
                from = back;
            }
            rows.push(row);
        }
        rows
    }
}

fn found(room: &Room) -> Vec<Row> {
    let sql = "SELECT started_seq, type, media_id, length_s, queued_by, temp, started_us, start_seen,
                      ended_us, ended_seq, ended_by, shown_us, voteskips, viewers_start, viewers_peak
               FROM plays ORDER BY started_seq";
    query(room.views().connection(), sql, |row| {
        let ended_us: Option<i64> = row.get(8).unwrap();
        Row {
            seq: row.get(0).unwrap(),
            media: (
                row.get(1).unwrap(),
                row.get(2).unwrap(),
                row.get(3).unwrap(),
            ),
            item: (row.get(4).unwrap(), row.get(5).unwrap()),
            started: (row.get(6).unwrap(), row.get(7).unwrap()),
            ended: ended_us.map(|us| (us, row.get(9).unwrap(), row.get(10).unwrap())),
            shown_us: row.get(11).unwrap(),
            voteskips: row.get(12).unwrap(),
            viewers: (row.get(13).unwrap(), row.get(14).unwrap()),
        }
    })
}

#[test]
fn showings_are_what_the_log_says_on_every_recording() {
    let mut plays = 0;
    for room in Room::all() {
        room.update();
        let found = found(&room);
        assert_eq!(found, History::new(&room.events).rows());
        plays += found.len();
    }
    assert!(plays > 50, "{plays}");
}

#[test]
fn showings_are_what_the_log_says_on_evenings_with_gaps() {
    let mut how: Vec<String> = Vec::new();
    let mut over_gaps = 0;
    for seed in 1..=3 {
        let room = Room::of(evening(seed));
        room.update();
        let found = found(&room);
        assert_eq!(found, History::new(&room.events).rows(), "seed {seed}");
        over_gaps += found
            .iter()
            .filter_map(|row| Some(row.ended.as_ref()?.0 - row.started.0 - row.shown_us))
            .filter(|missed_us| *missed_us > 1_500_000)
            .count();
        how.extend(found.into_iter().filter_map(|row| row.ended?.2));
    }
    // The evenings have what they are for.
    for wanted in ["finished", "voteskip", "skipped", "removed", "gap"] {
        assert!(how.iter().any(|how| how == wanted), "{wanted}");
    }
    assert!(over_gaps > 3, "{over_gaps}");
}

/// A hundred seconds of something.
fn media(id: &str) -> Value {
    json!({ "type": "yt", "id": id, "title": id, "seconds": 100 })
}

fn playing(uid: i64, id: &str, position_s: f64, paused: bool) -> Value {
    json!({ "uid": uid, "media": media(id), "position_s": position_s, "paused": paused })
}

fn item(uid: i64, id: &str, temp: bool) -> Value {
    json!({ "uid": uid, "temp": temp, "queued_by": "carol", "media": media(id) })
}

/// In a room that plays `a`, 20 s into it, with `b` behind it.
fn room() -> Script {
    let parts = json!({
        "users": [], "user_count": 7, "current": 1,
        "playlist": [item(1, "a", false), item(2, "b", true)],
        "media": playing(1, "a", 20.0, false),
    });
    Script::default().join(0.0, parts)
}

fn starts(script: Script, s: f64, uid: i64, id: &str) -> Script {
    script.event(s, "media_change", playing(uid, id, -3.0, false))
}

fn plays(script: Script) -> Vec<Play> {
    let room = Room::of(script.done());
    room.update();
    assert_eq!(found(&room), History::new(&room.events).rows());
    let views = room.views();
    views.stats().plays(&Default::default()).unwrap()
}

/// Of each showing: what, how long, what ended it.
fn told(plays: &[Play]) -> Vec<(&str, f64, Option<&str>)> {
    plays
        .iter()
        .map(|play| {
            (
                play.media_id.as_str(),
                play.shown_s,
                play.ended_by.as_deref(),
            )
        })
        .collect()
}

#[test]
fn what_runs_when_we_come_started_before_and_says_so() {
    let plays = plays(room().event(5.0, "user_count", json!({ "count": 9 })));
    assert_eq!(told(&plays), [("a", 5.0, None)]);
    assert_eq!(
        (plays[0].started, plays[0].start_seen),
        (Script::at(-20.0), false)
    );
    assert_eq!(
        (plays[0].viewers_start, plays[0].viewers_peak),
        (None, Some(9))
    );
    assert_eq!(plays[0].queued_by.as_deref(), Some("carol"));
    assert_eq!(
        (plays[0].temp, plays[0].length_s),
        (Some(false), Some(100.0))
    );
}

#[test]
fn trap_9_10_the_same_again_is_a_showing_when_it_starts_and_none_when_it_is_repeated() {
    let mut again = playing(1, "a", 30.0, false);
    again["resync"] = json!(true);
    let mut without = playing(1, "a", 3.0, false);
    without["uid"] = Value::Null;
    let script = room()
        .event(10.0, "media_change", again)
        .event(20.0, "media_change", without);
    let script = starts(script, 99.0, 1, "a");
    let script = starts(script, 204.0, 1, "a");
    let plays = plays_unchecked(script);
    let expected = [
        // The clock was set back to 3 s at 20 s, so that its end is near at 99 s.
        ("a", 99.0, Some("skipped")),
        ("a", 105.0, Some("finished")),
        ("a", 0.0, None),
    ];
    assert_eq!(told(&plays), expected);
    assert_eq!(
        (plays[1].viewers_start, plays[1].start_seen),
        (Some(7), true)
    );
}

/// Without the brute force, which knows only of changes that tell an item, and of lists we see.
fn plays_unchecked(script: Script) -> Vec<Play> {
    let room = Room::of(script.done());
    room.update();
    let views = room.views();
    views.stats().plays(&Default::default()).unwrap()
}

#[test]
fn what_is_left_before_its_end_is_skipped_and_what_is_left_at_its_end_is_finished() {
    let script = starts(room(), 10.0, 2, "b");
    let script = starts(script, 111.0, 1, "a");
    let plays = plays(script);
    let expected = [
        ("a", 10.0, Some("skipped")),
        ("b", 101.0, Some("finished")),
        ("a", 0.0, None),
    ];
    assert_eq!(told(&plays), expected);
}

#[test]
fn a_pause_of_the_leader_delays_the_end() {
    let at = |position_s: f64, paused: bool| json!({ "position_s": position_s, "paused": paused, "expected_s": null });
    let script = room().event(10.0, "media_update", at(30.0, true)).event(
        60.0,
        "media_update",
        at(30.0, false),
    );
    let script = starts(script, 90.0, 2, "b");
    assert_eq!(told(&plays(script))[0], ("a", 90.0, Some("skipped")));
}

#[test]
fn a_vote_that_is_won_ends_a_showing_and_its_last_vote_counts() {
    let votes = |count: i64| json!({ "count": count, "need": 3 });
    let notice = json!({
        "user": { "name": "[voteskip]", "rank": null, "afk": null, "muted": null },
        "html": "", "text": "Voteskip passed: 3/5 skipped; eligible voters: 5",
        "source": "voteskip",
    });
    let script = room()
        .event(1.0, "voteskip", votes(1))
        .event(2.0, "voteskip", votes(2))
        .event(3.0, "voteskip", votes(0))
        .event(4.0, "message", notice)
        .event(4.0, "voteskip", votes(0));
    let script = starts(script, 4.0, 2, "b").event(4.0, "voteskip", votes(0));
    let plays = plays(script);
    assert_eq!(
        told(&plays),
        [("a", 4.0, Some("voteskip")), ("b", 0.0, None)]
    );
    let votes: Vec<_> = plays.iter().map(|play| play.voteskips).collect();
    assert_eq!(votes, [Some(3), Some(0)]);
}

#[test]
fn a_deleted_item_is_removed_and_a_temporary_one_was_skipped_or_finished() {
    let deleted = |uid: i64| json!({ "uid": uid, "item": null });
    let script = room().event(10.0, "media_delete", deleted(1));
    let script = starts(script, 10.0, 2, "b").event(20.0, "media_delete", deleted(2));
    let script = starts(script, 20.0, 3, "c").event(
        21.0,
        "media_queue",
        json!({ "item": item(4, "d", true), "after": "append" }),
    );
    let script = starts(script, 30.0, 4, "d").event(134.0, "media_delete", deleted(4));
    let script = script.event(134.5, "media_stop", json!({ "reason": "deleted" }));
    let expected = [
        ("a", 10.0, Some("removed")),
        ("b", 10.0, Some("skipped")),
        ("c", 10.0, Some("skipped")),
        ("d", 104.0, Some("finished")),
    ];
    assert_eq!(told(&plays(script)), expected);
}

#[test]
fn trap_9_8_an_emptied_list_ends_what_plays_at_once() {
    let script = room()
        .event(
            10.0,
            "playlist_update",
            json!({ "items": [], "cause": "clear" }),
        )
        .event(10.5, "media_stop", json!({ "reason": "cleared" }));
    assert_eq!(told(&plays(script)), [("a", 10.0, Some("cleared"))]);
}

#[test]
fn a_hidden_list_tells_no_item_and_not_how_it_came_to_nothing() {
    let parts = json!({ "users": [], "media": playing(1, "a", 20.0, false), "current": 1 });
    let script =
        Script::default()
            .join(0.0, parts)
            .event(10.0, "media_stop", json!({ "reason": "empty" }));
    let plays = plays_unchecked(script);
    assert_eq!(told(&plays), [("a", 10.0, None)]);
    assert_eq!(plays[0].ended, Some(Script::at(10.0)));
    assert_eq!((&plays[0].queued_by, plays[0].temp), (&None, None));
}

#[test]
fn a_showing_goes_on_over_a_gap_where_the_position_says_so() {
    let back = |s: f64, position_s: f64, paused: bool| {
        let parts = json!({ "media": playing(9, "a", position_s, paused) });
        told(&plays(room().cut(10.0).join(s, parts).cut(s + 5.0)))
            .into_iter()
            .map(|(_, shown_s, how)| (shown_s, how.unwrap().to_owned()))
            .collect::<Vec<_>>()
    };
    let gap = |shown_s: f64| (shown_s, "gap".to_owned());
    assert_eq!(back(40.0, 61.0, false), [gap(15.0)], "where it would be");
    assert_eq!(back(40.0, 50.0, true), [gap(15.0)], "halted on the way");
    assert_eq!(back(40.0, 50.0, false), [gap(10.0), gap(5.0)], "set back");
    assert_eq!(back(140.0, 45.0, false), [gap(10.0), gap(5.0)], "once more");
    let unchanged = told(&plays(room().cut(10.0).join(40.0, json!({})).cut(45.0))).len();
    assert_eq!(unchanged, 1, "not even told");
}

#[test]
fn a_repetition_of_what_we_knew_nothing_of_shows_that_it_runs() {
    let mut again = playing(4, "a", 30.0, false);
    again["resync"] = json!(true);
    let script = Script::joined(json!([]))
        .event(10.0, "media_change", again)
        .event(15.0, "user_count", json!({ "count": 1 }));
    let plays = plays_unchecked(script);
    assert_eq!(told(&plays), [("a", 5.0, None)]);
    assert_eq!(
        (plays[0].started, plays[0].start_seen),
        (Script::at(-20.0), false)
    );
}

#[test]
fn live_media_have_no_length_and_never_finish() {
    let mut live = playing(5, "tv", 0.0, false);
    live["media"]["seconds"] = json!(0);
    let script = starts(room().event(5.0, "media_change", live), 5_000.0, 2, "b");
    let plays = plays(script);
    assert_eq!(told(&plays)[1], ("tv", 4_995.0, Some("skipped")));
    assert_eq!(plays[1].length_s, None);
}

#[test]
fn media_are_told_by_how_often_they_were_started() {
    let script = starts(room(), 10.0, 2, "b");
    let script = starts(script, 20.0, 1, "a");
    let script = starts(script, 130.0, 3, "c").event(140.0, "user_count", json!({ "count": 1 }));
    let room = Room::of(script.done());
    room.update();
    let views = room.views();
    let stats = views.stats();
    let most = stats.most_played(&Default::default()).unwrap();
    let told: Vec<_> = most
        .iter()
        .map(|m| {
            (
                m.media_id.as_str(),
                m.plays,
                m.finished,
                m.skipped,
                m.shown_s,
            )
        })
        .collect();
    let expected = [
        ("a", 2, 1, 1, 120.0),
        ("b", 1, 0, 1, 10.0),
        ("c", 1, 0, 0, 10.0),
    ];
    assert_eq!(told, expected);
    assert_eq!(
        stats
            .plays_of("yt", "a", &Default::default())
            .unwrap()
            .len(),
        2
    );
}
