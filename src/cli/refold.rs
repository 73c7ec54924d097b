//! The fold of a log done again, while it is verified, and compared with the stored states.
//!
//! On a thread of its own: the walk that reads and hashes the events keeps one processor busy. What
//! waits between the two is bounded.

use crate::cli::failure::Failure;
use crossbeam_channel::{Receiver, Sender, bounded};
use projectionist::{ChannelState, Recorded, Seq, SqliteReader, history, state::FOLD_V};
use std::collections::BTreeSet;
use std::thread::JoinHandle;

/// Events handed over at once: a hand-over costs as much as folding a few.
const BATCH: usize = 512;

/// Batches that may wait.
const BATCHES_MAX: usize = 4;

/// What came of comparing.
#[derive(Debug, Default)]
pub(crate) struct Compared {
    /// Stored states that were compared.
    pub(crate) states: u64,
    /// Those that are not the fold, and how so.
    pub(crate) wrong: Vec<(Seq, String)>,
}

/// A fold under way.
#[derive(Debug)]
pub(crate) struct Refold {
    batch: Vec<Recorded>,
    batches: Sender<Vec<Recorded>>,
    thread: JoinHandle<Compared>,
}

impl Refold {
    /// Begins with nothing folded. `reader` is for the stored states.
    pub(crate) fn start(reader: SqliteReader) -> Result<Self, Failure> {
        let (batches, waiting) = bounded(BATCHES_MAX);
        let thread = std::thread::Builder::new()
            .name("refold".to_owned())
            .spawn(move || Fold::new(&reader).run(&waiting))?;
        Ok(Self {
            batch: Vec::with_capacity(BATCH),
            batches,
            thread,
        })
    }

    /// Takes the next event; blocks while the fold is far behind.
    pub(crate) fn take(&mut self, recorded: Recorded) {
        self.batch.push(recorded);
        if self.batch.len() == BATCH {
            self.hand_over(Vec::with_capacity(BATCH));
        }
    }

    /// Waits for the fold to end.
    pub(crate) fn finish(mut self) -> Compared {
        self.hand_over(Vec::new());
        drop(self.batches);
        // A fold never panics; were it to, that is no verdict about the log.
        self.thread
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    fn hand_over(&mut self, next: Vec<Recorded>) {
        let batch = std::mem::replace(&mut self.batch, next);
        // Nobody takes it only where the fold broke off, which `finish` tells.
        let _ = self.batches.send(batch);
    }
}

/// The fold itself.
struct Fold<'a> {
    reader: &'a SqliteReader,
    state: ChannelState,
    /// Positions of states that this build can compare.
    stored: BTreeSet<Seq>,
    /// An event could not be decoded: what is folded from here on is no measure.
    lost: bool,
    compared: Compared,
}

impl<'a> Fold<'a> {
    fn new(reader: &'a SqliteReader) -> Self {
        // A base in doubt is the verdict's business; of another fold, there is nothing to compare.
        let state = match reader.base() {
            Ok(None) => Some(ChannelState::default()),
            Ok(Some(base)) => history::base_state(&base).ok(),
            Err(_) => None,
        };
        Self {
            reader,
            lost: state.is_none(),
            state: state.unwrap_or_default(),
            stored: stored(reader),
            compared: Compared::default(),
        }
    }

    fn run(mut self, batches: &Receiver<Vec<Recorded>>) -> Compared {
        for recorded in batches.iter().flatten() {
            self.take(&recorded);
        }
        self.compared
    }

    fn take(&mut self, recorded: &Recorded) {
        self.lost |= recorded.seq != self.state.seq.next();
        if self.lost {
            return;
        }
        self.state.apply(recorded);
        if self.stored.contains(&recorded.seq) {
            self.compare(recorded.seq);
        }
    }

    fn compare(&mut self, seq: Seq) {
        let detail = match (
            self.reader.snapshot_before(seq),
            serde_json::to_string(&self.state),
        ) {
            // A live writer may have dropped it meanwhile.
            (Ok(Some(snapshot)), _) if snapshot.seq != seq => return,
            (Ok(None), _) => return,
            (Ok(Some(snapshot)), Ok(folded)) => {
                self.compared.states += 1;
                if snapshot.body == folded {
                    return;
                }
                "the stored state is not what the events fold to".to_owned()
            }
            (Err(error), _) => error.to_string(),
            (_, Err(error)) => error.to_string(),
        };
        self.compared.wrong.push((seq, detail));
    }
}

/// Where there are stored states of this fold. What cannot be read is the verdict's business.
fn stored(reader: &SqliteReader) -> BTreeSet<Seq> {
    let mut found = BTreeSet::new();
    let mut until = Seq(u64::MAX);
    while let Ok(Some(snapshot)) = reader.snapshot_before(until) {
        if snapshot.fold_v == FOLD_V {
            found.insert(snapshot.seq);
        }
        if snapshot.seq == Seq(0) {
            break;
        }
        until = Seq(snapshot.seq.0 - 1);
    }
    found
}
