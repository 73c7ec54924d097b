//! The host: asks for things at random, and keeps account of what came of each (P5).
//!
//! Each wish with words of its own carries a mark that nothing else carries, so that its arrivals
//! at the server can be counted: one at most, whatever happened to connections and processes.

use crate::tally::Tally;
use projectionist::event::*;
use projectionist::testing::SplitMix64;
use projectionist::*;
use serde_json::json;
use std::collections::BTreeMap;

#[derive(Debug)]
struct Wish {
    name: &'static str,
    mark: String,
    arrivals: u32,
    outcome: Option<Outcome>,
    /// Its process is gone: nobody waits for an outcome.
    lost: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Wishes {
    all: BTreeMap<u64, Wish>,
    next: u64,
}

impl Wishes {
    /// Something to ask for, given what the host sees.
    pub(crate) fn make(&mut self, state: &ChannelState, random: &mut SplitMix64) -> (u64, Command) {
        self.next += 1;
        let id = self.next;
        let mark = format!("wish{id}x");
        let mut command = command(state, &mark, random);
        // Mostly what may be asked; the rest shows that it is refused at the door.
        for _ in 0..5 {
            if state.is_live() && command.check(state, 320).is_err() {
                command = self::command(state, &mark, random);
            }
        }
        let marked = format!("{:?}", command.args()).contains(&mark);
        let wish = Wish {
            name: command.name(),
            mark: if marked { mark } else { String::new() },
            arrivals: 0,
            outcome: None,
            lost: false,
        };
        self.all.insert(id, wish);
        (id, command)
    }

    /// A frame of ours reached the server.
    pub(crate) fn arrived(&mut self, frame: &str) {
        let Some((_, rest)) = frame.split_once("wish") else {
            return;
        };
        let number = rest.split('x').next().unwrap_or_default();
        if let Some(wish) = number.parse().ok().and_then(|id| self.all.get_mut(&id)) {
            wish.arrivals += 1;
            assert_eq!(wish.arrivals, 1, "sent twice: {wish:?}");
        }
    }

    /// What confirms a wish is in the log, and tells of this wish and no other.
    pub(crate) fn confirmed_by(&self, id: u64, shown: &[Recorded]) {
        let [row] = shown else {
            panic!("confirmed by an event that is not in the log: {id}");
        };
        // A poll is acknowledged by its number, beside the event that shows it; of a drink only the
        // count of all is told; and what the server makes of a text with markup is its own business,
        // so that another's at the same time passes for ours.
        let untold = ["open_poll", "drink", "set_motd", "set_css"];
        let is_told = |wish: &&Wish| !untold.contains(&wish.name);
        if let Some(wish) = self.all.get(&id).filter(is_told) {
            let tells = format!("{:?} {:?}", row.event, row.raw).contains(&wish.mark);
            assert!(tells, "{wish:?} confirmed by another's {row:?}");
            let arrived = wish.mark.is_empty() || wish.arrivals == 1;
            assert!(arrived, "{wish:?} confirmed and never sent");
        }
    }

    pub(crate) fn settled(&mut self, id: u64, outcome: Outcome, tally: &mut Tally) {
        let wish = self.all.get_mut(&id).expect("an outcome of a command");
        assert!(
            wish.outcome.is_none(),
            "two outcomes: {wish:?}, {outcome:?}"
        );
        assert!(!wish.lost, "an outcome for a process that is gone");
        tally.count(match &outcome {
            Outcome::Confirmed { .. } => "confirmed",
            Outcome::AlreadySo { .. } => "already_so",
            Outcome::Refused { .. } => "refused",
            Outcome::Unanswered => "unanswered",
            Outcome::Disconnected => "outcome_lost",
            Outcome::NotSent(CommandError::NotLive) => "not_live",
            Outcome::NotSent(CommandError::Busy(_)) => "busy",
            Outcome::NotSent(CommandError::Expired(_)) => "expired",
            Outcome::NotSent(_) => "not_sent",
            Outcome::Kept { .. } => "kept",
            _ => "other_outcome",
        });
        wish.outcome = Some(outcome);
    }

    /// The process is gone, and whoever waited with it.
    pub(crate) fn died(&mut self) {
        for wish in self.all.values_mut().filter(|wish| wish.outcome.is_none()) {
            wish.lost = true;
        }
    }

    /// The log forgot the newest commits: a command kept and sent may be kept again.
    pub(crate) fn forget_sent(&mut self) {
        self.all.values_mut().for_each(|wish| wish.arrivals = 0);
    }

    pub(crate) fn open(&self) -> usize {
        let open = |wish: &&Wish| wish.outcome.is_none() && !wish.lost;
        self.all.values().filter(open).count()
    }

    /// At the end: outcomes agree with what reached the server.
    pub(crate) fn check(&self) {
        for wish in self.all.values() {
            assert!(wish.lost || wish.outcome.is_some(), "no outcome: {wish:?}");
            let told = match &wish.outcome {
                Some(Outcome::NotSent(_) | Outcome::AlreadySo { .. }) => Some(0),
                _ => None,
            };
            let counted = !wish.mark.is_empty();
            assert!(
                !counted || told.is_none_or(|told| wish.arrivals == told),
                "{}: the outcome belies what the server got: {wish:?}",
                wish.name
            );
        }
    }
}

fn command(state: &ChannelState, mark: &str, random: &mut SplitMix64) -> Command {
    let users: Vec<_> = state.users.iter().flat_map(|users| users.iter()).collect();
    let someone = random
        .pick(&users)
        .map_or("nobody", |user| user.name.as_str());
    let items: Vec<_> = state.playlist.iter().flat_map(|list| list.iter()).collect();
    let item = |random: &mut SplitMix64| random.pick(&items).map_or(9_999, |item| item.uid.0);
    let (one, other) = (item(random), item(random));
    let (name, args) = match random.below(40) {
        0..10 => ("say", json!({ "text": format!("hello {mark}") })),
        10 => ("me", json!({ "text": mark })),
        11 => ("spoiler", json!({ "text": mark })),
        12 => ("shout", json!({ "text": mark })),
        13 | 14 => ("pm", json!({ "to": someone, "text": mark })),
        15..19 => (
            "queue",
            json!({ "media": format!("yt:{mark:_<11}"), "temp": random.chance(50) }),
        ),
        19 => ("delete", json!({ "uid": one })),
        20 => ("move", json!({ "uid": one, "after": other })),
        21 => ("move", json!({ "uid": one, "after": "prepend" })),
        22 => ("jump", json!({ "uid": one })),
        23 => ("set_temp", json!({ "uid": one, "temp": random.chance(50) })),
        24 => ("next", json!({})),
        25 => ("set_lock", json!({ "locked": random.chance(30) })),
        26 => ("vote", json!({ "option": random.below(3) })),
        27 => ("voteskip", json!({})),
        28 => ("set_afk", json!({ "afk": random.chance(50) })),
        29 => (
            "open_poll",
            json!({ "title": mark, "options": ["a", "b", "c"] }),
        ),
        30 => ("close_poll", json!({})),
        31 => ("set_motd", json!({ "motd": mark })),
        32 => (
            "update_emote",
            json!({ "name": format!(":{mark}:"), "image": "https://e.example/x.png" }),
        ),
        33 => (
            "set_leader",
            json!({ "name": random.chance(50).then_some(someone) }),
        ),
        34 => ("resync_playlist", json!({})),
        35 => ("resync_playback", json!({})),
        36 => ("shuffle", json!({})),
        37 => ("drink", json!({ "count": 1, "text": mark })),
        38 => ("list_saved", json!({})),
        _ => ("set_css", json!({ "css": format!("/*{mark}*/") })),
    };
    Command::parse(name, &args).unwrap()
}

/// Rows of commands against each other: a kept one is sent once, a sent one settled once.
pub(crate) fn check_rows(rows: &[Recorded]) {
    let mut ended: BTreeMap<Seq, u32> = BTreeMap::new();
    let mut sent: BTreeMap<Seq, u32> = BTreeMap::new();
    for row in rows {
        match (&row.event, row.cause) {
            (Event::CommandSettled(_), Some(cause)) => *ended.entry(cause).or_default() += 1,
            (Event::CommandSent(_), Some(cause)) => *sent.entry(cause).or_default() += 1,
            _ => {}
        }
    }
    for row in rows {
        let is_begin = matches!(row.event, Event::CommandSent(_) | Event::CommandKept(_));
        let count = |of: &BTreeMap<Seq, u32>| of.get(&row.seq).copied().unwrap_or_default();
        let next = count(&ended) + count(&sent);
        assert!(
            !is_begin || next <= 1,
            "{}: {next} ends of one command",
            row.seq
        );
    }
}
