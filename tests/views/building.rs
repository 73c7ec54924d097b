//! One run or many come to the same.

use crate::rooms::{Room, dump, query};
use projectionist::event::Event;
use projectionist::views::{
    ProjectError, Projector, Step, Views, ViewsBuilder, ViewsError, path_of, rusqlite::Connection,
};
use projectionist::{Recorded, Seq};

#[test]
fn a_log_that_grows_is_followed_and_comes_to_what_one_run_makes_of_it() {
    let whole = Room::recorded("reconnect", "alice");
    assert!(whole.events.len() > 20);
    whole.update();
    let expected = dump(&whole.views());
    for pieces in [2, 7, whole.events.len()] {
        let mut room = Room::of(Vec::new());
        for piece in whole.events.chunks(whole.events.len().div_ceil(pieces)) {
            room = room.grown(piece.to_vec());
            let updated = room.update();
            assert_eq!(updated.events, piece.len() as u64);
            assert!(updated.complete && updated.rebuilt.is_none(), "{updated:?}");
        }
        assert_eq!(dump(&room.views()), expected, "in {pieces} pieces");
    }
}

#[test]
fn a_run_that_finds_nothing_new_does_nothing() {
    let room = Room::recorded("polls", "bob");
    let first = room.update();
    assert_eq!(first.seq, Seq(room.events.len() as u64));
    let again = room.update();
    assert_eq!(
        (again.events, again.seq, again.rebuilt),
        (0, first.seq, None)
    );
}

/// Many copies of a recording one after the other: enough for several transactions.
fn long() -> Vec<Recorded> {
    let one = Room::recorded("playlist", "bob").events;
    let mut all: Vec<Recorded> = Vec::new();
    while all.len() < 10_000 {
        let at = all.last().map_or(0, |last| last.received_at.0);
        let first = one[0].received_at.0;
        let session = all.last().map_or(0, |last| last.session);
        for event in &one {
            let mut event = event.clone();
            event.seq = Seq(all.len() as u64 + 1);
            event.received_at.0 += (at - first).max(0);
            event.session += session;
            (event.cause, event.dedup_key) = (None, None);
            all.push(event);
        }
    }
    all
}

#[test]
fn a_run_that_is_stopped_goes_on_where_it_was() {
    let room = Room::of(long());
    room.update();
    let expected = dump(&room.views());
    std::fs::remove_file(path_of(&room.path)).unwrap();
    let reader = room.reader();
    let (mut stops, mut events) = (0, 0);
    loop {
        let mut turns = 0;
        let updated = ViewsBuilder::new(&reader)
            .update(&mut |_, _| {
                turns += 1;
                turns < 2
            })
            .unwrap();
        events += updated.events;
        if updated.complete {
            break;
        }
        let there = Views::open(path_of(&room.path));
        assert!(
            matches!(there, Err(ViewsError::Missing { .. })),
            "half a file shows"
        );
        stops += 1;
    }
    assert!(stops > 1, "stopped {stops} times");
    assert_eq!(events, room.events.len() as u64, "nothing is done twice");
    assert_eq!(dump(&room.views()), expected);
}

#[test]
fn progress_tells_events_done_and_in_all() {
    let room = Room::of(long());
    let mut told = Vec::new();
    let reader = room.reader();
    let run = ViewsBuilder::new(&reader).update(&mut |done, total| {
        told.push((done, total));
        true
    });
    let total = run.unwrap().events;
    assert_eq!(told.first(), Some(&(0, total)));
    assert_eq!(told.last(), Some(&(total, total)));
    assert!(told.is_sorted() && told.len() > 2, "{told:?}");
}

/// Counts lines of chat, and cannot take those that hold a word.
struct Lines {
    count: i64,
    refused: &'static str,
}

impl Projector for Lines {
    fn name(&self) -> &'static str {
        "lines"
    }

    fn version(&self) -> u32 {
        1
    }

    fn schema(&self) -> &'static str {
        "CREATE TABLE lines (count INTEGER NOT NULL) STRICT; INSERT INTO lines VALUES (0);"
    }

    fn resume(&mut self, tables: &Connection) -> Result<(), ProjectError> {
        self.count = tables.query_row("SELECT count FROM lines", [], |row| row.get(0))?;
        Ok(())
    }

    fn project(&mut self, step: &Step<'_>, _: &Connection) -> Result<(), ProjectError> {
        if let Event::MessageSaid(message) = &step.event.event {
            // Counted too early, so that whoever undoes it is needed.
            self.count += 1;
            if message.text.contains(self.refused) {
                return Err(ProjectError::Event("a word it does not like".to_owned()));
            }
        }
        Ok(())
    }

    fn settle(&mut self, tables: &Connection) -> Result<(), ProjectError> {
        tables.execute("UPDATE lines SET count = ?1", [self.count])?;
        Ok(())
    }
}

#[test]
fn an_event_that_a_projector_cannot_take_is_put_aside_and_the_rest_goes_on() {
    let room = Room::recorded("join-and-chat", "bob");
    let said = |event: &&Recorded| matches!(event.event, Event::MessageSaid(_));
    let lines: Vec<&Recorded> = room.events.iter().filter(said).collect();
    let word = "hello";
    let refused: Vec<i64> = lines
        .iter()
        .filter(|line| line.text().contains(word))
        .map(|line| line.seq.0 as i64)
        .collect();
    assert!(!refused.is_empty() && refused.len() < lines.len());
    let reader = room.reader();
    let updated = ViewsBuilder::new(&reader)
        .with(Lines {
            count: 0,
            refused: word,
        })
        .update(&mut |_, _| true)
        .unwrap();
    assert_eq!(updated.quarantined, refused.len() as u64);
    let views = room.views();
    let conn = views.connection();
    let count = query(conn, "SELECT count FROM lines", |row| {
        row.get::<_, i64>(0).unwrap()
    });
    assert_eq!(count, [(lines.len() - refused.len()) as i64]);
    let sql = "SELECT seq FROM quarantine WHERE projector = 'lines' ORDER BY seq";
    assert_eq!(
        query(conn, sql, |row| row.get::<_, i64>(0).unwrap()),
        refused
    );
}

#[test]
fn an_evening_with_gaps_comes_to_the_same_in_any_pieces() {
    let evening = crate::made::evening(4);
    let whole = Room::of(evening.clone());
    whole.update();
    let expected = dump(&whole.views());
    for len in [97, 1_000] {
        let mut room = Room::of(Vec::new());
        for piece in evening.chunks(len) {
            room = room.grown(piece.to_vec());
            assert_eq!(room.update().rebuilt, None);
        }
        assert_eq!(dump(&room.views()), expected, "in pieces of {len}");
    }
}
