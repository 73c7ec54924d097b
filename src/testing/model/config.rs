//! What the model server is made of: accounts, rooms, media and every limit.
//!
//! Plain data. The defaults are CyTube's own (`config.template.yaml`, `src/config.js`,
//! `src/io/ioserver.js`); [`ModelConfig::relaxed`] lifts those that only make a test wait.

use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A registered account of the site.
#[derive(Clone)]
#[non_exhaustive]
pub struct Account {
    /// Name in its own capitalisation.
    pub name: String,
    /// What `login` must bring; empty means that no password fits, only a cookie.
    pub password: String,
    /// Rank everywhere on the site: 1, or 255 for a site admin.
    pub global_rank: f64,
    /// When it was registered, in milliseconds since 1970; counts for new-user limits.
    pub registered_ms: i64,
    /// Address of the profile picture.
    pub profile_image: String,
    /// Text of the profile.
    pub profile_text: String,
}

/// Keeps the password out.
impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account")
            .field("name", &self.name)
            .field("global_rank", &self.global_rank)
            .finish_non_exhaustive()
    }
}

impl Account {
    /// A plain account of rank 1.
    #[must_use]
    pub fn new(name: impl Into<String>, password: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            password: password.into(),
            global_rank: 1.0,
            registered_ms: 0,
            profile_image: String::new(),
            profile_text: String::new(),
        }
    }

    /// Sets the site-wide rank.
    #[must_use]
    pub fn global_rank(mut self, rank: f64) -> Self {
        self.global_rank = rank;
        self
    }
}

/// A room that exists from the start. Any other name makes an unregistered room at the first join.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RoomConfig {
    /// Name, 1 to 30 of `[A-Za-z0-9_-]`; compared without case.
    pub name: String,
    /// Whether the room is registered: it has ranks, bans and a saved state.
    pub registered: bool,
    /// Ranks of accounts in this room, by name.
    pub ranks: Vec<(String, f64)>,
    /// Why the operator has banned the room, if so: every join is refused.
    pub banned: Option<String>,
    /// Whether the room lives on another server of the site: joins get an `errorMsg` and no more.
    pub elsewhere: bool,
}

impl RoomConfig {
    /// A registered room with CyTube's default settings.
    #[must_use]
    pub fn registered(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            registered: true,
            ranks: Vec::new(),
            banned: None,
            elsewhere: false,
        }
    }

    /// Gives an account a rank in this room.
    #[must_use]
    pub fn rank(mut self, account: impl Into<String>, rank: f64) -> Self {
        self.ranks.push((account.into(), rank));
        self
    }
}

/// What a media provider would answer for one id.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct MediaEntry {
    /// Type code, such as `yt`.
    pub kind: String,
    /// Id at the provider.
    pub id: String,
    /// Title, cut to 100 characters like CyTube's.
    pub title: String,
    /// Length in seconds; 0 is live.
    pub seconds: f64,
    /// The provider's extras, such as `restricted`.
    pub meta: Value,
}

impl MediaEntry {
    /// An entry without extras.
    #[must_use]
    pub fn new(
        kind: impl Into<String>,
        id: impl Into<String>,
        title: impl Into<String>,
        seconds: f64,
    ) -> Self {
        Self {
            kind: kind.into(),
            id: id.into(),
            title: title.into(),
            seconds,
            meta: json!({}),
        }
    }
}

/// Every knob of a [`Model`](crate::testing::Model).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ModelConfig {
    /// Seeds what a real server draws: socket ids and shuffles.
    pub seed: u64,
    /// Between pings, in milliseconds.
    pub ping_interval_ms: i64,
    /// From a ping to giving the client up, in milliseconds.
    pub ping_timeout_ms: i64,
    /// How long a socket may stay without connecting to the namespace, in milliseconds.
    pub connect_wait_max_ms: i64,
    /// Largest frame a client may send, in bytes; told in the open packet.
    pub payload_bytes_max: usize,
    /// Connects at once from one address.
    pub connect_burst: u32,
    /// Milliseconds until an address may connect once more.
    pub connect_refill_ms: i64,
    /// Open sockets from one address.
    pub connections_per_ip_max: usize,
    /// Addresses the site refuses.
    pub banned_ips: BTreeSet<String>,
    /// Events a second from one socket, if limited; also the burst.
    pub events_per_s_max: Option<f64>,
    /// Seconds between guest logins from one address.
    pub guest_login_delay_s: i64,
    /// How long the database takes to know an account's rank in a room, in milliseconds. At 0 it
    /// is known before the join burst, else it follows: both happen on real servers.
    pub rank_lookup_ms: i64,
    /// How long a media provider takes to answer, in milliseconds.
    pub media_lookup_ms: i64,
    /// Longest chat message, in UTF-16 units; longer ones are cut.
    pub chat_units_max: usize,
    /// How many messages a joiner is shown.
    pub replay_max: usize,
    /// Between `usercount` broadcasts, in milliseconds.
    pub usercount_interval_ms: i64,
    /// One `mediaUpdate` in so many seconds of playback.
    pub update_interval_ticks: u64,
    /// Items on a playlist.
    pub playlist_items_max: usize,
    /// Options of a poll.
    pub poll_options_max: usize,
    /// Between saves of the rooms' state, in seconds.
    pub save_interval_s: i64,
    /// Whether a room that empties is unloaded: its uids are renumbered at the next join, and an
    /// unregistered one is forgotten.
    pub unload_empty_rooms: bool,
    /// Names no guest may take.
    pub reserved_names: BTreeSet<String>,
    /// The accounts of the site.
    pub accounts: Vec<Account>,
    /// Value of the `auth` cookie to name of the account.
    pub cookies: BTreeMap<String, String>,
    /// The rooms that exist from the start.
    pub rooms: Vec<RoomConfig>,
    /// What providers know; any other id of a known type gets a made-up title and length.
    pub media: Vec<MediaEntry>,
    /// Ids that providers refuse, with the reason given.
    pub media_failures: BTreeMap<String, String>,
}

/// CyTube's own limits, no accounts, no rooms.
impl Default for ModelConfig {
    fn default() -> Self {
        Self {
            seed: 1,
            ping_interval_ms: 25_000,
            ping_timeout_ms: 120_000,
            connect_wait_max_ms: 45_000,
            payload_bytes_max: 1 << 20,
            connect_burst: 5,
            connect_refill_ms: 10_000,
            connections_per_ip_max: 10,
            banned_ips: BTreeSet::new(),
            events_per_s_max: None,
            guest_login_delay_s: 60,
            rank_lookup_ms: 0,
            media_lookup_ms: 0,
            chat_units_max: 320,
            replay_max: 15,
            usercount_interval_ms: 10_000,
            update_interval_ticks: 5,
            playlist_items_max: 4_000,
            poll_options_max: 50,
            save_interval_s: 300,
            unload_empty_rooms: true,
            reserved_names: ["admin", "administrator", "owner"].map(String::from).into(),
            accounts: Vec::new(),
            cookies: BTreeMap::new(),
            rooms: Vec::new(),
            media: Vec::new(),
            media_failures: BTreeMap::new(),
        }
    }
}

impl ModelConfig {
    /// Without the limits per address that make tests wait: no connect throttle, no limit of
    /// sockets, no delay between guest logins.
    #[must_use]
    pub fn relaxed() -> Self {
        Self {
            connect_burst: u32::MAX,
            connections_per_ip_max: usize::MAX,
            guest_login_delay_s: 0,
            ..Self::default()
        }
    }

    /// Adds an account.
    #[must_use]
    pub fn account(mut self, account: Account) -> Self {
        self.accounts.push(account);
        self
    }

    /// Lets the cookie `auth=<token>` log in as the account `name`.
    #[must_use]
    pub fn cookie(mut self, token: impl Into<String>, name: impl Into<String>) -> Self {
        self.cookies.insert(token.into(), name.into());
        self
    }

    /// Adds a room.
    #[must_use]
    pub fn room(mut self, room: RoomConfig) -> Self {
        self.rooms.push(room);
        self
    }

    /// Adds what a provider knows.
    #[must_use]
    pub fn media(mut self, entry: MediaEntry) -> Self {
        self.media.push(entry);
        self
    }

    /// The account of this name, in any capitalisation.
    pub(super) fn find_account(&self, name: &str) -> Option<&Account> {
        self.accounts
            .iter()
            .find(|account| account.name.eq_ignore_ascii_case(name))
    }

    /// The configured room of this lower-case name.
    pub(super) fn find_room(&self, name: &str) -> Option<&RoomConfig> {
        self.rooms
            .iter()
            .find(|room| room.name.eq_ignore_ascii_case(name))
    }
}
