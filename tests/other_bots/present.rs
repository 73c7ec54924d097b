//! A log with a history of its own: what is brought in has its place by sent time, and changes
//! nothing of the present.

use crate::bots::{CYTUBEBOT, NOW, Place, THEN_MS, say};
use projectionist::{
    ChannelState, Event, Kind, Read, Recorded, Seq, UnixMicros,
    event::{
        Author, Connected, DisconnectCause, Disconnected, Message, Origin, Style, UserCounted,
    },
    event_log::EventLog,
    history::state_at,
    import::ReceivedAs,
};

/// When the log's own connection was: two hours before the present.
const OWN: UnixMicros = UnixMicros(NOW.0 - 7_200_000_000);

/// An event of the log's own first connection, a second after the one before.
fn own(seq: u64, event: Event) -> Recorded {
    let received_at = UnixMicros(OWN.0 + seq as i64 * 1_000_000);
    Recorded {
        seq: Seq(seq),
        session: 1,
        received_at,
        sent_ms: None,
        origin: Origin::Live,
        actor: None,
        cause: None,
        corr: None,
        dedup_key: None,
        event,
        raw: None,
        redacted: false,
    }
}

fn connected() -> Event {
    Event::Connected(Connected {
        endpoint: "wss://example.com".to_owned(),
        transport: "websocket".to_owned(),
        attempt: 1,
    })
}

fn said(text: &str) -> Event {
    Event::MessageSaid(Message {
        user: Author {
            name: "Bob".to_owned(),
            rank: None,
            afk: None,
            muted: None,
        },
        html: text.to_owned(),
        text: text.to_owned(),
        style: Style::Plain,
        source: Default::default(),
        shadow: false,
        modflair: None,
        forced_name: false,
    })
}

fn stopped() -> Event {
    Event::Disconnected(Disconnected {
        cause: DisconnectCause::Stopped,
        detail: None,
        close_code: None,
        retry_in_ms: None,
    })
}

/// A log with a short history of its own, and a database of CytubeBot beside it.
fn place(events: Vec<Event>) -> Place {
    let place = Place::new(CYTUBEBOT);
    say(
        &place.bot(),
        &[(0, "Bob", "old"), (5, "alice", "older than you")],
    );
    place.change(&format!(
        "INSERT INTO user_count VALUES ({}, 77)",
        THEN_MS + 2
    ));
    let events = (1..).zip(events).map(|(seq, event)| own(seq, event));
    let mut log = place.open_log();
    log.append(&events.collect::<Vec<_>>()).unwrap();
    place
}

fn ended() -> Vec<Event> {
    let count = Event::UsersCounted(UserCounted { count: 3 });
    vec![connected(), count, said("new"), stopped()]
}

#[test]
fn the_state_is_what_it_was() {
    let place = place(ended());
    let before = state_at(&place.reader(), Seq(u64::MAX)).unwrap();
    assert_eq!((before.user_count, before.chat.len()), (Some(3), 1));
    let summary = place.import();
    assert_eq!(
        (summary.events, summary.received),
        (4, ReceivedAs::ThePresent)
    );
    let reader = place.reader();
    let after = state_at(&reader, Seq(u64::MAX)).unwrap();
    let mut expected = before;
    (expected.seq, expected.at) = (Seq(8), NOW);
    assert_eq!(after, expected);
    let folded = ChannelState::fold(&reader.read(&Read::default()).unwrap());
    assert_eq!(folded, expected, "stored states and the fold agree");
}

#[test]
fn a_long_import_hides_no_chat_of_a_state() {
    let place = place(ended());
    place.change(&format!(
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
         INSERT INTO chat SELECT {THEN_MS} + i, 'Bob', 'line ' || i, 'Movies' FROM n"
    ));
    place.import();
    rusqlite::Connection::open(place.log())
        .unwrap()
        .execute_batch("DELETE FROM snapshot")
        .unwrap();
    let state = state_at(&place.reader(), Seq(u64::MAX)).unwrap();
    let lines: Vec<_> = state.chat.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(lines, ["new"]);
}

#[test]
fn history_by_sent_time_finds_it_in_its_place_and_by_received_time_in_the_present() {
    let place = place(ended());
    place.import();
    let reader = place.reader();
    let chat = Read::default().kinds([Kind::MessageSaid]);
    let texts = |read: Read| -> Vec<String> {
        let events = reader.read(&read).unwrap();
        events.iter().map(|event| event.text().to_owned()).collect()
    };
    let (from, until) = (
        UnixMicros::from_millis(THEN_MS),
        UnixMicros::from_millis(THEN_MS + 5),
    );
    assert_eq!(texts(chat.clone().sent(Some(from), Some(until))), ["old"]);
    assert_eq!(
        texts(chat.clone().received(Some(from), Some(until))),
        [""; 0]
    );
    assert_eq!(
        texts(chat.received(Some(NOW), None)),
        ["old", "older than you"]
    );
}

#[test]
fn sessions_and_gaps_are_those_of_the_log() {
    let place = place(ended());
    place.import();
    let conn = rusqlite::Connection::open(place.log()).unwrap();
    let row = |sql: &str| -> (i64, i64, i64) {
        conn.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .unwrap()
    };
    let sessions = "SELECT count(*), min(last_seq), max(events) FROM sessions";
    assert_eq!(row(sessions), (1, 4, 4));
    let gaps = "SELECT count(*), min(from_seq), min(from_us) FROM gaps";
    assert_eq!(row(gaps), (1, 4, OWN.0 + 4_000_000));
}

#[test]
fn a_connection_that_a_crash_left_open_ends_before_what_is_brought_in() {
    let place = place(vec![connected(), said("new")]);
    let summary = place.import();
    assert_eq!((summary.first_seq, summary.events), (Seq(4), 4));
    let conn = rusqlite::Connection::open(place.log()).unwrap();
    let sql = "SELECT from_us, seq FROM gaps";
    let gap: (i64, i64) = conn
        .query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    assert_eq!(gap, (OWN.0 + 2_000_000, 3), "we saw nothing after the line");
}

#[test]
fn a_line_that_the_log_itself_heard_is_not_brought_in_again() {
    let mut heard = own(2, said("you &amp; <i>me</i>"));
    heard.sent_ms = Some(OWN.as_millis());
    let place = Place::new(CYTUBEBOT);
    let after = OWN.as_millis() - THEN_MS;
    let rows = [
        (after, "BOB", "you & me"),
        (after, "alice", "you & me"),
        (after + 1, "Bob", "you & me"),
    ];
    say(&place.bot(), &rows);
    let mut log = place.open_log();
    log.append(&[own(1, connected()), heard, own(3, stopped())])
        .unwrap();
    drop(log);
    let summary = place.import();
    assert_eq!(
        (summary.tables[0].taken, summary.tables[0].already),
        (2, 1),
        "another author, another millisecond: another line"
    );
}
