//! Adding to the playlist (`src/channel/playlist.js`, `handleQueue` and `_addItem`).
//!
//! Permissions first, many of them silent; then the rate; then the lookup, one at a time for the
//! whole room; then the limits. What waits for its lookup is dropped unanswered by a clear or a
//! shuffle, as on the server.

use crate::testing::model::Model;
use crate::testing::model::conn::ConnId;
use crate::testing::model::limits::Rate;
use crate::testing::model::list::{Item, Media, clock_text};
use crate::testing::model::media::{is_live, link, look_up, media};
use crate::testing::model::wire::{as_f64, num, text, truthy};
use serde_json::{Value, json};

/// An add under way. It outlives the connection it came from.
#[derive(Clone, Debug)]
pub(super) struct PendingAdd {
    pub(super) ready_at_ms: i64,
    kind: String,
    order: Order,
}

/// Who adds what, and how.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) conn: ConnId,
    pub(super) name: String,
    pub(super) rank: f64,
    /// As the client named it; absent from a saved playlist.
    pub(super) id: Option<Value>,
    pub(super) link: Value,
    pub(super) next: bool,
    pub(super) temp: bool,
    pub(super) title: Option<String>,
    pub(super) duration_s: Option<f64>,
    /// Longest media allowed, in seconds; 0 is any.
    pub(super) seconds_max: f64,
}

impl Model {
    pub(super) fn on_queue(&mut self, id: ConnId, arg: &Value) {
        let (Some(kind), Some(pos)) = (text(arg, "type"), text(arg, "pos")) else {
            return;
        };
        let next = pos == "next";
        let media_id = arg.get("id").cloned().unwrap_or_default();
        if (!next && pos != "end")
            || media_id == Value::Bool(true)
            || !self.allowed(id, "playlistadd")
            || (next && !self.allowed(id, "playlistnext"))
        {
            return;
        }
        let link = link(kind, media_id.as_str().unwrap_or(""));
        let fail = |msg: &str| json!({ "msg": msg, "link": link, "id": media_id });
        if let Some((what, _)) = special_permission(kind)
            .into_iter()
            .flatten()
            .find(|(_, permission)| !self.allowed(id, permission))
        {
            let failure = fail(&format!("You don't have permission to add {what}"));
            return self.emit(id, "queueFail", &failure);
        }
        if self.adds_too_fast(id) {
            let failure = fail("You are adding videos too quickly");
            return self.emit(id, "queueFail", &failure);
        }
        let mut order = self.order(id, next, truthy(arg.get("temp")));
        order.link = Value::from(link.clone());
        order.title = text(arg, "title")
            .filter(|_| matches!(kind, "cu" | "fi"))
            .map(str::to_owned);
        order.duration_s = as_f64(arg.get("duration")).filter(|_| is_live(kind));
        order.id = Some(media_id);
        let kind = kind.to_owned();
        self.start_lookup(id, kind, order);
    }

    /// An order with what follows from the user and the room.
    pub(super) fn order(&self, id: ConnId, next: bool, temp: bool) -> Order {
        let seconds_max = self.room_of(id).map_or(0.0, |room| room.options.maxlength);
        Order {
            conn: id,
            name: self.name(id),
            rank: self.rank(id),
            id: None,
            link: Value::Null,
            next,
            temp: temp || !self.allowed(id, "addnontemp"),
            title: None,
            duration_s: None,
            seconds_max: if self.allowed(id, "exceedmaxlength") {
                0.0
            } else {
                seconds_max
            },
        }
    }

    fn adds_too_fast(&mut self, id: ConnId) -> bool {
        let now_ms = self.now_ms;
        self.user_mut(id).is_some_and(|user| {
            let rate = if user.rank >= 2.0 {
                Rate::new(10.0, 2.0)
            } else {
                Rate::new(3.0, 1.0)
            };
            user.queue_limiter.throttles(rate, now_ms)
        })
    }

    fn start_lookup(&mut self, id: ConnId, kind: String, order: Order) {
        let (now_ms, lookup_ms) = (self.now_ms, self.config.media_lookup_ms);
        let Some(room) = self.room_of_mut(id) else {
            return;
        };
        let last_ms = room
            .playlist
            .pending
            .back()
            .map_or(now_ms, |add| add.ready_at_ms);
        let ready_at_ms = last_ms.max(now_ms) + lookup_ms;
        room.playlist.pending.push_back(PendingAdd {
            ready_at_ms,
            kind,
            order,
        });
        let name = room.name.clone();
        if ready_at_ms <= now_ms {
            self.finish_lookup(&name);
        }
    }

    /// The provider has answered the oldest pending add.
    pub(super) fn finish_lookup(&mut self, room: &str) {
        let Some(add) = self
            .rooms
            .get_mut(room)
            .and_then(|room| room.playlist.pending.pop_front())
        else {
            return;
        };
        let PendingAdd { kind, order, .. } = add;
        let id = order.id.as_ref().and_then(Value::as_str).unwrap_or("");
        match look_up(&self.config, &kind, id) {
            Ok(mut found) => {
                // Each goes right behind what plays, so the last must go first.
                if order.next {
                    found.reverse();
                }
                for media in found {
                    self.add_item(room, media, &order);
                }
            }
            Err(reason) => self.queue_fail(&order, &reason),
        }
    }

    pub(super) fn queue_fail(&mut self, order: &Order, msg: &str) {
        let mut failure = json!({ "msg": msg, "link": order.link });
        if let (Some(id), Value::Object(failure)) = (&order.id, &mut failure) {
            failure.insert("id".into(), id.clone());
        }
        self.emit(order.conn, "queueFail", &failure);
    }

    /// Puts media on the list, if the limits allow.
    pub(super) fn add_item(&mut self, room: &str, mut media: Media, order: &Order) {
        if let Some(seconds) = order.duration_s.filter(|seconds| *seconds > 0.0) {
            media.seconds = seconds;
            media.duration = clock_text(seconds);
        }
        if let Err(msg) = self.check_limits(room, &media, order) {
            return self.queue_fail(order, &msg);
        }
        if let Some(countries) = text(&media.meta, "restricted") {
            let msg = format!("Video is blocked in the following countries: {countries}");
            let mut warning = json!({ "msg": msg });
            if let (false, Value::Object(warning)) = (order.link.is_null(), &mut warning) {
                warning.insert("link".into(), order.link.clone());
            }
            self.emit(order.conn, "queueWarn", &warning);
        }
        if let Some(title) = order
            .title
            .as_deref()
            .filter(|_| matches!(media.kind.as_str(), "cu" | "fi"))
        {
            media = Media {
                title: title_of(title),
                ..media
            };
        }
        let Some((index, uid)) = self.insert(room, media, order) else {
            return self.queue_fail(order, "Playlist failure");
        };
        self.announce_item(room, index, uid);
    }

    /// Inserts the item; one already listed moves to its new place, under a new uid.
    fn insert(&mut self, room: &str, media: Media, order: &Order) -> Option<(usize, i64)> {
        let room_state = self.rooms.get_mut(room)?;
        let dupes = room_state.options.allow_dupes;
        let playlist = &mut room_state.playlist;
        let listed = playlist
            .items
            .iter()
            .find(|item| item.media.id == media.id && !dupes);
        let listed = listed.map(|item| (item.uid, item.temp));
        let uid = playlist.new_uid();
        let mut item = Item {
            uid,
            media,
            temp: order.temp,
            queueby: order.name.clone(),
        };
        let current = playlist.current.as_ref().map(|item| item.uid);
        let Some(current) = current.filter(|_| order.next) else {
            playlist.items.push(item);
            return Some((playlist.items.len() - 1, uid));
        };
        if let Some((_, temp)) = listed {
            item.temp = temp;
        }
        if !playlist.insert_after(item, current) {
            return None;
        }
        if let Some((old, _)) = listed {
            self.delete_item(room, old);
        }
        let index = self.rooms.get(room)?.playlist.index_of(uid)?;
        Some((index, uid))
    }

    fn announce_item(&mut self, room: &str, index: usize, uid: i64) {
        let Some(playlist) = self.rooms.get_mut(room).map(|room| &mut room.playlist) else {
            return;
        };
        let Some(item) = playlist.find(uid).cloned() else {
            return;
        };
        let before = index
            .checked_sub(1)
            .and_then(|index| playlist.items.get(index));
        let after = before.map_or_else(|| Value::from("prepend"), |item| Value::from(item.uid));
        playlist.count += 1;
        playlist.raw_time_s += item.media.seconds;
        let plays = playlist.items.len() == 1;
        let queued = json!({ "item": item.pack(), "after": after });
        if plays {
            playlist.current = Some(item);
        }
        self.broadcast_to(room, "seeplaylist", "queue", &queued);
        self.send_playlist_meta(room);
        if plays {
            self.start_playback(room, None);
        }
    }

    fn check_limits(&self, room: &str, media: &Media, order: &Order) -> Result<(), String> {
        let Some(room) = self.rooms.get(room) else {
            return Err("Playlist failure".into());
        };
        let may = |permission| room.permissions.allow(order.rank, permission);
        let (options, playlist) = (&room.options, &room.playlist);
        if media.seconds == 0.0 && !may("playlistaddlive") {
            return Err("You don't have permission to add livestreams".into());
        }
        if order.seconds_max > 0.0 && media.seconds > order.seconds_max {
            let seconds = num(order.seconds_max);
            return Err(format!(
                "Video exceeds the maximum length set by the channel admin: {seconds} seconds"
            ));
        }
        let items_max = self.config.playlist_items_max;
        if playlist.items.len() >= items_max {
            return Err(format!("Playlist limit reached ({items_max})"));
        }
        let listed = playlist.items.iter().find(|item| item.media.id == media.id);
        if !options.allow_dupes
            && listed.is_some_and(|item| !order.next || playlist.is_current(item.uid))
        {
            return Err("This item is already on the playlist".into());
        }
        let own = || {
            playlist
                .items
                .iter()
                .filter(|item| item.queueby.eq_ignore_ascii_case(&order.name))
        };
        let count_max = options.playlist_max_per_user;
        if count_max > 0 && own().count() as i64 >= count_max && !may("exceedmaxitems") {
            return Err("Channel limit exceeded: maximum number of videos per user".into());
        }
        let total_max = options.playlist_max_duration_per_user;
        let total = own().map(|item| item.media.seconds).sum::<f64>() + media.seconds;
        if total_max > 0.0 && total >= total_max && !may("exceedmaxdurationperuser") {
            return Err("Channel limit exceeded: maximum total playlist time per user".into());
        }
        Ok(())
    }
}

/// What some types need besides, in the order they are asked for: name and permission.
fn special_permission(kind: &str) -> [Option<(&'static str, &'static str)>; 2] {
    let live = is_live(kind).then_some(("live media", "playlistaddlive"));
    let special = match kind {
        "yp" => Some(("playlists", "playlistaddlist")),
        "cu" => Some(("custom embeds", "playlistaddcustom")),
        "fi" | "cm" => Some(("raw video files", "playlistaddrawfile")),
        _ => None,
    };
    [live, special]
}

/// A title as media keep it.
fn title_of(title: &str) -> String {
    media("", "", title, 0.0, Value::Null).title
}
