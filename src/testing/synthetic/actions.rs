//! What may happen, and how often; and people who come, go, fall asleep and wake.

use super::scribe::Draft;
use super::{Due, SECOND_US, Synthetic};
use crate::event::{
    Event, LeaderChanged, MetaBefore, UserCounted, UserJoined, UserLeft, UserMeta, UserRanked,
};
use crate::number::Rank;
use crate::testing::synthetic::room::Present;
use serde_json::{Value, json};

/// How long people stay, on average, in seconds.
const STAY_S: f64 = 3_000.0;

/// The count of viewers is told this long after it changed.
const COUNT_DELAY_US: i64 = 10 * SECOND_US;

impl Synthetic {
    /// One thing that happens in a room.
    pub(super) fn something(&mut self) {
        if self.room.present.is_empty() {
            return self.arrive();
        }
        match self.random.below(10_000) {
            0..7_900 => self.chat(),
            7_900..8_350 => self.arrive(),
            8_350..8_700 => self.nod(),
            8_700..9_050 => self.passers_by(),
            9_050..9_250 => self.queue_or_prune(),
            9_250..9_400 => self.vote_skip(),
            9_400..9_650 => self.poll(),
            9_650..9_700 => self.whisper(),
            9_700..9_730 => self.command(),
            9_730..9_800 => self.playback_change(),
            9_800..9_880 => self.playlist_change(),
            9_880..9_940 => self.moderate(),
            9_940..9_970 => self.settings_change(),
            _ => self.oddity(),
        }
    }

    /// Somebody comes who was not here.
    pub(super) fn arrive(&mut self) {
        if let Some((user, regular)) = self.room.comer(&mut self.random) {
            self.enter(user, regular);
        }
    }

    /// A regular who left a moment ago is back, unless that was another's name for the same.
    pub(super) fn come_again(&mut self, index: usize) {
        let Some(regular) = self.room.regulars.get(index) else {
            return;
        };
        let user = regular.user.clone();
        if self.room.find(&user.name).is_none() {
            self.enter(user, Some(index));
        }
    }

    fn enter(&mut self, user: crate::model::User, regular: Option<usize>) {
        let weight = regular
            .and_then(|index| self.room.regulars.get(index))
            .map_or(2_000, |regular| regular.weight);
        self.room.stays += 1;
        let stay = self.room.stays;
        let (name, rank) = (user.name.clone(), user.rank);
        // The rank within the channel follows.
        let mut shown = user.clone();
        shown.rank = Rank(rank.0.min(1.0));
        self.room.present.push(Present {
            user,
            regular,
            weight,
            stay,
        });
        let raw = json!({
            "name": name, "rank": shown.rank.0, "profile": shown.profile,
            "meta": {"afk": false, "muted": false},
        });
        let joined = Event::UserJoined(UserJoined { user: shown });
        self.tell(Draft::live(joined).actor(name.as_str()).raw(raw));
        if rank > Rank(1.0) {
            self.tell_rank(&name, rank, Some(Rank(1.0)));
        }
        self.notice(&format!("{name} joined"));
        let seconds = if self.random.chance(12) { 60.0 } else { STAY_S };
        let seconds = 3 + self.draw_s(seconds);
        self.schedule(seconds * SECOND_US, Due::Leave(stay));
        self.count_changed();
    }

    pub(super) fn tell_rank(&mut self, name: &str, rank: Rank, before: Option<Rank>) {
        let raw = json!({"name": name, "rank": rank.0});
        let event = Event::UserRanked(UserRanked {
            name: name.to_owned(),
            rank,
            before,
        });
        self.tell(Draft::live(event).raw(raw));
    }

    /// A stay ends, if it has not already.
    pub(super) fn leave(&mut self, stay: u64) {
        let place = self.room.present.iter().position(|p| p.stay == stay);
        let Some(place) = place else { return };
        let left = self.room.present.remove(place);
        let name = left.user.name.clone();
        let event = Event::UserLeft(UserLeft {
            name: name.clone(),
            user: Some(left.user),
        });
        let raw = json!({"name": name});
        self.tell(Draft::live(event).actor(name.as_str()).raw(raw));
        if self.room.leader.as_deref() == Some(name.as_str()) {
            self.set_leader(None);
        }
        // A reload of the page, or a flaky line.
        if let Some(index) = left.regular.filter(|_| self.random.chance(9)) {
            let seconds = 1 + i64::try_from(self.random.below(60)).unwrap_or(0);
            self.schedule(seconds * SECOND_US, Due::Return(index));
        }
        self.count_changed();
    }

    pub(super) fn set_leader(&mut self, name: Option<String>) {
        self.room.leader.clone_from(&name);
        let raw = Value::from(name.clone().unwrap_or_default());
        let event = Event::LeaderChanged(LeaderChanged { name });
        self.tell(Draft::live(event).raw(raw));
    }

    /// Somebody goes away from the keyboard, or is back.
    fn nod(&mut self) {
        let index = self.random.index(self.room.present.len());
        let Some(present) = self.room.present.get(index) else {
            return;
        };
        let (afk, muted) = (!present.user.afk, present.user.muted);
        self.set_meta(index, afk, muted);
    }

    /// Sets the flags of somebody present, and tells.
    pub(super) fn set_meta(&mut self, index: usize, afk: bool, muted: bool) {
        let Some(present) = self.room.present.get_mut(index) else {
            return;
        };
        let user = &mut present.user;
        let before = Some(MetaBefore {
            afk: user.afk,
            muted: user.muted,
        });
        (user.afk, user.muted) = (afk, muted);
        let name = user.name.clone();
        let raw = json!({"name": name, "meta": {"afk": afk, "muted": muted}});
        let event = Event::UserMetaSet(UserMeta {
            name,
            afk,
            muted,
            before,
            moderator: None,
        });
        self.tell(Draft::live(event).raw(raw));
    }

    /// Anonymous viewers come and go: only the count shows it.
    fn passers_by(&mut self) {
        let crowd = i64::try_from(self.room.present.len()).unwrap_or(0) / 2 + 2;
        let more = self.random.chance(50) && self.room.anonymous < 2 * crowd;
        let step = if more { 1 } else { -1 };
        self.room.anonymous = (self.room.anonymous + step).max(0);
        self.count_changed();
    }

    pub(super) fn count_changed(&mut self) {
        if !std::mem::replace(&mut self.count_is_due, true) {
            self.schedule(COUNT_DELAY_US, Due::Count);
        }
    }

    pub(super) fn tell_count(&mut self) {
        self.count_is_due = false;
        let count = self.room.count();
        if std::mem::replace(&mut self.room.count_told, count) != count {
            let event = Event::UsersCounted(UserCounted { count });
            self.tell(Draft::live(event).raw(Value::from(count)));
        }
    }
}
