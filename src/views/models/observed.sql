-- When we were there: from a join to the end of its connection. Everything else in this file is
-- silent about the time between; rates divide by these seconds.
CREATE TABLE observed (
    from_seq   INTEGER PRIMARY KEY, -- the event `joined`, or the first there is of a connection under way
    from_us    INTEGER NOT NULL,
    from_at    TEXT GENERATED ALWAYS AS (strftime('%Y-%m-%dT%H:%M:%fZ', from_us / 1000 / 1000.0, 'unixepoch')) VIRTUAL,
    until_seq  INTEGER NOT NULL,    -- the last event within
    until_us   INTEGER NOT NULL,    -- so far, while `open`
    until_at   TEXT GENERATED ALWAYS AS (strftime('%Y-%m-%dT%H:%M:%fZ', until_us / 1000 / 1000.0, 'unixepoch')) VIRTUAL,
    seconds    REAL GENERATED ALWAYS AS ((until_us - from_us) / 1e6) VIRTUAL,
    open       INTEGER NOT NULL,    -- 1: the connection had not ended when the views were built
    ended_by   TEXT                 -- what ended it (as in `disconnected`); NULL while open
) STRICT;
