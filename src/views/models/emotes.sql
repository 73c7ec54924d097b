-- What emotes are used: a row for each that somebody used. A use is a word of a user's line of public
-- chat, split at white space, that is the name of an emote of the room at that moment; as long as the
-- room's emotes are not known there is none. What is redacted no longer counts.
CREATE TABLE emotes (
    emote    TEXT NOT NULL PRIMARY KEY, -- its name, exactly
    uses     INTEGER NOT NULL,
    messages INTEGER NOT NULL,  -- lines with it
    users    INTEGER NOT NULL,  -- identities that used it
    first_us INTEGER NOT NULL,  -- first used
    first_at TEXT GENERATED ALWAYS AS (strftime('%Y-%m-%dT%H:%M:%fZ', first_us / 1000 / 1000.0, 'unixepoch')) VIRTUAL,
    last_us  INTEGER NOT NULL,  -- last used
    last_at  TEXT GENERATED ALWAYS AS (strftime('%Y-%m-%dT%H:%M:%fZ', last_us / 1000 / 1000.0, 'unixepoch')) VIRTUAL
) STRICT, WITHOUT ROWID;

CREATE INDEX emotes_by_uses ON emotes (uses, emote);

-- Who uses which emote how often: a row for each emote and identity.
CREATE TABLE emote_uses (
    emote    TEXT NOT NULL,
    identity TEXT NOT NULL,     -- in lower case: names ignore ASCII case
    uses     INTEGER NOT NULL,
    PRIMARY KEY (emote, identity)
) STRICT, WITHOUT ROWID;

-- The lines that these are sums of: a row for each emote of a line.
CREATE TABLE emote_lines (
    emote    TEXT NOT NULL,
    said_us  INTEGER NOT NULL,  -- as in `messages`
    seq      INTEGER NOT NULL,  -- the line in `messages`
    identity TEXT NOT NULL,
    uses     INTEGER NOT NULL,  -- in this line
    PRIMARY KEY (emote, said_us, seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX emote_lines_by_seq ON emote_lines (seq);
CREATE INDEX emote_lines_by_identity ON emote_lines (identity, said_us);
