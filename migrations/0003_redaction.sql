-- Redaction of a person's messages, not of one event only.

-- What redactions cover, one row an event: derived from the `redaction` events, in the transaction
-- that appends one, so that neither a read nor a view works it out for each row. `by_seq` is the
-- first redaction that covers the event. The rows of `event` stay as they were written, since the
-- chain covers them; who reads that table by itself sees what the views hide.
CREATE TABLE redacted (
    seq    INTEGER PRIMARY KEY,
    by_seq INTEGER NOT NULL
) STRICT;

-- `meta` gains, in a log that an erasure wrote: `erased_from` (the `log_id` of the log it was made
-- from) and `erased_at_us`.

-- Before this step a redaction named one event (schema 1 of its body).
INSERT OR IGNORE INTO redacted (seq, by_seq)
SELECT e.seq, r.seq
FROM event r JOIN event e ON e.seq = json_extract(r.body, '$.target')
WHERE r.kind_id = (SELECT kind_id FROM kind WHERE name = 'redaction') AND e.seq < r.seq
  AND e.kind_id IN (SELECT kind_id FROM kind
                    WHERE name IN ('message', 'pm', 'command_kept', 'command_sent',
                                   'command_settled', 'unrecognised'))
ORDER BY r.seq;

-- Folded states hold the last lines of chat as text; they can be folded again.
DELETE FROM snapshot WHERE seq >= (SELECT min(seq) FROM redacted);

-- As before, but a redacted event is nobody's: who said it is hidden with what was said.
DROP VIEW events;
CREATE VIEW events AS
SELECT e.seq,
       strftime('%Y-%m-%dT%H:%M:%fZ', e.received_us / 1000 / 1000.0, 'unixepoch') AS received_at,
       strftime('%Y-%m-%dT%H:%M:%fZ', e.sent_ms / 1000.0, 'unixepoch') AS sent_at,
       k.name AS kind,
       CASE e.origin WHEN 0 THEN 'live' WHEN 1 THEN 'replay' WHEN 2 THEN 'resync'
                     WHEN 3 THEN 'command' WHEN 4 THEN 'engine' WHEN 5 THEN 'import' END AS origin,
       CASE WHEN r.seq IS NULL THEN a.name END AS actor,
       CASE WHEN r.seq IS NULL THEN e.body END AS body,
       CASE WHEN r.seq IS NULL THEN e.raw END AS raw,
       e.session_id, e.schema_v, e.cause_seq, e.corr, e.dedup_key,
       e.received_us, e.sent_ms, e.kind_id,
       CASE WHEN r.seq IS NULL THEN e.actor_id END AS actor_id,
       r.seq IS NOT NULL AS redacted
FROM event e
LEFT JOIN kind k ON k.kind_id = e.kind_id
LEFT JOIN actor a ON a.actor_id = e.actor_id
LEFT JOIN redacted r ON r.seq = e.seq;
