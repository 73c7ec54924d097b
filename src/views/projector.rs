//! What builds one read model: a projector, fed the events of a log in order.

use crate::event::Recorded;
use crate::state::ChannelState;
use rusqlite::Connection;

/// One event on its way into the read models.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Step<'a> {
    /// What happened, as reads show it: redactions honoured.
    pub event: &'a Recorded,
    /// The channel with this event folded in.
    pub state: &'a ChannelState,
}

/// Why a projector did not take an event.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProjectError {
    /// The tables could not be written: the whole run ends, and can be taken up again.
    #[error(transparent)]
    Storage(#[from] rusqlite::Error),
    /// This event cannot be taken, in words without its content. It is put in quarantine and told;
    /// the projector goes on with the next.
    #[error("{0}")]
    Event(String),
}

/// Builds one read model: tables of its own, filled from the events of a log, one after the other.
///
/// A projector is a function of the events alone: it reads no clock, and its tables come out the
/// same whether it is fed all at once or in many runs. What it holds in memory between two events
/// it must be able to take up again from its tables ([`Projector::resume`]): they are committed
/// together with the position reached, after [`Projector::settle`], so that a run may end anywhere.
///
/// ```
/// use projectionist::event::Event;
/// use projectionist::views::{ProjectError, Projector, Step, rusqlite::Connection};
///
/// /// How often the chat was cleared, and by whom.
/// #[derive(Default)]
/// struct Clearings;
///
/// impl Projector for Clearings {
///     fn name(&self) -> &'static str {
///         "clearings"
///     }
///     fn version(&self) -> u32 {
///         1
///     }
///     fn schema(&self) -> &'static str {
///         "CREATE TABLE clearings (seq INTEGER PRIMARY KEY, by TEXT NOT NULL) STRICT;"
///     }
///     fn project(&mut self, step: &Step<'_>, tables: &Connection) -> Result<(), ProjectError> {
///         if let Event::ChatCleared(cleared) = &step.event.event {
///             tables
///                 .prepare_cached("INSERT INTO clearings VALUES (?1, ?2)")?
///                 .execute((step.event.seq.0 as i64, &cleared.by))?;
///         }
///         Ok(())
///     }
/// }
/// ```
pub trait Projector {
    /// What its tables are called, or begin with; one projector of a name in a file.
    fn name(&self) -> &'static str;

    /// Raised with each change of its rules or tables: a file built by another version is built
    /// anew.
    fn version(&self) -> u32;

    /// SQL that makes its tables, indexes and views, in a file without them. Nothing newer than
    /// SQLite 3.40, so that other programs read it.
    fn schema(&self) -> &'static str;

    /// Forgets what it holds in memory, and takes up from its tables what it needs to go on.
    ///
    /// # Errors
    /// - [`ProjectError::Storage`]: the tables cannot be read.
    fn resume(&mut self, tables: &Connection) -> Result<(), ProjectError> {
        let _ = tables;
        Ok(())
    }

    /// Takes the next event.
    ///
    /// # Errors
    /// See [`ProjectError`].
    fn project(&mut self, step: &Step<'_>, tables: &Connection) -> Result<(), ProjectError>;

    /// Writes what it holds back: the position reached is about to be committed.
    ///
    /// # Errors
    /// - [`ProjectError::Storage`]: the tables cannot be written.
    fn settle(&mut self, tables: &Connection) -> Result<(), ProjectError> {
        let _ = tables;
        Ok(())
    }
}
