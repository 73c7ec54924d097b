//! What is said: lines, whispers, notices, and what the recorder's own account says.

use super::scribe::{Draft, OWN_NAME};
use super::text::{escaped, line, words};
use super::{SECOND_US, Synthetic};
use crate::event::{
    Author, CommandSent, CommandSettled, Direction, Event, Message, Origin, PrivateMessage,
    QueueFailed, Seq, Source, Style,
};
use crate::html::text_of_html;
use crate::number::Rank;
use serde_json::json;

impl Synthetic {
    /// Somebody says something, and may set off a burst of it.
    pub(super) fn chat(&mut self) {
        let Some(index) = self.room.speaker(&mut self.random) else {
            return;
        };
        let afk = self
            .room
            .present
            .get(index)
            .map(|p| (p.user.afk, p.user.muted));
        match afk {
            Some((true, muted)) => self.set_meta(index, false, muted),
            Some((false, false)) => {}
            _ => return,
        }
        let mention = self.random.index(self.room.present.len());
        let mention = self.room.present.get(mention).map(|p| p.user.name.as_str());
        let line = line(&mut self.random, mention);
        let Some(present) = self.room.present.get(index) else {
            return;
        };
        let user = &present.user;
        let author = Author {
            name: user.name.clone(),
            rank: Some(user.rank),
            afk: Some(user.afk),
            muted: Some(user.muted),
        };
        let message = message(author, line.html, line.style, Source::User);
        let at = self.moment();
        self.scribe
            .say(at, message, line.class, &mut self.random, None);
        if self.random.below(250) == 0 {
            let seconds = 20 + i64::try_from(self.random.below(100)).unwrap_or(0);
            self.burst_until = self.at + seconds * SECOND_US;
        }
    }

    /// The server says something to moderators.
    pub(super) fn notice(&mut self, text: &str) {
        self.server_says("[server]", text, Source::Server, Style::Notice);
    }

    pub(super) fn server_says(&mut self, name: &str, text: &str, source: Source, style: Style) {
        let author = Author {
            name: name.to_owned(),
            rank: None,
            afk: None,
            muted: None,
        };
        let message = message(author, text.to_owned(), style, source);
        let at = self.moment();
        self.scribe.say(at, message, None, &mut self.random, None);
    }

    /// Somebody writes to us alone.
    pub(super) fn whisper(&mut self) {
        let name = self.room.speaker(&mut self.random);
        let name = name.and_then(|index| self.room.present.get(index));
        let Some(from) = name.map(|present| present.user.name.clone()) else {
            return;
        };
        let text = words(&mut self.random);
        self.pm(&from, OWN_NAME, Direction::In, &text);
    }

    fn pm(&mut self, from: &str, to: &str, direction: Direction, text: &str) -> Seq {
        let (html, seq) = (escaped(text), self.scribe.next_seq());
        let at = self.moment();
        let sent_ms = at.as_millis() - 40;
        let raw = json!({"username": from, "to": to, "msg": html, "meta": {}, "time": sent_ms});
        let event = Event::PmSaid(PrivateMessage {
            from: from.to_owned(),
            to: to.to_owned(),
            direction,
            html,
            text: text.to_owned(),
        });
        let draft = Draft::live(event).actor(from).sent(sent_ms).raw(raw);
        self.scribe.tell(at, draft);
        seq
    }

    /// The recorder's own account asks for something: that it is said, or queued, which fails.
    pub(super) fn command(&mut self) {
        if !self.scribe.present {
            return;
        }
        let corr = self.scribe.next_corr();
        match self.random.below(4) {
            0 => self.command_pm(&corr),
            1 => self.command_queue(&corr),
            _ => self.command_say(&corr),
        }
    }

    fn command_say(&mut self, corr: &str) {
        let text = words(&mut self.random);
        let sent = self.send("say", json!({"text": text}), corr);
        let author = Author {
            name: OWN_NAME.to_owned(),
            rank: Some(Rank::MODERATOR),
            afk: Some(false),
            muted: Some(false),
        };
        let message = message(author, escaped(&text), Style::Plain, Source::User);
        let at = self.moment();
        let cause = Some((sent, corr));
        let seq = self.scribe.say(at, message, None, &mut self.random, cause);
        self.settle(sent, "confirmed", None, seq, corr);
    }

    fn command_pm(&mut self, corr: &str) {
        let name = self.room.speaker(&mut self.random);
        let name = name.and_then(|index| self.room.present.get(index));
        let Some(to) = name.map(|present| present.user.name.clone()) else {
            return;
        };
        let text = words(&mut self.random);
        let sent = self.send("pm", json!({"to": to, "text": text}), corr);
        let seq = self.pm(OWN_NAME, &to, Direction::Out, &text);
        self.settle(sent, "confirmed", None, seq, corr);
    }

    fn command_queue(&mut self, corr: &str) {
        let id = format!("gone{:06x}", self.random.below(1 << 24));
        let args = json!({"media": {"type": "yt", "id": id}});
        let sent = self.send("queue", args, corr);
        let msg = "This video is private or has been removed".to_owned();
        let failed = Event::QueueFailed(QueueFailed {
            msg: msg.clone(),
            link: Some(format!("https://youtu.be/{id}")),
            id: Some(id),
        });
        let seq = self.scribe.next_seq();
        self.tell(Draft::live(failed).cause(sent).corr(corr));
        self.settle(sent, "refused", Some(msg), seq, corr);
    }

    fn send(&mut self, command: &str, args: serde_json::Value, corr: &str) -> Seq {
        let at = self.moment();
        let event = Event::CommandSent(CommandSent {
            command: command.to_owned(),
            args,
        });
        let draft = Draft::own(event, Origin::Command);
        self.scribe.record(at, draft.actor(OWN_NAME).corr(corr))
    }

    fn settle(&mut self, sent: Seq, outcome: &str, detail: Option<String>, by: Seq, corr: &str) {
        let at = self.moment();
        let event = Event::CommandSettled(CommandSettled {
            outcome: outcome.to_owned(),
            detail,
            by: Some(by),
            command: None,
            args: None,
        });
        let draft = Draft::own(event, Origin::Command).actor(OWN_NAME);
        self.scribe.record(at, draft.cause(sent).corr(corr));
    }
}

fn message(user: Author, html: String, style: Style, source: Source) -> Message {
    Message {
        user,
        text: text_of_html(&html),
        html,
        style,
        source,
        shadow: false,
        modflair: None,
        forced_name: source != Source::User,
    }
}
