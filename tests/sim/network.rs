//! The network between one address and one server: pipes with a delay that never reorder.
//!
//! Pure: moments are arguments. A pipe may stall, break on both sides or on one, and lose the end
//! of what was under way, never the middle. Half a frame reaches nobody: the transport shows the
//! end of the connection in its stead.

use crate::server::Mark;
use projectionist::event::DisconnectCause;
use projectionist::testing::{ConnId, SplitMix64};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// What comes down to us.
#[derive(Clone, Debug)]
pub(crate) enum Down {
    Frame(Arc<str>, Mark),
    Closed {
        cause: DisconnectCause,
        detail: &'static str,
        code: Option<u16>,
    },
}

/// What goes up to the server.
#[derive(Clone, Debug)]
pub(crate) enum Up {
    Frame(String),
    Closed,
}

#[derive(Debug)]
struct Pipe<T> {
    queue: VecDeque<(i64, T)>,
    last_ms: i64,
}

impl<T> Default for Pipe<T> {
    fn default() -> Self {
        Self {
            queue: VecDeque::new(),
            last_ms: 0,
        }
    }
}

impl<T> Pipe<T> {
    fn push(&mut self, at_ms: i64, what: T) {
        self.last_ms = self.last_ms.max(at_ms);
        self.queue.push_back((self.last_ms, what));
    }

    fn due(&mut self, now_ms: i64) -> Option<T> {
        let (at_ms, _) = self.queue.front()?;
        (*at_ms <= now_ms).then(|| self.queue.pop_front().map(|(_, what)| what))?
    }

    /// Keeps some of what is under way.
    fn lose_tail(&mut self, random: &mut SplitMix64) {
        let kept = random.index(self.queue.len() + 1);
        self.queue.truncate(kept);
    }
}

/// One connection.
#[derive(Debug, Default)]
struct Link {
    down: Pipe<Down>,
    up: Pipe<Up>,
    stalled_until_ms: i64,
    /// Nothing passes any more, and nobody is told.
    dead: bool,
}

#[derive(Debug)]
pub(crate) struct Network {
    links: BTreeMap<ConnId, Link>,
    latency_ms: (u64, u64),
    random: SplitMix64,
}

impl Network {
    pub(crate) fn new(latency_ms: (u64, u64), random: SplitMix64) -> Self {
        Self {
            links: BTreeMap::new(),
            latency_ms,
            random,
        }
    }

    fn latency_ms(&mut self) -> i64 {
        let (min, max) = self.latency_ms;
        (min + self.random.below(max - min + 1)) as i64
    }

    pub(crate) fn open(&mut self, conn: ConnId) {
        self.links.insert(conn, Link::default());
    }

    fn arrival_ms(&mut self, conn: ConnId, now_ms: i64) -> i64 {
        let until_ms = self
            .links
            .get(&conn)
            .map_or(0, |link| link.stalled_until_ms);
        (now_ms + self.latency_ms()).max(until_ms)
    }

    pub(crate) fn down(&mut self, conn: ConnId, what: Down, now_ms: i64) {
        let at_ms = self.arrival_ms(conn, now_ms);
        if let Some(link) = self.links.get_mut(&conn).filter(|link| !link.dead) {
            link.down.push(at_ms, what);
        }
    }

    /// A frame that overtakes nothing and waits for nothing: it stands where the network put it.
    pub(crate) fn slip_in(&mut self, conn: ConnId, text: &str, now_ms: i64) {
        if let Some(link) = self.links.get_mut(&conn).filter(|link| !link.dead) {
            let place = self.random.index(link.down.queue.len() + 1);
            let before = place.checked_sub(1).and_then(|n| link.down.queue.get(n));
            let at_ms = before.map_or(now_ms, |(at_ms, _)| *at_ms);
            let frame = Down::Frame(text.into(), Mark::None);
            link.down.queue.insert(place, (at_ms, frame));
        }
    }

    pub(crate) fn up(&mut self, conn: ConnId, what: Up, now_ms: i64) {
        let at_ms = self.arrival_ms(conn, now_ms);
        if let Some(link) = self.links.get_mut(&conn).filter(|link| !link.dead) {
            link.up.push(at_ms, what);
        }
    }

    pub(crate) fn stall(&mut self, conn: ConnId, until_ms: i64) {
        let Some(link) = self.links.get_mut(&conn) else {
            return;
        };
        link.stalled_until_ms = link.stalled_until_ms.max(until_ms);
        link.down
            .queue
            .iter_mut()
            .for_each(|(at, _)| *at = (*at).max(until_ms));
        link.up
            .queue
            .iter_mut()
            .for_each(|(at, _)| *at = (*at).max(until_ms));
        link.down.last_ms = link.down.last_ms.max(until_ms);
        link.up.last_ms = link.up.last_ms.max(until_ms);
    }

    /// The connection breaks. What was under way is lost in part; those told learn behind the rest.
    pub(crate) fn cut(&mut self, conn: ConnId, told: Option<Down>, server: bool, now_ms: i64) {
        let at_ms = now_ms + self.latency_ms();
        let Some(link) = self.links.get_mut(&conn) else {
            return;
        };
        link.down.lose_tail(&mut self.random);
        link.up.lose_tail(&mut self.random);
        link.dead = true;
        if let Some(told) = told {
            link.down.push(at_ms, told);
        }
        if server {
            link.up.push(at_ms, Up::Closed);
        }
    }

    /// Our side is gone, in good order or with its process.
    pub(crate) fn hang_up(&mut self, conn: ConnId, now_ms: i64) {
        self.up(conn, Up::Closed, now_ms);
        if let Some(link) = self.links.get_mut(&conn) {
            link.down = Pipe::default();
        }
    }

    /// Our machine is gone without a word.
    pub(crate) fn lose_power(&mut self, conn: ConnId) {
        if let Some(link) = self.links.get_mut(&conn) {
            link.down = Pipe::default();
            link.up.lose_tail(&mut self.random);
            link.dead = true;
        }
    }

    /// The connections that are up as far as the network knows.
    pub(crate) fn conns(&self) -> Vec<ConnId> {
        self.links.keys().copied().collect()
    }

    pub(crate) fn is_dead(&self, conn: ConnId) -> bool {
        self.links.get(&conn).is_none_or(|link| link.dead)
    }

    pub(crate) fn next_down_ms(&self, conn: ConnId) -> Option<i64> {
        self.links.get(&conn)?.down.queue.front().map(|(at, _)| *at)
    }

    pub(crate) fn next_up_ms(&self) -> Option<i64> {
        let fronts = self.links.values().filter_map(|link| link.up.queue.front());
        fronts.map(|(at, _)| *at).min()
    }

    pub(crate) fn take_down(&mut self, conn: ConnId, now_ms: i64) -> Option<Down> {
        self.links.get_mut(&conn)?.down.due(now_ms)
    }

    /// What reaches the server now. A connection whose end it has seen is forgotten.
    pub(crate) fn take_up(&mut self, now_ms: i64) -> Option<(ConnId, Up)> {
        let found = self
            .links
            .iter_mut()
            .find_map(|(conn, link)| Some((*conn, link.up.due(now_ms)?)))?;
        Some(found)
    }

    /// Nobody asks for this connection any more.
    pub(crate) fn forget(&mut self, conn: ConnId) {
        let is_done = |link: &Link| link.down.queue.is_empty() && link.up.queue.is_empty();
        if self.links.get(&conn).is_some_and(is_done) {
            self.links.remove(&conn);
        }
    }
}
