//! Polls (`src/channel/poll.js`, `src/poll.js`): the one event with acks, votes by address.

use crate::testing::model::Model;
use crate::testing::model::conn::ConnId;
use crate::testing::model::html::format_poll;
use crate::testing::model::wire::{self, as_f64, text, truthy};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Longest title and option, in UTF-16 units.
const TEXT_UNITS_MAX: usize = 255;

/// An open poll.
#[derive(Clone, Debug)]
pub(super) struct Poll {
    /// HTML, like the options.
    pub(super) title: String,
    pub(super) options: Vec<String>,
    /// Option by address.
    votes: BTreeMap<String, usize>,
    pub(super) initiator: String,
    pub(super) timestamp_ms: i64,
    pub(super) obscured: bool,
    retain_votes: bool,
    /// When it closes by itself; lost when the room is unloaded.
    pub(super) close_at_ms: Option<i64>,
}

impl Poll {
    /// Votes for each option.
    pub(super) fn counts(&self) -> Vec<usize> {
        let votes_for = |option| self.votes.values().filter(|vote| **vote == option).count();
        (0..self.options.len()).map(votes_for).collect()
    }

    /// As a viewer sees it who may, or may not, see hidden counts.
    fn pack(&self, sees_hidden: bool) -> Value {
        let show = |count: usize| match (self.obscured, sees_hidden) {
            (false, _) => Value::from(count),
            (true, true) => Value::from(format!("{count}?")),
            (true, false) => Value::from("?"),
        };
        let counts: Vec<_> = self.counts().into_iter().map(show).collect();
        json!({
            "title": self.title,
            "options": self.options,
            "counts": counts,
            "initiator": self.initiator,
            "timestamp": self.timestamp_ms,
        })
    }
}

impl Model {
    pub(super) fn send_poll(&mut self, id: ConnId) {
        let sees_hidden = self.allowed(id, "viewhiddenpoll");
        let poll = self.room_of(id).and_then(|room| room.poll.as_ref());
        if let Some(poll) = poll.map(|poll| poll.pack(sees_hidden)) {
            self.emit(id, "newPoll", &poll);
        }
    }

    fn broadcast_poll(&mut self, room: &str, event: &str) {
        let Some(poll) = self.rooms.get(room).and_then(|room| room.poll.as_ref()) else {
            return;
        };
        let (shown, hidden) = (poll.pack(true), poll.pack(false));
        let (seeing, blind): (Vec<_>, Vec<_>) = self
            .users_of(room)
            .into_iter()
            .partition(|user| self.allowed(*user, "viewhiddenpoll"));
        self.emit_all(&seeing, event, &shown);
        self.emit_all(&blind, event, &hidden);
    }

    /// Opens a poll. The former one closes first, even if the new one turns out invalid.
    pub(super) fn on_new_poll(&mut self, id: ConnId, arg: &Value, ack: Option<u64>) {
        let Some(room) = self.room_name(id).filter(|_| self.allowed(id, "pollctl")) else {
            return;
        };
        self.close_poll(&room);
        let empty = Vec::new();
        let options = arg.get("opts").and_then(Value::as_array).unwrap_or(&empty);
        let title = text(arg, "title").unwrap_or("");
        let timeout_s = as_f64(arg.get("timeout"));
        let checked = self.check_poll(title, options, timeout_s);
        if let Ok(options) = &checked {
            let retain_votes = truthy(arg.get("retainVotes"));
            let poll = Poll {
                title: format_poll(title),
                options: options.iter().map(|option| format_poll(option)).collect(),
                votes: BTreeMap::new(),
                initiator: self.name(id),
                timestamp_ms: self.now_ms,
                obscured: truthy(arg.get("obscured")),
                retain_votes,
                close_at_ms: timeout_s.map(|s| self.now_ms + (s * 1_000.0) as i64),
            };
            self.open_poll(&room, poll);
        }
        match (checked, ack) {
            (Ok(_), Some(ack)) => self.send(id, wire::ack(ack, &json!({})).into()),
            (Err(message), Some(ack)) => {
                let error = json!({ "error": { "message": message } });
                self.send(id, wire::ack(ack, &error).into());
            }
            (Err(message), None) => self.error(id, &message),
            (Ok(_), None) => {}
        }
    }

    fn open_poll(&mut self, room: &str, poll: Poll) {
        if let Some(room) = self.rooms.get_mut(room) {
            room.poll = Some(poll);
        }
        self.broadcast_poll(room, "newPoll");
    }

    /// The options as text, or what is wrong with the poll.
    fn check_poll(
        &self,
        title: &str,
        options: &[Value],
        timeout_s: Option<f64>,
    ) -> Result<Vec<String>, String> {
        let options_max = self.config.poll_options_max;
        if title.encode_utf16().count() > TEXT_UNITS_MAX {
            return Err("Poll title must be no more than 255 characters long.".into());
        }
        if options.len() > options_max {
            return Err(format!(
                "Polls are limited to a maximum of {options_max} options."
            ));
        }
        let check_option = |option: &Value| {
            let option = option.as_str().ok_or("Poll options must be strings.")?;
            if option.is_empty() || option.encode_utf16().count() > TEXT_UNITS_MAX {
                return Err("Poll options must be 1-255 characters long.");
            }
            Ok(option.to_owned())
        };
        let options = options.iter().map(check_option).collect::<Result<_, _>>()?;
        if timeout_s.is_some_and(|s| !(1.0..=86_400.0).contains(&s)) {
            return Err("Poll timeout must be between 1 and 86400 seconds".into());
        }
        Ok(options)
    }

    /// `/poll title,option,…`: the title keeps its leading space, as on the server.
    pub(super) fn command_poll(&mut self, id: ConnId, msg: &str, command: &str, obscured: bool) {
        let Some(room) = self.room_name(id).filter(|_| self.allowed(id, "pollctl")) else {
            return;
        };
        self.close_poll(&room);
        let mut parts = msg.strip_prefix(command).unwrap_or("").split(',');
        let title = parts.next().unwrap_or("");
        let options: Vec<_> = parts.map(Value::from).collect();
        match self.check_poll(title, &options, None) {
            Ok(options) => {
                let poll = Poll {
                    title: format_poll(title),
                    options: options.iter().map(|option| format_poll(option)).collect(),
                    votes: BTreeMap::new(),
                    initiator: self.name(id),
                    timestamp_ms: self.now_ms,
                    obscured,
                    retain_votes: false,
                    close_at_ms: None,
                };
                self.open_poll(&room, poll);
            }
            Err(message) => self.error(id, &format!("Error creating poll: {message}")),
        }
    }

    pub(super) fn on_vote(&mut self, id: ConnId, arg: &Value) {
        if !self.allowed(id, "pollvote") {
            return;
        }
        let ip = self.ip(id);
        let option = arg
            .get("option")
            .and_then(Value::as_u64)
            .and_then(|n| usize::try_from(n).ok());
        let Some(room) = self.room_of_mut(id) else {
            return;
        };
        let Some(poll) = room.poll.as_mut() else {
            return;
        };
        let Some(option) = option.filter(|option| *option < poll.options.len()) else {
            return;
        };
        if poll.votes.insert(ip, option) != Some(option) {
            let name = room.name.clone();
            self.broadcast_poll(&name, "updatePoll");
        }
    }

    /// A voter has left.
    pub(super) fn withdraw_poll_vote(&mut self, room: &str, ip: &str) {
        let poll = self.rooms.get_mut(room).and_then(|room| room.poll.as_mut());
        let Some(poll) = poll.filter(|poll| !poll.retain_votes) else {
            return;
        };
        if poll.votes.remove(ip).is_some() {
            self.broadcast_poll(room, "updatePoll");
        }
    }

    pub(super) fn on_close_poll(&mut self, id: ConnId) {
        if let Some(room) = self.room_name(id).filter(|_| self.allowed(id, "pollctl")) {
            self.close_poll(&room);
        }
    }

    /// Closes the open poll, if any; a hidden one is revealed first.
    pub(super) fn close_poll(&mut self, room: &str) {
        let Some(mut poll) = self.rooms.get_mut(room).and_then(|room| room.poll.take()) else {
            return;
        };
        if std::mem::take(&mut poll.obscured) {
            self.broadcast(room, "updatePoll", &poll.pack(true));
        }
        self.broadcast(room, "closePoll", &Value::Null);
    }
}
