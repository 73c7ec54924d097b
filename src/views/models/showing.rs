//! One showing of a medium, and its row in `plays`.

use crate::model::{Media, Uid};
use crate::state::Playing;
use crate::time::UnixMicros;
use crate::views::models::watch::{Place, Watch};
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::sync::Arc;

/// Seconds before the end from which a showing counts as finished.
const CREDITS_S: f64 = 5.0;

/// Positions beyond this, in seconds, are no playback: leaders send any number. Ten years.
const POSITION_MAX_S: f64 = 315_576_000.0;

/// One showing.
#[derive(Debug)]
pub(super) struct Showing {
    /// The event that told of it.
    pub(super) started: Place,
    /// Where it stood then, in seconds.
    pub(super) position_s: f64,
    /// Whether we saw the start.
    pub(super) seen: bool,
    pub(super) title: String,
    pub(super) uid: Option<i64>,
    pub(super) queued_by: Option<String>,
    pub(super) temp: Option<bool>,
    pub(super) voteskips: Option<i64>,
    pub(super) viewers_start: Option<i64>,
    pub(super) viewers_peak: Option<i64>,
    /// What it is, and the server's last word on its clock.
    pub(super) clock: Arc<Playing>,
    /// On screen, as far as observed, up to `on_since_us`.
    pub(super) shown_us: i64,
    /// Since when we see it; `None`: we were cut off.
    pub(super) on_since_us: Option<i64>,
}

impl Showing {
    pub(super) fn is_of(&self, media: &Media) -> bool {
        self.clock.media.is_same(media)
    }

    /// Whether it has come to its end at a moment; live media have none.
    pub(super) fn is_over(&self, at: UnixMicros) -> bool {
        let seconds = self.clock.media.seconds;
        seconds > 0.0 && self.clock.position_at(at) >= seconds - CREDITS_S
    }

    pub(super) fn is_on(&mut self, us: i64) {
        self.on_since_us.get_or_insert(us);
    }

    pub(super) fn is_off(&mut self, us: i64) {
        if let Some(since_us) = self.on_since_us.take() {
            self.shown_us += us.saturating_sub(since_us);
        }
    }

    fn started_us(&self) -> i64 {
        let told = (0.0..POSITION_MAX_S).contains(&self.position_s) && !self.seen;
        let passed_us = if told { self.position_s * 1e6 } else { 0.0 };
        self.started.us - passed_us as i64
    }

    /// Writes the row; `ended`: where, and by what.
    pub(super) fn write(
        &self,
        ended: Option<(Place, Option<&'static str>)>,
        tables: &Connection,
    ) -> rusqlite::Result<()> {
        let sql = "INSERT INTO plays (started_seq, type, media_id, title, length_s, uid, queued_by,
                       temp, started_us, start_seen, ended_us, ended_seq, ended_by, shown_us,
                       voteskips, viewers_start, viewers_peak, position_s, position_us, paused)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,
                       ?17, ?18, ?19, ?20)
                   ON CONFLICT (started_seq) DO UPDATE SET temp = excluded.temp,
                       ended_us = excluded.ended_us, ended_seq = excluded.ended_seq,
                       ended_by = excluded.ended_by, shown_us = excluded.shown_us,
                       voteskips = excluded.voteskips, viewers_peak = excluded.viewers_peak,
                       position_s = excluded.position_s, position_us = excluded.position_us,
                       paused = excluded.paused";
        let (clock, media) = (&self.clock, &self.clock.media);
        tables.prepare_cached(sql)?.execute(params![
            self.started.seq,
            media.kind,
            media.id,
            self.title,
            (media.seconds > 0.0).then_some(media.seconds),
            self.uid,
            self.queued_by,
            self.temp,
            self.started_us(),
            self.seen,
            ended.map(|(place, _)| place.us),
            ended.map(|(place, _)| place.seq),
            ended.and_then(|(_, how)| how),
            self.shown_us,
            self.voteskips,
            self.viewers_start,
            self.viewers_peak,
            clock.position_s,
            clock.at.0,
            clock.paused,
        ])?;
        Ok(())
    }

    /// Takes up what is on screen, or, over a gap, what was.
    pub(super) fn resume(watch: &Watch, tables: &Connection) -> rusqlite::Result<Option<Self>> {
        let sql = "SELECT type, media_id, title, length_s, uid, position_s, paused, position_us,
                       started_seq, started_us, start_seen, queued_by, temp, voteskips,
                       viewers_start, viewers_peak, shown_us
                   FROM plays WHERE started_seq = (SELECT max(started_seq) FROM plays)
                   AND (ended_us IS NULL OR (ended_by = 'gap' AND ended_seq = ?1 AND NOT ?2))";
        let last = watch.last();
        let on_since_us = watch.is_live().then_some(last.us);
        tables
            .prepare_cached(sql)?
            .query_row(params![last.seq, watch.is_live()], |row| {
                Self::read(row, on_since_us)
            })
            .optional()
    }

    fn read(row: &Row<'_>, on_since_us: Option<i64>) -> rusqlite::Result<Self> {
        let clock = clock(row)?;
        Ok(Self {
            started: Place {
                seq: row.get(8)?,
                us: row.get(9)?,
            },
            // The computed start is in the row: nothing is computed again.
            position_s: 0.0,
            seen: row.get(10)?,
            title: clock.media.title.clone(),
            uid: row.get(4)?,
            queued_by: row.get(11)?,
            temp: row.get(12)?,
            voteskips: row.get(13)?,
            viewers_start: row.get(14)?,
            viewers_peak: row.get(15)?,
            clock: Arc::new(clock),
            shown_us: row.get(16)?,
            on_since_us,
        })
    }
}

fn clock(row: &Row<'_>) -> rusqlite::Result<Playing> {
    Ok(Playing {
        media: Media {
            kind: row.get(0)?,
            id: row.get(1)?,
            title: row.get(2)?,
            seconds: row.get::<_, Option<f64>>(3)?.unwrap_or(0.0),
            meta: serde_json::Value::Null,
        },
        uid: row.get::<_, Option<i64>>(4)?.map(Uid),
        position_s: row.get(5)?,
        paused: row.get(6)?,
        at: UnixMicros(row.get(7)?),
    })
}
