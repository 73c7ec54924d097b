//! What leaves a log and comes back: segments, trimming, importing. Goal: at every moment the file
//! is a log whose states are those it always had, and nothing is lost that no segment holds.

use crate::samples::{Dice, connected, crowd, disconnected, joined, open, record, said};
use projectionist::{
    ChannelState, Checkpoint, LogError, Read, Recorded, Seq, SqliteReader, UnixMicros,
    event::DisconnectCause,
    event_log::{EventLog, LogReader, TrimRefusal},
    history::state_at,
    segment::{self, Segment},
    sqlite::{SqliteLog, verify},
};
use std::path::{Path, PathBuf};

/// Lines of chat that must stay.
const TAIL: u64 = 256;

/// A folder with a log of several sessions in it, some of which a crash ended.
struct Place {
    dir: tempfile::TempDir,
    log: PathBuf,
}

impl Place {
    fn new(events: &[Recorded]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let place = Self {
            log: dir.path().join("log.db"),
            dir,
        };
        let mut log = open(&place.log);
        for batch in events.chunks(1000) {
            log.append(batch).unwrap();
        }
        log.close().unwrap();
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn reader(&self) -> SqliteReader {
        SqliteReader::open(&self.log).unwrap()
    }

    /// Archives up to a position, and trims.
    fn trim(&self, until: u64, name: &str) -> PathBuf {
        let to = self.path(name);
        let segment = archive(&self.reader(), until, &to).unwrap();
        let mut log = open(&self.log);
        let reached = log.trim(&segment, false, &mut |_, _| true).unwrap();
        assert_eq!(reached, Seq(until));
        log.close().unwrap();
        to
    }

    /// A copy of the log under another name.
    fn copy(&self, name: &str) -> PathBuf {
        let to = self.path(name);
        std::fs::copy(&self.log, &to).unwrap();
        to
    }
}

fn archive(reader: &SqliteReader, until: u64, to: &Path) -> Result<Segment, LogError> {
    let segment = reader.archive(Seq(until), to, &mut |_, _| true)?;
    Ok(segment.unwrap())
}

/// Takes segments into a log, which is made if there is none.
fn import(log: &Path, segments: &[&Path]) -> Result<(), LogError> {
    let mut log = SqliteLog::create_for(log, &segment::peek(segments[0])?)?;
    for path in segments {
        log.import_segment(path, &mut |_, _| true)?.unwrap();
    }
    log.close()
}

/// Sessions of 40 events each; every third dies without a word.
fn season(sessions: u64) -> Vec<Recorded> {
    let mut events = Vec::new();
    let mut add = |session, event| {
        let seq = events.len() as u64 + 1;
        events.push(record(seq, session, event));
    };
    for session in 1..=sessions {
        add(session, connected());
        add(session, joined());
        for line in 0..37 {
            add(session, said("Bob", &format!("line {line} of {session}")));
        }
        add(
            session,
            disconnected(match session % 3 {
                0 => DisconnectCause::Crash,
                1 => DisconnectCause::Closed,
                _ => DisconnectCause::Silence,
            }),
        );
    }
    for event in events.iter_mut().step_by(100) {
        event.dedup_key = Some(format!("key {}", event.seq));
    }
    events
}

/// Everything that makes a log itself: rows with their hashes, the table of sessions, its name. The
/// numbers of names are a file's own.
fn content(path: &Path) -> Vec<String> {
    let conn = rusqlite::Connection::open(path).unwrap();
    let mut lines = Vec::new();
    for sql in [
        EVENTS,
        SESSIONS,
        "SELECT * FROM gaps ORDER BY seq",
        "SELECT key, value FROM meta ORDER BY key",
        "SELECT * FROM spent_key ORDER BY seq",
    ] {
        lines.append(&mut rows(&conn, sql));
    }
    lines
}

/// The events of a log, of any schema.
fn content_of_events(path: &Path) -> Vec<String> {
    rows(&rusqlite::Connection::open(path).unwrap(), EVENTS)
}

const EVENTS: &str = "SELECT v.seq, v.kind, v.origin, v.actor, v.body, v.raw, v.session_id,
        v.schema_v, v.cause_seq, v.corr, v.dedup_key, v.received_us, v.sent_ms, hex(e.chain)
    FROM event e JOIN events v USING (seq) ORDER BY seq";

const SESSIONS: &str = "SELECT * FROM sessions ORDER BY session_id";

fn rows(conn: &rusqlite::Connection, sql: &str) -> Vec<String> {
    let mut statement = conn.prepare(sql).unwrap();
    let columns = statement.column_count();
    let mut rows = statement.query([]).unwrap();
    let mut lines = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        let cells = (0..columns).map(|i| format!("{:?}", row.get_ref(i).unwrap()));
        lines.push(cells.collect::<Vec<_>>().join("|"));
    }
    lines
}

/// That two logs are the same, row by row.
fn assert_same(one: &Path, other: &Path) {
    let (one, other) = (content(one), content(other));
    for (one, other) in one.iter().zip(&other) {
        assert_eq!(one, other);
    }
    assert_eq!(one.len(), other.len());
}

fn assert_sound(path: &Path) {
    let reader = SqliteReader::open(path).unwrap();
    let verdict = verify(&reader, |_, _| {}).unwrap();
    assert_eq!(verdict.findings, []);
    assert_eq!(verdict.trimmed, reader.trim_seq().unwrap());
    assert_eq!(verdict.good, reader.head().unwrap().seq);
}

/// The state at every position, as JSON.
fn states(events: &[Recorded]) -> Vec<String> {
    let mut state = ChannelState::default();
    let mut states = vec![serde_json::to_string(&state).unwrap()];
    for event in events {
        state.apply(event);
        states.push(serde_json::to_string(&state).unwrap());
    }
    states
}

fn assert_states(path: &Path, wanted: &[String], every: usize) {
    let reader = SqliteReader::open(path).unwrap();
    let from = reader.trim_seq().unwrap().0 as usize;
    for (seq, wanted) in wanted.iter().enumerate().skip(from).step_by(every) {
        let found = state_at(&reader, Seq(seq as u64)).unwrap();
        assert_eq!(&serde_json::to_string(&found).unwrap(), wanted, "{seq}");
    }
}

#[test]
fn a_trimmed_log_begins_behind_what_a_segment_holds() {
    let events = season(20);
    let place = Place::new(&events);
    let before = place.reader().head().unwrap();
    let to = place.trim(415, "a.ndjson.gz");
    let segment = segment::verify(&to, &mut |_, _| true).unwrap().unwrap();
    assert_eq!((segment.first, segment.last), (Seq(1), Seq(415)));

    let reader = place.reader();
    assert_eq!(reader.trim_seq().unwrap(), Seq(415));
    assert_eq!(reader.head().unwrap(), before);
    assert_eq!(reader.read(&Read::default()).unwrap(), events[415..]);
    assert_eq!(reader.chain_at(Seq(415)).unwrap(), Some(segment.chain));
    assert_eq!(reader.chain_at(Seq(414)).unwrap(), None);
    assert_sound(&place.log);
    assert_states(&place.log, &states(&events), 1);
    let error = state_at(&reader, Seq(414)).unwrap_err();
    assert!(
        matches!(
            error,
            LogError::Trimmed {
                seq: Seq(414),
                trimmed: Seq(415)
            }
        ),
        "{error}"
    );

    // And on it goes, as if nothing had been.
    let mut log = open(&place.log);
    log.append(&[record(801, 21, connected())]).unwrap();
    log.close().unwrap();
    assert_sound(&place.log);
}

/// Goal: any split comes back as the log that it was, with the states it had.
#[test]
fn any_split_into_segments_trimmed_and_imported_is_the_equal_log() {
    let events = season(20);
    let wanted = states(&events);
    for seed in 1..=4 {
        let place = Place::new(&events);
        let whole = place.copy("whole.db");
        let mut dice = Dice(seed);
        let mut segments = Vec::new();
        let mut until = 0;
        for part in 0..4 {
            until += 1 + dice.below(125);
            segments.push(place.trim(until, &format!("{part}.gz")));
            assert_sound(&place.log);
            assert_states(&place.log, &wanted, 71);
        }
        // In front again, from the newest on, each step a log.
        let rest = place.copy("rest.db");
        for segment in segments.iter().rev() {
            import(&rest, &[segment]).unwrap();
            assert_sound(&rest);
            assert_states(&rest, &wanted, 113);
        }
        assert_same(&rest, &whole);
        // A new file, oldest first; the last stretch from a segment too.
        let last = place.path("last.gz");
        archive(&place.reader(), 800, &last).unwrap();
        let anew = place.path("anew.db");
        let mut all: Vec<&Path> = segments.iter().map(PathBuf::as_path).collect();
        all.push(&last);
        import(&anew, &all).unwrap();
        assert_same(&anew, &whole);
        assert_sound(&anew);
        assert_states(&anew, &wanted, 37);
        // A new file that begins in the middle, completed backwards.
        let middle = place.path("middle.db");
        import(&middle, &all[2..]).unwrap();
        assert_sound(&middle);
        assert_states(&middle, &wanted, 59);
        let known = content(&whole);
        let sessions = rows(&rusqlite::Connection::open(&middle).unwrap(), SESSIONS);
        assert!(sessions.len() > 5 && sessions.iter().all(|row| known.contains(row)));
        import(&middle, &[all[1]]).unwrap();
        import(&middle, &[all[0]]).unwrap();
        assert_same(&middle, &whole);
        // And the archive of the whole is byte for byte that of the original.
        for (log, to) in [(&middle, "m.gz"), (&whole, "w.gz")] {
            archive(&SqliteReader::open(log).unwrap(), 800, &place.path(to)).unwrap();
        }
        let bytes = |name: &str| std::fs::read(place.path(name)).unwrap();
        assert_eq!(bytes("m.gz"), bytes("w.gz"));
    }
}

#[test]
fn what_must_stay_is_not_trimmed_and_nothing_is_changed() {
    let events = season(20);
    let place = Place::new(&events);
    let before = content(&place.log);
    let mut log = open(&place.log);
    let chain = log.chain_at(Seq(300)).unwrap().unwrap();
    log.put_checkpoint("bus", 1, Seq(300), chain).unwrap();
    let refused = |log: &SqliteLog, until, force| match log.may_trim(Seq(until), force) {
        Err(LogError::NotTrimmed { why, .. }) => Some(why),
        other => {
            other.unwrap();
            None
        }
    };
    let lines = events.iter().rev().filter(|event| !event.text().is_empty());
    let first = lines.map(|event| event.seq).nth(TAIL as usize - 1).unwrap();
    for (until, force, why) in [
        (301, true, None),
        (300, false, None),
        (
            301,
            false,
            Some(TrimRefusal::Unread {
                consumer: "bus".to_owned(),
                seq: Seq(300),
            }),
        ),
        (0, true, Some(TrimRefusal::Already { trimmed: Seq(0) })),
        (801, true, Some(TrimRefusal::BeyondHead { head: Seq(800) })),
        (first.0 - 1, true, None),
        (first.0, true, Some(TrimRefusal::ChatTail { first })),
    ] {
        assert_eq!(refused(&log, until, force), why, "{until}");
    }
    // A segment of another log does not do, nor one that does not reach back to the beginning.
    let other = Place::new(&season(19));
    let foreign = archive(&other.reader(), 100, &place.path("foreign.gz")).unwrap();
    let error = log.trim(&foreign, true, &mut |_, _| true).unwrap_err();
    assert!(error.to_string().contains("not of these events"), "{error}");
    log.close().unwrap();
    assert_eq!(content(&place.log), before);
}

#[test]
fn a_consumer_behind_a_forced_trim_is_told_and_one_at_it_goes_on() {
    let events = season(20);
    let place = Place::new(&events);
    let segment = archive(&place.reader(), 100, &place.path("a.gz")).unwrap();
    let mut log = open(&place.log);
    let chains = [99, 100].map(|seq| log.chain_at(Seq(seq)).unwrap().unwrap());
    log.put_checkpoint("slow", 1, Seq(99), chains[0]).unwrap();
    log.put_checkpoint("there", 1, Seq(100), chains[1]).unwrap();
    log.trim(&segment, true, &mut |_, _| true).unwrap();
    log.close().unwrap();
    assert_sound(&place.log);
    let reader = place.reader();
    assert_eq!(reader.chain_at(Seq(99)).unwrap(), None);
    assert_eq!(reader.chain_at(Seq(100)).unwrap(), Some(chains[1]));
    assert_eq!(
        reader.checkpoint("slow").unwrap().unwrap().seq,
        Seq(99),
        "what a consumer said is its own"
    );
}

#[test]
fn a_log_without_an_event_left_goes_on_where_it_ended() {
    let mut events = season(3);
    for event in &mut events {
        if !event.text().is_empty() {
            event.event = crate::samples::counted(7);
            event.actor = None;
        }
    }
    let place = Place::new(&events);
    let before = place.reader().head().unwrap();
    let first = place.trim(120, "a.gz");
    let reader = place.reader();
    assert_eq!(reader.head().unwrap(), before);
    assert_eq!(reader.read(&Read::default()).unwrap(), []);
    assert_sound(&place.log);
    assert_states(&place.log, &states(&events), 1);
    let mut log = open(&place.log);
    assert_eq!(log.head(), before);
    log.append(&[record(121, 4, connected())]).unwrap();
    let early = Recorded {
        received_at: UnixMicros(1),
        ..record(122, 4, joined())
    };
    assert!(matches!(
        log.append(&[early]),
        Err(LogError::TimeFell { .. })
    ));
    log.close().unwrap();
    assert_sound(&place.log);
    import(&place.log, &[&first]).unwrap();
    assert_eq!(place.reader().read(&Read::default()).unwrap().len(), 121);
    assert_sound(&place.log);
}

#[test]
fn what_may_happen_once_is_not_taken_in_again_after_a_trim() {
    let place = Place::new(&season(20));
    let to = place.trim(200, "a.gz");
    let mut again = record(801, 21, connected());
    again.dedup_key = Some("key 101".to_owned());
    let refuses = |path: &Path| {
        let mut log = open(path);
        let error = log.append(std::slice::from_ref(&again)).unwrap_err();
        assert!(matches!(error, LogError::Duplicate { .. }), "{error}");
    };
    refuses(&place.log);
    import(&place.log, &[&to]).unwrap();
    refuses(&place.log);
    let next = place.path("b.gz");
    let place = Place::new(&season(20));
    place.trim(200, "a.gz");
    archive(&place.reader(), 800, &next).unwrap();
    let middle = place.path("middle.db");
    import(&middle, &[&next]).unwrap();
    refuses(&middle);
}

/// Method: 17,000 events are three steps; the trim is stopped after each, and taken up again with
/// the same segment.
#[test]
fn a_trim_that_stops_half_way_leaves_a_log_and_can_be_taken_up() {
    let events = crowd(18_000);
    let place = Place::new(&events);
    let to = place.path("a.gz");
    let segment = archive(&place.reader(), 17_000, &to).unwrap();
    let size = std::fs::metadata(&place.log).unwrap().len();
    let mut at = Seq(0);
    for _ in 0..3 {
        let mut log = open(&place.log);
        let reached = log.trim(&segment, false, &mut |_, _| false).unwrap();
        drop(log);
        assert!(reached > at);
        at = reached;
        assert_sound(&place.log);
        let reader = place.reader();
        let first = reader.read(&Read::default().limit(1)).unwrap();
        assert_eq!(first[0].seq, at.next());
        let state = state_at(&reader, Seq(17_500)).unwrap();
        assert_eq!(state, ChannelState::fold(&events[..17_500]));
    }
    assert_eq!(at, Seq(17_000));
    let mut log = open(&place.log);
    log.vacuum().unwrap();
    log.close().unwrap();
    assert!(std::fs::metadata(&place.log).unwrap().len() < size / 10);
    assert_sound(&place.log);
    import(&place.log, &[&to]).unwrap();
    assert_eq!(place.reader().read(&Read::default()).unwrap(), events);
}

#[test]
fn a_reader_in_the_midst_of_what_is_trimmed_is_told() {
    let events = crowd(18_000);
    let place = Place::new(&events);
    let segment = archive(&place.reader(), 17_000, &place.path("a.gz")).unwrap();
    let mut log = open(&place.log);
    let reader = place.reader();
    let mut seen = 0;
    let visited = reader.visit(&Read::default(), &mut |recorded| {
        assert_eq!(recorded.seq.0, seen + 1, "no hole unnoticed");
        seen += 1;
        if seen == 1000 {
            log.trim(&segment, false, &mut |_, _| true).unwrap();
        }
        true
    });
    assert!(
        matches!(visited, Err(LogError::Trimmed { .. })),
        "{visited:?}"
    );
}

#[test]
fn segments_that_do_not_fit_are_refused_and_change_nothing() {
    let place = Place::new(&season(20));
    let whole = place.copy("whole.db");
    let a = place.trim(100, "a.gz");
    let b = place.trim(200, "b.gz");
    let c = place.path("c.gz");
    archive(&place.reader(), 300, &c).unwrap();
    let other = Place::new(&season(20));
    let foreign = other.path("foreign.gz");
    archive(&other.reader(), 200, &foreign).unwrap();
    let before = content(&place.log);
    for (log, segment, why) in [
        (&place.log, &a, "ends at event 100, the log begins at 201"),
        (&place.log, &c, "in the log already"),
        (&place.log, &foreign, "it is of log"),
        (&whole, &b, "in the log already"),
    ] {
        let mut log = open(log);
        let error = log.import_segment(segment, &mut |_, _| true).unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
    }
    assert_eq!(content(&place.log), before);
    // Given up half way, nothing is there either.
    let mut log = open(&place.log);
    let given_up = log.import_segment(&b, &mut |_, _| false).unwrap();
    assert!(given_up.is_some(), "too few events to be asked");
    drop(log);
    let new = place.path("new.db");
    import(&new, &[&a]).unwrap();
    let error = import(&new, &[&c]).unwrap_err().to_string();
    assert!(
        error.contains("begins at event 201, the log ends at 100"),
        "{error}"
    );
}

#[test]
fn a_segment_that_is_there_already_stays() {
    let place = Place::new(&season(3));
    let to = place.path("a.gz");
    std::fs::write(&to, "mine").unwrap();
    let refused = place.reader().archive(Seq(7), &to, &mut |_, _| true);
    assert!(matches!(refused, Err(LogError::Exists { .. })));
    assert_eq!(std::fs::read(&to).unwrap(), b"mine");
    let given_up = place
        .reader()
        .archive(Seq(7), &place.path("b.gz"), &mut |_, _| false);
    assert_eq!(given_up.unwrap(), None);
    assert!(!place.path("b.gz").exists() && !place.path("b.gz.partial").exists());
}

#[test]
fn damage_in_the_log_is_not_archived() {
    let place = Place::new(&season(3));
    let conn = rusqlite::Connection::open(&place.log).unwrap();
    conn.execute_batch(
        "DROP TRIGGER event_is_never_updated;
         UPDATE event SET body = replace(body, 'line 3 ', 'line 4 ') WHERE seq = 6",
    )
    .unwrap();
    drop(conn);
    let error = archive(&place.reader(), 10, &place.path("a.gz")).unwrap_err();
    assert!(
        matches!(error, LogError::Damaged { seq: Seq(6), .. }),
        "{error}"
    );
    assert!(!place.path("a.gz").exists());
    archive(&place.reader(), 5, &place.path("b.gz")).unwrap();
}

#[test]
fn a_base_that_is_not_what_was_written_is_found_and_no_state_comes_of_it() {
    for change in [
        "UPDATE base SET body = replace(body, '\"seq\":100', '\"seq\":100 ')",
        "UPDATE base SET received_us = received_us - 1",
        "UPDATE base SET chain = zeroblob(32)",
        "UPDATE meta SET value = '99' WHERE key = 'trim_seq'",
        "DELETE FROM base",
    ] {
        let place = Place::new(&season(20));
        place.trim(100, "a.gz");
        let conn = rusqlite::Connection::open(&place.log).unwrap();
        assert_eq!(conn.execute(change, []).unwrap(), 1, "{change}");
        drop(conn);
        let reader = place.reader();
        let verdict = verify(&reader, |_, _| {}).unwrap();
        assert!(!verdict.is_sound(), "{change}");
        let state = state_at(&reader, Seq(300));
        assert!(matches!(state, Err(LogError::Damaged { .. })), "{change}");
    }
}

#[test]
fn a_base_of_another_fold_is_refused_until_its_segment_is_back() {
    let place = Place::new(&season(20));
    let to = place.trim(100, "a.gz");
    let conn = rusqlite::Connection::open(&place.log).unwrap();
    // As a build with another fold would have written it.
    conn.execute("UPDATE base SET fold_v = 1", []).unwrap();
    rehash(&conn);
    drop(conn);
    assert_sound(&place.log);
    let error = state_at(&place.reader(), Seq(300)).unwrap_err();
    assert!(
        matches!(error, LogError::OtherFold { found: 1, .. }),
        "{error}"
    );
    assert!(error.to_string().contains("import"), "{error}");
    import(&place.log, &[&to]).unwrap();
    assert_states(&place.log, &states(&season(20)), 50);
}

/// Gives the base the hash of what it is.
fn rehash(conn: &rusqlite::Connection) {
    use sha2::Digest;
    let digest = conn
        .query_row(
            "SELECT seq, received_us, session_id, fold_v, chain, body FROM base",
            [],
            |row| {
                let mut hash = sha2::Sha256::new();
                for column in 0..3 {
                    hash.update(row.get::<_, i64>(column)?.to_le_bytes());
                }
                hash.update(row.get::<_, u32>(3)?.to_le_bytes());
                hash.update(row.get::<_, Vec<u8>>(4)?);
                hash.update(row.get::<_, String>(5)?);
                Ok(hash.finalize().to_vec())
            },
        )
        .unwrap();
    conn.execute("UPDATE base SET digest = ?1", [digest])
        .unwrap();
}

#[test]
fn events_behind_the_trim_cannot_be_deleted() {
    let place = Place::new(&season(20));
    place.trim(100, "a.gz");
    let conn = rusqlite::Connection::open(&place.log).unwrap();
    let error = conn
        .execute("DELETE FROM event WHERE seq = 101", [])
        .unwrap_err();
    assert!(error.to_string().contains("never deleted"), "{error}");
}

#[test]
fn a_checkpoint_names_the_trim_as_its_beginning() {
    let place = Place::new(&season(20));
    place.trim(100, "a.gz");
    let reader = place.reader();
    let chain = reader.chain_at(Seq(100)).unwrap().unwrap();
    let checkpoint = Checkpoint {
        log_id: reader.log_id().to_owned(),
        seq: Seq(100),
        chain,
    };
    assert_eq!(checkpoint.to_string().parse(), Ok(checkpoint));
    let base = reader.base().unwrap().unwrap();
    let at = projectionist::history::position_at(&reader, base.received_at).unwrap();
    assert_eq!(at, Seq(100));
    let before = UnixMicros(base.received_at.0 - 1);
    let at = projectionist::history::position_at(&reader, before).unwrap();
    assert!(matches!(
        state_at(&reader, at),
        Err(LogError::Trimmed { .. })
    ));
}

#[test]
fn p7_a_log_of_the_first_schema_is_archived_as_it_is_and_trimmed_once_it_is_opened() {
    let dir = tempfile::tempdir().unwrap();
    let (log, to) = (dir.path().join("log.db"), dir.path().join("a.gz"));
    let fixture = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/fixtures/log-v1.events.db"
    );
    std::fs::copy(fixture, &log).unwrap();
    let reader = SqliteReader::open(&log).unwrap();
    assert_eq!(reader.trim_seq().unwrap(), Seq(0));
    assert_eq!(reader.base().unwrap(), None);
    let segment = archive(&reader, 8, &to).unwrap();
    let events = reader.read(&Read::default()).unwrap();
    let mut trimmed = open(&log);
    let before = content_of_events(&log);
    trimmed.trim(&segment, true, &mut |_, _| true).unwrap();
    trimmed.close().unwrap();
    assert_eq!(reader.read(&Read::default()).unwrap(), events[8..]);
    assert_sound(&log);
    import(&log, &[&to]).unwrap();
    assert_eq!(content_of_events(&log), before);
    assert_sound(&log);
}

/// Method: two copies of one log go on differently; what is taken from one is offered to the other.
#[test]
fn a_segment_of_a_log_that_went_on_differently_does_not_fit() {
    let place = Place::new(&season(20));
    let twin = place.copy("twin.db");
    for (path, text) in [(&place.log, "this"), (&twin, "that")] {
        let mut log = open(path);
        let mut next = log.head().seq.0;
        for line in 0..300 {
            next += 1;
            let line = said("Bob", &format!("{text} {line}"));
            log.append(&[record(next, 21, line)]).unwrap();
        }
        log.close().unwrap();
    }
    let twin_reader = SqliteReader::open(&twin).unwrap();
    let of_twin = place.path("twin.gz");
    let segment = archive(&twin_reader, 820, &of_twin).unwrap();
    let mut log = open(&place.log);
    let refused = log.trim(&segment, true, &mut |_, _| true).unwrap_err();
    assert!(
        refused.to_string().contains("not of these events"),
        "{refused}"
    );
    log.close().unwrap();

    place.trim(820, "a.gz");
    let before = content(&place.log);
    let error = import(&place.log, &[&of_twin]).unwrap_err().to_string();
    assert!(
        error.contains("not the one that the log begins behind"),
        "{error}"
    );
    assert_eq!(content(&place.log), before);

    let (front, back) = (place.path("front.gz"), place.path("back.gz"));
    let new = place.path("new.db");
    archive(&twin_reader, 810, &front).unwrap();
    import(&new, &[&front]).unwrap();
    let whole = place.path("whole.db");
    import(&whole, &[&place.path("a.gz")]).unwrap();
    let mut log = open(&twin);
    let segment = archive(&twin_reader, 820, &place.path("b.gz")).unwrap();
    log.trim(&segment, true, &mut |_, _| true).unwrap();
    log.close().unwrap();
    archive(&twin_reader, 900, &back).unwrap();
    let error = import(&whole, &[&back]).unwrap_err().to_string();
    assert!(error.contains("went on differently"), "{error}");
}

/// Goal: analysts see the sessions that they saw before, and the gaps of what is left.
#[test]
fn sessions_and_gaps_stay_what_they_were() {
    for until in [118, 119, 120, 121, 400, 440] {
        let place = Place::new(&season(20));
        let conn = rusqlite::Connection::open(&place.log).unwrap();
        let gaps = format!("SELECT * FROM gaps WHERE seq > {until} ORDER BY seq");
        let before = [rows(&conn, SESSIONS), rows(&conn, &gaps)];
        drop(conn);
        place.trim(until, "a.gz");
        let conn = rusqlite::Connection::open(&place.log).unwrap();
        assert_eq!(
            [rows(&conn, SESSIONS), rows(&conn, &gaps)],
            before,
            "{until}"
        );
    }
}
