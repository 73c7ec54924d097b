//! Redaction through the handle: committed before it answers, honoured by all that read.

use crate::site::*;
use projectionist::{channel::RedactError, event::*, event_log::*, sqlite::verify, *};
use std::sync::mpsc;

fn chatter() -> Filter {
    Filter::kinds([Kind::MessageSaid])
}

/// A room in which the keeper has said some lines, and where they stand.
fn talked(site: &Site, lines: &[&str]) -> (ChannelHandle, Vec<Seq>) {
    let room = live(site.config());
    let mut events = room.subscribe(chatter(), Start::Head).unwrap();
    let mut seqs = Vec::new();
    for line in lines {
        site.room().say("Keeper", line);
        seqs.push(events.next_timeout(WAIT).unwrap().unwrap().seq);
    }
    (room, seqs)
}

fn texts(room: &ChannelHandle) -> Vec<String> {
    let chat = Read::default().kinds([Kind::MessageSaid]);
    let events = room.history(&chat).unwrap();
    events.iter().map(|event| event.text().to_owned()).collect()
}

#[test]
fn what_a_person_said_is_hidden_from_every_reader_at_once() {
    let site = Site::new();
    let (room, seqs) = talked(&site, &["one", "two"]);
    let seq = room.redact_user("KEEPER").unwrap().unwrap();
    assert_eq!(room.state().seq, seq, "committed and published");
    assert_eq!(texts(&room), ["", ""]);
    assert!(room.state().chat.iter().all(|line| line.text.is_empty()));
    for at in [seqs[1], seq] {
        let past = room.state_at(at).unwrap();
        assert!(past.chat.iter().all(|line| line.text.is_empty()), "{at}");
    }
    let mut events = room.subscribe(chatter(), Start::Origin).unwrap();
    let first = events.next_timeout(WAIT).unwrap().unwrap();
    assert!(first.redacted && first.actor.is_none());
    let replay = room.replay(Read::default(), f64::INFINITY).unwrap();
    assert!(
        replay
            .map(Result::unwrap)
            .all(|event| event.text().is_empty())
    );
    let reader = room.reader().unwrap();
    assert_eq!(reader.redacted_by(seq).unwrap(), seqs);
    assert_eq!(room.redact_user("keeper").unwrap(), None, "it is done");
    site.room().say("Keeper", "three");
    let later = |state: &ChannelState| state.chat.iter().any(|line| line.text == "three");
    room.wait_for(later, WAIT).unwrap();
    room.close().unwrap();
    assert_eq!(verify(&reader, |_, _| {}).unwrap().findings, []);
}

/// Method: the readers have read a page ahead when the redaction comes.
#[test]
fn what_waits_in_a_page_is_hidden_too() {
    let site = Site::new();
    let (room, seqs) = talked(&site, &["one", "two", "three"]);
    let mut events = room.subscribe(chatter(), Start::Origin).unwrap();
    let of_keeper = chatter().actor("Keeper");
    let mut theirs = room.subscribe(of_keeper, Start::Origin).unwrap();
    let chat = Read::default().kinds([Kind::MessageSaid]);
    let mut replay = room.replay(chat.clone(), f64::INFINITY).unwrap();
    let mut replay_theirs = room.replay(chat.actor("keeper"), f64::INFINITY).unwrap();
    for reader in [&mut events, &mut theirs] {
        assert_eq!(reader.next_timeout(WAIT).unwrap().unwrap().text(), "one");
    }
    for reader in [&mut replay, &mut replay_theirs] {
        assert_eq!(reader.next_timeout(WAIT).unwrap().unwrap().text(), "one");
    }
    let two = Redaction::of_events([seqs[1]]);
    room.redact_as(&two).unwrap().unwrap();
    let next = events.next_timeout(WAIT).unwrap().unwrap();
    assert!(next.redacted && next.seq == seqs[1]);
    let next = replay.next_timeout(WAIT).unwrap().unwrap();
    assert!(next.redacted && next.seq == seqs[1]);
    // Whoever asked for the keeper's words is not told which are theirs.
    assert_eq!(theirs.next_timeout(WAIT).unwrap().unwrap().seq, seqs[2]);
    assert_eq!(replay_theirs.next().unwrap().unwrap().seq, seqs[2]);
    room.close().unwrap();
}

#[test]
fn a_callback_that_lags_is_shown_no_more_than_a_reader() {
    let site = Site::new();
    let room = live(site.config());
    let (told, calls) = mpsc::channel();
    let (go, wait) = mpsc::channel::<()>();
    room.on(chatter(), move |it| {
        told.send((it.event.seq, it.event.redacted)).unwrap();
        wait.recv().unwrap();
    })
    .unwrap();
    let all = |state: &ChannelState| state.chat.len() == 3;
    for line in ["one", "two", "three"] {
        site.room().say("Keeper", line);
    }
    assert!(!calls.recv_timeout(WAIT).unwrap().1);
    room.wait_for(all, WAIT).unwrap();
    room.redact_user("keeper").unwrap().unwrap();
    for _ in 0..2 {
        go.send(()).unwrap();
        assert!(calls.recv_timeout(WAIT).unwrap().1);
    }
    go.send(()).unwrap();
    room.close().unwrap();
}

#[test]
fn what_cannot_be_redacted_says_why() {
    let site = Site::new();
    let (room, seqs) = talked(&site, &["one"]);
    assert!(room.redact(seqs[0]).unwrap().is_some());
    assert_eq!(room.redact(seqs[0]).unwrap(), None);
    let first = room.redact(Seq(1)).unwrap_err();
    assert!(matches!(
        first,
        RedactError::NotRedactable {
            seq: Seq(1),
            kind: Kind::Connected
        }
    ));
    let none = room.redact(Seq(9_999)).unwrap_err();
    assert!(matches!(none, RedactError::NoSuchEvent { .. }));
    room.close().unwrap();
    let closed = room.redact_user("keeper").unwrap_err();
    assert!(matches!(closed, RedactError::Engine(CommandError::Closed)));
}
