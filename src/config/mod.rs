//! What a host decides: where, as whom, into which file, and every limit.
//!
//! Plain fields, each with its default and the reason for it, and a setter of the same name.
//! [`Config::check`] says what does not make sense before anything is opened or dialled.

mod check;
mod pace;

pub use check::ConfigError;
pub use pace::Pace;

use crate::secret::Secret;
use std::path::PathBuf;
use std::time::Duration;

/// As whom to join.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Login {
    /// Without a name: sees public chat, says nothing.
    #[default]
    Anonymous,
    /// Under a name without an account. The server admits one guest login per address and minute.
    Guest {
        /// The name, 1-20 of `A-Z a-z 0-9 - _`.
        name: String,
    },
    /// An account, by name and password over the socket.
    Account {
        /// The account's name.
        name: String,
        /// Its password.
        password: Secret,
    },
    /// An account, by the `auth` cookie of a browser session.
    Cookie {
        /// Value of the `auth` cookie.
        auth: Secret,
        /// Value of the `ip-session` cookie, which keeps the server's idea of how long we are
        /// known.
        ip_session: Option<Secret>,
        /// Whether to stay, anonymous, if the server ignores the cookie (it never says so).
        anonymous_allowed: bool,
    },
}

impl Login {
    /// Whether this is a login without account, which the server limits per address.
    #[must_use]
    pub fn is_guest(&self) -> bool {
        matches!(self, Self::Guest { .. })
    }
}

/// How to carry frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransportChoice {
    /// WebSocket; long polling where the upgrade is refused with an HTTP answer.
    #[default]
    Auto,
    /// WebSocket only.
    Websocket,
    /// Engine.IO long polling only.
    Polling,
}

/// Which playback ticks to record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PlaybackTicks {
    /// Those that tell something: the pause flag, or a position beyond the tolerance.
    #[default]
    Telling,
    /// Each one (17,280 a day).
    All,
}

/// What a committed event survives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// The death of the process, kill -9 included. A power cut may lose the newest commits, never
    /// reorder them (`synchronous=NORMAL`).
    #[default]
    Process,
    /// A power cut too, at the price of a sync per commit (`synchronous=FULL`).
    Disk,
}

/// Everything a host decides about one channel.
///
/// ```
/// use projectionist::Config;
/// let config = Config::new("https://cytu.be", "MyChannel").guest("reel").log("my.events.db");
/// assert!(config.check().is_ok());
/// assert!(Config::new("https://cytu.be", "no such name!").check().is_err());
/// assert!(Config::new("http://cytu.be", "MyChannel").check().is_err(), "plain http needs a yes");
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// Scheme, host and port of the site, such as `https://cytu.be`.
    pub origin: String,
    /// Name of the channel, 1-30 of `A-Z a-z 0-9 - _`; case does not matter.
    pub channel: String,
    /// As whom to join. Default: anonymous, which needs no rights.
    pub login: Login,
    /// Password of the room, if it has one.
    pub channel_password: Option<Secret>,
    /// The log file. Default: `<channel>.events.db` in the working directory.
    pub log_path: PathBuf,
    /// What a commit survives. Default: [`Durability::Process`], since chat is lost more often to
    /// crashes than to power cuts, and a sync per commit costs a hundredfold.
    pub durability: Durability,
    /// Allows plain `http`, over which the login password travels in the clear. Default: no.
    pub allow_insecure: bool,
    /// How to carry frames. Default: WebSocket, with long polling as the way round a proxy.
    pub transport: TransportChoice,
    /// Certificates (PEM) of private authorities to trust beside Mozilla's. Default: none.
    pub extra_roots: Vec<Vec<u8>>,
    /// Keeps addresses, aliases, shadow mutes and the channel's text log, where our rank shows
    /// them. Default: no. Passwords and cookies are never kept.
    pub record_moderator_data: bool,
    /// Which playback ticks to record. Default: telling ones.
    pub playback: PlaybackTicks,
    /// How far a tick may be off before it tells something. Default 1 s: the server's own tick.
    pub playback_tolerance: Duration,
    /// Stays out after a moderator's kick (default), or comes back.
    pub rejoin_after_kick: bool,

    /// What the site grants this machine's address, all channels of the process together. Default:
    /// what a CyTube server grants by default.
    pub pace: Pace,
    /// From dialling to an upgraded socket, at most. Default 20 s.
    pub connect_wait_max: Duration,
    /// From `joinChannel` to the whole burst, at most. Default 30 s: a slow load takes half.
    pub join_wait_max: Duration,
    /// Silence after which a connection counts as dead. Default 50 s: the server pings every 25 s
    /// and would take 145 s to notice.
    pub silence_max: Duration,
    /// How long the socket may refuse our bytes before it counts as dead. Default 30 s.
    pub write_wait_max: Duration,
    /// First delay before reconnecting. Default 5 s; doubles with each failure.
    pub reconnect_delay_min: Duration,
    /// Longest delay before reconnecting. Default 60 s.
    pub reconnect_delay_max: Duration,
    /// A session this long resets the delay. Default 60 s.
    pub reconnect_reset_after: Duration,
    /// How long a moderator's login may take to spare us the room password. Default 2 s.
    pub password_grace: Duration,

    /// Largest frame taken from the server. Default 16 MiB: a playlist of 4,000 items passes 1 MiB.
    pub frame_bytes_max: usize,
    /// Most bytes waiting to be written. Default 4 MiB.
    pub write_buffer_max: usize,
    /// Frames read into one transaction, at most. Default 256.
    pub drain_frames_max: usize,
    /// Commands waiting for the wire, at most; more are refused as busy. Default 64.
    pub command_queue_max: usize,
    /// How long a command may wait for its turn. Default 10 s.
    pub send_wait_max: Duration,
    /// How long a sent command waits for its echo before it counts as unanswered. Default 10 s.
    pub answer_wait_max: Duration,
    /// How long a command that makes the server look something up (adding media, searching) waits
    /// for its answer. Default 45 s: the server itself gives up after 20 s, one by one.
    pub lookup_wait_max: Duration,
    /// Events sent a second, at most, of whatever kind. Default 10: public servers put out those
    /// who send more than their (unpublished) limit; after that it is halved.
    pub send_rate_max: f64,
    /// How long commands handed over outside the channel are kept in the log for the next join,
    /// which may be that of another engine on this log. Default zero: they are refused.
    pub keep_wait_max: Duration,
    /// Longest chat line, in UTF-16 units of the text. Default 320, the server's default; the
    /// server cuts longer ones silently, we refuse them.
    pub chat_length_max: usize,
    /// How long a failing disk is retried before the engine gives up. Default 60 s.
    pub storage_retry_max: Duration,
    /// How long closing may wait for the last words to be written. Default 5 s.
    pub close_wait_max: Duration,
}

/// Declares setters that consume and return the configuration.
macro_rules! setters {
    ($($(#[$doc:meta])* $field:ident: $type:ty;)*) => {
        $($(#[$doc])* #[must_use] pub fn $field(mut self, $field: $type) -> Self {
            self.$field = $field;
            self
        })*
    };
}

impl Config {
    /// A configuration for one channel of one site, anonymous, with every default.
    #[must_use]
    pub fn new(origin: impl Into<String>, channel: impl Into<String>) -> Self {
        let channel = channel.into();
        Self {
            origin: origin.into().trim_end_matches('/').to_owned(),
            log_path: PathBuf::from(format!("{channel}.events.db")),
            channel,
            login: Login::Anonymous,
            channel_password: None,
            durability: Durability::default(),
            allow_insecure: false,
            transport: TransportChoice::default(),
            extra_roots: Vec::new(),
            record_moderator_data: false,
            playback: PlaybackTicks::default(),
            playback_tolerance: Duration::from_secs(1),
            rejoin_after_kick: false,
            pace: Pace::default(),
            connect_wait_max: Duration::from_secs(20),
            join_wait_max: Duration::from_secs(30),
            silence_max: Duration::from_secs(50),
            write_wait_max: Duration::from_secs(30),
            reconnect_delay_min: Duration::from_secs(5),
            reconnect_delay_max: Duration::from_secs(60),
            reconnect_reset_after: Duration::from_secs(60),
            password_grace: Duration::from_secs(2),
            frame_bytes_max: 16 << 20,
            write_buffer_max: 4 << 20,
            drain_frames_max: 256,
            command_queue_max: 64,
            send_wait_max: Duration::from_secs(10),
            answer_wait_max: Duration::from_secs(10),
            lookup_wait_max: Duration::from_secs(45),
            send_rate_max: 10.0,
            keep_wait_max: Duration::ZERO,
            chat_length_max: 320,
            storage_retry_max: Duration::from_secs(60),
            close_wait_max: Duration::from_secs(5),
        }
    }

    /// Joins under a guest name.
    #[must_use]
    pub fn guest(mut self, name: impl Into<String>) -> Self {
        self.login = Login::Guest { name: name.into() };
        self
    }

    /// Joins with an account.
    #[must_use]
    pub fn account(mut self, name: impl Into<String>, password: impl Into<Secret>) -> Self {
        self.login = Login::Account {
            name: name.into(),
            password: password.into(),
        };
        self
    }

    /// Joins with the `auth` cookie of a browser session; stops if the server ignores it.
    #[must_use]
    pub fn cookie(mut self, auth: impl Into<Secret>) -> Self {
        self.login = Login::Cookie {
            auth: auth.into(),
            ip_session: None,
            anonymous_allowed: false,
        };
        self
    }

    /// Gives the room's password.
    #[must_use]
    pub fn channel_password(mut self, password: impl Into<Secret>) -> Self {
        self.channel_password = Some(password.into());
        self
    }

    /// Sets the log file.
    #[must_use]
    pub fn log(mut self, path: impl Into<PathBuf>) -> Self {
        self.log_path = path.into();
        self
    }

    setters! {
        /// Sets [`Config::login`].
        login: Login;
        /// Sets [`Config::durability`].
        durability: Durability;
        /// Sets [`Config::allow_insecure`].
        allow_insecure: bool;
        /// Sets [`Config::transport`].
        transport: TransportChoice;
        /// Sets [`Config::extra_roots`].
        extra_roots: Vec<Vec<u8>>;
        /// Sets [`Config::record_moderator_data`].
        record_moderator_data: bool;
        /// Sets [`Config::playback`].
        playback: PlaybackTicks;
        /// Sets [`Config::playback_tolerance`].
        playback_tolerance: Duration;
        /// Sets [`Config::rejoin_after_kick`].
        rejoin_after_kick: bool;
        /// Sets [`Config::pace`].
        pace: Pace;
        /// Sets [`Config::connect_wait_max`].
        connect_wait_max: Duration;
        /// Sets [`Config::join_wait_max`].
        join_wait_max: Duration;
        /// Sets [`Config::silence_max`].
        silence_max: Duration;
        /// Sets [`Config::write_wait_max`].
        write_wait_max: Duration;
        /// Sets [`Config::reconnect_delay_min`].
        reconnect_delay_min: Duration;
        /// Sets [`Config::reconnect_delay_max`].
        reconnect_delay_max: Duration;
        /// Sets [`Config::reconnect_reset_after`].
        reconnect_reset_after: Duration;
        /// Sets [`Config::password_grace`].
        password_grace: Duration;
        /// Sets [`Config::frame_bytes_max`].
        frame_bytes_max: usize;
        /// Sets [`Config::write_buffer_max`].
        write_buffer_max: usize;
        /// Sets [`Config::drain_frames_max`].
        drain_frames_max: usize;
        /// Sets [`Config::command_queue_max`].
        command_queue_max: usize;
        /// Sets [`Config::send_wait_max`].
        send_wait_max: Duration;
        /// Sets [`Config::answer_wait_max`].
        answer_wait_max: Duration;
        /// Sets [`Config::lookup_wait_max`].
        lookup_wait_max: Duration;
        /// Sets [`Config::send_rate_max`].
        send_rate_max: f64;
        /// Sets [`Config::keep_wait_max`].
        keep_wait_max: Duration;
        /// Sets [`Config::chat_length_max`].
        chat_length_max: usize;
        /// Sets [`Config::storage_retry_max`].
        storage_retry_max: Duration;
        /// Sets [`Config::close_wait_max`].
        close_wait_max: Duration;
    }
}
