//! Files that cannot be gone on with: built anew where they are ours, left alone where not.

use crate::rooms::{Room, dump, query};
use projectionist::sqlite::{LogOptions, SqliteLog};
use projectionist::views::{
    ProjectError, Projector, Step, Views, ViewsBuilder, ViewsError, ViewsOptions, path_of,
    rusqlite::Connection,
};
use projectionist::{Kind, Recorded, Seq};
use std::time::Duration;

fn room() -> Room {
    Room::recorded("polls", "bob")
}

/// Changes a finished views file behind everybody's back.
fn change(room: &Room, sql: &str) {
    let conn = Connection::open(path_of(&room.path)).unwrap();
    conn.execute_batch(sql).unwrap();
}

#[test]
fn changed_settings_build_anew() {
    let room = room();
    room.update();
    let reader = room.reader();
    let options = ViewsOptions::default().presence_debounce(Duration::from_secs(7));
    let run = |options| {
        let builder = ViewsBuilder::new(&reader).options(options);
        builder.update(&mut |_, _| true).unwrap()
    };
    assert_eq!(run(options).rebuilt, Some("the settings have changed"));
    assert_eq!(run(options).rebuilt, None);
}

struct Nothing(u32);

impl Projector for Nothing {
    fn name(&self) -> &'static str {
        "nothing"
    }

    fn version(&self) -> u32 {
        self.0
    }

    fn schema(&self) -> &'static str {
        ""
    }

    fn project(&mut self, _: &Step<'_>, _: &Connection) -> Result<(), ProjectError> {
        Ok(())
    }
}

#[test]
fn changed_rules_build_anew() {
    let room = room();
    room.update();
    let reader = room.reader();
    let run = |version| {
        let builder = ViewsBuilder::new(&reader).with(Nothing(version));
        builder.update(&mut |_, _| true).unwrap()
    };
    assert_eq!(run(1).rebuilt, Some("the rules have changed"));
    assert_eq!(run(1).rebuilt, None);
    assert_eq!(run(2).rebuilt, Some("the rules have changed"));
    assert_eq!(room.update().rebuilt, Some("the rules have changed"));
}

#[test]
fn the_views_of_another_log_or_another_past_are_built_anew() {
    for (sql, why) in [
        (
            "UPDATE about SET value = 'x' WHERE key = 'log_id'",
            "it was of another log",
        ),
        (
            "UPDATE projector SET seq = seq + 1",
            "the log is an older copy",
        ),
        (
            "UPDATE projector SET chain = zeroblob(32)",
            "the log went on differently",
        ),
        (
            "DROP TABLE observed; DROP TABLE projector",
            "it was damaged",
        ),
    ] {
        let room = room();
        room.update();
        let expected = dump(&room.views());
        change(&room, sql);
        assert_eq!(room.update().rebuilt, Some(why));
        assert_eq!(dump(&room.views()), expected);
    }
}

#[test]
fn a_file_of_garbage_in_the_middle_is_built_anew_and_one_of_another_program_is_left_alone() {
    let room = room();
    room.update();
    let path = path_of(&room.path);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[100..].fill(0x5a);
    std::fs::write(&path, &bytes).unwrap();
    assert_eq!(room.update().rebuilt, Some("it was damaged"));

    std::fs::remove_file(&path).unwrap();
    let other = Connection::open(&path).unwrap();
    other
        .execute_batch("CREATE TABLE mine (x); INSERT INTO mine VALUES (1)")
        .unwrap();
    drop(other);
    let before = std::fs::read(&path).unwrap();
    let reader = room.reader();
    let refused = ViewsBuilder::new(&reader).update(&mut |_, _| true);
    assert!(
        matches!(refused, Err(ViewsError::NotViews { .. })),
        "{refused:?}"
    );
    assert!(matches!(
        Views::open(&path),
        Err(ViewsError::NotViews { .. })
    ));
    assert_eq!(std::fs::read(&path).unwrap(), before);

    std::fs::write(&path, "no database at all").unwrap();
    let refused = ViewsBuilder::new(&reader).update(&mut |_, _| true);
    assert!(
        matches!(refused, Err(ViewsError::NotViews { .. })),
        "{refused:?}"
    );
}

#[test]
fn the_views_of_a_newer_build_are_left_alone() {
    let room = room();
    room.update();
    change(&room, "PRAGMA user_version = 99");
    let reader = room.reader();
    let refused = ViewsBuilder::new(&reader).afresh().update(&mut |_, _| true);
    assert!(
        matches!(refused, Err(ViewsError::TooNew { found: 99, .. })),
        "{refused:?}"
    );
}

#[test]
fn a_rebuild_waits_for_no_reader_and_a_reader_keeps_what_it_had() {
    let room = room();
    room.update();
    let old = room.views();
    let expected = dump(&old);
    let reader = room.reader();
    let updated = ViewsBuilder::new(&reader)
        .afresh()
        .update(&mut |_, _| true)
        .unwrap();
    assert_eq!(updated.rebuilt, Some("asked for"));
    assert_eq!(dump(&old), expected);
    assert_eq!(dump(&room.views()), expected);
}

#[test]
fn a_second_builder_is_told_that_there_is_one() {
    let room = room();
    let reader = room.reader();
    let mut tried = false;
    let first = ViewsBuilder::new(&reader).update(&mut |_, _| {
        if !std::mem::replace(&mut tried, true) {
            let second = ViewsBuilder::new(&reader).update(&mut |_, _| true);
            assert!(
                matches!(second, Err(ViewsError::InUse { .. })),
                "{second:?}"
            );
        }
        true
    });
    assert!(first.unwrap().complete && tried);
}

/// Lines enough that some may be trimmed: the newest 256 stay.
fn talk() -> Vec<Recorded> {
    let one = Room::recorded("join-and-chat", "bob").events;
    let by_a_user = |event: &&Recorded| {
        event.kind() == Kind::MessageSaid && !event.actor.as_ref().unwrap().starts_with('[')
    };
    let line = one.iter().find(by_a_user).unwrap();
    let said = |n: u64| {
        let mut line = line.clone();
        line.seq = Seq(one.len() as u64 + n);
        line.received_at = one.last().unwrap().received_at;
        (line.cause, line.dedup_key) = (None, None);
        line
    };
    one.iter().cloned().chain((1..=600).map(said)).collect()
}

fn trim(room: &Room, until: u64) {
    let options = LogOptions::new("room", "https://cytu.be");
    let to = room.path.with_extension(format!("{until}.gz"));
    let segment = room
        .reader()
        .archive(Seq(until), &to, &mut |_, _| true)
        .unwrap()
        .unwrap();
    let mut log = SqliteLog::create_or_open(&room.path, &options).unwrap();
    log.trim(&segment, true, &mut |_, _| true).unwrap();
    log.close().unwrap();
}

#[test]
fn views_outlive_the_events_they_were_built_from() {
    let room = Room::of(talk());
    room.update();
    let before = dump(&room.views());
    trim(&room, 20);
    let updated = room.update();
    assert_eq!((updated.events, updated.rebuilt), (0, None));
    assert_eq!(dump(&room.views()), before);
}

#[test]
fn views_behind_a_trim_say_so_and_can_be_built_from_what_there_is() {
    let mut events = talk();
    let rest = events.split_off(10);
    let room = Room::of(events);
    room.update();
    let room = room.grown(rest);
    trim(&room, 20);
    let reader = room.reader();
    let refused = ViewsBuilder::new(&reader).update(&mut |_, _| true);
    let Err(ViewsError::Trimmed { have, first, .. }) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!((have, first), (Seq(10), Seq(21)));
    let updated = ViewsBuilder::new(&reader)
        .afresh()
        .update(&mut |_, _| true)
        .unwrap();
    assert_eq!(updated.events, room.events.len() as u64 - 20);
    let sql = "SELECT value FROM about WHERE key = 'first_seq'";
    let views = room.views();
    let first = query(views.connection(), sql, |row| {
        row.get::<_, String>(0).unwrap()
    });
    assert_eq!(first, ["21"]);
}
