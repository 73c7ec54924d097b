//! One event as one line for a person.

use crate::cli::text::{clip, plain};
use clap::builder::styling::{AnsiColor, Style};
use projectionist::{
    Event, Kind, Recorded, UnixMicros,
    event::{
        Author, Direction, DisconnectCause, Disconnected, Joined, Message, Source, Style as Manner,
    },
    model::{Item, Media},
};

/// Longest text of a line, in characters: a chat line of the server's default limit fits.
const TEXT_MAX: usize = 400;

/// Server time of an event, as text.
pub(crate) fn sent_at(recorded: &Recorded) -> Option<String> {
    let sent = recorded.sent_ms?;
    Some(UnixMicros::from_millis(sent).to_string())
}

/// The line: time, number, kind, and what happened. Colours may be in it, but nothing else that a
/// terminal would obey.
pub(crate) fn of(recorded: &Recorded) -> String {
    let kind = recorded.kind();
    let (style, dim) = (style_of(kind), Style::new().dimmed());
    let time = recorded.received_at.to_string().replace('T', " ");
    let seq = recorded.seq.0;
    let said = if recorded.redacted {
        "(redacted)".to_owned()
    } else {
        clip(&told(recorded), TEXT_MAX)
    };
    let kind = kind.as_str();
    format!("{dim}{time} {seq:>6}{dim:#} {style}{kind:<15}{style:#} {said}")
}

fn style_of(kind: Kind) -> Style {
    let colour = match kind {
        Kind::MessageSaid | Kind::PmSaid => AnsiColor::Green,
        Kind::UserJoined | Kind::UserLeft => AnsiColor::Cyan,
        Kind::MediaChanged | Kind::MediaStopped => AnsiColor::Magenta,
        Kind::Connected | Kind::Joined => AnsiColor::Blue,
        Kind::Disconnected | Kind::Kicked | Kind::ErrorTold | Kind::QueueFailed => AnsiColor::Red,
        Kind::ChatGapFound | Kind::FramesShed | Kind::Unrecognised => AnsiColor::Yellow,
        _ => return Style::new(),
    };
    colour.on_default()
}

/// What happened, in words; not yet fit for a terminal.
fn told(recorded: &Recorded) -> String {
    match &recorded.event {
        Event::MessageSaid(message) => message_line(message),
        Event::PmSaid(pm) => match pm.direction {
            Direction::In => format!("{} → us: {}", pm.from, pm.text),
            Direction::Out => format!("us → {}: {}", pm.to, pm.text),
        },
        Event::Connected(c) => {
            format!("{} over {}, attempt {}", c.endpoint, c.transport, c.attempt)
        }
        Event::Joined(joined) => joined_line(joined),
        Event::Disconnected(lost) => disconnected_line(lost),
        Event::Kicked(kick) => kick.reason.clone().unwrap_or_else(|| kick.class.clone()),
        Event::UserJoined(joined) => {
            format!("{} (rank {})", joined.user.name, joined.user.rank)
        }
        Event::UserLeft(left) => left.name.clone(),
        Event::UserRanked(ranked) => format!("{}: {}", ranked.name, ranked.rank),
        Event::UserMetaSet(meta) => meta_line(&meta.name, meta.afk, meta.muted),
        Event::UsersCounted(count) => format!("{} viewers", count.count),
        Event::LeaderChanged(leader) => leader.name.clone().unwrap_or_else(|| "nobody".to_owned()),
        _ => told_of_playback(recorded),
    }
}

fn told_of_playback(recorded: &Recorded) -> String {
    match &recorded.event {
        Event::MediaChanged(changed) => {
            let again = if changed.resync { " (as before)" } else { "" };
            format!("{}{again}", media_line(&changed.media))
        }
        Event::MediaStopped(stopped) => stopped.reason.clone(),
        Event::MediaUpdated(update) => {
            let how = if update.paused { "paused at" } else { "at" };
            format!("{how} {}", duration(update.position_s))
        }
        Event::ItemQueued(queued) => item_line(&queued.item),
        Event::ItemDeleted(gone) => match &gone.item {
            Some(item) => item_line(item),
            None => format!("uid {}", gone.uid.0),
        },
        Event::PlaylistReplaced(list) => format!("{} items", list.items.len()),
        Event::PlaylistCounted(meta) => {
            format!("{} items, {}", meta.count, duration(meta.total_seconds))
        }
        Event::LockSet(lock) => if lock.locked { "locked" } else { "unlocked" }.to_owned(),
        Event::PollOpened(poll) | Event::PollUpdated(poll) => {
            let counts: Vec<_> = poll
                .0
                .counts
                .iter()
                .map(|n| n.map_or("?".into(), |n| n.to_string()))
                .collect();
            format!(
                "{}: {}",
                projectionist::model::text_of_html(&poll.0.title),
                counts.join(" / ")
            )
        }
        Event::ErrorTold(error) => error.msg.clone(),
        Event::QueueFailed(failed) => failed.msg.clone(),
        Event::Announced(notice) => format!("{}: {}", notice.title, notice.text),
        Event::Unrecognised(frame) => format!("{}: {}", frame.name, frame.why),
        other => body(other),
    }
}

/// The body as it is stored, for kinds without words of their own.
fn body(event: &Event) -> String {
    let mut json = Vec::new();
    match event.write_body(&mut json) {
        Ok(()) => String::from_utf8_lossy(&json).into_owned(),
        Err(error) => error.to_string(),
    }
}

fn message_line(message: &Message) -> String {
    let Message {
        user: Author { name, .. },
        text,
        style,
        source,
        shadow,
        ..
    } = message;
    let shadow = if *shadow { "(shadow) " } else { "" };
    match (source, style) {
        (Source::User, Manner::Action) => format!("{shadow}* {name} {text}"),
        (Source::User, _) => format!("{shadow}{name}: {text}"),
        _ => format!("{name} {text}"),
    }
}

fn joined_line(joined: &Joined) -> String {
    let name = joined.viewpoint.name.as_deref().unwrap_or("anonymous");
    let users = joined.users.as_ref().and_then(Option::as_ref).map(Vec::len);
    let users = users.map_or(String::new(), |count| format!(", {count} users"));
    let replay = joined.replay;
    format!(
        "as {name}{users}; {} lines of chat sent again, {} new",
        replay.received, replay.new
    )
}

fn disconnected_line(lost: &Disconnected) -> String {
    let cause = lost.cause.as_str();
    let detail = lost
        .detail
        .as_ref()
        .map_or(String::new(), |detail| format!(": {detail}"));
    let next = match (lost.retry_in_ms, lost.cause) {
        (Some(ms), _) => format!("; next attempt in {}", duration(ms as f64 / 1e3)),
        (None, DisconnectCause::Stopped | DisconnectCause::Crash) => String::new(),
        (None, _) => "; stays down".to_owned(),
    };
    format!("{cause}{detail}{next}")
}

fn meta_line(name: &str, afk: bool, muted: bool) -> String {
    let afk = if afk { "away" } else { "here" };
    let muted = if muted { ", muted" } else { "" };
    format!("{name}: {afk}{muted}")
}

fn item_line(item: &Item) -> String {
    let by = item.queued_by.as_deref().unwrap_or("nobody named");
    format!("{} by {by}", media_line(&item.media))
}

/// A title, its length and where it comes from; not yet fit for a terminal.
pub(crate) fn media_line(media: &Media) -> String {
    let length = if media.seconds > 0.0 {
        duration(media.seconds)
    } else {
        "live".to_owned()
    };
    format!("{} [{length}] {}:{}", media.title, media.kind, media.id)
}

/// A length or position as `1:02:03` or `2:03`.
pub(crate) fn duration(seconds: f64) -> String {
    let sign = if seconds < 0.0 { "-" } else { "" };
    let whole = seconds.abs().min(1e12).floor() as u64;
    let (h, m, s) = (whole / 3600, whole / 60 % 60, whole % 60);
    if h > 0 {
        format!("{sign}{h}:{m:02}:{s:02}")
    } else {
        format!("{sign}{m}:{s:02}")
    }
}

/// A name fit for a terminal.
pub(crate) fn name(name: &str) -> String {
    plain(name).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::event_json::tests::sample;

    #[test]
    fn a_line_is_one_line() {
        let line = of(&sample());
        assert!(line.contains("2026-11-22 22:09:08.233Z"), "{line}");
        assert!(line.contains("odd, \"name\": line break"), "{line}");
        assert!(!line.contains('\n'), "{line}");
        assert!(of(&sample().masked()).ends_with("(redacted)"));
    }

    #[test]
    fn lengths_are_as_players_show_them() {
        for (seconds, text) in [
            (0.0, "0:00"),
            (61.9, "1:01"),
            (3723.0, "1:02:03"),
            (-2.0, "-0:02"),
        ] {
            assert_eq!(duration(seconds), text);
        }
    }
}
