//! A write-ahead log that ends early: cut at every 257th byte, or spoilt from there on. Goal:
//! every commit that lies wholly before the place is there and verified, and nothing of the next.
//!
//! Method: the files of a log in use are copied, as a power cut leaves them. Where each commit ends
//! is how long the write-ahead log was after it.

use crate::samples::{Dice, evening, open, shown};
use crate::{a_place, sound};
use projectionist::{
    Recorded,
    event_log::{EventLog, Snapshot},
};
use std::path::{Path, PathBuf};

/// A prime: no page and no frame of the log is a multiple of it, so every place in one is met.
const STEP: usize = 257;

/// The files of a log in use, and how many events are in by which byte of its write-ahead log.
struct InUse {
    file: Vec<u8>,
    wal: Vec<u8>,
    index: Vec<u8>,
    commits: Vec<(usize, usize)>,
    events: Vec<Recorded>,
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut side = path.as_os_str().to_owned();
    side.push(suffix);
    PathBuf::from(side)
}

impl InUse {
    fn new() -> Self {
        let (_dir, path) = a_place();
        let events = evening();
        let mut log = open(&path);
        log.append(&events[..2]).unwrap();
        log.close().unwrap();
        let mut log = open(&path);
        let wal = beside(&path, "-wal");
        let mut commits = vec![(0, 2)];
        let mut upto = 2;
        for size in [1, 3, 1, 4, 5] {
            let head = log.append(&events[upto..upto + size]).unwrap();
            upto += size;
            commits.push((std::fs::metadata(&wal).unwrap().len() as usize, upto));
            if size == 3 {
                let folded = projectionist::ChannelState::fold(&events[..upto]);
                let body = serde_json::to_string(&folded).unwrap();
                let (seq, chain) = (head.seq, head.chain);
                log.put_snapshot(&Snapshot {
                    seq,
                    fold_v: projectionist::state::FOLD_V,
                    chain,
                    body,
                })
                .unwrap();
            }
        }
        assert_eq!(upto, events.len());
        Self {
            file: std::fs::read(&path).unwrap(),
            wal: std::fs::read(&wal).unwrap(),
            index: std::fs::read(beside(&path, "-shm")).unwrap(),
            commits,
            events,
        }
    }

    /// The events that must be there once the write-ahead log is good up to `place`.
    fn before(&self, place: usize) -> &[Recorded] {
        let whole = self.commits.iter().filter(|(end, _)| *end <= place);
        &self.events[..whole.map(|(_, upto)| *upto).max().unwrap()]
    }

    /// Looks at a log with this write-ahead log; the index beside it is gone or stale.
    fn check(&self, path: &Path, wal: &[u8], place: usize, stale_index: bool) {
        std::fs::write(path, &self.file).unwrap();
        std::fs::write(beside(path, "-wal"), wal).unwrap();
        let _ = std::fs::remove_file(beside(path, "-shm"));
        if stale_index {
            std::fs::write(beside(path, "-shm"), &self.index).unwrap();
        }
        assert_eq!(sound(path), shown(self.before(place)), "byte {place}");
    }
}

#[test]
fn p1_a_write_ahead_log_cut_anywhere_holds_every_commit_before_the_cut() {
    let in_use = InUse::new();
    let (_dir, path) = a_place();
    let mut dice = Dice(7);
    for place in (0..in_use.wal.len()).step_by(STEP) {
        let (good, rest) = in_use.wal.split_at(place);
        let spoilt: Vec<u8> = match (place / STEP) % 3 {
            0 => Vec::new(),
            1 => vec![0; rest.len()],
            _ => rest.iter().map(|_| dice.below(256) as u8).collect(),
        };
        let wal = [good, &spoilt].concat();
        in_use.check(&path, &wal, place, (place / STEP).is_multiple_of(2));
    }
    in_use.check(&path, &in_use.wal, in_use.wal.len(), false);
}

#[test]
fn p1_a_log_cut_short_is_written_on_from_its_last_whole_commit() {
    let in_use = InUse::new();
    let (_dir, path) = a_place();
    // Just short of each commit's end, and just behind it.
    let ends: Vec<_> = in_use.commits.iter().map(|(end, _)| *end).collect();
    for place in ends.iter().flat_map(|end| [end.saturating_sub(1), *end]) {
        in_use.check(&path, &in_use.wal[..place], place, false);
        let mut log = open(&path);
        let upto = in_use.before(place).len();
        assert_eq!(log.head().seq.0 as usize, upto);
        if upto < in_use.events.len() {
            log.append(&in_use.events[upto..]).unwrap();
        }
        log.close().unwrap();
        assert_eq!(sound(&path), shown(&in_use.events), "byte {place}");
    }
}
