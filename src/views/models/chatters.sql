-- Who talks: a row for each identity that said something, notices of the server left out. Lines
-- that came late (origin `replay`, `import`) count at the time they were said. All is of the lines in
-- `messages`: what is redacted no longer counts, and who has no line left has no row.
CREATE TABLE chatters (
    identity   TEXT NOT NULL PRIMARY KEY, -- in lower case: names ignore ASCII case
    name       TEXT NOT NULL,    -- as displayed when last heard
    guest      INTEGER,          -- 1: the name had no account behind it when last known; NULL: never known
    messages   INTEGER NOT NULL, -- lines of public chat
    words      INTEGER NOT NULL, -- in them, split at white space
    characters INTEGER NOT NULL, -- in them, Unicode code points
    pms        INTEGER NOT NULL, -- private messages to us (or, under our own name, from us)
    emotes     INTEGER NOT NULL, -- uses of emotes in public chat: see `emotes`
    first_us   INTEGER NOT NULL, -- first heard
    first_at   TEXT GENERATED ALWAYS AS (strftime('%Y-%m-%dT%H:%M:%fZ', first_us / 1000 / 1000.0, 'unixepoch')) VIRTUAL,
    last_us    INTEGER NOT NULL, -- last heard
    last_at    TEXT GENERATED ALWAYS AS (strftime('%Y-%m-%dT%H:%M:%fZ', last_us / 1000 / 1000.0, 'unixepoch')) VIRTUAL
) STRICT, WITHOUT ROWID;

CREATE INDEX chatters_by_messages ON chatters (messages, identity);

-- The same counts for each day (UTC) on which somebody said something.
CREATE TABLE chatters_by_day (
    day        INTEGER NOT NULL, -- days since 1970-01-01
    date       TEXT GENERATED ALWAYS AS (date(day * 86400, 'unixepoch')) VIRTUAL,
    identity   TEXT NOT NULL,
    messages   INTEGER NOT NULL,
    words      INTEGER NOT NULL,
    characters INTEGER NOT NULL,
    pms        INTEGER NOT NULL,
    emotes     INTEGER NOT NULL,
    PRIMARY KEY (day, identity)
) STRICT, WITHOUT ROWID;
