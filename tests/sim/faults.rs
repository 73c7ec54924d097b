//! What goes wrong, done to the world: one function a fault, each with its end.

use crate::director::admin;
use crate::host::Death;
use crate::network::Down;
use crate::plan::{self, ROOM, Viewpoint};
use crate::tally::Fault;
use crate::world::World;
use projectionist::event::DisconnectCause;
use serde_json::json;

/// The end of something that went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mend {
    Disk,
    Snapshots,
    Refusal,
    Password,
}

/// Frames that do not read, do not fit, or mean nothing; some hold what must not be kept.
const GARBAGE: [&str; 16] = [
    "",
    "4",
    "42",
    "42[",
    "42[\"",
    "9what",
    "42{\"a\":1}",
    "42[\"setMotd\"",
    "42[\"chatMsg\",{\"username\":7,\"msg\":null}]",
    "42[\"noSuchEvent\",{\"x\":[1,2,{}]}]",
    "42[\"delete\",{\"uid\":\"zero\"}]",
    "42[\"mediaUpdate\",[]]",
    "42[\"queue\",{\"item\":\"?\"}]",
    "42[\"channelOpts\",{\"password\":\"open-sesame-please\",\"allow",
    "42[\"addUser\",{\"name\":\"x\",\"meta\":{\"aliases\":[\"y\"],\"ip\":\"10.99.1.1\"",
    "43999[{}]",
];

const CLOSED: Down = Down::Closed {
    cause: DisconnectCause::Closed,
    detail: "closed by the server (code 1006)",
    code: Some(1006),
};

const MID_FRAME: [Down; 2] = [
    Down::Closed {
        cause: DisconnectCause::Closed,
        detail: "closed by the server",
        code: None,
    },
    Down::Closed {
        cause: DisconnectCause::Protocol,
        detail: "not the protocol: the connection ended within a frame",
        code: None,
    },
];

impl World {
    /// Lets something go wrong; counts it if it could.
    pub(crate) fn go_wrong(&mut self, fault: Fault) {
        if self.try_fault(fault) {
            self.trace.note(|| format!("fault {fault:?}"));
            self.tally.fault(fault);
        }
    }

    fn for_s(&mut self, from: u64, to: u64) -> i64 {
        self.now_ms + (1_000 * from + self.random.below(1_000 * (to - from))) as i64
    }

    fn try_fault(&mut self, fault: Fault) -> bool {
        match fault {
            Fault::Stall
            | Fault::Cut
            | Fault::CutMidFrame
            | Fault::HalfOpen
            | Fault::Silence
            | Fault::Garbage => self.network_fault(fault),
            Fault::DialsFail => {
                self.host.dials_fail_until_ms = self.for_s(5, 60);
                true
            }
            Fault::ServerCrash => self.restart_server(true),
            Fault::ServerRestart => self.restart_server(false),
            Fault::Reload | Fault::Moved | Fault::Refused | Fault::Kicked | Fault::Namesake => {
                self.server.is_up() && self.server_fault(fault)
            }
            Fault::PasswordChanged => {
                if !self.server.is_up() || self.host.is_closed() {
                    return false;
                }
                let options = json!({ "password": plan::OTHER_PASSWORD });
                admin(&mut self.server, "setOptions", &options, self.now_ms);
                self.mend_later(Mend::Password, 5, 60);
                true
            }
            Fault::ClockForward => {
                self.host.clock_ms += self.random.below(3_600_000) as i64;
                true
            }
            Fault::ClockBack => {
                self.host.clock_ms -= self.random.below(120_000) as i64;
                true
            }
            Fault::StorageFails | Fault::StorageFull => {
                self.host.disk.fails.set(true);
                match fault {
                    Fault::StorageFails => self.mend_later(Mend::Disk, 0, 20),
                    _ => self.mend_later(Mend::Disk, 60, 120),
                }
                true
            }
            Fault::SnapshotFails => {
                self.host.disk.fails_snapshots.set(true);
                self.mend_later(Mend::Snapshots, 5, 60);
                true
            }
            Fault::PowerCut | Fault::Killed | Fault::Stopped | Fault::Suspended => {
                self.process_fault(fault)
            }
        }
    }

    fn network_fault(&mut self, fault: Fault) -> bool {
        let Some(conn) = self.host.link.filter(|conn| !self.network.is_dead(*conn)) else {
            return false;
        };
        let now_ms = self.now_ms;
        match fault {
            Fault::Stall => {
                let until_ms = self.for_s(1, 70);
                self.network.stall(conn, until_ms);
            }
            Fault::Cut => self.network.cut(conn, Some(CLOSED), true, now_ms),
            Fault::CutMidFrame => {
                let told = self.random.pick(&MID_FRAME).cloned();
                self.network.cut(conn, told, true, now_ms);
            }
            Fault::HalfOpen => self.network.cut(conn, Some(CLOSED), false, now_ms),
            Fault::Silence => self.network.cut(conn, None, false, now_ms),
            _ => {
                for _ in 0..=self.random.below(3) {
                    let frame = self.random.pick(&GARBAGE).unwrap();
                    self.network.slip_in(conn, frame, now_ms);
                }
            }
        }
        true
    }

    fn restart_server(&mut self, crash: bool) -> bool {
        if !self.server.is_up() {
            return false;
        }
        let up_ms = self.for_s(0, 40);
        self.server.restart(crash, self.now_ms, up_ms);
        for conn in self.network.conns() {
            // The machine may be gone as well: then nobody says so.
            let told = self.random.chance(70).then_some(CLOSED);
            if !self.network.is_dead(conn) {
                self.network.cut(conn, told, false, self.now_ms);
            }
        }
        true
    }

    fn server_fault(&mut self, fault: Fault) -> bool {
        let now_ms = self.now_ms;
        let name = self.plan.viewpoint.name();
        let here = self.server.view();
        let is_here = match name {
            Some(name) => here.users.iter().any(|user| user.name == name),
            None => here.anonymous_count > 0,
        };
        match (fault, name) {
            (Fault::Reload, _) => {
                let reasons = ["Channel reloading", "Channel shutting down"];
                let reason = *self.random.pick(&reasons).unwrap();
                self.server
                    .act(now_ms, |model| model.close_room(ROOM, reason, now_ms));
            }
            (Fault::Moved, _) => {
                let servers =
                    json!({ "servers": [{ "url": "https://s.example:443", "secure": true }] });
                self.server.act(now_ms, |model| {
                    model.partition_change(ROOM, &servers, now_ms)
                });
            }
            (Fault::Refused, _) => {
                let words = ["Rate limit exceeded", "Server is full"];
                let word = (*self.random.pick(&words).unwrap()).to_owned();
                self.server
                    .act(now_ms, |model| model.refuse_connects(Some(word)));
                self.mend_later(Mend::Refusal, 5, 60);
            }
            (Fault::Kicked, None) if is_here => {
                admin(
                    &mut self.server,
                    "chatMsg",
                    &json!({ "msg": "/kickanons" }),
                    now_ms,
                );
            }
            (Fault::Kicked, Some(name)) if is_here => {
                self.server.act(now_ms, |model| {
                    model.kick_user(ROOM, name, Some("behave"), now_ms)
                });
            }
            (Fault::Namesake, Some(name)) if is_here => {
                let rank = if self.plan.viewpoint == Viewpoint::Guest {
                    0.0
                } else {
                    1.0
                };
                self.server
                    .act(now_ms, |model| model.bot_join(ROOM, name, rank, now_ms));
            }
            _ => return false,
        }
        true
    }

    fn process_fault(&mut self, fault: Fault) -> bool {
        if !self.host.is_awake(self.now_ms) {
            return false;
        }
        let up_ms = self.for_s(0, 60);
        let (host, mut out) = self.parts();
        match fault {
            Fault::PowerCut => host.die(&mut out, Death::PowerCut, up_ms),
            Fault::Killed => host.die(&mut out, Death::Killed, up_ms),
            Fault::Stopped => host.stop(&mut out, up_ms),
            _ => host.asleep_until_ms = up_ms,
        }
        true
    }

    fn mend_later(&mut self, mend: Mend, from_s: u64, to_s: u64) {
        let at_ms = self.for_s(from_s, to_s);
        self.mends.push((at_ms, mend));
    }

    pub(crate) fn mend(&mut self, mend: Mend) {
        let now_ms = self.now_ms;
        match mend {
            Mend::Disk => self.host.disk.fails.set(false),
            Mend::Snapshots => self.host.disk.fails_snapshots.set(false),
            Mend::Refusal => self.server.act(now_ms, |model| model.refuse_connects(None)),
            Mend::Password => {
                let ours = if self.plan.room_password {
                    plan::ROOM_PASSWORD
                } else {
                    ""
                };
                admin(
                    &mut self.server,
                    "setOptions",
                    &json!({ "password": ours }),
                    now_ms,
                );
            }
        }
    }
}
