-- A views file: read models of one event log, built from it and never the other way round. Delete
-- it at will; it is built again. Times are integers, microseconds (`_us`) since 1970 UTC, with ISO
-- 8601 text beside them (`_at`). Nothing here is newer than SQLite 3.40.

PRAGMA application_id = 1349146231; -- 'PjVw'

-- Which log this is of (`log_id`, `channel`, `origin`), under which settings it was built
-- (`settings`, JSON), the first event there was (`first_seq`), and the channel as the last run left
-- it (`state`, JSON: the version of the fold, and the state), for the next one to go on from.
CREATE TABLE about (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- How far each projector has come: its rows and this row are committed together. `chain` ties the
-- position to the log.
CREATE TABLE projector (
    name    TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    seq     INTEGER NOT NULL,
    chain   BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Events a projector could not take, and why.
CREATE TABLE quarantine (
    projector TEXT NOT NULL,
    seq       INTEGER NOT NULL,
    reason    TEXT NOT NULL,
    PRIMARY KEY (projector, seq)
) STRICT, WITHOUT ROWID;
