//! `polls` against the events.

use crate::rooms::Room;
use crate::samples::{disconnected, record};
use projectionist::event::{DisconnectCause, PollClosed, PollShown};
use projectionist::model::{Poll, text_of_html};
use projectionist::views::stats::{PollTaken, Rows};
use projectionist::{Event, Kind, Recorded, UnixMicros};
use serde_json::json;

/// Every poll that was told of, in the order it first was.
#[derive(Default)]
struct Told {
    polls: Vec<(Poll, PollTaken)>,
    open: Option<usize>,
}

impl Told {
    fn show(&mut self, poll: &Poll, event: &Recorded, is_opened: bool) {
        let place = match self.polls.iter().position(|(known, _)| known.is_same(poll)) {
            Some(place) => place,
            None => {
                // There is no way to make one but to read one.
                let row = json!({ "poll_id": event.seq.0, "opened": poll.opened_ms * 1_000,
                    "open_seen": is_opened });
                self.polls.push((poll.clone(), taken(&row)));
                self.polls.len() - 1
            }
        };
        if self.open.is_some_and(|open| open != place) {
            self.close(event, true);
        }
        self.open = Some(place);
        let row = &mut self.polls[place].1;
        (row.open, row.closed, row.closed_seen) = (true, None, false);
        row.title = text_of_html(&poll.title);
        row.initiator.clone_from(&poll.initiator);
        row.hidden |= poll.hidden;
        let all: Option<Vec<i64>> = poll.counts.iter().copied().collect();
        row.votes = all.map(|counts| counts.iter().sum());
        self.polls[place].0 = poll.clone();
    }

    fn close(&mut self, event: &Recorded, is_seen: bool) {
        if let Some(open) = self.open.take() {
            let row = &mut self.polls[open].1;
            row.open = false;
            row.closed = Some(event.received_at);
            row.closed_seen = is_seen && !matches!(event.event, Event::Joined(_));
        }
    }
}
