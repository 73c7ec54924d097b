//! From a row of another bot's table to an event, or to the reason why it is none. Pure.
//!
//! Nothing is invented: what the row does not tell is unknown, a text is never cut, and a row that
//! cannot be an event is counted, not bent.

use crate::event::{Author, Event, Message, Style, UserCounted};
use crate::html::text_of_html;
use crate::log::ChainHash;
use crate::normalise::source_of;
use crate::sqlite::foreign::{Cell, Content, OldRow};
use crate::time::UnixMicros;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Characters of a name. The server's rule is 20 of `[A-Za-z0-9_-]`; other sites and older servers had
/// others, so more is let in, but not anything.
const NAME_CHARS_MAX: usize = 64;

/// Digits of a row's hash in its key: 96 bits tell any number of rows apart.
const KEY_DIGITS: usize = 24;

/// Rows of one moment that can be told apart. So many were not said in a microsecond, whatever the
/// table says.
const MOMENT_ROWS_MAX: usize = 1 << 20;

/// Why a row did not become an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Skipped {
    /// It has no time, or one before 2009 or in the future, or shares it with a million others: it
    /// cannot be placed.
    NoTime,
    /// It is of another channel.
    OtherChannel,
    /// Its channel is not told, and the database holds several.
    UnknownChannel,
    /// Its author's name is missing, too long, or no text.
    NoName,
    /// It says nothing.
    Empty,
    /// Its text is longer than [`TEXT_BYTES_MAX`](super::TEXT_BYTES_MAX).
    TooLong,
    /// Its text is no text, or its number no number.
    NotReadable,
}

impl Skipped {
    /// The reason in words.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoTime => "no time to be believed",
            Self::OtherChannel => "of another channel",
            Self::UnknownChannel => "of several channels, and it does not say which",
            Self::NoName => "no name",
            Self::Empty => "empty",
            Self::TooLong => "too long",
            Self::NotReadable => "not readable",
        }
    }
}

/// What a row says, as an event.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Carried {
    pub(super) event: Event,
    pub(super) actor: Option<String>,
    pub(super) at: UnixMicros,
    /// A hash of what the row says.
    pub(super) hash: ChainHash,
}

/// Which rows belong to the log's channel.
#[derive(Clone, Copy, Debug)]
pub(super) struct Belongs<'a> {
    channel: &'a str,
    /// Why a row that does not say of which channel it is stays out, if it does.
    pub(super) untold: Result<(), Skipped>,
}

impl<'a> Belongs<'a> {
    /// Rows of a database whose lines of chat say that they are of these channels, if any say it.
    /// What says nothing is of the only channel there is, and of none where there are several.
    pub(super) fn to(channel: &'a str, told: &[(String, u64)]) -> Self {
        let is_ours = |(name, _): &(String, u64)| name.eq_ignore_ascii_case(channel);
        let untold = match (told.iter().all(is_ours), told.iter().any(is_ours)) {
            (true, _) => Ok(()),
            (false, true) => Err(Skipped::UnknownChannel),
            (false, false) => Err(Skipped::OtherChannel),
        };
        Self { channel, untold }
    }

    fn check(self, told: &Cell) -> Result<(), Skipped> {
        match told {
            Cell::Text(name) if name.eq_ignore_ascii_case(self.channel) => Ok(()),
            Cell::Text(name) if !name.is_empty() => Err(Skipped::OtherChannel),
            _ => self.untold,
        }
    }
}

/// The event that a row tells of.
pub(super) fn carry(
    row: OldRow,
    content: Content,
    belongs: Belongs<'_>,
) -> Result<Carried, Skipped> {
    belongs.check(&row.channel)?;
    let at = row.at;
    if content == Content::Count {
        let count = count(&row.content)?;
        return Ok(Carried {
            event: Event::UsersCounted(UserCounted { count }),
            actor: None,
            at,
            hash: hash(&["count", &at.0.to_string(), &count.to_string()]),
        });
    }
    let name = name(row.name)?;
    let said = text(row.content)?;
    let hash = hash(&["chat", &at.0.to_string(), &name, &said]);
    let (html, text) = if content == Content::Html {
        let text = text_of_html(&said);
        (said, text)
    } else {
        (html_escape::encode_text(&said).into_owned(), said)
    };
    let message = Message {
        source: source_of(&name),
        user: Author {
            name: name.clone(),
            rank: None,
            afk: None,
            muted: None,
        },
        html,
        text,
        style: Style::Plain,
        shadow: false,
        modflair: None,
        forced_name: false,
    };
    Ok(Carried {
        event: Event::MessageSaid(message),
        actor: Some(name),
        at,
        hash,
    })
}

fn count(cell: &Cell) -> Result<i64, Skipped> {
    match cell {
        Cell::Integer(count) if *count >= 0 => Ok(*count),
        _ => Err(Skipped::NotReadable),
    }
}

fn name(cell: Cell) -> Result<String, Skipped> {
    match cell {
        Cell::Text(name)
            if !name.trim().is_empty()
                && name.chars().count() <= NAME_CHARS_MAX
                && !name.chars().any(char::is_control) =>
        {
            Ok(name)
        }
        _ => Err(Skipped::NoName),
    }
}

fn text(cell: Cell) -> Result<String, Skipped> {
    match cell {
        Cell::Text(text) if text.is_empty() => Err(Skipped::Empty),
        Cell::Text(text) => Ok(text),
        // A column without a type keeps a line such as `42` as the number it looks like.
        Cell::Integer(number) => Ok(number.to_string()),
        Cell::Null => Err(Skipped::Empty),
        Cell::TooLong => Err(Skipped::TooLong),
        Cell::Real(_) | Cell::Bytes => Err(Skipped::NotReadable),
    }
}

/// A hash of parts, each with its length, so that no two lists of parts are hashed alike.
pub(super) fn hash(parts: &[&str]) -> ChainHash {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    ChainHash(hash.finalize().into())
}

/// Gives rows their keys. A row is what it says and when, and which of the equal ones of that moment it
/// is: so a database that has grown, or lost its oldest rows, brings in each row once.
#[derive(Debug, Default)]
pub(super) struct Keys {
    at: UnixMicros,
    seen: BTreeMap<[u8; 32], u32>,
}

impl Keys {
    /// The key of a row; rows are to be given in order of time.
    pub(super) fn key(&mut self, carried: &Carried) -> Result<String, Skipped> {
        if carried.at != self.at {
            self.at = carried.at;
            self.seen.clear();
        }
        if self.seen.len() >= MOMENT_ROWS_MAX && !self.seen.contains_key(&carried.hash.0) {
            return Err(Skipped::NoTime);
        }
        let count = self.seen.entry(carried.hash.0).or_insert(0);
        *count += 1;
        let hash = carried.hash.to_string();
        let digits = hash.get(..KEY_DIGITS).unwrap_or(&hash);
        Ok(match *count {
            1 => format!("old:{digits}"),
            nth => format!("old:{digits}:{nth}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: UnixMicros = UnixMicros(1_400_000_000_123_000);

    const ALONE: Belongs<'_> = Belongs {
        channel: "Movies",
        untold: Ok(()),
    };

    fn row(name: Cell, content: Cell) -> OldRow {
        OldRow::new(AT, name, content, Cell::Null)
    }

    fn text(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }

    fn said(content: Content, line: &str) -> Message {
        let carried = carry(row(text("Bob"), text(line)), content, ALONE).unwrap();
        assert_eq!(carried.actor.as_deref(), Some("Bob"));
        match carried.event {
            Event::MessageSaid(message) => message,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn text_becomes_html_that_reads_as_it_and_html_text() {
        let message = said(Content::Text, "1 < 2 & <b>so</b>");
        assert_eq!(message.text, "1 < 2 & <b>so</b>");
        assert_eq!(text_of_html(&message.html), message.text);
        let message = said(Content::Html, "1 &lt; 2 &amp; <b>so</b>");
        assert_eq!(message.text, "1 < 2 & so");
        assert_eq!(message.html, "1 &lt; 2 &amp; <b>so</b>");
        assert_eq!(message.user.rank, None, "unknown, not zero");
    }

    #[test]
    fn what_is_no_line_says_why() {
        let carry = |name, content| carry(row(name, content), Content::Text, ALONE).unwrap_err();
        for name in [Cell::Null, text(""), text(" "), text("a\nb"), Cell::Bytes] {
            assert_eq!(carry(name, text("hi")), Skipped::NoName);
        }
        assert_eq!(carry(text(&"x".repeat(65)), text("hi")), Skipped::NoName);
        assert_eq!(carry(text("Bob"), text("")), Skipped::Empty);
        assert_eq!(carry(text("Bob"), Cell::Null), Skipped::Empty);
        assert_eq!(carry(text("Bob"), Cell::TooLong), Skipped::TooLong);
        assert_eq!(carry(text("Bob"), Cell::Bytes), Skipped::NotReadable);
    }

    #[test]
    fn a_count_is_a_natural_number() {
        let count = |cell| carry(row(Cell::Null, cell), Content::Count, ALONE);
        let counted = count(Cell::Integer(7)).unwrap();
        assert_eq!(counted.event, Event::UsersCounted(UserCounted { count: 7 }));
        for cell in [Cell::Integer(-1), text("7"), Cell::Null, Cell::Real(7.5)] {
            assert_eq!(count(cell), Err(Skipped::NotReadable));
        }
    }

    #[test]
    fn rows_of_other_channels_stay_where_they_are() {
        let told = |names: &[&str]| {
            let told: Vec<_> = names.iter().map(|name| ((*name).to_owned(), 1)).collect();
            Belongs::to("Movies", &told)
        };
        for (belongs, channel, expected) in [
            (told(&[]), Cell::Null, Ok(())),
            (told(&["movies"]), text("MOVIES"), Ok(())),
            (told(&["movies"]), Cell::Null, Ok(())),
            (told(&["movies"]), text("x"), Err(Skipped::OtherChannel)),
            (told(&["movies", "x"]), text("movies"), Ok(())),
            (
                told(&["movies", "x"]),
                Cell::Null,
                Err(Skipped::UnknownChannel),
            ),
            (told(&["x"]), text(""), Err(Skipped::OtherChannel)),
        ] {
            assert_eq!(belongs.check(&channel), expected, "{channel:?}");
        }
    }

    #[test]
    fn equal_rows_of_one_moment_have_keys_of_their_own_and_the_same_each_time() {
        let twice = || {
            let mut keys = Keys::default();
            let rows = ["lol", "lol", "other", "lol"];
            rows.map(|line| {
                let row = row(text("Bob"), text(line));
                keys.key(&carry(row, Content::Text, ALONE).unwrap())
                    .unwrap()
            })
        };
        let keys = twice();
        assert_eq!(keys, twice());
        let mut sorted = keys.to_vec();
        sorted.sort();
        sorted.dedup();
        assert_eq!(sorted.len(), 4, "{keys:?}");
    }
}
