//! What befalls a world, and how it is looked at in the end.

use super::*;

/// Frames that no server sends: cut off, of the wrong types, unknown, nothing at all.
const GARBAGE: [&str; 12] = [
    "42[\"chatMsg\",{\"username\":\"x\"",
    "42[\"setMotd\",{\"html\":1}]",
    "42[\"delete\",\"x\"]",
    "42[\"queue\",{\"item\":null}]",
    "42[\"playlist\",7]",
    "42[\"moveVideo\",[]]",
    "42[\"newThing\",{\"a\":[1,2,{}]}]",
    "42[]",
    "42",
    "6noop",
    "42[\"\\ud800\",null]",
    "42[\"chatMsg\",{\"username\":\"\",\"msg\":5,\"meta\":[],\"time\":\"late\"}]",
];

impl World {
    pub(super) fn befall(&mut self, fault: Fault) {
        self.note(&format!("{fault:?}"));
        *self.faults.entry(fault.name()).or_default() += 1;
        let now_ms = self.now_ms;
        match fault {
            Fault::Cut => self.cut(0),
            Fault::HalfOpen { ms } => self.cut(ms),
            Fault::CutInBurst { frames } => {
                self.cut_next_burst = Some(frames);
                self.cut(0);
            }
            Fault::Stall { ms } => {
                if let Some(link) = &mut self.link {
                    link.stalled_until_ms = now_ms + ms;
                }
            }
            Fault::Delay { ms } => {
                self.delay_ms = ms;
                if let Some(link) = &mut self.link {
                    link.delay_ms = ms;
                }
            }
            Fault::Garbage { frames } => self.litter(frames),
            Fault::ServerRestart => {
                let saved = self.model.save();
                self.restart(saved);
            }
            Fault::ServerCrash => {
                let saved = self.model.last_save();
                self.restart(saved);
            }
            Fault::Reload => self
                .model
                .close_room(LOBBY, "Channel shutting down", now_ms),
            Fault::Moved => {
                let servers = json!({ "servers": [{ "url": "https://s:2", "secure": true }] });
                self.model.partition_change(LOBBY, &servers, now_ms);
            }
            Fault::Kick => {
                if !self.model.kick_user(LOBBY, NAME, Some("behave"), now_ms) {
                    self.cut(0);
                }
            }
            Fault::Refused { ms } => {
                self.refused_until_ms = now_ms + ms;
                self.model
                    .refuse_connects(Some("Rate limit exceeded".to_owned()));
                self.cut(0);
            }
            Fault::ClockStep { ms } => self.wall_off_ms += ms,
            Fault::DiskFails { ms } => self.disk_fails_until_ms = now_ms + ms,
            Fault::Killed => {
                let log = self.die();
                self.open(log);
            }
            Fault::PowerCut => {
                let lucky = self.random.below(40);
                let log = self.die().after_power_cut(lucky);
                self.power_failed = true;
                let left = check::lines(&check::events(&log));
                self.delivered = left.into_iter().map(|(_, line)| line).collect();
                self.open(log);
            }
            Fault::Reopened => {
                if !self.stuck {
                    self.stop();
                    assert_eq!(
                        self.host.waiting, [0; 0],
                        "P5: every command has an outcome"
                    );
                    let log = self.die();
                    self.open(log);
                }
            }
            Fault::ShadowMute => self.hush(),
        }
        self.carry();
    }

    fn litter(&mut self, frames: u64) {
        for _ in 0..frames {
            let junk = *self.random.pick(&GARBAGE).unwrap();
            let now_ms = self.now_ms;
            if let Some(link) = &mut self.link {
                link.receive(junk.into(), now_ms, &mut self.random);
            }
        }
    }

    fn hush(&mut self) {
        let Some(room) = self.model.room(LOBBY) else {
            return;
        };
        let guests: Vec<_> = room
            .users
            .iter()
            .filter(|user| user.rank < 1.0 && user.name != NAME)
            .collect();
        let Some(name) = self.random.pick(&guests).map(|user| user.name.clone()) else {
            return;
        };
        let msg = json!({ "msg": format!("/smute {name}") });
        self.model.act(LOBBY, "sysop", "chatMsg", &msg, self.now_ms);
        self.hushed.insert(name.to_ascii_lowercase());
    }

    /// The server is gone for a while, with every connection; the witness is the first to be back.
    fn restart(&mut self, saved: projectionist::testing::SavedState) {
        let now_ms = self.now_ms;
        self.model.restart(saved, now_ms);
        self.ghosts.clear();
        self.server_down_until_ms = now_ms + self.random.below(40_000) as i64;
        self.witness.enter(&mut self.model, now_ms);
        if self.link.take().is_some() {
            self.hear_of_the_end();
        }
    }

    /// Carries what the server puts out to where it goes.
    pub(super) fn carry(&mut self) {
        let now_ms = self.now_ms;
        loop {
            let out: Vec<Out> = self.model.take_output().collect();
            if out.is_empty() {
                return;
            }
            for out in out {
                match out {
                    Out::Frame { conn, text } if self.witness.is(conn) => {
                        if &*text == "41" {
                            self.witness.enter(&mut self.model, now_ms);
                        } else if let Some(answer) = self.witness.hear(&text) {
                            self.model.frame(conn, answer, now_ms);
                        }
                    }
                    Out::Frame { conn, text } => {
                        let link = self.link.as_mut().filter(|link| link.conn == conn);
                        if let Some(link) = link {
                            link.receive(text, now_ms, &mut self.random);
                        }
                    }
                    Out::Close { conn } if self.witness.is(conn) => {
                        self.witness.enter(&mut self.model, now_ms);
                    }
                    Out::Close { conn } => {
                        if self.link.as_ref().is_some_and(|link| link.conn == conn) {
                            self.link = None;
                            self.hear_of_the_end();
                        }
                    }
                }
            }
        }
    }

    /// Nothing has failed for long enough: the picture is the server's.
    pub(super) fn compare(&mut self) {
        let room = self.model.room(LOBBY).expect("a room");
        let channel = self.channel.as_ref().unwrap();
        assert_eq!(
            channel.phase(),
            Phase::Live,
            "live again: {:?}",
            channel.last_error()
        );
        let state: &ChannelState = channel.state();
        let steady = self.wall_off_ms == 0;
        let position_s = steady.then(|| state.position_at(self.now().wall)).flatten();
        check::same(state, &room, position_s);
    }

    pub(super) fn finish(mut self) -> Played {
        assert_eq!(
            self.host.waiting, [0; 0],
            "P5: every command has an outcome"
        );
        let channel = self.channel.take().unwrap();
        check::at_rest(&channel);
        check::secrets(&channel);
        let events = check::events(channel.log());
        check::chat(&events, &self.witness.heard, &self.delivered, &self.hushed);
        self.wishes();
        let head = channel.log().head();
        self.note(&head.chain.to_string());
        Played {
            virtual_ms: self.plan.end_ms,
            events: head.seq.0,
            digest: self.digest,
            faults: self.faults,
        }
    }

    /// P5: nothing is said twice, and what was not sent was not said.
    fn wishes(&self) {
        for (id, text) in &self.host.said {
            let said = self
                .witness
                .heard
                .iter()
                .filter(|line| line.html == *text)
                .count();
            // A power cut may take the record of what was sent with it.
            if !self.power_failed {
                assert!(said <= 1, "P5: {text:?} was said {said} times");
            }
            match self.host.outcomes.get(id) {
                Some(Outcome::Confirmed { .. }) => assert!(said >= 1, "P5: {text:?} was not said"),
                Some(Outcome::NotSent(_)) => assert_eq!(said, 0, "P5: {text:?} was said"),
                _ => {}
            }
        }
    }
}
