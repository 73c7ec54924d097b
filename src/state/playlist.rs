//! The ordered playlist.

use crate::event::After;
use crate::model::{Item, Uid};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Items in playing order. uids are unique, begin at 0 and mean nothing after the next join.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Playlist(Vec<Arc<Item>>);

impl Playlist {
    /// How many items.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The item of that number.
    #[must_use]
    pub fn find(&self, uid: Uid) -> Option<&Item> {
        self.0.iter().find(|item| item.uid == uid).map(Arc::as_ref)
    }

    /// All items in order.
    pub fn iter(&self) -> impl Iterator<Item = &Item> {
        self.0.iter().map(Arc::as_ref)
    }

    fn index(&self, uid: Uid) -> Option<usize> {
        self.0.iter().position(|item| item.uid == uid)
    }

    /// Index at which something placed `after` goes; `None` when its anchor is not here.
    fn place(&self, after: After) -> Option<usize> {
        match after {
            After::Front => Some(0),
            After::End => Some(self.0.len()),
            After::Uid(uid) => self.index(uid).map(|index| index + 1),
        }
    }

    /// Inserts an item. An unknown anchor puts it at the end and says `false`: the order is
    /// doubtful, the item is not.
    pub(super) fn insert(&mut self, item: Item, after: After) -> bool {
        self.remove(item.uid);
        let place = self.place(after);
        self.0.insert(place.unwrap_or(self.0.len()), Arc::new(item));
        place.is_some()
    }

    pub(super) fn remove(&mut self, uid: Uid) -> bool {
        self.index(uid).map(|index| self.0.remove(index)).is_some()
    }

    /// Moves an item. Where it or its anchor is unknown nothing changes: the server then loses
    /// items of its own (`src/channel/playlist.js`), and its count is the hint to ask again.
    pub(super) fn relocate(&mut self, uid: Uid, after: After) -> bool {
        let Some(from) = self.index(uid) else {
            return false;
        };
        let item = self.0.remove(from);
        let place = self.place(after);
        self.0.insert(place.unwrap_or(from), item);
        place.is_some()
    }

    /// Changes the item of that number; says whether there is one.
    pub(super) fn change(&mut self, uid: Uid, change: impl FnOnce(&mut Item)) -> bool {
        let item = self.0.iter_mut().find(|item| item.uid == uid);
        item.map(|item| change(Arc::make_mut(item))).is_some()
    }
}

impl FromIterator<Item> for Playlist {
    fn from_iter<I: IntoIterator<Item = Item>>(items: I) -> Self {
        Self(items.into_iter().map(Arc::new).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Media;

    fn item(uid: i64) -> Item {
        let media = Media {
            kind: "yt".into(),
            id: format!("v{uid}"),
            title: String::new(),
            seconds: 1.0,
            meta: serde_json::Value::Null,
        };
        Item {
            uid: Uid(uid),
            temp: false,
            queued_by: None,
            media,
        }
    }

    fn uids(list: &Playlist) -> Vec<i64> {
        list.iter().map(|item| item.uid.0).collect()
    }

    #[test]
    fn trap_9_7_uid_zero_is_an_ordinary_uid() {
        let mut list: Playlist = [item(0), item(1)].into_iter().collect();
        assert!(list.insert(item(2), After::Uid(Uid(0))));
        assert_eq!(uids(&list), [0, 2, 1]);
        assert!(list.remove(Uid(0)));
        assert_eq!(uids(&list), [2, 1]);
    }

    #[test]
    fn trap_9_12_a_move_behind_nothing_leaves_the_list_as_it_was() {
        let mut list: Playlist = [item(0), item(1), item(2)].into_iter().collect();
        assert!(!list.relocate(Uid(1), After::Uid(Uid(99))));
        assert!(!list.relocate(Uid(99), After::Front));
        assert_eq!(uids(&list), [0, 1, 2]);
        assert!(list.relocate(Uid(2), After::Front));
        assert!(list.relocate(Uid(0), After::End));
        assert_eq!(uids(&list), [2, 1, 0]);
    }

    #[test]
    fn an_item_behind_nothing_goes_to_the_end() {
        let mut list: Playlist = [item(0)].into_iter().collect();
        assert!(!list.insert(item(5), After::Uid(Uid(99))));
        assert!(list.insert(item(6), After::Front));
        assert_eq!(uids(&list), [6, 0, 5]);
    }
}
