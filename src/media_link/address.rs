//! An address taken apart, as far as links to media need it. No decoding: ids are plain characters,
//! and what is not is refused by who checks them.

/// Scheme, host, path and query of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address<'a> {
    /// In lower case.
    pub(super) scheme: String,
    /// In lower case, without `www.`, `m.` and port.
    pub(super) host: String,
    /// In lower case, without port: where it is not one of several names of a known site.
    pub(super) full_host: String,
    /// With its slash.
    pub(super) path: &'a str,
    pub(super) query: &'a str,
}

impl<'a> Address<'a> {
    /// Takes an address apart; `None` if it has no scheme. One without a scheme, as people type it,
    /// counts as https if it begins like a host.
    pub(super) fn parse(link: &'a str) -> Option<Self> {
        if link.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return None;
        }
        let (scheme, rest) = match link.split_once("://") {
            Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
            None => ("https".to_owned(), link),
        };
        let rest = rest.split('#').next().unwrap_or(rest);
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let slash = rest.find('/').unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(slash)?;
        let host = authority.rsplit('@').next().unwrap_or(authority);
        let host = host.split(':').next().unwrap_or(host).to_ascii_lowercase();
        let is_host = host.contains('.')
            && host
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-');
        if !is_host && scheme != "rtmp" {
            return None;
        }
        let bare = host.strip_prefix("www.").unwrap_or(&host);
        let bare = bare.strip_prefix("m.").unwrap_or(bare).to_owned();
        Some(Self {
            scheme,
            host: bare,
            full_host: host,
            path,
            query,
        })
    }

    /// A parameter of the query.
    pub(super) fn parameter(&self, name: &str) -> Option<&'a str> {
        let pairs = self
            .query
            .split('&')
            .filter_map(|pair| pair.split_once('='));
        pairs
            .filter(|(key, _)| *key == name)
            .map(|(_, value)| value)
            .next()
    }

    /// The parts of the path between slashes.
    pub(super) fn parts(&self) -> impl Iterator<Item = &'a str> {
        self.path.split('/').filter(|part| !part.is_empty())
    }

    /// The part of the path behind a first part.
    pub(super) fn behind(&self, first: &str) -> Option<&'a str> {
        let mut parts = self.parts();
        (parts.next() == Some(first))
            .then(|| parts.next())
            .flatten()
    }

    /// The ending of the file it names, in lower case.
    pub(super) fn ending(&self) -> Option<String> {
        let (name, ending) = self.parts().last()?.rsplit_once('.')?;
        (!name.is_empty()).then(|| ending.to_ascii_lowercase())
    }
}
