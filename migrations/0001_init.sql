-- The event log of one channel: one file, append-only, one writer.
--
-- Tables may change with later migrations; views are the contract for those who analyse a log and
-- only ever gain columns. Nothing here is newer than SQLite 3.40, so that the SQLite of Debian 12
-- and of Python reads a log as well as we do. Times are integers, microseconds (`_us`) or
-- milliseconds (`_ms`) since 1970 UTC; the views add ISO 8601 text.

PRAGMA application_id = 1349141878; -- 'PjEv': tells our files from other SQLite databases

-- Facts about the log itself: `log_id` (names it in checkpoints), `channel`, `origin`,
-- `created_us`.
CREATE TABLE meta (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Names of kinds, so that an event and its index entry carry a small integer. The chain hashes
-- the name: a damaged dictionary shows.
CREATE TABLE kind (
    kind_id INTEGER PRIMARY KEY,
    name    TEXT NOT NULL UNIQUE
) STRICT;

-- Display names of those who act, one row per spelling, for the same reason.
CREATE TABLE actor (
    actor_id INTEGER PRIMARY KEY,
    name     TEXT NOT NULL UNIQUE
) STRICT;

-- Identity ignores ASCII case, as the server does: from a name to all its spellings.
CREATE INDEX actor_by_identity ON actor (name COLLATE NOCASE);

-- Connections, each a contiguous range of events. Derived from the events, kept so that opening a
-- log and listing its sessions need not read them. `last_seq`, `closed_us` and `close_reason`
-- come with the session's (latest) `disconnected` event; NULL: open, or its writer died.
CREATE TABLE session (
    session_id   INTEGER PRIMARY KEY,
    first_seq    INTEGER NOT NULL,
    last_seq     INTEGER,
    opened_us    INTEGER NOT NULL,
    closed_us    INTEGER,
    endpoint     TEXT,
    close_reason TEXT
) STRICT;

-- What happened, in order, for ever. `seq` is gapless from 1 and `received_us` never falls.
-- `session_id` 0 stands before the first connection. `origin`: 0 live, 1 replay, 2 resync,
-- 3 command, 4 engine, 5 import. `chain` is SHA-256 over the previous chain and every column; it
-- stands before `body` so that a position's hash is read without the body's overflow pages.
CREATE TABLE event (
    seq         INTEGER PRIMARY KEY,
    session_id  INTEGER NOT NULL,
    received_us INTEGER NOT NULL,
    sent_ms     INTEGER,
    kind_id     INTEGER NOT NULL,
    schema_v    INTEGER NOT NULL,
    origin      INTEGER NOT NULL,
    actor_id    INTEGER,
    cause_seq   INTEGER,
    corr        TEXT,
    dedup_key   TEXT,
    chain       BLOB NOT NULL,
    body        TEXT NOT NULL,
    raw         TEXT
) STRICT;

-- "The last 256 messages", "joins since noon": by kind, in order of time and so of position.
CREATE INDEX event_by_kind ON event (kind_id, received_us);

-- What may happen once only happens once.
CREATE UNIQUE INDEX event_by_dedup_key ON event (dedup_key) WHERE dedup_key IS NOT NULL;

CREATE TRIGGER event_is_never_updated BEFORE UPDATE ON event
BEGIN SELECT raise(ABORT, 'events are never changed: the log is append-only'); END;

CREATE TRIGGER event_is_never_deleted BEFORE DELETE ON event
BEGIN SELECT raise(ABORT, 'events are never deleted: the log is append-only'); END;

-- Folded states, so that opening a log or asking for an old state folds a part of it only.
-- Disposable: each can be folded again. `chain` ties it to the event at `seq`.
CREATE TABLE snapshot (
    seq    INTEGER PRIMARY KEY,
    fold_v INTEGER NOT NULL,
    chain  BLOB NOT NULL,
    body   TEXT NOT NULL
) STRICT;

-- How far named consumers have read, kept beside what they read. `version` is the consumer's own:
-- a change of it means starting over.
CREATE TABLE checkpoint (
    consumer TEXT NOT NULL PRIMARY KEY,
    version  INTEGER NOT NULL,
    seq      INTEGER NOT NULL,
    chain    BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Positions put on record (`why`: a flush, a clean close). The chain alone cannot tell a log from
-- one that lost its newest events; an anchor beyond the end, or unlike the chain, can.
CREATE TABLE anchor (
    why   TEXT NOT NULL PRIMARY KEY,
    seq   INTEGER NOT NULL,
    chain BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Events known to be damaged, and what is wrong, noted by whoever accepted the loss: damage that
-- is known is told from damage that is new. The rows themselves stay as they are.
CREATE TABLE quarantine (
    seq    INTEGER PRIMARY KEY,
    reason TEXT NOT NULL
) STRICT;

-- Every event with names for numbers. A redacted event keeps its row and its hash; its content is
-- not shown.
CREATE VIEW events AS
SELECT seq,
       strftime('%Y-%m-%dT%H:%M:%fZ', received_us / 1000 / 1000.0, 'unixepoch') AS received_at,
       strftime('%Y-%m-%dT%H:%M:%fZ', sent_ms / 1000.0, 'unixepoch') AS sent_at,
       kind,
       CASE origin WHEN 0 THEN 'live' WHEN 1 THEN 'replay' WHEN 2 THEN 'resync'
                   WHEN 3 THEN 'command' WHEN 4 THEN 'engine' WHEN 5 THEN 'import' END AS origin,
       actor,
       CASE WHEN redacted THEN NULL ELSE body END AS body,
       CASE WHEN redacted THEN NULL ELSE raw END AS raw,
       session_id, schema_v, cause_seq, corr, dedup_key,
       received_us, sent_ms, kind_id, actor_id,
       redacted
FROM (SELECT e.*, k.name AS kind, a.name AS actor,
             e.seq IN (SELECT json_extract(body, '$.target') FROM event
                       WHERE kind_id = (SELECT kind_id FROM kind WHERE name = 'redaction'))
             AS redacted
      FROM event e
      LEFT JOIN kind k ON k.kind_id = e.kind_id
      LEFT JOIN actor a ON a.actor_id = e.actor_id);

-- Chat as it was said, notices of the server (`source` `server`, `voteskip`) included, and private
-- messages (`kind` = 'pm', with `to_user` and `direction`). `rank` is the author's at that moment,
-- NULL where unknown. `html` is hostile until sanitised. The `+` keeps to the order of the log,
-- since chat is most of it: `ORDER BY seq DESC LIMIT 20` then reads twenty rows.
CREATE VIEW messages AS
SELECT seq, received_at, sent_at, sent_ms,
       CASE kind WHEN 'pm' THEN json_extract(body, '$.from')
                 ELSE json_extract(body, '$.user.name') END AS username,
       json_extract(body, '$.text') AS text,
       json_extract(body, '$.html') AS html,
       origin, kind,
       CASE kind WHEN 'pm' THEN 'plain'
                 ELSE coalesce(json_extract(body, '$.style'), 'plain') END AS style,
       CASE kind WHEN 'pm' THEN 'user'
                 ELSE coalesce(json_extract(body, '$.source'), 'user') END AS source,
       json_extract(body, '$.user.rank') AS rank,
       json_extract(body, '$.user.afk') AS afk,
       json_extract(body, '$.user.muted') AS muted,
       coalesce(json_extract(body, '$.shadow'), 0) AS shadow,
       json_extract(body, '$.modflair') AS modflair,
       json_extract(body, '$.to') AS to_user,
       json_extract(body, '$.direction') AS direction,
       session_id, received_us, redacted
FROM events
WHERE +kind_id IN (SELECT kind_id FROM kind WHERE name IN ('message', 'pm'));

-- Connections. `events` counts the range up to the `disconnected` event; NULL while open. The end of
-- one that a crash ended is that of the last thing recorded in it.
CREATE VIEW sessions AS
SELECT session_id,
       strftime('%Y-%m-%dT%H:%M:%fZ', opened_us / 1000 / 1000.0, 'unixepoch') AS opened_at,
       strftime('%Y-%m-%dT%H:%M:%fZ', closed_us / 1000 / 1000.0, 'unixepoch') AS closed_at,
       (closed_us - opened_us) / 1e6 AS seconds,
       close_reason, endpoint, first_seq, last_seq,
       last_seq - first_seq + 1 AS events,
       opened_us, closed_us
FROM (SELECT session_id, opened_us, close_reason, endpoint, first_seq, last_seq,
             CASE close_reason
                 WHEN 'crash' THEN (SELECT p.received_us FROM event p WHERE p.seq = last_seq - 1)
                 ELSE closed_us END AS closed_us
      FROM session);

-- Where the log is silent because we were, not the channel. Times are those of receipt.
-- `disconnected`: from the event, or after a crash (`cause` in `detail`) from the last thing that was
--     recorded before it, since nobody saw the end; until the next `joined` (a connection that never got that far shows us nothing),
--     or until the next `disconnected`, which goes on from there: ranges do not overlap. NULL: not
--     back yet.
-- `chat_gap`: chat is missing between the last message before (`from_seq`; NULL: there was none)
--     and the replay after; `detail` has the server's own times.
-- `shed`: frames left unrecorded under pressure, just before this event.
CREATE VIEW gaps AS
WITH span (seq, kind, from_seq, until_seq, from_us, until_us, detail) AS (
    SELECT seq, kind, seq, next_seq,
           CASE json_extract(body, '$.cause')
               WHEN 'crash' THEN (SELECT p.received_us FROM event p WHERE p.seq = last.seq - 1)
               ELSE received_us END,
           next_us, body
    FROM (SELECT e.seq, k.name AS kind, e.received_us, e.body,
                 lead(e.seq) OVER in_order AS next_seq,
                 lead(e.received_us) OVER in_order AS next_us
          FROM event e JOIN kind k ON k.kind_id = e.kind_id
          WHERE k.name IN ('disconnected', 'joined')
          WINDOW in_order AS (ORDER BY e.seq)) AS last
    WHERE kind = 'disconnected'
    UNION ALL
    SELECT e.seq, k.name, l.seq, e.seq, l.received_us, e.received_us, e.body
    FROM kind k JOIN event e ON e.kind_id = k.kind_id
    LEFT JOIN event l ON l.seq = json_extract(e.body, '$.last_seq')
    WHERE k.name = 'chat_gap'
    UNION ALL
    SELECT e.seq, k.name, e.seq, e.seq, e.received_us, e.received_us, e.body
    FROM kind k JOIN event e ON e.kind_id = k.kind_id
    WHERE k.name = 'shed'
)
SELECT seq, kind, from_seq, until_seq,
       strftime('%Y-%m-%dT%H:%M:%fZ', from_us / 1000 / 1000.0, 'unixepoch') AS from_at,
       strftime('%Y-%m-%dT%H:%M:%fZ', until_us / 1000 / 1000.0, 'unixepoch') AS until_at,
       (until_us - from_us) / 1e6 AS seconds,
       detail, from_us, until_us
FROM span;

-- How many events of each kind, and when; answered from an index.
CREATE VIEW kinds AS
SELECT k.name AS kind, count(*) AS events,
       strftime('%Y-%m-%dT%H:%M:%fZ', min(e.received_us) / 1000 / 1000.0, 'unixepoch') AS first_at,
       strftime('%Y-%m-%dT%H:%M:%fZ', max(e.received_us) / 1000 / 1000.0, 'unixepoch') AS last_at,
       k.kind_id
FROM event e JOIN kind k ON k.kind_id = e.kind_id
GROUP BY e.kind_id;

-- Beginnings of media that we witnessed, repetitions by the server left out. What already played
-- when we joined is in the body of `joined`. `seconds` is the media's length, 0 for live media.
CREATE VIEW media_plays AS
SELECT seq, received_at,
       json_extract(body, '$.media.type') AS type,
       json_extract(body, '$.media.id') AS id,
       json_extract(body, '$.media.title') AS title,
       json_extract(body, '$.media.seconds') AS seconds,
       json_extract(body, '$.position_s') AS position_s,
       json_extract(body, '$.uid') AS uid,
       session_id, received_us
FROM events
WHERE kind_id = (SELECT kind_id FROM kind WHERE name = 'media_change')
  AND coalesce(json_extract(body, '$.resync'), 0) = 0;
