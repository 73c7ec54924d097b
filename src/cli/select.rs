//! Which events: the options that `tail`, `history`, `export` and `record` share.

use projectionist::{Kind, Read, Recorded, Seq, SqliteReader};
use std::collections::BTreeSet;

/// Options that choose events by what they are.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Select {
    /// Only these kinds, such as message,pm,media_change
    #[arg(long, value_name = "KIND,…", value_delimiter = ',', value_parser = kind)]
    kinds: Vec<Kind>,
    /// Only what this user did (upper and lower case alike)
    #[arg(long, value_name = "NAME")]
    actor: Option<String>,
}

impl Select {
    /// The read that these options ask for.
    pub(crate) fn read(&self) -> Read {
        let read = Read::default().kinds(self.kinds.iter().copied());
        match &self.actor {
            Some(name) => read.actor(name),
            None => read,
        }
    }
}

/// Reads a kind. For clap.
fn kind(name: &str) -> Result<Kind, String> {
    Kind::parse(name).ok_or_else(|| {
        let known: Vec<_> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
        format!("no such kind; there are: {}", known.join(", "))
    })
}

/// Events whose content is no longer to be shown.
#[derive(Debug, Default)]
pub(crate) struct Redacted(BTreeSet<Seq>);

impl Redacted {
    /// Those that a log marks so.
    pub(crate) fn of(reader: &SqliteReader) -> Result<Self, projectionist::LogError> {
        let mut redacted = Self::default();
        let read = Read::default().kinds([Kind::Redacted]);
        reader.visit(&read, &mut |recorded| {
            redacted.note(&recorded);
            true
        })?;
        Ok(redacted)
    }

    /// Takes notice of an event that may mark another.
    pub(crate) fn note(&mut self, recorded: &Recorded) {
        if let projectionist::Event::Redacted(redaction) = &recorded.event {
            self.0.insert(redaction.target);
        }
    }

    /// Whether an event's content is to stay unseen.
    pub(crate) fn contains(&self, seq: Seq) -> bool {
        self.0.contains(&seq)
    }
}
