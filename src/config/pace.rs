//! How often one address may knock at one site.

use std::time::Duration;

/// What a site grants one address, shared by all channels of a process that go there. The default is
/// what a CyTube server grants by default; raise it only where its operator does.
///
/// ```
/// use projectionist::{Config, config::Pace};
/// // A site that admits 60 sockets of ours: fifty channels fit.
/// let pace = Pace { sockets_max: 60, ..Pace::default() };
/// let config = Config::new("https://cytu.example", "MyChannel").pace(pace);
/// assert!(config.check().is_ok());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Connects in a row, before they are spaced. Default 5 (`src/io/ioserver.js`).
    pub connects_burst: u32,
    /// Space between connects from then on. Default 10 s.
    pub connect_interval: Duration,
    /// Space between guest logins, on whatever channel. Default 60 s (`src/user.js`).
    pub guest_interval: Duration,
    /// Sockets open or being opened at once. Default 10 (`src/config.js`: ip-connection-limit).
    pub sockets_max: usize,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            connects_burst: 5,
            connect_interval: Duration::from_secs(10),
            guest_interval: Duration::from_secs(60),
            sockets_max: 10,
        }
    }
}
