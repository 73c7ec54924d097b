//! The providers: whose address it is, what an id looks like, and the way back.

use super::address::Address;
use super::ids::*;
use super::{MediaLinkError, MediaRef};
use std::borrow::Cow;

/// One provider by its code: what to call it, what its links look like, which ids it can have.
struct Provider {
    kind: &'static str,
    name: &'static str,
    expected: &'static str,
    is_id: fn(&str) -> bool,
}

const PROVIDERS: [Provider; 21] = [
    Provider {
        kind: "yt",
        name: "YouTube",
        expected: "a video has an id of 11 characters, such as https://youtu.be/dQw4w9WgXcQ",
        is_id: |id| id.len() == 11 && is_word(id),
    },
    Provider {
        kind: "yp",
        name: "YouTube",
        expected: "a playlist of a user, such as https://www.youtube.com/playlist?list=PL…",
        is_id: is_youtube_list,
    },
    Provider {
        kind: "vi",
        name: "Vimeo",
        expected: "https://vimeo.com/NUMBER",
        is_id: |id| {
            is_number(id.split('/').next().unwrap_or_default()) && id.split('/').all(is_word)
        },
    },
    Provider {
        kind: "dm",
        name: "Dailymotion",
        expected: "https://www.dailymotion.com/video/ID",
        is_id: is_letters,
    },
    Provider {
        kind: "gd",
        name: "Google Drive",
        expected: "https://drive.google.com/file/d/ID",
        is_id: |id| id.len() >= 10 && is_word(id),
    },
    Provider {
        kind: "sb",
        name: "Streamable",
        expected: "https://streamable.com/ID",
        is_id: is_letters,
    },
    Provider {
        kind: "tc",
        name: "Twitch",
        expected: "https://clips.twitch.tv/SLUG",
        is_id: is_word,
    },
    Provider {
        kind: "tv",
        name: "Twitch",
        expected: "https://www.twitch.tv/videos/NUMBER",
        is_id: |id| id.strip_prefix('v').is_some_and(is_number),
    },
    Provider {
        kind: "tw",
        name: "Twitch",
        expected: "https://www.twitch.tv/CHANNEL",
        is_id: is_word,
    },
    Provider {
        kind: "pt",
        name: "PeerTube",
        expected: "https://HOST/w/ID or https://HOST/videos/watch/UUID",
        is_id: |id| is_pair(id, is_host, is_peertube_id),
    },
    Provider {
        kind: "bc",
        name: "BitChute",
        expected: "https://www.bitchute.com/video/ID",
        is_id: is_word,
    },
    Provider {
        kind: "bn",
        name: "Bandcamp",
        expected: "https://ARTIST.bandcamp.com/track/TRACK",
        is_id: |id| is_pair(id, is_artist, is_word),
    },
    Provider {
        kind: "od",
        name: "Odysee",
        expected: "https://odysee.com/@USER/VIDEO",
        is_id: |id| is_pair(id, is_name, is_name),
    },
    Provider {
        kind: "nv",
        name: "Niconico",
        expected: "https://www.nicovideo.jp/watch/ID",
        is_id: is_letters,
    },
    Provider {
        kind: "li",
        name: "Livestream",
        expected: "https://livestream.com/accounts/NUMBER/events/NUMBER",
        is_id: |id| is_pair(id, is_number, is_number),
    },
    Provider {
        kind: "rt",
        name: "RTMP",
        expected: "rtmp://HOST/…",
        is_id: is_rtmp,
    },
    Provider {
        kind: "hl",
        name: "HLS",
        expected: "an https address that ends with .m3u8",
        is_id: is_https,
    },
    Provider {
        kind: "cu",
        name: "an embed",
        expected: "an <iframe> or <object>",
        is_id: |id| id.starts_with('<') || id.starts_with("cu:"),
    },
    Provider {
        kind: "fi",
        name: "a raw file",
        expected: "an https address of a file",
        is_id: is_https,
    },
    Provider {
        kind: "cm",
        name: "a media manifest",
        expected: "an https address that ends with .json",
        is_id: is_https,
    },
    Provider {
        kind: "sc",
        name: "SoundCloud",
        expected: "https://soundcloud.com/ARTIST/TRACK",
        is_id: is_https,
    },
];

/// Endings of files that a browser plays.
const FILE_ENDINGS: [&str; 14] = [
    "mp4", "m4v", "webm", "mkv", "mov", "ogv", "ogg", "oga", "mp3", "m4a", "flac", "wav", "opus",
    "aac",
];

fn find(kind: &str) -> Option<&'static Provider> {
    PROVIDERS.iter().find(|provider| provider.kind == kind)
}

pub(super) fn is_known(kind: &str) -> bool {
    find(kind).is_some()
}

/// Media of a provider, its id looked at.
pub(super) fn checked(kind: &str, id: &str) -> Result<MediaRef, MediaLinkError> {
    let provider = find(kind).ok_or_else(|| MediaLinkError::UnknownType(kind.to_owned()))?;
    let id = &host_in_lower_case(kind, id);
    if is_id_of(provider, id) {
        Ok(MediaRef::new(kind, id.as_ref()))
    } else {
        Err(MediaLinkError::NotMedia {
            provider: provider.name,
            expected: provider.expected,
        })
    }
}

/// Whether a provider can have this id. Only what is embedded may hold blanks.
fn is_id_of(provider: &Provider, id: &str) -> bool {
    let is_blank = |c: char| c.is_whitespace() || c.is_control();
    (provider.is_id)(id) && (provider.kind == "cu" || !id.contains(is_blank))
}

/// Where a part of the id is that of a host, its case means nothing.
fn host_in_lower_case<'a>(kind: &str, id: &'a str) -> Cow<'a, str> {
    match id.split_once(';') {
        Some((host, rest)) if matches!(kind, "bn" | "pt") => {
            format!("{};{rest}", host.to_ascii_lowercase()).into()
        }
        _ => id.into(),
    }
}

/// Media of a provider whose link may lack the id.
fn found(kind: &str, id: Option<&str>) -> Result<MediaRef, MediaLinkError> {
    checked(kind, id.unwrap_or_default())
}

/// Media behind an address of http or https.
pub(super) fn of_address(address: &Address<'_>, link: &str) -> Result<MediaRef, MediaLinkError> {
    let first = address.parts().next();
    match address.host.as_str() {
        "youtube.com" | "music.youtube.com" => youtube(address),
        "youtu.be" => found("yt", first),
        "vimeo.com" => {
            // A video that is not listed has a hash behind its number.
            let id = address.path.trim_matches('/');
            found("vi", Some(id))
        }
        "player.vimeo.com" => found("vi", address.behind("video")),
        "dailymotion.com" => found("dm", address.behind("video").map(before_title)),
        "dai.ly" => found("dm", first.map(before_title)),
        "drive.google.com" | "docs.google.com" => google(address),
        "streamable.com" => found("sb", first),
        "twitch.tv" => twitch(address),
        "clips.twitch.tv" => found("tc", first),
        "bitchute.com" => found("bc", address.behind("video").or(address.behind("embed"))),
        "odysee.com" => odysee(address),
        "nicovideo.jp" => found("nv", address.behind("watch")),
        "nico.ms" => found("nv", first),
        "livestream.com" => livestream(address),
        "soundcloud.com" => found("sc", Some(link)),
        host => elsewhere(host, address, link),
    }
}

/// Providers without a host of their own, and files.
fn elsewhere(host: &str, address: &Address<'_>, link: &str) -> Result<MediaRef, MediaLinkError> {
    if let Some(artist) = host.strip_suffix(".bandcamp.com") {
        let track = address.behind("track").unwrap_or_default();
        return checked("bn", &format!("{artist};{track}"));
    }
    let watched = match address.behind("videos") {
        Some("watch") => address.parts().nth(2),
        _ => address.behind("w"),
    };
    if let Some(id) = watched.filter(|id| is_peertube_id(id)) {
        return checked("pt", &format!("{};{id}", address.full_host));
    }
    let kind = match address.ending().as_deref() {
        Some("m3u8") => "hl",
        Some("json") => "cm",
        Some(ending) if FILE_ENDINGS.contains(&ending) => "fi",
        _ => return Err(MediaLinkError::UnknownHost(host.to_owned())),
    };
    if address.scheme == "https" && is_https(link) {
        Ok(MediaRef::new(kind, link))
    } else {
        Err(MediaLinkError::Insecure(host.to_owned()))
    }
}

fn youtube(address: &Address<'_>) -> Result<MediaRef, MediaLinkError> {
    match address.parts().next() {
        // A video within a list is that video.
        Some("watch") => found("yt", address.parameter("v")),
        Some("playlist") => found("yp", address.parameter("list")),
        Some(first @ ("shorts" | "live" | "embed" | "v")) => found("yt", address.behind(first)),
        _ => found("yt", None),
    }
}

fn google(address: &Address<'_>) -> Result<MediaRef, MediaLinkError> {
    match address.parts().next() {
        Some("file") => found("gd", address.parts().nth(2)),
        _ => found("gd", address.parameter("id")),
    }
}

fn twitch(address: &Address<'_>) -> Result<MediaRef, MediaLinkError> {
    let mut parts = address.parts();
    match (parts.next(), parts.next(), parts.next()) {
        (Some("videos"), Some(number), _) => checked("tv", &format!("v{number}")),
        (Some(_), Some("clip"), slug) => found("tc", slug),
        (Some(_), Some("v" | "video"), Some(number)) => checked("tv", &format!("v{number}")),
        (channel, None, None) => found("tw", channel),
        _ => found("tw", None),
    }
}

fn odysee(address: &Address<'_>) -> Result<MediaRef, MediaLinkError> {
    let mut parts = address.parts();
    // Each name may have a short claim id behind a colon, which the site does not need.
    let bare = |part: Option<&'_ str>| {
        let part = part.unwrap_or_default();
        part.split(':').next().unwrap_or_default().to_owned()
    };
    let (user, video) = (bare(parts.next()), bare(parts.next()));
    let user = user.strip_prefix('@').unwrap_or_default();
    checked("od", &format!("{user};{video}"))
}

fn livestream(address: &Address<'_>) -> Result<MediaRef, MediaLinkError> {
    let parts: Vec<_> = address.parts().take(4).collect();
    match parts.as_slice() {
        ["accounts", account, "events", event] => checked("li", &format!("{account};{event}")),
        _ => found("li", None),
    }
}

/// The address a person could open for it.
pub(super) fn address_of(kind: &str, id: &str) -> Option<String> {
    let provider = find(kind)?;
    if !is_id_of(provider, id) {
        return None;
    }
    let pair = id.split_once(';').unwrap_or((id, ""));
    Some(match kind {
        "yt" => format!("https://youtu.be/{id}"),
        "yp" => format!("https://www.youtube.com/playlist?list={id}"),
        "vi" => format!("https://vimeo.com/{id}"),
        "dm" => format!("https://dai.ly/{id}"),
        "gd" => format!("https://drive.google.com/file/d/{id}"),
        "sb" => format!("https://streamable.com/{id}"),
        "tc" => format!("https://clips.twitch.tv/{id}"),
        "tv" => format!(
            "https://www.twitch.tv/videos/{}",
            id.trim_start_matches('v')
        ),
        "tw" => format!("https://www.twitch.tv/{id}"),
        "pt" => format!("https://{}/w/{}", pair.0, pair.1),
        "bc" => format!("https://www.bitchute.com/video/{id}"),
        "bn" => format!("https://{}.bandcamp.com/track/{}", pair.0, pair.1),
        "od" => format!("https://odysee.com/@{}/{}", pair.0, pair.1),
        "nv" => format!("https://www.nicovideo.jp/watch/{id}"),
        "li" => format!(
            "https://livestream.com/accounts/{}/events/{}",
            pair.0, pair.1
        ),
        "rt" => id.to_owned(),
        // A file may have any ending by its short form; its address alone would not say so.
        "fi" | "hl" | "cm" | "sc" if MediaRef::parse(id).is_ok_and(|back| back.kind == kind) => {
            id.to_owned()
        }
        _ => return None,
    })
}

/// Dailymotion puts the title behind the id.
fn before_title(part: &str) -> &str {
    part.split('_').next().unwrap_or(part)
}
