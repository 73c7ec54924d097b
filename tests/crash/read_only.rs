//! Where nothing can be written: a read-only file system, and modes that forbid it.

use crate::child::play;
use crate::namespace::{cannot, play_on_disk_of, run};
use crate::samples::{evening, open, options, shown};
use crate::sound;
use projectionist::{LogError, SqliteReader, event_log::EventLog, sqlite::SqliteLog};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

#[test]
fn a_log_on_a_read_only_disk_is_read_and_not_written() {
    play_on_disk_of(1024, "read what cannot be written");
}

/// Method: without the right to pass over modes, which the superuser has, in a bounding set that
/// lacks it.
#[test]
fn a_closed_log_is_read_where_modes_forbid_to_write() {
    let dir = tempfile::tempdir().unwrap();
    let by = [
        "setpriv",
        "--inh-caps=-all",
        "--bounding-set=-dac_override,-dac_read_search",
    ];
    let part = "meet modes that bind";
    let is_bound = std::fs::create_dir(dir.path().join("shut")).is_ok() && {
        let shut = dir.path().join("shut");
        set_mode(&shut, 0o555);
        std::fs::write(shut.join("probe"), "").is_err()
    };
    if is_bound {
        assert!(play(part, dir.path()).status().unwrap().success());
    } else if Command::new(by[0])
        .args(&by[1..])
        .arg("true")
        .status()
        .is_ok_and(|s| s.success())
    {
        run(part, dir.path(), &by);
    } else {
        cannot("give up the superuser's rights");
    }
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

/// What is true wherever a closed log can only be read.
fn check_read_only(path: &Path) {
    let before = std::fs::read(path).unwrap();
    assert_eq!(sound(path), shown(&evening()));
    let error = SqliteLog::create_or_open(path, &options()).unwrap_err();
    assert!(
        matches!(error, LogError::Storage { .. }) && !error.is_retryable(),
        "{error:?}"
    );
    assert!(error.to_string().contains("log.db"), "{error}");
    assert_eq!(std::fs::read(path).unwrap(), before);
}

/// Part: a closed log, and one whose writer died, on a disk that then becomes read-only.
pub(crate) fn read_what_cannot_be_written(disk: &Path) {
    let path = disk.join("log.db");
    let mut log = open(&path);
    log.append(&evening()).unwrap();
    let left = disk.join("left.db");
    std::fs::copy(&path, &left).unwrap();
    std::fs::copy(disk.join("log.db-wal"), disk.join("left.db-wal")).unwrap();
    log.close().unwrap();
    let remount = Command::new("mount")
        .args(["-o", "remount,bind,ro"])
        .arg(disk)
        .status();
    assert!(remount.unwrap().success());
    std::fs::write(disk.join("probe"), "").unwrap_err();

    check_read_only(&path);
    // Its newest events wait in a write-ahead log, which cannot be read without an index.
    let error = SqliteReader::open(&left).unwrap_err();
    assert!(matches!(error, LogError::Storage { .. }), "{error:?}");
    for words in ["left.db", "-wal", "copy both"] {
        assert!(error.to_string().contains(words), "{error}");
    }
    let error = SqliteLog::create_or_open(disk.join("new.db"), &options()).unwrap_err();
    assert!(
        !error.is_retryable() && !disk.join("new.db").exists(),
        "{error}"
    );
}

/// Part: first the file, then its directory, may not be written.
pub(crate) fn meet_modes_that_bind(dir: &Path) {
    let path = dir.join("log.db");
    let mut log = open(&path);
    log.append(&evening()).unwrap();
    log.close().unwrap();
    set_mode(&path, 0o444);
    std::fs::write(&path, "").unwrap_err();
    check_read_only(&path);
    set_mode(dir, 0o555);
    check_read_only(&path);
    set_mode(&path, 0o644);
    assert_eq!(sound(&path), shown(&evening()));
    set_mode(dir, 0o755);
    assert_eq!(open(&path).head().seq.0, 16);
}
