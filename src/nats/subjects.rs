//! Names of subjects: where an event goes, and what a command's subject says. Pure.

use crate::event::Kind;

/// Whose names and envelopes are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Profile {
    /// `{prefix}.platform.cytube.…` for events as the platform has them, `{prefix}.events.…` for
    /// normalised ones.
    #[default]
    Rosey,
    /// `{prefix}.events.cytube.{channel}.{event}`, events as the platform has them only, so that
    /// services written for that family run unchanged.
    Kryten,
}

/// The subjects of one channel.
#[derive(Clone, Debug)]
pub(crate) struct Subjects {
    profile: Profile,
    prefix: String,
    /// The channel as a token, where subjects have one.
    channel: Option<String>,
}

impl Subjects {
    pub(crate) fn new(
        profile: Profile,
        prefix: &str,
        channel: &str,
        channel_in_subject: bool,
    ) -> Self {
        let is_named = channel_in_subject || profile == Profile::Kryten;
        Self {
            profile,
            prefix: prefix.to_owned(),
            channel: is_named.then(|| token(channel)),
        }
    }

    /// Of an event as the platform has it; `name` is the server's for it.
    pub(crate) fn platform(&self, kind: Kind, name: &str) -> String {
        let tail = match (self.profile, kind) {
            (Profile::Kryten, _) => return self.join("events.cytube", &token(name)),
            (Profile::Rosey, Kind::MessageSaid) => "chat".to_owned(),
            (Profile::Rosey, _) => tail(kind),
        };
        self.join("platform.cytube", &tail)
    }

    /// Of a normalised event.
    pub(crate) fn event(&self, kind: Kind) -> String {
        self.join("events", &tail(kind))
    }

    /// Of what came of a command whose sender wants no reply, or was refused.
    pub(crate) fn outcome(&self) -> String {
        self.join("platform.cytube", "outcome")
    }

    /// What to subscribe to for commands and questions.
    pub(crate) fn requests(&self) -> Vec<String> {
        match self.profile {
            Profile::Kryten => vec![self.join("commands.cytube", ">")],
            Profile::Rosey => vec![
                self.join("platform.cytube", "send.>"),
                self.join("platform.cytube", "query.>"),
            ],
        }
    }

    /// What a request's subject asks for.
    pub(crate) fn request(&self, subject: &str) -> Option<Asked> {
        let of = |middle: &str, verb: &str| {
            let head = self.join(middle, verb);
            subject.strip_prefix(&head).map(str::to_owned)
        };
        match self.profile {
            Profile::Kryten => of("commands.cytube", "").map(|_| Asked::Named),
            Profile::Rosey => of("platform.cytube", "send.")
                .map(Asked::Command)
                .or_else(|| of("platform.cytube", "query.").map(Asked::Query)),
        }
    }

    /// What a stream must hold to hold all events. Commands, questions and outcomes are not of
    /// them: a stream would answer in our place.
    pub(crate) fn stored(&self) -> Vec<String> {
        if self.profile == Profile::Kryten {
            return vec![self.join("events.cytube", ">")];
        }
        let mut subjects = vec![
            self.join("events", ">"),
            self.join("platform.cytube", "chat"),
        ];
        for kind in Kind::ALL {
            let tail = tail(*kind);
            let subject = match tail.split_once('.') {
                Some((first, _)) => self.join("platform.cytube", &format!("{first}.>")),
                None => self.join("platform.cytube", &tail),
            };
            if !subjects.contains(&subject) {
                subjects.push(subject);
            }
        }
        subjects
    }

    fn join(&self, middle: &str, tail: &str) -> String {
        match &self.channel {
            Some(channel) => format!("{}.{middle}.{channel}.{tail}", self.prefix),
            None => format!("{}.{middle}.{tail}", self.prefix),
        }
    }
}

/// What a subject asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// This action.
    Command(String),
    /// This question.
    Query(String),
    /// The action that the payload names.
    Named,
}

/// A kind as the end of a subject: `user_join` is `user.join`.
fn tail(kind: Kind) -> String {
    kind.as_str().replacen('_', ".", 1)
}

/// A name as one token of a subject: in lower case, without dots and whatever else means something
/// there; white space becomes a hyphen.
pub(crate) fn token(name: &str) -> String {
    let kept = |c: char| match c {
        c if c.is_whitespace() => Some('-'),
        c if c.is_alphanumeric() || matches!(c, '-' | '_') => Some(c),
        _ => None,
    };
    let token: String = name.to_lowercase().chars().filter_map(kept).collect();
    token.chars().take(TOKEN_MAX).collect()
}

/// Characters of a token.
const TOKEN_MAX: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    fn plain() -> Subjects {
        Subjects::new(Profile::Rosey, "rosey", "Movie.Night", false)
    }

    #[test]
    fn the_names_of_the_original_design() {
        let subjects = plain();
        for (kind, platform, event) in [
            (Kind::MessageSaid, "chat", "message"),
            (Kind::PmSaid, "pm", "pm"),
            (Kind::UserJoined, "user.join", "user.join"),
            (Kind::UserLeft, "user.leave", "user.leave"),
            (Kind::MediaChanged, "media.change", "media.change"),
            (Kind::ItemQueued, "media.queue", "media.queue"),
            (Kind::ItemDeleted, "media.delete", "media.delete"),
            (Kind::PlaylistReplaced, "playlist.update", "playlist.update"),
            (Kind::CommandSettled, "command.settled", "command.settled"),
        ] {
            let name = format!("rosey.platform.cytube.{platform}");
            assert_eq!(subjects.platform(kind, ""), name);
            assert_eq!(subjects.event(kind), format!("rosey.events.{event}"));
        }
    }

    #[test]
    fn a_channel_can_be_part_of_every_name() {
        let subjects = Subjects::new(Profile::Rosey, "rosey", "Movie.Night", true);
        assert_eq!(
            subjects.event(Kind::MessageSaid),
            "rosey.events.movienight.message"
        );
        assert_eq!(
            subjects.platform(Kind::MessageSaid, ""),
            "rosey.platform.cytube.movienight.chat"
        );
        let asked = subjects.request("rosey.platform.cytube.movienight.send.chat");
        assert_eq!(asked, Some(Asked::Command("chat".to_owned())));
        assert_eq!(
            subjects.request("rosey.platform.cytube.other.send.chat"),
            None
        );
    }

    #[test]
    fn the_other_family_names_events_as_the_server_does() {
        let subjects = Subjects::new(Profile::Kryten, "kryten", "420Grindhouse", false);
        let subject = subjects.platform(Kind::MessageSaid, "chatMsg");
        assert_eq!(subject, "kryten.events.cytube.420grindhouse.chatmsg");
        let command = "kryten.commands.cytube.420grindhouse.chat";
        assert_eq!(subjects.request(command), Some(Asked::Named));
    }

    #[test]
    fn a_stream_holds_every_event_and_no_request() {
        let subjects = plain();
        let stored = subjects.stored();
        let holds = |subject: &str| {
            stored
                .iter()
                .any(|pattern| match pattern.strip_suffix('>') {
                    Some(head) => subject.starts_with(head),
                    None => subject == pattern,
                })
        };
        for kind in Kind::ALL {
            assert!(holds(&subjects.event(*kind)), "{kind:?}");
            assert!(holds(&subjects.platform(*kind, "")), "{kind:?}");
        }
        for request in ["send.chat", "query.state", "outcome"] {
            assert!(
                !holds(&format!("rosey.platform.cytube.{request}")),
                "{request}"
            );
        }
    }

    #[test]
    fn whatever_a_channel_is_called_it_is_one_token() {
        assert_eq!(token("a.b>c*d e\tf!"), "abcd-e-f");
        assert_eq!(token(&"x".repeat(200)).len(), TOKEN_MAX);
    }
}
