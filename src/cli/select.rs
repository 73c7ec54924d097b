//! Which events: the options that `tail`, `history`, `export` and `record` share.

use projectionist::{Kind, Read};

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
