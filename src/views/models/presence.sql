-- Who was here: one row a stay of a named user, ourselves included. A registered user who is back
-- within the setting `presence_debounce` goes on with the stay; the absence counts in `away_s`, not
-- in `seconds`. A guest's name is no identity: a guest who leaves ends the stay for good, and the
-- next of that name may be somebody else. What we did not see: a stay goes on over a gap of ours no
-- longer than `presence_debounce` when its user, guest or not, is there before and after it (the
-- gap counts in `unobserved_s`); else it ends where the gap begins, and whoever is there behind it
-- begins a new one. Imported history and replayed chat make no stays.
CREATE TABLE presence (
    stay_id       INTEGER PRIMARY KEY, -- in order of `joined_us`
    name          TEXT NOT NULL,       -- as displayed; hostile until escaped
    identity      TEXT NOT NULL,       -- `name` in ASCII lower case: who it is, unless a guest
    guest         INTEGER,             -- 1: no account behind the name; NULL: seen only as the leader, whose rank hides it
    rank          REAL NOT NULL,       -- the highest seen in this stay
    joined_us     INTEGER NOT NULL,
    joined_at     TEXT GENERATED ALWAYS AS (strftime('%Y-%m-%dT%H:%M:%fZ', joined_us / 1000 / 1000.0, 'unixepoch')) VIRTUAL,
    joined_seen   INTEGER NOT NULL,    -- 1: we saw the join, or an anonymous viewer take the name; 0: was there when we came
    joined_seq    INTEGER NOT NULL,    -- the event that told
    until_us      INTEGER NOT NULL,    -- `left_us`; while there, the last event we have
    left_us       INTEGER,             -- NULL: still there
    left_at       TEXT GENERATED ALWAYS AS (strftime('%Y-%m-%dT%H:%M:%fZ', left_us / 1000 / 1000.0, 'unixepoch')) VIRTUAL,
    left_seen     INTEGER,             -- 1: we saw the leaving; 0: gone from the next list, or a gap; NULL: still there
    left_seq      INTEGER,             -- the event that told, the last before the gap; NULL: still there
    ended_by      TEXT,                -- 'left', or 'gap' (what came of it we did not see); NULL: still there
    afk           INTEGER NOT NULL,    -- 1: away from keyboard when last seen
    afk_us        INTEGER NOT NULL,    -- away from keyboard, as far as observed, microseconds in all
    afk_s         REAL GENERATED ALWAYS AS (afk_us / 1e6) VIRTUAL,
    away_us       INTEGER NOT NULL,    -- between leaving and coming back, microseconds in all
    away_s        REAL GENERATED ALWAYS AS (away_us / 1e6) VIRTUAL,
    unobserved_us INTEGER NOT NULL,    -- in gaps of ours that the stay spans, microseconds in all
    unobserved_s  REAL GENERATED ALWAYS AS (unobserved_us / 1e6) VIRTUAL,
    seconds       REAL GENERATED ALWAYS AS ((until_us - joined_us - away_us) / 1e6) VIRTUAL -- here: AFK and unobserved time included, absences not
) STRICT;

CREATE INDEX presence_by_identity ON presence (identity);
CREATE UNIQUE INDEX presence_there ON presence (identity) WHERE left_us IS NULL;
