-- Where the log is silent because we were, not the channel: the log's own view `gaps`, kept as rows.
-- Times are those of receipt.
CREATE TABLE gaps (
    seq       INTEGER PRIMARY KEY, -- the event in the log that tells of it
    kind      TEXT NOT NULL,       -- 'disconnected': we were away; 'chat_gap': lines are missing between the last one before and the replay after; 'shed': frames left unrecorded under pressure, just before
    from_seq  INTEGER,             -- where it begins; NULL: no line came before
    until_seq INTEGER,             -- where it ends: the next `joined`, or the next `disconnected`, which goes on from there; NULL: not back yet
    from_us   INTEGER,             -- after a crash the time of what was last recorded: nobody saw the end; NULL: not told
    from_at   TEXT GENERATED ALWAYS AS (strftime('%Y-%m-%dT%H:%M:%fZ', from_us / 1000 / 1000.0, 'unixepoch')) VIRTUAL,
    until_us  INTEGER,             -- NULL: not back yet
    until_at  TEXT GENERATED ALWAYS AS (strftime('%Y-%m-%dT%H:%M:%fZ', until_us / 1000 / 1000.0, 'unixepoch')) VIRTUAL,
    seconds   REAL GENERATED ALWAYS AS ((until_us - from_us) / 1e6) VIRTUAL, -- NULL: not back yet, or its beginning is not told
    detail    TEXT NOT NULL        -- the event's body, JSON: what ended the connection, the server's own times, which frames
) STRICT;

CREATE INDEX gaps_by_time ON gaps (from_us);

-- When what came last was received: where a crash that is found next began.
CREATE TABLE gaps_reached (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    us  INTEGER NOT NULL
) STRICT;
