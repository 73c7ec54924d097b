//! Copies of a log that grows while it is copied.

use crate::samples::{crowd, open};
use projectionist::{LogError, Read, SqliteReader, event_log::EventLog, sqlite::verify};
use std::path::Path;

pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Method: each time the copy reports its progress, the writer commits more, and folds its
/// write-ahead log into the file under the copy's feet.
#[test]
fn a_copy_is_of_one_moment_whatever_is_written_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let (path, to) = (folder.path().join("log.db"), folder.path().join("copy.db"));
    let events = crowd(24_000);
    let (there, later) = events.split_at(20_000);
    let mut log = open(&path);
    log.append(there).unwrap();
    log.idle();
    let before = log.head();
    let reader = SqliteReader::open(&path).unwrap();
    let mut later = later.chunks(500);
    let mut steps = 0;
    let copied = reader.backup(&to, &mut |_, _| {
        steps += 1;
        if let Some(batch) = later.next() {
            log.append(batch).unwrap();
            log.idle();
        }
        true
    });
    assert_eq!(copied.unwrap(), Some(before));
    assert!(steps > 1, "more than one step, or nothing came between");
    assert!(log.head().seq > before.seq);
    let copy = SqliteReader::open(&to).unwrap();
    assert_eq!(copy.head().unwrap(), before);
    assert_eq!(copy.log_id(), log.log_id());
    assert_eq!(copy.read(&Read::default()).unwrap(), there);
    assert_eq!(verify(&copy, |_, _| {}).unwrap().findings, []);
    // The reader is free again, and sees what came.
    assert_eq!(reader.head().unwrap(), log.head());
}

#[test]
fn a_copy_given_up_leaves_nothing_and_one_that_is_there_stays() {
    let folder = tempfile::tempdir().unwrap();
    let (path, to) = (folder.path().join("log.db"), folder.path().join("copy.db"));
    let mut log = open(&path);
    log.append(&crowd(20_000)).unwrap();
    log.close().unwrap();
    let reader = SqliteReader::open(&path).unwrap();
    // What an interrupted copy of another process left behind.
    std::fs::write(folder.path().join("copy.db.partial"), "half").unwrap();
    let given_up = reader.backup(&to, &mut |done, total| done > total);
    assert_eq!(given_up.unwrap(), None);
    let left = names(folder.path());
    assert!(
        left.iter().all(|name| !name.starts_with("copy")),
        "{left:?}"
    );
    std::fs::write(&to, "mine").unwrap();
    let refused = reader.backup(&to, &mut |_, _| true);
    assert!(matches!(refused, Err(LogError::Exists { .. })));
    assert_eq!(std::fs::read(&to).unwrap(), b"mine");
}
