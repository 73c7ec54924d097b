//! What to do when a connection ends: which words of the server are final, which mean "later".
//!
//! Kick reasons are free text and a moderator may type anything, so only the server's own fixed
//! phrases are matched (`src/user.js`, `src/server.js`, `src/acp.js`, `src/io/ioserver.js`,
//! `src/channel/*.js`); any other reason is a moderator's will and final by default.

use crate::cytube::guest_wait_s;
use std::time::Duration;

/// Whether and when to come back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Retry {
    /// Not by ourselves.
    Never,
    /// After the growing delay, and not before `at_least`.
    Backoff {
        /// What the server asks for.
        at_least: Duration,
    },
    /// After just this long, at the servers given (none: discover again).
    At {
        /// How long.
        delay: Duration,
        /// Where.
        servers: Vec<String>,
    },
}

impl Retry {
    /// After the growing delay.
    pub(crate) const BACKOFF: Self = Self::Backoff {
        at_least: Duration::ZERO,
    };

    const fn no_sooner(seconds: u64) -> Self {
        Self::Backoff {
            at_least: Duration::from_secs(seconds),
        }
    }
}

/// The class of a kick for sending more events than the site allows.
pub(crate) const TOO_FAST: &str = "rate_limit";

/// What a kick means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KickClass {
    /// Stable word for it, stored in the log.
    pub(crate) name: &'static str,
    /// What to do.
    pub(crate) retry: Retry,
}

/// Sorts a kick by its reason. `rejoin` is the host's wish to come back after a moderator's kick;
/// `named` tells whether we log in, so that a kick of anonymous viewers does not hit us again.
pub(crate) fn classify_kick(reason: Option<&str>, rejoin: bool, named: bool) -> KickClass {
    let class = |name, retry| KickClass { name, retry };
    let Some(reason) = reason else {
        return class("blacklisted_link", Retry::BACKOFF);
    };
    match reason {
        "Duplicate login" => class("duplicate_login", Retry::Never),
        "You are banned from this channel." | "You're banned!" => class("banned", Retry::Never),
        "Channel deleted" => class("channel_gone", Retry::Never),
        "This channel has banned connections from Tor." => class("tor_banned", Retry::Never),
        "Invalid channel name" => class("invalid_channel", Retry::Never),
        "Too many connections from your IP address" => {
            class("too_many_connections", Retry::no_sooner(60))
        }
        "Rate limit exceeded" => class(TOO_FAST, Retry::no_sooner(10)),
        "Channel reloading" => class(
            "channel_reloading",
            Retry::At {
                delay: Duration::from_secs(2),
                servers: Vec::new(),
            },
        ),
        "Channel shutting down" => class("channel_unloaded", Retry::BACKOFF),
        "anonymous user" if named || rejoin => class("anonymous", Retry::BACKOFF),
        "anonymous user" => class("anonymous", Retry::Never),
        _ if reason.starts_with("Channel was banned")
            || reason.starts_with("Channel could not be loaded: Channel is banned") =>
        {
            class("channel_gone", Retry::Never)
        }
        _ if reason.starts_with("Channel could not be loaded") => {
            class("load_failed", Retry::no_sooner(30))
        }
        _ if reason.starts_with("Attempted ") => class("not_permitted", Retry::BACKOFF),
        _ if rejoin => class("moderator", Retry::BACKOFF),
        _ => class("moderator", Retry::Never),
    }
}

/// What a refusal of the namespace (`44`) means (`src/io/ioserver.js`).
pub(crate) fn classify_refusal(message: &str) -> Retry {
    match message {
        "You are banned from the server" | "Could not determine IP address" => Retry::Never,
        "Rate limit exceeded" => Retry::no_sooner(10),
        _ => Retry::BACKOFF,
    }
}

/// What a failed login means (`src/user.js`, `src/database/accounts.js`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LoginFailure {
    /// Guests must wait: the same login again, on the same socket.
    Wait(Duration),
    /// Our own ghost holds the name: a fresh socket that logs in before it joins evicts it.
    InUse,
    /// Trying again cannot help.
    Fatal,
    /// Trouble at the server.
    Retry,
}

/// Sorts the failure of a login by its text.
pub(crate) fn classify_login(error: &str) -> LoginFailure {
    if let Some(seconds) = guest_wait_s(error) {
        return LoginFailure::Wait(Duration::from_secs(seconds));
    }
    let is_fatal = error.starts_with("Invalid username")
        || [
            "That username is reserved.",
            "That username is registered.",
            "User does not exist",
        ]
        .iter()
        .any(|text| error.starts_with(text));
    match error {
        _ if is_fatal => LoginFailure::Fatal,
        "That name is already in use on this channel." => LoginFailure::InUse,
        _ => LoginFailure::Retry,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kicks_follow_the_policy_table() {
        let never = Retry::Never;
        for (reason, name, retry) in [
            (None, "blacklisted_link", Retry::BACKOFF),
            (Some("Duplicate login"), "duplicate_login", never.clone()),
            (Some("You're banned!"), "banned", never.clone()),
            (Some("Channel deleted"), "channel_gone", never.clone()),
            (
                Some("Channel was banned: spam"),
                "channel_gone",
                never.clone(),
            ),
            (
                Some("Channel could not be loaded: Channel is banned: x"),
                "channel_gone",
                never.clone(),
            ),
            (
                Some("Channel could not be loaded: database"),
                "load_failed",
                Retry::no_sooner(30),
            ),
            (
                Some("Too many connections from your IP address"),
                "too_many_connections",
                Retry::no_sooner(60),
            ),
            (
                Some("Rate limit exceeded"),
                "rate_limit",
                Retry::no_sooner(10),
            ),
            (
                Some("Channel shutting down"),
                "channel_unloaded",
                Retry::BACKOFF,
            ),
            (
                Some("Attempted setOptions as a non-moderator"),
                "not_permitted",
                Retry::BACKOFF,
            ),
            (Some("behave"), "moderator", never),
        ] {
            assert_eq!(
                classify_kick(reason, false, true),
                KickClass { name, retry },
                "{reason:?}"
            );
        }
        assert_eq!(
            classify_kick(Some("behave"), true, true).retry,
            Retry::BACKOFF
        );
        assert_eq!(
            classify_kick(Some("anonymous user"), false, false).retry,
            Retry::Never
        );
    }

    #[test]
    fn login_failures_are_sorted() {
        let wait = "Guest logins are restricted to one per IP address per 60 seconds.";
        for (error, failure) in [
            (wait, LoginFailure::Wait(Duration::from_secs(60))),
            (
                "Guest logins are restricted to one per IP address per 99999999999999999999999 seconds.",
                LoginFailure::Wait(Duration::from_secs(3_600)),
            ),
            (
                "That name is already in use on this channel.",
                LoginFailure::InUse,
            ),
            ("Invalid username/password combination", LoginFailure::Fatal),
            ("That username is registered.", LoginFailure::Fatal),
            ("User does not exist", LoginFailure::Fatal),
            ("Database failure", LoginFailure::Retry),
            ("", LoginFailure::Retry),
        ] {
            assert_eq!(classify_login(error), failure, "{error}");
        }
    }
}
