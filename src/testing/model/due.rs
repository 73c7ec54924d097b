//! What happens by itself, and when.
//!
//! There is no timer wheel: each thing with a deadline keeps it in its own state, and the earliest
//! is looked for. Rooms and users are few; what counts is that nothing can be forgotten.

use crate::testing::model::conn::{ConnId, Phase};
use crate::testing::model::{Model, Out};

/// Something with a deadline. The order settles ties, so that runs repeat.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    ConnectWait(ConnId),
    Dead(ConnId),
    Ping(ConnId),
    RankLookup(ConnId),
    Afk(ConnId),
    Playback(String),
    MediaLookup(String),
    PollTimeout(String),
    Usercount(String),
    Save,
}

impl Model {
    /// The earliest deadline.
    pub(super) fn earliest(&self) -> Option<(i64, Due)> {
        let conns = self.conns.iter().flat_map(|(id, conn)| {
            let id = *id;
            let user = &conn.user;
            [
                (conn.connect_by_ms, Due::ConnectWait(id)),
                (conn.dead_at_ms, Due::Dead(id)),
                (conn.ping_at_ms, Due::Ping(id)),
                (user.rank_lookup_at_ms, Due::RankLookup(id)),
                (user.afk_at_ms, Due::Afk(id)),
            ]
        });
        let rooms = self
            .rooms
            .values()
            .filter(|room| room.loaded)
            .flat_map(|room| {
                let name = || room.name.clone();
                let lookup_ms = room.playlist.pending.front().map(|add| add.ready_at_ms);
                let poll_ms = room.poll.as_ref().and_then(|poll| poll.close_at_ms);
                [
                    (room.playlist.tick_at_ms, Due::Playback(name())),
                    (lookup_ms, Due::MediaLookup(name())),
                    (poll_ms, Due::PollTimeout(name())),
                    (room.usercount.timer_ms(), Due::Usercount(name())),
                ]
            });
        conns
            .chain(rooms)
            .chain([(self.save_at_ms, Due::Save)])
            .filter_map(|(due_ms, due)| Some((due_ms?, due)))
            .min()
    }

    /// Does what is due. Each arm moves or clears its deadline.
    pub(super) fn happen(&mut self, due: Due) {
        match due {
            Due::ConnectWait(id) | Due::Dead(id) => self.hang_up(id),
            Due::Ping(id) => self.ping(id),
            Due::RankLookup(id) => self.look_up_rank(id),
            Due::Afk(id) => {
                if let Some(user) = self.user_mut(id) {
                    user.afk_at_ms = None;
                }
                self.set_afk(id, true);
            }
            Due::Playback(room) => self.playback_tick(&room),
            Due::MediaLookup(room) => self.finish_lookup(&room),
            Due::PollTimeout(room) => self.close_poll(&room),
            Due::Usercount(room) => self.usercount_timer(&room),
            Due::Save => self.save_all(),
        }
    }

    fn ping(&mut self, id: ConnId) {
        let dead_at_ms = self.now_ms + self.config.ping_timeout_ms;
        if let Some(conn) = self.conns.get_mut(&id) {
            conn.ping_at_ms = None;
            conn.dead_at_ms = Some(dead_at_ms);
            self.send(id, "2".into());
        }
    }

    /// Ends the transport from this side.
    pub(super) fn hang_up(&mut self, id: ConnId) {
        self.forget(id);
        if !id.is_bot() {
            self.out.push_back(Out::Close { conn: id });
        }
    }

    /// Takes the user out of its room and drops the connection.
    pub(super) fn forget(&mut self, id: ConnId) {
        if let Some(conn) = self.conns.get_mut(&id) {
            conn.phase = Phase::Disconnected;
            self.part(id);
            self.conns.remove(&id);
        }
    }
}
