//! Read models for analysis: a views file beside the log, built from it, asked instead of it.
//!
//! The log answers what happened; who was here how long, what was played how often, when the room
//! is alive is computed, once, into `<log>.views.db`: by [`Projector`]s, each of which keeps a few
//! tables up to date from the events. The file is disposable: it can be deleted, built from a copy
//! of the log on another machine, and is built anew when rules or settings change. It is brought up
//! to date in steps whose rows and position are committed together. The recorder never waits for
//! any of this: the log is only read.
//!
//! ```no_run
//! use projectionist::{SqliteReader, views::{Views, ViewsBuilder}};
//!
//! let log = SqliteReader::open("MyChannel.events.db")?;
//! let updated = ViewsBuilder::new(&log).update(&mut |_, _| true)?;
//! println!("{} events taken", updated.events);
//! let views = Views::open(&updated.path)?;
//! println!("up to event {}", views.seq()?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Every table says in its SQL what its columns are. None of them invents anything: where the log
//! is silent because we were not there, the table `observed` says so, and rates divide by observed
//! time.

mod build;
mod error;
mod file;
mod models;
mod options;
mod projector;
mod reading;
mod sql;
pub mod stats;
mod status;

/// The SQLite binding that projectors and queries use.
pub use rusqlite;

pub use error::ViewsError;
pub use options::ViewsOptions;
pub use projector::{ProjectError, Projector, Step};
pub use reading::Views;
pub use sql::{Answered, Sql};
pub use status::{ProjectorStatus, ViewsStatus};

use crate::event::Seq;
use crate::log::LogError;
use crate::sqlite::SqliteReader;
use crate::sqlite::WriterLock;
use build::{Done, Run};
use file::{Found, beside};
use std::path::{Path, PathBuf};

/// The SQL that makes the tables of the built-in read models, in the order of their names. Its
/// comments say what each table and column is, in which unit, and when it is NULL.
#[must_use]
pub fn schema() -> String {
    models::schema()
}

/// Builds the views of one log, or brings them up to date.
pub struct ViewsBuilder<'a> {
    reader: &'a SqliteReader,
    path: PathBuf,
    options: ViewsOptions,
    projectors: Vec<Box<dyn Projector>>,
    afresh: bool,
}

/// What a run has done.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Updated {
    /// The views file.
    pub path: PathBuf,
    /// Up to and including which event it is built.
    pub seq: Seq,
    /// Events taken by this run.
    pub events: u64,
    /// Events that a projector could not take: see the table `quarantine`.
    pub quarantined: u64,
    /// Why the file was built anew; `None`: it was gone on with, or there was none.
    pub rebuilt: Option<&'static str>,
    /// Whether the run reached the end of the log as it was when it began.
    pub complete: bool,
}

/// The place of the views of a log: its own path with `.views.db` behind it.
#[must_use]
pub fn path_of(log: &Path) -> PathBuf {
    beside(log, ".views.db")
}

/// The place of views that are being built anew, beside the ones they are to replace. A file there
/// that nobody builds is of a run that was stopped: the next one goes on with it.
#[must_use]
pub fn partial_of(views: &Path) -> PathBuf {
    beside(views, ".partial")
}

impl<'a> ViewsBuilder<'a> {
    /// The built-in read models of a log, in the file beside it.
    #[must_use]
    pub fn new(reader: &'a SqliteReader) -> Self {
        Self {
            reader,
            path: path_of(reader.path()),
            options: ViewsOptions::default(),
            projectors: Vec::new(),
            afresh: false,
        }
    }

    /// Another place for the file. Its directory must exist.
    #[must_use]
    pub fn path(mut self, path: impl Into<PathBuf>) -> Self {
        self.path = path.into();
        self
    }

    /// Other settings.
    #[must_use]
    pub fn options(mut self, options: ViewsOptions) -> Self {
        self.options = options;
        self
    }

    /// A read model of the host's own, beside the built-in ones. The same ones have to be given
    /// each time: a change of their set is a change of rules, and the file is built anew.
    #[must_use]
    pub fn with(mut self, projector: impl Projector + 'static) -> Self {
        self.projectors.push(Box::new(projector));
        self
    }

    /// Builds anew whatever there is.
    #[must_use]
    pub fn afresh(mut self) -> Self {
        self.afresh = true;
        self
    }

    /// Brings the views up to the log's end; builds them if there are none, or if what is there
    /// does not fit. A new file is built beside the old one and takes its place when it is
    /// whole; until then, the old one can be asked. `progress` is told events done and in all,
    /// every few thousand, and says whether to go on: what is done stays done, and the next run
    /// goes on from there.
    ///
    /// Blocks the calling thread for as long as it takes: some microseconds an event.
    ///
    /// # Errors
    /// - [`ViewsError::InUse`]: somebody else builds this file, or reads the one to be replaced.
    /// - [`ViewsError::NotViews`], [`ViewsError::TooNew`]: the file there is not ours to replace.
    /// - [`ViewsError::Trimmed`]: the log was trimmed behind where the views are; what they lack is in
    ///   segments. [`ViewsBuilder::afresh`] builds from what there is.
    /// - [`ViewsError::Log`]: the log cannot be read.
    /// - [`ViewsError::Storage`]: the views cannot be written.
    pub fn update(
        mut self,
        progress: &mut dyn FnMut(u64, u64) -> bool,
    ) -> Result<Updated, ViewsError> {
        let mut projectors = models::built_in(&self.options);
        projectors.append(&mut self.projectors);
        let _lock = lock(&self.path)?;
        let head = self.reader.head()?.seq;
        let found = file::look(&self.path, self.reader, &self.options, &projectors)?;
        let (usable, rebuilt) = match found {
            Found::Usable(conn) if !self.afresh => (Some(conn), None),
            Found::Usable(_) => (None, Some("asked for")),
            Found::Stale(why) => (None, Some(why)),
            Found::Nothing => (None, None),
        };
        let done = match usable {
            Some(conn) => {
                let path = &self.path;
                run(self.reader, &conn, path, &mut projectors, head, progress)?
            }
            None => self.build(&mut projectors, head, progress)?,
        };
        Ok(Updated {
            seq: done.at,
            path: self.path,
            events: done.events,
            quarantined: done.quarantined,
            rebuilt,
            complete: done.complete,
        })
    }

    /// Builds beside the file and puts the new one in its place.
    fn build(
        &self,
        projectors: &mut [Box<dyn Projector>],
        head: Seq,
        progress: &mut dyn FnMut(u64, u64) -> bool,
    ) -> Result<Done, ViewsError> {
        let partial = partial_of(&self.path);
        let trimmed = self.reader.trim_seq()?;
        let begun = match file::look(&partial, self.reader, &self.options, projectors) {
            Ok(Found::Usable(conn)) if !self.afresh => {
                let at = build::reached(&conn, &partial)?;
                (at >= trimmed).then_some(conn)
            }
            _ => None,
        };
        let conn = match begun {
            Some(conn) => conn,
            None => {
                file::remove(&partial)?;
                file::make(&partial, self.reader, &self.options, projectors, trimmed)?
            }
        };
        let done = run(self.reader, &conn, &partial, projectors, head, progress)?;
        if done.complete {
            file::take_place(conn, &partial, &self.path)?;
        }
        Ok(done)
    }
}

fn run(
    reader: &SqliteReader,
    conn: &rusqlite::Connection,
    path: &Path,
    projectors: &mut [Box<dyn Projector>],
    head: Seq,
    progress: &mut dyn FnMut(u64, u64) -> bool,
) -> Result<Done, ViewsError> {
    let mut run = Run {
        reader,
        conn,
        path,
        projectors,
    };
    run.all(head, progress)
}

/// One builder at a time.
fn lock(path: &Path) -> Result<WriterLock, ViewsError> {
    WriterLock::take(path).map_err(|error| match error {
        LogError::InUse { path } => ViewsError::InUse {
            path,
            detail: "another run builds it; wait for that to end",
        },
        error => error.into(),
    })
}
