//! What a views file says about itself.

use crate::event::Seq;
use crate::views::error::{ViewsError, storage};
use crate::views::file::{self, beside};
use crate::views::options::ViewsOptions;
use crate::views::reading::Views;
use serde::Serialize;
use std::path::Path;

/// A views file as found: how far it is, of which log, under which settings.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ViewsStatus {
    /// Up to and including which event it is built.
    pub seq: Seq,
    /// The log it is built from.
    pub log_id: String,
    /// That log's channel.
    pub channel: String,
    /// The first event there was when it was built from nothing.
    pub first_seq: Seq,
    /// Settings it was built under; `None`: this build does not read them.
    pub options: Option<ViewsOptions>,
    /// Events that a projector could not take: a count of rows in `quarantine`.
    pub quarantined: u64,
    /// Its size in bytes, its write-ahead log included.
    pub size_bytes: u64,
    /// Its projectors by name.
    pub projectors: Vec<ProjectorStatus>,
}

/// One projector of a views file.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ProjectorStatus {
    /// Its name.
    pub name: String,
    /// The version of its rules.
    pub version: u32,
    /// How far it has come.
    pub seq: Seq,
}

impl Views {
    /// What the file says about itself.
    ///
    /// # Errors
    /// - [`ViewsError::Storage`]: it cannot be read.
    pub fn status(&self) -> Result<ViewsStatus, ViewsError> {
        let conn = self.connection();
        let failed = storage(self.path(), "read the views");
        let about = |key: &str| file::about(conn, key).map_err(&failed);
        let sql = "SELECT count(*) FROM quarantine";
        let quarantined: i64 = conn.query_row(sql, [], |row| row.get(0)).map_err(&failed)?;
        let first_seq = about("first_seq")?.and_then(|text| text.parse().ok());
        let options = about("settings")?.and_then(|text| serde_json::from_str(&text).ok());
        let projectors = file::reached(conn).map_err(&failed)?.into_iter();
        let projectors = projectors.map(|(name, version, reached)| ProjectorStatus {
            name,
            version,
            seq: reached.seq,
        });
        Ok(ViewsStatus {
            seq: self.seq()?,
            log_id: self.log_id()?,
            channel: about("channel")?.unwrap_or_default(),
            first_seq: Seq(first_seq.unwrap_or(0)),
            options,
            quarantined: u64::try_from(quarantined).unwrap_or(0),
            size_bytes: size(self.path()) + size(&beside(self.path(), "-wal")),
            projectors: projectors.collect(),
        })
    }
}

fn size(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |metadata| metadata.len())
}
