//! Synthetic logs are such as a channel would have recorded: sound, without a misfit, the same for
//! the same seed, and with everything in them that makes a real one hard to read.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "in a test a surprise is a failure"
)]

use projectionist::event::{DisconnectCause, Origin, Source};
use projectionist::sqlite::verify;
use projectionist::testing::{Synthetic, SyntheticConfig, WriteError, write_synthetic};
use projectionist::{ChannelState, Event, Kind, Recorded, Seq, SqliteReader};
use std::collections::{BTreeMap, BTreeSet};

fn events(config: &SyntheticConfig) -> Vec<Recorded> {
    Synthetic::new(config).collect()
}

#[test]
fn every_event_fits_the_state_that_those_before_it_gave() {
    for config in [
        SyntheticConfig::new(1, 20_000),
        SyntheticConfig::new(2, 20_000).days(30),
        SyntheticConfig::new(3, 20_000).people(3).days(1),
        SyntheticConfig::new(4, 3_000).people(1).days(3),
        SyntheticConfig::new(5, 20_000).people(4_000).days(1),
    ] {
        let mut state = ChannelState::default();
        for event in Synthetic::new(&config) {
            state.apply(&event);
            assert_eq!(state.misfits, 0, "{config:?}: {event:?}");
        }
        assert_eq!(state.seq, Seq(config.events));
    }
}

#[test]
fn positions_and_times_rise_and_sessions_are_in_one_piece() {
    let events = events(&SyntheticConfig::new(6, 20_000));
    for pair in events.windows(2) {
        let (before, after) = (&pair[0], &pair[1]);
        assert_eq!(after.seq, before.seq.next());
        assert!(after.received_at >= before.received_at, "{}", after.seq);
        assert!(after.session == before.session || after.session == before.session + 1);
        let ended = matches!(before.event, Event::Disconnected(_));
        assert_eq!(ended, after.session > before.session, "{}", after.seq);
        assert_eq!(ended, matches!(after.event, Event::Connected(_)));
    }
    for event in events.iter().filter(|event| event.cause.is_some()) {
        assert!(event.cause.unwrap() < event.seq);
    }
}

#[test]
fn the_time_asked_for_is_about_the_time_covered() {
    for (events, days) in [(20_000, 2), (20_000, 30), (60_000, 6)] {
        let config = SyntheticConfig::new(8, events).days(days);
        let last = Synthetic::new(&config).last().unwrap();
        let covered = last.received_at.seconds_since(config.begin) / 86_400.0;
        let days = days as f64;
        assert!(
            (0.6 * days..1.3 * days + 1.0).contains(&covered),
            "{covered} of {days}"
        );
    }
}

#[test]
fn a_seed_gives_one_log_and_another_seed_another() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, seed| {
        let path = folder.path().join(name);
        let config = SyntheticConfig::new(seed, 5_000);
        let head = write_synthetic(&config, &path, &mut |_| true).unwrap();
        (head, SqliteReader::open(path).unwrap())
    };
    let (first, log) = write("a.db", 7);
    assert_eq!(first.seq, Seq(5_000));
    let (again, same) = write("b.db", 7);
    assert_eq!((again, same.log_id()), (first, log.log_id()));
    let (other, another) = write("c.db", 8);
    assert_ne!(other.chain, first.chain);
    assert_ne!(another.log_id(), log.log_id());
    let verdict = verify(&log, |_, _| {}).unwrap();
    assert!(verdict.is_sound(), "{:?}", verdict.findings);
    let again = write_synthetic(&SyntheticConfig::new(7, 5), log.path(), &mut |_| true);
    assert!(matches!(again, Err(WriteError::Exists { .. })), "{again:?}");
}

#[test]
fn a_stored_state_is_the_fold_up_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    let config = SyntheticConfig::new(9, 30_000);
    write_synthetic(&config, &path, &mut |_| true).unwrap();
    let log = SqliteReader::open(path).unwrap();
    let stored = log
        .snapshot_before(Seq(30_000))
        .unwrap()
        .expect("a stored state");
    assert!(stored.seq.0 > 10_000);
    let events = events(&config);
    let state = ChannelState::fold(&events[..stored.seq.0 as usize]);
    assert_eq!(serde_json::to_string(&state).unwrap(), stored.body);
}

#[test]
fn a_log_that_is_stopped_holds_the_beginning() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    let config = SyntheticConfig::new(10, 100_000);
    let head = write_synthetic(&config, &path, &mut |written| written < 2_000).unwrap();
    assert!(head.seq.0 >= 2_000 && head.seq.0 < 10_000, "{head:?}");
    let log = SqliteReader::open(path).unwrap();
    assert!(verify(&log, |_, _| {}).unwrap().is_sound());
}

#[test]
fn there_is_everything_in_it() {
    let events = events(&SyntheticConfig::new(11, 120_000));
    let mut kinds = BTreeMap::<Kind, u64>::new();
    let (mut causes, mut voteskips, mut replayed) = (BTreeSet::new(), 0, 0);
    let mut text = String::new();
    for event in &events {
        *kinds.entry(event.kind()).or_default() += 1;
        match &event.event {
            Event::Disconnected(ended) => {
                causes.insert(ended.cause.as_str());
            }
            Event::MessageSaid(message) => {
                voteskips += u64::from(message.source == Source::Voteskip);
                replayed += u64::from(event.origin == Origin::Replay);
                text.push_str(&message.text);
            }
            _ => {}
        }
    }
    let missing: Vec<_> = [
        "announcement",
        "chat_clear",
        "chat_gap",
        "command_sent",
        "command_settled",
        "connected",
        "disconnected",
        "drink_count",
        "emote_remove",
        "emote_rename",
        "emote_update",
        "joined",
        "leader_change",
        "login",
        "media_change",
        "media_delete",
        "media_queue",
        "media_stop",
        "media_update",
        "message",
        "motd_change",
        "options_change",
        "own_rank",
        "permissions_change",
        "playlist_lock",
        "playlist_meta",
        "playlist_move",
        "playlist_temp",
        "playlist_update",
        "pm",
        "poll_close",
        "poll_open",
        "poll_update",
        "queue_fail",
        "redaction",
        "unrecognised",
        "user_count",
        "user_join",
        "user_leave",
        "user_meta",
        "user_profile",
        "user_rank",
        "voteskip",
    ]
    .into_iter()
    .filter(|name| !kinds.contains_key(&Kind::parse(name).unwrap()))
    .collect();
    assert_eq!(missing, Vec::<&str>::new());
    for cause in [
        DisconnectCause::Closed,
        DisconnectCause::Crash,
        DisconnectCause::Silence,
        DisconnectCause::Stopped,
    ] {
        assert!(causes.contains(cause.as_str()), "{cause:?}");
    }
    assert!(voteskips > 0 && replayed > 0);
    for part in [
        "</script>",
        "DROP TABLE",
        "\u{202e}",
        "\u{1b}[2J",
        "=HYPERLINK",
        "🎬",
    ] {
        assert!(text.contains(part), "{part:?}");
    }
    let share = |kind| kinds[&kind] as f64 / events.len() as f64;
    assert!((0.5..0.85).contains(&share(Kind::MessageSaid)), "{kinds:?}");
}

/// Activity is heavy-tailed, follows the hours, and stays are interrupted for moments.
#[test]
fn people_are_not_all_alike_and_rooms_not_at_all_hours() {
    let events = events(&SyntheticConfig::new(12, 80_000));
    let (mut lines, mut hours) = (BTreeMap::<String, u64>::new(), [0_u64; 24]);
    let (mut left, mut rejoins) = (BTreeMap::new(), 0);
    for event in &events {
        let Some(name) = event.actor.as_ref().map(|name| name.to_ascii_lowercase()) else {
            continue;
        };
        let second = event.received_at.0 / 1_000_000;
        match &event.event {
            Event::MessageSaid(message) if message.source == Source::User => {
                *lines.entry(name).or_default() += 1;
                hours[(second / 3600 % 24) as usize] += 1;
            }
            Event::UserLeft(_) => {
                left.insert(name, second);
            }
            Event::UserJoined(_) => {
                let since = left.get(&name).map(|left| second - left);
                rejoins += u64::from(since.is_some_and(|seconds| seconds < 60));
            }
            _ => {}
        }
    }
    let total: u64 = lines.values().sum();
    let mut counts: Vec<u64> = lines.into_values().collect();
    counts.sort_unstable_by(|a, b| b.cmp(a));
    assert!(counts.len() > 60, "{}", counts.len());
    let top: u64 = counts[..counts.len() / 10].iter().sum();
    assert!(top * 2 > total, "{top} of {total}");
    assert!(hours[20] > 4 * hours[5], "{hours:?}");
    assert!(rejoins > 100, "{rejoins}");
}

/// The server sends its last lines again at each join: what was on record stays so once, the rest
/// follows the join, and where nothing is known of what it sends there is a gap.
#[test]
fn a_rejoin_records_the_lines_that_were_missed_and_no_line_twice() {
    let events = events(&SyntheticConfig::new(13, 40_000));
    let (mut lines, mut joins, mut gaps, mut replays) = (BTreeSet::new(), 0, 0, 0);
    for (index, event) in events.iter().enumerate() {
        match &event.event {
            Event::MessageSaid(message) if message.source == Source::User => {
                let line = (event.sent_ms, &message.user.name, &message.html);
                assert!(lines.insert(line), "{} is there twice", event.seq);
            }
            Event::Joined(joined) => {
                let follows = |event: &&Recorded| event.cause == Some(events[index].seq);
                let after: Vec<_> = events[index..].iter().filter(follows).collect();
                let replayed = after.iter().filter(|e| e.origin == Origin::Replay);
                let is_gap = after.iter().any(|e| e.kind() == Kind::ChatGapFound);
                let replay = joined.replay;
                assert_eq!(replayed.count(), replay.new as usize);
                assert_eq!(replay.new + replay.overlap, replay.received);
                let nothing_known = replay.received > 0 && replay.overlap == 0 && joins > 0;
                assert_eq!(is_gap, nothing_known, "{}", event.seq);
                joins += 1;
                gaps += u64::from(is_gap);
                replays += replay.new;
            }
            _ => {}
        }
    }
    assert!(
        joins > 5 && gaps > 0 && replays > 15,
        "{joins} {gaps} {replays}"
    );
}
