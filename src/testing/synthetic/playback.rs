//! What plays: items come, play, are skipped, moved and removed.

use super::scribe::Draft;
use super::{Due, SECOND_US, Synthetic};
use crate::event::{
    After, DrinkCounted, Event, ItemDeleted, ItemMoved, ItemQueued, LockSet, MediaChanged,
    MediaStopped, MediaUpdated, Origin, PlaylistReplaced, ReplaceCause, Source, Style, TempSet,
    VoteskipChanged,
};
use crate::model::{Item, Uid};
use crate::number::Rank;
use crate::state::Playing;
use serde_json::{Value, json};

/// Position at which media with a clock begin, in seconds.
const LEAD_IN_S: f64 = -3.0;

/// How long the server waits behind the end, in seconds.
const OVERRUN_S: f64 = 2.0;

/// Items beyond which nobody adds more.
const ITEMS_MANY: usize = 60;

/// How long live media stay on, on average, in seconds.
const LIVE_S: f64 = 4_000.0;

impl Synthetic {
    /// Somebody adds something, or where there is plenty, somebody takes something away.
    pub(super) fn queue_or_prune(&mut self) {
        if self.room.items.len() > ITEMS_MANY {
            self.prune();
        } else {
            self.queue();
        }
    }

    pub(super) fn queue(&mut self) {
        let by = self.room.speaker(&mut self.random);
        let by = by.and_then(|index| self.room.present.get(index));
        let by = by.map(|present| present.user.name.clone());
        let by = by.filter(|_| !self.random.chance(2));
        let Some(mut item) = self.room.new_item(by.clone(), &mut self.random) else {
            return;
        };
        // Where little happens nothing may loop for days.
        item.temp |= self.is_quiet() || self.room.items.len() > ITEMS_MANY / 2;
        let next = self.room.current().filter(|_| self.random.chance(25));
        let place = next.and_then(|uid| self.room.place_of(uid));
        let (place, after) = match (place, self.room.items.last(), next) {
            (Some(place), _, Some(uid)) => (place + 1, After::Uid(uid)),
            (_, Some(last), _) => (self.room.items.len(), After::Uid(last.uid)),
            _ => (0, After::Front),
        };
        self.room.items.insert(place, item.clone());
        let raw = json!({"item": wire(&item), "after": after});
        let mut draft = Draft::live(Event::ItemQueued(ItemQueued { item, after })).raw(raw);
        if let Some(name) = by {
            draft = draft.actor(name);
        }
        self.tell(draft);
        self.tell_playlist_count();
        if self.room.playing.is_none() {
            self.play(place);
        }
    }

    fn tell_playlist_count(&mut self) {
        let meta = self.room.meta();
        let raw = json!({"count": meta.count, "rawTime": meta.total_seconds});
        self.tell(Draft::live(Event::PlaylistCounted(meta)).raw(raw));
    }

    /// The item at this place begins.
    fn play(&mut self, place: usize) {
        let Some(item) = self.room.items.get(place).cloned() else {
            return self.fall_silent("deleted");
        };
        self.stretch += 1;
        let (media, uid) = (item.media, Some(item.uid));
        let is_live = media.seconds <= 0.0;
        let position_s = if is_live { 0.0 } else { LEAD_IN_S };
        let event = Event::MediaChanged(MediaChanged {
            uid,
            media: media.clone(),
            position_s,
            paused: !is_live,
            resync: false,
        });
        let raw = json!({
            "id": media.id, "title": media.title, "seconds": media.seconds, "type": media.kind,
            "meta": {}, "currentTime": position_s, "paused": !is_live,
        });
        let at = self.tell(Draft::live(event).raw(raw));
        self.room.playing = Some(Playing {
            uid,
            media,
            position_s,
            paused: !is_live,
            at,
        });
        self.room.drinks = 0;
        let drinks = Event::DrinksCounted(DrinkCounted { count: 0 });
        self.tell(Draft::live(drinks).raw(json!(0)));
        self.room.votes = 0;
        self.tell_votes();
        if is_live {
            let seconds = 600 + self.draw_s(LIVE_S);
            self.schedule(seconds * SECOND_US, Due::End(self.stretch));
        } else {
            self.schedule(3 * SECOND_US, Due::Roll(self.stretch));
        }
    }

    fn tell_votes(&mut self) {
        let (count, need) = (self.room.votes, self.room.votes_needed());
        let event = Event::VoteskipChanged(VoteskipChanged {
            count: Some(count),
            need: Some(need),
            withdrawn: false,
        });
        self.tell(Draft::live(event).raw(json!({"count": count, "need": need})));
    }

    /// The clock goes on: the lead-in is over, or a pause.
    pub(super) fn roll(&mut self, stretch: u64) {
        if stretch != self.stretch {
            return;
        }
        self.set_clock(false);
        if let Some(playing) = &self.room.playing {
            let left_s = playing.media.seconds + OVERRUN_S - playing.position_s;
            let left_us = (left_s.max(1.0) * 1e6) as i64;
            self.schedule(left_us, Due::End(self.stretch));
        }
    }

    /// The clock stands or runs from here.
    fn set_clock(&mut self, paused: bool) {
        let at = self.moment();
        let Some(playing) = &mut self.room.playing else {
            return;
        };
        let expected_s = playing.position_at(at);
        let position_s = (expected_s * 1000.0).round() / 1000.0;
        (playing.position_s, playing.paused, playing.at) = (position_s, paused, at);
        let event = Event::MediaUpdated(MediaUpdated {
            position_s,
            paused,
            expected_s: Some(expected_s),
        });
        let raw = json!({"currentTime": position_s, "paused": paused});
        self.scribe.tell(at, Draft::live(event).raw(raw));
    }

    /// What plays is over, if it still is what played then.
    pub(super) fn over(&mut self, stretch: u64) {
        if stretch == self.stretch {
            self.play_next();
        }
    }

    /// The next item plays; a temporary one goes when it is left.
    fn play_next(&mut self) {
        let uid = self.room.current();
        let place = uid.and_then(|uid| self.room.place_of(uid));
        let is_temp = place.and_then(|place| self.room.items.get(place));
        let is_temp = is_temp.is_some_and(|item| item.temp);
        let mut next = place.map_or(0, |place| place + 1);
        if let Some(place) = place.filter(|_| is_temp) {
            self.delete(place);
            next = place;
        }
        let next = if next < self.room.items.len() {
            next
        } else {
            0
        };
        self.play(next);
    }

    fn delete(&mut self, place: usize) {
        if place >= self.room.items.len() {
            return;
        }
        let item = self.room.items.remove(place);
        let uid = item.uid;
        let event = Event::ItemDeleted(ItemDeleted {
            uid,
            item: Some(item),
        });
        self.tell(Draft::live(event).raw(json!({"uid": uid})));
        self.tell_playlist_count();
    }

    /// Nothing plays any more.
    fn fall_silent(&mut self, reason: &str) {
        self.stretch += 1;
        if self.room.playing.take().is_some() {
            self.at += SECOND_US / 2;
            let reason = reason.to_owned();
            let event = Event::MediaStopped(MediaStopped { reason });
            self.tell(Draft::own(event, Origin::Engine));
        }
    }

    /// A vote to skip; the last one needed skips.
    pub(super) fn vote_skip(&mut self) {
        if self.room.playing.is_none() {
            return;
        }
        self.room.votes += 1;
        self.tell_votes();
        let (votes, need) = (self.room.votes, self.room.votes_needed());
        if votes >= need {
            let total = self.room.count();
            let text = format!(
                "Voteskip passed: {votes}/{total} skipped; eligible voters: {total} = total \
                 ({total}) - AFK (0) - no permission (0); ratio = 0.5"
            );
            self.server_says("[voteskip]", &text, Source::Voteskip, Style::Notice);
            self.play_next();
        }
    }

    /// Somebody with the right pauses, skips, or jumps to another item.
    pub(super) fn playback_change(&mut self) {
        let Some(playing) = &self.room.playing else {
            return;
        };
        let is_rolling = !playing.paused && playing.media.seconds > 0.0;
        match self.random.below(10) {
            0..3 if is_rolling => {
                // What would have ended this stretch is void.
                self.stretch += 1;
                self.set_clock(true);
                let seconds = 5 + self.draw_s(60.0);
                self.schedule(seconds * SECOND_US, Due::Roll(self.stretch));
            }
            3..8 => self.play_next(),
            _ => {
                let place = self.random.index(self.room.items.len());
                self.play(place);
            }
        }
    }

    fn prune(&mut self) {
        let place = self.random.index(self.room.items.len());
        let is_current = self.room.items.get(place).map(|item| item.uid) == self.room.current();
        self.delete(place);
        if is_current {
            let next = if place < self.room.items.len() {
                place
            } else {
                0
            };
            self.play(next);
        }
    }

    /// The list itself is changed.
    pub(super) fn playlist_change(&mut self) {
        match self.random.below(1_000) {
            0..350 => self.relocate(),
            350..600 => self.prune(),
            600..750 => self.turn_temp(),
            750..970 => self.lock(),
            970..995 => self.shuffle(),
            _ => self.clear(),
        }
    }

    fn relocate(&mut self) {
        let len = self.room.items.len();
        if len < 2 {
            return;
        }
        let item = self.room.items.remove(self.random.index(len));
        let uid = item.uid;
        let anchor = self.random.index(len - 1);
        let after = self.room.items.get(anchor);
        let after = after.map_or(After::Front, |anchor| After::Uid(anchor.uid));
        self.room.items.insert((anchor + 1).min(len - 1), item);
        let event = Event::ItemMoved(ItemMoved { uid, after });
        self.tell(Draft::live(event).raw(json!({"from": uid, "after": after})));
    }

    fn turn_temp(&mut self) {
        let place = self.random.index(self.room.items.len());
        let Some(item) = self.room.items.get_mut(place) else {
            return;
        };
        item.temp = !item.temp;
        let (uid, temp) = (item.uid, item.temp);
        let event = Event::TempSet(TempSet { uid, temp });
        self.tell(Draft::live(event).raw(json!({"uid": uid, "temp": temp})));
    }

    fn lock(&mut self) {
        if self.room.staff(Rank::MODERATOR, &mut self.random).is_some() {
            self.room.locked = !self.room.locked;
            let locked = self.room.locked;
            let event = Event::LockSet(LockSet { locked });
            self.tell(Draft::live(event).raw(Value::from(locked)));
        }
    }

    /// The same items in another order, under new numbers; what plays plays on from the top.
    fn shuffle(&mut self) {
        for place in (1..self.room.items.len()).rev() {
            let other = self.random.index(place + 1);
            self.room.items.swap(place, other);
        }
        self.room.renumber(self.room.next_uid);
        self.tell_list(ReplaceCause::Shuffle);
        self.play(0);
    }

    fn clear(&mut self) {
        self.room.items.clear();
        self.tell_list(ReplaceCause::Clear);
        self.tell_playlist_count();
        self.fall_silent("cleared");
    }

    fn tell_list(&mut self, cause: ReplaceCause) {
        let items = self.room.items.clone();
        let raw: Vec<Value> = items.iter().map(wire).collect();
        let event = Event::PlaylistReplaced(PlaylistReplaced {
            items,
            cause: Some(cause),
        });
        self.tell(Draft::live(event).raw(Value::from(raw)));
    }
}

/// An item as the server sends it.
fn wire(item: &Item) -> Value {
    let Uid(uid) = item.uid;
    let media = &item.media;
    json!({
        "media": {
            "id": media.id, "title": media.title, "seconds": media.seconds, "type": media.kind,
            "meta": media.meta,
        },
        "uid": uid, "temp": item.temp, "queueby": item.queued_by.as_deref().unwrap_or(""),
    })
}
