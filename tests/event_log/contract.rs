//! What every event log does, in memory or on disk.

use crate::samples::{
    Dice, connected, counted, crowd, disconnected, evening, record, said, shown, whispered,
};
use projectionist::{
    ChannelState, Event, Kind, LogError, Read, Recorded, Seq, UnixMicros,
    event::{DisconnectCause, Origin, Redaction},
    event_log::{ChainHash, EventLog, Head, LogReader, MemoryLog, Snapshot},
};

/// Runs each function against both logs.
macro_rules! contract {
    ($($name:ident)*) => {
        mod memory {
            $(#[test] fn $name() { super::$name(&mut projectionist::event_log::MemoryLog::new()); })*
        }
        mod sqlite {
            $(#[test] fn $name() {
                let dir = tempfile::tempdir().unwrap();
                super::$name(&mut crate::samples::open(&dir.path().join("log.db")));
            })*
        }
    };
}

contract! {
    an_empty_log_ends_before_the_first_event
    what_is_read_is_what_was_appended
    an_empty_batch_changes_nothing
    a_batch_with_a_hole_is_refused_whole
    time_may_stand_but_not_fall
    a_key_stands_once_in_the_log_and_in_a_batch
    the_head_knows_whether_its_session_is_open
    every_read_gives_what_it_matches
    a_visitor_can_stop_and_read_within
    odd_texts_survive
    every_log_links_the_same_chain
    the_newest_snapshot_at_or_before_is_found
    a_person_is_redacted_up_to_the_redaction_and_no_further
    a_redaction_covers_nothing_that_comes_later_nor_what_the_state_is_made_of
    p1_the_live_state_is_the_fold_of_masked_reads_too
    stored_states_that_hold_what_is_redacted_are_gone
}

fn read_all(log: &dyn EventLog) -> Vec<Recorded> {
    log.read(&Read::default()).unwrap()
}

fn an_empty_log_ends_before_the_first_event(log: &mut dyn EventLog) {
    assert_eq!(log.head(), Head::default());
    assert_eq!(read_all(log), []);
    assert_eq!(log.chain_at(Seq(0)).unwrap(), None);
    assert_eq!(log.chain_at(Seq(1)).unwrap(), None);
    assert_eq!(log.snapshot_before(Seq(9)).unwrap(), None);
    log.flush().unwrap();
    log.idle();
}

fn what_is_read_is_what_was_appended(log: &mut dyn EventLog) {
    let events = evening();
    for batch in [&events[..1], &events[1..9], &events[9..]] {
        let head = log.append(batch).unwrap();
        assert_eq!(head, log.head());
        assert_eq!(head.seq, batch.last().unwrap().seq);
        assert_eq!(log.chain_at(head.seq).unwrap(), Some(head.chain));
    }
    let as_written = log.read(&Read::default().as_written()).unwrap();
    assert_eq!(as_written, events);
    assert_eq!(read_all(log), shown(&events));
}

fn an_empty_batch_changes_nothing(log: &mut dyn EventLog) {
    let head = log.append(&evening()).unwrap();
    assert_eq!(log.append(&[]).unwrap(), head);
}

fn a_batch_with_a_hole_is_refused_whole(log: &mut dyn EventLog) {
    let head = log.append(&evening()[..5]).unwrap();
    let mut rest = evening().split_off(5);
    rest[2].seq = Seq(9);
    let error = log.append(&rest).unwrap_err();
    assert!(matches!(error, LogError::OutOfOrder { expected, found }
        if (expected, found) == (Seq(8), Seq(9))));
    assert!(matches!(
        log.append(&evening()),
        Err(LogError::OutOfOrder { .. })
    ));
    assert_eq!(log.head(), head);
    assert_eq!(read_all(log).len(), 5);
}

fn time_may_stand_but_not_fall(log: &mut dyn EventLog) {
    let first = record(1, 0, counted(1));
    let mut second = record(2, 0, counted(2));
    second.received_at = first.received_at;
    log.append(&[first, second.clone()]).unwrap();
    let mut third = record(3, 0, counted(3));
    third.received_at = UnixMicros(second.received_at.0 - 1);
    let error = log.append(&[third]).unwrap_err();
    assert!(matches!(error, LogError::TimeFell { seq: Seq(3), .. }));
    assert_eq!(log.head().seq, Seq(2));
}

fn a_key_stands_once_in_the_log_and_in_a_batch(log: &mut dyn EventLog) {
    let keyed = |seq, key: &str| Recorded {
        dedup_key: Some(key.to_owned()),
        ..record(seq, 1, said("New", "line"))
    };
    let head = log.append(&[keyed(1, "a"), keyed(2, "b")]).unwrap();
    for batch in [
        [keyed(3, "c"), keyed(4, "a")],
        [keyed(3, "c"), keyed(4, "c")],
    ] {
        let error = log.append(&batch).unwrap_err();
        assert!(matches!(&error, LogError::Duplicate { key } if *key == "a" || *key == "c"));
        assert!(!error.is_retryable());
        assert_eq!(log.head(), head);
        assert_eq!(read_all(log).len(), 2);
    }
    log.append(&[keyed(3, "c"), keyed(4, "d")]).unwrap();
    assert_eq!(read_all(log).len(), 4);
}

fn the_head_knows_whether_its_session_is_open(log: &mut dyn EventLog) {
    let ended = || disconnected(DisconnectCause::Closed);
    let steps = [
        (0, counted(0), false),
        (1, connected(), true),
        (1, counted(1), true),
        (1, ended(), false),
        (1, counted(2), false),
        (2, ended(), false),
        (3, connected(), true),
    ];
    for (seq, (session, event, open)) in (1..).zip(steps) {
        let head = log.append(&[record(seq, session, event)]).unwrap();
        assert_eq!((head.session, head.session_open), (session, open), "{seq}");
    }
}

/// Method: random reads against a filter over all events, of a log without redactions, and of one
/// with some.
fn every_read_gives_what_it_matches(log: &mut dyn EventLog) {
    let mut events = crowd(3000);
    for batch in events.chunks(97) {
        log.append(batch).unwrap();
    }
    compare_reads(log, &events, &mut Dice(7));
    for redaction in [
        Redaction::of_events([Seq(5), Seq(700), Seq(2999), Seq(9999)]),
        Redaction::of_user("ALICE").after(Seq(400)).until(Seq(1700)),
        Redaction::of_user("bob")
            .kinds([Kind::PmSaid])
            .standing_at(Seq(3003)),
    ] {
        let mut event = record(events.len() as u64 + 1, 1, Event::Redacted(redaction));
        event.received_at = events.last().unwrap().received_at;
        log.append(std::slice::from_ref(&event)).unwrap();
        events.push(event);
    }
    compare_reads(log, &events, &mut Dice(8));
}

fn compare_reads(log: &dyn EventLog, written: &[Recorded], dice: &mut Dice) {
    let shown = shown(written);
    for turn in 0..300 {
        let mut read = random_read(dice, written);
        if turn % 3 == 0 {
            read = read.as_written();
        }
        let events = if read.as_written { written } else { &shown };
        let mut expected: Vec<_> = events.iter().filter(|r| read.matches(r)).collect();
        if read.descending {
            expected.reverse();
        }
        expected.truncate(read.limit.unwrap_or(usize::MAX));
        let found = log.read(&read).unwrap();
        assert!(
            found.iter().eq(expected.iter().copied()),
            "{read:?}: {} for {}",
            found.len(),
            expected.len()
        );
    }
}

fn random_read(dice: &mut Dice, events: &[Recorded]) -> Read {
    let mut read = Read::default();
    let mut maybe = |odds| (dice.below(odds) == 0).then(|| dice.below(1 << 20) as usize);
    let pick = |n: usize| &events[n % events.len()];
    if let Some(n) = maybe(2) {
        let kinds = [
            Kind::MessageSaid,
            Kind::PmSaid,
            Kind::Joined,
            Kind::BanRemoved,
        ];
        read = read.kinds(kinds[..=n % 4].iter().copied());
    } else if maybe(4).is_some() {
        read = read.kinds(Kind::ALL.iter().copied());
    }
    if maybe(5).is_some() {
        read = read.actor("bOb");
    }
    if let Some(n) = maybe(5) {
        read = read.origins([Origin::ALL[n % 4], Origin::Live]);
    }
    if let Some(n) = maybe(3) {
        read = read.after(pick(n).seq);
    }
    if let Some(n) = maybe(3) {
        read = read.until(pick(n).seq);
    }
    let since = maybe(3).map(|n| UnixMicros(pick(n).received_at.0 - (n % 2) as i64));
    let before = maybe(3).map(|n| UnixMicros(pick(n).received_at.0 + (n % 2) as i64));
    read = match maybe(3) {
        Some(_) => read.sent(since, before),
        None => read.received(since, before),
    };
    if maybe(2).is_some() {
        read = read.newest_first();
    }
    if let Some(n) = maybe(2) {
        read = read.limit(n % 50);
    }
    read
}

fn a_visitor_can_stop_and_read_within(log: &mut dyn EventLog) {
    log.append(&crowd(20)).unwrap();
    let mut seen = Vec::new();
    log.visit(&Read::default(), &mut |recorded| {
        assert_eq!(read_all(log).len(), 20);
        seen.push(recorded.seq.0);
        seen.len() < 3
    })
    .unwrap();
    assert_eq!(seen, [1, 2, 3]);
}

fn odd_texts_survive(log: &mut dyn EventLog) {
    let mut odd = record(
        1,
        1,
        said("nul\0 \u{feff}\u{202e}", "a\0b \u{10ffff} ''; --"),
    );
    odd.raw = Some("x".repeat(300_000));
    odd.corr = Some(String::new());
    odd.dedup_key = Some("'\"".to_owned());
    let mut empty = record(2, 1, said("", ""));
    empty.raw = Some(String::new());
    let events = [odd, empty];
    log.append(&events).unwrap();
    assert_eq!(read_all(log), events);
    let read = Read::default().actor("NUL\0 \u{feff}\u{202e}");
    assert_eq!(log.read(&read).unwrap().len(), 1);
}

fn every_log_links_the_same_chain(log: &mut dyn EventLog) {
    let events = crowd(50);
    let mut other = MemoryLog::new();
    let head = other.append(&events).unwrap();
    for batch in events.chunks(7) {
        log.append(batch).unwrap();
    }
    assert_eq!(log.head(), head);
    for seq in (1..=50).map(Seq) {
        assert_eq!(log.chain_at(seq).unwrap(), other.chain_at(seq).unwrap());
    }
    assert_eq!(log.chain_at(Seq(51)).unwrap(), None);
}

fn the_newest_snapshot_at_or_before_is_found(log: &mut dyn EventLog) {
    let snapshot = |seq, body: &str| Snapshot {
        seq: Seq(seq),
        fold_v: 1,
        chain: ChainHash([7; 32]),
        body: body.to_owned(),
    };
    log.put_snapshot(&snapshot(10, "{}")).unwrap();
    log.put_snapshot(&snapshot(20, "{\"a\":1}")).unwrap();
    assert_eq!(log.snapshot_before(Seq(9)).unwrap(), None);
    let newest = Some(snapshot(20, "{\"a\":1}"));
    assert_eq!(log.snapshot_before(Seq(20)).unwrap(), newest);
    assert_eq!(log.snapshot_before(Seq(99)).unwrap(), newest);
    let newer_fold = Snapshot {
        fold_v: 2,
        ..snapshot(20, "[]")
    };
    log.put_snapshot(&newer_fold).unwrap();
    assert_eq!(log.snapshot_before(Seq(99)).unwrap(), Some(newer_fold));
    assert_eq!(log.snapshot_before(Seq(19)).unwrap(), None);
}

/// Events of which Bob said three, and Alice one; each batch is appended by itself.
fn talk() -> Vec<Recorded> {
    let events = [
        connected(),
        said("Bob", "one"),
        said("Alice", "two"),
        whispered("bOB", "reel", "three"),
        said("bob", "four"),
    ];
    (1..)
        .zip(events)
        .map(|(seq, event)| Recorded {
            raw: Some("as it came".to_owned()),
            ..record(seq, 1, event)
        })
        .collect()
}

fn a_person_is_redacted_up_to_the_redaction_and_no_further(log: &mut dyn EventLog) {
    log.append(&talk()).unwrap();
    let chain = log.chain_at(Seq(4)).unwrap();
    let redaction = Redaction::of_user("BOB").until(Seq(4));
    // What covers and what is covered may be of one batch.
    let batch = [
        record(6, 1, said("Bob", "five")),
        record(7, 1, Event::Redacted(redaction)),
        record(8, 1, said("Bob", "six")),
    ];
    log.append(&batch).unwrap();
    let redacted: Vec<_> = read_all(log)
        .iter()
        .filter(|event| event.redacted)
        .map(|event| event.seq.0)
        .collect();
    assert_eq!(redacted, [2, 4]);
    let masked = &log.read(&Read::default().after(Seq(1)).limit(1)).unwrap()[0];
    assert_eq!(
        (masked.actor.as_deref(), masked.raw.as_deref()),
        (None, None)
    );
    assert_eq!((masked.kind(), masked.text()), (Kind::MessageSaid, ""));
    assert_eq!(masked.received_at, talk()[1].received_at);
    let of_bob: Vec<_> = log.read(&Read::default().actor("bob")).unwrap();
    assert_eq!(of_bob.len(), 3, "what is redacted is nobody's");
    assert_eq!(
        log.chain_at(Seq(4)).unwrap(),
        chain,
        "nothing was rewritten"
    );
    let as_written = log.read(&Read::default().as_written()).unwrap();
    assert_eq!(as_written[..5], talk());
}

fn a_redaction_covers_nothing_that_comes_later_nor_what_the_state_is_made_of(
    log: &mut dyn EventLog,
) {
    log.append(&talk()).unwrap();
    let everything = Redaction::of_events((1..20).map(Seq));
    let batch = [
        record(6, 1, Event::Redacted(everything)),
        record(7, 1, said("Bob", "later")),
    ];
    log.append(&batch).unwrap();
    let events = read_all(log);
    let redacted = |seq: usize| events[seq - 1].redacted;
    assert!(!redacted(1), "the state is made of it");
    assert!((2..6).all(redacted));
    assert!(!redacted(6) && !redacted(7));
}

/// Method: at each event the state that was folded as it came is compared, byte for byte, with a
/// fold of what the log shows by then.
fn p1_the_live_state_is_the_fold_of_masked_reads_too(log: &mut dyn EventLog) {
    let json = |state: &ChannelState| serde_json::to_string(state).unwrap();
    let kept = r#"{"command":"say","args":{"text":"word"},"until_ms":5}"#;
    let kept = Event::decode(Kind::CommandKept, 1, kept).unwrap();
    let mut events = talk();
    let more = [
        kept,
        Event::Redacted(Redaction::of_events([Seq(3)])),
        said("Bob", "between"),
        Event::Redacted(Redaction::of_user("Bob")),
        said("Bob", "after"),
        Event::Redacted(Redaction::of_user("reel")),
        Event::Redacted(Redaction::of_user("Bob").after(Seq(8))),
    ];
    for (seq, event) in (6..).zip(more) {
        events.push(record(seq, 1, event));
    }
    events[5].actor = Some("Reel".to_owned());
    let mut live = ChannelState::default();
    for event in events {
        log.append(std::slice::from_ref(&event)).unwrap();
        live.apply(&event);
        let folded = ChannelState::fold(&read_all(log));
        assert_eq!(json(&live), json(&folded), "at {}", event.seq);
    }
    for word in ["Bob", "Alice", "word", "one", "between", "after"] {
        assert!(!json(&live).contains(word), "{word}");
    }
    assert_eq!(live.chat.len(), 5, "the lines keep their places");
}

fn stored_states_that_hold_what_is_redacted_are_gone(log: &mut dyn EventLog) {
    let mut state = ChannelState::default();
    let mut store = |log: &mut dyn EventLog, event: &Recorded| {
        let head = log.append(std::slice::from_ref(event)).unwrap();
        state.apply(event);
        let snapshot = Snapshot {
            seq: head.seq,
            fold_v: 1,
            chain: head.chain,
            body: serde_json::to_string(&state).unwrap(),
        };
        log.put_snapshot(&snapshot).unwrap();
        snapshot
    };
    for event in &talk() {
        store(log, event);
    }
    let of_one = Event::Redacted(Redaction::of_events([Seq(5)]));
    log.append(&[record(6, 1, of_one)]).unwrap();
    let found = log.snapshot_before(Seq(9)).unwrap();
    assert!(found.is_none_or(|found| found.seq < Seq(5)));
    let newest = store(log, &record(7, 1, counted(1)));
    // Nothing new is covered: what is stored may stay.
    let again = Event::Redacted(Redaction::of_events([Seq(99)]));
    log.append(&[record(8, 1, again)]).unwrap();
    assert_eq!(log.snapshot_before(Seq(9)).unwrap(), Some(newest));
}
