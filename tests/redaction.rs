//! Redactions of a running channel: what is hidden stays hidden, across joins and restarts, and no
//! line comes back from the server's buffer; the state stays the fold of what is read.

#![cfg(test)]

mod common;

use common::{ChatServer, Room, config};
use projectionist::{channel::*, event::*, event_log::*, *};

fn hears(room: &mut Room, server: &mut ChatServer, text: &str) {
    let said = server.say(text);
    room.server("chatMsg", said);
}

fn redacts(room: &mut Room, redaction: &Redaction) -> Result<Option<Seq>, RedactError> {
    let now = room.now();
    let redacted = room.channel_mut().redact(now, redaction);
    room.channel_mut().commit().unwrap();
    redacted
}

/// A room in which bob has said three lines that the server still has, and which are redacted.
fn redacted() -> (Room, ChatServer) {
    let (mut room, mut server) = (Room::joined_as_guest(), ChatServer::default());
    for text in ["a", "b", "c"] {
        hears(&mut room, &mut server, text);
    }
    let seq = redacts(&mut room, &Redaction::of_user("BOB")).unwrap();
    assert_eq!(seq, Some(room.head()));
    (room, server)
}

/// What the log says was said, without a mask.
fn as_written(room: &Room) -> Vec<String> {
    let chat = Read::default().kinds([Kind::MessageSaid]).as_written();
    let events = room.channel().log().read(&chat).unwrap();
    events.iter().map(|event| event.text().to_owned()).collect()
}

#[test]
fn p2_redacted_lines_are_known_again_after_a_restart_and_stay_hidden() {
    let (room, mut server) = redacted();
    let mut room = room.restarted();
    server.say("d");
    room.connect();
    room.burst(&server.burst());
    assert_eq!(as_written(&room), ["a", "b", "c", "d"], "none is doubled");
    assert_eq!(
        room.chat(),
        ["", "", "", "d"],
        "what comes later is not covered"
    );
    assert_eq!(room.of_kind(Kind::ChatGapFound), []);
}

#[test]
fn p2_redacted_lines_are_known_again_at_the_next_join() {
    let (mut room, server) = redacted();
    for _ in 0..2 {
        room.rejoin(&server.burst());
    }
    assert_eq!(room.chat(), ["", "", ""]);
    let mut room = room.restarted();
    room.connect();
    room.burst(&server.burst());
    assert_eq!(as_written(&room), ["a", "b", "c"]);
}

#[test]
fn p1_the_published_state_hides_them_at_once_and_so_does_that_of_the_next_process() {
    let (room, _) = redacted();
    let is_hidden = |room: &Room| {
        let chat = &room.state().chat;
        chat.len() == 3
            && chat
                .iter()
                .all(|line| line.text.is_empty() && line.name.is_empty())
    };
    assert!(is_hidden(&room));
    check(&room);
    let room = room.restarted();
    assert!(is_hidden(&room));
    check(&room);
}

/// The published state is the fold of what the log shows, and so is every one before it.
fn check(room: &Room) {
    common::check(room.channel());
    for seq in (1..=room.head().0).map(Seq) {
        let shown = Read::default().until(seq);
        let shown = room.channel().log().read(&shown).unwrap();
        let folded = ChannelState::fold(&shown);
        let found = history::state_at(room.channel().log(), seq).unwrap();
        assert_eq!(found, folded, "at {seq}");
    }
}

#[test]
fn a_state_of_the_past_honours_a_redaction_of_a_later_date() {
    let (room, _) = redacted();
    let past = history::state_at(room.channel().log(), Seq(room.head().0 - 1)).unwrap();
    assert_eq!(past.chat.len(), 3);
    assert!(past.chat.iter().all(|line| line.text.is_empty()));
}

#[test]
fn what_hides_nothing_is_no_event() {
    let (mut room, _) = redacted();
    let head = room.head();
    let hidden = room.last(Kind::MessageSaid).seq;
    for redaction in [
        Redaction::of_user("bob"),
        Redaction::of_user("nobody"),
        Redaction::of_events([hidden]),
    ] {
        assert_eq!(redacts(&mut room, &redaction).unwrap(), None);
    }
    assert_eq!(room.head(), head);
    room.says("bob", "again");
    let mut next = |text: &str| {
        room.says("bob", text);
        redacts(&mut room, &Redaction::of_user("bob").after(head)).unwrap()
    };
    assert!(next("more").is_some());
    assert!(next("and more").is_some());
    assert!(room.chat().iter().all(String::is_empty));
}

#[test]
fn what_cannot_be_hidden_is_refused_in_words() {
    let mut room = Room::joined();
    room.says("bob", "a");
    let (head, joined) = (room.head(), room.last(Kind::Joined).seq);
    for (redaction, words) in [
        (
            Redaction::of_events([joined]),
            format!("event {joined} is a `joined`"),
        ),
        (
            Redaction::of_events([head, Seq(999)]),
            format!("there is no event 999: the log ends at {head}"),
        ),
        (
            Redaction::of_events((1..=10_001).map(Seq)),
            "at most 10000 events".to_owned(),
        ),
        (Redaction::of_user(""), "needs a name".to_owned()),
        (
            Redaction::of_user("bob").kinds([Kind::UserJoined]),
            "only chat".to_owned(),
        ),
        (Redaction::of_user("bob").kinds([]), "only chat".to_owned()),
    ] {
        let error = redacts(&mut room, &redaction).unwrap_err().to_string();
        assert!(error.contains(&words), "{error}");
    }
    assert_eq!(room.head(), head);
}

#[test]
fn a_line_and_its_redaction_may_come_in_one_commit() {
    let mut room = Room::joined();
    let said = common::frame("chatMsg", &common::line("bob", "quick", 5));
    let now = room.now();
    let channel = room.channel_mut();
    channel.handle_input(now, Input::Frame(&said));
    let seq = channel.redact(now, &Redaction::of_user("bob")).unwrap();
    assert!(seq.is_some());
    let line = Redaction::of_events([Seq(seq.unwrap().0 - 1)]);
    assert!(
        channel.redact(now, &line).unwrap().is_some(),
        "not known yet"
    );
    channel.commit().unwrap();
    assert_eq!(room.chat(), [""]);
}

/// What we say stands in the log twice: as the line that came back, and as what we asked for.
#[test]
fn our_own_words_go_from_our_commands_too() {
    let mut room = Room::joined_as_guest();
    room.say("sesame");
    room.says("reel", "sesame");
    let redaction = Redaction::of_user("reel");
    redacts(&mut room, &redaction).unwrap().unwrap();
    for event in room.events() {
        let mut body = Vec::new();
        event.event.write_body(&mut body).unwrap();
        let body = String::from_utf8(body).unwrap();
        assert!(!body.contains("sesame"), "{body}");
    }
    let sent = room.last(Kind::CommandSent);
    let name = common::body(&sent)["command"].clone();
    assert!(sent.redacted && name == "say", "what it was stays");
    check(&room);
}

/// A command that waits for the next join is asked for without its words afterwards: it is not
/// sent by the next process, and says so.
#[test]
fn p5_a_kept_command_without_its_words_is_not_sent_by_the_next_process() {
    let keep = std::time::Duration::from_secs(600);
    let mut room = Room::joined_with(
        config().guest("reel").keep_wait_max(keep),
        &common::Burst::default(),
    );
    room.cut();
    room.say("sesame");
    redacts(&mut room, &Redaction::of_user("reel"))
        .unwrap()
        .unwrap();
    check(&room);
    let mut room = room.restarted();
    let settled = room.last(Kind::CommandSettled);
    assert_eq!(common::body(&settled)["outcome"], "not_sent");
    room.connect();
    assert!(!room.sent().iter().any(|frame| frame.contains("sesame")));
}
