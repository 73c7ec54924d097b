-- What was played: one row a showing. The server repeating what plays already is no new one; an
-- item that is played again from the start is. A showing goes on over a gap of ours when the
-- position behind it is where it would have come to; else it ends where the gap begins, by 'gap'.
-- Imported history makes no rows.
CREATE TABLE plays (
    started_seq   INTEGER PRIMARY KEY, -- the event that told; in order of time
    type          TEXT NOT NULL,       -- provider code, such as `yt`
    media_id      TEXT NOT NULL,       -- identifier within the provider
    title         TEXT NOT NULL,       -- hostile until escaped
    length_s      REAL,                -- NULL: live, without an end
    uid           INTEGER,             -- number of the playlist item at the start; means nothing later; NULL: not told
    queued_by     TEXT,                -- who added the item; NULL: an anonymous viewer, or the list is hidden from us
    temp          INTEGER,             -- 1: deleted once played; NULL: the list is hidden from us
    started_us    INTEGER NOT NULL,
    started_at    TEXT GENERATED ALWAYS AS (strftime('%Y-%m-%dT%H:%M:%fZ', started_us / 1000 / 1000.0, 'unixepoch')) VIRTUAL,
    start_seen    INTEGER NOT NULL,    -- 0: it ran when we came; `started_us` is computed from its position then, as if it had never been paused or moved
    ended_us      INTEGER,             -- NULL: still runs
    ended_at      TEXT GENERATED ALWAYS AS (strftime('%Y-%m-%dT%H:%M:%fZ', ended_us / 1000 / 1000.0, 'unixepoch')) VIRTUAL,
    ended_seq     INTEGER,             -- the event that told, the last before the gap; NULL: still runs
    ended_by      TEXT,                -- 'finished' (within 5 s of its end), 'voteskip', 'skipped' (something else was started; also a temporary item deleted early), 'removed' (the item was deleted), 'cleared' (the whole list was), 'gap'; NULL: still runs, or the list is hidden from us
    shown_us      INTEGER NOT NULL,    -- how long we saw it on screen, pauses included, microseconds; so far, while it runs
    shown_s       REAL GENERATED ALWAYS AS (shown_us / 1e6) VIRTUAL,
    voteskips     INTEGER,             -- most votes to skip at once; NULL: we may not see them
    viewers_start INTEGER,             -- viewers at the start, anonymous ones included, as last told; NULL: not told, or the start not seen
    viewers_peak  INTEGER,             -- most viewers told while it ran; NULL: none told
    position_s    REAL NOT NULL,       -- the server's last word on the position, seconds from the start
    position_us   INTEGER NOT NULL,    -- when that was
    paused        INTEGER NOT NULL     -- 1: its clock stood then
) STRICT;

CREATE INDEX plays_by_media ON plays (type, media_id);
CREATE INDEX plays_by_start ON plays (started_us);
