//! Any state of the past is the fold of the log up to it, whatever stored states are near; states
//! are stored often enough; and the fold does not change without saying so.

#![cfg(test)]

mod common;

use common::recording::{connections, file, files, ingested};
use common::{Room, config};
use projectionist::event_log::{EventLog, LogReader, Snapshot};
use projectionist::state::FOLD_V;
use projectionist::{ChannelState, Read, Recorded, Seq, UnixMicros, history};

fn json(state: &ChannelState) -> String {
    serde_json::to_string(state).unwrap()
}

fn events<L: LogReader>(log: &L) -> Vec<Recorded> {
    log.read(&Read::default()).unwrap()
}

/// Keeps the state after an event, as it is or as somebody broke it.
fn store<L: EventLog>(log: &mut L, seq: Seq, change: impl FnOnce(&mut Snapshot)) {
    let state = ChannelState::fold(&events(log)[..seq.0 as usize]);
    let mut snapshot = Snapshot {
        seq,
        fold_v: FOLD_V,
        chain: log.chain_at(seq).unwrap().unwrap(),
        body: json(&state),
    };
    change(&mut snapshot);
    log.put_snapshot(&snapshot).unwrap();
}

#[test]
fn p1_every_position_is_the_fold_of_what_is_before_it() {
    let mut log = ingested(&file("playlist"), "bob").into_log();
    let head = log.head().seq;
    store(&mut log, Seq(head.0 / 2), |_| {});
    let mut folded = ChannelState::default();
    assert_eq!(history::state_at(&log, Seq(0)).unwrap(), folded);
    for event in events(&log) {
        folded.apply(&event);
        let found = history::state_at(&log, event.seq).unwrap();
        assert_eq!(json(&found), json(&folded), "{}", event.seq);
    }
    let beyond = history::state_at(&log, Seq(head.0 + 100)).unwrap();
    assert_eq!(beyond, folded);
}

/// Chat that has scrolled out of the state is not read; whatever else there is, is.
#[test]
fn p1_a_long_evening_of_chat_folds_to_the_same_as_line_by_line() {
    let mut room = Room::joined();
    for n in 0..1_500 {
        match n {
            700 => room.server("clearchat", serde_json::json!({ "clearedBy": "alice" })),
            _ if n % 50 == 7 => room.server("setMotd", serde_json::json!(n.to_string())),
            _ => room.says("carol", &n.to_string()),
        }
    }
    let log = room.into_log();
    let mut folded = ChannelState::default();
    for event in events(&log) {
        folded.apply(&event);
        if event.seq.0 > 900 && event.seq.0 % 13 == 0 {
            let found = history::state_at(&log, event.seq).unwrap();
            assert_eq!(json(&found), json(&folded), "{}", event.seq);
        }
    }
}

#[test]
fn a_stored_state_in_doubt_is_passed_over() {
    type Doubt = fn(&mut Snapshot);
    let doubts: [(&str, Doubt); 4] = [
        ("another fold", |s| s.fold_v += 1),
        ("another chain", |s| s.chain.0[0] ^= 1),
        ("cut off", |s| s.body.truncate(s.body.len() / 2)),
        ("of another position", |s| {
            s.body = s.body.replacen("\"seq\":", "\"seq\":1", 1)
        }),
    ];
    for (doubt, change) in doubts {
        let mut log = ingested(&file("playlist"), "bob").into_log();
        let head = log.head().seq;
        store(&mut log, Seq(head.0 / 2), change);
        let folded = ChannelState::fold(&events(&log));
        assert_eq!(history::state_at(&log, head).unwrap(), folded, "{doubt}");
    }
}

#[test]
fn a_moment_is_the_last_event_received_by_then() {
    let log = ingested(&file("playlist"), "bob").into_log();
    let all = events(&log);
    let (first, last) = (&all[0], all.last().unwrap());
    let at = |time: UnixMicros| history::position_at(&log, time).unwrap();
    assert_eq!(at(UnixMicros(first.received_at.0 - 1)), Seq(0));
    assert_eq!(at(last.received_at), last.seq);
    assert_eq!(at(UnixMicros(i64::MAX)), last.seq);
    for pair in all.windows(2) {
        if pair[0].received_at < pair[1].received_at {
            assert_eq!(at(pair[0].received_at), pair[0].seq);
            assert_eq!(at(UnixMicros(pair[1].received_at.0 - 1)), pair[0].seq);
        }
    }
}

/// Positions of the states that are stored, newest first.
fn stored(room: &Room) -> Vec<u64> {
    let log = room.channel().log();
    let mut found = Vec::new();
    let mut until = Seq(u64::MAX);
    while let Some(snapshot) = log.snapshot_before(until).unwrap() {
        let folded = ChannelState::fold(&events(log)[..snapshot.seq.0 as usize]);
        assert_eq!(snapshot.body, json(&folded));
        found.push(snapshot.seq.0);
        // A log in memory keeps the newest only.
        until = Seq(0);
    }
    found
}

#[test]
fn states_are_stored_as_the_log_grows_and_at_the_end_of_a_session_worth_it() {
    let mut room = Room::new(config());
    room.connect();
    room.burst(&common::Burst::default());
    for n in 0..900 {
        room.says("carol", &n.to_string());
    }
    room.cut();
    assert_eq!(
        stored(&room),
        [0_u64; 0],
        "a short session is folded as fast as a state is read"
    );
    room.wait(10_000);
    room.connect();
    room.burst(&common::Burst::default());
    for n in 0..200 {
        room.says("carol", &n.to_string());
    }
    room.cut();
    assert_eq!(stored(&room), [room.head().0]);
    room.wait(10_000);
    room.connect();
    room.burst(&common::Burst::default());
    let before = stored(&room)[0];
    while room.head().0 < before + 10_050 {
        let n = room.head().0.to_string();
        room.says("carol", &n);
    }
    let newest = stored(&room)[0];
    assert!(
        (before + 10_000..=before + 10_002).contains(&newest),
        "{before} {newest}"
    );
}

/// What the fold makes of every recording there is. If this fails, the fold has changed: states
/// stored by older builds are no longer what it would make, so raise `FOLD_V`, put the new figure
/// here, and let `history::base_state` read what trimmed logs of the older fold begin with.
#[test]
fn p7_the_fold_is_the_one_its_version_says() {
    // FNV-1a: small, stable, and no secret is kept by it.
    let mut digest = 0xcbf2_9ce4_8422_2325_u64;
    for path in files() {
        for conn in connections(&path) {
            let log = ingested(&path, &conn).into_log();
            let state = ChannelState::fold(&events(&log));
            for byte in json(&state).bytes() {
                digest = (digest ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
            }
        }
    }
    let expected = (4, "a42d41d520f39cab");
    assert_eq!((FOLD_V, format!("{digest:016x}").as_str()), expected);
}
