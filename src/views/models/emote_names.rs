//! The names of a room's emotes, for looking words up in.
//!
//! Emotes change seldom and words come fast: the set is made anew only when the list has been
//! replaced. It never keeps a list alive, so that the fold changes its list in place.

use crate::model::Emote;
use crate::state::ChannelState;
use std::collections::BTreeSet;
use std::sync::{Arc, Weak};

/// The emotes of the moment. Empty while they are not known.
#[derive(Debug, Default)]
pub(super) struct EmoteNames {
    names: BTreeSet<String>,
    /// The list that the names are of. A weak reference keeps its place from being used again.
    list: Weak<Vec<Emote>>,
}

impl EmoteNames {
    /// The uses of emotes in a text: each of its words, split at white space, that is the name of
    /// an emote at that moment.
    pub(super) fn used_in<'a>(
        &'a mut self,
        text: &'a str,
        state: &ChannelState,
    ) -> impl Iterator<Item = &'a str> {
        self.follow(state);
        let known = !self.names.is_empty();
        let words = text.split_whitespace().filter(move |_| known);
        words.filter(|word| self.names.contains(*word))
    }

    fn follow(&mut self, state: &ChannelState) {
        let list = state.emotes.as_ref().map_or_else(Weak::new, Arc::downgrade);
        if !self.list.ptr_eq(&list) {
            let emotes = state.emotes.iter().flat_map(|emotes| emotes.iter());
            self.names = emotes.map(|emote| emote.name.clone()).collect();
            self.list = list;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(names: &[&str]) -> ChannelState {
        let emote = |name: &&str| Emote {
            name: (*name).to_owned(),
            image: String::new(),
            source: String::new(),
        };
        ChannelState {
            emotes: Some(Arc::new(names.iter().map(emote).collect())),
            ..ChannelState::default()
        }
    }

    #[test]
    fn the_names_are_those_of_the_moment() {
        let mut names = EmoteNames::default();
        let mut uses = |state: &ChannelState| names.used_in(":a: :b:\t:a: :ab:", state).count();
        assert_eq!(uses(&ChannelState::default()), 0);
        let mut room = state(&[":a:"]);
        assert_eq!(uses(&room), 2);
        if let Some(emotes) = &mut room.emotes {
            Arc::make_mut(emotes)[0].name = ":b:".to_owned();
        }
        assert_eq!(uses(&room), 1, "changed in place");
        assert_eq!(uses(&state(&[":a:", ":b:"])), 3);
        assert_eq!(uses(&ChannelState::default()), 0);
    }
}
