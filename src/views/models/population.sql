-- How many were here: one row a change, each valid until the next or, at the end of a time that we
-- observed, until that end. Means over time weigh each row by its `seconds`. What the server tells
-- of viewers lags by up to 10 s, and is not told at once at a join. Ourselves included.
CREATE TABLE population (
    at_us     INTEGER PRIMARY KEY, -- what was so at the end of this microsecond
    at_at     TEXT GENERATED ALWAYS AS (strftime('%Y-%m-%dT%H:%M:%fZ', at_us / 1000 / 1000.0, 'unixepoch')) VIRTUAL,
    until_us  INTEGER NOT NULL,    -- the next change, the end of what we observed, or the last event we have
    seconds   REAL GENERATED ALWAYS AS ((until_us - at_us) / 1e6) VIRTUAL,
    named     INTEGER,             -- users in the list; NULL: we have no list
    afk       INTEGER,             -- how many of them away from the keyboard
    total     INTEGER,             -- viewers as the server counts them, anonymous ones included; NULL: not told
    anonymous INTEGER GENERATED ALWAYS AS (max(total - named, 0)) VIRTUAL -- the others; never below 0, though the count lags; NULL: not known
) STRICT;
