//! Lines of chat and private messages, as the models that count and keep them see one.
//!
//! One place says what a line is, when it was said and by whom, and what in it is counted, so that
//! `messages`, `chatters` and `emotes` agree. It holds nothing and writes nothing.

use crate::event::{Event, Recorded, Source, Style};
use crate::number::Rank;
use crate::state::ChannelState;
use crate::views::models::emote_names::EmoteNames;
use crate::views::models::happened_us;
use std::collections::BTreeMap;

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
    /// Rank of who said it, where the line tells it.
    rank: Option<Rank>,
}

impl<'a> Said<'a> {
    /// The line that an event is; `None`: it is something else, or was redacted.
    pub(super) fn of(event: &'a Recorded) -> Option<Self> {
        if event.redacted {
            return None;
        }
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
                rank: message.user.rank,
            }),
            Event::PmSaid(pm) => Some(Self {
                us,
                name: &pm.from,
                to: Some(&pm.to),
                style: "plain",
                source: "user",
                shadow: false,
                text: &pm.text,
                rank: None,
            }),
            _ => None,
        }
    }

    /// `message` or `pm`.
    pub(super) fn kind(&self) -> &'static str {
        if self.to.is_some() { "pm" } else { "message" }
    }

    /// Private messages tell no rank: the user list does.
    fn guest(&self, state: &ChannelState) -> Option<bool> {
        let listed = || Some(state.users.as_ref()?.find(self.name)?.rank);
        let rank = self.rank.or_else(|| self.to.and_then(|_| listed()));
        rank.filter(|_| self.is_of_user())
            .map(|rank| rank <= Rank::GUEST)
    }

    /// Whether a user said it, not the server.
    pub(super) fn is_of_user(&self) -> bool {
        self.source == "user"
    }
}

/// What there is to count in a line.
#[derive(Clone, Debug)]
pub(super) struct Counted {
    /// Whether the name had no account behind it, as far as its rank tells.
    pub(super) guest: Option<bool>,
    /// Words, split at white space.
    pub(super) words: i64,
    /// Unicode code points.
    pub(super) characters: i64,
    /// Emotes among the words, and how often each.
    pub(super) emotes: BTreeMap<String, i64>,
}

impl Counted {
    /// Counts a line, with the channel as it was then.
    pub(super) fn of(said: &Said<'_>, state: &ChannelState, names: &mut EmoteNames) -> Self {
        let mut emotes = BTreeMap::new();
        for emote in names.used_in(said.text, state) {
            *emotes.entry(emote.to_owned()).or_default() += 1;
        }
        Self {
            guest: said.guest(state),
            words: counted(said.text.split_whitespace()),
            characters: counted(said.text.chars()),
            emotes,
        }
    }

    /// Uses of emotes in it.
    pub(super) fn uses(&self) -> i64 {
        self.emotes.values().sum()
    }
}

fn counted(things: impl Iterator) -> i64 {
    i64::try_from(things.count()).unwrap_or(i64::MAX)
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
