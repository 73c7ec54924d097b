//! A lively room from a seed: users come and go, chat, queue, skip, vote.
//!
//! A pure script: [`Traffic::step`] does what is due to a [`Model`] and says when to come back. It
//! has no clock and no thread ([`Traffic::start`] lends it the server's), and the same seed plays
//! the same evening. Everything goes through the model's handlers, so that the room obeys its own
//! rules: who may not, does not.

mod script;

use crate::testing::server::TrafficHandle;
use crate::testing::traffic::script::{CAST, LINES, POLLS, PROGRAMME};
use crate::testing::{ConnId, MediaEntry, Model, ModelServer, SplitMix64};
use serde_json::{Value, json};
use std::io;

/// How lively the room is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TrafficConfig {
    /// Same seed, same evening.
    pub seed: u64,
    /// Things that happen in a second of the model's time, on average. Default 1.
    pub rate: f64,
    /// In which room.
    pub room: String,
    /// About how many users are present; at most 24. Default 20.
    pub users: usize,
}

impl TrafficConfig {
    /// The usual liveliness.
    #[must_use]
    pub fn new(seed: u64, room: impl Into<String>) -> Self {
        Self {
            seed,
            rate: 1.0,
            room: room.into(),
            users: 20,
        }
    }

    /// Sets how much happens in a second.
    #[must_use]
    pub fn rate(mut self, rate: f64) -> Self {
        self.rate = rate;
        self
    }
}

/// Plays an evening.
///
/// ```
/// use projectionist::testing::{Model, ModelConfig, Traffic, TrafficConfig};
/// let mut model = Model::new(ModelConfig::relaxed());
/// let mut evening = Traffic::new(TrafficConfig::new(7, "cinema"));
/// for now_ms in (0..60_000).step_by(500) {
///     evening.step(&mut model, now_ms);
/// }
/// assert!(model.room("cinema").unwrap().users.len() > 10);
/// ```
#[derive(Clone, Debug)]
pub struct Traffic {
    config: TrafficConfig,
    random: SplitMix64,
    next_at_ms: Option<i64>,
}

impl Traffic {
    /// Makes ready; nothing happens before the first step.
    #[must_use]
    pub fn new(config: TrafficConfig) -> Self {
        Self {
            random: SplitMix64::new(config.seed),
            next_at_ms: None,
            config,
        }
    }

    /// Plays on a server, on a thread of its own, until the handle is dropped.
    ///
    /// # Errors
    /// - What the operating system says to starting a thread.
    pub fn start(server: &ModelServer, config: TrafficConfig) -> io::Result<TrafficHandle> {
        server.drive(Self::new(config))
    }

    /// When the next step has something to do; `None` before the first.
    #[must_use]
    pub fn next_at_ms(&self) -> Option<i64> {
        self.next_at_ms
    }

    /// Lets happen what is due at `now_ms`, each at its own time. The first step opens the house.
    pub fn step(&mut self, model: &mut Model, now_ms: i64) {
        let mut at_ms = match self.next_at_ms {
            Some(at_ms) => at_ms,
            None => {
                self.open_house(model, now_ms);
                now_ms
            }
        };
        while at_ms <= now_ms {
            self.happen(model, at_ms);
            let mean_ms = 1_000.0 / self.config.rate.clamp(0.001, 1_000.0);
            let share = 0.2 + self.random.below(1_600) as f64 / 1_000.0;
            at_ms += ((mean_ms * share) as i64).max(1);
        }
        self.next_at_ms = Some(at_ms);
    }

    /// The staff comes, sets the room up and lays out the programme.
    fn open_house(&mut self, model: &mut Model, now_ms: i64) {
        let room = self.config.room.clone();
        for (name, rank) in CAST.iter().take(3) {
            model.bot_join(&room, name, *rank, now_ms);
        }
        let set_up = [
            (
                "setMotd",
                json!({ "motd": "<b>Tonight:</b> shorts, until somebody falls asleep" }),
            ),
            (
                "updateEmote",
                json!({ "name": ":popcorn:", "image": "https://example.com/popcorn.png" }),
            ),
            (
                "updateEmote",
                json!({ "name": ":clap:", "image": "https://example.com/clap.gif" }),
            ),
        ];
        for (event, arg) in set_up {
            model.act(&room, "Projector", event, &arg, now_ms);
        }
        if model.room(&room).is_some_and(|room| room.playlist_locked) {
            model.act(
                &room,
                "Projector",
                "togglePlaylistLock",
                &Value::Null,
                now_ms,
            );
        }
        for (kind, id, title, seconds) in PROGRAMME.iter().take(6) {
            let media = MediaEntry::new(*kind, *id, *title, *seconds);
            model.queue(&room, "Projector", &media, now_ms);
        }
    }

    /// One thing happens.
    fn happen(&mut self, model: &mut Model, now_ms: i64) {
        let here = self.present(model);
        // The house fills up quickly, then about as many come as go.
        let wanted = self.config.users.min(CAST.len());
        if here.len() * 2 < wanted || self.random.chance(if here.len() < wanted { 12 } else { 2 }) {
            return self.someone_comes(model, now_ms);
        }
        match self.random.below(100) {
            0..60 => self.someone_talks(model, &here, now_ms),
            60..66 => self.someone_leaves(model, &here, now_ms),
            66..73 => self.someone_queues(model, &here, now_ms),
            73..78 => {
                self.someone_sends(model, &here, "chatMsg", &json!({ "msg": "/afk" }), now_ms)
            }
            78..82 => self.some_vote_to_skip(model, &here, now_ms),
            82..91 => self.something_polled(model, &here, now_ms),
            _ => self.staff_acts(model, &here, now_ms),
        }
    }

    /// Bots of the cast in the room.
    fn present(&self, model: &Model) -> Vec<(&'static str, ConnId)> {
        let bot =
            |(name, _): &(&'static str, f64)| Some((*name, model.bot(&self.config.room, name)?));
        CAST.iter().filter_map(bot).collect()
    }

    fn someone_comes(&mut self, model: &mut Model, now_ms: i64) {
        let absent = |(name, _): &&(&str, f64)| model.bot(&self.config.room, name).is_none();
        let absent: Vec<_> = CAST.iter().filter(absent).collect();
        if let Some((name, rank)) = self.random.pick(&absent) {
            model.bot_join(&self.config.room, name, *rank, now_ms);
        }
    }

    fn someone_leaves(&mut self, model: &mut Model, here: &[(&str, ConnId)], now_ms: i64) {
        let guests = here.get(3..).unwrap_or(&[]);
        if let Some((_, bot)) = self.random.pick(guests) {
            model.closed(*bot, now_ms);
        }
    }

    fn someone_sends(
        &mut self,
        model: &mut Model,
        here: &[(&str, ConnId)],
        event: &str,
        arg: &Value,
        now_ms: i64,
    ) {
        if let Some((_, bot)) = self.random.pick(here) {
            model.bot_event(*bot, event, arg, now_ms);
        }
    }

    fn someone_talks(&mut self, model: &mut Model, here: &[(&str, ConnId)], now_ms: i64) {
        let whom = self.random.pick(here).map_or("you", |(name, _)| name);
        let line = self.random.pick(LINES).map_or("…", |line| line);
        let msg = json!({ "msg": line.replace("{}", whom) });
        self.someone_sends(model, here, "chatMsg", &msg, now_ms);
    }

    fn someone_queues(&mut self, model: &mut Model, here: &[(&str, ConnId)], now_ms: i64) {
        let waiting = model
            .room(&self.config.room)
            .map_or(0, |room| room.playlist.len());
        let (Some((kind, id, title, seconds)), Some((name, _))) =
            (self.random.pick(PROGRAMME), self.random.pick(here))
        else {
            return;
        };
        if waiting < PROGRAMME.len() {
            let media = MediaEntry::new(*kind, *id, *title, *seconds);
            model.queue(&self.config.room, name, &media, now_ms);
        }
    }

    /// One vote mostly; now and then the whole house has had enough.
    fn some_vote_to_skip(&mut self, model: &mut Model, here: &[(&str, ConnId)], now_ms: i64) {
        let percent = if self.random.chance(25) { 80 } else { 5 };
        for (_, bot) in here {
            if self.random.chance(percent) {
                model.bot_event(*bot, "voteskip", &Value::Null, now_ms);
            }
        }
    }

    fn something_polled(&mut self, model: &mut Model, here: &[(&str, ConnId)], now_ms: i64) {
        let open = model
            .room(&self.config.room)
            .is_some_and(|room| room.poll_title.is_some());
        let staff = here.get(..3).unwrap_or(here);
        if open && self.random.chance(90) {
            let vote = json!({ "option": self.random.below(3) });
            self.someone_sends(model, here, "vote", &vote, now_ms);
        } else if open {
            self.someone_sends(model, staff, "closePoll", &Value::Null, now_ms);
        } else if let Some((title, options)) = self.random.pick(POLLS) {
            let obscured = self.random.chance(30);
            let poll = json!({ "title": title, "opts": options, "obscured": obscured });
            self.someone_sends(model, staff, "newPoll", &poll, now_ms);
        }
    }

    /// What moderators do on an evening.
    fn staff_acts(&mut self, model: &mut Model, here: &[(&str, ConnId)], now_ms: i64) {
        let Some(room) = model.room(&self.config.room) else {
            return;
        };
        let staff = here.get(..3).unwrap_or(here);
        let whom = self.random.pick(here).map_or("", |(name, _)| name);
        let uid = self.random.pick(&room.playlist).map_or(0, |item| item.uid);
        let chat = |msg: String| ("chatMsg", json!({ "msg": msg }));
        let (event, arg) = match self.random.below(12) {
            0 | 1 => ("playNext", Value::Null),
            2 => ("jumpTo", json!(uid)),
            3 => ("moveMedia", json!({ "from": uid, "after": "append" })),
            4 => (
                "setTemp",
                json!({ "uid": uid, "temp": self.random.chance(70) }),
            ),
            5 if room.playlist.len() > 4 => ("delete", json!(uid)),
            6 if room.leader.is_none() => ("assignLeader", json!({ "name": whom })),
            7 if self.random.chance(20) => ("shufflePlaylist", Value::Null),
            8 => chat("/d cheers".into()),
            9 if self.random.chance(30) => chat(format!("/mute {whom}")),
            10 if self.random.chance(20) => chat(format!("/kick {whom} lights out")),
            _ if room.leader.is_some() => ("assignLeader", json!({ "name": "" })),
            _ => match room.users.iter().find(|user| user.muted) {
                Some(muted) => chat(format!("/unmute {}", muted.name)),
                None => chat("/say enjoy the film".into()),
            },
        };
        self.someone_sends(model, staff, event, &arg, now_ms);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ModelConfig, Out, Peer};

    /// What an anonymous viewer hears of an evening.
    fn watch(seed: u64, minutes: i64) -> Vec<String> {
        let mut model = Model::new(ModelConfig::relaxed());
        let mut evening = Traffic::new(TrafficConfig::new(seed, "cinema"));
        let mut heard = Vec::new();
        let viewer = ConnId(1);
        evening.step(&mut model, 0);
        model.open(viewer, Peer::new("10.0.0.1"), 0);
        model.frame(viewer, "40", 0);
        model.frame(viewer, r#"42["joinChannel",{"name":"cinema"}]"#, 0);
        for now_ms in (0..minutes * 60_000).step_by(1_000) {
            evening.step(&mut model, now_ms);
            model.frame(viewer, "3", now_ms);
            for out in model.take_output() {
                if let Out::Frame { text, .. } = out {
                    heard.push(text.to_string());
                }
            }
        }
        heard
    }

    #[test]
    fn an_evening_has_everything() {
        let heard = watch(1, 60).join("\n");
        let events = [
            "addUser",
            "userLeave",
            "chatMsg",
            "greentext",
            "action",
            "queue",
            "changeMedia",
            "newPoll",
            "updatePoll",
            "setAFK",
            "setLeader",
            "moveVideo",
            "delete",
            "[voteskip]",
            "usercount",
            "&lt;b&gt;",
            ":popcorn:",
            "🍿",
        ];
        for event in events {
            assert!(heard.contains(event), "no {event}");
        }
    }

    #[test]
    fn same_seed_same_evening() {
        assert_eq!(watch(7, 5), watch(7, 5));
        assert_ne!(watch(7, 5), watch(8, 5));
    }
}
