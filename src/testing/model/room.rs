//! One room: everything CyTube keeps of a channel.
//!
//! Plain state and small pure questions. The part that a real server saves to its database
//! survives an unload (see [`Room::unload`]); the rest is gone with the last user.

use crate::testing::model::config::RoomConfig;
use crate::testing::model::conn::ConnId;
use crate::testing::model::html::Filter;
use crate::testing::model::limits::Debounce;
use crate::testing::model::list::Playlist;
use crate::testing::model::options::Options;
use crate::testing::model::permissions::Permissions;
use crate::testing::model::polls::Poll;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Lines of the room's log that are kept.
const LOG_LINES_MAX: usize = 1_000;

/// A ban of a name or an address.
#[derive(Clone, Debug)]
pub(super) struct Ban {
    pub(super) id: i64,
    /// `*` for a ban of the name; a trailing `*` part for a range.
    pub(super) ip: String,
    pub(super) name: String,
    pub(super) reason: String,
    pub(super) by: String,
}

/// A channel.
#[derive(Clone, Debug)]
pub(super) struct Room {
    pub(super) name: String,
    pub(super) registered: bool,
    /// Whether it is in memory on the imitated server: clocks run only then.
    pub(super) loaded: bool,
    /// Names as typed and ranks, by lower-case name.
    pub(super) ranks: BTreeMap<String, f64>,
    pub(super) bans: Vec<Ban>,
    pub(super) next_ban_id: i64,
    /// Sockets that hear broadcasts; a joiner is among them just before it is among the users.
    pub(super) sockets: Vec<ConnId>,
    /// Users in order of entry.
    pub(super) users: Vec<ConnId>,
    pub(super) permissions: Permissions,
    pub(super) options: Options,
    pub(super) motd: String,
    pub(super) css: String,
    pub(super) js: String,
    /// Name, image address.
    pub(super) emotes: Vec<(String, String)>,
    pub(super) filters: Vec<Filter>,
    /// The messages a joiner is shown.
    pub(super) replay: VecDeque<Value>,
    /// How many messages were ever put there.
    pub(super) said: u64,
    /// Lower-case names; true for a shadow mute.
    pub(super) mutes: BTreeMap<String, bool>,
    pub(super) drinks: i64,
    pub(super) playlist: Playlist,
    pub(super) poll: Option<Poll>,
    /// Addresses that voted to skip, once one did.
    pub(super) skip_votes: Option<BTreeSet<String>>,
    pub(super) usercount: Debounce,
    pub(super) log: VecDeque<String>,
}

impl Room {
    pub(super) fn new(config: &RoomConfig) -> Self {
        let ranks = config.ranks.iter();
        Self {
            name: config.name.to_ascii_lowercase(),
            registered: config.registered,
            loaded: false,
            ranks: ranks
                .map(|(name, rank)| (name.to_ascii_lowercase(), *rank))
                .collect(),
            bans: Vec::new(),
            next_ban_id: 1,
            sockets: Vec::new(),
            users: Vec::new(),
            permissions: Permissions::new(config.registered),
            options: Options::new(&config.name.to_ascii_lowercase()),
            motd: String::new(),
            css: String::new(),
            js: String::new(),
            emotes: Vec::new(),
            filters: Filter::defaults(),
            replay: VecDeque::new(),
            said: 0,
            mutes: BTreeMap::new(),
            drinks: 0,
            playlist: Playlist::default(),
            poll: None,
            skip_votes: None,
            usercount: Debounce::default(),
            log: VecDeque::new(),
        }
    }

    /// Leaves only what a real server writes to its database, as it is when loaded again: items
    /// numbered from 0, no leader, no timers.
    pub(super) fn unload(&mut self) {
        self.loaded = false;
        self.sockets.clear();
        self.users.clear();
        self.drinks = 0;
        self.skip_votes = None;
        self.usercount = Debounce::default();
        self.playlist.unload();
        if let Some(poll) = &mut self.poll {
            poll.close_at_ms = None;
        }
    }

    pub(super) fn is_banned(&self, ip: &str, name: &str) -> bool {
        self.bans.iter().any(|ban| match ban.ip.as_str() {
            "*" => !name.is_empty() && ban.name.eq_ignore_ascii_case(name),
            address => match address.strip_suffix(".*") {
                Some(range) => ip
                    .strip_prefix(range)
                    .is_some_and(|rest| rest.starts_with('.')),
                None => address == ip,
            },
        })
    }

    pub(super) fn is_name_banned(&self, name: &str) -> bool {
        self.is_banned("", name)
    }

    pub(super) fn rank_of(&self, name: &str) -> f64 {
        self.ranks
            .get(&name.to_ascii_lowercase())
            .copied()
            .unwrap_or(0.0)
    }

    /// Adds a line to the log that owners may read.
    pub(super) fn note(&mut self, line: String) {
        if self.log.len() == LOG_LINES_MAX {
            self.log.pop_front();
        }
        self.log.push_back(line);
    }
}
