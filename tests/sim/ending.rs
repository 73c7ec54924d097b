//! The end of a world: all is mended, the engine becomes live in time, and shows what the server has.

use crate::alike::{self, Leave};
use crate::faults::Mend;
use crate::plan::START_MS;
use crate::tally::Tally;
use crate::world::World;
use projectionist::channel::Channel;
use projectionist::event_log::{EventLog, LogReader};
use projectionist::{Kind, Read};

/// From the last fault to a live channel, at most, in milliseconds: silence (50 s) and the longest
/// delay (72 s with its jitter) before the dial, the pace of guests (60 s) and their wait (60 s), a
/// join that does not end (30 s), ghosts that fill the server's limit (145 s and a kick's 60 s).
const LIVE_WITHIN_MS: i64 = 500_000;

/// How long the end is watched at least: the longest answer to a command takes 45 s.
const SETTLE_MS: i64 = 60_000;

/// What a run came to: equal for equal seeds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ending {
    outputs: u64,
    chain: String,
    state: String,
    told: String,
}

impl World {
    /// Nothing goes wrong any more, and nobody asks for anything.
    pub(super) fn heal(&mut self) {
        self.trace.note(|| "all is mended".to_owned());
        self.in_trouble = false;
        for (_, mend) in std::mem::take(&mut self.mends) {
            self.mend(mend);
        }
        // A crash may have brought the other password back.
        self.mend(Mend::Password);
        self.host.dials_fail_until_ms = 0;
        self.host.asleep_until_ms = 0;
        self.carry();
    }

    fn is_live(&self) -> bool {
        self.host
            .channel()
            .is_some_and(|channel| channel.state().is_live())
    }

    pub(super) fn become_live(&mut self) {
        let (healed_ms, last_ms) = (self.now_ms, self.now_ms + LIVE_WITHIN_MS);
        loop {
            self.wait(5_000);
            self.rejoin();
            let waited = self.now_ms - healed_ms >= SETTLE_MS;
            if waited && self.is_live() && self.host.wishes.open() == 0 {
                return;
            }
            let phase = self.host.channel().map(Channel::phase);
            assert!(
                self.now_ms < last_ms,
                "not live in time: {phase:?}, {} commands open",
                self.host.wishes.open()
            );
        }
    }

    /// The state is the server's, once nothing is on its way.
    pub(super) fn compare(&mut self) {
        let mut found = Vec::new();
        for _ in 0..20 {
            self.wait(700);
            let channel = self.host.channel().expect("nothing dies any more");
            let state = channel.state();
            let at = self.host.now(self.now_ms).wall.max(state.at);
            let stalled = self.host.now(self.now_ms).wall < state.at;
            let leave = Leave {
                lagging: false,
                ranks: false,
                emote_order: self.director.moved_emotes,
                leader: false,
                list_unknown: self.host.watch.rank_rose,
                position_s: Some(if stalled { 8.0 } else { 4.0 }),
            };
            let view = self.server.view();
            found = alike::differences(state, &view, self.plan.viewpoint, at, leave);
            if found.is_empty() && self.host.watch.viewer.is_even() && state.is_live() {
                return;
            }
        }
        panic!("not what the server has: {found:#?}");
    }

    pub(super) fn finish(self) -> (Ending, Tally) {
        let channel = self.host.channel().expect("nothing dies any more");
        let state = channel.state();
        self.host.watch.same_bytes(state);
        self.host.watch.whole_log(channel.log(), state);
        channel.log().verify();
        self.host.wishes.check();
        assert!(
            state.commands.is_empty(),
            "commands without an end: {:?}",
            state.commands
        );
        let sent = channel
            .log()
            .read(&Read::default().kinds([Kind::CommandSent]))
            .unwrap();
        assert!(
            self.host.event_frames() <= sent.len() as u64 + channel.log().lost_sent,
            "more was sent than the log tells"
        );
        let ending = Ending {
            outputs: self.host.digest(),
            chain: channel.log().head().chain.to_string(),
            state: serde_json::to_string(&**state).unwrap(),
            told: self.tally.to_string(),
        };
        let mut tally = self.tally.clone();
        if self.plan.on_disk {
            tally.count("logs_on_disk");
        }
        tally.virtual_ms = self.now_ms - START_MS;
        (ending, tally)
    }
}
