//! Permissions, message of the day, styles and scripts (`src/channel/permissions.js`,
//! `customization.js`). Who asks without the rank is thrown out, as on the server.

use crate::testing::model::Model;
use crate::testing::model::conn::ConnId;
use crate::testing::model::html::{cut_utf16, sanitize};
use crate::testing::model::wire::text;
use serde_json::Value;

/// Longest message of the day, style and script, in UTF-16 units; longer ones are cut.
const TEXT_UNITS_MAX: usize = 20_000;

impl Model {
    pub(super) fn on_set_permissions(&mut self, id: ConnId, arg: Option<&Value>) {
        let (Some(Value::Object(changes)), Some(room)) = (arg, self.room_name(id)) else {
            return;
        };
        if self.rank(id) < 3.0 {
            return self.kick(id, Some("Attempted setPermissions as a non-admin"));
        }
        let Some(permissions) = self.rooms.get_mut(&room).map(|room| &mut room.permissions) else {
            return;
        };
        permissions.update(changes);
        let packed = permissions.pack();
        if changes.contains_key("seeplaylist") {
            for user in self.users_of(&room) {
                self.send_playlist(user);
            }
        }
        self.broadcast(&room, "setPermissions", &packed);
    }

    pub(super) fn on_set_motd(&mut self, id: ConnId, arg: &Value) {
        let Some(room) = self.room_name(id) else {
            return;
        };
        if !self.allowed(id, "motdedit") {
            return self.kick(id, Some("Attempted setMotd with insufficient permission"));
        }
        let motd = cut_utf16(text(arg, "motd").unwrap_or(""), TEXT_UNITS_MAX);
        let motd = sanitize(&motd);
        if let Some(room) = self.rooms.get_mut(&room) {
            room.motd.clone_from(&motd);
        }
        self.broadcast(&room, "setMotd", &Value::from(motd));
    }

    /// `setChannelCSS` and `setChannelJS`; silent when nothing changes.
    pub(super) fn on_set_style(&mut self, id: ConnId, event: &str, arg: &Value) {
        let Some(name) = self.room_name(id) else {
            return;
        };
        if self.rank(id) < 3.0 {
            return self.kick(id, Some(&format!("Attempted {event} as non-admin")));
        }
        let css = event == "setChannelCSS";
        let wanted = text(arg, if css { "css" } else { "js" }).unwrap_or("");
        let wanted = cut_utf16(wanted, TEXT_UNITS_MAX);
        let Some(room) = self.rooms.get_mut(&name) else {
            return;
        };
        let kept = if css { &mut room.css } else { &mut room.js };
        if *kept != wanted {
            *kept = wanted;
            let style = room.pack_style();
            self.broadcast(&name, "channelCSSJS", &style);
        }
    }
}
