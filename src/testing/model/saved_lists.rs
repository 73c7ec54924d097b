//! Playlists that accounts keep, and the search (`src/channel/playlist.js`, `library.js`).

use crate::testing::model::Model;
use crate::testing::model::conn::ConnId;
use crate::testing::model::html::cut_utf16;
use crate::testing::model::wire::{num, text, truthy};
use serde_json::{Value, json};

/// Saved playlists of one account.
const LISTS_MAX: usize = 100;

impl Model {
    /// The account's name, or the refusal that guests get.
    fn account_of(&mut self, id: ConnId) -> Option<String> {
        let account = self
            .user(id)
            .filter(|user| user.registered)
            .map(|user| user.name.clone());
        if account.is_none() {
            self.error(
                id,
                "Only registered users can use the user playlist function.",
            );
        }
        account
    }

    pub(super) fn on_list_playlists(&mut self, id: ConnId) {
        let Some(account) = self.account_of(id) else {
            return;
        };
        let own = self
            .saved_lists
            .iter()
            .filter(|((owner, _), _)| *owner == account);
        let lists = own.map(|((_, name), media)| {
            let seconds: f64 = media.iter().map(|media| media.seconds).sum();
            json!({ "name": name, "count": media.len(), "duration": num(seconds) })
        });
        let lists = Value::Array(lists.collect());
        self.emit(id, "listPlaylists", &lists);
    }

    pub(super) fn on_clone_playlist(&mut self, id: ConnId, arg: &Value) {
        let (Some(account), Some(name)) = (self.account_of(id), text(arg, "name")) else {
            return;
        };
        if !self.allowed(id, "seeplaylist") {
            return self.error(id, "You are not allowed to save this playlist");
        }
        let Some(items) = self.room_of(id).map(|room| &room.playlist.items) else {
            return;
        };
        let media = items.iter().map(|item| item.media.clone()).collect();
        let key = (account, cut_utf16(name, 100));
        if self.saved_lists.len() < LISTS_MAX || self.saved_lists.contains_key(&key) {
            self.saved_lists.insert(key, media);
        }
        self.on_list_playlists(id);
    }

    pub(super) fn on_delete_playlist(&mut self, id: ConnId, arg: &Value) {
        let (Some(account), Some(name)) = (self.account_of(id), text(arg, "name")) else {
            return;
        };
        self.saved_lists.remove(&(account, name.to_owned()));
        self.on_list_playlists(id);
    }

    pub(super) fn on_queue_playlist(&mut self, id: ConnId, arg: &Value) {
        let (Some(name), Some(pos)) = (text(arg, "name"), text(arg, "pos")) else {
            return;
        };
        let next = pos == "next";
        let Some(room) = self
            .room_name(id)
            .filter(|_| self.allowed(id, "playlistaddlist"))
        else {
            return;
        };
        if (!next && pos != "end") || (next && !self.allowed(id, "playlistnext")) {
            return;
        }
        let Some(mut list) = self
            .saved_lists
            .get(&(self.name(id), name.to_owned()))
            .cloned()
        else {
            return self.error(id, "Playlist load failed: Playlist does not exist");
        };
        if next {
            list.reverse();
        }
        let order = self.order(id, next, truthy(arg.get("temp")));
        for media in list {
            self.add_item(&room, media, &order);
        }
    }

    /// Searches what is on the list and what the imitated providers know.
    pub(super) fn on_search_media(&mut self, id: ConnId, arg: &Value) {
        let query = cut_utf16(text(arg, "query").unwrap_or(""), 100).to_lowercase();
        let Some(room) = self.room_of(id) else {
            return;
        };
        let library =
            text(arg, "source") != Some("yt") && room.registered && self.allowed(id, "seeplaylist");
        let matches = |title: &str| title.to_lowercase().contains(&query);
        let results: Vec<Value> = if library {
            let items = room
                .playlist
                .items
                .iter()
                .filter(|item| matches(&item.media.title));
            let row = |media: &crate::testing::model::list::Media| {
                json!({
                    "id": media.id,
                    "title": media.title,
                    "seconds": num(media.seconds),
                    "type": media.kind,
                    "meta": media.meta.to_string(),
                    "channel": room.name,
                    "duration": media.duration,
                })
            };
            items.map(|item| row(&item.media)).collect()
        } else {
            let known = self
                .config
                .media
                .iter()
                .filter(|media| media.kind == "yt" && matches(&media.title));
            known
                .map(|known| {
                    crate::testing::model::media::media(
                        "yt",
                        &known.id,
                        &known.title,
                        known.seconds,
                        json!({}),
                    )
                    .pack()
                })
                .collect()
        };
        let source = if library { "library" } else { "yt" };
        self.emit(
            id,
            "searchResults",
            &json!({ "source": source, "results": results }),
        );
    }
}
