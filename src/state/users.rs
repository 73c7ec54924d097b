//! The named users of a room, by identity.

use crate::model::{User, identity};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Named users, one per identity (ASCII case ignored), in the order of their names.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Users(BTreeMap<Arc<str>, Arc<User>>);

impl Users {
    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The user of that name; ASCII case does not matter.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&User> {
        // Most names are lower case as they come: no copy then.
        let found = if name.bytes().any(|b| b.is_ascii_uppercase()) {
            self.0.get(identity(name).as_str())
        } else {
            self.0.get(name)
        };
        found.map(Arc::as_ref)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = &User> {
        self.0.values().map(Arc::as_ref)
    }

    pub(super) fn upsert(&mut self, user: User) {
        self.0.insert(identity(&user.name).into(), Arc::new(user));
    }

    pub(super) fn remove(&mut self, name: &str) -> bool {
        self.0.remove(identity(name).as_str()).is_some()
    }

    /// Changes the user of that name; says whether there is one.
    pub(super) fn change(&mut self, name: &str, change: impl FnOnce(&mut User)) -> bool {
        let user = self.0.get_mut(identity(name).as_str());
        user.map(|user| change(Arc::make_mut(user))).is_some()
    }

    pub(super) fn drop_moderator_data(&mut self) {
        for user in self.0.values_mut().filter(|user| user.moderator.is_some()) {
            Arc::make_mut(user).moderator = None;
        }
    }
}

impl FromIterator<User> for Users {
    fn from_iter<I: IntoIterator<Item = User>>(users: I) -> Self {
        let mut list = Self::default();
        users.into_iter().for_each(|user| list.upsert(user));
        list
    }
}
