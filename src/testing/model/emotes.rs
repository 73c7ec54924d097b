//! Emotes (`src/channel/emotes.js`). Moves are not told to anybody, as on the server.

use crate::testing::model::Model;
use crate::testing::model::conn::ConnId;
use crate::testing::model::html::escape;
use crate::testing::model::room::Room;
use crate::testing::model::wire::text;
use serde_json::{Value, json};

/// Longest address of an image, in bytes.
const IMAGE_BYTES_MAX: usize = 1_000;

impl Room {
    pub(super) fn pack_emotes(&self) -> Value {
        Value::Array(
            self.emotes
                .iter()
                .map(|(name, image)| pack(name, image))
                .collect(),
        )
    }
}

impl Model {
    fn emote_room(&self, id: ConnId, permission: &str) -> Option<String> {
        self.room_name(id).filter(|_| self.allowed(id, permission))
    }

    fn alert(&mut self, id: ConnId, msg: &str) {
        self.emit(id, "errorMsg", &json!({ "msg": msg, "alert": true }));
    }

    /// Changes or appends.
    pub(super) fn on_update_emote(&mut self, id: ConnId, arg: Option<&Value>) {
        let (Some(arg), Some(name)) = (arg, self.emote_room(id, "emoteedit")) else {
            return;
        };
        let (emote, image) = match checked(arg) {
            Ok(emote) => emote,
            Err(msg) => return self.alert(id, msg),
        };
        let Some(room) = self.rooms.get_mut(&name) else {
            return;
        };
        match room.emotes.iter_mut().find(|(known, _)| *known == emote) {
            Some((_, known)) => known.clone_from(&image),
            None => room.emotes.push((emote.clone(), image.clone())),
        }
        self.broadcast(&name, "updateEmote", &pack(&emote, &image));
    }

    pub(super) fn on_rename_emote(&mut self, id: ConnId, arg: Option<&Value>) {
        let (Some(arg), Some(name)) = (arg, self.emote_room(id, "emoteedit")) else {
            return;
        };
        let (Some(old), Some(room)) = (text(arg, "old"), self.rooms.get_mut(&name)) else {
            return;
        };
        let (emote, image) = match checked(arg) {
            Ok(emote) => emote,
            Err(msg) => return self.alert(id, msg),
        };
        if emote != old && room.emotes.iter().any(|(known, _)| *known == emote) {
            return self.alert(id, "Emote already exists.");
        }
        let Some(entry) = room.emotes.iter_mut().find(|(known, _)| known == old) else {
            return self.alert(id, "Emote to be renamed does not exist.");
        };
        *entry = (emote.clone(), image.clone());
        let mut told = pack(&emote, &image);
        if let Value::Object(told) = &mut told {
            told.insert("old".into(), old.into());
        }
        self.broadcast(&name, "renameEmote", &told);
    }

    /// Removes, and echoes the request even if there was nothing to remove.
    pub(super) fn on_remove_emote(&mut self, id: ConnId, arg: Option<&Value>) {
        let (Some(arg), Some(name)) = (arg, self.emote_room(id, "emoteedit")) else {
            return;
        };
        let (Some(emote), Some(room)) = (text(arg, "name"), self.rooms.get_mut(&name)) else {
            return;
        };
        room.emotes.retain(|(known, _)| known != emote);
        self.broadcast(&name, "removeEmote", arg);
    }

    pub(super) fn on_move_emote(&mut self, id: ConnId, arg: Option<&Value>) {
        let Some(name) = self.emote_room(id, "emoteedit") else {
            return;
        };
        if let Some(room) = self.rooms.get_mut(&name) {
            shift(&mut room.emotes, arg);
        }
    }

    pub(super) fn on_import_emotes(&mut self, id: ConnId, arg: Option<&Value>) {
        let (Some(Value::Array(list)), Some(name)) = (arg, self.emote_room(id, "emoteimport"))
        else {
            return;
        };
        let Some(room) = self.rooms.get_mut(&name) else {
            return;
        };
        room.emotes = list
            .iter()
            .filter_map(|emote| checked(emote).ok())
            .collect();
        let packed = room.pack_emotes();
        self.broadcast(&name, "emoteList", &packed);
    }
}

/// Moves an entry from one index to another, if both are given and the first exists.
pub(super) fn shift<T>(list: &mut Vec<T>, arg: Option<&Value>) {
    let index = |key| {
        arg?.get(key)?
            .as_u64()
            .and_then(|n| usize::try_from(n).ok())
    };
    if let (Some(from), Some(to)) = (index("from"), index("to"))
        && from < list.len()
    {
        let entry = list.remove(from);
        list.insert(to.min(list.len()), entry);
    }
}

/// Name and image of an emote as kept.
fn checked(arg: &Value) -> Result<(String, String), &'static str> {
    let name = text(arg, "name").filter(|name| !name.trim().is_empty());
    let image = text(arg, "image").filter(|image| !image.is_empty());
    match (name, image) {
        (Some(_), Some(image)) if image.len() > IMAGE_BYTES_MAX => {
            Err("Emote image URL is too long.")
        }
        (Some(name), Some(image)) => Ok((name.to_owned(), escape(image))),
        _ => Err("Emote names and images must not be blank."),
    }
}

fn pack(name: &str, image: &str) -> Value {
    let mut source = String::from(r"(^|\s)");
    for c in escape(name).chars() {
        if r"\.?+*$^|()[]{}".contains(c) {
            source.push('\\');
        }
        source.push(c);
    }
    source.push_str(r"(?!\S)");
    // The escapes of parentheses are undone: they come literal on the wire.
    let source = source.replace("&#40;", r"\(").replace("&#41;", r"\)");
    json!({ "name": name, "image": image, "source": source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_escaped_as_recorded() {
        assert_eq!(pack(":wave:", "x")["source"], r"(^|\s):wave:(?!\S)");
        assert_eq!(pack("(two)", "x")["source"], r"(^|\s)\(two\)(?!\S)");
    }
}
