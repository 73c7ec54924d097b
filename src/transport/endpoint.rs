//! One address of a server: scheme, host and port, and nothing after them.
//!
//! Addresses come from the host's configuration and from discovery, that is from the network, and
//! go into requests, headers and error texts. So the parser takes only what cannot do harm there:
//! ASCII host names and IP addresses, no user part, no path, no control characters. It resolves
//! nothing.

/// Longest host name the domain name system allows.
const HOST_BYTES_MAX: usize = 253;

/// Scheme, host and port of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// Whether it is encrypted.
    pub(crate) secure: bool,
    /// Host name or IP address, an IPv6 one without its brackets.
    pub(crate) host: String,
    /// Port.
    pub(crate) port: u16,
}

impl Endpoint {
    /// Reads `http`, `https`, `ws` or `wss` URLs that end after the port (or one slash more).
    pub(crate) fn parse(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "https" | "wss" => true,
            "http" | "ws" => false,
            _ => return None,
        };
        let (host, port) = split_port(rest.strip_suffix('/').unwrap_or(rest))?;
        let port = match port {
            Some(digits) => digits.parse().ok().filter(|port| *port > 0)?,
            None => default_port(secure),
        };
        let host = host.to_ascii_lowercase();
        Some(Self { secure, host, port })
    }

    /// As a `ws` or `wss` origin, without the port where it is the scheme's own.
    pub(crate) fn websocket(&self) -> String {
        self.with_scheme("ws", "wss")
    }

    /// As an `http` or `https` origin, likewise.
    pub(crate) fn http(&self) -> String {
        self.with_scheme("http", "https")
    }

    /// Host and port as the `Host` header has them.
    pub(crate) fn host_header(&self) -> String {
        let (open, close) = match self.host.contains(':') {
            true => ("[", "]"),
            false => ("", ""),
        };
        match self.port == default_port(self.secure) {
            true => format!("{open}{}{close}", self.host),
            false => format!("{open}{}{close}:{}", self.host, self.port),
        }
    }

    fn with_scheme(&self, plain: &str, secure: &str) -> String {
        let scheme = if self.secure { secure } else { plain };
        format!("{scheme}://{}", self.host_header())
    }
}

fn default_port(secure: bool) -> u16 {
    if secure { 443 } else { 80 }
}

/// Splits a checked host, without brackets, from the digits of its port.
fn split_port(authority: &str) -> Option<(&str, Option<&str>)> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (host, after) = rest.split_once(']')?;
        host.parse::<std::net::Ipv6Addr>().ok()?;
        return match after {
            "" => Some((host, None)),
            _ => Some((host, Some(after.strip_prefix(':')?))),
        };
    }
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    let is_host = (1..=HOST_BYTES_MAX).contains(&host.len())
        && host
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
    is_host.then_some((host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str, websocket: &str) {
        let endpoint = Endpoint::parse(url).map(|endpoint| endpoint.websocket());
        assert_eq!(endpoint.as_deref().unwrap_or("refused"), websocket, "{url}");
    }

    #[test]
    fn reads_origins() {
        check("https://cytu.be", "wss://cytu.be");
        check("https://cytu.be:443/", "wss://cytu.be");
        check("http://127.0.0.1:1338", "ws://127.0.0.1:1338");
        check("WSS://Zenith.Cytu.be:8443", "wss://zenith.cytu.be:8443");
        check("https://[::1]:8443", "wss://[::1]:8443");
        check("http://[2001:db8::1]", "ws://[2001:db8::1]");
    }

    #[test]
    fn refuses_what_could_do_harm() {
        for url in [
            "",
            "cytu.be",
            "ftp://cytu.be",
            "https://",
            "https://:443",
            "https://a/b",
            "https://a?b",
            "https://user@host",
            "https://a b",
            "https://a\r\nCookie: x",
            "https://a:0",
            "https://a:99999",
            "https://a:1:2",
            "https://[::1",
            "https://[zz]",
            "https://[::1]x",
            "https://bücher.example",
        ] {
            check(url, "refused");
        }
        check(&format!("https://{}", "a".repeat(254)), "refused");
    }
}
