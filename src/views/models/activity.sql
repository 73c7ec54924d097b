-- When the room is alive: sums by quarter of an hour. Every time zone is whole quarters of an hour
-- off UTC, so that these sums roll up to hours and days anywhere. Only sums roll up: how many spoke
-- in a day is asked of the messages. Rates divide by what was observed: `messages * 3600.0 /
-- observed_s`, `named_s / observed_s`, `total_s / counted_s`. What was said while we were away and
-- told later (by the server at a join, or imported) stands in `replayed` where its own time says,
-- outside all rates. Lines that are redacted later stay counted. Slots without anything have no row.
CREATE TABLE activity (
    slot_us     INTEGER PRIMARY KEY, -- when the quarter of an hour begins
    slot_at     TEXT GENERATED ALWAYS AS (strftime('%Y-%m-%dT%H:%M:%fZ', slot_us / 1000 / 1000.0, 'unixepoch')) VIRTUAL,
    messages    INTEGER NOT NULL,    -- lines of public chat by users, as they were said
    replayed    INTEGER NOT NULL,    -- lines told later
    joins       INTEGER NOT NULL,    -- named users we saw coming, whoever is back after a moment again
    leaves      INTEGER NOT NULL,    -- named users we saw leaving
    plays       INTEGER NOT NULL,    -- showings whose start we saw
    queued      INTEGER NOT NULL,    -- items we saw added
    observed_us INTEGER NOT NULL,    -- how much of the slot we were there, microseconds
    observed_s  REAL GENERATED ALWAYS AS (observed_us / 1e6) VIRTUAL,
    counted_us  INTEGER NOT NULL,    -- how much of that the number of viewers was known, microseconds
    counted_s   REAL GENERATED ALWAYS AS (counted_us / 1e6) VIRTUAL,
    named_us    INTEGER NOT NULL,    -- named users times how long each was here, microseconds, ourselves included
    named_s     REAL GENERATED ALWAYS AS (named_us / 1e6) VIRTUAL,
    total_us    INTEGER NOT NULL,    -- the same of all viewers, over the time counted
    total_s     REAL GENERATED ALWAYS AS (total_us / 1e6) VIRTUAL
) STRICT;

-- How much of each day (UTC) we observed, from the first to the last: 1 is all of it. Days wholly
-- missed stand there with 0.
CREATE VIEW observed_days AS
WITH RECURSIVE
    day (number, last) AS (
        SELECT min(slot_us) / 86400000000, max(slot_us) / 86400000000
        FROM activity WHERE observed_us > 0
        UNION ALL
        SELECT number + 1, last FROM day WHERE number < last
    ),
    seen (number, us) AS (
        SELECT slot_us / 86400000000, sum(observed_us) FROM activity
        WHERE observed_us > 0 GROUP BY 1
    )
SELECT date(number * 86400, 'unixepoch') AS day,
       ifnull(us, 0) / 1e6 AS observed_s,
       ifnull(us, 0) / 86400e6 AS observed
FROM day LEFT JOIN seen USING (number) WHERE number IS NOT NULL;

-- By hour of the week in UTC: weekday 0 is Monday. Rates are NULL where nothing was observed.
CREATE VIEW activity_by_hour_of_week AS
SELECT (slot_us / 86400000000 + 3) % 7 AS weekday,
       slot_us / 3600000000 % 24 AS hour,
       sum(observed_us) / 1e6 AS observed_s,
       sum(messages) AS messages,
       sum(joins) AS joins,
       sum(leaves) AS leaves,
       sum(plays) AS plays,
       sum(queued) AS queued,
       sum(messages) * 3600e6 / nullif(sum(observed_us), 0) AS messages_per_hour,
       total(named_us) / nullif(sum(observed_us), 0) AS named_mean,
       total(total_us) / nullif(sum(counted_us), 0) AS total_mean
FROM activity WHERE observed_us > 0 GROUP BY 1, 2 ORDER BY 1, 2;

-- By day in UTC, with the share of it that we observed. Days wholly missed are in `observed_days`.
CREATE VIEW activity_by_day AS
SELECT date(slot_us / 86400000000 * 86400, 'unixepoch') AS day,
       sum(observed_us) / 1e6 AS observed_s,
       sum(observed_us) / 86400e6 AS observed,
       sum(messages) AS messages,
       sum(joins) AS joins,
       sum(leaves) AS leaves,
       sum(plays) AS plays,
       sum(queued) AS queued,
       sum(messages) * 3600e6 / nullif(sum(observed_us), 0) AS messages_per_hour,
       total(named_us) / nullif(sum(observed_us), 0) AS named_mean,
       total(total_us) / nullif(sum(counted_us), 0) AS total_mean
FROM activity WHERE observed_us > 0 GROUP BY slot_us / 86400000000 ORDER BY slot_us / 86400000000;
