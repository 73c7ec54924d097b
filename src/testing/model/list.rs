//! The playlist itself: items, totals, what plays (`src/media.js`, `src/ullist.js`).
//!
//! The list and its totals are kept apart, as on the server, so that the server's mistake shows:
//! a move to after an unknown item loses the item and leaves the count too high.

use crate::testing::model::conn::ConnId;
use crate::testing::model::queue::PendingAdd;
use crate::testing::model::wire::num;
use serde_json::{Value, json};
use std::collections::VecDeque;

/// Something to play.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Media {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) seconds: f64,
    pub(super) duration: String,
    pub(super) kind: String,
    pub(super) meta: Value,
}

impl Media {
    pub(super) fn pack(&self) -> Value {
        json!({
            "id": self.id,
            "title": self.title,
            "seconds": num(self.seconds),
            "duration": self.duration,
            "type": self.kind,
            "meta": self.meta,
        })
    }
}

/// Media on the list.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Item {
    pub(super) uid: i64,
    pub(super) media: Media,
    pub(super) temp: bool,
    pub(super) queueby: String,
}

impl Item {
    pub(super) fn pack(&self) -> Value {
        json!({
            "media": self.media.pack(),
            "uid": self.uid,
            "temp": self.temp,
            "queueby": self.queueby,
        })
    }
}

/// The list, what plays of it, and the server's clock over that.
#[derive(Clone, Debug, Default)]
pub(super) struct Playlist {
    pub(super) items: Vec<Item>,
    pub(super) count: i64,
    pub(super) raw_time_s: f64,
    pub(super) next_uid: i64,
    /// A copy: it may be on the list no longer.
    pub(super) current: Option<Item>,
    pub(super) position_s: f64,
    pub(super) paused: bool,
    pub(super) leader: Option<ConnId>,
    /// Next second of the server's clock, if it runs.
    pub(super) tick_at_ms: Option<i64>,
    pub(super) last_tick_ms: i64,
    pub(super) ticks: u64,
    /// Adds whose media are being looked up, one after another.
    pub(super) pending: VecDeque<PendingAdd>,
}

impl Playlist {
    pub(super) fn index_of(&self, uid: i64) -> Option<usize> {
        self.items.iter().position(|item| item.uid == uid)
    }

    pub(super) fn find(&self, uid: i64) -> Option<&Item> {
        self.items.iter().find(|item| item.uid == uid)
    }

    /// What comes after `uid`: the first item after the last.
    pub(super) fn after(&self, uid: i64) -> Option<&Item> {
        let next = self
            .index_of(uid)
            .and_then(|index| self.items.get(index + 1));
        next.or_else(|| self.items.first())
    }

    pub(super) fn is_current(&self, uid: i64) -> bool {
        self.current.as_ref().is_some_and(|item| item.uid == uid)
    }

    pub(super) fn take(&mut self, uid: i64) -> Option<Item> {
        self.index_of(uid).map(|index| self.items.remove(index))
    }

    /// Puts an item behind `uid`; without such an item it is dropped, and the answer is no.
    pub(super) fn insert_after(&mut self, item: Item, uid: i64) -> bool {
        let index = self.index_of(uid);
        if let Some(index) = index {
            self.items.insert(index + 1, item);
        }
        index.is_some()
    }

    pub(super) fn new_uid(&mut self) -> i64 {
        self.next_uid += 1;
        self.next_uid - 1
    }

    pub(super) fn pack(&self) -> Value {
        Value::Array(self.items.iter().map(Item::pack).collect())
    }

    pub(super) fn pack_meta(&self) -> Value {
        json!({
            "count": self.count,
            "rawTime": num(self.raw_time_s),
            "time": clock_text(self.raw_time_s),
        })
    }

    /// As it is when loaded again: numbered from 0 in list order, without a leader.
    pub(super) fn unload(&mut self) {
        let current = self.current.take();
        let index = current.and_then(|item| self.index_of(item.uid));
        for (uid, item) in (0..).zip(&mut self.items) {
            item.uid = uid;
        }
        self.next_uid = self.items.len() as i64;
        self.count = self.next_uid;
        self.raw_time_s = self.items.iter().map(|item| item.media.seconds).sum();
        self.current = index.and_then(|index| self.items.get(index)).cloned();
        self.leader = None;
        self.tick_at_ms = None;
        self.pending.clear();
    }
}

/// `MM:SS`, or `HH:MM:SS` from an hour on.
pub(super) fn clock_text(seconds: f64) -> String {
    let s = seconds.max(0.0) as u64;
    let (hours, minutes, s) = (s / 3_600, s / 60 % 60, s % 60);
    if hours > 0 {
        format!("{hours:02}:{minutes:02}:{s:02}")
    } else {
        format!("{minutes:02}:{s:02}")
    }
}

/// A uid out of a number.
pub(super) fn whole(number: Option<f64>) -> Option<i64> {
    number.filter(|n| n.fract() == 0.0).map(|n| n as i64)
}

/// A uid out of a number or a numeric string.
pub(super) fn uid_of(value: &Value) -> Option<i64> {
    whole(value.as_f64()).or_else(|| value.as_str()?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::clock_text;

    #[test]
    fn totals_read_as_clocks() {
        assert_eq!(clock_text(0.0), "00:00");
        assert_eq!(clock_text(725.0), "12:05");
        assert_eq!(clock_text(7_111.0), "01:58:31");
    }
}
