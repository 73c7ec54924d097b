//! The HTTP client as discovery and long polling use it: bounded, and without surprises.
//!
//! It follows the dial's trust and no setting of the environment: a proxy variable would steer
//! discovery but not the WebSocket, so none is read. It keeps no cookies of its own.

use crate::transport::attempt::network;
use crate::transport::{Dial, DialError};
use std::time::Duration;
use ureq::Agent;

/// Idle connections are dropped before the server drops them: Node closes after 5 s, and a request
/// on a connection that is just closing is lost.
const IDLE_MAX: Duration = Duration::from_secs(3);

/// Who we are, to whoever reads the server's log.
pub(crate) const USER_AGENT: &str = concat!("projectionist/", env!("CARGO_PKG_VERSION"));

/// A client for requests to `url` and what it redirects to.
///
/// # Errors
/// [`DialError::Certificate`]: a private root does not read.
pub(crate) fn agent(dial: &Dial, url: &str, redirects_max: u32) -> Result<Agent, DialError> {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .https_only(!dial.allow_insecure)
        .max_redirects(redirects_max)
        .max_idle_age(IDLE_MAX)
        .user_agent(USER_AGENT)
        .proxy(None);
    #[cfg(feature = "tls")]
    let config = config.tls_config(crate::transport::tls::http_config(url, &dial.extra_roots)?);
    #[cfg(not(feature = "tls"))]
    let _ = url;
    Ok(config.build().new_agent())
}

/// What a failed request means for a dial.
pub(crate) fn dial_error(
    url: &str,
    error: &ureq::Error,
    after: Duration,
    stage: &'static str,
) -> DialError {
    match error {
        ureq::Error::Timeout(_) => DialError::TimedOut {
            endpoint: url.to_owned(),
            after,
            stage,
        },
        ureq::Error::RequireHttpsOnly(to) => DialError::Insecure { url: printable(to) },
        ureq::Error::HostNotFound => network(url, "no such host"),
        #[cfg(feature = "tls")]
        ureq::Error::Rustls(error) => crate::transport::tls::rustls_error(url, error),
        #[cfg(feature = "tls")]
        ureq::Error::Io(error) if error.get_ref().is_some_and(|e| e.is::<rustls::Error>()) => {
            crate::transport::tls::handshake_error(url, error)
        }
        _ => network(url, error),
    }
}

/// A server's words, fit for an error text: one line of at most 200 characters.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(200)
        .collect::<String>()
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_servers_words_stay_one_short_line() {
        assert_eq!(printable("a\r\nb\u{1b}[31m"), "a  b [31m");
        assert_eq!(printable(&"é".repeat(900)).chars().count(), 200);
    }
}
