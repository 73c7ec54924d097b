//! Links to media as the playlist takes them: a provider's code and an id within it.
//!
//! Which address belongs to which provider follows what viewers' own clients accept
//! (`www/js/util.js`, `src/get-info.js`), with ids checked: a wrong one would cost the server a
//! lookup and us a place in the rate limit. Pure text; nothing here asks a provider.

mod address;
mod ids;
mod provider;

use address::Address;
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use std::str::FromStr;

/// Media to be added: provider code and id, as `queue` takes them (`src/channel/playlist.js`).
///
/// As JSON it is `{"type": …, "id": …}`; a string that is a link reads as well.
///
/// ```
/// use projectionist::MediaRef;
/// let media = MediaRef::parse("https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=42").unwrap();
/// assert_eq!((media.kind.as_str(), media.id.as_str()), ("yt", "dQw4w9WgXcQ"));
/// assert_eq!(media.to_string(), "https://youtu.be/dQw4w9WgXcQ");
/// assert_eq!(MediaRef::parse("vi:76979871").unwrap(), MediaRef::new("vi", "76979871"));
/// assert!(MediaRef::parse("https://example.com/").is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct MediaRef {
    /// Two letters: `yt` for YouTube, `fi` for a raw file, …
    #[serde(rename = "type")]
    pub kind: String,
    /// Identifier within the provider.
    pub id: String,
}

/// Why a text is no link to media.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MediaLinkError {
    /// Longer than any link.
    #[error("a link of {0} bytes: at most {LINK_BYTES_MAX} are read")]
    TooLong(usize),
    /// Neither an address nor a short form.
    #[error("not a link: write an address such as https://youtu.be/…, or TYPE:ID such as yt:…")]
    NotALink,
    /// A provider that is known, and a page of it that is no media.
    #[error("{provider}: {expected}")]
    NotMedia {
        /// The provider.
        provider: &'static str,
        /// What a link of it looks like.
        expected: &'static str,
    },
    /// A short form with a type nobody knows.
    #[error("no provider has the code {0:?}")]
    UnknownType(String),
    /// An address of no known provider that does not name a file either.
    #[error(
        "{0}: no known provider, and no file (mp4, webm, ogg, mp3, … over https, .m3u8, .json)"
    )]
    UnknownHost(String),
    /// The server fetches raw media over https only.
    #[error("{0}: raw files must be served over https")]
    Insecure(String),
}

/// Longest text that is read: providers' links are short, file links follow browsers' limits.
const LINK_BYTES_MAX: usize = 2_048;

impl MediaRef {
    /// Media by provider code and id, unchecked: forks have codes of their own.
    pub fn new(kind: impl Into<String>, id: impl Into<String>) -> Self {
        Self {
            kind: kind.into(),
            id: id.into(),
        }
    }

    /// Reads a link: an address as in a browser, `rtmp://…`, an `<iframe>` or `<object>` to embed,
    /// or the short form `TYPE:ID`.
    ///
    /// # Errors
    /// See [`MediaLinkError`].
    pub fn parse(link: &str) -> Result<Self, MediaLinkError> {
        let link = link.trim();
        // A link written out with its code in front reads like the link itself.
        let bytes = split_code(link).map_or(link, |(_, id)| id).len();
        if bytes > LINK_BYTES_MAX {
            return Err(MediaLinkError::TooLong(bytes));
        }
        if is_embed(link) {
            return Ok(Self::new("cu", link));
        }
        if let Some(short) = short_form(link) {
            return short;
        }
        let address = Address::parse(link).ok_or(MediaLinkError::NotALink)?;
        if address.scheme == "rtmp" {
            return Ok(Self::new("rt", link));
        }
        if !matches!(address.scheme.as_str(), "http" | "https") {
            return Err(MediaLinkError::NotALink);
        }
        if address.host.is_empty() {
            return Err(MediaLinkError::NotALink);
        }
        provider::of_address(&address, link)
    }
}

fn is_embed(link: &str) -> bool {
    let head = link.get(..8).unwrap_or(link).to_ascii_lowercase();
    head.starts_with("<iframe") || head.starts_with("<object")
}

/// `TYPE:ID`; `None` where the text has another shape.
fn short_form(link: &str) -> Option<Result<MediaRef, MediaLinkError>> {
    let (kind, id) = split_code(link)?;
    if !provider::is_known(kind) {
        return Some(Err(MediaLinkError::UnknownType(kind.to_owned())));
    }
    Some(provider::checked(kind, id))
}

/// Code and id of a short form, whether or not anybody knows the code.
fn split_code(link: &str) -> Option<(&str, &str)> {
    let (kind, id) = link.split_once(':')?;
    let is_code = kind.len() == 2 && kind.bytes().all(|b| b.is_ascii_lowercase());
    (is_code && !id.is_empty()).then_some((kind, id))
}

impl FromStr for MediaRef {
    type Err = MediaLinkError;

    fn from_str(link: &str) -> Result<Self, MediaLinkError> {
        Self::parse(link)
    }
}

/// The shortest address a person could open, where there is one; else `TYPE:ID`.
impl fmt::Display for MediaRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match provider::address_of(&self.kind, &self.id) {
            Some(address) => f.write_str(&address),
            None => write!(f, "{}:{}", self.kind, self.id),
        }
    }
}

impl<'de> Deserialize<'de> for MediaRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "a link, or an object with type and id")]
        enum Form {
            Link(String),
            Pair {
                #[serde(rename = "type")]
                kind: String,
                id: String,
            },
        }
        match Form::deserialize(deserializer)? {
            Form::Link(link) => Self::parse(&link).map_err(serde::de::Error::custom),
            Form::Pair { kind, id } => Ok(Self { kind, id }),
        }
    }
}

#[cfg(test)]
mod tests;
