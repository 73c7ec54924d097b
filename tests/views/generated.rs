//! Made-up logs with everything in them: the same tables however the log comes, in one piece, in
//! pieces, or in runs that are cut off.

use crate::rooms::{Room, dump};
use projectionist::event::Redaction;
use projectionist::testing::{Synthetic, SyntheticConfig};
use projectionist::views::{ViewsBuilder, path_of};
use projectionist::{Event, Recorded};

/// Method: the log grows by pieces of uneven length, and after each the views are brought up to
/// date, by projectors that know nothing but their tables.
#[test]
fn a_log_that_grows_gives_the_tables_of_the_whole() {
    for seed in [1, 2] {
        let config = SyntheticConfig::new(seed, 8_000);
        let all: Vec<_> = Synthetic::new(&config).collect();
        let whole = Room::of(all.clone());
        whole.update();
        let mut rest = all;
        let mut room = Room::of(rest.drain(..1).collect());
        let mut piece = 10 + seed as usize;
        while !rest.is_empty() {
            room.update();
            room = room.grown(rest.drain(..piece.min(rest.len())).collect());
            piece *= 2;
        }
        assert_eq!(room.update().quarantined, 0);
        let (found, expected) = (dump(&room.views()), dump(&whole.views()));
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!(found, expected, "seed {seed}");
        }
    }
}

#[test]
fn building_anew_gives_the_same_tables() {
    let room = Room::generated(4, 10_000);
    room.update();
    let before = dump(&room.views());
    let reader = room.reader();
    let run = ViewsBuilder::new(&reader)
        .afresh()
        .update(&mut |_, _| true)
        .unwrap();
    assert_eq!((run.events, run.quarantined), (10_000, 0));
    assert_eq!(dump(&room.views()), before);
}

/// Method: a run that is stopped leaves its file behind; it is damaged, and the next one begins
/// anew instead of going on.
#[test]
fn a_build_whose_rest_is_damaged_begins_anew() {
    let room = Room::generated(5, 10_000);
    let reader = room.reader();
    let mut turns = 0;
    let stopped = ViewsBuilder::new(&reader).update(&mut |_, _| {
        turns += 1;
        turns < 2
    });
    assert!(!stopped.unwrap().complete);
    let partial = projectionist::views::partial_of(&path_of(&room.path));
    assert!(partial.exists());
    std::fs::write(&partial, "no database at all").unwrap();
    let run = room.update();
    assert_eq!((run.events, run.complete), (10_000, true));
    assert!(!partial.exists());
    assert_eq!(room.views().status().unwrap().seq.0, 10_000);
}

#[test]
fn a_views_file_tells_what_it_is() {
    let room = Room::generated(6, 2_000);
    room.update();
    let status = room.views().status().unwrap();
    assert_eq!((status.seq.0, status.first_seq.0), (2_000, 1));
    assert_eq!(status.log_id, room.reader().log_id());
    assert_eq!((status.channel.as_str(), status.quarantined), ("room", 0));
    assert_eq!(status.options, Some(Default::default()));
    let behind = status.projectors.iter().filter(|one| one.seq != status.seq);
    assert_eq!(behind.count(), 0);
    assert!(status.projectors.iter().any(|one| one.name == "observed"));
    assert!(status.size_bytes >= std::fs::metadata(path_of(&room.path)).unwrap().len());
}

/// The state kept for the next run holds the last lines of chat: once one of them is redacted, the
/// file must not hold it.
#[test]
fn a_redacted_line_does_not_stay_in_what_is_kept_for_the_next_run() {
    let events: Vec<_> = Synthetic::new(&SyntheticConfig::new(7, 3_000)).collect();
    let is_line = |event: &&Recorded| matches!(event.event, Event::MessageSaid(_));
    let last = events.iter().rev().find(is_line).unwrap().clone();
    let kept = |room: &Room| {
        let views = room.views();
        let sql = "SELECT value FROM about WHERE key = 'state'";
        crate::rooms::query(views.connection(), sql, |row| {
            row.get::<_, String>(0).unwrap()
        })
    };
    let mut redaction = events[events.len() - 1].clone();
    redaction.seq = redaction.seq.next();
    redaction.event = Event::Redacted(Redaction::of_events([last.seq]));
    let room = Room::of(events);
    room.update();
    let line = serde_json::to_string(last.text()).unwrap();
    assert!(kept(&room)[0].contains(&line));
    let room = room.grown(vec![redaction]);
    room.update();
    assert_eq!(kept(&room), Vec::<String>::new());
}
