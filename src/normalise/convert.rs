//! Wire shapes into our own nouns, moderators' knowledge left behind unless it is to be kept.

use super::redact;
use crate::cytube::{
    AnnouncementWire, BanWire, CssJsWire, PlaylistMetaWire, SavedPlaylistWire, UserMetaWire,
    UserWire,
};
use crate::html::text_of_html;
use crate::model::{
    Announcement, Ban, BanScope, CssJs, ModeratorData, Options, PlaylistMeta, SavedPlaylist, User,
};
use serde_json::Value;

pub(super) fn user(wire: UserWire, keep_moderator_data: bool) -> User {
    let UserWire {
        name,
        rank,
        profile,
        meta,
    } = wire;
    let (afk, muted) = (meta.afk, meta.muted);
    User {
        name,
        rank,
        profile,
        afk,
        muted,
        moderator: moderator(meta, keep_moderator_data),
    }
}

/// What only moderators see; `None` where the frame holds none of it, or it is not to be kept.
pub(super) fn moderator(meta: UserMetaWire, keep: bool) -> Option<ModeratorData> {
    let UserMetaWire {
        smuted,
        aliases,
        ip,
        ..
    } = meta;
    let is_told = smuted.is_some() || aliases.is_some() || ip.is_some();
    (keep && is_told).then(|| ModeratorData {
        shadow_muted: smuted.unwrap_or(false),
        aliases: aliases.unwrap_or_default(),
        ip,
    })
}

pub(super) fn meta(wire: PlaylistMetaWire) -> PlaylistMeta {
    PlaylistMeta {
        count: wire.count.0,
        total_seconds: wire.raw_time,
    }
}

/// Settings without the room's password, which every member is told.
pub(super) fn options(options: Options, keep_moderator_data: bool) -> Options {
    let mut value = Value::Object(options.0);
    redact::strip(&mut value, keep_moderator_data);
    match value {
        Value::Object(map) => Options(map),
        _ => Options::default(),
    }
}

pub(super) fn css_js(wire: CssJsWire) -> CssJs {
    CssJs {
        css: wire.css,
        js: wire.js,
    }
}

pub(super) fn announcement(wire: AnnouncementWire) -> Announcement {
    let AnnouncementWire {
        id,
        title,
        text,
        from,
    } = wire;
    Announcement {
        id,
        title,
        text: text_of_html(&text),
        html: text,
        from,
    }
}

pub(super) fn ban(wire: BanWire, keep_moderator_data: bool) -> Ban {
    let scope = if wire.ip == "*" {
        BanScope::Name
    } else {
        BanScope::Address
    };
    Ban {
        id: wire.id.0,
        name: wire.name,
        reason: wire.reason.unwrap_or_default(),
        banned_by: wire.bannedby.unwrap_or_default(),
        scope,
        ip: (keep_moderator_data && scope == BanScope::Address).then_some(wire.ip),
    }
}

pub(super) fn saved_playlist(wire: SavedPlaylistWire) -> SavedPlaylist {
    SavedPlaylist {
        name: wire.name,
        count: wire.count.0,
        seconds: wire.duration.unwrap_or(0.0),
    }
}
