-- Chat as it was said, notices of the server included, and private messages to and from us. A line
-- that the server sent again at a join (origin `replay`), or that was brought in from another
-- source (`import`), is a row like any other, at the time it was said. What is redacted has no row.
CREATE TABLE messages (
    seq        INTEGER PRIMARY KEY, -- the event in the log
    said_us    INTEGER NOT NULL,    -- by the server's clock; where the frame has no time, by ours
    said_at    TEXT GENERATED ALWAYS AS (strftime('%Y-%m-%dT%H:%M:%fZ', said_us / 1000 / 1000.0, 'unixepoch')) VIRTUAL,
    kind       TEXT NOT NULL,       -- 'message' or 'pm'
    source     TEXT NOT NULL,       -- 'user', or a notice: 'server', 'voteskip'
    style      TEXT NOT NULL,       -- 'plain', 'action', 'greentext', 'spoiler', 'shout', 'drink', 'notice', 'other'
    shadow     INTEGER NOT NULL,    -- 1: shown to moderators only, its author is shadow-muted
    name       TEXT NOT NULL,       -- who said it, as displayed
    identity   TEXT NOT NULL,       -- the same in lower case: names ignore ASCII case
    to_name    TEXT,                -- to whom, for a 'pm'; NULL otherwise
    guest      INTEGER,             -- 1: the name had no account behind it; NULL: not known, or a notice
    words      INTEGER NOT NULL,    -- in the text, split at white space
    characters INTEGER NOT NULL,    -- in the text, Unicode code points
    emotes     INTEGER NOT NULL,    -- words of the text that were emotes then
    text       TEXT NOT NULL        -- plain text: tags stripped, entities decoded
) STRICT;

CREATE INDEX messages_by_time ON messages (said_us);
CREATE INDEX messages_by_identity ON messages (identity, said_us);

-- The words of `messages`, diacritics and case left out. `rowid` is `seq`. Ask it with
--     SELECT m.* FROM messages_fts f JOIN messages m ON m.seq = f.rowid
--     WHERE f.messages_fts MATCH 'word' ORDER BY f.rank
CREATE VIRTUAL TABLE messages_fts USING fts5 (
    text, name, content = 'messages', content_rowid = 'seq', tokenize = 'unicode61 remove_diacritics 2'
);
