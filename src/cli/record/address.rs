//! The address of a channel as a person has it: from a browser, or by parts.

/// Where a channel is, as far as one source of settings says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Address {
    /// Scheme, host and port.
    pub(crate) origin: Option<String>,
    /// The channel's name.
    pub(crate) channel: Option<String>,
}

impl Address {
    /// Reads the address of a channel's page or of a site, beside a channel named apart.
    ///
    /// # Errors
    /// In words: it is no web address, or it is of another channel than the one named.
    pub(crate) fn read(url: Option<&str>, channel: Option<&str>) -> Result<Self, String> {
        let mut address = match url {
            Some(url) => Self::of_url(url)?,
            None => Self::default(),
        };
        match (&address.channel, channel) {
            (Some(found), Some(named)) if !found.eq_ignore_ascii_case(named) => {
                return Err(format!(
                    "the address is of channel {found}, not {named}: give one of them"
                ));
            }
            (None, Some(named)) => address.channel = Some(named.to_owned()),
            _ => {}
        }
        Ok(address)
    }

    /// What this source does not say, another one does.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            origin: self.origin.or(other.origin),
            channel: self.channel.or(other.channel),
        }
    }

    /// The last part of the path is the channel; what stands before it differs from site to site
    /// (`channel-path` in the server's configuration). A path that is only such a prefix ends
    /// with a slash.
    fn of_url(url: &str) -> Result<Self, String> {
        let url = url.trim();
        let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
        let rest = rest.split(['?', '#']).next().unwrap_or_default();
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        if host.is_empty() || !matches!(scheme, "http" | "https") {
            return Err(format!(
                "{url:?} is no web address: write https://cytu.be/r/MyChannel"
            ));
        }
        let parts: Vec<_> = path.split('/').filter(|part| !part.is_empty()).collect();
        let is_prefix = parts.len() == 1 && path.ends_with('/');
        let channel = parts.last().filter(|_| !is_prefix);
        Ok(Self {
            origin: Some(format!("{scheme}://{}", host.to_ascii_lowercase())),
            channel: channel.map(|name| (*name).to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_addresses_as_a_browser_shows_them() {
        for (url, origin, channel) in [
            (
                "https://cytu.be/r/MyChannel",
                "https://cytu.be",
                Some("MyChannel"),
            ),
            (
                "https://cytu.be/r/MyChannel/",
                "https://cytu.be",
                Some("MyChannel"),
            ),
            (
                "https://Cytu.be/r/MyChannel?x=1#y",
                "https://cytu.be",
                Some("MyChannel"),
            ),
            (
                "https://tv.example.org/watch/room-1",
                "https://tv.example.org",
                Some("room-1"),
            ),
            ("cytu.be/r/MyChannel", "https://cytu.be", Some("MyChannel")),
            (
                "http://127.0.0.1:8080/r/room",
                "http://127.0.0.1:8080",
                Some("room"),
            ),
            ("https://cytu.be", "https://cytu.be", None),
            ("https://cytu.be/", "https://cytu.be", None),
            ("https://cytu.be/r/", "https://cytu.be", None),
            ("cytu.be", "https://cytu.be", None),
        ] {
            let address = Address::read(Some(url), None).unwrap();
            assert_eq!(address.origin.as_deref(), Some(origin), "{url}");
            assert_eq!(address.channel.as_deref(), channel, "{url}");
        }
        for url in ["", "ftp://cytu.be/r/x", "https:///r/x"] {
            assert!(Address::read(Some(url), None).is_err(), "{url}");
        }
    }

    #[test]
    fn two_channels_are_one_too_many() {
        let url = Some("https://cytu.be/r/one");
        assert!(Address::read(url, Some("two")).unwrap_err().contains("one"));
        assert!(Address::read(url, Some("ONE")).is_ok());
        let site = Address::read(Some("https://cytu.be"), Some("two")).unwrap();
        assert_eq!(site.channel.as_deref(), Some("two"));
    }

    #[test]
    fn what_comes_first_counts() {
        let flags = Address::read(Some("https://a.example"), None).unwrap();
        let file = Address::read(Some("https://b.example/r/room"), None).unwrap();
        let both = flags.or(file);
        assert_eq!(both.origin.as_deref(), Some("https://a.example"));
        assert_eq!(both.channel.as_deref(), Some("room"));
    }
}
