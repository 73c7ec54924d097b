//! Erasure: what was redacted is in no byte of the new file, and everything else is as it was.

use crate::backup::names;
use crate::samples::{crowd, open, options, record, said, shown, whispered};
use projectionist::{
    Event, Kind, LogError, Read, Recorded, Seq, SqliteReader, UnixMicros,
    event::Redaction,
    event_log::{ChainHash, EventLog},
    history::state_at,
    sqlite::{EraseOptions, SqliteLog, erase, verify},
};
use rusqlite::Connection;
use std::path::{Path, PathBuf};

/// Words that only one person says, and a name that occurs nowhere else.
const WORDS: [&str; 4] = ["zanzibar", "Mallory", "mallory", "quicksilver"];

/// A talk in which Mallory says what is to go, and is redacted, closed.
fn talked() -> (tempfile::TempDir, PathBuf, Vec<Recorded>) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log.db");
    let mut events = vec![
        record(1, 1, said("Alice", "hello")),
        record(2, 1, said("Mallory", "meet me in zanzibar")),
        record(3, 1, whispered("mallory", "reel", "zanzibar, I said")),
        record(4, 1, said("Bob", "what?")),
        record(5, 1, said("Alice", "quicksilver")),
    ];
    events[1].raw = Some(r#"{"username":"Mallory","msg":"meet me in zanzibar"}"#.to_owned());
    let of_alice = Redaction::of_events([Seq(5)]).because("by mistake");
    let of_mallory = Redaction::of_user("Mallory").because("Mallory asked");
    events.push(record(6, 1, Event::Redacted(of_alice)));
    events.push(record(7, 1, Event::Redacted(of_mallory)));
    events.push(record(8, 1, said("Bob", "quiet here")));
    let mut log = open(&path);
    for event in &events {
        log.append(std::slice::from_ref(event)).unwrap();
    }
    let head = log.head();
    log.put_checkpoint("bus", 1, head.seq, head.chain).unwrap();
    log.close().unwrap();
    (dir, path, events)
}

fn erased(path: &Path, to: &Path) -> projectionist::sqlite::Erased {
    let erased = erase(path, to, &EraseOptions::default(), &mut |_, _| true);
    erased.unwrap().unwrap()
}

#[test]
fn no_byte_of_what_was_redacted_is_in_the_new_file() {
    let (dir, path, _) = talked();
    let old = std::fs::read(&path).unwrap();
    let holds = |bytes: &[u8], word: &str| bytes.windows(word.len()).any(|w| w == word.as_bytes());
    for word in WORDS {
        assert!(holds(&old, word), "the search works: {word}");
    }
    let folder = dir.path().join("new");
    std::fs::create_dir(&folder).unwrap();
    erased(&path, &folder.join("new.db"));
    assert_eq!(names(&folder), ["new.db"]);
    let new = std::fs::read(folder.join("new.db")).unwrap();
    for word in WORDS {
        assert!(!holds(&new, word), "{word}");
    }
    assert!(holds(&new, "quiet here") && holds(&new, "by mistake"));
    assert_eq!(std::fs::read(&path).unwrap(), old, "the old file stays");
}

#[test]
fn the_new_log_is_sound_another_and_reads_as_the_old_one_did() {
    let (dir, path, events) = talked();
    let to = dir.path().join("new.db");
    let options = EraseOptions::default();
    let erased = erased(&path, &to);
    assert_eq!(erased.events, 3);
    let (old, new) = (
        SqliteReader::open(&path).unwrap(),
        SqliteReader::open(&to).unwrap(),
    );
    assert_eq!(
        (old.log_id(), new.log_id()),
        (&*erased.from, &*erased.log_id)
    );
    assert_ne!(erased.from, erased.log_id);
    assert_eq!(verify(&new, |_, _| {}).unwrap().findings, []);
    assert_eq!(new.head().unwrap(), erased.head);
    assert_eq!(
        (new.channel(), new.created()),
        (old.channel(), old.created())
    );
    let mut expected = shown(&events);
    expected[6].event = Event::Redacted(Redaction::of_events([Seq(2), Seq(3)]));
    assert_eq!(new.read(&Read::default()).unwrap(), expected);
    let as_written = new.read(&Read::default().as_written()).unwrap();
    let masked = as_written.into_iter().map(|event| {
        let redacted = expected[event.seq.0 as usize - 1].redacted;
        Recorded { redacted, ..event }
    });
    assert!(
        masked.eq(expected.iter().cloned()),
        "really, not only as it is shown"
    );
    assert_eq!(new.checkpoint("bus").unwrap(), None);
    let (seq, state) = (Seq(8), state_at(&old, Seq(8)).unwrap());
    assert_eq!(state_at(&new, seq).unwrap(), state);
    assert_eq!(new.snapshot_before(seq).unwrap().unwrap().seq, seq);
    let meta = |key: &str| -> String {
        let sql = "SELECT value FROM meta WHERE key = ?1";
        let conn = Connection::open(&to).unwrap();
        conn.query_row(sql, [key], |row| row.get(0)).unwrap()
    };
    assert_eq!(meta("erased_from"), erased.from);
    assert!(meta("erased_at_us").parse::<i64>().unwrap() > 0);
    let views = Connection::open(&to).unwrap();
    let redacted: i64 = views
        .query_row("SELECT sum(redacted) FROM messages", [], |row| row.get(0))
        .unwrap();
    assert_eq!(redacted, 3);
    let again = erase(&path, &to, &options, &mut |_, _| true);
    assert!(matches!(again, Err(LogError::Exists { .. })));
}

#[test]
fn an_erased_log_goes_on_and_can_be_erased_again() {
    let (dir, path, _) = talked();
    let (to, next) = (dir.path().join("new.db"), dir.path().join("next.db"));
    erased(&path, &to);
    let mut log = open(&to);
    let of_bob = Event::Redacted(Redaction::of_user("Bob"));
    log.append(&[record(9, 1, of_bob)]).unwrap();
    log.close().unwrap();
    assert_eq!(erased(&to, &next).events, 5);
    let reader = SqliteReader::open(&next).unwrap();
    assert_eq!(verify(&reader, |_, _| {}).unwrap().findings, []);
    let said = reader.read(&Read::default().kinds([Kind::MessageSaid]));
    let texts: Vec<_> = said.unwrap().iter().map(|r| r.text().to_owned()).collect();
    assert_eq!(texts, ["hello", "", "", "", ""]);
}

#[test]
fn a_log_of_the_first_schema_is_erased_without_being_changed() {
    let dir = tempfile::tempdir().unwrap();
    let (path, to) = (dir.path().join("log.db"), dir.path().join("new.db"));
    std::fs::copy(crate::fixture::FIXTURE, &path).unwrap();
    let before = std::fs::read(&path).unwrap();
    assert_eq!(erased(&path, &to).events, 1);
    assert_eq!(std::fs::read(&path).unwrap(), before);
    let reader = SqliteReader::open(&to).unwrap();
    assert_eq!(verify(&reader, |_, _| {}).unwrap().findings, []);
    let old = SqliteReader::open(&path).unwrap();
    let all = Read::default();
    assert_eq!(reader.read(&all).unwrap(), old.read(&all).unwrap());
}

#[test]
fn an_erasure_given_up_or_refused_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (path, to) = (dir.path().join("log.db"), dir.path().join("new.db"));
    let mut log = open(&path);
    log.append(&crowd(3000)).unwrap();
    let all = &mut |_, _| true;
    let in_use = erase(&path, &to, &EraseOptions::default(), all);
    assert!(matches!(in_use, Err(LogError::InUse { .. })));
    log.close().unwrap();
    let mut seen = Vec::new();
    let given_up = erase(&path, &to, &EraseOptions::default(), &mut |done, total| {
        seen.push((done, total));
        seen.len() < 2
    });
    assert_eq!(given_up.unwrap(), None);
    assert_eq!(seen, [(1024, 3000), (2048, 3000)]);
    let conn = crate::damage::raw(&path);
    conn.execute("UPDATE event SET raw = 'x' WHERE seq = 2000", [])
        .unwrap();
    drop(conn);
    let damaged = erase(&path, &to, &EraseOptions::default(), all);
    assert!(matches!(
        damaged,
        Err(LogError::Damaged { seq: Seq(2000), .. })
    ));
    let left = names(dir.path());
    assert!(
        left.iter().all(|name| name.starts_with("log.db")),
        "{left:?}"
    );
    // Known damage is no reason to keep what must go; the note of it goes along.
    open(&path).quarantine(Seq(2000), "bit rot").unwrap();
    erased(&path, &to);
    let reader = SqliteReader::open(&to).unwrap();
    assert_eq!(verify(&reader, |_, _| {}).unwrap().findings, []);
}

#[test]
fn the_same_erasure_makes_the_same_log() {
    let (dir, path, _) = talked();
    let mut named = EraseOptions::default();
    named.log_id = Some([7; 16]);
    named.at = Some(UnixMicros(5));
    let chain = |name: &str| -> ChainHash {
        let to = dir.path().join(name);
        let erased = erase(&path, &to, &named, &mut |_, _| true)
            .unwrap()
            .unwrap();
        assert_eq!(erased.log_id, "07".repeat(16));
        erased.head.chain
    };
    assert_eq!(chain("one.db"), chain("two.db"));
    let one = dir.path().join("one.db");
    let continued = SqliteLog::create_or_open(&one, &options()).unwrap();
    assert_eq!(continued.log_id(), "07".repeat(16));
}
