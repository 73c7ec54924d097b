//! The process of the host: it starts on a log that may hold something, dies with or without its
//! machine, or is stopped in good order.

use crate::host::{Death, Host, Outside, Process};
use crate::storage::SimLog;
use projectionist::channel::{Channel, Input};
use projectionist::event_log::EventLog;
use projectionist::unversioned::{DialPacer, retry_delays};

impl Host {
    pub(super) fn start(&mut self, out: &mut Outside<'_>) {
        let Process::Down(log, _) = std::mem::replace(&mut self.process, Process::Changing) else {
            return;
        };
        self.starts += 1;
        self.started_ms = out.now_ms;
        (self.pacer, self.holds_socket) = (DialPacer::default(), false);
        let delays = retry_delays(&self.config, self.plan.seed ^ self.starts);
        let now = self.now(out.now_ms);
        let mut channel = Channel::open(&self.config, *log, delays, now).unwrap();
        let fresh = channel.log_mut().take_fresh();
        self.watch.opened(&channel, &fresh);
        self.watch
            .committed(&channel, &fresh, &self.plan, out.tally);
        self.watch.same_bytes(channel.state());
        self.process = Process::Up(Box::new(channel));
        out.trace.note(|| "the process starts".to_owned());
        self.input(out, Input::Start);
        self.settle(out);
    }

    /// The process ends without a word.
    pub(crate) fn die(&mut self, out: &mut Outside<'_>, how: Death, up_ms: i64) {
        let process = std::mem::replace(&mut self.process, Process::Changing);
        let Process::Up(channel) = process else {
            self.process = process;
            return;
        };
        out.trace.note(|| format!("the process dies: {how:?}"));
        let log = channel.into_log();
        let log = match how {
            Death::PowerCut => log.power_cut(out.random),
            _ => log.reopened(),
        };
        if let Some(conn) = self.link.take() {
            match how {
                Death::PowerCut => out.network.lose_power(conn),
                _ => out.network.hang_up(conn, out.now_ms),
            }
        }
        self.watch.died(log.head().seq);
        self.wishes.died();
        if how == Death::PowerCut && self.plan.keep_wait_s > 0 {
            self.wishes.forget_sent();
        }
        self.gone(log, up_ms);
    }

    fn gone(&mut self, log: SimLog, up_ms: i64) {
        (self.dial, self.blocked) = (None, None);
        self.process = Process::Down(Box::new(log), up_ms);
    }

    /// The host stops the engine in good order.
    pub(crate) fn stop(&mut self, out: &mut Outside<'_>, up_ms: i64) {
        self.input(out, Input::Stop);
        if !self.settle(out) {
            return self.die(out, Death::Killed, up_ms);
        }
        let process = std::mem::replace(&mut self.process, Process::Changing);
        let Process::Up(channel) = process else {
            self.process = process;
            return;
        };
        out.trace.note(|| "the host stops the engine".to_owned());
        let mut log = channel.into_log();
        // A disk that fails at the very end is told, and changes nothing.
        let _ = log.flush();
        assert_eq!(
            self.wishes.open(),
            0,
            "stopped, and a command has no outcome"
        );
        let log = log.reopened();
        self.watch.died(log.head().seq);
        self.gone(log, up_ms);
    }

    /// Everything committed survives from here on.
    pub(crate) fn flush(&mut self) {
        if let Some(channel) = self.channel_mut() {
            let _ = channel.log_mut().flush();
        }
    }

    /// Stores the state beside the log.
    pub(crate) fn store_state(&mut self) {
        if let Some(channel) = self.channel_mut() {
            let _ = channel.snapshot();
        }
    }
}
