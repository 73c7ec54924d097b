-- Retention: the oldest events may leave a log once a segment holds them. What they fold to stays.

-- What the log begins with once events were trimmed, one row: the state after the last of them, the
-- hash of the chain there, its time and its session. Not disposable, so it has a hash of its own
-- (`digest`, SHA-256 over the other columns). `meta` has the position once more, as `trim_seq`.
CREATE TABLE base (
    seq         INTEGER PRIMARY KEY,
    received_us INTEGER NOT NULL,
    session_id  INTEGER NOT NULL,
    fold_v      INTEGER NOT NULL,
    chain       BLOB NOT NULL,
    digest      BLOB NOT NULL,
    body        TEXT NOT NULL
) STRICT;

-- Keys of events that were trimmed: what may happen once only stays so.
CREATE TABLE spent_key (
    dedup_key TEXT NOT NULL PRIMARY KEY,
    seq       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER event_has_no_spent_key BEFORE INSERT ON event
WHEN NEW.dedup_key IS NOT NULL
BEGIN
    SELECT raise(ABORT, 'the key is that of an event that was trimmed')
    FROM spent_key WHERE dedup_key = NEW.dedup_key;
END;

-- Events go from the oldest on only, and only once the log says that they do.
DROP TRIGGER event_is_never_deleted;
CREATE TRIGGER event_is_never_deleted BEFORE DELETE ON event
WHEN OLD.seq > coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'trim_seq'), 0)
BEGIN SELECT raise(ABORT, 'events are never deleted: the log is append-only'); END;

-- Rows of sessions stay when their events go. For one that a crash ended, this is when the last
-- thing in it was recorded, noted as that goes.
ALTER TABLE session ADD COLUMN ended_us INTEGER;

-- As before, and for sessions whose events were trimmed.
DROP VIEW sessions;
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
                 WHEN 'crash' THEN coalesce(
                     ended_us,
                     (SELECT p.received_us FROM event p WHERE p.seq = last_seq - 1))
                 ELSE closed_us END AS closed_us
      FROM session);

-- As before, and where the last thing before a crash was trimmed. What a trim took is no gap: it
-- was recorded, and a segment holds it. Gaps among trimmed events went with them.
DROP VIEW gaps;
CREATE VIEW gaps AS
WITH span (seq, kind, from_seq, until_seq, from_us, until_us, detail) AS (
    SELECT seq, kind, seq, next_seq,
           CASE json_extract(body, '$.cause')
               WHEN 'crash' THEN coalesce(
                   (SELECT p.received_us FROM event p WHERE p.seq = last.seq - 1),
                   (SELECT b.received_us FROM base b WHERE b.seq = last.seq - 1))
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
