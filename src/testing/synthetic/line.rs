//! The recorder's connection: lost, crashed, stopped, and back, with what a join brings.

use super::scribe::{Draft, OWN_NAME};
use super::{DAY_US, Due, SECOND_US, Synthetic};
use crate::event::{
    ChatGap, Connected, DisconnectCause, Disconnected, Event, Joined, Kicked, LoggedIn, Origin,
    OwnRank, Replay, Viewpoint,
};
use crate::number::Rank;

impl Synthetic {
    /// When the connection is lost next: about twice a day, and some times in any log.
    pub(super) fn schedule_loss(&mut self) {
        let days = i64::try_from(self.config.days).unwrap_or(1);
        let mean_us = (days.saturating_mul(DAY_US) / 16).min(DAY_US / 2);
        // Now and then the line is no better than before.
        let mean_s = if self.random.chance(15) {
            30.0
        } else {
            mean_us as f64 / 1e6
        };
        let seconds = 5 + self.draw_s(mean_s);
        self.schedule(seconds * SECOND_US, Due::Lost);
    }

    /// The connection ends, one way or another.
    pub(super) fn lose(&mut self) {
        let long = self.random.chance(30);
        let (cause, mean_s) = match self.random.below(20) {
            0..10 => (DisconnectCause::Closed, if long { 1_800.0 } else { 15.0 }),
            10..13 => (DisconnectCause::Silence, if long { 900.0 } else { 30.0 }),
            13..17 => (DisconnectCause::Crash, if long { 20_000.0 } else { 60.0 }),
            17..19 => (
                DisconnectCause::Stopped,
                if long { 40_000.0 } else { 400.0 },
            ),
            _ => (DisconnectCause::Kicked, 20.0),
        };
        if cause == DisconnectCause::Kicked {
            self.tell(Draft::live(Event::Kicked(Kicked {
                reason: Some("be nice".to_owned()),
                class: "moderator".to_owned(),
            })));
        }
        let crashed = cause == DisconnectCause::Crash;
        if !crashed {
            let retry_in_ms = (cause != DisconnectCause::Stopped).then_some(5_000);
            self.note_end(cause, retry_in_ms);
        }
        self.scribe.present = false;
        // No absence takes more than a part of the whole.
        let most_s = i64::try_from(self.config.days)
            .unwrap_or(1)
            .saturating_mul(86_400 / 12);
        let seconds = 5 + self.draw_s(mean_s).min(most_s);
        let reloaded = cause == DisconnectCause::Closed && self.random.chance(30);
        self.schedule(seconds * SECOND_US, Due::Back { reloaded, crashed });
    }

    fn note_end(&mut self, cause: DisconnectCause, retry_in_ms: Option<u64>) {
        let at = self.moment();
        let event = Event::Disconnected(Disconnected {
            cause,
            detail: None,
            close_code: None,
            retry_in_ms,
        });
        self.scribe.record(at, Draft::own(event, Origin::Engine));
    }

    /// The recorder joins: what it finds is what the room has become.
    pub(super) fn come_back(&mut self, reloaded: bool, crashed: bool) {
        if crashed {
            self.note_end(DisconnectCause::Crash, None);
        }
        if reloaded {
            self.reload();
        }
        self.scribe.session += 1;
        let at = self.moment();
        let connected = Event::Connected(Connected {
            endpoint: "wss://s1.cytube.example:443".to_owned(),
            transport: "websocket".to_owned(),
            attempt: 1,
        });
        self.scribe
            .record(at, Draft::own(connected, Origin::Engine));
        let login = Event::LoginAnswered(LoggedIn {
            success: true,
            name: Some(OWN_NAME.to_owned()),
            guest: Some(false),
            error: None,
            retry_after_s: None,
        });
        let rank = Rank::MODERATOR;
        self.scribe.record(at, Draft::live(login));
        let ranked = Event::OwnRankSet(OwnRank { rank });
        self.scribe.record(at, Draft::live(ranked));
        self.join();
    }

    fn join(&mut self) {
        let at = self.moment();
        let (received, overlap) = self.scribe.replayed();
        let joined = Joined {
            viewpoint: Viewpoint {
                name: Some(OWN_NAME.to_owned()),
                guest: Some(false),
                rank: Some(Rank::MODERATOR),
            },
            replay: Replay {
                received,
                new: received - overlap,
                overlap,
            },
            ..self.scribe.state.difference(self.room.burst(at), at)
        };
        self.room.count_told = self.room.count();
        let joined = self.scribe.record(at, Draft::live(Event::Joined(joined)));
        self.scribe.present = true;
        let (last, first_replayed_ms) = self.scribe.around_gap();
        if let (Some((seq, sent_ms)), true, 0) = (last, received > 0, overlap) {
            let gap = Event::ChatGapFound(ChatGap {
                last_seq: Some(seq),
                last_sent_ms: Some(sent_ms),
                first_replayed_ms,
                received,
            });
            let draft = Draft::own(gap, Origin::Engine).cause(joined);
            self.scribe.record(at, draft);
        }
        self.scribe.catch_up(at, joined);
    }

    /// The server has loaded the channel anew: items are renumbered, everybody is out, and those
    /// who wait come back at once; the poll and the leader are gone.
    fn reload(&mut self) {
        self.room.renumber(0);
        (self.room.poll, self.room.leader) = (None, None);
        for present in std::mem::take(&mut self.room.present) {
            let back = present.regular.filter(|_| self.random.chance(80));
            if let Some(index) = back {
                let seconds = 1 + i64::try_from(self.random.below(30)).unwrap_or(0);
                self.schedule(seconds * SECOND_US, Due::Return(index));
            }
        }
        self.room.anonymous = 1;
    }
}
