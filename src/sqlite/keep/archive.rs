//! The oldest events of a log, written to a segment. The log is only read, and may be in use.

use crate::event::Seq;
use crate::log::{Base, ChainHash, LogError, TrimRefusal};
use crate::segment::{Before, Header, KeyLine, Segment, SegmentWriter, SessionLine, verify};
use crate::sqlite::failure::{io, storage};
use crate::sqlite::lock::beside;
use crate::sqlite::read::ReadSide;
use crate::sqlite::reader::SqliteReader;
use crate::sqlite::row::{COLUMNS, RawRow, natural_in, stored};
use crate::sqlite::sessions;
use rusqlite::OptionalExtension;
use std::fs::File;
use std::io::{BufWriter, ErrorKind, Write};
use std::path::Path;

/// Rows to a page; between pages the file's WAL may be folded away.
const PAGE_ROWS: i64 = 1024;

impl SqliteReader {
    /// Writes all events up to and including `until` into a new segment, and verifies that. The
    /// log stays as it is; the recorder goes on meanwhile. The file appears under its name only
    /// when it is whole, sound and on the disk. `progress` is told events done and in all (each is
    /// written, then verified), and may say `false` to give up; then `None` comes back and there is
    /// no file.
    ///
    /// # Errors
    /// - [`LogError::Exists`]: there is such a file already.
    /// - [`LogError::NotTrimmed`]: there are no events up to there.
    /// - [`LogError::Damaged`]: an event is not what was written; nothing of it is kept.
    /// - [`LogError::Storage`]: the log cannot be read, or the segment not be written.
    pub fn archive(
        &self,
        until: Seq,
        to: &Path,
        progress: &mut dyn FnMut(u64, u64) -> bool,
    ) -> Result<Option<Segment>, LogError> {
        if to.exists() {
            let path = to.display().to_string();
            return Err(LogError::Exists { path });
        }
        let header = header(&self.side, until)?;
        let partial = beside(to, ".partial");
        let mut writing = |done, total: u64| progress(done, total.saturating_mul(2));
        let written = write(&self.side, &header, &partial, &mut writing).and_then(|whole| {
            if !whole {
                return Ok(None);
            }
            verify(&partial, &mut |done, total| {
                progress(total.saturating_add(done), total.saturating_mul(2))
            })
        });
        match written {
            Ok(Some(segment)) => {
                std::fs::rename(&partial, to).map_err(io(to, "name the segment"))?;
                sync_folder(to);
                Ok(Some(segment))
            }
            given_up_or_failed => {
                remove(&partial)?;
                given_up_or_failed
            }
        }
    }
}

/// What the segment from where the log begins to `until` is to begin with.
fn header(side: &ReadSide, until: Seq) -> Result<Header, LogError> {
    let base = side.base()?;
    let trimmed = base.as_ref().map_or(Seq(0), |base| base.state.seq);
    let head = side.head()?.seq;
    let refused = |why| LogError::NotTrimmed {
        path: side.path.display().to_string(),
        until,
        why,
    };
    if until > head {
        return Err(refused(TrimRefusal::BeyondHead { head }));
    }
    if until <= trimmed {
        return Err(refused(TrimRefusal::Already { trimmed }));
    }
    let chain = |base: &Base| base.state.chain;
    Ok(Header {
        log_id: side.identity.log_id.clone(),
        channel: side.identity.channel.clone(),
        origin: side.identity.origin.clone(),
        created: side.identity.created,
        first: trimmed.next(),
        last: until,
        chain_before: base.as_ref().map_or(ChainHash::default(), chain),
        before: base.map(|base| before(side, base)).transpose()?,
    })
}

/// What the events before the segment come down to.
fn before(side: &ReadSide, base: Base) -> Result<Before, LogError> {
    let failed = storage(&side.path, "read what was trimmed");
    let sql = format!(
        "SELECT {}, ended_us FROM session WHERE session_id = ?1",
        sessions::COLUMNS
    );
    let end = stored(base.state.seq.0);
    let session = side
        .conn
        .query_row(&sql, [stored(base.session)], |row| {
            let session = sessions::Session::read(row, 0)?;
            // An end that lies in the segment is the segment's to tell.
            let ended = session.last_seq.is_some_and(|last| last <= end);
            Ok(SessionLine {
                first_seq: session.first_seq,
                last_seq: session.last_seq.filter(|_| ended),
                opened_us: session.opened_us,
                closed_us: session.closed_us.filter(|_| ended),
                ended_us: row.get(6)?,
                endpoint: session.endpoint,
                close_reason: session.close_reason.filter(|_| ended),
            })
        })
        .optional()
        .map_err(&failed)?;
    let keys = || {
        let sql = "SELECT dedup_key, seq FROM spent_key WHERE seq <= ?1 ORDER BY seq";
        let mut statement = side.conn.prepare(sql)?;
        let keys = statement.query_map([end], |row| {
            Ok(KeyLine {
                key: row.get(0)?,
                seq: natural_in(row, 1)?,
            })
        })?;
        keys.collect::<rusqlite::Result<Vec<_>>>()
    };
    Ok(Before {
        session,
        keys: keys().map_err(&failed)?,
        base,
    })
}

/// Says whether all was written; then it is on the disk.
fn write(
    side: &ReadSide,
    header: &Header,
    partial: &Path,
    progress: &mut dyn FnMut(u64, u64) -> bool,
) -> Result<bool, LogError> {
    let failed = io(partial, "write the segment");
    let file = File::create(partial).map_err(&failed)?;
    let mut writer = SegmentWriter::new(BufWriter::new(file), header).map_err(&failed)?;
    if !rows(side, header, &mut writer, partial, progress)? {
        return Ok(false);
    }
    let mut sink = writer.finish().map_err(&failed)?;
    sink.flush().map_err(&failed)?;
    sink.get_ref().sync_all().map_err(&failed)?;
    Ok(true)
}

/// Writes the events, each linked to the chain anew.
fn rows<W: Write>(
    side: &ReadSide,
    header: &Header,
    writer: &mut SegmentWriter<W>,
    partial: &Path,
    progress: &mut dyn FnMut(u64, u64) -> bool,
) -> Result<bool, LogError> {
    let failed = storage(&side.path, "read events");
    let sql = format!(
        "SELECT {COLUMNS} FROM event NOT INDEXED WHERE seq > ?1 AND seq <= ?2
         ORDER BY seq LIMIT {PAGE_ROWS}"
    );
    let mut statement = side.conn.prepare(&sql).map_err(&failed)?;
    let mut next = header.first;
    let mut chain = header.chain_before;
    while next <= header.last {
        let after = stored(next.0.saturating_sub(1));
        let mut page = statement
            .query([after, stored(header.last.0)])
            .map_err(&failed)?;
        let begun = next;
        while let Some(row) = page.next().map_err(&failed)? {
            let damaged = |detail: String| LogError::Damaged { seq: next, detail };
            let raw = RawRow::read(row).map_err(damaged)?;
            if raw.seq != next.0 {
                break;
            }
            let written = side
                .with_names(&raw, |kind, actor| {
                    let columns = raw.columns(kind, actor);
                    if columns.link(&chain) != raw.chain {
                        return Err("not what was written: its hash differs".to_owned());
                    }
                    raw.event(kind)
                        .map_err(|_| "its body is not that of its kind".to_owned())?;
                    Ok(writer.row(&columns, raw.chain))
                })
                .map_err(storage(&side.path, "read a dictionary"))?
                .map_err(damaged)?;
            written.map_err(|error| match error.kind() {
                ErrorKind::InvalidData => damaged(error.to_string()),
                _ => io(partial, "write the segment")(error),
            })?;
            (chain, next) = (raw.chain, next.next());
        }
        if next == begun {
            let detail = "it is missing".to_owned();
            return Err(LogError::Damaged { seq: next, detail });
        }
        let done = next.0.saturating_sub(header.first.0);
        if !progress(done, header.events()) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Makes the new name itself survive a power cut, where folders can be synced.
fn sync_folder(path: &Path) {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    if let Err(error) = File::open(folder).and_then(|folder| folder.sync_all()) {
        ::log::debug!("{}: not synced: {error}", folder.display());
    }
}

/// Removes what an interrupted run left.
fn remove(partial: &Path) -> Result<(), LogError> {
    match std::fs::remove_file(partial) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(io(partial, "remove an unfinished segment")(error))
        }
        _ => Ok(()),
    }
}
