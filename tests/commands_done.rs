//! Every command, done: sent to a model of the server by a channel of its founder, confirmed by the
//! event that shows it, linked to it in the log.

#![cfg(test)]
#![cfg(feature = "testing")]

mod common;

use common::body;
use common::wired::{Wired, config, furnished, model};
use projectionist::testing::{MediaEntry, Model};
use projectionist::{command::*, event::*};
use serde_json::{Value, json};

fn parse(name: &str, args: Value) -> Command {
    Command::parse(name, &args).unwrap()
}

/// Does it, and looks at what the log says about it.
fn done(wired: &mut Wired, command: Command) -> Recorded {
    let name = command.name();
    let outcome = wired.outcome(command);
    let Outcome::Confirmed { seq, .. } = outcome else {
        panic!("{name}: {outcome:?}\n{:?}", wired.heard.last());
    };
    let settled = wired.room.last(Kind::CommandSettled);
    let sent = settled.cause.unwrap();
    let events = wired.room.events();
    let at = |seq: Seq| events.iter().find(|event| event.seq == seq).unwrap();
    assert_eq!(body(at(sent))["command"], name);
    assert_eq!(at(sent).corr, settled.corr);
    assert!(wired.state().commands.is_empty(), "nothing is left of it");
    at(seq).clone()
}

/// Name, arguments, and the kind of event that shows it. Run in this order in one room.
fn walk(wired: &mut Wired) -> Vec<(&'static str, Value, Kind)> {
    let (first, second, third) = (wired.uid("First"), wired.uid("Second"), wired.uid("Third"));
    let filter = |name: &str| {
        json!({ "name": name, "source": "x+", "flags": "g", "replace": "y", "active": true,
                "filterlinks": false })
    };
    vec![
        (
            "set_options",
            json!({ "options": { "afk_timeout": 900, "allow_dupes": true } }),
            Kind::OptionsChanged,
        ),
        ("say", json!({ "text": "good evening" }), Kind::MessageSaid),
        (
            "say",
            json!({ "text": "as founder", "flair": true }),
            Kind::MessageSaid,
        ),
        ("me", json!({ "text": "waves" }), Kind::MessageSaid),
        ("spoiler", json!({ "text": "he did it" }), Kind::MessageSaid),
        ("shout", json!({ "text": "LOUD" }), Kind::MessageSaid),
        (
            "drink",
            json!({ "count": 3, "text": "cheers" }),
            Kind::DrinksCounted,
        ),
        (
            "pm",
            json!({ "to": "mallory", "text": "psst" }),
            Kind::PmSaid,
        ),
        ("set_afk", json!({ "afk": true }), Kind::UserMetaSet),
        ("clear_chat", json!({}), Kind::ChatCleared),
        (
            "queue",
            json!({ "media": "yt:dQw4w9WgXcQ" }),
            Kind::ItemQueued,
        ),
        (
            "move",
            json!({ "uid": third, "after": "prepend" }),
            Kind::ItemMoved,
        ),
        (
            "set_temp",
            json!({ "uid": second, "temp": true }),
            Kind::TempSet,
        ),
        ("jump", json!({ "uid": second }), Kind::MediaChanged),
        ("next", json!({}), Kind::MediaChanged),
        ("delete", json!({ "uid": first }), Kind::ItemDeleted),
        ("set_lock", json!({ "locked": false }), Kind::LockSet),
        (
            "set_leader",
            json!({ "name": "KEEPER" }),
            Kind::LeaderChanged,
        ),
        ("set_leader", json!({ "name": null }), Kind::LeaderChanged),
        (
            "save_playlist",
            json!({ "name": "evening" }),
            Kind::PlaylistsSaved,
        ),
        ("list_saved", json!({}), Kind::PlaylistsSaved),
        (
            "queue_saved",
            json!({ "name": "evening", "temp": true }),
            Kind::ItemQueued,
        ),
        (
            "delete_saved",
            json!({ "name": "evening" }),
            Kind::PlaylistsSaved,
        ),
        ("search", json!({ "query": "Third" }), Kind::SearchAnswered),
        ("resync_playback", json!({}), Kind::MediaChanged),
        ("vote", json!({ "option": 1 }), Kind::PollUpdated),
        ("close_poll", json!({}), Kind::PollClosed),
        (
            "open_poll",
            json!({ "title": "Cake?", "options": ["yes", "no"] }),
            Kind::PollOpened,
        ),
        ("voteskip", json!({}), Kind::VoteskipChanged),
        ("shuffle", json!({}), Kind::PlaylistReplaced),
        (
            "clean_by_title",
            json!({ "pattern": "Third" }),
            Kind::ItemDeleted,
        ),
        ("mute", json!({ "name": "MALLORY" }), Kind::UserMetaSet),
        ("unmute", json!({ "name": "mallory" }), Kind::MessageSaid),
        (
            "shadow_mute",
            json!({ "name": "mallory" }),
            Kind::UserMetaSet,
        ),
        (
            "set_rank",
            json!({ "name": "carol", "rank": 2 }),
            Kind::UserRanked,
        ),
        ("request_ranks", json!({}), Kind::RanksListed),
        (
            "kick",
            json!({ "name": "mallory", "reason": "spam" }),
            Kind::UserLeft,
        ),
        ("kick_anonymous", json!({}), Kind::MessageSaid),
        (
            "ban",
            json!({ "name": "mallory", "reason": "spam" }),
            Kind::MessageSaid,
        ),
        ("request_bans", json!({}), Kind::BansListed),
        ("unban", json!({ "name": "Mallory" }), Kind::BanRemoved),
        ("read_log", json!({}), Kind::ChannelLogRead),
        (
            "set_permissions",
            json!({ "permissions": { "drink": 2 } }),
            Kind::PermissionsChanged,
        ),
        (
            "set_motd",
            json!({ "motd": "<b>nine</b>" }),
            Kind::MotdChanged,
        ),
        ("set_css", json!({ "css": "b{}" }), Kind::CssJsChanged),
        ("set_js", json!({ "js": "0" }), Kind::CssJsChanged),
        (
            "update_emote",
            json!({ "name": ":a:", "image": "https://img.example.com/a.png" }),
            Kind::EmoteUpdated,
        ),
        (
            "rename_emote",
            json!({ "old": ":a:", "name": ":b:", "image": "https://img.example.com/a.png" }),
            Kind::EmoteRenamed,
        ),
        ("remove_emote", json!({ "name": ":b:" }), Kind::EmoteRemoved),
        (
            "import_emotes",
            json!({ "emotes": [{ "name": ":c:", "image": "https://img.example.com/c.png" }] }),
            Kind::EmotesListed,
        ),
        ("request_filters", json!({}), Kind::FiltersListed),
        (
            "add_filter",
            json!({ "filter": filter("new") }),
            Kind::FilterUpdated,
        ),
        (
            "update_filter",
            json!({ "filter": filter("new") }),
            Kind::FilterUpdated,
        ),
        (
            "remove_filter",
            json!({ "name": "new" }),
            Kind::FilterRemoved,
        ),
        (
            "import_filters",
            json!({ "filters": [filter("all")] }),
            Kind::FiltersListed,
        ),
        ("clear_playlist", json!({}), Kind::PlaylistReplaced),
    ]
}

/// What the walk leaves out: site admins' affairs and what needs a scene of its own, both below, and
/// what the server never answers.
const ELSEWHERE: [&str; 10] = [
    "admin_say",
    "borrow_rank",
    "clean_by_user",
    "ip_ban",
    "lead",
    "resync_playlist",
    "uncache",
    "move_emote",
    "move_filter",
    "unban",
];

#[test]
fn every_command_is_confirmed_by_the_event_that_shows_it() {
    let mut wired = Wired::alice();
    let walk = walk(&mut wired);
    for name in Command::NAMES {
        let walked = walk.iter().any(|(walked, ..)| walked == name);
        assert!(
            walked || ELSEWHERE.contains(name),
            "{name} is walked by nobody"
        );
    }
    for (name, args, kind) in walk {
        let shown = done(&mut wired, parse(name, args));
        assert_eq!(shown.kind(), kind, "{name}");
        wired.wait(2_500);
    }
}

#[test]
fn site_admins_have_their_own() {
    let config = config().account("sysop", "sysop");
    let mut wired = Wired::joined(config, furnished(Model::new(model())));
    done(
        &mut wired,
        parse("admin_say", json!({ "text": "maintenance at nine" })),
    );
    done(
        &mut wired,
        parse("ip_ban", json!({ "name": "mallory", "range": "range" })),
    );
    done(
        &mut wired,
        parse("clean_by_user", json!({ "pattern": "Keeper" })),
    );
    let shown = done(&mut wired, parse("borrow_rank", json!({ "rank": 2 })));
    assert_eq!(shown.kind(), Kind::OwnRankSet);
}

#[test]
fn a_leader_tells_the_room_where_playback_is() {
    let mut wired = Wired::alice();
    done(&mut wired, parse("set_leader", json!({ "name": "alice" })));
    let id = wired.state().media.as_ref().unwrap().media.id.clone();
    let shown = done(
        &mut wired,
        parse("lead", json!({ "id": id, "position_s": 100 })),
    );
    assert_eq!(shown.kind(), Kind::MediaUpdated);
    // One that tells nothing new leaves no event of its own, and is confirmed all the same.
    let head = wired.room.head();
    let shown = done(
        &mut wired,
        parse("lead", json!({ "id": id, "position_s": 100 })),
    );
    assert!(
        shown.seq > head,
        "as of an event no older than the command: {shown:?}"
    );
}

#[test]
fn a_list_that_was_asked_for_is_an_event_even_if_nothing_changed() {
    let mut wired = Wired::alice();
    let before = wired.state().playlist.clone();
    let shown = done(&mut wired, Command::ResyncPlaylist);
    assert_eq!(body(&shown)["cause"], "requested");
    assert_eq!(wired.state().playlist, before);
}

#[test]
fn the_number_of_what_was_queued_comes_with_the_outcome() {
    let mut wired = Wired::alice();
    let queue = |media: &str| parse("queue", json!({ "media": media }));
    let Outcome::Confirmed { uids, .. } = wired.outcome(queue("yt:dQw4w9WgXcQ")) else {
        panic!("not confirmed");
    };
    let list = wired.state().playlist.clone().unwrap();
    let newest = list.iter().last().unwrap();
    assert_eq!(
        (uids, newest.media.id.as_str()),
        (vec![newest.uid], "dQw4w9WgXcQ")
    );
}

#[test]
fn a_stored_list_tells_all_it_added() {
    let mut wired = Wired::alice();
    done(
        &mut wired,
        parse("set_options", json!({ "options": { "allow_dupes": true } })),
    );
    done(
        &mut wired,
        parse("save_playlist", json!({ "name": "evening" })),
    );
    let before = wired.state().playlist.as_ref().unwrap().len();
    let outcome = wired.outcome(parse("queue_saved", json!({ "name": "evening" })));
    let Outcome::Confirmed { uids, .. } = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(uids.len(), before);
    assert_eq!(wired.state().playlist.as_ref().unwrap().len(), 2 * before);
}

#[test]
fn equal_lines_in_flight_are_confirmed_in_order() {
    let mut wired = Wired::alice();
    let say = |text: &str| parse("say", json!({ "text": text }));
    let texts = ["same", "same", "other", "same"];
    let ids: Vec<u64> = texts.iter().map(|text| wired.command(say(text))).collect();
    wired.wait(5_000);
    let outcomes = wired.outcomes();
    assert_eq!(outcomes.iter().map(|(id, _)| *id).collect::<Vec<_>>(), ids);
    let seqs: Vec<Seq> = outcomes
        .iter()
        .map(|(_, outcome)| match outcome {
            Outcome::Confirmed { seq, .. } => *seq,
            other => panic!("{other:?}"),
        })
        .collect();
    assert!(seqs.is_sorted(), "{seqs:?}");
}

#[test]
fn where_it_is_so_already_nothing_is_sent() {
    let mut wired = Wired::alice();
    let css = wired.state().css_js.clone().unwrap().css.clone();
    for (name, args) in [
        (
            "set_lock",
            json!({ "locked": wired.state().playlist_locked }),
        ),
        ("set_afk", json!({ "afk": false })),
        ("set_css", json!({ "css": css })),
    ] {
        let before = wired.heard.len();
        let outcome = wired.outcome(parse(name, args));
        assert!(
            matches!(outcome, Outcome::AlreadySo { .. }),
            "{name}: {outcome:?}"
        );
        assert_eq!(wired.heard.len(), before, "{name}");
        let settled = body(&wired.room.last(Kind::CommandSettled));
        assert_eq!(settled["command"], name, "the log tells it all the same");
    }
}

#[test]
fn what_the_server_never_answers_says_so_soon() {
    let mut wired = Wired::alice();
    for (name, args) in [
        ("uncache", json!({ "id": "a" })),
        ("move_emote", json!({ "from": 0, "to": 0 })),
        ("move_filter", json!({ "from": 0, "to": 0 })),
    ] {
        let id = wired.command(parse(name, args));
        wired.wait(2_100);
        assert_eq!(wired.outcomes(), [(id, Outcome::Unanswered)], "{name}");
    }
}

#[test]
fn a_title_that_is_looked_up_slowly_is_waited_for() {
    let mut slow = model().media(MediaEntry::new("yt", "dQw4w9WgXcQ", "Slow", 60.0));
    slow.media_lookup_ms = 15_000;
    let mut wired = Wired::joined(config().account("alice", "alice"), Model::new(slow));
    let outcome = wired.outcome(parse("queue", json!({ "media": "yt:dQw4w9WgXcQ" })));
    assert!(matches!(outcome, Outcome::Confirmed { .. }), "{outcome:?}");
    assert_eq!(wired.state().playlist.as_ref().unwrap().len(), 1);
}
