//! Media providers, imitated (`src/get-info.js`, `src/utilities.js`).
//!
//! No provider is asked. What [`ModelConfig::media`](crate::testing::ModelConfig) lists is known,
//! what it fails on fails, and any other id of a known type has a title and a length made from the
//! id, always the same.

use crate::testing::model::config::ModelConfig;
use crate::testing::model::digest::{base64, md5};
use crate::testing::model::html::{cut_utf16, escape};
use crate::testing::model::list::{Media, clock_text};
use serde_json::{Value, json};

/// Videos that a playlist of a provider expands to.
const PLAYLIST_VIDEOS: usize = 3;

/// What a lookup finds: one video, or those of a provider's playlist. The error is what
/// `queueFail` says.
pub(super) fn look_up(config: &ModelConfig, kind: &str, id: &str) -> Result<Vec<Media>, String> {
    if let Some(reason) = config.media_failures.get(id) {
        return Err(escape(reason));
    }
    if let Some(entry) = config
        .media
        .iter()
        .find(|entry| entry.kind == kind && entry.id == id)
    {
        return Ok(vec![media(
            kind,
            id,
            &entry.title,
            entry.seconds,
            entry.meta.clone(),
        )]);
    }
    let one =
        |title: String, seconds: f64, meta: Value| Ok(vec![media(kind, id, &title, seconds, meta)]);
    match kind {
        "yt" | "vi" | "dm" | "gd" | "sb" | "tc" | "tv" | "pt" | "bc" | "bn" | "od" | "nv" => {
            one(format!("Video {id}"), made_up_seconds(id), json!({}))
        }
        "fi" if !id.starts_with("https://") => Err(escape(
            "Raw file playback is only supported for links accessible via HTTPS. Ensure that \
             the link begins with 'https://'.",
        )),
        "fi" | "cm" => {
            let name = id.rsplit('/').next().unwrap_or(id);
            one(name.to_owned(), made_up_seconds(id), json!({}))
        }
        "tw" => one(format!("Twitch.tv - {id}"), 0.0, json!({})),
        "li" | "rt" | "hl" => one("Livestream".into(), 0.0, json!({})),
        "cu" => embed(id),
        "yp" => {
            let video = |n| {
                let id = format!("{id}-{n}");
                media(
                    "yt",
                    &id,
                    &format!("Video {id}"),
                    made_up_seconds(&id),
                    json!({}),
                )
            };
            Ok((1..=PLAYLIST_VIDEOS).map(video).collect())
        }
        "sc" => Err(
            "Soundcloud is not supported anymore due to requiring OAuth but not \
                     accepting new API key registrations."
                .into(),
        ),
        _ => Err(escape(&format!("Unknown media type '{kind}'"))),
    }
}

/// Media with CyTube's limits applied.
pub(super) fn media(kind: &str, id: &str, title: &str, seconds: f64, meta: Value) -> Media {
    let title = if title.encode_utf16().count() > 100 {
        format!("{}...", cut_utf16(title, 97))
    } else {
        title.to_owned()
    };
    Media {
        id: id.to_owned(),
        title,
        seconds,
        duration: if seconds == 0.0 {
            "--:--".into()
        } else {
            clock_text(seconds)
        },
        kind: kind.to_owned(),
        meta,
    }
}

/// A custom embed: the id becomes a hash, the frame's address moves to the extras.
fn embed(html: &str) -> Result<Vec<Media>, String> {
    let src = html.trim().strip_prefix("<iframe").and_then(|rest| {
        let (_, rest) = rest.split_once("src=\"")?;
        rest.split_once('"').map(|(src, _)| src)
    });
    let src = src.ok_or_else(|| escape("Invalid embed.  Input must be an <iframe> tag"))?;
    // As long as the server's, which is SHA-256.
    let halves = [md5(src.as_bytes()), md5(html.as_bytes())].concat();
    let id = format!("cu:{}", base64(&halves));
    let meta = json!({ "embed": { "tag": "iframe", "src": src } });
    Ok(vec![media("cu", &id, "Custom Media", 0.0, meta)])
}

/// One to ten minutes, by the id.
fn made_up_seconds(id: &str) -> f64 {
    let sum = md5(id.as_bytes()).iter().fold(0_u32, |sum, byte| {
        sum.wrapping_mul(31) + u32::from(*byte) % 97
    });
    f64::from(60 + sum % 541)
}

/// Types without a length.
pub(super) fn is_live(kind: &str) -> bool {
    matches!(kind, "li" | "tw" | "rt" | "cu" | "hl")
}

/// The address people would open; empty where there is none.
pub(super) fn link(kind: &str, id: &str) -> String {
    match kind {
        "yt" => format!("https://youtu.be/{id}"),
        "vi" => format!("https://vimeo.com/{id}"),
        "dm" => format!("https://dailymotion.com/video/{id}"),
        "tw" => format!("https://twitch.tv/{id}"),
        "li" => format!("https://livestream.com/{id}"),
        "gd" => format!("https://docs.google.com/file/d/{id}"),
        "sb" => format!("https://streamable.com/{id}"),
        "sc" | "rt" | "fi" | "hl" | "cm" => id.to_owned(),
        _ => String::new(),
    }
}
