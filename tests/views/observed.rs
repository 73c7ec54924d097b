//! `observed` against the events.

use crate::rooms::{Room, query};
use projectionist::event::{DisconnectCause, Event};

type Span = (i64, i64, i64, i64, bool, Option<String>);

/// From each join to the end of its connection, or to the last event there is.
fn expected(room: &Room) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let mut joined = false;
    for event in &room.events {
        let (seq, us) = (event.seq.0 as i64, event.received_at.0);
        match &event.event {
            Event::Joined(_) if !joined => {
                joined = true;
                spans.push((seq, us, seq, us, true, None));
            }
            Event::Disconnected(ended) if joined => {
                joined = false;
                let span = spans.last_mut().unwrap();
                if ended.cause != DisconnectCause::Crash {
                    (span.2, span.3) = (seq, us);
                }
                (span.4, span.5) = (false, Some(ended.cause.as_str().to_owned()));
            }
            _ if joined => {
                let span = spans.last_mut().unwrap();
                (span.2, span.3) = (seq, us);
            }
            _ => {}
        }
    }
    spans
}

#[test]
fn what_we_saw_is_from_each_join_to_its_end() {
    let mut spans = 0;
    let generated = (1..4).map(|seed| Room::generated(seed, 5_000));
    for room in Room::all().chain(generated) {
        room.update();
        let views = room.views();
        let sql = "SELECT from_seq, from_us, until_seq, until_us, open, ended_by FROM observed
                   ORDER BY from_seq";
        let found = query(views.connection(), sql, |row| {
            let cell = |n| row.get::<_, i64>(n).unwrap();
            let open = row.get(4).unwrap();
            (
                cell(0),
                cell(1),
                cell(2),
                cell(3),
                open,
                row.get(5).unwrap(),
            )
        });
        assert_eq!(found, expected(&room));
        spans += found.len();
    }
    assert!(spans > 40, "{spans}");
}
