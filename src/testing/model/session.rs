//! From open transport to connected socket (`src/io/ioserver.js`, engine.io and socket.io).
//!
//! Open packet, heartbeat, namespace, the checks at connect, and how a kick ends it: `kick`, then
//! `41`, and the transport stays open until the client does something.

use crate::testing::model::conn::{Conn, ConnId, Peer, Phase, User};
use crate::testing::model::limits::TokenBucket;
use crate::testing::model::wire::{self, Packet};
use crate::testing::model::{Model, Out};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Addresses remembered while nobody is connected from them.
const ADDRESSES_MAX: usize = 10_000;

impl Model {
    pub(super) fn on_open(&mut self, id: ConnId, peer: Peer) {
        if id.is_bot() || self.conns.contains_key(&id) {
            self.out.push_back(Out::Close { conn: id });
            return;
        }
        let open = json!({
            "sid": self.sid(),
            "upgrades": [],
            "pingInterval": self.config.ping_interval_ms,
            "pingTimeout": self.config.ping_timeout_ms,
            "maxPayload": self.config.payload_bytes_max,
        });
        let conn = Conn {
            peer,
            phase: Phase::Opened,
            connect_by_ms: Some(self.now_ms + self.config.connect_wait_max_ms),
            ping_at_ms: Some(self.now_ms + self.config.ping_interval_ms),
            dead_at_ms: None,
            inbound: None,
            user: User::anonymous(self.now_ms),
        };
        self.conns.insert(id, conn);
        self.send(id, format!("0{open}").into());
    }

    pub(super) fn on_frame(&mut self, id: ConnId, text: &str) {
        let config = &self.config;
        let silence_ms = config.ping_interval_ms + config.ping_timeout_ms;
        let (ping_at_ms, dead_at_ms) = (
            self.now_ms + config.ping_interval_ms,
            self.now_ms + silence_ms,
        );
        let too_long = text.len() > config.payload_bytes_max;
        let Some(conn) = self.conns.get_mut(&id).filter(|_| !id.is_bot()) else {
            return;
        };
        conn.dead_at_ms = Some(dead_at_ms);
        let connected = conn.phase == Phase::Connected;
        match wire::parse(text) {
            _ if too_long => self.hang_up(id),
            Packet::Pong => conn.ping_at_ms = Some(ping_at_ms),
            Packet::Connect {
                namespace: Some(name),
            } => {
                self.send(
                    id,
                    format!("44{name},{{\"message\":\"Invalid namespace\"}}").into(),
                );
            }
            Packet::Connect { namespace: None } if !connected => self.connect(id),
            Packet::Connect { .. } => {}
            Packet::Event { ack, name, arg } if connected => {
                self.on_event(id, &name, arg.as_ref(), ack);
            }
            Packet::Ignored if connected => {}
            Packet::Disconnect if connected => {
                conn.phase = Phase::Disconnected;
                self.part(id);
            }
            _ => self.hang_up(id),
        }
    }

    /// The namespace connect: the checks in their order, then who the user is.
    fn connect(&mut self, id: ConnId) {
        let ip = self.ip(id);
        if self.config.banned_ips.contains(&ip) {
            return self.refuse(id, "You are banned from the server");
        }
        if let Some(message) = self.refusal.clone() {
            return self.refuse(id, &message);
        }
        self.prune_addresses();
        let (capacity, refill_ms) = (self.config.connect_burst, self.config.connect_refill_ms);
        let now_ms = self.now_ms;
        let bucket = &mut self.addresses.entry(ip.clone()).or_default().connects;
        let bucket = bucket.get_or_insert_with(|| TokenBucket::full(f64::from(capacity), now_ms));
        if !bucket.take(f64::from(capacity), refill_ms as f64, now_ms) {
            return self.refuse(id, "Rate limit exceeded");
        }
        let sid = json!({ "sid": self.sid() });
        let Some(conn) = self.conns.get_mut(&id) else {
            return;
        };
        conn.phase = Phase::Connected;
        conn.connect_by_ms = None;
        conn.user = User::anonymous(now_ms);
        self.send(id, format!("40{sid}").into());
        let open = |conn: &&Conn| conn.peer.ip == ip && conn.phase == Phase::Connected;
        if self.conns.values().filter(open).count() > self.config.connections_per_ip_max {
            let reason = "Too many connections from your IP address";
            self.emit(id, "kick", &json!({ "reason": reason }));
            return self.hang_up(id);
        }
        if !self.log_in_by_cookie(id) {
            self.emit(id, "rank", &Value::from(-1));
        }
        if let Some(announcement) = self.announcement.clone() {
            self.emit(id, "announcement", &announcement);
        }
    }

    /// Forgets addresses from which nobody is connected, once there are many.
    fn prune_addresses(&mut self) {
        if self.addresses.len() > ADDRESSES_MAX {
            let open: BTreeSet<_> = self
                .conns
                .values()
                .map(|conn| conn.peer.ip.as_str())
                .collect();
            self.addresses.retain(|ip, _| open.contains(ip.as_str()));
        }
    }

    fn refuse(&mut self, id: ConnId, message: &str) {
        let refusal = json!({ "message": message });
        self.send(id, format!("44{refusal}").into());
    }

    /// Throws a user out. Without a reason for a blacklisted link, else with one.
    pub(super) fn kick(&mut self, id: ConnId, reason: Option<&str>) {
        let arg = reason.map_or_else(|| json!({}), |reason| json!({ "reason": reason }));
        self.emit(id, "kick", &arg);
        self.disconnect(id);
    }

    /// Leaves the namespace from this side: the transport stays open.
    pub(super) fn disconnect(&mut self, id: ConnId) {
        self.send(id, "41".into());
        if id.is_bot() {
            self.forget(id);
        } else if let Some(conn) = self.conns.get_mut(&id) {
            conn.phase = Phase::Disconnected;
            self.part(id);
        }
    }

    /// Whether the socket's throttle lets one more event in.
    pub(super) fn takes_event(&mut self, id: ConnId) -> bool {
        let now_ms = self.now_ms;
        let (Some(rate), Some(conn)) = (self.config.events_per_s_max, self.conns.get_mut(&id))
        else {
            return true;
        };
        let bucket = conn
            .inbound
            .get_or_insert_with(|| TokenBucket::full(rate, now_ms));
        bucket.take(rate, 1_000.0 / rate, now_ms)
    }

    /// An id like engine.io's: 20 characters, here from the seed.
    fn sid(&mut self) -> String {
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        (0..20)
            .map(|_| {
                self.random
                    .pick(alphabet)
                    .map_or('A', |byte| char::from(*byte))
            })
            .collect()
    }
}
