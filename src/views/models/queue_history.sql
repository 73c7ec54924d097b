-- Who adds what. What was in the list before we came is not here: nobody told who put it there when.
CREATE TABLE queue_history (
    seq        INTEGER PRIMARY KEY, -- the event in the log: `media_queue` or `queue_fail`
    told_us    INTEGER NOT NULL,    -- when the server told
    told_at    TEXT GENERATED ALWAYS AS (strftime('%Y-%m-%dT%H:%M:%fZ', told_us / 1000 / 1000.0, 'unixepoch')) VIRTUAL,
    outcome    TEXT NOT NULL,       -- 'accepted'; 'refused': told only to whoever is refused, so only our own
    name       TEXT,                -- who, as displayed; NULL: an anonymous viewer
    identity   TEXT,                -- the same in lower case
    media_type TEXT,                -- provider, such as 'yt'; NULL: refused
    media_id   TEXT,                -- identifier within the provider, or what was asked for; NULL: not told
    title      TEXT,                -- NULL: refused
    seconds    REAL,                -- length; 0 for live media; NULL: refused
    temp       INTEGER,             -- 1: deleted once played; NULL: refused
    position   TEXT,                -- 'end', 'next' (behind what plays), 'front', 'between'; NULL: refused
    uid        INTEGER,             -- number in the list until the next join; NULL: refused
    reason     TEXT,                -- why it was refused, in the server's words
    link       TEXT                 -- to what was refused; NULL: not told
) STRICT;

CREATE INDEX queue_history_by_time ON queue_history (told_us);
CREATE INDEX queue_history_by_identity ON queue_history (identity, told_us);
