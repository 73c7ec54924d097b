//! Subscriptions: where they begin, what they skip, how they end and how they resume.

use crate::site::*;
use projectionist::{event::*, event_log::*, sqlite::*, time::*, *};
use std::time::Duration;

fn next(events: &mut Subscription) -> Recorded {
    events.next_timeout(WAIT).unwrap().unwrap()
}

fn chatter() -> Filter {
    Filter::kinds([Kind::MessageSaid])
}

#[test]
fn from_the_origin_nothing_is_missing() {
    let site = Site::new();
    site.furnish();
    let room = live(site.config());
    let mut events = room.subscribe(Filter::all(), Start::Origin).unwrap();
    site.room().say("Keeper", "last");
    let mut seen = Vec::new();
    while seen
        .last()
        .is_none_or(|event: &Recorded| event.text() != "last")
    {
        seen.push(next(&mut events));
    }
    assert!(
        seen.iter()
            .zip(1..)
            .all(|(event, seq)| event.seq == Seq(seq))
    );
    assert_eq!(seen[0].kind(), Kind::Connected);
    let until = seen.last().unwrap().seq;
    let stored = room.history(&Read::default().until(until)).unwrap();
    assert_eq!(seen, stored);
}

#[test]
fn from_the_head_comes_only_what_is_new() {
    let site = Site::new();
    site.room().say("Keeper", "old");
    let room = live(site.config());
    let mut events = room.subscribe(chatter(), Start::Head).unwrap();
    site.room().say("Keeper", "new");
    assert_eq!(next(&mut events).text(), "new");
    assert!(events.next_timeout(Duration::ZERO).unwrap().is_none());
    assert_eq!(events.lag(), 0);
}

#[test]
fn from_a_time_comes_what_was_received_since() {
    let site = Site::new();
    let room = live(site.config());
    let mut events = room.subscribe(chatter(), Start::Head).unwrap();
    site.room().say("Keeper", "before");
    let before = next(&mut events);
    site.room().say("Keeper", "after");
    let after = next(&mut events);
    let since = UnixMicros(before.received_at.0 + 1);
    let mut late = room.subscribe(chatter(), Start::At(since)).unwrap();
    assert_eq!(next(&mut late), after);
    let mut both = room
        .subscribe(chatter(), Start::At(before.received_at))
        .unwrap();
    assert_eq!(next(&mut both), before);
}

#[test]
fn a_checkpoint_survives_the_engine() {
    let site = Site::new();
    let room = live(site.config());
    let mut events = room.subscribe(chatter(), Start::Head).unwrap();
    site.room().say("Keeper", "one");
    assert_eq!(next(&mut events).text(), "one");
    let printed = events.checkpoint().unwrap().to_string();
    site.room().say("Keeper", "two");
    assert_eq!(next(&mut events).text(), "two");
    room.close().unwrap();
    assert!(events.next_timeout(WAIT).unwrap().is_none(), "the end");
    drop((room, events));

    let room = live(site.config());
    let checkpoint: Checkpoint = printed.parse().unwrap();
    let mut events = room.subscribe(chatter(), Start::From(checkpoint)).unwrap();
    assert_eq!(next(&mut events).text(), "two", "behind what was seen");
}

#[test]
fn checkpoints_that_do_not_fit_are_refused() {
    let site = Site::new();
    let room = live(site.config());
    let good = room.checkpoint().unwrap();
    let refusal = |checkpoint: Checkpoint| {
        room.subscribe(Filter::all(), Start::From(checkpoint))
            .unwrap_err()
    };
    let wrong = Checkpoint {
        log_id: "another".to_owned(),
        ..good.clone()
    };
    assert!(matches!(refusal(wrong), SubscribeError::WrongLog { .. }));
    let ahead = Checkpoint {
        seq: Seq(good.seq.0 + 1_000_000),
        ..good.clone()
    };
    assert!(matches!(refusal(ahead), SubscribeError::Ahead { .. }));
    let diverged = Checkpoint {
        seq: Seq(good.seq.0 - 1),
        ..good.clone()
    };
    assert!(matches!(refusal(diverged), SubscribeError::Diverged(_)));
    room.subscribe(Filter::all(), Start::From(good)).unwrap();
}

/// Goal: who would miss events is told; who asks for all there is gets that.
#[test]
fn a_consumer_behind_a_trim_is_told_and_the_origin_is_the_first_event_there_is() {
    let site = Site::new();
    let room = live(site.config());
    let old = room.checkpoint().unwrap();
    let mut events = room.subscribe(chatter(), Start::Head).unwrap();
    for line in 0..300 {
        site.room().say("Keeper", &line.to_string());
    }
    let until = loop {
        let event = next(&mut events);
        if event.text() == "40" {
            break event.seq;
        }
    };
    while next(&mut events).text() != "299" {}
    room.close().unwrap();
    drop((events, room));

    let path = site.log_path();
    let reader = SqliteReader::open(&path).unwrap();
    let to = path.with_extension("gz");
    let segment = reader.archive(until, &to, &mut |_, _| true).unwrap();
    let options = LogOptions::new(reader.channel(), reader.origin());
    let mut log = SqliteLog::create_or_open(&path, &options).unwrap();
    log.trim(&segment.unwrap(), false, &mut |_, _| true)
        .unwrap();
    log.close().unwrap();

    let room = live(site.config());
    let resume = |seq, chain| {
        let log_id = old.log_id.clone();
        let start = Start::From(Checkpoint { log_id, seq, chain });
        room.subscribe(Filter::all(), start)
    };
    for (seq, chain) in [(old.seq, old.chain), (Seq(0), ChainHash::default())] {
        let refused = resume(seq, chain).unwrap_err();
        assert!(matches!(refused, SubscribeError::Trimmed(at) if at == seq));
    }
    let chain = reader.chain_at(until).unwrap().unwrap();
    for start in [Ok(Start::Origin), Err(chain)] {
        let mut events = match start {
            Ok(start) => room.subscribe(Filter::all(), start).unwrap(),
            Err(chain) => resume(until, chain).unwrap(),
        };
        assert!(events.lag() <= room.state().seq.0 - until.0);
        assert_eq!(next(&mut events).seq, until.next());
    }
    assert!(room.state_at(old.seq).is_err());
    assert_eq!(room.state_at(until).unwrap().seq, until);
    assert_eq!(*room.state(), room.state_at(room.state().seq).unwrap());
}

#[test]
fn a_waiting_reader_can_be_cancelled() {
    let site = Site::new();
    let room = live(site.config());
    let nobody = Filter::all().actor("nobody");
    let events = room.subscribe(nobody, Start::Origin).unwrap();
    let cancel = events.cancel_handle();
    let reader = std::thread::Builder::new();
    let reader = reader.spawn(move || events.count()).unwrap();
    cancel.cancel();
    assert_eq!(reader.join().unwrap(), 0);
}

#[test]
fn filters_sort_by_actor_and_origin() {
    let site = Site::new();
    site.room().say("Keeper", "replayed");
    let room = live(site.config());
    site.room().say("Other", "aside");
    site.room().say("Keeper", "said live");
    let replayed = chatter().origins([Origin::Replay]);
    let mut events = room.subscribe(replayed, Start::Origin).unwrap();
    assert_eq!(next(&mut events).text(), "replayed");
    let keeper = chatter().actor("KEEPER").origins([Origin::Live]);
    let mut events = room.subscribe(keeper, Start::Origin).unwrap();
    assert_eq!(next(&mut events).text(), "said live");
}

#[test]
fn two_readers_of_a_busy_room_see_the_same() {
    let site = Site::new();
    let room = live(site.config());
    let read = |room: ChannelHandle| {
        let events = room.subscribe(chatter(), Start::Head).unwrap();
        let reader = std::thread::Builder::new();
        let texts = move || {
            let events = events.take(200).map(Result::unwrap);
            events
                .map(|event| event.text().to_owned())
                .collect::<Vec<_>>()
        };
        reader.spawn(texts).unwrap()
    };
    let readers = [read(room.clone()), read(room.clone())];
    let said: Vec<_> = (0..200).map(|n| format!("line {n}")).collect();
    for line in &said {
        site.room().say("Keeper", line);
    }
    for reader in readers {
        assert_eq!(reader.join().unwrap(), said);
    }
}
