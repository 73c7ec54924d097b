//! What makes no sense in a configuration, said before anything is opened or dialled.

use super::{Config, Login};
use crate::secret::Secret;

/// What does not make sense in a [`Config`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The channel's name is impossible.
    #[error("channel name {0:?}: use 1 to 30 of A-Z a-z 0-9 - _")]
    ChannelName(String),
    /// The login's name is impossible.
    #[error("user name {0:?}: use 1 to 20 of A-Z a-z 0-9 - _")]
    UserName(String),
    /// The origin is not an http(s) origin.
    #[error("origin {0:?}: write scheme, host and port, such as https://cytu.be")]
    Origin(String),
    /// Plain http without leave.
    #[error("origin {0:?} is not encrypted: use https, or allow_insecure if you must")]
    Insecure(String),
    /// A limit that cannot work.
    #[error("{name} is {value}: {must}")]
    Limit {
        /// Which field.
        name: &'static str,
        /// Its value.
        value: String,
        /// What it must be.
        must: &'static str,
    },
    /// A password or cookie that cannot be sent.
    #[error("{0} holds a character that cannot be sent")]
    SecretText(&'static str),
    /// Encryption is not compiled in.
    #[error("origin {0:?} needs TLS: build with the feature `tls`")]
    NoTls(String),
}

impl Config {
    /// Says what does not make sense.
    ///
    /// # Errors
    /// - [`ConfigError::ChannelName`], [`ConfigError::UserName`]: impossible names.
    /// - [`ConfigError::Origin`], [`ConfigError::Insecure`], [`ConfigError::NoTls`]: no origin, a
    ///   plain one without [`Config::allow_insecure`], an encrypted one without the feature.
    /// - [`ConfigError::Limit`]: a limit of zero, or a minimum above its maximum.
    /// - [`ConfigError::SecretText`]: control characters in a cookie.
    pub fn check(&self) -> Result<(), ConfigError> {
        if !is_name(&self.channel, 30) {
            return Err(ConfigError::ChannelName(self.channel.clone()));
        }
        self.check_login()?;
        self.check_origin()?;
        self.check_limits()
    }

    fn check_login(&self) -> Result<(), ConfigError> {
        match &self.login {
            Login::Guest { name } | Login::Account { name, .. } if !is_name(name, 20) => {
                Err(ConfigError::UserName(name.clone()))
            }
            Login::Cookie {
                auth, ip_session, ..
            } => {
                let sendable = |secret: &Secret| {
                    secret
                        .expose()
                        .bytes()
                        .all(|b| b.is_ascii_graphic() && b != b';')
                };
                match (sendable(auth), ip_session.as_ref().is_none_or(sendable)) {
                    (true, true) => Ok(()),
                    (false, _) => Err(ConfigError::SecretText("the auth cookie")),
                    (_, false) => Err(ConfigError::SecretText("the ip-session cookie")),
                }
            }
            _ => Ok(()),
        }
    }

    fn check_origin(&self) -> Result<(), ConfigError> {
        let bad = || ConfigError::Origin(self.origin.clone());
        let (scheme, host) = self.origin.split_once("://").ok_or_else(bad)?;
        let is_host = !host.is_empty()
            && host
                .bytes()
                .all(|b| b.is_ascii_graphic() && !matches!(b, b'/' | b'?' | b'#' | b'@'));
        match scheme {
            _ if !is_host => Err(bad()),
            "https" if cfg!(feature = "tls") => Ok(()),
            "https" => Err(ConfigError::NoTls(self.origin.clone())),
            "http" if self.allow_insecure => Ok(()),
            "http" => Err(ConfigError::Insecure(self.origin.clone())),
            _ => Err(bad()),
        }
    }

    fn check_limits(&self) -> Result<(), ConfigError> {
        let counts = [
            ("frame_bytes_max", self.frame_bytes_max),
            ("write_buffer_max", self.write_buffer_max),
            ("drain_frames_max", self.drain_frames_max),
            ("command_queue_max", self.command_queue_max),
            ("chat_length_max", self.chat_length_max),
            ("pace.connects_burst", self.pace.connects_burst as usize),
            ("pace.sockets_max", self.pace.sockets_max),
        ];
        for (name, value) in counts {
            if value == 0 {
                let must = "it must be at least 1";
                return Err(ConfigError::Limit {
                    name,
                    value: value.to_string(),
                    must,
                });
            }
        }
        if !(self.send_rate_max > 0.0 && self.send_rate_max.is_finite()) {
            return Err(ConfigError::Limit {
                name: "send_rate_max",
                value: self.send_rate_max.to_string(),
                must: "it must be more than 0",
            });
        }
        let waits = [
            ("connect_wait_max", self.connect_wait_max),
            ("lookup_wait_max", self.lookup_wait_max),
            ("join_wait_max", self.join_wait_max),
            ("silence_max", self.silence_max),
            ("write_wait_max", self.write_wait_max),
            ("reconnect_delay_min", self.reconnect_delay_min),
            ("answer_wait_max", self.answer_wait_max),
        ];
        for (name, value) in waits {
            if value.is_zero() {
                let must = "it must be longer than nothing";
                return Err(ConfigError::Limit {
                    name,
                    value: format!("{value:?}"),
                    must,
                });
            }
        }
        if self.reconnect_delay_min > self.reconnect_delay_max {
            let value = format!("{:?}", self.reconnect_delay_min);
            let must = "it must not be above reconnect_delay_max";
            return Err(ConfigError::Limit {
                name: "reconnect_delay_min",
                value,
                must,
            });
        }
        Ok(())
    }
}

/// Whether a name consists of 1 to `max` of `[A-Za-z0-9_-]` (`src/utilities.js`).
fn is_name(name: &str, max: usize) -> bool {
    (1..=max).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn check(config: &Config) -> String {
        config
            .check()
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default()
    }

    #[test]
    fn says_what_where_and_what_to_do() {
        let good = Config::new("https://cytu.be/", "room");
        assert_eq!(check(&good), "");
        assert!(
            check(&Config {
                channel: "a b".into(),
                ..good.clone()
            })
            .contains("1 to 30")
        );
        assert!(check(&good.clone().guest("x".repeat(21))).contains("1 to 20"));
        assert!(
            check(&Config {
                origin: "cytu.be".into(),
                ..good.clone()
            })
            .contains("https://")
        );
        assert!(
            check(&Config {
                origin: "https://a/b".into(),
                ..good.clone()
            })
            .contains("origin")
        );
        assert!(check(&good.clone().cookie("a\nb")).contains("auth cookie"));
        assert!(check(&good.clone().frame_bytes_max(0)).contains("frame_bytes_max is 0"));
        assert!(
            check(&good.reconnect_delay_min(Duration::from_secs(99)))
                .contains("reconnect_delay_max")
        );
    }

    #[test]
    fn debug_shows_no_secret() {
        let config = Config::new("https://cytu.be", "room")
            .account("me", "hunter2")
            .channel_password("sesame");
        let text = format!("{config:?}");
        assert!(
            !text.contains("hunter2") && !text.contains("sesame"),
            "{text}"
        );
    }
}
