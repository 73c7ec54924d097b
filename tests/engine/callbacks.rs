//! Callbacks of a live engine: in order, once each, with the states around the event; whatever they
//! do.

use crate::site::*;
use parking_lot::Mutex;
use projectionist::{event::*, state::*, *};
use std::sync::{Arc, mpsc};

fn chatter() -> Filter {
    Filter::kinds([Kind::MessageSaid])
}

/// A callback that passes on the texts it is called with.
fn texts_of(room: &ChannelHandle, filter: Filter) -> (CallbackId, mpsc::Receiver<String>) {
    let (sender, texts) = mpsc::channel();
    let id = room.on(filter, move |it| {
        let _ = sender.send(it.event.text().to_owned());
    });
    (id.unwrap(), texts)
}

fn next(texts: &mpsc::Receiver<String>) -> String {
    texts.recv_timeout(WAIT).unwrap()
}

fn speaker() -> (Site, ChannelHandle) {
    let site = Site::new();
    site.furnish();
    let room = live(site.owner());
    (site, room)
}

#[test]
fn a_callback_is_called_for_what_comes_from_then_on_in_order_and_once() {
    let (site, room) = speaker();
    let (_, texts) = texts_of(&room, chatter());
    for n in 0..50 {
        site.room().say("Keeper", &format!("line {n}"));
    }
    for n in 0..50 {
        assert_eq!(next(&texts), format!("line {n}"));
    }
    room.close().unwrap();
    assert!(
        texts.recv().is_err(),
        "nothing twice, and nothing after the end"
    );
}

#[test]
fn it_sees_the_channel_before_and_after() {
    let (site, room) = speaker();
    let (sender, seen) = mpsc::channel();
    room.on(Filter::kinds([Kind::UserJoined]), move |it| {
        let has = |state: &ChannelState| state.users.as_ref().unwrap().find("Newcomer").is_some();
        assert_eq!(it.before.seq.next(), it.event.seq);
        assert_eq!(it.after.seq, it.event.seq);
        sender.send((has(&it.before), has(&it.after))).unwrap();
    })
    .unwrap();
    site.room().add_user("Newcomer", 0.0);
    assert_eq!(seen.recv_timeout(WAIT).unwrap(), (false, true));
}

#[test]
fn one_that_panics_is_called_again_and_stops_nobody() {
    let (site, room) = speaker();
    let (sender, seen) = mpsc::channel();
    room.on(chatter(), move |it| {
        sender.send(it.event.text().to_owned()).unwrap();
        panic!("on purpose");
    })
    .unwrap();
    let (_, texts) = texts_of(&room, chatter());
    for text in ["one", "two"] {
        site.room().say("Keeper", text);
        assert_eq!(seen.recv_timeout(WAIT).unwrap(), text);
        assert_eq!(next(&texts), text);
    }
    assert!(
        room.say("still here")
            .unwrap()
            .wait(WAIT)
            .unwrap()
            .is_done()
    );
}

#[test]
fn a_slow_one_holds_up_neither_the_engine_nor_the_state() {
    let (site, room) = speaker();
    let (release, held) = mpsc::channel::<()>();
    let (sender, called) = mpsc::channel();
    room.on(chatter(), move |it| {
        sender.send(it.event.text().to_owned()).unwrap();
        let _ = held.recv();
    })
    .unwrap();
    site.room().say("Keeper", "first");
    assert_eq!(called.recv_timeout(WAIT).unwrap(), "first");
    site.room().say("Keeper", "second");
    until(&room, |state| {
        state.chat.iter().any(|line| line.text == "second")
    });
    assert!(room.say("mine").unwrap().wait(WAIT).unwrap().is_done());
    drop(release);
    assert_eq!(called.recv_timeout(WAIT).unwrap(), "second");
    assert_eq!(called.recv_timeout(WAIT).unwrap(), "mine");
}

#[test]
fn removed_means_not_running_and_not_called_again() {
    let (site, room) = speaker();
    let calls = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&calls);
    let id = room.on(chatter(), move |_| *counted.lock() += 1).unwrap();
    let (_, texts) = texts_of(&room, chatter());
    site.room().say("Keeper", "one");
    next(&texts);
    assert!(room.off(id));
    let before = *calls.lock();
    site.room().say("Keeper", "two");
    assert_eq!(next(&texts), "two");
    assert_eq!((*calls.lock(), before), (1, 1));
    assert!(!room.off(id), "it is gone");
}

#[test]
fn after_the_last_is_removed_another_begins_anew() {
    let (site, room) = speaker();
    for text in ["one", "two", "three"] {
        let (id, texts) = texts_of(&room, chatter());
        site.room().say("Keeper", text);
        assert_eq!(next(&texts), text, "only what came since it was registered");
        assert!(room.off(id));
    }
}

#[test]
fn it_may_use_the_handle_and_remove_itself() {
    let (site, room) = speaker();
    let (sender, seen) = mpsc::channel();
    let handle = room.clone();
    let own = Arc::new(Mutex::new(None));
    let id = Arc::clone(&own);
    let registered = room.on(chatter(), move |it| {
        if it.event.text() != "go" {
            return;
        }
        let answer = handle.say("gone").unwrap().wait(WAIT);
        let removed = id.lock().take().is_some_and(|id| handle.off(id));
        sender.send((answer.unwrap().is_done(), removed)).unwrap();
    });
    *own.lock() = Some(registered.unwrap());
    site.room().say("Keeper", "go");
    site.room().say("Keeper", "go");
    assert_eq!(seen.recv_timeout(WAIT).unwrap(), (true, true));
    assert!(
        seen.recv_timeout(WAIT).is_err(),
        "its closure is dropped with it"
    );
}

#[test]
fn it_may_close_the_engine() {
    let (site, room) = speaker();
    let (sender, closed) = mpsc::channel();
    let handle = room.clone();
    room.on(chatter(), move |_| {
        sender.send(handle.close().is_ok()).unwrap();
    })
    .unwrap();
    site.room().say("Keeper", "good night");
    assert!(closed.recv_timeout(WAIT).unwrap());
    drop(room);
    sound(&site.log_path(), None);
}

#[test]
fn a_weak_handle_keeps_nothing_alive() {
    let (site, room) = speaker();
    let weak = room.downgrade();
    let (_, texts) = texts_of(&room, chatter());
    let inside = weak.clone();
    room.on(chatter(), move |_| drop(inside.upgrade())).unwrap();
    site.room().say("Keeper", "hello");
    next(&texts);
    drop(room);
    assert!(weak.upgrade().is_none());
    drop(live(site.owner()));
}

#[test]
fn closing_calls_for_all_that_was_recorded() {
    let (site, room) = speaker();
    let (sender, seen) = mpsc::channel();
    let first = room.state().seq;
    room.on(Filter::all(), move |it| sender.send(it.event.seq).unwrap())
        .unwrap();
    site.room().say("Keeper", "last words");
    until(&room, |state| {
        state.chat.iter().any(|line| line.text == "last words")
    });
    room.close().unwrap();
    let head = room.state().seq;
    let called: Vec<Seq> = seen.iter().collect();
    assert_eq!(called.last(), Some(&head), "our own leaving too");
    // Something may have come between the look at the state and the registration.
    let skipped = called[0].0 - first.0 - 1;
    assert!(skipped <= 1, "{called:?}");
    assert!(called.windows(2).all(|pair| pair[0].next() == pair[1]));
}
