//! One socket and the user on it.
//!
//! Plain state: what a connection may do and hear is decided by the handlers.

use crate::testing::model::limits::{RateLimiter, TokenBucket};

/// Names a connection; chosen by whoever feeds the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnId(pub u64);

impl ConnId {
    /// Bots, users without a socket, are numbered from here.
    pub(super) const FIRST_BOT: u64 = 1 << 63;

    /// Whether this is a user without a socket.
    #[must_use]
    pub fn is_bot(self) -> bool {
        self.0 >= Self::FIRST_BOT
    }
}

/// Who connects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Address the server sees.
    pub ip: String,
    /// The `Cookie` header of the handshake, if any.
    pub cookie: Option<String>,
}

impl Peer {
    /// A peer without cookies.
    #[must_use]
    pub fn new(ip: impl Into<String>) -> Self {
        Self {
            ip: ip.into(),
            cookie: None,
        }
    }

    /// The value of the `auth` cookie.
    pub(super) fn auth_cookie(&self) -> Option<&str> {
        self.cookie.as_deref()?.split(';').find_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            (name.trim() == "auth").then(|| value.trim())
        })
    }
}

/// How far the socket has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Open, not connected to the namespace.
    Opened,
    /// Connected: events flow.
    Connected,
    /// Left or kicked; only a fresh connect may follow.
    Disconnected,
}

/// A join that waits for something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Pending {
    /// The room's password, or a login of rank 2.
    Password,
    /// A name: the room takes no anonymous users.
    Name,
}

/// A connection and its user.
#[derive(Clone, Debug)]
pub(super) struct Conn {
    pub(super) peer: Peer,
    pub(super) phase: Phase,
    /// When to give up waiting for a connect.
    pub(super) connect_by_ms: Option<i64>,
    pub(super) ping_at_ms: Option<i64>,
    pub(super) dead_at_ms: Option<i64>,
    pub(super) inbound: Option<TokenBucket>,
    pub(super) user: User,
}

/// The user on a connection.
#[derive(Clone, Debug, Default)]
pub(super) struct User {
    /// Empty while anonymous.
    pub(super) name: String,
    /// Whether the name is an account's.
    pub(super) registered: bool,
    pub(super) global_rank: f64,
    pub(super) channel_rank: f64,
    pub(super) rank: f64,
    /// Rank to fall back to when no longer leader.
    pub(super) rank_before_leading: f64,
    pub(super) has_channel_rank: bool,
    pub(super) rank_lookup_at_ms: Option<i64>,
    pub(super) profile_image: String,
    pub(super) profile_text: String,
    pub(super) first_seen_ms: i64,
    pub(super) aliases: Vec<String>,
    /// Set by the one `joinChannel` a socket may send.
    pub(super) join_used: bool,
    /// Asked for the site's admin panel while anonymous: the login decides.
    pub(super) acp_requested: bool,
    /// Room it is in, or waits for.
    pub(super) room: Option<String>,
    pub(super) pending: Option<Pending>,
    /// Whether the room has taken it in.
    pub(super) in_room: bool,
    pub(super) afk: bool,
    pub(super) afk_at_ms: Option<i64>,
    pub(super) muted: bool,
    pub(super) shadow_muted: bool,
    pub(super) chat_limiter: RateLimiter,
    pub(super) queue_limiter: RateLimiter,
    pub(super) playlist_limiter: RateLimiter,
}

impl User {
    pub(super) fn anonymous(now_ms: i64) -> Self {
        Self {
            global_rank: -1.0,
            channel_rank: -1.0,
            rank: -1.0,
            first_seen_ms: now_ms,
            ..Self::default()
        }
    }

    pub(super) fn is_named(&self) -> bool {
        !self.name.is_empty()
    }

    pub(super) fn is_called(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}
