//! Lines of chat and private messages, as the models that count and keep them see one.
//!
//! One place says what a line is, when it was said and by whom, so that `messages`, `chatters` and
//! `emotes` agree. It holds nothing and writes nothing.

use crate::event::{Event, Recorded, Source, Style};
use crate::views::models::happened_us;

/// A line of chat, a notice of the server, or a private message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said<'a> {
    /// When it was said: see [`happened_us`].
    pub(super) us: i64,
    /// Display name of who said it.
    pub(super) name: &'a str,
    /// Receiver of a private message.
    pub(super) to: Option<&'a str>,
    /// How it is shown.
    pub(super) style: &'static str,
    /// Who speaks: `user`, `server` or `voteskip`.
    pub(super) source: &'static str,
    /// Shown to moderators only.
    pub(super) shadow: bool,
    /// Plain text.
    pub(super) text: &'a str,
}

impl<'a> Said<'a> {
    /// The line that an event is; `None`: it is something else.
    pub(super) fn of(event: &'a Recorded) -> Option<Self> {
        let us = happened_us(event);
        match &event.event {
            Event::MessageSaid(message) => Some(Self {
                us,
                name: &message.user.name,
                to: None,
                style: style_word(&message.style),
                source: source_word(message.source),
                shadow: message.shadow,
                text: &message.text,
            }),
            Event::PmSaid(pm) => Some(Self {
                us,
                name: &pm.from,
                to: Some(&pm.to),
                style: "plain",
                source: "user",
                shadow: false,
                text: &pm.text,
            }),
            _ => None,
        }
    }

    /// `message` or `pm`.
    pub(super) fn kind(&self) -> &'static str {
        if self.to.is_some() { "pm" } else { "message" }
    }

    /// Whether a user said it, not the server.
    pub(super) fn is_of_user(&self) -> bool {
        self.source == "user"
    }
}

fn style_word(style: &Style) -> &'static str {
    match style {
        Style::Plain => "plain",
        Style::Action => "action",
        Style::Greentext => "greentext",
        Style::Spoiler => "spoiler",
        Style::Shout => "shout",
        Style::Drink => "drink",
        Style::Notice => "notice",
        Style::Other => "other",
    }
}

fn source_word(source: Source) -> &'static str {
    match source {
        Source::User => "user",
        Source::Server => "server",
        Source::Voteskip => "voteskip",
    }
}
