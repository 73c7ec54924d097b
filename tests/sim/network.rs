//! One connection: two pipes of text frames. They may be slow, and may end at any moment; they never
//! reorder, since TCP does not.

use projectionist::testing::{ConnId, SplitMix64};
use std::collections::VecDeque;
use std::sync::Arc;

/// One direction.
#[derive(Debug, Default)]
struct Pipe {
    frames: VecDeque<(i64, Arc<str>)>,
    last_ms: i64,
}

impl Pipe {
    fn push(&mut self, at_ms: i64, frame: Arc<str>) {
        self.last_ms = self.last_ms.max(at_ms);
        self.frames.push_back((self.last_ms, frame));
    }

    fn due_ms(&self) -> Option<i64> {
        self.frames.front().map(|(at_ms, _)| *at_ms)
    }

    fn pop(&mut self, now_ms: i64) -> Option<Arc<str>> {
        (self.due_ms()? <= now_ms)
            .then(|| self.frames.pop_front())?
            .map(|(_, frame)| frame)
    }
}

/// A connection that is up, as far as we know.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) conn: ConnId,
    up: Pipe,
    down: Pipe,
    /// How long a frame may take.
    pub(crate) delay_ms: i64,
    /// Nothing gets through before this.
    pub(crate) stalled_until_ms: i64,
    /// Frames of the next burst that come through, if it is to be cut.
    pub(crate) cut_behind: Option<u64>,
    /// Whether we are between the beginning and the end of a join burst.
    pub(crate) in_burst: bool,
    /// Whether a burst has been delivered whole.
    pub(crate) joined: bool,
}

impl Link {
    pub(crate) fn new(conn: ConnId, delay_ms: i64) -> Self {
        Self {
            conn,
            up: Pipe::default(),
            down: Pipe::default(),
            delay_ms,
            stalled_until_ms: 0,
            cut_behind: None,
            in_burst: false,
            joined: false,
        }
    }

    fn arrival_ms(&self, now_ms: i64, random: &mut SplitMix64) -> i64 {
        let delay = random.below(self.delay_ms.unsigned_abs() + 1) as i64;
        (now_ms + delay).max(self.stalled_until_ms)
    }

    /// A frame of ours, on its way.
    pub(crate) fn send(&mut self, frame: String, now_ms: i64, random: &mut SplitMix64) {
        let at_ms = self.arrival_ms(now_ms, random);
        self.up.push(at_ms, frame.into());
    }

    /// A frame of the server's, on its way.
    pub(crate) fn receive(&mut self, frame: Arc<str>, now_ms: i64, random: &mut SplitMix64) {
        let at_ms = self.arrival_ms(now_ms, random);
        self.down.push(at_ms, frame);
    }

    /// When something arrives.
    pub(crate) fn due_ms(&self) -> Option<i64> {
        [self.up.due_ms(), self.down.due_ms()]
            .into_iter()
            .flatten()
            .min()
    }

    /// A frame that has arrived at the server.
    pub(crate) fn arrived_up(&mut self, now_ms: i64) -> Option<Arc<str>> {
        self.up.pop(now_ms)
    }

    /// A frame that has arrived at us.
    pub(crate) fn arrived_down(&mut self, now_ms: i64) -> Option<Arc<str>> {
        self.down.pop(now_ms)
    }
}
