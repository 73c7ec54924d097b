//! What must hold: of a channel at rest, of the chat it recorded, of the end.

use crate::host::{OWN_PASSWORD, ROOM_PASSWORD};
use crate::witness::Line;
use projectionist::channel::Channel;
use projectionist::event::{Event, Source};
use projectionist::event_log::{EventLog, LogReader, chain::Columns};
use projectionist::testing::RoomView;
use projectionist::{ChannelState, Kind, Read, Recorded, Seq};
use std::collections::{BTreeMap, BTreeSet};

fn json(state: &ChannelState) -> String {
    serde_json::to_string(state).unwrap()
}

pub(crate) fn events<L: LogReader>(log: &L) -> Vec<Recorded> {
    log.read(&Read::default()).unwrap()
}

/// P1, P8: what is shown is the fold of what is stored, in every byte; and the chain links it all.
pub(crate) fn at_rest<L: EventLog>(channel: &Channel<L>) {
    let log = channel.log();
    let events = events(log);
    let folded = ChannelState::fold(&events);
    assert_eq!(
        json(channel.state()),
        json(&folded),
        "P1: the state is the fold of the log"
    );
    let stored = projectionist::history::state_at(log, log.head().seq).unwrap();
    assert_eq!(
        json(&stored),
        json(&folded),
        "P1: and so is what stored states give"
    );
    let mut chain = projectionist::event_log::ChainHash::default();
    for (place, event) in (1..).zip(&events) {
        assert_eq!(event.seq, Seq(place), "positions have no holes");
        let mut body = Vec::new();
        event.event.write_body(&mut body).unwrap();
        chain = Columns::of(event, std::str::from_utf8(&body).unwrap()).link(&chain);
    }
    assert_eq!(chain, log.head().chain, "P8: the chain links every event");
    let times = events.iter().map(|event| event.received_at);
    assert!(times.is_sorted(), "times never fall");
}

/// P9: no secret in any row, nor in what `Debug` shows.
pub(crate) fn secrets<L: EventLog>(channel: &Channel<L>) {
    let mut text = format!("{:?}", channel.state());
    for event in events(channel.log()) {
        let mut body = Vec::new();
        event.event.write_body(&mut body).unwrap();
        text += std::str::from_utf8(&body).unwrap();
        text += event.raw.as_deref().unwrap_or("");
        text += &format!("{event:?}");
    }
    for secret in [OWN_PASSWORD, ROOM_PASSWORD, "10.99.", "10.8.", "aliases"] {
        assert!(!text.contains(secret), "P9: {secret} shows");
    }
}

/// The lines of users in a log, with their positions.
pub(crate) fn lines(events: &[Recorded]) -> Vec<(Seq, Line)> {
    let line = |event: &Recorded| match &event.event {
        Event::MessageSaid(message) if message.source == Source::User && !message.shadow => {
            let line = Line {
                time_ms: event.sent_ms.unwrap_or(0),
                name: message.user.name.clone(),
                html: message.html.clone(),
            };
            Some((event.seq, line))
        }
        _ => None,
    };
    events.iter().filter_map(line).collect()
}

fn counted<'a>(lines: impl Iterator<Item = &'a Line>) -> BTreeMap<&'a Line, usize> {
    let mut counts = BTreeMap::new();
    for line in lines {
        *counts.entry(line).or_default() += 1;
    }
    counts
}

/// P2, P3: what was said stands in the log once and in its order; what does not stand there was said
/// while we were away, and a row says that we were.
pub(crate) fn chat(
    events: &[Recorded],
    heard: &[Line],
    delivered: &[Line],
    hushed: &BTreeSet<String>,
) {
    let logged = lines(events);
    let own = counted(logged.iter().map(|(_, line)| line));
    let said = counted(heard.iter());
    for (line, times) in &own {
        let most = said.get(line).copied().unwrap_or(0);
        assert!(
            *times <= most,
            "P2: {line:?} stands there {times} times, and was said {most} times"
        );
    }
    for (line, times) in counted(delivered.iter()) {
        let there = own.get(line).copied().unwrap_or(0);
        assert!(
            there >= times,
            "P2: {line:?} came {times} times, and stands there {there} times"
        );
    }
    // Who is muted without knowing is heard by the anonymous alone, and is in no replay.
    let is_replayed = |line: &Line| !hushed.contains(&line.name.to_ascii_lowercase());
    let mut seen = heard.iter();
    let mut last = None;
    for (seq, line) in &logged {
        let missing = seen.by_ref().take_while(|said| *said != line);
        let missing: Vec<_> = missing.filter(|said| is_replayed(said)).collect();
        if let Some(last) = last.filter(|_| !missing.is_empty()) {
            assert!(
                says_why(events, last, *seq),
                "P3: {missing:?} are missing between {last} and {seq}, and nothing says why"
            );
        }
        last = Some(*seq);
    }
}

/// Whether a row between two positions says that we were away, or that chat is missing.
fn says_why(events: &[Recorded], after: Seq, before: Seq) -> bool {
    events.iter().any(|event| {
        event.seq > after
            && event.seq < before
            && matches!(event.kind(), Kind::Disconnected | Kind::ChatGapFound)
    })
}

/// Once nothing fails any more, the picture is the server's.
pub(crate) fn same(state: &ChannelState, room: &RoomView, position_s: Option<f64>) {
    let users = state.users.as_ref().expect("a list of users");
    let told: BTreeMap<_, _> = users
        .iter()
        .map(|user| (user.name.clone(), (user.rank.0, user.afk)))
        .collect();
    let truth: BTreeMap<_, _> = room
        .users
        .iter()
        .map(|user| (user.name.clone(), (user.rank, user.afk)))
        .collect();
    assert_eq!(told, truth, "users");
    let list = state.playlist.as_ref().expect("a playlist");
    let told: Vec<_> = list
        .iter()
        .map(|item| (item.uid.0, item.media.id.clone(), item.temp))
        .collect();
    let truth: Vec<_> = room
        .playlist
        .iter()
        .map(|item| (item.uid, item.id.clone(), item.temp))
        .collect();
    assert_eq!(told, truth, "playlist");
    let playing = room.current.as_ref();
    let media = state.media.as_ref();
    assert_eq!(
        media.map(|m| m.media.id.as_str()),
        playing.map(|p| p.id.as_str()),
        "media"
    );
    assert_eq!(
        media.and(state.current).map(|uid| uid.0),
        playing.map(|item| item.uid),
        "current"
    );
    assert_eq!(state.leader.as_ref(), room.leader.as_ref(), "leader");
    assert_eq!(state.playlist_locked, Some(room.playlist_locked), "lock");
    let poll = state.poll.as_ref();
    assert_eq!(
        poll.map(|poll| &poll.title),
        room.poll_title.as_ref(),
        "poll"
    );
    assert_eq!(state.motd.as_deref(), Some(room.motd.as_str()), "motd");
    let emotes = state.emotes.as_ref().expect("emotes");
    let names: Vec<_> = emotes.iter().map(|emote| emote.name.clone()).collect();
    assert_eq!(names, room.emotes, "emotes");
    assert_eq!(state.drink_count, Some(room.drinks), "drinks");
    let total = room.users.len() + room.anonymous_count;
    assert_eq!(state.user_count, Some(total as i64), "viewers");
    // Of live media the server keeps no clock, and while somebody leads its clock stands until told.
    let timed = playing.filter(|it| it.seconds > 0.0 && room.leader.is_none());
    if let (Some(position_s), Some(playing)) = (position_s, timed) {
        let off = (position_s - room.position_s).abs();
        assert!(
            off < 3.0,
            "position {position_s} of {playing:?}, not {}",
            room.position_s
        );
    }
}
