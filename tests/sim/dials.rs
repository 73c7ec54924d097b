//! Dials, as the dialler makes them: their delay, the site's pace, the attempt.

use crate::host::{Host, Outside};
use crate::plan::OUR_IP;
use projectionist::channel::Input;
use projectionist::testing::ConnId;

impl Host {
    /// A dial is due: it asks for its turn, or comes to something.
    pub(super) fn dial_turn(&mut self, out: &mut Outside<'_>) {
        let now_ms = out.now_ms;
        let now = self.now(now_ms);
        let Some(dial) = self.dial.as_mut().filter(|dial| dial.due_ms <= now_ms) else {
            return;
        };
        if !dial.under_way {
            let guest = self.config.login.is_guest();
            match self.pacer.reserve(self.config.pace, guest, now.mono) {
                Ok(()) => {
                    self.watch.dialled(guest, now_ms);
                    self.holds_socket = true;
                    out.tally.count("dials");
                    dial.under_way = true;
                    dial.due_ms = now_ms + 20 + out.random.below(800) as i64;
                }
                Err(Some(at)) => {
                    let wait = at.saturating_sub(now.mono);
                    dial.due_ms = now_ms + wait.as_nanos().div_ceil(1_000_000) as i64;
                }
                Err(None) => panic!("nobody gave the socket back"),
            }
            return;
        }
        self.dial = None;
        if !out.server.is_up() || now_ms < self.dials_fail_until_ms {
            out.tally.count("dials_failed");
            self.pacer.release();
            self.holds_socket = false;
            let error = "connection refused".to_owned();
            self.input(
                out,
                Input::DialFailed {
                    error,
                    fatal: false,
                },
            );
        } else {
            self.next_conn += 1;
            let conn = ConnId(self.next_conn);
            out.network.open(conn);
            self.link = Some(conn);
            out.server.open(conn, OUR_IP, now_ms);
            self.watch.viewer.reset();
            let (endpoint, transport) = ("https://s.example:443", "websocket");
            self.input(
                out,
                Input::Opened {
                    endpoint,
                    transport,
                },
            );
        }
        self.settle(out);
    }
}
