//! Views that are up to date: what every command that asks them begins with.

use crate::cli::failure::Failure;
use crate::cli::progress;
use crate::cli::stop::Stop;
use crate::cli::text::plain;
use indicatif::ProgressBar;
use projectionist::SqliteReader;
use projectionist::views::{Views, ViewsBuilder, ViewsError, ViewsOptions, partial_of, path_of};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Which log, and where its views are.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Place {
    /// The log, which may be in use
    log: PathBuf,
    /// The views file [default: the log's name with .views.db behind it]
    #[arg(long, value_name = "FILE")]
    views: Option<PathBuf>,
}

impl Place {
    /// The log.
    pub(crate) fn reader(&self) -> Result<SqliteReader, Failure> {
        Ok(SqliteReader::open(&self.log)?)
    }

    /// Where the views of it are.
    pub(crate) fn views(&self, reader: &SqliteReader) -> PathBuf {
        let given = self.views.clone();
        given.unwrap_or_else(|| path_of(reader.path()))
    }
}

/// What a run has done.
#[derive(Debug, Serialize)]
pub(crate) struct Brought {
    pub(crate) path: PathBuf,
    pub(crate) seq: u64,
    pub(crate) events: u64,
    pub(crate) quarantined: u64,
    pub(crate) rebuilt: Option<&'static str>,
    pub(crate) complete: bool,
}

/// The settings that views were built under, so that they stay what they are until others are
/// asked for.
pub(super) fn options(path: &Path) -> ViewsOptions {
    let found = |path: &Path| Views::open(path).ok()?.status().ok()?.options;
    let options = found(path).or_else(|| found(&partial_of(path)));
    options.unwrap_or_default()
}

/// Brings views up to date, with a progress bar, until done or stopped.
pub(super) fn update(
    reader: &SqliteReader,
    path: &Path,
    options: ViewsOptions,
    afresh: bool,
    stop: &Stop,
) -> Result<Brought, ViewsError> {
    let mut builder = ViewsBuilder::new(reader).path(path).options(options);
    if afresh {
        builder = builder.afresh();
    }
    log::info!("{}: bringing the views up to date", path.display());
    let mut bar: Option<ProgressBar> = None;
    let updated = builder.update(&mut |done, total| {
        let bar = bar.get_or_insert_with(|| progress::bar("views", total));
        bar.set_position(done);
        !stop.is_asked()
    });
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    let updated = updated?;
    Ok(Brought {
        seq: updated.seq.0,
        path: updated.path,
        events: updated.events,
        quarantined: updated.quarantined,
        rebuilt: updated.rebuilt,
        complete: updated.complete,
    })
}

/// The views of a log, open for asking: brought up to date first where `wanted`. While somebody
/// else builds them, what there is will do.
pub(crate) fn bring(place: &Place, reader: &SqliteReader, wanted: bool) -> Result<Views, Failure> {
    let path = place.views(reader);
    if wanted {
        let stop = Stop::listen()?;
        match update(reader, &path, options(&path), false, &stop) {
            Ok(brought) if !brought.complete => {
                let text = "stopped by a signal while the views were built; the next run goes on";
                return Err(Failure::Bad(text.to_owned()));
            }
            Ok(brought) => {
                if let Some(why) = brought.rebuilt {
                    log::info!("{}: built anew: {why}", path.display());
                }
            }
            Err(error @ ViewsError::InUse { .. }) if path.exists() => {
                progress::note(&format!("note: {}", plain(&error.to_string())));
            }
            Err(error) => return Err(error.into()),
        }
    }
    let views = Views::open(&path)?;
    if views.log_id()? != reader.log_id() {
        let text = format!("{} is of another log: `views rebuild` it", path.display());
        return Err(Failure::Unfit(text));
    }
    if !wanted {
        let lag = reader.head()?.seq.0.saturating_sub(views.seq()?.0);
        if lag > 0 {
            progress::note(&format!("note: the views lack the newest {lag} events"));
        }
    }
    Ok(views)
}
