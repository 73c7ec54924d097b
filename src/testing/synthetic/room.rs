//! The synthetic room as it truly is, whether anybody records it or not.

use super::cast::{Regular, guest, regulars};
use super::scribe::OWN_NAME;
use super::text::title;
use super::words::EMOTES;
use crate::event::NowPlaying;
use crate::model::{
    CssJs, Emote, Item, Media, Options, Permissions, PlaylistMeta, Poll, Uid, User,
};
use crate::number::Rank;
use crate::state::{Burst, Playing};
use crate::testing::SplitMix64;
use crate::time::UnixMicros;
use serde_json::{Map, Value, json};

/// Different media there are.
const LIBRARY: usize = 400;

/// Somebody who is in the room under a name.
#[derive(Clone, Debug)]
pub(super) struct Present {
    pub(super) user: User,
    /// Which of the regulars; `None`: a guest.
    pub(super) regular: Option<usize>,
    pub(super) weight: u64,
    /// Number of the stay, so that a leave ends the one it was meant for.
    pub(super) stay: u64,
}

/// The room. Nobody's picture of it.
pub(super) struct Room {
    pub(super) regulars: Vec<Regular>,
    pub(super) library: Vec<Media>,
    pub(super) present: Vec<Present>,
    pub(super) anonymous: i64,
    pub(super) items: Vec<Item>,
    pub(super) next_uid: i64,
    pub(super) playing: Option<Playing>,
    pub(super) locked: bool,
    pub(super) votes: i64,
    pub(super) poll: Option<Poll>,
    pub(super) leader: Option<String>,
    pub(super) motd: String,
    pub(super) emotes: Vec<Emote>,
    pub(super) options: Options,
    pub(super) permissions: Permissions,
    pub(super) drinks: i64,
    /// The count of viewers as last told.
    pub(super) count_told: i64,
    /// Stays so far, the numbers they have.
    pub(super) stays: u64,
}

impl Room {
    pub(super) fn new(people: usize, random: &mut SplitMix64) -> Self {
        Self {
            regulars: regulars(people, random),
            library: (0..LIBRARY).map(|index| media(index, random)).collect(),
            present: Vec::new(),
            anonymous: 3,
            items: Vec::new(),
            next_uid: 0,
            playing: None,
            locked: true,
            votes: 0,
            poll: None,
            leader: None,
            motd: "<h3>Tonight: whatever is queued</h3>".to_owned(),
            emotes: EMOTES.iter().map(|name| emote(name, 1)).collect(),
            options: options(),
            permissions: permissions(),
            drinks: 0,
            count_told: 0,
            stays: 0,
        }
    }

    pub(super) fn find(&self, name: &str) -> Option<&Present> {
        let mut present = self.present.iter();
        present.find(|present| present.user.name.eq_ignore_ascii_case(name))
    }

    pub(super) fn count(&self) -> i64 {
        // Ourselves included.
        self.anonymous + 1 + i64::try_from(self.present.len()).unwrap_or(0)
    }

    /// Votes that skip what plays.
    pub(super) fn votes_needed(&self) -> i64 {
        let awake = self.present.iter().filter(|p| !p.user.afk).count();
        i64::try_from(awake.div_ceil(2)).unwrap_or(1).max(1)
    }

    pub(super) fn meta(&self) -> PlaylistMeta {
        PlaylistMeta {
            count: i64::try_from(self.items.len()).unwrap_or(0),
            total_seconds: self.items.iter().map(|item| item.media.seconds).sum(),
        }
    }

    pub(super) fn place_of(&self, uid: Uid) -> Option<usize> {
        self.items.iter().position(|item| item.uid == uid)
    }

    pub(super) fn current(&self) -> Option<Uid> {
        self.playing.as_ref().and_then(|playing| playing.uid)
    }

    /// A new entry of the playlist, not yet in it.
    pub(super) fn new_item(&mut self, by: Option<String>, random: &mut SplitMix64) -> Option<Item> {
        // Favourites are played again and again.
        let index = random.index(self.library.len());
        let index = index.min(random.index(self.library.len()));
        let media = self.library.get(index)?.clone();
        let uid = Uid(self.next_uid);
        self.next_uid += 1;
        Some(Item {
            uid,
            temp: random.chance(60),
            queued_by: by,
            media,
        })
    }

    /// Gives all items new numbers, as a reload or a shuffle does.
    pub(super) fn renumber(&mut self, from: i64) {
        self.next_uid = from;
        let playing = self.current();
        for item in &mut self.items {
            let old = item.uid;
            item.uid = Uid(self.next_uid);
            self.next_uid += 1;
            if let Some(now) = self.playing.as_mut().filter(|_| playing == Some(old)) {
                now.uid = Some(item.uid);
            }
        }
    }

    /// Somebody who is not here, and comes: a regular or a guest.
    pub(super) fn comer(&self, random: &mut SplitMix64) -> Option<(User, Option<usize>)> {
        let absent = |user: &User| self.find(&user.name).is_none();
        if random.chance(18) {
            let user = guest(random);
            return absent(&user).then_some((user, None));
        }
        // The smaller of two, once more by weight: the first regulars come far more often.
        let len = self.regulars.len();
        let index = random
            .index(len)
            .min(random.index(len))
            .min(random.index(len));
        let regular = self.regulars.get(index)?;
        absent(&regular.user).then(|| (regular.user.clone(), Some(index)))
    }

    /// One of those present, the talkative ones more often.
    pub(super) fn speaker(&self, random: &mut SplitMix64) -> Option<usize> {
        let total: u64 = self.present.iter().map(|present| present.weight).sum();
        let mut left = random.below(total);
        self.present.iter().position(|present| {
            let is_it = left < present.weight;
            left = left.saturating_sub(present.weight);
            is_it
        })
    }

    /// One of those present with at least a rank.
    pub(super) fn staff(&self, least: Rank, random: &mut SplitMix64) -> Option<String> {
        let names: Vec<&str> = self
            .present
            .iter()
            .filter(|present| present.user.rank >= least)
            .map(|present| present.user.name.as_str())
            .collect();
        random.pick(&names).map(|name| (*name).to_owned())
    }

    /// All of it, as a join tells it to a moderator.
    pub(super) fn burst(&self, at: UnixMicros) -> Burst {
        let own = User {
            name: OWN_NAME.to_owned(),
            rank: Rank::MODERATOR,
            profile: Default::default(),
            afk: false,
            muted: false,
            moderator: None,
        };
        let users = self.present.iter().map(|present| present.user.clone());
        Burst {
            permissions: Some(self.permissions.clone()),
            locked: Some(self.locked),
            emotes: Some(self.emotes.clone()),
            drink_count: Some(self.drinks),
            css_js: Some(CssJs::default()),
            motd: Some(self.motd.clone()),
            options: Some(self.options.clone()),
            playlist_meta: Some(self.meta()),
            playlist: Some(self.items.clone()),
            current: self.current(),
            media: self.playing.as_ref().map(|playing| NowPlaying {
                uid: playing.uid,
                media: playing.media.clone(),
                position_s: playing.position_at(at),
                paused: playing.paused,
            }),
            poll: self.poll.clone(),
            users: Some(users.chain([own]).collect()),
            leader: self.leader.clone(),
            user_count: Some(self.count()),
            registered: true,
        }
    }
}

fn media(index: usize, random: &mut SplitMix64) -> Media {
    let (kind, seconds, meta) = match index % 50 {
        7 => ("tw", 0, Value::Null),
        11 | 31 => ("vi", 90 + random.below(1200), Value::Null),
        17 => (
            "fi",
            4800 + random.below(3600),
            json!({"codec": "mov/h264", "bitrate": 1200}),
        ),
        23 => ("dm", 60 + random.below(600), Value::Null),
        _ => (
            "yt",
            45 + random.below(360) + random.below(360),
            Value::Null,
        ),
    };
    let id = match kind {
        "fi" => format!("https://media.example.com/{index}.mp4"),
        _ => format!("m{index:04}{:06x}", random.below(1 << 24)),
    };
    Media {
        kind: kind.to_owned(),
        id,
        title: title(index, random),
        seconds: seconds as f64,
        meta,
    }
}

/// An emote, or a later picture of it.
pub(super) fn emote(name: &str, version: u64) -> Emote {
    let plain = name.trim_matches([':', '/']);
    Emote {
        name: name.to_owned(),
        image: format!("https://img.example.com/{plain}.{version}.gif"),
        source: format!("(^|\\s){name}(?!\\S)"),
    }
}

fn options() -> Options {
    let options = json!({
        "allow_voteskip": true,
        "voteskip_ratio": 0.5,
        "afk_timeout": 600,
        "pagetitle": "Synthetic",
        "maxlength": 0,
        "enable_link_regex": true,
        "chat_antiflood": false,
        "show_public": true,
    });
    match options {
        Value::Object(options) => Options(options),
        _ => Options(Map::new()),
    }
}

fn permissions() -> Permissions {
    let ranks = [
        ("seeplaylist", -1.0),
        ("playlistadd", 1.5),
        ("playlistdelete", 2.0),
        ("oplaylistadd", -1.0),
        ("pollctl", 1.5),
        ("pollvote", -1.0),
        ("viewhiddenpoll", 1.5),
        ("voteskip", -1.0),
        ("viewvoteskip", 1.5),
        ("mute", 1.5),
        ("kick", 1.5),
        ("ban", 2.0),
        ("chat", 0.0),
        ("chatclear", 2.0),
        ("playlistlock", 2.0),
        ("filteredit", 3.0),
    ];
    Permissions(ranks.map(|(key, rank)| (key.to_owned(), Rank(rank))).into())
}
