//! Lines of chat and private messages.

use super::draft::Draft;
use super::redact;
use crate::cytube::{ChatMsg, Pm};
use crate::event::{Author, Direction, Event, Message, Origin, PrivateMessage, Source, Style};
use crate::html::text_of_html;
use crate::model::User;
use crate::state::ChannelState;

/// Whether a line of chat is kept by the server for replay: a user's, not shadow-muted.
pub(super) fn is_bufferable(msg: &ChatMsg<'_>) -> bool {
    source_of(&msg.username) == Source::User && !msg.meta.shadow
}

/// `[` and `]` cannot occur in user names: bracketed names are the server's.
pub(crate) fn source_of(username: &str) -> Source {
    match username {
        "[server]" => Source::Server,
        "[voteskip]" => Source::Voteskip,
        _ if username.starts_with('[') => Source::Server,
        _ => Source::User,
    }
}

fn style_of(msg: &ChatMsg<'_>) -> Style {
    if msg.meta.action {
        return Style::Action;
    }
    match msg.meta.add_class.as_deref().or(msg.msgclass.as_deref()) {
        None | Some("") => Style::Plain,
        Some("action") => Style::Action,
        Some("greentext") => Style::Greentext,
        Some("spoiler") => Style::Spoiler,
        Some("shout") => Style::Shout,
        Some("drink") => Style::Drink,
        Some("server-whisper") => Style::Notice,
        Some(_) => Style::Other,
    }
}

/// A line of chat. `author` is the user as the room's list has it; for a replayed line only the
/// rank is taken from it, since who was away or muted back then is not known.
pub(super) fn message(
    msg: &ChatMsg<'_>,
    origin: Origin,
    author: Option<&User>,
    raw: Option<&str>,
    keep_moderator_data: bool,
) -> Draft {
    let source = source_of(&msg.username);
    let is_notice = source == Source::Server && !keep_moderator_data;
    let html = if is_notice {
        redact::clean_notice(&msg.msg)
    } else {
        msg.msg.as_ref().into()
    };
    let was_cleaned = *html != *msg.msg;
    let raw = raw.and_then(|raw| {
        if was_cleaned {
            return redact::with_msg(raw, &html, keep_moderator_data);
        }
        redact::scrub(raw, keep_moderator_data).map(std::borrow::Cow::into_owned)
    });
    let now = author.filter(|_| origin == Origin::Live);
    let body = Message {
        user: Author {
            name: msg.username.as_ref().to_owned(),
            rank: author.map(|user| user.rank),
            afk: now.map(|user| user.afk),
            muted: now.map(|user| user.muted),
        },
        text: text_of_html(&html),
        html: html.into_owned(),
        style: style_of(msg),
        source,
        shadow: msg.meta.shadow,
        modflair: msg.meta.modflair,
        forced_name: msg.meta.force_show_name,
    };
    let actor = body.user.name.clone();
    Draft::live(Event::MessageSaid(body))
        .origin(origin)
        .sent(msg.time.0)
        .actor(actor)
        .raw(raw)
}

/// A private message; sender and receiver get the same frame.
pub(super) fn private(pm: &Pm<'_>, state: &ChannelState, raw: Option<String>) -> Draft {
    let direction = if state.me.is(&pm.username) {
        Direction::Out
    } else {
        Direction::In
    };
    let body = PrivateMessage {
        from: pm.username.as_ref().to_owned(),
        to: pm.to.as_ref().to_owned(),
        direction,
        text: text_of_html(&pm.msg),
        html: pm.msg.as_ref().to_owned(),
    };
    let actor = body.from.clone();
    Draft::live(Event::PmSaid(body))
        .sent(pm.time.0)
        .actor(actor)
        .raw(raw)
}
