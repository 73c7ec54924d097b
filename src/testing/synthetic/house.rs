//! How a room is run: polls, moderation, settings, and now and then something odd.

use super::room::emote;
use super::scribe::{Draft, OWN_NAME};
use super::text::{escaped, hostile};
use super::words::{EMOTES, POLLS, REASONS};
use super::{Due, SECOND_US, Synthetic};
use crate::event::{
    ChatCleared, EmoteRenamed, Event, MotdChanged, NameRemoved, OptionsChanged, Origin,
    PermissionsChanged, PollClosed, PollShown, Redaction, Source, Style, Unrecognised, UserProfile,
};
use crate::model::{Announcement, Poll, Profile, text_of_html};
use crate::number::Rank;
use serde_json::json;

/// How long a poll is open, on average, in seconds.
const POLL_S: f64 = 240.0;

impl Synthetic {
    /// A vote in the open poll, or, rarely, a new one.
    pub(super) fn poll(&mut self) {
        if self.room.poll.is_some() {
            return self.vote();
        }
        let Some(initiator) = self.room.staff(Rank(1.5), &mut self.random) else {
            return;
        };
        let Some((title, options)) = self.random.pick(POLLS) else {
            return;
        };
        if !self.random.chance(6) {
            return;
        }
        let title = match self.random.below(12) {
            0 => escaped(hostile(&mut self.random)),
            _ => (*title).to_owned(),
        };
        let at = self.moment();
        let poll = Poll {
            title,
            options: options.iter().map(|option| (*option).to_owned()).collect(),
            counts: vec![Some(0); options.len()],
            hidden: self.random.chance(20),
            initiator: initiator.clone(),
            opened_ms: at.as_millis() - 30,
        };
        self.room.poll = Some(poll.clone());
        let seconds = 45 + self.draw_s(POLL_S);
        self.schedule(seconds * SECOND_US, Due::PollEnd(poll.opened_ms));
        let draft = Draft::live(Event::PollOpened(PollShown(poll)));
        self.scribe.tell(at, draft.actor(initiator));
    }

    fn vote(&mut self) {
        let Some(poll) = &mut self.room.poll else {
            return;
        };
        let index = self.random.index(poll.counts.len());
        if let Some(Some(count)) = poll.counts.get_mut(index) {
            *count += 1;
        }
        let shown = PollShown(poll.clone());
        self.tell(Draft::live(Event::PollUpdated(shown)));
    }

    pub(super) fn close_poll(&mut self, opened_ms: i64) {
        let poll = self.room.poll.take_if(|poll| poll.opened_ms == opened_ms);
        if poll.is_some() {
            self.tell(Draft::live(Event::PollClosed(PollClosed { poll })));
        }
    }

    /// Somebody of the staff keeps order.
    pub(super) fn moderate(&mut self) {
        let Some(by) = self.room.staff(Rank(1.5), &mut self.random) else {
            return;
        };
        let index = self.random.index(self.room.present.len());
        let Some(target) = self.room.present.get(index).map(|p| p.user.clone()) else {
            return;
        };
        let is_plain = target.rank < Rank(1.5);
        match self.random.below(20) {
            0..5 if is_plain => self.kick(&by, index),
            5..12 if is_plain => self.mute(&by, index),
            12..14 => self.clear_chat(&by),
            14..17 => {
                let leader = self.room.leader.is_none().then_some(target.name);
                self.set_leader(leader);
            }
            17 if is_plain => self.promote(index),
            _ => {}
        }
    }

    fn kick(&mut self, by: &str, index: usize) {
        let Some(target) = self.room.present.get(index).cloned() else {
            return;
        };
        let (name, stay) = (target.user.name, target.stay);
        self.leave(stay);
        let reason = self.random.pick(REASONS).copied().unwrap_or("");
        self.notice(&format!("{by} kicked {name}"));
        if !reason.is_empty() && self.random.chance(30) {
            self.notice(&format!("{by} namebanned {name}"));
        }
    }

    fn mute(&mut self, by: &str, index: usize) {
        let Some(present) = self.room.present.get(index) else {
            return;
        };
        let (name, afk, muted) = (
            present.user.name.clone(),
            present.user.afk,
            !present.user.muted,
        );
        self.set_meta(index, afk, muted);
        let verb = if muted { "muted" } else { "unmuted" };
        self.notice(&format!("{by} {verb} {name}"));
    }

    fn clear_chat(&mut self, by: &str) {
        let event = Event::ChatCleared(ChatCleared { by: by.to_owned() });
        self.scribe.forget_chat();
        let draft = Draft::live(event).actor(by);
        self.tell(draft.raw(json!({"clearedBy": by})));
        self.notice(&format!("{by} cleared chat."));
    }

    fn promote(&mut self, index: usize) {
        let Some(present) = self.room.present.get_mut(index) else {
            return;
        };
        // A guest has no account that a rank could be given to.
        let Some(regular) = present.regular else {
            return;
        };
        let (before, rank) = (present.user.rank, Rank(1.5));
        present.user.rank = rank;
        let name = present.user.name.clone();
        if let Some(regular) = self.room.regulars.get_mut(regular) {
            regular.user.rank = rank;
        }
        self.tell_rank(&name, rank, Some(before));
    }

    /// The channel is set up otherwise.
    pub(super) fn settings_change(&mut self) {
        let number = self.random.below(1_000);
        let event = match self.random.below(8) {
            0 => {
                self.room.motd = format!("<h3>Tonight: number {number}</h3>");
                Event::MotdChanged(MotdChanged {
                    motd: self.room.motd.clone(),
                })
            }
            1 => {
                let title = json!(format!("Synthetic {number}"));
                self.room.options.0.insert("pagetitle".to_owned(), title);
                Event::OptionsChanged(OptionsChanged {
                    options: self.room.options.clone(),
                })
            }
            2 => {
                let rank = if number < 500 { Rank(1.5) } else { Rank(2.0) };
                let map = &mut self.room.permissions.0;
                map.insert("playlistadd".to_owned(), rank);
                Event::PermissionsChanged(PermissionsChanged {
                    permissions: self.room.permissions.clone(),
                })
            }
            3..6 => return self.emotes_change(number),
            _ => return self.profile_change(number),
        };
        self.tell(Draft::live(event));
    }

    /// An emote gets another picture, goes, comes back, or is called something else for good.
    fn emotes_change(&mut self, number: u64) {
        let name = self.random.pick(EMOTES).copied().unwrap_or("");
        let place = self.room.emotes.iter().position(|one| one.name == name);
        let event = match (place, number % 4) {
            (Some(place), 0) => {
                self.room.emotes.remove(place);
                Event::EmoteRemoved(NameRemoved {
                    name: name.to_owned(),
                })
            }
            (Some(place), 1) => {
                let renamed = emote(&format!(":x{number}:"), number);
                if let Some(slot) = self.room.emotes.get_mut(place) {
                    slot.clone_from(&renamed);
                }
                Event::EmoteRenamed(EmoteRenamed {
                    old: name.to_owned(),
                    emote: renamed,
                })
            }
            _ => {
                let new = emote(name, number);
                match place.and_then(|place| self.room.emotes.get_mut(place)) {
                    Some(slot) => slot.clone_from(&new),
                    None => self.room.emotes.push(new.clone()),
                }
                Event::EmoteUpdated(new)
            }
        };
        self.tell(Draft::live(event));
    }

    fn profile_change(&mut self, number: u64) {
        let index = self.random.index(self.room.present.len());
        let Some(present) = self.room.present.get_mut(index) else {
            return;
        };
        let Some(regular) = present.regular else {
            return;
        };
        let profile = Profile {
            image: format!("https://img.example.com/{number}.png"),
            text: "back again".to_owned(),
        };
        present.user.profile.clone_from(&profile);
        let name = present.user.name.clone();
        if let Some(regular) = self.room.regulars.get_mut(regular) {
            regular.user.profile.clone_from(&profile);
        }
        let event = Event::UserProfileSet(UserProfile {
            name: name.clone(),
            profile,
        });
        self.tell(Draft::live(event).actor(name));
    }

    /// What hardly ever happens.
    pub(super) fn oddity(&mut self) {
        match self.random.below(100) {
            // Somebody's words are taken back: the last line must no longer be shown.
            0..6 => {
                if let (Some((target, _)), _) = self.scribe.around_gap() {
                    let event = Event::Redacted(Redaction::of_events([target]));
                    let draft = Draft::own(event, Origin::Command);
                    self.tell(draft.actor(OWN_NAME));
                }
            }
            6..8 => {
                let html = "<p>The site moves on Sunday.</p>".to_owned();
                let event = Event::Announced(Announcement {
                    id: None,
                    title: "Maintenance".to_owned(),
                    text: text_of_html(&html),
                    html,
                    from: "operator".to_owned(),
                });
                self.tell(Draft::live(event));
            }
            8..10 => {
                let event = Event::Unrecognised(Unrecognised {
                    name: "confetti".to_owned(),
                    why: "unknown event".to_owned(),
                });
                self.tell(Draft::live(event).raw(json!({"amount": 7})));
            }
            10..14 => {
                let text = "The server restarts in five minutes.";
                self.server_says("[server]", text, Source::Server, Style::Notice);
            }
            _ => self.chat(),
        }
    }
}
