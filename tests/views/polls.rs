//! `polls` against the events.

use crate::rooms::Room;
use crate::samples::{disconnected, record};
use projectionist::event::{DisconnectCause, PollClosed, PollShown};
use projectionist::model::{Poll, text_of_html};
use projectionist::views::stats::{PollTaken, Rows};
use projectionist::{Event, Recorded};
use serde_json::{Value, json};

/// Every poll that was told of, in the order it first was.
#[derive(Default)]
struct Told {
    polls: Vec<(Poll, Value)>,
    open: Option<usize>,
}

impl Told {
    fn of(events: &[Recorded]) -> Self {
        let mut told = Self::default();
        for event in events {
            match &event.event {
                Event::PollOpened(PollShown(poll)) => told.show(poll, event, true),
                Event::PollUpdated(PollShown(poll)) => told.show(poll, event, false),
                Event::PollClosed(_) => told.close(event),
                Event::Joined(joined) => match &joined.poll {
                    Some(Some(poll)) => told.show(poll, event, false),
                    Some(None) => told.close(event),
                    // We may not see it, or are not told.
                    None => {}
                },
                _ => {}
            }
        }
        told
    }

    fn show(&mut self, poll: &Poll, event: &Recorded, is_opened: bool) {
        let known = self.polls.iter().position(|(known, _)| known.is_same(poll));
        let place = known.unwrap_or(self.polls.len());
        if self.open.is_some_and(|open| open != place) {
            self.close(event);
        }
        self.open = Some(place);
        let texts = poll.options.iter().map(|option| text_of_html(option));
        let options: Vec<_> = texts
            .zip(&poll.counts)
            .map(|(text, votes)| json!({ "text": text, "votes": votes }))
            .collect();
        let votes: Option<Vec<i64>> = poll.counts.iter().copied().collect();
        let before = known.map(|place| self.polls[place].1.clone());
        let first = |column: &str, value: Value| match &before {
            Some(row) => row[column].clone(),
            None => value,
        };
        let was_hidden = before.as_ref().is_some_and(|row| row["hidden"] == true);
        let row = json!({
            "poll_id": first("poll_id", json!(event.seq.0)),
            "title": text_of_html(&poll.title),
            "initiator": poll.initiator,
            "opened": poll.opened_ms * 1_000,
            "open_seen": first("open_seen", json!(is_opened)),
            "open": true,
            "closed": null,
            "closed_seen": false,
            "hidden": poll.hidden || was_hidden,
            "votes": votes.map(|votes| votes.iter().sum::<i64>()),
            "options": options,
        });
        match known {
            Some(place) => self.polls[place] = (poll.clone(), row),
            None => self.polls.push((poll.clone(), row)),
        }
    }

    fn close(&mut self, event: &Recorded) {
        if let Some(open) = self.open.take() {
            let row = &mut self.polls[open].1;
            row["open"] = json!(false);
            let sent_us = event.sent_ms.map(|ms| ms * 1_000);
            row["closed"] = json!(sent_us.unwrap_or(event.received_at.0));
            row["closed_seen"] = json!(!matches!(event.event, Event::Joined(_)));
        }
    }

    /// As they are answered: in the order they were opened.
    fn rows(self) -> Vec<Value> {
        let mut rows: Vec<_> = self.polls.into_iter().map(|(_, row)| row).collect();
        rows.sort_by_key(|row| {
            let text = |column: &str| row[column].as_str().unwrap().to_owned();
            (row["opened"].as_i64(), text("initiator"), text("title"))
        });
        rows
    }
}

fn polls(room: &Room, rows: &Rows) -> Vec<PollTaken> {
    room.update();
    room.views().stats().polls(rows).unwrap()
}

fn values(polls: &[PollTaken]) -> Vec<Value> {
    let values = polls.iter().map(serde_json::to_value);
    values.collect::<Result<_, _>>().unwrap()
}

#[test]
fn polls_are_what_the_events_tell_of_them() {
    let all = Rows::default().page(10_000, 0);
    let mut found = (0, 0);
    let generated = (1..4).map(|seed| Room::generated(seed, 5_000));
    for room in Room::all_and_evenings().chain(generated) {
        let polls = polls(&room, &all);
        let expected = Told::of(&room.events).rows();
        assert_eq!(polls.len(), expected.len());
        for (poll, expected) in values(&polls).iter().zip(&expected) {
            assert_eq!(poll, expected);
        }
        found.0 += polls.len();
        found.1 += polls.iter().filter(|poll| !poll.open).count();
    }
    assert!(found.0 > 10 && found.1 > 5, "{found:?}");
}

/// A poll, opened so many seconds after the beginning of time.
fn poll(title: &str, opened_s: i64, counts: &[Option<i64>]) -> Poll {
    Poll {
        title: title.to_owned(),
        options: counts
            .iter()
            .map(|_| "<i>an</i> &amp; option".to_owned())
            .collect(),
        counts: counts.to_vec(),
        hidden: counts.contains(&None),
        initiator: "Alice".to_owned(),
        opened_ms: opened_s * 1_000,
    }
}

fn joined_with(poll: Option<&Poll>) -> Event {
    let mut body = json!({
        "motd": "", "media": null, "replay": { "received": 0, "new": 0, "overlap": 0 },
        "viewpoint": { "name": null, "guest": null, "rank": -1 },
    });
    body["poll"] = json!(poll);
    Event::decode(projectionist::Kind::Joined, 1, &body.to_string()).unwrap()
}

#[test]
fn a_poll_shown_again_after_a_reconnect_is_one_poll_and_one_gone_meanwhile_was_closed_unseen() {
    let first = poll("first", 1, &[Some(1), Some(2)]);
    let later = poll("first", 1, &[Some(4), Some(2)]);
    let events = vec![
        record(1, 1, joined_with(None)),
        record(2, 1, Event::PollOpened(PollShown(first))),
        record(3, 1, disconnected(DisconnectCause::Closed)),
        record(4, 2, joined_with(Some(&later))),
        record(5, 2, disconnected(DisconnectCause::Closed)),
        record(6, 3, joined_with(None)),
    ];
    let gone_at = events[5].received_at;
    let room = Room::of(events);
    let polls = polls(&room, &Rows::default());
    let [poll] = polls.as_slice() else {
        panic!("{polls:?}");
    };
    assert!(poll.open_seen && !poll.open && !poll.closed_seen);
    assert_eq!((poll.votes, poll.closed), (Some(6), Some(gone_at)));
}

#[test]
fn hidden_votes_are_unknown_until_the_poll_closes_and_text_is_plain() {
    let hidden = poll("a &lt;b&gt;", 5, &[None, None]);
    let mut told = poll("a &lt;b&gt;", 5, &[Some(3), Some(0)]);
    told.hidden = true;
    let opened = vec![
        record(1, 1, joined_with(None)),
        record(2, 1, Event::PollOpened(PollShown(hidden))),
    ];
    let room = Room::of(opened);
    let before = polls(&room, &Rows::default());
    assert_eq!((before[0].votes, before[0].options[0].votes), (None, None));
    assert_eq!(before[0].title, "a <b>");
    assert_eq!(before[0].options[0].text, "an & option");

    let update = Event::PollUpdated(PollShown(told.clone()));
    let closed = Event::PollClosed(PollClosed { poll: Some(told) });
    let room = room.grown(vec![record(3, 1, update), record(4, 1, closed)]);
    let after = polls(&room, &Rows::default());
    assert_eq!(
        (after[0].votes, after[0].options[0].votes),
        (Some(3), Some(3))
    );
    assert!(after[0].hidden && after[0].closed_seen);
}

#[test]
fn a_page_of_polls_is_a_range_in_either_order() {
    let mut events = vec![record(1, 1, joined_with(None))];
    for n in 2..6 {
        let shown = PollShown(poll("p", i64::try_from(n).unwrap(), &[Some(0)]));
        events.push(record(n, 1, Event::PollOpened(shown)));
    }
    let room = Room::of(events);
    let opened_s = |rows: Rows| {
        let polls = polls(&room, &rows);
        polls
            .iter()
            .map(|poll| poll.opened.0 / 1_000_000)
            .collect::<Vec<_>>()
    };
    assert_eq!(opened_s(Rows::default()), [2, 3, 4, 5]);
    assert_eq!(opened_s(Rows::default().reversed().page(2, 1)), [4, 3]);
    let until = projectionist::UnixMicros(4_000_000);
    assert_eq!(opened_s(Rows::default().until(until)), [2, 3]);
}
