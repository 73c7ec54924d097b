-- Polls. One that the server shows again at a join is the same as before: the time it was opened at,
-- who opened it and its title say which it is.
CREATE TABLE polls (
    poll_id     INTEGER PRIMARY KEY, -- the event in the log that first told of it
    title       TEXT NOT NULL,    -- plain text
    initiator   TEXT NOT NULL,    -- who opened it, as displayed
    opened_us   INTEGER NOT NULL, -- by the server's clock
    opened_at   TEXT GENERATED ALWAYS AS (strftime('%Y-%m-%dT%H:%M:%fZ', opened_us / 1000 / 1000.0, 'unixepoch')) VIRTUAL,
    open_seen   INTEGER NOT NULL, -- 1: we saw it being opened; 0: it was there when we came
    open        INTEGER NOT NULL, -- 1: it was open when the views were built, as far as we know
    closed_us   INTEGER,          -- when it was closed, or known to be gone; NULL while open
    closed_at   TEXT GENERATED ALWAYS AS (strftime('%Y-%m-%dT%H:%M:%fZ', closed_us / 1000 / 1000.0, 'unixepoch')) VIRTUAL,
    closed_seen INTEGER NOT NULL, -- 1: we saw it being closed; 0: still open, or gone when we came back, closed at some time before
    hidden      INTEGER NOT NULL, -- 1: votes were hidden from ordinary viewers while it was open
    votes       INTEGER,          -- all of them, as last told; NULL: hidden from us
    UNIQUE (opened_us, initiator, title)
) STRICT;

-- What there was to choose from: a row for each option of a poll, in the order they are shown in.
CREATE TABLE poll_options (
    poll_id INTEGER NOT NULL REFERENCES polls,
    place   INTEGER NOT NULL, -- from 1, as shown
    text    TEXT NOT NULL,    -- plain text
    votes   INTEGER,          -- as last told; NULL: hidden from us
    PRIMARY KEY (poll_id, place)
) STRICT, WITHOUT ROWID;
