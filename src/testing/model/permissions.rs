//! Who may do what in a room (`src/channel/permissions.js`).

use crate::testing::model::wire::num;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Name, rank needed in a registered room, rank needed in an unregistered one (none: nobody may).
const DEFAULTS: &[(&str, f64, Option<f64>)] = &[
    ("seeplaylist", -1.0, Some(-1.0)),
    ("playlistadd", 1.5, Some(-1.0)),
    ("playlistnext", 1.5, Some(0.0)),
    ("playlistmove", 1.5, Some(0.0)),
    ("playlistdelete", 2.0, Some(0.0)),
    ("playlistjump", 1.5, Some(0.0)),
    ("playlistaddlist", 1.5, Some(0.0)),
    ("oplaylistadd", -1.0, Some(-1.0)),
    ("oplaylistnext", 1.5, Some(0.0)),
    ("oplaylistmove", 1.5, Some(0.0)),
    ("oplaylistdelete", 2.0, Some(0.0)),
    ("oplaylistjump", 1.5, Some(0.0)),
    ("oplaylistaddlist", 1.5, Some(0.0)),
    ("playlistaddcustom", 3.0, Some(0.0)),
    ("playlistaddrawfile", 2.0, None),
    ("playlistaddlive", 1.5, Some(0.0)),
    ("exceedmaxlength", 2.0, Some(0.0)),
    ("addnontemp", 2.0, Some(0.0)),
    ("settemp", 2.0, Some(0.0)),
    ("playlistshuffle", 2.0, Some(0.0)),
    ("playlistclear", 2.0, Some(0.0)),
    ("pollctl", 1.5, Some(0.0)),
    ("pollvote", -1.0, Some(-1.0)),
    ("viewhiddenpoll", 1.5, Some(1.5)),
    ("voteskip", -1.0, Some(-1.0)),
    ("viewvoteskip", 1.5, Some(1.5)),
    ("mute", 1.5, None),
    ("kick", 1.5, None),
    ("ban", 2.0, None),
    ("motdedit", 3.0, None),
    ("filteredit", 3.0, None),
    ("filterimport", 3.0, None),
    ("emoteedit", 3.0, None),
    ("emoteimport", 3.0, None),
    ("playlistlock", 2.0, Some(2.0)),
    ("leaderctl", 2.0, Some(0.0)),
    ("drink", 1.5, Some(0.0)),
    ("chat", 0.0, Some(0.0)),
    ("chatclear", 2.0, Some(2.0)),
    ("exceedmaxitems", 2.0, Some(2.0)),
    ("deletefromchannellib", 2.0, Some(2.0)),
    ("exceedmaxdurationperuser", 2.0, None),
];

/// The permissions of a room.
#[derive(Clone, Debug)]
pub(super) struct Permissions {
    ranks: BTreeMap<String, f64>,
    /// Whether the `o…` permissions count too.
    pub(super) playlist_open: bool,
}

impl Permissions {
    pub(super) fn new(registered: bool) -> Self {
        let rank = |(name, reg, unreg): &(&str, f64, Option<f64>)| {
            let rank = if registered { Some(*reg) } else { *unreg };
            rank.map(|rank| ((*name).to_owned(), rank))
        };
        Self {
            ranks: DEFAULTS.iter().filter_map(rank).collect(),
            playlist_open: !registered,
        }
    }

    /// Whether `rank` has the permission `name`.
    pub(super) fn allow(&self, rank: f64, name: &str) -> bool {
        let open = name.starts_with("playlist") && self.playlist_open;
        let enough = |key: &str| self.ranks.get(key).is_some_and(|needed| rank >= *needed);
        (open && enough(&format!("o{name}"))) || enough(name)
    }

    /// Rank needed; infinite if nobody may.
    pub(super) fn needed(&self, name: &str) -> f64 {
        self.ranks.get(name).copied().unwrap_or(f64::INFINITY)
    }

    /// Takes over the numbers of known permissions.
    pub(super) fn update(&mut self, changes: &Map<String, Value>) {
        for (name, value) in changes {
            let number = value
                .as_f64()
                .or_else(|| value.as_str()?.trim().parse().ok());
            if let (Some(rank), Some(number)) = (self.ranks.get_mut(name), number) {
                *rank = number;
            }
        }
    }

    pub(super) fn pack(&self) -> Value {
        let fields = self.ranks.iter();
        Value::Object(
            fields
                .map(|(name, rank)| (name.clone(), num(*rank)))
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_playlist_asks_for_less() {
        let mut permissions = Permissions::new(true);
        assert!(!permissions.allow(0.0, "playlistadd"));
        permissions.playlist_open = true;
        assert!(permissions.allow(0.0, "playlistadd"));
        assert!(!permissions.allow(0.0, "playlistclear"));
    }

    #[test]
    fn a_missing_key_means_nobody() {
        let permissions = Permissions::new(false);
        assert!(!permissions.allow(255.0, "motdedit"));
        assert_eq!(permissions.pack().get("mute"), None);
    }
}
