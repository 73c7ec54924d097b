//! Votes to skip what plays (`src/channel/voteskip.js`): one an address, withdrawn by leaving and
//! by going away.

use crate::testing::model::Model;
use crate::testing::model::conn::ConnId;
use crate::testing::model::users::server_message;
use crate::testing::model::wire::num;
use serde_json::json;

impl Model {
    pub(super) fn on_voteskip(&mut self, id: ConnId) {
        let ip = self.ip(id);
        let Some(room) = self.room_name(id).filter(|_| self.allowed(id, "voteskip")) else {
            return;
        };
        let Some(state) = self
            .rooms
            .get_mut(&room)
            .filter(|room| room.options.allow_voteskip)
        else {
            return;
        };
        let is_new = state.skip_votes.get_or_insert_default().insert(ip);
        self.set_afk(id, false);
        if is_new {
            self.update_voteskip(&room);
        }
    }

    pub(super) fn withdraw_skip_vote(&mut self, room: &str, ip: &str) {
        if let Some(votes) = self
            .rooms
            .get_mut(room)
            .and_then(|room| room.skip_votes.as_mut())
        {
            votes.remove(ip);
        }
    }

    /// Counts anew, after anything that moves the votes or the need.
    pub(super) fn update_voteskip(&mut self, room: &str) {
        let Some(state) = self.rooms.get(room) else {
            return;
        };
        let Some(votes) = state.skip_votes.as_ref().map(|votes| votes.len()) else {
            return;
        };
        if !state.options.allow_voteskip || state.playlist.count == 0 {
            return;
        }
        let ratio = state.options.voteskip_ratio;
        let total = state.users.len();
        let barred = state
            .users
            .iter()
            .filter(|id| !self.allowed(**id, "voteskip"))
            .count();
        let away = |id: &&_| {
            self.allowed(**id, "voteskip") && self.user(**id).is_some_and(|user| user.afk)
        };
        let away = state.users.iter().filter(away).count();
        let eligible = total - barred - away;
        let need = (eligible as f64 * ratio).ceil();
        if votes == 0 || (votes as f64) < need {
            let counts = json!({ "count": votes, "need": num(need) });
            return self.broadcast_to(room, "viewvoteskip", "voteskip", &counts);
        }
        let msg = format!(
            "Voteskip passed: {votes}/{eligible} skipped; eligible voters: {eligible} = total \
             ({total}) - AFK ({away}) - no permission ({barred}); ratio = {}",
            num(ratio)
        );
        let message = server_message("[voteskip]", &msg, self.now_ms);
        self.broadcast(room, "chatMsg", &message);
        self.reset_voteskip(room);
        self.play_next(room);
    }

    /// Forgets the votes, as at every change of media.
    pub(super) fn reset_voteskip(&mut self, room: &str) {
        if let Some(room) = self.rooms.get_mut(room) {
            room.skip_votes = None;
        }
        let none = json!({ "count": 0, "need": 0 });
        self.broadcast_to(room, "viewvoteskip", "voteskip", &none);
    }
}
