//! What must be known to make or continue a log.

use crate::config::Durability;
use crate::time::UnixMicros;

/// Whose log it is, and what a commit must survive.
///
/// ```
/// use projectionist::{config::Durability, sqlite::LogOptions};
/// let options = LogOptions::new("MyChannel", "https://cytu.be").durability(Durability::Disk);
/// # let _ = options;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogOptions {
    /// Name of the channel, ASCII case ignored. A log of another one is refused.
    pub channel: String,
    /// Scheme, host and port of the site. Noted when the log is made; sites move, so a log is
    /// continued wherever its channel is found.
    pub origin: String,
    /// What a commit survives.
    pub durability: Durability,
    /// Identity for a new log. Default: drawn by SQLite.
    pub log_id: Option<[u8; 16]>,
    /// Time of creation for a new log. Default: read by SQLite.
    pub created: Option<UnixMicros>,
}

impl LogOptions {
    /// The log of a channel, with the default durability.
    pub fn new(channel: impl Into<String>, origin: impl Into<String>) -> Self {
        Self {
            channel: channel.into(),
            origin: origin.into(),
            durability: Durability::default(),
            log_id: None,
            created: None,
        }
    }

    /// Sets [`LogOptions::durability`].
    #[must_use]
    pub fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// Sets [`LogOptions::log_id`], for logs that must come out the same each time.
    #[must_use]
    pub fn log_id(mut self, log_id: [u8; 16]) -> Self {
        self.log_id = Some(log_id);
        self
    }

    /// Sets [`LogOptions::created`], for logs that must come out the same each time.
    #[must_use]
    pub fn created(mut self, created: UnixMicros) -> Self {
        self.created = Some(created);
        self
    }
}
